#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Random subdomains between real answers: the real ones arrive exactly, of the random ones a bounded number does, the
# others are counted as *.ZONE with an estimate of their number, and nothing is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

NAMES=2000 # flood.names
timeout 60 "$ROOT/tests/tools/make_capture.py" --responses 4000 --names 2000 "$T/real.pcap" "$T/real.tsv"
redis_up

flood() { # names, dataplane's options
	local count=$1
	shift
	timeout 100 "$ROOT/tests/tools/flood_capture.py" subdomains "$count" "$T/real.pcap" "$T/flood.pcap"
	redis flushall > /dev/null
	rm -f "$SOCKET"
	collector_up --once
	dataplane --replay "$T/flood.pcap" --json -o table.records=20000 -o flood.interval=3600 "$@" ||
		fail "$count names: the replay failed"
	await 60 is_gone "$COLLECTOR_PID"
}

# The keys of Redis against the golden records, and against what was sent of the flood.
check() { # names sent, let in at most a zone, collapsed at least
	timeout 100 "$PYTHON" - "$REDIS" "$T/real.tsv" "$T/dataplane.log" "$@" <<- 'END' || fail "see above"
	import json, sys
	import redis
	r = redis.Redis(unix_socket_path=sys.argv[1], decode_responses=True)
	sent, most, least = map(int, sys.argv[4:])
	wrong = 0
	for line in open(sys.argv[2]):
	    name, rdtype, rdata, count, first, last = line.rstrip("\n").split("\t")
	    member = f"{rdtype} {rdata}"
	    have = [r.zscore(f"pdns:{key}:{name}", member) for key in ("count", "first", "name")]
	    wrong += have != [float(count), float(first), float(last)]
	if wrong:
	    sys.exit(f"{wrong} real records differ")
	counters = json.loads([line for line in open(sys.argv[3]) if line.startswith("{")][-1])
	stars = total = 0
	for i in range(4):
	    zone = f"victim{i}.net"
	    names = r.zrange(f"pdns:zone:{zone}", 0, -1)
	    own = [name for name in names if name != f"*.{zone}"]
	    if len(own) > most or (least and not own):
	        sys.exit(f"{zone}: found {len(own)} names, expected at most {most}")
	    star = sum(score for _, score in r.zrange(f"pdns:count:*.{zone}", 0, -1, withscores=True))
	    stars += star
	    total += star + sum(score for name in own for _, score in r.zrange(f"pdns:count:{name}", 0, -1, withscores=True))
	    estimate = r.zscore("pdns:flood:names", zone) or 0
	    if abs(estimate - star) > star * 0.12:
	        sys.exit(f"{zone}: about {estimate} different names, expected about {star}")
	    if (r.zscore("pdns:flood", zone) is None) != (star == 0):
	        sys.exit(f"{zone}: pdns:flood does not tell")
	if total != sent:
	    sys.exit(f"found {total} sightings of random names, expected {sent}")
	if stars != counters["flood_collapsed"] or stars < least:
	    sys.exit(f"found {stars} as *.ZONE, {counters['flood_collapsed']} in the counters, expected at least {least}")
	print(f"{sent} random names: {int(stars)} of them as *.ZONE, {r.dbsize()} keys")
	END
}

for count in 40000 400000; do
	flood "$count" -o flood.names=$NAMES
	check "$count" $NAMES $((count - 4 * NAMES))
	grep -q 'flood: victim0.net: found more than 2000 new names' "$T/dataplane.log" || fail "no word of the flood in the log"
	grep -q 'different new names counted as \*.victim0.net' "$T/dataplane.log" || fail "no figures of the flood in the log"
done

flood 40000 -o flood.names=0 -o table.records=100000
check 40000 40000 0
