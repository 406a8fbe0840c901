// SPDX-License-Identifier: BSD-3-Clause
// What the files of the queue share.
#pragma once

#include "collector/alert/queue.h"

#include <pthread.h>

// Head of a record on disk, in the order of octets of the machine; then `size` octets.
struct queue_head {
	uint32_t magic;
	uint32_t crc;	 // CRC-32 of all that follows, the alert included
	uint32_t size;	 // of the packed alert
	uint32_t tries;	 // as in alert_queue_item
	uint64_t number; // from 1
	uint64_t again;	 // number of the record that this one repeats; 0: none
	int64_t time_ms; // of the alert
};

struct queue_entry {
	uint64_t number;
	uint64_t at; // offset of the head
	uint32_t size, tries;
	int64_t time_ms;
};

struct alert_queue {
	pthread_mutex_t lock;
	char folder[4096], name[64];
	int fd, done_fd;
	uint64_t limit;
	uint64_t end;			   // octets of the file
	uint64_t next;			   // number of the next record
	uint64_t done;			   // last number that is done
	struct queue_entry *entry;	   // that wait: first … len - 1; owned
	size_t first, len, capacity;	   // in the array
	uint64_t bytes;			   // of those, heads included
	char last_entry[ALERT_ENTRY_SIZE]; // the greatest that was appended
	uint64_t dropped, failed_dropped;  // as in the levels
	bool unsynced;			   // something was appended
};

enum { QUEUE_MAGIC = 0x31524c41, QUEUE_FAILED_SIZE = 16 << 20, QUEUE_SLACK = 4 << 20 };

// queue_file.c: reads the records of the file that are not done. Returns 0 or -errno. What cannot be read is skipped, with a
// log line.
int alert_queue_load(struct alert_queue *q);

// Appends a record. Returns 0 or -errno; then the file is as before. The lock is held.
int alert_queue_append(struct alert_queue *q, const char *text, size_t size, uint32_t tries, uint64_t again,
	int64_t time_ms);

// Reads the alert of an entry. False: it cannot be read. The lock is held.
bool alert_queue_read(struct alert_queue *q, const struct queue_entry *e, struct alert *out);

// Writes a new file of what waits. The lock is held.
int alert_queue_compact(struct alert_queue *q);

// Notes on disk that all up to `number` are done. The lock is held.
void alert_queue_advance(struct alert_queue *q, uint64_t number);

// Opens "<folder>/<name><suffix>". Returns a descriptor or -errno.
int alert_queue_file(const struct alert_queue *q, const char *suffix, int flags);
