// SPDX-License-Identifier: BSD-3-Clause
// More tunnels over UDP, some of which also go over IP.
#include "dataplane/packet/decap.h"

enum l2tp_flag { // RFC 2661 §3.1
	L2TP_CONTROL = 0x8000,
	L2TP_LENGTH = 0x4000,
	L2TP_SEQUENCE = 0x0800,
	L2TP_OFFSET = 0x0200,
	L2TP_VERSION = 0x000f
};

// Octets that may precede the frame in L2TPv3: a cookie of 0, 4 or 8, a sublayer of 0 or 4 (RFC 3931 §4.1, §4.6).
enum { L2TP3_BEFORE_MAX = 12, L2TP3_STEP = 4 };

static bool is_ppp_to_ip(const struct decap *d, size_t at)
{
	if (cursor_left(&d->c) < at + 5)
		return false;
	const uint8_t *p = d->c.at + at;
	uint32_t protocol = cursor_load32(p);
	return (protocol == 0xff030021 && p[4] >> 4 == 4) || (protocol == 0xff030057 && p[4] >> 4 == 6);
}

// Only the two ends know what a session carries and after how many octets, so the frame itself has to show it.
static enum pkt_layer session(struct decap *d)
{
	stats_add(&d->stats->decap_l2tp, 1);
	for (size_t at = 0; at <= L2TP3_BEFORE_MAX; at += L2TP3_STEP) {
		bool ppp = is_ppp_to_ip(d, at);
		if (!ppp && !decap_leads_to_ip(d, at))
			continue;
		cursor_skip(&d->c, at);
		return ppp ? LAYER_PPP : LAYER_ETHERNET;
	}
	return END_TUNNEL_UNKNOWN;
}

// RFC 3931 §4.1.1: over IP, session 0 is control.
enum pkt_layer decap_l2tp3(struct decap *d)
{
	return cursor_u32(&d->c) == 0 ? END_NOT_DNS : session(d);
}

// RFC 2661 §3.1 and, version 3, RFC 3931 §4.1.2.1. Control messages carry no user's packet.
enum pkt_layer decap_l2tp(struct decap *d)
{
	uint16_t flags = cursor_u16(&d->c);

	if (flags & L2TP_CONTROL)
		return END_NOT_DNS;
	if ((flags & L2TP_VERSION) == 3) {
		cursor_skip(&d->c, 6); // reserved, session
		return session(d);
	}
	if ((flags & L2TP_VERSION) != 2)
		return END_TUNNEL_UNKNOWN;
	if (flags & L2TP_LENGTH) {
		size_t length = cursor_u16(&d->c);
		if (length < 4)
			return END_SHORT;
		decap_clip(d, length - 4);
	}
	cursor_skip(&d->c, 4); // tunnel, session
	if (flags & L2TP_SEQUENCE)
		cursor_skip(&d->c, 4);
	if (flags & L2TP_OFFSET)
		cursor_skip(&d->c, cursor_u16(&d->c));
	if (cursor_left(&d->c) == 0)
		return d->c.bad ? END_SHORT : END_NOT_DNS; // only an acknowledgement
	stats_add(&d->stats->decap_l2tp, 1);
	return LAYER_PPP;
}

// Version 1; types 0 and 1 carry a frame received or to be sent; tags up to the one that ends them.
enum pkt_layer decap_tzsp(struct decap *d)
{
	uint8_t version = cursor_u8(&d->c);
	uint8_t type = cursor_u8(&d->c);
	uint16_t protocol = cursor_u16(&d->c);

	if (version != 1)
		return END_TUNNEL_UNKNOWN;
	if (type > 1)
		return END_NOT_DNS; // keepalive, configuration
	for (uint8_t tag; !d->c.bad && (tag = cursor_u8(&d->c)) != 1;)
		if (tag != 0) // padding
			cursor_skip(&d->c, cursor_u8(&d->c));
	stats_add(&d->stats->decap_tzsp, 1);
	switch (protocol) {
	case 1:
		return LAYER_ETHERNET;
	case 4:
		return LAYER_PPP;
	case 7:
		return LAYER_IP;
	case 18:
		return LAYER_WLAN;
	default:
		return END_TUNNEL_UNKNOWN;
	}
}

// Remote mirroring of ProVision switches: 12 octets, then the frame.
enum pkt_layer decap_erm(struct decap *d)
{
	cursor_skip(&d->c, 12);
	stats_add(&d->stats->decap_erm, 1);
	return LAYER_ETHERNET;
}

// draft-ietf-intarea-gue §3: variant 2 bits; variant 0: control 1, options 5 (units of 4 octets), IP protocol, flags;
// variant 1 is IP itself, whose version begins with these bits.
enum pkt_layer decap_gue(struct decap *d)
{
	if (cursor_left(&d->c) == 0)
		return END_SHORT;
	uint8_t first = d->c.at[0];
	stats_add(&d->stats->decap_gue, 1);
	if (first >> 6 == 1)
		return LAYER_IP;
	if (first >> 6 != 0)
		return END_TUNNEL_UNKNOWN;
	cursor_skip(&d->c, 1);
	d->type = cursor_u8(&d->c);
	cursor_skip(&d->c, 2 + (size_t)(first & 0x1f) * 4);
	return first & 0x20 ? END_NOT_DNS : LAYER_PROTOCOL;
}

// RFC 9300 §5.1: flags, nonce or versions, instance or locators; with the P flag (RFC 9305 §3) the fourth octet says
// what follows, otherwise it is IP. Any key: encrypted.
enum pkt_layer decap_lisp(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	if (header[0] & 0x03)
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_lisp, 1);
	switch (header[0] & 0x04 ? header[3] : 0) {
	case 0:
		return LAYER_IP;
	case 1:
		return LAYER_IPV4;
	case 2:
		return LAYER_IPV6;
	case 3:
		return LAYER_ETHERNET;
	case 4:
		return LAYER_NSH;
	default:
		return END_TUNNEL_UNKNOWN;
	}
}

// RFC 5415 §4.3: preamble, header length 5 bits (units of 4 octets), radio 5, binding 5 (1: 802.11), flags T F L W M K.
enum pkt_layer decap_capwap(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	if (header[0] != 0)
		return END_TUNNEL_UNKNOWN; // DTLS
	size_t size = (size_t)(header[1] >> 3) * 4;
	if (size < 8)
		return END_SHORT;
	cursor_skip(&d->c, size - 8);
	if (header[3] & 0x08)
		return END_NOT_DNS; // keepalive
	stats_add(&d->stats->decap_capwap, 1);
	if (header[3] & 0x80) // a fragment
		return END_TUNNEL_UNKNOWN;
	if ((header[2] & 0x01) == 0)
		return LAYER_ETHERNET;
	return (header[2] >> 1 & 0x1f) == 1 ? LAYER_WLAN : END_TUNNEL_UNKNOWN;
}

// draft-massar-v6ops-ayiya §3: sizes of identity (a power of two) and signature (units of 4 octets), operation, next
// header, time.
enum pkt_layer decap_ayiya(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	cursor_skip(&d->c, ((size_t)1 << (header[0] >> 4)) + (size_t)(header[1] >> 4) * 4);
	d->type = header[3];
	if ((header[2] & 0x0f) != 1) // to be forwarded
		return END_NOT_DNS;
	stats_add(&d->stats->decap_ayiya, 1);
	return LAYER_PROTOCOL;
}
