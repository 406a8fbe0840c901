// SPDX-License-Identifier: BSD-3-Clause
// Who has a connection to the collector, and whose stream it is: no user keeps another one out.
#include <string.h>

#include "collector/inbox/inbox.h"
#include "collector/inbox/quota.h"
#include "collector/inbox/sensors.h"
#include "tests/tools/unit.h"

enum { REAL = 100, HOSTILE = 200 };

static struct inbox_conn conns[INBOX_CONNECTIONS_MAX];
static struct stream stream; // of all that said HELLO
static uint64_t now;

static void reset(void)
{
	now = 1000;
	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		conns[i] = (struct inbox_conn){.fd = -1};
}

// A user connects. Returns the user who loses a connection, 0 if none does, or -1 where it is turned away.
static int come(uid_t user, bool hello)
{
	struct inbox_place slot = inbox_quota_place(conns, INBOX_CONNECTIONS_MAX, user);
	int lost = slot.conn && slot.why ? (int)slot.conn->user : 0;

	if (!slot.conn) {
		CU_ASSERT_PTR_NOT_NULL(slot.why);
		return -1;
	}
	CU_ASSERT(slot.why || slot.conn->fd < 0);
	*slot.conn = (struct inbox_conn){.fd = 3, .user = user, .heard_ms = now++, .stream = hello ? &stream : NULL};
	return lost;
}

static unsigned count(uid_t user)
{
	unsigned n = 0;

	for (size_t i = 0; i < INBOX_CONNECTIONS_MAX; i++)
		n += conns[i].fd >= 0 && conns[i].user == user;
	return n;
}

static void one_user_has_its_share(void)
{
	reset();
	for (int i = 0; i < INBOX_USER_MAX; i++)
		CU_ASSERT_EQUAL(come(HOSTILE, true), 0);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(come(HOSTILE, true), -1);
	CU_ASSERT_EQUAL(count(HOSTILE), INBOX_USER_MAX);
	CU_ASSERT_EQUAL(come(REAL, true), 0);
}

// Connections that say nothing make room for newer ones of their own user alone.
static void silence_has_a_smaller_share(void)
{
	reset();
	CU_ASSERT_EQUAL(come(REAL, false), 0);
	for (int i = 0; i < 100; i++)
		CU_ASSERT_EQUAL(come(HOSTILE, false), i < INBOX_SILENT_MAX ? 0 : HOSTILE);
	CU_ASSERT_EQUAL(count(HOSTILE), INBOX_SILENT_MAX);
	CU_ASSERT_EQUAL(count(REAL), 1);
	// of a user at its limit the silent one goes
	reset();
	for (int i = 0; i < INBOX_USER_MAX - 1; i++)
		come(REAL, true);
	come(REAL, false);
	CU_ASSERT_EQUAL(come(REAL, true), REAL);
	CU_ASSERT_EQUAL(come(REAL, true), -1);
	CU_ASSERT_EQUAL(count(REAL), INBOX_USER_MAX);
}

// Many users together fill all slots: whoever has most gives way, down to one each.
static void full_slots_are_shared(void)
{
	reset();
	for (uid_t user = 0; count(user) < INBOX_USER_MAX && user < INBOX_CONNECTIONS_MAX / INBOX_USER_MAX; user++)
		for (int i = 0; i < INBOX_USER_MAX; i++)
			CU_ASSERT_EQUAL(come(HOSTILE + user, true), 0);
	for (unsigned n = 1; n <= 8; n++) {
		CU_ASSERT(come(REAL, true) >= HOSTILE);
		CU_ASSERT_EQUAL(count(REAL), n);
	}
	for (int i = 0; i < 10; i++) // they do not take it back
		CU_ASSERT_NOT_EQUAL(come(HOSTILE, true), REAL);
	CU_ASSERT_EQUAL(count(REAL), 8);
	// as many users as slots: the next one is turned away
	reset();
	for (uid_t user = 0; user < INBOX_CONNECTIONS_MAX; user++)
		CU_ASSERT_EQUAL(come(1 + user, true), 0);
	CU_ASSERT_EQUAL(come(HOSTILE, true), -1);
}

static struct frame_hello hello_of(unsigned n)
{
	struct frame_hello hello = {.start_s = 5};

	memcpy(hello.stream, &n, sizeof(n));
	return hello;
}

static void streams_belong_to_users(void)
{
	static struct stream_registry r;
	const char *why = NULL;
	struct frame_hello real = hello_of(1);
	struct stream *s = stream_find(&r, &real, REAL, 10, &why);

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	CU_ASSERT_PTR_NULL(stream_find(&r, &real, HOSTILE, 11, &why));
	CU_ASSERT_PTR_NOT_NULL(why);
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &real, REAL, 12, &why), s);
	for (unsigned i = 2; i < 2000; i++) { // thousands of streams of another push out none
		struct frame_hello other = hello_of(i);
		CU_ASSERT_PTR_NOT_NULL(stream_find(&r, &other, HOSTILE, 100 + i, &why));
	}
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &real, REAL, 5000, &why), s);
	s->user = STREAM_USER_UNKNOWN; // after a restart: who comes first
	CU_ASSERT_PTR_EQUAL(stream_find(&r, &real, REAL, 5001, &why), s);
	CU_ASSERT_PTR_NULL(stream_find(&r, &real, HOSTILE, 5002, &why));
}

