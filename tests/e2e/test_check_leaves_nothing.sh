#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# --check as root, as systemd runs it before the service, leaves no file: the service, another user's, starts without a word
# about rights and has DPDK's telemetry. Also where an older check left a folder.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

[ "$(id -u)" = 0 ] || skip 'takes root, for another user'
command -v setpriv > /dev/null || skip 'setpriv (util-linux) is not installed'
USER_ID=65534
name_spaces peer sensor
veth_between peer sensor
chmod 755 "$T"
cp "$BUILD/dataplane/lookback-dataplane" "$T/program"
export RUNTIME_DIRECTORY=$T/runtime
mkdir "$RUNTIME_DIRECTORY"
chown $USER_ID:$USER_ID "$RUNTIME_DIRECTORY"

for arguments in '--iface s0' '--vdev net_null0' '--iface s0 --no-huge' ''; do
	# shellcheck disable=SC2086  # words
	in_ns sensor timeout 60 "$T/program" --check -o table.records=1000 $arguments > "$T/check.log" 2>&1 || true
	grep -q 'huge pages' "$T/check.log" || fail "--check $arguments: $(tail -n 3 "$T/check.log")"
	[ -z "$(ls -A "$RUNTIME_DIRECTORY")" ] || fail "--check $arguments left: $(find "$RUNTIME_DIRECTORY")"
	! in_ns sensor ip link show s0 | grep -q xdp || fail "--check $arguments left an XDP program"
done
printf 'a check leaves nothing\n'

# The service, without capabilities: what it says about rights is about folders alone.
service() { # what it is
	: > "$T/dataplane.log"
	start dataplane setpriv --reuid=$USER_ID --regid=$USER_ID --clear-groups "$T/program" -o "collector.socket=$T/none.sock" --no-huge \
		--no-pci --vdev 'net_null0,no-rx=1' -o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1
	await 30 grep -q 'records each' "$T/dataplane.log"
	! grep -iE 'denied|cannot create|found a folder' "$T/dataplane.log" || fail "$1: it complains"
	[ -n "$(find "$RUNTIME_DIRECTORY/dpdk" -name 'dpdk_telemetry*')" ] || fail "$1: no telemetry"
	kill -TERM "$PID"
	wait "${CHILDREN[-1]}" || fail "$1: status $?"
	printf '%s: has its telemetry\n' "$1"
}
service 'after a check'
rm -rf "$RUNTIME_DIRECTORY/dpdk"
mkdir -m 700 "$RUNTIME_DIRECTORY/dpdk"
service 'after an older check'
