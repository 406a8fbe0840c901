// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/pkt_frag.h"

#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/monotonic.h"

enum { BUCKET_ENTRIES = 16 }; // associativity of the library's table, a power of two

struct pkt_frag {
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead; // fragments that were given up, to be freed in bulk
	struct worker_stats *stats;
	uint32_t timeout_ms;
	struct monotonic time; // the library's entries wait for theirs
};

struct pkt_frag *pkt_frag_new(uint32_t datagrams, uint32_t timeout_ms, struct worker_stats *stats)
{
	struct pkt_frag *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->stats = stats;
	f->timeout_ms = timeout_ms;
	f->table = rte_ip_frag_table_create(rte_align32pow2(datagrams) / BUCKET_ENTRIES + 1, BUCKET_ENTRIES, datagrams,
		timeout_ms, (int)rte_socket_id());
	if (!f->table) {
		free(f);
		return NULL;
	}
	return f;
}

void pkt_frag_free(struct pkt_frag *f)
{
	if (!f)
		return;
	rte_ip_frag_table_destroy(f->table);
	rte_ip_frag_free_death_row(&f->dead, 0);
	free(f);
}

// Counts the fragments that the library gave up since `before` were on its list.
static void count_dead(struct pkt_frag *f, uint32_t before, uint64_t *reason)
{
	uint32_t given_up = f->dead.cnt - before;

	stats_add(reason, given_up);
	stats_set(&f->stats->frag_held, f->stats->frag_held - given_up);
}

// The library wants the fragment header right behind the fixed header; headers that every fragment
// repeats (hop-by-hop, routing) are of no use to us and are squeezed out.
static struct rte_ipv6_fragment_ext *squeeze_ipv6(struct rte_mbuf *m)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	size_t at = sizeof(*ip);
	uint8_t next = ip->proto;

	while (next != IPPROTO_FRAGMENT) {
		const uint8_t *header = rte_pktmbuf_mtod_offset(m, const uint8_t *, at);
		if (at + 8 > rte_pktmbuf_data_len(m))
			return NULL;
		next = header[0];
		at += ((size_t)header[1] + 1) * 8;
	}
	size_t squeezed = at - sizeof(*ip);
	if (at + sizeof(struct rte_ipv6_fragment_ext) > rte_pktmbuf_data_len(m))
		return NULL;
	if (squeezed > 0) {
		memmove(rte_pktmbuf_mtod_offset(m, void *, squeezed), ip, sizeof(*ip));
		ip = (struct rte_ipv6_hdr *)rte_pktmbuf_adj(m, (uint16_t)squeezed);
		ip->proto = IPPROTO_FRAGMENT;
		ip->payload_len = rte_cpu_to_be_16((uint16_t)(rte_be_to_cpu_16(ip->payload_len) - squeezed));
	}
	return (struct rte_ipv6_fragment_ext *)(ip + 1);
}

static struct rte_mbuf *add_ipv4(struct pkt_frag *f, struct rte_mbuf *m, uint64_t now_ms)
{
	struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	m->l3_len = rte_ipv4_hdr_len(ip);
	return rte_ipv4_frag_reassemble_packet(f->table, &f->dead, m, now_ms, ip);
}

static struct rte_mbuf *add_ipv6(struct pkt_frag *f, struct rte_mbuf *m, uint64_t now_ms)
{
	struct rte_ipv6_fragment_ext *header = squeeze_ipv6(m);

	if (!header) {
		f->dead.row[f->dead.cnt++] = m;
		return NULL;
	}
	m->l3_len = sizeof(struct rte_ipv6_hdr) + sizeof(*header);
	return rte_ipv6_frag_reassemble_packet(f->table, &f->dead, m, now_ms, rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *),
		header);
}

struct rte_mbuf *pkt_frag_add(struct pkt_frag *f, struct rte_mbuf *m, const struct pkt *pkt, uint64_t now_ms)
{
	if (f->dead.cnt + 2 * RTE_LIBRTE_IP_FRAG_MAX_FRAG > RTE_DIM(f->dead.row))
		rte_ip_frag_free_death_row(&f->dead, 0);
	uint32_t dead = f->dead.cnt;
	const uint8_t *start = rte_pktmbuf_mtod(m, const uint8_t *);
	// from the innermost IP header to the end that it names
	rte_pktmbuf_trim(m, (uint16_t)(start + rte_pktmbuf_data_len(m) - pkt->ip_end));
	rte_pktmbuf_adj(m, (uint16_t)(pkt->ip - start));
	m->l2_len = 0;
	stats_add(&f->stats->frag_held, 1);
	now_ms = monotonic_of(&f->time, now_ms, f->timeout_ms);
	struct rte_mbuf *whole = pkt->ip_version == 4 ? add_ipv4(f, m, now_ms) : add_ipv6(f, m, now_ms);
	count_dead(f, dead, &f->stats->frag_refused);
	if (whole) {
		stats_set(&f->stats->frag_held, f->stats->frag_held - whole->nb_segs);
		stats_add(&f->stats->frag_datagrams, 1);
	}
	return whole;
}

void pkt_frag_expire(struct pkt_frag *f, uint64_t now_ms)
{
	rte_ip_frag_free_death_row(&f->dead, 0);
	uint32_t before = f->dead.cnt;
	rte_ip_frag_table_del_expired_entries(f->table, &f->dead, monotonic_of(&f->time, now_ms, f->timeout_ms));
	count_dead(f, before, &f->stats->frag_expired);
	rte_ip_frag_free_death_row(&f->dead, 0);
}
