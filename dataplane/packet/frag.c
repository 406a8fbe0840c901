// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/frag.h"

#include <stdlib.h>
#include <string.h>

#include <rte_ip.h>
#include <rte_ip_frag.h>
#include <rte_lcore.h>
#include <rte_mbuf.h>

#include "dataplane/common/monotonic.h"

enum {
	BUCKET_ENTRIES = 16,	  // associativity of the library's table, a power of two
	DATAGRAM_SIZE_MAX = 65535 // RFC 791 §3.1, RFC 8200 §3
};

// The fragments seen of an incomplete datagram. The library treats a second copy of a fragment as an attack and drops the
// datagram; but a tap may deliver packets twice (RFC 8200 §4.5 allows exact copies).
struct seen {
	uint64_t datagram; // hash of its addresses and ID; 0: free
	uint64_t since_ms;
	uint64_t parts[RTE_LIBRTE_IP_FRAG_MAX_FRAG]; // hash of each fragment: its offset and its octets
	uint32_t parts_len;
};

struct part {
	const uint8_t *bytes;
	uint32_t size;
	uint32_t at;			      // their offset in the datagram, after its header
	uint64_t datagram;		      // as in struct seen
	struct rte_ipv6_fragment_ext *header; // IPv6 only
};

struct pkt_frag {
	struct rte_ip_frag_tbl *table;
	struct rte_ip_frag_death_row dead; // evicted fragments, to be freed in bulk
	struct hash_key key;
	struct worker_stats *stats;
	uint32_t datagrams;
	uint32_t timeout_ms;
	struct monotonic time; // for the time-outs of the library
	struct seen *seen;     // each at the index that its hash gives; a newer one replaces an older one
	uint32_t seen_mask;
};

struct pkt_frag *pkt_frag_new(uint32_t datagrams, uint32_t timeout_ms, const struct hash_key *key,
	struct worker_stats *stats)
{
	struct pkt_frag *f = calloc(1, sizeof(*f));

	if (!f)
		return NULL;
	f->key = *key;
	f->stats = stats;
	f->datagrams = datagrams;
	f->timeout_ms = timeout_ms;
	f->seen_mask = rte_align32pow2(datagrams) - 1;
	f->seen = calloc((size_t)f->seen_mask + 1, sizeof(*f->seen));
	f->table = rte_ip_frag_table_create(rte_align32pow2(datagrams) / BUCKET_ENTRIES + 1, BUCKET_ENTRIES, datagrams,
		timeout_ms, (int)rte_socket_id());
	if (!f->table || !f->seen) {
		pkt_frag_free(f);
		return NULL;
	}
	return f;
}

void pkt_frag_free(struct pkt_frag *f)
{
	if (!f)
		return;
	if (f->table)
		rte_ip_frag_table_destroy(f->table);
	rte_ip_frag_free_death_row(&f->dead, 0);
	free(f->seen);
	free(f);
}

// Counts the fragments that the library evicted, and frees them.
static void free_dead(struct pkt_frag *f, uint64_t *reason)
{
	stats_add(reason, f->dead.cnt);
	stats_set(&f->stats->frag_held, f->stats->frag_held - f->dead.cnt);
	rte_ip_frag_free_death_row(&f->dead, 0);
}

// The library requires the fragment header directly after the fixed header. Headers that every fragment
// repeats (hop-by-hop, routing) are not needed and are removed.
static struct rte_ipv6_fragment_ext *squeeze_ipv6(struct rte_mbuf *m)
{
	struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	size_t at = sizeof(*ip);

