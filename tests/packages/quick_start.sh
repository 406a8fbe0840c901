#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The packages as a new operator uses them, on a machine booted with systemd (a container without a way out): docs/guide/quick-start.md from its
# first to its last command, with the older packages, in the network of a resolver; then settings that are wrong, Prometheus as docs/monitoring
# says, docs/guide/upgrade.md with the services running, docs/guide/uninstall.md. Root.
#
#     quick_start.sh RELEASE FOLDER       FOLDER has new/ and old/: packages of two versions (tests/packages/lib.sh)
#     BOOT_KEEP                           folder of the tree, which is then kept
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/../e2e/lib.sh"
# shellcheck source=tests/e2e/boot.sh
. "$E2E/boot.sh"
release=$1 packages=$2
START_S=3600 # the machine is slower than a test
boot_obstacle
for program in named dig; do command -v $program > /dev/null || skip "$program is not installed"; done
# Names and addresses are those of the guide; www.example.com is 203.0.113.1 there.
resolver=192.0.2.53 authority=192.0.2.1

# the machine ────────────────────────────────────────────────────────────────────────────────
# What an installation of Debian has, and the resolver. All packages that the pages install come before, as from a mirror of the site.
tree=${BOOT_KEEP:-$T/tree}
site=$tree/root/lookback
extra=()
if [ ! -e "$tree/etc/os-release" ]; then
	tree_do root_make "$release" "$tree" systemd systemd-sysv dbus iproute2 procps unbound dns-root-data ca-certificates > "$T/tree.log" 2>&1 || fail "no tree of $release"
	[ -n "${BOOT_KEEP-}" ] || CLEAN_UP+=("rm -rf --one-file-system '$tree'")
	mkdir -p "$tree/root/lookback/build-packages/$release"
	cp "$packages"/old/*.deb "$site/build-packages/$release"
	tar -C "$ROOT" -c docs tests/data/wikipedia.pcap | tar -C "$site" -x --no-same-owner
	tree_do root_run "$tree" bash -c 'apt-get install -y -q --download-only curl redis-server prometheus prometheus-alertmanager $(apt-cache pkgnames valkey-server) /root/lookback/build-packages/*/*.deb' \
		> "$T/download.log" 2>&1 || fail "the packages of the pages cannot be downloaded"
	echo 'APT::Get::Assume-Yes "true";' > "$tree/etc/apt/apt.conf.d/91answers" # what the operator answers
	rm -f "$tree/usr/sbin/policy-rc.d" "$tree/etc/resolv.conf"
	echo "nameserver $resolver" > "$tree/etc/resolv.conf"
	cat > "$tree/etc/unbound/unbound.conf.d/site.conf" << END
server:
  interface: 127.0.0.1
  interface: $resolver
  access-control: 192.0.2.0/24 allow
  domain-insecure: "example.com"
  ip-freebind: yes
  local-zone: "example.com." nodefault
stub-zone:
  name: "example.com"
  stub-addr: $authority
END
fi
! tree_do root_run "$tree" apt-cache show valkey-server > /dev/null 2>&1 || extra=(valkey-server)

# the network: clients and an authoritative server at p-eth0, a mirror of eth0 to eth1 ─────────
name_spaces peer
boot "$tree"
for end in eth0 eth1; do
	ip -n "$id-peer" link add "p-$end" type veth peer name "$end" netns "$LEADER"
	in_ns peer sysctl -qw "net.ipv6.conf.p-$end.disable_ipv6=1" 2> /dev/null || true
	in_ns peer ip link set "p-$end" up
done
in_ns peer ip link set lo up
in_ns peer ip addr add "$authority/24" dev p-eth0
in_ns peer ip addr add 192.0.2.77/24 dev p-eth0
net ip link set lo up
net ip addr add "$resolver/24" dev eth0
net ip link set eth0 up
start mirror ip netns exec "$id-peer" "$PYTHON" "$E2E/tap_mirror.py" plain p-eth0 p-eth1
mkdir "$T/named"
cat > "$T/named/named.conf" << END
options { directory "$T/named"; listen-on { $authority; }; listen-on-v6 { none; }; recursion no; dnssec-validation no; pid-file none; session-keyfile "$T/named/key"; };
controls { };
zone "example.com" { type primary; file "zone"; };
END
cat > "$T/named/zone" << 'END'
$TTL 5
@ IN SOA ns hostmaster 1 3600 600 86400 60
@ IN NS ns
@ IN MX 10 mail
ns IN A 192.0.2.1
www IN A 203.0.113.1
mail IN A 203.0.113.2
* IN A 203.0.113.3
END
start named ip netns exec "$id-peer" named -g -4 -n 1 -c "$T/named/named.conf"
inside systemctl reset-failed unbound || true
inside systemctl restart unbound || fail "unbound: $(inside journalctl -q -u unbound -n 5 -o cat)"
resolves() { [ "$(in_ns peer dig +short +time=1 +tries=1 -b 192.0.2.77 "@$resolver" www.example.com)" = 203.0.113.1 ]; }
await 30 resolves
# shellcheck disable=SC2016  # expanded there
start clients ip netns exec "$id-peer" bash -c 'for ((i = 0; ; i++)); do
	for name in www mail "n$i"; do dig +short +time=1 +tries=1 -b 192.0.2.77 "@$1" "$name.example.com"; done
	sleep 0.3
done' - "$resolver"
CLEAN_UP+=("kill -KILL $PID")
echo "a resolver, its clients and an authoritative server; a mirror of both sides"

