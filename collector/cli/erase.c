// SPDX-License-Identifier: BSD-3-Clause
// erase and expire: remove records from all keys that contain them.
#include "collector/cli/lookback.h"

#include "collector/transfer/write.h"
#include "collector/schema/keys.h"

#include <stdlib.h>
#include <time.h>
#include <unistd.h>

enum { BATCH = 200 };

// A record kept beyond its run's step.
static struct query_record *copy_record(const struct query_record *r)
{
	struct query_record *copy = malloc(sizeof(*copy) + r->owner_len + r->type_len + r->rdata_len);

	if (!copy)
		return NULL;
	char *text = (char *)(copy + 1);
	*copy = *r;
	copy->owner = memcpy(text, r->owner, r->owner_len);
	copy->type = memcpy(text + r->owner_len, r->type, r->type_len);
	copy->rdata = memcpy(text + r->owner_len + r->type_len, r->rdata, r->rdata_len);
	return copy;
}

// Reads up to BATCH records. Returns how many, or -1 after a message.
static int collect(struct lookback *l, struct query_run *run, struct query_record *out[BATCH], bool *end)
{
	struct query_record record;
	enum query_step step = QUERY_BUSY;
	int n = 0;

	while (n < BATCH && ((step = query_next(run, &record)) == QUERY_RECORD || step == QUERY_BUSY)) {
		if (step == QUERY_BUSY)
			continue;
		out[n] = copy_record(&record);
		if (!out[n])
			break;
		n++;
	}
	*end = step == QUERY_END || step == QUERY_LIMITED;
	if (step == QUERY_FAILED || (n < BATCH && !*end)) {
		lookback_fail("%s", step == QUERY_FAILED ? query_why(run) : "out of memory");
		while (n > 0)
			free(out[--n]);
		return -1;
	}
	return n;
}

static int erase_batch(struct lookback *l, struct query_record *const batch[BATCH], int n)
{
	struct query_record records[BATCH];

	reader_begin(&l->db.reader);
	for (int i = 0; i < n; i++) {
		records[i] = *batch[i];
		transfer_erase_record(&l->db, &records[i]);
	}
	if (reader_send(&l->db.reader) == 0 && transfer_erase_finish(&l->db, records, (size_t)n) == 0)
		return 0;
	return lookback_fail("%s", l->db.reader.why);
}

// One pass over the records of the query: counts them, or erases them (`erase`). Sets read by rank shift while records are
// erased, so the caller repeats the pass until it finds nothing.
static int pass(struct lookback *l, const struct query *q, bool erase, uint64_t *records)
{
	struct query_run *run = query_start(q, &l->db);
	bool end = false;
	int result = run ? 0 : lookback_fail("out of memory");

	*records = 0;
	while (result == 0 && !end) {
		struct query_record *batch[BATCH];
		int n = collect(l, run, batch, &end);
		if (n < 0) {
			result = LOOKBACK_FAILED;
			break;
		}
		if (erase && n > 0)
			result = erase_batch(l, batch, n);
		*records += (uint64_t)n;
		while (n > 0)
			free(batch[--n]);
	}
	query_stop(run);
	return result;
}

static bool ask_user(uint64_t records)
{
	char answer[16] = "";

	if (records > 0)
		printf("%llu record%s will be deleted. ", (unsigned long long)records, records == 1 ? "" : "s");
	printf("Delete %s? [y/N] ", records == 1 ? "it" : "them");
	fflush(stdout);
	return fgets(answer, sizeof(answer), stdin) && (answer[0] == 'y' || answer[0] == 'Y');
}

