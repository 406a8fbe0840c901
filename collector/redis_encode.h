// SPDX-License-Identifier: BSD-3-Clause
// Redis commands encoded in bulk (RESP2): many commands in one growing buffer, sent by one write.
// Binary safe: lengths, never terminators.
//
//     redis_encode_array(b, 4);  "ZADD" key score member      *4\r\n$4\r\nZADD\r\n…
//
// Running out of memory is sticky: `bad` is set, what follows is dropped; look at it once at the end.
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

// Room for `n` more octets at the returned place (advance `size` yourself); NULL (and bad) without memory.
char *redis_buffer_room(struct redis_buffer *b, size_t n);

// Begins a command of `n` arguments, its name included.
void redis_encode_array(struct redis_buffer *b, unsigned n);

// One argument: octets; two pieces put together; a number in decimal.
void redis_encode_bulk(struct redis_buffer *b, const void *bytes, size_t len);
void redis_encode_bulk2(
	struct redis_buffer *b, const void *head, size_t head_len, const void *tail, size_t tail_len);
void redis_encode_uint(struct redis_buffer *b, uint64_t value);

// One argument: a key, "<prefix><family><tail>"; `family` has its colon.
void redis_encode_key(
	struct redis_buffer *b, const char *prefix, const char *family, const void *tail, size_t tail_len);

// Reads a command that was encoded here: its key, which is its second word. Returns what follows it.
const char *redis_encode_read(const char *command, const char **key, size_t *key_len);

// One argument: a literal.
#define redis_encode_literal(b, text) redis_encode_bulk((b), "" text, sizeof(text) - 1)

// A terminated text.
static inline void redis_encode_text(struct redis_buffer *b, const char *text)
{
	redis_encode_bulk(b, text, strlen(text));
}
