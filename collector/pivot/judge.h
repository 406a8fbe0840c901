// SPDX-License-Identifier: BSD-3-Clause
// Between the two halves of a judgement: what each piece of infrastructure says about each entity (evidence.c), and the score that
// follows from all of it (judge.c).
#pragma once

#include "collector/pivot/state.h"

// An entity at a piece of infrastructure: all its records there as one.
struct pivot_visit {
	uint32_t entity, edge;
	int64_t first, last;
	bool accepted;
	bool chained;	// one after another with accepted ones, without a gap
	int64_t apart;	// seconds between it and the nearest accepted one; 0 or less: they overlap by so much
	int64_t behind; // seconds between its beginning and the nearest beginning of an accepted one
};

enum { PIVOT_REFERENCES = 256, PIVOT_RINGS = 4 };

// An address or a server, and who uses it.
struct pivot_infra {
	struct pivot *p;
	uint32_t node;
	struct pivot_visit *visit; // owned, one for each entity
	size_t len;
	size_t accepted, overlapping; // overlapping: those that are not accepted
	double strength, spread, share, mostly, crowd;
	bool own, shared, many;
	int64_t earliest; // beginning of the first visit
	struct {
		double excess;
		int64_t ring;
	} burst[PIVOT_RINGS];
};

// What one piece of infrastructure says about one entity.
struct pivot_evidence {
	uint32_t entity, group, infra, edge;
	uint32_t cause;			 // groups that say the same have one cause
	float weight;			 // 0 to 1
	float strength;			 // of the infrastructure
	float near;			 // 0 to 1: began there at the time of an accepted one
	bool shared, overlaps, accepted; // accepted: only that it is there
	uint32_t others;		 // registered domains there that are not accepted
	int32_t days;			 // that both lived there; negative: that were between
	int32_t burst;			 // hours; 0: none
	int32_t mostly;			 // percent; 0: less than half
	bool own, many;
};

struct pivot_evidences {
	struct pivot_evidence *at; // owned
	size_t len, capacity;
};

// Appends what all infrastructure that was read says. False without memory.
bool pivot_evidence_collect(struct pivot *p, struct pivot_evidences *out);

// times.c: sets apart, behind and chained of all visits. Returns how many accepted ones have a known beginning.
size_t pivot_times_compare(struct pivot_infra *x);
// Finds the rings around these beginnings in which others began, more than by chance; the weight of that for one visit, and the ring.
void pivot_times_bursts(struct pivot_infra *x, size_t references);
double pivot_times_burst(const struct pivot_infra *x, const struct pivot_visit *v, int32_t *hours);
