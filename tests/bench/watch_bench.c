// SPDX-License-Identifier: BSD-3-Clause
// How long it takes to match a record with 10,000 rules and a million indicators, and to read these.
//
//     watch_bench [RULES [INDICATORS [RECORDS]]]
#include "collector/watch/set.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

enum { NAME_SIZE = 128, FIELD_SIZE = 256 };

static uint64_t seed = 88172645463325252u;

static uint64_t next(void)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	return seed ^= seed << 17;
}

static double now(void)
{
	struct timespec t;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &t);
	return (double)t.tv_sec + (double)t.tv_nsec / 1e9;
}

// A word that can be spoken, of 2 to 4 syllables.
static size_t word(char *out)
{
	static const char consonants[] = "bcdfghklmnprstvwz", vowels[] = "aeiou";
	size_t n = 0;

	for (unsigned i = 2 + next() % 3; i > 0; i--) {
		out[n++] = consonants[next() % (sizeof(consonants) - 1)];
		out[n++] = vowels[next() % (sizeof(vowels) - 1)];
		if (next() % 3 == 0)
			out[n++] = consonants[next() % (sizeof(consonants) - 1)];
	}
	out[n] = '\0';
	return n;
}

static void domain(char out[NAME_SIZE])
{
	static const char *const tlds[] = {"com", "net", "org", "de", "example", "info", "io", "co.uk"};
	char a[32], b[32];

	word(a);
	word(b);
	snprintf(out, NAME_SIZE, "%s%s.%s", a, next() % 2 ? b : "", tlds[next() % 8]);
}

// Rules of all kinds; the keywords and zones are those of the records that are to match.
static void write_rules(FILE *file, const char *indicators, long rules)
{
	char name[NAME_SIZE], key[64], brand[128];

	fprintf(file, "[rule list]\nmatch = file %s\n", indicators);
	for (long i = 1; i < rules; i++) {
		domain(name);
		word(key);
		snprintf(brand, sizeof(brand), "%sbrand%ld", key, i);
		fprintf(file, "[rule r%ld]\n", i);
		if (i % 4 == 0)
			fprintf(file, "match = keyword %s, not zone %s\n", brand, name);
		else if (i % 4 == 1)
			fprintf(file, "match = zone %s, type A AAAA\n", name);
		else if (i % 4 == 2)
			fprintf(file, "match = target %s\n", name);
		else
			fprintf(file, "match = address %u.%u.%u.0/24\n", (unsigned)(next() % 223) + 1,
				(unsigned)(next() % 256), (unsigned)(next() % 256));
	}
}

static void write_indicators(FILE *file, long len)
{
	char name[NAME_SIZE];

	for (long i = 0; i < len; i++) {
		domain(name);
		if (i % 4 == 0)
			fprintf(file, "%u.%u.%u.%u\n", (unsigned)(next() % 223) + 1, (unsigned)(next() % 256),
				(unsigned)(next() % 256), (unsigned)(next() % 256));
		else
			fprintf(file, "%c%ld.%s\n", (char)('a' + i % 26), i, name);
	}
}

struct bench_record {
	char name[FIELD_SIZE], rdata[FIELD_SIZE];
	const char *type;
};

static void make_record(struct bench_record *r, bool matching)
{
	char name[NAME_SIZE];

	domain(name);
	snprintf(r->name, sizeof(r->name), "%s%s", next() % 2 ? "www." : next() % 2 ? "mail.eu1." : "", name);
	switch (next() % 5) {
	case 0:
		domain(name);
		r->type = "NS";
		snprintf(r->rdata, sizeof(r->rdata), "ns%u.%s", (unsigned)(next() % 3), name);
		break;
	case 1:
		domain(name);
		r->type = "MX";
		snprintf(r->rdata, sizeof(r->rdata), "10 mx.%s", name);
		break;
	case 2:
		r->type = "AAAA";
		snprintf(r->rdata, sizeof(r->rdata), "2001:db8:%x:%x::%x", (unsigned)(next() % 65536),
			(unsigned)(next() % 65536), (unsigned)(next() % 65536));
		break;
	default:
		r->type = "A";
		snprintf(r->rdata, sizeof(r->rdata), "%u.%u.%u.%u", (unsigned)(next() % 223) + 1,
			(unsigned)(next() % 256), (unsigned)(next() % 256), (unsigned)(next() % 256));
	}
	if (matching)
		snprintf(r->name, sizeof(r->name), "host.bad%u.listed.example", (unsigned)(next() % 1000));
}

static void run(const struct watch_set *set, const char *what, long len, bool matching)
{
	struct bench_record *records = calloc((size_t)len, sizeof(*records));
	struct watch_matcher *m = watch_matcher_new(set);
	const uint32_t *rules;
	size_t matched = 0;

	for (long i = 0; i < len; i++)
		make_record(&records[i], matching);
	double best = 1e9;
	for (int round = 0; round < 3; round++) {
		double begun = now();
		matched = 0;
		for (long i = 0; i < len; i++) {
			const struct watch_record r = {.name = records[i].name,
				.name_len = strlen(records[i].name),
				.type = records[i].type,
				.type_len = strlen(records[i].type),
				.rdata = records[i].rdata,
				.rdata_len = strlen(records[i].rdata)};
			matched += watch_match(m, &r, ~0u, &rules) > 0;
		}
		double took = (now() - begun) / (double)len * 1e9;
		best = took < best ? took : best;
	}
	printf("%-22s %6.0f ns per record, %.1f %% match\n", what, best, 100.0 * (double)matched / (double)len);
	watch_matcher_free(m);
	free(records);
}

int main(int argc, char **argv)
{
	long rules = argc > 1 ? atol(argv[1]) : 10000, indicators = argc > 2 ? atol(argv[2]) : 1000000,
	     records = argc > 3 ? atol(argv[3]) : 200000;
	char folder[] = "/tmp/watch_bench.XXXXXX", conf[64], list[64], why[512];
	struct watch_set *set;

	if (!mkdtemp(folder))
		return 1;
	snprintf(conf, sizeof(conf), "%s/watch.conf", folder);
	snprintf(list, sizeof(list), "%s/list", folder);
	FILE *file = fopen(list, "w");
	write_indicators(file, indicators);
	for (int i = 0; i < 1000; i++)
		fprintf(file, "bad%d.listed.example\n", i);
	fclose(file);
	file = fopen(conf, "w");
	write_rules(file, list, rules);
	fclose(file);
	double begun = now();
	int result = watch_set_read(&set, conf, ~0u, why, sizeof(why));
	unlink(conf);
	unlink(list);
	rmdir(folder);
	if (result != 0)
		return fprintf(stderr, "watch_bench: %s\n", why), 1;
	printf("%zu rules, %zu names and networks, read in %.2f s\n", watch_set_rules(set), watch_set_entries(set),
		now() - begun);
	run(set, "records of no rule:", records, false);
	run(set, "records of a rule:", records, true);
	watch_set_free(set);
	return 0;
}
