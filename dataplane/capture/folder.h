// SPDX-License-Identifier: BSD-3-Clause
// The captures in a folder and all folders in it, told by their content: pcap and pcapng, as they are or by
// gzip, whatever they are called. In the order of the times of their first packets; of the same time, and at
// the end those without any, by name, with numbers in it by value (dns.pcap2 before dns.pcap10).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct capture_folder {
	char **paths; // of captures; owned, as is each of them
	unsigned paths_len;
	unsigned passed_len; // entries that are no captures
	bool is_listed;	     // all of those are in `passed`
	char passed[512];    // "name (what it is), name, …"
};

// Returns 0, or -1 with one line in `why` if there is no capture, or something cannot be read. `*folder` is
// filled either way.
int capture_folder_read(struct capture_folder *folder, const char *path, char *why, size_t why_size);
