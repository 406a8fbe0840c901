#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Captured from is an interface over which the host resolves names, through a resolver of its own: with the default
# settings the host keeps its DNS, and its answers are counted all the same.
#
#     peer: name server ── p0 ⇄ s0 ── sensor: resolver, dig, dataplane
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in unbound dig; do command -v $program > /dev/null || skip "$program is not installed"; done
name_spaces peer sensor
veth_between peer sensor
for ns in peer sensor; do in_ns $ns ip link set lo up; done
in_ns peer ip addr add 192.0.2.1/24 dev p0

unbound_up() { # namespace, settings
	printf 'server:\n  directory: "%s"\n  username: ""\n  chroot: ""\n  pidfile: ""\n  use-syslog: no\n  do-daemonize: no\n' "$T" > "$T/$1.conf"
	printf '  module-config: "iterator"\n  do-not-query-localhost: no\n  access-control: 0.0.0.0/0 allow\n%s\n' "$2" >> "$T/$1.conf"
	start "unbound-$1" ip netns exec "$id-$1" unbound -d -c "$T/$1.conf"
}
unbound_up peer '  interface: 192.0.2.1
  local-zone: "example.com." redirect
  local-data: "example.com. 60 IN A 203.0.113.9"'
unbound_up sensor '  interface: 127.0.0.1
forward-zone:
  name: "."
  forward-addr: 192.0.2.1'
asked=0
resolves() { # a name of its own each time: nothing comes from a cache
	asked=$((asked + 1))
	in_ns sensor dig +short +tries=2 +time=1 "n$asked.example.com" @127.0.0.1 2> /dev/null | grep -qx 203.0.113.9
}

redis_up --appendonly no
collector_up
listen() { # more arguments
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=0.5 --iface s0 "$@"
	DATAPLANE=${CHILDREN[-1]}
	DATAPLANE_PID=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
}
says() { grep -q -- "$1" "$T/dataplane.log"; }
must_say() { says "$1" || fail "it does not say '$1'"; }
is_counted() { [ "$(redis zscore "pdns:count:n$1.example.com" 'A 203.0.113.9')" = 1 ]; }
end() {
	local status=0
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status"
}
check() {
	in_ns sensor timeout 60 "$BUILD/dataplane/lookback-dataplane" --check -o table.records=1000 --iface s0 > "$T/check.log" 2>&1 ||
		fail "--check failed"
}

# without an address it is a mirror port, link-local ones or not: DNS is steered
in_ns sensor sysctl -qw net.ipv6.conf.s0.disable_ipv6=0
in_ns sensor ip addr replace fe80::5/64 dev s0 nodad
in_ns sensor ip addr add 169.254.3.4/16 dev s0
listen
says 'capturing through AF_XDP' || skip "no AF_XDP here: $(grep -m 1 'no AF_XDP' "$T/dataplane.log")"
# … until the host begins to use it
in_ns sensor ip addr add 192.0.2.2/24 dev s0
await 10 says 'interface s0: the host uses it now (it has the address 192.0.2.2); opening it again, by copy'
await 10 says 'capturing through AF_PACKET'
await 10 resolves
await 10 is_counted $asked
end

# with an address: by copy, and the host resolves
listen
must_say 'interface s0: the host uses it (it has the address 192.0.2.2); xdp.program = steer would take DNS from the host; capturing by copy'
must_say 'capturing through AF_PACKET'
! says 'warning' || fail "it warns of what is right"
resolves || fail "the host cannot resolve names while its interface is captured from"
await 10 is_counted $asked
end
check
grep -q 'port s0: AF_PACKET, by copy, as the host uses the interface (it has the address 192.0.2.2)' "$T/check.log" || fail "--check does not say it"

# steering is there for who asks for it, with a warning: DNS does not come to the host then
listen -o xdp.program=steer
must_say 'warning: interface s0: the host uses it (it has the address 192.0.2.2), but DNS that comes over it no longer reaches the host'
must_say 'capturing through AF_XDP'
! resolves || fail "the host resolves while DNS is taken away: this test shows nothing"
end
await 10 resolves

# other ways to use an interface: an address on a VLAN or a bond, a bridge, a macvlan, a route
used() { # why, commands…
	local why=$1
	shift
	in_ns sensor ip addr flush dev s0 scope global
	in_ns sensor sh -ec "$1" 2> "$T/used.log" || { grep -q 'Unknown device type' "$T/used.log" && echo "not on this kernel: $1" && return; }
	check
	grep -q "port s0: AF_PACKET, by copy, as the host uses the interface ($why)" "$T/check.log" || fail "not seen as used: $1"
	in_ns sensor sh -c "$2" || true
}
used 'of s0.7 on top of it, it has the address 192.0.2.7' \
	'ip link add link s0 name s0.7 type vlan id 7; ip addr add 192.0.2.7/24 dev s0.7' 'ip link del s0.7'
used 'of s0.7 on top of it, of s0.7.8 on top of it, it has the address 2001:db8::7' \
	'ip link add link s0 name s0.7 type vlan id 7; ip link add link s0.7 name s0.7.8 type vlan id 8; ip addr add 2001:db8::7/64 dev s0.7.8' 'ip link del s0.7'
used 'b0 is on top of it' 'ip link add b0 type bridge; ip link set s0 master b0' 'ip link del b0'
used 'm0 is on top of it' 'ip link add link s0 name m0 type macvlan' 'ip link del m0'
used 'routes of the host lead over it' 'ip route add 198.51.100.0/24 dev s0' 'ip route del 198.51.100.0/24'
used 'routes of the host lead over it' 'ip route add 2001:db8:5::/48 dev s0' 'ip route del 2001:db8:5::/48'
used 'it has the address 2001:db8::2' 'ip addr add 2001:db8::2/64 dev s0 nodad' 'ip addr flush dev s0 scope global'
in_ns sensor ip link add link s0 name s0.7 type vlan id 7 2> /dev/null || true # a VLAN that is not used
check
grep -q 'port s0: AF_XDP' "$T/check.log" || fail "an interface that the host does not use is not steered from"
echo "the host keeps its DNS: by copy where it uses the interface, steered where it does not"
