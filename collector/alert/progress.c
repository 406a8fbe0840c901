// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/progress.h"

#include <errno.h>
#include <fcntl.h>
#include <nettle/sha1.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

enum { PLACES = 1 << 18 }; // of the hash table: more than twice the ring

static int file_in(const struct alert_progress *p, const char *name, int flags)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s/%s", p->folder, name);
	return open(path, flags | O_CLOEXEC | O_NOFOLLOW, 0600);
}

// repetitions ───────────────────────────────────────────────────────────────────────────────

// Names are chosen by others, and ids are made from them: a hash that nobody can choose.
static uint64_t hash_of(const char *id)
{
	struct sha1_ctx hash;
	uint64_t result;

	sha1_init(&hash);
	sha1_update(&hash, strlen(id), (const uint8_t *)id);
	sha1_digest(&hash, sizeof(result), (uint8_t *)&result);
	return result;
}

// Rebuilt after each ALERT_SEEN_MAX / 2 new ones, so entries that left the ring do not fill it.
static void fill_places(struct alert_progress *p)
{
	size_t first = p->seen_len > ALERT_SEEN_MAX ? p->seen_len - ALERT_SEEN_MAX : 0;

	memset(p->place, 0, PLACES * sizeof(*p->place));
	for (size_t i = first; i < p->seen_len; i++) {
		const struct alert_seen *s = &p->seen[i % ALERT_SEEN_MAX];
		size_t slot = s->id % PLACES;
		while (p->place[slot] && p->seen[p->place[slot] - 1].id != s->id)
			slot = (slot + 1) % PLACES;
		p->place[slot] = (uint32_t)(i % ALERT_SEEN_MAX) + 1; // the later one
	}
}

static void note(struct alert_progress *p, struct alert_seen s)
{
	p->seen[p->seen_len++ % ALERT_SEEN_MAX] = s;
	if (p->seen_len % (ALERT_SEEN_MAX / 2) == 0) {
		fill_places(p);
		return;
	}
	size_t slot = s.id % PLACES;
	while (p->place[slot] && p->seen[p->place[slot] - 1].id != s.id)
		slot = (slot + 1) % PLACES;
	p->place[slot] = (uint32_t)((p->seen_len - 1) % ALERT_SEEN_MAX) + 1;
}

static struct alert_seen seen_of(const struct alert *a)
{
	int64_t last = alert_number(a, ALERT_LAST);

	return (struct alert_seen){.id = hash_of(a->field[ALERT_ID]), .time_s = last ? last : alert_time_ms(a) / 1000};
}

bool alert_progress_is_repeated(const struct alert_progress *p, const struct alert *a)
{
	const struct alert_seen s = seen_of(a);

	for (size_t slot = s.id % PLACES; *a->field[ALERT_ID] && p->place[slot]; slot = (slot + 1) % PLACES) {
		const struct alert_seen *other = &p->seen[p->place[slot] - 1];
		if (other->id == s.id)
			return llabs(other->time_s - s.time_s) < ALERT_REPEAT_S;
	}
	return false;
}

void alert_progress_note(struct alert_progress *p, const struct alert *a)
{
	note(p, seen_of(a));
}

static int read_seen(struct alert_progress *p)
{
	struct alert_seen s;
	struct stat status;

	p->seen = calloc(ALERT_SEEN_MAX, sizeof(*p->seen));
	p->place = calloc(PLACES, sizeof(*p->place));
	if (!p->seen || !p->place)
		return -ENOMEM;
	p->seen_fd = file_in(p, "seen", O_RDWR | O_CREAT);
	if (p->seen_fd < 0 || fstat(p->seen_fd, &status) != 0)
		return -errno;
	off_t len = status.st_size / (off_t)sizeof(s), from = len > ALERT_SEEN_MAX ? len - ALERT_SEEN_MAX : 0;
	for (off_t i = from; i < len && pread(p->seen_fd, &s, sizeof(s), i * (off_t)sizeof(s)) == sizeof(s); i++)
		note(p, s);
	p->seen_written = p->seen_len;
	return ftruncate(p->seen_fd, (off_t)(len * (off_t)sizeof(s))) == 0 && lseek(p->seen_fd, 0, SEEK_END) >= 0
		       ? 0
		       : -errno;
}

