// SPDX-License-Identifier: BSD-3-Clause
// Files of sections: their form, limits, messages.
#include "collector/base/sections.h"
#include "tests/tools/unit.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char why[512];

static int parse(struct sections *s, const char *text)
{
	why[0] = '\0';
	return sections_parse(s, "w.conf", text, strlen(text), why, sizeof(why));
}

static void forms(void)
{
	struct sections s;

	CU_ASSERT_EQUAL_FATAL(
		parse(&s,
			"# c\n\n[rule a-b.c]  # brand\r\n match = keyword ex = 1 #x \nmatch=\n\t[ outlet\ta ]\nurl = ä"),
		0);
	CU_ASSERT_EQUAL_FATAL(s.len, 2);
	CU_ASSERT_STRING_EQUAL(s.at[0].kind, "rule");
	CU_ASSERT_STRING_EQUAL(s.at[0].name, "a-b.c");
	CU_ASSERT(s.at[0].line == 3 && s.at[0].entries_len == 2 && s.at[1].line == 6 && s.at[1].entries_len == 1);
	CU_ASSERT_STRING_EQUAL(s.at[0].entries[0].value, "keyword ex = 1 #x");
	CU_ASSERT_STRING_EQUAL(s.at[0].entries[1].value, "");
	CU_ASSERT_EQUAL(s.at[0].entries[1].line, 5);
	CU_ASSERT_STRING_EQUAL(sections_value(&s.at[1], "url", "none"), "ä");
	CU_ASSERT_STRING_EQUAL(sections_value(&s.at[1], "uri", "none"), "none");
	CU_ASSERT_PTR_NULL(sections_entry(&s.at[1], "match"));
	sections_free(&s);
	CU_ASSERT_EQUAL(parse(&s, ""), 0);
	CU_ASSERT_EQUAL(s.len, 0);
	sections_free(&s);
}

static void refused(const char *text, const char *message)
{
	struct sections s;

	CU_ASSERT_EQUAL(parse(&s, text), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, message);
	CU_ASSERT(s.at == NULL && s.text == NULL);
}

static void refusals(void)
{
	refused("a = 1", "w.conf:1: a: found before the first section, expected '[KIND NAME]' above it");
	refused("\n[rule]", "w.conf:2: found '[rule]', expected '[KIND NAME]'");
	refused("[rule a", "w.conf:1: found '[rule a', expected '[KIND NAME]'");
	refused("[rule a] b", "w.conf:1: found '[rule a] b', expected '[KIND NAME]'");
	refused("[rule a b]", "w.conf:1: found '[rule a b]', expected names of 1 to 63 letters, digits, '.', '_', '-'");
	refused("[rule ../x]",
		"w.conf:1: found '[rule ../x]', expected names of 1 to 63 letters, digits, '.', '_', '-'");
	refused("[rule a]\nmatch", "w.conf:2: found 'match', expected 'key = value' or '[KIND NAME]'");
	refused("[rule a]\nMatch = x", "w.conf:2: found key 'Match', expected a-z, 0-9, '_', '.'");
	refused("[rule a]\nm = \x1b[1m", "w.conf:2: m: expected UTF-8 without control characters");
	refused("[rule a]\nm = \xc0\xaf", "w.conf:2: m: expected UTF-8 without control characters");
	refused("[rule a]\nm = \xc3", "w.conf:2: m: expected UTF-8 without control characters");
	refused("[rule a]\n\x1b", "w.conf:2: found '?', expected 'key = value' or '[KIND NAME]'");
	refused("[rule b]\n[rule a]\n[outlet a]\n[rule a]",
		"w.conf:4: [rule a]: found before in line 2, expected another name");
}

static void limits(void)
{
	struct sections s;
	size_t size = 64 + SECTIONS_ENTRIES_MAX * 8;
	char *text = calloc(1, size + SECTIONS_LINE_SIZE);

	size_t len = (size_t)sprintf(text, "[a b]\n");
	for (int i = 0; i < SECTIONS_ENTRIES_MAX; i++)
		len += (size_t)sprintf(text + len, "k = %d\n", i % 10);
	CU_ASSERT_EQUAL(parse(&s, text), 0);
	CU_ASSERT_EQUAL(s.at[0].entries_len, SECTIONS_ENTRIES_MAX);
	sections_free(&s);
	strcat(text, "k = 1\n");
	refused(text, "w.conf:1002: [a b]: too many lines, expected at most 1000");
	memset(text, 'x', SECTIONS_LINE_SIZE + 1);
	text[SECTIONS_LINE_SIZE + 1] = '\0';
	refused(text, "w.conf:1: found 4097 characters, expected at most 4096 in a line");
	CU_ASSERT_EQUAL(sections_parse(&s, "w.conf", "[a b]\nk = \0\n", 12, why, sizeof(why)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "w.conf:2: found a NUL character, expected text");
	free(text);
}

static void keys(void)
{
	static const struct section_key known[] = {{"kind", true, false}, {"to", false, true}, {"url", false, false}};
	struct sections s;

	CU_ASSERT_EQUAL_FATAL(
		parse(&s, "[o a]\nkind = x\nto = a\nto = b\n[o b]\nto = a\n[o c]\nkind=x\nbad=\n[o d]\nkind=a\nkind=b"),
		0);
	CU_ASSERT_EQUAL(sections_check(&s, &s.at[0], known, 3, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(sections_check(&s, &s.at[1], known, 3, why, sizeof(why)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "w.conf:5: [o b] found no 'kind', expected 'kind = …'");
	CU_ASSERT_EQUAL(sections_check(&s, &s.at[2], known, 3, why, sizeof(why)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "w.conf:9: [o c] found key 'bad', expected one of: kind, to, url");
	CU_ASSERT_EQUAL(sections_check(&s, &s.at[3], known, 3, why, sizeof(why)), -EINVAL);
	CU_ASSERT_STRING_EQUAL(why, "w.conf:12: [o d] found 'kind' again, expected it once");
	sections_free(&s);
}

static void files(void)
{
	char path[] = "/tmp/sections.XXXXXX";
	struct sections s;
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0 && write(fd, "[a b]\nc = d\n", 12) == 12);
	close(fd);
	CU_ASSERT_EQUAL(sections_read(&s, path, why, sizeof(why)), 0);
	CU_ASSERT_STRING_EQUAL(sections_value(&s.at[0], "c", ""), "d");
	sections_free(&s);
	unlink(path);
	CU_ASSERT_EQUAL(sections_read(&s, path, why, sizeof(why)), -ENOENT);
	CU_ASSERT_EQUAL(sections_read(&s, "/tmp", why, sizeof(why)), -EISDIR);
	CU_ASSERT_STRING_EQUAL(why, "/tmp: cannot read: Is a directory");
}

int main(void)
{
	static const struct unit_test tests[] = {{"forms", forms}, {"refusals", refusals}, {"limits", limits},
		{"keys", keys}, {"files", files}};

	return unit_run("base_sections", tests, sizeof(tests) / sizeof(tests[0]));
}
