// SPDX-License-Identifier: BSD-3-Clause
// /metrics: the process of the collector, by the names that all exporters of Prometheus have for it. The sandbox leaves
// /proc/self and /proc/stat readable.
#include "collector/report/report.h"

#include <dirent.h>
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

// Fields of /proc/self/stat after the name, proc(5): the first one is the state, field 3.
enum { STATE = 3, UTIME = 14, STIME = 15, THREADS = 20, START = 22, VSIZE = 23, RSS = 24, FIELDS = 25 };

static bool read_text(const char *path, char *out, size_t out_size)
{
	FILE *file = fopen(path, "re");

	if (!file)
		return false;
	size_t n = fread(out, 1, out_size - 1, file);
	out[n] = '\0';
	fclose(file);
	return n > 0;
}

static bool read_stat(uint64_t field[static FIELDS])
{
	char text[2048];

	if (!read_text("/proc/self/stat", text, sizeof(text)))
		return false;
	char *at = strrchr(text, ')'); // the name may contain anything
	for (int i = STATE; at && i < FIELDS; i++) {
		at = strchr(at + 1, ' ');
		if (at)
			field[i] = strtoull(at + 1, NULL, 10);
	}
	return at != NULL;
}

// Time of the boot, seconds since 1970; 0: not known.
static uint64_t boot_time(void)
{
	static uint64_t known;
	static char text[1 << 16]; // a line for each interrupt is before it
	const char *at;

	if (known == 0 && read_text("/proc/stat", text, sizeof(text)) && (at = strstr(text, "\nbtime ")) != NULL)
		known = strtoull(at + 7, NULL, 10);
	return known;
}

static uint64_t open_files(void)
{
	DIR *folder = opendir("/proc/self/fd");
	uint64_t n = 0;

	if (!folder)
		return 0;
	for (const struct dirent *entry; (entry = readdir(folder)) != NULL;)
		n += entry->d_name[0] != '.';
	closedir(folder);
	return n - 1; // the folder itself
}

static void put(FILE *out, const char *name, const char *type, const char *help, double value)
{
	fprintf(out, "# HELP process_%s %s\n# TYPE process_%s %s\nprocess_%s %.15g\n", name, help, name, type, name,
		value);
}

void report_process(FILE *out)
{
	double tick = (double)sysconf(_SC_CLK_TCK);
	uint64_t field[FIELDS] = {0}, files = open_files();
	struct rlimit limit;

	if (read_stat(field)) {
		put(out, "cpu_seconds_total", "counter",
			"Time that the collector used processors, in its code and in the kernel",
			(double)(field[UTIME] + field[STIME]) / tick);
		put(out, "resident_memory_bytes", "gauge", "Resident memory of the collector",
			(double)field[RSS] * (double)sysconf(_SC_PAGESIZE));
		put(out, "virtual_memory_bytes", "gauge", "Virtual memory of the collector, with mapped files",
			(double)field[VSIZE]);
		put(out, "threads", "gauge", "Threads of the collector", (double)field[THREADS]);
		if (boot_time() > 0)
			put(out, "start_time_seconds", "gauge", "Time when the collector started, seconds since 1970",
				(double)boot_time() + (double)field[START] / tick);
	}
	if (files > 0)
		put(out, "open_fds", "gauge", "Open files and sockets of the collector", (double)files);
	if (getrlimit(RLIMIT_NOFILE, &limit) == 0)
		put(out, "max_fds", "gauge", "Limit of open files and sockets", (double)limit.rlim_cur);
}
