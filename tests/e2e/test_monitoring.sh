#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# docs/monitoring: the rules, their unit tests and the example configurations are valid; then each thing that an alert is for is
# broken for real, and a real Prometheus with the shipped rules raises the alert; a sensor that works raises none. All queries of
# the dashboard return data from that Prometheus, and the table of metrics is that of the programs.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in prometheus promtool amtool; do
	command -v $program > /dev/null || skip "no $program (packages prometheus, prometheus-alertmanager)"
done
monitoring=$ROOT/docs/monitoring
promtool check rules "$monitoring/lookback.rules.yml" > "$T/promtool.log" 2>&1 || fail "lookback.rules.yml: $(tail -n 3 "$T/promtool.log")"
promtool check config "$monitoring/prometheus.yml" > "$T/promtool.log" 2>&1 || fail "prometheus.yml: $(tail -n 3 "$T/promtool.log")"
amtool check-config "$monitoring/alertmanager.yml" > "$T/amtool.log" 2>&1 || fail "alertmanager.yml: $(tail -n 3 "$T/amtool.log")"
promtool test rules "$ROOT/tests/monitoring/lookback.rules.test.yml" > "$T/promtool.log" 2>&1 || fail "unit tests of the rules: $(tail -n 9 "$T/promtool.log")"

[ "$BUILD" = "$ROOT/build" ] || skip "the rest takes the release build: libfaketime and a sanitizer's library wait for each other"
name_spaces peer sensor
timeout --kill-after 10 240 "$PYTHON" "$E2E/monitoring.py" "$BUILD" "$T" "$id-peer" "$id-sensor" || fail "an alert is missing or wrong"
[ -z "${KEEP_METRICS-}" ] || cp "$T/metrics.all" "$KEEP_METRICS" # for scripts/check-monitoring --write
"$ROOT/scripts/check-monitoring" "$T/metrics.all" || fail "docs/monitoring does not fit the metrics"
