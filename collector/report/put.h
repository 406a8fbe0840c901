// SPDX-License-Identifier: BSD-3-Clause
// Pieces of the text format of Prometheus. put.c; only for files of this folder.
#pragma once

#include <stdint.h>
#include <stdio.h>

// HELP and TYPE of lookback_<family>.
void report_put_family(FILE *out, const char *family, const char *type, const char *help);

// A family with one sample without labels.
void report_put_gauge(FILE *out, const char *family, const char *help, uint64_t value);

// NAME="VALUE". The value is from outside: it is escaped, and octets that are not ASCII text are replaced.
void report_put_label(FILE *out, const char *name, const char *value);

// Nanoseconds as seconds, and the end of the line.
void report_put_seconds(FILE *out, uint64_t ns);
