// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment: its arguments put together from ours, its start and its end.
#pragma once

#include <stdbool.h>

enum { EAL_ARGS_MAX = 128 };

struct eal_args {
	char *argv[EAL_ARGS_MAX]; // owned
	int argc;
	bool devices_named;  // -a or --vdev was given
	bool pci_named;	     // -a was given: else DPDK would take every card that it finds
	bool iova_named;     // --iova-mode was given
	bool lcores_named;   // -l, -c or --lcores was given
	unsigned memory_mib; // asked for; 0 before eal_start
	bool check;	     // the start is one of --check
	bool no_huge;	     // --no-huge was given, or there are no huge pages
};

void eal_args_begin(struct eal_args *args, const char *program);

// Appends one argument, or an option and its value (`value` may be NULL).
void eal_args_add(struct eal_args *args, const char *option, const char *value);

// No cards; then physical addresses are of no use, which to find out takes rights that are given up later.
void eal_args_without_pci(struct eal_args *args);

// "DPDK 22.11.11": the one in this program, or the one it found.
const char *eal_version(void);

// True where `option` is one of DPDK's that we hand on; `*has_value` tells whether one follows.
bool eal_is_option(const char *option, bool *has_value);

// Starts DPDK with `workers` lcores besides the main one. Without huge pages it goes on in ordinary
// ones, `memory_mib` of them and room for `spare_mib` more, and says so; `wanted`: huge pages of the whole run (huge_pages.h). Returns 0, or -1 with one logged
// line.
int eal_start(struct eal_args *args, unsigned workers, unsigned memory_mib, unsigned spare_mib, unsigned wanted);

// After something could not be set up, before rights are given up: if huge pages that were there have gone, starts the program
// again without them, and does not return.
void eal_without_huge_pages(const struct eal_args *args, char **argv, int argc);

void eal_stop(void);
