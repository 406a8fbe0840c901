#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Addresses and ports of clients are stored nowhere: not in Redis, spool, logs, metrics, exports, answers or alerts, in any form. Core
# files leave out the memory that packets are in; only stacks may have them. Each search is shown to find what is there.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
LOOKBACK=$BUILD/collector/lookback
CONTROL=privacy-control # of the names in the answers and of the sensor
OUT=$T/out              # what the programs printed
CORES=$T/cores
name_spaces peer sensor
veth_between peer sensor
mkdir "$OUT" "$CORES" "$T/alerts" "$T/names"
cat > "$T/watch.conf" << END
[rule privacy]
match = zone privacy-control.example
alert = file
[outlet file]
kind = file
path = $T/alerts/alerts.json
END

look() { timeout 60 "$LOOKBACK" -o "redis=unix:$REDIS" "$@"; }
search() { "$PYTHON" "$E2E/privacy_search.py" "$@"; }
no_clients() { # what, paths…
	local what=$1
	shift
	! search clients "$@" > "$T/found" || fail "$what: $(head -n 20 "$T/found")"
}
has_control() { # paths: each contains what must be found
	local path
	for path in "$@"; do search "$CONTROL" "$path" > /dev/null || fail "$path: the search does not find what is there"; done
}

# What is stored and printed ──────────────────────────────────────────────────────────────────

redis_up --rdbcompression no --save '' # compressed text would hide from the search
"$PYTHON" "$E2E/privacy_traffic.py" write "$T/capture.pcap"

# Everything that can be asked, into files of $OUT.
ask_all() { # run
	local run=$OUT/$1 format
	metrics > "$run.metrics"
	for format in lookup?q=privacy-control.example lookup?q=203.0.113.1 'find?q=privacy-control' alerts new export 'export?cursor=' \
		status 'pivot?q=privacy-control.example'; do
		curl -fsS "$URL/api/$format" > "$run.api.${format//[?=&\/]/_}" || fail "/api/$format"
	done
	curl -fsS "$URL/pdns/query/udp1-four.privacy-control.example" > "$run.cof" || fail "/pdns/query"
	look export > "$run.export.cof"
	look export --csv > "$run.export.csv"
	look new > "$run.new"
	await 20 look alerts --quiet
	look alerts --json > "$run.alerts"
	look status > "$run.status"
	look zone privacy-control.example > "$run.zone"
	look doctor --json > "$run.doctor" || [ -s "$run.doctor" ] # it may have findings
}
is_all_in() { # the records are: two of each answer over UDP, three of each over TCP
	[ "$(metric records_total 'outcome="taken"')" = 184 ] && [ "$(metric sightings_pending)" = 0 ] && [ "$(metric collector_spool_batches)" = 0 ]
}
ends_with() { # run
	await 20 is_all_in
	ask_all "$1"
	has_control "$OUT/$1".{metrics,export.cof,export.csv,new,alerts,zone,cof} "$OUT/$1".api.{lookup_q_203.0.113.1,export,new,alerts}
}
serve_verbosely() {
	serve -o log.level=debug -o http.audit=yes -o "watch.file=$T/watch.conf" -o "alert.dir=$T/alerts" -o "names.file=$T/names/index" "$@"
}
DATAPLANE_OPTIONS=(-o "collector.socket=$SOCKET" -o table.records=20000 -o tcp.flows=4096 -o tcp.memory=16m -o log.level=debug
	-o "sensor=$CONTROL-sensor" -o frag.timeout=120 -o flush.interval=1)
