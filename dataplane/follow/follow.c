// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/follow/follow.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/common/log.h"

enum step {
	IDLE,	  // waits for a batch
	READING,  // the replay has it
	FLUSHING, // the workers hand over what they have of it
	SYNCING,  // its frames and the journal go to disk
	CLOSING,  // the program ends: the workers hand over what waited between packets
	SENDING,  // the collector gets its frames
	APPLYING  // the collector has them; the journal gets to know
};

struct follower {
	struct follow_files_options options;
	struct follow_journal *journal;
	struct follow_files *files;
	struct follow_store store;
	struct outbox *outbox;
	struct replay *replay;
	struct flush *const *workers;
	unsigned workers_len;
	enum step step;
	bool resumes;	// the batch is one of an earlier start
	bool closes;	// it has no captures: see CLOSING
	uint64_t order; // the last one given to the workers
	int logged;	// -errno of the journal that was logged; 0: none
};

struct follower *follow_open(const struct follow_files_options *options)
{
	struct follower *f = calloc(1, sizeof(*f));
	char why[4600] = "no memory";

	if (f) {
		f->options = *options;
		if (mkdir(options->state, 0700) != 0 && errno != EEXIST)
			snprintf(why, sizeof(why), "%s: %s", options->state, strerror(errno));
		else
			f->journal = follow_journal_open(options->state, why, sizeof(why));
	}
	if (f && f->journal && follow_store_open(&f->store, options->state, why, sizeof(why)) == 0) {
		snprintf(why, sizeof(why), "no memory");
		f->files = follow_files_new(&f->options, f->journal);
		if (f->files)
			return f;
	}
	log_error("follow.state: %s", why);
	follow_close(f);
	return NULL;
}

struct flush *follow_flush(struct follower *f)
{
	return &f->store.flush;
}

int follow_begin(struct follower *f, struct outbox *outbox, struct replay *replay, struct flush *const *workers,
	unsigned workers_len)
{
	struct outbox_stream stream;

	f->outbox = outbox;
	f->replay = replay;
	f->workers = workers;
	f->workers_len = workers_len;
	if (follow_journal_is_open(f->journal)) {
		if (!follow_store_resume(&f->store, &stream)) {
			log_error(
				"follow.state: %s/frames does not belong to its journal; restore both, or delete the folder",
				f->options.state);
			return -1;
		}
		log_info("follow: sends the frames of the last batch again");
		outbox_set_stream(outbox, &stream);
		f->resumes = true;
		f->step = SENDING;
	}
	if (follow_files_start(f->files) == 0)
		return 0;
	log_error("follow: no memory for a thread");
	return -1;
}

// Logs an error of the journal once. True if there is none.
static bool is_well(struct follower *f, int result)
{
	if (result != 0 && result != f->logged)
		log_error("follow.state: cannot write the journal: %s; no packet is read until it can",
			strerror(-result));
	f->logged = result;
	return result == 0;
}

static void take_batch(struct follower *f)
{
	const struct follow_batch *batch = follow_files_batch(f->files);
	struct outbox_stream stream;

	if (!batch)
		return;
	outbox_stream(f->outbox, &stream);
	if (!is_well(f, follow_store_begin(&f->store, &stream)))
		return;
	replay_give(f->replay, batch->captures, batch->len);
	f->step = READING;
}

static bool commit(struct follower *f)
{
	static const struct follow_batch none;
	const struct follow_batch *batch = f->closes ? &none : follow_files_batch(f->files);

	return follow_store_sync(&f->store) && is_well(f, follow_journal_commit(f->journal, batch->files,
								  (const char *const *)batch->paths, batch->len));
}

static void end_batch(struct follower *f)
{
	if (!is_well(f, follow_journal_apply(f->journal)))
		return;
	if (f->resumes)
		outbox_set_stream(f->outbox, NULL);
	else if (!f->closes)
		follow_files_done(f->files);
	f->resumes = false;
	f->step = IDLE;
}

void follow_turn(struct follower *f, const struct follow_orders *orders)
{
	if (f->step == READING || f->step == FLUSHING)
		follow_store_take(&f->store, f->workers, f->workers_len);
	switch (f->step) {
	case IDLE:
		follow_files_go(f->files);
		take_batch(f);
		break;
	case READING:
		if (!replay_is_done(f->replay))
			break;
		atomic_store_explicit(orders->order, ++f->order, memory_order_release);
		f->step = FLUSHING;
		break;
	case FLUSHING:
		if (orders->flushed != f->order)
			break;
		follow_store_take(&f->store, f->workers, f->workers_len); // what came since
		f->step = SYNCING;
		break;
	case SYNCING:
		if (commit(f))
			f->step = SENDING;
		break;
	case SENDING:
		if (follow_store_feed(&f->store))
			f->step = APPLYING;
		break;
	case APPLYING:
		end_batch(f);
		break;
	case CLOSING:
		break;
	}
}

static void begin_closing(struct follower *f)
{
	struct outbox_stream stream;

	outbox_stream(f->outbox, &stream);
	if (!is_well(f, follow_store_begin(&f->store, &stream)))
		return;
	f->closes = true;
	f->step = CLOSING;
}

bool follow_finish(struct follower *f, bool workers_done)
{
	switch (f->step) {
	case IDLE:
		if (f->closes)
			return true;
		begin_closing(f);
		break;
	case READING:
	case FLUSHING: // dropped, and read again at the next start
		follow_store_take(&f->store, f->workers, f->workers_len);
		return workers_done;
	case CLOSING:
		follow_store_take(&f->store, f->workers, f->workers_len);
		if (workers_done && follow_store_is_empty(&f->store))
			return true;
		if (workers_done && commit(f))
			f->step = SENDING;
		break;
	case SYNCING:
		if (commit(f))
			f->step = SENDING;
		break;
	case SENDING:
		if (follow_store_feed(&f->store))
			f->step = APPLYING;
		break;
	case APPLYING:
		end_batch(f);
		break;
	}
	return false;
}

bool follow_is_on_disk(const struct follower *f)
{
	return f->step == SENDING || f->step == APPLYING;
}

uint64_t follow_sightings(const struct follower *f)
{
	return f->store.sightings;
}

struct follow_levels follow_levels(const struct follower *f)
{
	return follow_files_levels(f->files);
}

void follow_close(struct follower *f)
{
	if (!f)
		return;
	follow_files_stop(f->files);
	follow_journal_close(f->journal);
	free(f);
}
