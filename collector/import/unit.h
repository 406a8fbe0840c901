// SPDX-License-Identifier: BSD-3-Clause
// Inside this room: what the formats share. A format turns a unit into calls of import_emit, or, if it has whole DNS
// messages, into calls of import_message_….
#pragma once

#include "collector/import/import.h"

#include <jansson.h>

struct import_message;

// The columns of a Zeek log, from its header. Empty: there was none.
struct import_columns {
	char separator;	    // octet between columns
	char set_separator; // octet between the values of one column
	char unset[16];	    // value of a column that is not set
	uint8_t of[16];	    // by enum column in zeek.c: number of the column from 1; 0: the log does not have it
	unsigned len;	    // number of columns
};

// What is read now. The members after `result` are those of the record that a format builds.
struct import_unit {
	import_sink *sink;
	void *arg;
	struct import_result result;
	struct import_columns columns; // as long as the file
	struct import_message *message;
	char *rdata; // room for TEXT_RDATA_SIZE
	char owner[TEXT_NAME_SIZE];
	size_t owner_len;
	uint16_t type_number;
	char type[TEXT_TYPE_SIZE];
	int64_t first, last, count;
};

// A row of the table in formats.c.
struct import_format {
	const char *name;
	bool is_events;							// counts add up
	bool (*is)(const json_t *object);				// recognizes a JSON object; NULL: text only
	void (*take)(struct import_unit *u, json_t *object);		// NULL: text only
	bool (*is_text)(const struct import_unit *u, const char *text); // recognizes a line; NULL: JSON only
	void (*take_text)(struct import_unit *u, char *text);		// may change the line; NULL: JSON only
};

extern const struct import_format import_cof, import_dnsdb, import_passivedns, import_zeek, import_suricata,
	import_dnscollector, import_dnsmonster, import_virustotal, import_securitytrails;

// record.c ──────────────────────────────────────────────────────────────────────────────

// Refuses a record, or the whole unit. Keeps the first reason. Returns false.
bool import_refuse(struct import_unit *u, const char *format, ...) __attribute__((format(printf, 2, 3)));
void import_pass(struct import_unit *u); // one record or message over

// Sets a part of the record. False if it was refused; `what` is the name of the field.
bool import_owner(struct import_unit *u, const char *what, const char *text);
bool import_type(struct import_unit *u, const char *what, const char *text); // a mnemonic, TYPE123, or 123
bool import_type_of(struct import_unit *u, uint16_t type);
bool import_times(struct import_unit *u, int64_t first, int64_t last, const char *what);
bool import_event_time(struct import_unit *u, const json_t *value, const char *what); // first = last, count 1

// The record with this RDATA, in the text of other programs. False if it was refused, or the sink stopped.
bool import_emit(struct import_unit *u, const char *rdata);

// Seconds since 1970: from seconds, milliseconds, micro- or nanoseconds, with a fraction or not, as number or text; or from a
// date in ISO 8601, with a zone or in UTC. -1 if it is no such time.
int64_t import_time(const json_t *value);
int64_t import_time_text(const char *text);

// Digits only; -1 if it is something else.
int64_t import_digits(const char *text);

// A member as text, or NULL; as text or number, in `room` if it is a number.
const char *import_string(const json_t *object, const char *key);
const char *import_scalar(const json_t *object, const char *key, char room[static 24]);

// True if records of type `text` (A or AAAA for an address) hold this address: 1 A, 28 AAAA, 0 no address.
uint16_t import_address_type(const char *text);

// message.c ─────────────────────────────────────────────────────────────────────────────

// One DNS message: its answers are gathered, then those that the question reaches through CNAMEs become records, each once
// (docs/admission.md). The others are passed over.
//
//     begin(qname)   add(owner, type, rdata)…   end
//
// False if something was refused.
struct import_message *import_message_new(void);
void import_message_free(struct import_message *m);
bool import_message_begin(struct import_unit *u, const char *what, const char *qname);
bool import_message_add(struct import_unit *u, const char *owner, uint16_t type, const char *rdata);

// Answers whose owners are not known: CNAMEs in the order of the chain, from the question on. What follows belongs to the last.
bool import_message_add_alias(struct import_unit *u, const char *target);
bool import_message_add_last(struct import_unit *u, uint16_t type, const char *rdata);
void import_message_end(struct import_unit *u);

// True if the RCODE, a mnemonic or a number, is NOERROR or NXDOMAIN, or is not given (NULL).
bool import_message_is_answer(const char *rcode);

// True for the ports of mDNS, LLMNR and NetBIOS, whose names are not those of the DNS.
bool import_message_is_local(const char *port);
