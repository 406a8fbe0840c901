// SPDX-License-Identifier: BSD-3-Clause
// Log lines to stderr: `program: level: text`, or `<3>text` if systemd's journal reads stderr (sd-daemon(3)). Not for the
// packet path. Thread-safe: one write(2) per line.
#pragma once

#include <stdbool.h>

enum log_level { LOG_LEVEL_ERROR, LOG_LEVEL_WARNING, LOG_LEVEL_INFO, LOG_LEVEL_DEBUG, LOG_LEVEL_MAX };

// Sets the name of the program and the least important level that is printed. Call it once, before all else: it ends the
// program with status 1 if the processor lacks instructions that the program was built for.
void log_init(const char *program, enum log_level level);

// Reads a level: error, warning, info or debug. Returns 0, or -EINVAL.
int log_level_parse(const char *name, enum log_level *level);
void log_level_set(enum log_level level);

// Writes one line, if its level is printed.
void log_line(enum log_level level, const char *format, ...) __attribute__((format(printf, 2, 3)));

#define log_error(...) log_line(LOG_LEVEL_ERROR, __VA_ARGS__)
#define log_warning(...) log_line(LOG_LEVEL_WARNING, __VA_ARGS__)
#define log_info(...) log_line(LOG_LEVEL_INFO, __VA_ARGS__)
#define log_debug(...) log_line(LOG_LEVEL_DEBUG, __VA_ARGS__)
