#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A signal during the start ends the dataplane cleanly: status 0 with a live port, no error, no folder left; a replay was cut
# short, which is status 1. The signal comes while names.skip is read from a pipe that nobody writes to.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

export RUNTIME_DIRECTORY=$T/run
mkdir "$RUNTIME_DIRECTORY"
mkfifo "$T/names"

# Starts, waits until the filters are being read, sends SIGTERM.
stop_early() { # name, expected status, arguments
	local name=$1 wanted=$2 status=0
	start "$name" "$BUILD/dataplane/lookback-dataplane" --no-huge -o "collector.socket=$T/none.sock" -o "names.skip=$T/names" "${@:3}"
	exec {names}> "$T/names" # goes on when the dataplane has opened it to read
	kill -TERM "$PID"
	wait "${CHILDREN[-1]}" || status=$?
	exec {names}>&-
	[ $status = "$wanted" ] || fail "$name: status $status, expected $wanted: $(cat "$T/$name.log")"
	! grep 'error:' "$T/$name.log" || fail "$name: it complains"
	[ -z "$(find "$RUNTIME_DIRECTORY" -mindepth 2)" ] || fail "$name left: $(find "$RUNTIME_DIRECTORY")"
}

stop_early live 0 --vdev net_null0,no-rx=1
echo "a signal during the start of a capture ends it with status 0"
stop_early replay 1 --replay "$DATA/services.pcap"
grep -q 'stopped by a signal: 0 of' "$T/replay.log" || fail "a replay that is cut short is not reported"
echo "a signal during the start of a replay is reported, with status 1"
