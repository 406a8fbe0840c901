// SPDX-License-Identifier: BSD-3-Clause
// Whole DNS messages for the fuzzer, as it does not find them by itself: sections of records whose owners and
// targets point to each other, nearly sound. Half of what is tried is libFuzzer's own change of an input.
#include <string.h>

#include "dataplane/dns/dns.h"

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed);
size_t LLVMFuzzerMutate(uint8_t *data, size_t size, size_t max_size);

enum { MESSAGE_MAX = 4096, PLACES_MAX = 128 };

struct draft {
	uint8_t wire[MESSAGE_MAX + 512];
	size_t size;
	uint16_t place[PLACES_MAX]; // where names and their parts begin, the question's first
	unsigned places_len;
	unsigned question_labels;
	uint16_t target[PLACES_MAX]; // where targets of CNAME and NS begin
	unsigned targets_len;
	uint64_t random;
};

static unsigned pick(struct draft *d, unsigned among)
{
	d->random ^= d->random << 13;
	d->random ^= d->random >> 7;
	d->random ^= d->random << 17;
	return (unsigned)(d->random >> 32) % among;
}

static void put8(struct draft *d, unsigned value)
{
	d->wire[d->size++] = (uint8_t)value;
}

static void put16(struct draft *d, unsigned value)
{
	put8(d, value >> 8);
	put8(d, value);
}

static void mark(struct draft *d)
{
	if (d->places_len < PLACES_MAX)
		d->place[d->places_len++] = (uint16_t)d->size;
}

static void put_label(struct draft *d)
{
	static const char letters[] = "abAB-_z\0\x80\xff*.";
	unsigned size = pick(d, 40) == 0 ? 1 + pick(d, 63) : 1 + pick(d, 5);

	mark(d);
	put8(d, size);
	while (size-- > 0)
		put8(d, (uint8_t)letters[pick(d, 2) ? pick(d, 2) : pick(d, sizeof(letters) - 1)]);
}

// A name: labels, a pointer behind them or alone, or the root.
static void put_name(struct draft *d)
{
	unsigned labels = pick(d, 2) ? 0 : pick(d, 30) == 0 ? pick(d, 12) : pick(d, 4);

	while (labels-- > 0)
		put_label(d);
	unsigned last = d->places_len < 3 ? d->places_len : 3, to;
	switch (pick(d, 16)) {
	case 0:
		put8(d, 0);
		return;
	case 1: // anywhere, now and then
		to = pick(d, 4) ? DNS_HEADER_SIZE : pick(d, (unsigned)d->size + 4);
		break;
	case 2 ... 6: // the question, or a name above it
		to = d->place[pick(d, d->question_labels)];
		break;
	case 7 ... 9: // the last places: chains
		to = d->place[d->places_len - 1 - pick(d, last)];
		break;
	default:
		to = d->place[pick(d, d->places_len)];
	}
	mark(d);
	put16(d, 0xc000 | to);
}

static void put_bytes(struct draft *d, unsigned size)
{
	while (size-- > 0)
		put8(d, pick(d, 3) ? pick(d, 4) : pick(d, 256));
}

static void put_rdata(struct draft *d, uint16_t type)
{
	switch (type) {
	case DNS_TYPE_A:
		put_bytes(d, 4);
		break;
	case DNS_TYPE_AAAA:
		put_bytes(d, 16);
		break;
	case DNS_TYPE_SOA:
		put_name(d);
		put_name(d);
		put_bytes(d, 20);
		break;
	case 15: // MX
		put_bytes(d, 2);
		put_name(d);
		break;
	case 33: // SRV
		put_bytes(d, 6);
		put_name(d);
		break;
	case 46: // RRSIG
		put_bytes(d, 18);
		put_name(d);
		put_bytes(d, 1 + pick(d, 20));
		break;
	case 16: // TXT
		for (unsigned n = 1 + pick(d, 3); n > 0; n--) {
			unsigned size = pick(d, 8);
			put8(d, size);
			put_bytes(d, size);
		}
		break;
	case DNS_TYPE_OPT:
		if (pick(d, 2))
			break;
		put16(d, pick(d, 20));
		put16(d, 4);
		put_bytes(d, 4);
		break;
	case DNS_TYPE_NS:
	case DNS_TYPE_CNAME:
		if (d->targets_len < PLACES_MAX)
			d->target[d->targets_len++] = (uint16_t)d->size;
		put_name(d);
		break;
	case 12: // PTR
	case DNS_TYPE_DNAME:
		put_name(d);
		break;
	default:
		if (pick(d, 3) == 0)
			put_name(d);
		put_bytes(d, pick(d, 40));
	}
}

