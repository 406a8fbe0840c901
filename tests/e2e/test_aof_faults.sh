#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Redis killed while it writes its append-only file, and settings that lose records, with frames made by hand.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 300 "$PYTHON" "$E2E/aof_faults.py" "$BUILD/collector/lookback-collector"
