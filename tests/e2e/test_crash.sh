#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Counts stay exact when the collector is killed, and when Redis goes away and comes back, in the middle of a replay.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 100 "$ROOT/tests/tools/make_capture.py" --responses 80000 --names 30000 "$T/big.pcap" "$T/big.tsv"

sightings=$(awk -F '\t' '{ n += $4 } END { print n }' "$T/big.tsv")
batches() { # number of the last batch in Redis, 0 before the first
	redis hvals pdns:seq | sort -n | tail -n 1 | grep . || echo 0
}
has_batches() { [ "$(batches)" -ge "$1" ]; }
has_all() { [ "$(redis hget pdns:sensor:crash sightings)" = "$sightings" ]; }
not_all_yet() { ! has_all || fail "$1: all was in Redis before it could be disturbed"; }

# Starts both, waits until some batches are in Redis.
begin_replay() {
	: > "$T/collector.log"
	rm -rf "$SOCKET.spool" # it would bring back what flushall has removed
	collector_up
	dataplane_up -o sensor=crash --replay "$T/big.pcap" "$@"
	dataplane=${CHILDREN[-1]}
	await 60 has_batches 3
}
# Nothing that was sent twice may be counted late: the collector ends before the comparison.
end_replay() {
	wait "$dataplane" || fail "$1: the dataplane ended with status $?"
	await 60 has_all
	kill -TERM "$COLLECTOR_PID"
	await 30 is_gone "$COLLECTOR_PID"
	compare --no-stream "$T/big.tsv"
	printf '%s: counts are exact\n' "$1"
}

# a small table: records are handed over all the time, not only at the end
small=(-o table.records=4096 -o flush.interval=1)

redis_up
begin_replay "${small[@]}"
for round in 1 2 3; do
	not_all_yet "round $round"
	kill -KILL "$COLLECTOR_PID"
	await 10 is_gone "$COLLECTOR_PID"
	seen=$(batches)
	collector_up
	[ "$round" = 3 ] || await 60 has_batches $((seen + 2))
done
end_replay "collector killed three times"

redis flushall > /dev/null
begin_replay -o workers=2
kill -KILL "$COLLECTOR_PID"
await 10 is_gone "$COLLECTOR_PID"
sleep 1
collector_up
end_replay "collector killed, two workers"

# Redis ends in order, which saves what it has acknowledged, and comes back later.
redis flushall > /dev/null
begin_replay "${small[@]}"
not_all_yet "Redis shut down"
redis shutdown > /dev/null || true
await 30 is_gone "$REDIS_PID"
sleep 1.5
is_alive "$COLLECTOR_PID" || fail "the collector ended with Redis"
[ "$(grep -c 'the records stay in the spool, retrying' "$T/collector.log")" = 1 ] || fail "the loss of Redis is not in the log once"
redis_up
end_replay "Redis shut down and started again"
grep -q 'accepts batches again' "$T/collector.log" || fail "the log does not say that Redis accepts batches again"

# Redis is killed; what it acknowledged is on its disk.
redis flushall > /dev/null
redis config set appendfsync always > /dev/null
begin_replay "${small[@]}"
not_all_yet "Redis killed"
kill -KILL "$REDIS_PID"
await 10 is_gone "$REDIS_PID"
sleep 0.5
redis_up --appendfsync always
end_replay "Redis killed and started again"

# The collector goes away for good: the replay says what it waits for, at once and again, and gives up after replay.wait.
says() { grep -q -- "$1" "$T/dataplane.log"; }
ends_with_1() { # what
	local status=0
	wait "$dataplane" || status=$?
	[ $status = 1 ] || fail "$1: the dataplane ended with status $status, expected 1"
}
go_for_good() { # dataplane's arguments
	redis flushall > /dev/null
	: > "$T/dataplane.log"
	begin_replay "${small[@]}" "$@"
	not_all_yet "collector gone"
	kill -KILL "$COLLECTOR_PID"
	await 10 is_gone "$COLLECTOR_PID"
	await 10 says 'gone; the replay keeps [0-9]* frames for it and waits .* Start lookback-collector again, or end the replay with Ctrl-C'
}
go_for_good -o replay.wait=32s
await 40 says 'away for 30 s; the replay waits for it with [0-9]* frames'
await 20 is_gone "$DATAPLANE_PID"
ends_with_1 replay.wait
says 'away for longer than replay.wait (32 s); the replay is given up' || fail "no word of the end"
[ "$(grep -c 'gone; the replay keeps' "$T/dataplane.log")" = 1 ] || fail "said more than once"
go_for_good -o stop.timeout=1
kill -TERM "$DATAPLANE_PID"
await 20 is_gone "$DATAPLANE_PID"
ends_with_1 SIGTERM
says 'has not taken over' || fail "no word of what is lost"
printf 'a collector that went away for good: said, and ended\n'
