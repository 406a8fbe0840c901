// SPDX-License-Identifier: BSD-3-Clause
// Presentation text of names and of RDATA of every kind; what does not fit its layout.
#include <CUnit/Basic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "collector/text/text.h"

#define EXAMPLE_COM "076578616d706c6503636f6d00"

static char out[TEXT_RDATA_SIZE];

static size_t from_hex(const char *hex, uint8_t *bytes)
{
	size_t n = strlen(hex) / 2;
	for (size_t i = 0; i < n; i++) {
		char octet[3] = {hex[2 * i], hex[2 * i + 1], 0};
		bytes[i] = (uint8_t)strtoul(octet, NULL, 16);
	}
	return n;
}

struct sample {
	const char *type;  // as text_type writes it
	uint16_t number;   // RR type
	const char *rdata; // hexadecimal
	const char *text;  // what is expected
};

static const struct sample common[] = {
	{"A", 1, "cb007107", "203.0.113.7"},
	{"A", 1, "00000000", "0.0.0.0"},
	{"A", 1, "ffffffff", "255.255.255.255"},
	{"A", 1, "cb0071", "\\# 3 cb0071"},
	{"A", 1, "cb00710700", "\\# 5 cb00710700"},
	{"AAAA", 28, "20010db8000000000000000000000001", "2001:db8::1"},
	{"AAAA", 28, "00000000000000000000000000000000", "::"},
	{"AAAA", 28, "00000000000000000000000000000001", "::1"},
	{"AAAA", 28, "fe800000000000000000000000000000", "fe80::"},
	{"AAAA", 28, "20010db8000000010001000100010001", "2001:db8:0:1:1:1:1:1"}, // RFC 5952 §4.2.2
	{"AAAA", 28, "20010000000000010000000000000001", "2001:0:0:1::1"},	  // RFC 5952 §4.2.3
	{"AAAA", 28, "20010db8000000000001000000000001", "2001:db8::1:0:0:1"},
	{"AAAA", 28, "00000000000000000000ffffc0000201", "::ffff:192.0.2.1"},
	{"AAAA", 28, "000000000000000000000000c0000201", "::192.0.2.1"},
	{"AAAA", 28, "0064ff9b0000000000000000c0000201", "64:ff9b::c000:201"},
	{"NS", 2, "036e7331" EXAMPLE_COM, "ns1.example.com"},
	{"CNAME", 5, "03575757" EXAMPLE_COM, "www.example.com"},
	{"CNAME", 5, "00", "."},
	{"CNAME", 5, "c000", "\\# 2 c000"},
	{"PTR", 12, "0161", "\\# 2 0161"},
	{"SOA", 6,
		"036e7331" EXAMPLE_COM "00"
		"78a3e7fa00001c2000000e1000127500ffffffff",
		"ns1.example.com . 2024007674 7200 3600 1209600 4294967295"},
	{"MX", 15, "000a046d61696c" EXAMPLE_COM, "10 mail.example.com"},
	{"MX", 15, "000000", "0 ."},
	{"SRV", 33, "0000000501bb03736970" EXAMPLE_COM, "0 5 443 sip.example.com"},
	{"TXT", 16, "0b763d73706631202d616c6c0d7365636f6e6420737472696e67", "\"v=spf1 -all\" \"second string\""},
	{"TXT", 16, "06225c203b7fe9", "\"\\\"\\\\ ;\\127\\233\""},
	{"TXT", 16, "00", "\"\""},
	{"TXT", 16, "0561", "\\# 2 0561"},
	{"DNAME", 39, EXAMPLE_COM, "example.com"},
	{"TYPE65280", 65280, "0a000001", "\\# 4 0a000001"},
	{"TYPE65280", 65280, "", "\\# 0"},
	{"NULL", 10, "ff", "\\# 1 ff"},
};

