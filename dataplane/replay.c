// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/replay.h"

#include <errno.h>
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdatomic.h>
#include <stdlib.h>
#include <string.h>

#include <rte_cycles.h>
#include <rte_errno.h>
#include <rte_eth_ring.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/log.h"
#include "dataplane/packet_meta.h"

enum {
	QUEUE_LEN = 2048,   // packets that wait for a worker, a power of two
	FULL_PAUSE_US = 20, // while a worker is behind or no buffer is free
	PACKET_SIZE_MAX = 1 << 18
};

struct replay {
	const struct capture *captures;
	unsigned captures_len;
	struct rte_mempool *pool;
	struct rte_ring *rings[STATS_WORKERS_MAX];
	unsigned rings_len;
	pthread_t thread;
	bool started;
	struct pkt_ports every_port;	  // to find the addresses of a packet whatever its ports
	struct worker_stats unused_stats; // pkt_decap counts; these counts are nobody's
	atomic_bool stop;		  // main: w, reader: r
	atomic_bool done;		  // reader: w, main: r
	atomic_bool failed;		  // reader: w, main: r
	atomic_uint_fast64_t packets;	  // reader: w, main: r
};

struct replay *replay_new(const struct capture *captures, unsigned captures_len, unsigned workers,
	struct rte_mempool *pool, uint16_t *port)
{
	struct replay *r = calloc(1, sizeof(*r));

	if (!r)
		return NULL;
	r->captures = captures;
	r->captures_len = captures_len;
	r->pool = pool;
	memset(&r->every_port, 0xff, sizeof(r->every_port));
	for (unsigned i = 0; i < workers; i++) {
		char name[RTE_RING_NAMESIZE];
		snprintf(name, sizeof(name), "replay_%u", i);
		r->rings[i] = rte_ring_create(name, QUEUE_LEN, SOCKET_ID_ANY, RING_F_SP_ENQ | RING_F_SC_DEQ);
		if (!r->rings[i]) {
			log_error("replay: no memory for a queue: %s", rte_strerror(rte_errno));
			free(r);
			return NULL;
		}
		r->rings_len++;
	}
	int id = rte_eth_from_rings("replay", r->rings, workers, r->rings, workers, SOCKET_ID_ANY);
	if (id < 0) {
		log_error("replay: cannot make a port: %s", rte_strerror(rte_errno));
		free(r);
		return NULL;
	}
	*port = (uint16_t)id;
	return r;
}

// The same worker for both directions of a conversation and for fragments: by the innermost
// addresses, whichever comes first.
static unsigned choose_worker(struct replay *r, const uint8_t *frame, size_t size, enum pkt_link link)
{
	struct pkt pkt;
	uint32_t sum = 0;

	if (r->rings_len == 1 || pkt_decap(&pkt, frame, size, link, &r->every_port, &r->unused_stats) == PKT_DROP)
		return 0;
	for (size_t i = 0; i < (pkt.ip_version == 4 ? 4u : 16u); i++)
		sum = sum * 31 + (pkt.src[i] ^ pkt.dst[i]) + (uint32_t)pkt.src[i] * pkt.dst[i];
	sum *= 0x9e3779b1u;
	return (unsigned)(((uint64_t)sum * r->rings_len) >> 32);
}

// Copies a packet into as many buffers as it takes. NULL while there are none.
static struct rte_mbuf *copy_packet(struct replay *r, const uint8_t *bytes, uint32_t size)
{
	struct rte_mbuf *head = rte_pktmbuf_alloc(r->pool), *last = head;
	uint32_t at = 0;

	while (last) {
		uint16_t part = (uint16_t)RTE_MIN(size - at, (uint32_t)rte_pktmbuf_tailroom(last));
		memcpy(rte_pktmbuf_mtod(last, uint8_t *), bytes + at, part);
		last->data_len = part;
		at += part;
		if (at == size) {
			head->pkt_len = size;
			return head;
		}
		last->next = rte_pktmbuf_alloc(r->pool);
		last = last->next;
		head->nb_segs++;
	}
	if (head) { // ran out midway
		head->nb_segs--;
		rte_pktmbuf_free(head);
	}
	return NULL;
}

static bool is_stopped(const struct replay *r)
{
	return atomic_load_explicit(&r->stop, memory_order_relaxed);
}

static void queue_packet(struct replay *r, const struct capture *capture, const struct pcap_pkthdr *header,
	const uint8_t *bytes)
{
	uint32_t size = RTE_MIN(header->caplen, (uint32_t)PACKET_SIZE_MAX);
	unsigned worker = choose_worker(r, bytes, size, capture->link);
	struct rte_mbuf *m;

	while (!(m = copy_packet(r, bytes, size)) && !is_stopped(r))
		rte_delay_us_sleep(FULL_PAUSE_US);
	if (!m)
		return;
	packet_meta_set(m, (uint64_t)header->ts.tv_sec * 1000000 + (uint64_t)header->ts.tv_usec, capture->link);
	while (rte_ring_enqueue(r->rings[worker], m) != 0) {
		if (is_stopped(r)) {
			rte_pktmbuf_free(m);
			return;
		}
		rte_delay_us_sleep(FULL_PAUSE_US);
	}
	atomic_fetch_add_explicit(&r->packets, 1, memory_order_relaxed);
}

static void read_capture(struct replay *r, const struct capture *capture)
{
	char error[PCAP_ERRBUF_SIZE];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	uint64_t packets = 0;
	int result = 0;

	pcap_t *pcap = pcap_open_offline(capture->path, error);
	if (pcap) {
		while (!is_stopped(r) && (result = pcap_next_ex(pcap, &header, &bytes)) == 1) {
			queue_packet(r, capture, header, bytes);
			packets++;
		}
		if (result == PCAP_ERROR)
			snprintf(error, sizeof(error), "%s", pcap_geterr(pcap));
		pcap_close(pcap);
	}
	if (!pcap || result == PCAP_ERROR || (packets != capture->packets && !is_stopped(r))) {
		log_error("%s: changed while it was read: %s; %llu of its %llu packets were taken", capture->path,
			!pcap || result == PCAP_ERROR ? error : "another length", (unsigned long long)packets,
			(unsigned long long)capture->packets);
		atomic_store(&r->failed, true);
	}
}

static void *read_captures(void *replay)
{
	struct replay *r = replay;

	for (unsigned i = 0; i < r->captures_len && !is_stopped(r); i++)
		read_capture(r, &r->captures[i]);
	atomic_store_explicit(&r->done, true, memory_order_release);
	return NULL;
}

int replay_start(struct replay *r)
{
	int result = pthread_create(&r->thread, NULL, read_captures, r);

	r->started = result == 0;
	return -result;
}

void replay_stop(struct replay *r)
{
	atomic_store(&r->stop, true);
}

bool replay_is_done(const struct replay *r)
{
	return atomic_load_explicit(&r->done, memory_order_acquire);
}

bool replay_failed(const struct replay *r)
{
	return atomic_load(&r->failed);
}

uint64_t replay_packets(const struct replay *r)
{
	return atomic_load_explicit(&r->packets, memory_order_relaxed);
}

void replay_free(struct replay *r)
{
	if (!r)
		return;
	replay_stop(r);
	if (r->started)
		pthread_join(r->thread, NULL);
	free(r);
}
