// SPDX-License-Identifier: BSD-3-Clause
// Watch rules: what they accept, and which records they match.
#include "tests/tools/unit.h"

#include "collector/query/query.h"
#include "collector/watch/keywords.h"
#include "collector/watch/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

static char why[1024], folder[] = "/tmp/watch_set.XXXXXX", conf[64], list[64];

static void put(const char *path, const char *text)
{
	FILE *file = fopen(path, "w");

	fputs(text, file);
	fclose(file);
}

static struct watch_set *set_of(const char *text)
{
	struct watch_set *set;

	put(conf, text);
	return watch_set_read(&set, conf, ~0u, why, sizeof(why)) == 0 ? set : NULL;
}

static struct watch_record record_of(const char *name, const char *type, const char *rdata)
{
	return (struct watch_record){.name = name,
		.name_len = strlen(name),
		.type = type,
		.type_len = strlen(type),
		.rdata = rdata,
		.rdata_len = strlen(rdata)};
}

// Names of the rules that match, sorted by the order of the hits, with blanks between.
static const char *matches(struct watch_set *set, const char *name, const char *type, const char *rdata)
{
	static char out[500];
	struct watch_matcher *m = watch_matcher_new(set);
	const struct watch_record r = record_of(name, type, rdata);
	const uint32_t *rules;
	size_t n = watch_match(m, &r, ~0u, &rules);

	*out = '\0';
	for (size_t i = 0; i < n; i++)
		sprintf(out + strlen(out), "%s%s", i ? " " : "", watch_set_rule(set, rules[i])->name);
	watch_matcher_free(m);
	return out;
}

static const char *reason(struct watch_set *set, const char *name, const char *type, const char *rdata)
{
	static char out[WATCH_REASON_SIZE];
	struct watch_matcher *m = watch_matcher_new(set);
	const struct watch_record r = record_of(name, type, rdata);
	const uint32_t *rules;

	strcpy(out, "none");
	if (watch_match(m, &r, ~0u, &rules) > 0)
		watch_matcher_reason(m, rules[0], out);
	watch_matcher_free(m);
	return out;
}

static void names(void)
{
	struct watch_set *set = set_of("[rule one]\nmatch = name www.Example.com\n"
				       "[rule zone]\nmatch = zone example.com example.net.\n"
				       "[rule idn]\nmatch = zone b\xc3\xbc"
				       "cher.example\n"
				       "[rule dots]\nmatch = zone b.odd.example\n"
				       "[rule ns]\nmatch = target ns.bad.example, type NS\n"
				       "[rule mx]\nmatch = target bad.example, type MX\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_STRING_EQUAL(matches(set, "www.example.com", "A", "192.0.2.1"), "zone one");
	CU_ASSERT_STRING_EQUAL(matches(set, "a.www.example.com", "A", "192.0.2.1"), "zone");
	CU_ASSERT_STRING_EQUAL(matches(set, "example.net", "A", "192.0.2.1"), "zone");
	CU_ASSERT_STRING_EQUAL(matches(set, "notexample.net", "A", "192.0.2.1"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "net", "A", "192.0.2.1"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, ".", "NS", "a.root.example"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "www.xn--bcher-kva.example", "A", "192.0.2.1"), "idn");
	CU_ASSERT_STRING_EQUAL(matches(set, "a\\.b.odd.example", "A", "192.0.2.1"), ""); // the label is "a.b"
	CU_ASSERT_STRING_EQUAL(matches(set, "a\\\\.b.odd.example", "A", "192.0.2.1"), "dots");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "NS", "ns.bad.example"), "ns");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "MX", "10 ns.bad.example"), "mx");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "MX", "10 ns.notbad.example"), "");
	CU_ASSERT_STRING_EQUAL(reason(set, "x.example", "MX", "10 ns.bad.example"), "target bad.example, type MX");
	CU_ASSERT_STRING_EQUAL(reason(set, "a.example.com", "A", "192.0.2.1"), "zone example.com");
	watch_set_free(set);
}

