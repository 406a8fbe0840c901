// SPDX-License-Identifier: BSD-3-Clause
// DPDK's environment abstraction layer (EAL): its arguments, start and end.
#pragma once

#include <stdbool.h>

enum { EAL_ARGS_MAX = 128 };

struct eal_args {
	char *argv[EAL_ARGS_MAX]; // owned
	int argc;
	bool devices_named;  // -a or --vdev was given
	bool pci_named;	     // -a was given; without it DPDK would use every card that it finds
	bool iova_named;     // --iova-mode was given
	bool lcores_named;   // -l, -c or --lcores was given
	unsigned memory_mib; // requested; 0 before eal_start
	bool check;	     // this is a --check
	bool no_huge;	     // --no-huge was given, or there are too few huge pages
};

void eal_args_begin(struct eal_args *args, const char *program);

// Appends one argument, or an option and its value (`value` may be NULL).
void eal_args_add(struct eal_args *args, const char *option, const char *value);

// Uses no cards. Then physical addresses are not needed, and finding these out needs rights that are dropped later.
void eal_args_without_pci(struct eal_args *args);

// "DPDK 22.11.11": the one that is linked.
const char *eal_version(void);

// Whether `option` is one that is passed on to DPDK; `*has_value`: a value follows.
bool eal_is_option(const char *option, bool *has_value);

// Starts DPDK with `workers` lcores and the main one. If there are too few huge pages, uses ordinary pages, `memory_mib` and up to
// `spare_mib` more, with a warning; `wanted`: huge pages of the whole run (huge_pages.h). Returns 0, or -1 with one logged line.
int eal_start(struct eal_args *args, unsigned workers, unsigned memory_mib, unsigned spare_mib, unsigned wanted);

// Call it after a failed set-up, before the sandbox. If huge pages have gone since they were counted, restarts the program
// without them and does not return.
void eal_without_huge_pages(const struct eal_args *args, char **argv, int argc);

void eal_stop(void);
