// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/confine.h"

#include <arpa/inet.h>
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <linux/capability.h>

#include "dataplane/common/conf.h"

// What libraries read: host names, random numbers, number of processors, shared objects of the resolver.
static const char *const libraries[] = {"/etc/hosts", "/etc/host.conf", "/etc/resolv.conf", "/run/systemd/resolve",
	"/etc/nsswitch.conf", "/etc/services", "/etc/gai.conf", "/etc/machine-id", "/etc/ld.so.cache", "/usr/lib",
	"/lib", "/lib64", "/dev/urandom", "/dev/null", "/proc/self", "/proc/stat", "/proc/meminfo", "/proc/cpuinfo",
	"/proc/sys/vm", "/proc/sys/kernel", "/sys/devices/system"};

// Files that are read again while the collector runs: the path of each, or NULL or empty.
enum { READ_FILES = 14 };

static void read_files(const char *out[static READ_FILES], const struct settings *s, const struct confine_paths *paths)
{
	bool tls = s->redis.tls;

	for (size_t i = 0; i < s->redis_more.len; i++)
		tls = tls || s->redis_more.at[i].tls;
	const char *const all[READ_FILES] = {paths->config, s->redis_password_file,
		tls && !*s->redis_ca ? "/etc/ssl/certs/ca-certificates.crt" : s->redis_ca, s->redis_certificate,
		s->redis_certificate_key, s->http_keys, s->http_certificate, s->http_certificate_key, s->psl_file,
		s->context_asn, s->context_country, s->context_prefixes, s->context_popular,
		strcmp(s->context_labels, "builtin") == 0 ? NULL : s->context_labels};

	memcpy(out, all, sizeof(all));
}

// user ───────────────────────────────────────────────────────────────────────────────────────

// The first file that the user needs and may not access, or NULL.
static const char *out_of_reach(const struct sandbox_user *user, const struct settings *s,
	const struct confine_paths *paths)
{
	const char *read[READ_FILES];

	read_files(read, s, paths);
	for (size_t i = 0; i < READ_FILES; i++)
		if (read[i] && *read[i] && !sandbox_user_may(user, read[i], SANDBOX_READ))
			return read[i];
	for (size_t i = 0; i < paths->more_len; i++)
		if (!sandbox_user_may(user, paths->more[i], SANDBOX_READ))
			return paths->more[i];
	for (size_t i = 0; i < paths->extra_len; i++)
		if (!sandbox_user_may(user, paths->extra[i].path, paths->extra[i].access))
			return paths->extra[i].path;
	if (s->redis.kind == ENDPOINT_UNIX && !sandbox_user_may(user, s->redis.path, SANDBOX_WRITE))
		return s->redis.path;
	for (size_t i = 0; i < s->redis_more.len; i++)
		if (s->redis_more.at[i].kind == ENDPOINT_UNIX &&
			!sandbox_user_may(user, s->redis_more.at[i].path, SANDBOX_WRITE))
			return s->redis_more.at[i].path;
	if (*s->names_file && !sandbox_user_may(user, s->names_file, SANDBOX_WRITE))
		return s->names_file;
	return NULL;
}

