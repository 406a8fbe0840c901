// SPDX-License-Identifier: BSD-3-Clause
// Lines of the standard input, and whether the standard output is read.
#include "collector/cli/lookback.h"

#include <errno.h>
#include <poll.h>
#include <stdlib.h>
#include <unistd.h>

static int each_line(bool (*take)(void *arg, const char *text), void *arg, bool *more)
{
	char *line = NULL;
	size_t size = 0;
	ssize_t len;

	while (*more && (len = getline(&line, &size, stdin)) >= 0) {
		for (ssize_t i = 0; i < len; i++)
			if (line[i] == '\0')
				line[i] = '\x01'; // ends no line
		const char *at = line + strspn(line, " \t\r\n");
		if (*at && *at != '#')
			*more = take(arg, line);
	}
	free(line);
	return ferror(stdin) ? lookback_fail("(standard input): %s", strerror(errno)) : 0;
}

int lookback_each(const struct lookback *l, bool (*take)(void *arg, const char *text), void *arg)
{
	bool more = true;
	int result = 0;

	for (int i = 0; i < l->argc && more && result == 0; i++) {
		if (strcmp(l->argv[i], "-") == 0)
			result = each_line(take, arg, &more);
		else
			more = take(arg, l->argv[i]);
	}
	return result;
}

bool lookback_is_unread(void)
{
	struct pollfd out = {.fd = STDOUT_FILENO};

	return poll(&out, 1, 0) == 1 && (out.revents & (POLLERR | POLLHUP | POLLNVAL)) != 0;
}
