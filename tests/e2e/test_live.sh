#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A name server (Knot DNS) and a client (dig) in namespaces of their own; both directions of their link are mirrored
# to a third namespace, where the dataplane listens. What Redis holds afterwards is the zone that was served.
#
#     client ── c0 ⇄ s0 ── server          s0: tc mirror, in and out ─► tap0 ⇄ tap1 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v knotd > /dev/null || skip "knotd is not installed"

# the network ─────────────────────────────────────────────────────────────────────────────────

name_spaces client server sensor
for ns in client server sensor; do
	in_ns $ns ip link set lo up
done
ip -n "$id-server" link add s0 type veth peer name c0 netns "$id-client"
ip -n "$id-server" link add tap0 type veth peer name tap1 netns "$id-sensor"
in_ns client ip addr add 192.0.2.2/24 dev c0
in_ns client ip addr add 2001:db8::2/64 dev c0 nodad
in_ns server ip addr add 192.0.2.1/24 dev s0
in_ns server ip addr add 2001:db8::1/64 dev s0 nodad
in_ns client ip link set c0 up
in_ns server ip link set s0 up
tap_up() { # namespace, interface
	in_ns "$1" sysctl -qw "net.ipv6.conf.$2.disable_ipv6=1"
	in_ns "$1" ip link set "$2" up
}
tap_up server tap0
tap_up sensor tap1
# segments as they would be on a wire: whole ones, with their checksums
in_ns server ethtool -K s0 tx off rx off gro off gso off tso off > /dev/null 2>&1 || true
in_ns client ethtool -K c0 tx off rx off gro off gso off tso off > /dev/null 2>&1 || true
in_ns server tc qdisc add dev s0 clsact 2> "$T/tc.log" || skip "no traffic control here: $(tail -n 1 "$T/tc.log")"
for direction in ingress egress; do
	in_ns server tc filter add dev s0 $direction protocol all u32 match u32 0 0 action mirred egress mirror dev tap0 2> "$T/tc.log" ||
		skip "no mirroring here: $(tail -n 1 "$T/tc.log")"
done

# the name server ─────────────────────────────────────────────────────────────────────────────

mkdir "$T/knot"
cat > "$T/knot/example.com.zone" << 'END'
$ORIGIN example.com.
$TTL 300
@        SOA   ns1 hostmaster 2024010101 7200 3600 1209600 3600
@        NS    ns1
@        NS    ns2
@        MX    10 mail
@        TXT   "v=spf1 -all" "second string"
@        CAA   0 issue "ca.example"
@        HTTPS 1 . alpn="h3,h2"
ns1      A     192.0.2.1
ns2      A     192.0.2.3
mail     A     192.0.2.4
www      A     203.0.113.7
www      AAAA  2001:db8:1::7
WWW2     CNAME www
_sip._tcp SRV  0 5 443 mail
*.wild   A     203.0.113.9
sub      NS    ns.sub
ns.sub   A     192.0.2.9
END
for n in {10..60}; do printf 'many A 198.51.100.%d\n' "$n"; done >> "$T/knot/example.com.zone"
cat > "$T/knot/knot.conf" << END
server:
    rundir: $T/knot
    listen: [ 192.0.2.1@53, 2001:db8::1@53 ]
database:
    storage: $T/knot
log:
  - target: stderr
    any: warning
zone:
  - domain: example.com
    storage: $T/knot
    file: example.com.zone
    zonefile-load: whole
END
start knot ip netns exec "$id-server" knotd -c "$T/knot/knot.conf"
ask() { in_ns client timeout 10 dig +tries=3 +time=2 +noall +answer "$@"; }
server_answers() { [ -n "$(ask @192.0.2.1 ns1.example.com A)" ]; }
await 20 server_answers

# questions, and what is to be seen of their answers ──────────────────────────────────────────

