// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/manual/example.h"

#include <ctype.h>
#include <string.h>

#include "dataplane/common/conf.h"

enum { COLUMNS = 110 };

static const char head[] =
	"# Configuration of Lookback: lookback-dataplane, lookback-collector and the command lookback read this file.\n"
	"#\n"
	"# Every setting is here, commented out, with its default, or with an example if it has no default.\n"
	"# Remove the # to set it. A comment needs a line of its own. In brackets: the values, the program that uses\n"
	"# it, and whether a change takes effect on `systemctl reload`, or after `systemctl restart`, of that program.\n"
	"# lookback.conf(5) says more. Check the file with\n"
	"#     lookback --check-config\n"
	"#\n"
	"# A sensor needs iface or port, and redis if Redis is elsewhere; the rest can stay as it is.\n";

static const char tail[] = "\n# Further files, sorted by name; they override what is above. Relative to this file.\n"
			   "include = conf.d/*.conf\n";

// A comment, with lines of at most COLUMNS characters.
static void put_comment(const char *text, FILE *out)
{
	size_t column = 0;

	for (const char *word = text + strspn(text, " "); *word; word += strspn(word, " ")) {
		size_t len = strcspn(word, " ");
		if (column > 0 && column + 1 + len > COLUMNS) {
			fputc('\n', out);
			column = 0;
		}
		int first = column == 0 && word == text ? toupper((unsigned char)*word) : *word;
		column += (size_t)fprintf(out, "%s%c%.*s", column == 0 ? "# " : " ", first, (int)len - 1, word + 1);
		word += len;
	}
	fputc('\n', out);
}

static void put_setting(const struct setting *s, FILE *out)
{
	static const char *const programs[] = {[SETTING_DATAPLANE] = "dataplane",
		[SETTING_COLLECTOR] = "collector",
		[SETTING_BOTH] = "dataplane, collector"};
	char text[2000], range[SETTING_TEXT_SIZE];

	snprintf(text, sizeof(text), "%s. [%s; %s; %s]", s->help, setting_range(s, range), programs[s->by],
		setting_effect(s));
	fputc('\n', out);
	put_comment(text, out);
	if (*s->def)
		fprintf(out, "#%s = %s\n", s->name, s->def);
	else
		fprintf(out, "#%s = %s\n", s->name, s->example ? s->example : "");
}

void example_write(FILE *out)
{
	fputs(head, out);
	for (size_t t = 0; setting_topics[t]; t++) {
		const struct setting_topic *topic = setting_topics[t];
		fprintf(out, "\n\n### %s\n", topic->title);
		for (size_t i = 0; i < topic->len; i++)
			put_setting(&topic->settings[i], out);
	}
	fputs(tail, out);
}
