// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/dnstap_message.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

enum { DNS_PORT = 53, UDP_HEAD = 8, IPV4_HEAD = 20, IPV6_HEAD = 40, IP_SIZE_MAX = 65535, SECONDS_MAX = UINT32_MAX - 1 };

// Protocol Buffers ───────────────────────────────────────────────────────────────────────────

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_OCTETS = 2, WIRE_32 = 5 };

struct proto_field {
	uint32_t number;
	uint64_t value;	       // of a number; of octets: their size
	const uint8_t *octets; // of WIRE_OCTETS
};

struct proto_fields {
	const uint8_t *at, *end;
	bool is_bad;
};

static uint64_t read_varint(struct proto_fields *f)
{
	uint64_t value = 0;

	for (unsigned shift = 0; shift < 64 && f->at < f->end; shift += 7) {
		uint8_t octet = *f->at++;
		value |= (uint64_t)(octet & 0x7f) << shift;
		if (octet < 0x80)
			return value;
	}
	f->is_bad = true;
	return 0;
}

static uint64_t read_fixed(struct proto_fields *f, size_t size)
{
	uint64_t value = 0;

	f->is_bad |= (size_t)(f->end - f->at) < size;
	if (f->is_bad)
		return 0;
	for (size_t i = 0; i < size; i++)
		value |= (uint64_t)f->at[i] << 8 * i;
	f->at += size;
	return value;
}

// The next field. False at the end, or if it is malformed: `is_bad`.
static bool next_field(struct proto_fields *f, struct proto_field *out)
{
	if (f->is_bad || f->at == f->end)
		return false;
	uint64_t key = read_varint(f);
	out->number = (uint32_t)(key >> 3);
	out->octets = NULL;
	switch (key & 7) {
	case WIRE_VARINT:
		out->value = read_varint(f);
		break;
	case WIRE_64:
		out->value = read_fixed(f, 8);
		break;
	case WIRE_32:
		out->value = read_fixed(f, 4);
		break;
	case WIRE_OCTETS:
		out->value = read_varint(f);
		f->is_bad |= out->value > (uint64_t)(f->end - f->at);
		if (!f->is_bad) {
			out->octets = f->at;
			f->at += out->value;
		}
		break;
	default:
		f->is_bad = true;
	}
	f->is_bad |= key >> 3 == 0 || key >> 32 != 0;
	return !f->is_bad;
}

// the schema ─────────────────────────────────────────────────────────────────────────────────

enum { DNSTAP_MESSAGE = 14, DNSTAP_KIND = 15, KIND_MESSAGE = 1 }; // fields of Dnstap, and the only kind

enum message_field { // of Message
	FIELD_TYPE = 1,
	FIELD_RESPONSE_ADDRESS = 5,
	FIELD_QUERY_S = 8,
	FIELD_QUERY_NS = 9,
	FIELD_RESPONSE_S = 12,
	FIELD_RESPONSE_NS = 13,
	FIELD_RESPONSE = 14
};

struct message {
	uint64_t type;
	struct proto_field address, response; // octets, or NULL
	uint64_t query_s, query_ns;	      // 0: not given
	uint64_t response_s, response_ns;
};

static bool read_message(struct message *m, const struct proto_field *part)
{
	struct proto_fields fields = {part->octets, part->octets + part->value, false};
	struct proto_field f;

	while (next_field(&fields, &f)) {
		switch ((enum message_field)f.number) {
		case FIELD_TYPE:
			m->type = f.value;
			break;
		case FIELD_RESPONSE_ADDRESS:
			m->address = f;
			break;
		case FIELD_QUERY_S:
			m->query_s = f.value;
			break;
		case FIELD_QUERY_NS:
			m->query_ns = f.value;
			break;
		case FIELD_RESPONSE_S:
			m->response_s = f.value;
			break;
		case FIELD_RESPONSE_NS:
			m->response_ns = f.value;
			break;
		case FIELD_RESPONSE:
			m->response = f;
			break;
		}
	}
	return !fields.is_bad;
}

// the packet ─────────────────────────────────────────────────────────────────────────────────

static void put16(uint8_t *at, uint32_t value)
{
	at[0] = (uint8_t)(value >> 8);
	at[1] = (uint8_t)value;
}

