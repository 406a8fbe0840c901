#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# In a new tree of Debian 13: the release build, its unit tests and the replay of every capture. Takes minutes: all packages are installed first.
. "$(dirname "$0")/lib.sh"

status=0
"$ROOT/scripts/test" --release trixie --quick 2>&1 || status=$?
[ "$status" != 77 ] || exit 77 # the reason is printed
[ "$status" = 0 ] || fail "scripts/test --release trixie --quick: status $status"
