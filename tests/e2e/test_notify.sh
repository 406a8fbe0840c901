#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What a service manager learns of both programs: ready, state, reloads and their outcome, keep-alives only while all threads make progress.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

NOTES=$T/notes
export NOTIFY_SOCKET=$T/notify.sock WATCHDOG_USEC=2000000
listen() { # a new file of notes
	NOTES=$T/notes.$1
	: > "$NOTES"
	rm -f "$NOTIFY_SOCKET"
	start notify "$PYTHON" "$E2E/notify.py" listen "$NOTIFY_SOCKET" "$NOTES"
	await 20 test -S "$NOTIFY_SOCKET"
}
noted() { grep -q -- "$1" "$NOTES"; }
notes() { grep -c -- "$1" "$NOTES" || true; }
more() { [ "$(notes "$1")" -gt "$2" ]; }
# reload PROGRAM EXPECTED-STATUS TEXT: its exit status, and what it prints.
reload() {
	local status=0
	timeout 60 "$1" --reload > "$T/reload.log" 2>&1 || status=$?
	[ "$status" = "$2" ] || fail "$1 --reload: found exit status $status, expected $2: $(cat "$T/reload.log")"
	grep -q -- "$3" "$T/reload.log" || fail "$1 --reload: found '$(cat "$T/reload.log")', expected '$3'"
}
# No keep-alive while a thread hangs, and again afterwards.
watch_thread() { # pid, thread, log
	local before
	before=$(notes WATCHDOG=1)
	await 20 more WATCHDOG=1 "$before"
	start hang "$PYTHON" "$E2E/notify.py" hang "$1" "$2" "$T/hangs"
	await 20 test -e "$T/hangs"
	await 30 grep -q 'watchdog of the service manager' "$T/$3.log"
	before=$(notes WATCHDOG=1)
	sleep 1.5 # three times their usual interval
	[ "$(notes WATCHDOG=1)" = "$before" ] || fail "keep-alives although thread $2 hangs"
	rm "$T/hangs"
	await 20 more WATCHDOG=1 "$before"
}

# collector ──────────────────────────────────────────────────────────────────────────────────
collector=$BUILD/collector/lookback-collector
export RUNTIME_DIRECTORY=$T/run-collector
mkdir "$RUNTIME_DIRECTORY"
write_config() { # further lines
	printf '%s\n' "collector.socket = $SOCKET" "redis = unix:$REDIS" "http.listen = 127.0.0.1:0" "redis.timeout = 0.5" "watch.file = $T/watch.conf" \
		"block.file = $T/block.conf" "$@" > "$T/lookback.conf"
}
write_config
listen collector
start collector "$collector" -c "$T/lookback.conf"
COLLECTOR_PID=$PID
await 20 noted READY=1
await 20 noted 'STATUS=waiting for Redis (redis unix:.*); 0 dataplanes, 0 records/s, 0 batches in the spool'
[ "$(head -n 1 "$NOTES" | grep -c READY=1)" = 0 ] || fail "ready before its state was sent"
redis_up --appendonly no
await 20 noted 'STATUS=0 dataplanes, 0 records/s; Redis accepts writes'
echo "collector: ready and state: sent"

ready=$(notes READY=1)
reload "$collector" 0 'settings read again'
noted RELOADING=1 || fail "no RELOADING=1"
noted MONOTONIC_USEC= || fail "no MONOTONIC_USEC"
await 20 more READY=1 "$ready"
write_config 'no.such.key = 1'
reload "$collector" 1 'no.such.key'
write_config 'redis.check = 20s'
printf '[rule nonsense]\nwhat = ever\n' > "$T/watch.conf"
reload "$collector" 1 watch.conf
rm "$T/watch.conf"
printf 'nonsense\n' > "$T/block.conf"
reload "$collector" 1 block.conf
rm "$T/block.conf"
reload "$collector" 0 'settings read again'
kill -HUP "$COLLECTOR_PID"
reload_wait() { timeout 60 "$collector" --reload=wait; }
reload_wait > /dev/null || fail "--reload=wait fails after a good reload"
write_config 'no.such.key = 1'
kill -HUP "$COLLECTOR_PID"
! reload_wait > "$T/reload.log" 2>&1 || fail "--reload=wait: found success after a bad reload"
write_config
reload "$collector" 0 'settings read again'
port=$(sed -n 's/.*http: listening on 127.0.0.1:\([0-9]*\).*/\1/p' "$T/collector.log")
curl -s "http://127.0.0.1:$port/metrics" > "$T/metrics.txt"
for outcome in taken:4 refused:4; do
	count=$(sed -n "s/^lookback_collector_reloads_total{outcome=\"${outcome%:*}\"} //p" "$T/metrics.txt")
	[ "${count:-0}" = "${outcome#*:}" ] || fail "reloads ${outcome%:*}: found ${count:-none}, expected ${outcome#*:}"
done
echo "collector: reloads have an outcome"

watch_thread "$COLLECTOR_PID" writer collector
echo "collector: no keep-alive while the writer hangs"

# dataplane ──────────────────────────────────────────────────────────────────────────────────
dataplane=$BUILD/dataplane/lookback-dataplane
export RUNTIME_DIRECTORY=$T/run-dataplane
mkdir "$RUNTIME_DIRECTORY"
printf 'collector.socket = %s\ntable.records = 100000\ntcp.flows = 4096\ntcp.memory = 16m\nidle = sleep\n' "$SOCKET" > "$T/dataplane.conf"
listen dataplane
start dataplane "$dataplane" -c "$T/dataplane.conf" --no-huge --vdev net_null0
DATAPLANE_PID=$PID
await 60 noted READY=1
await 20 noted 'STATUS=1 interface (net_null0), [0-9]* packets/s, [0-9]* records/s'
ready=$(notes READY=1)
reload "$dataplane" 0 'settings read again'
await 20 more READY=1 "$ready"
echo 'filter = not net nonsense/99' >> "$T/dataplane.conf"
reload "$dataplane" 1 'filter'
sed -i '$d' "$T/dataplane.conf"
reload "$dataplane" 0 'settings read again'
echo "dataplane: state and reloads: sent"

worker=$(cat "/proc/$DATAPLANE_PID"/task/*/comm | grep -m 1 worker)
watch_thread "$DATAPLANE_PID" "$worker" dataplane
echo "dataplane: no keep-alive while a worker hangs"

kill "$DATAPLANE_PID" "$COLLECTOR_PID"
await 30 is_gone "$DATAPLANE_PID"
noted STOPPING=1 || fail "no STOPPING=1 at the end"
