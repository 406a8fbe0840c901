#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Alerts reach files, syslog, webhooks and mail in the right form: each once by its id, none lost, while a receiver answers with
# errors, hangs, drops connections or is away, and the collector is killed.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

"$PYTHON" -c 'import aiosmtpd' 2> /dev/null || skip "takes python3-aiosmtpd"
redis_up --appendonly no --unixsocketperm 777
mkdir "$T/out" "$T/feed" "$T/secret"
openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -keyout "$T/key.pem" -out "$T/cert.pem" -days 2 \
	-subj /CN=localhost -addext 'subjectAltName=DNS:localhost,IP:127.0.0.1' 2> "$T/openssl.log" || fail "no certificate"

HOOK=$T/hook PORT=0
mode() { printf '%s\n' "$*" > "$HOOK.mode"; }
hook_up() {
	rm -f "$HOOK.port"
	start receiver "$PYTHON" "$E2E/alert_receiver.py" "$PORT" "$HOOK" "$T/cert.pem" "$T/key.pem"
	HOOK_PID=$PID
	await 10 test -s "$HOOK.port"
	PORT=$(cat "$HOOK.port")
}
mode ok
touch "$HOOK"
start sinks "$PYTHON" "$E2E/alert_sinks.py" "$T/out" "$T/cert.pem" "$T/key.pem"
hook_up
await 10 test -s "$T/out/ports"
. "$T/out/ports"

printf 'Authorization: Bearer geheim\n' > "$T/secret/header"
printf 'schluessel\n' > "$T/secret/signature"
cat > "$T/watch.conf" << END
[rule brand]
match = keyword example
limit = 5/hour
alert = log
[rule all]
match = keyword example
[rule hook]
match = keyword example
alert = hook
[outlet log]
kind = file
path = $T/out/alerts.json
[outlet feed]
kind = file
format = misp
path = $T/feed/
[outlet hook]
kind = webhook
url = https://localhost:$PORT/alerts
ca = $T/cert.pem
header = X-Team: soc
header_file = $T/secret/header
signature_file = $T/secret/signature
timeout = 1s
backoff = 300ms
[outlet udp]
kind = syslog
server = udp://127.0.0.1:$UDP
format = cef
[outlet tcp]
kind = syslog
server = tcp://127.0.0.1:$TCP
[outlet tls]
kind = syslog
server = tls://localhost:$TLS
ca = $T/cert.pem
[outlet unix]
kind = syslog
server = unix:$T/out/log.sock
facility = auth
[outlet mail]
kind = email
server = smtp://localhost:$SMTP
starttls = yes
ca = $T/cert.pem
from = lookback@sensor.example
to = soc@example.com, ciso@example.com
[outlet dead]
kind = webhook
url = http://127.0.0.1:1/nobody
END
ARGS=(-o "watch.file=$T/watch.conf" -o "alert.dir=$T/queue" -o "spool.dir=$T/spool" -o http.listen=127.0.0.1:0)
up() { # starts the collector again
	: > "$T/collector.log"
	rm -f "$SOCKET"
	collector_up "${ARGS[@]}"
	await 20 grep -q 'waiting for dataplanes' "$T/collector.log"
}
up
grep -q 'sandbox: user' "$T/collector.log" || fail "no sandbox"

add() { # rule, from, to
	local i now
	now=$(date +%s)
	for ((i = $2; i <= $3; i++)); do
		printf 'XADD pdns:alert * id %s%d rule %s kind new name "%s" type A rdata 192.0.2.1 first %d last %d sensor s1 expected "" reason r\n' \
			"$1" "$i" "$1" 'a<b>&\"|=\\]`\x1b.example.com' "$now" "$now"
	done | redis > /dev/null
}
lines() { wc -l < "$1"; }
has_lines() { [ -f "$1" ] && [ "$(lines "$1")" = "$2" ]; }

# each form
add all 1 3
for f in alerts.json udp.log tcp.log tls.log unix.log; do
	await 20 has_lines "$T/out/$f" 3
done
await 20 has_lines "$HOOK" 3
await 20 test -s "$T/out/mail.log"
await 20 test -s "$T/feed/manifest.json"
"$PYTHON" "$E2E/alert_forms.py" "$T" > "$T/forms.log" 2>&1 || fail "an alert has the wrong form: $(tail -n 1 "$T/forms.log")"

# the command, and HTTP
lookback() { timeout 20 "$BUILD/collector/lookback" --redis "unix:$REDIS" "$@"; }
lookback alerts --json --rule all --since 1h > "$T/listed" || fail "lookback alerts finds nothing"
diff "$T/listed" "$T/out/alerts.json" > "$T/diff.log" || fail "lookback alerts prints other JSON than the outlets send"
lookback alerts --rule other > "$T/listed" && fail "lookback alerts finds alerts of a rule that has none"
lookback alerts | grep -q '  all  *new  .*a<b>.*\\027.example.com  *A  *192.0.2.1  # r$' || fail "lookback alerts has another table"
start follow "$BUILD/collector/lookback" --redis "unix:$REDIS" alerts --follow --json --rule brand
URL=http://$(http_address)
curl -fsS "$URL/api/alerts" | diff - "$T/out/alerts.json" > "$T/diff.log" || fail "/api/alerts has other lines"
cursor=$(curl -fsS "$URL/api/alerts?limit=2&cursor=" | tail -n 1 | jq -r 'select(.more) | .cursor')
[ "$(curl -fsS "$URL/api/alerts?cursor=$cursor" | head -n 1 | jq -r .id)" = all3 ] || fail "/api/alerts does not continue at a cursor"
[ "$(curl -fsS "$URL/api/alerts?newest=1&limit=1&kind=new" | jq -r .id)" = all3 ] || fail "/api/alerts has not the newest first"
[ "$(curl -sS -o /dev/null -w '%{http_code}' "$URL/api/alerts?cursor=x")" = 400 ] || fail "/api/alerts accepts any cursor"