static void addresses(void)
{
	struct watch_set *set =
		set_of("[rule one]\nmatch = address 192.0.2.7\n[rule net]\nmatch = address 192.0.2.0/24 2001:db8::/32\n"
		       "[rule all]\nmatch = address 0.0.0.0/0, not address 192.0.0.0/8\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "A", "192.0.2.7"), "one net");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "A", "192.0.2.8"), "net");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "AAAA", "2001:db8:7::1"), "net");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "A", "203.0.113.1"), "all");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "AAAA", "2001:db9::1"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "A", "\\# 0"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "TXT", "\"192.0.2.7\""), "");
	CU_ASSERT_STRING_EQUAL(reason(set, "x.example", "A", "192.0.2.8"), "address 192.0.2.0/24");
	CU_ASSERT_STRING_EQUAL(reason(set, "x.example", "AAAA", "2001:db8:7::1"), "address 2001:db8::/32");
	watch_set_free(set);
}

static void combined(void)
{
	struct watch_set *set =
		set_of("[rule brand]\nmatch = keyword paypal, not zone paypal.com paypal-corp.com, not type NS\n"
		       "match = contains secret-project\n"
		       "[rule caa]\nmatch = type CAA\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_STRING_EQUAL(matches(set, "www.paypa1.com", "A", "192.0.2.7"), "brand");
	CU_ASSERT_STRING_EQUAL(reason(set, "www.paypa1.com", "A", "192.0.2.7"), "keyword paypal (digit for letter)");
	CU_ASSERT_STRING_EQUAL(matches(set, "www.paypal.com", "A", "192.0.2.7"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "www.paypa1.com", "NS", "ns.example"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "a.secret-project.example", "NS", "ns.example"), "brand");
	CU_ASSERT_STRING_EQUAL(matches(set, "a.secretproject.example", "NS", "ns.example"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "CAA", "0 issue \"ca.example\""), "caa");
	watch_set_free(set);
}

static void indicators(void)
{
	char text[200];

	put(list,
		"# bad names\nBad.Example\n*.evil.example\n evil[.]net  # defanged\n203.0.113.9\n198.51.100.0/24\n2001:db8::5\nbad.example\n");
	snprintf(text, sizeof(text), "[rule list]\nmatch = file %s, not zone good.evil.net\n", list);
	struct watch_set *set = set_of(text);
	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	CU_ASSERT_EQUAL(watch_set_entries(set), 7);
	CU_ASSERT_STRING_EQUAL(matches(set, "www.bad.example", "A", "192.0.2.7"), "list");
	CU_ASSERT_STRING_EQUAL(matches(set, "a.evil.example", "A", "192.0.2.7"), "list");
	CU_ASSERT_STRING_EQUAL(matches(set, "a.evil.net", "A", "192.0.2.7"), "list");
	CU_ASSERT_STRING_EQUAL(matches(set, "good.evil.net", "A", "192.0.2.7"), "");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "A", "198.51.100.77"), "list");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "AAAA", "2001:db8::5"), "list");
	CU_ASSERT_STRING_EQUAL(matches(set, "x.example", "SOA", "ns.x.example admin.evil.net 1 2 3 4 5"), "list");
	CU_ASSERT_STRING_EQUAL(reason(set, "x.example", "NS", "a.evil.net"), "file evil.net");
	CU_ASSERT_FALSE(watch_set_is_stale(set));
	put(list, "other.example\n");
	CU_ASSERT(watch_set_is_stale(set));
	watch_set_free(set);
	put(list, "fine.example\nnot a name\n");
	CU_ASSERT_PTR_NULL(set_of(text));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, ":2: found 'not a name', expected"));
}