static const struct sample rare[] = {
	{"WKS", 11, "c00002010600000040", "192.0.2.1 6 25"},
	{"HINFO", 13, "025043054c696e7578", "\"PC\" \"Linux\""},
	{"MINFO", 14, "00" EXAMPLE_COM, ". example.com"},
	{"MG", 8, "c0ff", "\\# 2 c0ff"},
	{"X25", 19, "0c333131303631373030393536", "\"311061700956\""},
	{"ISDN", 20, "03313530", "\"150\""},
	{"ISDN", 20, "0331353003303034", "\"150\" \"004\""},
	{"NSAP", 22, "47000580", "0x47000580"},
	{"GPOS", 27,
		"082d33322e36383832083131362e3836353204"
		"31302e30",
		"-32.6882 116.8652 10.0"},
	{"LOC", 29, "0033161389172dd070be15f000988d20", "42 21 54.000 N 71 6 18.000 W -24.00m 30.00m 10000.00m 10.00m"},
	{"LOC", 29, "00121613800000008000000000989680", "0 0 0.000 N 0 0 0.000 E 0.00m"},
	{"NXT", 30, EXAMPLE_COM "4001", "example.com A MX"},
	{"ATMA", 34, "0039246f", "39246f"},
	{"ATMA", 34, "0131363137", "+1617"},
	{"ATMA", 34, "013136612d", "\\# 5 013136612d"},
	{"ATMA", 34, "0239", "\\# 2 0239"},
	{"ATMA", 34, "00", "\\# 1 00"},
	{"A6", 38, "0020010db8000000000000000000000001", "0 2001:db8::1"},
	{"A6", 38, "400000000000000001" EXAMPLE_COM, "64 ::1 example.com"},
	{"A6", 38, "410000000000000001" EXAMPLE_COM, "65 ::1 example.com"},
	{"A6", 38, "418000000000000001" EXAMPLE_COM, "\\# 22 418000000000000001" EXAMPLE_COM}, // a bit of the prefix
	{"A6", 38, "80" EXAMPLE_COM, "128 example.com"},
	{"A6", 38, "8100", "\\# 2 8100"},
	{"NAPTR", 35, "0064003201730953495032442b5544500000", "100 50 \"s\" \"SIP2D+UDP\" \"\" ."},
	{"CERT", 37, "00010000080a0b0c", "PKIX 0 RSASHA256 CgsM"},
	{"CERT", 37, "00630000c80a0b", "99 0 200 Cgs="},
	{"APL", 42,
		"00011503c0a820"
		"00011c83c0a826"
		"00020801ff"
		"00030802ff00",
		"1:192.168.32.0/21 !1:192.168.38.0/28 2:ff00::/8 3:ff00/8"},
	{"APL", 42, "", ""},
	{"DS", 43, "ec450802d4b7d520e7bb5f0f67674a0cc8d5a4c9", "60485 8 2 d4b7d520e7bb5f0f67674a0cc8d5a4c9"},
	{"DS", 43, "ec450805", "60485 8 5"},
	{"SSHFP", 44, "0402ab", "4 2 ab"},
	{"IPSECKEY", 45,
		"0a0102c0000226"
		"0103",
		"10 1 2 192.0.2.38 AQM="},
	{"IPSECKEY", 45, "0a0000", "10 0 0 ."},
	{"IPSECKEY", 45, "0a0302" EXAMPLE_COM "01", "10 3 2 example.com AQ=="},
	{"RRSIG", 46,
		"00010502000151803e5a5f803e338e80"
		"0a62" EXAMPLE_COM "01",
		"A 5 2 86400 20030224180800 20030126073008 2658 example.com AQ=="},
	{"NSEC", 47,
		"04686f7374" EXAMPLE_COM "0006400100000003"
		"041b000000000000000000000000000000000000000000000000000020",
		"host.example.com A MX RRSIG NSEC TYPE1234"},
	{"DNSKEY", 48, "010103080103", "257 3 8 AQM="},
	{"DHCID", 49, "000201", "AAIB"},
	{"NSEC3", 50,
		"0101000c04aabbccdd14"
		"174eb2409fe28bcb4887a1836f957f0a8425e27b"
		"000122",
		"1 1 12 aabbccdd 2t7b4g4vsa5smi47k61mv5bv1a22bojr NS SOA"},
	{"NSEC3PARAM", 51, "0100000a00", "1 0 10 -"},
	{"TLSA", 52, "030101ab", "3 1 1 ab"},
	{"HIP", 55, "02020003200101020300", "2 2001 AQID ."},
	{"CDS", 59, "0000000000", "0 0 0 00"},
	{"OPENPGPKEY", 61, "01020304", "AQIDBA=="},
	{"CSYNC", 62, "000000420003000460000008", "66 3 A NS AAAA"},
	{"ZONEMD", 63, "7848b91c0101ab", "2018031900 1 1 ab"},
	{"SVCB", 64, "000003666f6f" EXAMPLE_COM, "0 foo.example.com"},
	{"HTTPS", 65, "00010000010006026832026833", "1 . alpn=\"h2,h3\""},
	{"HTTPS", 65,
		"0001000000000400010003"
		"0001000302683200020000"
		"0003000201bb"
		"00040004c0000201"
		"0005000101"
		"0006001020010db8000000000000000000000001"
		"0007000161"
		"00080000",
		"1 . mandatory=\"alpn,port\" alpn=\"h2\" no-default-alpn port=\"443\" ipv4hint=\"192.0.2.1\" "
		"ech=\"AQ==\" ipv6hint=\"2001:db8::1\" key7=\"a\" key8"},
	{"HTTPS", 65, "0001000001000605612c225c01", "1 . alpn=\"a\\\\,\\\\\\\"\\\\\\\\\\\\001\""},
	{"HTTPS", 65, "00010000010001", "\\# 7 00010000010001"},
	{"DSYNC", 66, "003b0114ef0161016200", "CDS NOTIFY 5359 a.b"},
	{"DSYNC", 66, "ff000214ef00", "TYPE65280 2 5359 ."},
	{"SPF", 99, "0161", "\"a\""},
	{"NID", 104, "000a00144fffff20ee64", "10 0014:4fff:ff20:ee64"},
	{"L32", 105, "000ac0000201", "10 192.0.2.1"},
	{"EUI48", 108, "00005e00532a", "00-00-5e-00-53-2a"},
	{"EUI64", 109, "00005eef1000002a", "00-00-5e-ef-10-00-00-2a"},
	{"URI", 256, "000a0001687474703a2f2f2261", "10 1 \"http://\\\"a\""},
	{"CAA", 257,
		"00056973737565"
		"63612e6578616d706c65",
		"0 issue \"ca.example\""},
	{"DOA", 259, "00000000000000010200", "0 1 2 \"\" -"},
	{"DOA", 259, "0000000000000001020161ff", "0 1 2 \"a\" /w=="},
	{"AMTRELAY", 260, "0a81c0000201", "10 1 1 192.0.2.1"},
	{"AMTRELAY", 260, "0a03" EXAMPLE_COM, "10 0 3 example.com"},
	{"RESINFO", 261, "08716e616d656d696e", "\"qnamemin\""},
	{"RESINFO", 261, "", "\\# 0"},
	{"TA", 32768, "ec4508020a", "60485 8 2 0a"},
	{"OPT", 41, "000a0000", "\\# 4 000a0000"},
};

