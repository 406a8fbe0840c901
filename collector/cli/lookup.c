// SPDX-License-Identifier: BSD-3-Clause
// name, ip, rdata, zone.
#include "collector/cli/lookback.h"

#include "collector/question/paste.h"
#include "collector/schema/keys.h"

#include <errno.h>
#include <stdlib.h>

// Where records go.
struct show {
	struct lookback *l;
	struct lookback_table *table;
	struct redis_buffer line;
	struct query_format format;
	char sensor[128];
	uint64_t shown;
};

static void show_flush(struct show *s)
{
	fwrite(s->line.bytes, 1, s->line.size, stdout);
	redis_buffer_clear(&s->line);
}

// The name of the sensor if there is only one: records are not kept per sensor.
static const char *only_sensor(struct lookback *l, char *out, size_t out_size)
{
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 4, "ZRANGE", FAMILY_SENSORS, "", 0);
	redis_encode_literal(&l->db.reader.out, "0");
	redis_encode_literal(&l->db.reader.out, "1");
	redisReply *reply = reader_send(&l->db.reader) == 0 ? reader_reply(&l->db.reader) : NULL;
	if (!reply)
		return NULL; // the lookup will report the reason
	bool one = reply->elements == 1;
	if (one)
		snprintf(out, out_size, "%s", reply->element[0]->str);
	freeReplyObject(reply);
	return one ? out : NULL;
}

static int show_begin(struct show *s, struct lookback *l)
{
	*s = (struct show){.l = l};
	if (l->quiet)
		return 0;
	if (l->output == OUTPUT_TABLE) {
		s->table = table_new(stdout, "DATA", l->unicode);
		if (!s->table)
			return lookback_fail("out of memory");
		table_show_context(s->table, l->context);
		return 0;
	}
	if (l->output == OUTPUT_CSV)
		fputs(l->with_context ? QUERY_CSV_HEAD_WITH_CONTEXT : QUERY_CSV_HEAD, stdout);
	else
		s->format.sensor = only_sensor(l, s->sensor, sizeof(s->sensor));
	return 0;
}

// Adds the members for internationalized names to a JSON object.
static void add_readable(struct redis_buffer *line, const struct query_record *r)
{
	struct redis_buffer text = {0};
	const char *target;
	size_t len;

	for (int k = 0; k < 2; k++) {
		redis_buffer_clear(&text);
		if (!(k == 0 ? lookback_readable_owner(&text, r) : lookback_readable_rdata(&text, r, &target, &len)))
			continue;
		query_put(&text, "", 1);
		if (text.bad || line->bad)
			break;
		line->size--; // the brace
		query_put_text(line, k == 0 ? ",\"unicode\":" : ",\"rdata_unicode\":");
		query_put_utf8(line, text.bytes);
		query_put_text(line, "}");
	}
	redis_buffer_free(&text);
}

static void show_record(struct show *s, const struct query_record *r)
{
	s->shown++;
	if (s->l->quiet)
		return;
	if (s->table) {
		table_add(s->table, r);
		return;
	}
	if (s->l->output == OUTPUT_CSV)
		query_csv(&s->line, r);
	else
		query_json_cof(&s->line, r, &s->format);
	if (s->l->with_context)
		(s->l->output == OUTPUT_CSV ? query_context_csv : query_context_json)(&s->line, s->l->context, r);
	if (s->l->output == OUTPUT_JSON && s->l->unicode)
		add_readable(&s->line, r);
	if (s->l->output == OUTPUT_JSON)
		query_put_text(&s->line, "\n");
	show_flush(s);
}

static void show_end(struct show *s)
{
	if (s->table)
		table_end(s->table);
	redis_buffer_free(&s->line);
}

