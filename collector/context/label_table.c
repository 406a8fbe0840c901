// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/label_table.h"

#include "collector/context/facts.h"

#include <ctype.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const context_kind_text[CONTEXT_KINDS] = {"", "hosting", "cdn", "parking", "sinkhole"};

enum { FIELDS = 5, AS_TEXT_SIZE = 16 };

// entries ────────────────────────────────────────────────────────────────────────────────────

static bool grow(void **at, size_t *capacity, size_t wanted, size_t size)
{
	size_t more = *capacity ? *capacity : 64;

	if (wanted <= *capacity)
		return true;
	while (more < wanted)
		more *= 2;
	void *moved = realloc(*at, more * size);
	if (!moved)
		return false;
	*at = moved;
	*capacity = more;
	return true;
}

// Offset of the label in `texts`; UINT32_MAX: no memory. The label of the entry before is shared.
static uint32_t put_label(struct context_labels *l, const char *label)
{
	char clean[CONTEXT_LABEL_SIZE];
	uint32_t last = l->len > 0 ? l->entries[l->len - 1].label : 0;

	context_text_copy(clean, sizeof(clean), label, strlen(label));
	if (l->len > 0 && strcmp(l->texts + last, clean) == 0)
		return last;
	size_t size = strlen(clean) + 1;
	if (!grow((void **)&l->texts, &l->texts_capacity, l->texts_size + size, 1))
		return UINT32_MAX;
	memcpy(l->texts + l->texts_size, clean, size);
	l->texts_size += size;
	return (uint32_t)(l->texts_size - size);
}

// The number of the entry plus 1; 0: no memory.
static uint32_t put_entry(struct context_labels *l, struct context_entry entry, const char *label)
{
	entry.label = put_label(l, label);
	if (entry.label == UINT32_MAX || !grow((void **)&l->entries, &l->capacity, l->len + 1, sizeof(*l->entries)))
		return 0;
	l->entries[l->len++] = entry;
	return (uint32_t)l->len;
}

void context_labels_free(struct context_labels *l)
{
	context_networks_free(&l->networks);
	context_name_table_free(&l->zones);
	free(l->entries);
	free(l->texts);
	*l = (struct context_labels){0};
}

// fields ─────────────────────────────────────────────────────────────────────────────────────

static bool read_kind(const char *text, uint8_t *kind)
{
	for (int i = 0; i < CONTEXT_KINDS; i++)
		if (strcmp(text, context_kind_text[i]) == 0) {
			*kind = (uint8_t)i;
			return true;
		}
	return false;
}

// "64500" or "AS64500"; empty: 0.
static bool read_as(const char *text, uint32_t *asn)
{
	const char *digits = strncasecmp(text, "AS", 2) == 0 ? text + 2 : text;
	unsigned long long number = strtoull(digits, NULL, 10);

	*asn = (uint32_t)number;
	return !*text || (*digits && strspn(digits, "0123456789") == strlen(digits) && strlen(digits) <= 10 &&
				 number <= UINT32_MAX);
}

static bool read_country(const char *text, char country[static 2])
{
	if (!*text)
		return true;
	if (strlen(text) != 2 || !isalpha((unsigned char)text[0]) || !isalpha((unsigned char)text[1]))
		return false;
	country[0] = (char)toupper((unsigned char)text[0]);
	country[1] = (char)toupper((unsigned char)text[1]);
	return true;
}

static int fail_memory(const struct context_text *text, char *why, size_t why_size)
{
	return context_text_fail(text, why, why_size, "too many entries for the memory, or more than %d",
		CONTEXT_NETWORKS_MAX);
}

static int put_network(struct context_labels *l, const struct context_text *text, const char *prefix,
	struct context_entry entry, const char *label, char *why, size_t why_size)
{
	uint8_t address[16];
	unsigned bits;

	if (!context_network_parse(prefix, address, &bits))
		return context_text_fail(text, why, why_size,
			"found '%.100s', expected an address or a network, as 192.0.2.0/24 or 2001:db8::/32", prefix);
	uint32_t number = put_entry(l, entry, label);
	if (number == 0 || !context_networks_add(&l->networks, address, bits, number))
		return fail_memory(text, why, why_size);
	return 0;
}

// context.prefixes ───────────────────────────────────────────────────────────────────────────

static char *trim(char *text)
{
	char *end = text + strlen(text);

	while (end > text && (end[-1] == ' ' || end[-1] == '\t'))
		*--end = '\0';
	return text + strspn(text, " \t");
}

static int read_prefix_line(struct context_labels *l, const struct context_text *text, char *line, char *why,
	size_t why_size)
{
	char *fields[FIELDS] = {line}, empty[1] = "";
	const char *const separator = strchr(line, '\t') ? "\t" : ",";
	struct context_entry entry = {0};
	size_t n = 0;

	while (n < FIELDS && line)
		fields[n++] = strsep(&line, separator);
	if (line)
		return context_text_fail(text, why, why_size,
			"found more than 5 fields, expected PREFIX,ASN,COUNTRY,LABEL,KIND");
	for (size_t i = 0; i < FIELDS; i++)
		fields[i] = i < n ? trim(fields[i]) : empty;
	if (!read_as(fields[1], &entry.asn))
		return context_text_fail(text, why, why_size, "found '%.100s', expected an AS number", fields[1]);
	if (!read_country(fields[2], entry.country))
		return context_text_fail(text, why, why_size, "found '%.100s', expected a country of two letters",
			fields[2]);
	if (!read_kind(fields[4], &entry.kind))
		return context_text_fail(text, why, why_size,
			"found '%.100s', expected hosting, cdn, parking or sinkhole", fields[4]);
	return put_network(l, text, fields[0], entry, fields[3], why, why_size);
}

