// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/hints.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	FEW = 10,    // messages, below which a direction that is missing says nothing
	MANY = 1000, // messages, above which a few of the other direction are none
	PART = 100   // a few: less than one of so many
};

struct hint_output {
	hints_take *tell;
	void *context;
};

static void say(const struct hint_output *t, enum hint hint, bool is_urgent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void say(const struct hint_output *t, enum hint hint, bool is_urgent, const char *format, ...)
{
	char text[400];
	va_list args;

	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	t->tell(t->context, hint, is_urgent, text);
}

typedef unsigned long long count; // for printf

static bool is_alone(uint64_t these, uint64_t others)
{
	return (these >= FEW && others == 0) || (these >= MANY && others < these / PART);
}

static void tell_directions(const struct worker_stats *s, const struct hint_output *t)
{
	uint64_t queries = s->dns_query, others = queries + s->dns_malformed + s->dns_snapped + s->dns_server_skipped;
	uint64_t messages = s->dns_udp + s->dns_tcp, answers = messages > others ? messages - others : 0;

	if (is_alone(queries, answers))
		say(t, HINT_NO_ANSWERS, true,
			"%llu queries and %llu answers were seen: one direction is missing, and records come "
			"of "
			"answers alone; mirror both directions of the port, or give the other port too",
			(count)queries, (count)answers);
	if (is_alone(answers, queries))
		say(t, HINT_NO_QUERIES, s->dns_unmatched > 0 || s->dns_prefer_unmatched > 0,
			"%llu answers and %llu queries were seen: enough for "
			"records, but match needs the queries; for it, mirror both directions of the port, "
			"or give the other port too",
			(count)answers, (count)queries);
}

static void tell_copies(const struct worker_stats *s, const struct hint_output *t)
{
	uint64_t found = s->copies_found, compared = s->copies_compared;

	if (found > 0 && s->pkt_duplicate == 0)
		say(t, HINT_COPIES, found >= FEW && found > compared / PART,
			"%llu of %llu packets compared came twice within 50 ms, as from a mirror "
			"port that delivers what goes in and what goes out: their counts are doubled; mirror "
			"one of the two, or set dedup = 50",
			(count)found, (count)compared);
	if (s->copies_forgotten > 0)
		say(t, HINT_FORGOTTEN, true,
			"%llu packets were forgotten before dedup was over, so that copies of them count; "
			"set dedup lower, "
			"or give it more workers",
			(count)s->copies_forgotten);
}

void hints_tell(const struct worker_stats *total, hints_take *tell, void *context)
{
	const struct hint_output t = {.tell = tell, .context = context};

	tell_directions(total, &t);
	tell_copies(total, &t);
	if (total->pkt_snapped > 0)
		say(&t, HINT_SNAPPED, true,
			"%llu packets were cut when they were captured; capture whole ones (tcpdump -s 0)",
			(count)total->pkt_snapped);
	if (total->pkt_oversized > 0)
		say(&t, HINT_OVERSIZED, true,
			"%llu frames were longer than those of the AF_PACKET ring, and cut there; have "
			"segments come as they "
			"are on the wire (ethtool -K IFACE gro off lro off, of a veth also tso off gso off "
			"at its other end), or raise the "
			"interface's MTU to that of the frames",
			(count)total->pkt_oversized);
	if (total->pkt_no_time > 0)
		say(&t, HINT_NO_TIME, true,
			"%llu packets have no time that can be stored (0, before 1970, or after 2106), and "
			"were left out; set "
			"the clock, or the times of the capture (editcap -t)",
			(count)total->pkt_no_time);
}
