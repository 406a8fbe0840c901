// SPDX-License-Identifier: BSD-3-Clause
// IPv4, IPv6 and what they carry. Checksums are not looked at: captures of a host that leaves them
// to its card have none.
#include "dataplane/packet/decap.h"

enum { IPV4_HEADER_SIZE = 20, IPV6_HEADER_SIZE = 40, UDP_HEADER_SIZE = 8, TCP_HEADER_SIZE = 20 };

enum pkt_layer decap_ip(struct decap *d)
{
	if (cursor_left(&d->c) == 0)
		return END_SHORT;
	switch (d->c.at[0] >> 4) {
	case 4:
		return LAYER_IPV4;
	case 6:
		return LAYER_IPV6;
	default:
		return END_NOT_IP;
	}
}

// Notes the datagram that begins at `ip` and has `size` octets by its length field.
static void datagram(struct decap *d, const uint8_t *ip, size_t size, uint8_t version)
{
	size_t there = (size_t)(d->c.end - ip);

	d->cut = size > there;
	if (size < there)
		d->c.end = ip + size;
	d->out->ip = ip;
	d->out->ip_end = d->c.end;
	d->out->ip_version = version;
}

// A fragment is reassembled only if it was captured as a whole.
static enum pkt_layer fragment(const struct decap *d)
{
	return d->cut || d->c.bad ? END_SHORT : END_FRAGMENT;
}

// RFC 791 §3.1.
enum pkt_layer decap_ipv4(struct decap *d)
{
	const uint8_t *ip = cursor_take(&d->c, IPV4_HEADER_SIZE);

	if (ip == NULL)
		return END_SHORT;
	size_t header = (size_t)(ip[0] & 0x0f) * 4;
	size_t total = cursor_load16(ip + 2);
	if (ip[0] >> 4 != 4)
		return END_NOT_IP;
	if (total == 0) // a segment that the card has yet to cut up, as the sending host captures it
		total = (size_t)(d->c.end - ip);
	if (header < IPV4_HEADER_SIZE || total < header)
		return END_SHORT;
	datagram(d, ip, total, 4);
	d->out->src = ip + 12;
	d->out->dst = ip + 16;
	cursor_skip(&d->c, header - IPV4_HEADER_SIZE); // options
	if ((cursor_load16(ip + 6) & 0x3fff) != 0)     // more fragments, or an offset
		return fragment(d);
	d->type = ip[9];
	return LAYER_PROTOCOL;
}

// RFC 8200 §3. Length 0 means a jumbogram (RFC 2675), or a segment that the card has yet to split.
enum pkt_layer decap_ipv6(struct decap *d)
{
	const uint8_t *ip = cursor_take(&d->c, IPV6_HEADER_SIZE);

	if (ip == NULL)
		return END_SHORT;
	if (ip[0] >> 4 != 6)
		return END_NOT_IP;
	size_t length = cursor_load16(ip + 4);
	datagram(d, ip, length > 0 ? IPV6_HEADER_SIZE + length : (size_t)(d->c.end - ip), 6);
	d->out->src = ip + 8;
	d->out->dst = ip + 24;
	d->type = ip[6];
	return LAYER_PROTOCOL;
}

// RFC 8200 §4.5; offset 0 without more to come is a whole datagram (RFC 6946).
static enum pkt_layer ipv6_fragment(struct decap *d)
{
	const uint8_t *header = cursor_take(&d->c, 8);

	if (header == NULL)
		return END_SHORT;
	if ((cursor_load16(header + 2) & 0xfff9) != 0)
		return fragment(d);
	d->type = header[0];
	return LAYER_PROTOCOL;
}

// Extension headers begin with the next protocol and their length in units less one or two:
// 8 octets (RFC 8200 §4.3) or, in AH, 4 octets (RFC 4302 §2.2).
static enum pkt_layer extension(struct decap *d)
{
	uint16_t type = d->type;

	d->type = cursor_u8(&d->c);
	size_t units = cursor_u8(&d->c);
	cursor_skip(&d->c, type == ENCAP_AH ? units * 4 + 6 : units * 8 + 6);
	return LAYER_PROTOCOL;
}

