// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/search.h"

#include <ctype.h>
#include <errno.h>
#include <fts.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/common/log.h"

static int by_place(const void *a, const void *b)
{
	const struct follow_seen *x = a, *y = b;

	if (x->at.device != y->at.device)
		return x->at.device < y->at.device ? -1 : 1;
	return x->at.inode < y->at.inode ? -1 : x->at.inode > y->at.inode;
}

// Which files a rotation writes one after another: the path without digits and without the suffix of a compression.
static uint64_t series_of(const struct follow_search *f, const char *path)
{
	static const char *const suffixes[] = {".gz", ".zst", ".xz", ".lz4"};
	size_t len = strlen(path);
	uint64_t hash = 0;

	for (size_t i = 0; i < sizeof(suffixes) / sizeof(suffixes[0]); i++) {
		size_t size = strlen(suffixes[i]);
		if (len > size && strcasecmp(path + len - size, suffixes[i]) == 0) {
			len -= size;
			break;
		}
	}
	for (size_t i = 0; i < len; i++)
		if (!isdigit((unsigned char)path[i]))
			hash = hash_mix(&f->key, hash, (unsigned char)path[i]);
	return hash;
}

static bool is_same_folder(const char *path, const struct stat *status)
{
	struct stat other;

	return path && *path && stat(path, &other) == 0 && other.st_ino == status->st_ino &&
	       other.st_dev == status->st_dev;
}

// Adds a file to `*all`, with what is known of it.
static bool add_seen(struct follow_search *f, struct follow_seen **all, size_t *len, size_t *room, const FTSENT *entry)
{
	const struct stat *status = entry->fts_statp;
	struct follow_seen *before, *grown;

	if (*len == *room) {
		*room = *room ? 2 * *room : 64;
		grown = realloc(*all, *room * sizeof(**all));
		if (!grown)
			return false;
		*all = grown;
	}
	struct follow_seen s = {.path = strdup(entry->fts_path),
		.at = {.device = status->st_dev,
			.inode = status->st_ino,
			.size = (uint64_t)status->st_size,
			.mtime_ns = (uint64_t)status->st_mtim.tv_sec * 1000000000 + (uint64_t)status->st_mtim.tv_nsec}};
	if (!s.path)
		return false;
	s.series = series_of(f, s.path);
	before = f->seen_len ? bsearch(&s, f->seen, f->seen_len, sizeof(s), by_place) : NULL;
	if (before && before->state != WAITING && before->at.size == s.at.size && before->at.mtime_ns == s.at.mtime_ns)
		s.state = before->state;
	else if (follow_journal_has_place(f->journal, &s.at))
		s.state = TAKEN;
	(*all)[(*len)++] = s;
	return true;
}

void follow_search_forget(struct follow_search *f)
{
	for (size_t i = 0; i < f->seen_len; i++)
		free(f->seen[i].path);
	free(f->seen);
	f->seen = NULL;
	f->seen_len = 0;
}

void follow_search(struct follow_search *f)
{
	char *roots[] = {strdup(f->options->folder), NULL};
	FTS *fts = roots[0] ? fts_open(roots, FTS_PHYSICAL | FTS_NOCHDIR | FTS_COMFOLLOW, NULL) : NULL;
	struct follow_seen *all = NULL;
	size_t len = 0, room = 0;
	bool is_whole = fts != NULL;

	for (FTSENT *e = fts ? fts_read(fts) : NULL; e && is_whole; e = fts_read(fts)) {
		if (e->fts_level > 0 && e->fts_name[0] == '.') {
			fts_set(fts, e, FTS_SKIP);
		} else if (e->fts_info == FTS_D && (is_same_folder(f->options->state, e->fts_statp) ||
							   is_same_folder(f->options->move_to, e->fts_statp))) {
			fts_set(fts, e, FTS_SKIP);
		} else if (e->fts_info == FTS_F) {
			is_whole = add_seen(f, &all, &len, &room, e);
		} else if (e->fts_info == FTS_DNR || (e->fts_info == FTS_NS && e->fts_level == 0)) {
			if (!f->logged_missing)
				log_error("follow: %s: %s", e->fts_path, strerror(e->fts_errno));
			f->logged_missing = true;
		}
	}
	if (fts)
		fts_close(fts);
	free(roots[0]);
	follow_search_forget(f);
	qsort(all, len, all ? sizeof(*all) : 1, by_place);
	f->seen = all;
	f->seen_len = len;
}

bool follow_search_has_changed(const struct follow_seen *s)
{
	struct stat status;

	return stat(s->path, &status) != 0 || (uint64_t)status.st_size != s->at.size ||
	       (uint64_t)status.st_mtim.tv_sec * 1000000000 + (uint64_t)status.st_mtim.tv_nsec != s->at.mtime_ns;
}
