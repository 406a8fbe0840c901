// SPDX-License-Identifier: BSD-3-Clause
// Enrichment from local files: layouts of several vendors, text files, hostile files. Usage: unit_context tests/data/context
#include <CUnit/Basic.h>
#include <arpa/inet.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

#include "collector/context/context.h"
#include "collector/context/label_table.h"
#include "collector/context/mmdb.h"
#include "tests/tools/unit.h"

// MMDB_open of libmaxminddb 1.7 does not free all if the metadata are damaged.
const char *__lsan_default_suppressions(void);
const char *__lsan_default_suppressions(void)
{
	return "leak:libmaxminddb";
}

enum { MUTATIONS = 4000 };

static const char *data; // folder
static struct zone_list *zones;
static char scratch[64]; // file

static const char *path_of(const char *name)
{
	static char paths[4][512];
	static int next;
	char *path = paths[next++ % 4];

	snprintf(path, sizeof(paths[0]), "%s/%s", data, name);
	return path;
}

static int memory = -1; // descriptor of a file in memory, whose path is in_memory
static char in_memory[40];

static void write_memory(const void *bytes, size_t size)
{
	CU_ASSERT_EQUAL_FATAL(ftruncate(memory, 0), 0);
	CU_ASSERT_EQUAL_FATAL(pwrite(memory, bytes, size, 0), (ssize_t)size);
}

static void write_scratch(const void *bytes, size_t size)
{
	FILE *file = fopen(scratch, "w");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	fwrite(bytes, 1, size, file);
	fclose(file);
}

static void write_text(const char *text)
{
	write_scratch(text, strlen(text));
}

static struct settings none(void)
{
	static char empty[1] = "";

	return (struct settings){.context_asn = empty,
		.context_country = empty,
		.context_prefixes = empty,
		.context_labels = empty,
		.context_popular = empty};
}

static struct context *open_with(const struct settings *s)
{
	struct context *c;
	char why[1200] = "";

	if (context_open(&c, s, zones, why, sizeof(why)) != 0) {
		fprintf(stderr, "%s\n", why);
		CU_FAIL_FATAL("context_open failed");
	}
	return c;
}

static struct context_address address(const struct context *c, const char *text)
{
	struct context_address a;

	context_of_address_text(c, text, strlen(text), &a);
	return a;
}

static void test_nothing(void)
{
	struct settings s = none();
	struct context *c = open_with(&s);
	struct context_address a;
	struct context_name n;

	CU_ASSERT_PTR_NULL(c);
	CU_ASSERT_FALSE(context_of_address_text(c, "192.0.2.1", 9, &a));
	CU_ASSERT_EQUAL(a.asn, 0);
	CU_ASSERT_FALSE(context_of_name(c, "example.com", 11, &n));
	CU_ASSERT_EQUAL(context_rank(c, "example.com", 11), 0);
	CU_ASSERT_FALSE(
		context_has_asn(c) || context_has_country(c) || context_has_labels(c) || context_has_popular(c));
	CU_ASSERT_EQUAL(context_reload(c), 0);
	context_close(c);
}

