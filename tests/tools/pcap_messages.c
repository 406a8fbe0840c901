// SPDX-License-Identifier: BSD-3-Clause
// Prints "seconds hexadecimal" for each DNS message of a capture, as the stages before dns_parse find
// them; to be compared with what another dissector finds.
//
//     pcap_messages [--stats] FILE
//
// Fragments are put together in the simplest way that works for a test: one buffer a datagram, no
// limits but these. Time stamps are those of the packet that completed the message.
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/common/cursor.h"
#include "dataplane/packet/tcp.h"

enum { DATAGRAMS_MAX = 64, DATAGRAM_SIZE = 65535 + 40, CELLS = 65536 / 8 };

struct datagram {
	uint8_t key[40];		  // version, identification, protocol, addresses
	size_t header;			  // octets before the fragmentable part
	size_t end;			  // of the fragmentable part; 0 while unknown
	size_t have;			  // octets of it
	bool there[CELLS];		  // by 8 octets
	uint8_t bytes[DATAGRAM_SIZE + 8]; // header and fragmentable part
};

static struct worker_stats stats;
static struct dns_ports ports;
static struct pkt_tcp *tcp;
static struct datagram *datagrams[DATAGRAMS_MAX];
static unsigned next_datagram;
static long now;

static void print_message(void *context, const struct pkt *pkt, const uint8_t *wire, size_t size, uint32_t time_s)
{
	(void)context, (void)pkt;
	printf("%u ", time_s);
	for (size_t i = 0; i < size; i++)
		printf("%02x", wire[i]);
	putchar('\n');
}

static struct datagram *datagram_of(const uint8_t key[40])
{
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++)
		if (datagrams[i] != NULL && memcmp(datagrams[i]->key, key, 40) == 0)
			return datagrams[i];
	struct datagram **d = &datagrams[next_datagram++ % DATAGRAMS_MAX];
	free(*d);
	*d = calloc(1, sizeof(**d));
	memcpy((*d)->key, key, 40);
	return *d;
}

static void datagram_forget(struct datagram *d)
{
	for (unsigned i = 0; i < DATAGRAMS_MAX; i++)
		if (datagrams[i] == d)
			datagrams[i] = NULL;
	free(d);
}

// Adds a fragment; the first copy of each octet stays. True when the datagram is whole.
static bool datagram_add(struct datagram *d, size_t offset, bool more, const uint8_t *p, size_t size)
{
	if (d->header + offset + size > DATAGRAM_SIZE || (more && size % 8 != 0))
		return false;
	if (!more)
		d->end = offset + size;
	for (size_t at = 0; at < size; at += 8) {
		size_t n = size - at < 8 ? size - at : 8;
		if (d->there[(offset + at) / 8])
			continue;
		d->there[(offset + at) / 8] = true;
		memcpy(d->bytes + d->header + offset + at, p + at, n);
		d->have += n;
	}
	return d->end > 0 && d->have == d->end;
}

static void frame(const uint8_t *bytes, size_t size, enum link_kind link);

static void fragment4(const uint8_t *ip, size_t size)
{
	size_t header = (size_t)(ip[0] & 15) * 4;
	uint16_t word = cursor_load16(ip + 6);
	uint8_t key[40] = {4, ip[4], ip[5], ip[9]};

	memcpy(key + 4, ip + 12, 8);
	struct datagram *d = datagram_of(key);
	if (d->header == 0) {
		d->header = 20;
		memcpy(d->bytes, ip, 20);
	}
	if (!datagram_add(d, (size_t)(word & 0x1fff) * 8, word & 0x2000, ip + header, size - header))
		return;
	d->bytes[0] = 0x45;
	d->bytes[2] = (uint8_t)((d->end + 20) >> 8), d->bytes[3] = (uint8_t)(d->end + 20);
	d->bytes[6] = d->bytes[7] = 0;
	frame(d->bytes, d->end + 20, LINK_KIND_RAW_IP);
	datagram_forget(d);
}

