// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/summary.h"

#include <string.h>

#include "dataplane/packet/unknown.h"
#include "dataplane/common/hints.h"

void summary_add(struct worker_stats *total, const struct worker_stats *worker)
{
	uint64_t *to = (uint64_t *)total;
	const uint64_t *from = (const uint64_t *)worker;

	for (size_t i = 0; i < WORKER_STATS_LEN; i++)
		to[i] += stats_get(&from[i]);
}

static void print_json(const struct worker_stats *total, FILE *out)
{
	const uint64_t *values = (const uint64_t *)total;

	for (size_t i = 0; i < WORKER_STATS_LEN; i++)
		fprintf(out, "%s\"%s\":%llu", i ? "," : "{", worker_stats_lines[i].field,
			(unsigned long long)values[i]);
	fprintf(out, "}\n");
}

// The part of `outcome="malformed"` between the quotes.
static void print_label(const char *label, FILE *out)
{
	const char *start = strchr(label, '"');
	const char *end = start ? strchr(start + 1, '"') : NULL;

	if (end)
		fprintf(out, "%.*s", (int)(end - start - 1), start + 1);
}

// A family on one line: "messages  taken 41, query 41".
static void print_family(const struct worker_stats *total, const char *family, const char *title, FILE *out)
{
	const uint64_t *values = (const uint64_t *)total;
	const char *separator = "";

	fprintf(out, "%-10s", title);
	for (size_t i = 0; i < WORKER_STATS_LEN; i++) {
		if (strcmp(worker_stats_lines[i].family, family) != 0 || values[i] == 0)
			continue;
		fprintf(out, "%s", separator);
		print_label(worker_stats_lines[i].label, out);
		fprintf(out, " %llu", (unsigned long long)values[i]);
		separator = ", ";
	}
	fprintf(out, "%s\n", *separator ? "" : "none");
}

static uint64_t sum_family(const struct worker_stats *total, const char *family)
{
	const uint64_t *values = (const uint64_t *)total;
	uint64_t sum = 0;

	for (size_t i = 0; i < WORKER_STATS_LEN; i++)
		if (strcmp(worker_stats_lines[i].family, family) == 0)
			sum += values[i];
	return sum;
}

uint64_t summary_lost(const struct worker_stats *total)
{
	return sum_family(total, "sightings_lost_total");
}

static void print_hint(void *out, enum hint hint, bool is_urgent, const char *text)
{
	fprintf(out, "%-10s%s\n", "hint", text);
}

// Headers that are not known; their contents were not parsed.
static void print_unknown(const struct stats_unknown *unknown, unsigned len, FILE *out)
{
	char text[32];

	for (unsigned i = 0; i < len; i++) {
		unknown_text(&unknown[i], text, sizeof(text));
		fprintf(out, "%-10sencapsulation not known: %s; %llu packets%s\n", "unknown", text,
			(unsigned long long)unknown[i].packets,
			unknown[i].holds_ip ? ", with IP packets in them; remove the header before, or report it" : "");
	}
}

void summary_print(const struct worker_stats *total, const struct stats_unknown *unknown, unsigned unknown_len,
	bool loopback, bool json, FILE *out)
{
	if (json) {
		print_json(total, out);
		return;
	}
	fprintf(out, "%-10s%llu\n", "received", (unsigned long long)total->rx_packets);
	print_family(total, "packets_total", "packets", out);
	if (sum_family(total, "fragments_lost_total") > 0)
		print_family(total, "fragments_lost_total", "fragments", out);
	if (sum_family(total, "tcp_streams_lost_total") > 0)
		print_family(total, "tcp_streams_lost_total", "streams", out);
	print_family(total, "messages_total", "messages", out);
	print_family(total, "records_total", "records", out);
	if (total->lost_no_room > 0)
		fprintf(out, "%-10s%llu sightings, no room in the table\n", "lost",
			(unsigned long long)total->lost_no_room);
	print_unknown(unknown, unknown_len, out);
	hints_tell(total, loopback, print_hint, out);
}

bool summary_check(const struct worker_stats *t, uint64_t framed, char *why, size_t why_size)
{
	const struct {
		const char *what;
		uint64_t in, out;
	} sums[] = {
		{"packets received and datagrams reassembled = packets by outcome", t->rx_packets + t->frag_datagrams,
			sum_family(t, "packets_total")},
		{"messages by transport = messages by outcome", t->dns_udp + t->dns_tcp,
			sum_family(t, "messages_total")},
		{"records taken = sightings flushed, pending and lost", t->rr_taken,
			t->sightings_flushed + t->sightings_pending + sum_family(t, "sightings_lost_total")},
		{"sightings flushed = sightings in frames", t->sightings_flushed, framed},
	};

	for (size_t i = 0; i < sizeof(sums) / sizeof(sums[0]); i++) {
		if (sums[i].in == sums[i].out)
			continue;
		snprintf(why, why_size, "%s: found %llu and %llu", sums[i].what, (unsigned long long)sums[i].in,
			(unsigned long long)sums[i].out);
		return false;
	}
	return true;
}
