// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/folder.h"

#include <errno.h>
#include <fts.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/capture/capture.h"
#include "dataplane/capture/unpack.h"

enum { START = 4 }; // octets that show what a file is

struct found {
	char *path;
	uint64_t first_us; // of its first packet; CAPTURE_NO_TIME: not known
	dev_t device;
	ino_t inode;
};

struct search {
	struct capture_folder *folder;
	size_t root_len; // of the folder's own path
	struct found *found;
	size_t found_len, found_room;
	char *why; // empty: nothing is wrong
	size_t why_size;
};

// what the file is ────────────────────────────────────────────────────────────────────────────

enum { WHAT_SIZE = 64 };

// Reads its first octets, unpacked. Returns how many, or SIZE_MAX with errno. `*packed`: how it is compressed, or NULL;
// `*is_damaged`: its compressed data are wrong.
static size_t read_start(const char *path, uint8_t start[static START], const char **packed, bool *is_damaged)
{
	struct capture_unpack *unpack = capture_unpack_open(path);
	const uint8_t *at;

	*packed = capture_unpack_name(unpack);
	*is_damaged = false;
	if (!unpack)
		return SIZE_MAX;
	size_t got = capture_unpack_peek(unpack, &at, START);
	if (got > START)
		got = START;
	memcpy(start, at, got);
	*is_damaged = capture_unpack_error(unpack) != NULL;
	capture_unpack_close(unpack);
	return got;
}

// True if it is a capture, sound or not. `what`: what else it is; may be empty.
static bool is_capture(const char *path, char what[static WHAT_SIZE])
{
	static const struct {
		char start[START + 1];
		const char *name; // NULL: a capture
	} kinds[] = {{"\xd4\xc3\xb2\xa1", NULL}, {"\xa1\xb2\xc3\xd4", NULL}, {"\x4d\x3c\xb2\xa1", NULL},
		{"\xa1\xb2\x3c\x4d", NULL}, {"\x0a\x0d\x0d\x0a", NULL}, {"\x34\xcd\xb2\xa1", NULL},
		{"\xa1\xb2\xcd\x34", NULL}, {"\xa1\x2b\x3c\x4d", NULL}, {"\x4d\x3c\x2b\xa1", NULL}, {"BZh9", "bzip2"},
		{"PK\3\4", "zip"}, {"\x02\x21\x4c\x18", "old lz4"}};
	uint8_t start[START] = "";
	const char *packed;
	bool is_damaged;
	size_t got = read_start(path, start, &packed, &is_damaged);

	snprintf(what, WHAT_SIZE, "%s%s",
		packed		  ? packed
		: got == 0	  ? "empty"
		: got == SIZE_MAX ? strerror(errno)
		: got < START	  ? "short"
				  : "",
		packed ? ", of no capture" : "");
	if (got != START)
		return is_damaged; // capture_check reports what is wrong with it
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++) {
		if (memcmp(start, kinds[i].start, START) != 0)
			continue;
		if (kinds[i].name)
			snprintf(what, WHAT_SIZE, "%s", kinds[i].name);
		return !kinds[i].name;
	}
	return false;
}

// The time of the first packet that has one, as far as the file can be read.
static uint64_t first_time(const char *path)
{
	struct capture_packet packet;
	struct capture_reader *reader = capture_open_unchecked(path);
	uint64_t us = CAPTURE_NO_TIME;

	while (reader && us == CAPTURE_NO_TIME && capture_next(reader, &packet) == 1)
		if (capture_has_time(packet.us))
			us = packet.us;
	capture_close(reader);
	return us;
}

// the search ──────────────────────────────────────────────────────────────────────────────────

// Counts an entry that is no capture, and names it in `passed` if there is room.
static void pass_over(struct search *s, const FTSENT *entry, const char *what)
{
	struct capture_folder *f = s->folder;
	const char *name = entry->fts_path + s->root_len;
	size_t at = strlen(f->passed);

	f->passed_len++;
	name += strspn(name, "/");
	int len = snprintf(f->passed + at, sizeof(f->passed) - at, "%s%s%s%s%s", at > 0 ? ", " : "", name,
		*what ? " (" : "", what, *what ? ")" : "");
	if ((size_t)len < sizeof(f->passed) - at && f->is_listed)
		return;
	f->passed[at] = '\0';
	f->is_listed = false;
}

