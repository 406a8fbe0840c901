// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/dnstap.h"
#include "dataplane/capture/file.h"
#include "dataplane/capture/unpack.h"
#include "dataplane/capture/pcapng.h"
#include "dataplane/capture/pcap.h"
#include "dataplane/capture/plain.h"

enum format {
	FORMAT_NONE, // none is open: the next capture of the file begins
	FORMAT_PLAIN,
	FORMAT_NG,
	FORMAT_DNSTAP,
	FORMAT_PCAP
};

struct capture_reader {
	struct capture_unpack *source; // owned
	enum format format;
	union {
		struct capture_plain plain;
		struct capture_ng ng;
		struct capture_dnstap dnstap;
		struct capture_pcap pcap;
	};
	enum link_kind link;	    // of all packets; not of pcapng
	uint32_t snapshot;	    // of the last pcap
	uint64_t left;		    // packets still to be taken
	unsigned captures;	    // that were begun; more than one in joined files
	bool is_connection;	    // of dnstap
	bool is_refused;	    // perhaps sound, but of a kind that is not supported
	bool is_mixed;		    // see struct capture
	bool is_cut;		    // the last capture ends early
	uint64_t passed, malformed; // dnstap frames that are left out, of captures that were closed
	char error[512];
};

// the formats ────────────────────────────────────────────────────────────────────────────────

static void close_dnstap(struct capture_reader *r)
{
	r->passed += r->dnstap.passed;
	r->malformed += r->dnstap.malformed;
	capture_dnstap_close(&r->dnstap);
}

static void close_format(struct capture_reader *r)
{
	if (r->format == FORMAT_PLAIN)
		capture_plain_close(&r->plain);
	else if (r->format == FORMAT_NG)
		capture_ng_close(&r->ng);
	else if (r->format == FORMAT_DNSTAP)
		close_dnstap(r);
	else if (r->format == FORMAT_PCAP)
		capture_pcap_close(&r->pcap);
	r->format = FORMAT_NONE;
}

// Sets the link type of a pcap. False with `error` if it is not understood.
static bool set_link(struct capture_reader *r, int link_type)
{
	r->is_refused = !capture_link_of(link_type, &r->link);
	if (r->is_refused)
		capture_link_unknown(r->error, sizeof(r->error), link_type);
	return !r->is_refused;
}

static int open_pcap(struct capture_reader *r)
{
	char error[PCAP_ERRBUF_SIZE] = "";

	if (!capture_pcap_open(&r->pcap, r->source, error)) {
		snprintf(r->error, sizeof(r->error), "%s", error);
		r->is_cut = strncmp(error, "truncated ", 10) == 0;
		return -1;
	}
	r->format = FORMAT_PCAP;
	r->snapshot = r->pcap.snapshot;
	return set_link(r, pcap_datalink(r->pcap.pcap)) ? 0 : -1;
}

// Opens the capture that begins here. Returns 0, or -1 with `error`.
static int open_format(struct capture_reader *r)
{
	r->captures++;
	int result = capture_ng_open(&r->ng, r->source);
	if (result < 0)
		snprintf(r->error, sizeof(r->error), "%s", r->ng.error);
	if (result == 1)
		r->format = FORMAT_NG;
	if (result != 0)
		return result < 0 ? -1 : 0;
	result = capture_dnstap_open(&r->dnstap, r->source);
	if (result < 0)
		snprintf(r->error, sizeof(r->error), "%s", r->dnstap.error);
	if (result == 1) {
		r->format = FORMAT_DNSTAP;
		r->dnstap.ends_at_stop = r->is_connection;
	}
	if (result != 0)
		return result < 0 ? -1 : 0;
	result = capture_plain_open(&r->plain, r->source);
	if (result == 0)
		return open_pcap(r);
	if (result < 0) {
		snprintf(r->error, sizeof(r->error), "no memory");
		return -1;
	}
	r->format = FORMAT_PLAIN;
	r->snapshot = r->plain.snapshot;
	return set_link(r, (int)r->plain.link_type) ? 0 : -1;
}

