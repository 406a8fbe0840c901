// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/packet/encrypted.h"

#include <string.h>

#include "dataplane/packet/decap.h"

// Public resolvers that answer over HTTPS, as their operators publish them.
static const char builtin[] = "1.1.1.1,1.0.0.1,1.1.1.2,1.0.0.2,1.1.1.3,1.0.0.3,2606:4700:4700::/48," // Cloudflare
			      "8.8.8.8,8.8.4.4,2001:4860:4860::8888,2001:4860:4860::8844,"	     // Google
			      "2001:4860:4860::64,2001:4860:4860::6464,"
			      "9.9.9.9,9.9.9.10,9.9.9.11,149.112.112.9,149.112.112.10,149.112.112.11," // Quad9
			      "149.112.112.112,2620:fe::/48,"
			      "208.67.222.222,208.67.220.220,146.112.41.2,146.112.41.3," // OpenDNS
			      "2620:119:35::35,2620:119:53::53,"
			      "94.140.14.14,94.140.15.15,94.140.14.140,94.140.14.141," // AdGuard
			      "94.140.14.15,94.140.15.16,2a10:50c0::/48,"
			      "45.90.28.0/24,45.90.30.0/24,2a07:a8c0::/48,2a07:a8c1::/48," // NextDNS
			      "185.228.168.0/24,185.228.169.0/24,"			   // CleanBrowsing
			      "76.76.2.0/24,76.76.10.0/24,"				   // Control D
			      "194.242.2.2,194.242.2.3,194.242.2.4,194.242.2.5,194.242.2.6,194.242.2.9," // Mullvad
			      "185.222.222.222,45.11.45.11,"						 // DNS.SB
			      "223.5.5.5,223.6.6.6,1.12.12.12,120.53.53.53," // AliDNS, DNSPod
			      "193.110.81.0,185.253.5.0,"		     // dns0.eu
			      "130.59.31.248,130.59.31.251";		     // SWITCH

enum { PORT_DOT = 853, PORT_HTTPS = 443, TCP_SYN_ACK = 0x12, TCP_SYN = 0x02, QUIC_FORM = 0xf0, QUIC_INITIAL = 0xc0 };

int encrypted_addresses(struct prefix_list *list, const char *setting, char *why, size_t why_size)
{
	return prefix_list_read(list, strcmp(setting, "builtin") == 0 ? builtin : setting, why, why_size);
}

size_t encrypted_ip(const uint8_t *frame, size_t size, enum link_kind link)
{
	if (link == LINK_KIND_RAW_IP || link == LINK_KIND_MATCHED_IP)
		return 0;
	if (link != LINK_KIND_ETHERNET || size < 18)
		return size;
	uint16_t type = cursor_load16(frame + 12);
	size_t at = 14;
	if (type == ETHERTYPE_VLAN) {
		type = cursor_load16(frame + 16);
		at = 18;
	}
	return type == ETHERTYPE_IPV4 || type == ETHERTYPE_IPV6 ? at : size;
}

enum encrypted_kind encrypted_look(const uint8_t *frame, size_t size, enum link_kind link, const struct prefix_set *doh)
{
	size_t at = encrypted_ip(frame, size, link), left = size - at;
	const uint8_t *ip = frame + at;

	if (left < 20)
		return ENCRYPTED_NONE;
	bool is_ipv4 = ip[0] >> 4 == 4;
	size_t header = is_ipv4 ? (size_t)(ip[0] & 15) * 4 : 40;
	// the ports, and then the flags of TCP or the first octet of QUIC
	if (left < header + 14 || (is_ipv4 && (header < 20 || (cursor_load16(ip + 6) & 0x1fff) != 0)))
		return ENCRYPTED_NONE;
	const uint8_t *l4 = ip + header;
	uint16_t port = cursor_load16(l4 + 2);
	if (port != PORT_DOT && (port != PORT_HTTPS || !doh))
		return ENCRYPTED_NONE;
	uint8_t protocol = ip[is_ipv4 ? 9 : 6];
	bool tcp = protocol == IP_PROTOCOL_TCP;
	if (!tcp && protocol != IP_PROTOCOL_UDP)
		return ENCRYPTED_NONE;
	if (tcp ? (l4[13] & TCP_SYN_ACK) != TCP_SYN : (l4[8] & QUIC_FORM) != QUIC_INITIAL)
		return ENCRYPTED_NONE;
	if (port == PORT_DOT)
		return tcp ? ENCRYPTED_DOT : ENCRYPTED_DOQ;
	return prefix_set_takes(doh, ip + (is_ipv4 ? 16 : 24), is_ipv4 ? 4 : 16) ? ENCRYPTED_DOH : ENCRYPTED_NONE;
}

void encrypted_count(const uint8_t *frame, size_t size, enum link_kind link, const struct prefix_set *doh,
	struct worker_stats *stats)
{
	uint64_t *const counter[] = {[ENCRYPTED_DOT] = &stats->encrypted_dot,
		[ENCRYPTED_DOQ] = &stats->encrypted_doq,
		[ENCRYPTED_DOH] = &stats->encrypted_doh};
	enum encrypted_kind kind = encrypted_look(frame, size, link, doh);

	if (kind != ENCRYPTED_NONE)
		stats_add(counter[kind], 1);
}
