// SPDX-License-Identifier: BSD-3-Clause
// A list of names as a tree of labels, held in one open-addressed table: each name of the list and each
// name above it is a slot, found by a keyed hash that is built label by label from the root.
//
//     slots   hash │ offset of the name in `bytes` │ its size │ NODE_EXACT, NODE_UNDER
//     bytes   names in wire form, lower case; a name above another points into it
#include "dataplane/admit/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/dns/dns.h"
#include "dataplane/base/hash.h"
#include "dataplane/base/list_file.h"
#include "dataplane/common/wire_name.h"

enum node_flag { NODE_EXACT = 1, NODE_UNDER = 2 };

struct node {
	uint64_t hash;
	uint32_t at;
	uint8_t size;  // of the name; 0: a free slot
	uint8_t flags; // enum node_flag; 0: only above other names
};

struct filter_names {
	struct hash_key key;
	struct node *slots;
	size_t slots_len;  // a power of two
	size_t slots_used; // at most half
	uint8_t *bytes;
	size_t bytes_size, bytes_room;
	size_t names; // lines with a name
	uint8_t root; // enum node_flag of the root
};

// Offsets of the labels of a name in wire form, the root's not among them. Returns how many.
static unsigned label_offsets(const uint8_t *name, uint8_t offsets[static 128])
{
	unsigned labels = 0;

	for (size_t at = 0; name[at] != 0 && labels < 128; at = wire_name_next(name, at))
		offsets[labels++] = (uint8_t)at;
	return labels;
}

static uint64_t hash_label(const struct hash_key *key, uint64_t above, const uint8_t *label)
{
	return hash_mix(key, above, hash_bytes(key, label, 1u + label[0]));
}

// The slot of that name, or the free one where it belongs.
static struct node *find(const struct filter_names *n, uint64_t hash, const uint8_t *name, size_t size)
{
	size_t mask = n->slots_len - 1;

	for (size_t i = hash & mask;; i = (i + 1) & mask) {
		struct node *slot = &n->slots[i];
		if (slot->size == 0 ||
			(slot->hash == hash && slot->size == size && memcmp(n->bytes + slot->at, name, size) == 0))
			return slot;
	}
}

bool filter_names_has(const struct filter_names *n, const uint8_t *name, size_t size)
{
	uint8_t offsets[128];
	unsigned labels = label_offsets(name, offsets);
	uint64_t hash = 0;

	if (labels == 0)
		return n->root & NODE_EXACT;
	if (n->root & NODE_UNDER)
		return true;
	while (labels-- > 0) {
		const uint8_t *suffix = name + offsets[labels];
		hash = hash_label(&n->key, hash, suffix);
		const struct node *slot = find(n, hash, suffix, size - offsets[labels]);
		if (slot->size == 0)
			return false;
		if (slot->flags & (labels == 0 ? NODE_EXACT : NODE_UNDER))
			return true;
	}
	return false;
}

// reading ────────────────────────────────────────────────────────────────────────────────────

static int grow_slots(struct filter_names *n)
{
	struct filter_names bigger = *n;

	bigger.slots_len = n->slots_len ? n->slots_len * 2 : 1024;
	bigger.slots = calloc(bigger.slots_len, sizeof(*bigger.slots));
	if (!bigger.slots)
		return -ENOMEM;
	for (size_t i = 0; i < n->slots_len; i++)
		if (n->slots[i].size != 0)
			*find(&bigger, n->slots[i].hash, n->bytes + n->slots[i].at, n->slots[i].size) = n->slots[i];
	free(n->slots);
	n->slots = bigger.slots;
	n->slots_len = bigger.slots_len;
	return 0;
}

static int keep_bytes(struct filter_names *n, const uint8_t *name, size_t size)
{
	if (n->bytes_size + size > n->bytes_room) {
		size_t room = n->bytes_room ? n->bytes_room * 2 : 65536;
		uint8_t *grown = room > UINT32_MAX ? NULL : realloc(n->bytes, room);
		if (!grown)
			return -ENOMEM;
		n->bytes = grown;
		n->bytes_room = room;
	}
	memcpy(n->bytes + n->bytes_size, name, size);
	n->bytes_size += size;
	return 0;
}