listen() { # dataplane's arguments
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" "${DATAPLANE_OPTIONS[@]}" --iface s0 "$@"
	DATAPLANE=${CHILDREN[-1]} DATAPLANE_PID=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
}
traffic() { in_ns peer "$PYTHON" "$E2E/privacy_traffic.py" send p0; }
end() {
	local status=0
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status"
}
keep_logs() { # run
	cp "$T/collector.log" "$OUT/$1.collector.log"
	cp "$T/dataplane.log" "$OUT/$1.dataplane.log"
}
telemetry() { # run
	local command
	command -v dpdk-telemetry.py > /dev/null || return 0
	for command in /lookback/workers,0 /lookback/tables,0 /lookback/filters /lookback/unknown /ethdev/stats,0 /ethdev/xstats,0 /eal/params; do
		echo "$command" | timeout 10 dpdk-telemetry.py -f "lookback_$DATAPLANE_PID" >> "$OUT/$1.telemetry" 2>&1 || true
	done
	grep -q rx_packets "$OUT/$1.telemetry" || fail "no telemetry: $(cat "$OUT/$1.telemetry")"
}

for mode in off require; do
	serve_verbosely -o spool.keep=1h
	listen -o "match=$mode" --json
	traffic
	ends_with "live-$mode"
	telemetry "live-$mode"
	end
	keep_logs "live-$mode"
	echo "live, match = $mode: $(metric records_total 'outcome="taken"') records"
done
for mode in off require; do
	serve_verbosely -o spool.keep=1h
	dataplane --replay "$T/capture.pcap" --no-huge --json "${DATAPLANE_OPTIONS[@]}" -o "match=$mode" -o workers=2 -o replay.damaged=take ||
		fail "the dataplane ended with status $?"
	ends_with "replay-$mode"
	keep_logs "replay-$mode"
	echo "replay, match = $mode: $(metric records_total 'outcome="taken"') records"
done

# --check of both, with packets
start check ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" --check=3 --iface s0 -o log.level=debug
checked=${CHILDREN[-1]}
begun() { grep -q 'link is up' "$T/check.log"; }
await 20 begun
while is_alive "$checked"; do traffic; done
"$BUILD/dataplane/lookback-dataplane" --check --replay "$T/capture.pcap" --no-huge -o log.level=debug > "$OUT/check-replay" 2>&1 || true
"$BUILD/collector/lookback-collector" --check -o "redis=unix:$REDIS" > "$OUT/check-collector" 2>&1 || true
for found in "$T/check.log" "$OUT/check-replay"; do
	grep -qE 'with [1-9][0-9]* messages' "$found" || fail "--check has seen no packets: $(cat "$found")"
done

