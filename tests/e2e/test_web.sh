#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The web page in a real Chromium (tests/web/page.mjs), on records that the programs themselves put into Redis.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

WEB=$ROOT/tests/web
CHROMIUM=$(command -v chromium || command -v chromium-browser) || skip "chromium is not installed"
command -v npm > /dev/null || skip "npm is not installed"
if [ ! -e "$WEB/node_modules/axe-core" ]; then
	(cd "$WEB" && timeout 200 npm ci --ignore-scripts --no-audit --no-fund > "$T/npm.log" 2>&1) || skip "npm cannot fetch the packages: $(grep -m1 -i error "$T/npm.log")"
fi

# served: what a client that knows HTTP may expect
status() { : > "$T/body"; timeout 10 curl -s -o "$T/body" -D "$T/head" -w '%{http_code}' "$@"; }
header() { tr -d '\r' < "$T/head" | sed -n "s/^$1: //Ip"; }

redis_up # with its append-only file, or the page warns
files=()
for name in services wikipedia tcp-64k txt; do files+=(--replay "$DATA/$name.pcap"); done
replay "${files[@]}" --no-huge
unset COLLECTOR_PID
"$BUILD/collector/lookback" -o "redis=unix:$REDIS" import "$WEB/records.jsonl" > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
key=$(timeout 20 "$BUILD/collector/lookback" -o "http.keys=$T/keys" key add alice --quota 100/h 2> /dev/null)
small=$(timeout 20 "$BUILD/collector/lookback" -o "http.keys=$T/keys" key add bob --quota 1/h 2> /dev/null)

