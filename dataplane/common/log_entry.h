// SPDX-License-Identifier: BSD-3-Clause
// One log line before it is written, and its forms. Functions are free of state, except log_journald_open and _send.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <time.h>

#include "dataplane/common/log_level.h"

enum {
	LOG_TEXT_SIZE = 2048,			// of the text of one line, with its NUL
	LOG_LINE_SIZE = 2 * LOG_TEXT_SIZE + 512 // of the line in any form: in JSON a character may take two
};

struct log_entry {
	enum log_level level;
	struct timespec time; // since 1970
	const char *program;
	const char *sensor;   // empty: none
	const char *function; // that logs
	const char *text;     // after log_text_clean
};

// log_text.c ─────────────────────────────────────────────────────────────────────────────────

// Text from outside (names, paths) may hold anything: afterwards it is valid UTF-8 on one line, without control characters and
// without those that change the direction of the text. Its length stays.
void log_text_clean(char *text);

// Each writes one line with its line feed and returns its length, at most `size`.
size_t log_text_write(char *out, size_t size, const struct log_entry *entry);
size_t log_text_write_plain(char *out, size_t size, const struct log_entry *entry);
size_t log_text_write_json(char *out, size_t size, const struct log_entry *entry);

// log_journald.c ──────────────────────────────────────────────────────────────────────────────

// Whether `stream`, the value of JOURNAL_STREAM, names this descriptor: stderr may have been redirected since (sd-daemon(3)).
bool log_journald_is(const char *stream, int fd);

// Connects to the journal. False: only its stream on stderr can be used.
bool log_journald_open(void);

// Sends an entry and never waits. False: write it to stderr.
bool log_journald_send(const struct log_entry *entry);

// The entry as fields, in the journal's native protocol. Returns the length.
size_t log_journald_write(char *out, size_t size, const struct log_entry *entry);

// The entry as a line of the journal's stream, `<3>text`.
size_t log_journald_write_line(char *out, size_t size, const struct log_entry *entry);
