// SPDX-License-Identifier: BSD-3-Clause
// Frames: what is written is read back, what is not sound is refused.
#include <stdlib.h>
#include <string.h>

#include "dataplane/common/frame.h"
#include "dataplane/common/stats.h"
#include "tests/tools/guard.h"
#include "tests/tools/unit.h"

static uint8_t bytes[FRAME_SIZE_MAX];

static struct record_view record(uint16_t rdata_size)
{
	static uint8_t rdata[65535];

	memset(rdata, 0xab, sizeof(rdata));
	return (struct record_view){.head = {.first_s = 1,
					    .last_s = 2,
					    .count = 3,
					    .type = 16,
					    .rdata_size = rdata_size,
					    .owner_size = 5,
					    .flags = RECORD_NEW},
		.owner = (const uint8_t *)"\3abc",
		.rdata = rdata};
}

static void round_trip(void)
{
	struct frame f;
	struct record_view in, out;
	struct frame_header header;
	unsigned count = 0;

	frame_begin(&f, bytes);
	for (uint16_t size = 0; size < 300; size++) {
		in = record(size);
		CU_ASSERT_TRUE(frame_add(&f, &in));
	}
	frame_finish(&f, FRAME_RECORDS, 42);
	memcpy(&header, bytes, sizeof(header));
	CU_ASSERT_PTR_NULL(frame_header_check(&header));
	CU_ASSERT_EQUAL(header.number, 42);
	CU_ASSERT_EQUAL(header.records, 300);
	struct cursor c = cursor_make(bytes + sizeof(header), header.size - sizeof(header));
	while (frame_next(&c, &out)) {
		in = record((uint16_t)count);
		CU_ASSERT_EQUAL(memcmp(&out.head, &in.head, sizeof(in.head)), 0);
		CU_ASSERT_EQUAL(memcmp(out.owner, in.owner, 5), 0);
		CU_ASSERT_EQUAL(memcmp(out.rdata, in.rdata, count), 0);
		count++;
	}
	CU_ASSERT_FALSE(c.bad);
	CU_ASSERT_EQUAL(count, 300);
}

static void a_frame_has_two_limits(void)
{
	struct frame f;
	struct record_view small = record(4), large = record(65535);
	unsigned count = 0;

	frame_begin(&f, bytes);
	while (frame_add(&f, &small))
		count++;
	CU_ASSERT_EQUAL(count, FRAME_RECORDS_MAX);
	frame_begin(&f, bytes);
	CU_ASSERT_TRUE(frame_add(&f, &large)); // the largest always fits into an empty frame
	while (frame_add(&f, &large))
		;
	CU_ASSERT(f.size <= FRAME_SIZE_MAX);
}

static void try_prefix(void *context, const uint8_t *prefix, size_t n)
{
	struct cursor c = cursor_make(prefix, n);
	struct record_view out;

	(void)context;
	while (frame_next(&c, &out))
		;
}

static void unsound_bodies_are_refused(void)
{
	struct frame f;
	struct record_view in = record(7), out;

	frame_begin(&f, bytes);
	frame_add(&f, &in);
	size_t size = f.size - sizeof(struct frame_header);
	uint8_t *body = bytes + sizeof(struct frame_header);
	guard_prefixes(body, size, try_prefix, NULL);
	const struct {
		size_t at;
		uint8_t value;
	} spoil[] = {{8, 0} /* count 0 */, {0, 9} /* first after last */, {16, 4} /* owner not a name */, {20, 4},
		{14, 200} /* rdata longer than the frame */};
	for (size_t i = 0; i < sizeof(spoil) / sizeof(spoil[0]); i++) {
		uint8_t old = body[spoil[i].at];
		body[spoil[i].at] = spoil[i].value;
		struct cursor c = cursor_make(body, size);
		CU_ASSERT_FALSE(frame_next(&c, &out));
		CU_ASSERT_TRUE(c.bad);
		body[spoil[i].at] = old;
	}
	in.head.owner_size = 0; // no name at all, and an otherwise sound record
	frame_begin(&f, bytes);
	frame_add(&f, &in);
	struct cursor c = cursor_make(body, f.size - sizeof(struct frame_header));
	CU_ASSERT_FALSE(frame_next(&c, &out));
	CU_ASSERT_TRUE(c.bad);
}

static void unsound_headers_are_refused(void)
{
	const struct frame_header good = {.magic = FRAME_MAGIC,
		.version = FRAME_VERSION,
		.type = FRAME_RECORDS,
		.size = 100,
		.records = 1};
	struct frame_header h;

	CU_ASSERT_PTR_NULL(frame_header_check(&good));
	h = good, h.magic = 1;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.version++;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.size = 23;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.size = FRAME_SIZE_MAX + 1;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.type = 99;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.type = FRAME_BYE;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
	h = good, h.records = FRAME_RECORDS_MAX + 1;
	CU_ASSERT_PTR_NOT_NULL(frame_header_check(&h));
}

// Lines of one family stand together, and its help text is on the first.
static void counters_are_well_formed(void)
{
	for (size_t i = 0; i < WORKER_STATS_LEN; i++) {
		const struct stats_line *line = &worker_stats_lines[i];
		bool first = i == 0 || strcmp(line[-1].family, line->family) != 0;
		CU_ASSERT(!first || line->help[0] != '\0');
		for (size_t k = 0; first && k < i; k++)
			CU_ASSERT_STRING_NOT_EQUAL(worker_stats_lines[k].family, line->family);
		for (size_t k = 0; k < i; k++)
			CU_ASSERT_FALSE(strcmp(worker_stats_lines[k].family, line->family) == 0 &&
					strcmp(worker_stats_lines[k].label, line->label) == 0);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"round trip", round_trip},
		{"a frame has two limits", a_frame_has_two_limits},
		{"unsound bodies are refused", unsound_bodies_are_refused},
		{"unsound headers are refused", unsound_headers_are_refused},
		{"counters are well formed", counters_are_well_formed},
	};
	return unit_run("record", tests, sizeof(tests) / sizeof(tests[0]));
}
