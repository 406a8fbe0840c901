// SPDX-License-Identifier: BSD-3-Clause
// How a frame begins. Shared by what reads frames (capture, intake) and what takes their headers off (packet).
#pragma once

// How the first octet of a frame is read. The values are ours, not libpcap's DLT_.
enum link_kind {
	LINK_KIND_ETHERNET,
	LINK_KIND_RAW_IP,     // IPv4 or IPv6, by the first nibble
	LINK_KIND_NULL,	      // BSD loopback: address family, in host order of the capturing machine or big endian
	LINK_KIND_SLL,	      // Linux cooked capture
	LINK_KIND_SLL2,	      // Linux cooked capture v2
	LINK_KIND_MATCHED_IP, // IPv4 or IPv6 of our own making: an answer that its resolver has matched with a query
	LINK_KIND_MAX
};
