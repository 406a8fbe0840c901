#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Installing packages waits while apt or dpkg is in use by another process, says so, and gives up after a while. With apt's folders
# under $T; the locks are taken as apt takes them (fcntl).
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v apt-get > /dev/null || skip "apt-get is not here"
mkdir -p "$T/state/lists/partial" "$T/cache/archives/partial" "$T/dpkg" "$T/etc"
touch "$T/dpkg/status"
cat > "$T/apt.conf" << END
Dir::State "$T/state";
Dir::State::status "$T/dpkg/status";
Dir::Cache "$T/cache";
Dir::Etc "$T/etc";
END
export APT_CONFIG=$T/apt.conf

hold_lock() { # file: until a line comes or the pipe is closed
	rm -f "$T/held"
	[ -p "$T/release" ] || mkfifo "$T/release"
	start lock "$PYTHON" -c 'import fcntl, sys
lock = open(sys.argv[1], "w")
fcntl.lockf(lock, fcntl.LOCK_EX)
open(sys.argv[2], "w").close()
open(sys.argv[3]).read()' "$1" "$T/held" "$T/release"
	await 20 test -e "$T/held"
}

# apt-get by way of scripts/lib.sh
apt_get() { # arguments
	(set +e; . "$ROOT/scripts/lib.sh"; apt_get "$@") > "$T/apt.log" 2>&1
}

try() { # lock, apt-get's arguments
	local lock=$1 status=0
	shift
	hold_lock "$T/$lock"
	: > "$T/apt.log" # not that of the lock before
	apt_get "$@" &
	local waiter=$!
	await 60 grep -q 'Waiting for apt: its lock is held by process [0-9]' "$T/apt.log"
	is_alive "$waiter" || fail "$lock: did not wait: $(cat "$T/apt.log")"
	: > "$T/release"
	wait "$waiter" || status=$?
	[ "$status" = 0 ] || fail "$lock: status $status once it was free: $(cat "$T/apt.log")"
	[ "$(grep -c 'Waiting for apt' "$T/apt.log")" = 1 ] || fail "$lock: says so more than once in 30 s"
	printf '%s: waited for\n' "$lock"
}
try state/lists/lock update
try dpkg/lock-frontend install -y

hold_lock "$T/dpkg/lock-frontend"
! APT_PATIENCE=0 apt_get install -y || fail "a lock that stays: status 0"
grep -q 'Could not get lock' "$T/apt.log" || fail "a lock that stays: not said: $(cat "$T/apt.log")"
: > "$T/release"
printf 'a lock that stays ends in an error\n'
