#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# nic.isolate: where the driver has rte_flow, as net_tap has on a kernel with its traffic control, DNS alone comes to the
# workers; where it has none, one line says so and everything comes.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v curl > /dev/null || skip "curl is not installed"
name_spaces peer sensor
veth_between peer sensor
redis_up --appendonly no

# 100 answers and 77 other packets.
listen() { # where from
	redis flushall > /dev/null
	serve
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 -o nic.isolate=yes "$@"
	DATAPLANE=${CHILDREN[-1]}
	DATAPLANE_PID=$PID
	for _ in {1..100}; do
		grep -qE 'records each|error:' "$T/dataplane.log" && break
		sleep 0.1
	done
}
is_counted() { [ "$(metric packets_total "outcome=\"$1\"")" = "$2" ]; }
expect() { # packets that are not DNS
	in_ns peer timeout 60 "$E2E/dns_send.py" p0 --count 77 --port 4711
	in_ns peer timeout 60 "$E2E/dns_send.py" p0 --count 100
	await 10 is_counted udp 100
	is_counted not_dns "$1" || fail "expected $1 packets that are not DNS, found $(metric packets_total 'outcome="not_dns"')"
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || fail "the dataplane ended with status $?"
}
says_once() {
	[ "$(grep -c nic.isolate "$T/dataplane.log")" = 1 ] || fail "not one line about nic.isolate: $(grep nic.isolate "$T/dataplane.log")"
	grep -q "warning: $1" "$T/dataplane.log" || fail "it does not say '$1'"
}

listen --vdev net_af_packet0,iface=s0
expect 77
says_once 'port net_af_packet0: nic.isolate: not possible: .*; all packets come to the workers'
listen --iface s0 -o xdp.program=off
expect 77
says_once 'interface s0: nic.isolate: is for cards that DPDK drives'
echo "no rte_flow: said in one line, and everything comes"

listen --vdev net_tap0,iface=lbtap0,remote=s0
if grep -q 'rte flow support' "$T/dataplane.log"; then
	skip "net_tap's part: $(grep -m 1 'rte flow support' "$T/dataplane.log")"
fi
grep -q 'the card passes only DNS' "$T/dataplane.log" || fail "net_tap takes no rules"
expect 0
echo "net_tap: DNS alone comes"
