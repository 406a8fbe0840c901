// SPDX-License-Identifier: BSD-3-Clause
// A reload is over when its last part is, and has failed if any part has; a thread that rests or has ended is excused.
#include "collector/base/beat.h"
#include "collector/base/round.h"
#include "tests/tools/unit.h"

#include <poll.h>
#include <pthread.h>

static char why[1024];

static bool is_readable(void)
{
	struct pollfd fd = {.fd = round_fd(), .events = POLLIN};

	return poll(&fd, 1, 0) == 1;
}

static void parts(void)
{
	CU_ASSERT_FALSE(is_readable()); // makes the descriptor
	CU_ASSERT_FALSE(round_is_over(why, sizeof(why)));
	round_begin();
	round_join();
	round_join();
	round_end(NULL);
	CU_ASSERT_FALSE(round_is_over(why, sizeof(why)));
	CU_ASSERT_TRUE(round_is_open());
	round_end("first");
	round_end("second");
	CU_ASSERT_TRUE(is_readable());
	CU_ASSERT_TRUE(round_is_over(why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "first");
	CU_ASSERT_FALSE(is_readable());
	CU_ASSERT_FALSE(round_is_over(why, sizeof(why))); // once
	CU_ASSERT_FALSE(round_is_open());
	round_begin();
	round_end(NULL);
	CU_ASSERT_TRUE(round_is_over(why, sizeof(why)));
	CU_ASSERT_STRING_EQUAL(why, "");
}

static void *watched(void *arg)
{
	bool excused;

	beat(); // counts for no one
	beat_begin(BEAT_WRITER);
	uint64_t before = beat_turns(BEAT_WRITER, &excused);
	CU_ASSERT_FALSE(excused);
	beat();
	CU_ASSERT_EQUAL(beat_turns(BEAT_WRITER, &excused), before + 1);
	beat_rest(true);
	beat_turns(BEAT_WRITER, &excused);
	CU_ASSERT_TRUE(excused);
	beat_rest(false);
	beat_turns(BEAT_WRITER, &excused);
	CU_ASSERT_FALSE(excused);
	beat_long(true);
	beat_turns(BEAT_WRITER, &excused);
	CU_ASSERT_TRUE(excused);
	beat_long(false);
	beat_end();
	return arg;
}

static void beats(void)
{
	pthread_t thread;
	bool excused;

	pthread_create(&thread, NULL, watched, NULL);
	pthread_join(thread, NULL);
	uint64_t turns = beat_turns(BEAT_WRITER, &excused);
	CU_ASSERT_TRUE(excused);
	beat();
	CU_ASSERT_EQUAL(beat_turns(BEAT_WRITER, &excused), turns);
}

int main(void)
{
	static const struct unit_test tests[] = {{"parts", parts}, {"beats", beats}};

	return unit_run("base_round", tests, sizeof(tests) / sizeof(tests[0]));
}
