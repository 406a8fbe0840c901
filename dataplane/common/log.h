// SPDX-License-Identifier: BSD-3-Clause
// Log lines to stderr, or to systemd's journal with fields if that reads stderr. Not for the packet path. Thread-safe: one
// write(2) or send(2) per line, without a lock.
//
//     before log_start           lookback-dataplane: error: …            what a command prints about its arguments
//     text                       2026-12-01T00:54:55.123Z lookback-dataplane: error: …
//     json                       {"time":"2026-12-01T00:54:55.123Z","level":"error",…}
//     journal                    MESSAGE, PRIORITY, SYSLOG_IDENTIFIER, CODE_FUNC, LOOKBACK_SENSOR (log_journald.c)
#pragma once

#include <stddef.h>

#include "dataplane/common/log_level.h"

// Sets the name of the program and the least important level that is printed. Call it once, before all else: it ends the
// program with status 1 if the processor lacks instructions that the program was built for.
void log_init(const char *program, enum log_level level);

// The program begins its work: from now on lines are in this format. `sensor` is a field of each line, or NULL. Before there
// are threads and a sandbox.
void log_start(enum log_format format, const char *sensor);

// Reads the setting log.level into an enum log_level at `at`, as CONF_FUNCTION in conf.h. Returns 0, or -EINVAL with what was
// expected in `why`.
int log_level_read(void *at, const char *value, char *why, size_t why_size);
void log_level_set(enum log_level level);

// The same for log.format.
int log_format_read(void *at, const char *value, char *why, size_t why_size);

// Writes one line, if its level is printed. `function`: where it comes from.
void log_line(enum log_level level, const char *function, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __func__, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __func__, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __func__, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __func__, __VA_ARGS__)