# batches of the spool are kept after Redis has them
kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
unset COLLECTOR_PID
redis save > /dev/null
has_control "$T/redis/dump.rdb" "$T/redis/appendonlydir" "$SOCKET.spool" "$T/alerts" "$T/names" "$OUT"/*.collector.log
grep -q 'records each' "$OUT"/*.dataplane.log || fail "the dataplane has logged nothing"
no_clients "stored or printed" "$T/redis" "$SOCKET.spool" "$T/alerts" "$T/names" "$OUT" "$T"/*.log
search clients "$T/capture.pcap" > "$T/found" || fail "the search does not find the addresses in the capture"
[ "$(wc -l < "$T/found")" -ge 5 ] || fail "the search finds in the capture only: $(cat "$T/found")"
[ "$(look ip 10.171.219.233 --quiet; echo $?)" = 1 ] || fail "an address of a client is found"
echo "Redis, spool, logs, metrics, exports, answers, alerts: no address of a client"

# Core files ──────────────────────────────────────────────────────────────────────────────────

if grep -qa __asan_init "$BUILD/dataplane/lookback-dataplane"; then
	echo "core files: not with AddressSanitizer, which keeps packets on the heap"
	exit 0
fi
cd "$CORES"
core_pattern=$(cat /proc/sys/kernel/core_pattern)
kernel_dumps() { [[ $core_pattern != *[\|/]* ]] && ulimit -c unlimited 2> /dev/null; }

# Whether the program has the addresses in memory, in so many places that core files leave out.
memory_has() { # pid, places
	search clients --pid "$1" > "$T/memory"
	[ "$(grep -c '^left out' "$T/memory")" -ge "$2" ] || fail "memory has fewer addresses than expected: $(cat "$T/memory")"
	! grep -vE '^(left out|IN CORE FILES: (anonymous|\[stack\]) )' "$T/memory" || fail "not left out of core files"
}
core_is_clean() { # what, file
	has_control "$2"
	search "$CONTROL" --core "$2" > /dev/null || fail "$1: nothing is found in the core file"
	! search clients --core "$2" > "$T/found" || fail "$1: the core file has $(cat "$T/found")"
	printf '%s: a core file of %s kB, with no address of a client outside the stacks\n' "$1" "$(du -k "$2" | cut -f 1)"
	rm -f "$2"
}
# A core file as gdb writes it from a running program, then the kernel's.
dump_both() { # what, pid, places in memory
	memory_has "$2" "$3"
	if command -v gcore > /dev/null; then
		timeout 120 gcore -o "$CORES/gcore" "$2" > "$T/gcore.log" 2>&1 || fail "gcore: $(tail -n 3 "$T/gcore.log")"
		core_is_clean "$1, gcore" "$CORES/gcore.$2"
	fi
	dump "$1" "$2"
}
dump() { # what, pid
	local core
	if ! kernel_dumps; then
		echo "$1: the kernel's core files go elsewhere ($core_pattern)"
		return
	fi
	kill -ABRT "$2"
	await 60 is_gone "$2"
	core=$(find "$CORES" -type f -name 'core*' | head -n 1)
	[ -n "$core" ] || fail "$1: no core file"
	core_is_clean "$1, kernel" "$core"
}

kernel_dumps || true
for options in "" "-o xdp.program=off --no-huge"; do
	serve_verbosely -o sandbox=no
	# shellcheck disable=SC2086  # words
	listen -o match=require -o sandbox=no $options
	traffic
	await 20 is_all_in
	dump_both "live $options" "$DATAPLANE_PID" 8
done
# the collector: nothing, not even in its stacks
if kernel_dumps; then
	kill -ABRT "$COLLECTOR_PID"
	await 60 is_gone "$COLLECTOR_PID"
	has_control "$CORES"/core*
	no_clients "core file of the collector" "$CORES"/core*
	rm -f "$CORES"/core*
	echo "collector: a core file without any address of a client"
fi
unset COLLECTOR_PID
# a replay that stops in the middle of its capture, since the collector takes no records
"$PYTHON" "$E2E/privacy_traffic.py" write "$T/long.pcap" 20000
serve
kill -STOP "$COLLECTOR_PID"
start dataplane "$BUILD/dataplane/lookback-dataplane" "${DATAPLANE_OPTIONS[@]}" -o sandbox=no -o table.records=1000 -o flood.names=0 \
	-o flush.records=10 --no-huge --replay "$T/long.pcap"
DATAPLANE_PID=$PID
is_inside() { # the capture: it is open, and the file's position no longer changes
	local before=${position-}
	position=$(awk -v RS= '{ print $2 }' "/proc/$DATAPLANE_PID/fdinfo/$(find "/proc/$DATAPLANE_PID/fd" -lname "$T/long.pcap" -printf '%f\n' | head -n 1)")
	sleep 0.3
	[ "$position" -gt 100000 ] && [ "$position" = "$before" ]
}
await 60 is_inside
dump_both replay "$DATAPLANE_PID" 6
kill -CONT "$COLLECTOR_PID"
# With the sandbox another user runs it, and the kernel writes no core file.
if kernel_dumps && [ "$(cat /proc/sys/fs/suid_dumpable)" = 0 ]; then
	serve
	listen
	if ! grep -qE '^Uid:[[:space:]]+0' "/proc/$DATAPLANE_PID/status"; then
		kill -ABRT "$DATAPLANE_PID"
		await 20 is_gone "$DATAPLANE_PID"
		[ -z "$(find "$CORES" -type f -name 'core*')" ] || fail "a core file although the user was changed"
		echo "sandbox: no core file"
	fi
fi
