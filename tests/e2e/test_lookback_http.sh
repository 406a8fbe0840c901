#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Lookups over HTTP: every golden record, the traps of DNSDB's clients, the real dnsdbq and curl, keys, TLS, abuse.
# shellcheck source=tests/e2e/lib.sh disable=SC2016,SC2034
. "$(dirname "$0")/lib.sh"

CHECK="timeout 200 $PYTHON $E2E/lookback_http.py"
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

redis_up --appendonly no
files=() goldens=()
for name in services dnssec wikipedia ipv6 https caa tcp; do
	files+=(--replay "$DATA/$name.pcap")
	goldens+=("$DATA/$name.tsv")
done
replay "${files[@]}" --no-huge
unset COLLECTOR_PID

serve -o "names.file=$T/names"
names_are_complete() { [ "$(metric collector_names_complete)" = 1 ] && [ "$(metric collector_targets_complete)" = 1 ]; }
await 20 names_are_complete
same "names in the index" "$(cut -f1 "${goldens[@]}" | sort -u | wc -l)" "$(metric collector_names)"
same "names in the index of what is pointed to" "$(redis --scan --pattern 'pdns:rdata:*' | sort -u | wc -l)" "$(metric collector_targets)"
$CHECK "$URL" "${goldens[@]}" || fail "see above"

# Every response has its headers, whatever the path and the outcome.
has_headers() { # status, curl arguments…
	local status=$1
	shift
	same "status of $*" "$status" "$(curl -sS -o /dev/null -D "$T/head" -w '%{http_code}' --max-time 20 "$@")"
	for header in 'X-Content-Type-Options: nosniff' 'X-Frame-Options: DENY' 'Referrer-Policy: no-referrer' 'Cross-Origin-Resource-Policy: same-origin'; do
		same "$header of $*" 1 "$(tr -d '\r' < "$T/head" | grep -cixF "$header")"
	done
	same "Content-Security-Policy of $*" 1 "$(grep -ci '^Content-Security-Policy: ' "$T/head")"
}
for path in / /web/app.js /metrics /api/status /healthz /readyz /dnsdb/v2/ping /dnsdb/v2/rate_limit /dnsdb/v2/lookup/rrset/name/wikimedia.org \
	/pdns/query/wikimedia.org /pdns/info '/api/lookup?q=wikimedia.org' '/api/lookup?q=wikimedia.org&format=csv' '/api/find?q=wiki' '/api/pivot?q=wikimedia.org' /api/alerts /api/new '/api/new?depth=domain&format=plain&cursor=' /api/export /block; do
	has_headers 200 "$URL$path"
	has_headers 200 --compressed "$URL$path"
	has_headers 200 --head "$URL$path"
done
has_headers 200 --data 'wikimedia.org' "$URL/api/bulk"
has_headers 200 --data 'wikimedia.org' "$URL/api/understand"
has_headers 200 -H 'dribble-paginate-count: 1' "$URL/pdns/query/wikimedia.org"
has_headers 304 -H "If-None-Match: $(curl -sS -o /dev/null -D - "$URL/" | tr -d '\r' | sed -n 's/^ETag: //Ip')" "$URL/"
for path in /dnsdb/v2/nothing /dnsdb/v2/lookup/rrset/name/a..b '/api/lookup?q=' '/api/find?q=%zz' '/api/export?cursor=x' '/api/new?cursor=x' '/api/new?depth=x' '/api/pivot?q=' '/api/pivot?q=a.b&depth=9'; do
	has_headers 400 "$URL$path"
done
has_headers 400 -H 'Host: a b' "$URL/metrics"
has_headers 403 -H 'Sec-Fetch-Site: cross-site' "$URL/metrics"
has_headers 403 -H 'Sec-Fetch-Site: cross-site' "$URL/api/find?q=wiki"
has_headers 404 "$URL/nothing"
has_headers 404 "$URL/lookup/rrset/name/nothing.invalid"
has_headers 405 -X PUT "$URL/metrics"
has_headers 405 -X PUT "$URL/api/find?q=wiki"
printf '%0300000d' 0 > "$T/large"
has_headers 413 --data-binary "@$T/large" "$URL/api/understand"
has_headers 414 "$URL/$(printf '%09000d' 0)"
has_headers 416 "$URL/api/lookup?q=wikimedia.org&offset=99999999999"
has_headers 421 -H 'Host: elsewhere.example' "$URL/dnsdb/v2/ping"

