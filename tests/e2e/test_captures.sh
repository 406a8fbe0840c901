#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Captures as other tools, full disks and rotation leave them: read as far as they can be believed, the rest counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
redis_up --appendonly no
"$PYTHON" "$E2E/odd_captures.py" "$T/odd"
export RUNTIME_DIRECTORY=$T/runtime
mkdir "$RUNTIME_DIRECTORY"

take() { replay --no-huge --json "$@"; }
counted() { # field, number
	local found
	found=$(grep '^{' "$T/dataplane.log" | jq ".$1")
	[ "$found" = "$2" ] || fail "$1: found $found, expected $2: $(cat "$T/dataplane.log")"
}
said() { grep -qE -- "$1" "$T/dataplane.log" || fail "expected /$1/, found: $(cat "$T/dataplane.log")"; }
# Redis has these names alone.
holds() {
	local found
	found=$(redis --raw --scan --pattern 'pdns:name:*' | sed 's/^pdns:name://' | sort | xargs)
	[ "$found" = "$(printf '%s\n' "$@" | sort | xargs)" ] || fail "found $found, expected $*"
}
last_seen() { redis --raw zscore "pdns:name:$1" "A 203.0.113.1"; }
refused() { # pattern, dataplane's arguments
	local pattern=$1 status=0
	shift
	dataplane --no-huge "$@" || status=$?
	[ $status = 1 ] || fail "$*: status $status"
	said "$pattern"
}

# longer than the snapshot length of the file
take --replay "$T/odd/long"
holds a{0..3}.long.example
counted rr_taken 720
counted pkt_snapped 0
for i in 0 1 2 3; do
	[ "$(redis --raw zscore "pdns:count:a$i.long.example" "A 203.0.113.20")" = 9 ] || fail "a$i: not of each file"
done
take --replay "$T/odd/segment.pcap"
counted dns_taken 600
refused 'segment\.pcap: found packets longer than its snapshot length, which net_pcap cannot read' \
	--vdev "net_pcap0,rx_pcap=$T/odd/segment.pcap"
echo "packets longer than the snapshot length are read"

# cut when they were captured
take --replay "$T/odd/cut/udp.pcap" --replay "$T/odd/cut/udp.pcapng"
holds whole.cut.example
counted pkt_snapped 8
counted dns_snapped 6
counted dns_malformed 0
counted pkt_short 0
take --replay "$T/odd/cut/tcp.pcap"
holds t0.cut.example
counted pkt_snapped 1
counted tcp_cut 1
take --replay "$T/odd/cut/fragment.pcap"
holds
counted pkt_snapped 1
counted pkt_fragment 1
replay --no-huge --summary --replay "$T/odd/cut/udp.pcap"
said '^hint .*4 packets were truncated at capture; .*tcpdump -s 0'
take --replay "$T/odd/lying.pcap"
counted pkt_snapped 0
counted dns_malformed 1
echo "packets cut when they were captured have a reason of their own"

# times
take --replay "$T/odd/time"
holds us1.time.example us2.time.example ns.time.example be.time.example last.time.example
for name in us1 us2 ns be; do
	[ "$(last_seen $name.time.example)" = 1700000000 ] || fail "$name: last seen $(last_seen $name.time.example)"
done
[ "$(last_seen last.time.example)" = 4294967295 ] || fail "last: last seen $(last_seen last.time.example)"
take --replay "$T/odd/no-time"
holds
counted pkt_no_time 8
replay --no-huge --summary --replay "$T/odd/no-time/far.pcapng"
said '^hint .*1 packets have no valid time'
echo "no time is stored that is none"

# folders
take --replay "$T/odd/rotated" --replay "$T/odd/none/../rotated/dns.pcap"
holds r{0..11}.rotated.example
[ "$(redis --raw zscore pdns:count:r3.rotated.example "A 203.0.113.1")" = 1 ] || fail "a link counts twice"
[ "$(redis --raw zscore pdns:count:r0.rotated.example "A 203.0.113.1")" = 2 ] || fail "a file named besides does not count"
said 'warning: .*/rotated: skipped 6 files: '
for file in 'notes.txt' 'empty.pcap \(empty\)' 'packed.pcap.bz2 \(bzip2\)' 'text.gz \(gzip, of no capture\)' 'latest.pcap \(a link ' '2023/up \(a link '; do
	said "skipped .*$file" || said "skipped .*dns.pcap3 \(a link"
