// SPDX-License-Identifier: BSD-3-Clause
// Rules for words: a part of a name between two dots or hyphens, or several of them.
#pragma once

#include "collector/alike/forms.h"

// ALIKE_SPLIT, ALIKE_EDIT, ALIKE_SIMILAR or ALIKE_NONE.
enum alike_reason word_compare(const struct forms_keyword *k, const struct forms_name *f);
