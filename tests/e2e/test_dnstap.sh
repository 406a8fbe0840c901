#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# dnstap from real resolvers. BIND is the authority of example.test; Unbound and another BIND resolve from it and deliver dnstap. What a client asks
# by DNS over TLS is seen, which a tap cannot; no address of a client is kept.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in unbound named dig fstrm_capture fstrm_replay; do
	command -v "$program" > /dev/null || command -v "/usr/sbin/$program" > /dev/null || skip "$program is not installed"
done
PATH=$PATH:/usr/sbin
name_spaces host
in_ns host ip link set lo up
for ip in 127.0.0.53 127.0.0.54 127.0.0.55 127.0.0.99; do in_ns host ip address add "$ip/8" dev lo 2> /dev/null || true; done

# BIND may read the folders of its package's AppArmor profile only, if that is in force; -c and its files are in $T.
authority() {
	mkdir "$T/authority"
	cat > "$T/authority/named.conf" << END
options { directory "$T/authority"; listen-on port 53 { 127.0.0.53; }; listen-on-v6 { none; }; recursion no; pid-file none; session-keyfile "$T/authority/key"; dnssec-validation no; };
controls { };
zone "test" { type primary; file "$T/authority/zone"; };
END
	{
		printf '$TTL 60\n@ SOA ns.test. root.test. 1 60 60 60 60\n@ NS ns.test.\nns A 127.0.0.53\n'
		for i in {1..40}; do printf 'host%d.example A 192.0.2.%d\n' "$i" "$i"; done
		for i in {1..5}; do printf 'bind%d.example A 198.51.100.%d\n' "$i" "$i"; done
		printf 'big.example TXT %s\n' "$(for i in {1..60}; do printf '"%0200d" ' "$i"; done)"
	} > "$T/authority/zone"
	start authority ip netns exec "$id-host" named -g -c "$T/authority/named.conf"
	await 30 in_ns host dig +short +time=1 +tries=1 @127.0.0.53 host1.example.test
}

resolver() { # unbound
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 -subj /CN=localhost 2> /dev/null
	cat > "$T/unbound.conf" << END
server:
	interface: 127.0.0.54@53
	interface: 127.0.0.54@853
	tls-service-key: "$T/key.pem"
	tls-service-pem: "$T/cert.pem"
	username: ""
	chroot: ""
	directory: "$T"
	pidfile: ""
	do-daemonize: no
	use-syslog: no
	do-not-query-localhost: no
	module-config: "iterator"
	access-control: 127.0.0.0/8 allow
	local-zone: "test." nodefault
stub-zone:
	name: "test."
	stub-addr: 127.0.0.53
dnstap:
	dnstap-enable: yes
	dnstap-socket-path: "$1"
	dnstap-send-identity: yes
	dnstap-log-resolver-response-messages: yes
	dnstap-log-resolver-query-messages: yes
	dnstap-log-client-response-messages: yes
	dnstap-log-client-query-messages: yes
END
	start unbound ip netns exec "$id-host" unbound -d -c "$T/unbound.conf"
	UNBOUND_PID=$PID
	await 30 in_ns host dig +short +time=1 +tries=1 @127.0.0.54 ns.test
}

resolver_bind() {
	mkdir "$T/bind"
	cat > "$T/bind/named.conf" << END
options { directory "$T/bind"; listen-on port 53 { 127.0.0.55; }; listen-on-v6 { none; }; pid-file none; session-keyfile "$T/bind/key"; dnssec-validation no;
	dnstap { resolver response; client response; }; dnstap-output unix "$1"; };
controls { };
zone "test" { type forward; forward only; forwarders { 127.0.0.53; }; };
END
	start bind ip netns exec "$id-host" named -g -c "$T/bind/named.conf"
	BIND_PID=$PID
	await 30 in_ns host dig +short +time=1 +tries=1 @127.0.0.55 ns.test
}

count_of() { redis zscore "pdns:count:$1" "$2"; }
is_stored() { [ "$(count_of "$1" "$2")" -ge 1 ]; }

redis_up
collector_up -o http.listen=127.0.0.1:0
authority
SINK=$T/dnstap.sock
dataplane_up --no-huge --dnstap "unix:$SINK, tcp:127.0.0.1:0" -o flush.interval=0.3 -o match=require
await 30 test -S "$SINK"
[ "$(stat -c %a "$SINK")" = 660 ] || fail "the socket's mode is $(stat -c %a "$SINK")"
resolver "$SINK"

# 1. clients by UDP, TCP and TLS
for i in {1..20}; do in_ns host dig +short -b 127.0.0.99 @127.0.0.54 "host$i.example.test" > /dev/null; done
in_ns host dig +short +tcp -b 127.0.0.99 @127.0.0.54 big.example.test TXT > "$T/big"
[ "$(wc -c < "$T/big")" -gt 12000 ] || fail "big.example.test is not resolved"
command -v kdig > /dev/null && DOT=(kdig +tls +short) || DOT=(dig +tls +short)
in_ns host "${DOT[@]}" -b 127.0.0.99 @127.0.0.54 host40.example.test > "$T/dot" || fail "DNS over TLS: $(cat "$T/dot")"
grep -qx 192.0.2.40 "$T/dot" || fail "DNS over TLS: found $(cat "$T/dot"), expected 192.0.2.40"
for i in {1..20} 40; do await 30 is_stored "host$i.example.test" "A 192.0.2.$i"; done
big_is_stored() { [ "$(redis zcard pdns:count:big.example.test)" = 1 ]; }
await 30 big_is_stored
[ "$(count_of host1.example.test 'A 192.0.2.1')" = 1 ] || fail "one answer of the authority was counted $(count_of host1.example.test 'A 192.0.2.1') times"

