// SPDX-License-Identifier: BSD-3-Clause
// Writes text into a bounded buffer. Shared by the files that write RDATA: text.c walks through
// the fields of a layout, field.c writes simple fields, special.c and params.c
// those with a structure of their own. Other rooms use text.h.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include "dataplane/common/cursor.h"
#include "dataplane/common/dns_layout.h"

// The error is sticky, as in a cursor: what does not fit is not written, nor is what follows it.
struct text_out {
	char *at;  // next character
	char *end; // one past the last character of room
	bool full; // something did not fit
};

// True if `n` more characters fit.
static inline bool text_room(struct text_out *o, size_t n)
{
	if (n > (size_t)(o->end - o->at)) {
		o->full = true;
		o->end = o->at;
	}
	return !o->full;
}

static inline void text_put(struct text_out *o, const char *text, size_t n)
{
	if (text_room(o, n)) {
		memcpy(o->at, text, n);
		o->at += n;
	}
}

static inline void text_put_word(struct text_out *o, const char *word)
{
	text_put(o, word, strlen(word));
}

static inline void text_put_char(struct text_out *o, char c)
{
	if (text_room(o, 1))
		*o->at++ = c;
}

// field.c ───────────────────────────────────────────────────────────────────────────────

void text_put_number(struct text_out *o, uint64_t number); // decimal
void text_put_type(struct text_out *o, uint16_t type);	   // mnemonic or TYPEn
void text_put_ipv4(struct text_out *o, const uint8_t address[static 4]);
void text_put_ipv6(struct text_out *o, const uint8_t address[static 16]);
void text_put_hex(struct text_out *o, const uint8_t *p, size_t n);
void text_put_base64(struct text_out *o, const uint8_t *p, size_t n);
void text_put_escaped(struct text_out *o, const uint8_t *p, size_t n); // inside quotes
void text_put_quoted(struct text_out *o, const uint8_t *p, size_t n);

// The uncompressed name at the cursor. False, with the cursor bad, if it is not sound.
bool text_put_name(struct text_out *o, struct cursor *c);

// Writes a field of RDATA and consumes it. False if the octets do not fit the field.
bool text_put_field(struct text_out *o, struct cursor *c, enum dns_field field);

// special.c, params.c ──────────────────────────────────────────────────────────────

// The same for fields that are lists or depend on others.
bool text_put_special(struct text_out *o, struct cursor *c, enum dns_field field);

// Service parameters to the end of the cursor (RFC 9460 §2.1).
bool text_put_svc_params(struct text_out *o, struct cursor *c);
