#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Block lists: real resolvers load them, blocked names fail as they should and others resolve; HTTP, serials, allow list, hostile names.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

for program in knotd named unbound named-checkzone unbound-checkconf; do
	command -v "$program" > /dev/null || PATH=$PATH:/usr/sbin command -v "$program" > /dev/null || skip "$program is not installed"
done
export PATH=$PATH:/usr/sbin
redis_up --appendonly no --save ''
timeout --kill-after 5 200 "$PYTHON" "$E2E/block.py" "$BUILD" "$T" "$REDIS" || fail "see above"
