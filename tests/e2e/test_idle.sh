#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A worker without packets: with idle = sleep it takes next to nothing of its core and wakes with a packet, through AF_XDP
# and AF_PACKET; with idle = poll it takes all of it.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

name_spaces peer sensor
veth_between peer sensor
redis_up --appendonly no
collector_up

listen() { # settings…
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" \
		-o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 --iface s0 "$@"
	DATAPLANE=${CHILDREN[-1]}
	DATAPLANE_PID=$PID
	await 30 grep -q 'records each' "$T/dataplane.log"
}
end() {
	local status=0
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "the dataplane ended with status $status"
}
ticks() { awk '{ print $14 + $15 }' "/proc/$DATAPLANE_PID/stat"; }
percent_of_core() { # of so many seconds
	local before
	before=$(ticks)
	sleep "$1"
	echo $((($(ticks) - before) * 100 / ($1 * $(getconf CLK_TCK))))
}
wake_time() { # how; sets median
	local telemetry
	telemetry=$(find /run/dpdk /var/run/dpdk "${XDG_RUNTIME_DIR:-/run/dpdk}/dpdk" -name 'dpdk_telemetry.v2*' \
		-path "*/lookback_$DATAPLANE_PID/*" 2> /dev/null | head -n 1 || true)
	[ -n "$telemetry" ] || fail "no telemetry socket"
	in_ns peer timeout 60 "$PYTHON" "$E2E/wake_time.py" "$telemetry" p0 100 > "$T/wake" || fail "$1: $(cat "$T/wake")"
	read -r median longest < "$T/wake"
	printf '%s: a packet is taken after %s us (median), at most %s us\n' "$1" "$median" "$longest"
}

for program in steer off; do
	listen -o idle=sleep -o "xdp.program=$program"
	how=$(sed -n 's/.*capturing through \(AF_[A-Z]*\).*/\1/p' "$T/dataplane.log")
	sleep 1
	percent=$(percent_of_core 3)
	echo "$how, idle=sleep: $percent % of a core"
	[ "$percent" -lt 5 ] || fail "$how: idle, it takes $percent % of a core"
	wake_time "$how"
	# one that naps is late by half a nap; the longest is the machine's, which has other work
	[ "$median" -lt 1000 ] || fail "$how: it wakes only after $median us"
	end
done

# one that polls is only taken off its core, and never goes by itself
worker_slept() { # sleeps of the thread that has worked most
	local thread
	thread=$(awk '{ print $14 + $15, FILENAME }' "/proc/$DATAPLANE_PID"/task/*/stat | sort -n | tail -n 1 | cut -d ' ' -f 2)
	awk '/^voluntary_ctxt_switches/ { print $2 }' "${thread%stat}status"
}
listen -o idle=poll
sleep 0.5
before=$(worker_slept)
percent=$(percent_of_core 2)
slept=$(($(worker_slept) - before))
echo "idle=poll: $percent % of a core, slept $slept times"
[ "$percent" -ge 10 ] || fail "idle=poll: it takes only $percent % of a core" # others may want the core too
[ "$slept" -lt 20 ] || fail "idle=poll: it slept $slept times in 2 s"
wake_time poll
end
