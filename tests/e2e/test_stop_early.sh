#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A signal during the start ends the dataplane cleanly: status 0 with a live port, no error, no folder left; a replay was cut
# short, which is status 1. The signal comes while a large filter is compiled, which takes several seconds.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

export RUNTIME_DIRECTORY=$T/run
mkdir "$RUNTIME_DIRECTORY"
awk 'BEGIN { printf "filter = "; for (i = 0; i < 1500; i++) printf "%shost %d.%d.%d.7", i ? " or " : "", i * 7 % 200 + 1, i * 13 % 256, i / 256; print "" }' > "$T/lookback.conf"

# Starts, waits until the filters are being read, sends SIGTERM.
stop_early() { # name, expected status, arguments
	local name=$1 wanted=$2 status=0
	start "$name" "$BUILD/dataplane/lookback-dataplane" --no-huge -o "collector.socket=$T/none.sock" -c "$T/lookback.conf" "${@:3}"
	await 30 grep -q 'filters: still being read' "$T/$name.log"
	kill -TERM "$PID"
	wait "${CHILDREN[-1]}" || status=$?
	[ $status = "$wanted" ] || fail "$name: status $status, expected $wanted: $(cat "$T/$name.log")"
	! grep 'error:' "$T/$name.log" || fail "$name: it complains"
	[ -z "$(find "$RUNTIME_DIRECTORY" -mindepth 2)" ] || fail "$name left: $(find "$RUNTIME_DIRECTORY")"
}

stop_early live 0 --vdev net_null0,no-rx=1
echo "a signal during the start of a capture ends it with status 0"
stop_early replay 1 --replay "$DATA/services.pcap"
grep -q 'stopped by a signal: 0 of' "$T/replay.log" || fail "a replay that is cut short is not reported"
echo "a signal during the start of a replay is reported, with status 1"
