#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A made-up month of traffic with hidden events, replayed week by week: the watch rules report each event, and nothing else.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

SEED=${SEED:-1}
"$PYTHON" "$E2E/month.py" make "$T" --seed "$SEED"
redis_up --appendonly no
serve -o "watch.file=$T/watch.conf"

# Each new record has been compared with the rules and is in its stream, and so are the matching ones; the watcher has read these.
is_watched() {
	[ "$(metric collector_sightings_waiting)" = 0 ] &&
		[ "$(metric collector_watch_records_total 'outcome="looked_at"')" = "$(redis xlen pdns:new)" ] &&
		[ "$(redis hget 'pdns:watch:cursor:{pdns:alert}' id)" = "$(redis xrevrange pdns:watch:matched + - count 1 | head -n 1)" ]
}
for week in 1 2 3 4 5; do
	dataplane --replay "$T/week$week.pcap" --no-huge || fail "week $week: $(tail -n 3 "$T/dataplane.log")"
	await 30 is_watched
done
timeout 60 "$PYTHON" "$E2E/month.py" check "$T" --redis "$REDIS" > "$T/check.log" 2>&1 || fail "$(cat "$T/check.log")"
cat "$T/check.log"
