// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet_meta.h"

#include <rte_errno.h>

int packet_time_offset;
uint64_t packet_time_flag;

int packet_meta_init(void)
{
	return rte_mbuf_dyn_rx_timestamp_register(&packet_time_offset, &packet_time_flag) == 0 ? 0 : -rte_errno;
}
