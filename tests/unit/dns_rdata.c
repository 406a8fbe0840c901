// SPDX-License-Identifier: BSD-3-Clause
// RDATA: what is sound, what is refused, and the canonical form. Every RDATA lies against a page that
// cannot be read, so that a read past its end faults.
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "dataplane/dns/dns.h"
#include "dataplane/common/dns_layout.h"

// What stands before the RDATA in the message: "Example.COM" at offset 0, "com" at 8.
#define BEFORE "074578616d706c6503434f4d00"
#define EXAMPLE_COM "076578616d706c6503636f6d00"

struct sample {
	uint16_t type;	    // RR type
	const char *rdata;  // hexadecimal
	const char *expect; // canonical form in hexadecimal, NULL where it is malformed
};

static uint8_t *guard; // the page that cannot be read

static size_t from_hex(const char *hex, uint8_t *out)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		char octet[3] = {hex[2 * i], hex[2 * i + 1], 0};
		out[i] = (uint8_t)strtoul(octet, NULL, 16);
	}
	return n;
}

// A cursor over RDATA whose last octet is the last before the guard.
static struct cursor place(const uint8_t *rdata, size_t size)
{
	uint8_t before[64];
	size_t before_size = from_hex(BEFORE, before);
	uint8_t *start = guard - size - before_size;

	memcpy(start, before, before_size);
	memcpy(start + before_size, rdata, size);
	struct cursor c = cursor_make(start, before_size + size);
	cursor_skip(&c, before_size);
	return c;
}

static bool sample_holds(const struct sample *s)
{
	uint8_t rdata[1024], expect[1024], out[2048];
	struct cursor c = place(rdata, from_hex(s->rdata, rdata));

	bool sound = dns_rdata_check(c, s->type, DNS_CLASS_IN, NULL);
	size_t n = dns_rdata_read(c, s->type, DNS_CLASS_IN, NULL, out, sizeof(out));
	if (!s->expect)
		return !sound && n == SIZE_MAX;
	size_t expect_size = from_hex(s->expect, expect);
	if (!sound || n != expect_size || memcmp(out, expect, n) != 0)
		return false;
	// room for one octet less does not do
	return n == 0 || dns_rdata_read(c, s->type, DNS_CLASS_IN, NULL, out, n - 1) == SIZE_MAX;
}

static void check_samples(const struct sample *samples, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		bool holds = sample_holds(&samples[i]);
		if (!holds)
			fprintf(stderr, "type %u: %s\n", samples[i].type, samples[i].rdata);
		CU_ASSERT_TRUE(holds);
	}
}

#define CHECK(samples) check_samples(samples, sizeof(samples) / sizeof(*samples))

static void test_names(void)
{
	static const struct sample samples[] = {
		{5, "c000", EXAMPLE_COM},				      // compressed, upper case
		{2, "03575757c000", "03777777" EXAMPLE_COM},		      // RFC 1035 §4.1.4
		{12, "00", "00"},					      // the root
		{15, "000ac000", "000a" EXAMPLE_COM},			      // MX
		{33, "000000050016c008", "00000005001603636f6d00"},	      // SRV too, though RFC 2782 forbids
		{39, "c000", EXAMPLE_COM},				      // DNAME
		{14, "c00003414243c000", EXAMPLE_COM "03616263" EXAMPLE_COM}, // MINFO
		{6, "c000c00800000001000000020000000300000004ffffffff",
			EXAMPLE_COM "03636f6d0000000001000000020000000300000004ffffffff"},
		{2, "c00d", NULL},						    // points at itself
		{2, "c0", NULL},						    // half a pointer
		{2, "c00000", NULL},						    // something left over
		{2, "036162", NULL},						    // label cut off
		{2, "0161", NULL},						    // no end
		{2, "8000", NULL},						    // no such kind of label
		{2, "", NULL},							    // nothing
		{15, "000a", NULL},						    // no exchange
		{8, "c0ff", "c0ff"},						    // MG that does not fit is opaque
		{8, "c000", EXAMPLE_COM},					    // and is decompressed where it fits
		{38, "7801c000", "7801" EXAMPLE_COM},				    // A6
		{38, "78c0c000", "78c0" EXAMPLE_COM}, {38, "7801c0ff", "7801c0ff"}, // that does not fit is opaque
		{38, "7901c000", "7901" EXAMPLE_COM}, {38, "7980c000", "7980c000"}, // a bit of the prefix
		{38, "0000000000000000000000000000000001c000",
			"0000000000000000000000000000000001c000"}, // no prefix, no name
	};
	CHECK(samples);
}

