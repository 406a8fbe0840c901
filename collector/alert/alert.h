// SPDX-License-Identifier: BSD-3-Clause
// One alert: an entry of the stream pdns:alert (docs/schema.md), cleaned and bounded, so that every format may print it.
#pragma once

#include <hiredis/hiredis.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum alert_field {
	ALERT_ID,   // made from rule, kind and record: the same for a repetition
	ALERT_RULE, // name of the rule
	ALERT_KIND, // new, again, moved, tamper, burst; summary: of what a limit held back
	ALERT_NAME, // owner name
	ALERT_TYPE,
	ALERT_RDATA,
	ALERT_FIRST, // first seen, seconds since 1970
	ALERT_LAST,
	ALERT_SENSOR,
	ALERT_EXPECTED, // tamper: the records that were expected
	ALERT_REASON,	// why the rule matched, for people
	ALERT_FIELDS
};

enum { ALERT_ENTRY_SIZE = 44, ALERT_SIZE_MAX = 12288 }; // octets of an id of the stream; of a packed alert

extern const char *const alert_field_names[ALERT_FIELDS];

struct alert {
	const char *entry;		 // id in the stream, "<milliseconds>-<number>"; empty: a summary
	const char *field[ALERT_FIELDS]; // UTF-8 without control characters; never NULL
	char *text;			 // owned: entry and fields, each terminated
	size_t size;			 // octets of the text; at most ALERT_SIZE_MAX
};

// From an entry of the stream. What is no printable UTF-8 becomes \DDD; texts that are too long are cut and end in "…".
// Returns 0 or -ENOMEM. The caller frees with alert_free.
int alert_from_entry(struct alert *out, const char *entry, const redisReply *fields);

// From texts; NULL is empty.
int alert_make(struct alert *out, const char *entry, const char *const field[ALERT_FIELDS]);

// From the text of another alert, which is copied. False if it is none.
bool alert_unpack(struct alert *out, const char *text, size_t size);

void alert_free(struct alert *a);

// A numeric field; 0 if it is none.
int64_t alert_number(const struct alert *a, enum alert_field field);

// When it was written, milliseconds since 1970: by its entry, else by its last sighting.
int64_t alert_time_ms(const struct alert *a);

// Writes "2026-11-30T21:17:47.123Z"; size at least 32.
void alert_time_text(int64_t ms, char *out, size_t size);

// Order of two ids of the stream: negative, 0 or positive. Empty is the lowest.
int alert_compare_entries(const char *a, const char *b);
