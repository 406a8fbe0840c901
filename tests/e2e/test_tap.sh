#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A tap as users have it: a stub, a resolver (Unbound) and two authoritative servers (NSD or BIND, and Knot) on one
# segment; both directions of the resolver's link are mirrored to a span port, where the dataplane listens with
# match = require. dnsperf asks; what Redis holds is compared with the zones, and with what the servers counted.
# Forged answers are sent into the tap meanwhile. Then the same mirrored in GRE and in ERSPAN.
#
#     stub ─┐                                    r0: tc mirror, in and out ─► span0 ⇄ span1 ── sensor
#     auth1 ┼─ bridge ── r0 ── resolver
#     auth2 ┘
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

QUERIES_A_SECOND=${TAP_QPS:-2000}
SECONDS_OF_LOAD=${TAP_SECONDS:-5}
NAMES=${TAP_NAMES:-2000}

for program in unbound dnsperf knotd tc curl; do
	command -v $program > /dev/null || skip "$program is not installed"
done
command -v nsd > /dev/null || command -v named > /dev/null || skip "neither nsd nor named is installed"
name_spaces hub stub resolver auth1 auth2 sensor

# the network ─────────────────────────────────────────────────────────────────────────────────

ip -n "$id-hub" link add br0 type bridge 2> "$T/bridge.log" || skip "no bridge here: $(cat "$T/bridge.log")"
ip -n "$id-hub" link set br0 up
number=0
for host in stub resolver auth1 auth2; do
	number=$((number + 1))
	ip -n "$id-hub" link add "h$number" type veth peer name e0 netns "$id-$host"
	ip -n "$id-hub" link set "h$number" master br0 up
	in_ns $host ip link set lo up
	in_ns $host ip addr add "192.0.2.$number/24" dev e0
	in_ns $host ip link set e0 up
	# segments as they would be on a wire: whole ones, with their checksums
	in_ns $host ethtool -K e0 tx off rx off gro off gso off tso off > /dev/null 2>&1 || true
done
ip -n "$id-resolver" link add span0 mtu 2000 type veth peer name span1 mtu 2000 netns "$id-sensor"
for end in resolver:span0 sensor:span1; do
	in_ns "${end%:*}" sysctl -qw "net.ipv6.conf.${end#*:}.disable_ipv6=1" 2>/dev/null || true
	in_ns "${end%:*}" ip link set "${end#*:}" up
done
in_ns resolver tc qdisc add dev e0 clsact 2> "$T/tc.log" || skip "no traffic control here: $(tail -n 1 "$T/tc.log")"
for direction in ingress egress; do
	in_ns resolver tc filter add dev e0 $direction protocol all u32 match u32 0 0 action mirred egress mirror dev span0 \
		2> "$T/tc.log" || skip "no mirroring here: $(tail -n 1 "$T/tc.log")"
done

# zones and servers ───────────────────────────────────────────────────────────────────────────

mkdir "$T/auth1" "$T/auth2" "$T/unbound"
"$PYTHON" "$E2E/tap_zones.py" --names "$NAMES" --folder "$T"
if command -v nsd > /dev/null; then
	cat > "$T/auth1/nsd.conf" <<- END
	server:
	    ip-address: 192.0.2.3
	    username: ""
	    zonesdir: "$T/auth1"
	    database: ""
	    pidfile: ""
	    xfrdfile: "$T/auth1/xfrd.state"
	    zonelistfile: "$T/auth1/zone.list"
	    rrl-ratelimit: 0
	remote-control:
	    control-enable: no
	zone:
	    name: one.example
	    zonefile: one.example.zone
	END
	start auth1 ip netns exec "$id-auth1" nsd -d -c "$T/auth1/nsd.conf"
else
	printf 'options { directory "%s"; listen-on { 192.0.2.3; }; listen-on-v6 { none; }; recursion no; pid-file none; };\nzone "one.example" { type primary; file "one.example.zone"; };\n' \
		"$T/auth1" > "$T/auth1/named.conf"
	start auth1 ip netns exec "$id-auth1" named -g -c "$T/auth1/named.conf"
fi
cat > "$T/auth2/knot.conf" << END
server:
    rundir: $T/auth2
    listen: 192.0.2.4@53
database:
    storage: $T/auth2
zone:
  - domain: two.example
    storage: $T/auth2
    file: two.example.zone
    zonefile-load: whole
END
start auth2 ip netns exec "$id-auth2" knotd -c "$T/auth2/knot.conf"
cat > "$T/unbound/unbound.conf" << END
server:
    interface: 192.0.2.2
    access-control: 192.0.2.0/24 allow
    username: ""
    chroot: ""
    directory: "$T/unbound"
    pidfile: ""
    do-daemonize: no
    use-syslog: no
    module-config: iterator
    do-ip6: no
    msg-cache-size: 64m
    rrset-cache-size: 64m
    minimal-responses: yes
    local-zone: "example." nodefault
remote-control:
    control-enable: no
stub-zone:
    name: one.example
    stub-addr: 192.0.2.3
stub-zone:
    name: two.example
    stub-addr: 192.0.2.4
END
start unbound ip netns exec "$id-resolver" unbound -d -c "$T/unbound/unbound.conf"
ask() { in_ns stub timeout 10 dig +tries=3 +time=2 +short "$@"; }
answers() { [ -n "$(ask "@$1" "$2" SOA)" ]; }
await 20 answers 192.0.2.3 one.example
await 20 answers 192.0.2.4 two.example
await 20 answers 192.0.2.2 one.example
await 20 answers 192.0.2.2 two.example

