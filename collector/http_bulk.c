// SPDX-License-Identifier: BSD-3-Clause
// POST /api/bulk: many names, addresses, prefixes and ranges at once, one a line (or a JSON array of
// strings). Each record comes as a COF line with the question in "query"; a question without records
// as {"query":"…","found":false}, one that is not understood as {"query":"…","error":"…"}.
#include "collector/http_api.h"

#include <ctype.h>
#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>

enum { QUESTIONS_MAX = 100000, QUESTION_SIZE = 1024, AT_ONCE = 200 };

struct bulk {
	struct query_db *db;
	struct query template; // types, times, limit of each question
	char *text;	       // the questions; owned
	char *next;	       // the first that is not asked yet; NULL: none
	struct query_run *run; // of the current question
	char current[QUESTION_SIZE];
	uint64_t found; // records of it
};

static void put_question(struct bulk *b, struct redis_buffer *out)
{
	query_put_text(out, "{\"query\":");
	query_put_json(out, b->current, strlen(b->current));
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
	const struct query_format format = {.sensor = NULL};

	put_question(b, out);
	query_put_text(out, ",");
	size_t at = out->size;
	query_json_cof(out, record, &format);
	if (!out->bad) { // its opening brace is there already
		memmove(out->bytes + at, out->bytes + at + 1, out->size - at - 1);
		out->size--;
	}
	query_put_text(out, "\n");
	b->found++;
}

// Begins the next question. False where there is none.
static bool begin_next(struct bulk *b, struct redis_buffer *out)
{
	char why[300];

	while (b->next) {
		char *line = strsep(&b->next, "\n");
		while (isspace((unsigned char)*line))
			line++;
		size_t len = strlen(line);
		while (len > 0 && isspace((unsigned char)line[len - 1]))
			line[--len] = '\0';
		if (len == 0)
			continue;
		snprintf(b->current, sizeof(b->current), "%s", line);
		struct query q = b->template;
		if (len >= sizeof(b->current) || query_parse(&q, line, why, sizeof(why)) != 0) {
			put_error(b, out, len >= sizeof(b->current) ? "too long" : why);
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

	for (int i = 0; i < AT_ONCE && out->size < HTTP_VALUE_SIZE * 16; i++) {
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
	free(b->text);
	free(b);
}

// Lines as they came. A zero octet ends no list: the line with it is not understood, as others with control characters.
static char *copy_lines(const struct redis_buffer *body)
{
	char *text = malloc(body->size + 1);

	for (size_t i = 0; text && i < body->size; i++)
		text[i] = body->bytes[i] ? body->bytes[i] : '\x01';
	if (text)
		text[body->size] = '\0';
	return text;
}

// One question of a JSON array. Returns its length, or 0 where it is no line of text.
static size_t put_line(char *to, const json_t *one)
{
	const char *text = json_string_value(one);

	return text && !strchr(text, '\n') ? (size_t)sprintf(to, "%s\n", text) : 0;
}

// A JSON array of strings as lines, in place of `body`. NULL where it is neither that nor lines.
static char *questions(const struct redis_buffer *body)
{
	size_t at = 0, n = 0;
	json_error_t error;

	while (at < body->size && isspace((unsigned char)body->bytes[at]))
		at++;
	if (at == body->size || body->bytes[at] != '[')
		return copy_lines(body);
	json_t *root = json_loadb(body->bytes, body->size, 0, &error);
	char *text = json_is_array(root) ? malloc(2 * body->size + 1) : NULL;
	bool sound = text != NULL;
	for (size_t i = 0; sound && i < json_array_size(root); i++) {
		size_t size = put_line(text + n, json_array_get(root, i));
		sound = size > 0;
		n += size;
	}
	json_decref(root);
	if (!sound) {
		free(text);
		return NULL;
	}
	text[n] = '\0';
	return text;
}

static size_t count_lines(const char *text)
{
	size_t lines = 0;

	for (bool blank = true; *text; text++) {
		if (*text == '\n')
			blank = true;
		else if (!isspace((unsigned char)*text) && blank) {
			blank = false;
			lines++;
		}
	}
	return lines;
}

enum MHD_Result http_bulk(struct http_request *r)
{
	struct bulk *b = calloc(1, sizeof(*b));
	char types[256], why[300];

	if (!b)
		return MHD_NO;
	b->db = r->db;
	b->template = query_make(QUERY_NAME);
	b->text = questions(&r->body);
	unsigned code = b->text ? 0 : MHD_HTTP_BAD_REQUEST;
	snprintf(why, sizeof(why), "expected one name, address or prefix a line, or a JSON array of strings");
	if (code == 0 && count_lines(b->text) > QUESTIONS_MAX) {
		code = MHD_HTTP_CONTENT_TOO_LARGE;
		snprintf(why, sizeof(why), "at most %d at once", QUESTIONS_MAX);
	}
	if (code == 0 && http_param(r, "type", types, sizeof(types)) &&
		query_parse_types(&b->template, types, why, sizeof(why)) != 0)
		code = MHD_HTTP_BAD_REQUEST;
	if (code == 0)
		code = http_query_params(r, &b->template, why, sizeof(why));
	if (code != 0) {
		release(b);
		return http_line(r, code, "%s", why);
	}
	b->next = b->text;
	return http_work_stream(
		r, &(struct http_stream){.type = "application/x-ndjson", .arg = b, .produce = produce, .release = release});
}
