#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The analyst's command on what a replay put into Redis: look-ups, export and import, erase, new, keys.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
LOOKBACK=$BUILD/collector/lookback
look() { timeout 60 "$LOOKBACK" -o "redis=unix:$REDIS" "$@"; }
status_of() { # expected, arguments…
	local expected=$1 status=0
	shift
	look "$@" > "$T/out" 2> "$T/err" || status=$?
	[ "$status" = "$expected" ] || fail "lookback $*: status $status, not $expected: $(head -n 3 "$T/err")"
}
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}

redis_up --appendonly no
captures=(services dnssec wikipedia ipv6 https caa tcp)
files=() goldens=()
for name in "${captures[@]}"; do
	[ -e "$DATA/$name.pcap" ] || continue
	files+=(--replay "$DATA/$name.pcap")
	goldens+=("$DATA/$name.tsv")
done
replay "${files[@]}" --no-huge
compare "${goldens[@]}"

# Every golden record is found by its name, and every address by itself and by its network.
awk -F'\t' '{ print $1 "\t" $2 "\t" $3 }' "${goldens[@]}" | sort -u > "$T/golden"
look export > "$T/export"
jq -r '[.rrname, .rrtype, .rdata[0]] | join("\t")' "$T/export" | sort -u > "$T/exported"
cmp -s "$T/golden" "$T/exported" || fail "export: $(diff "$T/golden" "$T/exported" | head -n 3)"
cut -f1 "$T/golden" | sort -u | while IFS= read -r name; do
	same "name $name" "$(awk -F'\t' -v n="$name" '$1 == n' "$T/golden" | wc -l)" "$(look name "$name" --json | wc -l)"
done
awk -F'\t' '$2 == "A"' "$T/golden" | cut -f3 | sort -u | head -n 40 | while read -r address; do
	same "ip $address" "$(awk -F'\t' -v a="$address" '$2 == "A" && $3 == a' "$T/golden" | wc -l)" \
		"$(look ip "$address" --json | wc -l)"
	look ip "${address%.*}.0/24" --json | grep -F "\"$address\"" > /dev/null || fail "ip ${address%.*}.0/24: without $address"
	look ip "${address%.*.*}.0.0/15" --json | grep -F "\"$address\"" > /dev/null || fail "a /15 without $address"
done
same "ip 0.0.0.0/0" "$(awk -F'\t' '$2 == "A"' "$T/golden" | wc -l)" "$(look ip 0.0.0.0/0 --json | wc -l)"
same "ip ::/0" "$(awk -F'\t' '$2 == "AAAA"' "$T/golden" | wc -l)" "$(look ip ::/0 --json | wc -l)"
same "zone ." "$(wc -l < "$T/golden")" "$(look zone . --json | wc -l)"

# Who points to a name: each NS, CNAME, MX … of the golden records.
awk -F'\t' '$2 ~ /^(NS|CNAME|PTR|DNAME)$/ { print $3 } $2 ~ /^(MX|SVCB|HTTPS)$/ { split($3, f, " "); print f[2] }
	$2 == "SRV" { split($3, f, " "); print f[4] } $2 == "SOA" { split($3, f, " "); print f[1] }' "$T/golden" |
	grep -vx '\.' | sort -u > "$T/targets"