int context_prefixes_read(struct context_labels *l, struct context_text *text, char *why, size_t why_size)
{
	char *line;

	*l = (struct context_labels){0};
	while ((line = context_text_next(text)) != NULL)
		if (read_prefix_line(l, text, line, why, why_size) != 0)
			return -1;
	return context_networks_finish(&l->networks) ? 0 : fail_memory(text, why, why_size);
}

// context.labels ─────────────────────────────────────────────────────────────────────────────

// In place: lower case, without "*." and final dot. Returns the number of labels; 0: it is no zone.
static unsigned read_zone(char **zone)
{
	char *name = strncmp(*zone, "*.", 2) == 0 ? *zone + 2 : *zone;
	size_t len = strlen(name);
	unsigned labels = 1;

	if (len > 1 && name[len - 1] == '.')
		name[--len] = '\0';
	for (size_t i = 0; i < len; i++) {
		name[i] = (char)tolower((unsigned char)name[i]);
		if (!isalnum((unsigned char)name[i]) && !strchr("-_.", name[i]))
			return 0;
		if (name[i] == '.' && (i == 0 || name[i - 1] == '.'))
			return 0;
		labels += name[i] == '.';
	}
	*zone = name;
	return len > 0 && len <= 253 ? labels : 0;
}

static int put_name(struct context_labels *l, const struct context_text *text, char *what, struct context_entry entry,
	const char *label, char *why, size_t why_size)
{
	char as_text[AS_TEXT_SIZE];
	uint32_t asn;
	unsigned labels = 0;

	if (strncasecmp(what, "AS", 2) == 0 && isdigit((unsigned char)what[2]) && read_as(what, &asn)) {
		snprintf(as_text, sizeof(as_text), "AS%u", (unsigned)asn); // no zone has capital letters
		what = as_text;
	} else if ((labels = read_zone(&what)) == 0) {
		return context_text_fail(text, why, why_size, "found '%.100s', expected a network, an AS or a zone",
			what);
	}
	uint32_t number = put_entry(l, entry, label);
	if (number == 0 || !context_name_table_add(&l->zones, what, strlen(what), number, false))
		return fail_memory(text, why, why_size);
	l->zone_labels = labels > l->zone_labels ? labels : l->zone_labels;
	return 0;
}

static int read_label_line(struct context_labels *l, const struct context_text *text, char *line, char *why,
	size_t why_size)
{
	static const char blanks[] = " \t";
	struct context_entry entry = {0};
	char *what = strsep(&line, blanks);
	char *rest = line ? line + strspn(line, blanks) : NULL;
	char *kind = rest ? strsep(&rest, blanks) : NULL;

	if (!kind || !*kind || !read_kind(kind, &entry.kind))
		return context_text_fail(text, why, why_size,
			"found kind '%.100s', expected hosting, cdn, parking or sinkhole", kind ? kind : "");
	const char *label = rest ? rest + strspn(rest, blanks) : "";
	if (strchr(what, '/') || strchr(what, ':') || what[strspn(what, "0123456789.")] == '\0')
		return put_network(l, text, what, entry, label, why, why_size);
	return put_name(l, text, what, entry, label, why, why_size);
}

int context_labels_read(struct context_labels *l, struct context_text *text, char *why, size_t why_size)
{
	char *line;

	*l = (struct context_labels){0};
	if (!context_name_table_init(&l->zones, context_text_lines(text)))
		return fail_memory(text, why, why_size);
	while ((line = context_text_next(text)) != NULL)
		if (read_label_line(l, text, line, why, why_size) != 0)
			return -1;
	return context_networks_finish(&l->networks) ? 0 : fail_memory(text, why, why_size);
}

// lookups ────────────────────────────────────────────────────────────────────────────────────

const struct context_entry *context_labels_network(const struct context_labels *l, const uint8_t address[static 16])
{
	uint32_t number = context_networks_find(&l->networks, address);

	return number ? &l->entries[number - 1] : NULL;
}

const struct context_entry *context_labels_as(const struct context_labels *l, uint32_t asn)
{
	char text[AS_TEXT_SIZE];
	size_t at = sizeof(text);

	if (l->zones.len == 0 || asn == 0)
		return NULL;
	for (; asn > 0; asn /= 10)
		text[--at] = (char)('0' + asn % 10);
	text[--at] = 'S';
	text[--at] = 'A';
	uint32_t number = context_name_table_find(&l->zones, text + at, sizeof(text) - at);
	return number ? &l->entries[number - 1] : NULL;
}

// True if the dot at `at` is part of a label: an odd number of backslashes precedes it.
static bool is_escaped(const char *name, size_t at)
{
	size_t backslashes = 0;

	while (at > backslashes && name[at - 1 - backslashes] == '\\')
		backslashes++;
	return backslashes % 2 == 1;
}

const struct context_entry *context_labels_zone(const struct context_labels *l, const char *name, size_t len)
{
	size_t at = len;

	if (l->zone_labels == 0)
		return NULL;
	for (unsigned labels = 1;; labels++, at--) { // to the left, as many labels as a zone can have; `at--`: the dot
		while (at > 0 && !(name[at - 1] == '.' && !is_escaped(name, at - 1)))
			at--;
		if (at == 0 || labels == l->zone_labels)
			break;
	}
	// to the right, until a zone is found
	while (at < len) {
		uint32_t number = context_name_table_find(&l->zones, name + at, len - at);
		if (number)
			return &l->entries[number - 1];
		while (at < len && !(name[at] == '.' && !is_escaped(name, at)))
			at++;
		at++;
	}
	return NULL;
}
