// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/inputs.h"

#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/common/log.h"
#include "dataplane/control/input_list.h"

bool inputs_are_named(const struct dataplane *d)
{
	return d->eal.devices_named || d->intake.captures_len + d->intake.pipes_len > 0 || d->intake.dnstap ||
	       d->intake.ifaces_len > 0 || d->intake.follows;
}

static int add_ifaces(struct dataplane *d, const char *list)
{
	char item[256];

	while (input_list_next(&list, item, sizeof(item))) {
		char *name = strdup(item); // the intake keeps it
		if (!name || intake_add_iface(&d->intake, name) != 0)
			return -1;
	}
	return 0;
}

static void add_ports(struct dataplane *d, const char *list)
{
	char item[256], device[1100] = "";

	while (input_list_next(&list, item, sizeof(item))) {
		if (!*device || !input_list_is_pci(item)) { // the first, or an option of the driver
			snprintf(device + strlen(device), sizeof(device) - strlen(device), "%s%s", *device ? "," : "",
				item);
			continue;
		}
		eal_args_add(&d->eal, "-a", device);
		snprintf(device, sizeof(device), "%s", item);
	}
	if (*device) {
		eal_args_add(&d->eal, "-a", device);
		d->intake.live = true;
	}
}

int inputs_add(struct dataplane *d, const struct dataplane_settings *settings)
{
	if (inputs_are_named(d))
		return 0;
	if (*settings->follow) {
		if (!d->check)
			d->intake.follows = d->intake.live = true;
		return 0;
	}
	d->intake.waits = !d->check; // services start early
	add_ports(d, settings->port);
	if (*settings->dnstap && intake_add_dnstap(&d->intake, settings->dnstap, settings->dnstap_group) != 0)
		return -1;
	return add_ifaces(d, settings->iface);
}

int inputs_follow(struct dataplane *d)
{
	static struct follow_files_options options;
	const struct dataplane_settings *s = &d->settings;
	struct stat status;

	options = (struct follow_files_options){.folder = s->follow,
		.state = s->follow_state,
		.after = s->follow_after,
		.move_to = s->follow_move_to,
		.quiet_s = s->follow_quiet_s,
		.damaged = s->damaged};
	const char *const folders[] = {s->follow, s->follow_move_to};
	for (size_t i = 0; i < 2; i++) {
		if (!folders[i] || (stat(folders[i], &status) == 0 && S_ISDIR(status.st_mode)))
			continue;
		log_error("%s: %s: found no folder; create it", i ? "follow.after" : "follow", folders[i]);
		return -1;
	}
	d->follow = follow_open(&options);
	return d->follow ? 0 : -1;
}
