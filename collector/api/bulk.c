// SPDX-License-Identifier: BSD-3-Clause
// POST /api/bulk: many names, addresses, prefixes and ranges at once. The body has one or more per line (separated by blanks,
// commas, semicolons or bars), or is a JSON array of strings. Each record is a COF line with the question as "query".
//
//     {"query":"…","found":false}    the question has no records
//     {"query":"…","error":"…"}      the question was not understood
#include "collector/http/answer.h"
#include "collector/api/handlers.h"
#include "collector/http/job.h"
#include "collector/http/params.h"
#include "dataplane/common/monotonic.h"
#include "collector/http/sources.h"
#include "collector/query/record_context.h"
#include "collector/question/paste.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUESTIONS_MAX = 100000, WORDS_MAX = 400000, QUESTION_SIZE = 1024, AT_ONCE = 200, TURN_MS = 20 };

struct bulk {
	struct query_db *db;
	struct query_format format;
	struct query template;	   // types, times, limit of each question
	char *text;		   // the questions; owned
	char *next;		   // the first line that is not asked yet; NULL: none
	struct redis_buffer items; // of the current line, each with its final zero
	size_t next_item;	   // where in them the next one is
	bool several;		   // …and there are others
	struct query_run *run;	   // of the current question
	char current[QUESTION_SIZE];
	uint64_t found; // records of the current question
};

static void put_question(struct bulk *b, struct redis_buffer *out)
{
	json_t *text = json_string(b->current); // NULL: not UTF-8
	char *quoted = text ? json_dumps(text, JSON_ENCODE_ANY | JSON_ENSURE_ASCII) : NULL;

	query_put_text(out, "{\"query\":");
	if (quoted)
		query_put_text(out, quoted);
	else
		query_put_json(out, b->current, strlen(b->current));
	free(quoted);
	json_decref(text);
}

static void put_error(struct bulk *b, struct redis_buffer *out, const char *why)
{
	put_question(b, out);
	query_put_text(out, ",\"error\":");
	query_put_json(out, why, strlen(why));
	query_put_text(out, "}\n");
}

static void put_record(struct bulk *b, struct redis_buffer *out, const struct query_record *record)
{
	put_question(b, out);
	query_put_text(out, ",");
	size_t at = out->size;
	query_json_cof(out, record, &b->format);
	if (b->format.with_context)
		query_context_json(out, b->format.context, record);
	if (!out->bad) { // its opening brace was written already
		memmove(out->bytes + at, out->bytes + at + 1, out->size - at - 1);
		out->size--;
	}
	query_put_text(out, "\n");
	b->found++;
}

static void take_item(void *arg, const char *item, bool several)
{
	struct bulk *b = arg;

	query_put(&b->items, item, strlen(item) + 1);
	b->several = several;
}

// The next item of the current line, or of the next line that has one. NULL if there is none.
static const char *next_item(struct bulk *b)
{
	while (b->next_item == b->items.size && b->next && !b->items.bad) {
		redis_buffer_clear(&b->items);
		b->next_item = 0;
		if (query_paste_items(strsep(&b->next, "\n"), take_item, b) == SIZE_MAX)
			b->items.bad = true;
	}
	if (b->items.bad || b->next_item == b->items.size)
		return NULL;
	const char *item = b->items.bytes + b->next_item;
	b->next_item += strlen(item) + 1;
	return item;
}

static int parse_item(struct bulk *b, struct query *q, const char *item, char *why, size_t why_size)
{
	struct query_paste p;

	if (strlen(item) >= sizeof(b->current)) {
		snprintf(why, why_size, "found %zu octets, expected at most %zu", strlen(item), sizeof(b->current) - 1);
		return -1;
	}
	if (!b->several)
		return query_parse(q, item, why, why_size);
	if (query_understand_item(&p, item, why, why_size) != 0)
		return -1;
	query_take_value(q, &p.q);
	return 0;
}

// Begins the next question. False if there is none.
static bool begin_next(struct bulk *b, struct redis_buffer *out)
{
	char why[300];
	const char *item;

	while ((item = next_item(b)) != NULL) {
		struct query q = b->template;
		snprintf(b->current, sizeof(b->current), "%s", item);
		if (parse_item(b, &q, item, why, sizeof(why)) != 0) {
			put_error(b, out, why);
			continue;
		}
		b->found = 0;
		b->run = query_start(&q, b->db);
		return b->run != NULL;
	}
	return false;
}

// Takes the current question one step further.
static void step(struct bulk *b, struct redis_buffer *out)
{
	struct query_record record;
	enum query_step step;

	while ((step = query_next(b->run, &record)) == QUERY_RECORD && out->size < HTTP_VALUE_SIZE * 16)
		put_record(b, out, &record);
	if (step == QUERY_RECORD)
		put_record(b, out, &record);
	if (step == QUERY_RECORD || step == QUERY_BUSY)
		return;
	if (step == QUERY_FAILED) {
		put_error(b, out, query_why(b->run));
	} else if (b->found == 0) {
		put_question(b, out);
		query_put_text(out, ",\"found\":false}\n");
	}
	query_stop(b->run);
	b->run = NULL;
}

