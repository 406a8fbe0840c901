#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The filter: it is applied to the innermost IP packet, whatever is around it, of all link types, to whole datagrams and to
# TCP; words of link headers are tcpdump's. A large expression is read while all else goes on, or refused.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" "$E2E/filter_captures.py" "$T"
redis_up --appendonly no
names() { redis --scan --pattern 'pdns:count:*' | sed 's/^pdns:count://; s/\.test$//' | sort | xargs; }
kept() { # capture, filter, names expected
	replay --replay "$T/$1.pcap" --no-huge -o "filter=$2"
	[ "$(names)" = "$3" ] || fail "$1, filter = $2: found '$(names)', expected '$3'"
}
all="fragments gre mpls plain pppoe qinq six tcp ttag vlan vxlan"
kept headers 'not net 10.0.0.0/8' six
kept headers 'port 53' "$all"
kept headers 'host 198.51.100.1' ''
kept headers 'ether host 02:00:00:00:00:01 and not net 10.0.0.0/8' six
kept headers 'ether src 02:00:00:00:00:02 and port 53' "$all"
kept headers 'not broadcast and net 10.0.0.0/8' "fragments gre mpls plain pppoe qinq tcp ttag vlan vxlan"
# as tcpdump: on the frame as it comes
kept headers 'vlan 5 and net 10.0.0.0/8' "fragments tcp vlan"
grep -q 'filter: names link headers' "$T/dataplane.log" || fail "did not say what a filter with vlan is applied to"
kept headers 'vlan 6' qinq
kept headers 'ether[12:2] = 0x8988' ttag
five="f02000000 f0a000000 f18000000 f1c000000 f1e000000"
for capture in loopback loop; do
	kept $capture 'port 53' "$five"
	kept $capture 'not net 10.0.0.0/8' "${five#* }"
done
kept raw 'not net 10.0.0.0/8' raw6
kept cooked 'not net 10.0.0.0/8' ''
# what is left out is counted, and the accounts are right with several workers
replay --replay "$T/headers.pcap" --no-huge -o workers=2 -o 'filter=not net 10.0.0.0/8' --summary
grep -q 'filtered 10' "$T/dataplane.log" || fail "found '$(grep '^packets' "$T/dataplane.log")', expected filtered 10"

# refused: no expression, too long, too many instructions
refused() { # expression, what is said
	if dataplane --replay "$T/headers.pcap" --no-huge -o "filter=$1"; then fail "taken: ${1:0:60}"; fi
	grep -q "$2" "$T/dataplane.log" || fail "did not say '$2'"
}
refused 'this is no filter' "filter: found 'this is no filter', expected an expression"
many=$(for i in $(seq 0 499); do printf 'host 10.%d.%d.1 or ' $((i % 200)) $((i / 200)); done)
refused "vlan and (${many% or })" 'octets with words of link headers, expected at most 8192'

# read again in the background ─────────────────────────────────────────────────────────────────

redis flushall > /dev/null
serve
printf 'filter =\n' > "$T/lookback.conf"
name_spaces peer sensor
veth_between peer sensor
: > "$T/dataplane.log"
start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" -o table.records=10000 \
	-o tcp.flows=4096 -o tcp.memory=16m --iface s0 -o xdp.program=off -c "$T/lookback.conf"
DATAPLANE_PID=$PID
await 30 grep -q 'records each' "$T/dataplane.log"
said() { [ "$(grep -c "$1" "$T/dataplane.log")" = "$2" ]; }
large() { # hosts
	awk -v n="$1" 'BEGIN { printf "filter = "; for (i = 0; i < n; i++) printf "%shost %d.%d.%d.7", i ? " or " : "", i * 7 % 200 + 1, i * 13 % 256, i / 256; print "" }'
}
is_running() { [ "$(metric reload_running)" = 1 ]; }
polls() { metric polls_total; }
large 1100 > "$T/lookback.conf"
kill -HUP "$DATAPLANE_PID"
await 10 is_running
kill -HUP "$DATAPLANE_PID" # several are one more
kill -HUP "$DATAPLANE_PID"
before=$(polls)
moved() { [ "$(polls)" -gt "$before" ] && [ "$(metric dataplane_up)" = 1 ]; }
await 3 moved
# refused for its size; by libpcap 1.10.5, which takes a minute of CPU time to optimize it, for its time
refused='\(filter: found [0-9]* instructions, expected at most 4096\|found filters that take longer than 60 s\).*the settings stay as they were'
await 500 said "$refused" 2
large 150 > "$T/lookback.conf"
kill -HUP "$DATAPLANE_PID"
await 60 said 'settings read again' 1
is_settled() { [ "$(metric reload_running)" = 0 ] && [ "$(metric reloads_total 'outcome="taken"')" = 1 ]; }
await 5 is_settled
[ "$(metric reloads_total 'outcome="refused"')" = 2 ] || fail "three signals while 1,100 hosts were read: $(metrics | grep reloads_total)"
large 4000 > "$T/lookback.conf"
kill -HUP "$DATAPLANE_PID"
await 60 said 'filter: found [0-9]* octets, expected at most 65536.*the settings stay as they were' 1
# the end does not wait for it
large 2000 > "$T/lookback.conf"
kill -HUP "$DATAPLANE_PID"
await 10 is_running
start_s=$SECONDS
kill -TERM "$DATAPLANE_PID"
await 10 is_gone "$DATAPLANE_PID"
[ $((SECONDS - start_s)) -le 3 ] || fail "the end took $((SECONDS - start_s)) s while settings were read"
echo "the filter sees the innermost packet, and is read in the background"
