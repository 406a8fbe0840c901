#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every bundled capture against its golden records: one worker, two, without huge pages, and through net_pcap.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
captures=("$DATA"/*.pcap "$DATA"/*.pcapng)
export RUNTIME_DIRECTORY=$T/runtime # where DPDK has its own files, otherwise in /run
mkdir "$RUNTIME_DIRECTORY"
golden() { printf '%s.tsv' "${1%.pcap*}"; }

# One by one, where a fault shows best: in a build with sanitizers.
[[ $BUILD == "$ROOT/build" ]] || for capture in "${captures[@]}"; do
	replay --replay "$capture" --no-huge
	compare "$(golden "$capture")"
	[ "$(redis exists pdns:seq)" = 0 ] || fail "$capture: its sequence number was left in pdns:seq"
done

# All at once: counts add up over files, whatever the number of workers, also where a file holds the TCP connection of another
# one again.
all=()
goldens=()
for capture in "${captures[@]}"; do
	all+=(--replay "$capture")
	goldens+=("$(golden "$capture")")
done
for workers in 1 2 4; do
	replay "${all[@]}" -o "workers=$workers"
	compare "${goldens[@]}"
	printf 'all of them at once agree with %d workers\n' "$workers"
done

# DPDK's own reader of captures: Ethernet, microseconds.
for name in services vlan tcp geneve ipv6; do
	replay --vdev "net_pcap0,rx_pcap=$DATA/$name.pcap"
	compare "$DATA/$name.tsv"
done
replay --vdev "net_pcap0,rx_pcap=$DATA/services.pcap,rx_pcap=$DATA/vlan.pcap" -o workers=2
compare "$DATA/services.tsv" "$DATA/vlan.tsv"
printf 'net_pcap agrees\n'

replay --replay "$DATA/vlan.pcap" --no-huge -o workers=2
compare "$DATA/vlan.tsv"
[ -d "$RUNTIME_DIRECTORY/dpdk" ] && [ -z "$(ls -A "$RUNTIME_DIRECTORY/dpdk")" ] ||
	fail "files of DPDK were left: $(cd "$RUNTIME_DIRECTORY" && find . | head -n 5)"
printf 'nothing is left behind\n'