# 2. the same again comes from Unbound's cache: a client's response, which is not taken
in_ns host dig +short -b 127.0.0.99 @127.0.0.54 host1.example.test host2.example.test > /dev/null

# 3. another sender, and one that is killed and comes back
resolver_bind "$SINK"
for i in {1..5}; do in_ns host dig +short @127.0.0.55 "bind$i.example.test" > /dev/null; done
for i in {1..5}; do await 30 is_stored "bind$i.example.test" "A 198.51.100.$i"; done
kill -KILL "$BIND_PID"
kill "$UNBOUND_PID" # says STOP, and waits for FINISH
await 20 is_gone "$UNBOUND_PID"
ended() { [ "$(grep -c 'messages taken' "$T/dataplane.log")" -ge 2 ]; }
await 20 ended
[ "$(count_of host1.example.test 'A 192.0.2.1')" = 1 ] || fail "an answer of Unbound's cache was counted"

# 4. garbage and silence on the socket disturb nobody
"$PYTHON" - "$SINK" << 'END'
import random, socket, struct, sys
START = struct.pack(">IIIII", 0, 34, 2, 1, 22) + b"protobuf:dnstap.Dnstap"
random.seed(7)
held = []
for kind in range(18):
    s = socket.socket(socket.AF_UNIX)
    s.connect(sys.argv[1])
    s.settimeout(5)
    try:
        if kind % 6 == 0:
            s.sendall(b"GET / HTTP/1.1\r\n\r\n")
        elif kind % 6 == 1:
            s.sendall(START + b"".join(struct.pack(">I", n) + random.randbytes(n) for n in (1, 10, 100, 1000)))
        elif kind % 6 == 2:
            s.sendall(START + struct.pack(">I", 0x7fffffff))
        elif kind % 6 == 3:
            s.sendall(struct.pack(">III", 0, 30, 4) + struct.pack(">II", 1, 18) + b"protobuf:other.Abc")
        elif kind % 6 == 4:
            s.sendall(START[:random.randrange(len(START))])
        else:
            held.append(s)  # says nothing
            continue
    except OSError:
        pass
    s.close()
END
says() { grep -q "$1" "$T/dataplane.log"; }
await 20 says 'found content type protobuf:other.Abc, expected protobuf:dnstap.Dnstap'
await 20 says 'found another protocol, expected Frame Streams'
await 20 says '0 messages taken, 0 of other types, 4 malformed'
resolver "$SINK"
for i in {21..30}; do in_ns host dig +short @127.0.0.54 "host$i.example.test" > /dev/null; done
for i in {21..30}; do await 30 is_stored "host$i.example.test" "A 192.0.2.$i"; done
kill "$UNBOUND_PID"
await 20 is_gone "$UNBOUND_PID"

# 5. nothing of a client
! redis --scan --pattern '*127.0.0.99*' | grep . || fail "the address of a client is in Redis"
! grep -a '127\.0\.0\.99' "$T/dataplane.log" "$T/collector.log" || fail "the address of a client is in a log"
kill "$DATAPLANE_PID"
await 20 is_gone "$DATAPLANE_PID"

# 6. a file, as fstrm_capture writes it, and a pipe
start capture ip netns exec "$id-host" fstrm_capture -t protobuf:dnstap.Dnstap -u "$T/file.sock" -w "$T/file.fstrm"
CAPTURE_PID=$PID
await 20 test -S "$T/file.sock"
resolver "$T/file.sock"
for i in {31..39}; do in_ns host dig +short @127.0.0.54 "host$i.example.test" > /dev/null; done
# the last message of the resolver's queue is in the file: SIGHUP writes what fstrm_capture holds
has_all() { kill -HUP "$CAPTURE_PID"; [ "$(grep -aoE 'host3[1-9]' "$T/file.fstrm" | sort -u | wc -l)" = 9 ]; }
await 30 has_all
kill "$UNBOUND_PID"
await 20 is_gone "$UNBOUND_PID"
kill "$CAPTURE_PID"
await 20 is_gone "$CAPTURE_PID"
redis flushall > /dev/null
dataplane --no-huge --replay "$T/file.fstrm" || fail "a file: status $?"
for i in {31..39}; do await 20 is_stored "host$i.example.test" "A 192.0.2.$i"; done
[ "$(count_of host31.example.test 'A 192.0.2.31')" = 1 ] || fail "a file: counted twice"
dataplane --no-huge --replay <(gzip -c "$T/file.fstrm") || fail "a pipe: status $?"
is_twice() { [ "$(count_of host31.example.test 'A 192.0.2.31')" = 2 ]; }
await 20 is_twice
dataplane --no-huge --replay "$T/file.fstrm" -o dnstap.types=client-response --summary || fail "client responses: status $?"
! grep -i 'sanitizer\|runtime error' "$T"/*.log || fail "a report of the sanitizers"
