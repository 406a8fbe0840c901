// SPDX-License-Identifier: BSD-3-Clause
// Between the files that check RDATA: rdata.c walks the fields of a layout,
// rdata_special.c and rdata_params.c know the fields with a structure of their own,
// rdata_rules.c what a type asks of its values. For everyone else, dns.h.
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/common/cursor.h"
#include "dataplane/common/dns_layout.h"

// RDATA as a cursor goes through it.
struct dns_rdata_walk {
	struct cursor c;       // limited to the RDATA; its base is the message
	const uint8_t *start;  // first octet of the RDATA
	uint8_t *out;	       // where the canonical form goes, NULL to check only
	uint8_t *out_end;      // one past the last octet of room
	bool full;	       // there was not room enough
	const uint8_t *copied; // octets up to here are in `out`
};

// Reads one name: into `out` in canonical form, or to check it only. False where it is not sound
// or does not fit.
bool dns_rdata_name(struct dns_rdata_walk *w);

// Reads a field of enum dns_field that is not a plain run of octets.
// False where it is not sound.
bool dns_rdata_special(struct dns_rdata_walk *w, enum dns_field field);

// Lists of key, length, value to the end of the cursor (rdata_params.c): service parameters
// of SVCB and HTTPS, options of OPT. False where one is not sound.
bool dns_rdata_svc_params(struct cursor *c);
bool dns_rdata_options(struct cursor *c);

// True where the values of RDATA whose fields are sound are what the type's RFC allows: digest
// lengths, reserved numbers, ranges. `rdata` is the RDATA alone.
bool dns_rdata_rules(const uint8_t *rdata, size_t size, uint16_t type);
