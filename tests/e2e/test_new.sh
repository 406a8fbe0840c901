#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Newly observed records, names and domains: by command, over HTTP and in a feed file; imports and older captures are told apart.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
"$PYTHON" -c 'import dns.message' 2> /dev/null || skip "dnspython is not installed"
LOOKBACK=$BUILD/collector/lookback
NOW=$(date +%s)
look() { timeout 60 "$LOOKBACK" -o "redis=unix:$REDIS" "$@"; }
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}
words() { sort | xargs; }
see() { # part: sensors see it, and Redis has it
	"$PYTHON" "$E2E/newly_capture.py" "$1" "$NOW" "$T/$1.pcap"
	local before
	before=$(redis zcard pdns:sensors)
	dataplane --replay "$T/$1.pcap" --no-huge -o "sensor=s-$1" || fail "the dataplane ended with status $? ($1)"
	is_seen() { [ "$(redis zcard pdns:sensors)" -gt "$before" ] && [ "$(metric collector_spool_batches)" = 0 ]; }
	await 20 is_seen
}
domains() { look new --depth domain --plain "$@"; }
get() { timeout 20 curl -fsSG "$URL/api/new" "$@"; }

cat > "$T/watch.conf" << 'END'
[rule mine]
match = zone evil.example, type aaaa
[rule other]
match = name www.later.example
END
redis_up --appendonly no
serve -o "watch.file=$T/watch.conf"
look import - > /dev/null 2>&1 << 'END' || fail "import"
{"rrname":"imported.example","rrtype":"NS","rdata":"ns1.imported.example","time_first":1577836800,"time_last":1577836800,"count":1}
END
same "imports are not in the stream" 1 "$(look new --json > /dev/null; echo $?)"
see known
same "domains of a new sensor" "big.example known.example" "$(domains | words)"

# A feed that runs while sensors see more; its file is moved away, and it continues after a stop.
follow() {
	start feed "$LOOKBACK" -o "redis=unix:$REDIS" new --depth domain --follow --feed "$T/feed" --resume "$T/position"
	FEED_PID=$PID
}
fed() { jq -r .domain "$@" 2> /dev/null | words; }
has_fed() { # expected, files…
	local expected=$1
	shift
	[ "$(fed "$@")" = "$expected" ]
}
fresh="brand.co.uk evil.example hostile.example twice.example"
follow
await 20 has_fed "big.example known.example" "$T/feed"
mv "$T/feed" "$T/feed.1"
see fresh
await 20 has_fed "$fresh" "$T/feed"
mv "$T/feed" "$T/feed.2"
kill -HUP "$FEED_PID"
kill "$FEED_PID"
await 20 is_gone "$FEED_PID"
printf '{"half":' > "$T/feed" # what a crash may leave
see later
follow
await 20 grep -q later.example "$T/feed"
same "the feed after a stop" "later.example" "$(tail -n +2 "$T/feed" | fed)"
same "the feed before" "big.example known.example" "$(fed "$T/feed.1")"
kill "$FEED_PID"

# Depths.
recent="brand.co.uk evil.example hostile.example later.example twice.example"
same "domains of the last hour" "$recent" "$(domains --since 1h | words)"
same "names of the last hour" "evil.example mail.known.example shop.brand.co.uk www.evil.example www.imported.example www.later.example www.twice.example x.big.example" \
	"$(look new --depth name --since 1h --plain | grep -v hostile | words)"
same "records of the last hour" 12 "$(look new --since 1h --json | wc -l)"
same "until" "big.example known.example" "$(domains --until 1d | words)"
same "the record that made the domain new" "evil.example NS ns1.evil.example s-fresh $((NOW - 600))" \
	"$(look new --depth domain --zone evil.example --json | jq -r '[.rrname, .rrtype, .rdata, .sensor_id, .time_first] | join(" ")')"
same "how far a record is new" "mail.known.example name
www.imported.example name
www.known.example record
x.big.example name" "$(look new --json --since 1h --type a --suffixes <(printf '# some\n\tknown.example\nimported.example, big.example\n') | jq -r '.rrname + " " + .new' | sort)"

# Filters.
same "--tld" "brand.co.uk" "$(domains --tld co.uk)"
same "--tld, excluded" "brand.co.uk later.example" "$(domains --since 1h --tld 'uk, example, !hostile.example !evil[.]example' --zone '!twice.example' | words)"
same "only excluded" "brand.co.uk" "$(domains --since 1h --tld '!example')"
same "--type" "evil.example" "$(domains --since 1h --type aaaa)"
same "a wrong suffix" 2 "$(look new --tld 'a..b' 2> /dev/null; echo $?)"
same "a wrong depth" 2 "$(look new --depth zone 2> /dev/null; echo $?)"
same "no file" 2 "$(look new --suffixes "$T/none" 2> /dev/null; echo $?)"
same "nothing" 1 "$(domains --tld nosuch; echo $?)"
look new --depth domain --csv --zone brand.co.uk > "$T/csv"
same "CSV" "\"shop.brand.co.uk\",\"A\",\"192.0.2.6\",$((NOW - 600)),$((NOW - 600)),1,\"brand.co.uk\",domain,$((NOW - 600))" "$(tail -n 1 "$T/csv" | cut -d, -f1-9)"
look new --depth domain --zone hostile.example --json | jq -e '.rrname == "<img\\032src=x\\032onerror=alert\\(1\\)>.hostile.example"' > /dev/null ||
	fail "a hostile name: $(look new --depth domain --zone hostile.example --json)"

