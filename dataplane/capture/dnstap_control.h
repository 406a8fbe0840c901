// SPDX-License-Identifier: BSD-3-Clause
// Control frames of Frame Streams: size 0, size of the control frame, its type, then fields (number, size, octets), big endian.
// Source: https://farsightsec.github.io/fstrm/ (control.h). Any thread.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#define DNSTAP_CONTENT_TYPE "protobuf:dnstap.Dnstap"

enum {
	DNSTAP_CONTROL_HEAD = 8,  // the two sizes
	DNSTAP_CONTROL_MAX = 512, // octets after them: fstrm's own limit
	DNSTAP_CONTROL_FIELD = 1  // the field with a content type
};

enum dnstap_control {
	DNSTAP_CONTROL_ACCEPT = 1,
	DNSTAP_CONTROL_START,
	DNSTAP_CONTROL_STOP,
	DNSTAP_CONTROL_READY,
	DNSTAP_CONTROL_FINISH
};

static inline uint32_t dnstap_load32(const uint8_t *at)
{
	return (uint32_t)at[0] << 24 | (uint32_t)at[1] << 16 | (uint32_t)at[2] << 8 | at[3];
}

static inline uint8_t *dnstap_store32(uint8_t *at, uint32_t value)
{
	for (int i = 0; i < 4; i++)
		at[i] = (uint8_t)(value >> (24 - 8 * i));
	return at + 4;
}

// Whether the fields of a control frame name dnstap as a content type, or no content type. If not, `found` has the first one, printable.
static inline bool dnstap_control_fits(const uint8_t *at, const uint8_t *end, char *found, size_t found_size)
{
	bool any = false;

	while (end - at >= 8) {
		uint32_t field = dnstap_load32(at), size = dnstap_load32(at + 4);
		at += 8;
		if (size > (size_t)(end - at))
			break;
		if (field == DNSTAP_CONTROL_FIELD && size == strlen(DNSTAP_CONTENT_TYPE) &&
			memcmp(at, DNSTAP_CONTENT_TYPE, size) == 0)
			return true;
		for (size_t i = 0; field == DNSTAP_CONTROL_FIELD && !any && i < size && i + 1 < found_size; i++)
			found[i] = at[i] > 0x20 && at[i] < 0x7f ? (char)at[i] : '?', found[i + 1] = '\0';
		any |= field == DNSTAP_CONTROL_FIELD;
		at += size;
	}
	return !any;
}

// Writes a control frame, at most 64 octets. Returns its size.
static inline size_t dnstap_control_write(uint8_t *to, uint32_t type, bool with_content)
{
	size_t content = strlen(DNSTAP_CONTENT_TYPE);
	uint8_t *at = dnstap_store32(to, 0);

	at = dnstap_store32(at, with_content ? (uint32_t)(4 + 8 + content) : 4);
	at = dnstap_store32(at, type);
	if (with_content) {
		at = dnstap_store32(at, DNSTAP_CONTROL_FIELD);
		at = dnstap_store32(at, (uint32_t)content);
		memcpy(at, DNSTAP_CONTENT_TYPE, content);
		at += content;
	}
	return (size_t)(at - to);
}