static int add(struct filter_names *n, const uint8_t *name, size_t size, uint8_t flags)
{
	uint8_t offsets[128];
	unsigned labels = label_offsets(name, offsets);
	size_t at = n->bytes_size;
	uint64_t hash = 0;
	int result = 0;

	n->names++;
	if (labels == 0) {
		n->root |= flags;
		return 0;
	}
	if ((n->slots_used + labels) * 2 > n->slots_len)
		result = grow_slots(n);
	if (result == 0)
		result = keep_bytes(n, name, size);
	bool used = false;
	for (unsigned i = labels; i-- > 0 && result == 0;) {
		hash = hash_label(&n->key, hash, name + offsets[i]);
		struct node *slot = find(n, hash, name + offsets[i], size - offsets[i]);
		if (slot->size == 0) {
			*slot = (struct node){.hash = hash,
				.at = (uint32_t)(at + offsets[i]),
				.size = (uint8_t)(size - offsets[i])};
			n->slots_used++;
			used = true;
		}
		if (i == 0)
			slot->flags |= flags;
	}
	if (!used) // the name was known already, itself or above another
		n->bytes_size = at;
	return result;
}

// One octet of a label: as it is, \. or \DDD. False if the escape is invalid.
static bool read_octet(const char **text, uint8_t *out)
{
	const char *p = *text;
	unsigned value;

	if (*p == '\\' && p[1] >= '0' && p[1] <= '9') {
		if (sscanf(p + 1, "%3u", &value) != 1 || p[2] < '0' || p[2] > '9' || p[3] < '0' || p[3] > '9' ||
			value > 255)
			return false;
		*out = (uint8_t)value;
		*text = p + 4;
		return true;
	}
	p += *p == '\\';
	*out = (uint8_t)*p;
	*text = p + 1;
	return *p != '\0';
}

// Presentation form to wire form. Returns its size, or 0 if it is no name.
static size_t read_name(const char *text, uint8_t out[static DNS_NAME_SIZE])
{
	size_t size = 0, label = 0;

	if (strcmp(text, ".") == 0)
		text++;
	while (*text) {
		label = size++;
		while (*text && *text != '.') {
			if (size >= DNS_NAME_SIZE - 1 || size - label > DNS_LABEL_SIZE ||
				!read_octet(&text, &out[size++]))
				return 0;
		}
		if (size - label == 1) // an empty label
			return 0;
		out[label] = (uint8_t)(size - label - 1);
		text += *text == '.';
	}
	out[size++] = 0;
	dns_name_lower(out, size);
	return size;
}

static int read_line(struct filter_names *n, char *line)
{
	uint8_t name[DNS_NAME_SIZE], flags = NODE_EXACT;
	char *rest;
	const char *word;

	line[strcspn(line, "#\r\n")] = '\0';
	word = strtok_r(line, " \t", &rest);
	if (!word)
		return 0;
	if (strtok_r(NULL, " \t", &rest))
		return -EINVAL;
	if (strncmp(word, "*.", 2) == 0) {
		flags = NODE_UNDER;
		word += 2;
	} else if (*word == '.' && word[1] != '\0') {
		flags = NODE_EXACT | NODE_UNDER;
		word++;
	}
	size_t size = read_name(word, name);
	return size == 0 ? -EINVAL : add(n, name, size, flags);
}

struct filter_names *filter_names_read(const char *path, char *why, size_t why_size)
{
	struct filter_names *n = calloc(1, sizeof(*n));
	FILE *file = list_file_open(path, why, why_size);
	char *line = NULL, shown[64];
	size_t line_size = 0;
	int number = 0, result = n && grow_slots(n) == 0 ? hash_key_random(&n->key) : -ENOMEM;

	if (file)
		snprintf(why, why_size, "%.200s: cannot be read: no memory", path);
	while (file && result == 0 && getline(&line, &line_size, file) >= 0) {
		number++;
		snprintf(shown, sizeof(shown), "%.60s", line);
		shown[strcspn(shown, "\r\n")] = '\0';
		result = read_line(n, line);
		if (result == -EINVAL)
			snprintf(why, why_size,
				"%.200s:%d: found '%s', expected one name, as www.example.com or .example.com", path,
				number, shown);
	}
	if (file && result == 0 && ferror(file)) {
		result = -EIO;
		snprintf(why, why_size, "%.200s: cannot be read", path);
	}
	free(line);
	if (file)
		fclose(file);
	if (file && result == 0)
		return n;
	filter_names_free(n);
	return NULL;
}

void filter_names_free(struct filter_names *n)
{
	if (!n)
		return;
	free(n->slots);
	free(n->bytes);
	free(n);
}

size_t filter_names_len(const struct filter_names *n)
{
	return n->names;
}
