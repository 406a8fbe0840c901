// SPDX-License-Identifier: BSD-3-Clause
// Builds DNS messages for tests: names by text, compressed against what stands in the message.
#pragma once

#include <stdint.h>
#include <string.h>

#include "dataplane/dns/dns.h"

struct message {
	uint8_t wire[DNS_MESSAGE_SIZE];
	size_t size;
};

static inline void message_u16(struct message *m, unsigned value)
{
	m->wire[m->size++] = (uint8_t)(value >> 8);
	m->wire[m->size++] = (uint8_t)value;
}

static inline void message_bytes(struct message *m, const void *bytes, size_t size)
{
	memcpy(m->wire + m->size, bytes, size);
	m->size += size;
}

// "www.Example.com" or "." into wire form; returns the size.
static inline size_t message_wire_name(const char *text, uint8_t *out)
{
	size_t size = 0;

	while (*text && strcmp(text, ".") != 0) {
		size_t len = strcspn(text, ".");
		out[size++] = (uint8_t)len;
		memcpy(out + size, text, len);
		size += len;
		text += len;
		text += *text == '.';
	}
	out[size++] = 0;
	return size;
}

static inline void message_name(struct message *m, const char *text)
{
	m->size += message_wire_name(text, m->wire + m->size);
}

static inline void message_begin(struct message *m, unsigned flags, const char *qname, unsigned qtype)
{
	m->size = 0;
	message_u16(m, 0x1234);
	message_u16(m, flags);
	message_u16(m, 1);
	for (int i = 0; i < 3; i++)
		message_u16(m, 0);
	message_name(m, qname);
	message_u16(m, qtype);
	message_u16(m, DNS_CLASS_IN);
}

// One record, its owner not compressed; "@" is the pointer to the question's name.
static inline void message_record(struct message *m, enum dns_section section, const char *owner, unsigned type,
	unsigned class, const void *rdata, size_t rdata_size)
{
	size_t at = 6 + 2 * (size_t)section;
	unsigned count = (unsigned)m->wire[at] << 8 | m->wire[at + 1];

	count++;
	m->wire[at] = (uint8_t)(count >> 8);
	m->wire[at + 1] = (uint8_t)count;
	if (strcmp(owner, "@") == 0)
		message_u16(m, 0xc000 | DNS_HEADER_SIZE);
	else
		message_name(m, owner);
	message_u16(m, type);
	message_u16(m, class);
	message_bytes(m, "\0\0\1\54", 4);
	message_u16(m, (unsigned)rdata_size);
	message_bytes(m, rdata, rdata_size);
}

// A record whose RDATA is one name (CNAME, NS, DNAME, PTR).
static inline void message_target(struct message *m, enum dns_section section, const char *owner, unsigned type,
	const char *target)
{
	uint8_t name[DNS_NAME_SIZE + 64];

	message_record(m, section, owner, type, DNS_CLASS_IN, name, message_wire_name(target, name));
}

// An A record.
static inline void message_a(struct message *m, enum dns_section section, const char *owner, unsigned last)
{
	const uint8_t address[4] = {192, 0, 2, (uint8_t)last};

	message_record(m, section, owner, DNS_TYPE_A, DNS_CLASS_IN, address, sizeof(address));
}

enum { MESSAGE_RESPONSE = 0x8180 };