static void test_layouts(void)
{
	static const struct {
		const char *asn, *country, *address;
		uint32_t number;
		const char *name, *iso;
	} rows[] = {
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "192.0.2.7", 64500, "Example Hosting GmbH", "DE"},
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "::ffff:192.0.2.7", 64500, "Example Hosting GmbH", "DE"},
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "2001:db8::1", 64502, "Example IPv6", "NL"},
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "198.51.100.1", 64501, "Caf\xc3\xa9 \"Networks\", =1+1",
			"FR"},
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "203.0.113.1", 4200000000u, "Evil?[31m?", ""},
		{"geolite2-asn.mmdb", "dbip-city.mmdb", "192.0.2.7", 64500, "Example Hosting GmbH", "DE"},
		{"geolite2-asn.mmdb", "dbip-city.mmdb", "192.0.2.200", 64500, "Example Hosting GmbH", "AT"},
		{"ipinfo-lite.mmdb", "ipinfo-lite.mmdb", "192.0.2.7", 64500, "Example Hosting GmbH", "DE"},
		{"ipinfo-lite.mmdb", NULL, "2001:db8::9", 64502, "Example IPv6", "NL"},
		{NULL, "ipinfo-lite.mmdb", "2001:db8::9", 64502, "Example IPv6", "NL"},
		{"ipinfo-country-asn.mmdb", NULL, "192.0.2.7", 64500, "Example Hosting GmbH", "DE"},
		{"ipinfo-country-asn.mmdb", NULL, "2001:db8::9", 0, "", ""}, // has IPv4 only
		{"geolite2-asn.mmdb", "geolite2-country.mmdb", "8.8.8.8", 0, "", ""},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct settings s = none();
		char asn[512] = "", country[512] = "";
		if (rows[i].asn)
			snprintf(asn, sizeof(asn), "%s/%s", data, rows[i].asn);
		if (rows[i].country)
			snprintf(country, sizeof(country), "%s/%s", data, rows[i].country);
		s.context_asn = asn;
		s.context_country = country;
		struct context *c = open_with(&s);
		struct context_address a = address(c, rows[i].address);
		CU_ASSERT_EQUAL(a.asn, rows[i].number);
		CU_ASSERT_STRING_EQUAL(a.as_name, rows[i].name);
		CU_ASSERT_STRING_EQUAL(a.country, rows[i].iso);
		CU_ASSERT_EQUAL(a.kind, CONTEXT_NONE);
		if (i == 0) {
			CU_ASSERT_TRUE(context_has_asn(c) && context_has_country(c) && !context_has_labels(c));
			CU_ASSERT_EQUAL(context_entries(c, CONTEXT_ASN), 4);
		}
		context_close(c);
	}
}

// Prefixes override the databases; labels by network, then by AS.
static void test_order(void)
{
	static const char prefixes[] = "# a comment\n192.0.2.0/26,64999,at,My net,hosting\r\n"
				       "192.0.2.64/26\t\t\tOnly, a label\n2001:db8:5::/48,,,,cdn\n"
				       "192.0.2.0/26,AS64998,CH,Later counts,parking\n";
	static const char labels[] =
		"192.0.2.128/25 sinkhole A sinkhole\n192.0.2.130 cdn One address\n"
		"AS64500 hosting By its AS\n*.Example.NET. parking Parked here\nexample cdn The whole TLD\n"
		"deep.example.net cdn\tBelow\n";
	struct settings s = none();
	char asn[512], other[80];

	snprintf(asn, sizeof(asn), "%s/geolite2-asn.mmdb", data);
	snprintf(other, sizeof(other), "%s.labels", scratch);
	write_scratch(labels, sizeof(labels) - 1);
	rename(scratch, other);
	write_scratch(prefixes, sizeof(prefixes) - 1);
	s.context_asn = asn;
	s.context_prefixes = scratch;
	s.context_labels = other;
	struct context *c = open_with(&s);
	struct context_address a = address(c, "192.0.2.1");
	CU_ASSERT_EQUAL(a.asn, 64998);
	CU_ASSERT_STRING_EQUAL(a.as_name, ""); // that of another AS is not taken
	CU_ASSERT_STRING_EQUAL(a.country, "CH");
	CU_ASSERT_STRING_EQUAL(a.label, "Later counts");
	CU_ASSERT_EQUAL(a.kind, CONTEXT_PARKING);
	a = address(c, "192.0.2.65");
	CU_ASSERT_EQUAL(a.asn, 64500);
	CU_ASSERT_STRING_EQUAL(a.label, "Only, a label");
	a = address(c, "192.0.2.129");
	CU_ASSERT_STRING_EQUAL(a.label, "A sinkhole");
	CU_ASSERT_EQUAL(a.kind, CONTEXT_SINKHOLE);
	CU_ASSERT_STRING_EQUAL(address(c, "192.0.2.130").label, "One address");
	CU_ASSERT_STRING_EQUAL(address(c, "192.0.2.131").label, "A sinkhole");
	CU_ASSERT_EQUAL(address(c, "2001:db8:5::1").kind, CONTEXT_CDN);
	CU_ASSERT_EQUAL(address(c, "2001:db8:6::1").kind, CONTEXT_NONE);
	static const struct {
		const char *name, *label;
	} names[] = {{"example.net", "Parked here"}, {"a.b.c.example.net", "Parked here"},
		{"deep.example.net", "Below"}, {"x.deep.example.net", "Below"}, {"notexample.net", ""},
		{"x\\.example.net", ""}, {"x\\\\.example.net", "Parked here"}, {"www.other.example", "The whole TLD"},
		{"example", "The whole TLD"}, {"net", ""}, {".", ""}, {"", ""}};
	for (size_t i = 0; i < sizeof(names) / sizeof(*names); i++) {
		struct context_name n;
		CU_ASSERT_EQUAL(context_of_name(c, names[i].name, strlen(names[i].name), &n), *names[i].label != '\0');
		CU_ASSERT_STRING_EQUAL(n.label, names[i].label);
	}
	context_close(c);
	unlink(other);
}

