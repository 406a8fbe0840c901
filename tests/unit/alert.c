// SPDX-License-Identifier: BSD-3-Clause
// Alerts: cleaning, formats and their escaping, outlets in watch.conf, limits, the queue on disk.
#include "collector/alert/config.h"
#include "collector/alert/limit.h"
#include "collector/alert/needs.h"
#include "collector/alert/progress.h"
#include "collector/alert/queue.h"
#include "collector/alert/sender.h"
#include "tests/tools/unit.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char why[512];

static struct alert make(const char *id, const char *name, const char *reason, const char *entry)
{
	const char *const field[ALERT_FIELDS] = {[ALERT_ID] = id,
		[ALERT_RULE] = "brand",
		[ALERT_KIND] = "new",
		[ALERT_NAME] = name,
		[ALERT_TYPE] = "A",
		[ALERT_RDATA] = "192.0.2.1",
		[ALERT_FIRST] = "1700000000",
		[ALERT_LAST] = "1700000001",
		[ALERT_SENSOR] = "s1",
		[ALERT_REASON] = reason};
	struct alert a;

	CU_ASSERT_EQUAL_FATAL(alert_make(&a, entry, field), 0);
	return a;
}

static void cleaning(void)
{
	char long_name[3000];
	struct alert a = make("1",
			     "a\x1b[1m\n\xff\xe2\x80\xae"
			     "b\xc3\xa4\xc0\x80",
			     "", "1700000000123-0"),
		     b;

	CU_ASSERT_STRING_EQUAL(a.field[ALERT_NAME], "a\\027[1m\\010\\255\\226\\128\\174b\xc3\xa4\\192\\128");
	CU_ASSERT_EQUAL(alert_time_ms(&a), 1700000000123);
	CU_ASSERT_FATAL(alert_unpack(&b, a.text, a.size));
	CU_ASSERT_STRING_EQUAL(b.field[ALERT_SENSOR], "s1");
	CU_ASSERT_STRING_EQUAL(b.field[ALERT_REASON], "");
	alert_free(&b);
	CU_ASSERT_FALSE(alert_unpack(&b, a.text, a.size - 1));
	alert_free(&a);
	memset(long_name, '\1', sizeof(long_name) - 1);
	long_name[sizeof(long_name) - 1] = '\0';
	a = make("1", long_name, "", "1-1");
	CU_ASSERT(strlen(a.field[ALERT_NAME]) <= 1103 && strstr(a.field[ALERT_NAME], "\\001…"));
	alert_free(&a);
	CU_ASSERT(alert_compare_entries("2-1", "10-0") < 0 && alert_compare_entries("2-10", "2-9") > 0);
	CU_ASSERT(alert_compare_entries("2-1", "2-1") == 0 && alert_compare_entries("", "0-1") < 0);
}

static void has(char *text, const char *part)
{
	CU_ASSERT(text && strstr(text, part));
	if (!text || !strstr(text, part))
		printf("\n%s\nlacks\n%s\n", text ? text : "NULL", part);
	free(text);
}

static void formats(void)
{
	struct alert a = make("ab", "x\"|=\\<b>&`].example", "a=b|c\\d", "1700000000123-0");

	char *text = alert_format_json(&a);
	json_t *json = json_loads(text, 0, NULL);
	free(text);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "name")), a.field[ALERT_NAME]);
	CU_ASSERT_EQUAL(json_integer_value(json_object_get(json, "first")), 1700000000);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(json, "time")), "2023-11-14T22:13:20.123Z");
	json_decref(json);
	has(alert_format_cef(&a), "CEF:0|Lookback|lookback|" LOOKBACK_VERSION "|new|new record|5|rt=1700000000123 ");
	has(alert_format_cef(&a), " destinationDnsDomain=x\"|\\=\\\\<b>&`].example dvchost=s1 ");
	has(alert_format_cef(&a), " msg=a\\=b|c\\\\d");
	has(alert_format_slack(&a), "`x\\\"|=\\\\&lt;b&gt;&amp;'][.]example`");
	struct alert_outlet_config o = {.format = ALERT_JSON,
		.facility = 16,
		.from = "a@b.example",
		.to = {(char *)(uintptr_t) "c@d.example"},
		.recipients = 1};
	has(alert_syslog_message(&o, &a, "host"), "<132>1 2023-11-14T22:13:20.123Z host lookback ");
	has(alert_syslog_message(&o, &a, ""),
		" new [lookback@32473 id=\"ab\" rule=\"brand\" name=\"x\\\"|=\\\\<b>&`\\].example\" type=\"A\"");
	struct alert_queue_item item = {.alert = a};
	has(alert_email_message(&o, &item, 1), "\r\nSubject: [lookback] brand: new record x\"|=\\<b>&`].example\r\n");
	alert_free(&a);
	a = make("ab", "\xc3\xa4 \n.\r\nBcc: x@y.example", "", "1-1");
	item.alert = a;
	has(alert_email_message(&o, &item, 1),
		"Subject: [lookback] brand: new record ?? \\010.\\013\\010Bcc: x@y.example\r\n");
	alert_free(&a);
}

