#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What lookups answer: real clients' requests and readings, and what people paste, on imported records.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
look() { timeout 60 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" "$@"; }
timeout 20 "$PYTHON" "$E2E/lookups.py" --records > "$T/records"
look import "$T/records" > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
serve
is_complete() { [ "$(metric collector_names_complete)" = 1 ] && [ "$(metric collector_targets_complete)" = 1 ]; }
await 20 is_complete
timeout 120 "$PYTHON" "$E2E/lookups.py" "$URL" || fail "see above"

# dnsdbflex -F | dnsdbq -f, and dnsdbq with the configuration that docs/api.md shows: it asks nobody else.
if command -v dnsdbq > /dev/null; then
	export DNSDBQ_CONFIG_FILE=$T/dnsdbq.conf
	awk '/^    cat .*dnsdb-query.conf/ { take = 1; next } /^    END$/ { take = 0 } take { sub(/^ +/, ""); print }' "$ROOT/docs/api.md" |
		sed "s#http://127.0.0.1:8053#$URL#" > "$DNSDBQ_CONFIG_FILE"
	grep -q "CIRCL_SERVER=.*$URL/pdns/query" "$DNSDBQ_CONFIG_FILE" || fail "docs/api.md without a configuration of dnsdbq: $(cat "$DNSDBQ_CONFIG_FILE")"
	timeout 20 "$PYTHON" "$E2E/lookups.py" "$URL" --batch > "$T/batch"
	env -u DNSDB_SERVER timeout 20 dnsdbq -f -j < "$T/batch" > "$T/batch.out" 2> "$T/batch.err" || fail "dnsdbq -f: $(cat "$T/batch.err")"
	[ "$(grep -c '"rrname"' "$T/batch.out")" -ge 11 ] || fail "dnsdbq -f finds too little: $(cat "$T/batch.out" "$T/batch.err")"
	[ "$(timeout 20 dnsdbq -u circl -r www.a.com -j | grep -c '"203.0.113.1"')" = 1 ] || fail "dnsdbq -u circl"
	[ "$(timeout 20 dnsdbq -u circl -i 203.0.113.1 -j | grep -c 'www.a.com')" = 1 ] || fail "dnsdbq -u circl -i"
fi

# What an import, or a flush, has just brought is found at once, also by wildcards and patterns: the index is complete, or is
# not asked. Without a stream of new records nothing tells of a flush.
wildcards() { # label
	for path in "dnsdb/v2/lookup/rrset/name/*.$1.example" "dnsdb/v2/glob/rrnames/*.$1.example" "dnsdb/v2/regex/rrnames/%5C.$1%5C.example" "api/find?q=$1" \
		"dnsdb/v2/lookup/rdata/name/*.$1.invalid" "dnsdb/v2/glob/rdata/*.$1.invalid"; do
		# a pattern of RDATA answers with the RDATA
		[ "$(curl -fsS "$URL/$path" | grep -c "$1")" = 1 ] || fail "$path is not there at once: $(curl -sS "$URL/$path" | head -n 5)"
	done
}
for i in {1..5}; do
	printf '{"rrname":"n.imported%d.example","rrtype":"NS","rdata":"t.imported%d.invalid","time_first":1,"time_last":2,"count":1}\n' "$i" "$i" | look import > /dev/null
	wildcards "imported$i"
	[ "$i" != 3 ] || await 30 is_complete
done
await 30 is_complete
flushed() { # label
	redis zadd "pdns:name:n.$1.example" 1700000000 "NS t.$1.invalid" > /dev/null
	redis zadd "pdns:zone:$1.example" 1700000000 "n.$1.example" > /dev/null
	redis zadd "pdns:rdata:t.$1.invalid" 1700000000 "NS n.$1.example" > /dev/null
}
for i in {1..10}; do
	flushed "flushed$i"
	redis xadd pdns:new '*' name "n.flushed$i.example" type NS rdata "t.flushed$i.invalid" first 1700000000 sensor other > /dev/null
	wildcards "flushed$i"
done
await 30 is_complete
redis del pdns:new > /dev/null
redis zadd pdns:sensors 1700000000 other > /dev/null
flushed silent
wildcards silent
is_incomplete() { [ "$(metric collector_names_complete)" = 0 ]; }
await 20 is_incomplete

kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
! grep -i 'sanitizer\|runtime error' "$T"/*.log || fail "a report of the sanitizers"
