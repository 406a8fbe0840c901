#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Log lines of both programs: with the time, as JSON, and as entries of a real journal (systemd-journald, in a mount namespace) after the
# sandbox was entered; the totals of the last line agree between the programs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
unset JOURNAL_STREAM
ours='lookback-(collector|dataplane): (error|warning|info|debug): '
capture=$DATA/services.pcap

# The last line of both programs about one replay: the same numbers, and those that --summary has.
same_totals() { # file with the collector's lines, file with the dataplane's
	local packets received from=$1 by=$2
	packets=$(sed -nE 's/.*stopped after [0-9.]+ s: ([0-9]+) packets, [0-9]+ DNS messages, ([0-9]+) records taken; ([0-9]+) sightings .*/\1 \2 \3/p' "$by")
	received=$(sed -nE 's/.*stopped after [0-9.]+ s: received ([0-9]+) records, ([0-9]+) sightings; wrote ([0-9]+) records, ([0-9]+) sightings in [1-9][0-9]* batches to Redis; 0 batches .*/\1 \2 \3 \4/p' "$from")
	[ -n "$packets" ] || fail "no totals of the dataplane: $(tail -n 3 "$by")"
	[ -n "$received" ] || fail "no totals of the collector: $(tail -n 3 "$from")"
	set -- $packets $received # packets, records taken, sightings; records, sightings, the same as written
	[ "$1" = "$(sed -n 's/^received *\([0-9]*\).*/\1/p' "$T/dataplane.log")" ] || fail "packets: found $1, expected those of --summary: $(grep '^received' "$T/dataplane.log")"
	[ "$2" -gt 0 ] && [ "$2" = "$3" ] && [ "$5" = "$3" ] && [ "$7" = "$3" ] || fail "sightings: found '$packets' and '$received', expected the same"
	[ "$4" -gt 0 ] && [ "$6" = "$4" ] || fail "records: found '$received', expected the same received and written"
}

replay --replay "$capture" --no-huge --summary
for log in collector dataplane; do
	found=$(grep -E "$ours" "$T/$log.log") || fail "$log: no line"
	! grep -vE "^20[0-9]{2}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-6][0-9]\.[0-9]{3}Z $ours" <<< "$found" || fail "$log: a line without the time"
done
[ "$(grep -m 1 -oE '^20[0-9-]+' "$T/collector.log")" = "$(date -u +%F)" ] || [ "$(date -u +%H%M)" = 0000 ] || fail "another day than today's in UTC"
same_totals "$T/collector.log" "$T/dataplane.log"
printf 'text agrees\n'

# The variable is inherited, but stderr is a file.
: > "$T/collector.log"
export JOURNAL_STREAM=1:1
collector_up
unset JOURNAL_STREAM
kill -TERM "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
grep -qE '^20.*Z lookback-collector: info: stopped after .* received 0 records, 0 sightings; wrote 0 records' "$T/collector.log" ||
	fail "a signal, and JOURNAL_STREAM of another file: $(tail -n 2 "$T/collector.log")"

# What a command says about its arguments needs no time; plain has none at all.
dataplane -o bogus=1 && fail "an unknown key was accepted"
grep -qE '^lookback-dataplane: error: .*bogus' "$T/dataplane.log" || fail "an unknown key: $(cat "$T/dataplane.log")"
dataplane -o log.format=xml && fail "log.format = xml was accepted"
grep -qE "^lookback-dataplane: error: .*log.format: found 'xml', expected auto, text, plain or json" "$T/dataplane.log" || fail "log.format = xml: $(cat "$T/dataplane.log")"
replay_as() { # log.format
	redis flushall > /dev/null
	rm -f "$SOCKET"
	: > "$T/collector.log"
	collector_up --once -o "log.format=$1"
	local collector=${CHILDREN[-1]}
	dataplane --replay "$capture" --no-huge --summary -o "log.format=$1" -o 'sensor=tap "1" \' || fail "$1: the dataplane ended with status $?"
	wait "$collector" || fail "$1: the collector ended with status $?"
}
replay_as plain
grep -qE '^lookback-collector: info: stopped' "$T/collector.log" && grep -qE '^lookback-dataplane: info: stopped' "$T/dataplane.log" || fail "plain: $(tail -n 1 "$T/collector.log")"
printf 'plain agrees\n'

