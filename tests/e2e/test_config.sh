#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# One configuration file for the three programs: errors with file and line, the origin of each value, includes, inputs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

PROGRAMS=("$BUILD/dataplane/lookback-dataplane" "$BUILD/collector/lookback-collector" "$BUILD/collector/lookback")
mkdir "$T/conf.d"
CONF=$T/lookback.conf

run() { # status, program…
	local wanted=$1 status=0
	shift
	timeout 60 "$@" > "$T/out" 2>&1 || status=$?
	[ "$status" = "$wanted" ] || fail "$*: status $status, expected $wanted: $(cat "$T/out")"
}
says() { grep -qF -- "$1" "$T/out" || fail "not said: $1; but: $(cat "$T/out")"; }

# The shipped example is sound as it is, and with each setting as it is shown.
cp "$BUILD/docs/lookback.conf" "$CONF"
for program in "${PROGRAMS[@]}"; do
	run 0 "$program" -c "$CONF" --check-config
	says "no errors; files read: $CONF"
done
sed -n 's/^#\([a-z._]* = .*\)/\1/p' "$BUILD/docs/lookback.conf" | grep -vE '^(redis\.(password|ca|certificate|certificate_key|server_name)|ready\.sensors) ' > "$T/all.conf"
[ "$(wc -l < "$T/all.conf")" -gt 80 ] || fail "the example has few settings"
for program in "${PROGRAMS[@]}"; do run 0 "$program" -c "$T/all.conf" --check-config; done

# All errors, by every program: unknown keys, values of its own and of the other program.
printf 'wrokers = 4\nworkers = 4000\nspool.size = 1q\n\nnonsense\nredis.password = secret1\n' > "$CONF"
for program in "${PROGRAMS[@]}"; do
	run 2 "$program" -c "$CONF" --check-config
	says "$CONF:1: unknown key 'wrokers'; did you mean workers?"
	says "$CONF:2: workers: found '4000', expected a whole number: 1 to 64 workers"
	says "$CONF:3: spool.size: found '1q', expected a size"
	says "$CONF:5: found 'nonsense', expected 'key = value'"
	[ "$(grep -c error "$T/out")" = 4 ] || fail "$program: not 4 errors: $(cat "$T/out")"
done
run 2 "${PROGRAMS[1]}" -c "$CONF"
says "and 2 more errors, see --check-config"

# Origins; no secrets. conf.d overrides the file, -o overrides both.
printf 'workers = 2\nredis.password = secret1\ninclude = conf.d/*.conf\n' > "$CONF"
printf 'workers = 3\nretention.days = 9\n' > "$T/conf.d/site.conf"
run 0 "${PROGRAMS[0]}" -c "$CONF" --print-config -o match=prefer
grep -qE "^workers = 3 +# $T/conf.d/site.conf:1$" "$T/out" || fail "no origin of workers: $(grep workers "$T/out")"
grep -qE '^match = prefer +# -o$' "$T/out" || fail "no origin of match"
grep -qE '^idle = auto +# default$' "$T/out" || fail "no default of idle"
for program in "${PROGRAMS[@]:1}"; do
	run 0 "$program" -c "$CONF" --print-config
	grep -qE "^retention.days = 9 +# $T/conf.d/site.conf:2$" "$T/out" || fail "no origin of retention.days: $(cat "$T/out")"
	says 'redis.password = *'
	! grep -q secret1 "$T/out" || fail "$program prints a secret"
done

# The file of the environment, and none.
LOOKBACK_CONFIG=$CONF run 0 "${PROGRAMS[1]}" --check-config
says "$CONF, $T/conf.d/site.conf"
LOOKBACK_CONFIG=$CONF run 0 "${PROGRAMS[1]}" -c none --check-config
says 'files read: none'

# Inputs: a wrong one is an error of the file; one of the command line replaces those of the file.
printf 'iface = way-too-long-for-a-name\nport = eth0\n' > "$CONF"
run 2 "${PROGRAMS[0]}" -c "$CONF" --check-config
says "$CONF:1: iface: found"
says "$CONF:2: port: found 'eth0', expected PCI addresses"
echo 'iface = nosuch0' > "$CONF"
start waiting "${PROGRAMS[0]}" -c "$CONF" --no-huge -o table.records=10000 -o "collector.socket=$SOCKET"
await 30 grep -q 'interface nosuch0: does not exist yet; waiting for it' "$T/waiting.log"
kill "$PID"
await 20 is_gone "$PID"
run 1 "${PROGRAMS[0]}" -c "$CONF" --iface nosuch1
says "found no interface 'nosuch1'"
redis_up
replay -c "$CONF" --replay "$DATA/caa.pcap"
[ "$(redis dbsize)" -gt 0 ] || fail "no records of the capture"

# Files that are included from other folders are read again too, by both programs inside the sandbox; also those that come later.
mkdir "$T/here" "$T/elsewhere" "$T/later"
CONF=$T/here/lookback.conf
printf 'include = %s/site.conf\ninclude = %s/*.conf\n' "$T/elsewhere" "$T/later" > "$CONF"
echo 'flush.interval = 1' > "$T/elsewhere/site.conf"
chmod -R a+rX "$T"
collector_up -c "$CONF"
start reloads "${PROGRAMS[0]}" -c "$CONF" --no-huge -o table.records=10000 -o "collector.socket=$SOCKET" -o xdp.program=off --iface lo
await 30 grep -q 'records each' "$T/reloads.log"
printf 'log.level = debug\nflush.interval = 1\n' > "$T/elsewhere/site.conf"
echo 'filter = udp' > "$T/later/new.conf"
is_read() { grep -qE 'settings read again|cannot read the (configuration|folder)' "$1"; }
for log in collector reloads; do
	if [ $log = collector ]; then kill -HUP "$COLLECTOR_PID"; else kill -HUP "$PID"; fi
	await 20 is_read "$T/$log.log"
	! grep -E 'cannot read the (configuration|folder)' "$T/$log.log" || fail "$log: a file of another folder is not read again"
done
