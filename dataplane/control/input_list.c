// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/input_list.h"

#include <ctype.h>
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

bool input_list_next(const char **list, char *out, size_t out_size)
{
	const char *start = *list + strspn(*list, " \t"), *end = start + strcspn(start, ",");

	if (*start == '\0')
		return false;
	*list = *end ? end + 1 : end;
	while (end > start && isblank((unsigned char)end[-1]))
		end--;
	snprintf(out, out_size, "%.*s", (int)(end - start), start);
	return (size_t)(end - start) < out_size;
}

static bool is_iface_name(const char *name)
{
	if (*name == '\0' || strlen(name) >= IF_NAMESIZE)
		return false;
	for (; *name; name++)
		if (*name == '/' || *name == ':' || isspace((unsigned char)*name))
			return false;
	return true;
}

// Hexadecimal digits, then one of the characters. NULL: something else.
static const char *hex(const char *text, size_t len, char end)
{
	for (size_t i = 0; i < len; i++)
		if (!isxdigit((unsigned char)text[i]))
			return NULL;
	return text[len] == end ? text + len + 1 : NULL;
}

bool input_list_is_pci(const char *text)
{
	const char *domain = hex(text, 4, ':'), *bus = hex(domain ? domain : text, 2, ':');
	const char *device = bus ? hex(bus, 2, '.') : NULL;

	return device && *device >= '0' && *device <= '7' && device[1] == '\0';
}

static int keep(char **at, const char *value)
{
	free(*at);
	*at = strdup(value);
	return *at ? 0 : -ENOMEM;
}

int input_list_set_iface(void *at, const char *value, char *why, size_t why_size)
{
	char item[256];
	const char *rest = value;

	while (rest[strspn(rest, " \t")]) {
		if (!input_list_next(&rest, item, sizeof(item)) || !is_iface_name(item)) {
			snprintf(why, why_size,
				"expected names of network interfaces of at most %d characters, as eth1, eth2",
				IF_NAMESIZE - 1);
			return -EINVAL;
		}
	}
	return keep(at, value);
}

int input_list_set_port(void *at, const char *value, char *why, size_t why_size)
{
	char item[256];
	const char *rest = value;

	for (bool first = true; rest[strspn(rest, " \t")]; first = false) {
		bool fits = input_list_next(&rest, item, sizeof(item)); // key=value belongs to the address before it
		if (!fits || (!input_list_is_pci(item) && (first || !strchr(item, '=')))) {
			snprintf(why, why_size,
				"expected PCI addresses, as 0000:03:00.0, 0000:03:00.1; dpdk-devbind.py --status lists them");
			return -EINVAL;
		}
	}
	return keep(at, value);
}
