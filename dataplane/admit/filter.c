// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/admit/filter.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "dataplane/packet/encrypted.h"
#include "dataplane/common/log.h"
#include "dataplane/admit/filter_packet.h"

// NULL if the list is empty, or with `*result` set if something is wrong.
static struct prefix_set *make_prefixes(const struct prefix_list *list, int *result, char *why, size_t why_size)
{
	struct prefix_set *set = list->len > 0 ? prefix_set_new(list) : NULL;

	if (list->len > 0 && !set) {
		*result = -ENOMEM;
		snprintf(why, why_size, "no memory");
	}
	return set;
}

static int read_prefixes(struct filter_set *set, const struct filter_options *options, char *why, size_t why_size)
{
	struct prefix_list servers = {0};
	char text[400];
	int result = prefix_list_read(&servers, options->servers, text, sizeof(text));

	if (result != 0)
		snprintf(why, why_size, "servers: %s", text);
	else if ((result = encrypted_addresses(&set->doh_list, options->doh_addresses, text, sizeof(text))) != 0)
		snprintf(why, why_size, "doh.addresses: %s", text);
	if (result == 0)
		set->servers = make_prefixes(&servers, &result, why, why_size);
	if (result == 0)
		set->doh = make_prefixes(&set->doh_list, &result, why, why_size);
	prefix_list_free(&servers);
	return result;
}

static int read_names(struct filter_names **names, const char *key, const char *path, char *why, size_t why_size)
{
	char text[400];

	if (*path == '\0')
		return 0;
	*names = filter_names_read(path, text, sizeof(text));
	if (*names)
		return 0;
	snprintf(why, why_size, "%s: %s", key, text);
	return -EINVAL;
}

static int read_expression(struct filter_set *set, const char *expression, char *why, size_t why_size)
{
	if (*expression == '\0')
		return 0;
	set->code = calloc(1, sizeof(*set->code));
	if (!set->code)
		return snprintf(why, why_size, "filter: no memory"), -ENOMEM;
	return filter_code_compile(set->code, expression, why, why_size) ? 0 : -EINVAL;
}

struct filter_set *filter_set_read(const struct filter_options *options, char *why, size_t why_size)
{
	struct filter_set *set = calloc(1, sizeof(*set));

	if (!set)
		return snprintf(why, why_size, "no memory"), NULL;
	set->admit = *options->admit;
	int result = read_prefixes(set, options, why, why_size);
	if (result == 0)
		result = read_names(&set->names_only, "names.only", options->names_only, why, why_size);
	if (result == 0)
		result = read_names(&set->names_skip, "names.skip", options->names_skip, why, why_size);
	if (result == 0)
		result = read_expression(set, options->expression, why, why_size);
	set->records = set->names_only || set->names_skip;
	if (result == 0)
		return set;
	filter_set_free(set);
	return NULL;
}

static void free_code(struct filter_set *set)
{
	if (set->code)
		filter_code_free(set->code);
	free(set->code);
	set->code = NULL;
}

bool filter_set_finish(struct filter_set *set, char *why, size_t why_size)
{
	if (!set->code)
		return true;
	set->packets = filter_packet_new(set->code, why, why_size);
	if (set->packets && set->packets->scope == FILTER_FRAME)
		log_warning(
			"filter: names link headers (vlan, mpls, ether[...]), so it is applied to frames as they come; what it says of "
			"addresses and ports does not reach into other tags and tunnels");
	free_code(set);
	return set->packets != NULL;
}

void filter_set_free(struct filter_set *set)
{
	if (!set)
		return;
	filter_packet_free(set->packets);
	prefix_set_free(set->servers);
	prefix_set_free(set->doh);
	prefix_list_free(&set->doh_list);
	free_code(set);
	filter_names_free(set->names_only);
	filter_names_free(set->names_skip);
	free(set);
}