	for (uint8_t type = ip->proto; type != IPPROTO_FRAGMENT;) {
		const uint8_t *header = rte_pktmbuf_mtod_offset(m, const uint8_t *, at);
		if (at + 8 > rte_pktmbuf_data_len(m))
			return NULL;
		at += type == IPPROTO_AH ? ((size_t)header[1] + 2) * 4 : ((size_t)header[1] + 1) * 8;
		type = header[0];
	}
	size_t squeezed = at - sizeof(*ip);
	if (at + sizeof(struct rte_ipv6_fragment_ext) > rte_pktmbuf_data_len(m))
		return NULL;
	if (squeezed > 0) {
		memmove(rte_pktmbuf_mtod_offset(m, void *, squeezed), ip, sizeof(*ip));
		ip = (struct rte_ipv6_hdr *)rte_pktmbuf_adj(m, (uint16_t)squeezed);
		ip->proto = IPPROTO_FRAGMENT;
	}
	ip->payload_len = rte_cpu_to_be_16((uint16_t)(rte_pktmbuf_data_len(m) - sizeof(*ip)));
	return (struct rte_ipv6_fragment_ext *)(ip + 1);
}

static uint64_t datagram_of(const struct pkt_frag *f, const uint8_t *addresses, size_t size, uint32_t id)
{
	uint64_t hash = hash_mix(&f->key, hash_bytes(&f->key, addresses, size), id);

	return hash ? hash : 1;
}

static bool part_of_ipv4(const struct pkt_frag *f, struct rte_mbuf *m, struct part *part)
{
	const struct rte_ipv4_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *);

	m->l3_len = rte_ipv4_hdr_len(ip);
	part->at = (rte_be_to_cpu_16(ip->fragment_offset) & RTE_IPV4_HDR_OFFSET_MASK) * RTE_IPV4_HDR_OFFSET_UNITS;
	part->datagram = datagram_of(f, (const uint8_t *)&ip->src_addr, 8, ip->packet_id);
	return part->at + rte_pktmbuf_data_len(m) <= DATAGRAM_SIZE_MAX;
}

static bool part_of_ipv6(const struct pkt_frag *f, struct rte_mbuf *m, struct part *part)
{
	part->header = squeeze_ipv6(m);
	if (!part->header)
		return false;
	const struct rte_ipv6_hdr *ip = rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *);
	m->l3_len = sizeof(*ip) + sizeof(*part->header);
	part->at = rte_be_to_cpu_16(part->header->frag_data) & RTE_IPV6_EHDR_FO_MASK;
	part->datagram = datagram_of(f, (const uint8_t *)&ip->src_addr, 32, part->header->id);
	return part->at + rte_pktmbuf_data_len(m) - m->l3_len <= DATAGRAM_SIZE_MAX;
}

static struct seen *seen_of(struct pkt_frag *f, const struct part *part, uint64_t now_ms)
{
	struct seen *s = &f->seen[part->datagram & f->seen_mask];

	if (s->datagram != part->datagram || now_ms - s->since_ms > f->timeout_ms)
		*s = (struct seen){.datagram = part->datagram, .since_ms = now_ms};
	return s;
}

// Whether the same fragment came before; remembers it.
static bool is_copy(const struct pkt_frag *f, struct seen *s, const struct part *part)
{
	uint64_t hash = hash_mix(&f->key, hash_bytes(&f->key, part->bytes, part->size), part->at);

	for (uint32_t i = 0; i < s->parts_len; i++)
		if (s->parts[i] == hash)
			return true;
	if (s->parts_len < RTE_DIM(s->parts))
		s->parts[s->parts_len++] = hash;
	return false;
}

// Evicts the oldest datagrams, as many as the death row takes at once. The library only has a time-out, and rejects all new
// datagrams until then; if the table is full, the time-out is shortened until something is evicted.
static void make_room(struct pkt_frag *f, uint64_t now_ms)
{
	for (uint32_t age_ms = f->timeout_ms / 2; f->dead.cnt == 0; age_ms /= 2) {
		rte_ip_frag_table_del_expired_entries(f->table, &f->dead, now_ms + f->timeout_ms + 1 - age_ms);
		if (age_ms == 0)
			break;
	}
	free_dead(f, &f->stats->frag_evicted);
}

