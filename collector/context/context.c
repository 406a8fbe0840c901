// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/context.h"

#include "collector/context/label_table.h"
#include "collector/context/mmdb.h"
#include "collector/context/popular.h"

#include <arpa/inet.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>

enum { ADDRESS_TEXT_MAX = 45 };

struct context {
	pthread_rwlock_t *lock;	    // of `files` and `entries`: lookups read, a reload writes
	void *files[CONTEXT_FILES]; // what was read; NULL: not set
	uint64_t entries[CONTEXT_FILES];
	char *paths[CONTEXT_FILES]; // empty: not set
	const struct zone_list *zones;
};

// labels.txt, by scripts/embed-text
extern const char context_builtin[];
extern const size_t context_builtin_size;
static const char builtin_word[] = "builtin";

// reading ────────────────────────────────────────────────────────────────────────────────────

typedef void *load_function(const struct context *c, const char *path, uint64_t *entries, char *why, size_t why_size);

static void *load_mmdb(const struct context *c, const char *path, uint64_t *entries, char *why, size_t why_size)
{
	struct context_mmdb *m = context_mmdb_open(path, why, why_size);

	*entries = m ? context_mmdb_records(m) : 0;
	return m;
}

static void free_mmdb(void *file)
{
	context_mmdb_close(file);
}

static void free_labels(void *file)
{
	if (file)
		context_labels_free(file);
	free(file);
}

static void *load_networks(bool labels, const char *path, uint64_t *entries, char *why, size_t why_size)
{
	struct context_labels *l = calloc(1, sizeof(*l));
	struct context_text text = {0};
	bool builtin = labels && strcmp(path, builtin_word) == 0;
	int result = !l	       ? -1
		     : builtin ? context_text_of(&text, "labels.txt", context_builtin, context_builtin_size)
			       : context_text_open(&text, path, why, why_size);

	if (result == 0)
		result = (labels ? context_labels_read : context_prefixes_read)(l, &text, why, why_size);
	context_text_free(&text);
	*entries = result == 0 ? l->len : 0;
	if (result == 0)
		return l;
	free_labels(l);
	return NULL;
}

static void *load_labels(const struct context *c, const char *path, uint64_t *entries, char *why, size_t why_size)
{
	return load_networks(true, path, entries, why, why_size);
}

static void *load_prefixes(const struct context *c, const char *path, uint64_t *entries, char *why, size_t why_size)
{
	return load_networks(false, path, entries, why, why_size);
}

static void free_popular(void *file)
{
	if (file)
		context_name_table_free(file);
	free(file);
}

static void *load_popular(const struct context *c, const char *path, uint64_t *entries, char *why, size_t why_size)
{
	struct context_name_table *ranks = calloc(1, sizeof(*ranks));
	struct context_text text = {0};
	int result = ranks ? context_text_open(&text, path, why, why_size) : -1;

	if (result == 0)
		result = context_popular_read(ranks, &text, c->zones, why, why_size);
	context_text_free(&text);
	*entries = result == 0 ? ranks->len : 0;
	if (result == 0)
		return ranks;
	free_popular(ranks);
	return NULL;
}

static const struct kind {
	const char *setting;
	load_function *load; // NULL with `why`
	void (*free)(void *file);
} kinds[CONTEXT_FILES] = {
	[CONTEXT_ASN] = {"context.asn", load_mmdb, free_mmdb},
	[CONTEXT_COUNTRY] = {"context.country", load_mmdb, free_mmdb},
	[CONTEXT_LABELS] = {"context.labels", load_labels, free_labels},
	[CONTEXT_POPULAR] = {"context.popular", load_popular, free_popular},
	[CONTEXT_PREFIXES] = {"context.prefixes", load_prefixes, free_labels},
};

// Replaces a file by its present content. 0, or -1 with `why` and nothing changed.
static int load(struct context *c, enum context_file i, char *why, size_t why_size)
{
	char reason[1100] = "out of memory";
	uint64_t entries;
	void *fresh = kinds[i].load(c, c->paths[i], &entries, reason, sizeof(reason));

	if (!fresh) {
		snprintf(why, why_size, "%s: %s", kinds[i].setting, reason);
		return -1;
	}
	pthread_rwlock_wrlock(c->lock);
	void *old = c->files[i];
	c->files[i] = fresh;
	c->entries[i] = entries;
	pthread_rwlock_unlock(c->lock);
	kinds[i].free(old);
	return 0;
}

