// SPDX-License-Identifier: BSD-3-Clause
#include "collector/transfer/export.h"

#include "collector/transfer/large_owner.h"
#include "collector/reader/pipe.h"
#include "collector/query/state.h"
#include "collector/reader/sorted_set.h"
#include "collector/schema/keys.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>

enum { SCAN_COUNT = 2000, SCAN_CURSOR_SIZE = 24 };

enum { SET_LAST, SET_FIRST, SET_COUNT, SETS };
static const char *const families[SETS] = {FAMILY_NAME, FAMILY_FIRST, FAMILY_COUNT};

struct export_page {
	struct query_list owners;
	size_t node;		       // whose SCAN found them
	char cursor[SCAN_CURSOR_SIZE]; // the one that found them
};

struct transfer_export {
	struct query q;
	struct reader reader;	  // topology, and what is too large or has moved
	struct reader_pipe *pipe; // one a node
	size_t pipes;
	uint64_t version; // of the cluster
	struct export_page page[2];
	unsigned shown; // index of the page whose records come next
	bool ahead;	// the other page was read, its commands are on their way
	bool scanning;	// the answer to a SCAN is on its way
	size_t scan_node;
	char scan_cursor[SCAN_CURSOR_SIZE]; // of that SCAN
	struct reader_sorted_set set[SETS]; // of the owner whose records come next
	size_t pos;			    // the next one
	struct transfer_large_owner *large; // a set that is read by itself; NULL: none
	struct query_list left;		    // owners of the page that must be read so
	uint64_t passed, given;
	bool failed;
	char why[512];
};

static int fail(struct transfer_export *e, const char *format, ...) __attribute__((format(printf, 2, 3)));
static int fail(struct transfer_export *e, const char *format, ...)
{
	va_list args;

	va_start(args, format);
	vsnprintf(e->why, sizeof(e->why), format, args);
	va_end(args);
	e->failed = true;
	return -1;
}

// --- beginning

static int open_pipes(struct transfer_export *e)
{
	e->pipes = reader_nodes(&e->reader);
	e->pipe = e->pipes > 0 ? calloc(e->pipes, sizeof(*e->pipe)) : NULL;
	if (!e->pipe)
		return fail(e, "%s", e->pipes > 0 ? "out of memory" : e->reader.why);
	e->version = reader_version(&e->reader);
	for (size_t i = 0; i < e->pipes; i++) {
		const struct endpoint *at = reader_node_address(&e->reader, i);
		if (reader_pipe_open(&e->pipe[i], &e->reader.settings, at) != 0)
			return fail(e, "%s", e->pipe[i].why);
	}
	return 0;
}

bool transfer_export_is_cursor(const char *text)
{
	for (int part = 0; part < 2; part++) {
		size_t len = strcspn(text, "-");
		if (len == 0 || len > 8 || text[len] != '-')
			return false;
		text += len + 1;
	}
	return *text && strlen(text) < SCAN_CURSOR_SIZE && strspn(text, "0123456789") == strlen(text);
}

void transfer_export_cursor(const struct transfer_export *e, char out[static QUERY_CURSOR_SIZE])
{
	const struct export_page *p = &e->page[e->shown];
	const char *run = p->node < e->pipes && e->pipe[p->node].link ? e->pipe[p->node].run : "0";

	if (!p->cursor[0])
		snprintf(out, QUERY_CURSOR_SIZE, "%s", e->q.cursor ? e->q.cursor : "");
	else
		snprintf(out, QUERY_CURSOR_SIZE, "%.8s-%.8s-%s", reader_node_id(&e->reader, p->node), run, p->cursor);
}

// Finds the node that a cursor names.
static int take_cursor(struct transfer_export *e, const char *text)
{
	size_t node_len = strcspn(text, "-");

	if (!transfer_export_is_cursor(text))
		return fail(e, "'%.100s' is not a cursor of an export", text);
	for (size_t i = 0; i < e->pipes; i++) {
		const char *run = text + node_len + 1;
		size_t run_len = strlen(e->pipe[i].run);
		if (strncmp(reader_node_id(&e->reader, i), text, node_len) != 0)
			continue;
		if (strncmp(run, e->pipe[i].run, run_len) != 0 || run[run_len] != '-')
			return fail(e,
				"the cursor is of an earlier run of Redis, which has been restarted: start a new export");
		e->scan_node = i;
		snprintf(e->scan_cursor, sizeof(e->scan_cursor), "%s", run + run_len + 1);
		return 0;
	}
	return fail(e, "the cursor is of a node that is not a primary of this Redis any more: start a new export");
}

static int send_scan(struct transfer_export *e)
{
	reader_put_scan(&e->reader, &e->pipe[e->scan_node].out, e->scan_cursor, families[SET_LAST], "*", SCAN_COUNT);
	e->scanning = true;
	return 0;
}

static int flush(struct transfer_export *e)
{
	for (size_t i = 0; i < e->pipes; i++)
		if (e->pipe[i].out.size > 0 && reader_pipe_send(&e->pipe[i]) != 0)
			return fail(e, "%s", e->pipe[i].why);
	return 0;
}

