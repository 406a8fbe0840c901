// SPDX-License-Identifier: BSD-3-Clause
// Block lists: what is taken, what is left out, in which order; formats; serials; the file of lists.
#include "tests/tools/unit.h"

#include "collector/block/allow.h"
#include "collector/block/conf.h"
#include "collector/block/format.h"
#include "collector/block/indicator.h"
#include "collector/block/serial.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NOW = 1700000000, TEXT_SIZE = 65536 };

static struct zone_list *zones;
static struct block_list list;
static struct block_set set;
static char why[600], text[TEXT_SIZE];

static void begin(void)
{
	if (!zones)
		zones = zone_open("", why, sizeof(why));
	block_list_free(&list);
	block_set_free(&set);
	block_list_init(&list, "test");
	list.comments = false;
}

static size_t add(const char *line)
{
	const struct block_origin o =
		{.list = &list, .zones = zones, .reason = "listed", .since = NOW, .until = BLOCK_NEVER, .now = NOW};

	return block_indicator_add(&set, &o, line);
}

// All entries, with a blank after each.
static const char *entries(void)
{
	char one[BLOCK_TEXT_SIZE];
	size_t n = 0;

	text[0] = '\0';
	for (size_t i = 0; i < set.len; i++)
		n += (size_t)snprintf(text + n, sizeof(text) - n, "%s ", block_entry_text(&set.at[i], one));
	return text;
}

static bool is_removed(const char *what, const char *reason)
{
	for (size_t i = 0; i < set.removed_len; i++)
		if (strcmp(set.removed[i].what, what) == 0 && strstr(set.removed[i].why, reason))
			return true;
	return false;
}

// The lines of a format after its head.
static const char *made(enum block_format_id id)
{
	const struct block_view view = {.list = &list, .set = &set, .serial = 7, .changed = NOW};
	struct block_output output;

	CU_ASSERT_EQUAL_FATAL(block_format_make(id, &view, &output), 0);
	snprintf(text, sizeof(text), "%.*s", (int)output.at[0].body.size,
		output.at[0].body.size > 0 ? output.at[0].body.bytes : "");
	block_output_free(&output);
	return text;
}

static void indicators(void)
{
	begin();
	CU_ASSERT_EQUAL(add("hxxps://Evil[.]Example[.]com:8443/x?y#z  # phishing"), 1);
	CU_ASSERT_EQUAL(add("*.bad.example.net"), 1);
	CU_ASSERT_EQUAL(add("198.51.100.77/28"), 1);
	CU_ASSERT_EQUAL(add("203.0.113.5-203.0.113.9"), 3);
	CU_ASSERT_EQUAL(add("2001:db8::/32"), 1);
	CU_ASSERT_EQUAL(add("ns:ns1.evil.example.com"), 1);
	CU_ASSERT_EQUAL(add("ns:192.0.2.53"), 1);
	CU_ASSERT_EQUAL(add("255.255.255.255"), 1);
	CU_ASSERT_EQUAL(add("  "), 0);
	CU_ASSERT_STRING_EQUAL(set.at[0].reason, "phishing");
	CU_ASSERT_STRING_EQUAL(entries(),
		"*.evil.example.com *.bad.example.net 198.51.100.64/28 203.0.113.5 203.0.113.6/31 "
		"203.0.113.8/31 2001:db8::/32 ns:ns1.evil.example.com ns:192.0.2.53 255.255.255.255 ");
	CU_ASSERT_EQUAL(set.removed_len, 0);
}

static void left_out(void)
{
	static const char *const bad[] = {"com", "co.uk", "github.io", "*.org", ".", "0.0.0.0/0", "10.0.0.0/7", "::/0",
		"a..b.com", "we\\010ird.example.com", "a b.com\\;x", "1.2.3.4.5", "32.1.2.3.4.rpz-ip", "x.rpz-nsdname",
		"evil.com until yesterday", "evil.com until 2020-01-01", "/regex/", "\x01.com", "exa$(x)mple.com"};

	begin();
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		if (add(bad[i]) != 0)
			CU_FAIL(bad[i]);
	CU_ASSERT_EQUAL(set.len, 0);
	CU_ASSERT_EQUAL(set.removed_len, sizeof(bad) / sizeof(*bad));
	CU_ASSERT(is_removed("co.uk", "public suffix"));
	CU_ASSERT(is_removed("evil.com", "expired 2020-01-01"));
	CU_ASSERT(!block_indicator_is_host("a_b.com") && !block_indicator_is_host("-a.com") &&
		  !block_indicator_is_host("a-.com"));
	CU_ASSERT(block_indicator_is_host("a-b.xn--p1ai") && block_indicator_is_domain("_a.b-.com"));
}

