#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Both programs give up their rights after the set-up: every thread has another user, no capabilities and a filter of
# system calls. What code that took one over could do is tried for real, in the running program: nothing of use.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(uname -m)" = x86_64 ] || skip "calls are put into programs of x86-64 alone"
name_spaces peer sensor
veth_between peer sensor
# folders that any user may pass through: the programs do not stay root's
chmod 755 "$T"
mkdir -p "$T/conf" "$T/state/spool"
ELSEWHERE=$(mktemp -d "${TMPDIR:-/tmp}/lookback-elsewhere.XXXXXX")
CLEAN_UP+=("rm -rf $ELSEWHERE")
chmod 777 "$ELSEWHERE"
printf 'anyone may read this\n' > "$ELSEWHERE/open" && chmod 666 "$ELSEWHERE/open"
cp "$BUILD/dataplane/lookback-dataplane" "$BUILD/collector/lookback-collector" "$T"
printf 'new.max = 1000\nflush.interval = 1\n' > "$T/conf/lookback.conf"
redis_up --appendonly no --unixsocketperm 777
collector_start() { # more arguments
	start collector "$T/lookback-collector" -c "$T/conf/lookback.conf" -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" \
		-o "spool.dir=$T/state/spool" -o http.listen=127.0.0.1:0 "$@"
	COLLECTOR_PID=$PID
	await 20 grep -q 'waiting for dataplanes' "$T/collector.log"
}
dataplane_start() { # more arguments
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$T/lookback-dataplane" -c "$T/conf/lookback.conf" -o "collector.socket=$SOCKET" \
		-o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o workers=2 --iface s0 "$@"
	DATAPLANE_PID=$PID
	DATAPLANE=${CHILDREN[-1]}
	await 30 grep -q 'records each' "$T/dataplane.log"
}
collector_start
dataplane_start
USER_ID=$(id -u lookback 2> /dev/null || id -u nobody)

# what the kernel says of each thread
field() { awk -v f="$2:" '$1 == f { print $2 }' "$1/status"; }
no_rights() { # process, what it is, capabilities that it may have
	local thread cap
	for thread in "/proc/$1"/task/*; do
		[ "$(field "$thread" Uid)" = "$USER_ID" ] || fail "$2: $(cat "$thread/comm") is of user $(field "$thread" Uid)"
		[ -z "$(awk '$1 == "Groups:" { print $2 }' "$thread/status")" ] || [ "$(id -G "$USER_ID" | wc -w)" -gt 1 ] ||
			fail "$2: $(cat "$thread/comm") is in groups"
		for cap in CapInh CapPrm CapEff CapBnd CapAmb; do
			[[ $(field "$thread" $cap) =~ ^0+$ ]] || { [ "$thread" = "/proc/$1/task/$1" ] && [ "$(field "$thread" $cap)" = "$3" ]; } ||
				fail "$2: $(cat "$thread/comm") has $cap $(field "$thread" $cap)"
		done
		[ "$(field "$thread" NoNewPrivs)" = 1 ] || fail "$2: $(cat "$thread/comm") can gain rights"
		[ "$(field "$thread" Seccomp)" = 2 ] || fail "$2: $(cat "$thread/comm") has no filter of system calls"
	done
}
ipc_lock=0000000000004000 # where the limit of locked memory cannot be raised
no_rights "$COLLECTOR_PID" collector 0
no_rights "$DATAPLANE_PID" dataplane $ipc_lock
helper=$(pgrep -P "$DATAPLANE_PID")
[ "$(field "/proc/$helper" Seccomp)" = 2 ] && [ "$(field "/proc/$helper" NoNewPrivs)" = 1 ] || fail "the helper has no sandbox"
[[ $(field "/proc/$helper" CapBnd) =~ ^0+$ ]] || fail "the helper can gain capabilities"
for log in collector dataplane; do
	grep -q "sandbox: user .*no_new_privs, seccomp [0-9]* calls" "$T/$log.log" || fail "the log of the $log does not say what is in force"
done

# what can still be done, thread by thread: nothing of use
inject() { timeout 20 "$BUILD/tests/inject" "$@" 2>&1; }
refused() { # thread, what, call and arguments…
	local thread=$1 what=$2 answer
	shift 2
	answer=$(inject "$thread" "$@")
	[[ $answer =~ ^-[0-9]+$ ]] || fail "$(cat "/proc/$thread/comm") can $what: $answer"
}
useless() { # process
	local thread
	for thread in "/proc/$1"/task/*; do
		thread=${thread##*/}
		[ "$(inject "$thread" 39)" = "$1" ] || fail "calls cannot be tried in $(cat "/proc/$thread/comm")"
		refused "$thread" 'read /etc/shadow' 2 :/etc/shadow 0
		refused "$thread" 'open a raw socket' 41 2 3 1
		refused "$thread" 'fork' 57
		[ "$thread" = "$1" ] || continue # what follows, of one thread: it takes its time
		refused "$thread" 'read /etc/passwd' 2 :/etc/passwd 0
		refused "$thread" 'read a file of others' 2 ":$ELSEWHERE/open" 0
		refused "$thread" 'write a file' 2 ":$ELSEWHERE/new" 0x41 0644
		refused "$thread" 'open a packet socket' 41 17 3 768
		refused "$thread" 'open a netlink socket' 41 16 3 0
		refused "$thread" 'open a socket of TCP' 41 2 1 0
		refused "$thread" 'open a socket of UDP' 41 10 2 0
		refused "$thread" 'listen' 50 2 5
		refused "$thread" 'make a namespace' 56 0x10000000
		refused "$thread" 'load a BPF program' 321 5 0 0
		refused "$thread" 'make a device' 133 ":$ELSEWHERE/node" 020644 0
	done
}
useless "$COLLECTOR_PID"
useless "$DATAPLANE_PID"
refused "$DATAPLANE_PID" 'open a Unix socket' 41 1 1 0
[ ! -e "$ELSEWHERE/new" ] || fail "a file was written"
grep -q 'sandbox: refused system call 41 (socket)' "$T/dataplane.log" || fail "a refused call is not told"

