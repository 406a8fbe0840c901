// SPDX-License-Identifier: BSD-3-Clause
#include "collector/base/keys.h"

#include "collector/base/atomic_file.h"
#include "dataplane/common/log.h"

#include <ctype.h>
#include <errno.h>
#include <nettle/sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <unistd.h>

enum { HASH_SIZE = 32, RANDOM_SIZE = 24 };

struct key {
	char name[KEYS_NAME_SIZE];
	uint8_t hash[HASH_SIZE];
	uint64_t limit; // requests in a period; 0: no bound
	int64_t period; // seconds
	uint64_t used;	// in the period that began at `begun`
	int64_t begun;
};

struct keys {
	char path[4096];
	struct key *key;
	size_t len;
	struct timespec changed; // of the file that was read
	off_t size;
	int64_t looked; // when the file was last looked at
};

static int fail(char *why, size_t why_size, const char *path, const char *what)
{
	snprintf(why, why_size, "%.300s: %s", path, what);
	return -1;
}

static bool is_name(const char *name)
{
	size_t len = strlen(name);

	for (size_t i = 0; i < len; i++)
		if (!isalnum((unsigned char)name[i]) && !strchr("._@-", name[i]))
			return false;
	return len > 0 && len < KEYS_NAME_SIZE;
}

// "1000/h"; empty: no limit. False if it is neither.
static bool parse_limits(const char *text, struct key *k)
{
	static const struct {
		const char *unit;
		int64_t seconds;
	} units[] = {{"s", 1}, {"min", 60}, {"h", 3600}, {"d", 86400}, {"day", 86400}, {"hour", 3600}};
	char *end;

	k->limit = 0;
	k->period = 0;
	if (!*text)
		return true;
	k->limit = strtoull(text, &end, 10);
	if (!isdigit((unsigned char)*text) || *end != '/' || k->limit == 0)
		return false;
	for (size_t i = 0; i < sizeof(units) / sizeof(*units); i++)
		if (strcmp(end + 1, units[i].unit) == 0)
			k->period = units[i].seconds;
	return k->period > 0;
}

static bool parse_hash(const char *text, uint8_t out[HASH_SIZE])
{
	for (int i = 0; i < HASH_SIZE; i++) {
		char octet[3] = {text[2 * i], text[2 * i] ? text[2 * i + 1] : '\0', '\0'};
		char *end;
		out[i] = (uint8_t)strtoul(octet, &end, 16);
		if (end != octet + 2)
			return false;
	}
	return text[2 * HASH_SIZE] == '\0';
}

// Splits a line in place. Returns false for a line that is not sound.
static bool parse_line(char *line, struct key *k)
{
	char *name = strsep(&line, ":"), *hash = strsep(&line, ":");

	*k = (struct key){.limit = 0};
	if (!hash || !is_name(name) || !parse_hash(hash, k->hash) || !parse_limits(line ? line : "", k))
		return false;
	strcpy(k->name, name);
	return true;
}

// All keys of a file. Returns how many, or -1; `*out` is the caller's.
static ssize_t read_file(const char *path, struct key **out, char *why, size_t why_size)
{
	char *line = NULL, text[64];
	size_t size = 0, n = 0;
	int number = 0, result = 0;
	FILE *file = fopen(path, "re");

	*out = file ? calloc(KEYS_MAX, sizeof(**out)) : NULL;
	if (!*out) {
		if (file)
			fclose(file);
		return fail(why, why_size, path, file ? "out of memory" : strerror(errno));
	}
	while (result == 0 && getline(&line, &size, file) >= 0) {
		number++;
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		snprintf(text, sizeof(text), "line %d: expected name:sha256:limits", number);
		if (n == KEYS_MAX || !parse_line(line, &(*out)[n]))
			result = fail(why, why_size, path,
				n == KEYS_MAX ? "found more than 10000 keys, expected at most that" : text);
		else
			n++;
	}
	free(line);
	fclose(file);
	if (result != 0) {
		free(*out);
		*out = NULL;
	}
	return result == 0 ? (ssize_t)n : -1;
}

struct keys *keys_open(const char *path, char *why, size_t why_size)
{
	struct keys *k = calloc(1, sizeof(*k));
	struct stat status = {0};

	if (!k || strlen(path) >= sizeof(k->path)) {
		fail(why, why_size, path, "out of memory");
		free(k);
		return NULL;
	}
	strcpy(k->path, path);
	if (stat(path, &status) == 0) {
		k->changed = status.st_mtim;
		k->size = status.st_size;
	}
	ssize_t len = read_file(path, &k->key, why, why_size);
	if (len < 0) {
		free(k);
		return NULL;
	}
	k->len = (size_t)len;
	return k;
}

void keys_close(struct keys *k)
{
	if (k)
		free(k->key);
	free(k);
}

size_t keys_len(const struct keys *k)
{
	return k->len;
}

void keys_sha256(const void *bytes, size_t size, uint8_t out[static HASH_SIZE])
{
	struct sha256_ctx context;

	sha256_init(&context);
	sha256_update(&context, size, bytes);
	sha256_digest(&context, HASH_SIZE, out);
}

static struct key *find(struct key *key, size_t len, const uint8_t hash[HASH_SIZE])
{
	struct key *found = NULL;

