#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Huge pages that others take, before the dataplane counts them and after: it goes on in ordinary pages and says so. The log, --check
# and scripts/host-setup tell one number, and that many suffice.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'takes root, for a mount of its own'
info() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }
[ "$(info Hugepagesize)" = 2048 ] && [ $(($(info HugePages_Free) - $(info HugePages_Rsvd))) -ge 700 ] || skip "fewer than 700 huge pages of 2 MiB are free"

"$ROOT/tests/tools/make_capture.py" --responses 2000 --names 500 "$T/real.pcap" "$T/real.tsv"
redis_up --appendonly no
settings=(-o table.records=2000000 -o workers=2 -o match=prefer)
wanted=$("$BUILD/dataplane/lookback-dataplane" --check "${settings[@]}" 2> /dev/null | sed -n 's/^.*huge pages: .* \([0-9]*\) are needed.*/\1/p')
[ "$wanted" -gt 100 ] || fail "--check tells no number"

# Another program has all but so many, without having touched them: `HugePages_Free` does not tell that.
take_all_but() { # pages
	start hog "$PYTHON" -c '
import mmap, sys
info = dict(line.split()[:2] for line in open("/proc/meminfo"))
pages = int(info["HugePages_Free:"]) - int(info["HugePages_Rsvd:"]) - int(sys.argv[1])
held = mmap.mmap(-1, pages * (2 << 20), flags=mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | 0x40000)
open(sys.argv[2], "w").close()
sys.stdin = open("/dev/null")
import time; time.sleep(60)' "$1" "$T/taken"
	HOG=$PID
	await 10 test -e "$T/taken"
}
give_back() {
	kill "$HOG"
	await 10 is_gone "$HOG"
	rm "$T/taken"
}
run() { # what it is; a program before the dataplane
	local what=$1 status=0
	shift
	redis flushall > /dev/null
	collector_up --once
	timeout 60 "$@" "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$SOCKET" "${settings[@]}" -o tcp.flows=4096 \
		-o tcp.memory=16m --replay "$T/real.pcap" < /dev/null > "$T/dataplane.log" 2>&1 || status=$?
	[ $status = 0 ] || fail "$what: the dataplane ended with status $status"
	await 20 is_gone "$COLLECTOR_PID"
	compare "$T/real.tsv"
	printf '%s: %s\n' "$what" "$(grep -m 1 'records each' "$T/dataplane.log")"
}
says() { grep -q -- "$1" "$T/dataplane.log" || fail "it does not say '$1': $(cat "$T/dataplane.log")"; }

take_all_but "$wanted"
run 'as many as are needed'
give_back
says 'in huge pages'
! grep -q "warning.*huge" "$T/dataplane.log" || fail "it complains: $(cat "$T/dataplane.log")"

take_all_but $((wanted - 200))
run 'too few for all tables'
give_back
says 'warning: huge pages: too few were left for the tables of 1 of 2 workers'
says 'in ordinary pages'

take_all_but 5
run 'promised to others'
says "huge pages: found 5 free of 2 MiB, expected $wanted"
says 'in ordinary pages'
# the same, but they went after they were counted
sed -E 's/^(HugePages_(Free|Total): *).*/\12000/; s/^(HugePages_Rsvd: *).*/\10/' /proc/meminfo > "$T/meminfo"
# shellcheck disable=SC2016
run 'taken after they were counted' unshare -m bash -c 'mount --bind "$0" /proc/meminfo && exec "$@"' "$T/meminfo"
give_back
says 'huge pages: taken by others since they were counted'
says 'in ordinary pages'

HOST_SETUP_DATAPLANE=$BUILD/dataplane/lookback-dataplane "$ROOT/scripts/host-setup" --huge-pages auto > "$T/setup.log" 2>&1 || fail "host-setup: $(cat "$T/setup.log")"
expected=$("$BUILD/dataplane/lookback-dataplane" --check 2> /dev/null | sed -n 's/^.*huge pages: .* \([0-9]*\) are needed.*/\1/p')
grep -q "reserve $expected huge pages" "$T/setup.log" || fail "host-setup does not tell $expected: $(cat "$T/setup.log")"
printf 'one number: %s\n' "$expected"
