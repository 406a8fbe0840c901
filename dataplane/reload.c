// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/reload.h"

int reload_settings(const struct reload *reload, struct settings *settings, char *why, size_t why_size)
{
	const struct conf *conf = settings_conf(settings);
	int result;

	conf_defaults(conf);
	result = reload->file ? conf_read_file(conf, reload->file, why, why_size) : 0;
	for (int i = 0; i < reload->options_len && result == 0; i++)
		result = conf_set_option(conf, reload->options[i], why, why_size);
	return result == 0 ? settings_finish(settings, why, why_size) : result;
}

static void tell_fixed(const struct conf *conf)
{
	const struct conf_key *key;

	for (size_t at = 0; (key = conf_next_changed(conf, &at)) != NULL;)
		log_warning("%s: changed; takes effect after a restart", key->name);
}

struct filter_set *reload_filters(const struct reload *reload, const struct settings **out, char *why, size_t why_size)
{
	static struct settings settings; // strings of it are set again, and freed then, by the next call
	struct filter_set *set = NULL;

	*out = &settings;
	if (reload_settings(reload, &settings, why, why_size) == 0)
		set = filter_set_new(&settings, why, why_size);
	if (set) {
		log_level_set(settings.log_level);
		tell_fixed(settings_conf(&settings));
	}
	return set;
}
