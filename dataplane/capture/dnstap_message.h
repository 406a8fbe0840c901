// SPDX-License-Identifier: BSD-3-Clause
// One dnstap message → a packet that the workers take as from a wire: an IP and a UDP header, then the DNS response. The source is the
// server's address, port 53; the destination is the unspecified address, because addresses and ports of clients are left out here.
// Source: dnstap.proto (https://dnstap.info), Protocol Buffers encoding. Any thread; no memory is allocated.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum dnstap_type { // Message.Type of the schema
	DNSTAP_AUTH_RESPONSE = 2,
	DNSTAP_RESOLVER_RESPONSE = 4,
	DNSTAP_CLIENT_RESPONSE = 6,
	DNSTAP_FORWARDER_RESPONSE = 8,
	DNSTAP_STUB_RESPONSE = 10,
	DNSTAP_TOOL_RESPONSE = 12,
	DNSTAP_UPDATE_RESPONSE = 14
};

enum { DNSTAP_HEADERS_MAX = 48 }; // octets of the headers before the DNS message

enum dnstap_verdict {
	DNSTAP_TAKEN,
	DNSTAP_PASSED,	 // a query, a response of another type, or one without its octets
	DNSTAP_MALFORMED // not of the schema, or a DNS message that no datagram can hold
};

struct dnstap_packet {
	uint8_t headers[DNSTAP_HEADERS_MAX];
	uint32_t headers_size;
	const uint8_t *message; // the DNS response, within the frame
	uint32_t message_size;
	uint64_t us; // time of the response, else of the query; microseconds since 1970; UINT64_MAX: none
};

// Reads the data of a frame. `types`: bit N is set if the type N is taken. `*out` is filled if it returns DNSTAP_TAKEN.
enum dnstap_verdict dnstap_message_read(struct dnstap_packet *out, const uint8_t *data, size_t size, uint32_t types);

// The setting dnstap.types: "resolver-response, forwarder-response" → bits. 0, or -EINVAL with what was expected in `why`.
int dnstap_types_read(uint32_t *types, const char *text, char *why, size_t why_size);