// Runs one query to its end. Returns 0, or LOOKBACK_FAILED.
static int run_query(struct show *s, const struct query *q)
{
	struct query_sorted *run = query_sorted_start(q, &s->l->db);
	struct query_record record;
	enum query_step step;

	if (!run)
		return lookback_fail("out of memory");
	while ((step = query_sorted_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY) {
		if (step == QUERY_RECORD)
			show_record(s, &record);
		if (s->l->quiet && s->shown > 0)
			break; // the answer is known
	}
	int result = 0;
	if (step == QUERY_FAILED)
		result = lookback_fail(s->shown > 0 ? "%s; the output is incomplete" : "%s", query_sorted_why(run));
	if (step == QUERY_LIMITED && !s->l->quiet && !s->l->has_limit)
		fprintf(stderr, "lookback: there are more records; --limit 0 prints all\n");
	query_sorted_stop(run);
	return result;
}

typedef int parse_function(struct query *q, const char *text, char *why, size_t why_size);

static int parse_zone(struct query *q, const char *text, char *why, size_t why_size)
{
	int result = query_parse_name(q, text, why, why_size);

	if (result == 0 && q->kind == QUERY_NAME)
		q->kind = QUERY_SUBTREE;
	return result;
}

// A command's look-ups.
struct looking {
	struct show show;
	parse_function *parse; // of one argument, unchanged
	bool failed;	       // a lookup
	bool refused;	       // something was not understood
};

// True for an address; a name of four numbers is not one.
static bool is_address(const struct query_paste *p, const char *item)
{
	uint8_t ignored[16];

	return p->q.kind == QUERY_ADDRESSES && (p->meaning != QUERY_MEANS_ADDRESS || query_address(item, ignored) != 4);
}

// One item of what was given. 0, or -1 with `why`.
static int parse_item(const struct looking *k, struct query *q, const char *item, bool several, char *why,
	size_t why_size)
{
	static struct query_paste p;
	int result = (several ? query_understand_item : query_understand)(&p, item, why, why_size);
	bool address = result == 0 && p.q.kind == QUERY_ADDRESSES && p.meaning != QUERY_MEANS_LIST,
	     wanted = k->parse == query_parse_addresses;

	if (address && wanted) {
		query_take_value(q, &p.q);
		return 0;
	}
	if (result == 0 && !wanted && p.meaning <= QUERY_MEANS_STEM) {
		query_take_value(q, &p.q);
		if (k->parse == query_parse_target)
			query_to_targets(q);
		else if (k->parse == parse_zone && q->kind == QUERY_NAME)
			q->kind = QUERY_SUBTREE;
		return 0;
	}
	if (address && (several || is_address(&p, item))) {
		snprintf(why, why_size, "'%.100s': found an address, expected a name; use lookback ip", item);
		return -1;
	}
	if (several && result != 0)
		return -1;
	result = k->parse(q, item, why, why_size);
	if (result == -ENOTSUP) { // a pattern
		size_t len = strlen(why);
		snprintf(why + len, why_size - len, "%s",
			k->parse == query_parse_target ? "; other patterns are for the glob search of the HTTP server"
						       : "; for a part of a name use lookback find KEYWORD");
	}
	return result;
}

static void look_up_item(void *arg, const char *item, bool several)
{
	struct looking *k = arg;
	struct lookback *l = k->show.l;
	struct query q = l->filter;
	char why[512];

	if (k->failed)
		return;
	if (parse_item(k, &q, item, several, why, sizeof(why)) != 0 || query_fit_types(&q, why, sizeof(why)) != 0) {
		lookback_fail("%s", why);
		k->refused = true;
		return;
	}
	if (q.order == QUERY_ORDER_NONE && l->output == OUTPUT_TABLE) {
		q.order = QUERY_ORDER_LAST;
		q.descending = true;
	}
	k->failed = run_query(&k->show, &q) != 0;
}

static bool look_up_text(void *arg, const char *text)
{
	struct looking *k = arg;

	if (query_paste_items(text, look_up_item, k) == 0)
		look_up_item(k, text, false); // says what is wrong with it
	return !k->failed;
}

// Looks up every argument, and for "-" every line of the standard input; a text with several items is split.
static int look_up(struct lookback *l, parse_function *parse)
{
	struct looking k = {.parse = parse};
	int result = show_begin(&k.show, l);

	if (result == 0)
		result = lookback_each(l, look_up_text, &k);
	if (k.failed || k.refused)
		result = LOOKBACK_FAILED;
	if (result == 0 && k.show.shown == 0 && l->output == OUTPUT_TABLE && !l->quiet)
		fputs("lookback: nothing found\n", stderr);
	show_end(&k.show);
	return result != 0 ? result : k.show.shown > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
}

int lookback_name(struct lookback *l)
{
	return look_up(l, query_parse_name);
}

int lookback_ip(struct lookback *l)
{
	return look_up(l, query_parse_addresses);
}

// Wildcards use the index of the collector if its file can be read, otherwise a scan of Redis.
int lookback_rdata(struct lookback *l)
{
	bool wild = false;

	for (int i = 0; i < l->argc; i++)
		wild = wild || strchr(l->argv[i], '*') || strcmp(l->argv[i], "-") == 0;
	if (wild)
		query_db_load_targets(&l->db, l->settings.names_file);
	int status = look_up(l, query_parse_target);
	query_db_unload(&l->db);
	return status;
}

int lookback_zone(struct lookback *l)
{
	return look_up(l, parse_zone);
}
