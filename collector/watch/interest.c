// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/interest.h"

#include "collector/base/metrics.h"
#include "collector/schema/schema.h"
#include "collector/watch/case.h"
#include "dataplane/common/fnv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// A record of a tamper watch is passed on once in PASS_S.
enum { PASSED_LEN = 1 << 16, PASS_S = 3600 };

static const unsigned of_old = 1u << WATCH_NEWS_AGAIN | 1u << WATCH_NEWS_TAMPER, of_new = ~(1u << WATCH_NEWS_AGAIN);

struct interest_passed {
	uint32_t tag; // of the record's hash
	uint32_t last_s;
};

struct watch_interest {
	struct schema_interest hook;
	pthread_mutex_t lock; // the writer holds it while it marks a batch, the watcher for an exchange of pointers
	struct watch_matcher *matcher; // of all rules; the set is the watcher's
	struct watch_set *old_set;     // of rules about records that are not new; owned
	struct watch_matcher *old_matcher;
	struct interest_passed *passed;
};

// True if the record was not passed on within PASS_S before; and notes that it is now.
static bool is_due(struct watch_interest *i, const struct watch_record *r, uint32_t last_s)
{
	uint64_t hash = fnv64(FNV64_START, r->name, r->name_len);

	hash = fnv64(fnv64_mix(hash, 0), r->type, r->type_len);
	hash = fnv64(fnv64_mix(hash, 0), r->rdata, r->rdata_len);
	struct interest_passed *p = &i->passed[hash % PASSED_LEN];
	if (p->tag == (uint32_t)(hash >> 32) && last_s >= p->last_s && last_s - p->last_s < PASS_S)
		return false;
	*p = (struct interest_passed){.tag = (uint32_t)(hash >> 32), .last_s = last_s};
	return true;
}

static struct watch_record record_of(const struct schema_frame *f, const struct schema_record *record)
{
	const struct schema_owner *owner = &f->owners[record->owner];
	const char *member = f->text.bytes + record->member;

	return (struct watch_record){.name = f->text.bytes + owner->text,
		.name_len = owner->text_len,
		.type = member,
		.type_len = record->type_len,
		.rdata = member + record->type_len + 1,
		.rdata_len = record->member_len - record->type_len - 1};
}

static uint8_t interest_in(struct watch_interest *i, const struct watch_record *r, uint32_t last_s)
{
	const uint32_t *rules;
	unsigned news = 0;

	for (size_t n = watch_match(i->old_matcher, r, of_old, &rules); n > 0; n--)
		news |= watch_set_rule(i->old_set, rules[n - 1])->news;
	bool seen = news & 1u << WATCH_NEWS_TAMPER && watch_is_guarded(r) && is_due(i, r, last_s);
	return (uint8_t)((seen ? SCHEMA_INTEREST_SEEN : 0) |
			 (news & 1u << WATCH_NEWS_AGAIN ? SCHEMA_INTEREST_AGAIN : 0));
}

static void mark_old(void *arg, struct schema_frame *f)
{
	struct watch_interest *i = arg;

	pthread_mutex_lock(&i->lock);
	for (uint32_t n = 0; i->old_matcher && n < f->records_len; n++) {
		struct schema_record *record = &f->records[n];
		if (record->view.head.flags & RECORD_FLOOD)
			continue;
		const struct watch_record r = record_of(f, record);
		record->interest |= interest_in(i, &r, record->view.head.last_s);
	}
	pthread_mutex_unlock(&i->lock);
}

static void mark_new(void *arg, struct schema_frame *f)
{
	struct watch_interest *i = arg;
	const uint32_t *rules;
	uint64_t records = 0;

	pthread_mutex_lock(&i->lock);
	for (uint32_t n = 0; i->matcher && n < f->records_len; n++) {
		struct schema_record *record = &f->records[n];
		if (!record->fresh)
			continue;
		const struct watch_record r = record_of(f, record);
		records++;
		if (watch_match(i->matcher, &r, of_new, &rules) > 0)
			record->interest |= SCHEMA_INTEREST_NEW;
	}
	pthread_mutex_unlock(&i->lock);
	metrics_add(watch_records, records);
}

struct watch_interest *watch_interest_new(void)
{
	struct watch_interest *i = calloc(1, sizeof(*i));

	if (!i)
		return NULL;
	i->passed = calloc(PASSED_LEN, sizeof(*i->passed));
	if (!i->passed) {
		free(i);
		return NULL;
	}
	pthread_mutex_init(&i->lock, NULL);
	i->hook.arg = i;
	i->hook.mark_old = mark_old;
	i->hook.mark_new = mark_new;
	return i;
}

void watch_interest_free(struct watch_interest *i)
{
	if (!i)
		return;
	watch_interest_stop(i);
	pthread_mutex_destroy(&i->lock);
	free(i->passed);
	free(i);
}

const struct schema_interest *watch_interest_hook(const struct watch_interest *i)
{
	return &i->hook;
}

static unsigned shortest(const struct watch_set *set)
{
	unsigned again_s = UINT32_MAX;

	for (uint32_t r = 0; r < watch_set_rules(set); r++)
		if (watch_set_rule(set, r)->news & 1u << WATCH_NEWS_AGAIN && watch_set_rule(set, r)->again_s < again_s)
			again_s = watch_set_rule(set, r)->again_s;
	return again_s;
}

// NULL for no rules.
static void exchange(struct watch_interest *i, struct watch_matcher *matcher, struct watch_set *old_set,
	struct watch_matcher *old_matcher)
{
	pthread_mutex_lock(&i->lock);
	struct watch_set *set_before = i->old_set;
	struct watch_matcher *before = i->matcher, *old_before = i->old_matcher;
	i->matcher = matcher;
	i->old_set = old_set;
	i->old_matcher = old_matcher;
	atomic_store(&i->hook.of_new, matcher != NULL);
	atomic_store(&i->hook.of_old, old_matcher != NULL);
	if (old_set)
		atomic_store(&i->hook.again_s, shortest(old_set));
	pthread_mutex_unlock(&i->lock);
	watch_matcher_free(before);
	watch_matcher_free(old_before);
	watch_set_free(set_before);
}

void watch_interest_stop(struct watch_interest *i)
{
	exchange(i, NULL, NULL, NULL);
}

bool watch_interest_use(struct watch_interest *i, const struct watch_set *all, const struct context *context,
	const char *path, char *why, size_t why_size)
{
	struct watch_set *old_set = NULL;
	struct watch_matcher *matcher = NULL, *old_matcher = NULL;
	bool good = true;

	if (watch_set_news(all) & of_old && watch_set_read(&old_set, path, of_old, why, why_size) != 0)
		return false;
	if (old_set)
		good = (old_matcher = watch_matcher_new(old_set)) != NULL;
	if (good && watch_set_news(all) & of_new)
		good = (matcher = watch_matcher_new(all)) != NULL;
	if (!good) {
		snprintf(why, why_size, "out of memory for the rules");
		watch_matcher_free(old_matcher);
		watch_set_free(old_set);
		return false;
	}
	if (matcher)
		watch_matcher_know(matcher, context);
	if (old_matcher)
		watch_matcher_know(old_matcher, context);
	exchange(i, matcher, old_set, old_matcher);
	return true;
}
