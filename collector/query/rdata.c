// SPDX-License-Identifier: BSD-3-Clause
// Converts RDATA as other programs write it to the form in Redis keys.
#include "collector/query/rdata.h"

#include "dataplane/common/dns_layout.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <strings.h>

// How a field of a type that is REWRITTEN (dns_types.h) is converted: n a name, x hexadecimal to the end (in one piece, lower
// case), w a word unchanged, * all that follows unchanged; 0: no more fields.
static char kind_of(uint8_t field)
{
	switch (field) {
	case DNS_FIELD_END:
		return '\0';
	case DNS_FIELD_NAME:
		return 'n';
	case DNS_FIELD_HEX:
		return 'x';
	case DNS_FIELD_TYPES:
	case DNS_FIELD_SVC_PARAMS:
		return '*';
	default:
		return 'w';
	}
}

size_t query_target(const struct query_record *r, const char **target)
{
	return text_target(r->type, r->type_len, r->rdata, r->rdata_len, target);
}

size_t query_field_len(const char *text, size_t len)
{
	bool quoted = false;
	size_t i = 0;

	for (; i < len && (quoted || (text[i] != ' ' && text[i] != '\t')); i++) {
		if (text[i] == '\\' && i + 1 < len)
			i++;
		else if (text[i] == '"')
			quoted = !quoted;
	}
	return i;
}

struct field_out {
	char *at, *end;
	bool bad;
};

static void put(struct field_out *o, const char *text, size_t len)
{
	if (len >= (size_t)(o->end - o->at)) {
		o->bad = true;
		return;
	}
	memcpy(o->at, text, len);
	o->at += len;
	*o->at = '\0';
}

// Octets that others write unescaped, as \DDD, the form in keys.
static void put_text(struct field_out *o, const char *text, size_t len)
{
	char escaped[8];

	for (size_t i = 0; i < len; i++) {
		unsigned char c = (unsigned char)text[i];
		bool plain = c >= 0x20 && c <= 0x7e;
		put(o, plain ? text + i : escaped, plain ? 1 : (size_t)snprintf(escaped, sizeof(escaped), "\\%03u", c));
	}
}

// …field by field, with one space between them.
static void put_words(struct field_out *o, const char *text)
{
	for (const char *separator = ""; *text && !o->bad; separator = " ") {
		size_t len = query_field_len(text, strlen(text));
		put(o, separator, strlen(separator));
		put_text(o, text, len);
		text += len;
		text += strspn(text, " \t");
	}
}

static void put_name(struct field_out *o, const char *text, size_t len)
{
	char name[TEXT_NAME_SIZE];
	size_t n = query_name_of(text, len, name);

	if (n == 0)
		o->bad = true;
	else
		put(o, name, n);
}

static void put_hex(struct field_out *o, const char *text, size_t len)
{
	for (size_t i = 0; i < len; i++) {
		char c = (char)tolower((unsigned char)text[i]);
		if (!isxdigit((unsigned char)c))
			o->bad = true;
		put(o, &c, 1);
	}
}

static bool put_fields(struct field_out *o, const uint8_t *fields, const char *text)
{
	bool hex = false; // the last field began: what follows belongs to it

	for (bool first = true; *text && !o->bad; first = false) {
		size_t len = query_field_len(text, strlen(text));
		if (kind_of(*fields) == '*') {
			put(o, " ", 1);
			put_words(o, text);
			return !o->bad;
		}
		if (*fields == DNS_FIELD_END && !hex)
			return false; // more fields than the type has
		char kind = hex ? 'x' : kind_of(*fields++);
		if (!first && !hex)
			put(o, " ", 1);
		if (kind == 'n')
			put_name(o, text, len);
		else if (kind == 'x')
			put_hex(o, text, len);
		else
			put_text(o, text, len);
		hex = kind == 'x';
		text += len;
		text += strspn(text, " \t");
	}
	return (*fields == DNS_FIELD_END || kind_of(*fields) == '*') && !o->bad;
}

// TXT and SPF of programs that omit the quotes.
static bool put_strings(struct field_out *o, const char *text)
{
	if (*text == '"') {
		put_words(o, text);
		return !o->bad;
	}
	put(o, "\"", 1);
	for (; *text && !o->bad; text++) {
		if (*text == '"' || *text == '\\')
			put(o, "\\", 1);
		put_text(o, text, 1);
	}
	put(o, "\"", 1);
	return !o->bad;
}

// RFC 3597: "\\# 3 0A0B 0C" as "\\# 3 0a0b0c".
static bool put_generic(struct field_out *o, const char *text)
{
	char *end;
	unsigned long size = strtoul(text + 2, &end, 10);
	char head[24];

	if (end == text + 2 || size > UINT16_MAX)
		return false;
	snprintf(head, sizeof(head), size > 0 ? "\\# %lu " : "\\# %lu", size);
	put(o, head, strlen(head));
	const char *start = o->at;
	for (text = end; *(text += strspn(text, " \t")); text += strcspn(text, " \t"))
		put_hex(o, text, strcspn(text, " \t"));
	return !o->bad && (size_t)(o->at - start) == 2 * size;
}

size_t query_rdata_canonical(const char *type, const char *text, char *out, size_t out_size)
{
	struct field_out o = {.at = out, .end = out + out_size, .bad = out_size == 0};
	uint8_t address[16];
	char plain[TEXT_ADDRESS_SIZE];
	const struct dns_layout *l = dns_layout_named(type, strlen(type));

	if (!*text || o.bad)
		return 0;
	if (strncmp(text, "\\#", 2) == 0)
		return put_generic(&o, text) ? (size_t)(o.at - out) : 0;
	if (dns_layout_address_size(l) > 0) {
		size_t size = query_address(text, address);
		if (size != dns_layout_address_size(l))
			return 0;
		put(&o, plain, text_address(address, size, plain));
		return o.bad ? 0 : (size_t)(o.at - out);
	}
	if (l && l->is_rewritten) {
		bool good = l->fields[0] == DNS_FIELD_STRINGS ? put_strings(&o, text) : put_fields(&o, l->fields, text);
		return good ? (size_t)(o.at - out) : 0;
	}
	put_words(&o, text);
	return o.bad ? 0 : (size_t)(o.at - out);
}
