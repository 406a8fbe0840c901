// SPDX-License-Identifier: BSD-3-Clause
// Where the zone of a name begins, without a list of public suffixes: this runs during a flood, and need not be exact. With too
// short a suffix all customers of a registry would be one zone; with too long a one a flood could choose its zone.
#include "dataplane/table/flood.h"

#include "dataplane/common/wire_name.h"

#include <string.h>

enum { LABELS_MAX = 128, REVERSE4_LABELS = 5, REVERSE6_LABELS = 14 };

// Second-level labels under country codes below which registries sell names.
static bool is_shared_label(const uint8_t *label)
{
	static const char *const shared[] = {"ac", "co", "com", "edu", "gen", "go", "gob", "gouv", "gov", "gv", "id",
		"ind", "info", "ltd", "me", "mil", "ne", "net", "nhs", "nom", "or", "org", "plc", "sch", "web"};

	for (size_t i = 0; i < sizeof(shared) / sizeof(shared[0]); i++)
		if (strlen(shared[i]) == label[0] && memcmp(shared[i], label + 1, label[0]) == 0)
			return true;
	return false;
}

size_t flood_zone_at(const uint8_t *owner, size_t size)
{
	uint8_t at[LABELS_MAX];
	unsigned labels = 0, zone = 2;

	for (size_t i = 0; i < size && owner[i] != 0 && labels < LABELS_MAX; i = wire_name_next(owner, i))
		at[labels++] = (uint8_t)i;
	if (labels <= zone)
		return 0;
	const uint8_t *top = owner + at[labels - 1], *second = owner + at[labels - 2];
	if (memcmp(top, "\4arpa", 5) == 0)
		zone = memcmp(second, "\3ip6", 4) == 0 ? REVERSE6_LABELS : REVERSE4_LABELS;
	else if (top[0] == 2 && is_shared_label(second))
		zone = 3;
	return labels > zone ? at[labels - zone] : 0;
}
