// SPDX-License-Identifier: BSD-3-Clause
// What Redis tells of a spool's number, and what follows from it.
#include "collector/number/guard.h"
#include "collector/number/numbered.h"
#include "collector/number/stops.h"
#include "tests/tools/unit.h"

#include <stdio.h>

static void replies(void)
{
	static const struct {
		struct redis_result reply;
		enum guard_kind kind;
		uint64_t number;
	} cases[] = {
		{{.type = REDIS_REPLY_NIL}, GUARD_NONE, 0},
		{{.type = REDIS_REPLY_STRING, .integer = 12, .decimal = true}, GUARD_NUMBER, 12},
		{{.type = REDIS_REPLY_STRING, .integer = 12, .decimal = false}, GUARD_OTHER, 0},
		{{.type = REDIS_REPLY_ERROR, .trouble = REDIS_TROUBLE_WRONGTYPE}, GUARD_OTHER, 0},
		{{.type = REDIS_REPLY_INTEGER, .integer = 3}, GUARD_OTHER, 0},
	};
	enum guard_kind kind;
	uint64_t number;

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		CU_ASSERT(guard_take(&cases[i].reply, &kind, &number));
		CU_ASSERT(kind == cases[i].kind && number == cases[i].number);
	}
	const struct redis_result noperm = {.type = REDIS_REPLY_ERROR, .trouble = REDIS_TROUBLE_NOPERM};
	CU_ASSERT(!guard_take(&noperm, &kind, &number));
}

static void judgement(void)
{
	static const struct {
		struct guard found;
		uint64_t applied, sent;
		enum guard_state state;
		uint64_t number;
	} cases[] = {
		{{GUARD_NONE, GUARD_NONE, 0, 0, false}, 0, UINT64_MAX, GUARD_SOUND, 0},
		{{GUARD_NONE, GUARD_NONE, 0, 0, true}, 0, UINT64_MAX, GUARD_SOUND, 0},
		{{GUARD_NONE, GUARD_NONE, 0, 0, false}, 7, UINT64_MAX, GUARD_NEW, 0},
		{{GUARD_NONE, GUARD_NONE, 0, 0, true}, 7, UINT64_MAX, GUARD_MISSING, 0},
		{{GUARD_NONE, GUARD_NUMBER, 0, 7, false}, 7, UINT64_MAX, GUARD_MISSING, 0},
		{{GUARD_NONE, GUARD_NUMBER, 0, 7, false}, 0, UINT64_MAX, GUARD_MISSING, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 7, 7, false}, 7, 9, GUARD_SOUND, 7},
		{{GUARD_NUMBER, GUARD_NUMBER, 5, 5, false}, 7, 9, GUARD_SOUND, 5}, // a Redis that lost its last second
		{{GUARD_NUMBER, GUARD_NONE, 7, 0, false}, 7, 9, GUARD_SOUND, 7},   // a fence that expired
		{{GUARD_NUMBER, GUARD_NONE, 5, 0, false}, 7, 9, GUARD_DIFFERS,
			0}, // and a number that nobody vouches for
		{{GUARD_NUMBER, GUARD_NONE, 8, 0, false}, 7, UINT64_MAX, GUARD_DIFFERS, 0},
		{{GUARD_NUMBER, GUARD_NONE, 8, 0, false}, 0, 1, GUARD_DIFFERS, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 0, 0, false}, 7, 9, GUARD_SOUND, 0}, // reset
		{{GUARD_NUMBER, GUARD_NUMBER, 6, 7, false}, 7, 9, GUARD_DIFFERS, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 8, 7, false}, 7, 9, GUARD_DIFFERS, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 10, 10, false}, 7, 9, GUARD_BEYOND, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 10, 10, false}, 7, UINT64_MAX, GUARD_SOUND,
			10}, // the spool tells whether it may be
		{{GUARD_OTHER, GUARD_NUMBER, 0, 7, false}, 7, 9, GUARD_FOREIGN, 0},
		{{GUARD_OTHER, GUARD_NONE, 0, 0, false}, 0, 9, GUARD_FOREIGN, 0},
		{{GUARD_NUMBER, GUARD_OTHER, 7, 0, false}, 7, 9, GUARD_FOREIGN, 0},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t number;
		enum guard_state state = guard_judge(&cases[i].found, cases[i].applied, cases[i].sent, &number);
		if (state != cases[i].state || (state <= GUARD_NEW && number != cases[i].number))
			printf("case %zu: state %d, number %lu\n", i, state, (unsigned long)number);
		CU_ASSERT(state == cases[i].state && (state > GUARD_NEW || number == cases[i].number));
	}
}