done
take --replay "$T/odd/many"
holds r0.rotated.example
said 'many: skipped 100 files: file000.*, …$'
[ "$(wc -c < "$T/dataplane.log")" -lt 9000 ] || fail "a folder's list is not bounded"
refused 'none: found no capture in this folder' --replay "$T/odd/none"
take --replay "$T/odd/order"
holds t0.cut.example t1.cut.example
chmod 0 "$T/odd/many/dns"
[ "$(id -u)" = 0 ] || refused 'many/dns: Permission denied' --replay "$T/odd/many"
mkdir "$T/odd/mixed"
cp "$T/odd/rotated/dns.pcap" "$T/odd/mixed/sound"
{ head -c 20 "$T/odd/rotated/dns.pcap"; printf '\x69\0\0\0'; tail -c +25 "$T/odd/rotated/dns.pcap"; } > "$T/odd/mixed/wlan"
head -c 10 "$T/odd/rotated/dns.pcap" > "$T/odd/mixed/short"
refused 'mixed/wlan: found link type IEEE802_11 .*replay.damaged=take passes over it' --replay "$T/odd/mixed"
take --replay "$T/odd/mixed" -o replay.damaged=take
holds r0.rotated.example
said 'warning: .*mixed/wlan: found link type IEEE802_11 .*; passed over'
said 'warning: replay: of 3 captures 2 were passed over, 0 are taken up to their damage'
refused 'wlan: found link type' --replay "$T/odd/mixed/wlan" -o replay.damaged=take # named
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
	chmod 0 "$T/odd/mixed/short"
	chmod 755 "$T"
	setpriv --reuid nobody --clear-groups "$BUILD/dataplane/lookback-dataplane" --no-huge -o "collector.socket=$T/none.sock" \
		--replay "$T/odd/mixed" > "$T/dataplane.log" 2>&1 && fail "what cannot be read is passed over unasked"
	said 'error: .*mixed/short: Permission denied; nothing was taken .replay.damaged=take passes over it'
fi
echo "folders are read by what is in them, in the order of time"

# copies
count_is() { # name, count
	[ "$(redis --raw zscore "pdns:count:$1" "A 203.0.113.1")" = "$2" ] || fail "$1: counted $(redis --raw zscore "pdns:count:$1" "A 203.0.113.1") times"
}
take --replay "$T/odd/copies.pcap"
counted pkt_duplicate 0
counted copies_found 7 # of the segments, that with octets
counted copies_compared 15
count_is c0.copy.example 3
count_is f.cut.example 2
replay --no-huge --summary --replay "$T/odd/copies.pcap"
said '^hint .*7 of 15 packets compared came twice within 50 ms, .*dedup = 50'
for workers in 1 2; do
	take --replay "$T/odd/copies.pcap" -o dedup=5 -o "workers=$workers"
	counted pkt_duplicate 7
	counted rx_packets 17
	count_is c0.copy.example 2
	for name in c1.copy c2.copy c3.copy f.cut t0.cut t1.cut; do count_is "$name.example" 1; done
done
take --replay "$T/odd/copies.pcap" -o dedup=1
counted pkt_duplicate 2 # of the fragments
count_is c0.copy.example 3
timeout 60 "$BUILD/dataplane/lookback-dataplane" --check --no-huge --replay "$T/odd/copies.pcap" --replay "$T/odd/cut/udp.pcap" > "$T/dataplane.log" 2>&1 ||
	fail "--check: $(cat "$T/dataplane.log")"
said '^hint .*traffic: 7 of 19 packets compared came twice'
said '^hint .*traffic: 4 packets were truncated .*tcpdump -s 0'
said '^ok .*traffic: 22 packets in .* messages, of which 0 are queries'
timeout 60 "$BUILD/dataplane/lookback-dataplane" --check=0 --no-huge --replay "$T/odd/copies.pcap" > "$T/dataplane.log" 2>&1 || fail "--check=0"
! grep -q 'traffic:' "$T/dataplane.log" || fail "--check=0 looks at packets"
echo "copies are noticed, and left out where that is asked for"