// What cannot be read: whether the others are taken is not decided here.
static void leave_out(struct search *s, const char *path, int error)
{
	struct capture_folder *f = s->folder;

	if (f->unread_len++ == 0)
		snprintf(f->unread, sizeof(f->unread), "%s: %s", path, strerror(error));
}

static void fail(struct search *s, const char *path, int error)
{
	if (s->why[0] == '\0')
		snprintf(s->why, s->why_size, "%s: %s", path, strerror(error));
}

// True if the file was found before, by another name.
static bool is_there(const struct search *s, const struct stat *status)
{
	for (size_t i = 0; i < s->found_len; i++)
		if (s->found[i].inode == status->st_ino && s->found[i].device == status->st_dev)
			return true;
	return false;
}

static void add(struct search *s, const FTSENT *entry)
{
	if (s->found_len == s->found_room) {
		size_t room = s->found_room ? 2 * s->found_room : 64;
		struct found *grown = realloc(s->found, room * sizeof(*grown));
		if (!grown) {
			fail(s, entry->fts_path, ENOMEM);
			return;
		}
		s->found = grown;
		s->found_room = room;
	}
	struct found *f = &s->found[s->found_len];
	*f = (struct found){.path = strdup(entry->fts_path),
		.first_us = first_time(entry->fts_path),
		.device = entry->fts_statp->st_dev,
		.inode = entry->fts_statp->st_ino};
	if (f->path)
		s->found_len++;
	else
		fail(s, entry->fts_path, ENOMEM);
}

static void look_at(struct search *s, const FTSENT *entry)
{
	char what[WHAT_SIZE];

	if (entry->fts_info == FTS_DNR || entry->fts_info == FTS_ERR || entry->fts_info == FTS_NS) {
		leave_out(s, entry->fts_path, entry->fts_errno);
	} else if (entry->fts_info == FTS_SLNONE) {
		pass_over(s, entry, "a link to nothing");
	} else if (entry->fts_info == FTS_DC) {
		pass_over(s, entry, "a link to a folder that it is in");
	} else if (entry->fts_info == FTS_DEFAULT) {
		pass_over(s, entry, "a pipe, socket or device");
	} else if (entry->fts_info == FTS_F) {
		if (is_there(s, entry->fts_statp))
			pass_over(s, entry, "a link to one that was taken");
		else if (access(entry->fts_path, R_OK) != 0)
			leave_out(s, entry->fts_path, errno);
		else if (is_capture(entry->fts_path, what))
			add(s, entry);
		else
			pass_over(s, entry, what);
	}
}

static int by_name(const FTSENT **a, const FTSENT **b)
{
	return strverscmp((*a)->fts_name, (*b)->fts_name);
}

static int by_time(const void *a, const void *b)
{
	const struct found *x = a, *y = b;

	if (x->first_us != y->first_us)
		return x->first_us < y->first_us ? -1 : 1;
	return strverscmp(x->path, y->path);
}

int capture_folder_read(struct capture_folder *folder, const char *path, char *why, size_t why_size)
{
	char *roots[] = {strdup(path), NULL};
	struct search s = {.folder = folder, .root_len = strlen(path), .why = why, .why_size = why_size};
	FTS *fts = roots[0] ? fts_open(roots, FTS_LOGICAL | FTS_NOCHDIR, by_name) : NULL;

	*folder = (struct capture_folder){.is_listed = true};
	why[0] = '\0';
	if (!fts)
		fail(&s, path, errno);
	for (const FTSENT *entry = fts ? fts_read(fts) : NULL; entry; entry = fts_read(fts))
		look_at(&s, entry);
	if (fts)
		fts_close(fts);
	free(roots[0]);
	if (s.found_len > 0)
		qsort(s.found, s.found_len, sizeof(*s.found), by_time);
	folder->paths = calloc(s.found_len + 1, sizeof(*folder->paths));
	for (size_t i = 0; i < s.found_len; i++) {
		if (folder->paths)
			folder->paths[folder->paths_len++] = s.found[i].path;
		else
			free(s.found[i].path);
	}
	free(s.found);
	if (!folder->paths)
		fail(&s, path, ENOMEM);
	else if (folder->paths_len == 0 && why[0] == '\0')
		snprintf(why, why_size,
			"%s: found no capture in this folder, expected pcap or pcapng, as they are or by "
			"gzip, zstd, xz or lz4",
			path);
	return why[0] == '\0' ? 0 : -1;
}