static void test_popular(void)
{
	static const char list[] =
		"rank,domain\n1,google.com\n2,www.Example.co.uk\n3,com\n4,github.io\n5,example.co.uk\n"
		"6,\"quoted.org\"\n7,xn--bcher-kva.example.\n";
	struct settings s = none();
	struct context_name n;

	s.context_popular = scratch;
	write_scratch(list, sizeof(list) - 1);
	struct context *c = open_with(&s);
	CU_ASSERT_EQUAL(context_rank(c, "google.com", 10), 1);
	CU_ASSERT_EQUAL(context_rank(c, "quoted.org", 10), 6);
	CU_ASSERT_EQUAL(context_rank(c, "com", 3), 0);
	CU_ASSERT_TRUE(context_of_name(c, "a.b.example.co.uk", 17, &n));
	CU_ASSERT_EQUAL(n.rank, 2);				       // of its best name
	CU_ASSERT_FALSE(context_of_name(c, "evil.github.io", 14, &n)); // shared hosting is no registered domain
	CU_ASSERT_TRUE(context_of_name(c, "www.xn--bcher-kva.example", 25, &n));
	CU_ASSERT_TRUE(context_has_popular(c) && !context_has_asn(c));
	// one name per line, its place is the rank; a bad file keeps the old content
	write_text("first.com\nsecond.com\n");
	CU_ASSERT_EQUAL(context_reload(c), 0);
	CU_ASSERT_EQUAL(context_rank(c, "second.com", 10), 2);
	CU_ASSERT_EQUAL(context_rank(c, "google.com", 10), 0);
	log_level_set(LOG_LEVEL_ERROR);
	write_text("\x7f\x45\x4c\x46 no list\n!\n?\n{}\n");
	CU_ASSERT_EQUAL(context_reload(c), 1);
	CU_ASSERT_EQUAL(context_rank(c, "second.com", 10), 2);
	unlink(scratch);
	CU_ASSERT_EQUAL(context_reload(c), 1);
	CU_ASSERT_EQUAL(context_rank(c, "second.com", 10), 2);
	context_close(c);
}

static void test_builtin(void)
{
	struct settings s = none();
	struct context_name n;

	s.context_labels = (char[]){"builtin"};
	struct context *c = open_with(&s);
	CU_ASSERT_FALSE(context_has_files(c));
	CU_ASSERT_TRUE(context_entries(c, CONTEXT_LABELS) > 300);
	CU_ASSERT_EQUAL(address(c, "104.16.1.1").kind, CONTEXT_CDN);
	CU_ASSERT_STRING_EQUAL(address(c, "2606:4700::1").label, "Cloudflare");
	CU_ASSERT_EQUAL(address(c, "91.195.240.94").kind, CONTEXT_PARKING);
	CU_ASSERT_TRUE(context_of_name(c, "ns1.sedoparking.com", 19, &n));
	CU_ASSERT_EQUAL(n.kind, CONTEXT_PARKING);
	CU_ASSERT_TRUE(context_of_name(c, "d111111abcdef8.cloudfront.net", 29, &n));
	CU_ASSERT_EQUAL(n.kind, CONTEXT_CDN);
	context_close(c);
}

