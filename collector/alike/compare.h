// SPDX-License-Identifier: BSD-3-Clause
// One name against one keyword, both in their forms.
#pragma once

#include "collector/alike/forms.h"

enum alike_reason compare_forms(const struct forms_keyword *k, const struct forms_name *f);
