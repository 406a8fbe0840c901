// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/interest.h"

#include "collector/schema/schema.h"
#include "collector/watch/case.h"
#include "dataplane/common/fnv.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>

// A record of a tamper watch is passed on once in PASS_S.
enum { PASSED_LEN = 1 << 16, PASS_S = 3600 };

static const unsigned kinds = 1u << WATCH_NEWS_AGAIN | 1u << WATCH_NEWS_TAMPER;

struct interest_passed {
	uint32_t tag; // of the record's hash
	uint32_t last_s;
};

struct watch_interest {
	struct schema_interest hook;
	pthread_mutex_t lock; // the writer holds it while it marks a batch, the watcher for an exchange of pointers
	struct watch_set *set;
	struct watch_matcher *matcher;
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

static uint8_t interest_in(struct watch_interest *i, const struct watch_record *r, uint32_t last_s)
{
	const uint32_t *rules;
	unsigned news = 0;

	for (size_t n = watch_match(i->matcher, r, kinds, &rules); n > 0; n--)
		news |= watch_set_rule(i->set, rules[n - 1])->news;
	bool seen = news & 1u << WATCH_NEWS_TAMPER && watch_is_guarded(r) && is_due(i, r, last_s);
	return (uint8_t)((seen ? SCHEMA_INTEREST_SEEN : 0) |
			 (news & 1u << WATCH_NEWS_AGAIN ? SCHEMA_INTEREST_AGAIN : 0));
}

static void mark(void *arg, struct schema_frame *f)
{
	struct watch_interest *i = arg;

	pthread_mutex_lock(&i->lock);
	for (uint32_t n = 0; n < f->records_len; n++) {
		struct schema_record *record = &f->records[n];
		if (record->view.head.flags & RECORD_FLOOD)
			continue;
		const struct schema_owner *owner = &f->owners[record->owner];
		const char *member = f->text.bytes + record->member;
		const struct watch_record r = {.name = f->text.bytes + owner->text,
			.name_len = owner->text_len,
			.type = member,
			.type_len = record->type_len,
			.rdata = member + record->type_len + 1,
			.rdata_len = record->member_len - record->type_len - 1};
		record->interest = interest_in(i, &r, record->view.head.last_s);
	}
	pthread_mutex_unlock(&i->lock);
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
	i->hook.mark = mark;
	return i;
}

void watch_interest_free(struct watch_interest *i)
{
	if (!i)
		return;
	watch_matcher_free(i->matcher);
	watch_set_free(i->set);
	pthread_mutex_destroy(&i->lock);
	free(i->passed);
	free(i);
}

const struct schema_interest *watch_interest_hook(const struct watch_interest *i)
{
	return &i->hook;
}

static void exchange(struct watch_interest *i, struct watch_set *set, struct watch_matcher *matcher, bool on)
{
	unsigned again_s = UINT32_MAX;

	for (uint32_t r = 0; on && r < watch_set_rules(set); r++)
		if (watch_set_rule(set, r)->news & 1u << WATCH_NEWS_AGAIN && watch_set_rule(set, r)->again_s < again_s)
			again_s = watch_set_rule(set, r)->again_s;
	pthread_mutex_lock(&i->lock);
	struct watch_set *old = i->set;
	struct watch_matcher *old_matcher = i->matcher;
	i->set = set;
	i->matcher = matcher;
	atomic_store(&i->hook.again_s, again_s);
	atomic_store(&i->hook.on, on);
	pthread_mutex_unlock(&i->lock);
	watch_matcher_free(old_matcher);
	watch_set_free(old);
}

bool watch_interest_use(struct watch_interest *i, const struct watch_set *all, const char *path, char *why,
	size_t why_size)
{
	struct watch_set *set = NULL;
	struct watch_matcher *matcher = NULL;
	bool on = watch_set_news(all) & kinds;

	if (!on && !atomic_load(&i->hook.on))
		return true;
	if (watch_set_read(&set, path, kinds, why, why_size) != 0)
		return false;
	matcher = watch_matcher_new(set);
	if (!matcher) {
		watch_set_free(set);
		snprintf(why, why_size, "out of memory for the rules");
		return false;
	}
	exchange(i, set, matcher, on);
	return true;
}
