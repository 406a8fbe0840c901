#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The wall clock of the dataplane is set back by hours while it listens, forth again, and right: first and last seen are
# the lowest and the highest time, no sighting is lost or counted twice, the flush goes on, polls neither stop nor race,
# and what waits with a time-out (fragments) does not wait hours longer. What time-outs bring to light is counted at once.
#
#     peer ── p0 ⇄ s0 ── sensor, its clock by libfaketime
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$BUILD" = "$ROOT/build" ] || skip "takes the release build: libfaketime and a sanitizer's library wait for each other on Debian 13"
library=$(find /usr/lib -name libfaketimeMT.so.1 2> /dev/null | head -n 1)
[ -n "$library" ] || skip "no libfaketime"
name_spaces peer sensor
ip -n "$id-peer" link add p0 type veth peer name s0 netns "$id-sensor"
in_ns peer ip link set p0 up
in_ns sensor ip link set s0 up

redis_up --appendonly no
collector_up -o http.listen=127.0.0.1:0

set_clock() { printf '%+d\n' "$1" > "$T/clock.new" && mv "$T/clock.new" "$T/clock"; }
set_clock 0
start dataplane ip netns exec "$id-sensor" env LD_PRELOAD="$library" FAKETIME_TIMESTAMP_FILE="$T/clock" FAKETIME_NO_CACHE=1 \
	FAKETIME_DONT_FAKE_MONOTONIC=1 DONT_FAKE_MONOTONIC=1 "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
	-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 -o frag.timeout=1 -o tcp.timeout=1 -o idle=sleep --iface s0 \
	-o sandbox=off # libfaketime reads its file again and again
dataplane=${CHILDREN[-1]}
DATAPLANE_PID=$PID
await 30 grep -q 'records each' "$T/dataplane.log"

send() { in_ns peer timeout 60 "$E2E/dns_send.py" p0 "$@"; }
has_count() { [ "$(redis zscore pdns:count:n7.example.com 'A 203.0.113.7')" = "$1" ]; }
is_at_least() { [ "$(metric "$1" "${3-}")" -ge "$2" ]; }
polls_in_two_seconds() { # both samples are a second old at most
	local before
	before=$(metric polls_total)
	sleep 2
	echo $(($(metric polls_total) - before))
}

started=$(date +%s)
count=0
fragments=0
for offset in 0 -3600 -7200 3600 0; do
	send --count 10 --names 10 --fragments # whose other halves never come
	fragments=$((fragments + 10))
	await 20 is_at_least packets_total $fragments 'outcome="fragment"'
	set_clock "$offset"
	send --count 300 --names 100
	count=$((count + 3))
	await 20 has_count $count
	await 20 is_at_least fragments_lost_total $fragments 'reason="timeout"'
	polls=$(polls_in_two_seconds)
	[ "$polls" -gt 20 ] && [ "$polls" -lt 1000000 ] || fail "$polls polls in two seconds, of a worker that sleeps, with the clock at $offset s"
	printf 'clock at %+d s: %d sightings of each name, %d fragments given up, %d polls in 2 s\n' "$offset" "$count" "$fragments" "$polls"
done
ended=$(date +%s)

within() { # what, score, lowest, highest
	[ "$2" -ge "$3" ] && [ "$2" -le "$4" ] || fail "$1 is $2, expected $3 to $4"
}
for n in 0 7 99; do
	within "first seen of n$n" "$(redis zscore "pdns:first:n$n.example.com" 'A 203.0.113.7')" $((started - 7200)) $((ended - 7200))
	within "last seen of n$n" "$(redis zscore "pdns:name:n$n.example.com" 'A 203.0.113.7')" $((started + 3600)) $((ended + 3600))
	[ "$(redis zscore "pdns:count:n$n.example.com" 'A 203.0.113.7')" = $count ] || fail "n$n was not counted $count times"
done

# messages behind a hole come out of time-outs, and are counted although no other packet comes
send --streams --count 20 --names 10
adds_up() {
	local sample received
	sample=$(metrics)
	received=$(awk '/^lookback_messages_received_total/ { n += $NF } END { print n }' <<< "$sample")
	[ "$received" = $((count * 100 + 10)) ] && [ "$received" = "$(awk '/^lookback_messages_total/ { n += $NF } END { print n }' <<< "$sample")" ]
}
await 20 adds_up

kill -TERM "$DATAPLANE_PID"
status=0
wait "$dataplane" || status=$?
[ $status = 0 ] || fail "the dataplane ended with status $status"
has_count $((count + 1)) || fail "the end changed the counts"

# The same for the collector.
timeout 200 "$PYTHON" "$E2E/redis_faults.py" "$BUILD/collector/lookback-collector" clock_goes_back
