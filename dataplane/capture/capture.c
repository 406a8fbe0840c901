// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/capture.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "dataplane/capture/unpack.h"
#include "dataplane/capture/pcapng.h"
#include "dataplane/capture/pcap.h"
#include "dataplane/capture/plain.h"

struct capture_reader {
	bool is_plain, is_ng; // or neither: `pcap`
	union {
		struct capture_plain plain;
		struct capture_ng ng;
		struct capture_pcap pcap;
	};
	enum link_kind link; // of all packets; not of pcapng
	uint64_t left;	     // packets still to be taken
};

// the check ──────────────────────────────────────────────────────────────────────────────────

// What else a file is, by its first octets.
static const char *kind_of(const char *path)
{
	static const struct {
		char start[5];
		const char *name;
	} kinds[] = {{"BZh9", "bzip2"}, {"PK\3\4", "zip"}, {"\x02\x21\x4c\x18", "old lz4 (lz4 -l)"}};
	char start[4] = "";
	FILE *file = fopen(path, "r");

	if (file && fread(start, 1, sizeof(start), file) != sizeof(start))
		start[0] = '\0';
	if (file)
		fclose(file);
	for (size_t i = 0; i < sizeof(kinds) / sizeof(kinds[0]); i++)
		if (memcmp(start, kinds[i].start, sizeof(start)) == 0)
			return kinds[i].name;
	return NULL;
}

// Checks that it is a file, which can be read twice. Returns as capture_check.
static int check_file(const char *path, char *why, size_t why_size)
{
	struct stat status;
	const char *found = "a pipe or device";

	if (stat(path, &status) != 0) {
		snprintf(why, why_size, "%s: %s", path, strerror(errno));
		return -1;
	}
	if (S_ISREG(status.st_mode) && status.st_size > 0)
		return 0;
	if (S_ISDIR(status.st_mode) || S_ISREG(status.st_mode))
		found = S_ISDIR(status.st_mode) ? "a directory" : "an empty file";
	snprintf(why, why_size, "%s: found %s, expected a capture file (pcap or pcapng)", path, found);
	return S_ISREG(status.st_mode) ? 1 : -1;
}

// Writes why libpcap does not open the file. Returns as capture_check.
static int explain(const char *path, const char *error, bool is_unverified, char *why, size_t why_size)
{
	bool named = strncmp(error, path, strlen(path)) == 0;
	const char *kind = kind_of(path);

	if (strcmp(error, "unknown file format") != 0)
		snprintf(why, why_size, "%s%s%s", named ? "" : path, named ? "" : ": ", error);
	else if (kind)
		snprintf(why, why_size,
			"%s: found %s data, expected pcap or pcapng, as they are or by gzip, zstd, xz or lz4; unpack it first",
			path, kind);
	else
		snprintf(why, why_size,
			"%s: found no capture in it, expected pcap or pcapng, as they are or by gzip, zstd, xz or lz4",
			path);
	return is_unverified || strncmp(error, "truncated ", 10) == 0 || strstr(error, CAPTURE_UNPACK_CUT) ? 1 : -1;
}

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

// True if plain.h reads the file to its end; `capture` then has its sums.
static bool check_plain(struct capture *capture)
{
	struct capture before = *capture;
	struct capture_plain plain;
	struct capture_packet packet = {.link = capture->link};
	int result;

	if (capture_plain_open(&plain, capture->path) != 0)
		return false;
	while ((result = capture_plain_next(&plain, &packet)) == 1)
		add_packet(capture, &packet);
	capture_plain_close(&plain);
	if (result != 0)
		*capture = before; // libpcap reports what is wrong, or can read it
	return result == 0;
}

static const struct capture_unpack *unpack_of(const struct capture_reader *r)
{
	return r->is_plain ? NULL : r->is_ng ? r->ng.unpack : r->pcap.unpack;
}

static int check_packets(struct capture *capture, struct capture_reader *r, char *why, size_t why_size)
{
	struct capture_packet packet;
	int result;

	r->left = UINT64_MAX;
	while ((result = capture_next(r, &packet)) == 1)
		add_packet(capture, &packet);
	if (result == 0)
		return 0;
	if (r->is_ng && r->ng.is_refused) {
		snprintf(why, why_size, "%s: %s", capture->path, capture_error(r));
		return -1;
	}
	capture->is_damaged = true;
	capture->is_unverified = capture_unpack_is_unverified(unpack_of(r));
	snprintf(why, why_size, "%s: damaged %s %llu packets: %s", capture->path,
		capture->is_unverified ? "within or after" : "after", (unsigned long long)capture->packets,
		capture_error(r));
	return 1;
}

