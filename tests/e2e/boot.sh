# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# A Debian tree booted with systemd in a container (systemd-nspawn) that has a network of its own, without a way out. A test sources this
# after lib.sh. Root.
#
#     boot_obstacle               skips the test if this machine cannot have such a container
#     tree_do FUNCTION WORD…      a function of scripts/lib-chroot.sh
#     boot TREE                   boots it; stops it at the end of the test. Sets LEADER: its systemd
#     inside COMMAND…             a command in the container, as root
#     net COMMAND…                a command of this machine in the network of the container
#     prop, is_state, says, …     what systemd knows of a unit

PATH_INSIDE=/usr/sbin:/usr/bin:/sbin:/bin

boot_obstacle() {
	local program
	(. "$ROOT/scripts/lib.sh" && . "$ROOT/scripts/lib-chroot.sh" && root_obstacle) > "$T/obstacle"
	[ ! -s "$T/obstacle" ] || skip "$(cat "$T/obstacle")"
	for program in systemd-nspawn debootstrap nsenter; do command -v "$program" > /dev/null || skip "$program is not installed"; done
}
tree_do() { bash -c '. "$0/scripts/lib.sh"; . "$0/scripts/lib-chroot.sh"; "$@"' "$ROOT" "$@"; }

inside() { timeout 120 nsenter -t "$LEADER" -a env -i PATH="$PATH_INSIDE" LC_ALL=C.UTF-8 HOME=/root "$@"; }
net() { nsenter -t "$LEADER" -n "$@"; }
has_leader() { LEADER=$(pgrep -P "$NSPAWN" -x systemd | head -n 1) && [ -n "$LEADER" ]; } # not a child that only sets up the container
has_booted() { [[ $(inside systemctl is-system-running) =~ ^(running|degraded)$ ]]; }     # its exit status is 1 if a unit of the container failed
boot() { # tree
	export SYSTEMD_NSPAWN_UNIFIED_HIERARCHY=1 SYSTEMD_NSPAWN_API_VFS_WRITABLE=yes
	start nspawn systemd-nspawn --quiet --register=no --keep-unit --machine="lookback-$$" --directory="$1" --private-network --capability=all \
		--system-call-filter=@known --console=pipe --boot
	NSPAWN=$PID
	CLEAN_UP+=('kill -KILL $(pgrep -P "$NSPAWN")') # the container would go on without systemd-nspawn
	await 20 has_leader
	for _ in {1..100}; do
		! has_booted 2> /dev/null || break
		is_alive "$NSPAWN" || skip "systemd does not boot in a container here: $(tail -n 1 "$T/nspawn.log")"
		sleep 0.2
	done
	has_booted || skip "systemd does not boot in a container here: $(tail -n 1 "$T/nspawn.log")"
	# DPDK looks into /sys/module, which a container with a network of its own does not have.
	inside sh -c '[ -e /sys/module ] || { mount -o remount,rw /sys && mkdir /sys/module && mount -t sysfs sysfs /mnt && mount --bind /mnt/module /sys/module; }' ||
		fail "no /sys/module"
	echo "systemd: $(inside systemctl --version | head -n 1), booted"
	CLEAN_UP+=(show_units)
}

prop() { inside systemctl show -P "$2" "$1"; } # unit, property
is_state() { [ "$(prop "$1" ActiveState)" = "$2" ]; }
says() { prop "$1" StatusText | grep -q -- "$2"; } # unit, text
main_of() { prop "$1" MainPID; }
restarted() { [ "$(prop "$1" NRestarts)" -gt "$2" ] && is_state "$1" active; }
# The exposure that systemd-analyze finds is at most this.
check_exposure() { # unit, limit
	local level
	level=$(inside systemd-analyze security --no-pager "$1" | sed -n 's/.*Overall exposure level for .*: \([0-9.]*\).*/\1/p')
	awk -v level="$level" -v limit="$2" 'BEGIN { exit !(level != "" && level <= limit) }' || fail "$1: found an exposure of $level, expected at most $2"
	echo "$1: exposure $level"
}
# shellcheck disable=SC2317  # called by the trap
show_units() {
	inside journalctl -q --no-pager -n 60 -u 'lookback*' -o short-precise > "$T/journal.log" 2>&1
	inside systemctl --no-pager status 'lookback*' > "$T/status.log" 2>&1
}
