// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/common/hints.h"

#include <stdarg.h>
#include <stdio.h>

enum {
	FEW = 10,    // messages; with fewer, a missing direction means nothing
	MANY = 1000, // messages; with more, a few of the other direction count as none
	PART = 100   // a few: less than one of so many
};

const char *const hints_name[HINT_MAX] = {[HINT_NO_ANSWERS] = "no-answers",
	[HINT_NO_QUERIES] = "no-queries",
	[HINT_COPIES] = "copies",
	[HINT_FORGOTTEN] = "forgotten",
	[HINT_SNAPPED] = "snapped",
	[HINT_OVERSIZED] = "oversized",
	[HINT_NO_TIME] = "no-time"};

struct hint_output {
	hints_take *tell;
	void *context;
};

static void say(const struct hint_output *t, enum hint hint, bool is_urgent, const char *format, ...)
	__attribute__((format(printf, 4, 5)));

static void say(const struct hint_output *t, enum hint hint, bool is_urgent, const char *format, ...)
{
	char text[500];
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
			"%llu queries and %llu answers were seen: one direction is missing, and only answers give records; "
			"mirror both directions of the port, or name the other port too",
			(count)queries, (count)answers);
	if (is_alone(answers, queries))
		say(t, HINT_NO_QUERIES, s->dns_unmatched > 0 || s->dns_prefer_unmatched > 0,
			"%llu answers and %llu queries were seen: enough for records, but match needs the queries; for match, "
			"mirror both directions of the port, or name the other port too",
			(count)answers, (count)queries);
}

static void tell_copies(const struct worker_stats *s, const struct hint_output *t)
{
	uint64_t found = s->copies_found, compared = s->copies_compared;

	if (found > 0 && s->pkt_duplicate == 0)
		say(t, HINT_COPIES, found >= FEW && found > compared / PART,
			"%llu of %llu packets compared came twice within 50 ms, as from a port that mirrors both ingress and "
			"egress: their counts are doubled; mirror one of the two, or set dedup = 50",
			(count)found, (count)compared);
	if (s->copies_forgotten > 0)
		say(t, HINT_FORGOTTEN, true,
			"%llu packets were evicted before the time of dedup was over, so their copies were not found; set dedup "
			"lower, or use more workers",
			(count)s->copies_forgotten);
}

void hints_long_frames(const char *iface, bool loopback, char *text, size_t size)
{
	if (loopback)
		snprintf(text, size,
			"lower its MTU to 9216 or less (ip link set %s mtu 9216), and turn off merging of segments (ethtool -K "
			"%s gro off lro off tso off gso off)",
			iface, iface);
	else
		snprintf(text, size,
			"turn off merging of segments (ethtool -K %s gro off lro off; at the other end of a veth also tso off gso "
			"off), or raise its MTU to that of the frames",
			iface);
}

void hints_tell(const struct worker_stats *total, bool loopback, hints_take *tell, void *context)
{
	const struct hint_output t = {.tell = tell, .context = context};
	char long_frames[300];

	hints_long_frames(loopback ? "lo" : "IFACE", loopback, long_frames, sizeof(long_frames));
	tell_directions(total, &t);
	tell_copies(total, &t);
	if (total->pkt_snapped > 0)
		say(&t, HINT_SNAPPED, true,
			"%llu packets were truncated at capture; capture whole packets (tcpdump -s 0)",
			(count)total->pkt_snapped);
	if (total->pkt_oversized > 0)
		say(&t, HINT_OVERSIZED, true,
			"%llu frames were longer than those of the AF_PACKET ring, and were cut; %s",
			(count)total->pkt_oversized, long_frames);
	if (total->pkt_no_time > 0)
		say(&t, HINT_NO_TIME, true,
			"%llu packets have no valid time (0, before 1970, or after 2106), and were dropped; set the clock, or "
			"correct the times of the capture (editcap -t)",
			(count)total->pkt_no_time);
}
