// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/admit/filter_packet.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bpf.h>
#include <rte_errno.h>
#include <rte_ether.h>
#include <rte_malloc.h>
#include <rte_mbuf.h>

// Classic BPF → eBPF → machine code. False with one line in `why`.
static bool translate(struct filter_packet *f, int link, const struct bpf_program *program, char *why, size_t why_size)
{
	struct rte_bpf_prm *parameters = rte_bpf_convert(program);
	struct rte_bpf_jit jit = {0};

	if (!parameters) {
		snprintf(why, why_size, "filter: cannot be translated: %s", rte_strerror(rte_errno));
		return false;
	}
	f->bpf[link] = rte_bpf_load(parameters);
	rte_free(parameters);
	if (!f->bpf[link]) {
		snprintf(why, why_size, "filter: is refused: %s", rte_strerror(rte_errno));
		return false;
	}
	if (rte_bpf_get_jit(f->bpf[link], &jit) == 0)
		f->run[link] = jit.func;
	return true;
}

struct filter_packet *filter_packet_new(const struct filter_code *code, char *why, size_t why_size)
{
	struct filter_packet *f = calloc(1, sizeof(*f));
	char other[200];
	bool any = false;

	if (!f)
		return snprintf(why, why_size, "filter: no memory"), NULL;
	f->scope = code->scope;
	for (int link = 0; link < LINK_KIND_MAX; link++)
		if (code->program[link].bf_len > 0)
			any |= translate(f, link, &code->program[link], any ? other : why,
				any ? sizeof(other) : why_size);
	if (any)
		return f;
	filter_packet_free(f);
	return NULL;
}

void filter_packet_free(struct filter_packet *f)
{
	for (int link = 0; f && link < LINK_KIND_MAX; link++)
		rte_bpf_destroy(f->bpf[link]);
	free(f);
}

static inline bool run(const struct filter_packet *f, enum link_kind link, struct rte_mbuf *m)
{
	if (f->run[link])
		return f->run[link](m) != 0;
	return f->bpf[link] && rte_bpf_exec(f->bpf[link], m) != 0;
}

bool filter_packet_takes_frame(const struct filter_packet *f, enum link_kind link, struct rte_mbuf *m)
{
	return f->scope != FILTER_FRAME || run(f, link, m);
}

// Makes an mbuf on borrowed memory, for filter programs, which read only these fields.
static inline void view(struct rte_mbuf *m, const uint8_t *bytes, uint16_t size, struct rte_mbuf *next)
{
	m->buf_addr = (void *)(uintptr_t)bytes;
	m->data_off = 0;
	m->data_len = size;
	m->pkt_len = size + (next ? next->pkt_len : 0);
	m->nb_segs = next ? 2 : 1;
	m->next = next;
}

bool filter_packet_takes_ip(const struct filter_packet *f, const uint8_t *ip, const uint8_t *ip_end,
	const uint8_t *addresses)
{
	struct rte_mbuf packet, link;
	uint8_t header[RTE_ETHER_HDR_LEN] = {0};

	if (f->scope == FILTER_FRAME)
		return true;
	view(&packet, ip, (uint16_t)RTE_MIN(ip_end - ip, UINT16_MAX), NULL);
	if (f->scope == FILTER_IP)
		return run(f, LINK_KIND_RAW_IP, &packet);
	if (addresses)
		memcpy(header, addresses, 2 * RTE_ETHER_ADDR_LEN);
	uint16_t type = rte_cpu_to_be_16(ip[0] >> 4 == 4 ? RTE_ETHER_TYPE_IPV4 : RTE_ETHER_TYPE_IPV6);
	memcpy(header + 2 * RTE_ETHER_ADDR_LEN, &type, sizeof(type));
	view(&link, header, sizeof(header), &packet);
	return run(f, LINK_KIND_ETHERNET, &link);
}
