// SPDX-License-Identifier: BSD-3-Clause
// What is shared by unrelated users, by lists and by the kind of an address. What is shared by its number of users: read.c, judge.c.
#include "collector/pivot/state.h"

#include "collector/context/context.h"
#include "collector/question/name.h"

// Private, loopback, link-local, multicast and unspecified addresses: everyone has these. 4 or 16 octets.
static bool is_special(const uint8_t *a, size_t size)
{
	static const uint8_t mapped[12] = {[10] = 0xff, [11] = 0xff};

	if (size == 16 && memcmp(a, mapped, sizeof(mapped)) == 0)
		return is_special(a + 12, 4);
	if (size == 16) {
		bool zero = true;
		for (size_t i = 0; i < 15; i++)
			zero = zero && a[i] == 0;
		return (zero && a[15] <= 1) || (a[0] & 0xfe) == 0xfc || (a[0] == 0xfe && (a[1] & 0xc0) == 0x80) ||
		       a[0] == 0xff;
	}
	return a[0] == 0 || a[0] == 10 || a[0] == 127 || a[0] >= 224 || (a[0] == 100 && (a[1] & 0xc0) == 64) ||
	       (a[0] == 169 && a[1] == 254) || (a[0] == 172 && (a[1] & 0xf0) == 16) || (a[0] == 192 && a[1] == 168);
}

static enum pivot_stop stop_of_kind(enum context_kind kind)
{
	switch (kind) {
	case CONTEXT_CDN:
		return PIVOT_STOP_CDN;
	case CONTEXT_PARKING:
		return PIVOT_STOP_PARKING;
	case CONTEXT_SINKHOLE:
		return PIVOT_STOP_SINKHOLE;
	default:
		return PIVOT_WALKED;
	}
}

static enum pivot_stop listed_address(const struct pivot *p, const char *text)
{
	struct context_address known;
	uint8_t address[16];
	size_t size = query_address(text, address);

	if (size == 0 || is_special(address, size))
		return PIVOT_STOP_SPECIAL;
	return context_of_address(p->o.context, address, size, &known) ? stop_of_kind(known.kind) : PIVOT_WALKED;
}

enum pivot_stop pivot_shared_listed(const struct pivot *p, uint32_t node, uint32_t *number)
{
	const struct pivot_node *n = &p->node[node];
	struct context_name known;

	if (n->roles == PIVOT_ADDRESS)
		return listed_address(p, n->text);
	if (!context_of_name(p->o.context, n->text, n->len, &known))
		return PIVOT_WALKED;
	if (known.kind == CONTEXT_HOSTING)
		return PIVOT_STOP_HOSTING;
	enum pivot_stop stop = stop_of_kind(known.kind);
	if (stop == PIVOT_WALKED && known.rank > 0 && known.rank <= PIVOT_POPULAR) {
		stop = PIVOT_STOP_POPULAR;
		*number = known.rank;
	}
	return stop;
}
