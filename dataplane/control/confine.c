// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/confine.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <unistd.h>

#include <linux/capability.h>
#include <rte_eal.h>

#include "dataplane/privileged/driver_calls.h"
#include "dataplane/privileged/helper.h"
#include "dataplane/common/conf.h"
#include "dataplane/common/log.h"
#include "dataplane/privileged/rights.h"
#include "dataplane/sandbox/sandbox.h"

enum { LISTS = 6 };

// Files that DPDK and libraries read: about the process, the machine, names in filters.
static const char *const machine[] = {"/proc/self", "/proc/meminfo", "/proc/stat", "/proc/cpuinfo", "/proc/sys/vm",
	"/sys", "/dev/urandom", "/dev/null", "/etc/services", "/etc/protocols", "/etc/nsswitch.conf", "/etc/hosts",
	"/etc/ethers", "/etc/networks", "/etc/host.conf", "/etc/ld.so.cache", "/usr/lib", "/lib", "/lib64"};

int confine_begin(struct dataplane *d, int argc, char **argv)
{
	struct helper_options options = {.collector_socket = d->settings.collector_socket,
		.ifaces_len = d->intake.ifaces_len};

	_Static_assert((int)HELPER_IFACES_MAX >= (int)INTAKE_IFACES_MAX, "the helper has room for all interfaces");
	if (!d->settings.sandbox)
		return 0;
	for (unsigned i = 0; i < options.ifaces_len; i++)
		options.ifaces[i] = d->intake.ifaces[i].name;
	return helper_start(&options, argc, argv);
}

// Files that are read again on SIGHUP; NULL for settings that are not files.
static void list_files(const struct dataplane *d, const char *files[static LISTS + 1])
{
	const struct dataplane_settings *s = &d->settings;
	const char *const all[] = {d->reload.file, s->servers, s->names_only, s->names_skip, s->doh_addresses,
		s->xdp_src, s->xdp_dst};

	for (size_t i = 0; i < sizeof(all) / sizeof(all[0]); i++)
		files[i] = all[i] && *all[i] && access(all[i], F_OK) == 0 ? all[i] : NULL;
}

static void allow_files(struct sandbox *s, const struct dataplane *d, const char *const *files)
{
	for (size_t i = 0; i < sizeof(machine) / sizeof(machine[0]); i++)
		sandbox_allow(s, machine[i], SANDBOX_READ);
	for (int i = 0; i <= LISTS; i++)
		sandbox_allow_folder_of(s, files[i], SANDBOX_READ);
	for (unsigned i = 0; i < d->intake.captures_len; i++)
		sandbox_allow(s, d->intake.captures[i].path, SANDBOX_READ);
	for (unsigned i = 0; i < d->intake.vdev_captures_len; i++)
		sandbox_allow(s, d->intake.vdev_captures[i].path, SANDBOX_READ);
	if (!d->follow)
		return;
	s->writes = true;
	sandbox_allow(s, d->settings.follow, d->settings.follow_after == FOLLOW_LEAVE ? SANDBOX_READ : SANDBOX_WRITE);
	sandbox_allow(s, d->settings.follow_state, SANDBOX_WRITE);
	sandbox_allow(s, d->settings.follow_move_to, SANDBOX_WRITE);
}

static const char *out_of_reach(const struct sandbox_user *user, const struct dataplane *d, const char *const *files)
{
	for (int i = 0; i <= LISTS; i++)
		if (files[i] && !sandbox_user_may(user, files[i], SANDBOX_READ))
			return files[i];
	for (unsigned i = 0; i < d->intake.captures_len; i++)
		if (!sandbox_user_may(user, d->intake.captures[i].path, SANDBOX_READ))
			return d->intake.captures[i].path;
	if (!d->follow)
		return NULL;
	const struct dataplane_settings *set = &d->settings;
	enum sandbox_access access = set->follow_after == FOLLOW_LEAVE ? SANDBOX_READ : SANDBOX_WRITE;
	if (!sandbox_user_may(user, set->follow, access))
		return set->follow;
	if (!sandbox_user_may(user, set->follow_state, SANDBOX_WRITE))
		return set->follow_state;
	return set->follow_move_to && !sandbox_user_may(user, set->follow_move_to, SANDBOX_WRITE) ? set->follow_move_to
												  : NULL;
}