// Each STATS frame tells how many sightings stand in the frames before it.
static void accounts_are_compared(void)
{
	struct stream s = {.used = true, .counted = true, .received = 5, .sightings = 70};
	struct stream_gap gap;

	CU_ASSERT_EQUAL(stream_compare(&s, 5, 70, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 5, 71, &gap), STREAM_ASTRAY);
	CU_ASSERT_EQUAL(stream_compare(&s, 5, 69, &gap), STREAM_ASTRAY);
	CU_ASSERT_EQUAL(stream_compare(&s, 4, 1, &gap), STREAM_AHEAD); // sent before on another connection
	CU_ASSERT(gap.frames == 0 && gap.sightings == 0 && s.sightings == 70);
	// frames that were acknowledged and are not known: what they held is
	CU_ASSERT_EQUAL(stream_compare(&s, 8, 100, &gap), STREAM_OLDER);
	CU_ASSERT(gap.frames == 3 && gap.sightings == 30 && s.received == 8);
	CU_ASSERT_EQUAL(stream_compare(&s, 8, 100, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 9, 99, &gap), STREAM_ASTRAY); // fewer than before
	// a BYE holds none, and nothing comes behind it
	s.ended = true;
	CU_ASSERT_EQUAL(stream_compare(&s, 7, 100, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 8, 100, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 9, 100, &gap), STREAM_ASTRAY);
	// a spool that knows the number and not the sum: that of a format before, or a damaged one
	s = (struct stream){.used = true, .received = 5};
	CU_ASSERT_EQUAL(stream_compare(&s, 5, 50, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 5, 51, &gap), STREAM_ASTRAY);
	// a new spool, and a dataplane that gave its frames to another one
	s = (struct stream){.used = true, .counted = true};
	CU_ASSERT_EQUAL(stream_compare(&s, 0, 0, &gap), STREAM_EVEN);
	CU_ASSERT_EQUAL(stream_compare(&s, 3, 40, &gap), STREAM_ELSEWHERE);
	CU_ASSERT(gap.frames == 3 && gap.sightings == 40 && s.received == 3 && s.sightings == 40);
}

static void live_sensors(void)
{
	struct sensors *all = sensors_create();
	const struct frame_hello east = {.sensor = "east"}, west = {.sensor = "west wing"};
	char why[200];

	CU_ASSERT(!sensors_are_live(all, "", 1000, 5000, why, sizeof(why)));
	CU_ASSERT(!sensors_are_live(all, " , ", 1000, 5000, why, sizeof(why)));
	sensors_connected(all, &east, true, 5000);
	CU_ASSERT(sensors_are_live(all, "", 1000, 6000, why, sizeof(why)));
	CU_ASSERT(!sensors_are_live(all, "", 1000, 6001, why, sizeof(why)));
	CU_ASSERT(sensors_are_live(all, "east", 1000, 6000, why, sizeof(why)));
	CU_ASSERT(!sensors_are_live(all, "eas", 1000, 6000, why, sizeof(why)));
	CU_ASSERT(!sensors_are_live(all, "east2", 1000, 6000, why, sizeof(why)));
	CU_ASSERT(!sensors_are_live(all, "east, west wing", 1000, 6000, why, sizeof(why)));
	CU_ASSERT_PTR_NOT_NULL(strstr(why, "sensor west wing: found not live"));
	sensors_connected(all, &west, true, 5500);
	CU_ASSERT(sensors_are_live(all, " east ,\twest wing ,", 1000, 6000, why, sizeof(why)));
	sensors_forget(all, "east"); // connected
	CU_ASSERT(sensors_are_live(all, "east", 1000, 6000, why, sizeof(why)));
	sensors_connected(all, &east, false, 6000);
	CU_ASSERT(!sensors_are_live(all, "east", 1000, 6000, why, sizeof(why)));
	sensors_forget(all, "east");
	static struct sensor_counters left[SENSORS_MAX];
	CU_ASSERT(sensors_read(all, left) == 1 && strcmp(left[0].sensor, "west wing") == 0);
	sensors_free(all);
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"one user has its share", one_user_has_its_share},
		{"silence has a smaller share", silence_has_a_smaller_share},
		{"full slots are shared", full_slots_are_shared},
		{"streams belong to users", streams_belong_to_users},
		{"accounts are compared", accounts_are_compared},
		{"live sensors", live_sensors},
	};
	return unit_run("collector_inbox", tests, sizeof(tests) / sizeof(tests[0]));
}