static void comments(void)
{
	begin();
	list.comments = true;
	add("evil.com # x\x7f\ty \"\\\xc3\xa4; $INCLUDE /etc/passwd");
	CU_ASSERT_STRING_EQUAL(set.at[0].reason, "x\\127\\009y \"\\092\\195\\164; $INCLUDE /etc/passwd");
	struct block_entry e = {.kind = BLOCK_NAME,
		.name = "two.com",
		.reason = "a\nevil.org CNAME .\r\nb",
		.until = NOW};
	block_set_add(&set, &e);
	CU_ASSERT_STRING_EQUAL(set.at[1].reason, "a\\010evil.org CNAME .\\013\\010b");
	const char *zone = made(BLOCK_RPZ);
	CU_ASSERT_PTR_NOT_NULL(
		strstr(zone, "\ntwo.com CNAME . ; a\\010evil.org CNAME .\\013\\010b, until 2023-11-14\n"));
}

static void order(void)
{
	static const char *const lines[] = {"b.example.com", "example.com", "example-a.com", "a.org", "x.example.com",
		"example.com", "192.0.2.7", "192.0.2.0/24", "2001:db8::1", "192.0.3.1"};
	const char *const sorted = "*.example.com *.example-a.com *.a.org 192.0.2.0/24 192.0.3.1 2001:db8::1 ";

	begin();
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		add(lines[i]);
	block_set_sort(&set);
	CU_ASSERT_STRING_EQUAL(entries(), sorted);
	begin();
	for (size_t i = sizeof(lines) / sizeof(*lines); i-- > 0;)
		add(lines[i]);
	block_set_sort(&set);
	CU_ASSERT_STRING_EQUAL(entries(), sorted);
	begin();
	list.subdomains = false;
	add("b.example.com");
	add("example.com");
	block_set_sort(&set);
	CU_ASSERT_STRING_EQUAL(entries(), "example.com b.example.com ");
}

static uint32_t rank(const void *arg, const char *domain)
{
	return strcmp(domain, "popular.com") == 0 ? 5 : strcmp(domain, "less.com") == 0 ? 500 : 0;
}