static void test_fixed(void)
{
	static const struct sample samples[] = {
		{1, "c0000201", "c0000201"},
		{1, "c00002", NULL},
		{1, "c000020100", NULL},
		{28, "20010db8000000000000000000000001", "20010db8000000000000000000000001"},
		{28, "20010db80000000000000000000000", NULL},
		{108, "00005e00532a", "00005e00532a"},
		{108, "00005e0053", NULL},
		{109, "00005eef1000002a", "00005eef1000002a"},
		{104, "000a0014004fff1000", NULL},
		{104, "000a0014004fff10002a", "000a0014004fff10002a"},
		{105, "000ac0000201", "000ac0000201"},
		{65280, "", ""},
		{65280, "c000", "c000"}, // not decompressed (RFC 3597 §4)
		{10, "ff", "ff"},
	};
	CHECK(samples);
}

static void test_strings(void)
{
	static const struct sample samples[] = {
		{16, "0161", "0161"}, {16, "00", "00"}, {16, "", ""}, {16, "0261", NULL}, {13, "01610162", "01610162"},
		{13, "0161", NULL}, {20, "0161", "0161"}, {20, "01610162", "01610162"}, {20, "016101620163", NULL},
		{35, "000a001401750000c000", "000a001401750000" EXAMPLE_COM},
		{257, "0005697373756563612e6578616d706c65", "0005697373756563612e6578616d706c65"},
		{257, "00006361", NULL},     // no tag
		{257, "0003692d7361", NULL}, // not letters and digits
		{256, "00010001", NULL},     // no target
		{256, "0001000161", "0001000161"}, {27, "0239300331383002302e", "0239300331383002302e"},
		{27, "0439302e310331383002302e", NULL}, // 90.1°
		{27, "012d0331383002302e", NULL},	// "-"
		{27, "032e2e310331383002302e", NULL},	// "..1"
	};
	CHECK(samples);
}

static void test_dnssec(void)
{
	static const char digest20[] = "000102030405060708090a0b0c0d0e0f10111213";
	char ds[100], cds[] = "0000000000";
	struct sample samples[] = {
		{43, ds, ds}, {59, cds, cds},			    // delete (RFC 8078 §4)
		{43, cds, NULL}, {43, "0001080100", NULL},	    // SHA-1 has 20 octets
		{43, "00010805", "00010805"},			    // an unknown digest may have any
		{43, "000108", NULL}, {47, "c0000001400000", NULL}, // length of the map is 1, then more
		{47, "c000000140", EXAMPLE_COM "000140"},	    // A
		{47, "c0000000", NULL},				    // empty map
		{47, "c000010140000140", NULL},			    // windows must ascend
		{47, "c000", EXAMPLE_COM},
		{46, "0001080200000e1000000001000000020001c000ff",
			"0001080200000e1000000001000000020001" EXAMPLE_COM "ff"},
		{50, "0101000a02aabb021415000140", "0101000a02aabb021415000140"},
		{63,
			"000000010101"
			"00",
			NULL}, // SHA-384 has 48 octets
		{63,
			"000000010109"
			"00",
			"00000001010900"},
		{63,
			"000000010009"
			"00",
			NULL}, // scheme 0
	};

	snprintf(ds, sizeof(ds), "00010801%s", digest20);
	CHECK(samples);
}

static void test_lists(void)
{
	static const struct sample samples[] = {
		{42, "", ""},
		{42, "00011803c00002", "00011803c00002"},
		{42, "00012103c00002", NULL},	  // /33
		{42, "00011805c000020100", NULL}, // five octets of IPv4
		{42, "00028081ff", "00028081ff"}, // negated
		{45, "0a0002ff", "0a0002ff"},
		{45, "0a0302c000ff", "0a0302" EXAMPLE_COM "ff"},
		{45, "0a0402", NULL},
		{45, "0a0102c00002", NULL},
		{260, "0a81c0000201", "0a81c0000201"},
		{260, "0a83c000", "0a83" EXAMPLE_COM},
		{260, "0a84", NULL},
		{260, "0a0001", NULL},
		{55, "02010001aabbcc076578416d706c6503434f4d0000", "02010001aabbcc" EXAMPLE_COM "00"},
		{55, "02010001aabbccc008", NULL}, // servers are not compressed
		{55, "02010001aabbcc0003636f6dc00c", NULL},
		{55, "02010001aabb", NULL},
		{29, "00121613934fd9008000000000989680", "00121613934fd9008000000000989680"}, // 90° N
		{29, "00121613934fd9018000000000989680", NULL},
		{29, "0012161380000000a69fb20100989680", NULL}, // past 180° E
		{29, "00121613800000008000000000989680", "00121613800000008000000000989680"},
		{29, "00a21613800000008000000000989680", NULL},
		{29, "01121613800000008000000000989680", NULL},
	};
	CHECK(samples);
}

