#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Replays lose nothing, however small the table is and however long the collector stands still, and the same captures give
# the same result each time, also where tables are full, zones flooded, and streams and fragments given up.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 60 "$ROOT/tests/tools/make_capture.py" --responses 60000 --names 12000 "$T/real.pcap" "$T/real.tsv"
timeout 60 "$ROOT/tests/tools/pressure_capture.py" 40000 "$T/pressure.pcap"

# What a replay hands over, as $T/$1.
sums() { # name, dataplane's arguments
	local name=$1
	shift
	rm -f "$SOCKET"
	start sums "$PYTHON" "$E2E/frame_sums.py" "$SOCKET" "$T/$name" "${STOPPED[@]}"
	local sums=${CHILDREN[-1]}
	await 20 test -S "$SOCKET"
	if [ "${#STOPPED[@]}" = 0 ]; then
		dataplane "$@" || fail "$name: the dataplane ended with status $?"
	else
		dataplane_up "$@"
		local dataplane=${CHILDREN[-1]}
		await 60 test -e "${STOPPED[0]}"
		touch "${STOPPED[1]}"
		wait "$dataplane" || fail "$name: the dataplane ended with status $?"
	fi
	wait "$sums" || fail "$name: no sums"
}
counted() { awk '{ sum += $NF } END { print sum }' "$1"; }
expected=$(cut -f 4 "$T/real.tsv" | awk '{ sum += $1 } END { print sum }')

# A collector that takes nothing until the workers stand still: they wait, with whatever table.
for setting in "1000 1" "5000 2"; do
	read -r records workers <<< "$setting"
	rm -f "$T/stopped" "$T/go"
	STOPPED=("$T/stopped" "$T/go")
	sums "held-$workers" --replay "$T/real.pcap" --no-huge -o "table.records=$records" -o "workers=$workers" -o flood.names=0
	found=$(counted "$T/held-$workers")
	[ "$found" = "$expected" ] || fail "$records records, $workers workers: $found of $expected sightings arrived"
done
STOPPED=()
cmp "$T/held-1" "$T/held-2" || fail 'another result with another table'
printf 'nothing is lost while the collector stands still\n'

# Everything that a limit decides is decided by the packets.
for workers in 1 4; do
	for run in 1 2 3; do
		sums "pressure-$run" --replay "$T/pressure.pcap" --replay "$T/pressure.pcap" --no-huge --json -o table.records=1500 \
			-o "workers=$workers" -o match=require -o match.size=32 -o match.timeout=10 -o flood.names=30 \
			-o flood.interval=60 -o tcp.flows=64 -o tcp.timeout=60 -o frag.datagrams=16 -o "flush.interval=$((run % 2 + 1))"
		[ "$run" = 1 ] || cmp "$T/pressure-1" "$T/pressure-$run" || fail "$workers workers: run $run differs from the first one"
	done
	grep -q ' 2 [0-9]* [0-9]* [0-9]*$' "$T/pressure-1" || fail "$workers workers: no flood was reported"
	"$PYTHON" - "$T/dataplane.log" <<- 'END' || fail "$workers workers: no pressure"
	import json, sys
	counters = json.loads([line for line in open(sys.argv[1]) if line.startswith("{")][0])
	idle = [name for name in ("table_evicted", "match_evicted", "match_expired", "dns_unmatched", "tcp_evicted", "tcp_expired",
	                          "tcp_gap", "frag_expired", "frag_evicted", "flood_collapsed") if counters[name] == 0]
	sys.exit(f"nothing counted as {idle}" if idle else 0)
	END
done
printf 'the same captures give the same result\n'

# All captures three times in one command: time goes back and on with each.
all=()
for _ in 1 2 3; do
	for capture in "$DATA"/*.pcap "$DATA"/*.pcapng; do all+=(--replay "$capture"); done
done
for run in 1 2 3; do
	sums "all-$run" "${all[@]}" --no-huge -o workers=$((1 << run % 3))
	[ "$run" = 1 ] || cmp "$T/all-1" "$T/all-$run" || fail "all captures three times: run $run differs from the first one"
done
printf 'so do all captures at once, three times over\n'
