// SPDX-License-Identifier: BSD-3-Clause
#include "collector/block/publish.h"

#include "collector/block/publish_state.h"

#include "collector/base/round.h"
#include "collector/base/scheduling.h"
#include "collector/base/timed_wait.h"
#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

#include <nettle/sha2.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

enum { IDLE_MS = 3600000, RETRY_MS = 10000 };

// pages ──────────────────────────────────────────────────────────────────────────────────────

void block_publish_drop(struct block_page *page)
{
	if (!page || __atomic_sub_fetch(&page->users, 1, __ATOMIC_ACQ_REL) > 0)
		return;
	redis_buffer_free(&page->body);
	free(page);
}

static void drop_pages(struct published *l)
{
	for (size_t i = 0; i < l->pages_len; i++)
		block_publish_drop(l->page[i]);
	l->pages_len = 0;
}

static void free_lists(struct block_publish *p)
{
	for (size_t i = 0; i < p->len; i++)
		drop_pages(&p->at[i]);
	free(p->at);
	p->at = NULL;
	p->len = 0;
	block_conf_free(&p->conf);
}

// Takes the body of the document over. NULL without memory.
static struct block_page *page_of(struct block_document *d, enum block_format_id format, int64_t now)
{
	struct block_page *page = calloc(1, sizeof(*page));
	uint8_t hash[SHA256_DIGEST_SIZE];
	struct sha256_ctx context;

	if (!page)
		return NULL;
	sha256_init(&context);
	if (d->body.size > 0)
		sha256_update(&context, d->body.size, (const uint8_t *)d->body.bytes);
	sha256_digest(&context, sizeof(hash), hash);
	page->users = 1;
	page->format = format;
	page->type = d->type;
	page->modified = now;
	snprintf(page->name, sizeof(page->name), "%s", d->name);
	int n = snprintf(page->etag, sizeof(page->etag), "W/\"");
	for (int i = 0; i < 12; i++)
		n += snprintf(page->etag + n, sizeof(page->etag) - (size_t)n, "%02x", hash[i]);
	snprintf(page->etag + n, sizeof(page->etag) - (size_t)n, "\"");
	page->body = d->body;
	d->body = (struct redis_buffer){0};
	return page;
}

// The page that is shown already, if it is the same: its time of change stays.
static struct block_page *or_same(const struct published *l, struct block_page *page)
{
	for (size_t i = 0; i < l->pages_len; i++) {
		struct block_page *old = l->page[i];
		if (old->format != page->format || strcmp(old->name, page->name) != 0 ||
			strcmp(old->etag, page->etag) != 0)
			continue;
		__atomic_add_fetch(&old->users, 1, __ATOMIC_RELAXED);
		block_publish_drop(page);
		return old;
	}
	return page;
}

// making ─────────────────────────────────────────────────────────────────────────────────────

static bool is_stopped(void *arg)
{
	struct block_publish *p = arg;

	return __atomic_load_n(&p->stopping, __ATOMIC_RELAXED) || __atomic_load_n(&p->reloads, __ATOMIC_RELAXED);
}

// Fills `fresh` with the pages of all formats. 0 or -1.
static int make_pages(struct published *fresh, const struct published *old, struct block_set *set,
	const struct block_serial *serial, int64_t now)
{
	const struct block_view view = {.list = old->list,
		.set = set,
		.serial = serial->serial,
		.changed = serial->changed};
	struct block_output output;

	for (int id = 0; id < BLOCK_FORMATS; id++) {
		if (!(old->list->formats & 1u << id))
			continue;
		if (block_format_make((enum block_format_id)id, &view, &output) != 0)
			return -1;
		for (size_t i = 0; i < output.len; i++) {
			struct block_page *page = page_of(&output.at[i], (enum block_format_id)id, now);
			if (!page) {
				block_output_free(&output);
				return -1;
			}
			fresh->page[fresh->pages_len++] = or_same(old, page);
		}
		block_output_free(&output);
	}
	return 0;
}

static int make_one(struct block_publish *p, struct published *l, char *why, size_t why_size)
{
	const struct block_make make = {.db = &p->db,
		.zones = p->zones,
		.context = p->context,
		.now = time(NULL),
		.stop = is_stopped,
		.stop_arg = p};
	struct published fresh = {.list = l->list};
	struct block_serial serial;
	struct block_set set;

	int result = block_build_set(&set, &make, l->list, why, why_size);
	if (result == 0)
		result = block_build_serial(&serial, &make, l->list, &set, true, why, why_size);
	size_t removed = set.removed_len; // without what single formats leave out
	if (result == 0 && make_pages(&fresh, l, &set, &serial, make.now) != 0)
		result = (snprintf(why, why_size, "out of memory"), -1);
	if (result == 0) {
		pthread_mutex_lock(&p->lock);
		struct published old = *l;
		memcpy(l->page, fresh.page, sizeof(l->page));
		l->pages_len = fresh.pages_len;
		l->entries = set.len;
		l->removed = removed;
		l->serial = serial.serial;
		l->changed = serial.changed;
		pthread_mutex_unlock(&p->lock);
		fresh = old;
	}
	drop_pages(&fresh);
	block_set_free(&set);
	return result;
}

