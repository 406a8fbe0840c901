// SPDX-License-Identifier: BSD-3-Clause
// The captures in a folder and all folders in it, recognized by content: pcap and pcapng, plain or compressed, whatever their
// names. In the order of the times of their first packets. Captures of equal time, and at the end those without a time, are
// in the order of their names, with numbers by value (dns.pcap2 before dns.pcap10).
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct capture_folder {
	char **paths; // of captures; the array and each path are owned
	unsigned paths_len;
	unsigned passed_len; // number of entries that are no captures
	bool is_listed;	     // `passed` names all of them
	char passed[512];    // "name (what it is), name, …"
	unsigned unread_len; // number of files and folders that cannot be read
	char unread[512];    // "PATH: reason" of the first one
};

// Returns 0, or -1 with one line in `why` if there is no capture or no memory. `*folder` is filled in both cases. What cannot
// be read is left out.
int capture_folder_read(struct capture_folder *folder, const char *path, char *why, size_t why_size);
