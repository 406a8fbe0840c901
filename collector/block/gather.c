// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/gather.h"

#include "collector/question/name.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

int64_t block_gather_end(const struct block_list *l, int64_t time)
{
	return l->expire_s > 0 ? time + (int64_t)l->expire_s : BLOCK_NEVER;
}

// IANA's special-purpose registries, and multicast.
static bool is_special(const uint8_t *a, size_t size)
{
	static const struct {
		uint8_t bits, size, head[12];
	} nets[] = {{8, 4, {0}}, {8, 4, {10}}, {10, 4, {100, 64}}, {8, 4, {127}}, {16, 4, {169, 254}},
		{12, 4, {172, 16}}, {24, 4, {192, 0, 0}}, {16, 4, {192, 168}}, {15, 4, {198, 18}}, {3, 4, {224}},
		{96, 16, {0}}, {96, 16, {[10] = 0xff, [11] = 0xff}}, {7, 16, {0xfc}}, {10, 16, {0xfe, 0x80}},
		{8, 16, {0xff}}};

	for (size_t i = 0; i < sizeof(nets) / sizeof(*nets); i++) {
		unsigned whole = nets[i].bits / 8, rest = nets[i].bits % 8;
		if (nets[i].size == size && memcmp(a, nets[i].head, whole) == 0 &&
			(rest == 0 || (a[whole] ^ nets[i].head[whole]) >> (8 - rest) == 0))
			return true;
	}
	return false;
}

void block_gather_address(struct block_set *s, const struct block_origin *o, enum block_kind kind, const char *text)
{
	struct block_entry e = {.kind = kind, .reason = o->reason, .since = o->since, .until = o->until};

	e.size = (uint8_t)query_address(text, e.address);
	e.bits = (uint8_t)(8 * e.size);
	if (e.size == 0)
		block_set_remove(s, text, "not an address");
	else if (is_special(e.address, e.size))
		block_set_remove(s, text, "a private, loopback or other special address");
	else
		block_set_add(s, &e);
}

// Ordinary files only: a FIFO would block.
static FILE *open_file(const char *path, struct stat *status)
{
	int fd = open(path, O_RDONLY | O_NONBLOCK | O_CLOEXEC);

	if (fd < 0)
		return NULL;
	if (fstat(fd, status) != 0 || !S_ISREG(status->st_mode)) {
		close(fd);
		errno = EINVAL;
		return NULL;
	}
	FILE *file = fdopen(fd, "r");
	if (!file)
		close(fd);
	return file;
}

static int gather_file(struct block_set *s, const struct block_origin *o, const char *path, char *why, size_t why_size)
{
	struct block_origin mine = *o;
	struct stat status = {0};
	char *line = NULL, reason[120];
	const char *name = strrchr(path, '/');
	size_t size = 0;
	ssize_t len;
	FILE *file = open_file(path, &status);

	if (!file) {
		snprintf(why, why_size, "%.300s: %s", path,
			errno == EINVAL ? "expected an ordinary file" : strerror(errno));
		return -1;
	}
	snprintf(reason, sizeof(reason), "listed in %.100s", name ? name + 1 : path);
	mine.reason = reason;
	mine.since = status.st_mtim.tv_sec;
	mine.until = block_gather_end(o->list, status.st_mtim.tv_sec);
	while (!s->bad && !s->full && (len = getline(&line, &size, file)) >= 0) {
		for (ssize_t i = 0; i < len; i++)
			if (line[i] == '\0')
				line[i] = '\x01'; // ends no line, and is in no name
		block_indicator_add(s, &mine, line);
	}
	int result = ferror(file) ? (snprintf(why, why_size, "%.300s: %s", path, strerror(EIO)), -1) : 0;
	free(line);
	fclose(file);
	return result;
}

static struct block_origin origin_of(const struct block_make *m, const struct block_list *l)
{
	return (struct block_origin){.list = l,
		.zones = m->zones,
		.reason = "listed",
		.since = m->now,
		.until = block_gather_end(l, m->now),
		.now = m->now};
}

void block_gather_lines(struct block_set *s, const struct block_make *m, const struct block_list *l)
{
	const struct block_origin o = origin_of(m, l);

	for (size_t i = 0; i < m->lines_len; i++)
		block_indicator_add(s, &o, m->lines[i]);
}

int block_gather(struct block_set *s, const struct block_make *m, const struct block_list *l,
	const struct block_source *source, char *why, size_t why_size)
{
	const struct block_origin o = origin_of(m, l);
	struct block_origin fixed = o;

	switch (source->kind) {
	case BLOCK_FROM_FILE:
		return gather_file(s, &o, source->text, why, why_size);
	case BLOCK_FROM_ALERTS:
		return block_gather_alerts(s, m, &o, source, why, why_size);
	case BLOCK_FROM_PIVOT:
		return block_gather_pivot(s, m, &o, source, why, why_size);
	default: // as long as the line is in the configuration
		fixed.since = 0;
		fixed.until = BLOCK_NEVER;
		block_indicator_add(s, &fixed, source->text);
		return 0;
	}
}
