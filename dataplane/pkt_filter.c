// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/pkt_filter.h"

#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include <rte_bpf.h>
#include <rte_errno.h>
#include <rte_malloc.h>

enum { SNAPSHOT = 65535 };

static const int pcap_links[PKT_LINK_MAX] = {
	[PKT_LINK_ETHERNET] = DLT_EN10MB,
	[PKT_LINK_RAW_IP] = DLT_RAW,
	[PKT_LINK_NULL] = DLT_NULL,
	[PKT_LINK_SLL] = DLT_LINUX_SLL,
	[PKT_LINK_SLL2] = DLT_LINUX_SLL2,
};

// Classic BPF → eBPF → machine code. False with one line in `why`.
static bool translate(struct pkt_filter *f, int link, const struct bpf_program *program, char *why, size_t why_size)
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

static bool compile(struct pkt_filter *f, int link, const char *expression, char *why, size_t why_size)
{
	struct bpf_program program;
	pcap_t *pcap = pcap_open_dead(pcap_links[link], SNAPSHOT);
	bool done = false;

	if (!pcap)
		return snprintf(why, why_size, "filter: no memory"), false;
	if (pcap_compile(pcap, &program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0) {
		done = translate(f, link, &program, why, why_size);
		pcap_freecode(&program);
	} else {
		snprintf(why, why_size, "filter: found '%.200s', expected an expression of pcap-filter(7): %s", expression,
			pcap_geterr(pcap));
	}
	pcap_close(pcap);
	return done;
}

struct pkt_filter *pkt_filter_new(const char *expression, char *why, size_t why_size)
{
	struct pkt_filter *f = calloc(1, sizeof(*f));
	char other[512];

	if (!f)
		return snprintf(why, why_size, "filter: no memory"), NULL;
	if (!compile(f, PKT_LINK_ETHERNET, expression, why, why_size)) {
		pkt_filter_free(f);
		return NULL;
	}
	for (int link = 0; link < PKT_LINK_MAX; link++) // `ether host` means nothing to some
		if (link != PKT_LINK_ETHERNET)
			compile(f, link, expression, other, sizeof(other));
	return f;
}

void pkt_filter_free(struct pkt_filter *f)
{
	for (int link = 0; f && link < PKT_LINK_MAX; link++)
		rte_bpf_destroy(f->bpf[link]);
	free(f);
}

bool pkt_filter_takes(const struct pkt_filter *f, enum pkt_link link, struct rte_mbuf *m)
{
	if (f->run[link])
		return f->run[link](m) != 0;
	return f->bpf[link] && rte_bpf_exec(f->bpf[link], m) != 0;
}
