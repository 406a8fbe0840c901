// SPDX-License-Identifier: BSD-3-Clause
// Link headers, VLAN and other tags, and what else is between them and IP.
#include "dataplane/packet/decap.h"

enum pkt_layer decap_ethernet(struct decap *d)
{
	cursor_skip(&d->c, 12); // addresses
	d->type = cursor_u16(&d->c);
	return LAYER_ETHERTYPE;
}

// Octets of a tag that precedes another EtherType, or 0.
static size_t tag_size(uint16_t type)
{
#define TAG(number, octets, counter) \
	case number: \
		return octets;
	switch (type) {
		ENCAP_TAGS(TAG)
	default:
		return 0;
	}
#undef TAG
}

static uint64_t *tag_counter(uint16_t type, struct worker_stats *stats)
{
#define TAG(number, octets, counter) \
	case number: \
		return &stats->decap_##counter;
	switch (type) {
		ENCAP_TAGS(TAG)
	default:
		return &stats->decap_tag;
	}
#undef TAG
}

enum pkt_layer decap_ethertype(struct decap *d)
{
	size_t tag = tag_size(d->type);

	if (tag > 0) {
		stats_add(tag_counter(d->type, d->stats), 1);
		cursor_skip(&d->c, tag);
		d->type = cursor_u16(&d->c);
		return LAYER_ETHERTYPE;
	}
	if (d->type <= ETHERTYPE_802_3_MAX) {
		decap_clip(d, d->type);
		return LAYER_LLC;
	}
#define TUNNEL(number, layer, kind) \
	case number: \
		return LAYER_##layer;
	switch (d->type) {
		ENCAP_ETHERTYPES(TUNNEL)
	case ETHERTYPE_IPV4:
		return LAYER_IP;
	case ETHERTYPE_IPV6:
		return LAYER_IPV6;
	case ETHERTYPE_TEB:
		return LAYER_ETHERNET;
	case ETHERTYPE_JUMBO_LLC:
		return LAYER_LLC;
	case ETHERTYPE_PPP:
		return LAYER_PPP;
	case ENCAP_MACSEC:
		return LAYER_MACSEC;
	case ENCAP_TRILL:
		return LAYER_TRILL;
	case ENCAP_NSH:
		return LAYER_NSH;
	default:
		return END_NOT_IP;
	}
#undef TUNNEL
}

// IEEE 802.2 §3.2; SNAP: RFC 1042.
enum pkt_layer decap_llc(struct decap *d)
{
	uint16_t saps = cursor_u16(&d->c);
	uint8_t control = cursor_u8(&d->c);

	if (control != 0x03) // unnumbered information
		return END_NOT_IP;
	if (saps == 0x0606) // IP without SNAP
		return LAYER_IP;
	if (saps != 0xaaaa)
		return END_NOT_IP;
	uint32_t oui = (uint32_t)cursor_u8(&d->c) << 16 | cursor_u16(&d->c);
	d->type = cursor_u16(&d->c);
	if (oui == 0x0080c2 && (d->type == 1 || d->type == 7)) // bridged Ethernet, RFC 2427 §4.2
		return LAYER_ETHERNET;
	if ((oui != 0 && oui != 0x0000f8) || d->type <= ETHERTYPE_802_3_MAX) // IEEE 802.1H: bridge tunnel
		return END_NOT_IP;
	return LAYER_ETHERTYPE;
}

// Whether an EtherType leads on to IP.
static bool is_leading(uint16_t type)
{
#define TUNNEL(number, layer, kind) case number:
	switch (type) {
		ENCAP_ETHERTYPES(TUNNEL)
	case ETHERTYPE_IPV4:
	case ETHERTYPE_IPV6:
	case ENCAP_TRILL:
	case ENCAP_NSH:
		return true;
	default:
		return tag_size(type) > 0;
	}
#undef TUNNEL
}

// The layer of an address family or EtherType, or END_NOT_IP. AF_INET is 2 everywhere, AF_INET6 differs.
static enum pkt_layer family(struct decap *d, uint16_t value)
{
	switch (value) {
	case 2:
	case 10: // Linux
	case 23: // Windows
	case 24: // NetBSD, OpenBSD, Npcap
	case 26: // Solaris
	case 28: // FreeBSD
	case 30: // Darwin
		return LAYER_IP;
	default:
		d->type = value;
		return is_leading(value) ? LAYER_ETHERTYPE : END_NOT_IP;
	}
}

// BSD loopback: the address family, in the order of the machine that captured, or big endian (OpenBSD's DLT_LOOP). Other
// systems write one of 16 bits, in either half and order, with zeros or anything before it; some tunnels write an
// EtherType, and PPP its address and control. As in tshark, and a little more.
enum pkt_layer decap_null(struct decap *d)
{
	if (cursor_left(&d->c) >= 2 && cursor_load16(d->c.at) == 0xff03)
		return LAYER_PPP;
	uint16_t high = cursor_u16(&d->c), low = cursor_u16(&d->c);
	const uint16_t readings[] = {low, __builtin_bswap16(low), __builtin_bswap16(high), high};
	enum pkt_layer layer = END_NOT_IP;

	// the first half decides only if the second one is zero
	for (unsigned i = 0; i < (low == 0 ? 4 : 2) && layer == END_NOT_IP; i++)
		layer = family(d, readings[i]);
	return layer;
}

