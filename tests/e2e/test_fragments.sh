#!/bin/bash
# SPDX-License-Identifier: BSD-3-Clause
# Answers in fragments: out of order, shown twice by the tap, within each other, behind extension headers. What overlaps
# or is too long is refused and counted.
# shellcheck source=tests/e2e/lib.sh
. "$(dirname "$0")/lib.sh"

timeout 60 "$ROOT/tests/tools/fragment_capture.py" "$T/fragments.pcap" "$T/fragments.tsv"
redis_up
replay --replay "$T/fragments.pcap" --summary --no-huge
compare "$T/fragments.tsv"
# the four of each forged datagram, and the one of each that would be too long
grep -qx 'fragments refused 10' "$T/dataplane.log" || fail "expected 10 refused, found: $(grep ^fragments "$T/dataplane.log")"
