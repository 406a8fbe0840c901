// SPDX-License-Identifier: BSD-3-Clause
// Rights of the files that settings name: secrets are for the user of the programs alone, and nobody else writes any of them.
#include "collector/doctor/checks.h"
#include "dataplane/sandbox/sandbox.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

// A file that a setting names.
struct named_file {
	const char *setting, *path;
	bool is_secret, is_optional;
};

enum { FILES_MAX = 20, GROUP_OR_OTHERS_WRITE = 022, OTHERS = 007 };

static void check_mode(struct doctor_report *r, const struct named_file *file, const struct stat *st)
{
	unsigned mode = st->st_mode & 07777;

	if (mode & GROUP_OR_OTHERS_WRITE)
		doctor_bad(r, FINDING_WRITABLE, "%s: %s has mode %03o", file->setting, file->path, mode);
	if (file->is_secret && mode & OTHERS)
		doctor_bad(r, FINDING_SECRET, "%s: %s has mode %03o", file->setting, file->path, mode);
	else if (file->is_secret)
		doctor_ok(r, FINDING_SECRET, "%s: %s has mode %03o", file->setting, file->path, mode);
	else if (!(mode & GROUP_OR_OTHERS_WRITE))
		doctor_ok(r, FINDING_WRITABLE, "%s: %s has mode %03o", file->setting, file->path, mode);
}

// Whether the user that the programs become can read it. Only root can find that out.
static void check_user(struct doctor_report *r, const struct named_file *file, const struct sandbox_user *user)
{
	if (!user->change || geteuid() != 0)
		return;
	if (sandbox_user_may(user, file->path, SANDBOX_READ))
		doctor_ok(r, FINDING_UNREADABLE, "%s: %s can read %s", file->setting, user->name, file->path);
	else
		doctor_bad(r, FINDING_UNREADABLE, "%s: %s cannot read %s", file->setting, user->name, file->path);
}

static void check_file(struct doctor_report *r, const struct named_file *file, const struct sandbox_user *user)
{
	struct stat st;

	doctor_word(r, "FILE", file->path);
	if (stat(file->path, &st) == 0) {
		check_mode(r, file, &st);
		check_user(r, file, user);
	} else if (errno == EACCES) {
		doctor_skip_rights(r, FINDING_MISSING, "%s: %s cannot be looked at", file->setting, file->path);
	} else if (!file->is_optional) {
		doctor_bad(r, FINDING_MISSING, "%s: %s: %s", file->setting, file->path, strerror(errno));
	}
}

// The folder counts, too: whoever cannot enter it cannot use the socket.
static void check_socket(const struct doctor_facts *f, struct doctor_report *r)
{
	char folder[200];
	struct stat socket, st;

	snprintf(folder, sizeof(folder), "%s", f->settings->collector_socket);
	char *slash = strrchr(folder, '/');
	slash[slash == folder ? 1 : 0] = '\0';
	doctor_word(r, "FILE", f->settings->collector_socket);
	if (stat(f->settings->collector_socket, &socket) != 0 || stat(folder, &st) != 0) {
		if (errno == EACCES)
			doctor_skip_rights(r, FINDING_SOCKET, "%s cannot be looked at", f->settings->collector_socket);
		else
			doctor_skip(r, FINDING_SOCKET, "%s does not exist", f->settings->collector_socket);
	} else if (socket.st_mode & S_IWOTH && st.st_mode & S_IXOTH) {
		doctor_bad(r, FINDING_SOCKET, "%s has mode %03o: every user can store records",
			f->settings->collector_socket, socket.st_mode & 0777);
	} else {
		doctor_ok(r, FINDING_SOCKET, "%s has mode %03o", f->settings->collector_socket, socket.st_mode & 0777);
	}
}

// Whether a line of the file sets a password.
static bool has_password(const char *path)
{
	static const char key[] = "redis.password";
	FILE *file = fopen(path, "re");
	char line[1024];
	bool found = false;

	while (file && !found && fgets(line, sizeof(line), file)) {
		const char *at = line + strspn(line, " \t");
		found = strncmp(at, key, strlen(key)) == 0 && at[strlen(key) + strspn(at + strlen(key), " \t")] == '=';
	}
	if (file)
		fclose(file);
	explicit_bzero(line, sizeof(line));
	return found;
}

// The configuration, and the files that it includes.
static void check_configuration(const struct doctor_facts *f, struct doctor_report *r, const struct sandbox_user *user)
{
	struct conf_files files = {0};

	settings_files(f->source, &files);
	for (size_t i = 0; i < files.len; i++) {
		const struct named_file file = {"the configuration", files.names[i], has_password(files.names[i]),
			true};
		check_file(r, &file, user);
	}
	conf_files_free(&files);
}

static size_t list_files(const struct doctor_facts *f, struct named_file out[static FILES_MAX])
{
	const struct settings *s = f->settings;
	const struct named_file all[] = {
		{"redis.password_file", s->redis_password_file, true, false},
		{"redis.ca", s->redis_ca, false, false},
		{"redis.certificate", s->redis_certificate, false, false},
		{"redis.certificate_key", s->redis_certificate_key, true, false},
		{"http.keys", s->http_keys, true, false},
		{"http.certificate", s->http_certificate, false, false},
		{"http.certificate_key", s->http_certificate_key, true, false},
		{"watch.file", s->watch_file, false, true},
		{"block.file", s->block_file, false, true},
		{"context.asn", s->context_asn, false, false},
		{"context.country", s->context_country, false, false},
		{"context.prefixes", s->context_prefixes, false, false},
		{"context.labels", strcmp(s->context_labels, "builtin") == 0 ? "" : s->context_labels, false, false},
		{"context.popular", s->context_popular, false, false},
	};
	size_t len = 0;

	for (size_t i = 0; i < sizeof(all) / sizeof(*all); i++)
		if (all[i].path && *all[i].path)
			out[len++] = all[i];
	return len;
}

void doctor_check_files(const struct doctor_facts *f, struct doctor_report *r)
{
	struct named_file files[FILES_MAX];
	struct sandbox_user user = {0};
	char why[300];

	if (sandbox_user_find(&user, f->settings->user, why, sizeof(why)) != 0)
		doctor_bad(r, FINDING_UNREADABLE, "%s", why);
	doctor_word(r, "USER", user.name[0] ? user.name : f->user);
	check_configuration(f, r, &user);
	size_t len = list_files(f, files);
	for (size_t i = 0; i < len; i++)
		check_file(r, &files[i], &user);
	check_socket(f, r);
}