static int check_ng(struct capture *capture, struct capture_reader *r, char *why, size_t why_size)
{
	capture->is_ng = r->is_ng = true;
	capture->packed = capture_unpack_name(r->ng.unpack);
	int result = check_packets(capture, r, why, why_size);
	capture->is_mixed = r->ng.is_mixed;
	capture_ng_close(&r->ng);
	return result;
}

static int check_pcap(struct capture *capture, struct capture_reader *r, char *why, size_t why_size)
{
	char error[PCAP_ERRBUF_SIZE];
	int result;

	if (!capture_pcap_open(&r->pcap, capture->path, error)) {
		result = explain(capture->path, error, r->pcap.is_unverified, why, why_size);
		capture->is_damaged = result == 1;
		capture->is_unverified = r->pcap.is_unverified;
		return result;
	}
	int dlt = pcap_datalink(r->pcap.pcap);
	if (!capture_link_of(dlt, &r->link)) {
		int len = snprintf(why, why_size, "%s: ", capture->path);
		if ((size_t)len < why_size)
			capture_link_unknown(why + len, why_size - (size_t)len, dlt);
		capture_pcap_close(&r->pcap);
		return -1;
	}
	capture->link = r->link;
	capture->snapshot = r->pcap.snapshot;
	capture->packed = capture_unpack_name(r->pcap.unpack);
	capture->is_plain = check_plain(capture);
	result = capture->is_plain ? 0 : check_packets(capture, r, why, why_size);
	capture_pcap_close(&r->pcap);
	return result;
}

int capture_check(struct capture *capture, const char *path, char *why, size_t why_size)
{
	struct capture_reader r = {0};

	*capture = (struct capture){.path = path, .first_us = CAPTURE_NO_TIME};
	int result = check_file(path, why, why_size);
	if (result != 0) {
		capture->is_damaged = result == 1;
		return result;
	}
	result = capture_ng_open(&r.ng, path);
	if (result < 0)
		snprintf(why, why_size, "%s: %s", path, r.ng.error);
	if (result != 0)
		return result < 0 ? -1 : check_ng(capture, &r, why, why_size);
	return check_pcap(capture, &r, why, why_size);
}

// packet by packet ───────────────────────────────────────────────────────────────────────────

struct capture_reader *capture_open(const struct capture *capture, char *why, size_t why_size)
{
	char error[PCAP_ERRBUF_SIZE] = "no longer as it was";
	struct capture_reader *r = calloc(1, sizeof(*r));
	bool is_open = false;

	if (r) {
		r->is_plain = capture->is_plain;
		r->is_ng = capture->is_ng;
		r->link = capture->link;
		r->left = capture->is_damaged ? capture->packets : UINT64_MAX;
		if (r->is_plain)
			is_open = capture_plain_open(&r->plain, capture->path) == 0;
		else if (r->is_ng)
			is_open = capture_ng_open(&r->ng, capture->path) == 1;
		else
			is_open = capture_pcap_open(&r->pcap, capture->path, error);
	}
	if (is_open)
		return r;
	snprintf(why, why_size, "%s", r ? error : "no memory");
	free(r);
	return NULL;
}

struct capture_reader *capture_open_unchecked(const char *path)
{
	char error[PCAP_ERRBUF_SIZE];
	struct capture_reader *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->left = UINT64_MAX;
	r->is_ng = capture_ng_open(&r->ng, path) == 1;
	if (r->is_ng)
		return r;
	if (capture_pcap_open(&r->pcap, path, error)) {
		if (capture_link_of(pcap_datalink(r->pcap.pcap), &r->link))
			return r;
		capture_pcap_close(&r->pcap);
	}
	free(r);
	return NULL;
}

int capture_next(struct capture_reader *r, struct capture_packet *packet)
{
	packet->link = r->link;
	if (r->is_plain)
		return capture_plain_next(&r->plain, packet);
	if (r->left == 0)
		return 0;
	r->left--;
	return r->is_ng ? capture_ng_next(&r->ng, packet) : capture_pcap_next(&r->pcap, packet);
}

const char *capture_error(struct capture_reader *r)
{
	if (r->is_plain)
		return r->plain.error;
	const char *error = capture_unpack_error(unpack_of(r));
	return error ? error : r->is_ng ? r->ng.error : pcap_geterr(r->pcap.pcap);
}

void capture_close(struct capture_reader *r)
{
	if (!r)
		return;
	if (r->is_plain)
		capture_plain_close(&r->plain);
	else if (r->is_ng)
		capture_ng_close(&r->ng);
	else
		capture_pcap_close(&r->pcap);
	free(r);
}
