// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/encode.h"

#include <stdlib.h>

enum { DIGITS_MAX = 20, HEAD_MAX = 1 + DIGITS_MAX + 2, CAPACITY_MIN = 16384 };

void redis_buffer_free(struct redis_buffer *b)
{
	free(b->bytes);
	*b = (struct redis_buffer){0};
}

void redis_buffer_clear(struct redis_buffer *b)
{
	b->size = 0;
	b->arrays = 0;
	b->bad = false;
}

char *redis_buffer_grow(struct redis_buffer *b, size_t n)
{
	if (b->bad)
		return NULL;
	if (n > b->capacity - b->size) {
		size_t capacity = b->capacity ? b->capacity : CAPACITY_MIN;
		while (n > capacity - b->size)
			capacity *= 2;
		char *bytes = realloc(b->bytes, capacity);
		if (!bytes) {
			b->bad = true;
			return NULL;
		}
		b->bytes = bytes;
		b->capacity = capacity;
	}
	return b->bytes + b->size;
}

static const char pairs[] = "00010203040506070809101112131415161718192021222324252627282930313233343536373839"
			    "40414243444546474849505152535455565758596061626364656667686970717273747576777879"
			    "8081828384858687888990919293949596979899";

// Decimal digits of `value` at `p`; returns how many (1..20).
static inline size_t write_digits(char *p, uint64_t value)
{
	char digits[DIGITS_MAX];
	size_t at = DIGITS_MAX;

	for (; value >= 100; value /= 100)
		memcpy(digits + (at -= 2), pairs + 2 * (value % 100), 2);
	if (value >= 10)
		memcpy(digits + (at -= 2), pairs + 2 * value, 2);
	else
		digits[--at] = (char)('0' + value);
	memcpy(p, digits + at, DIGITS_MAX - at);
	return DIGITS_MAX - at;
}

// "<mark><number>\r\n" at `p`; returns the octet after it. Most numbers are lengths below 100.
static inline char *write_head(char *p, char mark, uint64_t number)
{
	*p++ = mark;
	if (__builtin_expect(number < 10, 0)) {
		*p++ = (char)('0' + number);
	} else if (__builtin_expect(number < 100, 1)) {
		memcpy(p, pairs + 2 * number, 2);
		p += 2;
	} else {
		p += write_digits(p, number);
	}
	memcpy(p, "\r\n", 2);
	return p + 2;
}

void redis_encode_array(struct redis_buffer *b, unsigned n)
{
	char *p = redis_buffer_room(b, HEAD_MAX);

	if (!p)
		return;
	b->size = (size_t)(write_head(p, '*', n) - b->bytes);
	b->arrays++;
}

void redis_encode_bulk2(struct redis_buffer *b, const void *head, size_t head_len, const void *tail, size_t tail_len)
{
	char *p = redis_buffer_room(b, HEAD_MAX + head_len + tail_len + 2);

	if (!p)
		return;
	p = write_head(p, '$', head_len + tail_len);
	memcpy(p, head, head_len);
	p += head_len;
	memcpy(p, tail, tail_len);
	p += tail_len;
	*p++ = '\r';
	*p++ = '\n';
	b->size = (size_t)(p - b->bytes);
}

void redis_encode_bulk(struct redis_buffer *b, const void *bytes, size_t len)
{
	char *p = redis_buffer_room(b, HEAD_MAX + len + 2);

	if (!p)
		return;
	p = write_head(p, '$', len);
	memcpy(p, bytes, len);
	memcpy(p + len, "\r\n", 2);
	b->size = (size_t)(p + len + 2 - b->bytes);
}

void redis_encode_key(struct redis_buffer *b, const char *prefix, const char *family, const void *tail, size_t tail_len)
{
	size_t prefix_len = strlen(prefix), family_len = strlen(family), len = prefix_len + family_len + tail_len;
	char *p = redis_buffer_room(b, HEAD_MAX + len + 2);

	if (!p)
		return;
	p = write_head(p, '$', len);
	memcpy(p, prefix, prefix_len);
	p += prefix_len;
	memcpy(p, family, family_len);
	p += family_len;
	memcpy(p, tail, tail_len);
	p += tail_len;
	*p++ = '\r';
	*p++ = '\n';
	b->size = (size_t)(p - b->bytes);
}

// The number after '*' or '$' at `p`; `*next` is after its line end.
static size_t read_length(const char *p, const char **next)
{
	size_t n = 0;

	for (p++; *p != '\r'; p++)
		n = n * 10 + (size_t)(*p - '0');
	*next = p + 2;
	return n;
}

const char *redis_encode_read(const char *command, const char **key, size_t *key_len)
{
	size_t words = read_length(command, &command);

	for (size_t i = 0; i < words; i++) {
		size_t len = read_length(command, &command);
		if (i == 1) {
			*key = command;
			*key_len = len;
		}
		command += len + 2;
	}
	return command;
}

void redis_encode_uint(struct redis_buffer *b, uint64_t value)
{
	char digits[DIGITS_MAX];

	redis_encode_bulk(b, digits, write_digits(digits, value));
}