# one direction
replay --no-huge --summary --replay "$T/odd/queries.pcap"
said '^hint .*20 queries and 0 answers were seen: one direction is missing'
replay --no-huge --summary --replay "$T/odd/answers.pcap"
said '^hint .*20 answers and 0 queries were seen: enough for records'
timeout 60 "$BUILD/dataplane/lookback-dataplane" --check --no-huge --replay "$T/odd/queries.pcap" > "$T/dataplane.log" 2>&1 || fail "--check"
said '^hint .*traffic: 20 queries and 0 answers were seen: one direction is missing'
replay --no-huge --summary --replay "$T/odd/answers.pcap" --replay "$T/odd/queries.pcap"
! grep -q '^hint' "$T/dataplane.log" || fail "found: $(grep '^hint' "$T/dataplane.log")"
echo "a direction that is missing is said"

# gzip, zstd, xz
refused 'checksum.pcap.gz: damaged within or after 4 packets: incorrect data check; any packet may be wrong, nothing' --replay "$T/odd/checksum.pcap.gz"
refused 'replay.damaged=take-unverified takes it' --replay "$T/odd/checksum.pcap.gz" -o replay.damaged=take
take --replay "$T/odd/checksum.pcap.gz" -o replay.damaged=take-unverified
holds a{0..3}.long.example
refused 'trailing.pcap.gz: damaged after 4 packets: its gzip data is followed by something else' --replay "$T/odd/trailing.pcap.gz"
take --replay "$T/odd/trailing.pcap.gz" --replay "$T/odd/zeros.pcap.gz" -o replay.damaged=take
holds a{0..3}.long.example
counted dns_taken 8
take --replay "$T/odd/whole.pcap.zst"
holds a{0..3}.long.example
refused 'checksum.pcap.zst: .*checksum; any packet may be wrong, nothing' --replay "$T/odd/checksum.pcap.zst"
refused 'cut.pcap.xz: damaged after [0-9]* packets: its xz data is cut off' --replay "$T/odd/cut.pcap.xz"
# every format: a wrong checksum is not a cut, nor the other way round
for kind in gzip:gz zstd:zst xz:xz lz4:lz4; do
	file=$T/odd/whole.pcap.${kind#*:}
	"${kind%:*}" -qc "$T/odd/long/us" > "$file" 2> /dev/null || "${kind%:*}" -c "$T/odd/long/us" > "$file"
	size=$(stat -c %s "$file")
	head -c $((size - 3)) "$file" > "$T/odd/cut.${kind#*:}"
	refused "cut.${kind#*:}: damaged after [0-9]+ packets: its ${kind%:*} data is cut off; .*replay.damaged=take " --replay "$T/odd/cut.${kind#*:}"
	"$PYTHON" "$E2E/odd_captures.py" --flip "$file" "$T/odd/flipped.${kind#*:}"
	refused "flipped.${kind#*:}: damaged within or after [0-9]+ packets: .*any packet may be wrong" --replay "$T/odd/flipped.${kind#*:}"
done
echo "what a checksum says is wrong is not believed"

# joined
cat "$T/odd/long/us" "$T/odd/long/swapped" "$T/odd/long/ng" "$T/odd/rotated/dns.pcap" > "$T/odd/joined.pcap"
take --replay "$T/odd/joined.pcap"
holds a{0..3}.long.example r0.rotated.example
counted rx_packets 13
cat "$T/odd/long/gzip" "$T/odd/long/gzip-swapped" "$T/odd/long/ng-swapped" > "$T/odd/joined.gz"
take --replay "$T/odd/joined.gz"
holds a{0..3}.long.example
counted rx_packets 12
cat "$T/odd/rotated/dns.pcap" "$T/odd/rotated/dns.pcap1" > "$T/odd/two.pcap"
refused 'two.pcap: found interfaces or sections of several kinds' --vdev "net_pcap0,rx_pcap=$T/odd/two.pcap"
echo "captures that were joined are read to the end"