static void fragment6(const uint8_t *ip, size_t size)
{
	size_t at = 40;
	uint8_t next = ip[6];

	while (next != 44) { // extension headers before the fragment header
		next = ip[at];
		at += ((size_t)ip[at + 1] + 1) * 8;
	}
	uint16_t word = cursor_load16(ip + at + 2);
	uint8_t key[40] = {6, ip[at + 4], ip[at + 5], ip[at + 6], ip[at + 7]};
	memcpy(key + 8, ip + 8, 32);
	struct datagram *d = datagram_of(key);
	if (d->header == 0) {
		d->header = 40;
		memcpy(d->bytes, ip, 40);
		d->bytes[6] = ip[at];
	}
	if (!datagram_add(d, word & 0xfff8u, word & 1, ip + at + 8, size - at - 8))
		return;
	d->bytes[4] = (uint8_t)(d->end >> 8), d->bytes[5] = (uint8_t)d->end;
	frame(d->bytes, d->end + 40, LINK_KIND_RAW_IP);
	datagram_forget(d);
}

static void frame(const uint8_t *bytes, size_t size, enum link_kind link)
{
	struct pkt pkt;

	switch (pkt_decap(&pkt, bytes, size, link, &ports, &stats)) {
	case PKT_UDP:
		print_message(NULL, &pkt, pkt.payload, pkt.payload_size, (uint32_t)now);
		break;
	case PKT_TCP:
		pkt_tcp_segment(tcp, &pkt, (uint32_t)now, (uint32_t)now, print_message, NULL);
		break;
	case PKT_FRAGMENT:
		(pkt.ip_version == 4 ? fragment4 : fragment6)(pkt.ip, (size_t)(pkt.ip_end - pkt.ip));
		break;
	case PKT_DROP:
		break;
	}
}

static int link_of(int dlt)
{
	switch (dlt) {
	case DLT_EN10MB:
		return LINK_KIND_ETHERNET;
	case DLT_RAW:
	case DLT_IPV4:
	case DLT_IPV6:
		return LINK_KIND_RAW_IP;
	case DLT_NULL:
	case DLT_LOOP:
		return LINK_KIND_NULL;
	case DLT_LINUX_SLL:
		return LINK_KIND_SLL;
	case DLT_LINUX_SLL2:
		return LINK_KIND_SLL2;
	default:
		return -1;
	}
}

static void print_stats(void)
{
#define PRINT(kind, field, family, label, help) \
	if (stats.field > 0) \
		fprintf(stderr, "%s %llu\n", #field, (unsigned long long)stats.field);
	WORKER_STATS(PRINT)
}

int main(int argc, char **argv)
{
	char error[PCAP_ERRBUF_SIZE];
	struct hash_key key;
	struct pcap_pkthdr *header;
	const uint8_t *bytes;
	struct pkt_tcp_options options = {.flows = 65536, .held_bytes = 64 << 20, .timeout_s = 60};
	pcap_t *pcap = argc > 1 ? pcap_open_offline(argv[argc - 1], error) : NULL;

	if (pcap == NULL || hash_key_random(&key) != 0) {
		fprintf(stderr, "pcap_messages: %s\n", argc > 1 ? error : "which capture?");
		return 1;
	}
	int link = link_of(pcap_datalink(pcap));
	if (link < 0) {
		fprintf(stderr, "pcap_messages: link type %s\n", pcap_datalink_val_to_name(pcap_datalink(pcap)));
		pcap_close(pcap);
		return 77;
	}
	dns_ports_add(&ports, 53);
	tcp = pkt_tcp_new(&options, &key, &stats);
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		now = header->ts.tv_sec;
		pkt_tcp_expire(tcp, (uint32_t)now, print_message, NULL);
		frame(bytes, header->caplen, (enum link_kind)link);
	}
	if (argc > 2)
		print_stats();
	pkt_tcp_free(tcp);
	pcap_close(pcap);
	return 0;
}