// The longest prefix against a plain search.
static void test_networks(void)
{
	struct context_networks n = {0};
	struct {
		uint8_t address[16];
		unsigned bits;
	} all[400];
	uint32_t random = 1;

	for (size_t i = 0; i < 400; i++) {
		for (int k = 0; k < 16; k++)
			all[i].address[k] =
				(uint8_t)((random = random * 1103515245 + 12345) >> 16) & (k < 2 ? 1 : 0xc0);
		all[i].bits = ((random = random * 1103515245 + 12345) >> 16) % 129;
		CU_ASSERT_TRUE_FATAL(context_networks_add(&n, all[i].address, all[i].bits, (uint32_t)i + 1));
	}
	CU_ASSERT_TRUE_FATAL(context_networks_finish(&n));
	for (int trial = 0; trial < 4000; trial++) {
		uint8_t wanted[16];
		uint32_t best = 0;
		memcpy(wanted, all[trial % 400].address, 16);
		if (trial >= 400)
			wanted[(random >> 20) % 16] ^= (uint8_t)(1u << (random >> 24) % 8);
		random = random * 1103515245 + 12345;
		for (size_t i = 0; i < 400; i++) {
			unsigned bits = all[i].bits, same = 0;
			while (same < bits && !(((wanted[same / 8] ^ all[i].address[same / 8]) >> (7 - same % 8)) & 1))
				same++;
			if (same == bits && (best == 0 || all[best - 1].bits <= bits))
				best = (uint32_t)i + 1;
		}
		CU_ASSERT_EQUAL(context_networks_find(&n, wanted), best);
	}
	context_networks_free(&n);
}

static void test_wrong_lines(void)
{
	static const struct {
		bool labels;
		const char *text, *why;
	} rows[] = {
		{false, "192.0.2.0/24,,,,\n\n192.0.2.0/33\n", ":3: found '192.0.2.0/33'"},
		{false, "192.0.2.0/24,ASX\n", "expected an AS number"},
		{false, "192.0.2.0/24,4294967296\n", "expected an AS number"},
		{false, "192.0.2.0/24,1,DEU\n", "expected a country"},
		{false, "192.0.2.0/24,1,DE,x,cloud\n", "expected hosting, cdn"},
		{false, "192.0.2.0/24,1,DE,x,cdn,more\n", "more than 5 fields"},
		{true, "192.0.2.0/24\n", "found kind ''"},
		{true, "192.0.2.0/24 Cloudflare cdn\n", "found kind 'Cloudflare'"},
		{true, "192.0.2.300 cdn x\n", "expected an address or a network"},
		{true, "a..b cdn x\n", "expected a network, an AS or a zone"},
		{true,
			"b\xc3\xbc"
			"cher.example cdn x\n",
			"expected a network, an AS or a zone"},
	};

	for (size_t i = 0; i < sizeof(rows) / sizeof(*rows); i++) {
		struct context_labels l;
		struct context_text text;
		char why[1200] = "";
		CU_ASSERT_EQUAL_FATAL(context_text_of(&text, "list", rows[i].text, strlen(rows[i].text)), 0);
		CU_ASSERT_EQUAL(
			(rows[i].labels ? context_labels_read : context_prefixes_read)(&l, &text, why, sizeof(why)),
			-1);
		if (!strstr(why, rows[i].why)) {
			fprintf(stderr, "%s: %s\n", rows[i].text, why);
			CU_FAIL("another message was expected");
		}
		context_text_free(&text);
		context_labels_free(&l);
	}
}

static void test_text(void)
{
	char out[8];

	context_text_copy(out, sizeof(out), "abcdef\xc3\xa9", 8); // cut at a character
	CU_ASSERT_STRING_EQUAL(out, "abcdef");
	context_text_copy(out, sizeof(out), "\xc0\x80\xff\n\xe2\x80\xae", 7);
	CU_ASSERT_STRING_EQUAL(out, "?????");
	context_text_copy(out, sizeof(out), "\xe2\x82", 2); // not complete
	CU_ASSERT_STRING_EQUAL(out, "??");
}

// hostile files ──────────────────────────────────────────────────────────────────────────────

static size_t read_file(const char *name, uint8_t *bytes, size_t size)
{
	FILE *file = fopen(path_of(name), "r");

	CU_ASSERT_PTR_NOT_NULL_FATAL(file);
	size = fread(bytes, 1, size, file);
	fclose(file);
	return size;
}

static void try_memory(unsigned *opened)
{
	char why[1200];
	struct context_mmdb *m = context_mmdb_open(in_memory, why, sizeof(why));
	uint8_t wanted[16] = {[10] = 0xff, 0xff, 192, 0, 2, 7};
	struct context_address a = {0};

	if (!m)
		return;
	++*opened;
	for (int i = 0; i < 64; i++) {
		wanted[12] = (uint8_t)(i < 32 ? 192 : 203);
		wanted[15] = (uint8_t)(i * 4);
		context_mmdb_find(m, wanted, &a);
	}
	memcpy(wanted, "\x20\x01\x0d\xb8", 4);
	context_mmdb_find(m, wanted, &a);
	context_mmdb_close(m);
}

