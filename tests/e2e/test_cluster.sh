#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Redis Cluster, Sentinel and a list of addresses, with frames made by hand.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 880 "$PYTHON" "$E2E/cluster_faults.py" "$BUILD/collector/lookback-collector"
