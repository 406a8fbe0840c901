// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/journal.h"

#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { SLOTS_MIN = 1024, PATH_SHOWN = 1000 };

// Positions in `files` by a hash; UINT32_MAX: free. Half of it is free at least.
struct follow_index {
	uint32_t *slots;
	size_t size; // a power of two
};

struct follow_journal {
	pthread_mutex_t lock;
	int fd;
	off_t end; // of the last complete line
	struct follow_file *files;
	size_t len, room;
	size_t applied; // files before this one are applied
	bool is_open;
	struct follow_index by_content, by_place;
};

static uint64_t content_hash(const struct follow_file *f)
{
	return (f->hash ^ f->packets * 0x9e3779b97f4a7c15u ^ f->bytes) * 0xd6e8feb86659fd93u;
}

static uint64_t place_hash(const struct follow_file *f)
{
	return (f->inode * 0x9e3779b97f4a7c15u ^ f->device) * 0xd6e8feb86659fd93u;
}

static bool same_content(const struct follow_file *a, const struct follow_file *b)
{
	return a->hash == b->hash && a->packets == b->packets && a->bytes == b->bytes && a->first_us == b->first_us;
}

static bool same_inode(const struct follow_file *a, const struct follow_file *b)
{
	return a->inode == b->inode && a->device == b->device;
}

static void index_put(struct follow_index *i, uint64_t hash, uint32_t at)
{
	size_t slot = (size_t)(hash >> 16) & (i->size - 1);

	while (i->slots[slot] != UINT32_MAX)
		slot = (slot + 1) & (i->size - 1);
	i->slots[slot] = at;
}

static bool index_grow(struct follow_journal *j)
{
	size_t size = j->by_content.size ? 2 * j->by_content.size : SLOTS_MIN;
	uint32_t *content = malloc(size * sizeof(*content)), *place = malloc(size * sizeof(*place));

	if (!content || !place) {
		free(content);
		free(place);
		return false;
	}
	free(j->by_content.slots);
	free(j->by_place.slots);
	memset(content, 0xff, size * sizeof(*content));
	memset(place, 0xff, size * sizeof(*place));
	j->by_content = (struct follow_index){content, size};
	j->by_place = (struct follow_index){place, size};
	for (size_t i = 0; i < j->len; i++) {
		index_put(&j->by_content, content_hash(&j->files[i]), (uint32_t)i);
		index_put(&j->by_place, place_hash(&j->files[i]), (uint32_t)i);
	}
	return true;
}

// Makes room for `len` more files, so that add cannot fail.
static bool reserve(struct follow_journal *j, size_t len)
{
	if (j->len + len > j->room) {
		size_t room = 2 * (j->len + len);
		struct follow_file *grown = realloc(j->files, room * sizeof(*grown));
		if (!grown)
			return false;
		j->files = grown;
		j->room = room;
	}
	while (2 * (j->len + len) > j->by_content.size)
		if (!index_grow(j))
			return false;
	return true;
}

static void add(struct follow_journal *j, const struct follow_file *file)
{
	index_put(&j->by_content, content_hash(file), (uint32_t)j->len);
	index_put(&j->by_place, place_hash(file), (uint32_t)j->len);
	j->files[j->len++] = *file;
}

// reading ────────────────────────────────────────────────────────────────────────────────────

static bool read_file_line(const char *line, struct follow_file *f)
{
	return sscanf(line + 1,
		       " %" SCNx64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64 " %" SCNu64,
		       &f->hash, &f->packets, &f->bytes, &f->first_us, &f->device, &f->inode, &f->size,
		       &f->mtime_ns) == 8;
}

