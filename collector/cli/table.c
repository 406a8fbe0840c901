// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"

#include <stdlib.h>
#include <sys/ioctl.h>
#include <unistd.h>

enum { ROWS_FIRST = 200, NAME_MIN = 12, NAME_MAX = 48, RDATA_MIN = 15, RDATA_MAX = 46, WIDE = 120, TYPE_WIDTH = 6 };

struct row {
	char *name, *type, *rdata, *context; // owned: one allocation at `name`
	int64_t first, last, count;
};

struct lookback_table {
	FILE *out;
	const char *last; // title of the last column
	size_t width;	  // columns of the terminal; 0: none, nothing is cut
	bool begun;	  // the head line has been printed
	bool wide;	  // times with their minutes
	bool unicode;	  // punycode also as it reads
	size_t name_width, count_width, rdata_width;
	const struct context *context; // for its columns; NULL: none
	struct row rows[ROWS_FIRST];
	size_t len;
};

static size_t terminal_width(FILE *out)
{
	struct winsize size;
	const char *columns = getenv("COLUMNS");

	if (!isatty(fileno(out)))
		return 0;
	if (ioctl(fileno(out), TIOCGWINSZ, &size) == 0 && size.ws_col > 0)
		return size.ws_col;
	return columns ? strtoul(columns, NULL, 10) : 80;
}

struct lookback_table *table_new(FILE *out, const char *last, bool unicode)
{
	struct lookback_table *t = calloc(1, sizeof(*t));

	if (t) {
		t->out = out;
		t->last = last;
		t->unicode = unicode;
		t->width = terminal_width(out);
		t->wide = t->width == 0 || t->width >= WIDE;
	}
	return t;
}

// Text in a column. On a terminal it is cut with an ellipsis if it does not fit.
static void put_cell(const struct lookback_table *t, const char *text, size_t width, bool padded)
{
	size_t octets, columns = lookback_columns(text, t->width > 0 ? width : SIZE_MAX, &octets);
	bool cut = text[octets] != '\0';

	if (cut)
		columns = lookback_columns(text, width - 1, &octets) + 1;
	fwrite(text, 1, octets, t->out);
	if (cut)
		fputs("…", t->out);
	if (padded && columns < width)
		fprintf(t->out, "%*s", (int)(width - columns), "");
}

static void put_row(const struct lookback_table *t, const struct row *r, const char *first, const char *last,
	const char *count)
{
	int time_width = t->wide ? 16 : 10;
	size_t used = 2 * (size_t)time_width + t->count_width + t->name_width + TYPE_WIDTH + 10;
	size_t rdata = t->width > used + RDATA_MIN ? t->width - used : RDATA_MIN;

	fprintf(t->out, "%-*s  %-*s  %*s  ", time_width, last, time_width, first, (int)t->count_width, count);
	put_cell(t, r->name, t->name_width, true);
	fprintf(t->out, "  %-*s  ", TYPE_WIDTH, r->type);
	if (t->context) {
		put_cell(t, r->rdata, t->rdata_width, *r->context != '\0');
		fprintf(t->out, "%s%s", *r->context ? "  " : "", r->context);
	} else {
		put_cell(t, r->rdata, rdata, false);
	}
	fputc('\n', t->out);
}

static void print_row(const struct lookback_table *t, const struct row *r)
{
	const char *format = t->wide ? "%Y-%m-%d %H:%M" : "%Y-%m-%d";
	char first[24], last[24], count[24];

	query_time_text(r->first, format, first, sizeof(first));
	query_time_text(r->last, format, last, sizeof(last));
	snprintf(count, sizeof(count), "%lld", (long long)r->count);
	put_row(t, r, first, last, count);
}

static void begin(struct lookback_table *t)
{
	char title[32], context[TABLE_CONTEXT_SIZE];
	const struct row head = {.name = (char[]){"NAME"},
		.type = (char[]){"TYPE"},
		.rdata = title,
		.context = context};
	size_t name = 0, count = 5, rdata = RDATA_MIN;

	for (size_t i = 0; i < t->len; i++) {
		char digits[24];
		size_t octets, len = lookback_columns(t->rows[i].name, SIZE_MAX, &octets);
		size_t n = (size_t)snprintf(digits, sizeof(digits), "%lld", (long long)t->rows[i].count);
		name = len > name ? len : name;
		count = n > count ? n : count;
		len = lookback_columns(t->rows[i].rdata, RDATA_MAX, &octets);
		rdata = len > rdata ? len : rdata;
	}
	snprintf(title, sizeof(title), "%s", t->last);
	t->begun = true;
	t->count_width = count;
	t->rdata_width = rdata;
	table_context_head(context, t->context);
	t->name_width = name < NAME_MIN ? NAME_MIN : name;
	size_t most = t->width > 0 && t->width < WIDE ? t->width / 3 : (size_t)(t->unicode ? 2 * NAME_MAX : NAME_MAX);
	if (t->width > 0 && t->name_width > most)
		t->name_width = most > NAME_MIN ? most : NAME_MIN;
	put_row(t, &head, "FIRST SEEN", "LAST SEEN", "COUNT");
	for (size_t i = 0; i < t->len; i++) {
		print_row(t, &t->rows[i]);
		free(t->rows[i].name);
	}
	t->len = 0;
}

// `bare`: the record without Unicode.
static void add_row(struct lookback_table *t, const struct query_record *r, const struct query_record *bare)
{
	char *text = malloc(r->owner_len + r->type_len + r->rdata_len + 3 + TABLE_CONTEXT_SIZE);
	struct row row = {.name = text, .first = r->first, .last = r->last, .count = r->count};

	if (!text)
		return;
	row.type = row.name + r->owner_len + 1;
	row.rdata = row.type + r->type_len + 1;
	row.context = row.rdata + r->rdata_len + 1;
	table_context_row(row.context, t->context, bare);
	sprintf(row.name, "%.*s", (int)r->owner_len, r->owner);
	sprintf(row.type, "%.*s", (int)r->type_len, r->type);
	sprintf(row.rdata, "%.*s", (int)r->rdata_len, r->rdata);
	if (t->begun) {
		print_row(t, &row);
		free(text);
		return;
	}
	t->rows[t->len++] = row;
	if (t->len == ROWS_FIRST)
		begin(t);
}

// "bücher.example (xn--bcher-kva.example)", in the owner and in the RDATA.
static void add_readable(struct lookback_table *t, const struct query_record *r)
{
	struct redis_buffer owner = {0}, rdata = {0};
	struct query_record both = *r;
	const char *target;
	size_t len;

	if (lookback_readable_owner(&owner, r)) {
		query_put_text(&owner, " (");
		query_put(&owner, r->owner, r->owner_len);
		query_put_text(&owner, ")");
		both.owner = owner.bytes;
		both.owner_len = owner.size;
	}
	if (lookback_readable_rdata(&rdata, r, &target, &len)) {
		query_put_text(&rdata, " (");
		query_put(&rdata, target, len);
		query_put_text(&rdata, ")");
		both.rdata = rdata.bytes;
		both.rdata_len = rdata.size;
	}
	add_row(t, owner.bad || rdata.bad ? r : &both, r);
	redis_buffer_free(&owner);
	redis_buffer_free(&rdata);
}

void table_show_context(struct lookback_table *t, const struct context *c)
{
	t->context = c;
}

void table_add(struct lookback_table *t, const struct query_record *r)
{
	if (t->unicode)
		add_readable(t, r);
	else
		add_row(t, r, r);
}

void table_end(struct lookback_table *t)
{
	if (!t->begun && t->len > 0)
		begin(t);
	free(t);
}