static void guesses(void)
{
	static const struct {
		struct guard found;
		uint64_t applied, sent;
		bool exact, known;
		uint64_t number;
	} cases[] = {
		{{GUARD_NUMBER, GUARD_NUMBER, 3, 7, false}, 7, 9, true, true, 7},
		{{GUARD_NUMBER, GUARD_NUMBER, 7, 3, false}, 7, 9, true, true, 7}, // it is the fence that someone wrote
		{{GUARD_NUMBER, GUARD_NUMBER, 7, 8, false}, 7, 9, true, true, 7},
		{{GUARD_NUMBER, GUARD_NUMBER, 7, 99, false}, 7, 9, true, true, 7},
		{{GUARD_NUMBER, GUARD_NUMBER, 3, 8, false}, 7, 9, true, true, 8}, // a reply that was lost
		{{GUARD_NUMBER, GUARD_NUMBER, 8, 3, false}, 7, 9, true, true, 8},
		{{GUARD_NUMBER, GUARD_NUMBER, 3, 8, false}, 3, 9, false, true, 8}, // noted long before
		{{GUARD_NONE, GUARD_NUMBER, 0, 7, false}, 7, 9, true, true, 7},
		{{GUARD_OTHER, GUARD_NUMBER, 0, 8, false}, 7, 9, true, true, 8},
		{{GUARD_NUMBER, GUARD_OTHER, 8, 0, false}, 7, 9, true, true, 8},
		{{GUARD_NONE, GUARD_NONE, 0, 0, true}, 7, 9, true, true, 7},
		{{GUARD_OTHER, GUARD_NONE, 0, 0, true}, 7, 9, true, true, 7},
		{{GUARD_NONE, GUARD_NUMBER, 0, 5, false}, 7, 9, true, false, 7}, // someone wrote it, or Redis is older
		{{GUARD_NUMBER, GUARD_NONE, 5, 0, false}, 7, 9, true, false, 7},
		{{GUARD_NUMBER, GUARD_NONE, 8, 0, false}, 0, 1, true, false, 0},
		{{GUARD_NUMBER, GUARD_NUMBER, 99, 99, false}, 7, 9, true, false, 7},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		uint64_t number;
		bool known = guard_guess(&cases[i].found, cases[i].applied, cases[i].sent, cases[i].exact, &number);
		if (known != cases[i].known || number != cases[i].number)
			printf("case %zu: %d, number %lu\n", i, known, (unsigned long)number);
		CU_ASSERT(known == cases[i].known && number == cases[i].number);
	}
}

static void words(void)
{
	const struct guard missing = {GUARD_NONE, GUARD_NUMBER, 0, 41, true},
			   differs = {GUARD_NUMBER, GUARD_NUMBER, 3, 41, false};
	char line[512];

	guard_tell(line, sizeof(line), GUARD_MISSING, &missing, "pdns:", "u-u", 40, 50);
	CU_ASSERT(strstr(line, "u-u") && strstr(line, "up to 41") && strstr(line, "lookback spool status"));
	guard_tell(line, sizeof(line), GUARD_DIFFERS, &differs, "pdns:", "u-u", 40, 50);
	CU_ASSERT(strstr(line, "found number 3") && strstr(line, "expected 41") && strstr(line, "pdns:fence:u-u"));
	const struct guard unfenced = {GUARD_NUMBER, GUARD_NONE, 3, 0, true};
	guard_tell(line, sizeof(line), GUARD_DIFFERS, &unfenced, "pdns:", "u-u", 40, 50);
	CU_ASSERT(strstr(line, "found number 3") && strstr(line, "expected 40") &&
		  strstr(line, "pdns:fence:u-u, which would tell, is gone"));
	guard_tell(line, sizeof(line), GUARD_FOREIGN, &differs, "pdns:", "u-u", 40, 50);
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "holds something else"));
	guard_tell(line, sizeof(line), GUARD_BEYOND, &differs, "pdns:", "u-u", 40, 50);
	CU_ASSERT_PTR_NOT_NULL(strstr(line, "has sent 50 at most"));
}

