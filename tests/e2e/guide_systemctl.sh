#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# systemctl and journalctl of guide_machine.sh: real processes by the command lines of the units that were built; no systemd.
set -euo pipefail

S=/run/guide
fail() { echo "${0##*/}: $*" >&2; exit 1; }
pid_of() { cat "$S/$1.pid" 2> /dev/null; }
is_active() { local pid; pid=$(pid_of "$1") && kill -0 "$pid" 2> /dev/null; }
# The log of this start.
log_now() { tail -c "+$(($(cat "$S/$1.begin") + 1))" "$S/$1.log"; }
await() { # seconds, command…
	local tenths=$(($1 * 10))
	shift
	until "$@" > /dev/null 2>&1; do
		[ $((tenths--)) -gt 0 ] || return 1
		sleep 0.1
	done
}
unit_line() { sed -n "s/^$2=//p" "$BUILD/scripts/systemd/$1.service" | tail -n 1; }

command_of() { # unit: sets COMMAND
	local file
	case $1 in
	redis-server@lookback) COMMAND="redis-server /etc/lookback/redis.conf --daemonize no" ;;
	lookback-*)
		file=${1%%@*}
		[ "$file" = "$1" ] || file+=@
		[ -e "$BUILD/scripts/systemd/$file.service" ] || fail "Unit $1.service not found."
		COMMAND=$(unit_line "$file" ExecStart)
		COMMAND=${COMMAND//%i/${1#*@}}
		COMMAND=${COMMAND// \$LOOKBACK_INPUT/}
		COMMAND="/usr/bin/${COMMAND#*bin/}"
		;;
	*) fail "Unit $1.service not found." ;;
	esac
}
is_ready() {
	case $1 in
	redis-server@lookback) [ "$(redis-cli -s /run/redis-lookback/redis-server.sock ping)" = PONG ] ;;
	lookback-collector) [ -S /run/lookback/collector.sock ] && { curl -fsS -m 5 http://127.0.0.1:8053/healthz || curl -fsSk -m 5 https://127.0.0.1:8053/healthz; } ;;
	lookback-dataplane) log_now "$1" | grep -E 'records each|waiting: ' ;;
	*) is_active "$1" ;;
	esac
}
is_ready_or_over() { is_ready "$1" || ! is_active "$1"; }
start_unit() {
	is_active "$1" && return
	command_of "$1"
	mkdir -p /run/lookback /run/redis-lookback /var/log/lookback "/var/lib/${1%%@*}"
	touch "$S/$1.log"
	stat -c %s "$S/$1.log" > "$S/$1.begin"
	chown redis:lookback /run/redis-lookback /var/lib/redis
	[ "$1" != lookback-collector ] || chown -R lookback: /run/lookback /var/lib/lookback
	if [ "$1" = redis-server@lookback ]; then
		# shellcheck disable=SC2086
		setsid setpriv --reuid redis --regid lookback --init-groups -- $COMMAND < /dev/null >> "$S/$1.log" 2>&1 &
	else
		# shellcheck disable=SC2086  # words, as systemd splits them
		setsid $COMMAND < /dev/null >> "$S/$1.log" 2>&1 &
	fi
	echo $! > "$S/$1.pid"
	await 30 is_ready_or_over "$1" || { log_now "$1" >&2; fail "Job for $1.service failed."; }
	is_active "$1" || { log_now "$1" >&2; fail "Job for $1.service failed."; }
}
stop_unit() {
	is_active "$1" || return 0
	kill -TERM "$(pid_of "$1")"
	is_over() { ! is_active "$1"; }
	await 60 is_over "$1" || fail "$1 does not end"
}

if [ "${0##*/}" = journalctl ]; then
	while [ $# -gt 0 ]; do
		case $1 in
		-u) cat "$S/${2%.service}.log" ; shift ;;
		esac
		shift
	done
	exit 0
fi
verb='' units=() now=
for word; do
	case $word in
	--now) now=1 ;;
	-*) ;;
	*) if [ -z "$verb" ]; then verb=$word; else word=${word%.service}; units+=("$word"); fi ;;
	esac
done
case $verb in
daemon-reload) exit 0 ;;
esac
for unit in "${units[@]}"; do
	case $verb in
	start) start_unit "$unit" ;;
	enable) [ -z "$now" ] || start_unit "$unit" ;;
	stop) stop_unit "$unit" ;;
	disable) [ -z "$now" ] || stop_unit "$unit" ;;
	restart) stop_unit "$unit"; start_unit "$unit" ;;
	reload) is_active "$unit" || fail "$unit.service is not active, cannot reload."; kill -HUP "$(pid_of "$unit")" ;;
	is-active) is_active "$unit" || { echo inactive; exit 3; }; echo active ;;
	status) is_active "$unit" || { echo inactive; exit 3; }; echo "$unit: active"; log_now "$unit" | tail -n 5 ;;
	*) fail "Unknown command verb $verb." ;;
	esac
done
