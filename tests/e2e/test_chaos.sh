#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A short scripts/chaos.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 300 "$PYTHON" "$E2E/chaos.py" --rounds 15 "$BUILD/collector/lookback-collector"
