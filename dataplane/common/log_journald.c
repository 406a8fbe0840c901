// SPDX-License-Identifier: BSD-3-Clause
// systemd's journal, by its native protocol (https://systemd.io/JOURNAL_NATIVE_PROTOCOL): one datagram of lines FIELD=value.
// The socket is connected before the sandbox; a full queue is no reason to wait, since stderr leads to the journal, too.
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <unistd.h>

#include "dataplane/common/log_entry.h"

static const char priority[LOG_LEVEL_MAX] = {'3', '4', '6', '7'}; // RFC 5424 §6.2.1

static int journal = -1;

bool log_journald_is(const char *stream, int fd)
{
	uintmax_t device, inode;
	struct stat status;

	return sscanf(stream, "%ju:%ju", &device, &inode) == 2 && fstat(fd, &status) == 0 && status.st_dev == device &&
	       status.st_ino == inode;
}

bool log_journald_open(void)
{
	static const struct sockaddr_un address = {.sun_family = AF_UNIX, .sun_path = "/run/systemd/journal/socket"};

	journal = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	if (journal >= 0 && connect(journal, (const struct sockaddr *)&address, sizeof(address)) == 0)
		return true;
	if (journal >= 0)
		close(journal);
	journal = -1;
	return false;
}

size_t log_journald_write(char *out, size_t size, const struct log_entry *e)
{
	int len = snprintf(out, size,
		"MESSAGE=%s\nPRIORITY=%c\nSYSLOG_IDENTIFIER=%s\nCODE_FUNC=%s\nTID=%d\nLOOKBACK_VERSION=%s\n%s%s%s",
		e->text, priority[e->level], e->program, e->function, (int)syscall(SYS_gettid), LOOKBACK_VERSION,
		*e->sensor ? "LOOKBACK_SENSOR=" : "", e->sensor, *e->sensor ? "\n" : "");

	return len < (int)size ? (size_t)len : size - 1;
}

size_t log_journald_write_line(char *out, size_t size, const struct log_entry *e)
{
	int len = snprintf(out, size, "<%c>%s\n", priority[e->level], e->text);

	return len < (int)size ? (size_t)len : size - 1;
}

bool log_journald_send(const struct log_entry *entry)
{
	char fields[LOG_LINE_SIZE];
	size_t len = log_journald_write(fields, sizeof(fields), entry);
	int saved = errno;

	if (send(journal, fields, len, MSG_DONTWAIT | MSG_NOSIGNAL) == (ssize_t)len)
		return true;
	errno = saved;
	return false;
}
