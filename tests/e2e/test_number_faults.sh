#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# What others do to the number of a spool in Redis, with frames made by hand.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 300 "$PYTHON" "$E2E/number_faults.py" "$BUILD/collector/lookback-collector"
