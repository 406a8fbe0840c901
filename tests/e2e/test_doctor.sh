#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lookback doctor: things are broken for real and it finds each of them; they are repaired as it says, and the findings go.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for tool in jq openssl faketime; do command -v "$tool" > /dev/null || skip "$tool is not installed"; done
name_spaces peer sensor
veth_between peer sensor
in_ns sensor ip link set lo up

# Copies of the programs in one folder, as in an installation, to replace them later.
mkdir "$T/bin" "$T/spool" "$T/full"
cp "$BUILD/collector/lookback" "$BUILD/collector/lookback-collector" "$BUILD/dataplane/lookback-dataplane" "$T/bin/"
chmod 755 "$T"
# In the namespace of the sensor, as root or as another user. Its findings are then in $T/findings.
doctor() { # expected exit status, options…
	local status=0 expected=$1
	shift
	timeout 60 ip netns exec "$id-sensor" "${AS[@]}" "$T/bin/lookback" doctor -c "$T/lookback.conf" --json "$@" > "$T/findings" 2> "$T/doctor.log" || status=$?
	[ "$status" = "$expected" ] || fail "exit status $status, expected $expected: $(grep -hvE '"(ok|skipped)"' "$T/findings" "$T/doctor.log")"
}
AS=()
severity() { jq -r --arg name "$1" 'select(.finding == $name) | .severity' "$T/findings" | sort -u | tr '\n' ' '; }
remedy() { jq -r --arg name "$1" 'select(.finding == $name and .remedy) | .remedy' "$T/findings" | head -n 1; }
has() { # severity, findings…
	local name
	for name in "${@:2}"; do
		[[ " $(severity "$name")" == *" $1 "* ]] || fail "$name: found '$(severity "$name")', expected $1: $(grep -F "\"$name\"" "$T/findings")"
	done
}
has_no_trouble() {
	local name
	for name; do
		[[ $(severity "$name") == "ok " ]] || fail "$name: found '$(severity "$name")', expected ok: $(grep -F "\"$name\"" "$T/findings")"
	done
}
certificate() { # first day, days
	faketime "$1" openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" \
		-subj /CN=localhost -days "$2" 2> "$T/openssl.log" || fail "openssl"
}