// Makes the user the owner of a folder and of the regular files in it.
static int hand_over(const struct sandbox_user *user, const char *path)
{
	DIR *folder = opendir(path);
	struct stat status;
	int result = folder ? fchown(dirfd(folder), user->uid, user->gid) : -1;

	for (const struct dirent *entry = result == 0 ? readdir(folder) : NULL; entry; entry = readdir(folder))
		if (fstatat(dirfd(folder), entry->d_name, &status, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(status.st_mode))
			result |= fchownat(dirfd(folder), entry->d_name, user->uid, user->gid, AT_SYMLINK_NOFOLLOW);
	if (folder)
		closedir(folder);
	return result;
}

static void make_folders(const char *path)
{
	char part[PATH_MAX];

	for (const char *slash = path; *slash && (slash = strchr(slash + 1, '/')) != NULL;) {
		snprintf(part, sizeof(part), "%.*s", (int)(slash - path), path);
		mkdir(part, 0755); // errors show below
	}
	mkdir(path, 0700);
}

static int give_spool(const struct sandbox_user *user, const struct confine_paths *paths)
{
	char parent[PATH_MAX], *slash;

	make_folders(paths->spool);
	snprintf(parent, sizeof(parent), "%s", paths->spool);
	if (paths->spool_is_temporary && (slash = strrchr(parent, '/')) != NULL) {
		*slash = '\0'; // the folder is removed at the end
		if (!sandbox_user_may(user, parent, SANDBOX_WRITE))
			return -1;
	}
	return hand_over(user, paths->spool) == 0 && sandbox_user_may(user, paths->spool, SANDBOX_WRITE) ? 0 : -1;
}

static int give_alerts(const struct sandbox_user *user, const char *folder)
{
	make_folders(folder);
	return hand_over(user, folder) == 0 && sandbox_user_may(user, folder, SANDBOX_WRITE) ? 0 : -1;
}

int confine_begin(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size)
{
	sandbox_begin(s, SANDBOX_COLLECTOR);
	if (sandbox_user_find(&s->user, settings->user, why, why_size) != 0)
		return -1;
	if (!s->user.change)
		return 0;
	const char *path = out_of_reach(&s->user, settings, paths);
	if (!path && paths->spool && give_spool(&s->user, paths) != 0)
		path = paths->spool;
	if (!path && paths->alerts && give_alerts(&s->user, paths->alerts) != 0)
		path = paths->alerts;
	if (!path)
		return 0;
	if (*settings->user) {
		snprintf(why, why_size, "user %s: cannot reach %s; give that user access, or set another user",
			s->user.name, path);
		return -1;
	}
	struct sandbox_user root = {.name = "root"};
	snprintf(root.why, sizeof(root.why), "%.20s cannot reach %.120s", s->user.name, path);
	s->user = root;
	if (out_of_reach(&s->user, settings, paths))
		s->keep = 1ull << CAP_DAC_OVERRIDE; // root can access it only with this
	if (paths->spool && hand_over(&s->user, paths->spool) != 0 && errno != ENOENT)
		log_warning("%s: cannot change its owner back to root: %s", paths->spool, strerror(errno));
	if (paths->alerts && hand_over(&s->user, paths->alerts) != 0 && errno != ENOENT)
		log_warning("%s: cannot change its owner back to root: %s", paths->alerts, strerror(errno));
	return 0;
}

// files and rights ───────────────────────────────────────────────────────────────────────────

// The spool's folder may be created again. If it is a mount point, also under it, after the disk is unmounted.
static void allow_spool(struct sandbox *s, const char *spool)
{
	char parent[PATH_MAX], above[PATH_MAX + 3];
	struct stat of_parent, of_above;

	make_folders(spool);
	sandbox_allow_folder_of(s, spool, SANDBOX_WRITE);
	snprintf(parent, sizeof(parent), "%.*s", (int)(strrchr(spool, '/') - spool), spool);
	snprintf(above, sizeof(above), "%s/..", parent);
	if (*parent && stat(parent, &of_parent) == 0 && stat(above, &of_above) == 0 &&
		of_parent.st_dev != of_above.st_dev)
		sandbox_allow(s, above, SANDBOX_WRITE);
}

// Files that the file of settings includes may be in other folders.
static void allow_included(struct sandbox *s, const char *config)
{
	struct conf_files included = {0};

	conf_files_find(&included, config);
	for (size_t i = 0; i < included.len; i++)
		sandbox_allow_folder_of(s, included.names[i], SANDBOX_READ);
	conf_files_free(&included);
}

int confine_enter(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size)
{
	const char *read[READ_FILES];

	read_files(read, settings, paths);
	for (size_t i = 0; i < sizeof(libraries) / sizeof(libraries[0]); i++)
		sandbox_allow(s, libraries[i], SANDBOX_READ);
	for (size_t i = 0; i < READ_FILES; i++)
		sandbox_allow_folder_of(s, read[i], SANDBOX_READ);
	allow_included(s, paths->config);
	for (size_t i = 0; i < paths->more_len; i++)
		sandbox_allow_folder_of(s, paths->more[i], SANDBOX_READ);
	sandbox_allow_folder_of(s, settings->watch_file, SANDBOX_READ); // it may be made later
	sandbox_allow_folder_of(s, settings->block_file, SANDBOX_READ);
	for (size_t i = 0; i < paths->extra_len; i++)
		sandbox_allow_folder_of(s, paths->extra[i].path, paths->extra[i].access);
	if (paths->alerts)
		make_folders(paths->alerts);
	sandbox_allow(s, paths->alerts, SANDBOX_WRITE);
	sandbox_allow_folder_of(s, settings->names_file, SANDBOX_WRITE);
	sandbox_allow_folder_of(s, settings->collector_socket, SANDBOX_REMOVE); // at the end
	if (paths->spool)
		allow_spool(s, paths->spool);
	if (paths->spool && s->user.change && lchown(settings->collector_socket, s->user.uid, s->user.gid) != 0)
		return snprintf(why, why_size, "%s: cannot change its owner to %s: %s", settings->collector_socket,
			       s->user.name, strerror(errno)),
		       -1;
	return sandbox_enter(s, why, why_size);
}

// calls ──────────────────────────────────────────────────────────────────────────────────────

static unsigned sockets_of(const struct endpoint *e)
{
	unsigned char address[16];

	if (e->kind == ENDPOINT_UNIX)
		return SANDBOX_UNIX;
	bool number = inet_pton(AF_INET, e->host, address) == 1 || inet_pton(AF_INET6, e->host, address) == 1;
	return number ? SANDBOX_TCP : SANDBOX_TCP | SANDBOX_UDP; // a name needs DNS
}

int confine_seal(struct sandbox *s, const struct settings *settings, const struct confine_paths *paths, char *why,
	size_t why_size)
{
	s->sockets = sockets_of(&settings->redis) | paths->sockets;
	for (size_t i = 0; i < settings->redis_more.len; i++)
		s->sockets |= sockets_of(&settings->redis_more.at[i]);
	return sandbox_seal(s, why, why_size);
}
