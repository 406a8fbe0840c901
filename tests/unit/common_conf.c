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

static const struct conf_key keys[] = {
	{.name = "flag", .type = CONF_BOOL, .at = &flag, .def = "no", .help = "h"},
	{.name = "number", .type = CONF_UINT, .at = &number, .def = "5", .min = 1, .max = 10, .help = "h"},
	{.name = "size", .type = CONF_SIZE, .at = &size, .def = "4k", .help = "h"},
	{.name = "time", .type = CONF_SECONDS, .at = &seconds, .def = "60", .min = 0.5, .max = 86400, .help = "h"},
	{.name = "text", .type = CONF_STRING, .at = &text, .def = "", .max = 10, .help = "h", .reload = true},
};
static const char *const other[] = {"theirs", NULL};
static struct conf_text texts[5];
static const struct conf conf = {.keys = keys, .keys_len = 5, .other = other, .texts = texts};
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
	CU_ASSERT_STRING_EQUAL(why, "-o: number: found '11', expected a whole number from 1 to 10");
}

static void files(void)
{
	char path[] = "/tmp/unit_conf_XXXXXX";
	int fd = mkstemp(path);

	dprintf(fd, "# comment\n\n  number = 7  \nflag=on\n");
	CU_ASSERT_EQUAL(conf_read_file(&conf, path, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(number, 7);
	dprintf(fd, "nonsense\n");
	CU_ASSERT_NOT_EQUAL(conf_read_file(&conf, path, why, sizeof(why)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, ":5: found 'nonsense', expected 'key = value'"));
	close(fd);
	unlink(path);
	CU_ASSERT_NOT_EQUAL(conf_read_file(&conf, path, why, sizeof(why)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(why, path));
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
		{"changes", changes}};
	int result = unit_run("conf", tests, sizeof(tests) / sizeof(tests[0]));

	free(text);
	return result;
}
