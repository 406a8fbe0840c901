// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/await_input.h"

#include <unistd.h>

#include "dataplane/common/log.h"
#include "dataplane/control/inputs.h"
#include "dataplane/service/control.h"
#include "dataplane/service/notify.h"

enum { TURN_US = 50000 };

static void say(const struct dataplane *d)
{
	log_info("waiting: no interface is set; set iface = NAME in %s, then reload",
		d->reload.file ? d->reload.file : CONF_DEFAULT_FILE);
	notify_status("waiting: no interface is set; set iface = … in %s, then systemctl reload lookback-dataplane",
		d->reload.file ? d->reload.file : CONF_DEFAULT_FILE);
}

// Reads the settings again. Returns 0, or -1: an input that cannot be used. Wrong settings leave the old ones.
static int read_again(struct dataplane *d)
{
	struct dataplane_settings fresh = {0};
	char why[1024];

	notify_reloading();
	if (!d->reload.file)
		d->reload.file = conf_file(NULL); // it may have been made meanwhile
	if (reload_settings(&d->reload, &fresh, why, sizeof(why)) != 0) {
		log_error("%s; the settings stay as they were", why);
		control_note(why);
		return 0;
	}
	d->settings = fresh;
	conf_in_force(settings_conf(&d->settings));
	log_level_set(d->settings.log_level);
	control_note(NULL);
	return inputs_add(d, &d->settings);
}

int await_input(struct dataplane *d, bool (*is_stopped)(void), const atomic_int *hangups)
{
	uint64_t alive = 0, alive_every = notify_watchdog_ms() * 1000 / TURN_US / 4;
	int seen = 0;

	if (inputs_are_named(d) || !notify_is_on())
		return 0;
	say(d);
	notify_ready();
	while (!is_stopped()) {
		control_accept();
		if (*hangups != seen) {
			seen = *hangups;
			if (read_again(d) != 0)
				return -1;
			if (inputs_are_named(d))
				return 0; // whoever asked for the reload learns of the outcome when the workers run
			say(d);
			notify_ready();
		}
		control_answer(true);
		if (notify_watchdog_ms() > 0 && alive++ % (alive_every ? alive_every : 1) == 0)
			notify_alive();
		usleep(TURN_US);
	}
	return 1;
}