static struct rte_mbuf *give_up(struct rte_mbuf *m, uint64_t *reason)
{
	stats_add(reason, 1);
	rte_pktmbuf_free(m);
	return NULL;
}

static struct rte_mbuf *try_reassemble(struct pkt_frag *f, struct rte_mbuf *m, const struct part *part, uint64_t now_ms)
{
	if (part->header)
		return rte_ipv6_frag_reassemble_packet(f->table, &f->dead, m, now_ms,
			rte_pktmbuf_mtod(m, struct rte_ipv6_hdr *), part->header);
	return rte_ipv4_frag_reassemble_packet(f->table, &f->dead, m, now_ms,
		rte_pktmbuf_mtod(m, struct rte_ipv4_hdr *));
}

// Only those octets, in one segment, as the library requires. Takes ownership of `m`; NULL if they do not fit.
static struct rte_mbuf *narrow(struct rte_mbuf *m, uint32_t at, uint32_t size)
{
	if (m->nb_segs == 1 && RTE_MBUF_DIRECT(m)) {
		rte_pktmbuf_trim(m, (uint16_t)(rte_pktmbuf_data_len(m) - at - size));
		rte_pktmbuf_adj(m, (uint16_t)at);
		return m;
	}
	struct rte_mbuf *copy = rte_pktmbuf_copy(m, m->pool, at, size);
	rte_pktmbuf_free(m);
	if (copy && copy->nb_segs > 1) {
		rte_pktmbuf_free(copy);
		return NULL;
	}
	return copy;
}

// Adds the fragment to its datagram. If the table is full, the oldest datagrams are evicted.
static struct rte_mbuf *reassemble(struct pkt_frag *f, struct rte_mbuf *m, const struct part *part, uint64_t now_ms)
{
	bool full = f->stats->frag_held > f->datagrams;
	struct rte_mbuf *whole = try_reassemble(f, m, part, now_ms);
	if (!full || f->dead.cnt != 1 || f->dead.row[0] != m)
		return whole;
	f->dead.cnt = 0; // only this one was rejected: probably no room
	make_room(f, now_ms);
	return try_reassemble(f, m, part, now_ms);
}

struct rte_mbuf *pkt_frag_add(struct pkt_frag *f, struct rte_mbuf *m, uint32_t at, const struct pkt *pkt,
	uint64_t now_ms)
{
	struct part part = {.header = NULL};

	m = narrow(m, at, (uint32_t)(pkt->ip_end - pkt->ip));
	if (!m)
		return give_up(m, &f->stats->frag_refused);
	m->l2_len = 0;
	now_ms = monotonic_of(&f->time, now_ms, f->timeout_ms);
	if (!(pkt->ip_version == 4 ? part_of_ipv4 : part_of_ipv6)(f, m, &part))
		return give_up(m, &f->stats->frag_refused);
	part.bytes = rte_pktmbuf_mtod_offset(m, const uint8_t *, m->l3_len);
	part.size = (uint32_t)(rte_pktmbuf_data_len(m) - m->l3_len);
	struct seen *seen = seen_of(f, &part, now_ms);
	if (is_copy(f, seen, &part))
		return give_up(m, &f->stats->frag_repeated);
	stats_add(&f->stats->frag_held, 1);
	struct rte_mbuf *whole = reassemble(f, m, &part, now_ms);
	if (whole || f->dead.cnt > 0)
		seen->datagram = 0; // what comes now begins another one
	free_dead(f, &f->stats->frag_refused);
	if (whole) {
		stats_set(&f->stats->frag_held, f->stats->frag_held - whole->nb_segs);
		stats_add(&f->stats->frag_datagrams, 1);
	}
	return whole;
}

bool pkt_frag_expire(struct pkt_frag *f, uint64_t now_ms)
{
	rte_ip_frag_table_del_expired_entries(f->table, &f->dead, monotonic_of(&f->time, now_ms, f->timeout_ms));
	bool any = f->dead.cnt > 0;
	free_dead(f, &f->stats->frag_expired);
	return any;
}
