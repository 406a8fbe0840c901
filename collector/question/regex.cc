// SPDX-License-Identifier: BSD-3-Clause
// The only C++ in Lookback: a library of regular expressions with a bound on time and memory has no other
// interface.
#include "collector/question/regex.h"

#include <cstdio>
#include <ctime>
#include <new>
#include <re2/re2.h>

constexpr int64_t MEMORY_MAX = 1 << 20; // of one expression: its program and the states found so far
constexpr int PROGRAM_MAX = 4000;	// instructions; the worst name costs that many steps for each of its characters
constexpr unsigned CLOCK_EVERY = 64;	// matches between two looks at the clock

static RE2::Options options()
{
	RE2::Options o(RE2::Latin1);

	o.set_case_sensitive(false);
	o.set_log_errors(false);
	o.set_max_mem(MEMORY_MAX);
	o.set_never_capture(true);
	o.set_dot_nl(true);
	return o;
}

static int64_t now_ms()
{
	struct timespec now;

	clock_gettime(CLOCK_MONOTONIC, &now);
	return static_cast<int64_t>(now.tv_sec) * 1000 + now.tv_nsec / 1000000;
}

struct query_regex {
	RE2 re;
	int64_t deadline_ms = INT64_MAX;
	unsigned matched = 0;
	bool late = false;

	explicit query_regex(const char *pattern) : re(pattern, options())
	{
	}
};

struct query_regex *query_regex_compile(const char *pattern, char *why, size_t why_size)
{
	query_regex *r = new (std::nothrow) query_regex(pattern);

	if (!r) {
		std::snprintf(why, why_size, "out of memory");
	} else if (!r->re.ok()) {
		std::snprintf(why, why_size, "%.150s", r->re.error().c_str());
		query_regex_free(r);
		r = nullptr;
	} else if (r->re.ProgramSize() > PROGRAM_MAX) {
		std::snprintf(why, why_size, "pattern too large");
		query_regex_free(r);
		r = nullptr;
	}
	return r;
}

void query_regex_free(struct query_regex *r)
{
	delete r;
}

void query_regex_until(struct query_regex *r, int64_t deadline_ms)
{
	r->deadline_ms = deadline_ms;
}

bool query_regex_matches(struct query_regex *r, const char *text, size_t len)
{
	if (++r->matched % CLOCK_EVERY == 0)
		r->late = now_ms() > r->deadline_ms;
	return !r->late && RE2::PartialMatch({text, len}, r->re);
}
