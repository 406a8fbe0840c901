// SPDX-License-Identifier: BSD-3-Clause
// Writes a capture of made-up DNS traffic for measurements: the same octets at every call.
//
//     hot        5,000 responses of two A records each: everything fits into the caches
//     isp        responses Zipf-distributed over a million names, as a resolver gives them: see `shares`
//     isp-plain  the same names and a mix of types, every repetition the same but for its ID
//     large      ten million distinct records, two a response: every look-up misses the caches
//     flood      isp-plain, every other response about a random subdomain that comes once
//     random     random subdomains alone
//
//     traffic isp [--packets N] [--queries] > isp.pcap
#include <math.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/dns/dns.h"

enum { HOT_NAMES = 5000, ISP_NAMES = 1000000, LARGE_NAMES = 5000000, FLOOD_ZONES = 4, FRAME_ROOM = 2048 };

// How isp differs from isp-plain, in percent.
//
// TTLs count down in a cache (RFC 1035 §3.2.1), so nearly every repetition has others. BIND (rrset-order) and Unbound
// (rrset-roundrobin) rotate RRsets by default. 0x20: Google Public DNS and some stub resolvers; most leave names as they are.
// Cookies (RFC 7873): BIND sends them by default, most others do not. NXDOMAIN: 3 to 4 % of what authoritative servers
// answer is usual (NS1, Global DNS Traffic Report 2023); clients ask for more names that do not exist, by search lists and
// connectivity checks. DNSSEC: answers to clients that set DO. TCP: what is truncated over UDP.
static const struct {
	unsigned case_0x20, cookie, nxdomain, signed_answer, long_text, tcp;
} shares = {.case_0x20 = 10, .cookie = 33, .nxdomain = 8, .signed_answer = 5, .long_text = 1, .tcp = 2};

static bool is_real;	   // isp
static uint64_t variation; // of the packet in hand: what is different in each repetition

static uint8_t frame[FRAME_ROOM];
static size_t at; // octets of `frame` in use
static uint64_t packets_written, seed = 0x9e3779b97f4a7c15u;

// splitmix64: of a counter, so that name n is the same in every packet that asks for it
static uint64_t mix(uint64_t x)
{
	x += 0x9e3779b97f4a7c15u;
	x = (x ^ x >> 30) * 0xbf58476d1ce4e5b9u;
	x = (x ^ x >> 27) * 0x94d049bb133111ebu;
	return x ^ x >> 31;
}

static uint64_t next_random(void)
{
	return mix(seed++);
}

static void put(const void *bytes, size_t size)
{
	memcpy(frame + at, bytes, size);
	at += size;
}

static void put16(unsigned value)
{
	frame[at++] = (uint8_t)(value >> 8);
	frame[at++] = (uint8_t)value;
}

static void put32(uint32_t value)
{
	put16(value >> 16);
	put16(value & 0xffff);
}

static void put_label(uint64_t *bits, unsigned len)
{
	static const char letters[] = "etaoinshrdlucmfwypvbgkjqxz0123456789";

	frame[at++] = (uint8_t)len;
	for (unsigned i = 0; i < len; i++) {
		*bits = mix(*bits);
		frame[at++] = (uint8_t)letters[*bits % 26 < 22 ? *bits % 12 : *bits % 36];
	}
}

static void put_text_label(const char *text)
{
	frame[at++] = (uint8_t)strlen(text);
	put(text, strlen(text));
}

// Name n: like real ones, three labels or more for most, 26 octets in the mean.
static void put_name(uint64_t n)
{
	static const char *const tops[] = {"com", "com", "com", "net", "org", "io", "de", "info"};
	uint64_t bits = mix(n * 2654435761u + 1);
	unsigned host = (unsigned)(bits % 100);

	if (host >= 15) {
		put_label(&bits, 3 + (unsigned)(mix(n) % 9));
		if (host >= 75)
			put_label(&bits, 4 + (unsigned)(mix(n + 7) % 6));
	}
	put_label(&bits, 5 + (unsigned)(mix(n + 3) % 10));
	put_text_label(tops[mix(n + 5) % 8]);
	frame[at++] = 0;
}

// One record that the question's name (or the offset `owner`) owns; returns where RDLENGTH stands.
static size_t begin_record(size_t owner, unsigned type)
{
	put16(0xc000 | (unsigned)owner);
	put16(type);
	put16(DNS_CLASS_IN);
	put32(is_real ? (uint32_t)(variation % 3600) : 300);
	put16(0);
	return at - 2;
}

static void end_record(size_t length_at)
{
	size_t size = at - length_at - 2;

	frame[length_at] = (uint8_t)(size >> 8);
	frame[length_at + 1] = (uint8_t)size;
}

