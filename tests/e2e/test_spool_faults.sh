#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The spool's files: deleted, moved, replaced, cut off while they are in use.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 880 "$PYTHON" "$E2E/spool_faults.py" "$BUILD/collector/lookback-collector"