static void make_due(struct block_publish *p, struct published *l)
{
	char why[sizeof(l->why)] = "";
	int result = make_one(p, l, why, sizeof(why));

	if (result != 0 && is_stopped(p))
		return;
	if (result != 0 && strcmp(why, l->why) != 0)
		log_warning("block list %s: %s; %s", l->list->name, why,
			l->pages_len > 0 ? "the previous list is still served" : "it is not served yet");
	else if (result == 0 && *l->why)
		log_info("block list %s: made again", l->list->name);
	pthread_mutex_lock(&p->lock);
	snprintf(l->why, sizeof(l->why), "%s", why);
	pthread_mutex_unlock(&p->lock);
	uint64_t pause = (uint64_t)(l->list->refresh_s * 1000);
	l->next_ms = monotonic_ms() + (int64_t)(result == 0 || pause < RETRY_MS ? pause : RETRY_MS);
}

// the thread ─────────────────────────────────────────────────────────────────────────────────

// Under the lock: what block_publish_reload left.
static void take_reload(struct block_publish *p)
{
	struct published *fresh = calloc(p->next.len + 1, sizeof(*fresh));
	size_t len = fresh ? p->next.len : 0;

	for (size_t i = 0; i < len; i++) {
		for (size_t k = 0; k < p->len; k++) { // what is shown stays until it is made anew
			if (strcmp(p->at[k].list->name, p->next.at[i].name) != 0)
				continue;
			fresh[i] = p->at[k];
			p->at[k].pages_len = 0;
		}
		fresh[i].list = &p->next.at[i];
		fresh[i].next_ms = 0;
	}
	free_lists(p);
	p->conf = p->next;
	p->next = (struct block_conf){.len = 0};
	p->at = fresh;
	p->len = len;
	query_db_free(&p->db);
	query_db_init(&p->db, &p->redis, p->zones, p->suffix_file);
	__atomic_store_n(&p->reloads, false, __ATOMIC_RELAXED);
}

static void *run(void *arg)
{
	struct block_publish *p = arg;

	scheduling_background();
	pthread_mutex_lock(&p->lock);
	while (!p->stopping) {
		if (p->reloads)
			take_reload(p);
		struct published *due = NULL;
		int64_t now = monotonic_ms(), next = now + IDLE_MS;
		for (size_t i = 0; i < p->len; i++) {
			if (p->at[i].next_ms <= now && !due)
				due = &p->at[i];
			next = p->at[i].next_ms < next ? p->at[i].next_ms : next;
		}
		if (due) {
			pthread_mutex_unlock(&p->lock);
			make_due(p, due);
			pthread_mutex_lock(&p->lock);
			continue;
		}
		const struct timespec until = timed_wait_until((uint64_t)(next - now));
		pthread_cond_timedwait(&p->wake, &p->lock, &until);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct block_publish *block_publish_start(const char *path, const struct redis_settings *redis,
	const struct zone_list *zones, const char *suffix_file, const struct context *context, char *why,
	size_t why_size)
{
	struct block_publish *p = calloc(1, sizeof(*p));

	if (!p)
		return NULL;
	if (block_conf_read(&p->next, path, why, why_size) != 0) {
		free(p);
		return NULL;
	}
	p->redis = *redis;
	p->zones = zones;
	p->context = context;
	p->suffix_file = suffix_file;
	p->reloads = true;
	query_db_init(&p->db, &p->redis, zones, suffix_file);
	pthread_mutex_init(&p->lock, NULL);
	timed_wait_init(&p->wake);
	p->started = pthread_create(&p->thread, NULL, run, p) == 0;
	if (p->started)
		return p;
	snprintf(why, why_size, "cannot start a thread");
	block_publish_stop(p);
	return NULL;
}

void block_publish_reload(struct block_publish *p, const char *path, const struct redis_settings *redis)
{
	struct block_conf fresh;
	char why[1024];

	if (!p)
		return;
	if (block_conf_read(&fresh, path, why, sizeof(why)) != 0) {
		log_error("%s; the block lists stay as they are", why);
		round_join();
		round_end(why);
		return;
	}
	pthread_mutex_lock(&p->lock);
	block_conf_free(&p->next);
	p->next = fresh;
	p->redis = *redis;
	__atomic_store_n(&p->reloads, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
}

void block_publish_stop(struct block_publish *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	__atomic_store_n(&p->stopping, true, __ATOMIC_RELAXED);
	pthread_cond_signal(&p->wake);
	pthread_mutex_unlock(&p->lock);
	if (p->started)
		pthread_join(p->thread, NULL);
	free_lists(p);
	block_conf_free(&p->next);
	query_db_free(&p->db);
	pthread_cond_destroy(&p->wake);
	pthread_mutex_destroy(&p->lock);
	free(p);
}
