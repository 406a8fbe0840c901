#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Lookups, export, import and erase on a Redis Cluster give what they give on a single Redis.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 280 "$PYTHON" "$E2E/lookback_cluster.py" "$BUILD" "$DATA"/{services,dnssec,wikipedia,ipv6,https,caa,tcp}.tsv