questions=(
	"@192.0.2.1 www.example.com A" "@192.0.2.1 WwW.eXample.com A" "@2001:db8::1 www.example.com AAAA"
	"@192.0.2.1 www2.example.com A" "@192.0.2.1 example.com MX" "@192.0.2.1 example.com TXT"
	"@192.0.2.1 example.com CAA" "@192.0.2.1 example.com HTTPS" "@192.0.2.1 _sip._tcp.example.com SRV"
	"@192.0.2.1 nothing.example.com A" "@192.0.2.1 a.wild.example.com A" "@192.0.2.1 +tcp example.com SOA"
	"@2001:db8::1 +tcp www.example.com A" "@192.0.2.1 +bufsize=512 many.example.com A" "@192.0.2.1 example.com NS"
	"@192.0.2.1 host.sub.example.com A"
)
# name, type, rdata, times seen in one round: `questions` above, read with the zone and docs/admission.md
expected='
www.example.com	A	203.0.113.7	4
www.example.com	AAAA	2001:db8:1::7	1
www2.example.com	CNAME	www.example.com	1
example.com	MX	10 mail.example.com	1
example.com	TXT	"v=spf1 -all" "second string"	1
example.com	CAA	0 issue "ca.example"	1
example.com	HTTPS	1 . alpn="h3,h2"	1
_sip._tcp.example.com	SRV	0 5 443 mail.example.com	1
a.wild.example.com	A	203.0.113.9	1
example.com	SOA	ns1.example.com hostmaster.example.com 2024010101 7200 3600 1209600 3600	2
example.com	NS	ns1.example.com	1
example.com	NS	ns2.example.com	1
sub.example.com	NS	ns.sub.example.com	1
ns.sub.example.com	A	192.0.2.9	1'
for n in {10..60}; do expected+=$'\n'"many.example.com	A	198.51.100.$n	1"; done

count_of() { redis zscore "pdns:count:$1" "$2"; }

is_counted() { [ -n "$(count_of "$1" "$2")" ]; }

ask_all() {
	local question
	for question in "${questions[@]}"; do
		# shellcheck disable=SC2086  # words
		ask $question >> "$T/dig.log" || fail "dig $question"
	done
}

# Every record of the zone that was asked for, its count, and a time within the run; nothing else.
check_redis() { # rounds, seconds at start
	awk -F '\t' -v OFS='\t' -v rounds="$1" 'NF { print $1, $2, $3, $4 * rounds, 0, 0 }' <<< "$expected" > "$T/expected.tsv"
	compare --between "$2" "$(date +%s)" -- "$T/expected.tsv"
}

# One run: questions, a flush of its own accord; questions, the flush at the end.
listen() { # what it is, signal, dataplane's arguments…
	local what=$1 signal=$2 start dataplane ended=0
	shift 2
	redis flushall > /dev/null
	: > "$T/dataplane.log"
	start=$(date +%s)
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m "$@"
	dataplane=${CHILDREN[-1]}
	DATAPLANE_PID=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
	sleep 1
	ask_all
	[[ " $* " != *" flush.interval=1 "* ]] || await 10 is_counted many.example.com 'A 198.51.100.60'
	ask_all
	sleep 0.5
	kill "-$signal" "$DATAPLANE_PID"
	wait "$dataplane" || ended=$?
	[ $ended = 0 ] || fail "$what: the dataplane ended with status $ended after SIG$signal"
	check_redis 2 "$start"
	printf '%s: %s\n' "$what" "all answers are in Redis"
}

redis_up --appendonly no
collector_up -o spool.keep=0 # FLUSHALL below: nothing of before is to come back

listen "interface" TERM --iface tap1 -o flush.interval=1
if grep -q 'tap1: capturing through AF_XDP' "$T/dataplane.log"; then
	printf 'it was AF_XDP\n'
else
	printf 'AF_XDP cannot be had here: %s\n' "$(grep -m 1 AF_XDP "$T/dataplane.log" || true)"
fi
# nothing is flushed before the end
listen "SIGTERM flushes" TERM --iface tap1 -o flush.interval=120
listen "SIGINT flushes" INT --vdev net_af_packet0,iface=tap1 --no-pci --no-huge -o flush.interval=120
