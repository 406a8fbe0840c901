// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/intake/pipe_input.h"

#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <stdatomic.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "dataplane/base/memory.h"
#include "dataplane/capture/capture.h"
#include "dataplane/common/log.h"

enum {
	RING = 4 << 20,	 // octets, a power of two; more than two of the longest packets
	WAIT_US = 500,	 // of the thread, while the ring is full
	START_US = 1000, // and until packets are wanted
	ALIGNMENT = 8	 // of a packet in the ring
};

// Before each packet in the ring. A packet is never in two parts: the end of the ring is skipped.
struct slot {
	uint32_t size; // of the packet; SKIP: the rest of the ring is not used
	uint32_t link;
	uint64_t us;
	bool is_snapped;
};

#define SKIP UINT32_MAX

struct pipe_input {
	const char *name;
	int fd; // until the thread owns it
	pthread_t thread;
	bool is_started;
	enum intake_damaged damaged;
	atomic_bool stop, wanted, ended, failed;
	atomic_uint_fast64_t written, taken; // octets since the start, modulo RING: thread, worker
	struct capture_packet packet;	     // worker: the next one
	bool has_packet;
	uint8_t *ring;
};

// opening ────────────────────────────────────────────────────────────────────────────────────

// The open descriptor that a path stands for, or -1.
static int descriptor_of(const char *path)
{
	static const char *const folders[] = {"/dev/fd/", "/proc/self/fd/"};

	if (strcmp(path, "-") == 0 || strcmp(path, "/dev/stdin") == 0)
		return STDIN_FILENO;
	for (size_t i = 0; i < sizeof(folders) / sizeof(folders[0]); i++) {
		size_t len = strlen(folders[i]);
		char *end;
		long number = strncmp(path, folders[i], len) == 0 ? strtol(path + len, &end, 10) : -1;
		if (number >= 0 && number < 1 << 20 && end > path + len && *end == '\0')
			return (int)number;
	}
	return -1;
}

bool pipe_input_is(const char *path)
{
	struct stat status;

	return descriptor_of(path) >= 0 || (stat(path, &status) == 0 && S_ISFIFO(status.st_mode));
}

struct pipe_input *pipe_input_open(const char *path, char *why, size_t why_size)
{
	struct pipe_input *p = calloc(1, sizeof(*p));
	int number = descriptor_of(path);

	if (!p) {
		snprintf(why, why_size, "%s: no memory", path);
		return NULL;
	}
	p->name = number == STDIN_FILENO ? "standard input" : path;
	// not opened a second time: a pipe whose writer has gone would seem to wait for one
	p->fd = number >= 0 ? fcntl(number, F_DUPFD_CLOEXEC, 3) : open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	if (p->fd >= 0 && !isatty(p->fd))
		return p;
	if (p->fd >= 0)
		snprintf(why, why_size, "%s: found a terminal, expected a pipe or a file", p->name);
	else
		snprintf(why, why_size, "%s: %s", p->name, strerror(errno));
	pipe_input_close(p);
	return NULL;
}

struct pipe_input *pipe_input_new(const char *name)
{
	struct pipe_input *p = calloc(1, sizeof(*p));

	if (!p || !(p->ring = memory_new(RING))) {
		free(p);
		return NULL;
	}
	p->name = name;
	p->fd = -1;
	return p;
}

void pipe_input_stop(struct pipe_input *p)
{
	atomic_store(&p->stop, true);
}

// the thread ─────────────────────────────────────────────────────────────────────────────────

// Waits until the ring has room for that many octets. False: stop.
static bool await_room(struct pipe_input *p, uint64_t size)
{
	uint64_t written = atomic_load_explicit(&p->written, memory_order_relaxed);

	while (written + size - atomic_load_explicit(&p->taken, memory_order_acquire) > RING) {
		if (atomic_load_explicit(&p->stop, memory_order_relaxed))
			return false;
		usleep(WAIT_US);
	}
	return true;
}

static uint64_t rounded(uint64_t size)
{
	return (size + ALIGNMENT - 1) & ~(uint64_t)(ALIGNMENT - 1);
}

bool pipe_input_put(struct pipe_input *p, const struct capture_packet *packet)
{
	uint64_t written = atomic_load_explicit(&p->written, memory_order_relaxed);
	uint64_t size = rounded(sizeof(struct slot) + packet->size), left = RING - (written & (RING - 1));
	struct slot slot = {packet->size, packet->link, packet->us, packet->is_snapped};

	if (left < size) {
		if (!await_room(p, left))
			return false;
		memcpy(p->ring + (written & (RING - 1)), &(uint32_t){SKIP}, sizeof(uint32_t));
		written += left;
		atomic_store_explicit(&p->written, written, memory_order_release);
	}
	if (!await_room(p, size))
		return false;
	uint8_t *at = p->ring + (written & (RING - 1));
	memcpy(at, &slot, sizeof(slot));
	memcpy(at + sizeof(slot), packet->bytes, packet->size);
	atomic_store_explicit(&p->written, written + size, memory_order_release);
	return true;
}

