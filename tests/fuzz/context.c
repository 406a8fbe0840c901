// SPDX-License-Identifier: BSD-3-Clause
// Files about networks and names, which come from elsewhere: text tables and MaxMind databases.
#include "collector/context/label_table.h"
#include "collector/context/mmdb.h"
#include "collector/context/popular.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <unistd.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static const uint8_t addresses[][16] = {
	{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 192, 0, 2, 7},
	{0x20, 1, 0xd, 0xb8, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1},
	{0},
	{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff},
};
enum { ADDRESSES = sizeof(addresses) / sizeof(addresses[0]) };

static void check_text(const char *text, size_t room)
{
	if (strnlen(text, room) == room || strpbrk(text, "\n\r\033"))
		abort();
}

static void check_entry(const struct context_labels *l, const struct context_entry *e)
{
	if (e && (e->kind >= CONTEXT_KINDS || e->label >= l->texts_size))
		abort();
}

static void read_labels(const uint8_t *data, size_t size,
	int (*read_all)(struct context_labels *, struct context_text *, char *, size_t))
{
	struct context_labels labels = {0};
	struct context_text text;
	char why[512] = "";

	if (context_text_of(&text, "input", (const char *)data, size) != 0)
		abort();
	if (read_all(&labels, &text, why, sizeof(why)) == 0) {
		for (size_t i = 0; i < ADDRESSES; i++)
			check_entry(&labels, context_labels_network(&labels, addresses[i]));
		check_entry(&labels, context_labels_as(&labels, 64500));
		check_entry(&labels, context_labels_zone(&labels, "www.example.net", 15));
	} else if (strncmp(why, "input:", 6) != 0) {
		abort();
	}
	context_labels_free(&labels);
	context_text_free(&text);
}

static void read_popular(const uint8_t *data, size_t size)
{
	static struct zone_list *zones;
	struct context_name_table ranks = {0};
	struct context_text text;
	char why[512] = "";

	if (!zones && !(zones = zone_open("", why, sizeof(why))))
		abort();
	if (context_text_of(&text, "input", (const char *)data, size) != 0)
		abort();
	if (context_popular_read(&ranks, &text, zones, why, sizeof(why)) == 0 &&
		context_popular_find(&ranks, zones, "www.example.net", 15) > CONTEXT_NAMES_MAX)
		abort();
	context_name_table_free(&ranks);
	context_text_free(&text);
}

static void read_mmdb(const uint8_t *data, size_t size)
{
	char path[32], why[512] = "";
	int fd = memfd_create("mmdb", MFD_CLOEXEC);

	if (fd < 0 || write(fd, data, size) != (ssize_t)size)
		abort();
	snprintf(path, sizeof(path), "/proc/self/fd/%d", fd);
	struct context_mmdb *m = context_mmdb_open(path, why, sizeof(why));
	for (size_t i = 0; m && i < ADDRESSES; i++) {
		struct context_address out = {0};
		context_mmdb_find(m, addresses[i], &out);
		check_text(out.as_name, sizeof(out.as_name));
		check_text(out.country, sizeof(out.country));
	}
	if (!m && !*why)
		abort();
	context_mmdb_close(m);
	close(fd);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size > 65536)
		return 0;
	read_labels(data, size, context_labels_read);
	read_labels(data, size, context_prefixes_read);
	read_popular(data, size);
	read_mmdb(data, size);
	return 0;
}