static void test_damaged(void)
{
	static const char *const files[] = {"geolite2-asn.mmdb", "geolite2-country.mmdb", "dbip-city.mmdb",
		"ipinfo-lite.mmdb"};
	uint8_t whole[8192], bytes[8192];
	uint32_t random = 7;
	unsigned opened = 0;

	for (size_t f = 0; f < sizeof(files) / sizeof(*files); f++) {
		size_t size = read_file(files[f], whole, sizeof(whole));
		for (int i = 0; i < MUTATIONS; i++) {
			memcpy(bytes, whole, size);
			for (int k = 0; k <= i % 4; k++) {
				random = random * 1103515245 + 12345;
				bytes[(random >> 8) % size] = (uint8_t)(random >> 24);
			}
			write_memory(bytes, i % 8 == 0 ? (random >> 4) % size : size);
			try_memory(&opened);
		}
	}
	CU_ASSERT_TRUE(opened > 0); // the search got behind the first checks
}

// A record whose maps are nested deeper than the stack.
static void test_nested(void)
{
	enum { DEPTH = 4000000 };
	uint8_t whole[8192], *bytes = malloc(2 * DEPTH + sizeof(whole));
	size_t size = read_file("ipinfo-country-asn.mmdb", whole, sizeof(whole)), at = 0;
	const uint8_t *metadata = memmem(whole, size, "\xab\xcd\xefMaxMind.com", 14);
	unsigned opened = 0;

	// the data section begins with the first map, 0xe4; all before is the search tree
	const uint8_t *first = memchr(whole, 0xe4, size);
	CU_ASSERT_PTR_NOT_NULL_FATAL(first);
	CU_ASSERT_PTR_NOT_NULL_FATAL(metadata);
	memcpy(bytes, whole, (size_t)(first - whole));
	at = (size_t)(first - whole);
	for (int i = 0; i < DEPTH; i++) {
		bytes[at++] = 0x01; // an array of one value
		bytes[at++] = 0x04;
	}
	memcpy(bytes + at, metadata, size - (size_t)(metadata - whole));
	write_memory(bytes, at + size - (size_t)(metadata - whole));
	try_memory(&opened);
	CU_ASSERT_EQUAL(opened, 0);
	// the same in the metadata
	memcpy(bytes, whole, size);
	at = (size_t)(metadata - whole) + 14;
	for (int i = 0; i < 60000; i++) {
		bytes[at++] = 0x01;
		bytes[at++] = 0x04;
	}
	write_memory(bytes, at);
	try_memory(&opened);
	CU_ASSERT_EQUAL(opened, 0);
	free(bytes);
}

static void test_refused(void)
{
	char why[1200] = "";

	CU_ASSERT_PTR_NULL(context_mmdb_open(path_of("other.mmdb"), why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "found no AS and no country"));
	CU_ASSERT_PTR_NULL(context_mmdb_open("/dev/zero", why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "no ordinary file"));
	CU_ASSERT_PTR_NULL(context_mmdb_open("/nothing", why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "No such file"));
	write_scratch("", 0);
	CU_ASSERT_PTR_NULL(context_mmdb_open(scratch, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "damaged"));
}

int main(int argc, char **argv)
{
	static const struct unit_test tests[] = {
		{"without files there is no context", test_nothing},
		{"layouts of several vendors", test_layouts},
		{"prefixes, databases, labels: which one counts", test_order},
		{"list of popular names, and its reload", test_popular},
		{"the list of labels in the program", test_builtin},
		{"the longest prefix, against a plain search", test_networks},
		{"wrong lines are rejected with their place", test_wrong_lines},
		{"texts are cut at a character, without control characters", test_text},
		{"files that are no database of this kind", test_refused},
		{"damaged and truncated databases", test_damaged},
		{"values nested deeper than the stack", test_nested},
	};
	char why[300];

	data = argc > 1 ? argv[1] : "tests/data/context";
	zones = zone_open("", why, sizeof(why));
	snprintf(scratch, sizeof(scratch), "/tmp/unit_context.%d", (int)getpid());
	memory = memfd_create("unit_context", 0);
	snprintf(in_memory, sizeof(in_memory), "/proc/self/fd/%d", memory);
	int status = zones && memory >= 0 ? unit_run("context", tests, sizeof(tests) / sizeof(*tests)) : 1;
	unlink(scratch);
	zone_close(zones);
	return status;
}