static struct context *make(const struct settings *s, const struct zone_list *zones)
{
	const char *const paths[CONTEXT_FILES] = {[CONTEXT_ASN] = s->context_asn,
		[CONTEXT_COUNTRY] = s->context_country,
		[CONTEXT_LABELS] = s->context_labels,
		[CONTEXT_POPULAR] = s->context_popular,
		[CONTEXT_PREFIXES] = s->context_prefixes};
	struct context *c = calloc(1, sizeof(*c));
	pthread_rwlockattr_t writers_first;
	bool good = true;

	if (c)
		c->lock = malloc(sizeof(*c->lock));
	if (!c || !c->lock) {
		free(c);
		return NULL;
	}
	c->zones = zones;
	pthread_rwlockattr_init(&writers_first);
	pthread_rwlockattr_setkind_np(&writers_first, PTHREAD_RWLOCK_PREFER_WRITER_NONRECURSIVE_NP);
	pthread_rwlock_init(c->lock, &writers_first);
	pthread_rwlockattr_destroy(&writers_first);
	for (int i = 0; i < CONTEXT_FILES; i++)
		good = (c->paths[i] = strdup(paths[i])) != NULL && good;
	if (good)
		return c;
	context_close(c);
	return NULL;
}

int context_open(struct context **out, const struct settings *settings, const struct zone_list *zones, char *why,
	size_t why_size)
{
	struct context *c = make(settings, zones);
	unsigned open = 0;

	*out = NULL;
	if (!c) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	for (int i = 0; i < CONTEXT_FILES; i++) {
		if (!*c->paths[i])
			continue;
		if (load(c, (enum context_file)i, why, why_size) != 0) {
			context_close(c);
			return -1;
		}
		open++;
	}
	if (open == 0)
		context_close(c);
	else
		*out = c;
	return 0;
}

void context_close(struct context *c)
{
	if (!c)
		return;
	for (int i = 0; i < CONTEXT_FILES; i++) {
		kinds[i].free(c->files[i]);
		free(c->paths[i]);
	}
	pthread_rwlock_destroy(c->lock);
	free(c->lock);
	free(c);
}

static bool is_path(const struct context *c, int i)
{
	return c->files[i] && strcmp(c->paths[i], builtin_word) != 0;
}

unsigned context_reload(struct context *c)
{
	unsigned failed = 0;
	char why[1200];

	for (int i = 0; c && i < CONTEXT_FILES; i++) {
		if (!is_path(c, i) || load(c, (enum context_file)i, why, sizeof(why)) == 0)
			continue;
		log_error("%s; its old content stays in use", why);
		failed++;
	}
	return failed;
}

bool context_has_files(const struct context *c)
{
	bool any = false;

	for (int i = 0; c && i < CONTEXT_FILES; i++)
		any = any || is_path(c, i);
	return any;
}

// lookups ────────────────────────────────────────────────────────────────────────────────────

static void lock(const struct context *c)
{
	pthread_rwlock_rdlock(c->lock);
}

static void unlock(const struct context *c)
{
	pthread_rwlock_unlock(c->lock);
}

static void put_label(const struct context_labels *l, const struct context_entry *e, enum context_kind *kind,
	char label[static CONTEXT_LABEL_SIZE])
{
	if (*kind == CONTEXT_NONE)
		*kind = (enum context_kind)e->kind;
	if (!*label)
		strcpy(label, l->texts + e->label); // cut to CONTEXT_LABEL_SIZE when it was read
}

static void find_prefix(const struct context_labels *l, const uint8_t address[static 16], struct context_address *out)
{
	const struct context_entry *e = context_labels_network(l, address);

	if (!e)
		return;
	out->asn = e->asn;
	memcpy(out->country, e->country, sizeof(e->country));
	put_label(l, e, &out->kind, out->label);
}

// A network comes before an AS.
static void find_labels(const struct context_labels *l, const uint8_t address[static 16], struct context_address *out)
{
	const struct context_entry *e = context_labels_network(l, address);

	if (!e)
		e = context_labels_as(l, out->asn);
	if (e && out->kind == CONTEXT_NONE && !out->label[0])
		put_label(l, e, &out->kind, out->label);
}

