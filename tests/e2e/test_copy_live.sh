#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Capture by AF_PACKET: a loopback interface gives each packet once, another one both what comes and what goes; frames
# longer than the ring's are counted, with a warning, and read whole once they come as they are on a wire.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
name_spaces peer sensor
veth_between peer sensor
in_ns peer ip addr add 192.0.2.1/24 dev p0
in_ns sensor ip addr add 192.0.2.2/24 dev s0
in_ns sensor ip link set lo up
redis_up --appendonly no
send() { in_ns "$1" "$PYTHON" "$E2E/dns_over.py" "${@:2}"; }
counted() { grep '^{' "$T/dataplane.log" | jq ".$1"; }

# The dataplane in the sensor's namespace, until `end`.
listen() { # dataplane's arguments
	serve
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" --no-huge \
		-o table.records=20000 -o tcp.flows=4096 -o tcp.memory=16m -o xdp.program=off --json "$@"
	DATAPLANE=${CHILDREN[-1]} DATAPLANE_PID=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
}
seen() { [ "$(metric messages_received_total)" -ge "$1" ]; }
end() {
	local status=0
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status: $(cat "$T/dataplane.log")"
}
count_is() { # name, count
	local found
	found=$(redis --raw zscore "pdns:count:$1" "A 203.0.113.1")
	[ "$found" = "$2" ] || fail "$1: counted '$found', expected $2"
}

number=0
for device in "--iface lo" "--no-pci --vdev net_af_packet0,iface=lo"; do
	number=$((number + 1))
	: > "$T/dataplane.log"
	# shellcheck disable=SC2086  # words
	listen $device
	send sensor answers 127.0.0.1 5 lo$number.example
	await 10 seen 5
	end
	count_is lo$number.example 5
	[ "$(counted dns_udp)" = 5 ] || fail "found $(counted dns_udp) messages, expected 5"
done
echo "each packet of a loopback interface counts once"

: > "$T/dataplane.log"
listen --iface s0
send sensor answers 192.0.2.1 4 goes.example
send peer answers 192.0.2.2 3 comes.example
await 10 seen 7
end
count_is goes.example 4
count_is comes.example 3
echo "of other interfaces both directions come"

# --check looks at what comes
start check ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" --check=20 --no-huge -o xdp.program=off --iface s0
checked=${CHILDREN[-1]}
await 20 grep -q 'port s0: AF_PACKET' "$T/check.log"
begun() { grep -q 'link is up' "$T/check.log"; }
await 20 begun
for _ in {1..40}; do send peer answers 192.0.2.2 1000 check.example; is_alive "$checked" || break; sleep 0.1; done
wait "$checked" || fail "--check: $(cat "$T/check.log")"
grep -qE '^hint .*traffic: [0-9]+ answers and 0 queries were seen' "$T/check.log" || fail "--check does not say it: $(cat "$T/check.log")"
echo "--check says what it sees"

# one segment of nine, that the veth hands over as it is
start serve ip netns exec "$id-peer" "$PYTHON" "$E2E/dns_over.py" serve 192.0.2.1 big.example 40
await 10 grep -q serving "$T/serve.log"
: > "$T/dataplane.log"
listen --iface s0
send sensor ask 192.0.2.1 big.example > "$T/octets"
oversized() { [ "$(metric port_oversized_total)" -ge 1 ] && grep -q 'interface s0: [0-9]* frames were longer .*ethtool -K s0 gro off' "$T/dataplane.log"; }
await 10 oversized
end
[ "$(counted pkt_oversized)" -ge 1 ] || fail "no frame counts as oversized: $(cat "$T/dataplane.log")"
[ "$(counted pkt_short)" = 0 ] || fail "frames cut by the ring count as short"
echo "frames longer than the ring's are counted: $(grep -o 'interface s0: [0-9]* frames.*' "$T/dataplane.log")"

in_ns peer ethtool -K p0 tso off gso off > /dev/null 2>&1
in_ns sensor ethtool -K s0 gro off > /dev/null 2>&1
: > "$T/dataplane.log"
listen --iface s0
send sensor ask 192.0.2.1 big.example > "$T/octets"
await 10 seen 2
end
[ "$(counted pkt_oversized)" = 0 ] || fail "segments as on a wire count as oversized"
[ "$(redis zcard pdns:name:big.example)" = 40 ] || fail "found $(redis zcard pdns:name:big.example) of 40 records"
echo "without merging all of it is read"

# on a loopback interface a larger MTU does not help, a smaller one does
ask_lo() {
	: > "$T/dataplane.log"
	listen --iface lo
	send sensor ask 127.0.0.1 large.example > "$T/octets"
}
start serve-lo ip netns exec "$id-sensor" "$PYTHON" "$E2E/dns_over.py" serve 127.0.0.1 large.example 80
await 10 grep -q serving "$T/serve-lo.log"
ask_lo
await 10 grep -q 'interface lo: [0-9]* frames were longer .*lower its MTU to 9216 or less' "$T/dataplane.log"
end
! grep 'raise its MTU' "$T/dataplane.log" || fail "it advises a larger MTU on lo"
in_ns sensor ip link set lo mtu 9216
in_ns sensor ethtool -K lo gro off tso off gso off > /dev/null 2>&1
ask_lo
await 10 seen 2
end
[ "$(counted pkt_oversized)" = 0 ] || fail "with the MTU that is advised, frames count as oversized"
echo "on lo a smaller MTU is advised, and helps"