// What is told of a slot of a cluster: which of its two keys is wrong, what is there, what should be.
static void slots(void)
{
	static const struct {
		struct stop stop;
		const char *key, *found, *expected;
	} cases[] = {
		{{0, GUARD_DIFFERS, {GUARD_NUMBER, GUARD_NUMBER, 3, 41, false}, 0, "h:1"}, "pdns:seq:{3560}", "3",
			"41"},
		{{0, GUARD_DIFFERS, {GUARD_NUMBER, GUARD_NONE, 3, 0, true}, 0, "h:1"}, "pdns:seq:{3560}", "3",
			"unknown"},
		{{0, GUARD_MISSING, {GUARD_NONE, GUARD_NUMBER, 0, 41, true}, 41, "h:1"}, "pdns:seq:{3560}", "none",
			"41"},
		{{0, GUARD_MISSING, {GUARD_NONE, GUARD_NONE, 0, 0, true}, 41, "h:1"}, "pdns:seq:{3560}", "none", "41"},
		{{0, GUARD_FOREIGN, {GUARD_OTHER, GUARD_NUMBER, 0, 41, true}, 0, "h:1"}, "pdns:seq:{3560}",
			"something else", "41"},
		{{0, GUARD_FOREIGN, {GUARD_NUMBER, GUARD_OTHER, 41, 0, true}, 0, "h:1"}, "pdns:fence:{3560}:u-u",
			"something else", "41"},
		{{0, GUARD_BEYOND, {GUARD_NUMBER, GUARD_NUMBER, 99, 99, true}, 41, "h:1"}, "pdns:seq:{3560}", "99",
			"41"},
	};
	char key[REDIS_STOP_KEY_SIZE], found[24], expected[24], line[512];

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		stops_key(key, &cases[i].stop, "pdns:", "u-u");
		stops_found(found, &cases[i].stop);
		stops_expected(expected, &cases[i].stop);
		CU_ASSERT_STRING_EQUAL(key, cases[i].key);
		CU_ASSERT_STRING_EQUAL(found, cases[i].found);
		CU_ASSERT_STRING_EQUAL(expected, cases[i].expected);
		stops_tell(line, sizeof(line), &cases[i].stop, "pdns:", "u-u");
		CU_ASSERT(strstr(line, "h:1: slot 0, key ") && strstr(line, key) &&
			  strstr(line, "lookback spool status"));
	}
	struct stops list = {.len = 0};
	CU_ASSERT(stops_put(&list, &cases[0].stop) && !stops_put(&list, &cases[0].stop) && list.changes == 1);
	CU_ASSERT(!stops_put(&list, &cases[1].stop) && list.changes == 2 && list.len == 1);
	CU_ASSERT(!stops_remove(&list, 1) && stops_remove(&list, 0) && list.changes == 3 && list.len == 0);
	stops_free(&list);
}

// Bits are in the order of SETBIT.
static void numbered(void)
{
	struct numbered n = {.bits = {[1] = 0x40}};

	CU_ASSERT(numbered_has(&n, 9) && !numbered_has(&n, 8) && !numbered_has(&n, 10));
	numbered_want(&n, 9);
	CU_ASSERT(n.wanted_len == 0);
	numbered_want(&n, 16383);
	numbered_want(&n, 16383);
	CU_ASSERT(n.wanted_len == 1 && n.wanted[2047] == 1 && !numbered_has(&n, 16383));
	numbered_clear(&n);
	CU_ASSERT(n.wanted_len == 0 && !numbered_has(&n, 9));
}

int main(void)
{
	static const struct unit_test tests[] = {{"replies", replies}, {"judgement", judgement}, {"guesses", guesses},
		{"words", words}, {"slots", slots}, {"numbered", numbered}};

	return unit_run("collector_guard", tests, sizeof(tests) / sizeof(tests[0]));
}
