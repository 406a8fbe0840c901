// SPDX-License-Identifier: BSD-3-Clause
// Measures lookups of context: context_bench KEY=VALUE… (settings context.*). Prints the time to open the files, and the time per
// lookup of random addresses and names.
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "collector/context/context.h"

enum { LOOKUPS = 2000000 };

static double now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
	return 1e9 * (double)t.tv_sec + (double)t.tv_nsec;
}

static uint32_t next(uint32_t *random)
{
	*random ^= *random << 13;
	*random ^= *random >> 17;
	return *random ^= *random << 5;
}

static void addresses(const struct context *c)
{
	uint32_t random = 1, known = 0;
	struct context_address out;
	double start = now_ns();

	for (int i = 0; i < LOOKUPS; i++) {
		uint32_t address = next(&random) % 0x0f000000 + 0x01000000;
		const uint8_t octets[4] = {(uint8_t)(address >> 24), (uint8_t)(address >> 16), (uint8_t)(address >> 8),
			(uint8_t)address};
		known += context_of_address(c, octets, 4, &out);
	}
	printf("addresses: %.0f ns each, %.1f %% known\n", (now_ns() - start) / LOOKUPS, 100.0 * known / LOOKUPS);
}

static void names(const struct context *c)
{
	uint32_t random = 1, known = 0;
	struct context_name out;
	char name[64];
	double start = now_ns(), making;

	for (int i = 0; i < LOOKUPS; i++)
		known += (uint32_t)snprintf(name, sizeof(name), "www.name%u.com", next(&random) % 2000000) & 1;
	making = now_ns() - start;
	random = 1;
	known = 0;
	start = now_ns();
	for (int i = 0; i < LOOKUPS; i++) {
		int len = snprintf(name, sizeof(name), "www.name%u.com", next(&random) % 2000000);
		known += context_of_name(c, name, (size_t)len, &out);
	}
	printf("names: %.0f ns each, %.1f %% known\n", (now_ns() - start - making) / LOOKUPS, 100.0 * known / LOOKUPS);
}

int main(int argc, char **argv)
{
	struct settings_source source = {0};
	struct settings settings;
	struct context *c;
	char why[1200];

	for (int i = 1; i < argc; i++)
		settings_add_option(&source, argv[i]);
	struct zone_list *zones = zone_open("", why, sizeof(why));
	double start = now_ns();
	if (!zones || settings_load(&settings, &source, why, sizeof(why)) != 0 ||
		context_open(&c, &settings, zones, why, sizeof(why)) != 0) {
		fprintf(stderr, "%s\n", why);
		return 1;
	}
	printf("open: %.0f ms\n", (now_ns() - start) / 1e6);
	addresses(c);
	names(c);
	context_close(c);
	settings_free(&settings);
	zone_close(zones);
	return 0;
}
