// SPDX-License-Identifier: BSD-3-Clause
// Settings of the dataplane, from the card to the collector.
#include "dataplane/common/frame.h"
#include "dataplane/common/setting_tables.h"

// clang-format off
static const struct setting capture[] = {
	{.name = "idle", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "auto", .values = "auto, poll or sleep",
		.help = "what a worker does without packets: poll (for line rate), sleep, or auto (poll for PCI devices)"},
	{.name = "rx.descriptors", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "2048", .min = 64, .max = 32768, .values = "descriptors",
		.help = "RX descriptors per queue; raise it if port_lost_total grows"},
	{.name = "dns.ports", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "53", .values = "port numbers, comma-separated",
		.help = "UDP and TCP ports of DNS"},
	{.name = "xdp.program", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "auto", .values = "auto, steer, all or off",
		.help = "XDP program of an interface: steer (DNS to the workers, other traffic to the host), all (everything to the workers), off (AF_PACKET, a copy), "
			"or auto (steer, but off if the host uses the interface)",
		.details = "The host uses an interface that has an address, on itself or on a VLAN or bond above it; that has a bridge, a macvlan or another device on "
			"top; or that a route of the main table uses. Link-local addresses do not count. If an address appears later, `auto` opens the interface again, by "
			"copy. With `steer` or `all` on such an interface, DNS answers no longer reach the host; a warning says so. A macvlan that was moved to another "
			"network namespace cannot be seen; use `off`."},
	{.name = "xdp.mode", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "auto", .values = "auto or copy",
		.help = "AF_XDP mode: auto (zero-copy if the driver supports it) or copy"},
	{.name = "xdp.tunnels", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "auto", .values = "auto, all, none or kinds, comma-separated",
		.help = "tunnels to steer: auto (all, but none if the host uses the interface), all, none, or a list such as gre,vxlan,tzsp",
		.details = "The list may contain gre, erspan, ipip, vxlan, geneve, gtpu, teredo, mpls, pppoe, etherip, l2tp, tzsp, erm, gue, lisp, capwap, ayiya, nsh."},
	{.name = "xdp.sample", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "1", .min = 1, .max = 1000000, .values = "pairs",
		.help = "steer one of so many pairs of addresses; 1: all"},
	{.name = "xdp.src", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "networks, comma-separated, or a file",
		.help = "steer answers from these networks (! excludes; or a file); for queries the destination is compared", .example = "192.0.2.0/24"},
	{.name = "xdp.dst", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "networks, comma-separated, or a file",
		.help = "steer answers to these networks; for queries the source is compared", .example = "198.51.100.0/24"},
	{.name = "nic.isolate", .by = SETTING_DATAPLANE, .type = SETTING_BOOL, .def = "no",
		.help = "let a card with rte_flow drop what is not DNS; tunnels and fragments are then not seen"},
	{.name = "telemetry", .by = SETTING_DATAPLANE, .type = SETTING_BOOL, .def = "yes",
		.help = "answer dpdk-telemetry.py"},
	{.name = "dnstap.types", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "resolver-response, forwarder-response", .values = "types, comma-separated",
		.help = "dnstap messages to take: resolver-response (from authoritative servers), forwarder-response, auth-, client-, stub-, tool- or update-response",
		.details = "`client-response` repeats from a resolver's cache what was looked up before. Other messages are counted and left out. dnstap messages need no "
			"query for `match`: the sender has matched them."},
	{.name = "dnstap.group", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .max = 32, .values = "name of a group",
		.help = "group that may connect to Unix sockets of dnstap; if empty, the group of lookback-dataplane",
		.example = "unbound"},
	{.name = "follow", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "folder",
		.help = "folder of captures to take as they are completed, each once; not together with other inputs", .example = "/var/captures"},
	{.name = "follow.after", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "leave", .values = "leave, delete, or move and a folder",
		.help = "what becomes of a capture after it was taken: leave, delete, or move FOLDER (on the same file system)", .example = "move /var/captures-done"},
	{.name = "follow.quiet", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "30", .min = 0.1, .max = 86400,
		.help = "a capture without a newer one in its series is complete if it was not changed for this time; raise it for slow writers"},
	{.name = "follow.state", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "/var/lib/lookback-dataplane", .values = "folder",
		.help = "folder of the journal of captures that were taken"},
	{.name = "replay.damaged", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "refuse", .values = "refuse, take or take-unverified",
		.help = "damaged or truncated captures: refuse, take (what is before the damage), or take-unverified (also if a checksum failed)",
		.details = "With `take`, files in a folder that cannot be read or are captures of another kind are passed over. A warning reports how many packets were read. With `take-unverified`, wrong octets may be anywhere in the file, so wrong addresses can be "
			"stored."},
};