static int choose_user(struct sandbox *s, const struct dataplane *d, const char *const *files, char *why,
	size_t why_size)
{
	struct sandbox_user root = {.name = "root"};

	if (sandbox_user_find(&s->user, d->settings.user, why, why_size) != 0)
		return -1;
	const char *path = s->user.change ? out_of_reach(&s->user, d, files) : NULL;
	if (!path)
		return 0;
	if (*d->settings.user) {
		snprintf(why, why_size, "user %s: cannot use %s; allow it, or name another user", s->user.name, path);
		return -1;
	}
	snprintf(root.why, sizeof(root.why), "%.20s cannot use %.120s", s->user.name, path);
	s->user = root;
	return 0;
}

// An interface that comes back needs locked memory. If the limit cannot be raised, the right to exceed it stays.
static void keep_locking(struct sandbox *s, const struct dataplane *d)
{
	const struct rlimit all = {RLIM_INFINITY, RLIM_INFINITY};
	struct rlimit now;

	if (d->intake.ifaces_len > 0 && setrlimit(RLIMIT_MEMLOCK, &all) != 0 && getrlimit(RLIMIT_MEMLOCK, &now) == 0 &&
		now.rlim_max != RLIM_INFINITY)
		s->keep = 1ull << CAP_IPC_LOCK;
}

// From now on the helper does what needs rights. It learns which programs are attached already.
static int hand_over(const struct dataplane *d)
{
	struct helper_reply reply;

	if (driver_calls_prepare() != 0 || helper_take_over(rte_eal_get_runtime_dir()) != 0)
		return -1;
	driver_calls_busy_poll(d->settings.idle == IDLE_POLL);
	for (unsigned i = 0; i < d->intake.ifaces_len; i++) {
		struct helper_request request = {.operation = HELPER_ADOPT};
		uint32_t id;
		xdp_identity(d->intake.ifaces[i].xdp, &request.value, &id);
		request.more = (int32_t)id;
		if (request.value > 0 && helper_ask(&request, &reply) != 0)
			return -1;
	}
	return 0;
}

// Files that the file of settings includes may be in other folders.
static void allow_included(struct sandbox *s, const struct dataplane *d)
{
	struct conf_files included = {0};

	conf_files_find(&included, d->reload.file);
	for (size_t i = 0; i < included.len; i++)
		sandbox_allow_folder_of(s, included.names[i], SANDBOX_READ);
	conf_files_free(&included);
}

static int enter(struct sandbox *s, const struct dataplane *d, char *why, size_t why_size)
{
	const char *files[LISTS + 1];

	list_files(d, files);
	sandbox_begin(s, SANDBOX_DATAPLANE);
	if (choose_user(s, d, files, why, why_size) != 0)
		return -1;
	allow_files(s, d, files);
	allow_included(s, d);
	keep_locking(s, d);
	rights_remember();
	if (sandbox_enter(s, why, why_size) != 0)
		return -1;
	return sandbox_seal(s, why, why_size);
}

int confine(const struct dataplane *d)
{
	struct sandbox s;
	char text[600];

	if (!d->settings.sandbox) {
		log_warning("sandbox: off; the program keeps all rights of its start");
		return 0;
	}
	if (hand_over(d) != 0)
		return -1;
	if (enter(&s, d, text, sizeof(text)) != 0) {
		log_error("%s", text);
		return -1;
	}
	sandbox_text(&s, text, sizeof(text));
	log_info("sandbox: %s", text);
	return 0;
}

int confine_try(const struct dataplane *d, char *text, size_t size)
{
	struct sandbox s;

	if (enter(&s, d, text, size) != 0)
		return -1;
	sandbox_text(&s, text, size);
	return 0;
}
