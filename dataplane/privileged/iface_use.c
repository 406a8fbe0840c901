// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/iface_use.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <ifaddrs.h>
#include <net/if.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <linux/route.h>

#include "dataplane/privileged/helper.h"

enum { STACK_MAX = 8 }; // devices on top of one another

static bool is_link_local(const struct sockaddr *address)
{
	const struct sockaddr_in *v4 = (const void *)address;
	const struct sockaddr_in6 *v6 = (const void *)address;

	if (address->sa_family == AF_INET6)
		return IN6_IS_ADDR_LINKLOCAL(&v6->sin6_addr);
	return ntohl(v4->sin_addr.s_addr) >> 16 == 0xa9fe; // 169.254.0.0/16, RFC 3927
}

// The first address of the interface that counts, as text. Returns whether there is one.
static bool find_address(const char *name, char *text, size_t size)
{
	struct ifaddrs *list, *a;

	text[0] = '\0';
	if (getifaddrs(&list) != 0)
		return false;
	for (a = list; a && text[0] == '\0'; a = a->ifa_next) {
		int family = a->ifa_addr ? a->ifa_addr->sa_family : AF_UNSPEC;
		if (strcmp(a->ifa_name, name) != 0 || (family != AF_INET && family != AF_INET6) ||
			is_link_local(a->ifa_addr))
			continue;
		const void *at =
			family == AF_INET
				? (const void *)&((const struct sockaddr_in *)(const void *)a->ifa_addr)->sin_addr
				: (const void *)&((const struct sockaddr_in6 *)(const void *)a->ifa_addr)->sin6_addr;
		inet_ntop(family, at, text, (socklen_t)size);
	}
	freeifaddrs(list);
	return text[0] != '\0';
}

// A VLAN or a bond only passes on packets: what counts is whether it is used itself.
static bool is_transparent(const char *name)
{
	char path[64 + IF_NAMESIZE], line[64];
	bool found = false;

	snprintf(path, sizeof(path), "/sys/class/net/%s/uevent", name);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		found |= strcmp(line, "DEVTYPE=vlan\n") == 0 || strcmp(line, "DEVTYPE=bond\n") == 0;
	if (file)
		fclose(file);
	return found;
}

static bool stack_is_used(const char *name, int depth, char *why, size_t why_size);

// `upper`: of /sys/class/net/NAME/upper_UPPER.
static bool upper_is_used(const char *upper, int depth, char *why, size_t why_size)
{
	char below[200];

	if (!is_transparent(upper))
		return snprintf(why, why_size, "%s is on top of it", upper), true;
	if (!stack_is_used(upper, depth + 1, below, sizeof(below)))
		return false;
	snprintf(why, why_size, "of %s on top of it, %s", upper, below);
	return true;
}

static bool stack_is_used(const char *name, int depth, char *why, size_t why_size)
{
	char path[64 + IF_NAMESIZE], address[INET6_ADDRSTRLEN];
	bool used = false;

	if (find_address(name, address, sizeof(address)))
		return snprintf(why, why_size, "it has the address %s", address), true;
	snprintf(path, sizeof(path), "/sys/class/net/%s", name);
	DIR *folder = depth < STACK_MAX ? opendir(path) : NULL;
	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry && !used; entry = readdir(folder))
		if (strncmp(entry->d_name, "upper_", 6) == 0)
			used = upper_is_used(entry->d_name + 6, depth, why, why_size);
	if (folder)
		closedir(folder);
	return used;
}

static bool has_route4(const char *name)
{
	char line[256], iface[IF_NAMESIZE];
	unsigned destination;
	bool found = false;

	FILE *file = fopen("/proc/net/route", "r");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%15s %x", iface, &destination) == 2 && strcmp(iface, name) == 0 &&
			ntohl(destination) >> 16 != 0xa9fe;
	if (file)
		fclose(file);
	return found;
}

static bool has_route6(const char *name)
{
	char line[256], iface[IF_NAMESIZE], destination[33];
	unsigned flags;
	bool found = false;

	FILE *file = fopen("/proc/net/ipv6_route", "r");
	while (file && !found && fgets(line, sizeof(line), file))
		found = sscanf(line, "%32s %*s %*s %*s %*s %*s %*s %*s %x %15s", destination, &flags, iface) == 3 &&
			strcmp(iface, name) == 0 && strncmp(destination, "fe80", 4) != 0 &&
			strncmp(destination, "ff", 2) != 0 && (flags & (RTF_UP | RTF_REJECT)) == RTF_UP;
	if (file)
		fclose(file);
	return found;
}

// The sandbox allows no netlink.
static bool ask(const char *name, enum iface_use_depth depth, char *why, size_t why_size)
{
	struct helper_request request = {.operation = HELPER_USE, .flags = depth};
	struct helper_reply reply;

	snprintf(request.name, sizeof(request.name), "%s", name);
	int result = helper_ask(&request, &reply);
	snprintf(why, why_size, "%s", reply.text);
	return result > 0;
}

bool iface_use_is(const char *name, enum iface_use_depth depth, char *why, size_t why_size)
{
	if (helper_is_on())
		return ask(name, depth, why, why_size);
	if (stack_is_used(name, 0, why, why_size))
		return true;
	if (depth < IFACE_USE_ROUTES || (!has_route4(name) && !has_route6(name)))
		return false;
	snprintf(why, why_size, "routes of the host lead over it");
	return true;
}