static void put_address(size_t owner, bool six, uint64_t n)
{
	size_t length_at = begin_record(owner, six ? DNS_TYPE_AAAA : DNS_TYPE_A);
	uint64_t bits = mix(n + 11);

	if (six)
		put("\x20\x01\x0d\xb8\0\0\0\0", 8);
	put(&bits, six ? 8 : 4);
	end_record(length_at);
}

static void put_long_text(uint64_t n)
{
	frame[at++] = 200;
	for (int i = 0; i < 25; i++) {
		char text[9];
		snprintf(text, sizeof(text), "%08x", (uint32_t)mix(n * 32 + (unsigned)i));
		put(text, 8);
	}
}

// RRSIG by ECDSA P-256, RFC 4034 §3.1.
static void put_signature(size_t owner, unsigned type, uint64_t n)
{
	size_t length_at = begin_record(owner, DNS_TYPE_RRSIG);

	put16(type);
	put("\x0d\3", 2); // algorithm, labels
	put32(300);
	put32(1702000000);
	put32(1699000000);
	put16((unsigned)mix(n) & 0xffff);
	put_text_label("example");
	put_text_label("com");
	frame[at++] = 0;
	for (int i = 0; i < 8; i++) {
		uint64_t bits = mix(n * 8 + (unsigned)i);
		put(&bits, 8);
	}
	end_record(length_at);
}

// Another case of the letters of the question's name.
static void vary_case(uint8_t *name)
{
	for (uint64_t bits = variation; *name != 0; name += 1 + *name)
		for (unsigned i = 1; i <= *name; i++) {
			bits = mix(bits);
			if (name[i] >= 'a' && name[i] <= 'z' && bits & 1)
				name[i] ^= 0x20;
		}
}

// OPT, with the cookies of client and server or without.
static void put_opt(bool cookie, bool response)
{
	put("\0\0\x29\x04\xd0\0\0\0\0", 9);
	if (!cookie) {
		put16(0);
		return;
	}
	unsigned size = response ? 24 : 8;
	put16(4 + size);
	put16(10);
	put16(size);
	for (unsigned i = 0; i < size / 8; i++) {
		uint64_t bits = mix(variation + i);
		put(&bits, 8);
	}
}

struct sections {
	unsigned answers, authorities, additionals, rcode;
};

enum { KIND_LONG_TEXT = 100 };

// What name n has: numbers below 100 in percent of isp-plain, see put_records.
static unsigned kind_of(uint64_t n)
{
	unsigned kind = (unsigned)(mix(n + 13) % 100);

	if (is_real && mix(n + 37) % 100 < shares.nxdomain - 3) // isp-plain has three
		kind = 92;
	return is_real && mix(n + 41) % 100 < shares.long_text ? KIND_LONG_TEXT : kind;
}

static unsigned question_type(uint64_t n)
{
	unsigned kind = kind_of(n);

	if (!is_real || kind < 62 || (kind >= 82 && kind < 95) || kind == 98 || kind == 99)
		return DNS_TYPE_A;
	return kind < 82 ? DNS_TYPE_AAAA : kind < 97 ? DNS_TYPE_MX : DNS_TYPE_TXT;
}

// The records of name n behind the question; which ones, n decides.
static struct sections put_records(uint64_t n, size_t message, size_t question)
{
	struct sections s = {0};
	unsigned kind = kind_of(n);
	size_t owner = question - message, length_at;

	if (kind == KIND_LONG_TEXT) {
		length_at = begin_record(owner, DNS_TYPE_TXT);
		for (int i = 0; i < 3; i++)
			put_long_text(n + (unsigned)i);
		end_record(length_at);
		s.answers = 1;
	} else if (kind < 62 || (kind < 82 && kind >= 62)) { // A, or AAAA
		s.answers = 1 + (unsigned)(mix(n + 17) % 3 == 0) + (unsigned)(mix(n + 17) % 7 == 0) * 2;
		unsigned first = is_real ? (unsigned)(variation >> 32) % s.answers : 0;
		for (unsigned i = 0; i < s.answers; i++)
			put_address(owner, kind >= 62, n * 16 + (i + first) % s.answers);
		if (is_real && mix(n + 43) % 100 < shares.signed_answer) {
			put_signature(owner, kind >= 62 ? DNS_TYPE_AAAA : DNS_TYPE_A, n);
			s.answers++;
		}
	} else if (kind < 92) { // CNAME and its address
		length_at = begin_record(owner, DNS_TYPE_CNAME);
		size_t target = at - message;
		put_name(n + 100000000);
		end_record(length_at);
		put_address(target, false, n * 16);
		s.answers = 2;
	} else if (kind < 95) { // NXDOMAIN with its SOA
		length_at = begin_record(owner, DNS_TYPE_SOA);
		put_name(n + 200000000);
		put16(0xc000 | (unsigned)owner);
		for (int i = 0; i < 5; i++)
			put32(7200);
		end_record(length_at);
		s = (struct sections){.authorities = 1, .rcode = DNS_RCODE_NXDOMAIN};
	} else if (kind < 97) { // MX
		length_at = begin_record(owner, DNS_TYPE_MX);
		put16(10);
		put_text_label("mail");
		put16(0xc000 | (unsigned)owner);
		end_record(length_at);
		s.answers = 1;
	} else if (kind < 98) { // TXT
		length_at = begin_record(owner, DNS_TYPE_TXT);
		put_text_label("v=spf1 include:_spf.example.com ~all");
		end_record(length_at);
		s.answers = 1;
	} else { // a delegation: name servers, and glue for the first
		size_t target = 0;
		for (int i = 0; i < 2; i++) {
			length_at = begin_record(owner, DNS_TYPE_NS);
			target = i ? target : at - message;
			put_text_label(i ? "ns2" : "ns1");
			put16(0xc000 | (unsigned)owner);
			end_record(length_at);
		}
		put_address(target, false, n * 16);
		s = (struct sections){.authorities = 2, .additionals = 1};
	}
	return s;
}

