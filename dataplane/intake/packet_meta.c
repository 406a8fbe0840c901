// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/packet_meta.h"

#include <stdalign.h>

#include <rte_errno.h>

int packet_time_offset;
uint64_t packet_time_flag;
int packet_clock_offset;

int packet_meta_init(void)
{
	const struct rte_mbuf_dynfield clock = {.name = "lookback_clock",
		.size = sizeof(uint64_t),
		.align = alignof(uint64_t)};

	packet_clock_offset = rte_mbuf_dynfield_register(&clock);
	if (packet_clock_offset < 0 || rte_mbuf_dyn_rx_timestamp_register(&packet_time_offset, &packet_time_flag) != 0)
		return -rte_errno;
	return 0;
}
