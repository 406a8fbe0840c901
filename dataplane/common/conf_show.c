// SPDX-License-Identifier: BSD-3-Clause
// Settings for users: --help, --check-config, --print-config.
#include "dataplane/common/conf_line.h"
#include "dataplane/common/log.h"

static void help_one(const struct setting *s, FILE *out)
{
	char range[SETTING_TEXT_SIZE];

	fprintf(out, "  %-20s %s\n  %-20s [%s; default %s%s%s]\n", s->name, s->help, "", setting_range(s, range),
		*s->def ? s->def : "none", s->reload || s->fills ? "; " : "",
		s->reload || s->fills ? setting_effect(s) : "");
}

void conf_help(const struct conf *conf, FILE *out)
{
	for (size_t t = 0; conf->topics[t]; t++) {
		const struct setting_topic *topic = conf->topics[t];
		bool titled = false;
		for (size_t i = 0; i < topic->len; i++) {
			if (!(topic->settings[i].by & conf->program))
				continue;
			if (!titled)
				fprintf(out, "\n%s:\n", topic->title);
			titled = true;
			help_one(&topic->settings[i], out);
		}
	}
}

void conf_print(const struct conf *conf, FILE *out)
{
	char text[600];

	for (size_t t = 0; conf->topics[t]; t++) {
		for (size_t i = 0; i < conf->topics[t]->len; i++) {
			const struct setting *s = &conf->topics[t]->settings[i];
			const struct conf_place *place = conf_place_of(conf, s->name);
			if (!place)
				continue;
			const struct conf_text *value = &conf->texts[place - conf->places];
			const char *shown = s->secret && *value->read ? "*" : value->read;
			snprintf(text, sizeof(text), "%s = %.500s", s->name, shown);
			fprintf(out, "%-50s # %s\n", text, value->origin ? value->origin : "default");
		}
	}
}

static void say_error(void *context, const char *line)
{
	log_error("%s", line);
}

int conf_command(const struct conf *conf, const struct conf_source *source, conf_check_function *check, void *context,
	bool print)
{
	struct conf_files files = {0};
	struct conf_report report = {.say = say_error, .all = true, .files = &files};

	conf_read(conf, source, &report);
	check(context, &report);
	if (print)
		conf_print(conf, stdout);
	else if (report.errors == 0) {
		printf("configuration: no errors; files read: %s", files.len == 0 ? "none" : "");
		for (size_t i = 0; i < files.len; i++)
			printf("%s%s", i > 0 ? ", " : "", files.names[i]);
		printf("\n");
	}
	conf_files_free(&files);
	return report.errors == 0 ? 0 : CONF_EXIT_WRONG;
}