enum pkt_layer decap_ipip(struct decap *d)
{
	stats_add(&d->stats->decap_ipip, 1);
	return d->type == IP_PROTOCOL_IPV6 ? LAYER_IPV6 : LAYER_IPV4;
}

// RFC 3378 §3: version 3, reserved zero. The other protocol number has no header.
enum pkt_layer decap_etherip(struct decap *d)
{
	if (d->type == IP_PROTOCOL_ETHERIP && cursor_u16(&d->c) != 0x3000)
		return END_TUNNEL_UNKNOWN;
	stats_add(&d->stats->decap_etherip, 1);
	return LAYER_ETHERNET;
}

enum pkt_layer decap_protocol(struct decap *d)
{
#define TUNNEL(number, layer, kind) \
	case number: \
		return LAYER_##layer;
#define EXTENSION(number, ipv4) \
	case number: \
		return ipv4 || d->out->ip_version == 6 ? extension(d) : END_NOT_DNS;
	switch (d->type) {
		ENCAP_PROTOCOLS(TUNNEL)
		ENCAP_EXTENSIONS(EXTENSION)
	case IP_PROTOCOL_UDP:
		return LAYER_UDP;
	case IP_PROTOCOL_TCP:
		return LAYER_TCP;
	case IP_PROTOCOL_ICMP:
	case IP_PROTOCOL_ICMPV6:
		return END_ICMP;
	case IP_PROTOCOL_FRAGMENT:
		return d->out->ip_version == 6 ? ipv6_fragment(d) : END_NOT_DNS;
	default:
		return END_NOT_DNS; // ESP among them
	}
#undef TUNNEL
#undef EXTENSION
}

// Reads both ports. True if one is a DNS port.
static bool speaks_dns(struct decap *d, const uint8_t *header)
{
	d->out->src_port = cursor_load16(header);
	d->out->dst_port = cursor_load16(header + 2);
	return dns_ports_has(d->ports, d->out->src_port) || dns_ports_has(d->ports, d->out->dst_port);
}

// RFC 768. DNS ports have priority over tunnel ports, the lower port over the higher one. A length beyond the captured octets
// is accepted: the message may still be whole.
enum pkt_layer decap_udp(struct decap *d)
{
	const uint8_t *udp = cursor_take(&d->c, UDP_HEADER_SIZE);

	if (udp == NULL)
		return END_SHORT;
	size_t length = cursor_load16(udp + 4);
	if (length == 0 && d->out->ip_version == 6) // a jumbogram, RFC 2675 §4
		length = UDP_HEADER_SIZE + cursor_left(&d->c);
	if (length < UDP_HEADER_SIZE)
		return END_SHORT;
	decap_clip(d, length - UDP_HEADER_SIZE);
	if (speaks_dns(d, udp)) {
		d->out->payload = d->c.at;
		d->out->payload_size = (uint32_t)cursor_left(&d->c);
		return END_UDP;
	}
	bool src_first = d->out->src_port < d->out->dst_port;
	enum pkt_layer tunnel = decap_tunnel_of(src_first ? d->out->src_port : d->out->dst_port);
	if (tunnel == END_NOT_DNS)
		tunnel = decap_tunnel_of(src_first ? d->out->dst_port : d->out->src_port);
	return tunnel;
}

// RFC 9293 §3.1.
enum pkt_layer decap_tcp(struct decap *d)
{
	const uint8_t *tcp = cursor_take(&d->c, TCP_HEADER_SIZE);

	if (tcp == NULL)
		return END_SHORT;
	size_t header = (size_t)(tcp[12] >> 4) * 4;
	if (!speaks_dns(d, tcp))
		return END_NOT_DNS;
	if (header < TCP_HEADER_SIZE)
		return END_SHORT;
	cursor_skip(&d->c, header - TCP_HEADER_SIZE); // options
	d->out->tcp_seq = cursor_load32(tcp + 4);
	d->out->tcp_ack = cursor_load32(tcp + 8);
	d->out->tcp_flags = tcp[13] & (PKT_TCP_FIN | PKT_TCP_SYN | PKT_TCP_RST | PKT_TCP_ACK);
	d->out->payload = d->c.at;
	d->out->payload_size = (uint32_t)cursor_left(&d->c);
	return END_TCP;
}