static void misp(void)
{
	struct alert a = make("ab", "www.example.com", "reason", "1700000000123-0");
	char *text = alert_format_misp(&a), *again = alert_format_misp(&a);
	json_t *document = json_loads(text, 0, NULL), *event = json_object_get(document, "Event");

	CU_ASSERT_STRING_EQUAL(text, again);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(event, "date")), "2023-11-14");
	const json_t *attribute = json_array_get(json_object_get(event, "Attribute"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(attribute, "value")), "www.example.com|192.0.2.1");
	const json_t *object = json_array_get(json_object_get(event, "Object"), 0);
	CU_ASSERT_STRING_EQUAL(json_string_value(json_object_get(object, "name")), "passive-dns");
	CU_ASSERT_EQUAL(json_array_size(json_object_get(object, "Attribute")), 7);
	json_decref(document);
	free(text);
	free(again);
	alert_free(&a);
}

static int read_config(struct alert_config *c, const char *text)
{
	struct sections s;

	CU_ASSERT_EQUAL_FATAL(sections_parse(&s, "w", text, strlen(text), why, sizeof(why)), 0);
	int result = alert_config_of(c, &s, why, sizeof(why));
	sections_free(&s);
	return result;
}

static void outlets(void)
{
	struct alert_config c;

	CU_ASSERT_EQUAL_FATAL(
		read_config(&c,
			"[rule a]\nmatch = x\nlimit = 100/hour\nalert = hook, log\n[rule b]\nalert = none\n[rule c]\nlimit = 2/min\n"
			"[outlet log]\nkind = file\npath = /var/log/a.json\n[outlet s]\nkind = syslog\nserver = tls://[2001:db8::1]\n"
			"format = cef\n[outlet hook]\nurl = https://h/x?a=1#b\nkind = webhook\nheader = A: b\nheader = C: d\ntimeout = 500ms\n"
			"[outlet m]\nkind = email\nserver = smtp://mail:2525\nfrom = a@b.c\nto = x@y.z, v@w.x\n"),
		0);
	CU_ASSERT(c.outlets == 4 && c.rules == 3 && c.outlet[2].headers == 2 && c.outlet[3].recipients == 2);
	CU_ASSERT_STRING_EQUAL(c.outlet[1].host, "2001:db8::1");
	CU_ASSERT_STRING_EQUAL(c.outlet[1].port, "6514");
	CU_ASSERT(c.outlet[2].timeout_s == 0.5 && c.outlet[1].format == ALERT_CEF);
	CU_ASSERT_EQUAL(alert_config_rule(&c, "a")->outlets, 5);
	CU_ASSERT_EQUAL(alert_config_rule(&c, "a")->limit, 100);
	CU_ASSERT_EQUAL(alert_config_rule(&c, "b")->outlets, 0);
	CU_ASSERT(alert_config_rule(&c, "c")->outlets == 15 && alert_config_rule(&c, "c")->limit == 120);
	CU_ASSERT_PTR_NULL(alert_config_rule(&c, "d"));
	struct alert_needs n = alert_needs_of(&c);
	CU_ASSERT_EQUAL(n.sockets, SANDBOX_TCP | SANDBOX_UDP);
	CU_ASSERT_PTR_NULL(alert_needs_more(&c, &n));
	struct alert_config other;
	CU_ASSERT_EQUAL_FATAL(read_config(&other, "[outlet x]\nkind = file\npath = /elsewhere/a"), 0);
	CU_ASSERT_PTR_NOT_NULL(alert_needs_more(&other, &n));
	alert_config_free(&other);
	alert_config_free(&c);
}

static void refused(const char *text, const char *message)
{
	struct alert_config c;

	CU_ASSERT_NOT_EQUAL(read_config(&c, text), 0);
	if (strcmp(why, message) != 0)
		printf("\n%s\n", why);
	CU_ASSERT_STRING_EQUAL(why, message);
}

