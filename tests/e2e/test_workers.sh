#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One, two and four workers give the same records: where there are fewer cores, several workers share one. Settings can be
# read again while workers that have taken the last packet wait for the collector.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 100 "$ROOT/tests/tools/make_capture.py" --responses 20000 --names 4000 "$T/real.pcap" "$T/real.tsv"
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

# more records than there are frames for
timeout 100 "$ROOT/tests/tools/make_capture.py" --responses 130000 --names 130000 "$T/many.pcap" "$T/many.tsv"
rm -f "$SOCKET"
start withhold "$PYTHON" -c 'import sys; sys.path.insert(0, sys.argv[1]); import frames; frames.withhold(*sys.argv[2:])' \
	"$E2E" "$SOCKET" "$T/waits" "$T/go"
await 20 test -S "$SOCKET"
printf 'flush.interval = 60\n' > "$T/lookback.conf"
dataplane_up -c "$T/lookback.conf" --replay "$T/many.pcap" -o table.records=1000000 -o flood.names=0
dataplane=${CHILDREN[-1]}
await 120 test -e "$T/waits"
printf 'flush.interval = 60\nmatch = require\ntypes = A\n' > "$T/lookback.conf"
kill -HUP "$DATAPLANE_PID"
await 20 grep -q 'settings read again' "$T/dataplane.log"
[ "$(grep 'after a restart' "$T/dataplane.log" | sed 's,.*warning:,,')" = ' match: changed; takes effect after a restart' ] ||
	fail "SIGHUP, match changed: $(cat "$T/dataplane.log")"
touch "$T/go"
await 60 is_gone "$dataplane"
wait "$dataplane" || fail "after SIGHUP: the dataplane ended with status $?"
echo 'settings read again while workers wait for the collector'
