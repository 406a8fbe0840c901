// SPDX-License-Identifier: BSD-3-Clause
// Writes a capture of made-up DNS traffic for measurements: the same octets at every call.
//
//     hot     5,000 responses of two A records each: everything fits into the caches
//     isp     responses Zipf-distributed over a million names, a mix of types and of IPv4 and IPv6
//     large   ten million distinct records, two a response: every look-up misses the caches
//     flood   isp, every other response about a random subdomain that comes once
//     random  random subdomains alone
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
	put32(300);
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

struct sections {
	unsigned answers, authorities, additionals, rcode;
};

// The records of name n behind the question; which ones, n decides.
static struct sections put_records(uint64_t n, size_t message, size_t question)
{
	struct sections s = {0};
	unsigned kind = (unsigned)(mix(n + 13) % 100);
	size_t owner = question - message, length_at;

	if (kind < 62 || (kind < 82 && kind >= 62)) { // A, or AAAA
		s.answers = 1 + (unsigned)(mix(n + 17) % 3 == 0) + (unsigned)(mix(n + 17) % 7 == 0) * 2;
		for (unsigned i = 0; i < s.answers; i++)
			put_address(owner, kind >= 62, n * 16 + i);
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

static void put_headers(uint64_t n, bool response, bool six, size_t dns_size)
{
	uint16_t client_port = (uint16_t)(1024 + mix(n + 19) % 60000);
	uint32_t client = (uint32_t)(0x0a000000 | mix(n + 23) % 100000), server = 0xc0000235;

	put("\2\0\0\0\0\1\2\0\0\0\0\2", 12);
	put16(six ? 0x86dd : 0x0800);
	if (six) {
		put32(0x60000000);
		put16((unsigned)dns_size + 8);
		put("\x11\x40", 2);
		for (int side = 0; side < 2; side++) {
			put("\x20\x01\x0d\xb8\0\0\0\0\0\0\0\0", 12);
			put32((side == 0) == response ? server : client);
		}
	} else {
		put("\x45\0", 2);
		put16((unsigned)dns_size + 28);
		put("\0\0\x40\0\x40\x11\0\0", 8);
		put32(response ? server : client);
		put32(response ? client : server);
	}
	put16(response ? 53 : client_port);
	put16(response ? client_port : 53);
	put16((unsigned)dns_size + 8);
	put16(0);
}

static void write_packet(size_t size, FILE *out)
{
	const uint32_t head[4] = {1700000000 + (uint32_t)(packets_written / 100000),
		(uint32_t)(packets_written % 100000) * 10, (uint32_t)size, (uint32_t)size};

	fwrite(head, sizeof(head), 1, out);
	fwrite(frame, size, 1, out);
	packets_written++;
}

typedef struct sections put_records_function(uint64_t n, size_t message, size_t question);

// The message first, behind room for the headers, then the headers, whose sizes are then known.
static void write_message(uint64_t n, bool response, bool edns, put_records_function *put_more, void (*name)(uint64_t),
	unsigned qtype, FILE *out)
{
	bool six = mix(n + 29) % 10 == 0;
	size_t message = six ? 62 : 42, counts;
	struct sections s = {0};

	at = message;
	put16((unsigned)(mix(n + packets_written / 2) & 0xffff));
	counts = at;
	put16(response ? 0x8180 : 0x0100);
	put16(1);
	put("\0\0\0\0\0\0", 6);
	size_t question = at;
	name(n);
	put16(qtype);
	put16(DNS_CLASS_IN);
	if (response)
		s = put_more(n, message, question);
	if (edns) {
		put("\0\0\x29\x04\xd0\0\0\0\0\0\0", 11);
		s.additionals++;
	}
	size_t end = at;
	frame[counts + 1] |= (uint8_t)s.rcode;
	frame[counts + 5] = (uint8_t)s.answers;
	frame[counts + 7] = (uint8_t)s.authorities;
	frame[counts + 9] = (uint8_t)s.additionals;
	at = 0;
	put_headers(n, response, six, end - message);
	write_packet(end, out);
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
	void (*name)(uint64_t) = random_subdomain ? put_random_subdomain : put_name;
	put_records_function *records = same ? put_two_addresses : random_subdomain ? put_one_address : put_records;

	if (queries)
		write_message(n, false, edns, NULL, name, DNS_TYPE_A, out);
	write_message(n, true, edns, records, name, DNS_TYPE_A, out);
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
	if (strcmp(kind, "hot") != 0 && strcmp(kind, "isp") != 0 && strcmp(kind, "large") != 0 &&
		strcmp(kind, "flood") != 0 && strcmp(kind, "random") != 0) {
		fprintf(stderr,
			"usage: traffic hot|isp|large|flood|random [--packets RESPONSES] [--queries] > FILE.pcap\n");
		return 2;
	}
	fwrite(&header, sizeof(header), 1, stdout);
	for (uint64_t i = 0; i < responses; i++)
		write_one(kind, i, queries, stdout);
	return ferror(stdout) || fclose(stdout) ? 1 : 0;
}
