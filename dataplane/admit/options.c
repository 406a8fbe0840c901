// SPDX-License-Identifier: BSD-3-Clause
// The settings `sections`, `types` and `types_skip`.
#include "dataplane/admit/admit.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "dataplane/common/dns_layout.h"

static void set_type(struct admit_options *options, uint16_t type, bool taken)
{
	uint64_t bit = 1ull << (type % 64);

	if (taken)
		options->type[type / 64] |= bit;
	else
		options->type[type / 64] &= ~bit;
}

void admit_options_default(struct admit_options *options)
{
	const struct dns_layout *l;

	memset(options->type, 0xff, sizeof(options->type));
	for (size_t at = 0; (l = dns_layout_next(&at)) != NULL;)
		if (l->is_skipped)
			set_type(options, l->type, false);
	for (int s = 0; s < DNS_SECTION_MAX; s++)
		options->section[s] = true;
}

// Takes the next item of a comma-separated list into `item`. False at the end of the list.
static bool next_item(const char **list, char *item, size_t size)
{
	*list += strspn(*list, ", \t");
	size_t len = strcspn(*list, ", \t");

	if (len == 0)
		return false;
	snprintf(item, size, "%.*s", (int)len, *list);
	*list += len;
	return true;
}

int admit_set_sections(struct admit_options *options, const char *text, char *why, size_t why_size)
{
	static const char *const names[DNS_SECTION_MAX] = {"answer", "authority", "additional"};
	char item[32];
	int count = 0;

	for (int s = 0; s < DNS_SECTION_MAX; s++)
		options->section[s] = false;
	while (next_item(&text, item, sizeof(item))) {
		if (count == DNS_SECTION_MAX || strcmp(item, names[count]) != 0) {
			snprintf(why, why_size, "expected answer[,authority[,additional]]");
			return -EINVAL;
		}
		options->section[count++] = true;
	}
	if (count == 0)
		snprintf(why, why_size, "expected answer[,authority[,additional]]");
	return count > 0 ? 0 : -EINVAL;
}

static int set_types(struct admit_options *options, const char *list, bool taken, char *why, size_t why_size)
{
	char item[32];
	uint16_t type;

	while (next_item(&list, item, sizeof(item))) {
		if (dns_layout_type(item, &type) != 0) {
			snprintf(why, why_size, "expected record types such as A,MX,TYPE65280; '%s' is none", item);
			return -EINVAL;
		}
		set_type(options, type, taken);
	}
	return 0;
}

int admit_set_types(struct admit_options *options, const char *types, const char *types_skip, char *why,
	size_t why_size)
{
	bool section[DNS_SECTION_MAX];

	memcpy(section, options->section, sizeof(section));
	admit_options_default(options);
	memcpy(options->section, section, sizeof(section));
	if (types[strspn(types, ", \t")] != '\0') {
		memset(options->type, 0, sizeof(options->type));
		if (set_types(options, types, true, why, why_size) != 0)
			return -EINVAL;
	}
	return set_types(options, types_skip, false, why, why_size);
}
