#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What cannot work says so in one clear line, ends with another status than 0, and writes nothing.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up
redis config set requirepass secret > /dev/null
echo secret > "$T/password"
echo wrong > "$T/wrong"
auth() { REDISCLI_AUTH=secret redis "$@"; }
dataplane_program=$BUILD/dataplane/lookback-dataplane
collector_program=$BUILD/collector/lookback-collector
good=$DATA/wikipedia.pcap

# Expects status `$1` and exactly one line on stderr that matches `$2`.
expect() { # status, pattern, command…
	local status=0 wanted=$1 pattern=$2 lines
	shift 2
	timeout --kill-after 5 60 "$@" < /dev/null > "$T/out" 2> "$T/err" || status=$?
	lines=$(wc -l < "$T/err")
	[ "$status" = "$wanted" ] || fail "$*: status $status, expected $wanted: $(cat "$T/err")"
	[ "$lines" = 1 ] || fail "$*: found $lines lines, expected one: $(cat "$T/err")"
	grep -qE -- "$pattern" "$T/err" || fail "$*: expected /$pattern/, found: $(cat "$T/err")"
	[ ! -s "$T/out" ] || fail "$*: something on stdout: $(cat "$T/out")"
	printf '%s\n' "$(cat "$T/err")"
}

# captures
head -c 5000 "$good" > "$T/cut.pcap"
head -c 20 "$good" > "$T/header-cut.pcap"
: > "$T/empty.pcap"
printf 'BZh91AY' > "$T/bz2.pcap"
mkdir "$T/none"
gzip -c "$good" > "$T/good.gz"
head -c 5000 "$T/good.gz" > "$T/cut.gz"
{ head -c 20 "$good"; printf '\x69\0\0\0'; tail -c +25 "$good"; } > "$T/wlan.pcap" # link type 105: IEEE 802.11
# pcapng: a section, an interface of IEEE 802.11, and a packet of it
ng_section='\x0a\x0d\x0d\x0a\x1c\0\0\0\x4d\x3c\x2b\x1a\1\0\0\0\xff\xff\xff\xff\xff\xff\xff\xff\x1c\0\0\0'
printf "$ng_section"'\1\0\0\0\x14\0\0\0\x69\0\0\0\0\0\0\0\x14\0\0\0' > "$T/wlan.pcapng"
printf '\6\0\0\0\x20\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\0\x20\0\0\0' >> "$T/wlan.pcapng"
head -c 5000 "$DATA/mixed-links.pcapng" > "$T/cut.pcapng"
dp=("$dataplane_program" -o "collector.socket=$SOCKET")
expect 1 'nothing\.pcap: No such file' "${dp[@]}" --replay "$T/nothing.pcap"
expect 1 'cut\.pcap: damaged after 29 packets: .*nothing of it was taken' "${dp[@]}" --replay "$T/cut.pcap"
expect 1 'header-cut\.pcap: ' "${dp[@]}" --replay "$T/header-cut.pcap"
expect 1 'empty\.pcap: ' "${dp[@]}" --replay "$T/empty.pcap"
expect 1 'wlan\.pcap: found link type IEEE802_11 \(105\), expected Ethernet' "${dp[@]}" --replay "$T/wlan.pcap"
expect 1 'wlan\.pcapng: interface 0: found link type IEEE802_11 \(105\), expected Ethernet' "${dp[@]}" --replay "$T/wlan.pcapng"
expect 1 'cut\.pcapng: damaged after 27 packets: at offset [0-9]+: a block is cut off: .*nothing of it was taken' \
	"${dp[@]}" --replay "$T/cut.pcapng"
expect 1 'mixed-links\.pcapng: found interfaces or sections of several kinds, which net_pcap cannot read' \
	"${dp[@]}" --vdev "net_pcap0,rx_pcap=$DATA/mixed-links.pcapng"
expect 1 'README\.md: ' "${dp[@]}" --replay "$DATA/README.md"
expect 1 'found no capture in this folder' "${dp[@]}" --replay "$T/none"
expect 1 'bz2\.pcap: found bzip2 data, expected pcap or pcapng' "${dp[@]}" --replay "$T/bz2.pcap"
expect 1 '/dev/full: found a socket or device, expected' "${dp[@]}" --replay /dev/full
expect 1 'standard input: named twice' "${dp[@]}" --replay - --replay /dev/stdin
expect 1 'cut\.gz: damaged after .*its gzip data is cut off' "${dp[@]}" --replay "$T/cut.gz"
expect 1 'good\.gz: found gzip data, which net_pcap cannot read' "${dp[@]}" --vdev "net_pcap0,rx_pcap=$T/good.gz"
expect 1 '-d\.pcap: No such file' "${dp[@]}" --replay -d.pcap
expect 1 'cut\.pcap: damaged' "${dp[@]}" --vdev "net_pcap0,rx_pcap=$T/cut.pcap"
expect 1 'cut\.pcap: damaged' "${dp[@]}" --replay "$good" --replay "$T/cut.pcap"
several=("${dp[@]}" --replay "$T/cut.pcap" --replay "$good" --replay "$T/wlan.pcap")
! timeout 60 "${several[@]}" 2> "$T/err" || fail "two bad captures are taken"
[ "$(grep -c ': error: .*/\(cut\|wlan\)\.pcap: ' "$T/err")" = 2 ] || fail "of two bad captures, found: $(cat "$T/err")"