static void allowed(void)
{
	static const char *const lines[] = {"own.example.com", "www.own.example.com", "example.com", "example-z.com",
		"cdn.popular.com", "less.com", "other.net", "192.0.2.0/24", "192.0.3.0/24", "2001:db8::/32",
		"198.51.100.5"};

	begin();
	CU_ASSERT_EQUAL(block_list_set(&list, "allow", "own.example.com", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(block_list_set(&list, "allow", "192.0.2.7", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(block_list_set(&list, "allow", "2001:db8:5::1", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(block_list_set(&list, "allow", "198.51.100.0/24", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(block_list_set(&list, "allow", "popular 100", why, sizeof(why)), 0);
	for (size_t i = 0; i < sizeof(lines) / sizeof(*lines); i++)
		add(lines[i]);
	CU_ASSERT_PTR_NULL(block_allow_new(&list, zones, NULL, NULL, why, sizeof(why)));
	struct block_allow *a = block_allow_new(&list, zones, rank, NULL, why, sizeof(why));
	CU_ASSERT_PTR_NOT_NULL_FATAL(a);
	block_allow_apply(a, &set);
	block_set_sort(&set);
	CU_ASSERT_STRING_EQUAL(entries(), "example.com *.example-z.com *.less.com *.other.net 192.0.3.0/24 ");
	CU_ASSERT(is_removed("*.www.own.example.com", "allowed: own.example.com"));
	CU_ASSERT(is_removed("*.example.com", "reduced to the name itself; allowed below it: own.example.com"));
	CU_ASSERT(is_removed("*.cdn.popular.com", "popular: popular.com has rank 5"));
	CU_ASSERT(is_removed("192.0.2.0/24", "allowed: 192.0.2.7"));
	CU_ASSERT(is_removed("198.51.100.5", "allowed: 198.51.100.0-198.51.100.255"));
	CU_ASSERT_EQUAL(set.removed_len, 7);
	block_allow_free(a);
}

static void rpz(void)
{
	begin();
	list.ttl = 30;
	for (const char *const *line = (const char *const[]){"evil.com", "192.0.2.0/24", "203.0.113.9", "2001:db7::/32",
		     "2001:db8::7", "2001:db8:0:1:0:2:0:3", "2001:0:0:1::2", "ns:ns.evil.com", NULL};
		*line; line++)
		add(*line);
	block_set_sort(&set);
	CU_ASSERT_STRING_EQUAL(made(BLOCK_RPZ),
		"; Lookback block list test (RPZ), serial 7 of 2023-11-14T22:13:20Z\n$TTL 30\n"
		"@ SOA localhost. root.localhost. 7 300 151 2592000 30\n@ NS localhost.\n"
		"evil.com CNAME .\n*.evil.com CNAME .\nns.evil.com.rpz-nsdname CNAME .\n"
		"24.0.2.0.192.rpz-ip CNAME .\n32.9.113.0.203.rpz-ip CNAME .\n"
		"128.2.zz.1.0.0.2001.rpz-ip CNAME .\n32.zz.db7.2001.rpz-ip CNAME .\n128.7.zz.db8.2001.rpz-ip CNAME .\n"
		"128.3.0.2.0.1.0.db8.2001.rpz-ip CNAME .\n");
	begin();
	memset(text, 'a', 250);
	for (int i = 50; i < 240; i += 50)
		text[i] = '.';
	memcpy(text + 236, ".com", 5);
	char name[256];
	strcpy(name, text);
	CU_ASSERT_EQUAL(add(name), 1);
	memcpy(name + 232, ".com", 5);
	CU_ASSERT_EQUAL(block_list_set(&list, "policy", "redirect 192.0.2.1 2001:db8::1", why, sizeof(why)), 0);
	made(BLOCK_RPZ);
	CU_ASSERT_EQUAL(set.removed_len, 0);
	CU_ASSERT_EQUAL(block_list_set(&list, "zone", "policy.rpz.example.org", why, sizeof(why)), 0);
	made(BLOCK_RPZ);
	CU_ASSERT_EQUAL(set.removed_len, 1);
}

static void formats(void)
{
	begin();
	add("evil.com");
	add("_x.evil.net");
	add("192.0.2.0/24");
	add("192.0.4.1");
	block_set_sort(&set);
	set.at[0].below = true;
	set.at[1].below = false;
	CU_ASSERT_PTR_NOT_NULL(strstr(made(BLOCK_HOSTS), "Z\n0.0.0.0 evil.com\n:: evil.com\n"));
	CU_ASSERT(is_removed("_x.evil.net", "hosts: not a host name"));
	CU_ASSERT_PTR_NOT_NULL(
		strstr(made(BLOCK_DNSMASQ), "Z\naddress=/evil.com/\nhost-record=_x.evil.net,0.0.0.0,::\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(made(BLOCK_UNBOUND),
		"Z\nserver:\nlocal-zone: \"evil.com.\" always_nxdomain\n"
		"local-zone: \"_x.evil.net.\" transparent\nlocal-data: \"_x.evil.net. TXT blocked\"\n"));
	CU_ASSERT_STRING_EQUAL(made(BLOCK_SURICATA), "ZXZpbC5jb20=\nX3guZXZpbC5uZXQ=\n");
	CU_ASSERT_STRING_EQUAL(made(BLOCK_SURICATA_IP), "192.0.4.1\n");
	CU_ASSERT_PTR_NOT_NULL(strstr(made(BLOCK_NFTABLES),
		"add element inet lookback test_ipv4 {\n\t192.0.2.0/24,\n\t192.0.4.1,\n}\n"));
	CU_ASSERT_PTR_NOT_NULL(strstr(made(BLOCK_STIX), "\"pattern\":\"[ipv4-addr:value ISSUBSET '192.0.2.0/24']\""));
	CU_ASSERT_EQUAL(block_list_set(&list, "policy", "tcp-only", why, sizeof(why)), 0);
	CU_ASSERT_PTR_NULL(block_format_refuses(BLOCK_RPZ, &list.policy));
	CU_ASSERT_PTR_NOT_NULL(block_format_refuses(BLOCK_HOSTS, &list.policy));
	CU_ASSERT_PTR_NOT_NULL(block_format_refuses(BLOCK_DNSMASQ, &list.policy));
	CU_ASSERT_PTR_NOT_NULL(block_format_refuses(BLOCK_UNBOUND, &list.policy));
}

static void serials(void)
{
	char a[BLOCK_DIGEST_SIZE], b[BLOCK_DIGEST_SIZE];

	CU_ASSERT_EQUAL(block_serial_step(false, 0, NOW), NOW);
	CU_ASSERT_EQUAL(100 + block_serial_step(true, 100, 250), 250);
	CU_ASSERT_EQUAL(block_serial_step(true, 100, 100), 1);
	CU_ASSERT_EQUAL(block_serial_step(true, 100, 50), 1);		      // the clock was set back
	CU_ASSERT_EQUAL(block_serial_step(true, 0xffffffff, 0x100000000), 1); // and at the end of 32 bits
	CU_ASSERT_EQUAL(block_serial_step(true, 0, 0x90000000), 1);	      // too far for RFC 1982
	CU_ASSERT(block_serial_after(5, 4) && !block_serial_after(4, 5) && !block_serial_after(4, 4));
	CU_ASSERT(block_serial_after(3, 0xfffffff0) && !block_serial_after(0xfffffff0, 3));
	begin();
	add("evil.com # one");
	block_serial_digest(&list, &set, a);
	begin();
	add("evil.com # two");
	block_serial_digest(&list, &set, b);
	CU_ASSERT_STRING_EQUAL(a, b);
	set.at[0].below = false;
	block_serial_digest(&list, &set, b);
	CU_ASSERT_STRING_NOT_EQUAL(a, b);
}

static int read_conf(const char *content, struct block_conf *conf)
{
	char path[] = "/tmp/lookback-block.XXXXXX";
	int fd = mkstemp(path);

	CU_ASSERT_FATAL(fd >= 0 && write(fd, content, strlen(content)) == (ssize_t)strlen(content));
	close(fd);
	int result = block_conf_read(conf, path, why, sizeof(why));
	unlink(path);
	return result;
}

static void configuration(void)
{
	static const struct {
		const char *content, *message;
	} bad[] = {{"[list a]\nformat = rpz\n", "source"}, {"[list A]\nsource = indicator x.com\n", ":1: "},
		{"[rule a]\nsource = indicator x.com\n", "expected [list NAME]"},
		{"[list a]\nsource = files /x\n", ":2: [list a] source: found 'files"},
		{"[list a]\nsource = file x\n", "absolute path"},
		{"[list a]\nsource = alerts rules=x\n", "rule, kind, take or since"},
		{"[list a]\nsource = alerts kind=old\n", "tamper or burst"},
		{"[list a]\nsource = pivot depth=2\n", "after 'pivot'"},
		{"[list a]\nsource = pivot x.com depth=9\n", "0 to 8"},
		{"[list a]\nsource = pivot x.com score=2\n", "0 to 1"},
		{"[list a]\nsource = indicator x.com\nformat = rpz,xml\n", ":3: "},
		{"[list a]\nsource = indicator x.com\npolicy = redirect x\n", "IPv4"},
		{"[list a]\nsource = indicator x.com\npolicy = drop\nformat = hosts\n", "format hosts"},
		{"[list a]\nsource = indicator x.com\nexpire = 0\n", "30d"},
		{"[list a]\nsource = indicator x.com\nallow = popular x\n", "ranks"},
		{"[list a]\nsource = indicator x.com\nfile = rpz /x\nfile = hosts /x\n", "the same file /x"},
		{"[list a]\nsource = indicator x.com\n[list a]\nsource = indicator x.com\n", ":3: "},
		{"[list a]\nsource = indicator x.com\nsubdomains = maybe\n", "yes or no"},
		{"[list a]\nsource = indicator x.com\nbogus = 1\n", ":3: "}};
	struct block_conf conf;

	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++) {
		if (read_conf(bad[i].content, &conf) == 0 || !strstr(why, bad[i].message)) {
			printf("\n%s-> %s\n", bad[i].content, why);
			CU_FAIL("expected another message");
		}
	}
	CU_ASSERT_EQUAL(
		read_conf(
			"# lists\n[list a]\nsource = alerts rule=x,y kind=new since=12h take=both\nsource = pivot a.com 192.0.2.1 depth=3 score=0.8\n"
			"policy = cname Walled.Example.org.\nfile = unbound /x/a.conf\nexpire = never\nkey = fw\n",
			&conf),
		0);
	CU_ASSERT_EQUAL_FATAL(conf.len, 1);
	const struct block_list *l = block_conf_find(&conf, "a");
	CU_ASSERT_PTR_NOT_NULL_FATAL(l);
	CU_ASSERT(l->formats == 1u << BLOCK_UNBOUND && l->first_format == BLOCK_UNBOUND && l->expire_s == 0);
	CU_ASSERT_STRING_EQUAL(l->policy.name, "walled.example.org");
	CU_ASSERT(strcmp(l->sources[0].rules, ",x,y,") == 0 && l->sources[0].names && l->sources[0].targets);
	CU_ASSERT(strcmp(l->sources[1].text, "a.com 192.0.2.1") == 0 && l->sources[1].depth == 3);
	block_conf_free(&conf);
	CU_ASSERT_EQUAL(block_conf_read(&conf, "/nonexistent/block.conf", why, sizeof(why)), 0);
	CU_ASSERT_EQUAL(conf.len, 0);
}

int main(void)
{
	static const struct unit_test tests[] = {{"indicators", indicators}, {"left out", left_out},
		{"comments", comments}, {"order", order}, {"allowed", allowed}, {"rpz", rpz}, {"formats", formats},
		{"serials", serials}, {"configuration", configuration}};

	int result = unit_run("block", tests, sizeof(tests) / sizeof(*tests));
	block_list_free(&list);
	block_set_free(&set);
	zone_close(zones);
	return result;
}
