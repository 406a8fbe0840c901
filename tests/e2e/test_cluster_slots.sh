#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Redis Cluster: slots that stay half migrated, nodes that come back older, nodes that have lost sight of the others.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 880 "$PYTHON" "$E2E/cluster_slots.py" "$BUILD/collector/lookback-collector"
