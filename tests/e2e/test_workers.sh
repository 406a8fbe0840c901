#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One, two and four workers give the same records: where there are fewer cores, several workers share one.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 100 "$ROOT/tests/make_capture.py" --responses 20000 --names 4000 "$T/real.pcap" "$T/real.tsv"
redis_up
last=$(($(nproc) - 1))

for workers in 1 2 4; do
	redis flushall > /dev/null
	rm -f "$SOCKET"
	collector_up --once
	lcores=0@0
	for ((i = 1; i <= workers; i++)); do lcores+=",$i@$((i % (last + 1)))"; done
	dataplane --replay "$T/real.pcap" --lcores "$lcores" --json -o workers=$workers || fail "$workers workers: the replay failed"
	grep -q "info: $workers worker" "$T/dataplane.log" || fail "$workers workers: not in the log"
	await 60 is_gone "$COLLECTOR_PID"
	compare "$T/real.tsv"
	printf '%s: %s\n' "$workers" "$(tail -n 1 "$T/compare.log")"
done