static void refusals(void)
{
	refused("[outlet a]",
		"w:1: [outlet a] found no 'kind', expected kind = file, stdout, syslog, webhook or email");
	refused("[outlet a]\nkind = x",
		"w:2: [outlet a] kind: found 'x', expected file, stdout, syslog, webhook or email");
	refused("[outlet a]\nkind = file", "w:1: [outlet a] found no 'path', expected 'path = …'");
	refused("[outlet a]\nkind = file\npath = a", "w:3: [outlet a] path: found 'a', expected an absolute path");
	refused("[outlet a]\nkind = stdout\nurl = x",
		"w:3: [outlet a] found key 'url', expected one of: kind, format, timeout, backoff, keep");
	refused("[outlet a]\nkind = webhook", "w:1: [outlet a] url and url_file: expected one of them");
	refused("[outlet a]\nkind = webhook\nurl = ftp://x",
		"w:3: [outlet a] url: found 'ftp://x', expected https://HOST[:PORT]/PATH or http://…");
	refused("[outlet a]\nkind = syslog\nserver = tcp://h:99999",
		"w:3: [outlet a] server: found 'tcp://h:99999', expected tcp://HOST:PORT or tcp://[IPV6]:PORT");
	refused("[outlet a]\nkind = email\nserver = smtp://h\nfrom = a\nto = b@c",
		"w:4: [outlet a] from: found 'a', expected an address such as lookback@example.com");
	refused("[outlet a]\nkind = webhook\nurl = http://h\nheader = x",
		"w:4: [outlet a] header: found 'x', expected 'Name: value'");
	refused("[rule a]\nalert = x",
		"w:2: [rule a] alert: found 'x', expected names of outlets, or none; add a section [outlet x]");
	refused("[rule a]\nlimit = 0/hour",
		"w:2: [rule a] limit: found '0/hour', expected N/hour, N/min, N/day or none");
	refused("[rule a]\nlimit = 5", "w:2: [rule a] limit: found '5', expected N/hour, N/min, N/day or none");
}

static void limits(void)
{
	struct alert_limits l = {0};
	struct alert s;
	const int64_t t = 1700000000000;
	char *text;
	size_t size;

	for (int i = 0; i < 5; i++)
		CU_ASSERT_EQUAL(alert_limits_take(&l, "r", 3, t + i, &s), i < 3);
	CU_ASSERT(alert_limits_take(&l, "other", 0, t, &s) && l.len == 1);
	CU_ASSERT_FALSE(alert_limits_end(&l, t + ALERT_LIMIT_MS - 1, &s));
	FILE *out = open_memstream(&text, &size);
	alert_limits_write(&l, out);
	fclose(out);
	struct alert_limits other = {0};
	CU_ASSERT(alert_limits_read(&other, text) && other.at[0].held == 2);
	free(text);
	alert_limits_free(&other);
	CU_ASSERT(alert_limits_take(&l, "r", 3, t + ALERT_LIMIT_MS, &s) && s.text);
	CU_ASSERT_STRING_EQUAL(s.field[ALERT_KIND], "summary");
	CU_ASSERT(strncmp(s.field[ALERT_REASON],
			  "2 alerts held back in the hour from 2023-11-14T22:13:20.000Z, after 3 ", 70) == 0);
	alert_free(&s);
	CU_ASSERT(alert_limits_end(&l, t + 3 * ALERT_LIMIT_MS, &s) && !s.text && l.len == 0);
	alert_limits_free(&l);
}