# beyond the limit of a rule
add brand 1 8
await 20 has_lines "$T/out/alerts.json" 8
[ "$(metric collector_alerts_held_back_total)" = 3 ] || fail "held back: $(metric collector_alerts_held_back_total), expected 3"

await 20 grep -q '"id":"brand8"' "$T/follow.log" # the stream has them all

# repetitions
add all 1 3
add brand 1 2
sum() { [ "$(metric "$1" "${3-}")" = "$2" ]; }
await 20 sum collector_alerts_not_repeated_total 5

# logrotate, with and without SIGHUP
mv "$T/out/alerts.json" "$T/out/alerts.1"
add all 4 4
await 20 has_lines "$T/out/alerts.json" 1
mv "$T/out/alerts.json" "$T/out/alerts.2"
kill -HUP "$COLLECTOR_PID"
await 20 grep -q 'alerts: 9 outlets' "$T/collector.log"
add all 5 5
await 20 has_lines "$T/out/alerts.json" 1
await 20 has_lines "$HOOK" 5

# a receiver in trouble: the alerts wait, and others are served
await 20 sum collector_outlet_waiting 0 'outlet="hook"'
n=0
for trouble in 500 '429 1' hang drop; do
	mode "$trouble"
	before=$(metric collector_outlet_retries_total 'outlet="hook"')
	add hook "$((++n * 10))" "$((n * 10 + 2))"
	retried() { [ "$(metric collector_outlet_retries_total 'outlet="hook"')" -gt "$before" ]; }
	await 20 retried
	has_lines "$HOOK" $((5 + (n - 1) * 3)) || fail "an alert was delivered in spite of $trouble"
	mode ok
	await 20 has_lines "$HOOK" $((5 + n * 3))
done
mode hang
add all 6 6
await 20 grep -q all6 "$T/out/alerts.json" # one that hangs delays no other one
! grep -q all6 "$HOOK" || fail "an alert was delivered to a receiver that hangs"
mode ok
await 20 has_lines "$HOOK" 18

# accepted, but the answer was lost: sent again with the same key
mode lost
add hook 60 60
await 20 has_lines "$HOOK" 20
mode ok
await 20 sum collector_outlet_waiting 0 'outlet="hook"'
[ "$(tail -n +19 "$HOOK" | jq -r '.headers["idempotency-key"]' | sort -u | wc -l)" = 1 ] || fail "another Idempotency-Key"
jq -c 'select(.body | contains("hook60"))' "$HOOK" | sed 1d > "$T/again"
grep -vFf "$T/again" "$HOOK" > "$T/hook.1" && jq -c 'select(.body | contains("hook60"))' "$HOOK" | head -n 1 >> "$T/hook.1"

# refused for ever: set aside, tried again after SIGHUP
mode 404
add hook 70 70
await 20 sum collector_outlet_failed_total 1 'outlet="hook"'
[ "$(jq -r '.error + " " + .alert.id' "$T/queue/hook.failed")" = 'HTTP status 404 hook70' ] || fail "it was not set aside"
mode ok
kill -HUP "$COLLECTOR_PID"
delivered() { grep -q "$1" "$HOOK"; }
await 20 delivered hook70
test ! -s "$T/queue/hook.failed" || fail "it is still set aside"

# an alert that the receiver cannot process blocks no others
mode poison hook80
add hook 80 85
for i in {81..85}; do await 20 delivered "hook$i"; done
! delivered hook80 || fail "the poison was delivered"
mode ok
await 20 delivered hook80

[ "$(metric collector_outlet_oldest_seconds 'outlet="dead"')" -gt 0 ] || fail "no age of the oldest alert that waits"

# away, and the collector killed meanwhile, again and again: all arrive, each once
kill "$HOOK_PID"
await 10 is_gone "$HOOK_PID"
for i in 1 2 3; do
	add hook $((i * 100)) $((i * 100 + 49))
	kill -KILL "$COLLECTOR_PID"
	await 10 is_gone "$COLLECTOR_PID"
	add hook $((i * 100 + 50)) $((i * 100 + 99))
	up
done
grep -q 'alerts: delivered to 9 outlets; [1-9][0-9]* wait' "$T/collector.log" || fail "the log does not say how many alerts wait"
await 20 sum collector_outlet_waiting 300 'outlet="hook"'
hook_up
await 30 sum collector_outlet_waiting 0 'outlet="hook"'
kill "$COLLECTOR_PID"
await 10 is_gone "$COLLECTOR_PID"
jq -r '.body | fromjson | .id' "$HOOK" | grep -E '^hook[1-3][0-9][0-9]$' | sort > "$T/arrived"
for i in {100..399}; do echo "hook$i"; done | sort > "$T/expected"
diff "$T/expected" "$T/arrived" > "$T/diff.log" || fail "of 300 alerts $(grep -c '<' "$T/diff.log") were lost, $(grep -c '>' "$T/diff.log") came twice"
jq -r .id "$T/out/alerts.json" | sort | uniq -d | grep . && fail "the file has an alert twice"

# what is wrong is found before the start
printf '[outlet x]\nkind = webhook\nurl = gopher://x\n' > "$T/bad.conf"
! "$BUILD/collector/lookback-collector" --check -o "redis=unix:$REDIS" -o "watch.file=$T/bad.conf" > "$T/check.log" 2>&1 &&
	grep -q "bad.conf:3: \[outlet x\] url: found 'gopher://x'" "$T/check.log" || fail "--check accepts a bad outlet"
