#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Captures from pipes: standard input, process substitution, named pipes; plain and compressed; at the pace of their writers.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in zstd xz lz4 gzip tcpdump; do
	command -v "$program" > /dev/null || skip "$program is not installed"
done
redis_up --appendonly no
export RUNTIME_DIRECTORY=$T/runtime
mkdir "$RUNTIME_DIRECTORY"
capture=$DATA/services.pcap
options=(--no-huge -o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m -o "collector.socket=$SOCKET")

# What Redis holds of names.
content() {
	local key
	for key in $(redis --raw --scan --pattern 'pdns:*' | grep -E '^pdns:(name|first|count):' | sort); do
		echo "$key"
		redis --raw zrange "$key" 0 -1 withscores
	done
}
# The dataplane with standard input from the caller's; its log is dataplane.log. The status is that of the dataplane.
from_pipe() { # dataplane's arguments
	redis flushall > /dev/null
	rm -f "$SOCKET"
	collector_up --once
	local collector=${CHILDREN[-1]} status=0
	timeout --kill-after 5 120 "$BUILD/dataplane/lookback-dataplane" "${options[@]}" "$@" > "$T/dataplane.log" 2>&1 || status=$?
	wait "$collector" || fail "the collector ended with status $? ($*)"
	return "$status"
}
said() { grep -qE -- "$1" "$T/dataplane.log" || fail "expected /$1/, found: $(cat "$T/dataplane.log")"; }
same() { [ "$(content | md5sum)" = "$expected" ] || fail "$1: Redis differs from the replay of the file"; }

replay --no-huge --replay "$capture"
expected=$(content | md5sum)
[ "$(content | wc -l)" -gt 100 ] || fail "the capture has hardly any records"

# every way to name a pipe, and every compression
from_pipe --replay - < <(cat "$capture") || fail "- : status $?"
same -
said 'standard input: ended after [0-9]+ packets'
said 'sandbox: .*seccomp'
from_pipe --replay /dev/stdin < "$capture" || fail "a file as standard input: status $?"
same "standard input that is a file"
from_pipe --replay <(zstd -qc "$capture") || fail "process substitution: status $?"
same zstd
from_pipe --replay - < <(gzip -c "$capture") || fail "gzip: status $?"
same gzip
from_pipe --replay - < <(xz -0c "$capture") || fail "xz: status $?"
same xz
mkfifo "$T/fifo"
lz4 -qc "$capture" > "$T/fifo" &
from_pipe --replay "$T/fifo" || fail "a named pipe: status $?"
same "lz4, a named pipe"
tcpdump -r "$capture" -U -w - 2> /dev/null | from_pipe --replay - || fail "tcpdump: status $?"
same tcpdump
if command -v editcap > /dev/null; then
	editcap -F pcapng "$capture" - | from_pipe --replay - || fail "pcapng: status $?"
	same pcapng
fi
echo "a pipe gives what the file gives"

# several: joined in one pipe, two pipes with packets of the same hours, a pipe after a file
replay --no-huge --replay "$DATA/wikipedia.pcap" --replay "$capture"
expected=$(content | md5sum)
cat "$DATA/wikipedia.pcap" "$capture" | from_pipe --replay - || fail "joined: status $?"
same joined
from_pipe --replay "$DATA/wikipedia.pcap" --replay - < <(zstd -qc "$capture") || fail "a file and a pipe: status $?"
same "a file and a pipe"
from_pipe --replay <(cat "$DATA/wikipedia.pcap") --replay <(gzip -c "$capture") || fail "two pipes: status $?"
same "two pipes"
echo "several pipes are read together"

# live: records are in Redis at the flush interval, while the writer goes on
count() { redis --raw zscore "pdns:count:$1" "A 203.0.113.1"; }
arrived() { [ -n "$(count "$1")" ]; }
"$PYTHON" "$E2E/odd_captures.py" "$T/odd"
redis flushall > /dev/null
rm -f "$SOCKET"
collector_up
mkfifo "$T/live" "$T/live2"
dataplane_up --no-huge -o flush.interval=1 --replay "$T/live" --replay "$T/live2"
exec 7> "$T/live" 8> "$T/live2"
cat "$T/odd/cut/tcp.pcap" >&7
await 20 arrived t0.cut.example
is_alive "$DATAPLANE_PID" || fail "the dataplane ended before its pipes"
cat "$T/odd/rotated/dns.pcap" >&8
await 20 arrived r0.rotated.example
exec 7>&- 8>&-
await 20 is_gone "$DATAPLANE_PID"
grep -q 'live: ended after .*' "$T/dataplane.log" || fail "no end: $(cat "$T/dataplane.log")"
kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
: > "$T/dataplane.log"
echo "records of a live pipe do not wait for its end"

# the writer is killed within a packet: what came before is taken, and the cut is reported
from_pipe --replay - < <(head -c 5000 "$DATA/wikipedia.pcap") || fail "cut: status $?"
said 'warning: standard input: ended early: its last packet is cut off: .*; the 29 packets before were taken'
from_pipe --replay - < <(gzip -c "$DATA/wikipedia.pcap" | head -c 3000) || fail "cut gzip: status $?"
said 'warning: standard input: ended early: its gzip data is cut off; the [0-9]+ packets'
# damaged data, and none
status=0
from_pipe --replay - < "$T/odd/checksum.pcap.gz" || status=$?
[ "$status" = 1 ] || fail "a wrong checksum: status $status"
said 'error: standard input: damaged after 4 packets, which were taken: incorrect data check; .*any packet may be wrong'
from_pipe -o replay.damaged=take-unverified --replay - < "$T/odd/checksum.pcap.gz" || fail "take-unverified: status $?"
said 'warning: standard input: damaged after 4 packets: incorrect data check'
for input in /dev/null "$DATA/README.md"; do
	status=0
	from_pipe --replay - < "$input" || status=$?
	[ "$status" = 1 ] || fail "$input: status $status"
	said 'error: standard input: found no capture in it'
done
echo "ends of pipes are told apart"

# a signal
redis flushall > /dev/null
rm -f "$SOCKET"
collector_up
dataplane_up --no-huge -o flush.interval=60 --replay "$T/live"
exec 7> "$T/live"
cat "$T/odd/cut/tcp.pcap" >&7
await 20 grep -q 'collector.*connected\|ready\|sandbox' "$T/dataplane.log"
running=${CHILDREN[-1]}
sleep 0.5
kill -TERM "$DATAPLANE_PID"
status=0
wait "$running" || status=$?
exec 7>&-
[ "$status" = 1 ] || fail "SIGTERM: status $status: $(cat "$T/dataplane.log")"
said 'stopped by a signal: [0-9]+ packets were taken, and the pipe was not read to its end'
kill "$COLLECTOR_PID"
echo "a signal ends a pipe"

# the script
if [ "$BUILD" = "$ROOT/build" ]; then
	redis flushall > /dev/null
	zstd -qc "$DATA/wikipedia.pcap" | "$ROOT/scripts/replay" --no-huge --redis "unix:$REDIS" - > "$T/out" 2>&1 ||
		fail "scripts/replay: status $?: $(cat "$T/out")"
	[ "$(content | wc -l)" -gt 100 ] || fail "scripts/replay wrote nothing"
	"$ROOT/scripts/replay" --no-huge --redis "unix:$REDIS" <(gzip -c "$DATA/wikipedia.pcap") > "$T/out" 2>&1 ||
		fail "scripts/replay with process substitution: status $?: $(cat "$T/out")"
	echo "scripts/replay reads pipes"
fi
