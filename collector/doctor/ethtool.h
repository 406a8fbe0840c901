// SPDX-License-Identifier: BSD-3-Clause
// Properties of an interface that ethtool shows. No rights are needed; what the driver does not report is unknown.
#pragma once

#include <stdbool.h>

enum ethtool_answer { ETHTOOL_UNKNOWN, ETHTOOL_NO, ETHTOOL_YES };

struct ethtool_view {
	int index;	      // of the kernel; 0: there is no such interface
	char driver[32];      // empty: unknown
	bool up;	      // and the carrier is there
	unsigned mtu, queues; // queues: 0: unknown
	enum ethtool_answer gro, lro, vlan_stripping;
	enum ethtool_answer symmetric_key; // RSS gives both directions of a conversation the same queue
	enum ethtool_answer hashes_ports;  // RSS of UDP over IPv4 depends on ports, which later fragments lack
};

void ethtool_read(const char *name, struct ethtool_view *out);
