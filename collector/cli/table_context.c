// SPDX-License-Identifier: BSD-3-Clause
// The columns of --context: rank of the registered domain, country, AS, label of the network or name with its kind. A column is shown
// if a file that is set can fill it.
#include "collector/cli/lookback.h"

#include <stdio.h>
#include <string.h>

enum { AS_WIDTH = 30, AS_NUMBER_WIDTH = 12, RANK_WIDTH = 7 };

// Adds a text, cut or padded to `width` columns.
static size_t put(char *out, size_t at, const char *text, size_t width)
{
	size_t octets, columns = lookback_columns(text, width, &octets);

	memcpy(out + at, text, octets);
	at += octets;
	for (; columns < width + 2; columns++)
		out[at++] = ' ';
	return at;
}

static void put_columns(char *out, const struct context *c, const char *rank, const char *country, const char *as,
	const char *label)
{
	size_t at = 0;

	if (context_has_popular(c))
		at += (size_t)sprintf(out + at, "%*s  ", RANK_WIDTH, rank);
	if (context_has_country(c))
		at = put(out, at, country, 2);
	if (context_has_asn(c))
		at = put(out, at, as, context_has_as_names(c) ? AS_WIDTH : AS_NUMBER_WIDTH);
	if (context_has_labels(c)) {
		strcpy(out + at, label);
		at += strlen(label);
	}
	while (at > 0 && out[at - 1] == ' ')
		at--;
	out[at] = '\0';
}

void table_context_head(char out[static TABLE_CONTEXT_SIZE], const struct context *c)
{
	put_columns(out, c, "RANK", "CC", "AS", "LABEL");
}

void table_context_row(char out[static TABLE_CONTEXT_SIZE], const struct context *c, const struct query_record *r)
{
	char rank[16] = "", as[16 + CONTEXT_AS_NAME_SIZE] = "", label[16 + CONTEXT_LABEL_SIZE];
	struct query_context known;

	*out = '\0';
	if (!c)
		return;
	query_context_of(&known, c, r);
	if (known.rank > 0)
		snprintf(rank, sizeof(rank), "%u", (unsigned)known.rank);
	if (known.network.asn > 0)
		snprintf(as, sizeof(as), "AS%u %s", (unsigned)known.network.asn, known.network.as_name);
	snprintf(label, sizeof(label), "%s%s%s", known.network.label,
		known.network.kind != CONTEXT_NONE && known.network.label[0] ? ", " : "",
		context_kind_text[known.network.kind]);
	put_columns(out, c, rank, known.network.country, as, label);
}