// Logs how it ended, and sets `failed`.
static void note_damage(struct pipe_input *p, const struct capture_reader *reader, uint64_t packets)
{
	const char *error = reader ? capture_error(reader) : "no memory";
	bool is_unverified = reader && capture_is_unverified(reader);
	enum intake_damaged least = is_unverified ? INTAKE_DAMAGED_TAKE_UNVERIFIED : INTAKE_DAMAGED_TAKE;

	if (packets > 0 && capture_is_cut(reader)) {
		log_warning("%s: ended early: %s; the %llu packets before were taken", p->name, error,
			(unsigned long long)packets);
	} else if (packets > 0 && p->damaged >= least) {
		log_warning("%s: damaged after %llu packets: %s; the rest is not read", p->name,
			(unsigned long long)packets, error);
	} else {
		if (packets == 0)
			log_error("%s: found no capture in it, expected pcap or pcapng, as they are or by gzip, zstd, "
				  "xz or lz4: %s",
				p->name, error);
		else
			log_error("%s: damaged after %llu packets, which were taken: %s; the rest is not read%s",
				p->name, (unsigned long long)packets, error,
				is_unverified ? ", and any packet may be wrong" : "");
		atomic_store(&p->failed, true);
	}
}

void pipe_input_run_everywhere(void)
{
	cpu_set_t all;

	memset(&all, 0xff, sizeof(all));
	sched_setaffinity(0, sizeof(all), &all); // not allowed: it stays with the main thread's
}

static void *read_all(void *context)
{
	struct pipe_input *p = context;
	struct capture_packet packet;
	uint64_t packets = 0;
	int result = -1;

	pthread_setname_np(pthread_self(), "replay-pipe");
	pipe_input_run_everywhere();
	while (!atomic_load(&p->wanted) && !atomic_load(&p->stop))
		usleep(START_US);
	struct capture_reader *reader = capture_open_stream(p->fd, &p->stop);
	p->fd = -1;
	while (reader && (result = capture_next(reader, &packet)) == 1 && pipe_input_put(p, &packet))
		packets++;
	if (result < 0 && !atomic_load(&p->stop))
		note_damage(p, reader, packets);
	else if (result == 0)
		log_info("%s: ended after %llu packets", p->name, (unsigned long long)packets);
	capture_close(reader);
	atomic_store_explicit(&p->ended, true, memory_order_release);
	return NULL;
}

int pipe_input_start(struct pipe_input *p, enum intake_damaged damaged)
{
	if (p->ring) // of pipe_input_new: others fill it
		return 0;
	p->damaged = damaged;
	p->ring = memory_new(RING);
	if (!p->ring || pthread_create(&p->thread, NULL, read_all, p) != 0)
		return -1;
	p->is_started = true;
	return 0;
}

// the worker ─────────────────────────────────────────────────────────────────────────────────

const struct capture_packet *pipe_input_peek(struct pipe_input *p)
{
	uint64_t taken = atomic_load_explicit(&p->taken, memory_order_relaxed);
	struct slot slot;

	if (p->has_packet)
		return &p->packet;
	if (!atomic_load_explicit(&p->wanted, memory_order_relaxed))
		atomic_store(&p->wanted, true);
	while (taken != atomic_load_explicit(&p->written, memory_order_acquire)) {
		const uint8_t *at = p->ring + (taken & (RING - 1));
		memcpy(&slot.size, at, sizeof(slot.size));
		if (slot.size == SKIP) {
			taken += RING - (taken & (RING - 1));
			atomic_store_explicit(&p->taken, taken, memory_order_release);
			continue;
		}
		memcpy(&slot, at, sizeof(slot));
		p->packet = (struct capture_packet){.bytes = at + sizeof(slot),
			.size = slot.size,
			.link = (enum link_kind)slot.link,
			.is_snapped = slot.is_snapped,
			.us = slot.us};
		p->has_packet = true;
		return &p->packet;
	}
	return NULL;
}

void pipe_input_take(struct pipe_input *p)
{
	uint64_t size = rounded(sizeof(struct slot) + p->packet.size);

	p->has_packet = false;
	atomic_fetch_add_explicit(&p->taken, size, memory_order_release);
}

bool pipe_input_is_over(struct pipe_input *p)
{
	// `ended` first: what was written before it is seen
	return atomic_load_explicit(&p->ended, memory_order_acquire) && !pipe_input_peek(p);
}

bool pipe_input_failed(const struct pipe_input *p)
{
	return atomic_load(&p->failed);
}

const char *pipe_input_name(const struct pipe_input *p)
{
	return p->name;
}

void pipe_input_close(struct pipe_input *p)
{
	if (!p)
		return;
	atomic_store(&p->stop, true);
	if (p->is_started)
		pthread_join(p->thread, NULL);
	if (p->fd >= 0)
		close(p->fd);
	memory_delete(p->ring);
	free(p);
}