// Takes one line. `*pending`: files since the last C. False: not a line of ours.
static bool read_line(struct follow_journal *j, const char *line, size_t *pending)
{
	struct follow_file file;
	size_t number;

	if (*line == 'F' || *line == 'S') {
		if (!read_file_line(line, &file) || !reserve(j, 1) || (*line == 'S' && (*pending > 0 || j->is_open)))
			return false;
		add(j, &file);
		*pending += *line == 'F';
		j->applied += *line == 'S';
		return true;
	}
	if (*line == 'C') {
		if (sscanf(line + 1, " %zu", &number) != 1 || number != *pending || j->is_open)
			return false;
		*pending = 0;
		j->is_open = true;
		return true;
	}
	if (strcmp(line, "A\n") != 0 || !j->is_open || *pending > 0)
		return false;
	j->is_open = false;
	j->applied = j->len;
	return true;
}

// Reads what there is, up to the last line that is complete. Returns 0 or -1 with `why`.
static int read_all(struct follow_journal *j, FILE *in, const char *path, char *why, size_t why_size)
{
	char *line = NULL;
	size_t room = 0, pending = 0, complete = 0, number = 0;
	ssize_t size;
	off_t at = 0;
	bool is_cut = false;

	while ((size = getline(&line, &room, in)) > 0) {
		number++;
		if (line[size - 1] != '\n') {
			is_cut = true;
			break;
		}
		if (!read_line(j, line, &pending)) {
			snprintf(why, why_size,
				"%s: line %zu is damaged; restore it, or delete the folder to begin anew", path,
				number);
			free(line);
			return -1;
		}
		at += size;
		if (pending == 0) {
			j->end = at;
			complete = j->len;
		}
	}
	free(line);
	if (j->len > complete || is_cut) { // a batch that was not committed
		j->len = complete;
		if (ftruncate(j->fd, j->end) != 0) {
			snprintf(why, why_size, "%s: %s", path, strerror(errno));
			return -1;
		}
	}
	for (struct follow_index *i = &j->by_content; i; i = i == &j->by_content ? &j->by_place : NULL)
		if (i->slots)
			memset(i->slots, 0xff, i->size * sizeof(*i->slots));
	for (size_t i = 0; i < j->len; i++) {
		index_put(&j->by_content, content_hash(&j->files[i]), (uint32_t)i);
		index_put(&j->by_place, place_hash(&j->files[i]), (uint32_t)i);
	}
	return 0;
}

struct follow_journal *follow_journal_open(const char *folder, char *why, size_t why_size)
{
	struct follow_journal *j = calloc(1, sizeof(*j));
	char path[4200];

	snprintf(path, sizeof(path), "%s/journal", folder);
	snprintf(why, why_size, "%s: no memory", path);
	if (!j)
		return NULL;
	pthread_mutex_init(&j->lock, NULL);
	j->fd = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);
	FILE *in = j->fd >= 0 ? fopen(path, "re") : NULL;
	if (!in)
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
	int result = in ? read_all(j, in, path, why, why_size) : -1;
	if (in)
		fclose(in);
	if (result == 0)
		return j;
	follow_journal_close(j);
	return NULL;
}

void follow_journal_close(struct follow_journal *j)
{
	if (!j)
		return;
	if (j->fd >= 0)
		close(j->fd);
	pthread_mutex_destroy(&j->lock);
	free(j->files);
	free(j->by_content.slots);
	free(j->by_place.slots);
	free(j);
}

// looking up ─────────────────────────────────────────────────────────────────────────────────

// The latest applied file that `is` accepts. Locked.
static const struct follow_file *find(const struct follow_journal *j, const struct follow_index *index, uint64_t hash,
	const struct follow_file *file, bool (*is)(const struct follow_file *, const struct follow_file *))
{
	const struct follow_file *found = NULL;

	if (index->size == 0)
		return NULL;
	for (size_t slot = (size_t)(hash >> 16) & (index->size - 1); index->slots[slot] != UINT32_MAX;
		slot = (slot + 1) & (index->size - 1)) {
		const struct follow_file *here = &j->files[index->slots[slot]];
		if (index->slots[slot] < j->applied && is(here, file) && here > found)
			found = here;
	}
	return found;
}

bool follow_journal_is_open(struct follow_journal *j)
{
	pthread_mutex_lock(&j->lock);
	bool is_open = j->is_open;
	pthread_mutex_unlock(&j->lock);
	return is_open;
}