# Wildcards of names that are pointed to come from their index as they come from the keys, without a SCAN.
pointing() { curl -fsS "$URL/dnsdb/v2/$1" | grep '"obj"' | sort; } # path
for path in 'lookup/rdata/name/*.wikimedia.org/ALL' 'lookup/rdata/name/ns0.*/ALL' 'lookup/rdata/name/*./ALL?limit=0' 'glob/rdata/*w%3Fki*' 'regex/rdata/%5Ens%5B0-9%5D'; do
	redis config resetstat > /dev/null
	pointing "$path" > "$T/by-index"
	[ -z "$(redis info commandstats | grep '^cmdstat_scan:')" ] || fail "$path: keys were scanned"
	[ -s "$T/by-index" ] || fail "$path: nothing"
done
timeout 20 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" rdata '*.wikimedia.org' --json | jq -r '.rrname + " " + .rrtype' | sort > "$T/by-keys"
same "rdata wildcards by index and by keys" "$(cat "$T/by-keys")" \
	"$(pointing 'lookup/rdata/name/*.wikimedia.org/ALL' | jq -r '.obj | (.rrname | rtrimstr(".")) + " " + .rrtype' | sort)"

# dnsdbq, as it comes.
if command -v dnsdbq > /dev/null; then
	export DNSDBQ_CONFIG_FILE=$T/dnsdbq.conf
	printf 'DNSDB_API_KEY="x"\nDNSDB_SERVER="%s"\nCIRCL_AUTH="a:b"\nCIRCL_SERVER="%s/pdns/query"\n' "$URL" "$URL" > "$DNSDBQ_CONFIG_FILE"
	q() { timeout 20 dnsdbq "$@"; }
	count() { awk -F'\t' "$1" "${goldens[@]}" | cut -f1-3 | sort -u | wc -l; }
	same "dnsdbq -r" "$(count '$1 == "wikimedia.org"')" "$(q -r wikimedia.org -j | wc -l)"
	same "dnsdbq -r with a type" "$(count '$1 == "wikimedia.org" && $2 == "NS"')" "$(q -r wikimedia.org/ns -j | wc -l)"
	same "dnsdbq wildcard" "$(count '$1 ~ /(^|\.)wikimedia.org$/')" "$(q -r '*.wikimedia.org' -j | wc -l)"
	same "dnsdbq wildcard behind" "$(count '$1 ~ /^text\./')" "$(q -r 'text.*' -j | wc -l)"
	same "dnsdbq -n" "$(count '$3 ~ /^ns0.wikimedia.org( |$)/')" "$(q -n ns0.wikimedia.org -j | wc -l)"
	same "dnsdbq -i" "$(count '$3 == "208.80.152.2"')" "$(q -i 208.80.152.2 -j | wc -l)"
	same "dnsdbq -i prefix" "$(count '$3 ~ /^208\.80\.152\.[0-9]*$/')" "$(q -i 208.80.152.0/24 -j | wc -l)"
	same "dnsdbq -V summarize" "num_results: $(count '$3 == "208.80.152.2"')" \
		"$(q -V summarize -i 208.80.152.2 | grep -o 'num_results: [0-9]*')"
	same "dnsdbq -A, -B" "$(count '$1 == "wikimedia.org"')" "$(q -r wikimedia.org -A 2011-01-01 -B 2012-01-01 -j | wc -l)"
	same "dnsdbq -A" 0 "$(q -r wikimedia.org -A 2020-01-01 -j 2> /dev/null | wc -l)"
	same "dnsdbq -l -O" 1 "$(q -r wikimedia.org -l 1 -O 1 -j | wc -l)"
	printf 'rrset/name/wikimedia.org\nrdata/ip/208.80.152.0%%2F24\nrdata/name/ns0.wikimedia.org\nrrset/name/no.such.invalid\n' > "$T/batch"
	same "dnsdbq -f" 4 "$(q -f -j < "$T/batch" 2> /dev/null | grep -c '^--')"
	q -f -f -m -j < "$T/batch" > "$T/batch.out" 2> /dev/null
	same "dnsdbq -ff -m" 4 "$(grep -c '^-- NOERROR' "$T/batch.out")"
	same "dnsdbq -u circl" "$(count '$1 == "wikimedia.org"')" "$(q -u circl -r wikimedia.org -j | wc -l)"
	same "dnsdbq -u circl -i" "$(count '$3 == "208.80.152.2"')" "$(q -u circl -i 208.80.152.2 -j | wc -l)"
	q -I > "$T/rate"
	grep -q 'limit: unlimited' "$T/rate" || fail "dnsdbq -I: $(cat "$T/rate")"
	q -r wikimedia.org > "$T/text"
	grep -q '^;; count: [0-9]*; bailiwick: wikimedia.org\.$' "$T/text" || fail "dnsdbq's text: $(head -n 3 "$T/text")"
