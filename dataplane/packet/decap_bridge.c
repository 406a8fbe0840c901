// SPDX-License-Identifier: BSD-3-Clause
// Headers of bridges and fabrics between Ethernet and another Ethernet or IP.
#include "dataplane/packet/decap.h"

// IEEE 802.1AE §9: flags, short length, number, 8 octets of sender with the SC flag. Encrypted, it ends here.
enum pkt_layer decap_macsec(struct decap *d)
{
	uint8_t flags = cursor_u8(&d->c);
	uint8_t length = cursor_u8(&d->c);

	cursor_skip(&d->c, flags & ENCAP_MACSEC_SCI ? 12 : 4);
	if (flags & ENCAP_MACSEC_ENCRYPTED)
		return END_NOT_IP;
	if (length & 0x3f)
		decap_clip(d, length & 0x3f);
	stats_add(&d->stats->decap_tag, 1);
	d->type = cursor_u16(&d->c);
	return LAYER_ETHERTYPE;
}

// RFC 6325 §3: version 2 bits, reserved 2, multicast 1, options 5 (units of 4 octets), hops 6; two nicknames.
enum pkt_layer decap_trill(struct decap *d)
{
	uint16_t first = cursor_u16(&d->c);

	cursor_skip(&d->c, 4 + (size_t)(first >> 6 & 0x1f) * 4);
	if (first >> 14 != 0)
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_bridge, 1);
	return LAYER_ETHERNET;
}

// RFC 8300 §2.2: version 2 bits, O, U, TTL 6, length 6 (units of 4 octets, this header included), kind of metadata, next.
enum pkt_layer decap_nsh(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	size_t size = (size_t)(header[1] & 0x3f) * 4;
	if (header[0] >> 6 != 0)
		return END_TUNNEL_UNKNOWN;
	if (size < 8)
		return END_SHORT;
	cursor_skip(&d->c, size - 8);
	stats_add(&d->stats->decap_nsh, 1);
	switch (header[3]) {
	case ENCAP_NSH_IPV4:
		return LAYER_IPV4;
	case ENCAP_NSH_IPV6:
		return LAYER_IPV6;
	case ENCAP_NSH_ETHERNET:
		return LAYER_ETHERNET;
	case ENCAP_NSH_NSH:
		return LAYER_NSH;
	case ENCAP_NSH_MPLS:
		return LAYER_MPLS;
	default:
		return END_TUNNEL_UNKNOWN;
	}
}

// IEEE 802.11 §9.2.3, §9.3.2: only data frames that are not encrypted. Some controllers swap the two octets of
// the frame control; type and subtype are the ones of a data frame in one order only.
enum pkt_layer decap_wlan(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 24); // control, duration, three addresses, sequence

	if (header == NULL)
		return END_SHORT;
	bool swapped = (header[0] & 0x0f) != 0x08 && (header[1] & 0x0f) == 0x08;
	uint8_t kind = header[swapped], flags = header[!swapped];
	if ((kind & 0x0f) != 0x08 || kind & 0x40 ||
		flags & 0x40) // no data frame, or one without data, or an encrypted one
		return END_NOT_IP;
	if ((flags & 0x03) == 0x03)
		cursor_skip(&d->c, 6); // from one access point to another: the fourth address
	if (kind & 0x80) {
		uint8_t quality = cursor_u8(&d->c);
		cursor_skip(&d->c, flags & 0x80 ? 5 : 1); // and HT control
		if (quality & 0x80)
			return END_TUNNEL_UNKNOWN; // several frames in one
	}
	stats_add(&d->stats->decap_wlan, 1);
	return LAYER_LLC;
}