# the pages ──────────────────────────────────────────────────────────────────────────────────
page() { # page, options
	local page=$1 name
	shift
	name=$(basename "$page" .md)
	"$PYTHON" "$E2E/guide_page.py" --machine "nsenter -t $LEADER -a env -C /root/lookback -i PATH=$PATH_INSIDE HOME=/root LC_ALL=C.UTF-8 TERM=dumb" \
		--check-time 150 "$@" "$page" > "$T/$name.out" 2>&1 ||
		{ cat "$T/$name.out"; fail "$page: $(grep -a FAILED "$T/$name.out" | tail -n 1)"; }
	tail -n 1 "$T/$name.out"
}
version() { inside dpkg-query -W -f '${Version}' lookback-collector; }
collector=lookback-collector.service dataplane=lookback-dataplane.service

# the packages are there: scripts/package built them
page "$ROOT/docs/guide/quick-start.md" --marks packages --skip scripts/package
[[ $(version) == *older* ]] || fail "found version $(version), expected the older one"
for unit in "$collector" "$dataplane"; do is_state "$unit" active || fail "$unit is $(prop "$unit" ActiveState)"; done
inside lookback name www.example.com --json > "$T/lookup.log"
net curl -fsS 'http://127.0.0.1:8053/api/lookup?q=www.example.com' > "$T/http.log" || true
for log in lookup http; do grep -q 203.0.113.1 "$T/$log.log" || fail "$log: no record of www.example.com: $(cat "$T/$log.log")"; done
if inside grep -q 192.0.2.77 -r /var/lib/redis/lookback /var/lib/lookback; then fail "the address of a client was stored"; fi
inside lookback doctor > "$T/doctor.log" 2>&1 || [ $? -le 1 ] || fail "lookback doctor: $(tail -n 5 "$T/doctor.log")"
cat "$T/doctor.log"
check_exposure "$collector" 1.5
check_exposure "$dataplane" 3

# a wrong setting: the reload fails visibly, and the services go on ─────────────────────────────
echo 'no.such.key = 1' > "$tree/etc/lookback/conf.d/wrong.conf"
for unit in "$collector" "$dataplane"; do
	! inside systemctl reload "$unit" > "$T/reload.log" 2>&1 || fail "systemctl reload $unit: found exit status 0 with a wrong setting"
	is_state "$unit" active || fail "$unit is $(prop "$unit" ActiveState) after a reload that failed"
	inside journalctl -q -u "$unit" -n 20 -o cat > "$T/journal.log"
	grep -q 'wrong.conf' "$T/journal.log" || fail "the log of $unit does not name the file with the wrong setting"
done
rm "$tree/etc/lookback/conf.d/wrong.conf"
for unit in "$collector" "$dataplane"; do inside systemctl reload "$unit" || fail "systemctl reload $unit with right settings"; done

# Prometheus ───────────────────────────────────────────────────────────────────────────────────
page "$ROOT/docs/monitoring/README.md" --marks packages --only-marked
prometheus() { net curl -fsS -G http://127.0.0.1:9090/api/v1/query --data-urlencode "query=$1" | grep -q '"metric"'; }
await 90 prometheus 'up{job="lookback"} == 1'
await 90 prometheus 'lookback_dataplane_up == 1'
inside systemctl stop "$dataplane"
await 90 prometheus 'ALERTS{alertname="LookbackSensorDown"}'
inside systemctl start "$dataplane"
echo "Prometheus: scrapes, and raises an alert when the dataplane is stopped"

# upgrade with the services running, over data ─────────────────────────────────────────────────
redis_of() { inside redis-cli -s /run/redis-lookback/redis-server.sock "$@"; }
records=$(redis_of dbsize)
rm "$site/build-packages/$release"/*
cp "$packages"/new/*.deb "$site/build-packages/$release"
page "$ROOT/docs/guide/upgrade.md" --marks packages
[[ $(version) != *older* ]] || fail "the packages were not upgraded"
[ "$(redis_of dbsize)" -ge "$records" ] || fail "the upgrade lost records"
counted() { inside lookback name www.example.com --type a --json | sed -n 's/.*"count": *\([0-9]*\).*/\1/p' | head -n 1; }
before=$(counted)
grows() { [ "$(counted)" -gt "$before" ]; }
await 150 grows
echo "upgraded: $(version), records count on"

# Valkey as Debian ships it, by its socket ─────────────────────────────────────────────────────
if [ ${#extra[@]} -gt 0 ]; then
	inside systemctl disable -q --now redis-server # the same port
	inside apt-get install -y -q valkey-server > "$T/valkey.log" 2>&1 || fail "valkey-server cannot be installed"
	printf '%s\n' 'unixsocket /run/valkey/valkey-server.sock' 'unixsocketperm 770' 'include /usr/share/lookback/redis.conf' >> "$tree/etc/valkey/valkey.conf"
	inside systemctl restart valkey-server
	echo 'redis = unix:/run/valkey/valkey-server.sock' > "$tree/etc/lookback/conf.d/redis.conf"
	inside systemctl restart "$collector"
	await 30 says "$collector" 'Redis accepts writes'
	found() { inside lookback name www.example.com | grep -q 203.0.113.1; }
	await 150 found
	echo "Valkey: $(inside valkey-cli -s /run/valkey/valkey-server.sock info server | grep valkey_version)"
fi
! inside journalctl -q -o cat -u 'lookback*' | grep -E 'refused system call|do not add up|Permission denied' || fail "complaints in the journal"

# uninstall ────────────────────────────────────────────────────────────────────────────────────
page "$ROOT/docs/guide/uninstall.md" --marks packages --only-marked
! ls -d "$tree"/usr/bin/lookback* "$tree"/var/lib/lookback "$tree"/var/log/lookback 2> /dev/null || fail "uninstall leaves files"
! inside systemctl list-units --all --plain --no-legend 'lookback*' | grep -v ' not-found ' || fail "uninstall leaves units"
echo "uninstalled"
