// SPDX-License-Identifier: BSD-3-Clause
// POST /api/understand: what a text means, read as lookups read it (question/paste.h). The web page asks this first.
//
//     {"kind":"name","value":"www.example.com"}                also below, stem, pattern, regex, address, prefix, range, keyword
//     {"kind":"list","values":["192.0.2.1","a.example"],"refused":[{"query":"seen","error":"…"}]}
//     {"error":"…"}
#include "collector/http/answer.h"
#include "collector/api/handlers.h"
#include "collector/question/paste.h"

#include <jansson.h>
#include <stdlib.h>
#include <string.h>

enum { TEXT_MAX = 256 * 1024 };

// Text that is not UTF-8 gets a question mark for each octet that is not ASCII.
static json_t *text_of(const char *text)
{
	json_t *sound = json_string(text);
	char *copy = sound ? NULL : strdup(text);

	for (char *p = copy; p && *p; p++)
		*p = (unsigned char)*p < 0x80 ? *p : '?';
	if (copy)
		sound = json_string(copy);
	free(copy);
	return sound;
}

struct listing {
	json_t *values, *refused;
	json_t *known; // values that were written already, as keys
};

static void take_item(void *arg, const char *item, bool several)
{
	struct listing *l = arg;
	struct query_paste p;
	char why[300];

	if (several && query_understand_item(&p, item, why, sizeof(why)) != 0) {
		json_array_append_new(l->refused,
			json_pack("{s:o,s:o}", "query", text_of(item), "error", text_of(why)));
	} else if (several && !json_object_get(l->known, p.value)) {
		json_object_set_new(l->known, p.value, json_true());
		json_array_append_new(l->values, text_of(p.value));
	}
}

// NULL without memory.
static json_t *list_of(const char *text)
{
	struct listing l = {json_array(), json_array(), json_object()};
	json_t *answer = NULL;

	if (query_paste_items(text, take_item, &l) != SIZE_MAX && json_array_size(l.values) > 0)
		answer = json_pack("{s:s,s:O,s:O}", "kind", "list", "values", l.values, "refused", l.refused);
	else if (json_array_size(l.refused) > 0)
		answer = json_pack("{s:s,s:O}", "error",
			"None of these is a name with a dot, an address, a prefix or a range.", "refused", l.refused);
	json_decref(l.values);
	json_decref(l.refused);
	json_decref(l.known);
	return answer;
}

static json_t *answer_of(const char *text)
{
	struct query_paste p;
	char why[300];

	if (query_understand(&p, text, why, sizeof(why)) != 0)
		return json_pack("{s:o}", "error", text_of(why));
	if (p.meaning == QUERY_MEANS_LIST)
		return list_of(text);
	return json_pack("{s:s,s:o}", "kind", query_meaning_text[p.meaning], "value", text_of(p.value));
}

enum MHD_Result api_understand(struct http_request *r)
{
	struct redis_buffer body = {0};

	if (r->body.size > TEXT_MAX)
		return http_answer_line(r, MHD_HTTP_CONTENT_TOO_LARGE,
			"body: found %zu octets, expected at most %d; use POST /api/bulk", r->body.size, TEXT_MAX);
	query_put(&r->body, "", 1);
	for (size_t i = 0; !r->body.bad && i + 1 < r->body.size; i++)
		if (r->body.bytes[i] == '\0')
			r->body.bytes[i] = '\x01'; // ends no text
	json_t *answer = r->body.bad ? NULL : answer_of(r->body.bytes);
	char *text = answer ? json_dumps(answer, JSON_COMPACT | JSON_ENSURE_ASCII) : NULL;
	json_decref(answer);
	if (!text)
		return http_answer_line(r, MHD_HTTP_INTERNAL_SERVER_ERROR, "out of memory");
	query_put_text(&body, text);
	query_put_text(&body, "\n");
	free(text);
	return http_answer_body(r, MHD_HTTP_OK, "application/json", &body);
}
