#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Runs in a clean tree of a release (lib.sh): /packages/new, /packages/old, a capture and its golden records.
set -euo pipefail
cd /packages

step() { printf -- '-- %s\n' "$*"; }
fail() {
	printf 'FAILED: %s\n' "$*"
	for log in /tmp/*.log; do printf -- '--- %s\n' "$log"; tail -n 15 "$log"; done
	exit 1
}
quiet() { # a command whose output only matters if it fails
	"$@" > /tmp/quiet.log 2>&1 || fail "$*"
}
await() { # tenths of a second, command…
	local tenths=$1
	shift
	until "$@" > /dev/null 2>&1; do
		[ $((tenths--)) -gt 0 ] || fail "waited in vain for: $*"
		sleep 0.1
	done
}
files() { find / -xdev \( -path /proc -o -path /sys -o -path /dev -o -path /tmp -o -path /packages -o -path /var/lib/apt -o -path /var/cache -o -path /var/log/apt \
	-o -path /var/lib/dpkg -o -path /run -o -path /root \) -prune -o -printf '%p\n' | sort; }

settings=/etc/lookback/conf.d/redis.conf # the operator's

as_lookback() { setpriv --reuid lookback --regid lookback --clear-groups -- "$@"; }

# Redis with the shipped settings, as the instance redis-server@lookback has it. No systemd runs here.
redis_begin() {
	install -d -o redis -g lookback -m 2755 /run/redis-lookback
	local command
	command=$(sed -n 's/^ExecStart=\(..*\) --supervised.*/\1/p' /usr/lib/systemd/system/redis-server@lookback.service.d/lookback.conf)
	# shellcheck disable=SC2086  # words
	setpriv --reuid redis --regid lookback --clear-groups -- $command --daemonize yes > /tmp/redis.log 2>&1
	await 200 as_lookback redis-cli -s /run/redis-lookback/redis-server.sock ping
}
redis_end() {
	redis-cli -s /run/redis-lookback/redis-server.sock shutdown
	await 200 test ! -e /run/redis-lookback/redis-server.pid
}

# A replay through the installed programs, as the user of the services.
replay() {
	install -d -o lookback -g lookback /run/lookback /run/lookback-dataplane
	as_lookback lookback-collector --once -o http.listen=none > /tmp/collector.log 2>&1 &
	local collector=$!
	await 200 test -S /run/lookback/collector.sock
	XDG_RUNTIME_DIR=/run/lookback-dataplane as_lookback lookback-dataplane --no-huge --replay /packages/services.pcap > /tmp/dataplane.log 2>&1 || fail "the replay"
	wait $collector || fail "the collector"
}
lookup_works() { # how often each record was counted
	local name type rdata count found
	while IFS=$'\t' read -r name type rdata count _; do
		[ "$type" = A ] || continue
		found=$(lookback name "$name" --type a --json | grep -F "\"$rdata\"") || fail "lookback name $name: $rdata is missing"
		grep -q "\"count\": *$((count * $1))[,}]" <<< "$found" || fail "lookback name $name: found $found, expected count $count times $1"
		[ $((++looked)) -lt 5 ] || break
	done < /packages/services.tsv
	[ "$looked" -gt 0 ] || fail "no record was looked up"
	looked=0
}
looked=0

