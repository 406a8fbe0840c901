#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What is read from a capture arrives live too: the bundled captures, put on a mirror port, through the XDP program that
# steers, with the settings as they are.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

name_spaces peer sensor
veth_between peer sensor
in_ns peer ip link set p0 mtu 3000
in_ns sensor ip link set s0 mtu 3000
redis_up --appendonly no

# Puts the captures on the mirror port and waits until Redis holds what they hold, in an empty Redis and with empty tables.
arrives() { # captures
	local played dataplane tries=0
	if [ -n "${COLLECTOR_PID-}" ]; then
		kill "$COLLECTOR_PID"
		await 20 is_gone "$COLLECTOR_PID"
		unset COLLECTOR_PID
	fi
	redis flushall > /dev/null
	serve -o "spool.dir=$(mktemp -d -p "$T" spool.XXXXXX)"
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 --iface s0 -o xdp.program=steer
	dataplane=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
	grep -q 'capturing through AF_XDP' "$T/dataplane.log" || skip "no AF_XDP here: $(grep -m 1 'no AF_XDP' "$T/dataplane.log")"
	mapfile -t played < <(in_ns peer timeout 120 "$E2E/play.py" p0 3014 "$@")
	until timeout 60 "$PYTHON" "$E2E/compare_counts.py" "$REDIS" "${played[@]/%.pcap/.tsv}" > "$T/counts.log" 2>&1; do
		[ $((tries++)) -lt 60 ] || fail "what arrived live differs from what is in ${played[*]##*/}"
		sleep 0.3
	done
	[ "$(metric port_lost_total)" = 0 ] || fail "packets were lost"
	kill "$dataplane"
	await 20 is_gone "$dataplane"
	printf '%s captures: %s\n' "${#played[@]}" "$(head -n 1 "$T/counts.log")"
	PLAYED=" ${played[*]##*/} "
}

# all but those that hold the TCP connection of another one again
again=" tcp-no-syn tcp-two-files-b tcp-hole tcp-middle-missing qinq mpls gre-teb erspan geneve gtpu 6in4 big-endian-ns "
captures=()
for capture in "$DATA"/*.pcap; do
	[[ $again == *" $(basename "${capture%.*}") "* ]] || captures+=("$capture")
done
arrives "${captures[@]}"
for name in encapsulations vlan gre vxlan gre-pptp pppoe teredo; do
	[[ $PLAYED == *" $name.pcap "* ]] || fail "$name.pcap was not played"
done
for name in mpls erspan geneve gtpu 6in4; do
	arrives "$DATA/$name.pcap"
done
