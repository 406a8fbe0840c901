// SPDX-License-Identifier: BSD-3-Clause
// A bounds-checked reader over octets from outside. Every parser uses it.
//
//     base ──────────── at ──────────── end
//      │   already read  │   left to read │
//
// The error is sticky: after a read past the end, every further read returns zero and consumes nothing, so a parser checks
// `bad` once per header instead of once per field. No allocation, no ownership: the octets must outlive the cursor. One
// thread at a time.
#pragma once

#include <endian.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct cursor {
	const uint8_t *base; // first octet; compression pointers count from here
	const uint8_t *at;   // next octet to read
	const uint8_t *end;  // one past the last octet
	bool bad;	     // a read went past the end, or a parser called cursor_fail
};

static inline struct cursor cursor_make(const void *bytes, size_t size)
{
	const uint8_t *p = bytes;
	return (struct cursor){.base = p, .at = p, .end = p + size, .bad = false};
}

static inline size_t cursor_left(const struct cursor *c)
{
	return (size_t)(c->end - c->at);
}

static inline size_t cursor_offset(const struct cursor *c)
{
	return (size_t)(c->at - c->base);
}

// Marks the cursor bad and empties it, so that loops over `cursor_left` end.
static inline void cursor_fail(struct cursor *c)
{
	c->bad = true;
	c->at = c->end;
}

// Returns true if `n` more octets can be read; otherwise marks the cursor bad.
static inline bool cursor_need(struct cursor *c, size_t n)
{
	if (__builtin_expect(n > cursor_left(c), 0)) {
		cursor_fail(c);
		return false;
	}
	return true;
}

// Consumes the next `n` octets and returns them; NULL (and bad) if there are fewer. `n` may be 0.
static inline const uint8_t *cursor_take(struct cursor *c, size_t n)
{
	if (!cursor_need(c, n))
		return NULL;
	const uint8_t *p = c->at;
	c->at += n;
	return p;
}

static inline void cursor_skip(struct cursor *c, size_t n)
{
	(void)cursor_take(c, n);
}

// Integers in network byte order; 0 (and bad) after the end. cursor_load reads without a check.
static inline uint8_t cursor_u8(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 1);
	return p ? p[0] : 0;
}

static inline uint16_t cursor_load16(const uint8_t *p)
{
	uint16_t v;
	memcpy(&v, p, sizeof(v));
	return be16toh(v);
}

static inline uint32_t cursor_load32(const uint8_t *p)
{
	uint32_t v;
	memcpy(&v, p, sizeof(v));
	return be32toh(v);
}

static inline uint16_t cursor_u16(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 2);
	return p ? cursor_load16(p) : 0;
}

static inline uint32_t cursor_u32(struct cursor *c)
{
	const uint8_t *p = cursor_take(c, 4);
	return p ? cursor_load32(p) : 0;
}

// Shortens the cursor to the next `n` octets, for the length field of a header. Returns false and marks the cursor bad if
// fewer are left. What follows them (padding, a trailer) can no longer be read.
static inline bool cursor_limit(struct cursor *c, size_t n)
{
	if (!cursor_need(c, n))
		return false;
	c->end = c->at + n;
	return true;
}
