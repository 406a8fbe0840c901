#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# From an indicator to the campaign behind it: precision and recall for six kinds of campaigns among made-up records, bounds, formats, API.
# PIVOT_RECORDS=1000000 PIVOT_SEEDS='1 2 3' tries more than the test does.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

redis_up --appendonly no
look() { timeout 60 "$BUILD/collector/lookback" -o "redis=unix:$REDIS" "$@"; }
pivot() { look pivot "$@"; }

# Campaigns. What they are: pivot_world.py. Without the list of networks: made-up addresses may be in it.
campaign() { # kind, seed, records, precision, recall
	local start found
	redis flushall > /dev/null
	timeout 120 "$PYTHON" "$E2E/pivot_world.py" "$1" "$2" "$3" "$T/world" || fail "pivot_world.py $1"
	look import "$T/world" > "$T/import.log" 2>&1 || fail "import: $(cat "$T/import.log")"
	mapfile -t indicators < <(jq -r '.indicators[]' "$T/world.truth")
	start=$(date +%s%N)
	pivot -o context.labels= --json --limit 0 --depth 3 "${indicators[@]}" > "$T/found" 2> "$T/pivot.log" || [ $? = 1 ] || fail "pivot: $(cat "$T/pivot.log")"
	start=$((($(date +%s%N) - start) / 1000000))
	found=$(timeout 20 "$PYTHON" "$E2E/pivot_judge.py" "$T/world.truth" "$T/found" "$4" "$5") || fail "$1, seed $2: less than $4 and $5: $found"
	printf '%-12s seed %d, %7d records, %4d ms: %s\n' "$1" "$2" "$3" "$start" "$found"
}
for seed in ${PIVOT_SEEDS:-4}; do
	campaign flux "$seed" "${PIVOT_RECORDS:-12000}" 0.95 0.9
	campaign servers_only "$seed" "${PIVOT_RECORDS:-12000}" 0.95 0.9
	campaign mail "$seed" "${PIVOT_RECORDS:-12000}" 0.9 0.9
	campaign hosting "$seed" "${PIVOT_RECORDS:-12000}" 0.9 0.9
	campaign burst "$seed" "${PIVOT_RECORDS:-20000}" 0.9 0.9
	campaign none "$seed" "${PIVOT_RECORDS:-12000}" 1 1
	campaign classic "$seed" "${PIVOT_RECORDS:-100000}" 0.95 0.9
done

# What is shared is listed with its reason, and only walked through if asked for. Formats agree.
serve
timeout 60 "$PYTHON" "$E2E/pivot_checks.py" "$BUILD/collector/lookback" "$REDIS" "$URL" "$T" || fail "see above"
