#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# The collector and a Redis that fails or refuses, with frames made by hand.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 880 "$PYTHON" "$E2E/redis_faults.py" "$BUILD/collector/lookback-collector"
