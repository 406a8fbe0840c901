#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A million first fragments, a million connections that never end, as many queries that are never answered, each alone and
# all together: memory stays flat, real answers in the same traffic arrive, in fragments and with match = require too, the
# accounts hold (the dataplane checks them itself at its end).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 60 "$ROOT/tests/tools/make_capture.py" --responses 2000 --names 1500 "$T/real.pcap" "$T/real.tsv"
redis_up

# Replays and prints the most memory that the dataplane held, in KiB.
peak_of() { # capture, dataplane's arguments
	local capture=$1
	shift
	redis flushall > /dev/null
	collector_up --once
	timeout 200 "$PYTHON" - "$BUILD/dataplane/lookback-dataplane" --replay "$capture" --summary --no-huge -o table.records=20000 \
		-o collector.socket="$SOCKET" "$@" 2> "$T/dataplane.log" <<- 'END'
	import resource, subprocess, sys
	status = subprocess.run(sys.argv[1:], stdout=sys.stderr).returncode
	print(resource.getrusage(resource.RUSAGE_CHILDREN).ru_maxrss)
	sys.exit(status)
	END
}

for kind in fragments tcp queries mixed; do
	peaks=() match=off
	case $kind in queries | mixed) match=require ;; esac
	for count in 200000 1000000; do
		timeout 100 "$ROOT/tests/tools/flood_capture.py" "$kind" "$count" "$T/real.pcap" "$T/flood.pcap"
		peak=$(peak_of "$T/flood.pcap" -o "match=$match" -o match.size=65536) || fail "$kind $count: the replay failed"
		peaks+=("$peak")
		compare "$T/real.tsv"
	done
	printf '%s: %s KiB at two hundred thousand, %s KiB at a million\n' "$kind" "${peaks[@]}"
	# what is allotted is touched by then; a leak of ten octets each would be seen
	[ "${peaks[1]}" -lt $((peaks[0] + peaks[0] / 20 + 10000)) ] || fail "$kind: memory grew from ${peaks[0]} to ${peaks[1]} KiB"
done
