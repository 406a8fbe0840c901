#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# /metrics of a running system: well-formed, and the sums of docs/architecture.md hold in it.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v promtool > /dev/null || skip "promtool is not installed (package prometheus)"
command -v curl > /dev/null || skip "curl is not installed"

redis_up --appendonly no
collector_up -o http.listen=127.0.0.1:0 -o redis.check=0.2
await 20 http_address
url=http://$(http_address)

status() { timeout 10 curl -s -o "$T/body" -w '%{http_code}' "$@"; }
[ "$(status "$url/healthz")" = 200 ] || fail "/healthz: $(cat "$T/body")"
await 10 test "$(status "$url/readyz")" = 200
[ "$(status "$url/nothing")" = 404 ] || fail "an unknown path is not 404"
[ "$(status -X POST "$url/metrics")" = 405 ] || fail "POST is not 405"

check_format() {
	metrics > "$T/metrics"
	timeout 20 promtool check metrics < "$T/metrics" > "$T/promtool.log" 2>&1 || fail "promtool: $(cat "$T/promtool.log")"
	[ ! -s "$T/promtool.log" ] || fail "promtool: $(cat "$T/promtool.log")"
}
check_format # without a dataplane

# A live port that goes on for ever, so that the dataplane is running while it is asked; several captures.
dataplane_up --vdev net_null0,size=64,no-rx=1 --vdev "net_pcap1,rx_pcap=$DATA/services.pcap" \
	--vdev "net_pcap2,rx_pcap=$DATA/edns-client-subnet.pcap" --vdev "net_pcap3,rx_pcap=$DATA/teredo.pcap" --vdev "net_pcap4,rx_pcap=$DATA/opt-bad-length.pcap" \
	--no-pci -o workers=2 -o flush.interval=0.5
all_received() { [ "$(metric port_rx_packets_total)" = $((263 + 89 + 78 + 1)) ]; }
await 30 all_received
nothing_pending() { [ "$(metric sightings_pending)" = 0 ] && [ "$(metric rx_packets_total)" = $((263 + 89 + 78 + 1)) ]; }
await 30 nothing_pending
sleep 1.5 # one more frame of counters
check_format
"$ROOT/scripts/check-maps" "$T/metrics" || fail "the maps in the documents are not those of the project"

equal() { # what, left, right
	[ "$2" = "$3" ] || fail "$1: $2 is not $3"
	printf '%s: %s\n' "$1" "$2"
}
equal "packets the ports received = packets the workers took" "$(metric port_rx_packets_total)" "$(metric rx_packets_total)"
equal "packets and reassembled datagrams = Σ by outcome" \
	$(($(metric rx_packets_total) + $(metric reassembled_datagrams_total))) "$(metric packets_total)"
equal "messages by transport = Σ by outcome" "$(metric messages_received_total)" "$(metric messages_total)"
equal "records taken = sightings flushed + pending + Σ lost" "$(metric records_total 'outcome="taken"')" \
	$(($(metric sightings_flushed_total) + $(metric sightings_pending) + $(metric sightings_lost_total)))
equal "records flushed = records that the collector has" "$(metric flush_records_total)" "$(metric collector_records_received_total)"
equal "records received = applied" "$(metric collector_records_received_total)" "$(metric collector_records_total)"
equal "sightings flushed = sightings in Redis" "$(metric sightings_flushed_total)" "$(metric collector_sightings_total 'outcome="applied"')"
equal "sightings flushed = sightings taken from the dataplane" "$(metric sightings_flushed_total)" "$(metric dataplane_sightings_taken_total)"
equal "the accounts add up" "$(metric dataplane_unbalanced) $(metric collector_accounts_unbalanced)" "0 0"
[ "$(metric collector_accounts_compared_total)" -gt 1 ] || fail "accounts were not compared"
equal "records new to Redis = entries of the stream" "$(metric collector_records_first_seen_total)" "$(redis xlen pdns:new)"
[ "$(metric poll_gap_seconds_count)" -gt 0 ] || fail "no gaps between polls were counted"
[ "$(metric dataplane_up)" = 1 ] || fail "dataplane_up is not 1"
[ "$(metric messages_total 'outcome="malformed"')" -gt 0 ] || fail "the capture with a malformed message shows none"

