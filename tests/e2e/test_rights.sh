#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The dataplane as a user without rights but those given to it: what they are enough for works, and what is missing is
# named in one line. After kill -9, the next start captures whether or not it may clean up.
#
#     peer ── p0 ⇄ s0 ── sensor
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v setpriv > /dev/null || skip "setpriv (util-linux) is not installed"
USER_ID=65534
name_spaces peer sensor
veth_between peer sensor
redis_up --appendonly no
collector_up
chmod 755 "$T" # what the operator does: the folder of the socket is the user's to enter, the program his to run
chmod 666 "$SOCKET"
cp "$BUILD/dataplane/lookback-dataplane" "$T/program"

sent=0
rights='' # those of the last run
MEMLOCK='' # octets that it may lock
begin() { # rights, with commas
	rights=$1
	local caps=-all${rights:+,+${rights//,/,+}}
	: > "$T/dataplane.log"
	start dataplane ip netns exec "$id-sensor" prlimit ${MEMLOCK:+--memlock=$MEMLOCK:$MEMLOCK} setpriv --reuid=$USER_ID --regid=$USER_ID --clear-groups --no-new-privs \
		--inh-caps="$caps" --ambient-caps="$caps" --bounding-set="$caps" "$T/program" -o "collector.socket=$SOCKET" \
		--no-huge -o table.records=1000 -o tcp.flows=4096 -o tcp.memory=16m -o flush.interval=1 --iface s0
	DATAPLANE=${CHILDREN[-1]}
	DATAPLANE_PID=$PID
}
says() { grep -q -- "$1" "$T/dataplane.log"; }
must_say() { says "$1" || fail "with '$rights' it does not say '$1'"; }
has_count() { [ "$(redis zscore pdns:count:n0.example.com 'A 203.0.113.7')" = "$1" ]; }
captures() { # by what
	await 30 grep -q 'records each' "$T/dataplane.log"
	must_say "capturing through $1"
	[ "$(awk '/^Uid:/ { print $2 }' "/proc/$DATAPLANE_PID/status")" = $USER_ID ] || fail "it is not the user's"
	in_ns peer timeout 60 "$E2E/dns_send.py" p0 --count 10 --names 1
	sent=$((sent + 10))
	await 10 has_count $sent
}
end() {
	local status=0
	kill -TERM "$DATAPLANE_PID"
	wait "$DATAPLANE" || status=$?
	[ $status = 0 ] || fail "with '$rights' the dataplane ended with status $status"
}

# those that the service has
capturing=$(sed -n 's/^AmbientCapabilities=//p' "$ROOT/scripts/systemd/lookback-dataplane.service.in" | tr 'A-Z ' 'a-z,' | sed 's/cap_//g')
begin $capturing
await 30 grep -q 'records each' "$T/dataplane.log"
if ! says 'capturing through AF_XDP'; then
	! says 'kernel or container' || skip "no AF_XDP here: $(grep -m 1 'no AF_XDP' "$T/dataplane.log")"
	fail "no AF_XDP with $capturing"
fi
captures AF_XDP
[ "$(grep -c -E 'warning|error' "$T/dataplane.log")" = 0 ] || fail "with all rights it complains"
end

# one of them is missing
begin ${capturing/,perfmon/}
captures AF_PACKET
must_say 'no AF_XDP: root is needed, or CAP_PERFMON'
end
begin net_raw,net_admin
captures AF_PACKET
must_say 'no AF_XDP: root is needed, or CAP_BPF, CAP_PERFMON'
end
without_lock=${capturing/,ipc_lock/}
MEMLOCK=8388608
begin $without_lock
captures AF_PACKET
must_say 'no AF_XDP: found a limit of 8 MiB of locked memory, expected [0-9]*; raise it (ulimit -l) or give CAP_IPC_LOCK'
[ "$(grep -c -E 'warning|error' "$T/dataplane.log")" = 1 ] || fail "more than one line about locked memory"
end
MEMLOCK=1000000
begin $without_lock
! wait "$DATAPLANE" || fail "it runs with next to no locked memory"
must_say 'error: interface s0: cannot be captured from: found a limit of 0 MiB of locked memory, expected [0-9]*; raise it (ulimit -l) or give CAP_IPC_LOCK'
MEMLOCK=
for missing in net_raw net_admin; do
	begin "$(tr , '\n' <<< $capturing | grep -vx $missing | paste -sd ,)"
	! wait "$DATAPLANE" || fail "it runs without $missing"
	must_say "error: interface s0: cannot be captured from: root is needed, or CAP_${missing^^}"
done
begin ''
! wait "$DATAPLANE" || fail "it runs without any right"
must_say 'error: interface s0: cannot be captured from: root is needed, or CAP_NET_RAW, CAP_NET_ADMIN'

# kill -9, and what the next one may do about it
begin $capturing
captures AF_XDP
kill -KILL "$(pgrep -P "$DATAPLANE_PID")" "$DATAPLANE_PID" # its helper too, which would take the program off
wait "$DATAPLANE" || true
begin $capturing
captures AF_PACKET
must_say 'whether an earlier run left it, only CAP_SYS_ADMIN can find out'
end
begin $capturing,sys_admin
captures AF_XDP
must_say 'detached the XDP program that an earlier run left'
end
echo "rights: enough where they are, named where they are not"
