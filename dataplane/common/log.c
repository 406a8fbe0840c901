// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/common/log_entry.h"

static const char *const level_name[LOG_LEVEL_MAX] = {"error", "warning", "info", "debug"};
static const char *const format_name[LOG_FORMAT_MAX] = {"auto", "text", "plain", "json"};

typedef size_t write_entry(char *out, size_t size, const struct log_entry *entry);

static const char *program_name = "lookback";
static char sensor_name[64];			      // set before there are threads, as all but the level
static enum log_level log_threshold = LOG_LEVEL_INFO; // relaxed: it may change while others log
static write_entry *form = log_text_write_plain;
static bool to_journal; // as fields

// Before anything else: a program built for a newer processor would end without a message.
static void check_processor(void)
{
#if defined(__AVX2__) && defined(__BMI2__)
	if (!__builtin_cpu_supports("avx2") || !__builtin_cpu_supports("bmi2")) {
		log_error(
			"this processor lacks AVX2 or BMI2, for which the program was built; build it on this machine, or with "
			"meson setup -Dcpu=x86-64-v2");
		exit(1);
	}
#endif
}

void log_init(const char *program, enum log_level level)
{
	const char *stream = getenv("JOURNAL_STREAM");

	program_name = program;
	log_threshold = level;
	if (stream && log_journald_is(stream, STDERR_FILENO)) {
		form = log_journald_write_line;
		to_journal = log_journald_open();
	}
	check_processor();
}

void log_start(enum log_format format, const char *sensor)
{
	snprintf(sensor_name, sizeof(sensor_name), "%s", sensor ? sensor : "");
	if (format == LOG_FORMAT_AUTO && form == log_journald_write_line)
		return;
	to_journal = false;
	form = format == LOG_FORMAT_JSON    ? log_text_write_json
	       : format == LOG_FORMAT_PLAIN ? log_text_write_plain
					    : log_text_write;
}

static int find_name(const char *const *names, int len, const char *name)
{
	for (int i = 0; i < len; i++)
		if (strcmp(name, names[i]) == 0)
			return i;
	return -1;
}

void log_level_set(enum log_level level)
{
	__atomic_store_n(&log_threshold, level, __ATOMIC_RELAXED);
}

int log_level_read(void *at, const char *value, char *why, size_t why_size)
{
	int found = find_name(level_name, LOG_LEVEL_MAX, value);

	if (found < 0)
		return snprintf(why, why_size, "expected error, warning, info or debug"), -EINVAL;
	*(enum log_level *)at = (enum log_level)found;
	return 0;
}

int log_format_read(void *at, const char *value, char *why, size_t why_size)
{
	int found = find_name(format_name, LOG_FORMAT_MAX, value);

	if (found < 0)
		return snprintf(why, why_size, "expected auto, text, plain or json"), -EINVAL;
	*(enum log_format *)at = (enum log_format)found;
	return 0;
}

void log_line(enum log_level level, const char *function, const char *format, ...)
{
	char text[LOG_TEXT_SIZE], line[LOG_LINE_SIZE];
	struct log_entry entry = {.level = level,
		.program = program_name,
		.sensor = sensor_name,
		.function = function,
		.text = text};
	va_list args;

	if (level > __atomic_load_n(&log_threshold, __ATOMIC_RELAXED))
		return;
	va_start(args, format);
	int len = vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (len < 0)
		return;
	log_text_clean(text);
	clock_gettime(CLOCK_REALTIME, &entry.time);
	if (to_journal && log_journald_send(&entry))
		return;
	ssize_t done = write(STDERR_FILENO, line, form(line, sizeof(line), &entry));
	(void)done;
}
