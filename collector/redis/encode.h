// SPDX-License-Identifier: BSD-3-Clause
// Encodes Redis commands (RESP2): many commands in one growing buffer, sent by one write. Binary safe: texts have lengths.
//
//     redis_encode_array(b, 4);  "ZADD" key score member      *4\r\n$4\r\nZADD\r\n…
//
// If memory runs out, `bad` is set and all that follows is dropped: check it once, at the end.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

struct redis_buffer {
	char *bytes;	 // owned; redis_buffer_free
	size_t size;	 // octets used
	size_t capacity; // octets allocated
	uint32_t arrays; // commands begun since the last clear
	bool bad;	 // memory ran out
};

void redis_buffer_free(struct redis_buffer *b);
void redis_buffer_clear(struct redis_buffer *b);

// Returns a place for `n` more octets; the caller advances `size`. NULL, and `bad`, if there is no memory.
char *redis_buffer_grow(struct redis_buffer *b, size_t n);
static inline char *redis_buffer_room(struct redis_buffer *b, size_t n)
{
	return __builtin_expect(!b->bad && n <= b->capacity - b->size, 1) ? b->bytes + b->size
									  : redis_buffer_grow(b, n);
}

// Begins a command of `n` arguments, its name included.
void redis_encode_array(struct redis_buffer *b, unsigned n);

// One argument: octets; two pieces put together; a number in decimal.
void redis_encode_bulk(struct redis_buffer *b, const void *bytes, size_t len);
void redis_encode_bulk2(struct redis_buffer *b, const void *head, size_t head_len, const void *tail, size_t tail_len);
void redis_encode_uint(struct redis_buffer *b, uint64_t value);

// One argument: a key, "<prefix><family><tail>"; `family` has its colon.
void redis_encode_key(struct redis_buffer *b, const char *prefix, const char *family, const void *tail,
	size_t tail_len);

// Reads a command that was encoded here: `*key` is its second argument. Returns the place after the command.
const char *redis_encode_read(const char *command, const char **key, size_t *key_len);

// One argument of fewer than 100 octets. If the compiler knows `len`, it knows the head as well.
static inline void redis_encode_short(struct redis_buffer *b, const char *text, size_t len)
{
	char *p = redis_buffer_room(b, len + 7);

	if (!p)
		return;
	*p++ = '$';
	if (len >= 10)
		*p++ = (char)('0' + len / 10);
	*p++ = (char)('0' + len % 10);
	memcpy(p, "\r\n", 2);
	memcpy(p + 2, text, len);
	memcpy(p + 2 + len, "\r\n", 2);
	b->size = (size_t)(p + len + 4 - b->bytes);
}

// One argument: a literal.
#define redis_encode_literal(b, text) redis_encode_short((b), "" text, sizeof(text) - 1)

// A terminated text.
static inline void redis_encode_text(struct redis_buffer *b, const char *text)
{
	redis_encode_bulk(b, text, strlen(text));
}
