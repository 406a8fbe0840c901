#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What lookups answer: real clients' requests and readings, and what people paste, on imported records.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
look() { timeout 60 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" "$@"; }
timeout 20 "$PYTHON" "$E2E/lookups.py" --records > "$T/records"
look import "$T/records" > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
serve
is_complete() { [ "$(metric collector_names_complete)" = 1 ] && [ "$(metric collector_targets_complete)" = 1 ]; }
await 20 is_complete
timeout 120 "$PYTHON" "$E2E/lookups.py" "$URL" || fail "see above"

kill "$COLLECTOR_PID"
await 20 is_gone "$COLLECTOR_PID"
! grep -i 'sanitizer\|runtime error' "$T"/*.log || fail "a report of the sanitizers"