# listening ───────────────────────────────────────────────────────────────────────────────────

redis_up --appendonly no
collector_up -o http.listen=127.0.0.1:0
listen() {
	: > "$T/dataplane.log"
	redis flushall > /dev/null
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 -o match=require --iface span1 "$@"
	DATAPLANE=${CHILDREN[-1]}
	await 30 grep -q 'records each' "$T/dataplane.log"
}
end() {
	local status=0
	kill -TERM "$(pgrep -f "^$BUILD/dataplane/lookback-dataplane -o collector.socket=$SOCKET" | tail -n 1)"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status"
}
forge() { in_ns resolver "$PYTHON" "$E2E/tap_forge.py" span0; }

# dnsperf sends nothing twice (-t is long), so what it says of itself can be compared.
load() { # queries a second, seconds
	in_ns stub timeout $(($2 + 60)) dnsperf -s 192.0.2.2 -d "$T/queries" -Q "$1" -l "$2" -q 200 -t 10 > "$T/dnsperf.log" 2>&1 ||
		fail "dnsperf: $(tail -n 1 "$T/dnsperf.log")"
	completed=$(awk '/Queries completed:/ { print $3 }' "$T/dnsperf.log")
	unanswered=$(awk '/Queries lost:/ { print $3 }' "$T/dnsperf.log") # the resolver was too busy
	failed=$(sed -n 's/.*SERVFAIL \([0-9]*\).*/\1/p' "$T/dnsperf.log")
}
settled() {
	local now
	now=$(metric messages_total)
	sleep 1.2
	[ "$now" = "$(metric messages_total)" ] && [ "$now" -gt 0 ] && [ "$(metric sightings_pending)" = 0 ]
}
check() { # what
	await 30 settled
	"$PYTHON" "$E2E/tap_compare.py" --redis "$REDIS" --folder "$T" "$@" || fail "what Redis holds is not what was served"
}

listen
grep -m 1 'capturing through' "$T/dataplane.log"
(for _ in {1..50}; do forge; sleep 0.1; done) > "$T/forge.log" 2>&1 &
forger=$!
load "$QUERIES_A_SECOND" "$SECONDS_OF_LOAD"
wait $forger
check --asked "$completed" --unanswered $((unanswered + ${failed:-0}))
unmatched=$(metric messages_total 'outcome="unmatched"')
[ "$unmatched" -ge 300 ] || fail "forged answers, 6 times 50, are not counted as unmatched: $unmatched"
[ "$(metric records_total 'outcome="out_of_bailiwick"')" -ge 1 ] || fail "a forged addition is not counted as out of bailiwick"
lost=$(metric port_lost_total)
echo "load: $completed queries of the stub, $(metric messages_total 'outcome="taken"') answers taken," \
	"$unmatched unmatched, $lost packets lost"
steered=$(metric port_xdp_packets_total 'verdict="dns"')
if [ "$steered" -gt 0 ]; then
	received=$(metric port_rx_packets_total)
	[ "$steered" = $((received + lost)) ] || fail "steered $steered, received $received, lost $lost"
	[ "$received" = "$(metric rx_packets_total)" ] || fail "the workers did not get all that the port received"
fi
if [ "$lost" != 0 ]; then
	[ "$QUERIES_A_SECOND" -gt 5000 ] || fail "packets were lost"
	echo "this machine is too slow for the load: what was lost is counted"
	exit 0
fi
# each query was answered: the stub's, the resolver's, the forger's
queries=$(metric messages_total 'outcome="query"')
answered=$(($(metric messages_total) - queries - unmatched))
dropped=0 # queries that a server was too busy for; the resolver asks again
for ns in auth1 auth2 resolver; do
	dropped=$((dropped + $(in_ns "$ns" cat /proc/net/snmp | awk '/^Udp:/ { n = $6 } END { print n }')))
done
if [ "$queries" -lt "$answered" ] || [ $((queries - answered)) -gt $((2 * unanswered + dropped)) ]; then
	fail "$queries queries, $answered answers, $unanswered of the stub's without, $dropped dropped by busy servers"
fi
[ "$queries" -ge "$completed" ] || fail "$queries queries seen, the stub alone asked $completed"
[ "$(metric messages_received_total)" = "$(metric messages_total)" ] || fail "received is not taken and refused"
end

# mirrored in tunnels ─────────────────────────────────────────────────────────────────────────

for kind in gre erspan; do
	in_ns resolver tc filter del dev e0 ingress
	in_ns resolver tc filter del dev e0 egress
	listen -o xdp.tunnels=gre
	start "mirror-$kind" ip netns exec "$id-resolver" "$PYTHON" "$E2E/tap_mirror.py" $kind e0 span0
	mirror=${CHILDREN[-1]}
	await 10 grep -q mirroring "$T/mirror-$kind.log"
	load 200 2
	check --asked "$completed" --unanswered $((unanswered + ${failed:-0}))
	[ "$(metric decapsulated_total "header=\"$kind\"")" -ge $((2 * completed)) ] || fail "$kind: not taken apart"
	echo "$kind: $completed queries, all of it in Redis"
	kill -TERM -- "-$mirror" 2>/dev/null || true
	wait "$mirror" || true
	end
	for direction in ingress egress; do
		in_ns resolver tc filter add dev e0 $direction protocol all u32 match u32 0 0 action mirred egress mirror dev span0
	done
done
