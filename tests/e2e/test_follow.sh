#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A folder that tcpdump -C and dumpcap -b fill, while the dataplane and the collector are killed and started again: Redis has what
# one replay of all packets gives.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in tcpdump dumpcap zstd gzip; do
	command -v "$program" > /dev/null || skip "$program is not installed"
done
redis_up --appendonly no
export RUNTIME_DIRECTORY=$T/runtime
mkdir "$RUNTIME_DIRECTORY" "$T/in" "$T/in/below" "$T/state" "$T/done"
chmod 777 "$T" "$T/in" "$T/in/below" # tcpdump becomes another user

# All names with their records, times and counts, in one number.
digest() {
	redis --raw eval "local keys = redis.call('keys', 'pdns:*') table.sort(keys) local all = {}
		for _, key in ipairs(keys) do if key:match('^pdns:name:') or key:match('^pdns:first:') or key:match('^pdns:count:') then
			all[#all + 1] = key all[#all + 1] = table.concat(redis.call('zrange', key, 0, -1, 'withscores'), ' ') end end
		return #all .. ' ' .. redis.sha1hex(table.concat(all, '\n'))" 0
}
said() { grep -qE -- "$1" "$T/dataplane.log" || fail "expected /$1/, found: $(tail -n 20 "$T/dataplane.log")"; }
follow_up() {
	dataplane_up --no-huge -o flush.interval=1 -o follow.quiet=1 --follow "$T/in" -o "follow.state=$T/state"
}
collector_starts() {
	rm -f "$SOCKET"
	start collector "$BUILD/collector/lookback-collector" -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" \
		-o http.listen=127.0.0.1:0 -o "spool.dir=$T/spool"
	COLLECTOR_PID=$PID
	await 20 test -S "$SOCKET"
}

# An empty Redis, and a collector that knows of nothing else.
fresh() {
	kill -TERM "$COLLECTOR_PID"
	await 30 is_gone "$COLLECTOR_PID"
	rm -rf "$T/spool"
	redis flushall > /dev/null
	collector_starts
}

"$PYTHON" "$ROOT/tests/tools/make_capture.py" --responses 24000 --names 1500 "$T/one.pcap" "$T/one.tsv"
"$PYTHON" "$ROOT/tests/tools/make_capture.py" --responses 12000 --names 1500 "$T/two.pcap" "$T/two.tsv"
replay --no-huge --replay "$T/one.pcap" --replay "$T/two.pcap" --replay "$DATA/services.pcap"
expected=$(digest)
redis flushall > /dev/null

# the writers take some seconds
slowly() { # file
	"$PYTHON" -c 'import sys, time
octets = open(sys.argv[1], "rb").read()
part = len(octets) // 20 + 1
for at in range(0, len(octets), part):
    sys.stdout.buffer.write(octets[at:at + part])
    sys.stdout.buffer.flush()
    time.sleep(0.3)' "$1"
}
collector_starts
follow_up
echo "not a capture" > "$T/in/notes.txt"
(slowly "$T/one.pcap" | tcpdump -r - -C 1 -w "$T/in/dns.PCAP" > "$T/tcpdump.log" 2>&1 || true; echo > "$T/one.done") &
(slowly "$T/two.pcap" | dumpcap -q -i - -b filesize:500 -w "$T/in/below/dns.pcapng" > "$T/dumpcap.log" 2>&1 || true; echo > "$T/two.done") &
kills=0
while [ ! -e "$T/one.done" ] || [ ! -e "$T/two.done" ]; do
	sleep "0.$((RANDOM % 9 + 1))"
	kill -KILL "$DATAPLANE_PID" 2> /dev/null || true
	await 20 is_gone "$DATAPLANE_PID"
	[ $((++kills % 4)) != 0 ] || { kill -KILL "$COLLECTOR_PID"; await 20 is_gone "$COLLECTOR_PID"; collector_starts; }
	follow_up
	sleep "0.$((RANDOM % 9 + 1))"
done
zstd -qc "$DATA/services.pcap" > "$T/in/below/services.zst"
is_equal() { [ "$(digest)" = "$expected" ]; }
await 60 is_equal
[ "$(find "$T/in" -name 'dns.PCAP*' | wc -l)" -gt 1 ] || fail "tcpdump did not rotate: $(ls -R "$T/in")"
[ "$(find "$T/in" -name 'dns*.pcapng' | wc -l)" -gt 1 ] || fail "dumpcap did not rotate: $(ls -R "$T/in")"
echo "$kills kills while tcpdump -C and dumpcap -b write: as one replay of all packets"

# what is there is known, also compressed, copied and renamed
gzip -c "$T/in/dns.PCAP" > "$T/in/dns.PCAP.gz"
cp "$T/in/dns.PCAP1" "$T/in/copy"
mv "$T/in/dns.PCAP" "$T/in/renamed"
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
said 'stopped after'
: > "$T/dataplane.log"
lines=$(wc -l < "$T/state/journal")
follow_up
is_known() { [ "$(grep -c '^S ' "$T/state/journal")" -ge 2 ]; }
await 30 is_known
is_equal || fail "copies count again"
[ "$(wc -l < "$T/state/journal")" -gt "$lines" ] || fail "the journal was not appended to"
# a file that grows after it was taken: its further packets are taken
head -c 40000 "$T/one.pcap" > "$T/whole"
head -c 20000 "$T/one.pcap" > "$T/grows"
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
fresh
dataplane --no-huge -o replay.damaged=take --replay "$T/whole" || fail "the replay of the beginning"
await 30 grep -q 'dataplane .*: ended' "$T/collector.log"
expected=$(digest)
fresh
mkdir "$T/in2"
mv "$T/grows" "$T/in2/grows"
dataplane_up --no-huge -o follow.quiet=0.2 -o replay.damaged=take --follow "$T/in2" -o "follow.state=$T/state2"
await 30 grep -q '^A' "$T/state2/journal"
tail -c +20001 "$T/whole" >> "$T/in2/grows"
await 30 is_equal
echo "copies do not count; what a file has gained does"

# afterwards: moved or deleted; damaged files stay; metrics
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
: > "$T/dataplane.log"
mkdir "$T/in3"
cp "$DATA/services.pcap" "$T/in3/a.pcap"
head -c 5000 "$DATA/wikipedia.pcap" > "$T/in3/cut.pcap"
cp "$T/in/notes.txt" "$T/in3"
touch -d '1 hour ago' "$T/in3/"*
dataplane_up --no-huge -o follow.quiet=1 --follow "$T/in3" -o "follow.state=$T/state3" -o "follow.after=move $T/done"
await 30 test -e "$T/done/a.pcap"
await 30 grep -q 'cut.pcap: damaged after 29 packets: .*; nothing of it was taken .replay.damaged=take' "$T/dataplane.log"
await 30 grep -q 'notes.txt: passed over: ' "$T/dataplane.log"
[ -e "$T/in3/cut.pcap" ] && [ -e "$T/in3/notes.txt" ] || fail "what was not taken is gone: $(ls "$T/in3")"
cp "$DATA/wikipedia.pcap" "$T/in3/a.pcap"
touch -d '1 hour ago' "$T/in3/a.pcap"
await 30 test -e "$T/done/a.pcap.1"
levels() { [ "$(metric follow_files_taken_total)" = 2 ] && [ "$(metric follow_files_refused)" = 1 ] && [ "$(metric follow_files_passed)" = 1 ] && [ "$(metric follow_files_waiting)" = 0 ]; }
await 30 levels
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
[ "$(grep -c 'cut.pcap' "$T/dataplane.log")" = 1 ] || fail "named more than once"
said 'sandbox: .*seccomp'
dataplane_up --no-huge -o follow.quiet=1 --follow "$T/done" -o "follow.state=$T/state3" -o follow.after=delete
is_empty() { [ -z "$(ls "$T/done")" ]; }
await 30 is_empty
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
if grep -E 'refused system call|do not add up' "$T/dataplane.log" "$T/collector.log"; then fail "see above"; fi
echo "files that were taken are moved or deleted"
