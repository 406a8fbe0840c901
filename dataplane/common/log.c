// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/log.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char *const level_name[LOG_LEVEL_MAX] = {"error", "warning", "info", "debug"};
static const char level_syslog[LOG_LEVEL_MAX] = {'3', '4', '6', '7'}; // RFC 5424 §6.2.1

static const char *program_name = "lookback";
static enum log_level log_threshold = LOG_LEVEL_INFO; // relaxed: it may change while others log
static bool log_to_journal;

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
	program_name = program;
	log_threshold = level;
	log_to_journal = getenv("JOURNAL_STREAM") != NULL && !isatty(STDERR_FILENO);
	check_processor();
}

void log_level_set(enum log_level level)
{
	__atomic_store_n(&log_threshold, level, __ATOMIC_RELAXED);
}

int log_level_parse(const char *name, enum log_level *level)
{
	for (int i = 0; i < LOG_LEVEL_MAX; i++) {
		if (strcmp(name, level_name[i]) == 0) {
			*level = (enum log_level)i;
			return 0;
		}
	}
	return -EINVAL;
}

void log_line(enum log_level level, const char *format, ...)
{
	char line[2048];
	int used;
	va_list args;

	if (level > __atomic_load_n(&log_threshold, __ATOMIC_RELAXED))
		return;
	if (log_to_journal)
		used = snprintf(line, sizeof(line), "<%c>", level_syslog[level]);
	else
		used = snprintf(line, sizeof(line), "%s: %s: ", program_name, level_name[level]);
	va_start(args, format);
	int text = vsnprintf(line + used, sizeof(line) - (size_t)used - 1, format, args);
	va_end(args);
	if (text < 0)
		return;
	used += text;
	if (used > (int)sizeof(line) - 2)
		used = (int)sizeof(line) - 2;
	// text from outside (names, paths) may hold control characters; a log line stays one line
	for (int i = 0; i < used; i++)
		if ((unsigned char)line[i] < 0x20 || line[i] == 0x7f)
			line[i] = ' ';
	line[used++] = '\n';
	ssize_t done = write(STDERR_FILENO, line, (size_t)used);
	(void)done;
}
