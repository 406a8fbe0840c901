// SPDX-License-Identifier: BSD-3-Clause
// Own domains; texts in the forms of a report.
#include "tests/tools/unit.h"

#include "collector/brand/form.h"
#include "collector/brand/state.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static char why[600];

static struct brand_own *read_own(const char *text)
{
	char path[] = "/tmp/lookback-own.XXXXXX";
	int fd = mkstemp(path);

	if (fd < 0 || write(fd, text, strlen(text)) < 0)
		return NULL;
	close(fd);
	struct brand_own *own = brand_own_read(path, why, sizeof(why));
	unlink(path);
	return own;
}

static bool has(const struct brand_own *own, const char *name)
{
	return brand_own_has(own, name, strlen(name));
}

static void own_domains(void)
{
	struct brand_own *own = read_own("# ours\nExample.COM\n\n b\xc3\xbc"
					 "cher.example # shop\r\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(own);
	CU_ASSERT(has(own, "example.com") && has(own, "www.example.com") && has(own, "a.b.xn--bcher-kva.example"));
	CU_ASSERT(!has(own, "com") && !has(own, "badexample.com") && !has(own, "example.com.evil.example") &&
		  !has(own, ""));
	CU_ASSERT_FALSE(has(NULL, "example.com"));
	brand_own_free(own);
	CU_ASSERT_PTR_NULL(read_own("good.example\na b\n"));
	CU_ASSERT(strstr(why, ":2: found 'a b', expected one name") != NULL);
	CU_ASSERT_PTR_NULL(read_own("a..b\n"));
	CU_ASSERT_PTR_NULL(brand_own_read("/nonexistent", why, sizeof(why)));
	own = read_own("");
	CU_ASSERT(own && !has(own, "example.com"));
	brand_own_free(own);
	brand_own_free(NULL);
}

static void check_text(void (*put)(struct redis_buffer *out, const char *text), const char *text, const char *expected)
{
	struct redis_buffer out = {0};

	put(&out, text);
	query_put(&out, "", 1);
	CU_ASSERT_STRING_EQUAL(out.bytes, expected);
	redis_buffer_free(&out);
}

static void put_html(struct redis_buffer *out, const char *text)
{
	brand_html_text(out, text, strlen(text));
}

static void texts(void)
{
	char readable[4 * TEXT_NAME_SIZE];

	check_text(brand_csv_text, "=1+1", "\"'=1+1\"");
	check_text(brand_csv_text, "@x", "\"'@x\"");
	check_text(brand_csv_text, "a\"b", "\"a\"\"b\"");
	check_text(brand_csv_text, "", "\"\"");
	check_text(put_html, "<a href=\"x\" title='y'>&\n\x7f",
		"&lt;a href=&quot;x&quot; title=&#39;y&#39;&gt;&amp;??");
	check_text(put_html, "b\xc3\xbc", "b\xc3\xbc");
	CU_ASSERT(brand_readable("xn--bcher-kva.example", 21, readable) > 0);
	CU_ASSERT_STRING_EQUAL(readable, "b\xc3\xbc"
					 "cher.example");
	CU_ASSERT_EQUAL(brand_readable("example", 7, readable), 0);
	CU_ASSERT_STRING_EQUAL(readable, "");
}

static struct brand_domain *make(struct brand *b, const char *domain, const char *name, const char *keyword,
	int64_t first)
{
	struct brand_domain *d = brand_domain_of(b, domain, strlen(domain));

	d->first = first;
	d->names[0] = (struct brand_name){.name = strdup(name),
		.len = strlen(name),
		.keyword = keyword,
		.reason = alike(keyword, strlen(keyword), name, strlen(name))};
	d->names_len = d->names_all = 1;
	return d;
}

static void scores(void)
{
	const struct brand_options options = {.now = 100 * 86400, .since = INT64_MIN};
	struct brand *b = brand_new(&options);
	struct brand_domain *d = make(b, "paypa1.com", "paypa1.com", "paypal", 0);

	brand_score(b, d);
	CU_ASSERT_EQUAL(d->score, 60);
	CU_ASSERT_STRING_EQUAL(d->reasons, "digit for letter +50; in the registered domain +10");
	d = make(b, "evil.com", "paypal.secure.evil.com", "paypal", 99 * 86400);
	d->resolves = d->has_mail = true;
	brand_score(b, d);
	CU_ASSERT_EQUAL(d->score, 85);
	CU_ASSERT_STRING_EQUAL(brand_mail_text(d), "mx");
	d = make(b, "upside.com", "upside.com", "ups", 0);
	d->no_mail = true;
	brand_score(b, d);
	CU_ASSERT_EQUAL(d->score, 10);
	CU_ASSERT_STRING_EQUAL(brand_mail_text(d), "none");
	CU_ASSERT_PTR_EQUAL(d, brand_domain_of(b, "upside.com", 10));
	for (int i = 0; i < 1000; i++) { // the table grows
		char name[32];
		CU_ASSERT_PTR_NOT_NULL(
			brand_domain_of(b, name, (size_t)snprintf(name, sizeof(name), "d%d.example", i)));
	}
	CU_ASSERT_PTR_EQUAL(d, brand_domain_of(b, "upside.com", 10));
	brand_free(b);
}

static void kept_texts(void)
{
	struct brand_texts t = {.len = 0};
	char text[16];

	for (int i = 0; i < 100; i++)
		CU_ASSERT(brand_texts_add(&t, text, (size_t)snprintf(text, sizeof(text), "%d", i)));
	CU_ASSERT(brand_texts_add(&t, "0", 1));
	CU_ASSERT(t.len == BRAND_RECORDS_KEPT && t.all == 100);
	for (size_t i = 0; i < t.len; i++)
		free(t.text[i]);
}

int main(void)
{
	static const struct unit_test tests[] = {{"own domains", own_domains}, {"texts", texts}, {"scores", scores},
		{"kept texts", kept_texts}};

	return unit_run("brand", tests, sizeof(tests) / sizeof(*tests));
}
