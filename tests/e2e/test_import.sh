#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lookback import: files of each format, plain and compressed, from a pipe; twice; what is refused.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in jq gzip zstd; do
	command -v $program > /dev/null || skip "$program is not installed"
done
look() { timeout 60 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" "$@"; }
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}
holds() { # what, file with the expected records
	look export | jq -r 'select(.rrname) | [.rrname, .rrtype, .rdata[0], (.time_first, .time_last, .count | tostring)] | join("\t")' | LC_ALL=C sort > "$T/held"
	cmp -s "$2" "$T/held" || fail "$1: $(diff "$2" "$T/held" | head -n 4)"
}
indexes() { # all keys but the number of imports, and what they hold
	redis keys 'pdns:*' | grep -v '^pdns:imports$' | LC_ALL=C sort | while IFS= read -r key; do printf '%s %s\n' "$key" "$(redis zrange "$key" 0 -1 withscores | xargs)"; done
}
status_of() { # expected, arguments…
	local expected=$1 status=0
	shift
	look "$@" > "$T/out" 2> "$T/err" || status=$?
	[ "$status" = "$expected" ] || fail "lookback $*: status $status, not $expected: $(cat "$T/out" "$T/err")"
}

redis_up --appendonly no
samples=$DATA/import
files=()
for file in "$samples"/*; do
	name=$(basename "$file")
	[ "$name" != expected.tsv ] || continue
	files+=("$file")
	awk -F'\t' -v OFS='\t' -v f="$name" '$1 == f { print $2, $3, $4, $5, $6, $7 }' "$samples/expected.tsv" > "$T/expected"
	[ -s "$T/expected" ] || fail "$name: no expected records"
	format=${name%%.*}
	format=${format%%-*}
	redis flushall > /dev/null
	status_of 0 import "$file"
	same "$name: its format" "$format" "$(sed -n 's/^  \([a-z]*\): .*/\1/p' "$T/out")"
	holds "$name" "$T/expected"
	indexes > "$T/indexes"
	status_of 0 import "$file"
	holds "$name, twice" "$T/expected"
	# forced, compressed, from a pipe
	redis flushall > /dev/null
	gzip -c "$file" > "$T/$name.gz"
	status_of 0 import --format "$format" "$T/$name.gz"
	holds "$name.gz" "$T/expected"
	indexes | cmp -s - "$T/indexes" || fail "$name.gz: other indexes"
	redis flushall > /dev/null
	zstd -q -c "$file" | look import - > /dev/null || fail "$name from a pipe"
	holds "$name from a pipe" "$T/expected"
	status_of 0 import --add "$file"
	awk -F'\t' -v OFS='\t' '{ $6 *= 2; print }' "$T/expected" > "$T/twice"
	holds "$name --add" "$T/twice"
done

# All at once, one after another in one pipe; a dry run writes nothing.
redis flushall > /dev/null
status_of 0 import --dry-run "${files[@]}"
same "after --dry-run" 0 "$(redis dbsize)"
status_of 0 import "${files[@]}"
cut -f2- "$samples/expected.tsv" | LC_ALL=C sort > "$T/expected"
holds "all files" "$T/expected"
redis flushall > /dev/null
cat "$samples"/cof.jsonl "$samples"/virustotal.json "$samples"/zeek.log | look import > /dev/null || fail "several formats in one pipe"
same "several formats in one pipe" "$(grep -cE '^(cof.jsonl|virustotal|zeek.log)' "$samples/expected.tsv")" "$(look export | jq -c 'select(.rrname)' | wc -l)"
same "target of an imported CNAME" 1300475169 "$(redis zscore pdns:rdata:alias.zeek.example 'CNAME www.zeek.example')"

# No client, and none of the other members, is stored.
redis flushall > /dev/null
status_of 0 import "${files[@]}"
same "addresses of clients and servers" "" "$(redis keys '*198.51.100.*')"

# Filters.
redis flushall > /dev/null
status_of 0 import --type mx --since 2020-01-01 "${files[@]}"
same "--type, --since" "dnsmonster.example" "$(look export | jq -r 'select(.rrname) | .rrname')"
status_of 1 import --type loc "${files[@]}"

# What is refused: file, line, reason; a bound on what is printed; the rest is taken.
{
	cat "$samples/cof.jsonl"
	printf '{"rrname":"bad..name","rrtype":"A","rdata":"192.0.2.1","time_first":1,"time_last":1}\n'
	printf '{"rrname":"cut.example",\n'
	printf '{"rrname":"\\u001b[31mred","rrtype":"A","rdata":"192.0.2.300","time_first":1,"time_last":1}\n'
	for i in {1..30}; do printf 'nonsense %s\n' "$i"; done
	printf '{"rrname":"last.example","rrtype":"A","rdata":"192.0.2.1","time_first":1,"time_last":1}\n'
} > "$T/bad"
status_of 2 import "$T/bad"
grep -q "^lookback: $T/bad:4: rrname: found 'bad..name', expected a name" "$T/err" || fail "no reason for line 4: $(cat "$T/err")"
grep -q "^lookback: $T/bad:5: not JSON" "$T/err" || fail "no reason for line 5: $(cat "$T/err")"
grep -q "^lookback: $T/bad:6: " "$T/err" || fail "no reason for line 6: $(cat "$T/err")"
! LC_ALL=C grep -q $'\033' "$T/err" || fail "an escape sequence of the file is printed"
same "reasons printed" 11 "$(wc -l < "$T/err")"
grep -q '^imported 4 records from 37 lines; refused 33, passed over 0$' "$T/out" || fail "counters: $(cat "$T/out")"
same "after what was refused" 1 "$(redis zscore pdns:count:last.example 'A 192.0.2.1')"
status_of 2 import --format nosuch "$T/bad"
grep -q "found 'nosuch', expected dnsdb" "$T/err" || fail "--format: $(cat "$T/err")"
status_of 2 import "$T/none"
head -c 60 "$T/cof.jsonl.gz" > "$T/cut.gz"
status_of 2 import "$T/cut.gz"
grep -q "cut off" "$T/err" || fail "a cut file: $(cat "$T/err")"

# A log that is longer than what is added up at once counts as if it were short: each record twice, half a log apart.
"$PYTHON" - > "$T/long" << 'END'
for turn in range(2):
    for i in range(150000):
        print(f'{1400000000 + turn}.5||192.0.2.1||192.0.2.2||IN||n{i}.long.example||A||203.0.113.{i % 200}||60||3')
END
redis flushall > /dev/null
status_of 0 import "$T/long"
same "counts of a long log" 6 "$(redis zscore pdns:count:n0.long.example 'A 203.0.113.0')"
same "counts of a long log" 6 "$(redis zscore pdns:count:n149999.long.example 'A 203.0.113.199')"
same "names of a long log" 150000 "$(redis zcard pdns:zone:long.example)"
printf 'passed: %s files\n' "${#files[@]}"