static void test_svcb(void)
{
	static const struct sample samples[] = {
		{64, "0000c000", "0000" EXAMPLE_COM},
		{64, "0000c00000030002ffff", NULL}, // alias with parameters
		{65, "000100", "000100"},
		{65, "00010000010003026832", "00010000010003026832"},
		{65, "0001000001000100", NULL},		// empty protocol name
		{65, "000100000300020035000100", NULL}, // cut off
		{65, "00010000030002003500010003026832", NULL},
		{65, "000100000000020001", NULL}, // mandatory alpn is not there
		{65,
			"0001000000000200010001000302"
			"6832",
			"00010000000002000100010003026832"},
		{65, "00010000000002000000030002ffff", NULL},			  // mandatory lists itself
		{65, "000100000000040003000700030002ffff00040004c0000201", NULL}, // the second is not there
		{65, "000100000000040003000400030002ffff00040004c0000201",
			"000100000000040003000400030002ffff00040004c0000201"},
		{65,
			"0001000000000200030000000200040004"
			"0004c0000201",
			"0001000000000200030000000200040004"
			"0004c0000201"},	// twice: the last holds
		{65, "00010000020000", NULL},	// no-default-alpn without alpn
		{65, "000100000300010a", NULL}, // port of one octet
		{65, "000100000400050102030405", NULL},
		{65, "000100000400080102030405060708", "000100000400080102030405060708"},
		{65,
			"00010000060010"
			"20010db8000000000000000000000001",
			"0001000006001020010db8000000000000000000000001"},
		{65, "00010000070001ff", "00010000070001ff"},
	};
	CHECK(samples);
}

// HTTPS with `len` parameters, all of them listed as mandatory or as a key of its own. Returns its size.
static size_t long_svcb(uint8_t *out, unsigned len, unsigned list_key)
{
	size_t size = 3; // priority, the root as target

	memcpy(out, "\0\1\0", size);
	for (unsigned i = 0; i < 2 + len; i++) {
		const unsigned words[] = {list_key, 2 * len, 1000 + i - 2};
		out[size++] = (uint8_t)(words[i < 2 ? i : 2] >> 8);
		out[size++] = (uint8_t)words[i < 2 ? i : 2];
	}
	for (unsigned i = 0; i < len; i++, size += 4) {
		out[size] = (uint8_t)((1000 + i) >> 8);
		out[size + 1] = (uint8_t)(1000 + i);
		out[size + 2] = out[size + 3] = 0;
	}
	return size;
}

static double check_ms(const uint8_t *rdata, size_t size)
{
	struct timespec start, end;
	double least = 1e9;

	for (int i = 0; i < 5; i++) {
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &start);
		CU_ASSERT_TRUE(dns_rdata_check(cursor_make(rdata, size), DNS_TYPE_HTTPS, DNS_CLASS_IN, NULL));
		clock_gettime(CLOCK_THREAD_CPUTIME_ID, &end);
		double ms = (double)(end.tv_sec - start.tv_sec) * 1e3 + (double)(end.tv_nsec - start.tv_nsec) / 1e6;
		least = ms < least ? ms : least;
	}
	return least;
}

// Ten thousand keys that are mandatory take no longer than ten thousand that are not: a message of 64 KiB
// must not stop the worker for a tenth of a second.
static void test_svcb_time(void)
{
	static uint8_t rdata[65536];

	double plain_ms = check_ms(rdata, long_svcb(rdata, 10000, 999));
	double mandatory_ms = check_ms(rdata, long_svcb(rdata, 10000, 0));
	CU_ASSERT(mandatory_ms < 20 * plain_ms);
}

static void test_options(void)
{
	static const struct sample samples[] = {
		{41, "", ""}, {41, "000a0001ff", "000a0001ff"}, {41, "000a0002ff", NULL},
		{41, "000800080001180001c0a800", NULL}, // /24 in four octets
		{41, "0008000700011800c0a801", "0008000700011800c0a801"}, {41, "0008000400030000", NULL}, // family 3
		{41, "000800090001210000c0a80100", NULL},						  // /33
		{41, "000f00020000", "000f00020000"}, {41, "000f000100", NULL},
		{41, "000f00040000c3a9", "000f00040000c3a9"}, {41, "000f00030000c3", NULL}, // half a character
		{41, "000f00050000eda080", NULL},					    // a surrogate
	};
	CHECK(samples);
}