fi

# The index follows the stream, and is there at once after a restart.
redis zadd pdns:name:fresh.paypa1.example 1790000000 'A 192.0.2.7' > /dev/null
redis xadd pdns:new '*' name fresh.paypa1.example type A rdata 192.0.2.7 first 1790000000 sensor other > /dev/null
is_found() { curl -fsS "$URL/api/find?q=paypal" | grep '"name":"fresh.paypa1.example","reason":"digit for letter"'; }
await 10 is_found
redis zadd pdns:rdata:mail.pointed.example 1790000000 'MX pointing.example' > /dev/null
redis zadd pdns:name:pointing.example 1790000000 'MX 10 mail.pointed.example' > /dev/null
redis xadd pdns:new '*' name pointing.example type MX rdata '10 mail.pointed.example' first 1790000000 sensor other > /dev/null
is_pointed_to() { pointing 'lookup/rdata/name/*.pointed.example' | grep '"rrname":"pointing.example."'; }
await 10 is_pointed_to
serve -o "names.file=$T/names"
await 10 is_found
await 10 is_pointed_to
redis config resetstat > /dev/null
timeout 20 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" -o "names.file=$T/names" rdata '*.pointed.example' --json | grep pointing.example > /dev/null || fail "the command with names.file"
[ -z "$(redis info commandstats | grep '^cmdstat_scan:')" ] || fail "the command scanned the keys"
! grep 'reading all keys\|names in' "$T/collector.log" || fail "the file of names was not used"

# What an import brings is found as well, although no stream tells it.
printf '{"rrname":"login.brandnew.example","rrtype":"A","rdata":"192.0.2.8","time_first":1700000000,"time_last":1700000000,"count":1}\n' |
	timeout 20 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" import > /dev/null
is_imported() { curl -fsS "$URL/api/find?q=brandnew" | grep '"name":"login.brandnew.example"' && names_are_complete; }
await 20 is_imported

# Newest first also where those that point to a name stand beside its own records; a "%" in a name is no escape.
"$BUILD/collector/lookback" -o "redis=unix:$REDIS" import > /dev/null << 'END'
{"rrname":"a.also.example","rrtype":"A","rdata":"192.0.2.8","time_first":1600000000,"time_last":1600000000,"count":1}
{"rrname":"b.also.example","rrtype":"CNAME","rdata":"a.also.example","time_first":1600000100,"time_last":1600000100,"count":1}
{"rrname":"a.also.example","rrtype":"MX","rdata":"10 a.also.example","time_first":1600000050,"time_last":1600000050,"count":1}
{"rrname":"192.0.2.8","rrtype":"A","rdata":"192.0.2.9","time_first":1600000000,"time_last":1600000000,"count":1}
{"rrname":"x[.]y.also.example","rrtype":"A","rdata":"192.0.2.9","time_first":1600000000,"time_last":1600000000,"count":1}
{"rrname":"per%cent.also.example","rrtype":"A","rdata":"192.0.2.8","time_first":1600000000,"time_last":1600000000,"count":1}
END
same "targets=also" "b.also.example a.also.example a.also.example" "$(curl -fsS "$URL/api/lookup?q=a.also.example&targets=also" | jq -r .rrname | xargs)"
for name in '192.0.2.8' 'x[.]y.also.example'; do
	same "as=name $name" "$name" "$(curl -fsSG "$URL/api/lookup?as=name" --data-urlencode "q=$name" | jq -r .rrname)"
done
same "as=name, no name" 400 "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/api/lookup?as=name&q=a..b")"
same "fquery, of a name that points to itself" 3 "$(curl -fsS "$URL/pdns/fquery/a.also.example" | wc -l)"
same "a % in a name" 'per%cent.also.example.' "$(curl -fsS "$URL/dnsdb/v2/lookup/rrset/name/per%25cent.also.example" | jq -r 'select(.obj).obj.rrname')"

