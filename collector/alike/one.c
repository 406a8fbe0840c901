// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alike/alike.h"

#include "collector/alike/compare.h"

#include <stdlib.h>
#include <string.h>

const char *const alike_reason_text[ALIKE_MAX] = {"", "contains", "homoglyph", "digit for letter", "split", "one edit",
	"similar letters"};

struct alike_keyword {
	struct forms_keyword form;
	struct alike_pieces pieces;
	char text[TEXT_NAME_SIZE];
};

// An index of names and a set find only what has a piece, so nothing else matches.
static bool contains_piece(const struct forms_name *f, const struct alike_pieces *pieces)
{
	for (size_t i = 0; i < pieces->len; i++)
		if (forms_contains(f->folded, f->len + 2, pieces->text[i], pieces->size[i]))
			return true;
	return false;
}

static void init(struct alike_keyword *k, const char *keyword, size_t len)
{
	if (len >= sizeof(k->text))
		len = sizeof(k->text) - 1;
	memcpy(k->text, keyword, len);
	forms_keyword(&k->form, k->text, len);
	alike_pieces(&k->pieces, k->text, len);
}

struct alike_keyword *alike_keyword_new(const char *keyword, size_t len)
{
	struct alike_keyword *k = malloc(sizeof(*k));

	if (k)
		init(k, keyword, len);
	return k;
}

void alike_keyword_free(struct alike_keyword *k)
{
	free(k);
}

enum alike_reason alike_match(const struct alike_keyword *k, const char *name, size_t len, bool has_piece)
{
	struct forms_name f;

	forms_name(&f, name, len);
	if ((!has_piece || f.decoded) && !contains_piece(&f, &k->pieces))
		return ALIKE_NONE;
	return compare_forms(&k->form, &f);
}

enum alike_reason alike(const char *keyword, size_t keyword_len, const char *name, size_t len)
{
	struct alike_keyword k;

	init(&k, keyword, keyword_len);
	return alike_match(&k, name, len, false);
}
