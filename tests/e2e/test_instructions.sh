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

# Messages that are made to be expensive, of 64 KiB: an ordinary one takes half a million. 8.5 million are 0.9 ms.
messages_max=8500000
for kind in ns soa servers cnames reverse; do
	for passes in 1 2; do
		valgrind --tool=callgrind --callgrind-out-file="$T/callgrind.out" "$BUILD/tests/message_bench" --passes $passes $kind > "$T/$passes.log" 2>&1 ||
			fail "message_bench $kind"
	done
	count=$(($(sed -n 's/.*Collected : //p' "$T/2.log") - $(sed -n 's/.*Collected : //p' "$T/1.log")))
	printf '%s: %d instructions per message\n' "$kind" "$count"
	[ "$count" -gt 100000 ] && [ "$count" -le $messages_max ] || fail "$kind: $count instructions per message, expected at most $messages_max"
done

# any capture can be measured
"$ROOT/scripts/bench" --no-build --runs 1 --json --capture "$DATA/6in4.pcap" > "$T/bench.json" || fail "--capture"
jq -e '.runs[0] | .traffic == "6in4.pcap" and .cycles_per_response > 0' "$T/bench.json" > /dev/null || fail "--capture: $(cat "$T/bench.json")"
if "$ROOT/scripts/bench" --no-build --capture "$ROOT/README.md" 2> "$T/bench.err"; then fail "a capture that is none was measured"; fi
grep -q "^bench: error: .*README.md: found no capture" "$T/bench.err" || fail "a capture that is none: $(cat "$T/bench.err")"
