#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Watch rules: alerts for what they ask for, once each, also if the collector is killed or a file is wrong.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 300 "$PYTHON" "$E2E/watch_rules.py" "$BUILD/collector/lookback-collector" > "$T/watch.log" 2>&1 ||
	fail "watch_rules.py: $(grep -h FAILED "$T/watch.log" | xargs)"
cat "$T/watch.log" # what took how long
