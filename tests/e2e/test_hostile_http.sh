#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Hostile requests: slow ones, heavy ones, malformed ones, from other sites, without reading, without TLS's end. Health and
# metrics are answered all the while, nothing crashes, memory stays where it was.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

hostile() { # part, more arguments
	timeout 400 "$PYTHON" "$E2E/hostile_http.py" --pid "$COLLECTOR_PID" --slowest "$SLOWEST" "$URL" --part "$@" > "$T/part-$1" 2>&1 ||
		fail "$1: $(tail -n 20 "$T/part-$1")"
	cat "$T/part-$1"
}
SLOWEST=0.25 # seconds for 9 of 10 probes, or more if an idle process takes long at the same time

redis_up --appendonly no
serve
seq 6000 | sed 's/.*/{"rrname":"w&.z&.example","rrtype":"A","rdata":"192.0.2.9","time_first":1700000000,"time_last":1700000000,"count":1}/' |
	timeout 60 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" import > /dev/null
names_are_complete() { [ "$(metric collector_names)" = 6000 ] && [ "$(metric collector_names_complete)" = 1 ]; }
await 20 names_are_complete

hostile slow &
slow=$!
hostile shapes
wait "$slow" || fail "slow"
hostile heavy
hostile lists
before=$(awk '/^VmRSS/ { print $2 }' "/proc/$COLLECTOR_PID/status")
hostile junk --requests 2000
hostile readers
after=$(awk '/^VmRSS/ { print $2 }' "/proc/$COLLECTOR_PID/status")
[ "$after" -lt $((before + 262144)) ] || fail "memory grew from $before to $after KiB"
[ "$(metric collector_http_connections_closed_total 'reason="slow"')" -gt 0 ] || fail "no slow connection was counted"
[ "$(metric collector_http_connections_closed_total 'reason="crowded_out"')" -gt 0 ] || fail "no connection that gave way was counted"

if command -v openssl > /dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/tls.key" -out "$T/tls.pem" -subj /CN=localhost -days 2 2> /dev/null
	serve -o "http.certificate=$T/tls.pem" -o "http.certificate_key=$T/tls.key"
	hostile tls --ca "$T/tls.pem"
fi
kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
! grep -i 'sanitizer\|runtime error' "$T"/*.log "$T"/part-* || fail "a report of the sanitizers"