# options and settings
expect 2 "unknown option '--replya'" "${dp[@]}" --replya "$good"
expect 2 "option '--replay' needs a value" "${dp[@]}" --replay
expect 2 "unexpected argument 'x'" "${dp[@]}" --replay "$good" x
expect 2 'no\.such' "${dp[@]}" -o no.such=1
expect 2 'replay\.damaged: found .no., expected refuse, take or take-unverified' "${dp[@]}" -o replay.damaged=no --replay "$good"
expect 2 'workers' "${dp[@]}" -o workers=none --replay "$good"
expect 2 'nothing\.conf' "${dp[@]}" -c "$T/nothing.conf"
expect 1 "no interface 'nothing0'" "${dp[@]}" --iface nothing0
expect 2 "unknown option '--onec'" "$collector_program" --onec
expect 2 'no\.such' "$collector_program" -o no.such=1
expect 2 'redis' "$collector_program" -o redis=nowhere
expect 2 'psl\.file' "$collector_program" -o "psl.file=$T/nothing"

# Redis
co=("$collector_program" --once -o "collector.socket=$SOCKET" -o http.listen=none)
expect 1 'nothing\.sock: cannot connect: No such file' "${co[@]}" -o "redis=unix:$T/nothing.sock"
expect 1 'cannot connect: Connection refused' "${co[@]}" -o redis=127.0.0.1:1
expect 1 'password is wrong, or one is needed' "${co[@]}" -o "redis=unix:$REDIS"
expect 1 'password is wrong' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/wrong"
expect 1 'redis\.password_file .*nothing' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/nothing"
expect 1 'database' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password" -o redis.database=99

# sockets
start collector "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password"
await 20 test -S "$SOCKET"
expect 1 'another collector is listening there' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password"
kill -TERM "$PID"
await 20 is_gone "$PID"
: > "$T/file"
expect 1 'found another file there, expected a socket' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password" \
	-o "collector.socket=$T/file"
expect 1 'No such file or directory' "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password" \
	-o "collector.socket=$T/nowhere/c.sock"

# the scripts
export REDISCLI_AUTH=secret
if [ "$BUILD" = "$ROOT/build" ]; then
	replay=("$ROOT/scripts/replay" --redis "unix:$REDIS")
	expect 1 'nothing\.pcap: no such file' "${replay[@]}" "$T/nothing.pcap"
	expect 1 'cut\.pcap: damaged after 29 packets' "${replay[@]}" "$good" "$T/cut.pcap"
	expect 1 'wlan\.pcap: found link type' "${replay[@]}" "$T/wlan.pcap"
	expect 1 'found no capture in this folder' "${replay[@]}" "$T/none"
	expect 1 'cannot connect' "$ROOT/scripts/replay" --redis "unix:$T/nothing.sock" "$good"
	REDISCLI_AUTH=wrong expect 1 'password is wrong' "${replay[@]}" "$good"
	expect 2 "unknown option '--jsno'" "${replay[@]}" --jsno "$good"
	expect 2 'no such setting' "${replay[@]}" -o no.such=1 "$good"
	expect 2 '--redis ADDRESS is missing' "$ROOT/scripts/replay" "$good"
	expect 1 "no interface 'nothing0'" "$ROOT/scripts/run" --iface nothing0
	expect 2 "unknown option '--what'" "$ROOT/scripts/run" --what
	expect 1 'nothing\.pcap: no such file' "$ROOT/scripts/run" "$T/nothing.pcap"
fi

# a capture that changes between the check and the reading: one before it holds more than there is room for without a collector
cp "$good" "$T/changing.pcap"
timeout 100 "$ROOT/tests/tools/make_capture.py" --responses 300000 --names 300000 "$T/many.pcap" "$T/many.tsv"
"${dp[@]}" --no-huge -o log.level=warning -o table.records=1000 -o flood.names=0 --replay "$T/many.pcap" --replay "$T/changing.pcap" \
	2> "$T/err" &
changing=$!
await 20 grep -q 'cannot connect' "$T/err"
truncate -s 5000 "$T/changing.pcap"
start collector "${co[@]}" -o "redis=unix:$REDIS" -o "redis.password_file=$T/password" -o redis.prefix=changing:
COLLECTOR_PID=$PID
status=0
wait $changing || status=$?
[ $status = 1 ] && grep -q 'changing\.pcap: changed while it was read: .*; 29 of its 136 packets' "$T/err" ||
	fail "a capture that changed: status $status: $(cat "$T/err")"
kill "$COLLECTOR_PID" # it may still be writing
await 30 is_gone "$COLLECTOR_PID"
[ "$(auth --raw --scan --pattern '*' | grep -vc '^changing:')" = 0 ] || fail "something was written: $(auth keys '*')"
auth flushall > /dev/null

[ "$(auth dbsize)" = 0 ] || fail "something was written: $(auth keys '*')"
