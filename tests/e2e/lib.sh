# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash disable=SC2034  # used by the tests
# What the end-to-end tests share; each test_*.sh sources it. A test has a folder of its own, $T, with a Redis and
# the sockets in it, and leaves nothing behind. Exit status 0: passed, 77: cannot be run here, else: failed.
#
#     BUILD       folder of the programs (set by scripts/test)
#     T           the test's folder
set -euo pipefail

E2E=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
ROOT=$(cd "$E2E/../.." && pwd)
DATA=$ROOT/tests/data
BUILD=${BUILD:-$ROOT/build}
T=$(mktemp -d "${TMPDIR:-/tmp}/lookback-test.XXXXXX")
SOCKET=$T/collector.sock
REDIS=$T/redis.sock
CHILDREN=()
FAILURE='' # why the test failed
CLEAN_UP=() # commands for the end, last one first
PYTHON=/usr/bin/python3
export LOOKBACK_CONFIG=none # not that of this machine

# Reports of the sanitizers fail a test wherever they come from. What the environment adds (log_path=…) comes last and stands.
export ASAN_OPTIONS=detect_leaks=0:detect_stack_use_after_return=1:exitcode=99${ASAN_OPTIONS:+:$ASAN_OPTIONS}
export UBSAN_OPTIONS=print_stacktrace=1:halt_on_error=1:exitcode=99${UBSAN_OPTIONS:+:$UBSAN_OPTIONS}

fail() {
	printf 'FAILED: %s\n' "$*"
	FAILURE=$*
	exit 1
}
skip() {
	printf 'skipped: %s\n' "$*"
	exit 77
}

# shellcheck disable=SC2317  # called by the trap
clean_up() {
	local status=$? i log
	set +e
	for ((i = ${#CLEAN_UP[@]} - 1; i >= 0; i--)); do eval "${CLEAN_UP[i]}" > /dev/null 2>&1; done
	for pid in "${CHILDREN[@]}"; do kill -KILL -- "-$pid" 2>/dev/null; done # timeout leads a group
	wait 2>/dev/null
	if [ "$status" != 0 ] && [ "$status" != 77 ]; then
		for log in "$T"/*.log; do
			[ -s "$log" ] && printf -- '--- %s\n' "${log##*/}" && tail -n 15 "$log"
		done
	fi
	rm -rf "$T"
	[ "$status" = 0 ] || [ -z "$FAILURE" ] || printf 'FAILED: %s\n' "$FAILURE" # again, after the logs
	exit "$status"
}
trap clean_up EXIT
trap 'exit 1' INT TERM

# Starts a program in the background, an end set to it: PID. START_S: seconds that it may run (600).
start() { # log, program…
	local log=$1
	shift
	timeout --kill-after 5 "${START_S:-600}" "$@" < /dev/null >> "$T/$log.log" 2>&1 &
	CHILDREN+=($!)
	# the program, not timeout, which would hand some signals on and others not
	PID=$!
	for _ in {1..50}; do
		PID=$(pgrep -P "$!" 2>/dev/null | head -n 1) && break
		is_alive "$!" || return 0
		sleep 0.02
	done
}

is_alive() { kill -0 "$1" 2>/dev/null; }

# Waits up to `$1` seconds for the command to succeed.
await() {
	local tenths=$(($1 * 10))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $((tenths--)) -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}
is_gone() { ! is_alive "$1"; }

# Redis ───────────────────────────────────────────────────────────────────────────────────────

redis() { timeout 20 redis-cli -s "$REDIS" "$@"; }
redis_answers() { [ "$(redis ping)" = PONG ]; }
redis_up() { # more settings
	mkdir -p "$T/redis"
	start redis redis-server "$ROOT/collector/redis.conf" --port 0 --unixsocket "$REDIS" --dir "$T/redis" "$@"
	REDIS_PID=$PID
	await 20 redis_answers
}

# Fails where Redis holds anything else than the golden records.
compare() { # compare_redis.py's arguments
	timeout 120 "$PYTHON" "$E2E/compare_redis.py" --redis "$REDIS" "$@" > "$T/compare.log" 2>&1 ||
		fail "Redis differs from $(basename -a "$@" | xargs)"
}

# networks ────────────────────────────────────────────────────────────────────────────────────

# Namespaces of the test's own, called "$id-NAME"; in_ns runs a program in one.
id=lb$$
name_spaces() { # names
	local ns
	[ "$(id -u)" = 0 ] || skip "takes root, for network namespaces"
	for ns in "$@"; do
		ip netns add "$id-$ns" 2> "$T/netns.log" || skip "no network namespaces here: $(cat "$T/netns.log")"
		CLEAN_UP+=("ip netns del $id-$ns")
	done
}
in_ns() { local ns=$id-$1; shift; ip netns exec "$ns" "$@"; }
# Two of them, p0 in the first and s0 in the second with a cable between, up, and without what IPv6 says by itself.
veth_between() { # peer, sensor
	local end
	ip -n "$id-$1" link add p0 type veth peer name s0 netns "$id-$2"
	for end in "$1:p0" "$2:s0"; do
		in_ns "${end%:*}" sysctl -qw "net.ipv6.conf.${end#*:}.disable_ipv6=1" 2> /dev/null || true
		in_ns "${end%:*}" ip link set "${end#*:}" up
	done
}

# Lookback ────────────────────────────────────────────────────────────────────────────────────

collector_up() { # its arguments
	start collector "$BUILD/collector/lookback-collector" -o "collector.socket=$SOCKET" -o "redis=unix:$REDIS" \
		-o http.listen=none "$@"
	COLLECTOR_PID=$PID
	await 20 test -S "$SOCKET"
}

# lookback-dataplane in the foreground: small tables, its output in dataplane.log.
dataplane() {
	local status=0
	timeout --kill-after 5 600 "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" -o table.records=100000 \
		-o tcp.flows=4096 -o tcp.memory=16m "$@" < /dev/null > "$T/dataplane.log" 2>&1 || status=$?
	return "$status"
}
dataplane_up() {
	start dataplane "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" -o table.records=100000 \
		-o tcp.flows=4096 -o tcp.memory=16m "$@"
	DATAPLANE_PID=$PID
}

# A capture through both programs into a Redis made empty before.
replay() { # dataplane's arguments
	redis flushall > /dev/null
	rm -f "$SOCKET"
	collector_up --once
	local collector=${CHILDREN[-1]}
	dataplane "$@" || fail "the dataplane ended with status $? ($*)"
	wait "$collector" || fail "the collector ended with status $? ($*)"
}

# /metrics ────────────────────────────────────────────────────────────────────────────────────

http_address() { sed -n 's/.*http: listening on //p' "$T/collector.log" | tail -n 1 | grep .; }
# A collector in place of the last one, that answers at $URL.
serve() { # collector's arguments
	[ -z "${COLLECTOR_PID-}" ] || { kill "$COLLECTOR_PID" && await 20 is_gone "$COLLECTOR_PID"; }
	: > "$T/collector.log"
	rm -f "$SOCKET"
	collector_up -o http.listen=127.0.0.1:0 "$@"
	await 20 http_address
	URL=http://$(http_address)
}
metrics() { timeout 10 curl -fsS "http://$(http_address)/metrics"; }
# The sum of a family's samples, of those whose labels hold `$2` where it is given.
metric() { metrics | awk -v f="lookback_$1" -v label="${2-}" '
	index($0, f "{") == 1 || index($0, f " ") == 1 { if (label == "" || index($0, label)) sum += $NF } END { printf "%d\n", sum }'; }
