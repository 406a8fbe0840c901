// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/service.h"

#include "collector/base/round.h"
#include "collector/alert/curl.h"
#include "dataplane/common/log.h"

#include <stdio.h>
#include <time.h>

enum { FINISH_MS = 10000 };

int alert_service_configure(struct alert_service *s, const struct settings *settings, char *why, size_t why_size)
{
	*s = (struct alert_service){.settings = {.size = settings->alert_size}};
	snprintf(s->settings.file, sizeof(s->settings.file), "%s", settings->watch_file);
	settings_alert_dir(settings, s->settings.folder, sizeof(s->settings.folder));
	if (alert_config_read(&s->first, s->settings.file, why, why_size) != 0)
		return -1;
	tzset(); // the sandbox does not allow to read the time zone
	s->needs = alert_needs_of(&s->first);
	if (s->first.outlets > 0) // read again at the start of the threads
		s->needs.extra[s->needs.len++] = (struct confine_extra){s->settings.file, SANDBOX_READ};
	if (s->needs.sockets && alert_curl_begin() != 0)
		return snprintf(why, why_size, "libcurl cannot be initialized"), -1;
	return 0;
}

void alert_service_confine(const struct alert_service *s, struct confine_paths *paths)
{
	paths->extra = s->needs.extra;
	paths->extra_len = s->needs.len;
	paths->sockets |= s->needs.sockets;
	paths->alerts = s->first.outlets > 0 ? s->settings.folder : NULL;
}

int alert_service_start(struct alert_service *s, const struct redis_settings *redis, char *why, size_t why_size)
{
	struct alert_config config;

	if (s->first.outlets == 0)
		return 0;
	if (alert_config_read(&config, s->settings.file, why, why_size) != 0)
		return -1;
	s->deliver = alert_deliver_start(&config, &s->settings, redis, why, why_size);
	alert_config_free(&config);
	return s->deliver ? 0 : -1;
}

void alert_service_reload(struct alert_service *s, const struct redis_settings *redis)
{
	struct alert_config config;
	char why[512];

	if (alert_config_read(&config, s->settings.file, why, sizeof(why)) != 0) {
		log_error("%s; the outlets stay as they are", why);
		round_join();
		round_end(why);
		return;
	}
	const struct alert_outlet_config *more = alert_needs_more(&config, &s->needs);
	if (!s->deliver && config.outlets > 0)
		log_warning("outlet %s: takes effect after a restart", config.outlet[0].name);
	else if (more)
		log_warning(
			"outlet %s: needs files or sockets that the sandbox does not allow; the outlets change after a restart",
			more->name);
	if (s->deliver && !more) {
		alert_deliver_reconnect(s->deliver, redis);
		alert_deliver_reload(s->deliver, &config);
	}
	alert_config_free(&config);
}

void alert_service_stop(struct alert_service *s, bool finish)
{
	alert_deliver_stop(s->deliver, finish ? FINISH_MS : 0);
	s->deliver = NULL;
	alert_config_free(&s->first);
}
