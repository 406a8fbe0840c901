// SPDX-License-Identifier: BSD-3-Clause
// Log lines: the time, hostile text, each form, and whether stderr leads to the journal.
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/common/log.h"
#include "dataplane/common/log_entry.h"
#include "tests/tools/unit.h"

static const char *line_of(size_t (*form)(char *, size_t, const struct log_entry *), time_t seconds, const char *text)
{
	static char out[LOG_LINE_SIZE + 1];
	const struct log_entry entry = {.level = LOG_LEVEL_WARNING,
		.time = {.tv_sec = seconds, .tv_nsec = 1999999},
		.program = "unit",
		.sensor = "tap\"1",
		.function = "here",
		.text = text};

	out[form(out, LOG_LINE_SIZE, &entry)] = '\0';
	return out;
}

static void is_time(time_t seconds, const char *expected)
{
	char start[64];

	snprintf(start, sizeof(start), "%s.001Z unit: warning: x\n", expected);
	CU_ASSERT_STRING_EQUAL(line_of(log_text_write, seconds, "x"), start);
}

// As `date -u -d @SECONDS` has them; then every day of 400 years against libc.
static void test_time(void)
{
	is_time(0, "1970-01-01T00:00:00");
	is_time(951782399, "2000-02-28T23:59:59");
	is_time(951782400, "2000-02-29T00:00:00");
	is_time(1796086495, "2026-12-01T00:54:55");
	is_time(4107542399, "2100-02-28T23:59:59");
	is_time(4107542400, "2100-03-01T00:00:00");
	for (time_t at = 86399; at < 146097 * 86400l; at += 86400) {
		char expected[64];
		struct tm parts;
		gmtime_r(&at, &parts);
		strftime(expected, sizeof(expected), "%Y-%m-%dT%H:%M:%S", &parts);
		if (strncmp(line_of(log_text_write, at, "x"), expected, strlen(expected)) != 0) {
			CU_FAIL("a day differs from libc's");
			break;
		}
	}
}

static void is_cleaned(const char *text, const char *expected)
{
	char copy[64];

	snprintf(copy, sizeof(copy), "%s", text);
	log_text_clean(copy);
	CU_ASSERT_STRING_EQUAL(copy, expected);
}

static void test_clean(void)
{
	is_cleaned("", "");
	is_cleaned("plain", "plain");
	is_cleaned("a\nb\r\t\x1b[31m\x7f", "a b   [31m ");
	is_cleaned("z\xc3\xbcrich \xe4\xb8\xad \xf0\x9f\x98\x80", "z\xc3\xbcrich \xe4\xb8\xad \xf0\x9f\x98\x80");
	is_cleaned("\xc2\x9b"
		   "31m",
		"  31m"); // CSI in one code point
	is_cleaned("a\xe2\x80\xae"
		   "b\xe2\x80\xa8"
		   "c",
		"a   b   c"); // right-to-left override, line separator
	is_cleaned("\xff\xfe", "??");
	is_cleaned("\xc0\xaf \xe0\x80\xaf \xf0\x80\x80\xaf", "?? ??? ????"); // too long for their value
	is_cleaned("\xed\xa0\x80 \xf4\x90\x80\x80", "??? ????");	     // a surrogate, above the last code point
	is_cleaned("cut \xe4\xb8", "cut ??");
	is_cleaned("cut \xc3", "cut ?");
}

static void test_json(void)
{
	CU_ASSERT_PTR_NOT_NULL(strstr(line_of(log_text_write_json, 0, "x"),
		"{\"time\":\"1970-01-01T00:00:00.001Z\",\"level\":\"warning\",\"program\":\"unit\",\"pid\":"));
	CU_ASSERT_PTR_NOT_NULL(strstr(line_of(log_text_write_json, 0, "a \"b\" \\ c"),
		"\"sensor\":\"tap\\\"1\",\"function\":\"here\",\"message\":\"a \\\"b\\\" \\\\ c\"}\n"));
	char longest[LOG_TEXT_SIZE];
	memset(longest, '"', sizeof(longest) - 1);
	longest[sizeof(longest) - 1] = '\0';
	const char *line = line_of(log_text_write_json, 0, longest);
	CU_ASSERT(strlen(line) > 2 * (LOG_TEXT_SIZE - 1));
	CU_ASSERT_STRING_EQUAL(line + strlen(line) - 5, "\\\"\"}\n");
}

static void test_journal(void)
{
	const char *fields = line_of(log_journald_write, 0, "text = x");

	static const char first[] = "MESSAGE=text = x\nPRIORITY=4\nSYSLOG_IDENTIFIER=unit\nCODE_FUNC=here\nTID=";
	CU_ASSERT_EQUAL(strncmp(fields, first, strlen(first)), 0);
	CU_ASSERT_PTR_NOT_NULL(strstr(fields, "\nLOOKBACK_VERSION=" LOOKBACK_VERSION "\nLOOKBACK_SENSOR=tap\"1\n"));
	CU_ASSERT_STRING_EQUAL(line_of(log_journald_write_line, 0, "x"), "<4>x\n");
	CU_ASSERT_STRING_EQUAL(line_of(log_text_write_plain, 0, "x"), "unit: warning: x\n");
}

// sd-daemon(3): the variable is inherited, stderr may be another file since.
static void test_journal_stream(void)
{
	struct stat status;
	char stream[64];
	int ends[2];

	CU_ASSERT_EQUAL_FATAL(pipe(ends), 0);
	CU_ASSERT_EQUAL_FATAL(fstat(ends[1], &status), 0);
	snprintf(stream, sizeof(stream), "%ju:%ju", (uintmax_t)status.st_dev, (uintmax_t)status.st_ino);
	CU_ASSERT_TRUE(log_journald_is(stream, ends[1]));
	CU_ASSERT_FALSE(log_journald_is(stream, -1));
	close(ends[0]);
	close(ends[1]);
	int other = dup(STDIN_FILENO);
	CU_ASSERT_FALSE(log_journald_is(stream, other));
	CU_ASSERT_FALSE(log_journald_is("", other));
	CU_ASSERT_FALSE(log_journald_is("8:", other));
	CU_ASSERT_FALSE(log_journald_is("text", other));
	close(other);
}

static void test_names(void)
{
	enum log_format format = LOG_FORMAT_MAX;
	enum log_level level = LOG_LEVEL_MAX;
	char why[64];

	CU_ASSERT_EQUAL(log_format_read(&format, "json", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(format, LOG_FORMAT_JSON);
	CU_ASSERT_EQUAL(log_format_read(&format, "auto", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(format, LOG_FORMAT_AUTO);
	CU_ASSERT_NOT_EQUAL(log_format_read(&format, "JSON", why, sizeof(why)), 0);
	CU_ASSERT_NOT_EQUAL(log_format_read(&format, "", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(log_level_read(&level, "debug", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(level, LOG_LEVEL_DEBUG);
	CU_ASSERT_NOT_EQUAL(log_level_read(&level, "loud", why, sizeof(why)), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"time", test_time}, {"clean", test_clean}, {"json", test_json},
		{"journal", test_journal}, {"journal_stream", test_journal_stream}, {"names", test_names}};
	return unit_run("log", tests, sizeof(tests) / sizeof(tests[0]));
}
