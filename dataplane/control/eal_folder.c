// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/eal_folder.h"

#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/log.h"

static char own[PATH_MAX]; // folder of a check; empty: none

static void make_own(const char *parent)
{
	snprintf(own, sizeof(own), "%s/lookback-check.XXXXXX", parent ? parent : "/tmp");
	if (mkdtemp(own) && setenv("RUNTIME_DIRECTORY", own, 1) == 0)
		return;
	log_warning("%s: cannot be created: %s; DPDK uses the folder of the service", own, strerror(errno));
	own[0] = '\0';
}

void eal_folder_begin(bool check)
{
	const char *parent = getenv("RUNTIME_DIRECTORY");
	char path[PATH_MAX];

	if (check) {
		make_own(parent);
		return;
	}
	snprintf(path, sizeof(path), "%s/dpdk", parent ? parent : "");
	if (!parent || access(path, F_OK) != 0 || access(path, W_OK | X_OK) == 0)
		return;
	if (rmdir(path) != 0)
		log_warning(
			"%s: found a folder of another user, expected a writable one: DPDK's telemetry is off; remove it and start "
			"again",
			path);
}

void eal_folder_end(const char *folder)
{
	char path[PATH_MAX + sizeof("/dpdk")];

	if (folder && *folder)
		rmdir(folder);
	if (!*own)
		return;
	snprintf(path, sizeof(path), "%s/dpdk", own);
	rmdir(path);
	rmdir(own);
}
