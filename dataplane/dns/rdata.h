// SPDX-License-Identifier: BSD-3-Clause
// Private to the files that check RDATA; everyone else uses dns.h.
//
//     rdata.c                            walks the fields of a layout
//     rdata_special.c, rdata_params.c    fields with a structure of their own
//     rdata_rules.c                      what a type requires of its values
#pragma once

#include <stdbool.h>
#include <stdint.h>

#include "dataplane/common/cursor.h"
#include "dataplane/common/dns_layout.h"

// A walk through RDATA.
struct dns_names;
struct dns_rdata_walk {
	struct cursor c;	 // limited to the RDATA; its base is the message
	struct dns_names *names; // of the message, or NULL
	const uint8_t *start;	 // first octet of the RDATA
	uint8_t *out;		 // where the canonical form goes, NULL to check only
	uint8_t *out_end;	 // one past the last octet of room
	bool full;		 // the canonical form did not fit
	const uint8_t *copied;	 // octets up to here are in `out`
};

// Reads one name, and writes its canonical form if there is an `out`. False if it is not sound or does not fit.
bool dns_rdata_name(struct dns_rdata_walk *w);

// Reads a field of enum dns_field that is not a plain run of octets. False if it is not sound.
bool dns_rdata_special(struct dns_rdata_walk *w, enum dns_field field);

// Lists of key, length, value to the end of the cursor (rdata_params.c): service parameters
// of SVCB and HTTPS, options of OPT. False if one is not sound.
bool dns_rdata_svc_params(struct cursor *c);
bool dns_rdata_options(struct cursor *c);

// True if the values are what the type's RFC allows: digest lengths, reserved numbers, ranges. `rdata` is the RDATA only; its
// fields must have been found sound before.
bool dns_rdata_rules(const uint8_t *rdata, size_t size, uint16_t type);