// The owner that the section is meant for.
static void put_owner(struct draft *d, unsigned section)
{
	unsigned to = d->place[section == 1 ? pick(d, d->question_labels) : 0];

	if (d->targets_len > 0 && (section == 2 || (section == 0 && pick(d, 3))))
		to = d->target[section == 2 ? pick(d, d->targets_len) : d->targets_len - 1];
	put16(d, 0xc000 | to);
}

static void put_record(struct draft *d, unsigned section)
{
	static const uint16_t types[3][12] = {{1, 1, 1, 1, 28, 28, 28, 5, 5, 46, 15, 33},
		{2, 2, 2, 2, 2, 2, 6, 6, 43, 46, 47, 1}, {1, 1, 1, 1, 28, 28, 28, 46, 41, 41, 5, 2}};
	static const uint16_t other[] = {12, 39, 41, 43, 48, 50, 10, 250, 257, 65, 64, 35, 29, 6, 17, 255, 3, 65280};
	uint16_t type = pick(d, 12) == 0 ? other[pick(d, sizeof(other) / 2)] : types[section][pick(d, 12)];

	if (type == DNS_TYPE_OPT && pick(d, 20) != 0)
		put8(d, 0);
	else if (pick(d, 6) == 0)
		put_name(d);
	else
		put_owner(d, section);
	put16(d, type);
	put16(d, pick(d, 40) == 0 ? pick(d, 256) : DNS_CLASS_IN);
	put16(d, pick(d, 30) == 0 ? 0x100 : 0);
	put16(d, pick(d, 300));
	size_t at = d->size;
	put16(d, 0);
	put_rdata(d, type);
	size_t rdata_size = d->size - at - 2;
	if (pick(d, 50) == 0)
		rdata_size += pick(d, 5) - 2;
	d->wire[at] = (uint8_t)(rdata_size >> 8);
	d->wire[at + 1] = (uint8_t)rdata_size;
}

static size_t write_message(struct draft *d, uint8_t *to, size_t max_size)
{
	unsigned records[3] = {pick(d, 4) ? pick(d, 4) : 0, pick(d, 2) ? pick(d, 4) : 0, pick(d, 2) ? pick(d, 5) : 0};
	unsigned flags = 0x8180;

	d->size = d->places_len = d->targets_len = 0;
	if (pick(d, 8) == 0)
		flags |= DNS_RCODE_NXDOMAIN;
	if (pick(d, 60) == 0)
		flags ^= 1u << pick(d, 16);
	if (pick(d, 40) == 0)
		records[pick(d, 3)] = pick(d, 30);
	put16(d, pick(d, 16));
	put16(d, flags);
	put16(d, 1);
	for (unsigned s = 0; s < 3; s++)
		put16(d, pick(d, 60) == 0 ? records[s] + 1 : records[s]);
	for (unsigned n = 1 + pick(d, 4); n > 0; n--)
		put_label(d);
	d->question_labels = d->places_len;
	put8(d, 0);
	put16(d, pick(d, 2) ? DNS_TYPE_A : pick(d, 260));
	put16(d, DNS_CLASS_IN);
	for (unsigned s = 0; s < 3; s++)
		while (records[s]-- > 0 && d->size < MESSAGE_MAX - 1100)
			put_record(d, s);
	if (pick(d, 60) == 0)
		put_bytes(d, pick(d, 4));
	size_t size = d->size < max_size ? d->size : max_size;
	memcpy(to, d->wire, size);
	return size;
}

size_t LLVMFuzzerCustomMutator(uint8_t *data, size_t size, size_t max_size, unsigned seed)
{
	static struct draft d;

	d.random = (uint64_t)seed * 0x9e3779b97f4a7c15u + 1;
	for (unsigned i = 0; i < 4; i++)
		pick(&d, 2);
	unsigned how = pick(&d, 8);
	if (how < 4)
		return LLVMFuzzerMutate(data, size, max_size);
	size = write_message(&d, data, max_size);
	return how == 4 ? LLVMFuzzerMutate(data, size, max_size) : size;
}
