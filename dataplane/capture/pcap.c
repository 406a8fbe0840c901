// SPDX-License-Identifier: BSD-3-Clause
// libpcap cuts packets at the snapshot length of the file's header. There are files with longer packets (segments that were
// merged, files that other tools joined). To read them whole, libpcap is given another header.
#include "dataplane/capture/pcap.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/unpack.h"

enum {
	HEAD = 24,    // octets of the file's header, draft-ietf-opsawg-pcap §4
	SNAPSHOT = 16 // offset of the snapshot length
};

// A file whose header is replaced.
struct pcap_stream {
	struct capture_unpack *source; // borrowed
	uint8_t head[HEAD];
	size_t size; // of the header, which may be cut off
	size_t at;   // octets of it that were read
};

static ssize_t read_stream(void *cookie, char *to, size_t size)
{
	struct pcap_stream *s = cookie;
	size_t n = s->size - s->at < size ? s->size - s->at : size;

	if (n > 0) {
		memcpy(to, s->head + s->at, n);
		s->at += n;
		return (ssize_t)n;
	}
	return capture_unpack_read(s->source, to, size);
}

static int close_stream(void *cookie)
{
	free(cookie);
	return 0;
}

// Replaces the snapshot length by CAPTURE_PACKET_MAX and returns the old one. All magic numbers of pcap begin with a1, or 1c
// (IXIA).
static uint32_t replace_snapshot(uint8_t head[static HEAD])
{
	uint32_t value = 0;
	bool is_big = head[0] == 0xa1 || head[0] == 0x1c, is_little = head[3] == 0xa1 || head[3] == 0x1c;

	if (!is_big && !is_little)
		return 0; // libpcap reports what is wrong
	for (int i = 0; i < 4; i++) {
		uint8_t *octet = &head[SNAPSHOT + (is_big ? 3 - i : i)];
		value |= (uint32_t)*octet << 8 * i;
		*octet = (uint8_t)((uint32_t)CAPTURE_PACKET_MAX >> 8 * i);
	}
	return value;
}

static FILE *open_stream(struct capture_pcap *c, struct capture_unpack *source)
{
	static const cookie_io_functions_t functions = {.read = read_stream, .close = close_stream};
	struct pcap_stream *s = calloc(1, sizeof(*s));
	FILE *file = s ? fopencookie(s, "r", functions) : NULL;
	const uint8_t *start;

	if (!file) {
		free(s);
		return NULL;
	}
	s->source = source;
	s->size = capture_unpack_peek(source, &start, HEAD);
	if (s->size > HEAD)
		s->size = HEAD;
	for (size_t at = 0; at < s->size;)
		at += (size_t)capture_unpack_read(source, s->head + at, s->size - at); // from those looked at
	if (s->size == HEAD)
		c->snapshot = replace_snapshot(s->head);
	return file;
}

bool capture_pcap_open(struct capture_pcap *c, struct capture_unpack *source, char error[static PCAP_ERRBUF_SIZE])
{
	*c = (struct capture_pcap){0};
	FILE *file = open_stream(c, source);

	if (!file) {
		snprintf(error, PCAP_ERRBUF_SIZE, "%s", strerror(errno));
		return false;
	}
	c->pcap = pcap_fopen_offline(file, error);
	if (c->pcap)
		return true;
	if (capture_unpack_error(source))
		snprintf(error, PCAP_ERRBUF_SIZE, "%s", capture_unpack_error(source));
	fclose(file);
	return false;
}

void capture_pcap_close(struct capture_pcap *c)
{
	pcap_close(c->pcap);
}

int capture_pcap_next(struct capture_pcap *c, struct capture_packet *packet)
{
	struct pcap_pkthdr *header;
	int result = pcap_next_ex(c->pcap, &header, &packet->bytes);

	if (result != 1)
		return result == PCAP_ERROR ? -1 : 0;
	packet->size = header->caplen;
	packet->is_snapped = header->caplen < header->len;
	// seconds are unsigned 32 bits in a file; libpcap reads those after 2038 as negative
	packet->us = capture_us((uint32_t)header->ts.tv_sec, (uint32_t)header->ts.tv_usec);
	return 1;
}
