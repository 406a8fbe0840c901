#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# lookback brand: which look-alikes are found and how they are scored, in each form; hostile names; own domains; exit status.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
same() { # what, expected, got
	[ "$2" = "$3" ] || fail "$1: expected '$2', got '$3'"
}
LOOKBACK=$BUILD/collector/lookback
look() { timeout 60 "$LOOKBACK" -o "redis=unix:$REDIS" "$@"; }

redis_up --appendonly no
"$PYTHON" "$E2E/brand_data.py" > "$T/data" || fail "brand_data.py"
look import "$T/data" > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
printf 'ExampleBank.com\n# the group\n  examplebank-group.example  # since 2020\n\n' > "$T/own"
brand() { look brand examplebank --own "$T/own" "$@"; }

# What is found, and of which kind; nothing of one's own, nothing unrelated.
brand --json > "$T/json" || fail "status of --json"
same "domains and kinds" "=examplebank.example contains
control.example contains
evil.example contains
examp1ebank.com digit for letter
example-bank.net split
examplebank-formula.example contains
examplebank.shop contains
examplebankk.com contains
exannplebank.org similar letters
exmplebank.com one edit
hostile.example contains
many.example contains
xn--examplebank-99999999.example contains
xn--exmplebank-0qi.com homoglyph" "$(jq -r '.domain + " " + .kind' "$T/json" | LC_ALL=C sort)"
same "the highest score first" true "$(jq -s 'map(.score) | . == (sort | reverse)' "$T/json")"
of() { jq -c "select(.domain == \"$1\") | $2" "$T/json"; }
same "a homoglyph that sends mail" '["exаmplebank.com",100,true,["198.51.100.1"],["10 mx.evil.example"],"mx, spf"]' \
	"$(of xn--exmplebank-0qi.com '[.unicode, .score, .resolves, .addresses, .mx, .mail]')"
same "its name servers" '["ns1.dns.example","ns2.dns.example"]' "$(of xn--exmplebank-0qi.com '.ns | sort')"
same "its reasons" '["homoglyph +55","in the registered domain +10","resolves +10","has MX +15","SPF permits mail +5","first seen in the last 7 days +15"]' \
	"$(of xn--exmplebank-0qi.com .reasons)"
same "null MX" '["none",65]' "$(of examp1ebank.com '[.mail, .score]')"
same "below another domain" '["examplebank.com.login-verify.evil.example",["10 mx.evil.example"],["198.51.100.8"]]' \
	"$(of evil.example '[.names[0].name, .mx, .addresses]')"
same "a domain with many names" '[40,20,40,16]' "$(of many.example '[.names_all, (.names | length), .addresses_all, (.addresses | length)]')"
same "no address" '[false,45]' "$(of exmplebank.com '[.resolves, .score]')"
days() { echo $((($(date +%s) - $(of "$1" ".$2")) / 86400)); }
same "first and last seen" "40 1" "$(days examp1ebank.com time_first) $(days examp1ebank.com time_last)"

# Only what is new; several trademarks, from the standard input; limits; nothing found.
same "--since" "examplebank.shop exannplebank.org xn--exmplebank-0qi.com" "$(brand --since 4d --json | jq -r .domain | LC_ALL=C sort | xargs)"
same "several trademarks" "examplebank samplebank" \
	"$(printf 'examplebank\n\n# none\nsamplebank\nexamplebank\n' | look brand - --json --own "$T/own" | jq -r .keyword | sort -u | xargs)"
of_each() { for name in "$@"; do look brand "$name" --own "$T/own" --json; done | jq -r .domain | LC_ALL=C sort -u; }
same "together as one by one" "$(of_each examplebank samplebank evil)" \
	"$(look brand examplebank samplebank evil --own "$T/own" --json | jq -r .domain | LC_ALL=C sort)"
