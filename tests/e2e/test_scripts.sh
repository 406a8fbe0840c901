#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# scripts/run and scripts/replay as a user types them: answers on the screen, a clean end by each signal, nothing left.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$BUILD" = "$ROOT/build" ] || skip "the scripts use the release build"
export TMPDIR=$T # where scripts/run puts its folder; its Redis has a user of its own
chmod 755 "$T"

# run, with what it comes with
timeout 100 "$ROOT/scripts/run" --exit < /dev/null > "$T/run.out" 2> "$T/run.log" || fail "scripts/run --exit: status $?"
for line in '1) "A 208.80.152.3"' '1) "upload.pmtpa.wikimedia.org"' 'messages  taken 14, query 14' 'pdns:zone:wikimedia.org'; do
	grep -qF -- "$line" "$T/run.out" || fail "scripts/run does not print: $line"
done
printf 'run --exit: lookups are answered\n'

# run until a signal: it keeps Redis and the collector up until then
no_remains() { ! ls -d "$T"/lookback.* && ! pgrep -f "$T/lookback\."; }
for signal in TERM INT; do
	: > "$T/run.out"
	setsid timeout --kill-after 5 100 "$ROOT/scripts/run" "$DATA/services.pcap" "$DATA/vlan.pcap" < /dev/null > "$T/run.out" 2> "$T/run.log" &
	waiter=$!
	CHILDREN+=("$waiter")
	await 60 grep -q 'Ctrl-C ends everything' "$T/run.out"
	socket=$(sed -n 's/.*Its socket: //p' "$T/run.out")
	[ "$(timeout 10 redis-cli -s "$socket" zscore pdns:count:google.com 'NS ns1.google.com')" -gt 14 ] ||
		fail "Redis does not hold what was replayed"
	timeout 10 curl -fsS "$(sed -n 's/.*curl //p' "$T/run.out" | head -n 1)" > "$T/metrics" || fail "/metrics does not answer"
	grep -q '^lookback_collector_redis_up 1' "$T/metrics" || fail "/metrics does not tell of Redis"
	kill "-$signal" "$(pgrep -P "$waiter" | head -n 1)"
	wait "$waiter" || fail "scripts/run: status $? after SIG$signal"
	await 10 no_remains
	printf 'run: SIG%s ends it, nothing is left\n' $signal
done

# run with a folder that is kept
timeout 100 "$ROOT/scripts/run" --exit --dir "$T/kept" "$DATA/ptr.pcap" < /dev/null > "$T/run.out" 2> "$T/run.log" ||
	fail "scripts/run --dir: status $?"
timeout 100 "$ROOT/scripts/run" --exit --dir "$T/kept" "$DATA/ptr.pcap" < /dev/null > "$T/run.out" 2> "$T/run.log" ||
	fail "scripts/run --dir, again: status $?"
mkdir "$T/redis"
cp -r "$T/kept/redis/appendonlydir" "$T/redis/"
redis_up --appendonly yes
[ "$(redis --raw zrange "$(redis --scan --pattern 'pdns:count:*' | head -n 1)" 0 -1 WITHSCORES | tail -n 1)" = 2 ] ||
	fail "--dir does not keep what was there"
printf 'run --dir: goes on with what is there\n'

# replay: a folder, files, compressed ones, a password
redis flushall > /dev/null
mkdir "$T/folder"
cp "$DATA/srv.pcap" "$T/folder"
gzip -c "$DATA/services.pcap" > "$T/folder/services.pcap.gz"
timeout 100 "$ROOT/scripts/replay" --redis "unix:$REDIS" --workers 2 "$T/folder" "$DATA/pcapng.pcapng" > "$T/replay.out" 2> "$T/replay.log" ||
	fail "scripts/replay: status $?"