static void check_samples(const struct sample *samples, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		uint8_t *rdata = malloc(1024);
		char type[TEXT_TYPE_SIZE];
		size_t size = from_hex(samples[i].rdata, rdata);
		uint8_t *tight = malloc(size + 1); // so that a checker sees any octet read past the end
		memcpy(tight + 1, rdata, size);
		size_t n = text_rdata(samples[i].number, tight + 1, size, out, sizeof(out));
		free(tight);
		free(rdata);
		if (strcmp(out, samples[i].text) != 0)
			fprintf(stderr, "%s: %s\n    not %s\n", samples[i].type, out, samples[i].text);
		CU_ASSERT_STRING_EQUAL(out, samples[i].text);
		CU_ASSERT_EQUAL(n, strlen(out));
		text_type(samples[i].number, type);
		CU_ASSERT_STRING_EQUAL(type, samples[i].type);
	}
}

static void test_common(void)
{
	check_samples(common, sizeof(common) / sizeof(*common));
}

static void test_rare(void)
{
	check_samples(rare, sizeof(rare) / sizeof(*rare));
}

static void test_names(void)
{
	char text[TEXT_NAME_SIZE];
	uint8_t wire[300];

	size_t size = from_hex("10"
			       "22282e3b5c40242920007f80417e212d"
			       "0161"
			       "00",
		wire);
	CU_ASSERT_EQUAL(text_name(wire, size, text), strlen(text));
	CU_ASSERT_STRING_EQUAL(text, "\\\"\\(\\.\\;\\\\\\@\\$\\)\\032\\000\\127\\128a~!-.a");
	CU_ASSERT_EQUAL(text_name(wire, size - 1, text), 0); // no end
	CU_ASSERT_STRING_EQUAL(text, "");
	CU_ASSERT_EQUAL(text_name(wire, 0, text), 0);
	CU_ASSERT_EQUAL(text_name((const uint8_t *)"", 1, text), 1);
	CU_ASSERT_STRING_EQUAL(text, ".");

	// the longest name: three labels of 63 octets and one of 61
	memset(wire, 0xff, sizeof(wire));
	wire[0] = wire[64] = wire[128] = 63;
	wire[192] = 61;
	wire[254] = 0;
	CU_ASSERT_EQUAL(text_name(wire, 255, text), 4 * 250 + 3);
	wire[192] = 62; // one octet too long
	wire[255] = 0;
	CU_ASSERT_EQUAL(text_name(wire, 256, text), 0);
}