# Everything wrong, nothing runs but Redis.
redis_up --maxmemory 100mb --maxmemory-policy allkeys-lru --appendonly no --save '' --zset-max-listpack-value 64
port=$("$PYTHON" -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
certificate 2020-01-01 30
mkdir "$T/conf.d"
printf 'redis.password = secret\n' > "$T/conf.d/password.conf"
openssl ecparam -name prime256v1 -genkey -noout -out "$T/key.pem" # of no certificate
chmod 644 "$T/key.pem"
mount -t tmpfs -o size=1m none "$T/full" 2> "$T/mount.log" || skip "no tmpfs here: $(cat "$T/mount.log")"
CLEAN_UP+=("umount $T/full")
mkdir -m 700 "$T/full/spool"
dd if=/dev/zero of="$T/full/fill" bs=64k 2> /dev/null || true
touch -d '100 days ago' "$T/popular.txt"
printf '1,example.com\n' > "$T/popular.txt.new" && cp --no-preserve=timestamps "$T/popular.txt.new" "$T/popular.txt" && touch -d '100 days ago' "$T/popular.txt"
cat > "$T/lookback.conf" << END
collector.socket = $SOCKET
redis = unix:$REDIS
redis.timeout = 1s
http.listen = 127.0.0.1:$port
http.certificate = $T/cert.pem
http.certificate_key = $T/key.pem
spool.dir = $T/full/spool
spool.size = 128m
context.popular = $T/popular.txt
watch.file = $T/watch.conf
block.file = $T/block.conf
match = prefer
flush.interval = 1
table.records = 20000
tcp.flows = 4096
tcp.memory = 16m
xdp.program = off
END
: > "$T/watch.conf"
chmod 666 "$T/watch.conf"
echo "include = conf.d/*.conf" >> "$T/lookback.conf"
timeout 60 "$T/bin/lookback" doctor -c "$T/lookback.conf" --json > "$T/findings" || true
grep '"files.secret"' "$T/findings" | grep '"error"' | grep -q conf.d/password.conf || fail "a password in conf.d that all can read is not found: $(grep files "$T/findings")"
rm "$T/conf.d/password.conf"
doctor 2
has error programs.collector files.secret files.writable certificate.expired certificate.key spool.space
has warning redis.eviction redis.persistence redis.listpack spool.file-system
has hint context.old
has_no_trouble redis.reach redis.version redis.latency redis.rights programs.versions
jq -r 'select(.finding == "host.huge-pages") | .found' "$T/findings" | grep -qE '^[0-9]+ of 2 MiB needed' || fail "no number of huge pages: $(grep huge-pages "$T/findings")"
echo "found: $(jq -r 'select(.severity == "error" or .severity == "warning") | .finding' "$T/findings" | sort -u | tr '\n' ' ')"

# Another user sees less, says so, and nothing hangs.
AS=(setpriv --reuid 65534 --regid 65534 --clear-groups)
chmod 700 "$T/full"
doctor 2
jq -r 'select(.severity == "skipped" and .remedy == "sudo lookback doctor") | .finding' "$T/findings" | grep -qx spool.folder ||
	fail "another user does not learn that root can check more: $(cat "$T/findings")"
AS=()
echo "without root: $(grep -c '"skipped"' "$T/findings") findings could not be checked"

# Repaired as it says.
doctor 2
for name in redis.eviction redis.persistence; do
	command=$(remedy $name)
	eval "${command%%, *} > $T/remedy.log" || fail "$name: the command does not work: $command"
done
redis config set zset-max-listpack-value 255 > "$T/remedy.log"
for name in files.secret files.writable; do
	command=$(remedy $name)
	eval "$command" || fail "$name: the command does not work: $command"
done
certificate "$(date +%F)" 300
chmod 600 "$T/key.pem"
touch "$T/popular.txt"
chmod 700 "$T/spool"
sed -i "s|^spool.dir.*|spool.dir = $T/spool|" "$T/lookback.conf"
sandbox=(-o sandbox=no) # its user could not reach the test's folder
start collector ip netns exec "$id-sensor" "$T/bin/lookback-collector" -c "$T/lookback.conf" "${sandbox[@]}"
await 20 test -S "$SOCKET"
start dataplane ip netns exec "$id-sensor" "$T/bin/lookback-dataplane" -c "$T/lookback.conf" "${sandbox[@]}" --no-huge --iface s0
dataplane=$PID

# A mirror port with one direction, and each packet twice.
start traffic ip netns exec "$id-peer" "$PYTHON" "$E2E/tap_traffic.py" p0 queries 2
traffic=${CHILDREN[-1]}
measured() { in_ns sensor curl -fsSk "https://127.0.0.1:$port/metrics" | grep -qE '^lookback_port_messages_total.*query.* [0-9]{3,}$'; }
await 30 measured
doctor 2
has error traffic.no-answers
has warning traffic.copies
has_no_trouble redis.eviction redis.persistence redis.listpack files.secret certificate.expired certificate.key spool.space context.old \
	programs.collector programs.ready programs.dataplane programs.restart capture.interface capture.link capture.drops traffic.dns traffic.lost
[ "$(grep -c '"programs.restart"' "$T/findings")" = 2 ] || fail "the versions of the running programs are not known: $(grep programs "$T/findings")"
[ -n "$(jq -r 'select(.finding == "capture.merging" and (.remedy == "ethtool -K s0 gro off lro off" or .severity == "ok")) | .found' "$T/findings")" ] ||
	fail "capture.merging: $(grep capture.merging "$T/findings")"
kill -- "-$traffic"
start traffic ip netns exec "$id-peer" "$PYTHON" "$E2E/tap_traffic.py" p0 both 1
answered() { in_ns sensor curl -fsSk "https://127.0.0.1:$port/metrics" | grep -qE '^lookback_port_messages_total.*answer.* [0-9]{3,}$'; }
await 30 answered
known() { [ "$(redis exists pdns:sensors)" = 1 ]; }
await 30 known

# One program is of another version, the other one was replaced while it runs: real programs with another text.
version=$("$BUILD/collector/lookback-collector" --version | sed 's/^[^ ]* \([0-9.]*\).*/\1/')
sed "s/${version//./\\.}/0.0.9/g" "$BUILD/collector/lookback-collector" > "$T/bin/new"
chmod 755 "$T/bin/new" && mv "$T/bin/new" "$T/bin/lookback-collector"
doctor 2
has_no_trouble traffic.no-answers traffic.copies sensor.silent sensor.behind
has error programs.versions
has warning programs.restart
echo "traffic repaired; other versions are found"
cp "$BUILD/collector/lookback-collector" "$T/bin/new" && mv "$T/bin/new" "$T/bin/lookback-collector"

# A Redis that does not answer holds nothing up.
kill -STOP "$REDIS_PID"
kill "$dataplane"
doctor 2
kill -CONT "$REDIS_PID"
has error redis.reach
await 20 is_gone "$dataplane"

# The guide has all findings.
"$T/bin/lookback" doctor list > "$T/list"
awk '/^\| finding \|/ { table = 1 } table' "$ROOT/docs/guide/doctor.md" | diff "$T/list" - > "$T/list.diff" ||
	fail "docs/guide/doctor.md has another table than lookback doctor list: $(cat "$T/list.diff")"
# What only the dataplane rejects.
sed "s/^match.*/match = perhaps/" "$T/lookback.conf" > "$T/other.conf"
"$T/bin/lookback" doctor -c "$T/other.conf" --json > "$T/findings" || true
grep '"config.settings"' "$T/findings" | grep '"error"' | grep -q match || fail "a wrong setting of the dataplane is not found: $(grep config.settings "$T/findings")"
echo 'redis = :nothing' > "$T/lookback.conf"
doctor 2
has error config.settings
