// SPDX-License-Identifier: BSD-3-Clause
// Settings: values, bounds, and messages that name what was found and what was expected.
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/conf.h"
#include "tests/tools/unit.h"

static bool flag;
static uint64_t number, size;
static double seconds;
static char *text;

static const struct setting rows[] = {
	{.name = "flag", .type = SETTING_BOOL, .def = "no", .help = "h"},
	{.name = "number", .type = SETTING_UINT, .def = "5", .min = 1, .max = 10, .help = "h"},
	{.name = "size", .type = SETTING_SIZE, .def = "4k", .help = "h"},
	{.name = "time", .type = SETTING_SECONDS, .def = "60", .min = 0.5, .max = 86400, .help = "h"},
	{.name = "text", .type = SETTING_STRING, .def = "", .max = 10, .help = "h", .reload = true},
	{.name = "theirs", .type = SETTING_UINT, .def = "1", .max = 3, .help = "h"},
	{.name = "first", .type = SETTING_STRING, .def = "", .help = "h", .fills = true},
	{.name = "secret", .type = SETTING_STRING, .def = "", .max = 3, .help = "h", .secret = true},
};
static const struct setting_topic topic = {.title = "t", .settings = rows, .len = sizeof(rows) / sizeof(rows[0])};
static const struct setting_topic *const topics[] = {&topic, NULL};
static char *first, *secret;
static const struct conf_place places[] = {{"flag", &flag, NULL}, {"number", &number, NULL}, {"size", &size, NULL},
	{"time", &seconds, NULL}, {"text", &text, NULL}, {"first", &first, NULL}, {"secret", &secret, NULL}};
static struct conf_text texts[7];
static const struct conf conf = {.topics = topics, .places = places, .places_len = 7, .texts = texts};
static char why[512];