static void test_targets(void)
{
	static const struct {
		uint16_t type;
		const char *rdata;
		int offset; // -1: none
	} samples[] = {
		{2, EXAMPLE_COM, 0},
		{5, EXAMPLE_COM, 0},
		{12, EXAMPLE_COM, 0},
		{39, EXAMPLE_COM, 0},
		{15, "000a" EXAMPLE_COM, 2},
		{33, "000000000000" EXAMPLE_COM, 6},
		{65, "0001" EXAMPLE_COM "0001", 2},
		{64, "0001" EXAMPLE_COM, 2},
		{1, "c0000201", -1},
		{15, "000a", -1},
		{15, "000a0161", -1},
		{2, "c000", -1},
		{2, "", -1},
		{16, EXAMPLE_COM, -1},
	};

	for (size_t i = 0; i < sizeof(samples) / sizeof(*samples); i++) {
		uint8_t rdata[64];
		size_t size = from_hex(samples[i].rdata, rdata), target_size = 0;
		const uint8_t *t = text_rdata_target(samples[i].type, rdata, size, &target_size);
		CU_ASSERT_EQUAL(t ? (int)(t - rdata) : -1, samples[i].offset);
		CU_ASSERT_EQUAL(target_size, t ? 13 : 0);
	}
}

static void test_addresses(void)
{
	char text[TEXT_ADDRESS_SIZE];
	uint8_t address[16] = {192, 0, 2, 1};

	CU_ASSERT_EQUAL(text_address(address, 4, text), 9);
	CU_ASSERT_STRING_EQUAL(text, "192.0.2.1");
	CU_ASSERT_EQUAL(text_address(address, 5, text), 0);
	memset(address, 0xff, sizeof(address));
	CU_ASSERT_EQUAL(text_address(address, 16, text), 39);
}

// What is longest: every type in a bit map, every port, 65,535 octets that are all escaped.
static void test_largest(void)
{
	static uint8_t rdata[65535];
	size_t size = 1;

	for (unsigned window = 0; window < 256; window++) {
		rdata[size++] = (uint8_t)window;
		rdata[size++] = 32;
		memset(rdata + size, 0xff, 32);
		size += 32;
	}
	CU_ASSERT_TRUE(text_rdata(47, rdata, size, out, sizeof(out)) > 600000);
	CU_ASSERT_STRING_EQUAL(out + strlen(out) - 9, "TYPE65535");

	memset(rdata, 0xff, sizeof(rdata));
	CU_ASSERT_TRUE(text_rdata(11, rdata, 5 + 8192, out, sizeof(out)) > 300000);
	CU_ASSERT_TRUE(text_rdata(11, rdata, 5 + 8193, out, sizeof(out)) < 20000); // no such ports
	CU_ASSERT_EQUAL(text_rdata(256, rdata, sizeof(rdata), out, sizeof(out)), 12 + 4 * 65531 + 2);
	CU_ASSERT_EQUAL(text_rdata(65280, rdata, sizeof(rdata), out, sizeof(out)), 9 + 2 * 65535);
}

// A buffer that is too small is left empty, whatever its size.
static void test_small(void)
{
	static const struct sample *all[] = {common, rare};
	static const size_t lens[] = {sizeof(common) / sizeof(*common), sizeof(rare) / sizeof(*rare)};

	for (size_t k = 0; k < 2; k++) {
		for (size_t i = 0; i < lens[k]; i++) {
			uint8_t rdata[1024];
			size_t size = from_hex(all[k][i].rdata, rdata);
			for (size_t room = 1; room <= strlen(all[k][i].text); room++) {
				char *small = malloc(room);
				size_t n = text_rdata(all[k][i].number, rdata, size, small, room);
				// the form of RFC 3597 may be shorter than the type's own
				CU_ASSERT_EQUAL(n, strlen(small));
				CU_ASSERT_TRUE(n < room);
				free(small);
			}
		}
	}
}

int main(void)
{
	if (CU_initialize_registry() != CUE_SUCCESS)
		return 1;
	CU_pSuite suite = CU_add_suite("text", NULL, NULL);
	CU_add_test(suite, "names", test_names);
	CU_add_test(suite, "common types", test_common);
	CU_add_test(suite, "rare types", test_rare);
	CU_add_test(suite, "targets", test_targets);
	CU_add_test(suite, "addresses", test_addresses);
	CU_add_test(suite, "largest", test_largest);
	CU_add_test(suite, "small buffers", test_small);
	CU_basic_run_tests();
	unsigned failures = CU_get_number_of_failures();
	CU_cleanup_registry();
	return failures > 0;
}