static int next_of_format(struct capture_reader *r, struct capture_packet *packet)
{
	packet->link = r->link;
	if (r->format == FORMAT_PLAIN)
		return capture_plain_next(&r->plain, packet);
	if (r->format == FORMAT_DNSTAP)
		return capture_dnstap_next(&r->dnstap, packet);
	return r->format == FORMAT_NG ? capture_ng_next(&r->ng, packet) : capture_pcap_next(&r->pcap, packet);
}

// Takes over what a format says of its end or of an error.
static void note_end(struct capture_reader *r)
{
	const char *error = "";

	switch (r->format) {
	case FORMAT_NONE:
		break;
	case FORMAT_PLAIN:
		error = r->plain.error;
		r->is_cut = r->plain.is_cut;
		break;
	case FORMAT_NG:
		error = r->ng.error;
		r->is_cut = r->ng.is_cut;
		r->is_refused = r->ng.is_refused;
		break;
	case FORMAT_DNSTAP:
		error = r->dnstap.error;
		r->is_cut = r->dnstap.is_cut;
		r->is_refused = r->dnstap.is_refused;
		break;
	case FORMAT_PCAP:
		error = pcap_geterr(r->pcap.pcap);
		r->is_cut = strncmp(error, "truncated ", 10) == 0;
		break;
	}
	snprintf(r->error, sizeof(r->error), "%s", error);
}

// Another capture begins after the last one: opens it. Returns 0, or -1 with `error`.
static int begin_another(struct capture_reader *r)
{
	const uint8_t *at = r->format == FORMAT_NG ? r->ng.at : r->format == FORMAT_DNSTAP ? r->dnstap.at : r->plain.at;
	const uint8_t *end = r->format == FORMAT_NG	  ? r->ng.end
			     : r->format == FORMAT_DNSTAP ? r->dnstap.end
							  : r->plain.end;
	bool is_back = capture_unpack_give_back(r->source, at, (size_t)(end - at));

	r->is_mixed = true;
	close_format(r);
	if (is_back)
		return open_format(r);
	snprintf(r->error, sizeof(r->error), "no memory");
	return -1;
}

static struct capture_reader *new_reader(struct capture_unpack *source)
{
	struct capture_reader *r = source ? calloc(1, sizeof(*r)) : NULL;

	if (!r) {
		capture_unpack_close(source);
		return NULL;
	}
	r->source = source;
	r->left = UINT64_MAX;
	return r;
}

// the check ──────────────────────────────────────────────────────────────────────────────────

// Adds one packet to the sums.
static void add_packet(struct capture *capture, const struct capture_packet *packet)
{
	if (capture->packets++ == 0)
		capture->link = packet->link;
	capture->bytes += packet->size;
	capture->snapped += packet->is_snapped;
	if (packet->size > capture->longest)
		capture->longest = packet->size;
	if (!capture_has_time(packet->us))
		capture->no_time++;
	else if (capture->first_us == CAPTURE_NO_TIME)
		capture->first_us = packet->us;
}

static int check_packets(struct capture *capture, struct capture_reader *r, char *why, size_t why_size)
{
	struct capture_packet packet;
	int result;

	while ((result = capture_next(r, &packet)) == 1)
		add_packet(capture, &packet);
	capture_left_out(r, &capture->passed, &capture->malformed);
	if (result == 0)
		return 0;
	if (r->is_refused) {
		snprintf(why, why_size, "%s: %s", capture->path, capture_error(r));
		return -1;
	}
	capture->is_damaged = true;
	capture->is_unverified = capture_unpack_is_unverified(r->source);
	snprintf(why, why_size, "%s: damaged %s %llu packets: %s", capture->path,
		capture->is_unverified ? "within or after" : "after", (unsigned long long)capture->packets,
		capture_error(r));
	return 1;
}

