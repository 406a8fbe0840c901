// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/hints.h"

#include <stdio.h>

void hints_tell(const struct worker_stats *total,
	void (*tell)(void *context, enum hint hint, const char *text), void *context)
{
	static const char *const texts[HINT_MAX] = {
		[HINT_SNAPPED] =
			"packets were cut when they were captured; capture whole ones (tcpdump -s 0)",
		[HINT_OVERSIZED] = "frames were longer than the frames of the AF_PACKET ring, and cut there; "
				   "have segments come "
				   "as they are on the wire (ethtool -K IFACE gro off lro off; of a veth: "
				   "tso off gso off at its "
				   "other end), or give the interface the MTU of its frames",
		[HINT_NO_TIME] = "packets have no time that can be stored (0, before 1970, or after 2106), "
				 "and were left out; "
				 "set the clock, or the times of the capture (editcap -t)",
	};
	const uint64_t counts[HINT_MAX] = {
		[HINT_SNAPPED] = total->pkt_snapped,
		[HINT_OVERSIZED] = total->pkt_oversized,
		[HINT_NO_TIME] = total->pkt_no_time,
	};
	char text[400];

	for (int i = 0; i < HINT_MAX; i++) {
		if (counts[i] == 0)
			continue;
		snprintf(text, sizeof(text), "%llu %s", (unsigned long long)counts[i], texts[i]);
		tell(context, (enum hint)i, text);
	}
}
