#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Connections to the collector: another user of the socket's group keeps no dataplane out. Stopping a dataplane with nothing to
# hand over takes no time, whether or not a collector is there; with something it says what is lost.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

live=(--vdev 'net_null0,no-rx=1' --no-huge --no-pci)
sightings='tables; start lookback-collector'

# Starts a dataplane, stops it and tells in which time it ended.
stop_in() { # seconds at most, what it is
	local limit=$1 start dataplane=${CHILDREN[-1]} status=0
	await 20 grep -q 'records each' "$T/dataplane.log"
	start=$(date +%s%N)
	kill -TERM "$DATAPLANE_PID"
	wait "$dataplane" || status=$?
	printf '%s: ended with status %d after %d ms\n' "$2" "$status" $((($(date +%s%N) - start) / 1000000))
	[ $status = 0 ] || fail "$2: status $status"
	[ $((($(date +%s%N) - start) / 1000000)) -lt $((limit * 1000)) ] || fail "$2: it took longer than $limit s"
	! grep -q 'has not taken over' "$T/dataplane.log" || fail "$2: $(cat "$T/dataplane.log")"
	: > "$T/dataplane.log"
}
dataplane_up "${live[@]}"
stop_in 10 "no collector"
redis_up --appendonly no
collector_up
dataplane_up "${live[@]}"
await 20 grep -q 'connected, version' "$T/collector.log"
kill -STOP "$COLLECTOR_PID"
stop_in 10 "a collector that stands still"
kill -CONT "$COLLECTOR_PID"

# A replay that is stopped while nobody takes what it holds.
"$ROOT/tests/tools/make_capture.py" --responses 3000 --names 3000 "$T/real.pcap" "$T/real.tsv"
status=0
start dataplane "$BUILD/dataplane/lookback-dataplane" -o "collector.socket=$T/none.sock" --replay "$T/real.pcap" --no-huge \
	-o stop.timeout=0.5
await 20 grep -q 'cannot connect' "$T/dataplane.log"
kill -TERM "$PID"
wait "${CHILDREN[-1]}" || status=$?
[ $status = 1 ] || fail "a stopped replay: status $status, expected 1"
grep -q "has not taken over .* frames .*$sightings" "$T/dataplane.log" || fail "no word of what a stopped replay lost: $(cat "$T/dataplane.log")"

# One that is stopped in its middle hands over what it has taken, and has failed.
"$ROOT/tests/tools/make_capture.py" --responses 140000 --names 70000 "$T/long.pcap" "$T/long.tsv"
status=0
: > "$T/dataplane.log"
kill -STOP "$COLLECTOR_PID"
dataplane_up --replay "$T/long.pcap" --no-huge -o table.records=1000 -o flood.names=0 --json
await 20 grep -q 'records each' "$T/dataplane.log"
kill -TERM "$DATAPLANE_PID"
await 20 grep -q 'stopped by a signal: [0-9]* of 140000 packets' "$T/dataplane.log"
kill -CONT "$COLLECTOR_PID"
wait "${CHILDREN[-1]}" || status=$?
[ $status = 1 ] || fail "a replay stopped in its middle: status $status, expected 1"
grep -q '"sightings_pending":0,"lost_no_room":0' "$T/dataplane.log" || fail "a replay stopped in its middle lost sightings: $(cat "$T/dataplane.log")"

[ "$(id -u)" = 0 ] || skip 'the rest takes root, for another user'
chmod 0711 "$T"
chmod 0666 "$SOCKET"
timeout 300 "$PYTHON" - "$E2E" "$SOCKET" <<- 'END' || fail "another user kept a dataplane out"
	import os, socket, sys, time, uuid
	sys.path.insert(0, sys.argv[1])
	import frames

	def crowd():
	    """As another user: as many connections as there can be, half of them with a HELLO; opened again when closed."""
	    os.setgid(65534)
	    os.setuid(65534)
	    kept = []
	    end = time.monotonic() + 300
	    while time.monotonic() < end:
	        try:
	            s = socket.socket(socket.AF_UNIX)
	            s.connect(sys.argv[2])
	            if len(kept) % 2:
	                s.sendall(frames.hello(uuid.uuid4().bytes, "crowd"))
	            kept.append(s)
	            kept = kept[-300:]
	        except OSError:
	            time.sleep(0.001)

	child = os.fork()
	if child == 0:
	    crowd()
	    os._exit(0)
	try:
	    time.sleep(0.5)
	    for n in range(21):
	        began = time.monotonic()
	        d = frames.Dataplane(sys.argv[2], "real")
	        for _ in range(100):  # its queue may be full of others for a moment, as for a dataplane, which tries again
	            try:
	                d.connect(5)
	                d.records([frames.record(f"n{n}.example", 1, bytes(4), 1700000000, 1700000000, 1, frames.NEW)])
	                if n < 20:
	                    d.bye()
	                d.wait()
	                break
	            except (BlockingIOError, ConnectionError, TimeoutError):
	                time.sleep(0.05)
	        assert d.acked == d.number, f"round {n}: not acknowledged"
	        d.close()
	        assert time.monotonic() - began < 40, f"round {n}: {time.monotonic() - began:.1f} s"
	finally:
	    os.kill(child, 9)
	    os.waitpid(child, 0)
	# a stream belongs to the user who began it
	if os.fork() == 0:
	    os.setgid(65534)
	    os.setuid(65534)
	    s = socket.socket(socket.AF_UNIX)
	    s.connect(sys.argv[2])  # waits while the queue is full of the crowd's connections
	    s.settimeout(60)
	    s.sendall(frames.hello(d.stream, "real"))
	    os._exit(0 if s.recv(1) == b"" else 1)
	assert os.wait()[1] == 0, "another user took the stream over"
END
is_alive "$COLLECTOR_PID" || fail 'the collector ended'
grep -q 'of user 65534 was rejected' "$T/collector.log" || fail "no word of who was turned away: $(tail -n 5 "$T/collector.log")"
printf 'another user kept no dataplane out\n'
