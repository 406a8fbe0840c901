// SPDX-License-Identifier: BSD-3-Clause
// Tunnels over IP and UDP. A tap sees them from outside: nothing here checks who may send what.
#include "dataplane/packet/decap.h"

enum gre_flag { // RFC 2784 §2.1, RFC 1701, RFC 2890 §2, RFC 2637 §4.1
	GRE_CHECKSUM = 0x8000,
	GRE_ROUTING = 0x4000,
	GRE_KEY = 0x2000,
	GRE_SEQUENCE = 0x1000,
	GRE_ACKNOWLEDGE = 0x0080, // version 1 only
	GRE_VERSION = 0x0007
};

// Source route entries end with one of length 0 (RFC 1701).
static void gre_routes(struct cursor *c)
{
	size_t length;

	do {
		cursor_skip(c, 3); // family, offset
		length = cursor_u8(c);
		cursor_skip(c, length);
	} while (length > 0);
}

static enum pkt_layer gre_payload(struct decap *d, uint16_t flags)
{
	switch (d->type) {
	case ETHERTYPE_ERSPAN:
		return flags & GRE_SEQUENCE ? LAYER_ERSPAN2 : LAYER_ERSPAN1;
	case ETHERTYPE_ERSPAN3:
		return LAYER_ERSPAN3;
	case ETHERTYPE_PPP:
		return LAYER_PPP;
	case ETHERTYPE_EOIP: // of RouterOS; the key is length and tunnel
		return flags & GRE_VERSION ? LAYER_ETHERNET : END_TUNNEL_UNKNOWN;
	case ETHERTYPE_WCCP: // version 2 puts four octets before IP
		if (cursor_left(&d->c) > 4 && d->c.at[0] >> 4 != 4)
			cursor_skip(&d->c, 4);
		return LAYER_IP;
	default:
		return d->type > ETHERTYPE_802_3_MAX ? LAYER_ETHERTYPE : END_TUNNEL_UNKNOWN;
	}
}

enum pkt_layer decap_gre(struct decap *d)
{
	uint16_t flags = cursor_u16(&d->c);
	uint16_t version = flags & GRE_VERSION;

	d->type = cursor_u16(&d->c);
	if (version > 1 || (version == 1 && d->type != ETHERTYPE_PPP && d->type != ETHERTYPE_EOIP))
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_gre, 1);
	if (flags & (GRE_CHECKSUM | GRE_ROUTING))
		cursor_skip(&d->c, 4); // checksum, offset
	if (flags & GRE_KEY)
		cursor_skip(&d->c, 4);
	if (flags & GRE_SEQUENCE)
		cursor_skip(&d->c, 4);
	if (version == 1 && flags & GRE_ACKNOWLEDGE)
		cursor_skip(&d->c, 4);
	if (flags & GRE_ROUTING)
		gre_routes(&d->c);
	if (version == 1 && cursor_left(&d->c) == 0)
		return d->c.bad ? END_SHORT : END_NOT_IP; // only an acknowledgement
	return gre_payload(d, flags);
}

// Type I is no header at all: Ethernet follows GRE (draft-foschiano-erspan-03 §4.1).
enum pkt_layer decap_erspan1(struct decap *d)
{
	stats_add(&d->stats->decap_erspan, 1);
	return LAYER_ETHERNET;
}

// Type II, version 1: 8 octets (ibid. §4.2). Some senders put type III under this EtherType too.
enum pkt_layer decap_erspan2(struct decap *d)
{
	if (cursor_left(&d->c) > 0 && d->c.at[0] >> 4 == 2)
		return LAYER_ERSPAN3;
	uint8_t version = cursor_u8(&d->c) >> 4;
	cursor_skip(&d->c, 7);
	stats_add(&d->stats->decap_erspan, 1);
	return version == 1 ? LAYER_ETHERNET : END_TUNNEL_UNKNOWN;
}

// Type III, version 2: 12 octets and, with the O bit, 8 of a platform (ibid. §4.3). The frame type
// is 0 for Ethernet and 2 for IP.
enum pkt_layer decap_erspan3(struct decap *d)
{
	uint8_t version = cursor_u8(&d->c) >> 4;