static enum http_step produce(void *arg, struct redis_buffer *out)
{
	struct bulk *b = arg;

	int64_t until = (int64_t)monotonic_ms() + TURN_MS;

	for (int i = 0; i < AT_ONCE && out->size < HTTP_VALUE_SIZE * 16 && (int64_t)monotonic_ms() <= until; i++) {
		if (!b->run && !begin_next(b, out))
			return HTTP_END;
		step(b, out);
	}
	return HTTP_MORE;
}

static void release(void *arg)
{
	struct bulk *b = arg;

	query_stop(b->run);
	redis_buffer_free(&b->items);
	free(b->text);
	free(b);
}

// The lines as received. A NUL octet becomes \x01, so that it does not end the list; its line is then not understood.
static char *copy_lines(const struct redis_buffer *body)
{
	char *text = malloc(body->size + 1);

	for (size_t i = 0; text && i < body->size; i++)
		text[i] = body->bytes[i] ? body->bytes[i] : '\x01';
	if (text)
		text[body->size] = '\0';
	return text;
}

// One question of a JSON array as a line. Returns its length, or 0 if it is not a string or has several lines.
static size_t put_line(char *to, const json_t *one)
{
	const char *text = json_string_value(one);

	return text && !strchr(text, '\n') ? (size_t)sprintf(to, "%s\n", text) : 0;
}

// The strings of a JSON array as lines. NULL if it holds anything else.
static char *array_lines(const json_t *array, size_t size)
{
	char *text = malloc(2 * size + 1);
	size_t n = 0;

	for (size_t i = 0; text && i < json_array_size(array); i++) {
		size_t len = put_line(text + n, json_array_get(array, i));
		n += len;
		if (len > 0)
			continue;
		free(text);
		return NULL;
	}
	if (text)
		text[n] = '\0';
	return text;
}

// The questions as lines. NULL if the body is an array of something else, or a broken one: a bracket with a quote after it
// begins an array, and not an address in brackets.
static char *questions(const struct redis_buffer *body)
{
	size_t at = 0;

	while (at < body->size && isspace((unsigned char)body->bytes[at]))
		at++;
	if (at == body->size || body->bytes[at] != '[')
		return copy_lines(body);
	json_t *root = json_loadb(body->bytes, body->size, 0, NULL);
	while (++at < body->size && isspace((unsigned char)body->bytes[at]))
		;
	bool meant = at < body->size && body->bytes[at] == '"';
	char *text = json_is_array(root) ? array_lines(root, body->size) : meant ? NULL : copy_lines(body);
	json_decref(root);
	return text;
}

// Runs of characters other than `separators`, up to one more than `most`.
static size_t count_runs(const char *text, const char *separators, size_t most)
{
	size_t runs = 0;

	while (runs <= most && *(text += strspn(text, separators))) {
		runs++;
		text += strcspn(text, separators);
	}
	return runs;
}

static bool is_too_much(const char *text)
{
	return count_runs(text, "\r\n", QUESTIONS_MAX) > QUESTIONS_MAX ||
	       count_runs(text, " \t\r\n,;|", WORDS_MAX) > WORDS_MAX;
}

enum MHD_Result api_bulk(struct http_request *r)
{
	struct bulk *b = calloc(1, sizeof(*b));
	char types[256], why[300];

	if (!b)
		return MHD_NO;
	b->db = r->db;
	b->template = query_make(QUERY_NAME);
	b->format = (struct query_format){.with_context = http_param_flag(r, "context", false),
		.context = r->lookups->sources->context,
		.with_domain = http_param_flag(r, "domain", false),
		.zones = r->lookups->sources->zones};
	b->text = questions(&r->body);
	unsigned code = b->text ? 0 : MHD_HTTP_BAD_REQUEST;
	snprintf(why, sizeof(why), "body: expected one name, address or prefix per line, or a JSON array of strings");
	if (code == 0 && is_too_much(b->text)) {
		code = MHD_HTTP_CONTENT_TOO_LARGE;
		snprintf(why, sizeof(why), "body: found more than %d questions", QUESTIONS_MAX);
	}
	if (code == 0 && http_param(r, "type", types, sizeof(types)) &&
		query_parse_types(&b->template, types, why, sizeof(why)) != 0)
		code = MHD_HTTP_BAD_REQUEST;
	if (code == 0)
		code = http_params_query(r, &b->template, why, sizeof(why));
	if (code != 0) {
		release(b);
		return http_answer_line(r, code, "%s", why);
	}
	b->next = b->text;
	return http_job_stream(r, &(struct http_stream){.type = "application/x-ndjson",
					  .arg = b,
					  .produce = produce,
					  .release = release,
					  .list = true});
}
