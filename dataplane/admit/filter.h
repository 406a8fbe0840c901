// SPDX-License-Identifier: BSD-3-Clause
// The filters of the settings, as one set that is replaced as a whole on SIGHUP.
//
//     SIGHUP ─► filter_set_read (thread of control/reload.c) ─► filter_set_finish (main thread) ─► each worker takes the set in
//     its next turn ─► the old set is freed
//
//     expression   pcap-filter(7), on the innermost IP packet (filter_packet.c) → packets_total{filtered}
//     servers      by the address of who sends the answer               → messages_total{server_skipped}
//     types        and sections (admit.h)                               → records_total{type_skipped}
//     names        by the record's owner (filter_names.c)               → records_total{name_skipped}
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "dataplane/admit/admit.h"
#include "dataplane/base/prefix.h"

struct filter_packet; // filter_packet.h
struct filter_code;   // filter_code.h

// filter_names.c: the names of a file, and whether names under them count.
//
//     www.example.com    this name
//     .example.com       this name and all under it
//     *.example.com      all under it
struct filter_names;

// NULL with one line in `why` if the file cannot be read or a line is not a name.
struct filter_names *filter_names_read(const char *path, char *why, size_t why_size);
void filter_names_free(struct filter_names *names);
size_t filter_names_len(const struct filter_names *names);

// True if `name` (lower case, wire form) is in the list or under a name of it. One probe per label, from the root down to the
// first label that no name of the list has.
bool filter_names_has(const struct filter_names *names, const uint8_t *name, size_t size);

// What a set is made of. Texts are never NULL; an empty one filters nothing.
struct filter_options {
	const struct admit_options *admit; // sections and types
	const char *expression;		   // pcap-filter(7), for packets
	const char *servers;		   // networks of servers to believe (base/prefix.h)
	const char *names_only;		   // path of a file of owner names
	const char *names_skip;		   // the same
	const char *doh_addresses;	   // networks, a file of them, or "builtin"
};

struct filter_set {
	struct admit_options admit;	 // sections and types
	struct filter_code *code;	 // of `packets`, until filter_set_finish; NULL: all
	struct filter_packet *packets;	 // NULL: all
	struct prefix_set *servers;	 // NULL: all
	struct filter_names *names_only; // NULL: all
	struct filter_names *names_skip; // NULL: none
	struct prefix_set *doh;		 // to count connections; NULL: none
	struct prefix_list doh_list;	 // the same, for the XDP programs
	bool records;			 // names_only or names_skip is set
};

// Reads the lists and compiles the expression; large ones take seconds. NULL with one line in `why`. Any thread.
struct filter_set *filter_set_read(const struct filter_options *options, char *why, size_t why_size);

// Makes machine code of the expression. False with one line in `why`. Main thread, after rte_eal_init.
bool filter_set_finish(struct filter_set *set, char *why, size_t why_size);
void filter_set_free(struct filter_set *set);

// True if the owner passes names.only and names.skip.
static inline bool filter_set_takes_name(const struct filter_set *set, const uint8_t *name, size_t size)
{
	return (!set->names_only || filter_names_has(set->names_only, name, size)) &&
	       (!set->names_skip || !filter_names_has(set->names_skip, name, size));
}

// True if the server of the message is to be believed: the sender of a response, the destination of a query. Call only if
// set->servers is not NULL.
static inline bool filter_set_takes_server(const struct filter_set *set, const struct pkt *pkt, bool response)
{
	return prefix_set_takes(set->servers, response ? pkt->src : pkt->dst, pkt->ip_version == 4 ? 4 : 16);
}