# Over HTTP: the same, in pieces, and from a cursor.
same "over HTTP" "$(domains --since 1h)" "$(get -d depth=domain -d since=1h -d format=plain)"
same "newest first" "$(domains | tac)" "$(get -d depth=domain -d newest=true -d format=plain)"
for newest in false true; do
	cursor='' pieces=''
	for _ in {1..10}; do
		get -d depth=domain -d limit=3 -d "newest=$newest" -d "cursor=$cursor" > "$T/piece"
		pieces+=" $(jq -r '.domain // empty' "$T/piece" | xargs)"
		cursor=$(tail -n 1 "$T/piece" | jq -r .cursor)
		tail -n 1 "$T/piece" | jq -e .more > /dev/null || break
	done
	same "in pieces, newest=$newest" "big.example brand.co.uk evil.example hostile.example known.example later.example twice.example" "$(xargs -n1 <<< "$pieces" | words)"
done
cursor=$(get -d cursor= | tail -n 1 | jq -r .cursor)
same "nothing since the cursor" 1 "$(get -d "cursor=$cursor" | wc -l)"
same "CSV over HTTP" "$(look new --csv)" "$(get -d format=csv)"
for wrong in depth=x since=x cursor=x cursor=1-x tld=a..b format=x limit=-1 type=nosuch; do
	same "$wrong" 400 "$(curl -s -o "$T/body" -w '%{http_code}' -G "$URL/api/new" -d "$wrong")"
	grep -q "^${wrong%%=*}" "$T/body" || [ "${wrong%%=*}" = type ] || [ "${wrong%%=*}" = limit ] || fail "$wrong: $(cat "$T/body")"
done

# What sensors saw first and Redis knows from before: an older capture, and a later import.
see older
same "a name of two hours before" "old.twice.example" "$(look new --depth domain --zone twice.example --json | jq -r .rrname)"
look import - > /dev/null 2>&1 << 'END' || fail "import"
{"rrname":"shop.brand.co.uk","rrtype":"A","rdata":"192.0.2.6","time_first":1577836800,"time_last":1577836800,"count":1}
{"rrname":"a.evil.example","rrtype":"A","rdata":"192.0.2.99","time_first":1577836800,"time_last":1577836800,"count":1}
END
same "domains without history" "hostile.example later.example twice.example" "$(domains --since 1d | words)"
same "domains with history" "brand.co.uk true 1577836800 $((NOW - 600))" \
	"$(look new --depth domain --history --zone brand.co.uk --json | jq -r '[.domain, .history, .time_known, .time_first] | map(tostring) | join(" ")')"
domains=$(look new --depth domain --history --zone brand.co.uk)
[[ $domains == *"known since 2020-01-01"* ]] || fail "history in the table: $domains"

# A name whose first record has expired is known by its domain.
same "a name before" "mail.known.example" "$(look new --depth name --zone mail.known.example --plain)"
redis zadd pdns:zone:known.example lt $((NOW - 86400)) mail.known.example > /dev/null
same "a name that is known by its domain" 1 "$(look new --depth name --zone mail.known.example > /dev/null; echo $?)"

# Alerts of a rule. The record need not be the first of its domain; a domain with history is not new.
has_alerts() { [ "$(redis xlen pdns:alert)" -ge 2 ]; }
await 20 has_alerts
same "--rule" "www.evil.example AAAA mine" "$(look new --rule mine --json | jq -r '.rrname + " " + .rrtype + " " + .rule')"
same "--rule of names" "www.evil.example" "$(look new --rule mine --depth name --plain)"
same "--rule of domains" "later.example" "$(get -d rule=other -d depth=domain -d format=plain)"
same "--rule of a domain with history" 1 "$(domains --rule mine > /dev/null; echo $?)"

# Entries after the cursor were removed; and a million entries of other fields do no harm.
redis xtrim pdns:new maxlen 3 > /dev/null
same "gap" true "$(get -d cursor=1-1 | tail -n 1 | jq .gap)"
look new --cursor 1-1 2>&1 > /dev/null | grep -q new.max || fail "the command is silent about a gap"
look -o new.max=3 new --since 1d 2>&1 > /dev/null | grep -q 'is full (new.max) and begins at' || fail "the command is silent about a full stream"
[ -z "$(look new --since 1d 2>&1 > /dev/null)" ] || fail "a warning about a stream that is not full"
redis xadd pdns:new '*' strange entry > /dev/null
redis xadd pdns:new '*' name 'NOT canonical.' type A rdata 192.0.2.1 first x sensor y > /dev/null
same "strange entries" 3 "$(look new --json | wc -l)"