replay_as json
grep -h '^{' "$T/collector.log" "$T/dataplane.log" > "$T/json"
! grep -E "$ours" "$T/json" || fail "json: a line that is text"
"$PYTHON" - "$T/json" "$COLLECTOR_PID" << 'END' || fail "json: see above"
import datetime, json, sys
seen = set()
for line in open(sys.argv[1]):
    entry = json.loads(line)
    assert datetime.datetime.strptime(entry["time"], "%Y-%m-%dT%H:%M:%S.%fZ"), line
    assert entry["level"] in ("error", "warning", "info", "debug") and entry["message"] and entry["function"], line
    assert entry.get("sensor") == ('tap "1" \\' if entry["program"] == "lookback-dataplane" else None), line
    assert entry["program"] != "lookback-collector" or entry["pid"] == int(sys.argv[2]), line
    seen.add((entry["program"], entry["message"][:13]))
assert {("lookback-collector", "stopped after"), ("lookback-dataplane", "stopped after")} <= seen, seen
END
same_totals "$T/json" "$T/json"
printf 'JSON agrees\n'

# the journal ───────────────────────────────────────────────────────────────────────────────

journald=/lib/systemd/systemd-journald
[ -x $journald ] || { printf 'no systemd-journald: its entries were not tried\n'; exit 0; }
[ "$(id -u)" = 0 ] && unshare --mount true 2> /dev/null || { printf 'no mounts: the journal was not tried\n'; exit 0; }
# Runs a journal of its own, and both programs as a service manager starts them, with stderr in the journal's stream.
cat > "$T/in_journal" << 'END'
set -e
. "$1/settings"
mkdir -p /run/systemd /run/log
mount -t tmpfs tmpfs /run/systemd
mount -t tmpfs tmpfs /run/log
mkdir /run/log/journal /run/systemd/journal
"$journald" > "$T/journald.log" 2>&1 &
trap "kill $!" EXIT
for _ in {1..200}; do [ ! -S /run/systemd/journal/stdout ] || break; sleep 0.1; done
as_service() { systemd-cat -t stream bash -c 'JOURNAL_STREAM=$(stat -L -c %d:%i /dev/fd/2) exec "$@"' - "$@"; }
as_service "$BUILD/collector/lookback-collector" --once -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" -o http.listen=none &
collector=$!
for _ in {1..200}; do [ ! -S "$SOCKET" ] || break; sleep 0.1; done
as_service "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" -o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m \
	-o sensor=tap1 --replay "$capture" --no-huge
wait "$collector"
for _ in {1..200}; do
	journalctl --directory /run/log/journal -o json --no-pager > "$T/journal"
	[ "$(grep -c '"stopped after' "$T/journal")" -lt 2 ] || break
	sleep 0.1
done
END
declare -p T BUILD SOCKET REDIS capture journald ASAN_OPTIONS UBSAN_OPTIONS > "$T/settings"
rm -f "$SOCKET"
redis flushall > /dev/null
timeout 300 unshare --mount --propagation private bash "$T/in_journal" "$T" > "$T/in_journal.log" 2>&1 || fail "under the journal: status $?"
"$PYTHON" - "$T/journal" << 'END' || fail "the journal's entries: see above"
import json, sys
entries = [json.loads(line) for line in open(sys.argv[1])]
# DPDK 24.11 sends its identifier without a message
entries = [e for e in entries if "MESSAGE" in e]
ours = [e for e in entries if str(e.get("SYSLOG_IDENTIFIER", "")).startswith("lookback-")]
for e in ours:
    assert e["_TRANSPORT"] == "journal" and e["PRIORITY"] in "3467" and e["CODE_FUNC"] and e["LOOKBACK_VERSION"], e
    assert e.get("LOOKBACK_SENSOR") in (("tap1", None) if e["SYSLOG_IDENTIFIER"] == "lookback-dataplane" else (None,)), e
# after the sandbox was entered
stopped = [e for e in ours if e["MESSAGE"].startswith("stopped after")]
assert sorted((e["SYSLOG_IDENTIFIER"], e.get("LOOKBACK_SENSOR")) for e in stopped) == [("lookback-collector", None), ("lookback-dataplane", "tap1")], stopped
for e in stopped:
    assert e["PRIORITY"] == "6" and e["CODE_FUNC"].endswith("log_totals"), e
    assert any(o["MESSAGE"].startswith("sandbox: user ") for o in ours[:ours.index(e)] if o["_PID"] == e["_PID"]), "no line of the sandbox before"
assert not any(str(e["MESSAGE"]).startswith("<") for e in entries), "a line of the stream with its level as text"
END
printf 'the journal agrees\n'
