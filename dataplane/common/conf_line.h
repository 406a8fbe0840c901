// SPDX-License-Identifier: BSD-3-Clause
// One assignment of a setting: for conf_read.c and conf_file.c.
#pragma once

#include "dataplane/common/conf.h"

// Where the program stores a setting; NULL: it does not use it.
const struct conf_place *conf_place_of(const struct conf *conf, const char *name);

// Sets "key = value", which it changes; `where` is FILE:LINE or -o. Errors go to the report.
void conf_line_set(const struct conf *conf, char *line, const char *where, struct conf_report *report);

// Adds an error; control characters become '?'.
void conf_line_error(struct conf_report *report, const char *format, ...) __attribute__((format(printf, 2, 3)));

// Reads a value by the setting's type into `*at`, or only checks it if `at` is NULL. 0, or -EINVAL with what was expected.
int conf_value_read(const struct setting *setting, const char *value, void *at, char *why, size_t why_size);

// Reads a file and what it includes. conf_file.c
void conf_file_read(const struct conf *conf, const char *path, struct conf_report *report);