// What follows a cooked header: an EtherType, or one of Linux's small numbers for frames without.
static enum pkt_layer cooked(struct decap *d, uint16_t protocol)
{
	d->type = protocol;
	if (protocol > ETHERTYPE_802_3_MAX)
		return LAYER_ETHERTYPE;
	return protocol == 4 ? LAYER_LLC : END_NOT_IP; // ETH_P_802_2
}

enum pkt_layer decap_sll(struct decap *d)
{
	cursor_skip(&d->c, 14); // packet type, device type, address length, address
	return cooked(d, cursor_u16(&d->c));
}

enum pkt_layer decap_sll2(struct decap *d)
{
	uint16_t protocol = cursor_u16(&d->c);

	cursor_skip(&d->c, 18); // reserved, interface, device type, packet type, address length, address
	return cooked(d, protocol);
}

bool decap_leads_to_ip(const struct decap *d, size_t at)
{
	if (cursor_left(&d->c) < at + 15)
		return false;
	const uint8_t *p = d->c.at + at + 12;
	uint16_t type = cursor_load16(p);
	if (type == ETHERTYPE_IPV4)
		return p[2] >> 4 == 4;
	if (type == ETHERTYPE_IPV6)
		return p[2] >> 4 == 6;
	return is_leading(type);
}

// An Ethernet pseudowire (RFC 4448) may begin with a control word, whose first nibble is zero (RFC 4385 §3). The label does
// not say if there is one; the EtherType shows it.
static enum pkt_layer pseudowire(struct decap *d)
{
	if (decap_leads_to_ip(d, 0))
		return LAYER_ETHERNET;
	if (d->c.at[0] >> 4 == 0 && decap_leads_to_ip(d, 4)) {
		cursor_skip(&d->c, 4);
		return LAYER_ETHERNET;
	}
	return END_TUNNEL_UNKNOWN;
}

// True if the octets from here are an IPv6 packet by its length, apart from padding and a check sequence after it.
static bool is_ipv6_size(const struct decap *d)
{
	size_t left = cursor_left(&d->c);
	size_t size = left >= 6 ? 40 + (size_t)cursor_load16(d->c.at + 4) : 0;

	return size <= left && left - size <= 8;
}

// RFC 3032 §2.1: label 20 bits, class 3, bottom of stack 1, TTL 8. No field says what follows
// the last label: IP is recognized by its first nibble, as routers do for load sharing (RFC 4928 §2).
enum pkt_layer decap_mpls(struct decap *d)
{
	uint32_t label = cursor_u32(&d->c);

	stats_add(&d->stats->decap_mpls, 1);
	if ((label & 0x100) == 0)
		return LAYER_MPLS;
	if (cursor_left(&d->c) == 0)
		return END_SHORT;
	uint8_t nibble = d->c.at[0] >> 4;
	// a pseudowire without control word, whose first address begins with 4 or 6, still has an EtherType. At its place, IPv6
	// has octets of an address, which may look like one. 0x45 is no address of a single station.
	if (nibble == 4 && (d->c.at[0] & 0x0f) >= 5)
		return d->c.at[0] == 0x45 || !decap_leads_to_ip(d, 0) ? LAYER_IP : LAYER_ETHERNET;
	if (nibble == 6)
		return is_ipv6_size(d) || !decap_leads_to_ip(d, 0) ? LAYER_IP : LAYER_ETHERNET;
	return pseudowire(d);
}

// RFC 2516 §4: version 1, type 1, code 0 for sessions; length counts from the PPP protocol on.
enum pkt_layer decap_pppoe(struct decap *d)
{
	uint8_t version = cursor_u8(&d->c);
	uint8_t code = cursor_u8(&d->c);

	cursor_skip(&d->c, 2); // session
	decap_clip(d, cursor_u16(&d->c));
	stats_add(&d->stats->decap_pppoe, 1);
	return version == 0x11 && code == 0 ? LAYER_PPP : END_NOT_IP;
}

// RFC 3518 §4: flags, kind of address (1: IEEE 802.3), LAN identification with the I flag.
static enum pkt_layer bridged(struct decap *d)
{
	uint8_t flags = cursor_u8(&d->c);
	uint8_t kind = cursor_u8(&d->c);

	if (flags & 0x40)
		cursor_skip(&d->c, 4);
	return kind == 1 ? LAYER_ETHERNET : END_TUNNEL_UNKNOWN;
}

// RFC 1661 §2, with address and control unless they were compressed away (RFC 1662 §3.1).
enum pkt_layer decap_ppp(struct decap *d)
{
	if (cursor_left(&d->c) >= 2 && cursor_load16(d->c.at) == 0xff03)
		cursor_skip(&d->c, 2);
	uint16_t protocol = cursor_u8(&d->c);
	if ((protocol & 1) == 0) // an odd first octet is a compressed protocol field, RFC 1661 §6.5
		protocol = (uint16_t)(protocol << 8 | cursor_u8(&d->c));
	switch (protocol) {
	case 0x0021:
		return LAYER_IP;
	case 0x0057:
		return LAYER_IPV6;
	case 0x0281: // RFC 3032 §4.1
	case 0x0283:
		return LAYER_MPLS;
	case 0x0031:
		return bridged(d);
	case 0x003d: // RFC 1990 §3: with both bits the packet is whole
		return cursor_u32(&d->c) >> 30 == 3 ? LAYER_PPP : END_TUNNEL_UNKNOWN;
	default:
		return END_NOT_IP;
	}
}