# A worker alone, by its label
for worker in 0 1; do
	label="worker=\"$worker\""
	equal "worker $worker: packets = Σ by outcome" \
		$(($(metric rx_packets_total "$label") + $(metric reassembled_datagrams_total "$label"))) "$(metric packets_total "$label")"
done

# EXEC of each batch, and HTTP requests, are in the histograms.
[ "$(metric collector_redis_exec_duration_seconds_count)" = "$(metric collector_batches_applied_total)" ] || fail "not every EXEC was timed"
[ "$(metric collector_http_request_duration_seconds_count 'path="other"')" -gt 5 ] || fail "HTTP requests were not timed"
status "$url/dnsdb/v2/lookup/rrset/name/example.com" > "$T/lookup"
[ "$(metric collector_http_request_duration_seconds_count 'path="lookup"')" = 1 ] || fail "a lookup was not timed: status $(cat "$T/lookup")"
[ "$(metric collector_spool_disk_free_bytes)" -gt 0 ] || fail "the disk of the spool is not reported"
metrics | grep '^process_cpu_seconds_total [0-9]' > /dev/null || fail "no process_cpu_seconds_total"
has_keys() { [ "$(metric collector_redis_keys)" -gt 10 ] && [ "$(metric collector_redis_memory_bytes)" -gt 100000 ]; }
await 20 has_keys

# The sensor stands in Redis, with its last flush.
[ "$(redis zcard pdns:sensors)" = 1 ] || fail "pdns:sensors: $(redis zrange pdns:sensors 0 -1 withscores)"

# A collector that starts later knows the sensor, and when it was heard last, although its dataplane is gone.
sensor=$(redis zrange pdns:sensors 0 0)
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
serve -o redis.check=0.2
url=$URL
is_known() { metrics | grep "^lookback_dataplane_up{sensor=\"$sensor\"} 0\$"; }
await 20 is_known
[ "$(metric sensor_last_flush_timestamp_seconds)" = "$(redis zscore pdns:sensors "$sensor")" ] || fail "the last flush is not that of Redis"
check_format
redis zrem pdns:sensors "$sensor" > /dev/null # as lookback erase sensor
is_forgotten() { metrics > "$T/metrics" && ! grep '^lookback_dataplane_up' "$T/metrics"; }
await 20 is_forgotten
await 10 test "$(status "$url/readyz")" = 200

# /readyz that needs a sensor: none, one of another name, the right one, a sensor that was stopped.
SENSOR_OPTIONS=(--vdev "net_null0,size=64,no-rx=1" --no-pci -o workers=1)
is_ready() { [ "$(status "$url/readyz")" = 200 ]; }
not_ready() { [ "$(status "$url/readyz")" = 503 ]; }
serve -o ready.sensor=2s -o "ready.sensors=east, west"
url=$URL
await 20 not_ready
grep -q 'sensor east: found not live' "$T/body" || fail "/readyz without a sensor: $(cat "$T/body")"
dataplane_up "${SENSOR_OPTIONS[@]}" -o sensor=east
await 20 grep -q 'dataplane east on .*: connected' "$T/collector.log"
says_west() { not_ready && grep -q 'sensor west: found not live' "$T/body"; }
await 20 says_west
kill -TERM "$DATAPLANE_PID"
await 30 is_gone "$DATAPLANE_PID"
serve -o ready.sensor=2s
url=$URL
says_none() { not_ready && grep -q 'sensors: found none live' "$T/body"; }
await 20 says_none
dataplane_up "${SENSOR_OPTIONS[@]}" -o sensor=east
await 20 is_ready
kill -STOP "$DATAPLANE_PID"
await 20 says_none
kill -CONT "$DATAPLANE_PID"
await 20 is_ready

# Redis away: alive, not ready.
kill -TERM "$REDIS_PID"
await 20 not_ready
[ "$(status "$url/healthz")" = 200 ] || fail "/healthz is not 200 while Redis is away"
[ "$(metric collector_redis_up)" = 0 ] || fail "collector_redis_up is not 0"
check_format