static const struct setting accept[] = {
	{.name = "filter", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "pcap-filter(7) expression", .reload = true,
		.help = "tcpdump expression for packets to accept, applied to the innermost IP packet",
		.details = "Fragments are compared after reassembly. Primitives of Ethernet (ether host, broadcast) apply to the outermost Ethernet header. An expression "
			"with vlan, mpls, pppoes, pppoed, geneve, vxlan or ether[...] is applied to the frame as received, as tcpdump does. At most 64 KiB (8 KiB with "
			"primitives of link headers) and 4096 instructions; put long lists of networks into a file for `servers`.",
		.example = "not net 10.0.0.0/8"},
	{.name = "servers", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "networks, comma-separated, or a file", .reload = true,
		.help = "accept answers from these networks only (! excludes; or a file)", .example = "192.0.2.0/24, !192.0.2.99"},
	{.name = "names.only", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "file", .reload = true,
		.help = "file of owner names to accept, one per line; .example.com includes the names below it", .example = "/etc/lookback/names.only"},
	{.name = "names.skip", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "file", .reload = true,
		.help = "file of owner names to exclude, one per line", .example = "/etc/lookback/names.skip"},
	{.name = "sections", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "answer,authority,additional", .values = "sections, comma-separated", .reload = true,
		.help = "sections of a message to accept"},
	{.name = "types", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "record types, comma-separated", .reload = true,
		.help = "record types to accept; if empty, all", .example = "A,AAAA,CNAME"},
	{.name = "types_skip", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "", .values = "record types, comma-separated", .reload = true,
		.help = "record types to exclude, besides those excluded by default", .example = "TXT"},
	{.name = "match", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "off", .values = "off, prefer or require",
		.help = "whether an answer needs a query that was seen"},
	{.name = "match.timeout", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "10", .min = 1, .max = 3600,
		.help = "time-out of a query"},
	{.name = "dedup", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "0", .max = 1000, .values = "milliseconds",
		.help = "drop exact copies of a packet received within so many milliseconds, as a mirror port delivers them; 0: keep them",
		.details = "A copy is equal from the innermost IP header to the end of the datagram, except TTL or hop limit and the IPv4 header checksum; link headers, "
			"VLAN tags and tunnels may differ. Both must reach the same worker. Takes 8 MiB per worker."},
	{.name = "doh.addresses", .by = SETTING_DATAPLANE, .type = SETTING_STRING, .def = "builtin", .values = "networks, comma-separated, a file, or builtin", .reload = true,
		.help = "networks of DNS-over-HTTPS servers (or a file), to count connections to them"},
};

static const struct setting limits[] = {
	{.name = "table.records", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "1000000", .min = 1000, .max = 1000000000, .values = "records",
		.help = "records in the table of a worker, about 139 octets each; choose the number seen in a few hours"},
	{.name = "answers.memory", .by = SETTING_DATAPLANE, .type = SETTING_SIZE, .def = "0", .min = 0, .max = 1ull << 34,
		.help = "octets per worker of answers seen before, whose repetitions are counted without being parsed again; 0: none"},
	{.name = "flood.names", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "50000", .max = 1000000000, .values = "names",
		.help = "new names of a zone per flood.interval before further ones are stored as *.ZONE; 0: no limit"},
	{.name = "flood.interval", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "3600", .min = 1, .max = 86400,
		.help = "interval of flood.names, in packet time"},
	{.name = "frag.datagrams", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "1024", .min = 16, .max = 65536, .values = "datagrams",
		.help = "fragmented datagrams that a worker reassembles at a time"},
	{.name = "frag.timeout", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "5", .min = 0.1, .max = 120,
		.help = "time-out of the fragments of a datagram"},
	{.name = "tcp.flows", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "65536", .min = 16, .max = 16777216, .values = "directions",
		.help = "directions of TCP connections that a worker follows"},
	{.name = "tcp.memory", .by = SETTING_DATAPLANE, .type = SETTING_SIZE, .def = "64m", .min = 1 << 20, .max = 1ull << 36,
		.help = "octets that a worker holds for incomplete TCP messages"},
	{.name = "tcp.timeout", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "60", .min = 1, .max = 86400,
		.help = "time-out of an idle direction of a TCP connection"},
	{.name = "match.size", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "262144", .min = 16, .max = 67108864, .values = "queries",
		.help = "queries that a worker holds until their answer"},
};

static const struct setting delivery[] = {
	{.name = "flush.interval", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "60", .min = 0.1, .max = 200,
		.help = "how often changed records are sent to the collector"},
	{.name = "flush.records", .by = SETTING_DATAPLANE, .type = SETTING_UINT, .def = "32", .min = 10, .max = FRAME_RECORDS_MAX, .values = "records",
		.help = "batch size: so many new records or four times as many repeated ones; lookups wait while a batch is applied",
		.details = "About 20 microseconds per new record."},
	{.name = "replay.wait", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "0", .max = 31536000,
		.help = "how long a replay waits for a collector that is gone; 0: without limit",
		.details = "After that it exits with status 1. A log line every 30 seconds says that it waits."},
	{.name = "stop.timeout", .by = SETTING_DATAPLANE, .type = SETTING_SECONDS, .def = "30", .min = 0.1, .max = 86400,
		.help = "how long the dataplane waits at exit until the collector has everything",
		.details = "If there is nothing to send, it does not wait."},
};
// clang-format on

const struct setting_topic setting_capture = SETTING_TOPIC("Capture and replay", capture);
const struct setting_topic setting_accept = SETTING_TOPIC("Packets and records that are accepted", accept);
const struct setting_topic setting_limits = SETTING_TOPIC("Tables of a worker", limits);
const struct setting_topic setting_delivery = SETTING_TOPIC("From the dataplane to the collector", delivery);