static void values(void)
{
	conf_defaults(&conf);
	CU_ASSERT(!flag && number == 5 && size == 4096 && seconds == 60 && text[0] == '\0');
	CU_ASSERT_EQUAL(conf_set_option(&conf, "flag=yes", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(conf_set_option(&conf, "size = 2M", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(conf_set_option(&conf, "time=500ms", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(conf_set_option(&conf, "text=a = b", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(conf_set_option(&conf, "theirs=1", why, sizeof(why)), 0);
	CU_ASSERT(flag && size == 2 << 20 && seconds == 0.5);
	CU_ASSERT_STRING_EQUAL(text, "a = b");
}

static void refusals(void)
{
	static const char *const bad[] = {"number=0", "number=11", "number=x", "number=1.5", "number=-1", "size=1q",
		"time=0.1", "time=", "flag=perhaps", "nosuch=1", "number", "text=a\nb", "text=a\tb", "text=\x7f",
		"text=\033[1m", "text=12345678901", "number=5\v6"};

	for (size_t i = 0; i < sizeof(bad) / sizeof(bad[0]); i++) {
		why[0] = '\0';
		CU_ASSERT_NOT_EQUAL(conf_set_option(&conf, bad[i], why, sizeof(why)), 0);
		CU_ASSERT_NOT_EQUAL(why[0], '\0');
	}
	conf_set_option(&conf, "text=a\nb", why, sizeof(why));
	CU_ASSERT_STRING_EQUAL(why, "-o: text: found 'a?b', expected no control characters");
	CU_ASSERT_EQUAL(conf_set_option(&conf, "text=1234567890", why, sizeof(why)), 0);
	conf_set_option(&conf, "number=11", why, sizeof(why));
	CU_ASSERT_STRING_EQUAL(why, "-o: number: found '11', expected a whole number: 1 to 10");
}

// Writes a file in `folder` and returns its path.
static const char *put(const char *folder, const char *name, const char *content)
{
	static char path[300];
	snprintf(path, sizeof(path), "%s/%s", folder, name);
	FILE *file = fopen(path, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fputs(content, file);
	fclose(file);
	return path;
}

static struct conf_report report;

static int read_path(const char *path)
{
	const struct conf_source source = {.file = path};

	report = (struct conf_report){0};
	return conf_read(&conf, &source, &report);
}

static void files(void)
{
	char folder[] = "/tmp/unit_conf_XXXXXX", command[100];
	const char *path;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	path = put(folder, "one", "# comment\n\n  number = 7  \nflag=on\n");
	CU_ASSERT_EQUAL(read_path(path), 0);
	CU_ASSERT_EQUAL(number, 7);
	path = put(folder, "one", "# comment\n\n number = 7\nflag=on\nnonsense\n number = 70\nnumbr = 3\n\001x = 1\n");
	CU_ASSERT_NOT_EQUAL(read_path(path), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, ":5: found 'nonsense', expected 'key = value'"));
	CU_ASSERT_EQUAL(report.errors, 4);
	conf_report_first(&report, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "; and 3 more errors"));
	CU_ASSERT_NOT_EQUAL(read_path("/nonexistent/file"), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, "/nonexistent/file: cannot read"));
	CU_ASSERT_NOT_EQUAL(read_path(folder), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, "Is a directory"));
	snprintf(command, sizeof(command), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

// Included files: order, a missing one, none that match, a circle, too deep, a folder.
static void includes(void)
{
	char folder[] = "/tmp/unit_conf[a]_XXXXXX", command[100], name[20], content[60];
	const char *path;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	put(folder, "a.inc", "number = 2\n");
	put(folder, "b.inc", "number = 3\n");
	path = put(folder, "main", "number = 9\ninclude = *.inc\ninclude = *.none\ninclude = none/*.inc\n");
	CU_ASSERT_EQUAL(read_path(path), 0);
	CU_ASSERT_EQUAL(number, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(texts[1].origin, "/b.inc:1"));
	path = put(folder, "main", "include = missing\ninclude =\ninclude = ./\n");
	CU_ASSERT_NOT_EQUAL(read_path(path), 0);
	CU_ASSERT_EQUAL(report.errors, 3);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, "main:1: include: missing does not exist"));
	path = put(folder, "main", "include = main\n");
	CU_ASSERT_NOT_EQUAL(read_path(path), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, "includes itself"));
	CU_ASSERT_EQUAL(report.errors, 1);
	for (int i = 0; i < 12; i++) {
		snprintf(name, sizeof(name), "deep%d", i);
		snprintf(content, sizeof(content), "include = deep%d\n", i + 1);
		put(folder, name, content);
	}
	path = put(folder, "main", "include = deep0\n");
	CU_ASSERT_NOT_EQUAL(read_path(path), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(report.first, "nested more than 8 deep"));
	snprintf(command, sizeof(command), "rm -r '%s'", folder);
	CU_ASSERT_EQUAL(system(command), 0);
}

static void nearest(void)
{
	CU_ASSERT_STRING_EQUAL(setting_nearest(setting_topics, "flush.intervxl"), "flush.interval");
	CU_ASSERT_STRING_EQUAL(setting_nearest(setting_topics, "Flush-Interval"), "flush.interval");
	CU_ASSERT_STRING_EQUAL(setting_nearest(setting_topics, "wrokers"), "workers");
	CU_ASSERT_STRING_EQUAL(setting_nearest(setting_topics, "password_file"), "redis.password_file");
	CU_ASSERT_PTR_NULL(setting_nearest(setting_topics, "completelyother"));
	CU_ASSERT_PTR_NULL(setting_nearest(setting_topics, ""));
}

// Those that need a restart and differ from what the program began with, however often they are read again.
static void changes(void)
{
	size_t at = 0;

	conf_defaults(&conf);
	conf_set_option(&conf, "number=6", why, sizeof(why));
	conf_in_force(&conf);
	for (int round = 0; round < 2; round++, at = 0) {
		conf_defaults(&conf);
		conf_set_option(&conf, "text=other", why, sizeof(why));
		conf_set_option(&conf, "size=5k", why, sizeof(why));
		CU_ASSERT_STRING_EQUAL(conf_next_changed(&conf, &at)->name, "number");
		CU_ASSERT_STRING_EQUAL(conf_next_changed(&conf, &at)->name, "size");
		CU_ASSERT_PTR_NULL(conf_next_changed(&conf, &at));
	}
	conf_defaults(&conf);
	conf_set_option(&conf, "number=6", why, sizeof(why));
	CU_ASSERT_PTR_NULL(conf_next_changed(&conf, &at));
}

int main(void)
{
	static const struct unit_test tests[] = {{"values", values}, {"refusals", refusals}, {"files", files},
		{"includes", includes}, {"nearest", nearest}, {"changes", changes}};
	int result = unit_run("conf", tests, sizeof(tests) / sizeof(tests[0]));

	free(text);
	return result;
}
