// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/plain.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

enum {
	BLOCK = 128 << 10,	    // octets per read: they stay in the L2 cache until they are used
	MAGIC_US = (int)0xa1b2c3d4, // draft-ietf-opsawg-pcap §4
	MAGIC_NS = (int)0xa1b23c4d
};

struct file_header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2];
	uint32_t snapshot;
	uint32_t link;
};

static bool read_header(int fd, struct file_header *h)
{
	struct stat status;

	return fstat(fd, &status) == 0 && S_ISREG(status.st_mode) && read(fd, h, sizeof(*h)) == (ssize_t)sizeof(*h) &&
	       (h->magic == (uint32_t)MAGIC_US || h->magic == (uint32_t)MAGIC_NS) && h->major == 2 && h->minor == 4;
}

int capture_plain_open(struct capture_plain *c, const char *path)
{
	struct file_header header;

	*c = (struct capture_plain){.fd = open(path, O_RDONLY | O_CLOEXEC)};
	if (c->fd < 0)
		return -1;
	if (read_header(c->fd, &header))
		c->block = malloc(sizeof(struct capture_plain_record) + CAPTURE_PACKET_MAX + BLOCK);
	if (!c->block) {
		close(c->fd);
		return -1;
	}
	posix_fadvise(c->fd, 0, 0, POSIX_FADV_SEQUENTIAL);
	c->divisor = header.magic == (uint32_t)MAGIC_NS ? 1000 : 1;
	c->at = c->end = c->block;
	return 0;
}

void capture_plain_close(struct capture_plain *c)
{
	close(c->fd);
	free(c->block);
}

// Octets missing of the next record; at least 1.
static size_t missing(const struct capture_plain *c)
{
	struct capture_plain_record r;
	size_t left = (size_t)(c->end - c->at);

	if (left < sizeof(r))
		return sizeof(r) - left;
	memcpy(&r, c->at, sizeof(r));
	return sizeof(r) + r.size - left;
}

int capture_plain_fill(struct capture_plain *c)
{
	struct capture_plain_record r;
	size_t left = (size_t)(c->end - c->at);

	if (left >= sizeof(r)) {
		memcpy(&r, c->at, sizeof(r));
		if (r.size > CAPTURE_PACKET_MAX) {
			c->error = "a packet is longer than any can be"; // libpcap reports how long
			return -1;
		}
	}
	memmove(c->block, c->at, left); // less than one record
	c->at = c->block;
	c->end = c->block + left;
	for (size_t wanted = missing(c); wanted > 0;) {
		ssize_t got = read(c->fd, c->block + left, BLOCK);
		if (got < 0 && errno == EINTR)
			continue;
		if (got <= 0) {
			c->error = got < 0 ? strerror(errno) : "its last packet is cut off";
			return got == 0 && left == 0 ? 0 : -1;
		}
		left += (size_t)got;
		c->end += got;
		if ((size_t)got >= wanted)
			break;
		wanted -= (size_t)got;
	}
	return 1;
}