# they go on: records pass, a collector that comes back is found, settings are read again
send() { in_ns peer timeout 60 "$E2E/dns_send.py" p0 --count 10 --names 1; }
sent=0
has_count() { [ "$(redis zscore pdns:count:n0.example.com 'A 203.0.113.7')" = "$1" ]; }
passes() {
	send
	sent=$((sent + 10))
	await 20 has_count $sent
}
passes
kill -TERM "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
collector_start
passes
for pid in "$COLLECTOR_PID" "$DATAPLANE_PID"; do kill -HUP "$pid"; done
for log in collector dataplane; do await 10 grep -q 'settings read again' "$T/$log.log"; done
passes

# who executes a program is not us any more: that ends the process, and the helper cleans up
in_ns sensor ip link show s0 | grep -q prog/xdp && had_program=1
[ "$(inject "$DATAPLANE_PID" 59 :/bin/true 0 0)" = 'killed by Bad system call' ] || fail "the dataplane can execute a program"
await 10 is_gone "$helper"
[ -z "${had_program-}" ] || ! in_ns sensor ip link show s0 | grep -q prog/xdp || fail "the XDP program was left behind"
wait "$DATAPLANE" || true
[ ! -e "/run/dpdk/lookback_$DATAPLANE_PID" ] || fail "DPDK's folder was left behind"
[ "$(inject "$COLLECTOR_PID" 59 :/bin/true 0 0)" = 'killed by Bad system call' ] || fail "the collector can execute a program"

# it can be turned off, which is said; --check says what will be in force; a user that is not there is refused
collector_start -o sandbox=off
dataplane_start -o sandbox=off
for log in collector dataplane; do grep -q 'warning: sandbox: off' "$T/$log.log" || fail "the $log does not say that it is off"; done
[ "$(field "/proc/$DATAPLANE_PID" Uid)" = 0 ] && [ -z "$(pgrep -P "$DATAPLANE_PID")" ] || fail "sandbox = off does not turn it off"
kill "$DATAPLANE_PID"
await 20 is_gone "$DATAPLANE_PID"
kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
in_ns sensor "$T/lookback-dataplane" --check --iface s0 -o table.records=1000 > "$T/check.log" 2>&1 || fail "--check of the dataplane"
grep -q '^ok  *sandbox: user .* seccomp' "$T/check.log" || fail "--check of the dataplane does not say what is in force"
"$T/lookback-collector" --check -o "redis=unix:$REDIS" > "$T/check.log" 2>&1 || fail "--check of the collector"
grep -q '^sandbox: user .* seccomp' "$T/check.log" || fail "--check of the collector does not say what is in force"
! "$T/lookback-collector" -o user=nosuchuser -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" > "$T/user.log" 2>&1 || fail "it runs as nobody knows whom"
grep -q "error: user: found no user 'nosuchuser'" "$T/user.log" || fail "the user that is not there is not named"
chmod 700 "$T" # … and what the user cannot reach too
! "$T/lookback-collector" -o user=nobody -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" > "$T/user.log" 2>&1 || fail "it runs without reaching Redis"
grep -q 'error: user nobody: cannot reach' "$T/user.log" || fail "what the user cannot reach is not named"
echo "both programs: no rights, and nothing of use can be done with them"
