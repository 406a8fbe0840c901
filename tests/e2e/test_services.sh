#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The systemd units: systemd finds nothing wrong with them, and the programs take the command lines in them.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
cat > "$T/lookback.conf" << END
collector.socket = $SOCKET
redis = unix:$REDIS
http.listen = none
END
export LOOKBACK_CONFIG=$T/lookback.conf
for name in collector dataplane; do
	unit=$T/lookback-$name.service
	sed -E -e "s,=([-+]*)[^ ]*/lookback-$name( |$),=\1$BUILD/$name/lookback-$name\2," \
		"$BUILD/scripts/systemd/lookback-$name.service" > "$unit"
	command=$(sed -n 's/^ExecStart=//p' "$unit")
	# shellcheck disable=SC2086  # words, as systemd splits them
	timeout 60 $command --check > "$T/check.log" 2>&1 ||
		fail "'$command' is not taken: $(tail -n 1 "$T/check.log")"
done
before=$(sed -n 's/^ExecStartPre=-+//p' "$T/lookback-dataplane.service")
# shellcheck disable=SC2086
timeout 60 $before > "$T/check.log" 2>&1 || fail "'$before' is not taken: $(tail -n 1 "$T/check.log")"

# The feed: an instance, until it follows the stream.
unit=$T/lookback-new@domain.service
mkdir -p "$T/state"
sed -E -e "s|=/[^ ]*/lookback |=$BUILD/collector/lookback |" -e "s|/etc/lookback/|$T/|; s|/var/log/lookback/|$T/|; s|/var/lib/lookback-new/|$T/state/|" \
	-e 's/%i/domain/g' "$BUILD/scripts/systemd/lookback-new@.service" > "$unit"
redis xadd pdns:new '*' name www.example.com type A rdata 192.0.2.1 first 1700000000 sensor s > /dev/null
redis zadd pdns:first:www.example.com 1700000000 "A 192.0.2.1" > /dev/null
redis zadd pdns:zone:example.com 1700000000 www.example.com > /dev/null
# shellcheck disable=SC2046
start feed $(sed -n 's/^ExecStart=//p' "$unit")
await 20 grep -q '"domain":"example.com"' "$T/new-domain.jsonl"
await 20 test -s "$T/state/domain.cursor"
kill "$PID"
echo "command lines: taken"

command -v systemd-analyze > /dev/null || skip "systemd-analyze is not installed"
timeout 60 systemd-analyze verify --man=no "$T"/lookback-*.service > "$T/verify.log" 2>&1 || fail "systemd-analyze verify: $(cat "$T/verify.log")"
! grep -E "lookback-[a-z]*\.service|Unknown|Failed" "$T/verify.log" || fail "systemd-analyze verify complains"
echo "units: nothing wrong"

# How much a service could still do, in tenths of systemd's exposure level.
for limit in lookback-collector:15 lookback-dataplane:30 lookback-new@domain:15 lookback-block:20; do
	unit=${limit%:*} threshold=${limit#*:}
	[ -f "$T/$unit.service" ] || sed 's/%i/domain/g' "$BUILD/scripts/systemd/${unit/domain/}.service" > "$T/$unit.service"
	timeout 60 systemd-analyze security --no-pager --offline=yes --threshold="$threshold" "$T/$unit.service" > "$T/security.log" 2>&1 ||
		fail "$unit: $(tail -n 1 "$T/security.log"), expected at most $threshold tenths"
	echo "$(tail -n 1 "$T/security.log" | sed 's/^[^O]*//')"
done

systemd-sysusers --dry-run --replace=/usr/lib/sysusers.d/lookback.conf - < "$BUILD/scripts/systemd/lookback.sysusers" > "$T/sysusers.log" 2>&1 ||
	fail "systemd-sysusers: $(cat "$T/sysusers.log")"
