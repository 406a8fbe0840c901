#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command of the operator's guide (docs/guide/) works, with the paths, ports and interface names in it, on real processes in namespaces.
# PAGES="NAME…" runs some pages only.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in jq tcpdump ethtool; do
	command -v "$program" > /dev/null || skip "$program is not installed"
done
[ -e "$BUILD/docs/lookback.conf" ] || skip "no $BUILD/docs/lookback.conf"
export BUILD ROOT E2E PYTHON
mkdir "$T/over"

# A sensor with a mirror port (eth1, eth2) and an address of its own (eth0), and a peer that sends.
name_spaces peer sensor
for end in eth0 eth1 eth2; do
	ip -n "$id-peer" link add "p-$end" type veth peer name "$end" netns "$id-sensor"
	for at in "peer:p-$end" "sensor:$end"; do
		in_ns "${at%:*}" sysctl -qw "net.ipv6.conf.${at#*:}.disable_ipv6=1" 2> /dev/null || true
		in_ns "${at%:*}" ip link set "${at#*:}" up
	done
done
in_ns sensor ip addr add 192.0.2.53/24 dev eth0
start traffic ip netns exec "$id-peer" "$PYTHON" "$E2E/guide_traffic.py" p-eth0 p-eth1

machine() { # page
	timeout --kill-after 5 300 ip netns exec "$id-sensor" unshare --mount --pid --fork --kill-child --mount-proc --propagation private \
		bash "$E2E/guide_machine.sh" "$T/over" "$1"
}
# shellcheck disable=SC2016  # expanded by that shell
in_ns sensor unshare --mount bash -c 'mount -t tmpfs t "$1" && mkdir "$1/up" "$1/work" &&
	mount -t overlay t -o "lowerdir=/etc,upperdir=$1/up,workdir=$1/work" /etc' - "$T/over" 2> "$T/overlay.log" ||
	skip "no overlay mounts here: $(cat "$T/overlay.log")"
for page in "$ROOT"/docs/guide/*.md; do
	name=$(basename "$page" .md)
	[ -z "${PAGES-}" ] || [[ " $PAGES " == *" $name "* ]] || continue
	machine "$page" > "$T/$name.out" 2>&1 || { cat "$T/$name.out"; fail "docs/guide/$name.md: $(grep -a FAILED "$T/$name.out" | tail -n 1)"; }
	tail -n 1 "$T/$name.out"
done
printf 'run by other tests:\n%s\n' "$("$PYTHON" "$E2E/guide_page.py" --list "$ROOT"/docs/guide/*.md)"