static struct alert_queue *reopen(struct alert_queue *q, const char *folder, uint64_t limit)
{
	alert_queue_close(q);
	q = alert_queue_open(folder, "q", limit, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(q);
	return q;
}

static void put(struct alert_queue *q, int i)
{
	char id[16], entry[16];

	snprintf(id, sizeof(id), "id%d", i);
	snprintf(entry, sizeof(entry), "%d-0", 1000 + i);
	struct alert a = make(id, "n.example", "", entry);
	CU_ASSERT_EQUAL(alert_queue_put(q, &a), 0);
	alert_free(&a);
}

// Takes up to `most` and compares the ids with a text "1 2 3". Returns the number of the last.
static uint64_t take(struct alert_queue *q, size_t most, const char *ids)
{
	struct alert_queue_item items[64];
	size_t len = alert_queue_take(q, items, most);
	char found[512] = "";
	uint64_t last = 0;

	for (size_t i = 0; i < len; i++) {
		sprintf(found + strlen(found), "%s%s", i ? " " : "", items[i].alert.field[ALERT_ID] + 2);
		last = items[i].number;
		alert_free(&items[i].alert);
	}
	if (strcmp(found, ids) != 0)
		printf("\nfound %s, expected %s\n", found, ids);
	CU_ASSERT_STRING_EQUAL(found, ids);
	return last;
}

static void queue(void)
{
	char folder[] = "/tmp/alert.XXXXXX", path[64];
	struct alert_queue_item item[1];

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	struct alert_queue *q = reopen(NULL, folder, 1 << 20);
	for (int i = 1; i <= 5; i++)
		put(q, i);
	put(q, 3); // again: ignored
	alert_queue_done(q, take(q, 2, "1 2"));
	q = reopen(q, folder, 1 << 20);
	put(q, 5); // read again after a crash
	take(q, 64, "3 4 5");
	CU_ASSERT_EQUAL(alert_queue_take(q, item, 1), 1);
	CU_ASSERT_EQUAL(alert_queue_postpone(q, item, 4), 0);
	take(q, 64, "4 5 3");
	q = reopen(q, folder, 1 << 20);
	take(q, 64, "4 5 3");
	alert_queue_fail(q, &item->alert, "HTTP \"400\"\n");
	alert_free(&item->alert);
	alert_queue_done(q, take(q, 64, "4 5 3"));
	alert_queue_trim(q, "1004-0");
	put(q, 5); // not trimmed: its entry is not known to be stored
	take(q, 64, "");
	alert_queue_trim(q, "1005-0");
	CU_ASSERT_EQUAL(alert_queue_revive(q), 1);
	CU_ASSERT_EQUAL(alert_queue_revive(q), 0);
	put(q, 6);
	q = reopen(q, folder, 1 << 20);
	take(q, 64, "3 6");
	snprintf(path, sizeof(path), "%s/q.queue", folder);
	FILE *file = fopen(path, "r+");
	fseek(file, 60, SEEK_SET);
	fputs("damage", file);
	fclose(file);
	q = reopen(q, folder, 1 << 20);
	take(q, 64, "6");
	put(q, 7);
	struct stat status;
	CU_ASSERT_EQUAL_FATAL(stat(path, &status), 0);
	CU_ASSERT_EQUAL(truncate(path, status.st_size - 1), 0); // a write that was cut off
	q = reopen(q, folder, 1 << 20);
	take(q, 64, "6");
	q = reopen(q, folder, 700); // room for 4
	for (int i = 10; i < 20; i++)
		put(q, i);
	CU_ASSERT(alert_queue_levels(q).dropped >= 4 && alert_queue_levels(q).bytes <= 700);
	alert_queue_close(q);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(path), 0);
}

static void repetitions(void)
{
	char folder[] = "/tmp/alert.XXXXXX", path[64];
	struct alert_progress p;

	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	CU_ASSERT_EQUAL_FATAL(alert_progress_open(&p, folder, why, sizeof(why)), 0);
	struct alert a = make("x", "n", "", "5-5");
	CU_ASSERT_FALSE(alert_progress_is_repeated(&p, &a));
	alert_progress_note(&p, &a);
	for (int i = 0; i < ALERT_SEEN_MAX + 10; i++) {
		char id[16];
		snprintf(id, sizeof(id), "%d", i);
		struct alert b = make(id, "n", "", "5-5");
		alert_progress_note(&p, &b);
		alert_free(&b);
	}
	CU_ASSERT_FALSE(alert_progress_is_repeated(&p, &a)); // forgotten
	alert_progress_note(&p, &a);
	CU_ASSERT(alert_progress_is_repeated(&p, &a));
	snprintf(p.entry, sizeof(p.entry), "7-7");
	CU_ASSERT_EQUAL(alert_progress_save(&p), 0);
	struct alert_progress other;
	CU_ASSERT_NOT_EQUAL(alert_progress_open(&other, folder, why, sizeof(why)), 0); // locked
	alert_progress_close(&other);
	alert_progress_close(&p);
	CU_ASSERT_EQUAL_FATAL(alert_progress_open(&p, folder, why, sizeof(why)), 0);
	CU_ASSERT(alert_progress_is_repeated(&p, &a) && p.known);
	CU_ASSERT_STRING_EQUAL(p.entry, "7-7");
	alert_progress_close(&p);
	alert_free(&a);
	snprintf(path, sizeof(path), "rm -r %s", folder);
	CU_ASSERT_EQUAL(system(path), 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"cleaning", cleaning}, {"formats", formats}, {"misp", misp},
		{"outlets", outlets}, {"refusals", refusals}, {"limits", limits}, {"queue", queue},
		{"repetitions", repetitions}};

	return unit_run("alert", tests, sizeof(tests) / sizeof(tests[0]));
}