while IFS= read -r target; do
	expected=$(awk -F'\t' -v t="$target" '{ split($3, f, " ") }
		($2 ~ /^(NS|CNAME|PTR|DNAME)$/ && $3 == t) || ($2 ~ /^(MX|SVCB|HTTPS)$/ && f[2] == t) ||
		($2 == "SRV" && f[4] == t) || ($2 == "SOA" && f[1] == t)' "$T/golden" | wc -l)
	same "rdata $target" "$expected" "$(look rdata "$target" --json | wc -l)"
done < "$T/targets"

# Output, filters, exit statuses.
name=$(head -n 1 "$T/golden" | cut -f1)
status_of 0 name "$name"
head -n 1 "$T/out" | grep '^LAST SEEN .*FIRST SEEN .*COUNT .*NAME .*TYPE .*DATA$' > /dev/null || fail "the table's head: $(head -n 1 "$T/out")"
status_of 1 name no.such.name.invalid
[ ! -s "$T/out" ] || fail "output for what is not there"
status_of 1 name "$name" --since 2099-01-01
status_of 1 name "$name" --until 1990-01-01
status_of 0 name "${name//./[.]}" --quiet
[ ! -s "$T/out" ] || fail "--quiet prints"
status_of 2 name 'not a name'
status_of 2 ip 192.0.2.0/33
status_of 2 nosuch
status_of 2 name "$name" --type nosuch
status_of 2 name "$name" -o redis=unix:/nonexistent
grep -q 'cannot connect' "$T/err" || fail "no reason: $(cat "$T/err")"
status_of 0 --help
grep -q '^Examples' "$T/out" || fail "--help without examples"
same "--limit" 3 "$(look zone . --json --limit 3 | wc -l)"
same "--offset" "$(look zone . --json --sort name --limit 5 | tail -n 2)" "$(look zone . --json --sort name --limit 2 --offset 3)"
same "--offset of more than there can be" "$(look zone . --json --sort name | tail -n +6)" "$(look zone . --json --sort name --limit 18446744073709551615 --offset 5)"
look zone . --json --sort -count | jq .count > "$T/counts"
sort -c -n -r "$T/counts" || fail "--sort -count"
look zone . --json --sort first | jq .time_first > "$T/firsts"
sort -c -n "$T/firsts" || fail "--sort first"
same "--type" "$(awk -F'\t' '$2 == "A" || $2 == "NS"' "$T/golden" | wc -l)" "$(look zone . --json --type 'a, ns' | wc -l)"
look zone . --csv > "$T/csv"
head -n 1 "$T/csv" | grep '^rrname,rrtype,rdata,time_first,time_last,count' > /dev/null || fail "--csv"

# Punycode as it reads, beside what stands in DNS; JSON and CSV are as ever unless asked. What is no sound IDNA stays as it is.
cat > "$T/idn" <<- 'END'
	{"rrname":"xn--bcher-kva.example","rrtype":"CNAME","rdata":"www.xn--fiqs8s.example","time_first":1700000000,"time_last":1700000000,"count":1}
	{"rrname":"xn--80ak6aa92e.example","rrtype":"MX","rdata":"10 mx.xn--bcher-kva.example","time_first":1700000000,"time_last":1700000000,"count":1}
	{"rrname":"xn--i-7iq.example","rrtype":"A","rdata":"192.0.2.1","time_first":1700000000,"time_last":1700000000,"count":1}
	{"rrname":"xn--bcher-kva9.example","rrtype":"A","rdata":"192.0.2.2","time_first":1700000000,"time_last":1700000000,"count":1}
END
look import "$T/idn" > /dev/null
same "--unicode" "bücher.example (xn--bcher-kva.example) CNAME www.中国.example (www.xn--fiqs8s.example)" \
	"$(look name xn--bcher-kva.example --unicode | tail -n 1 | tr -s ' ' | cut -d' ' -f6-)"
same "--unicode, look-alikes" "аррӏе.example (xn--80ak6aa92e.example) MX 10 mx.bücher.example (mx.xn--bcher-kva.example)" \
	"$(look name xn--80ak6aa92e.example -u | tail -n 1 | tr -s ' ' | cut -d' ' -f6-)"
same "without --unicode" "xn--bcher-kva.example CNAME www.xn--fiqs8s.example" "$(look name bücher.example | tail -n 1 | tr -s ' ' | cut -d' ' -f6-)"
for odd in xn--i-7iq xn--bcher-kva9; do
	same "--unicode $odd" "$(look name $odd.example)" "$(look name $odd.example --unicode)"
	same "--unicode --json $odd" "$(look name $odd.example -j)" "$(look name $odd.example -u -j)"
done
same "--json" "$(look name xn--bcher-kva.example --json)" "$(look name xn--bcher-kva.example --json --unicode | jq -c 'del(.unicode, .rdata_unicode)')"
same "--json --unicode" "bücher.example www.中国.example" "$(look name xn--bcher-kva.example -j -u | jq -r '.unicode + " " + .rdata_unicode')"
same "--csv --unicode" "$(look name xn--bcher-kva.example --csv)" "$(look name xn--bcher-kva.example --csv --unicode)"
look name bücher.example --unicode > "$T/out"
same "columns under their titles" "$(head -n 1 "$T/out" | grep -bo TYPE | cut -d: -f1)" "$(($(tail -n 1 "$T/out" | grep -bo CNAME | head -n 1 | cut -d: -f1) - 1))"
look erase zone example --yes > /dev/null

# A lookup ends in time, says that it is not whole, and fails.
redis client pause 1500 ALL > /dev/null
status_of 2 rdata '*.org' --timeout 0.2
grep -qE 'took longer than 0.2 s|did not answer in the time that the lookup had left' "$T/err" || fail "--timeout: $(cat "$T/err")"
status_of 2 rdata '*.org' --timeout soon
status_of 0 rdata '*.org' --timeout 0

# find: the same names as grep, and a mistyped one.
word=$(cut -f1 "$T/golden" | grep -oE '[a-z]{6,}' | sort | uniq -c | sort -rn | awk 'NR == 1 { print $2 }')
same "find $word" "$(cut -f1 "$T/golden" | sort -u | grep -cF "$word")" \
	"$(look find "$word" --json | jq -r 'select(.reason == "contains") | .name' | wc -l)"
same "find --limit, --offset: names" "$(look find "$word" --json | sed -n '2,3p')" "$(look find "$word" --json --limit 2 --offset 1)"
label=$(cut -f1 "$T/golden" | tr '.-' '\n' | grep -E '^[a-z]{7,}$' | head -n 1)
look find "${label:0:3}${label:4}" --json | jq -r .reason | grep -x 'one edit' > /dev/null || fail "find: one letter less of $label"

# What the stream holds.
same "new" "$(redis xlen pdns:new)" "$(look new --json | wc -l)"
timeout 20 "$LOOKBACK" -o "redis=unix:$REDIS" new --follow --limit "$(($(redis xlen pdns:new) + 1))" --json > "$T/new" &
CHILDREN+=($!)
follower=$!
sleep 0.5
redis xadd pdns:new '*' name follow.example type A rdata 192.0.2.99 first 1790000000 sensor test > /dev/null
wait "$follower" || fail "new --follow ended with status $?"
tail -n 1 "$T/new" | grep follow.example > /dev/null || fail "new --follow: $(tail -n 1 "$T/new")"

# Whoever reads enough ends it, also while nothing comes.
mkfifo "$T/followed"
timeout 20 "$LOOKBACK" -o "redis=unix:$REDIS" new --follow --json > "$T/followed" &
CHILDREN+=($!)
follower=$!
head -n 1 "$T/followed" > "$T/first"
await 10 is_gone "$follower"
[ -s "$T/first" ] || fail "new --follow | head -n 1: nothing"

# Names and addresses from the standard input, several in one argument or line; what is not understood is named, the rest is looked up.
first_two=$(sed -n '1p;$p' "$T/golden" | cut -f1)
same "name -" "$(for n in $first_two; do look name "$n" --json; done)" "$(printf '# a report\n\n%s\r\n' $first_two | look name - --json)"
same "a list" "$(for n in $first_two; do look name "$n" --json; done)" "$(look name "$(echo $first_two | tr ' ' ',')" --json)"
status_of 2 name "seen at hxxp://${name//./[.]}:80/x today"
grep -q "'today': expected a name with a dot" "$T/err" || fail "a sentence: $(cat "$T/err")"
[ -s "$T/out" ] || fail "a sentence: nothing was looked up"
echo no.such.name.invalid | status_of 1 name -
echo "$word" | look find - --json | cmp -s - <(look find "$word" --json) || fail "find -"
status_of 2 name 'fen*'
grep -q 'lookback find KEYWORD' "$T/err" || fail "a pattern as a name: $(cat "$T/err")"
status_of 2 rdata '*fence.example'
grep -q 'glob search of the HTTP server' "$T/err" || fail "a pattern as a target: $(cat "$T/err")"
status_of 2 zone 'f*e.example'
status_of 2 find 'fen*'
status_of 2 name 192.0.2.7:53
grep -q 'lookback ip' "$T/err" || fail "an address as a name: $(cat "$T/err")"
status_of 2 ip "$name"
status_of 2 ip 192.0.2.1 --type mx
status_of 2 rdata "$name" --type txt
address=$(awk -F'\t' '$2 == "A" { print $3; exit }' "$T/golden")
for form in "$address:53" "[::ffff:$address]:53" "http://$address/x" "$address/255.255.255.255"; do
	same "ip $form" "$(look ip "$address" --json)" "$(look ip "$form" --json)"
done
same "ip --type aaaa" "$(look ip "$address" --json)" "$(look ip "$address" --json --type aaaa)"

# A bare date is its whole day.
seen=$(look name "$name" --json --limit 1 | jq .time_first)
day=$(date -u -d "@$seen" +%F)
status_of 0 name "$name" --until "$day"
status_of 0 name "$name" --since "$day" --until "$day"
status_of 1 name "$name" --until "$(date -u -d "$day - 1 day" +%F)"
status_of 2 name "$name" --until 2025-02-30

# Where Redis is: --redis, and the file that the programs share, which is read without being asked for.
same "--redis" "$(look name "$name" --json)" "$(timeout 20 "$LOOKBACK" --redis "unix:$REDIS" name "$name" --json)"
if unshare -m true 2> /dev/null; then
	mkdir -p "$T/etc/lookback"
	printf '# of all programs\nworkers = 4\nredis = unix:%s\nredis.password_file = /nonexistent\n' "$REDIS" > "$T/etc/lookback/lookback.conf"
	shared() { timeout 20 unshare -m sh -c 'mount --bind "$0" /etc && exec env -u LOOKBACK_CONFIG "$@"' "$T/etc" "$LOOKBACK" "$@"; }
	shared name "$name" > "$T/out" 2> "$T/err" && fail "the password file of the shared configuration is not read"
	sed -i '/password_file/d' "$T/etc/lookback/lookback.conf"
	same "the shared configuration" "$(look name "$name" --json)" "$(shared name "$name" --json)"
	shared name "$name" --redis unix:/nonexistent > "$T/out" 2>&1 && fail "--redis does not stand over the file"
	if command -v setpriv > /dev/null; then # one who may not read it is told, and goes on
		chmod 600 "$T/etc/lookback/lookback.conf"
		unread() { timeout 20 unshare -m sh -c 'mount --bind "$0" /etc && exec env -u LOOKBACK_CONFIG setpriv --reuid 65534 --clear-groups "$@"' "$T/etc" "$LOOKBACK" "$@" > "$T/out" 2>&1; }
		unread name "$name" || true
		grep -q '^lookback: /etc/lookback/lookback.conf: Permission denied; going on without it' "$T/out" || fail "a configuration that may not be read: $(cat "$T/out")"
		unread name "$name" --redis "unix:$T/nowhere" || true
		! grep -q 'lookback.conf' "$T/out" || fail "told, though Redis was given: $(cat "$T/out")"
	fi
	echo 'nosuch = 1' >> "$T/etc/lookback/lookback.conf"
	shared name "$name" > "$T/out" 2>&1 && fail "a broken shared configuration is passed over"
	grep -q '/etc/lookback/lookback.conf:5: unknown key' "$T/out" || grep -q '/etc/lookback/lookback.conf:4: unknown key' "$T/out" || fail "no reason: $(cat "$T/out")"
fi

# Export, import into an empty Redis: equal sightings and indexes. Twice: equal still.
redis flushall > /dev/null
for _ in 1 2; do
	look import "$T/export" > "$T/out"
	timeout 120 "$PYTHON" "$E2E/compare_redis.py" --redis "$REDIS" --no-stream "${goldens[@]}" > "$T/compare.log" 2>&1 ||
		fail "export and import do not give equal contents"
done
look import --add "$T/export" > /dev/null
same "--add" "$(jq -s 'map(.count) | add * 2' "$T/export")" "$(look export | jq -s 'map(.count) | add')"

# Names of few, many and very many records: sets that Redis hands out whole, and those that it does not.
for n in 1 8 9 100 128 129 255 256 257 700; do
	for ((i = 0; i < n; i++)); do printf '{"rrname":"of%d.example","rrtype":"A","rdata":["10.0.%d.%d"],"time_first":%d,"time_last":%d,"count":%d}\n' \
		"$n" $((i / 256)) $((i % 256)) $((1400000000 + i)) $((1500000000 + 7 * i)) $((i + 1)); done
done > "$T/sizes"
redis config set zset-max-listpack-entries 1000 > /dev/null # all of them whole
look import "$T/sizes" > /dev/null
exported() { look export | jq -c 'select(.rrname | test("^of[0-9]+\\.example$")) | [.rrname, .rrtype, .rdata, .time_first, .time_last, .count]' | sort; }
jq -c '[.rrname, .rrtype, .rdata, .time_first, .time_last, .count]' "$T/sizes" | sort > "$T/expected"
exported | cmp -s - "$T/expected" || fail "sets in one piece: $(exported | diff - "$T/expected" | head -n 3)"
redis config set zset-max-listpack-entries 128 > /dev/null
redis flushall > /dev/null
look import "$T/export" "$T/sizes" > /dev/null
exported | cmp -s - "$T/expected" || fail "sets of all sizes: $(exported | diff - "$T/expected" | head -n 3)"
redis flushall > /dev/null
look import "$T/export" > /dev/null

# An export that is interrupted goes on: the file of --resume, and a Redis that goes away is told.
status_of 2 export --cursor nonsense
status_of 2 export --cursor redis-00000000-5
grep -q 'start a new export' "$T/err" || fail "a cursor of another Redis: $(cat "$T/err")"
redis info server | tr -d '\r' | sed -n 's/^run_id:\(........\).*/redis-\1-0/p' > "$T/how-far"
status_of 0 export --resume "$T/how-far"
same "export --resume" "$(wc -l < "$T/export")" "$(wc -l < "$T/out")"
[ ! -e "$T/how-far" ] || fail "the file of --resume is still there"

# Erase: a name, a zone, all before a date; nothing of it is left in any key.
redis flushall > /dev/null
look import "$T/export" > /dev/null
echo n | look erase name "$name" > "$T/out" 2>&1 && fail "erase: 'n' was not heard"
same "asked and refused" "$(wc -l < "$T/export")" "$(look export | wc -l)"
look erase name "$name" --yes > /dev/null
status_of 1 name "$name"
same "zsets of $name" 0 "$(redis exists "pdns:name:$name" "pdns:first:$name" "pdns:count:$name")"
jq -c "select(.rrname != \"$name\")" "$T/export" > "$T/rest"
redis --rdb "$T/before.rdb" > /dev/null 2>&1 || true
look export | jq -c . | sort > "$T/left"
jq -c . "$T/rest" | sort | cmp -s - "$T/left" || fail "erase name took others with it"
keys_now() { redis --scan | sort -u; } # SCAN may return a key twice
keys_now > "$T/keys-erased"
redis flushall > /dev/null
look import "$T/rest" > /dev/null
keys_now | cmp -s - "$T/keys-erased" || fail "erase left keys: $(keys_now | diff - "$T/keys-erased" | head -n 3)"
look erase before 2099-01-01 --yes > /dev/null
same "erase before" pdns:imports "$(keys_now)"
look import "$T/export" > /dev/null
same "expire --dry-run" "$(wc -l < "$T/export")" "$(look expire 1 --dry-run | grep -o '^[0-9]*')"
look expire 1 > /dev/null
same "expire" pdns:imports "$(keys_now)"

# What is erased leaves the feed of new records and the list of flooded zones, too; what is still there stays.
redis flushall > /dev/null
replay --replay "$DATA/wikipedia.pcap" --no-huge
redis zadd pdns:flood 5 wikimedia.org 6 upload.wikimedia.org 7 a.example 8 xwikimedia.org > /dev/null
redis zadd pdns:flood:names 5 wikimedia.org 7 a.example > /dev/null
fed() { redis xrange pdns:new - + | grep -cE "$1" || true; }
same "the feed has them" true "$([ "$(fed '(^|\.)wikimedia\.org$')" -gt 0 ] && echo true)"
before=$(redis xlen pdns:new)
gone=$(look export --json | jq -r 'select(.rrname | test("(^|\\.)wikimedia\\.org$")) | .rrname' | wc -l)
redis xadd pdns:new '*' name left.wikimedia.org type A rdata 192.0.2.1 first 1 sensor x > /dev/null # of an erasure that was cut off
redis xadd pdns:new '*' name odd.wikimedia.org type "$(printf 'X%.0s' {1..3000})" rdata x first 1 sensor x > /dev/null # of someone else
look erase zone wikimedia.org --yes > /dev/null
same "the feed forgets" "$((before - gone))" "$(redis xlen pdns:new)"
same "names of the zone in the feed" "" "$(look new --json | jq -r 'select(.rrname | test("(^|\\.)wikimedia\\.org$")) | .rrname')"
same "flooded zones" "a.example xwikimedia.org" "$(redis zrange pdns:flood 0 -1 | xargs)"
same "their names" "a.example" "$(redis zrange pdns:flood:names 0 -1 | xargs)"

# Lines of others.
cat > "$T/foreign" <<- 'END'
	{"count":5,"time_first":1400000000,"time_last":1500000000,"rrname":"Foreign.Example.","rrtype":"MX","bailiwick":"example.","rdata":["10 mx.foreign.example."]}
	1322849924.408856||10.1.1.1||8.8.8.8||IN||upload.example.com.||A||192.0.2.43||46587||5
	{"rrtype": "A", "rrname": "circl.example", "time_first": 1300000000, "rdata": "192.0.2.44", "time_last": 1300000001, "count": 2, "origin": "https://www.example.org/pdns/"}
	this is nothing
	{"rrname":"epoch.example","rrtype":"A","rdata":"192.0.2.45","time_first":0,"time_last":0,"count":1}
	{"rrname":"never.example","rrtype":"A","rdata":"192.0.2.46","count":1}
	{"rrname":"bücher.foreign.example","rrtype":"A","rdata":"192.0.2.47","time_first":1,"time_last":2,"count":1}
	{"rrname":"xn--ü.foreign.example","rrtype":"A","rdata":"192.0.2.47","time_first":1,"time_last":2,"count":1}
END
look import "$T/foreign" > "$T/out" 2> "$T/err" && fail "import: a bad line went unnoticed"
grep -q 'foreign:4: ' "$T/err" || fail "import does not say where: $(cat "$T/err")"
same "foreign lines" "5 records" "$(grep -o '5 records' "$T/out")"
grep -q 'foreign:8: rrname: found .*, expected a name' "$T/err" || fail "import takes what IDNA does not permit: $(cat "$T/err")"
same "letters become punycode" 192.0.2.47 "$(look name xn--bcher-kva.foreign.example --json | jq -r .rdata)"
grep -q 'foreign:6: ' "$T/err" || fail "import takes a record without times: $(cat "$T/err")"
same "seen when time began" 0 "$(redis zscore pdns:first:epoch.example 'A 192.0.2.45')"
same "foreign MX" 5 "$(redis zscore pdns:count:foreign.example 'MX 10 mx.foreign.example')"
same "its target" 1500000000 "$(redis zscore pdns:rdata:mx.foreign.example 'MX foreign.example')"

# Keys.
look -o "http.keys=$T/keys" key add alice --quota 10/h > "$T/key" 2> /dev/null
grep -qE '^[0-9a-f]{48}$' "$T/key" || fail "key add: $(cat "$T/key")"
! grep -qF "$(cat "$T/key")" "$T/keys" || fail "the key itself is in the file"
same "mode of the file" 600 "$(stat -c %a "$T/keys")"
look -o "http.keys=$T/keys" key list | grep '^alice  *10 requests in 3600 s' > /dev/null || fail "key list"
look -o "http.keys=$T/keys" key remove alice
same "after remove" 0 "$(wc -l < "$T/keys")"

# A password from where redis-cli takes it.
redis config set requirepass secret > /dev/null
status_of 2 status
REDISCLI_AUTH=secret look status > "$T/out" || fail "REDISCLI_AUTH is not used"
grep -q '^keys ' "$T/out" || fail "status: $(cat "$T/out")"
printf 'the command agrees with %d golden records\n' "$(wc -l < "$T/golden")"
