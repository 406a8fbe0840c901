#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An interface that goes away and comes back, time after time, and then with frames of 9,000 octets: captured from again at once,
# without huge pages too.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v curl > /dev/null || skip "curl is not installed"
name_spaces peer sensor
veth_between peer sensor
redis_up --appendonly no
serve
start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" -o workers=2 \
	-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=0.5 --no-huge --iface s0 -o xdp.program=off
DATAPLANE=${CHILDREN[-1]}
DATAPLANE_PID=$PID
await 30 grep -q 'records each' "$T/dataplane.log"

send() { in_ns peer timeout 60 "$E2E/dns_send.py" p0 --count 1 --names 1 --zone "$@"; }
# Sends until it is counted; what is sent while nobody listens is gone.
arrives() { # zone, more of dns_send.py
	send "$@"
	sleep 0.5
	[ "$(redis zcard "pdns:count:n0.$1")" -gt 0 ]
}
is_whole() { [ "$(redis zcard pdns:count:n0.long.example)" = 500 ]; }
opened() { [ "$(grep -c 'capturing through AF_PACKET' "$T/dataplane.log")" -ge "$1" ]; }

await 10 arrives first.example
for i in {1..5}; do
	ip -n "$id-peer" link del p0
	veth_between peer sensor
	await 10 opened $((i + 1))
	await 10 arrives "again$i.example"
done
in_ns peer ip link set p0 mtu 9000
in_ns sensor ip link set s0 mtu 9000
await 10 opened 7
await 10 arrives long.example --records 500
await 10 is_whole
if grep 'no memory' "$T/dataplane.log"; then fail "no memory for an interface that came back"; fi
kill -TERM "$DATAPLANE_PID"
wait "$DATAPLANE" || fail "the dataplane ended with status $?"
echo "an interface that comes back is captured from at once"