# So is what an import brought that was killed in the middle: each batch is announced.
mkfifo "$T/lines"
start import "$BUILD/collector/lookback" -o "redis=unix:$REDIS" import "$T/lines"
import=$PID
exec {lines}> "$T/lines"
brings() { # word, a batch and more of names
	seq 900 | sed "s/.*/{\"rrname\":\"$1&.killed.example\",\"rrtype\":\"A\",\"rdata\":\"192.0.2.9\",\"time_first\":1700000000,\"time_last\":1700000000,\"count\":1}/" >&"$lines"
	await 20 is_written "$1"
}
is_written() { [ "$(redis exists "pdns:name:${1}20.killed.example")" = 1 ]; }
is_indexed() { curl -fsS "$URL/api/find?q=$1" | grep "\"name\":\"${1}20.killed.example\"" && names_are_complete; }
brings earliest
await 30 is_indexed earliest
brings thereafter
kill -KILL "$import"
exec {lines}>&-
await 30 is_indexed thereafter

# Redis away: 503 with a reason, at once, and back by itself.
redis shutdown nosave > /dev/null 2>&1 || true
await 20 is_gone "$REDIS_PID"
code=$(curl -sS -o "$T/body" -w '%{http_code}' "$URL/dnsdb/v2/lookup/rrset/name/wikimedia.org")
same "without Redis" 503 "$code"
redis_up --appendonly no
is_back() { [ "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/dnsdb/v2/lookup/rrset/name/wikimedia.org")" = 200 ]; }
await 20 is_back

# Keys, quota, audit; without keys on loopback only.
key=$(timeout 20 "$BUILD/collector/lookback" -o "http.keys=$T/keys" key add alice --quota 6/h 2> /dev/null)
serve -o "http.keys=$T/keys" -o http.audit=yes
$CHECK "$URL" --key "$key" || fail "keys"
grep -q 'lookup: key alice, from 127.0.0.1: GET /dnsdb/v2/lookup/rrset/name/example.com$' "$T/collector.log" || fail "no audit line"
! grep -qF "$key" "$T/collector.log" || fail "the key is in the log"
rm -f "$T/keys"
adds=()
for i in {1..20}; do
	timeout 20 "$BUILD/collector/lookback" -o "http.keys=$T/keys" key add "many$i" --quota 3/h > "$T/key$i" 2> /dev/null &
	adds+=($!)
done
for pid in "${adds[@]}"; do wait "$pid" || fail "key add"; done
same "keys that were added at once" 20 "$(timeout 20 "$BUILD/collector/lookback" -o "http.keys=$T/keys" key list | grep -c many)"
key=$(cat "$T/key7")
head_of() { curl -sS -o /dev/null -D - "$@" | tr -d '\r'; }
is_taken() { [ "$(curl -sS -o /dev/null -w '%{http_code}' -H "X-API-Key: $key" "$URL/dnsdb/v2/ping")" = 200 ]; }
await 10 is_taken
for path in dnsdb/v2/ping pdns/query/a.example lookup/rrset/name/a.example query/a.example; do
	head_of "$URL/$path" | grep -qx 'WWW-Authenticate: Basic realm="lookback"' || fail "$path: no Basic"
done
head_of "$URL/api/find?q=example" | grep -qx 'WWW-Authenticate: Lookback-Key' || fail "/api: the browser would ask"
same "curl --anyauth" 200 "$(curl -sS -o /dev/null -w '%{http_code}' --anyauth -u "me:$key" "$URL/pdns/query/a.example")"
head_of -H "X-API-Key: $key" "$URL/dnsdb/v2/lookup/rrset/name/a.example" > "$T/head"
grep -qx 'X-RateLimit-Limit: 3' "$T/head" && grep -qx 'X-RateLimit-Remaining: 1' "$T/head" && grep -q '^X-RateLimit-Reset: [0-9]*$' "$T/head" || fail "no X-RateLimit: $(cat "$T/head")"
for path in lookup/rate_limit dnsdb/v2/rate_limit; do
	same "POST $path" 3 "$(curl -fsS -X POST -H "X-API-Key: $key" "$URL/$path" | jq .rate.limit)"
done
curl -sS -o /dev/null -H "X-API-Key: $key" "$URL/api/lookup?q=au%0adit.example"
head_of -H "X-API-Key: $key" "$URL/dnsdb/v2/lookup/rrset/name/a.example" > "$T/head"
grep -qix 'X-Content-Type-Options: nosniff' "$T/head" && grep -q '^HTTP/1.1 429 ' "$T/head" && grep -q '^Retry-After: 3[0-9]*$' "$T/head" && grep -qx 'X-RateLimit-Remaining: 0' "$T/head" || fail "429: $(cat "$T/head")"
curl -sS -o /dev/null -H "X-API-Key: $(cat "$T/key8")" --data-binary $'a.example\nb\x01.example\n' "$URL/api/bulk"
grep -q 'lookup: key many7, from 127.0.0.1: GET /api/lookup?q=au%0adit.example$' "$T/collector.log" || fail "the audit line has no query"
grep -q 'lookup: key many8, from 127.0.0.1: POST /api/bulk: a.example b?.example $' "$T/collector.log" || fail "the audit line has no questions"
echo 'no line of keys' > "$T/keys.bad" && cat "$T/keys.bad" >> "$T/keys" # is told, and the keys of before stay
is_told() { curl -sS -o /dev/null -H "X-API-Key: $key" "$URL/dnsdb/v2/ping" && grep 'http.keys: .*/keys: line 21: expected name:sha256:limits' "$T/collector.log"; }
await 10 is_told
same "keys of before" 200 "$(curl -sS -o /dev/null -w '%{http_code}' -H "X-API-Key: $key" "$URL/dnsdb/v2/ping")"
timeout 20 "$BUILD/collector/lookback-collector" -o "collector.socket=$T/other.sock" -o "redis=unix:$REDIS" \
	-o http.listen=0.0.0.0:0 > "$T/open.log" 2>&1 && fail "open to everyone"
grep -q 'http.keys' "$T/open.log" || fail "no reason: $(cat "$T/open.log")"
beyond() { timeout 20 "$BUILD/collector/lookback-collector" --check -o "redis=unix:$REDIS" -o "http.keys=$T/keys" -o "http.listen=$1" 2>&1; }
beyond 0.0.0.0:0 | grep 'keys cross the network in clear' > /dev/null || fail "keys in clear, and no warning"
! beyond 127.0.0.1:0 | grep 'in clear' || fail "a warning about loopback"

# What is given as an argument is not left for ps.
start secret "$BUILD/collector/lookback-collector" -o "collector.socket=$T/secret.sock" -o "redis=unix:$REDIS" -o http.listen=none -o redis.password=geheim
is_wiped() { tr '\0' ' ' < "/proc/$PID/cmdline" | grep -F 'redis.password=*'; }
await 10 is_wiped
! grep -qF geheim "/proc/$PID/cmdline" || fail "ps shows the password"
kill "$PID"

# TLS.
if command -v openssl > /dev/null; then
	openssl req -x509 -newkey rsa:2048 -nodes -keyout "$T/tls.key" -out "$T/tls.pem" -subj /CN=localhost -days 2 2> /dev/null
	serve -o "http.certificate=$T/tls.pem" -o "http.certificate_key=$T/tls.key"
	same "over TLS" '{"ping":"ok"}' "$(curl -fsS --cacert "$T/tls.pem" --resolve "localhost:${URL##*:}:127.0.0.1" \
		"https://localhost:${URL##*:}/dnsdb/v2/ping")"
fi

# Lookups beyond their limit get 503 and when to ask again, health does not; their places are free again.
serve -o http.connections=2
exec {fd}<> "/dev/tcp/127.0.0.1/${URL##*:}"
printf 'GET /api/export HTTP/1.1\r\nHost: localhost\r\n\r\n' >&"$fd"
redis_is_held() { redis client pause 3000 > /dev/null; }
await 10 redis_is_held
printf 'GET /dnsdb/v2/lookup/rrset/name/a.example HTTP/1.1\r\nHost: localhost\r\n\r\n%.0s' 1 2 >&"$fd"
is_busy() { [ "$(curl -sS -o /dev/null -D "$T/head" -w '%{http_code}' --max-time 1 "$URL/pdns/query/a.example")" = 503 ]; }
await 5 is_busy
grep -q '^Retry-After: [1-9]' "$T/head" || fail "503 without Retry-After"
same "health while lookups are refused" 200 "$(curl -sS -o /dev/null -w '%{http_code}' --max-time 1 "$URL/healthz")"
exec {fd}>&-
await 20 curl -fsS --max-time 1 "$URL/pdns/query/a.example"

# Connection limit: who comes too late is turned away, and nobody is forgotten.
serve -o http.connections=4
for _ in 1 2 3 4 5 6; do
	exec {fd}<> "/dev/tcp/127.0.0.1/${URL##*:}"
done
await 20 curl -fsS --max-time 1 "$URL/dnsdb/v2/ping"
kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
! grep -i 'sanitizer\|runtime error' "$T"/*.log || fail "a report of the sanitizers"
