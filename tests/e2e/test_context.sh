#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# AS, country, labels and ranks from local files: by command and over HTTP, as JSON, CSV and table; reload in the sandbox; bad files.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
perl -MMaxMind::DB::Writer -e 1 2> /dev/null || skip "libmaxmind-db-writer-perl is not installed"
LOOKBACK=$BUILD/collector/lookback
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

F=$T/files # of the context
mkdir "$F"
chmod 755 "$T" "$F"
perl "$ROOT/tests/tools/make_mmdb.pl" "$F" > "$T/make.log" 2>&1 || fail "make_mmdb.pl"
same "another reader of the file made" '"Example Hosting GmbH" <utf8_string>' \
	"$(mmdblookup -f "$F/geolite2-asn.mmdb" -i 192.0.2.7 autonomous_system_organization | xargs -0 | grep -o '".*')"
printf '1,example.com\n2,example.net\n' > "$F/popular.csv"
printf '192.0.2.128/25,64999,AT,Branch office,hosting\n' > "$F/networks.csv"
SETTINGS=(-o "context.asn=$F/geolite2-asn.mmdb" -o "context.country=$F/geolite2-country.mmdb" -o "context.popular=$F/popular.csv"
	-o "context.prefixes=$F/networks.csv")
bare() { timeout 60 "$LOOKBACK" -o "redis=unix:$REDIS" "$@"; }
look() { bare "${SETTINGS[@]}" "$@"; }

redis_up --appendonly no
# $ROOT is not always what the user of the sandbox can read: a copy
cp "$ROOT/collector/context/labels.txt" "$F/labels.txt"
look import - > /dev/null 2>&1 << 'END' || fail "import"
{"rrname":"www.example.com","rrtype":"A","rdata":"192.0.2.7","time_first":1700000000,"time_last":1700000500,"count":12}
{"rrname":"evil.example.org","rrtype":"A","rdata":"203.0.113.5","time_first":1700000000,"time_last":1700000400,"count":2}
{"rrname":"example.com","rrtype":"NS","rdata":"ns1.sedoparking.com","time_first":1700000000,"time_last":1700000600,"count":1}
{"rrname":"branch.example.com","rrtype":"A","rdata":"192.0.2.200","time_first":1700000000,"time_last":1700000600,"count":1}
{"rrname":"v6.example.com","rrtype":"AAAA","rdata":"2001:db8::5","time_first":1700000000,"time_last":1700000600,"count":1}
{"rrname":"cafe.example.com","rrtype":"A","rdata":"198.51.100.3","time_first":1700000000,"time_last":1700000600,"count":1}
END

# The command.
of() { jq -r '.context | [.asn, .as_name, .country, .label, .kind, .rank] | map(. // "-" | tostring) | join("|")'; }
same "an address" "64500|Example Hosting GmbH|DE|-|-|1" "$(look name www.example.com --context --json | of)"
same "IPv6" "64502|Example IPv6|NL|-|-|1" "$(look name v6.example.com --context --json | of)"
same "a name server" "-|-|-|Sedo|parking|1" "$(look name example.com --context --json | of)"
same "a network of one's own" "64999|-|AT|Branch office|hosting|1" "$(look name branch.example.com --context --json | of)"
same "hostile text" "4200000000|Evil?[31m?|-|-|-|-" "$(look ip 203.0.113.5 --context --json | of)"
same "without --context" "null" "$(look name www.example.com --json | jq .context)"
same "CSV" '"cafe.example.com","A","198.51.100.3",1700000000,1700000600,1,64501,"Café ""Networks"", =1+1","FR",,,1' \
	"$(look name cafe.example.com --context --csv | tail -n 1 | tr -d '\r')"
same "head of CSV" "rrname,rrtype,rdata,time_first,time_last,count,asn,as_name,country,label,kind,rank" \
	"$(look name cafe.example.com --context --csv | head -n 1 | tr -d '\r')"
look zone example.com --context > "$T/table" || fail "the table"
grep -Eq 'NAME +TYPE +DATA +RANK +CC +AS +LABEL$' "$T/table" || fail "heads of the table: $(head -n 1 "$T/table")"
grep -Eq 'www.example.com +A +192.0.2.7 +1 +DE +AS64500 Example Hosting GmbH$' "$T/table" || fail "row of the table"
grep -Eq 'ns1.sedoparking.com +1 +Sedo, parking$' "$T/table" || fail "row with a label"
if bare name example.com --context -o context.labels= | head -n 1 | grep -q LABEL; then fail "a column without a file"; fi
status=0
bare name example.com --context -o "context.asn=$F/popular.csv" > "$T/out" 2> "$T/err" || status=$?
same "status for a bad file" 2 "$status"
grep -q 'context.asn: .*popular.csv: damaged, or no MaxMind DB file' "$T/err" || fail "message for a bad file: $(cat "$T/err")"

# HTTP, in the sandbox.
SETTINGS+=(-o "context.labels=$F/labels.txt")
serve "${SETTINGS[@]}"
get() { timeout 20 curl -fsSG "$URL/api/lookup" "$@"; }
same "over HTTP" "64500|Example Hosting GmbH|DE|-|-|1" "$(get -d q=www.example.com -d context=true | of)"
same "over HTTP, not asked for" "null" "$(get -d q=www.example.com | jq .context)"
same "over HTTP, framed" "AT" "$(get -d q=branch.example.com -d context=true -d frame=true | jq -r '.obj.context.country // empty')"
get -d q=v6.example.com -d context=true -d format=csv | grep -q ',64502,"Example IPv6","NL",,,1' || fail "CSV over HTTP"
same "in bulk" "DE" "$(timeout 20 curl -fsS --data-binary 192.0.2.7 "$URL/api/bulk?context=true" | jq -r .context.country)"
same "entries" "4 2 1" "$(metric collector_context_entries 'file="asn"') $(metric collector_context_entries 'file="popular"') \
$(metric collector_context_entries 'file="prefixes"')"

# New content after SIGHUP: a file renamed into place, one written over, and a bad one.
printf '1,example.net\n2,example.org\n3,example.com\n' > "$F/popular.new"
mv "$F/popular.new" "$F/popular.csv"
printf '192.0.2.0/24,64998,CH,Moved,\n' > "$F/networks.csv"
: > "$F/geolite2-asn.mmdb" # truncated in place
kill -HUP "$COLLECTOR_PID"
is_moved() { [ "$(get -d q=www.example.com -d context=true | of)" = "64998|-|CH|Moved|-|3" ]; }
await 20 is_moved
has_failed() { [ "$(metric collector_context_reload_failures_total)" = 1 ]; }
await 20 has_failed
grep -q 'context.asn: .*geolite2-asn.mmdb: damaged.*; its old content stays in use' "$T/collector.log" || fail "the log says nothing of the bad file"
same "the old content stays" "64502" "$(get -d q=v6.example.com -d context=true | jq .context.asn)"
if grep -q 'sandbox: refused' "$T/collector.log"; then fail "the sandbox refused a system call"; fi

# A bad file at the start, and by --check.
for check in --check --once; do
	status=0
	timeout 20 "$BUILD/collector/lookback-collector" -o "collector.socket=$SOCKET.2" -o "redis=unix:$REDIS" -o http.listen=none "${SETTINGS[@]}" \
		"$check" > "$T/bad" 2>&1 || status=$?
	[ "$status" != 0 ] && grep -q 'context.asn: ' "$T/bad" || fail "a bad file at the start ($check): status $status, $(cat "$T/bad")"
done
printf 'context: AS, country, label and rank by command and over HTTP; a reload keeps what it cannot replace\n'