static void test_classes(void)
{
	uint8_t rdata[64], out[64];
	struct cursor c = place(rdata, from_hex("c0000102", rdata));

	CU_ASSERT_TRUE(dns_rdata_check(c, DNS_TYPE_A, DNS_CLASS_CH, NULL)); // name and address
	CU_ASSERT_EQUAL(dns_rdata_read(c, DNS_TYPE_A, DNS_CLASS_CH, NULL, out, sizeof(out)), 15);
	c = place(rdata, from_hex("ff", rdata));
	CU_ASSERT_FALSE(dns_rdata_check(c, DNS_TYPE_A, DNS_CLASS_CH, NULL));
	CU_ASSERT_TRUE(dns_rdata_check(c, DNS_TYPE_A, 4, NULL)); // no layout in class HS
	CU_ASSERT_TRUE(dns_rdata_check(c, DNS_TYPE_SRV, DNS_CLASS_NONE, NULL));
	CU_ASSERT_FALSE(dns_rdata_check(c, DNS_TYPE_NS, DNS_CLASS_NONE, NULL)); // holds in every class
}

// Every prefix of every kind of RDATA, and random octets: no fault, and what was checked can be read.
static void test_prefixes(void)
{
	uint8_t rdata[300], out[2048];
	unsigned seed = 1;

	for (unsigned type = 0; type < 300; type++) {
		for (int turn = 0; turn < 200; turn++) {
			size_t size = (size_t)rand_r(&seed) % 60;
			for (size_t i = 0; i < size; i++)
				rdata[i] = (uint8_t)(rand_r(&seed) >> 8 & (turn & 1 ? 0xff : 0x03));
			struct cursor c = place(rdata, size);
			bool sound = dns_rdata_check(c, (uint16_t)type, DNS_CLASS_IN, NULL);
			size_t n = dns_rdata_read(c, (uint16_t)type, DNS_CLASS_IN, NULL, out, sizeof(out));
			CU_ASSERT_EQUAL(sound, n != SIZE_MAX);
		}
	}
}

static void test_mnemonics(void)
{
	uint16_t type;

	CU_ASSERT_EQUAL(dns_layout_type("mx", &type), 0);
	CU_ASSERT_EQUAL(type, 15);
	CU_ASSERT_EQUAL(dns_layout_type("NSAP-PTR", &type), 0);
	CU_ASSERT_EQUAL(type, 23);
	CU_ASSERT_EQUAL(dns_layout_type("Type65280", &type), 0);
	CU_ASSERT_EQUAL(type, 65280);
	CU_ASSERT_EQUAL(dns_layout_type("DLV", &type), 0);
	CU_ASSERT_EQUAL(type, 32769);
	CU_ASSERT_NOT_EQUAL(dns_layout_type("TYPE65536", &type), 0);
	CU_ASSERT_NOT_EQUAL(dns_layout_type("TYPE-1", &type), 0);
	CU_ASSERT_NOT_EQUAL(dns_layout_type("", &type), 0);
	CU_ASSERT_PTR_NULL(dns_layout_of(0));
	CU_ASSERT_PTR_NULL(dns_layout_of(65535));
	for (unsigned t = 0; t < 65536; t++) {
		const struct dns_layout *l = dns_layout_of((uint16_t)t);
		CU_ASSERT_TRUE(!l || (l->type == t && l->fields[0] != DNS_FIELD_END));
	}
}

int main(void)
{
	size_t page = (size_t)sysconf(_SC_PAGESIZE);
	uint8_t *pages = mmap(NULL, 2 * page, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);

	if (pages == MAP_FAILED || mprotect(pages + page, page, PROT_NONE) != 0)
		return 1;
	guard = pages + page;
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite suite = CU_add_suite("dns_rdata", NULL, NULL);
	CU_add_test(suite, "names", test_names);
	CU_add_test(suite, "fixed sizes", test_fixed);
	CU_add_test(suite, "strings", test_strings);
	CU_add_test(suite, "dnssec", test_dnssec);
	CU_add_test(suite, "lists", test_lists);
	CU_add_test(suite, "svcb", test_svcb);
	CU_add_test(suite, "svcb with many keys", test_svcb_time);
	CU_add_test(suite, "options", test_options);
	CU_add_test(suite, "classes", test_classes);
	CU_add_test(suite, "prefixes", test_prefixes);
	CU_add_test(suite, "mnemonics", test_mnemonics);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures > 0;
}
