// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/rights.h"

#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <linux/capability.h>

static const struct {
	unsigned capability, instead; // `instead` includes it
	enum rights_for what;	      // and the later ones
	const char *name;
} rights[] = {
	{CAP_NET_RAW, CAP_NET_RAW, RIGHTS_PACKET, "CAP_NET_RAW"},
	{CAP_NET_ADMIN, CAP_NET_ADMIN, RIGHTS_PACKET, "CAP_NET_ADMIN"}, {CAP_BPF, CAP_SYS_ADMIN, RIGHTS_XDP, "CAP_BPF"},
	{CAP_PERFMON, CAP_SYS_ADMIN, RIGHTS_XDP,
		"CAP_PERFMON"}, // the verifier requires it: packet pointers on the stack
};

static uint64_t in_effect(void)
{
	struct __user_cap_header_struct header = {.version = _LINUX_CAPABILITY_VERSION_3};
	struct __user_cap_data_struct data[2] = {0};

	if (syscall(SYS_capget, &header, data) != 0)
		return UINT64_MAX; // unknown: the calls themselves will fail
	return (uint64_t)data[1].effective << 32 | data[0].effective;
}

static uint64_t remembered;

void rights_remember(void)
{
	remembered = in_effect();
}

bool rights_are_there(enum rights_for what, char *missing, size_t missing_size)
{
	uint64_t have = in_effect() | remembered;
	bool all = true;

	missing[0] = '\0';
	for (size_t i = 0; i < sizeof(rights) / sizeof(rights[0]); i++) {
		size_t used = strlen(missing);
		if (rights[i].what > what || have >> rights[i].capability & 1 || have >> rights[i].instead & 1)
			continue;
		snprintf(missing + used, missing_size - used, "%s%s", all ? "" : ", ", rights[i].name);
		all = false;
	}
	return all;
}

bool rights_lock_memory(uint64_t octets, uint64_t *limit)
{
	struct rlimit r;

	if (in_effect() >> CAP_IPC_LOCK & 1 || getrlimit(RLIMIT_MEMLOCK, &r) != 0)
		return true;
	r.rlim_cur = r.rlim_max;
	setrlimit(RLIMIT_MEMLOCK, &r);
	*limit = r.rlim_max;
	return r.rlim_max == RLIM_INFINITY || octets <= r.rlim_max;
}