static int check_reader(struct capture *capture, struct capture_reader *r, char *why, size_t why_size)
{
	if (open_format(r) != 0) {
		bool is_unverified = capture_unpack_is_unverified(r->source);
		if (r->is_refused)
			snprintf(why, why_size, "%s: %s", capture->path, r->error);
		int result = r->is_refused
				     ? -1
				     : capture_file_explain(capture->path, r->error, is_unverified, why, why_size);
		capture->is_damaged = result == 1;
		capture->is_unverified = is_unverified;
		return result;
	}
	capture->is_ng = r->format == FORMAT_NG;
	capture->is_plain = r->format == FORMAT_PLAIN;
	capture->link = r->link;
	capture->snapshot = r->snapshot;
	capture->packed = capture_unpack_name(r->source);
	int result = check_packets(capture, r, why, why_size);
	capture->is_mixed = r->is_mixed || (r->format == FORMAT_NG && r->ng.is_mixed);
	return result;
}

int capture_check(struct capture *capture, const char *path, char *why, size_t why_size)
{
	*capture = (struct capture){.path = path, .first_us = CAPTURE_NO_TIME};
	int result = capture_file_check(path, why, why_size);
	if (result != 0) {
		capture->is_damaged = result == 1;
		return result;
	}
	struct capture_reader *r = new_reader(capture_unpack_open(path));
	if (!r) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	result = check_reader(capture, r, why, why_size);
	capture_close(r);
	return result;
}

// packet by packet ───────────────────────────────────────────────────────────────────────────

struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size)
{
	struct capture_reader *r = new_reader(capture_unpack_open(capture->path));
	struct capture_packet packet;

	if (!r) {
		snprintf(why, why_size, "%s", strerror(errno));
		return NULL;
	}
	bool is_open = open_format(r) == 0;
	for (uint64_t i = 0; i < capture->skip && is_open; i++)
		is_open = capture_next(r, &packet) == 1;
	if (capture->is_damaged)
		r->left = capture->packets;
	if (is_open)
		return r;
	snprintf(why, why_size, "%s", capture_error(r));
	capture_close(r);
	return NULL;
}

struct capture_reader *capture_open_unchecked(const char *path)
{
	struct capture_reader *r = new_reader(capture_unpack_open(path));

	if (!r || open_format(r) == 0)
		return r;
	capture_close(r);
	return NULL;
}

struct capture_reader *capture_open_stream(int fd, const atomic_bool *stop)
{
	return new_reader(capture_unpack_take(fd, stop));
}

struct capture_reader *capture_open_dnstap(int fd, const atomic_bool *stop)
{
	struct capture_reader *r = capture_open_stream(fd, stop);

	if (r)
		r->is_connection = true;
	return r;
}

int capture_next(struct capture_reader *r, struct capture_packet *packet)
{
	if (r->left == 0)
		return 0;
	r->left--;
	if (__builtin_expect(r->format == FORMAT_NONE, 0) && open_format(r) != 0)
		return -1;
	for (;;) {
		int result = next_of_format(r, packet);
		if (__builtin_expect(result == 1, 1))
			return 1;
		if (result == CAPTURE_ANOTHER) {
			if (begin_another(r) != 0)
				return -1;
			continue;
		}
		if (result != 0)
			note_end(r);
		return result;
	}
}

void capture_left_out(const struct capture_reader *r, uint64_t *passed, uint64_t *malformed)
{
	bool is_open = r->format == FORMAT_DNSTAP;

	*passed = r->passed + (is_open ? r->dnstap.passed : 0);
	*malformed = r->malformed + (is_open ? r->dnstap.malformed : 0);
}

const char *capture_error(const struct capture_reader *r)
{
	const char *error = capture_unpack_error(r->source);

	return error ? error : r->error;
}

bool capture_is_cut(const struct capture_reader *r)
{
	return capture_unpack_error(r->source) ? capture_unpack_is_cut(r->source) : r->is_cut;
}

bool capture_is_unverified(const struct capture_reader *r)
{
	return capture_unpack_is_unverified(r->source);
}

void capture_close(struct capture_reader *r)
{
	if (!r)
		return;
	close_format(r);
	capture_unpack_close(r->source);
	free(r);
}
