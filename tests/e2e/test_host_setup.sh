#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# scripts/host-setup on a tree of files in place of /sys and /proc: it reports, and changes nothing without --apply.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

card=0000:3b:00.0
sys=$T/sys proc=$T/proc device=$T/sys/bus/pci/devices/$card
mkdir -p "$device/net/eth9" "$sys/bus/pci/drivers/ixgbe" "$sys/bus/pci/drivers/vfio-pci" "$sys/kernel/iommu_groups/7" \
	"$sys/devices/system/cpu" "$sys/class/net/eth9" "$proc/sys/vm"
ln -s "$sys/bus/pci/drivers/ixgbe" "$device/driver"
echo 0x020000 > "$device/class"
echo 1 > "$device/numa_node"
echo up > "$sys/class/net/eth9/operstate"
: > "$device/driver_override"
: > "$sys/bus/pci/drivers_probe"
echo 2-3 > "$sys/devices/system/cpu/isolated"
printf 'HugePages_Total: 8\nHugePages_Free: 5\nHugepagesize: 2048 kB\n' > "$proc/meminfo"
printf 'none /dev/hugepages hugetlbfs rw 0 0\n' > "$proc/mounts"
echo 8 > "$proc/sys/vm/nr_hugepages"
setup() { HOST_SETUP_SYS=$sys HOST_SETUP_PROC=$proc HOST_SETUP_STATE=$T/state timeout 20 "$ROOT/scripts/host-setup" "$@" > "$T/setup.log" 2>&1; }
says() { grep -q -- "$1" "$T/setup.log" || fail "host-setup does not say '$1'"; }
all_files() { find "$sys" "$proc" -type f -exec sha256sum {} + | sort; }

before=$(all_files)
setup
says 'huge pages    5 of 8 free'
says 'hugetlbfs     /dev/hugepages'
says 'IOMMU         1 groups'
says 'isolated CPUs 2-3'
says "card          $card driver ixgbe, NUMA node 1, interface eth9"
! setup --bind $card || fail "gave away a card whose interface is up"
says 'its interface eth9 is up'
echo down > "$sys/class/net/eth9/operstate"
before=$(all_files)
setup --huge-pages 64 --bind $card
says 'would  reserve 64 huge pages'
says "would  bind $card to vfio-pci instead of ixgbe"
[ "$before" = "$(all_files)" ] || fail "something was changed without --apply"

setup --huge-pages 64 --bind $card --apply
[ "$(cat "$proc/sys/vm/nr_hugepages")" = 64 ] || fail "huge pages were not reserved"
says 'huge pages: found 8, expected 64' # the tree does not act upon it
[ "$(cat "$device/driver_override")" = vfio-pci ] || fail "the driver was not named"
[ "$(cat "$sys/bus/pci/drivers/ixgbe/unbind")" = $card ] || fail "the card was not taken from its driver"
[ "$(cat "$sys/bus/pci/drivers_probe")" = $card ] || fail "the card was not offered again"
setup --unbind $card --apply
says "done   bind $card to ixgbe"
[ -z "$(cat "$device/driver_override")" ] || fail "the driver's name stayed"
! setup --unbind $card || fail "unbound a card that it knows nothing of"
! setup --bind 0000:00:1f.9 || fail "took a bad address"
! setup --huge-pages many || fail "took a bad number"

# As lookback-host.service runs it: cards of the setting port, pages that are missing.
mkdir -p "$sys/kernel/iommu_groups/7" "$T/vfio"
ln -s "$sys/kernel/iommu_groups/7" "$device/iommu_group"
: > "$T/vfio/7"
chmod 600 "$T/vfio/7"
: > "$device/driver_override"
printf '#!/bin/sh\necho "workers = 1    # default"\necho "port = %s,iavf_option=1    # lookback.conf:3"\n' $card > "$T/dataplane"
chmod +x "$T/dataplane"
export HOST_SETUP_DATAPLANE=$T/dataplane HOST_SETUP_VFIO=$T/vfio HOST_SETUP_GROUP
HOST_SETUP_GROUP=$(id -gn)
echo 8 > "$proc/sys/vm/nr_hugepages"
setup --huge-pages 5 --raise --ports --apply || fail "--ports: $(tail -n 1 "$T/setup.log")"
[ "$(cat "$device/driver_override")" = vfio-pci ] || fail "--ports: the card of the setting port was not bound"
[ "$(stat -c %a "$T/vfio/7")" = 660 ] || fail "--ports: the group has no access to the card"
[ "$(cat "$proc/sys/vm/nr_hugepages")" = 8 ] || fail "--raise: changed huge pages although enough are free"
setup --huge-pages 9 --raise --apply
[ "$(cat "$proc/sys/vm/nr_hugepages")" = 12 ] || fail "--raise: found $(cat "$proc/sys/vm/nr_hugepages") pages, expected 12, 9 of them free"
printf '#!/bin/sh\nexit 2\n' > "$T/dataplane"
! setup --ports || fail "--ports: success with wrong settings"
says 'the settings are wrong'
echo "told, asked, done and undone"
