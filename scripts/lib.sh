# SPDX-License-Identifier: BSD-3-Clause
# shellcheck shell=bash
# Functions that the scripts share. A script sources this file, from any working directory. Needs bash.
#
#     say, warn, die              print one line to stderr; stdout is for the output of the script
#     need_packages run test …    install the Debian packages that are missing
#     build_release               build the programs in build/
#     huge_pages_get, _give_back  reserve huge pages if the machine allows it
#     spawn, stop                 child processes that Ctrl-C does not reach
#     redis_start                 start a private Redis with collector/redis.conf
set -euo pipefail

LOOKBACK_ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
PROGRAM=${0##*/}
BUILD=$LOOKBACK_ROOT/build
DATAPLANE=$BUILD/dataplane/lookback-dataplane
COLLECTOR=$BUILD/collector/lookback-collector

say() { printf '%s\n' "$*" >&2; }
warn() { printf '%s: warning: %s\n' "$PROGRAM" "$*" >&2; }
die() { # [-STATUS] text…
	local status=1
	[[ $1 =~ ^-[0-9]+$ ]] && { status=${1#-}; shift; }
	printf '%s: error: %s\n' "$PROGRAM" "$*" >&2
	exit "$status"
}
usage_error() { die -2 "$*; see --help"; }
is_root() { [ "$(id -u)" = 0 ]; }

# Fails if an option has no value. `$1`: the option; `$2`…: the arguments after it.
need_value() { [ -n "${2-}" ] || usage_error "option '$1' needs a value"; }

# packages ────────────────────────────────────────────────────────────────────────────────────

declare -A PACKAGES=(
	# what meson.build requires, and Redis
	[run]="gcc g++ libc6-dev meson ninja-build pkg-config clang bpftool libbpf-dev libdpdk-dev libpcap-dev libhiredis-dev libgnutls28-dev
		liblmdb-dev libmicrohttpd-dev libpsl-dev libidn2-dev libjansson-dev libmaxminddb-dev libre2-dev nettle-dev libseccomp-dev zlib1g-dev libzstd-dev liblzma-dev liblz4-dev libcurl4-openssl-dev publicsuffix libcunit1-dev redis-server redis-tools curl
		iproute2 procps"
	# programs to compare with: a dissector, a DNS library, name servers, …
	[test]="libclang-rt-dev tshark tcpdump python3 python3-dnspython python3-redis python3-networkx graphviz knot bind9-dnsutils bind9-utils prometheus prometheus-alertmanager
		bind9 knot-resolver pdns-recursor dnsmasq-base nftables ethtool gdb mandoc valgrind zstd xz-utils lz4 unbound fstrm-bin nsd dnsperf dnsdbq libmaxmind-db-writer-perl mmdb-bin jq openssl python3-aiosmtpd dpdk-dev faketime chromium bash-completion zsh systemd systemd-container"
	# what the tests of scripts/test --core need
	[core]="zstd xz-utils lz4 python3 python3-dnspython python3-redis knot bind9-dnsutils dnsdbq dnsmasq-base ethtool prometheus mandoc jq openssl systemd"
	[compare]="python3 python3-redis" # Redis's content with golden records
	[chroot]="debootstrap"
	[lint]="shellcheck clang-format codespell"
	# scripts/package; debian/control has what the build needs
	[package]="debhelper lintian dpkg-dev"
)
# A Node.js that does not come from Debian has its own npm.
command -v npm > /dev/null || PACKAGES[test]+=" nodejs npm"
# Packages with a service that Lookback does not need; PACKAGE:SERVICE if their names differ.
PACKAGES_WITH_SERVICE="redis-server valkey-server knot prometheus prometheus-alertmanager unbound nsd bind9:named pdns-recursor"

# Prints the packages that are not installed.
packages_missing() {
	dpkg-query -W -f='${Package} ${db:Status-Abbrev}\n' "$@" 2>/dev/null |
		awk -v wanted="$*" '$2 == "ii" { have[$1] } END { n = split(wanted, w, " ")
			for (i = 1; i <= n; i++) if (!(w[i] in have)) print w[i] }'
}

# Keeps packages from starting services while they are installed (Debian's policy-rc.d).
services_hold() {
	SERVICES_HELD=
	[ -e /usr/sbin/policy-rc.d ] && return
	printf '#!/bin/sh\nexit 101\n' > /usr/sbin/policy-rc.d
	chmod 755 /usr/sbin/policy-rc.d
	SERVICES_HELD=1
}
services_release() { # installed packages
	local package
	[ -z "$SERVICES_HELD" ] || rm -f /usr/sbin/policy-rc.d
	[ -d /run/systemd/system ] || return 0
	for package in $PACKAGES_WITH_SERVICE; do
		[[ " $* " != *" ${package%:*} "* ]] || systemctl disable --quiet "${package#*:}" 2>/dev/null || true
	done
}

need_packages() { # run | test | lint …
	local missing=() status=0
	command -v dpkg-query > /dev/null || { warn "not a Debian system: packages are not checked"; return 0; }
	packages_missing_of "$@"
	[ ${#missing[@]} -gt 0 ] || return 0
	is_root || die "packages are missing, and their installation needs root: sudo apt-get install ${missing[*]}"
	{ flock 8 && packages_install "$@" || status=$?; } 8> /run/lookback-packages.lock
	[ "$status" = 0 ] || exit 1
}
# Sets missing to the missing packages of the sets `$@`.
packages_missing_of() {
	local kind
	missing=()
	for kind in "$@"; do
		# shellcheck disable=SC2086  # a list of words
		mapfile -t -O "${#missing[@]}" missing < <(packages_missing ${PACKAGES[$kind]})
	done
}
packages_install() { # run | test | lint …; one script at a time
	local log status=0
	packages_missing_of "$@" # another script may have installed them
	[ ${#missing[@]} -gt 0 ] || return 0
	say "Installing ${#missing[@]} packages: ${missing[*]}"
	log=$(mktemp)
	(
		trap 'services_release "${missing[@]}"' EXIT
		trap 'exit 1' INT TERM
		services_hold
		apt_get update -qq && apt_get install -y -qq --no-install-recommends "${missing[@]}"
	) > "$log" || status=$?
	if [ "$status" != 0 ]; then
		tail -n 5 "$log" >&2
		printf '%s: error: apt-get failed to install: %s\n' "$PROGRAM" "${missing[*]}" >&2
	fi
	rm -f "$log"
	return "$status"
}

# Runs apt-get when no other process uses apt: a new cloud machine upgrades itself at its first start. Waits
# at most APT_PATIENCE seconds for the locks of apt and dpkg, and says so.
APT_PATIENCE=${APT_PATIENCE:-1800}
apt_get() {
	local output holder waited=0 status
	while :; do
		status=0
		output=$(LC_ALL=C apt-get -o DPkg::Lock::Timeout=5 "$@" < /dev/null 2>&1) || status=$?
		printf '%s\n' "$output"
		[ "$status" != 0 ] && [[ $output == *"Could not get lock "* || $output == *"was locked by another process"* ]] || return "$status"
		[ "$waited" -lt "$APT_PATIENCE" ] || return "$status"
		holder=$(sed -n 's/.* held by process \([0-9]* ([^)]*)\).*/\1/p' <<< "$output" | head -n 1)
		[ $((waited % 30)) != 0 ] || say "Waiting for apt: its lock is held by process ${holder:-unknown}"
		sleep 2
		waited=$((waited + 2))
	done
}
export DEBIAN_FRONTEND=noninteractive

# build ───────────────────────────────────────────────────────────────────────────────────────

# Builds in folder `$1` with the meson options that follow. A lock prevents two builds of one folder at a time.
build_into() {
	local folder=$1 log=$1/.build.log status=0
	shift
	mkdir -p "$folder" 2>/dev/null || true
	[ -w "$folder" ] || die "$folder: cannot write to it; check its owner"
	{
		flock 9
		{ [ -e "$folder/build.ninja" ] || meson setup "$folder" "$LOOKBACK_ROOT" "$@"; } > "$log" 2>&1 &&
			ninja -C "$folder" >> "$log" 2>&1 || status=$?
	} 9> "$folder/.build.lock"
	[ "$status" = 0 ] && return
	tail -n 20 "$log" >&2
	die "the build failed; see $log"
}

build_release() {
	[ -x "$COLLECTOR" ] && [ ! -w "$BUILD" ] && return # built by root, run by another user
	# an update may have to build everything again
	[ -x "$DATAPLANE" ] && ninja -C "$BUILD" -n 2>/dev/null | grep -q '^ninja: no work to do' || say "Building in ${BUILD#"$PWD"/}"
	build_into "$BUILD" --buildtype=release
}

# settings ────────────────────────────────────────────────────────────────────────────────────

OPTIONS=()           # KEY=VALUE, from the command line
DATAPLANE_OPTIONS=() # the same, each with -o, for the program that has the setting KEY
COLLECTOR_OPTIONS=()

knows_setting() { "$1" --help | grep "^  ${2//./\\.} " > /dev/null; }

# Passes each of OPTIONS to the programs that have the setting.
share_options() {
	local option key known
	for option in "${OPTIONS[@]}"; do
		key=${option%%=*}
		known=
		[ "$key" != redis.password ] || usage_error "-o redis.password: every user could read it; put it into a file and set redis.password_file"
		[[ $option =~ ^[a-z._]+= ]] || usage_error "-o $option: expected KEY=VALUE"
		knows_setting "$DATAPLANE" "$key" && DATAPLANE_OPTIONS+=(-o "$option") known=1
		knows_setting "$COLLECTOR" "$key" && COLLECTOR_OPTIONS+=(-o "$option") known=1
		[ -n "$known" ] || usage_error "-o $option: no such setting"
	done
}

# captures ────────────────────────────────────────────────────────────────────────────────────

CAPTURES=() # files and folders to replay

# Adds a capture, a folder or a pipe (-: standard input) to CAPTURES. The dataplane searches folders.
add_captures() {
	[ "$1" = - ] && { CAPTURES+=(-); return; }
	[ -e "$1" ] || die "$1: no such file"
	[ -r "$1" ] || die "cannot read $1"
	CAPTURES+=("$1")
}

# huge pages ──────────────────────────────────────────────────────────────────────────────────

HUGE_PAGES_FILE=/proc/sys/vm/nr_hugepages
HUGE_PAGES_BEFORE=

meminfo() { awk -v name="$1:" '$1 == name { print $2 }' /proc/meminfo; }

# Prints the number of huge pages that a dataplane with these options needs.
huge_pages_wanted() { # program, options…
	"$1" --check "${@:2}" 2>/dev/null | sed -n 's/^.* huge pages: .* \([0-9][0-9]*\) are needed.*/\1/p'
}

# Reserves huge pages of 2 MiB until `$1` MiB are free. Does nothing without root, or if that is over an eighth of the memory.
huge_pages_get() {
	local wanted=$(($1 / 2)) free total
	free=$(meminfo HugePages_Free)
	[ "${free:-0}" -lt "$wanted" ] && is_root && [ -w $HUGE_PAGES_FILE ] || return 0
	[ "$(meminfo Hugepagesize)" = 2048 ] && [ $((wanted * 2048 * 8)) -le "$(meminfo MemTotal)" ] || return 0
	total=$(cat $HUGE_PAGES_FILE)
	echo $((total + wanted - free)) > $HUGE_PAGES_FILE 2>/dev/null || return 0
	HUGE_PAGES_BEFORE=$total
}

huge_pages_give_back() {
	[ -n "$HUGE_PAGES_BEFORE" ] || return 0
	echo "$HUGE_PAGES_BEFORE" > $HUGE_PAGES_FILE 2>/dev/null || true
	HUGE_PAGES_BEFORE=
}

# processes ───────────────────────────────────────────────────────────────────────────────────

# Starts a program in the background, in a session of its own: Ctrl-C reaches only the script, which ends its
# children in order. If the script dies, they get SIGTERM. Sets SPAWNED to the process ID. Standard input is /dev/null, or
# the descriptor SPAWN_INPUT.
SPAWN_INPUT=
spawn() { # user, or - for the same; log file, or - for none; program…
	local user=$1 log=$2 as=() null
	shift 2
	exec {null}< /dev/null
	[ "$user" = - ] || as=(--reuid "$user" --regid "$(id -g "$user")" --clear-groups)
	if [ "$log" = - ]; then
		setsid setpriv --pdeathsig TERM "${as[@]}" -- "$@" <&"${SPAWN_INPUT:-$null}" {null}<&- &
	else
		setsid setpriv --pdeathsig TERM "${as[@]}" -- "$@" <&"${SPAWN_INPUT:-$null}" {null}<&- >> "$log" 2>&1 &
	fi
	SPAWNED=$!
	exec {null}<&-
}

is_running() { [ -n "$1" ] && kill -0 "$1" 2>/dev/null; }

# Ends child `$1` and waits at most `$2` seconds for it. Returns its exit status, or 124 if it had to be killed.
stop() {
	local pid=$1 tenths=$(($2 * 10)) status=0
	[ -n "$pid" ] || return 0
	kill -TERM "$pid" 2>/dev/null || true
	while is_running "$pid" && [ $((tenths--)) -gt 0 ]; do sleep 0.1; done
	if is_running "$pid"; then
		kill -KILL "$pid" 2>/dev/null || true
		wait "$pid" 2>/dev/null || true
		return 124
	fi
	wait "$pid" 2>/dev/null || status=$?
	return "$status"
}

# Repeats the command until it succeeds. Fails after `$1` tenths of a second, or if process `$2` has ended.
wait_for() {
	local tenths=$1 pid=$2
	shift 2
	until "$@" > /dev/null 2>&1; do
		is_running "$pid" && [ $((tenths--)) -gt 0 ] || return 1
		sleep 0.1
	done
}

# Redis ───────────────────────────────────────────────────────────────────────────────────────

# Starts a private Redis. `$1`: its folder, which exists and belongs to the user; `$2`: its port, 0 for none; `$3`: the
# user, or - for the same; then more settings. Sets REDIS_PID and REDIS_SOCKET (`$1`/redis.sock). Fails if it does not start.
redis_start() {
	local folder=$1 port=$2 user=$3
	shift 3
	REDIS_SOCKET=$folder/redis.sock
	redis_mend "$folder" "$user"
	spawn "$user" "$folder/redis.log" redis-server "$LOOKBACK_ROOT/collector/redis.conf" --dir "$folder" \
		--port "$port" --unixsocket "$REDIS_SOCKET" --unixsocketperm 777 --daemonize no "$@"
	REDIS_PID=$SPAWNED
	# Redis reads its append-only file first, which may take minutes.
	wait_for 6000 "$REDIS_PID" redis_is_ready || { REDIS_PID=; return 1; }
}
# Removes an incomplete transaction from the end of the append-only file. A Redis that was killed during a write may leave
# one, and a later start would execute it.
redis_mend() { # folder, user
	local manifest=$1/appendonlydir/appendonly.aof.manifest mended
	[ -s "$manifest" ] && command -v redis-check-aof > /dev/null || return 0
	mended=$(yes 2> /dev/null | redis-check-aof --fix "$manifest" 2>&1 | grep -io 'successfully truncated.*' || true)
	[ -z "$mended" ] || printf 'redis: the end of the append-only file was incomplete: %s\n' "$mended"
	[ "$2" = - ] || chown -R "$2" "$1/appendonlydir"
}
redis_is_ready() { [ "$(redis-cli -s "$REDIS_SOCKET" ping)" = PONG ]; }
