// SPDX-License-Identifier: BSD-3-Clause
// DPDK's folder for its own files: $RUNTIME_DIRECTORY/dpdk, which systemd sets, else /run/dpdk or similar. It contains one folder
// per start.
#pragma once

#include <stdbool.h>

// Call it before DPDK starts. A check gets a folder of its own: if root runs it, the service, which runs as another user, could not
// use what it leaves. Otherwise removes an empty folder of another user, with which there would be no telemetry.
void eal_folder_begin(bool check);

// Removes the empty folders of this start: DPDK's and that of a check.
void eal_folder_end(const char *folder);