static bool to_16(const uint8_t *address, size_t size, uint8_t out[static 16])
{
	if (size == 16)
		memcpy(out, address, 16);
	if (size == 4) {
		memset(out, 0, 10);
		out[10] = out[11] = 0xff;
		memcpy(out + 12, address, 4);
	}
	return size == 4 || size == 16;
}

bool context_of_address(const struct context *c, const uint8_t *address, size_t size, struct context_address *out)
{
	uint8_t wide[16];

	out->asn = 0;
	out->kind = CONTEXT_NONE;
	out->country[0] = out->country[2] = out->as_name[0] = out->label[0] = '\0';
	if (!c || !to_16(address, size, wide))
		return false;
	lock(c);
	if (c->files[CONTEXT_PREFIXES])
		find_prefix(c->files[CONTEXT_PREFIXES], wide, out);
	if (c->files[CONTEXT_ASN])
		context_mmdb_find(c->files[CONTEXT_ASN], wide, out);
	if (c->files[CONTEXT_COUNTRY])
		context_mmdb_find(c->files[CONTEXT_COUNTRY], wide, out);
	if (c->files[CONTEXT_LABELS])
		find_labels(c->files[CONTEXT_LABELS], wide, out);
	unlock(c);
	return out->asn != 0 || out->kind != CONTEXT_NONE || out->country[0] || out->label[0];
}

bool context_of_address_text(const struct context *c, const char *text, size_t len, struct context_address *out)
{
	char plain[ADDRESS_TEXT_MAX + 1];
	uint8_t address[16];
	size_t size = 0;

	if (c && len <= ADDRESS_TEXT_MAX) {
		memcpy(plain, text, len);
		plain[len] = '\0';
		size = inet_pton(AF_INET, plain, address) == 1 ? 4 : inet_pton(AF_INET6, plain, address) == 1 ? 16 : 0;
	}
	return context_of_address(c, address, size, out);
}

uint32_t context_rank(const struct context *c, const char *registered, size_t len)
{
	uint32_t rank = 0;

	if (!c || !c->files[CONTEXT_POPULAR]) // set once
		return 0;
	lock(c);
	rank = context_name_table_find(c->files[CONTEXT_POPULAR], registered, len);
	unlock(c);
	return rank;
}

bool context_of_name(const struct context *c, const char *name, size_t len, struct context_name *out)
{
	out->rank = 0;
	out->kind = CONTEXT_NONE;
	out->label[0] = '\0';
	if (!c)
		return false;
	lock(c);
	if (c->files[CONTEXT_POPULAR])
		out->rank = context_popular_find(c->files[CONTEXT_POPULAR], c->zones, name, len);
	const struct context_labels *labels = c->files[CONTEXT_LABELS];
	const struct context_entry *e = labels ? context_labels_zone(labels, name, len) : NULL;
	if (e)
		put_label(labels, e, &out->kind, out->label);
	unlock(c);
	return out->rank > 0 || e;
}

uint64_t context_entries(const struct context *c, enum context_file file)
{
	return c ? c->entries[file] : 0;
}

bool context_has_as_names(const struct context *c)
{
	const struct context_mmdb *country = c ? c->files[CONTEXT_COUNTRY] : NULL;

	return c && (c->files[CONTEXT_ASN] || (country && context_mmdb_has_asn(country)));
}

bool context_has_asn(const struct context *c)
{
	return context_has_as_names(c) || (c && c->files[CONTEXT_PREFIXES]);
}

bool context_has_country(const struct context *c)
{
	const struct context_mmdb *asn = c ? c->files[CONTEXT_ASN] : NULL;

	return c && (c->files[CONTEXT_COUNTRY] || c->files[CONTEXT_PREFIXES] || (asn && context_mmdb_has_country(asn)));
}

bool context_has_labels(const struct context *c)
{
	return c && (c->files[CONTEXT_LABELS] || c->files[CONTEXT_PREFIXES]);
}

bool context_has_popular(const struct context *c)
{
	return c && c->files[CONTEXT_POPULAR];
}