static int erase_all(struct lookback *l, const struct query *q, bool ask)
{
	uint64_t records, erased = 0, n;
	int result = pass(l, q, false, &records);

	if (result != 0)
		return result;
	if (records == 0 || l->dry) {
		printf("%llu record%s %s\n", (unsigned long long)records, records == 1 ? "" : "s",
			l->dry ? "would be deleted" : "to delete");
		if (records == 0 && !l->dry && lookback_forget(l, q) != 0) // left over from an interrupted erase
			return LOOKBACK_FAILED;
		return records > 0 ? LOOKBACK_FOUND : LOOKBACK_NOTHING;
	}
	if (ask && !l->yes && !ask_user(records))
		return lookback_fail("nothing was deleted");
	do {
		result = pass(l, q, true, &n);
		erased += n;
	} while (result == 0 && n > 0);
	if (result == 0)
		result = lookback_forget(l, q);
	if (!l->quiet)
		printf("deleted %llu record%s\n", (unsigned long long)erased, erased == 1 ? "" : "s");
	return result;
}

// Erases what is known about a sensor. Records are not kept per sensor.
static int erase_sensor(struct lookback *l, const char *sensor)
{
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 3, "ZSCORE", FAMILY_SENSORS, "", 0);
	redis_encode_text(&l->db.reader.out, sensor);
	redisReply *reply = lookback_ask(l);
	if (!reply)
		return LOOKBACK_FAILED;
	bool known = reply->type == REDIS_REPLY_STRING;
	freeReplyObject(reply);
	if (!known) {
		printf("no sensor '%s'\n", sensor);
		return LOOKBACK_NOTHING;
	}
	printf("The entry and the totals of the sensor will be deleted. Its records stay, because sensors share them.\n");
	if (l->dry)
		return LOOKBACK_FOUND;
	if (!l->yes && !ask_user(0))
		return lookback_fail("nothing was deleted");
	reader_begin(&l->db.reader);
	reader_command(&l->db.reader, 3, "ZREM", FAMILY_SENSORS, "", 0);
	redis_encode_text(&l->db.reader.out, sensor);
	reader_command(&l->db.reader, 2, "DEL", FAMILY_SENSOR, sensor, strlen(sensor));
	if (reader_send(&l->db.reader) != 0 || reader_drain(&l->db.reader) != 0)
		return lookback_fail("%s", l->db.reader.why);
	return LOOKBACK_FOUND;
}

int lookback_erase(struct lookback *l)
{
	struct query q = l->filter;
	char why[256] = "";
	const char *what = l->argv[0], *value = l->argv[1];
	int result = 0;

	q.limit = q.offset = 0;
	q.time_max_s = 0; // no bound in time
	if (strcmp(what, "sensor") == 0)
		return erase_sensor(l, value);
	if (strcmp(what, "name") == 0 || strcmp(what, "zone") == 0) {
		result = query_parse_name(&q, value, why, sizeof(why));
		if (what[0] == 'z' && q.kind == QUERY_NAME)
			q.kind = QUERY_SUBTREE;
	} else if (strcmp(what, "before") == 0) {
		q.kind = QUERY_EVERYTHING;
		result = query_parse_time(&q.last_before, value, time(NULL), why, sizeof(why));
		q.last_before--;
	} else {
		return lookback_fail("erase: found '%s', expected name, zone, sensor or before", what);
	}
	return result != 0 ? lookback_fail("%s", why) : erase_all(l, &q, true);
}

int lookback_expire(struct lookback *l)
{
	struct query q = l->filter;
	uint64_t days = l->settings.retention_days;
	char *end = NULL;

	if (l->argc > 0) {
		days = strtoull(l->argv[0], &end, 10);
		if (l->argv[0][0] < '0' || l->argv[0][0] > '9' || *end || days > 36500)
			return lookback_fail("expire: found '%s', expected days from 0 to 36500", l->argv[0]);
	}
	if (days == 0)
		return lookback_fail(
			"expire: retention.days is 0 (keep for ever); give a number of days: lookback expire 365");
	q.kind = QUERY_EVERYTHING;
	q.limit = q.offset = 0;
	q.time_max_s = 0; // no bound in time
	q.last_before = time(NULL) - (int64_t)days * 86400 - 1;
	return erase_all(l, &q, false);
}