bool follow_journal_has_content(struct follow_journal *j, const struct follow_file *file)
{
	pthread_mutex_lock(&j->lock);
	bool has = find(j, &j->by_content, content_hash(file), file, same_content) != NULL;
	pthread_mutex_unlock(&j->lock);
	return has;
}

bool follow_journal_earlier(struct follow_journal *j, const struct follow_file *file, struct follow_file *earlier)
{
	pthread_mutex_lock(&j->lock);
	const struct follow_file *found = find(j, &j->by_place, place_hash(file), file, same_inode);
	if (found)
		*earlier = *found;
	pthread_mutex_unlock(&j->lock);
	return found != NULL;
}

bool follow_journal_has_place(struct follow_journal *j, const struct follow_file *file)
{
	struct follow_file last;

	return follow_journal_earlier(j, file, &last) && last.size == file->size && last.mtime_ns == file->mtime_ns;
}

// writing ────────────────────────────────────────────────────────────────────────────────────

static void write_line(FILE *out, char kind, const struct follow_file *f, const char *path)
{
	fprintf(out,
		"%c %016" PRIx64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64 " %" PRIu64
		" ",
		kind, f->hash, f->packets, f->bytes, f->first_us, f->device, f->inode, f->size, f->mtime_ns);
	for (size_t i = 0; path[i] && i < PATH_SHOWN; i++)
		fputc((unsigned char)path[i] < 0x20 ? '?' : path[i], out);
	fputc('\n', out);
}

// Appends the text that `out` has written, and frees it. Returns 0, or -errno: nothing was appended.
static int append(struct follow_journal *j, FILE *out, char **text, size_t *size)
{
	bool is_whole = fclose(out) == 0;
	int result = is_whole ? 0 : -ENOMEM;
	size_t done = 0;

	while (result == 0 && done < *size) {
		ssize_t got = pwrite(j->fd, *text + done, *size - done, j->end + (off_t)done);
		if (got < 0 && errno != EINTR)
			result = -errno;
		done += got > 0 ? (size_t)got : 0;
	}
	if (result == 0 && fdatasync(j->fd) != 0)
		result = -errno;
	if (result == 0)
		j->end += (off_t)*size;
	else if (done > 0 && ftruncate(j->fd, j->end) != 0)
		result = -errno;
	free(*text);
	return result;
}

int follow_journal_commit(struct follow_journal *j, const struct follow_file *files, const char *const *paths,
	size_t files_len)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	for (size_t i = 0; i < files_len; i++)
		write_line(out, 'F', &files[i], paths[i]);
	fprintf(out, "C %zu\n", files_len);
	pthread_mutex_lock(&j->lock);
	int result = append(j, out, &text, &size);
	if (result == 0 && !reserve(j, files_len))
		result = -ENOMEM;
	for (size_t i = 0; i < files_len && result == 0; i++)
		add(j, &files[i]);
	j->is_open |= result == 0;
	pthread_mutex_unlock(&j->lock);
	return result;
}

int follow_journal_apply(struct follow_journal *j)
{
	char *text = NULL;
	size_t size = 0;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	fputs("A\n", out);
	pthread_mutex_lock(&j->lock);
	int result = append(j, out, &text, &size);
	if (result == 0) {
		j->is_open = false;
		j->applied = j->len;
	}
	pthread_mutex_unlock(&j->lock);
	return result;
}

int follow_journal_place(struct follow_journal *j, const struct follow_file *file, const char *path)
{
	char *text = NULL;
	size_t size = 0;
	int result = 0;

	pthread_mutex_lock(&j->lock);
	FILE *out = j->is_open ? NULL : open_memstream(&text, &size);
	if (!out)
		result = j->is_open ? -EAGAIN : -ENOMEM;
	if (out) {
		write_line(out, 'S', file, path);
		result = append(j, out, &text, &size);
	}
	if (result == 0 && reserve(j, 1)) {
		add(j, file);
		j->applied = j->len;
	}
	pthread_mutex_unlock(&j->lock);
	return result;
}