enum { TCP_FIN = 1, TCP_SYN = 2, TCP_PUSH = 8, TCP_ACK = 16, ETHERNET_SIZE = 14, UDP_SIZE = 8, TCP_SIZE = 20 };

// How a message travels.
struct way {
	uint64_t n; // of the name, which decides the client
	bool response, six, tcp;
};

static size_t headers_size(const struct way *w)
{
	return ETHERNET_SIZE + (w->six ? 40 : 20) + (w->tcp ? TCP_SIZE + 2 : UDP_SIZE);
}

static void put_ports(const struct way *w)
{
	uint16_t client_port = (uint16_t)(1024 + (w->tcp ? variation >> 8 : mix(w->n + 19)) % 60000);

	put16(w->response ? 53 : client_port);
	put16(w->response ? client_port : 53);
}

// Ethernet and IP, for `size` octets that follow.
static void put_ip(const struct way *w, size_t size)
{
	uint32_t client = (uint32_t)(0x0a000000 | mix(w->n + 23) % 100000), server = 0xc0000235;
	uint8_t protocol = w->tcp ? 6 : 17;

	put("\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	put16(w->six ? 0x86dd : 0x0800);
	if (w->six) {
		put32(0x60000000);
		put16((unsigned)size);
		put(&protocol, 1);
		put("\x40", 1);
		for (int side = 0; side < 2; side++) {
			put("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0", 12);
			put32((side == 0) == w->response ? server : client);
		}
	} else {
		put("\x45\0", 2);
		put16((unsigned)size + 20);
		put("\0\0\x40\0\x40", 5);
		put(&protocol, 1);
		put("\0\0", 2);
		put32(w->response ? server : client);
		put32(w->response ? client : server);
	}
}

static void write_packet(size_t size, FILE *out)
{
	const uint32_t head[4] = {1700000000 + (uint32_t)(packets_written / 100000),
		(uint32_t)(packets_written % 100000) * 10, (uint32_t)size, (uint32_t)size};

	fwrite(head, sizeof(head), 1, out);
	fwrite(frame, size, 1, out);
	packets_written++;
}

// One segment with `size` octets, of which the frame has those after the header already.
static void write_segment(const struct way *w, uint32_t sequence, unsigned flags, size_t size, FILE *out)
{
	at = 0;
	put_ip(w, TCP_SIZE + size);
	put_ports(w);
	put32((uint32_t)variation + sequence);
	put32(0);
	put16(0x5000 | flags);
	put16(0xffff);
	put32(0);
	write_packet(at + size, out);
}

// The message is in the frame, after room for the headers.
static void write_frames(const struct way *w, size_t size, FILE *out)
{
	at = 0;
	if (!w->tcp) {
		put_ip(w, UDP_SIZE + size);
		put_ports(w);
		put16((unsigned)size + UDP_SIZE);
		put16(0);
		write_packet(at + size, out);
		return;
	}
	at = headers_size(w) - 2;
	put16((unsigned)size);
	unsigned ack = w->response ? TCP_ACK : 0;
	write_segment(w, 0, TCP_SYN | ack, 0, out);
	write_segment(w, 1, TCP_PUSH | TCP_ACK, size + 2, out);
	write_segment(w, (uint32_t)size + 3, TCP_FIN | TCP_ACK, 0, out);
}

typedef struct sections put_records_function(uint64_t n, size_t message, size_t question);

// The message first, after room for the headers, then the headers, whose sizes are then known.
static void write_message(uint64_t n, bool response, bool edns, put_records_function *put_more, void (*name)(uint64_t),
	unsigned qtype, FILE *out)
{
	const struct way way = {.n = n,
		.response = response,
		.six = mix(n + 29) % 10 == 0,
		.tcp = is_real && (variation >> 24) % 100 < shares.tcp};
	size_t message = headers_size(&way), counts;
	struct sections s = {0};

	at = message;
	put16((unsigned)((is_real ? variation : mix(n + packets_written / 2)) & 0xffff));
	counts = at;
	put16(response ? 0x8180 : 0x0100);
	put16(1);
	put("\0\0\0\0\0\0", 6);
	size_t question = at;
	name(n);
	if (is_real && (variation >> 40) % 100 < shares.case_0x20)
		vary_case(frame + question);
	put16(qtype);
	put16(DNS_CLASS_IN);
	if (response)
		s = put_more(n, message, question);
	if (edns) {
		put_opt(is_real && mix(n + 47) % 100 < shares.cookie, response);
		s.additionals++;
	}
	size_t end = at;
	frame[counts + 1] |= (uint8_t)s.rcode;
	frame[counts + 5] = (uint8_t)s.answers;
	frame[counts + 7] = (uint8_t)s.authorities;
	frame[counts + 9] = (uint8_t)s.additionals;
	write_frames(&way, end - message, out);
}

static struct sections put_two_addresses(uint64_t n, size_t message, size_t question)
{
	put_address(question - message, false, n * 16);
	put_address(question - message, false, n * 16 + 1);
	return (struct sections){.answers = 2};
}

static struct sections put_one_address(uint64_t n, size_t message, size_t question)
{
	put_address(question - message, false, n * 16);
	return (struct sections){.answers = 1};
}

static void put_random_subdomain(uint64_t n)
{
	uint64_t bits = mix(n);
	char zone[32];

	put_label(&bits, 12);
	snprintf(zone, sizeof(zone), "victim%u", (unsigned)(mix(n) % FLOOD_ZONES));
	put_text_label(zone);
	put_text_label("com");
	frame[at++] = 0;
}

// Rank by Zipf's law with exponent 1 over ISP_NAMES names, by inversion of its continuous form.
static uint64_t zipf(void)
{
	double u = (double)(next_random() >> 11) * 0x1p-53;

	return (uint64_t)(exp(u * log(ISP_NAMES + 1.0)) - 1) % ISP_NAMES;
}

static void write_one(const char *kind, uint64_t i, bool queries, FILE *out)
{
	bool random_subdomain = strcmp(kind, "random") == 0 || (strcmp(kind, "flood") == 0 && i % 2 == 1);
	bool same = strcmp(kind, "hot") == 0 || strcmp(kind, "large") == 0;
	uint64_t n = strcmp(kind, "hot") == 0	  ? i % HOT_NAMES
		     : strcmp(kind, "large") == 0 ? i % LARGE_NAMES
		     : random_subdomain		  ? (i << 20) + 7
						  : zipf();
	bool edns = !same && mix(n + 31) % 10 < 6;
	variation = mix(i + ((uint64_t)1 << 40));
	void (*name)(uint64_t) = random_subdomain ? put_random_subdomain : put_name;
	put_records_function *records = same ? put_two_addresses : random_subdomain ? put_one_address : put_records;

	if (queries)
		write_message(n, false, edns, NULL, name, question_type(n), out);
	write_message(n, true, edns, records, name, question_type(n), out);
}

static bool is_kind(const char *kind)
{
	static const char *const kinds[] = {"hot", "isp", "isp-plain", "large", "flood", "random"};

	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (strcmp(kind, kinds[i]) == 0)
			return true;
	return false;
}

int main(int argc, char **argv)
{
	const char *kind = argc > 1 ? argv[1] : "";
	uint64_t responses = strcmp(kind, "hot") == 0 ? HOT_NAMES : strcmp(kind, "large") == 0 ? LARGE_NAMES : 1000000;
	const struct {
		uint32_t magic;
		uint16_t major, minor;
		uint32_t zone, figures, snaplen, link;
	} header = {0xa1b2c3d4, 2, 4, 0, 0, 65535, 1};
	bool queries = false;

	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--queries") == 0)
			queries = true;
		else if (strcmp(argv[i], "--packets") == 0 && i + 1 < argc)
			responses = strtoull(argv[++i], NULL, 10);
		else
			kind = "";
	}
	if (!is_kind(kind)) {
		fprintf(stderr,
			"usage: traffic hot|isp|isp-plain|large|flood|random [--packets RESPONSES] [--queries] > FILE.pcap\n");
		return 2;
	}
	is_real = strcmp(kind, "isp") == 0;
	fwrite(&header, sizeof(header), 1, stdout);
	for (uint64_t i = 0; i < responses; i++)
		write_one(kind, i, queries, stdout);
	return ferror(stdout) || fclose(stdout) ? 1 : 0;
}