// Appends the new ones; begins the file anew when it has twice as many as are kept.
static int write_seen(struct alert_progress *p)
{
	off_t size = lseek(p->seen_fd, 0, SEEK_END);

	if (size >= 2 * ALERT_SEEN_MAX * (off_t)sizeof(*p->seen)) {
		size_t kept = p->seen_len < ALERT_SEEN_MAX ? p->seen_len : ALERT_SEEN_MAX;
		if (ftruncate(p->seen_fd, 0) != 0 || lseek(p->seen_fd, 0, SEEK_SET) != 0)
			return -errno;
		p->seen_written = p->seen_len - kept;
	}
	if (p->seen_len - p->seen_written > ALERT_SEEN_MAX)
		p->seen_written = p->seen_len - ALERT_SEEN_MAX;
	for (; p->seen_written < p->seen_len; p->seen_written++)
		if (write(p->seen_fd, &p->seen[p->seen_written % ALERT_SEEN_MAX], sizeof(*p->seen)) !=
			sizeof(*p->seen)) {
			off_t whole =
				lseek(p->seen_fd, 0, SEEK_END) / (off_t)sizeof(*p->seen) * (off_t)sizeof(*p->seen);
			return ftruncate(p->seen_fd, whole) == 0 ? -ENOSPC : -errno;
		}
	return 0;
}

// position ──────────────────────────────────────────────────────────────────────────────────

static int read_position(struct alert_progress *p)
{
	char line[256];
	int fd = file_in(p, "position", O_RDONLY);
	FILE *file = fd >= 0 ? fdopen(fd, "r") : NULL;

	if (!file && fd >= 0)
		close(fd);
	if (!file)
		return errno == ENOENT ? 0 : -errno;
	while (fgets(line, sizeof(line), file))
		if (sscanf(line, "entry %43[0-9-]", p->entry) == 1)
			p->known = true;
		else
			alert_limits_read(&p->limits, line);
	fclose(file);
	return 0;
}

static int write_position(struct alert_progress *p)
{
	char from[4200], to[4200];
	int fd = file_in(p, "position.new", O_WRONLY | O_CREAT | O_TRUNC);
	FILE *file = fd >= 0 ? fdopen(fd, "w") : NULL;

	if (!file)
		return -errno;
	fprintf(file, "entry %s\n", p->entry);
	alert_limits_write(&p->limits, file);
	int result = fflush(file) == 0 && fdatasync(fd) == 0 ? 0 : -errno;
	if (fclose(file) != 0 && result == 0)
		result = -errno;
	snprintf(from, sizeof(from), "%s/position.new", p->folder);
	snprintf(to, sizeof(to), "%s/position", p->folder);
	return result ? result : rename(from, to) == 0 ? 0 : -errno;
}

int alert_progress_save(struct alert_progress *p)
{
	int result = write_seen(p);

	return result ? result : write_position(p);
}

int alert_progress_open(struct alert_progress *p, const char *folder, char *why, size_t why_size)
{
	*p = (struct alert_progress){.lock = -1, .seen_fd = -1};
	snprintf(p->folder, sizeof(p->folder), "%s", folder);
	if (mkdir(folder, 0700) != 0 && errno != EEXIST)
		return snprintf(why, why_size, "%s: cannot create: %s; set alert.dir", folder, strerror(errno)), -1;
	p->lock = file_in(p, "lock", O_RDWR | O_CREAT);
	if (p->lock < 0)
		return snprintf(why, why_size, "%s/lock: %s; set alert.dir", folder, strerror(errno)), -1;
	if (flock(p->lock, LOCK_EX | LOCK_NB) != 0)
		return snprintf(why, why_size, "%s: used by another collector; set alert.dir", folder), -1;
	int result = read_seen(p);
	if (result == 0)
		result = read_position(p);
	if (result != 0)
		return snprintf(why, why_size, "%s: cannot read: %s", folder, strerror(-result)), -1;
	return 0;
}

void alert_progress_close(struct alert_progress *p)
{
	if (p->lock >= 0)
		close(p->lock);
	if (p->seen_fd >= 0)
		close(p->seen_fd);
	free(p->seen);
	free(p->place);
	alert_limits_free(&p->limits);
	*p = (struct alert_progress){.lock = -1, .seen_fd = -1};
}