	cursor_skip(&d->c, 9);
	uint16_t bits = cursor_u16(&d->c); // P 1, FT 5, Hw 6, D 1, Gra 2, O 1
	if (bits & 1)
		cursor_skip(&d->c, 8);
	stats_add(&d->stats->decap_erspan, 1);
	if (version != 2)
		return END_TUNNEL_UNKNOWN;
	switch (bits >> 10 & 0x1f) {
	case 0:
		return LAYER_ETHERNET;
	case 2:
		return LAYER_IP;
	default:
		return END_TUNNEL_UNKNOWN;
	}
}

// RFC 7348 §5: without the I flag the network identifier is not valid, and the packet not VXLAN.
enum pkt_layer decap_vxlan(struct decap *d)
{
	uint8_t flags = cursor_u8(&d->c);

	cursor_skip(&d->c, 7);
	if ((flags & 0x08) == 0)
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_vxlan, 1);
	return LAYER_ETHERNET;
}

// draft-ietf-nvo3-vxlan-gpe §3.1: with the P flag the fourth octet is the next protocol.
enum pkt_layer decap_vxlan_gpe(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	if ((header[0] & 0x08) == 0 || header[0] >> 4 != 0) // only version 0 is known
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_vxlan, 1);
	switch (header[0] & 0x04 ? header[3] : 3) {
	case 1:
		return LAYER_IPV4;
	case 2:
		return LAYER_IPV6;
	case 3:
		return LAYER_ETHERNET;
	case 4:
		return LAYER_NSH;
	case 5:
		return LAYER_MPLS;
	default:
		return END_TUNNEL_UNKNOWN;
	}
}

// RFC 8926 §3.4: version 2 bits, option length 6 bits in words, O C and reserved, protocol.
enum pkt_layer decap_geneve(struct decap *d)
{
	uint8_t first = cursor_u8(&d->c);
	uint8_t flags = cursor_u8(&d->c);

	d->type = cursor_u16(&d->c);
	cursor_skip(&d->c, 4 + (size_t)(first & 0x3f) * 4);
	if (first >> 6 != 0 || flags & 0x80) // control packets carry no user's frame
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_geneve, 1);
	return LAYER_ETHERTYPE;
}

// 3GPP TS 29.281 §5.1: version 1, PT 1; any of E, S, PN brings all of the four optional octets. Type
// 255 carries the subscriber's packet (§7.3.1), all others are signalling.
enum pkt_layer decap_gtpu(struct decap *d)
{
	uint8_t flags = cursor_u8(&d->c);
	uint8_t type = cursor_u8(&d->c);
	uint16_t length = cursor_u16(&d->c);

	cursor_skip(&d->c, 4); // tunnel endpoint
	if (flags >> 4 != 0x3)
		return END_TUNNEL_UNKNOWN;
	if (type != 255)
		return END_NOT_DNS;
	decap_clip(d, length);
	stats_add(&d->stats->decap_gtpu, 1);
	if ((flags & 0x07) == 0)
		return LAYER_IP;
	cursor_skip(&d->c, 3); // sequence, N-PDU number
	uint8_t next = cursor_u8(&d->c);
	while (flags & 0x04 && next != 0 && !d->c.bad) {
		size_t units = cursor_u8(&d->c); // of 4 octets, this one and the next type included (§5.2.1)
		if (units == 0)
			return END_SHORT;
		cursor_skip(&d->c, units * 4 - 2);
		next = cursor_u8(&d->c);
	}
	return LAYER_IP;
}

// RFC 4380 §5.1.1: IPv6, after an optional authentication header and an optional origin header.
enum pkt_layer decap_teredo(struct decap *d)
{
	if (cursor_left(&d->c) >= 4 && cursor_load16(d->c.at) == 0x0001) {
		size_t id_and_value = (size_t)d->c.at[2] + d->c.at[3];
		cursor_skip(&d->c, 4 + id_and_value + 9); // nonce, confirmation
	}
	if (cursor_left(&d->c) >= 8 && cursor_load16(d->c.at) == 0x0000)
		cursor_skip(&d->c, 8);
	if (cursor_left(&d->c) == 0)
		return END_SHORT;
	if (d->c.at[0] >> 4 != 6)
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_teredo, 1);
	return LAYER_IPV6;
}
