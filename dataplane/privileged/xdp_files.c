// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/privileged/xdp_files.h"

#include <dirent.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

// The target of the link in /proc/self/fd, or an empty text.
static void read_what(int fd, char *what, size_t size)
{
	char path[32];

	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	ssize_t len = readlink(path, what, size - 1);
	what[len > 0 ? len : 0] = '\0';
}

static bool is_xdp_socket(int fd)
{
	int family = -1;
	socklen_t size = sizeof(family);

	return getsockopt(fd, SOL_SOCKET, SO_DOMAIN, &family, &size) == 0 && family == AF_XDP;
}

unsigned xdp_files_list(struct xdp_file *files, unsigned max)
{
	DIR *folder = opendir("/proc/self/fd");
	unsigned len = 0;

	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry && len < max;
		entry = readdir(folder)) {
		struct xdp_file *file = &files[len];
		file->fd = atoi(entry->d_name);
		read_what(file->fd, file->what, sizeof(file->what));
		len += strncmp(file->what, "anon_inode:bpf-", 15) == 0 || strcmp(file->what, "anon_inode:btf") == 0 ||
		       is_xdp_socket(file->fd);
	}
	if (folder)
		closedir(folder);
	return len;
}

unsigned xdp_files_new(struct xdp_file *files, unsigned len, const struct xdp_file *before, unsigned before_len)
{
	unsigned kept = 0;

	for (unsigned i = 0; i < len; i++) {
		bool is_old = false;
		for (unsigned k = 0; k < before_len && !is_old; k++)
			is_old = before[k].fd == files[i].fd && strcmp(before[k].what, files[i].what) == 0;
		if (!is_old)
			files[kept++] = files[i];
	}
	return kept;
}

void xdp_files_close(const struct xdp_file *files, unsigned len)
{
	char what[sizeof(files->what)];

	for (unsigned i = 0; i < len; i++) {
		read_what(files[i].fd, what, sizeof(what));
		if (strcmp(what, files[i].what) == 0)
			close(files[i].fd);
	}
}

// The id of a BPF object in /proc/self/fdinfo; 0: none.
static unsigned read_id(int fd, const char *field)
{
	char path[40], line[128];
	unsigned id = 0;

	snprintf(path, sizeof(path), "/proc/self/fdinfo/%d", fd);
	FILE *file = fopen(path, "r");
	while (file && fgets(line, sizeof(line), file))
		if (strncmp(line, field, strlen(field)) == 0)
			id = (unsigned)strtoul(line + strlen(field), NULL, 10);
	if (file)
		fclose(file);
	return id;
}

int xdp_files_bpf(const char *kind, unsigned id)
{
	static struct xdp_file files[XDP_FILES_MAX];
	const char *field = strcmp(kind, "bpf-prog") == 0 ? "prog_id:" : "map_id:";
	unsigned len = xdp_files_list(files, XDP_FILES_MAX);

	for (unsigned i = 0; i < len; i++)
		if (strstr(files[i].what, kind) && read_id(files[i].fd, field) == id)
			return fcntl(files[i].fd, F_DUPFD_CLOEXEC, 0);
	return -1;
}