// Without checksums: nobody looks at them.
static bool write_headers(struct dnstap_packet *out, const struct proto_field *address)
{
	bool is_v6 = address->octets && address->value == 16;
	uint32_t ip_head = is_v6 ? IPV6_HEAD : IPV4_HEAD, udp_size = UDP_HEAD + out->message_size;
	uint8_t *ip = out->headers, *udp = ip + ip_head;

	if ((address->octets && !is_v6 && address->value != 4) || (is_v6 ? udp_size : ip_head + udp_size) > IP_SIZE_MAX)
		return false;
	memset(out->headers, 0, sizeof(out->headers));
	if (is_v6) {
		ip[0] = 6 << 4;
		put16(ip + 4, udp_size);
		ip[6] = 17; // UDP
		ip[7] = 64;
		memcpy(ip + 8, address->octets, 16);
	} else {
		ip[0] = 4 << 4 | IPV4_HEAD / 4;
		put16(ip + 2, ip_head + udp_size);
		ip[8] = 64;
		ip[9] = 17;
		if (address->octets)
			memcpy(ip + 12, address->octets, 4);
	}
	put16(udp, DNS_PORT);
	put16(udp + 4, udp_size);
	out->headers_size = ip_head + UDP_HEAD;
	return true;
}

static uint64_t time_of(uint64_t seconds, uint64_t ns)
{
	return seconds == 0 || seconds > SECONDS_MAX ? UINT64_MAX
						     : seconds * 1000000 + (ns < 1000000000 ? ns / 1000 : 0);
}

enum dnstap_verdict dnstap_message_read(struct dnstap_packet *out, const uint8_t *data, size_t size, uint32_t types)
{
	struct proto_fields fields = {data, data + size, false};
	struct message m = {0};
	struct proto_field f, part = {0};
	uint64_t kind = 0;

	while (next_field(&fields, &f)) {
		if (f.number == DNSTAP_MESSAGE && f.octets)
			part = f;
		else if (f.number == DNSTAP_KIND)
			kind = f.value;
	}
	if (fields.is_bad)
		return DNSTAP_MALFORMED;
	if (kind != KIND_MESSAGE || !part.octets)
		return DNSTAP_PASSED;
	if (!read_message(&m, &part))
		return DNSTAP_MALFORMED;
	if (m.type > 31 || !(types >> m.type & 1) || !m.response.octets || m.response.value == 0)
		return DNSTAP_PASSED;
	out->message = m.response.octets;
	out->message_size = m.response.value > IP_SIZE_MAX ? IP_SIZE_MAX : (uint32_t)m.response.value;
	out->us = time_of(m.response_s, m.response_ns);
	if (out->us == UINT64_MAX)
		out->us = time_of(m.query_s, m.query_ns);
	return write_headers(out, &m.address) ? DNSTAP_TAKEN : DNSTAP_MALFORMED;
}

// dnstap.types ───────────────────────────────────────────────────────────────────────────────

static const struct {
	const char *name;
	enum dnstap_type type;
} names[] = {{"resolver-response", DNSTAP_RESOLVER_RESPONSE}, {"forwarder-response", DNSTAP_FORWARDER_RESPONSE},
	{"auth-response", DNSTAP_AUTH_RESPONSE}, {"client-response", DNSTAP_CLIENT_RESPONSE},
	{"stub-response", DNSTAP_STUB_RESPONSE}, {"tool-response", DNSTAP_TOOL_RESPONSE},
	{"update-response", DNSTAP_UPDATE_RESPONSE}};

enum { NAMES = sizeof(names) / sizeof(names[0]) };

int dnstap_types_read(uint32_t *types, const char *text, char *why, size_t why_size)
{
	uint32_t found = 0;

	while (text[strspn(text, " \t,")]) {
		text += strspn(text, " \t,");
		size_t len = strcspn(text, " \t,"), i = 0;
		while (i < NAMES && (strlen(names[i].name) != len || strncasecmp(text, names[i].name, len) != 0))
			i++;
		if (i == NAMES) {
			snprintf(why, why_size, "expected %s, %s, %s, %s, %s, %s or %s, comma-separated", names[0].name,
				names[1].name, names[2].name, names[3].name, names[4].name, names[5].name,
				names[6].name);
			return -EINVAL;
		}
		found |= 1u << names[i].type;
		text += len;
	}
	*types = found;
	return 0;
}
