#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# A short scripts/chaos.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 600 "$PYTHON" "$E2E/chaos.py" --rounds 20 "$BUILD/collector/lookback-collector" \
	"$BUILD/dataplane/lookback-dataplane"
