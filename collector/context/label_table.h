// SPDX-License-Identifier: BSD-3-Clause
// Two text files about networks, in one form: the table of networks and the list of labels.
//
//     context.prefixes   192.0.2.0/24,64500,DE,Example Net,hosting         fields may be empty; commas or tabs
//     context.labels     192.0.2.0/24  cdn      Example CDN                a network,
//                        AS64500       hosting  Example Hosting            an AS,
//                        example.net   parking  Example Parking            or a zone: the name and all names below it
#pragma once

#include "collector/context/name_table.h"
#include "collector/context/networks.h"
#include "collector/context/text_file.h"

struct context_entry {
	uint32_t asn;	  // 0: not given
	uint32_t label;	  // where it begins in `texts`
	char country[2];  // or zeros
	uint8_t kind;	  // enum context_kind
	uint8_t reserved; // 0
};

struct context_labels {
	struct context_networks networks; // → number of an entry + 1
	struct context_name_table zones;  // the same; an AS is the name "AS64500"
	struct context_entry *entries;
	size_t len, capacity;
	char *texts; // labels, terminated
	size_t texts_size, texts_capacity;
	unsigned zone_labels; // the most labels that a zone has
};

// Read all lines. Return 0, or -1 with one line in `why`: a wrong line rejects the file. Free the labels in any case.
int context_prefixes_read(struct context_labels *l, struct context_text *text, char *why, size_t why_size);
int context_labels_read(struct context_labels *l, struct context_text *text, char *why, size_t why_size);
void context_labels_free(struct context_labels *l);

// The entry of the most specific network, of an AS, of the most specific zone that has the name. NULL: none.
const struct context_entry *context_labels_network(const struct context_labels *l, const uint8_t address[static 16]);
const struct context_entry *context_labels_as(const struct context_labels *l, uint32_t asn);
const struct context_entry *context_labels_zone(const struct context_labels *l, const char *name, size_t len);