static int begin(struct transfer_export *e)
{
	strcpy(e->scan_cursor, "0");
	if (open_pipes(e) != 0 || (e->q.cursor && *e->q.cursor && take_cursor(e, e->q.cursor) != 0))
		return -1;
	return send_scan(e) == 0 ? flush(e) : -1;
}

struct transfer_export *transfer_export_start(const struct query *q, const struct redis_settings *redis)
{
	struct transfer_export *e = calloc(1, sizeof(*e));

	if (!e)
		return NULL;
	e->q = *q;
	reader_init(&e->reader, redis);
	begin(e); // a failure is reported by the first transfer_export_next
	return e;
}

void transfer_export_stop(struct transfer_export *e)
{
	if (!e)
		return;
	for (size_t i = 0; e->pipe && i < e->pipes; i++)
		reader_pipe_close(&e->pipe[i]);
	for (int i = 0; i < 2; i++)
		query_list_free(&e->page[i].owners);
	query_list_free(&e->left);
	transfer_large_owner_stop(e->large);
	reader_free(&e->reader);
	free(e->pipe);
	free(e);
}

const char *transfer_export_why(const struct transfer_export *e)
{
	return e->why;
}

// --- pages

// Which pipe a key's commands go through.
static struct reader_pipe *pipe_of(struct transfer_export *e, const char *family, const char *owner, size_t len)
{
	char key[sizeof(e->reader.settings.prefix) + 16 + TEXT_NAME_SIZE];

	if (e->pipes == 1 || len > TEXT_NAME_SIZE)
		return &e->pipe[0];
	size_t n = (size_t)snprintf(key, sizeof(key), "%s%s", e->reader.settings.prefix, family);
	memcpy(key + n, owner, len);
	return &e->pipe[reader_node_of(&e->reader, key, n + len)];
}

// ZSCAN, not ZRANGE WITHSCORES: Redis returns a small set as a whole in both, but ZRANGE prints each score as
// a floating-point number, which takes as long as everything else.
static void put_set(struct transfer_export *e, struct reader_pipe *p, const char *family, const char *owner, size_t len)
{
	char head[sizeof(e->reader.settings.prefix) + 16];
	size_t prefix_len = strlen(e->reader.settings.prefix), family_len = strlen(family);

	memcpy(head, e->reader.settings.prefix, prefix_len);
	memcpy(head + prefix_len, family, family_len);
	redis_encode_array(&p->out, 3);
	redis_encode_literal(&p->out, "ZSCAN");
	redis_encode_bulk2(&p->out, head, prefix_len + family_len, owner, len);
	redis_encode_literal(&p->out, "0");
}

// Sends the commands for all records of the owners of a page, and for the page after it.
static int request(struct transfer_export *e, const struct export_page *page)
{
	bool more = strcmp(e->scan_cursor, "0") != 0;

	e->scanning = false;
	if (!more && e->scan_node + 1 < e->pipes) {
		e->scan_node++;
		more = true;
	}
	if (more && send_scan(e) != 0)
		return -1;
	for (size_t i = 0; i < page->owners.len; i++) {
		const char *owner = query_list_text(&page->owners, i);
		size_t len = page->owners.span[i].len;
		for (int k = 0; k < SETS; k++)
			put_set(e, pipe_of(e, families[k], owner, len), families[k], owner, len);
	}
	return flush(e);
}

// Reads the reply to the SCAN in progress: a page of owners.
static int read_scan(struct transfer_export *e, struct export_page *page)
{
	struct reader_pipe *p = &e->pipe[e->scan_node];
	size_t skip = strlen(e->reader.settings.prefix) + strlen(families[SET_LAST]);
	struct reader_piece piece;
	long long parts, n = 0;
	char mark;

	query_list_clear(&page->owners);
	page->node = e->scan_node;
	strcpy(page->cursor, e->scan_cursor);
	if (reader_pipe_head(p, &mark, &parts) != 0 || mark == '-')
		return fail(e, "%s", p->why);
	if (mark != '*' || parts != 2 || reader_pipe_bulk(p, &piece) != 0 || piece.len >= SCAN_CURSOR_SIZE ||
		reader_pipe_head(p, &mark, &n) != 0 || mark != '*')
		return fail(e, "an unexpected answer to SCAN");
	memcpy(e->scan_cursor, p->in + piece.at, piece.len);
	e->scan_cursor[piece.len] = '\0';
	for (long long i = 0; i < n; i++) {
		if (reader_pipe_bulk(p, &piece) != 0)
			return fail(e, "%s", p->why);
		if (piece.len > skip && !query_list_add(&page->owners, p->in + piece.at + skip, piece.len - skip))
			return fail(e, "out of memory");
	}
	reader_pipe_release(p);
	return 0;
}

