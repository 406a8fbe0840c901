#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The hot path, by a figure that no other load disturbs: instructions a response must not exceed tests/instructions.bound.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v valgrind > /dev/null || skip "valgrind is not installed"
grep -qw avx2 /proc/cpuinfo || skip "the bound is for processors with AVX2"
"$ROOT/scripts/bench" --no-build --instructions --bound "$(cat "$ROOT/tests/instructions.bound")" || fail "see tests/instructions.bound"
