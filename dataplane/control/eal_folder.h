// SPDX-License-Identifier: BSD-3-Clause
// DPDK's folder for its own files: $RUNTIME_DIRECTORY/dpdk (systemd sets that), /run/dpdk or the like without it, and in it one
// for each start.
#pragma once

#include <stdbool.h>

// Before DPDK starts. A check has one of its own, so that it leaves nothing for the service, whose user is another one, to stumble
// over. Else a folder that another user left and that is empty is removed, or there would be no telemetry.
void eal_folder_begin(bool check);

// Removes what is empty by now of what this start made: DPDK's folder for it, and that of a check.
void eal_folder_end(const char *folder);
