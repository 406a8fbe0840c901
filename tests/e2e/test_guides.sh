#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Every command of docs/guides/ does what the guide says, on a small data set that is made up. UPDATE=1 writes what they print into the guides.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

command -v jq > /dev/null || skip "jq is not installed"
"$PYTHON" -c 'import dns.message' 2> /dev/null || skip "dnspython is not installed"

mkdir -p "$T/etc" "$T/bin" "$T/var" "$T/work"
cp "$DATA/guides/networks.csv" "$DATA/guides/popular.csv" "$T/etc/"
# What the commands of a guide call: the programs built, with the files of the test.
cat > "$T/bin/lookback" << END
#!/bin/sh
exec timeout 60 "$BUILD/collector/lookback" -c "$T/etc/lookback.conf" "\$@"
END
# A reload ends when the rules are in force.
cat > "$T/bin/systemctl" << END
#!/bin/bash
reloads() { /usr/bin/curl -fsS --max-time 10 "\$(cat "$T/url")/metrics" | awk '/^lookback_collector_watch_reloads_total/ { n += \$NF } END { print n + 0 }'; }
before=\$(reloads)
kill -HUP "\$(cat "$T/collector.pid")"
for _ in {1..200}; do
	[ "\$(reloads)" -gt "\$before" ] && exit 0
	sleep 0.1
done
exit 2
END
# Waits until the stream of alerts has that many.
cat > "$T/bin/alerts-come" << END
#!/bin/bash
for _ in {1..300}; do
	[ "\$(redis-cli -s "$REDIS" xlen pdns:alert)" -ge "\$1" ] && exit 0
	sleep 0.1
done
exit 2
END
cat > "$T/bin/curl" << END
#!/bin/bash
exec /usr/bin/curl --max-time 30 "\${@//http:\/\/127.0.0.1:8053/\$(cat "$T/url")}"
END
# A sensor that sees a part of the traffic in guides_data.py.
cat > "$T/bin/sensor-sees" << END
#!/bin/bash
"$PYTHON" "$E2E/guides_data.py" capture "\$1" "$T/\$1.pcap"
exec timeout 60 "$BUILD/dataplane/lookback-dataplane" -c "$T/etc/lookback.conf" -o table.records=100000 -o tcp.flows=4096 -o tcp.memory=16m \
	-o sensor=tap1 --replay "$T/\$1.pcap" --no-huge > "$T/dataplane.log" 2>&1
END
chmod +x "$T"/bin/*

redis_up --appendonly no
for guide in "$ROOT"/docs/guides/*.md; do
	name=$(basename "$guide" .md)
	[ "$name" != README ] || continue
	[ -z "${COLLECTOR_PID-}" ] || { kill "$COLLECTOR_PID" && await 20 is_gone "$COLLECTOR_PID"; }
	unset COLLECTOR_PID
	redis flushall > /dev/null
	rm -rf "$T"/etc/*.conf "$SOCKET.spool" "${T:?}/var" # or the spool restores what Redis has lost
	mkdir "$T/var"
	cat > "$T/etc/lookback.conf" << END
collector.socket = $SOCKET
redis            = unix:$REDIS
context.prefixes = $T/etc/networks.csv
context.popular  = $T/etc/popular.csv
watch.file       = $T/etc/watch.conf
block.file       = $T/etc/block.conf
alert.dir        = $T/var/alerts
END
	serve -c "$T/etc/lookback.conf" -o "collector.socket=$SOCKET"
	echo "$COLLECTOR_PID" > "$T/collector.pid"
	echo "$URL" > "$T/url"
	"$PYTHON" "$E2E/guides_data.py" records | "$T/bin/lookback" import - > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
	timeout 120 "$PYTHON" "$E2E/guides.py" "$T" "$guide" ${UPDATE:+--update} > "$T/$name.log" 2>&1 ||
		{ cat "$T/$name.log"; fail "docs/guides/$name.md: $(tail -n 1 "$T/$name.log")"; }
	tail -n 1 "$T/$name.log"
done
printf 'guides: every command does what the text says\n'
