#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The services under a systemd that has booted, in a container: start, state, credentials, Redis's socket, live capture, reload, restart,
# watchdog, wrong settings, hardening.
#
#     BOOT_RELEASE    release of the container; by default that of this machine
#     BOOT_DEBS       folder of packages (scripts/package) to install there; by default `meson install` of $BUILD
#     BOOT_KEEP       folder of the tree, which is then kept and used again
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"
# shellcheck source=tests/e2e/boot.sh
. "$E2E/boot.sh"
boot_obstacle

release=${BOOT_RELEASE:-$(. /etc/os-release && echo "$VERSION_CODENAME")}
tree=${BOOT_KEEP:-$T/tree}

# the tree ───────────────────────────────────────────────────────────────────────────────────
# The packages of the libraries that the programs use.
library_packages() {
	ldd "$BUILD"/collector/lookback-collector "$BUILD"/collector/lookback "$BUILD"/dataplane/lookback-dataplane | awk '/=> \// { print $3 }' | sort -u |
		while read -r library; do dpkg -S "*/$(basename "$(realpath "$library")")" 2> /dev/null | cut -d: -f1; done | sort -u
}
if [ ! -e "$tree/etc/os-release" ]; then
	base=(systemd systemd-sysv dbus redis-server iproute2 procps)
	if [ -n "${BOOT_DEBS-}" ]; then
		tree_do root_make "$release" "$tree" "${base[@]}" > "$T/tree.log" 2>&1 || fail "no tree of $release"
		mkdir "$tree/debs"
		cp "$BOOT_DEBS"/*.deb "$tree/debs"
		# shellcheck disable=SC2016  # expanded in the tree
		tree_do root_run "$tree" sh -c 'apt-get install -y -q /debs/*.deb' > "$T/tree.log" 2>&1 || fail "the packages cannot be installed"
	else
		mapfile -t -O ${#base[@]} base < <(library_packages)
		tree_do root_make "$release" "$tree" publicsuffix "${base[@]}" > "$T/tree.log" 2>&1 || fail "no tree of $release"
	fi
	rm -f "$tree/usr/sbin/policy-rc.d"
	[ -n "${BOOT_KEEP-}" ] || CLEAN_UP+=("rm -rf --one-file-system '$tree'")
fi
[ -n "${BOOT_DEBS-}" ] || DESTDIR=$tree meson install -C "$BUILD" --no-rebuild --quiet > "$T/install.log" 2>&1 || fail "meson install fails"
bin=$tree/usr/local/bin
[ -z "${BOOT_DEBS-}" ] || bin=$tree/usr/bin
[ -x "$bin/lookback-collector" ] || fail "no $bin/lookback-collector"
bin=${bin#"$tree"}

PATH_INSIDE=$bin:/usr/sbin:/usr/bin:/sbin:/bin
boot "$tree"
# systemctl's exit status is that of the reload.
reload() { # unit, 0 or 1, line of the log
	local status=0
	inside systemctl reload "$1" > "$T/reload.log" 2>&1 || status=1
	[ "$status" = "$2" ] || fail "systemctl reload $1: found exit status $status, expected $2: $(cat "$T/reload.log")"
	inside journalctl -q -u "$1" -n 20 -o cat > "$T/journal.log"
	grep -q -- "$3" "$T/journal.log" || fail "the log of $1 does not say '$3'"
	is_state "$1" active || fail "$1 is $(prop "$1" ActiveState) after a reload"
}
collector=lookback-collector.service dataplane=lookback-dataplane.service

# the user, Redis as Debian ships it with a socket and a password, credentials ─────────────────
inside systemd-sysusers
inside systemd-tmpfiles --create lookback.conf
inside id lookback > "$T/id.log"
grep -q '(redis)' "$T/id.log" || fail "the user is no member of the group redis: $(cat "$T/id.log")"
sed -i '/^requirepass\|^unixsocket/d' "$tree/etc/redis/redis.conf"
printf 'unixsocket /run/redis/redis-server.sock\nunixsocketperm 770\nrequirepass correct-horse\n' >> "$tree/etc/redis/redis.conf"
inside systemctl restart redis-server
inside install -d -m 700 /etc/credstore
echo correct-horse > "$tree/etc/credstore/redis-password"
chmod 600 "$tree/etc/credstore/redis-password"
mkdir -p "$tree/etc/lookback"
config() { # further lines
	printf '%s\n' 'redis = unix:/run/redis/redis-server.sock' 'flush.interval = 0.5' 'table.records = 100000' 'tcp.flows = 4096' 'tcp.memory = 16m' "$@" \
		> "$tree/etc/lookback/lookback.conf"
}
config
inside systemctl daemon-reload
inside systemctl restart "$collector" "$dataplane" || fail "the services do not start"
is_state "$collector" active || fail "the collector is $(prop "$collector" ActiveState)"
await 20 says "$collector" 'Redis accepts writes'
says "$dataplane" 'waiting: no interface is set; set iface = … in /etc/lookback/lookback.conf, then systemctl reload lookback-dataplane' ||
	fail "the dataplane without an input says '$(prop "$dataplane" StatusText)'"
for unit in "$collector" "$dataplane"; do
	[ "$(inside stat -c %U "/proc/$(main_of "$unit")")" = lookback ] || fail "$unit does not run as lookback"
done
echo "started: Redis by socket and password, no input"

# input by reload, live capture ────────────────────────────────────────────────────────────────
net ip link add p0 type veth peer name s0
for end in p0 s0; do
	net sysctl -qw "net.ipv6.conf.$end.disable_ipv6=1" 2> /dev/null || true
	net ip link set "$end" up
done
config 'iface = s0, later0'
reload "$dataplane" 0 'settings read again'
says "$dataplane" 'waiting for interface later0; .*1 interface (s0)' || fail "the dataplane says '$(prop "$dataplane" StatusText)'"
lookup() { inside lookback name "$1" | grep -q 203.0.113; }
arrives() { # interface, zone
	net timeout 60 "$PYTHON" "$E2E/dns_send.py" "$1" --count 1 --names 1 --zone "$2"
	sleep 0.5
	lookup "n0.$2"
}
await 20 arrives p0 first.example
net ip link add p1 type veth peer name later0
for end in p1 later0; do net ip link set "$end" up; done
await 20 says "$dataplane" '2 interfaces (s0, later0)'
await 20 arrives p1 later.example
echo "live: $(inside journalctl -q -u "$dataplane" -o cat | grep -m 1 -o 'capturing through.*'); an interface that came later, too"

# huge pages and cards: none here, so that the machine stays as it is; later0 is no card.
inside mkdir -p /run/systemd/system/lookback-host.service.d
printf '[Service]\nEnvironment=HUGE_PAGES=0\n' | inside tee /run/systemd/system/lookback-host.service.d/test.conf > /dev/null
inside systemctl daemon-reload
inside systemctl start lookback-host.service || fail "lookback-host does not start: $(inside journalctl -q -u lookback-host -n 3 -o cat)"
is_state lookback-host.service active || fail "lookback-host is $(prop lookback-host.service ActiveState)"

# reload ─────────────────────────────────────────────────────────────────────────────────────
reload "$collector" 0 'settings read again'
config 'iface = s0, later0' 'no.such.key = 1'
reload "$collector" 1 'no.such.key'
reload "$dataplane" 1 'no.such.key'
config 'iface = s0, later0' 'filter = net nonsense/99'
reload "$dataplane" 1 'filter'
config 'iface = s0, later0'
reload "$dataplane" 0 'settings read again'
inside lookback-dataplane --reload > "$T/reload.log" || fail "lookback-dataplane --reload fails as root"
metrics() { net curl -s http://127.0.0.1:8053/metrics; }
has_metric() { metrics | grep -q -- "$1"; }
await 20 has_metric '^lookback_collector_reloads_total{outcome="refused"} 1$'
await 20 has_metric '^lookback_reloads_total{.*outcome="refused".*} 2$'
echo "reload: outcome in exit status, log, metric"

# restart ────────────────────────────────────────────────────────────────────────────────────
for unit in "$collector" "$dataplane"; do
	before=$(prop "$unit" NRestarts)
	inside kill -KILL "$(main_of "$unit")"
	await 30 restarted "$unit" "$before"
	mkdir -p "$tree/run/systemd/system"
	# /run of the container is another file system
	inside mkdir -p "/run/systemd/system/$unit.d"
	printf '[Service]\nWatchdogSec=2\n' | inside tee "/run/systemd/system/$unit.d/test.conf" > /dev/null
done
await 20 arrives p0 second.example
echo "kill -9: started again"
inside systemctl daemon-reload
inside systemctl restart "$collector" "$dataplane"
for unit in "$collector" "$dataplane"; do
	before=$(prop "$unit" NRestarts)
	inside kill -STOP "$(main_of "$unit")"
	await 30 restarted "$unit" "$before"
	inside journalctl -q -u "$unit" -o cat > "$T/journal.log"
	grep -qi 'watchdog timeout' "$T/journal.log" || fail "$unit: no watchdog in the journal"
done
await 20 arrives p0 third.example
echo "watchdog: a program that hangs is started again"

# wrong settings ─────────────────────────────────────────────────────────────────────────────
config 'no.such.key = 1'
for unit in "$collector" "$dataplane"; do
	before=$(prop "$unit" NRestarts)
	! inside systemctl restart "$unit" 2> /dev/null || fail "$unit starts with wrong settings"
	sleep 3 # longer than RestartSec
	is_state "$unit" failed || fail "$unit with wrong settings is $(prop "$unit" ActiveState), expected failed"
	[ "$(prop "$unit" ExecMainStatus)" = 2 ] || fail "$unit: found exit status $(prop "$unit" ExecMainStatus), expected 2"
done
config 'iface = s0'
inside systemctl restart "$collector" "$dataplane" || fail "the services do not start with right settings again"
await 20 arrives p0 fourth.example
echo "wrong settings: failed once, no loop"

# the end ────────────────────────────────────────────────────────────────────────────────────
check_exposure "$collector" 1.5
check_exposure "$dataplane" 3
inside systemctl stop "$dataplane" "$collector"
for unit in "$collector" "$dataplane"; do
	is_state "$unit" inactive || fail "$unit is $(prop "$unit" ActiveState) after its stop"
	[ "$(prop "$unit" ExecMainStatus)" = 0 ] || fail "$unit ended with status $(prop "$unit" ExecMainStatus)"
done
! inside journalctl -q -o cat -u 'lookback*' | grep -E 'refused system call|do not add up|Permission denied' || fail "complaints in the journal"
! net ip link show s0 | grep -q xdp || fail "an XDP program stayed on s0"
echo "stopped; exposure within limits"
