#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Query matching: which responses are believed with match = require, and how the others are counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
"$PYTHON" "$E2E/match_capture.py" "$T/match.pcap" "$T/match.tsv"
for workers in 1 2; do
	replay --replay "$T/match.pcap" --no-huge -o match=require -o match.timeout=5 -o "workers=$workers"
	compare "$T/match.tsv"
	printf '%s\n' "$workers: $(tail -n 1 "$T/compare.log")"
done

unset COLLECTOR_PID
# One mode, with a collector that answers for the counters.
count() { # settings…
	redis flushall > /dev/null
	serve
	dataplane --replay "$T/match.pcap" --no-huge -o match.timeout=5 "$@" || fail "the dataplane ended with status $?"
	await 20 grep -q 'ended$' "$T/collector.log"
}
messages() { metric messages_total "outcome=\"$1\""; }
expect() { # received, taken, queries, unmatched, unmatched and taken; mode
	local found
	count -o "match=$2"
	found="$(metric messages_received_total) $(messages taken) $(messages query) $(messages unmatched) $(metric messages_unmatched_taken_total)"
	[ "$found" = "$1" ] || fail "match=$2: found '$found', expected '$1'"
	printf 'match=%s: %s\n' "$2" "$found"
}
expect '157 17 127 13 0' require
expect '157 30 127 0 13' prefer
expect '157 30 127 0 0' off

# A table that is full: the oldest queries go, and are counted.
count -o match=require -o match.size=16
waiting=$(metric match_queries) lost=$(metric match_queries_lost_total) answered=$(messages taken)
[ $((waiting + lost + answered)) = 127 ] || fail "of 127 queries $answered were answered, $lost given up, and $waiting wait"
if [ "$answered" != 17 ] || [ "$(metric match_queries_lost_total 'reason="evicted"')" -lt 50 ]; then
	fail "a small table: $(metrics | grep lookback_match_)"
fi
printf 'in a small table %s answered, %s given up, %s wait\n' "$answered" "$lost" "$waiting"