	for (size_t i = 0; i < len; i++) { // compares all keys, so that the time is constant
		uint8_t differs = 0;
		for (int b = 0; b < HASH_SIZE; b++)
			differs |= key[i].hash[b] ^ hash[b];
		found = differs == 0 ? &key[i] : found;
	}
	return found;
}

void keys_refresh(struct keys *k, int64_t now)
{
	struct stat status;
	struct key *fresh;
	char why[512];

	if (now == k->looked)
		return;
	k->looked = now;
	if (stat(k->path, &status) != 0 || (status.st_size == k->size && status.st_mtim.tv_sec == k->changed.tv_sec &&
						   status.st_mtim.tv_nsec == k->changed.tv_nsec))
		return;
	ssize_t len = read_file(k->path, &fresh, why, sizeof(why));
	k->changed = status.st_mtim;
	k->size = status.st_size;
	if (len < 0) {
		log_warning("http.keys: %s; the previous keys stay valid until the file is corrected", why);
		return;
	}
	for (ssize_t i = 0; i < len; i++) {
		const struct key *old = find(k->key, k->len, fresh[i].hash);
		if (old) {
			fresh[i].used = old->used;
			fresh[i].begun = old->begun;
		}
	}
	free(k->key);
	k->key = fresh;
	k->len = (size_t)len;
}

enum keys_verdict keys_check(struct keys *k, const char *text, bool count, int64_t now, struct keys_rate *rate)
{
	uint8_t hash[HASH_SIZE];

	*rate = (struct keys_rate){.limit = 0};
	keys_sha256(text, strlen(text), hash);
	struct key *key = find(k->key, k->len, hash);
	if (!key)
		return KEYS_UNKNOWN;
	strcpy(rate->name, key->name);
	if (key->limit == 0)
		return KEYS_GOOD;
	if (now >= key->begun + key->period || now < key->begun) {
		key->begun = now;
		key->used = 0;
	}
	bool over = key->used >= key->limit;
	if (count && !over)
		key->used++;
	rate->limit = key->limit;
	rate->remaining = key->limit > key->used ? key->limit - key->used : 0;
	rate->reset = key->begun + key->period;
	return over && count ? KEYS_OVER : KEYS_GOOD;
}

// --- the command's side

// Copies the lines of the old file, without those of `name` (NULL: all lines). Returns how many had that name.
static int copy_lines(struct atomic_file *w, const char *name, bool leave_out)
{
	size_t size = 0, len = strlen(name);
	char *line = NULL;
	int found = 0;

	while (getline(&line, &size, w->old) >= 0) {
		bool is_it = strncmp(line, name, len) == 0 && line[len] == ':';
		found += is_it;
		if (is_it && leave_out)
			continue;
		fputs(line, w->fresh);
		if (line[0] && line[strlen(line) - 1] != '\n') // the last line of an editor
			fputc('\n', w->fresh);
	}
	free(line);
	return found;
}

int keys_add(const char *path, const char *name, const char *limits, char key[static KEYS_TEXT_SIZE], char *why,
	size_t why_size)
{
	uint8_t random[RANDOM_SIZE], hash[HASH_SIZE];
	struct key probe;
	struct atomic_file file;

	if (!is_name(name))
		return fail(why, why_size, name, "name: expected 1 to 64 letters, digits and . _ @ -");
	if (strlen(limits) > 32 || !parse_limits(limits, &probe))
		return fail(why, why_size, limits, "expected N/s, N/min, N/h or N/d");
	if (getrandom(random, sizeof(random), 0) != (ssize_t)sizeof(random))
		return fail(why, why_size, path, "cannot get random numbers");
	for (size_t i = 0; i < sizeof(random); i++)
		sprintf(key + 2 * i, "%02x", random[i]);
	keys_sha256(key, strlen(key), hash);
	if (atomic_file_begin(&file, path, why, why_size) != 0)
		return -1;
	if (copy_lines(&file, name, false) > 0) {
		atomic_file_cancel(&file);
		return fail(why, why_size, name, "this key exists; remove it first");
	}
	fprintf(file.fresh, "%s:", name);
	for (int i = 0; i < HASH_SIZE; i++)
		fprintf(file.fresh, "%02x", hash[i]);
	fprintf(file.fresh, ":%s\n", limits);
	return atomic_file_commit(&file, why, why_size);
}

int keys_remove(const char *path, const char *name, char *why, size_t why_size)
{
	struct atomic_file file;

	if (!is_name(name) || access(path, F_OK) != 0)
		return fail(why, why_size, name, "no such key");
	if (atomic_file_begin(&file, path, why, why_size) != 0)
		return -1;
	if (copy_lines(&file, name, true) > 0)
		return atomic_file_commit(&file, why, why_size);
	atomic_file_cancel(&file);
	return fail(why, why_size, name, "no such key");
}

int keys_print(const char *path, FILE *out, char *why, size_t why_size)
{
	struct key *key;
	ssize_t len = read_file(path, &key, why, why_size);

	if (len < 0)
		return -1;
	for (ssize_t i = 0; i < len; i++)
		fprintf(out, key[i].limit ? "%-24s %llu requests in %lld s\n" : "%-24s no limit\n", key[i].name,
			(unsigned long long)key[i].limit, (long long)key[i].period);
	free(key);
	return 0;
}
