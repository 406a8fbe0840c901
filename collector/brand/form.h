// SPDX-License-Identifier: BSD-3-Clause
// Texts of the forms: what comes from names and records is untrusted.
#pragma once

#include "collector/brand/brand.h"
#include "collector/query/json.h"

// A field of CSV; a spreadsheet does not take it for a formula.
void brand_csv_text(struct redis_buffer *out, const char *text);
// Text with & < > " ' escaped; other control characters become '?'. UTF-8 stays.
void brand_html_text(struct redis_buffer *out, const char *text, size_t len);
// "2024-01-31", in UTC.
void brand_put_date(struct redis_buffer *out, int64_t time);
// The name in Unicode if that can be shown safely, else nothing. Returns the length; `out` is terminated.
size_t brand_readable(const char *name, size_t len, char out[static 4 * TEXT_NAME_SIZE]);