printf '[rule hostile]\nmatch = zone hostile.example\n[rule again]\nmatch = name www.later.example\n' > "$T/watch.conf"
serve -o "watch.file=$T/watch.conf"
await 10 test "$(status "$URL/")" = 200
for file in "$ROOT"/collector/http/web/*; do
	[ "${file##*/}" = README.md ] && continue
	path=/web/${file##*/}
	[ "$path" = /web/index.html ] && path=/
	[ "$(status "$URL$path")" = 200 ] || fail "$path is not there"
	cmp -s "$T/body" "$file" || fail "$path is another file"
	etag=$(header ETag)
	[ "$(status -H "If-None-Match: $etag" "$URL$path")" = 304 ] && [ ! -s "$T/body" ] || fail "$path with its ETag is not 304"
	[ "$(status --compressed -H 'Accept-Encoding: gzip' "$URL$path")" = 200 ] && [ "$(header Content-Encoding)" = gzip ] || fail "$path does not come compressed"
	cmp -s "$T/body" "$file" || fail "$path compressed is another file"
	[ "$(status -H 'Accept-Encoding: br, gzip; q=0.0, identity;q=1' "$URL$path")" = 200 ] && [ -z "$(header Content-Encoding)" ] || fail "$path comes compressed to who does not want it"
	[[ $(header Content-Security-Policy) == "default-src 'none';"* ]] || fail "$path without Content-Security-Policy"
	[ "$(header X-Content-Type-Options)" = nosniff ] || fail "$path without nosniff"
done
[ "$(status -I "$URL/")" = 200 ] || fail "HEAD is not 200"
[ "$(status -X POST "$URL/")" = 405 ] || fail "POST is not 405"
[ "$(status "$URL/web/../app.js" --path-as-is)" = 404 ] || fail "a path with dots is not 404"
! grep -nE "(src|href)=\"(https?:)?//|url\(|@import|innerHTML|outerHTML|insertAdjacentHTML|document\.write|eval\(" "$ROOT"/collector/http/web/*.{html,js,css} ||
	fail "something from elsewhere, or HTML made from text"

timeout 60 node "$WEB/tap_test.mjs" || fail "what is said of a tap"

# The page: open, then with keys, then without Redis.
page() { # part, more arguments
	TMPDIR=$T timeout 600 node "$WEB/page.mjs" "$CHROMIUM" "$URL" "$@" > "$T/page.log" 2>&1 || fail "the page ($1)"
	cat "$T/page.log"
}
page open
page desk
page access
dataplane_up --vdev net_null0,size=64,no-rx=1 --vdev "net_pcap1,rx_pcap=$DATA/services.pcap" --no-pci -o flush.interval=0.5 --no-huge
all_received() { [ "$(metric port_rx_packets_total)" = 263 ] && [ "$(metric sightings_pending)" = 0 ]; }
await 60 all_received
page sensor
kill "$DATAPLANE_PID"
await 20 is_gone "$DATAPLANE_PID"

# What sensors saw just now, and more of it while the page is open.
if "$PYTHON" -c 'import dns.message' 2> /dev/null; then
	now=$(date +%s)
	for part in fresh later; do "$PYTHON" "$E2E/newly_capture.py" "$part" "$now" "$T/$part.pcap"; done
	dataplane --replay "$T/fresh.pcap" --no-huge || fail "the dataplane ended with status $?"
	await 20 test "$(metric collector_spool_batches)" = 0
	TMPDIR=$T timeout 300 node "$WEB/page.mjs" "$CHROMIUM" "$URL" new "$T/is-open" > "$T/page.log" 2>&1 &
	browser=$!
	is_open() { [ -e "$T/is-open" ] || ! is_alive "$browser"; }
	await 100 is_open
	dataplane --replay "$T/later.pcap" --no-huge || fail "the dataplane ended with status $?"
	wait "$browser" || fail "the page (new)"
	cat "$T/page.log"
fi

# A page of another origin, of another address or of another port here, cannot have anything looked up.
mkdir -p "$T/elsewhere"
cat > "$T/elsewhere/index.html" << END
<img src="$URL/dnsdb/v2/regex/rrnames/a"><script src="$URL/api/find?q=wikimedia"></script>
<link rel="stylesheet" href="$URL/pdns/query/wikimedia.org"><iframe src="$URL/api/lookup?q=wikimedia.org"></iframe>
<iframe name="answer"></iframe><form method="POST" enctype="text/plain" target="answer" action="$URL/api/bulk"><input name="wikimedia.org" value="x"></form>
<script>
fetch('$URL/api/lookup?q=wikimedia.org', { mode: 'no-cors', referrerPolicy: 'no-referrer' });
fetch('$URL/api/bulk', { mode: 'no-cors', method: 'POST', body: 'wikimedia.org' });
fetch('$URL/metrics', { mode: 'no-cors' });
document.forms[0].submit();
</script>
END
start elsewhere "$PYTHON" -u -m http.server 0 --bind 127.0.0.1 --directory "$T/elsewhere"
elsewhere() { sed -n 's/.*http:\/\/127.0.0.1:\([0-9]*\)\/.*/\1/p' "$T/elsewhere.log" | grep .; }
await 20 elsewhere
answered=$(metric collector_http_requests_total 'path="lookup",code="200"')
for name in 127.0.0.1 localhost; do
	refused=$(metric collector_http_requests_total 'path="lookup",code="4xx"')
	timeout 60 "$CHROMIUM" --headless --no-sandbox --disable-gpu --user-data-dir="$T/browser" --virtual-time-budget=3000 \
		--dump-dom "http://$name:$(elsewhere)/" > "$T/elsewhere.html" 2>&1 || fail "the browser at another site"
	is_refused() { [ "$(metric collector_http_requests_total 'path="lookup",code="4xx"')" -ge $((refused + 7)) ]; }
	await 20 is_refused
done
[ "$(metric collector_http_requests_total 'path="lookup",code="200"')" = "$answered" ] || fail "a page of another site was answered"

serve -o "http.keys=$T/keys"
page keys "$key" "$small"
serve
redis shutdown nosave > /dev/null 2>&1 || true
await 20 is_gone "$REDIS_PID"
page away "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
! grep -i 'sanitizer\|runtime error' "$T"/*.log || fail "a report of the sanitizers"