! grep -v warning "$T/replay.log" || fail "scripts/replay says more than warnings on stderr"
grep -q '^received  273$' "$T/replay.out" || fail "scripts/replay: $(cat "$T/replay.out")"
compare "$DATA/srv.tsv" "$DATA/services.tsv" "$DATA/pcapng.tsv"

# stopped in the midst of it, here while Redis takes nothing: it says that what waits is gone
redis flushall > /dev/null
redis config set maxmemory 1 > /dev/null
setsid timeout --kill-after 5 100 "$ROOT/scripts/replay" --redis "unix:$REDIS" "$DATA/srv.pcap" < /dev/null > "$T/replay.out" 2> "$T/replay.log" &
waiter=$!
CHILDREN+=("$waiter")
await 60 grep -q 'memory limit' "$T/replay.log"
dataplane_runs() { pgrep -f "lookback-dataplane .*$T/tmp"; }
dataplane_ended() { ! dataplane_runs; }
await 60 dataplane_runs
await 60 dataplane_ended # what it had is in the spool
kill -INT "$(pgrep -P "$waiter" | head -n 1)"
status=0
wait "$waiter" || status=$?
redis config set maxmemory 0 > /dev/null
[ $status = 1 ] && grep -q 'stopped before Redis had everything' "$T/replay.log" && grep -q 'batches are not in Redis yet; they are given up' "$T/replay.log" ||
	fail "scripts/replay, stopped: status $status: $(cat "$T/replay.log")"
[ "$(redis dbsize)" = 0 ] && ! ls -d "$T"/tmp.* > "$T/left" 2>&1 || fail "scripts/replay, stopped: leaves something behind"
printf 'replay: stopped\n'

# what a full disk cut off, and what it did not even begin
redis flushall > /dev/null
head -c 5000 "$DATA/wikipedia.pcap" > "$T/folder/cut.pcap"
: > "$T/folder/empty.pcap"
! timeout 100 "$ROOT/scripts/replay" --redis "unix:$REDIS" "$T/folder" > "$T/replay.out" 2> "$T/replay.log" || fail "a capture that is cut off was taken"
[ "$(redis dbsize)" = 0 ] && grep -q 'cut\.pcap: .*nothing.* was taken' "$T/replay.log" && grep -q 'skipped .*empty\.pcap (empty)' "$T/replay.log" ||
	fail "captures that are cut off: $(cat "$T/replay.log")"
timeout 100 "$ROOT/scripts/replay" --redis "unix:$REDIS" -o replay.damaged=take "$T/folder" > "$T/replay.out" 2> "$T/replay.log" ||
	fail "replay.damaged=take: status $?"
grep -q 'cut\.pcap: damaged after 29 packets: .*taken up to there' "$T/replay.log" && grep -q '^received  296$' "$T/replay.out" ||
	fail "replay.damaged=take: $(cat "$T/replay.out" "$T/replay.log")"
printf 'replay: captures that are cut off\n'

redis flushall > /dev/null
redis config set requirepass secret > /dev/null
export REDISCLI_AUTH=secret
timeout 100 "$ROOT/scripts/replay" --json --redis "unix:$REDIS" "$DATA/srv.pcap" > "$T/replay.out" 2> "$T/replay.log" ||
	fail "scripts/replay with REDISCLI_AUTH: status $?"
"$PYTHON" -c 'import json, sys; assert json.load(sys.stdin)["rx_packets"] == 4' < "$T/replay.out" || fail "--json: $(cat "$T/replay.out")"
printf 'secret\n' > "$T/password"
REDISCLI_AUTH='' timeout 100 "$ROOT/scripts/replay" --password-file "$T/password" --redis "unix:$REDIS" "$DATA/srv.pcap" \
	> "$T/replay.out" 2> "$T/replay.log" || fail "scripts/replay --password-file: status $?"
[ "$(redis hget "pdns:sensor:$(hostname)" sightings)" = 20 ] || fail "two replays of ten sightings are not twenty"
printf 'replay: folders, compressed files, passwords\n'
