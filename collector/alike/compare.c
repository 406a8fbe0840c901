// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alike/compare.h"

#include "collector/alike/word.h"

// The keyword as it is, or in letters that look like it. Raw, folded and contracted texts: a raw match is a folded one as well.
static enum alike_reason find_keyword(const struct forms_keyword *k, const struct forms_name *f)
{
	char contracted[FORMS_TEXT_SIZE];
	enum alike_reason reason = f->decoded ? ALIKE_HOMOGLYPH : ALIKE_DIGIT;

	if (forms_contains(f->folded + 1, f->len, k->folded, k->len)) {
		if (forms_contains(f->text, f->len, k->text, k->len))
			return f->decoded ? ALIKE_HOMOGLYPH : ALIKE_CONTAINS;
		if (k->len >= ALIKE_DIGIT_MIN)
			return reason;
	}
	if (k->len < ALIKE_DIGIT_MIN || (!f->has_pair && k->contracted_len == k->len))
		return ALIKE_NONE;
	size_t n = forms_contract(f->folded + 1, f->len, contracted);
	return forms_contains(contracted, n, k->contracted, k->contracted_len) ? reason : ALIKE_NONE;
}

enum alike_reason compare_forms(const struct forms_keyword *k, const struct forms_name *f)
{
	if (f->decoded && forms_contains(f->name, f->name_len, k->text, k->len))
		return ALIKE_CONTAINS;
	enum alike_reason reason = find_keyword(k, f);
	return reason == ALIKE_NONE && k->len >= ALIKE_DIGIT_MIN ? word_compare(k, f) : reason;
}