// Makes the next page the current one. 1, 0 if there is none, or -1.
static int turn_page(struct transfer_export *e)
{
	struct export_page *other = &e->page[!e->shown];

	if (!e->ahead && e->scanning) { // the first one
		if (read_scan(e, other) != 0 || request(e, other) != 0)
			return -1;
		e->ahead = true;
	}
	if (!e->ahead)
		return 0;
	e->shown = !e->shown;
	e->ahead = e->scanning;
	other = &e->page[!e->shown];
	if (e->ahead && (read_scan(e, other) != 0 || request(e, other) != 0))
		return -1;
	return 1;
}

// --- records

// Reads the sets of one owner.
static int read_owner(struct transfer_export *e, const char *owner, size_t len)
{
	bool by_itself = false;

	for (size_t i = 0; i < e->pipes; i++)
		reader_pipe_release(&e->pipe[i]);
	for (int k = 0; k < SETS; k++) {
		e->set[k].pipe = pipe_of(e, families[k], owner, len);
		int result = reader_sorted_set_read(&e->set[k]);
		if (result < 0)
			return fail(e, "%s", e->set[k].pipe->why);
		by_itself = by_itself || result > 0;
	}
	e->pos = 0;
	if (by_itself) {
		e->set[SET_LAST].len = 0;
		return query_list_add(&e->left, owner, len) ? 0 : fail(e, "out of memory");
	}
	reader_sorted_set_sort(&e->set[SET_FIRST]);
	reader_sorted_set_sort(&e->set[SET_COUNT]);
	return 0;
}

// The next record of the owner whose sets were read. Its page's `pos` is past it already.
static bool next_of_owner(struct transfer_export *e, struct query_record *r)
{
	const struct reader_sorted_set *s = &e->set[SET_LAST];
	const struct export_page *page = &e->page[e->shown];

	if (e->pos >= s->len)
		return false;
	const struct reader_member *m = &s->member[e->pos];
	const char *text = s->pipe->in + m->text.at, *space = memchr(text, ' ', m->text.len);
	size_t owner = page->owners.pos - 1;
	*r = (struct query_record){.owner = query_list_text(&page->owners, owner),
		.owner_len = page->owners.span[owner].len,
		.type = text,
		.type_len = space ? (size_t)(space - text) : m->text.len,
		.rdata = space ? space + 1 : text + m->text.len,
		.last = m->score,
		.first = reader_sorted_set_score(&e->set[SET_FIRST], text, m->text.len, e->pos, m->score),
		.count = reader_sorted_set_score(&e->set[SET_COUNT], text, m->text.len, e->pos, 1)};
	r->rdata_len = m->text.len - (size_t)(r->rdata - text);
	e->pos++;
	return true;
}

// The next record of any owner. QUERY_BUSY at the end of a page.
static enum query_step next_record(struct transfer_export *e, struct query_record *r)
{
	struct export_page *page = &e->page[e->shown];

	for (;;) {
		if (next_of_owner(e, r))
			return QUERY_RECORD;
		if (query_list_left(&page->owners) > 0) {
			size_t i = page->owners.pos++;
			if (read_owner(e, query_list_text(&page->owners, i), page->owners.span[i].len) != 0)
				return QUERY_FAILED;
			continue;
		}
		if (!e->large && query_list_left(&e->left) > 0) {
			size_t i = e->left.pos++;
			e->large = transfer_large_owner_start(&e->reader, query_list_text(&e->left, i),
				e->left.span[i].len);
			if (!e->large)
				return fail(e, "out of memory"), QUERY_FAILED;
		}
		if (!e->large)
			return QUERY_BUSY;
		enum query_step step = transfer_large_owner_next(e->large, r);
		if (step == QUERY_FAILED)
			fail(e, "%s", e->reader.why);
		if (step != QUERY_END)
			return step;
		transfer_large_owner_stop(e->large);
		e->large = NULL;
	}
}

// All pages are done.
static enum query_step end(struct transfer_export *e)
{
	if (e->pipes > 1 && reader_version(&e->reader) != e->version) {
		fail(e, "slots of the cluster moved meanwhile, records may be missing: start a new export");
		return QUERY_FAILED;
	}
	return QUERY_END;
}

static bool is_wanted(const struct query *q, const struct query_record *r)
{
	return r->last >= q->last_after && r->last <= q->last_before && r->first >= q->first_after &&
	       r->first <= q->first_before && query_has_type(q, r->type, r->type_len);
}

enum query_step transfer_export_next(struct transfer_export *e, struct query_record *record)
{
	enum query_step step;

	while (!e->failed && (step = next_record(e, record)) == QUERY_RECORD) {
		if (!is_wanted(&e->q, record) || e->passed++ < e->q.offset)
			continue;
		if (e->q.limit > 0 && e->given == e->q.limit)
			return QUERY_LIMITED;
		e->given++;
		return QUERY_RECORD;
	}
	if (e->failed)
		return QUERY_FAILED;
	query_list_clear(&e->left);
	int more = turn_page(e);
	return more < 0 ? QUERY_FAILED : more > 0 ? QUERY_BUSY : end(e);
}