// News, limits, and errors with file and line.
static void checked(void)
{
	static const struct {
		const char *text, *why;
	} bad[] = {{"[rule a]\n", "match"}, {"[rule a]\nmatch = zone\n", ":2: [rule a] match: zone: found nothing"},
		{"[rule a]\nmatch = zone a..b\n", ":2: [rule a] match: zone: found 'a..b', expected a domain name"},
		{"[rule a]\nmatch = domain a.b\n", "found 'domain', expected name, zone"},
		{"[rule a]\nmatch = not zone a.b\n", "found only exceptions"},
		{"[rule a]\nmatch = zone a.b,\n", "found '', expected"},
		{"[rule a]\nmatch = address 192.0.2.1/24\n", "found '192.0.2.1/24'"},
		{"[rule a]\nmatch = address 192.0.2.1/33\n", "found '192.0.2.1/33'"},
		{"[rule a]\nmatch = keyword ab\n", "at least three characters"},
		{"[rule a]\nmatch = type NONSENSE\n", "found 'NONSENSE'"},
		{"[rule a]\nmatch = country Germany\n", "found 'Germany'"},
		{"[rule a]\nmatch = file relative\n", "absolute path"},
		{"[rule a]\nmatch = file /nonexistent/list\n", "/nonexistent/list: No such file"},
		{"[rule a]\nmatch = zone a.b\nnews = old\n", ":3: [rule a] news: found 'old'"},
		{"[rule a]\nmatch = zone a.b\nnews = again\n", "found 'again'"},
		{"[rule a]\nmatch = zone a.b\nnews = burst 0 in 1h\n", "found 'burst 0 in 1h'"},
		{"[rule a]\nmatch = zone a.b\nnews = new, new\n", "found 'new, new'"},
		{"[rule a]\nmatch = zone a.b\nlearn = 7d\n", "found without `news = tamper`"},
		{"[rule a]\nmatch = zone a.b\ncolour = red\n", "colour"},
		{"[rule a]\nmatch = zone a.b\n[rule a]\nmatch = zone a.b\n", "a"}};
	struct watch_set *set =
		set_of("[rule x]\nmatch = zone a.b\nnews = again after 30d, moved asn, burst 100 in 1h\n"
		       "[rule y]\nmatch = zone a.b\nnews = tamper\nlearn = 0\n[outlet z]\nkind = stdout\n");

	CU_ASSERT_PTR_NOT_NULL_FATAL(set);
	const struct watch_rule *rule = watch_set_rule(set, 0);
	CU_ASSERT_EQUAL(rule->news, 1u << WATCH_NEWS_AGAIN | 1u << WATCH_NEWS_MOVED | 1u << WATCH_NEWS_BURST);
	CU_ASSERT_EQUAL(rule->again_s, 30 * 86400);
	CU_ASSERT_EQUAL(rule->burst, 100);
	CU_ASSERT_EQUAL(rule->burst_s, 3600);
	CU_ASSERT_EQUAL(rule->moved, WATCH_MOVED_ASN);
	CU_ASSERT_EQUAL(watch_set_rule(set, 1)->learn_s, 0);
	watch_set_free(set);
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		CU_ASSERT_PTR_NULL(set_of(bad[i].text));
		if (bad[i].text && !strstr(why, bad[i].why))
			printf("\n%s: found '%s', expected '%s'\n", bad[i].text, why, bad[i].why);
		CU_ASSERT_PTR_NOT_NULL(strstr(why, bad[i].why));
	}
	CU_ASSERT_EQUAL(watch_set_read(&set, "/nonexistent/watch.conf", ~0u, why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(watch_set_rules(set), 0);
	watch_set_free(set);
}

// The filter for keywords finds whatever alike() finds in words with one or two changes.
static void found(void *arg, uint32_t id)
{
	*(bool *)arg = true;
}

static unsigned seed = 1;

static unsigned below(unsigned n)
{
	seed = seed * 1103515245 + 12345;
	return seed / 65536 % n;
}

static void change(char *name)
{
	static const char letters[] = "abcdefghijklmnopqrstuvwxyz0123456789-.";
	size_t len = strlen(name), at = below((unsigned)len);
	char c = letters[below(sizeof(letters) - 1)];

	switch (below(4)) {
	case 0:
		memmove(name + at, name + at + 1, len - at);
		break;
	case 1:
		memmove(name + at + 1, name + at, len - at + 1);
		name[at] = c;
		break;
	case 2:
		name[at] = c;
		break;
	default:
		if (at + 1 < len) {
			c = name[at];
			name[at] = name[at + 1];
			name[at + 1] = c;
		}
	}
}

static char exchanged[300];

// The name with similar letters for one another, anywhere, in `exchanged`.
static void exchange(const char *name)
{
	static const char *const like[][2] = {{"b", "d"}, {"b", "lb"}, {"c", "e"}, {"d", "cl"}, {"e", "c"}, {"g", "q"},
		{"h", "lh"}, {"k", "lk"}, {"k", "lc"}, {"m", "n"}, {"m", "nn"}, {"m", "rr"}, {"n", "r"}, {"u", "v"},
		{"v", "u"}, {"m", "rn"}, {"w", "vv"}};
	const char *const *by = like[below(sizeof(like) / sizeof(*like))];
	char out[300] = "";
	size_t n = 0;

	for (; *name && n < 200; name++) {
		if (*name == by[0][0] && below(3))
			n += (size_t)sprintf(out + n, "%s", by[1]);
		else
			out[n++] = *name;
		out[n] = '\0';
	}
	memcpy(exchanged, out, sizeof(out));
}

static void keywords(void)
{
	static const char *const words[] = {"paypal", "amazon", "barnet", "microsoft", "savvy", "nike", "ebay", "abc",
		"l33t", "vvv-rn"};
	static const char *const letters[] = {"xn--pypal-4ve.com", "xn--80aa0cbo65f.example", "xn--mazon-3ve.com"};
	unsigned accepted = 0, missed = 0, similar = 0;
	char name[300];

	for (size_t w = 0; w < sizeof(words) / sizeof(*words); w++) {
		struct watch_keywords *k = watch_keywords_new();
		watch_keywords_add(k, words[w], strlen(words[w]), true, 0);
		CU_ASSERT_FATAL(watch_keywords_finish(k));
		for (unsigned i = 0; i < 20000 + sizeof(letters) / sizeof(*letters); i++) {
			if (i < 20000) {
				snprintf(name, sizeof(name), "%s%s%s.com",
					below(2)   ? "www."
					: below(2) ? "my-"
						   : "",
					words[w], below(3) ? "" : "login");
				for (unsigned kinds = i % 3 ? 0 : 2; kinds > 0; kinds--) {
					exchange(name);
					strcpy(name, exchanged);
				}
				for (unsigned changes = i % 3 ? below(3) : 0; changes > 0; changes--)
					change(name);
			} else {
				strcpy(name, letters[i - 20000]);
			}
			bool candidate = false;
			watch_keywords_find(k, name, strlen(name), found, &candidate);
			enum alike_reason reason = alike(words[w], strlen(words[w]), name, strlen(name));
			similar += reason == ALIKE_SIMILAR;
			if (reason == ALIKE_NONE)
				continue;
			accepted++;
			if (!candidate && missed++ < 5)
				printf("\n%s: found no candidate in %s\n", words[w], name);
		}
		watch_keywords_free(k);
	}
	CU_ASSERT(accepted > 100000);
	CU_ASSERT(similar > 500);
	CU_ASSERT_EQUAL(missed, 0);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"names, zones, targets", names},
		{"addresses and networks", addresses},
		{"terms together and exceptions", combined},
		{"files of indicators", indicators},
		{"rules are checked", checked},
		{"the filter for keywords", keywords},
	};

	if (!mkdtemp(folder))
		return 1;
	snprintf(conf, sizeof(conf), "%s/watch.conf", folder);
	snprintf(list, sizeof(list), "%s/list", folder);
	int status = unit_run("watch_set", tests, sizeof(tests) / sizeof(*tests));
	unlink(conf);
	unlink(list);
	rmdir(folder);
	return status;
}