step "install without a compiler"
quiet apt-get install -y -q --no-install-recommends redis-server man-db
# what they depend on comes first, and is no leftover
mapfile -t needed < <(apt-get install -s --no-install-recommends ./old/*.deb | awk '$1 == "Inst" && $2 !~ /^lookback/ { print $2 }')
quiet apt-get install -y -q --no-install-recommends "${needed[@]}"
files > /tmp/before
quiet apt-get install -y -q --no-install-recommends ./old/*.deb
for program in gcc cc c++ clang tcc bpftool meson ninja; do
	! command -v $program || fail "$program was installed: the packages need no compiler"
done
[ -z "$(find / -xdev -name 'libclang*' -o -xdev -name 'libLLVM*' 2> /dev/null)" ] || fail "LLVM was installed"
getent passwd lookback > /dev/null || fail "the user lookback does not exist"
[ "$(stat -c %U:%a /var/lib/lookback)" = lookback:700 ] || fail "/var/lib/lookback: found $(stat -c %U:%a /var/lib/lookback), expected lookback:700"

step "the programs start"
for program in lookback lookback-collector lookback-dataplane; do
	"$program" --version > /tmp/version.log 2>&1 || fail "$program --version"
	"$program" --help > /tmp/help.log 2>&1 || fail "$program --help"
	zcat -f "/usr/share/man/man"?"/$program".?.gz > /dev/null || fail "$program has no manual page"
	for file in "bash-completion/completions/$program.bash" "zsh/vendor-completions/_$program"; do
		[ -s "/usr/share/$file" ] || fail "$program has no completion: $file"
	done
	! ldd "$(command -v $program)" | grep 'not found' || fail "$program: a library is missing"
done
for page in lookback.conf.5 watch.conf.5; do [ -s "/usr/share/man/man5/$page.gz" ] || fail "no manual page $page"; done
grep -qa 'xdp_steer' /usr/bin/lookback-dataplane || fail "the XDP program is not in lookback-dataplane"
for unit in lookback-collector lookback-dataplane; do
	[ -L /etc/systemd/system/multi-user.target.wants/$unit.service ] || fail "$unit is not enabled"
done
[ ! -e /etc/systemd/system/timers.target.wants/lookback-block.timer ] || fail "lookback-block.timer is enabled without a list"
lookback-dataplane --check=host > /tmp/check.log 2>&1 || [ $? = 1 ] || fail "lookback-dataplane --check=host"
example=/usr/share/doc/lookback-common/examples
for file in watch block; do cp $example/$file.conf /etc/lookback/; done

step "Redis with the shipped settings, a replay, lookups"
redis_begin
echo 'redis = unix:/run/redis-lookback/redis-server.sock' > $settings
lookback-collector --check > /tmp/check.log 2>&1 || fail "lookback-collector --check"
! grep -i warning /tmp/check.log || fail "warnings with the shipped settings of Redis"
replay
lookup_works 1

step "upgrade over data and a changed configuration"
mapfile -t files < <(dpkg-query -W -f '${Conffiles}\n' lookback-common lookback-collector | awk '/etc.lookback/ { print $1 }')
[ ${#files[@]} -gt 0 ] || fail "no configuration file"
for file in "${files[@]}"; do echo '# changed by the operator' >> "$file"; done
sha256sum "${files[@]}" $settings > /tmp/configuration
records=$(redis-cli -s /run/redis-lookback/redis-server.sock dbsize)
quiet apt-get install -y -q --no-install-recommends -o Dpkg::Options::=--force-confdef -o Dpkg::Options::=--force-confold ./new/*.deb
! dpkg-query -W -f '${Version}\n' lookback lookback-common lookback-collector lookback-dataplane | grep older || fail "a package was not upgraded"
quiet sha256sum -c /tmp/configuration
for file in "${files[@]}"; do [ -e "$file.dpkg-dist" ] || fail "$file: the new one is not beside the changed one"; done
[ "$(redis-cli -s /run/redis-lookback/redis-server.sock dbsize)" = "$records" ] || fail "records were lost"
lookup_works 1
redis-cli -s /run/redis-lookback/redis-server.sock del pdns:owner > /dev/null
replay
lookup_works 2

step "remove: data and configuration stay"
quiet apt-get remove -y -q lookback lookback-collector lookback-dataplane lookback-common
! ls -d /usr/bin/lookback* 2> /dev/null || fail "a program is left"
quiet sha256sum -c /tmp/configuration
[ -d /var/lib/lookback ] || fail "remove deleted /var/lib/lookback"
[ "$(redis-cli -s /run/redis-lookback/redis-server.sock dbsize)" -ge "$records" ] || fail "remove deleted records"
getent passwd lookback > /dev/null || fail "remove deleted the user"
quiet apt-get install -y -q --no-install-recommends ./new/*.deb
lookup_works 2

step "purge: no file is left but the operator's own; Redis is left alone"
echo left > /var/lib/lookback/spool-like-file
quiet apt-get purge -y -q lookback lookback-collector lookback-dataplane lookback-common
[ "$(redis-cli -s /run/redis-lookback/redis-server.sock dbsize)" -ge "$records" ] || fail "purge deleted records"
getent passwd lookback > /dev/null || fail "purge deleted the user, whose files Redis may have"
redis_end
rm -f $settings /etc/lookback/watch.conf /etc/lookback/block.conf
rmdir /etc/lookback/conf.d /etc/lookback 2> /dev/null || true
files > /tmp/after
# the data of Redis, caches and copies of the system's programs
left=$(comm -13 /tmp/before /tmp/after | grep -vE '^/var/lib/redis|^/var/log/|^/etc/ld.so.cache|/__pycache__|^/var/lib/systemd|^/etc/(passwd|group|g?shadow)-$' || true)
[ -z "$left" ] || fail "files are left: $left"
printf 'passed\n'
