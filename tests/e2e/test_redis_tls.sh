#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# TLS to Redis: a single server that requires client certificates, Sentinel and a cluster take the same records as without; what is
# wrong with certificates, keys and ports is said; broken connections lose and double nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v faketime > /dev/null || skip "no faketime, for a certificate that has expired"
chmod 755 "$T" # the collector gives up root

mkdir "$T/tls"

passed() { printf '%s (%d s)\n' "$1" "$SECONDS"; }

# certificates ────────────────────────────────────────────────────────────────────────────────

authority() { # name
	openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/tls/$1.key" -out "$T/tls/$1.pem" \
		-subj "/CN=$1 of the test" -days 30
}
certificate() { # name, authority, names, more words before openssl…
	local name=$1 authority=$2 names=$3
	shift 3
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/tls/$name.key" -out "$T/tls/$name.csr" \
		-subj "/CN=$name"
	"$@" openssl x509 -req -in "$T/tls/$name.csr" -CA "$T/tls/$authority.pem" -CAkey "$T/tls/$authority.key" \
		-set_serial $RANDOM -days 30 -extfile <(printf 'subjectAltName=%s' "$names") -out "$T/tls/$name.pem"
}
{
	authority ca
	authority stranger
	certificate server ca DNS:localhost,IP:127.0.0.1
	certificate client ca DNS:client
	certificate unknown stranger DNS:client
	certificate elsewhere ca DNS:redis.example,DNS:redis2.example,IP:192.0.2.7
	certificate expired ca DNS:localhost,IP:127.0.0.1 faketime '2020-03-01 00:00:00'
	openssl ec -in "$T/tls/client.key" -aes128 -passout pass:secret -out "$T/tls/locked.key"
} > "$T/openssl.log" 2>&1 || fail "openssl made no certificates: $(tail -n 3 "$T/openssl.log")"
chmod a+r "$T/tls"/*

free_ports() { # how many
	"$PYTHON" -c 'import socket, sys
held = [socket.socket() for _ in range(int(sys.argv[1]))]
[s.bind(("127.0.0.1", 0)) for s in held]
print(*[s.getsockname()[1] for s in held])' "$1"
}
read -r PLAIN PORT SENTINEL SECOND N1 N2 N3 < <(free_ports 7)
SERVER=(--tls-cert-file "$T/tls/server.pem" --tls-key-file "$T/tls/server.key" --tls-ca-cert-file "$T/tls/ca.pem")
CLIENT=(-o "redis.certificate=$T/tls/client.pem" -o "redis.certificate_key=$T/tls/client.key")
CA=(-o "redis.ca=$T/tls/ca.pem")
ONE=(-o "redis=rediss://127.0.0.1:$PORT" "${CA[@]}" "${CLIENT[@]}" -o redis.timeout=1s)
by_tls() { # port, command of Redis…
	local port=$1
	shift
	timeout 20 redis-cli --tls --cacert "$T/tls/ca.pem" --cert "$T/tls/client.pem" --key "$T/tls/client.key" -h 127.0.0.1 -p "$port" "$@"
}
lookback() { timeout 60 "$BUILD/collector/lookback" -c /dev/null "$@"; }

# what is wrong is said ───────────────────────────────────────────────────────────────────────

redis_up --port "$PLAIN" --tls-port "$PORT" "${SERVER[@]}"

# The check of these settings fails and says all of `$1`, separated by |.
refuses() {
	local expected text
	IFS='|' read -ra expected <<< "$1"
	shift
	timeout 30 "$BUILD/collector/lookback-collector" --check -o "collector.socket=$T/check.sock" -o http.listen=none \
		-o redis.timeout=1s "$@" > "$T/check.log" 2>&1 && fail "the check passed: $*"
	for text in "${expected[@]}"; do
		grep -qF -- "$text" "$T/check.log" || fail "expected '$text' in: $(grep error "$T/check.log") ($*)"
	done
}
AT=(-o "redis=rediss://127.0.0.1:$PORT")
refuses 'a certificate of the client|set redis.certificate' "${AT[@]}" "${CA[@]}"
refuses 'rejected by the server|unknown.pem|tls-ca-cert-file' "${AT[@]}" "${CA[@]}" -o "redis.certificate=$T/tls/unknown.pem" \
	-o "redis.certificate_key=$T/tls/unknown.key"
refuses "issued by 'CN=ca of the test'|of the system|set redis.ca" "${AT[@]}" "${CLIENT[@]}"
refuses "issued by 'CN=ca of the test'|stranger.pem" "${AT[@]}" "${CLIENT[@]}" -o "redis.ca=$T/tls/stranger.pem"
refuses 'found it for localhost, 127.0.0.1, expected redis.example|redis.server_name' "${AT[@]}" "${CA[@]}" "${CLIENT[@]}" \
	-o redis.server_name=redis.example
refuses 'tls-port' -o "redis=rediss://127.0.0.1:$PLAIN" "${CA[@]}" # Redis waits, or answers, by chance
grep -qE 'found a server without TLS|found no complete handshake' "$T/check.log" || fail "a port without TLS: $(cat "$T/check.log")"
refuses 'rediss://HOST:PORT' -o "redis=127.0.0.1:$PORT"
refuses 'an address without TLS|redis.ca' -o "redis=127.0.0.1:$PLAIN" "${CA[@]}"
refuses 'before each HOST:PORT, or before none' -o "redis=rediss://127.0.0.1:$PORT,127.0.0.1:$PLAIN" "${CA[@]}"
refuses 'redis.ca|missing.pem: No such file' "${AT[@]}" -o "redis.ca=$T/tls/missing.pem"
refuses 'redis.ca|certificates (PEM)' "${AT[@]}" -o "redis.ca=$T/tls/ca.key"
refuses 'redis.certificate |client.key|a certificate (PEM)' "${AT[@]}" "${CA[@]}" -o "redis.certificate=$T/tls/client.key" \
	-o "redis.certificate_key=$T/tls/client.key"
refuses 'redis.certificate_key|the key of another certificate' "${AT[@]}" "${CA[@]}" -o "redis.certificate=$T/tls/client.pem" \
	-o "redis.certificate_key=$T/tls/server.key"
refuses 'redis.certificate_key|locked.key|without a password' "${AT[@]}" "${CA[@]}" -o "redis.certificate=$T/tls/client.pem" \
	-o "redis.certificate_key=$T/tls/locked.key"
refuses 'expected both or none' "${AT[@]}" "${CA[@]}" -o "redis.certificate=$T/tls/client.pem"
refuses 'verify-full or verify-ca' "${AT[@]}" "${CA[@]}" -o redis.tls=no
refuses 'user, password and database' -o "redis=rediss://me:hush@127.0.0.1:$PORT"
grep -q hush "$T/check.log" && fail "the password of a URL is in the message: $(cat "$T/check.log")"
serve_as() { redis config set tls-cert-file "$T/tls/$1.pem" tls-key-file "$T/tls/$1.key" > /dev/null; }
serve_as expired
refuses 'from 2020-03-01 00:00 UTC to 2020-03-31 00:00 UTC|renew it' "${AT[@]}" "${CA[@]}" "${CLIENT[@]}"
serve_as elsewhere
refuses 'found it for redis.example, redis2.example, 192.0.2.7, expected 127.0.0.1' "${AT[@]}" "${CA[@]}" "${CLIENT[@]}"
check() { timeout 30 "$BUILD/collector/lookback-collector" --check -o "collector.socket=$T/check.sock" -o http.listen=none "$@" > "$T/check.log" 2>&1; }
check "${ONE[@]}" -o redis.server_name=redis2.example || fail "redis.server_name: $(cat "$T/check.log")"
check "${ONE[@]}" -o redis.tls=verify-ca || fail "redis.tls = verify-ca: $(cat "$T/check.log")"
serve_as server
check "${ONE[@]}" || fail "good certificates: $(cat "$T/check.log")"
for protocol in TLSv1.2 TLSv1.3; do
	redis config set tls-protocols "$protocol" > /dev/null
	check "${ONE[@]}" || fail "$protocol: $(cat "$T/check.log")"
	refuses 'set redis.certificate' "${AT[@]}" "${CA[@]}"
done
redis config set tls-protocols '' > /dev/null
redis config set port 0 > /dev/null
passed 'each fault is named with what to do'

# a single server: writer, command, HTTP ──────────────────────────────────────────────────────

# A capture into Redis through a collector that ends with it.
replay_by() { # options of the collector, --, captures
	local options=() arguments=() collector
	while [ "$1" != -- ]; do options+=("$1"); shift; done
	shift
	for capture; do arguments+=(--replay "$DATA/$capture.pcap"); done
	rm -f "$SOCKET"
	collector_up --once "${options[@]}"
	collector=${CHILDREN[-1]}
	dataplane --no-huge "${arguments[@]}" || fail "the dataplane ended with status $?"
	wait "$collector" || fail "the collector ended with status $?"
}
CAPTURES=(services wikipedia ipv6 tcp dnssec)
GOLDEN=("${CAPTURES[@]/#/$DATA/}")
GOLDEN=("${GOLDEN[@]/%/.tsv}")
EXPECTED=("${GOLDEN[@]}")
replay_by "${ONE[@]}" -- "${CAPTURES[@]}"
compare "${EXPECTED[@]}"
lookback "${ONE[@]}" export > "$T/export"
[ -s "$T/export" ] || fail "an export by TLS is empty"
NAME=(name upload.pmtpa.wikimedia.org)
lookback --redis "rediss://localhost:$PORT" "${CA[@]}" "${CLIENT[@]}" "${NAME[@]}" | grep -q 208.80.152.3 || fail "lookback name --redis rediss://"
lookback --redis "rediss://localhost:$PORT" "${CA[@]}" "${NAME[@]}" > "$T/look.log" 2>&1 && fail "a lookup without a client certificate"
grep -q 'set redis.certificate' "$T/look.log" || fail "a lookup without a client certificate: $(cat "$T/look.log")"
serve "${ONE[@]}"
await 10 curl -fsS "$URL/readyz"
curl -fsS "$URL/api/lookup?q=208.80.152.3" | grep -q upload.pmtpa || fail "a lookup over HTTP"
curl -fsS "$URL/api/export" | wc -l | grep -qx "$(wc -l < "$T/export")" || fail "the export over HTTP is not that of the command"
passed 'a single server, with client certificates: written and looked up'

# connections break ───────────────────────────────────────────────────────────────────────────

# The same captures again while every connection is ended every few milliseconds, then with a Redis that was killed, then with one
# that stands still: counts are those of as many replays.
again() {
	dataplane --no-huge "${REPLAYS[@]}" || fail "the dataplane ended with status $?"
	EXPECTED+=("${GOLDEN[@]}")
}
all_is_there() { # within so many seconds
	await "$1" spool_is_empty
	compare "${EXPECTED[@]}"
}
# SIGHUP ends the pause before the next attempt to connect.
in_log() { kill -HUP "$COLLECTOR_PID"; grep -q "$1" "$T/collector.log"; }
spool_is_empty() { kill -HUP "$COLLECTOR_PID"; [ "$(metric collector_spool_waiting_batches)" = 0 ]; }
for capture in "${CAPTURES[@]}"; do REPLAYS+=(--replay "$DATA/$capture.pcap"); done
(for _ in {1..60}; do redis client kill type normal skipme yes; sleep 0.005; done > /dev/null 2>&1) &
killer=$!
again
wait "$killer"
all_is_there 30
kill -KILL "$REDIS_PID"
await 10 is_gone "$REDIS_PID"
again
redis_up --tls-port "$PORT" "${SERVER[@]}"
all_is_there 60
kill -STOP "$REDIS_PID"
again
await 30 in_log 'no answer within redis.timeout\|no complete handshake'
kill -CONT "$REDIS_PID"
all_is_there 60
await 10 curl -fsS "$URL/readyz"
passed 'ended, killed and stopped connections: nothing is lost or doubled'

# The client's certificate is replaced, with a bad one first: files are read at each connect, the sandbox allows it.
cp "$T/tls/client.pem" "$T/tls/client.key" "$T"
mv "$T/tls/unknown.pem" "$T/tls/client.pem"
mv "$T/tls/unknown.key" "$T/tls/client.key"
redis client kill type normal skipme yes > /dev/null
again
await 30 in_log 'redis.certificate .*rejected by the server'
[ "$(metric collector_redis_errors_total 'kind="tls"')" -gt 0 ] || fail "no metric counts the trouble"
mv "$T/client.pem" "$T/client.key" "$T/tls"
all_is_there 60
passed 'certificates are read again at each connect'

# Sentinel ────────────────────────────────────────────────────────────────────────────────────

sentinel() { by_tls "$SENTINEL" sentinel "$@"; }
mkdir "$T/second" "$T/sentinel"
cat > "$T/sentinel/sentinel.conf" << END
port 0
tls-port $SENTINEL
tls-replication yes
tls-cert-file $T/tls/server.pem
tls-key-file $T/tls/server.key
tls-ca-cert-file $T/tls/ca.pem
sentinel monitor mine 127.0.0.1 $PORT 1
sentinel down-after-milliseconds mine 1000
END
redis config set tls-replication yes > /dev/null
cp "$ROOT/collector/redis.conf" "$T/second" # Sentinel has it written again
start second redis-server "$T/second/redis.conf" --dir "$T/second" --port 0 --tls-port "$SECOND" --tls-replication yes \
	"${SERVER[@]}" --replicaof "127.0.0.1 $PORT" --unixsocket "$T/second.sock"
start sentinel redis-server "$T/sentinel/sentinel.conf" --sentinel --dir "$T/sentinel"
knows_replica() { sentinel replicas mine | grep -qx "$SECOND"; }
await 30 knows_replica
BY_SENTINEL=(-o "redis=rediss://127.0.0.1:$SENTINEL" -o redis.sentinel=mine "${CA[@]}" "${CLIENT[@]}")
serve "${BY_SENTINEL[@]}"
again
all_is_there 30
is_same() { [ "$(redis -s "$T/second.sock" dbsize)" = "$(redis dbsize)" ]; }
await 20 is_same
kill -KILL "$REDIS_PID"
again
await 60 spool_is_empty
sentinel get-master-addr-by-name mine | grep -qx "$SECOND" || fail "Sentinel names no new primary"
REDIS=$T/second.sock compare "${EXPECTED[@]}"
lookback "${BY_SENTINEL[@]}" "${NAME[@]}" | grep -q 208.80.152.3 || fail "a lookup by Sentinel"
passed 'Sentinel: the new primary by TLS, too'

# Cluster ─────────────────────────────────────────────────────────────────────────────────────

nodes=()
for port in "$N1" "$N2" "$N3"; do
	mkdir "$T/$port"
	start node redis-server --dir "$T/$port" --port 0 --tls-port "$port" "${SERVER[@]}" --tls-cluster yes --cluster-enabled yes \
		--save '' --cluster-port "$((port > 32767 ? port - 20000 : port + 20000))"
	nodes+=("127.0.0.1:$port")
done
for port in "$N1" "$N2" "$N3"; do await 20 by_tls "$port" ping; done
in_cluster() { by_tls "$N1" --cluster "$@" --cluster-yes; }
in_cluster create "${nodes[@]}" > "$T/cluster.log" 2>&1 || fail "no cluster"
is_agreed() { in_cluster check "${nodes[0]}"; }
await 20 is_agreed
BY_CLUSTER=(-o "redis=rediss://127.0.0.1:$N1,rediss://127.0.0.1:$N2" "${CA[@]}" "${CLIENT[@]}")
serve "${BY_CLUSTER[@]}" -o "spool.dir=$T/spool.cluster"
again
await 30 spool_is_empty
node_id() { by_tls "$1" cluster myid; }
in_cluster reshard "${nodes[0]}" --cluster-from "$(node_id "$N1")" --cluster-to "$(node_id "$N2")" --cluster-slots 300 > "$T/move.log" 2>&1 &
mover=$!
again
for _ in 1 2 3; do
	lookback "${BY_CLUSTER[@]}" "${NAME[@]}" | grep -q 208.80.152.3 || fail "a lookup while slots move"
	curl -fsS "$URL/api/lookup?q=208.80.152.3" | grep -q upload.pmtpa || fail "a lookup over HTTP while slots move"
done
wait "$mover" || fail "slots were not moved: $(tail -n 3 "$T/move.log")"
await 30 spool_is_empty
"$PYTHON" - "$T/export" > "$T/export.double" << 'END'
import json
import sys
for line in open(sys.argv[1], encoding="utf-8"):
    record = json.loads(line)
    record["count"] *= 2
    print(json.dumps(record, separators=(",", ":"), ensure_ascii=False))
END
lookback "${BY_CLUSTER[@]}" export | sort > "$T/export.cluster"
sort "$T/export.double" | diff - "$T/export.cluster" > "$T/diff.log" || fail "the cluster has other records than the single server"
passed 'a cluster of three, while slots move'
