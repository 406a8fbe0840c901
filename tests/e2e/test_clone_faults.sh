#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Copies of a spool at one Redis.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 880 "$PYTHON" "$E2E/clone_faults.py" "$BUILD/collector/lookback-collector"
