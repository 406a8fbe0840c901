#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The hot path, by a figure that no other load disturbs: instructions a response must not exceed tests/instructions.bound.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v valgrind > /dev/null || skip "valgrind is not installed"
grep -qw avx2 /proc/cpuinfo || skip "the bound is for processors with AVX2"
gcc=$(gcc -dumpversion)
bound=$(awk -v gcc="${gcc%%.*}" '$1 == gcc { print $2 }' "$ROOT/tests/instructions.bound")
[ -n "$bound" ] || skip "tests/instructions.bound has no bound for gcc $gcc"
"$ROOT/scripts/bench" --no-build --instructions --bound "$bound" || fail "see tests/instructions.bound"
