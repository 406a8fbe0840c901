#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# An interface with our XDP program: DNS comes to the workers and the host keeps the rest; nothing breaks when the
# dataplane is killed, when the interface goes away or changes, or when settings are replaced by garbage.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v curl > /dev/null || skip "curl is not installed"
name_spaces peer sensor
link_up() { # its mtu
	ip -n "$id-peer" link add p0 "$@" type veth peer name s0 "$@" netns "$id-sensor"
	in_ns peer ip addr add 192.0.2.1/24 dev p0
	in_ns sensor ip addr add 192.0.2.2/24 dev s0
	in_ns peer ip link set p0 up
	in_ns sensor ip link set s0 up
}
link_up

# a service of the host on the interface that we capture from
mkdir "$T/www"
start service ip netns exec "$id-sensor" "$PYTHON" -m http.server --directory "$T/www" 8080
host_answers() { in_ns peer timeout 5 curl -fsS -o /dev/null http://192.0.2.2:8080/; }
await 10 host_answers

redis_up --appendonly no
collector_up -o http.listen=127.0.0.1:0

listen() { # more arguments
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 --iface s0 -o xdp.program=steer "$@"
	DATAPLANE=${CHILDREN[-1]}
	await 30 grep -q 'records each' "$T/dataplane.log"
	dataplane_pid=$(pgrep -f "collector.socket=$SOCKET.*--iface s0" | while read -r pid; do
		[ "$(readlink "/proc/$pid/exe")" = "$(readlink -f "$BUILD/dataplane/lookback-dataplane")" ] && echo "$pid"; done)
}
says() { grep -q -- "$1" "$T/dataplane.log"; }
send() { in_ns peer timeout 60 "$E2E/dns_send.py" p0 "$@"; }
count_of() { redis zscore "pdns:count:$1" "A 203.0.113.7"; }
has_count() { [ "$(count_of "$1")" = "$2" ]; }
is_at_least() { [ "$(metric "$1" "${3-}")" -ge "$2" ]; }
end() {
	local status=0
	kill -TERM "$dataplane_pid"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status"
}
has_program() { in_ns sensor ip link show s0 | grep -q 'prog/xdp'; }

# DNS comes to us, the rest stays with the host ───────────────────────────────────────────────

listen
says 'capturing through AF_XDP' || skip "no AF_XDP here: $(grep -m 1 'no AF_XDP' "$T/dataplane.log")"
grep -m 1 'capturing through' "$T/dataplane.log"
has_program || fail "no XDP program on the interface"
host_answers || fail "the host cannot be reached while we capture"
send --count 1000 --names 100
send --count 500 --port 4711
await 10 has_count n7.example.com 10
await 5 is_at_least port_xdp_packets_total 1000 'verdict="dns"'
[ "$(metric port_xdp_packets_total 'verdict="dns"')" = 1000 ] || fail "steered: $(metric port_xdp_packets_total 'verdict="dns"')"
await 5 is_at_least port_xdp_packets_total 503 'verdict="other"'
[ "$(metric packets_total 'outcome="not_dns"')" = 0 ] || fail "what is not DNS came to the workers"

# idle: next to nothing ───────────────────────────────────────────────────────────────────────

ticks() { awk '{ print $14 + $15 }' "/proc/$dataplane_pid/stat"; }
sleep 1
before=$(ticks)
sleep 4
percent=$((($(ticks) - before) * 100 / (4 * $(getconf CLK_TCK))))
echo "idle: $percent % of a core"
[ $percent -lt 5 ] || fail "idle, it takes $percent % of a core"

# too much: losses are seen ───────────────────────────────────────────────────────────────────

kill -STOP "$dataplane_pid"
send --count 20000 --zone flood.example
kill -CONT "$dataplane_pid"
accounted() {
	local taken lost
	taken=$(metric port_rx_packets_total)
	lost=$(metric port_lost_total)
	[ $((taken + lost)) = 21000 ] && [ "$lost" -gt 0 ]
}
await 10 accounted
echo "overload: of 20000 packets $(metric port_lost_total) were lost, and counted"
end
! has_program || fail "the XDP program is still there after the end"

# kill -9 ─────────────────────────────────────────────────────────────────────────────────────

has_no_program() { ! has_program; }
listen
kill -KILL "$dataplane_pid"
wait "$DATAPLANE" || true
await 5 has_no_program # its helper takes the program off
host_answers || fail "the host cannot be reached after kill -9"
# … of the helper too, as systemd does it
listen
kill -KILL "$(pgrep -P "$dataplane_pid")" "$dataplane_pid"
wait "$DATAPLANE" || true
has_program || fail "the program went with the processes; this test expects it to stay"
host_answers || fail "the host cannot be reached after kill -9"
# … which the next run takes off, by whichever way it captures
listen -o xdp.program=off
says 'that an earlier run left' || fail "did not say that it cleaned up before it captured by copy"
has_no_program || fail "the program of the run before is still there"
end
listen
kill -KILL "$(pgrep -P "$dataplane_pid")" "$dataplane_pid"
wait "$DATAPLANE" || true
listen
says 'that an earlier run left' || fail "did not say that it cleaned up"
says 'capturing through AF_XDP' || fail "no AF_XDP after kill -9"
send --zone again.example --count 100 --names 100
await 10 has_count n7.again.example 1

# a second one on the same interface is no owner of the program
timeout 20 ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$T/none" --iface s0 \
	-o xdp.program=steer -o table.records=1000 -o stop.timeout=0.1 > "$T/second.log" 2>&1 &
second=$!
CHILDREN+=("$second")
await 20 grep -q 'captures from it already' "$T/second.log"
await 20 grep -q 'AF_PACKET' "$T/second.log"
kill -TERM "$(pgrep -P "$second")" 2>/dev/null || true
wait "$second" || true
has_program || fail "the second one took the program off"

# the interface is removed and added again ────────────────────────────────────────────────────

ip -n "$id-peer" link del p0
await 5 says 'interface s0: is gone'
sleep 1
link_up
is_back() { [ "$(grep -c 'capturing through AF_XDP' "$T/dataplane.log")" = 2 ]; }
await 10 is_back
host_answers || fail "the host cannot be reached after the interface came back"
send --zone again.example --count 100 --names 100
await 10 has_count n7.again.example 2
await 5 is_at_least port_reopened_total 1
await 5 is_at_least port_rx_packets_total 200 # the counters of before stay
[ "$(metric port_rx_packets_total)" = 200 ] || fail "counted twice: $(metric port_rx_packets_total)"

# … renamed and named back: the same one, whose queue must be free again
opened_by() { [ "$(grep -c "capturing through $1" "$T/dataplane.log")" = "$2" ]; }
open_files() { find "/proc/$dataplane_pid/fd" -mindepth 1 -lname 'anon_inode:bpf-*' | wc -l; }
files=$(open_files)
in_ns sensor ip link set s0 name other
is_away() { [ "$(grep -c 'interface s0: is gone' "$T/dataplane.log")" = 2 ]; }
await 5 is_away
in_ns sensor ip link set other name s0
await 20 opened_by AF_XDP 3
send --zone again.example --count 100 --names 100
await 10 has_count n7.again.example 3
[ "$(open_files)" = "$files" ] || fail "the driver's files are still open: $files before, $(open_files) now"

# … its program taken off
in_ns sensor ip link set s0 xdp off
await 20 opened_by AF_XDP 4
send --zone again.example --count 100 --names 100
await 10 has_count n7.again.example 4

is_counted() { [ "$(redis zcard "pdns:count:$1")" = "$2" ]; }
send_long() { # zone, frame size
	send --names 1 --zone "$1" --records $(($2 / 16 - 10))
	await 10 is_counted "n0.$1" $(($2 / 16 - 10))
}
# … frames too long for the buffers that there are, and then for AF_XDP
in_ns peer ip link set p0 mtu 3000
in_ns sensor ip link set s0 mtu 3000
await 20 opened_by AF_XDP 5
send_long long.example 3000
ip -n "$id-peer" link del p0
link_up mtu 9000
await 20 opened_by AF_PACKET 1
send_long longer.example 9000
[ "$(metric messages_total 'outcome="malformed"')" = 0 ] || fail "long frames were cut off"
end

# filters, replaced while packets come ────────────────────────────────────────────────────────

ip -n "$id-peer" link del p0
link_up
printf 'filter =\n' > "$T/lookback.conf"
listen -c "$T/lookback.conf"
reload() { # expected line
	local before
	before=$(grep -c "$1" "$T/dataplane.log" || true)
	kill -HUP "$dataplane_pid"
	await 5 said_more "$1" "$before"
}
said_more() { [ "$(grep -c "$1" "$T/dataplane.log")" -gt "$2" ]; }
send --zone filters.example --count 10000 --rate 2000 &
sender=$!
for _ in 1 2 3 4 5; do
	printf 'filter = not port 4711\n' > "$T/lookback.conf"
	reload 'settings read again'
	printf 'filter = this is no filter\n' > "$T/lookback.conf"
	reload 'the settings stay as they were'
done
wait $sender
await 20 has_count n7.filters.example 100
await 5 is_at_least reloads_total 5 'outcome="refused"'
[ "$(metric port_lost_total)" = 0 ] || fail "packets were lost while settings were read"

printf 'servers = !192.0.2.66\nnames.skip = %s\ntypes =\n' "$T/names" > "$T/lookback.conf"
printf '# a list\n.skipped.example\nn3.filters.example\n' > "$T/names"
reload 'settings read again'
send --count 100 --names 100 --zone skipped.example
send --count 100 --names 100 --server 192.0.2.66 --zone believed.example
send --count 100 --names 100 --zone filters.example
await 10 has_count n7.filters.example 101
has_count n3.filters.example 100 || fail "a name that is to be left out came in"
[ "$(redis exists pdns:count:n1.skipped.example)" = 0 ] || fail "a name under a suffix that is to be left out came in"
[ "$(redis exists pdns:count:n1.believed.example)" = 0 ] || fail "a server that is not to be believed was"
await 5 is_at_least records_total 101 'outcome="name_skipped"'
await 5 is_at_least messages_total 100 'outcome="server_skipped"'
printf 'n3.filters.example\n' > "$T/names"
printf 'names.only = %s\nfilter = host 192.0.2.53\n' "$T/names" > "$T/lookback.conf"
reload 'settings read again'
send --zone filters.example --count 100 --names 100
send --zone filters.example --count 100 --names 100 --server 192.0.2.77
await 10 has_count n3.filters.example 101
has_count n7.filters.example 101 || fail "a name that is not on the list came in"
await 5 is_at_least packets_total 100 'outcome="filtered"'
# … addresses of DNS over HTTPS too, which the XDP program counts
knock() { in_ns peer timeout 2 bash -c 'echo > /dev/tcp/192.0.2.2/443' 2> /dev/null || true; }
knock
printf '198.51.100.0/24\n192.0.2.2\n' > "$T/doh"
printf 'doh.addresses = %s\nnames.only = %s\nfilter = host 192.0.2.53\n' "$T/doh" "$T/names" > "$T/lookback.conf"
reload 'settings read again'
knock
await 5 is_at_least port_encrypted_total 1 'protocol="doh"'
printf '198.51.100.0/24\n' > "$T/doh"
reload 'settings read again'
knock
sleep 1.2
[ "$(metric port_encrypted_total 'protocol="doh"')" = 1 ] || fail "doh.addresses is not what was read last"
printf 'two words\n' > "$T/names"
reload 'names:1: found .two words., expected one name'
if command -v dpdk-telemetry.py > /dev/null; then
	tell() { echo "$1" | timeout 10 dpdk-telemetry.py -f "lookback_$dataplane_pid" 2>&1; }
	tell /lookback/workers,0 > "$T/telemetry.log"
	grep -q '"pkt_filtered": 100' "$T/telemetry.log" || fail "telemetry does not tell what was filtered"
	tell /lookback/filters > "$T/telemetry.log"
	grep -q '"filter": "host 192.0.2.53", .*"names_only": 1' "$T/telemetry.log" || fail "telemetry does not tell the filters"
	tell /lookback/tables,0 | grep -q '"table_entries"' || fail "telemetry does not tell of the table"
fi
end
echo "kill -9, removal, filters: as they should be"