same "--limit" 2 "$(brand --limit 2 --json | wc -l)"
same "without --own" "1" "$(look brand examplebank --json | jq -r .domain | grep -cx examplebank.com)"
status() { # expected, arguments
	local status=0 expected=$1
	shift
	look brand "$@" > "$T/out" 2> "$T/err" || status=$?
	same "status of brand $*" "$expected" "$status"
}
status 0 examplebank --quiet
[ ! -s "$T/out" ] || fail "--quiet prints: $(cat "$T/out")"
status 1 nosuchtrademark
grep -q 'nothing found' "$T/err" || fail "no message that nothing was found"
status 1 examplebank --since 1h
status 2 a
status 2 'example*'
status 2 examplebank --own "$T/nosuchfile"
printf 'good.example\ntwo names\n' > "$T/bad"
status 2 examplebank --own "$T/bad"
grep -q "bad:2: found 'two names', expected one name" "$T/err" || fail "message for a bad line: $(cat "$T/err")"
look find examplebank --html > "$T/out" 2>&1 && fail "find takes --html"

# Forms: hostile names stay text.
brand > "$T/table" 2> "$T/err" || fail "status of the table"
grep -Eq '^ +100  .* xn--exmplebank-0qi.com \(exаmplebank.com\) +homoglyph +mx, spf +ns[12].dns.example +198.51.100.1$' "$T/table" || fail "the table: $(head -n 3 "$T/table")"
brand --csv > "$T/csv" || fail "status of --csv"
brand --html > "$T/html" || fail "status of --html"
"$PYTHON" - "$T/csv" "$T/html" > "$T/forms.log" 2>&1 << 'END' || fail "forms: $(tail -n 1 "$T/forms.log")"
import csv, html.parser, sys

rows = list(csv.DictReader(open(sys.argv[1], newline="", encoding="utf-8")))
assert len(rows) == 14, f"found {len(rows)} rows of CSV, expected 14"
for row in rows:
    assert None not in row and None not in row.values(), f"a row of CSV has the wrong number of fields: {row}"
    for field in row.values():
        assert not field or field[0] not in "=+-@\t", f"a spreadsheet takes this for a formula: {field}"
assert rows[0]["domain"] == "xn--exmplebank-0qi.com" and rows[0]["score"] == "100", rows[0]


class Page(html.parser.HTMLParser):
    allowed = set("html head meta title style body h1 p table thead tbody tr th td ul li b br span small bdi".split())
    void = {"meta", "br"}
    stack, text, rows = [], "", 0

    def handle_starttag(self, tag, attrs):
        assert tag in self.allowed, f"the page has an element {tag}"
        assert all(a in ("class", "lang", "charset", "name", "content", "http-equiv") for a, _ in attrs), f"{tag} has {attrs}"
        self.rows += tag == "tr"
        if tag not in self.void:
            self.stack.append(tag)

    def handle_endtag(self, tag):
        assert self.stack and self.stack.pop() == tag, f"</{tag}> closes nothing"

    def handle_data(self, data):
        self.text += data


page = Page()
page.feed(open(sys.argv[2], encoding="utf-8").read())
page.close()
assert not page.stack, f"not closed: {page.stack}"
assert page.rows == 15, f"found {page.rows} rows, expected 15"
for text in ("<script>alert\\(1\\)</script>.examplebank.hostile.example", "exаmplebank.com", "with MX: 4", "own names left out: 3"):
    assert text in page.text, f"the page lacks {text}"
END

# Context: what is popular or parked counts less.
printf '1,example-bank.net\n' > "$T/popular"
printf '198.51.100.7/32,64500,DE,Parking lot,parking\n' > "$T/networks"
context() { brand --context -o "context.popular=$T/popular" -o "context.prefixes=$T/networks" --json | jq -c "select(.domain == \"$1\") | $2"; }
same "a popular domain" '[1,43,true]' "$(context example-bank.net '[.rank, .score, any(.reasons[]; . == "popular: rank 1 -30")]')"
same "a parked domain" '[75,"DE AS64500, Parking lot"]' "$(context examplebank.shop '[.score, .network]')"
