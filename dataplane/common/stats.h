// SPDX-License-Identifier: BSD-3-Clause
// Counters of the dataplane, seen by both processes: one line here makes the field, the Prometheus
// name and the help text. To add a metric: add a line, count it where it happens, nothing else.
//
//     X(kind, field, family, label, help)      lookback_<family>{worker="0",<label>} value
//
// Lines of one family are together; the first one has the help text of the family. For each
// worker, at any moment between two bursts,
//
//     rx_packets + frag_datagrams = Σ packets_total{outcome}
//     dns_udp + dns_tcp           = Σ messages_total{outcome}
//     Σ records_total{outcome}    = records of the taken messages
//     records taken               = sightings flushed + pending + Σ lost
//
// and with the frame being filled, Σ flushed = sightings framed. `frame_reached` is the number of the last frame
// before the STATS frame in its connection, `sightings_reached` the sightings in all frames up to it.
//
// Thread rule: one writer (the worker), relaxed loads elsewhere; stats_add is a plain load and store.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

enum stats_kind {
	STATS_COUNTER,
	STATS_GAUGE,
	STATS_SECONDS, // a counter of nanoseconds, shown in seconds
	STATS_LEVEL,   // a gauge of nanoseconds, shown in seconds
	STATS_BUCKET,  // of a histogram: observations in this bucket alone, label le; the last one is +Inf
	STATS_SUM      // after a histogram's buckets: sum of the observations, nanoseconds; its label does not show
};

// clang-format off
#define WORKER_STATS(X) \
	X(COUNTER, rx_packets,          "rx_packets_total", "", "Packets taken from the RX queues") \
	X(COUNTER, rx_bytes,            "rx_bytes_total", "", "Octets of these packets") \
	X(COUNTER, frag_datagrams,      "reassembled_datagrams_total", "", "Datagrams reassembled from IP fragments; each is processed like a packet") \
	/* packets, by what became of them */ \
	X(COUNTER, pkt_udp,             "packets_total", "outcome=\"udp\"", "Packets and reassembled datagrams, by outcome") \
	X(COUNTER, pkt_tcp,             "packets_total", "outcome=\"tcp\"", "TCP segment of a DNS port, passed to stream reassembly") \
	X(COUNTER, pkt_fragment,        "packets_total", "outcome=\"fragment\"", "IP fragment, passed to reassembly") \
	X(COUNTER, pkt_short,           "packets_total", "outcome=\"short\"", "Truncated, or its header lengths are inconsistent") \
	X(COUNTER, pkt_not_ip,          "packets_total", "outcome=\"not_ip\"", "ARP, LLDP and other frames without IP") \
	X(COUNTER, pkt_not_dns,         "packets_total", "outcome=\"not_dns\"", "Another transport or other ports") \
	X(COUNTER, pkt_icmp,            "packets_total", "outcome=\"icmp\"", "ICMP; DNS quoted in ICMP is ignored") \
	X(COUNTER, pkt_tunnel_unknown,  "packets_total", "outcome=\"tunnel_unknown\"", "A tunnel whose payload is not understood") \
	X(COUNTER, pkt_tunnel_depth,    "packets_total", "outcome=\"tunnel_depth\"", "More nested headers than the limit") \
	X(COUNTER, pkt_filtered,        "packets_total", "outcome=\"filtered\"", "Excluded by the setting filter") \
	X(COUNTER, pkt_snapped,         "packets_total", "outcome=\"snapped\"", "Truncated at capture by the snapshot length; the part that is left is still processed") \
	X(COUNTER, pkt_oversized,       "packets_total", "outcome=\"oversized\"", "Longer than the frames of the AF_PACKET ring and truncated there; the part that is left is still processed") \
	X(COUNTER, pkt_duplicate,       "packets_total", "outcome=\"duplicate\"", "Copy of a packet received less than the setting dedup before; dropped") \
	X(COUNTER, pkt_no_time,         "packets_total", "outcome=\"no_time\"", "Its time is 0, before 1970 or after 2106; not stored") \
	/* copies, as of a mirror port */ \
	X(COUNTER, copies_compared,     "packets_compared_total", "", "Packets compared with earlier ones to find copies: all with dedup, otherwise the first 8192 and then one of 256") \
	X(COUNTER, copies_found,        "packets_repeated_total", "", "Compared packets that were received twice within 50 ms, or within the setting dedup") \
	X(COUNTER, copies_forgotten,    "packets_forgotten_total", "", "Packets that dedup forgot too early because its memory was full") \
	/* headers taken off; a packet can count in several */ \
	X(COUNTER, decap_vlan,          "decapsulated_total", "header=\"vlan\"", "Link and tunnel headers removed, by header") \
	X(COUNTER, decap_tag,           "decapsulated_total", "header=\"tag\"", "") \
	X(COUNTER, decap_bridge,        "decapsulated_total", "header=\"bridge\"", "") \
	X(COUNTER, decap_nsh,           "decapsulated_total", "header=\"nsh\"", "") \
	X(COUNTER, decap_wlan,          "decapsulated_total", "header=\"wlan\"", "") \
	X(COUNTER, decap_mpls,          "decapsulated_total", "header=\"mpls\"", "") \
	X(COUNTER, decap_pppoe,         "decapsulated_total", "header=\"pppoe\"", "") \
	X(COUNTER, decap_ipip,          "decapsulated_total", "header=\"ipip\"", "") \
	X(COUNTER, decap_etherip,       "decapsulated_total", "header=\"etherip\"", "") \
	X(COUNTER, decap_gre,           "decapsulated_total", "header=\"gre\"", "") \
	X(COUNTER, decap_erspan,        "decapsulated_total", "header=\"erspan\"", "") \
	X(COUNTER, decap_vxlan,         "decapsulated_total", "header=\"vxlan\"", "") \
	X(COUNTER, decap_geneve,        "decapsulated_total", "header=\"geneve\"", "") \
	X(COUNTER, decap_gtpu,          "decapsulated_total", "header=\"gtpu\"", "") \
	X(COUNTER, decap_teredo,        "decapsulated_total", "header=\"teredo\"", "") \
	X(COUNTER, decap_l2tp,          "decapsulated_total", "header=\"l2tp\"", "") \
	X(COUNTER, decap_tzsp,          "decapsulated_total", "header=\"tzsp\"", "") \
	X(COUNTER, decap_erm,           "decapsulated_total", "header=\"erm\"", "") \
	X(COUNTER, decap_gue,           "decapsulated_total", "header=\"gue\"", "") \
	X(COUNTER, decap_lisp,          "decapsulated_total", "header=\"lisp\"", "") \
	X(COUNTER, decap_capwap,        "decapsulated_total", "header=\"capwap\"", "") \
	X(COUNTER, decap_ayiya,         "decapsulated_total", "header=\"ayiya\"", "") \
	/* connections that begin and cannot be looked into; counted besides the outcome */ \
	X(COUNTER, encrypted_dot,       "encrypted_total", "protocol=\"dot\"", "New connections of encrypted DNS: a TCP SYN or a first QUIC packet to port 853, or to port 443 of an address in doh.addresses") \
	X(COUNTER, encrypted_doq,       "encrypted_total", "protocol=\"doq\"", "") \
	X(COUNTER, encrypted_doh,       "encrypted_total", "protocol=\"doh\"", "") \
	/* fragments */ \
	X(COUNTER, frag_expired,        "fragments_lost_total", "reason=\"timeout\"", "Fragments dropped before their datagram was complete, by reason") \
	X(COUNTER, frag_refused,        "fragments_lost_total", "reason=\"refused\"", "Overlapping, too many, or too long") \
	X(COUNTER, frag_evicted,        "fragments_lost_total", "reason=\"evicted\"", "Evicted by newer fragments because the table was full") \
	X(COUNTER, frag_repeated,       "fragments_repeated_total", "", "Exact copies of fragments that are already held; ignored") \
	X(GAUGE,   frag_held,           "fragments_held", "", "Fragments that wait for the rest of their datagram") \
	/* TCP streams */ \
	X(GAUGE,   tcp_flows,           "tcp_flows", "", "Directions of TCP connections that are followed") \
	X(GAUGE,   tcp_held_bytes,      "tcp_held_bytes", "", "Octets held until a gap is filled or a message is complete") \
	X(COUNTER, tcp_opened,          "tcp_flows_opened_total", "", "Directions of TCP connections that were started to be followed") \
	X(COUNTER, tcp_evicted,         "tcp_flows_evicted_total", "", "Directions of TCP connections evicted by newer ones because the table was full") \
	X(COUNTER, tcp_expired,         "tcp_flows_expired_total", "", "Directions of TCP connections dropped after the idle time-out") \
	X(COUNTER, tcp_gap,             "tcp_streams_lost_total", "reason=\"gap\"", "TCP streams dropped before their end, by reason") \
	X(COUNTER, tcp_unsynced,        "tcp_streams_lost_total", "reason=\"unsynchronized\"", "No message boundary found in a stream whose beginning was not seen") \
	X(COUNTER, tcp_no_memory,       "tcp_streams_lost_total", "reason=\"memory\"", "The limit of held octets was reached") \
	X(COUNTER, tcp_cut,             "tcp_streams_lost_total", "reason=\"cut\"", "Ended, dropped or restarted within a message") \
	/* DNS messages */ \
	X(COUNTER, dns_udp,             "messages_received_total", "transport=\"udp\"", "DNS messages received, by transport") \
	X(COUNTER, dns_tcp,             "messages_received_total", "transport=\"tcp\"", "") \
	X(COUNTER, dns_taken,           "messages_total", "outcome=\"taken\"", "DNS messages, by outcome") \
	X(COUNTER, dns_query,           "messages_total", "outcome=\"query\"", "Queries; only used for matching") \
	X(COUNTER, dns_malformed,       "messages_total", "outcome=\"malformed\"", "Malformed before its last octet") \
	X(COUNTER, dns_snapped,         "messages_total", "outcome=\"snapped\"", "Incomplete because its packet was truncated at capture") \
	X(COUNTER, dns_not_query_answer,"messages_total", "outcome=\"not_query_answer\"", "Another opcode, other than one question, or not class IN") \
	X(COUNTER, dns_truncated,       "messages_total", "outcome=\"truncated\"", "The TC flag is set") \
	X(COUNTER, dns_error_rcode,     "messages_total", "outcome=\"error_rcode\"", "RCODE other than NOERROR and NXDOMAIN") \
	X(COUNTER, dns_unmatched,       "messages_total", "outcome=\"unmatched\"", "No query was seen for it, and match is require") \
	X(COUNTER, dns_server_skipped,  "messages_total", "outcome=\"server_skipped\"", "From a server that the setting servers excludes") \
	X(COUNTER, dns_prefer_unmatched,"messages_unmatched_taken_total", "", "Messages accepted although no query was seen, because match is prefer") \
	X(GAUGE,   match_held,          "match_queries", "", "Queries that wait for their answer") \
	X(COUNTER, match_expired,       "match_queries_lost_total", "reason=\"timeout\"", "Queries dropped without an answer, by reason") \
	X(COUNTER, match_evicted,       "match_queries_lost_total", "reason=\"evicted\"", "Evicted by newer queries because the table was full") \
	/* records of taken messages */ \
	X(COUNTER, rr_taken,            "records_total", "outcome=\"taken\"", "Records of accepted messages, by outcome") \
	X(COUNTER, rr_duplicate,        "records_total", "outcome=\"duplicate\"", "Repeated within the same message") \
	X(COUNTER, rr_out_of_bailiwick, "records_total", "outcome=\"out_of_bailiwick\"", "Out of bailiwick, or not related to the question") \
	X(COUNTER, rr_type_skipped,     "records_total", "outcome=\"type_skipped\"", "Excluded by the settings types or types_skip, or by the rule of its section") \
	X(COUNTER, rr_section_skipped,  "records_total", "outcome=\"section_skipped\"", "Excluded by the setting sections") \
	X(COUNTER, rr_too_long,         "records_total", "outcome=\"too_long\"", "RDATA longer than 65535 octets after its names were decompressed") \
	X(COUNTER, rr_not_in,           "records_total", "outcome=\"not_in\"", "Not class IN") \
	X(COUNTER, rr_name_skipped,     "records_total", "outcome=\"name_skipped\"", "Excluded by the settings names.only or names.skip") \
	/* answers seen before */ \
	X(COUNTER, answers_hits,        "answers_lookups_total", "result=\"hit\"", "Messages looked up among the answers seen before, by result: whether the same answer is there") \
	X(COUNTER, answers_misses,      "answers_lookups_total", "result=\"miss\"", "") \
	X(COUNTER, answers_inserted,    "answers_inserted_total", "", "Messages inserted among the answers seen before") \
	/* sightings, from the table to the frames */ \
	X(COUNTER, sightings_flushed,   "sightings_flushed_total", "", "Sightings put into frames for the collector") \
	X(GAUGE,   sightings_pending,   "sightings_pending", "", "Sightings in the table that are not in a frame yet") \
	X(COUNTER, lost_no_room,        "sightings_lost_total", "reason=\"no_room\"", "Sightings lost, by reason") \
	/* the table */ \
	X(GAUGE,   table_entries,       "table_entries", "", "Records in the table") \
	X(GAUGE,   table_capacity,      "table_entries_limit", "", "Records that the table has room for") \
	X(COUNTER, table_inserted,      "table_inserted_total", "", "Records inserted into the table") \
	X(COUNTER, table_hits,          "table_hits_total", "", "Sightings of records that were in the table") \
	X(COUNTER, table_evicted,       "table_evicted_total", "", "Records evicted from the table by new ones") \
	X(COUNTER, table_passed,        "table_passed_total", "", "Sightings sent at once because the table had no room") \
	X(COUNTER, flood_collapsed,     "flood_collapsed_total", "", "Sightings of new names in flooded zones, stored as *.<zone>") \
	X(COUNTER, flood_unguarded,     "flood_unguarded_total", "", "New names accepted because too many zones are flooded at a time") \
	X(GAUGE,   flood_zones,         "flood_zones", "", "Zones with more new names than flood.names") \
	X(COUNTER, flush_records,       "flush_records_total", "", "Records put into frames") \
	X(COUNTER, flush_frames,        "flush_frames_total", "", "Frames filled") \
	X(COUNTER, flush_waits,         "flush_waits_total", "", "Times that no frame was free; the records stay in the table meanwhile") \
	/* the loop */ \
	X(BUCKET,  poll_gap_0,         "poll_gap_seconds", "le=\"0.00000078125\"", "Time between two polls of the RX queues, except while the kernel had the core or the worker slept") \
	X(BUCKET,  poll_gap_1,         "poll_gap_seconds", "le=\"0.0000015625\"", "") \
	X(BUCKET,  poll_gap_2,         "poll_gap_seconds", "le=\"0.000003125\"", "") \
	X(BUCKET,  poll_gap_3,         "poll_gap_seconds", "le=\"0.00000625\"", "") \
	X(BUCKET,  poll_gap_4,         "poll_gap_seconds", "le=\"0.0000125\"", "") \
	X(BUCKET,  poll_gap_5,         "poll_gap_seconds", "le=\"0.000025\"", "") \
	X(BUCKET,  poll_gap_6,         "poll_gap_seconds", "le=\"0.00005\"", "") \
	X(BUCKET,  poll_gap_7,         "poll_gap_seconds", "le=\"0.0001\"", "") \
	X(BUCKET,  poll_gap_8,         "poll_gap_seconds", "le=\"0.0002\"", "") \
	X(BUCKET,  poll_gap_9,         "poll_gap_seconds", "le=\"0.0004\"", "") \
	X(BUCKET,  poll_gap_10,        "poll_gap_seconds", "le=\"0.0008\"", "") \
	X(BUCKET,  poll_gap_11,        "poll_gap_seconds", "le=\"0.0016\"", "") \
	X(BUCKET,  poll_gap_12,        "poll_gap_seconds", "le=\"+Inf\"", "") \
	X(SUM,     poll_gap_ns,         "poll_gap_seconds", "le=\"sum_ns\"", "") \
	X(LEVEL,   poll_gap_longest_ns, "poll_gap_longest_seconds", "", "Longest time between two polls") \
	X(COUNTER, poll_taken,          "poll_gaps_taken_total", "", "Gaps between two polls in which the kernel gave the core to another task") \
	X(SECONDS, poll_taken_ns,       "poll_gaps_taken_seconds_total", "", "Total time of these gaps") \
	X(COUNTER, polls,               "polls_total", "", "Polls of the RX queues") \
	X(COUNTER, polls_empty,         "polls_empty_total", "", "Polls that returned no packet")

#define PORT_STATS(X) \
	X(COUNTER, ipackets,  "port_rx_packets_total", "", "Packets received by the port") \
	X(COUNTER, ibytes,    "port_rx_bytes_total", "", "Octets received by the port") \
	X(COUNTER, imissed,   "port_lost_total", "reason=\"missed\"", "Packets lost by the port, by reason: no descriptor or ring full, ...") \
	X(COUNTER, ierrors,   "port_lost_total", "reason=\"error\"", "Received with errors") \
	X(COUNTER, rx_nombuf, "port_lost_total", "reason=\"no_mbuf\"", "No free mbuf in the pool") \
	X(COUNTER, ring_full, "port_lost_total", "reason=\"ring_full\"", "The ring of the AF_XDP socket was full") \
	X(COUNTER, too_long,  "port_lost_total", "reason=\"too_long\"", "Longer than the frames of the AF_XDP socket") \
	X(COUNTER, xdp_dns,       "port_xdp_packets_total", "verdict=\"dns\"", "Packets by verdict of the XDP program; dns, fragment, tunnel, all and beyond (headers that it cannot parse) go to the workers, the others to the host") \
	X(COUNTER, xdp_fragment,  "port_xdp_packets_total", "verdict=\"fragment\"", "") \
	X(COUNTER, xdp_tunnel,    "port_xdp_packets_total", "verdict=\"tunnel\"", "") \
	X(COUNTER, xdp_beyond,    "port_xdp_packets_total", "verdict=\"beyond\"", "") \
	X(COUNTER, xdp_all,       "port_xdp_packets_total", "verdict=\"all\"", "") \
	X(COUNTER, xdp_other,     "port_xdp_packets_total", "verdict=\"other\"", "") \
	X(COUNTER, xdp_prefix,    "port_xdp_packets_total", "verdict=\"prefix\"", "") \
	X(COUNTER, xdp_sample,    "port_xdp_packets_total", "verdict=\"sample\"", "") \
	X(COUNTER, xdp_no_socket, "port_xdp_packets_total", "verdict=\"no_socket\"", "") \
	X(COUNTER, xdp_dot,       "port_encrypted_total", "protocol=\"dot\"", "New connections of encrypted DNS that the XDP program left to the host") \
	X(COUNTER, xdp_doq,       "port_encrypted_total", "protocol=\"doq\"", "") \
	X(COUNTER, xdp_doh,       "port_encrypted_total", "protocol=\"doh\"", "") \
	X(COUNTER, oversized, "port_oversized_total", "", "Frames with DNS that were longer than the frames of the AF_PACKET ring and truncated there") \
	X(COUNTER, queries,   "port_messages_total", "kind=\"query\"", "DNS messages received by the port; if one kind stays 0, the tap lacks one direction") \
	X(COUNTER, answers,   "port_messages_total", "kind=\"answer\"", "") \
	X(GAUGE,   link_up,   "port_link_up", "", "1 while the link is up") \
	X(GAUGE,   link_speed, "port_link_speed_bytes", "", "Speed of the link, octets per second") \
	X(COUNTER, reopened,  "port_reopened_total", "", "Times that the interface was removed and opened again")

// Of the main thread, which hands frames to the collector.
#define OUTBOX_STATS(X) \
	X(GAUGE,   connected,      "outbox_connected", "", "1 while the collector is connected") \
	X(COUNTER, connects,       "outbox_connects_total", "", "Connections made to the collector") \
	X(GAUGE,   frames_total,   "outbox_frames_limit", "", "Frames that the outbox has room for") \
	X(GAUGE,   frames_unacked, "outbox_frames_unacknowledged", "", "Frames not acknowledged by the collector yet") \
	X(COUNTER, frames_sent,    "outbox_frames_sent_total", "", "Frames sent, including those sent again") \
	X(COUNTER, frames_resent,  "outbox_frames_resent_total", "", "Frames sent again after a reconnect") \
	X(COUNTER, frames_acked,   "outbox_frames_acknowledged_total", "", "Frames acknowledged by the collector") \
	X(GAUGE,   reloading,       "reload_running", "", "1 while the settings are reloaded") \
	X(GAUGE,   sightings_unacked, "outbox_sightings_unacknowledged", "", "Sightings in frames not acknowledged by the collector yet") \
	X(GAUGE,   frame_reached,   "outbox_frame_reached", "", "Number of the last frame sent over this connection, or acknowledged before it") \
	X(GAUGE,   sightings_reached, "outbox_sightings_reached", "", "Sightings in all frames up to lookback_outbox_frame_reached") \
	X(COUNTER, sightings_framed, "outbox_sightings_framed_total", "", "Sightings in all numbered frames") \
	X(COUNTER, reloads,         "reloads_total", "outcome=\"taken\"", "Reloads of the settings on SIGHUP, by outcome") \
	X(COUNTER, reloads_refused, "reloads_total", "outcome=\"refused\"", "") \
	X(COUNTER, clock_steps,     "clock_steps_total", "", "Steps of the sensor's clock by half a second or more") \
	X(GAUGE,   follow_waiting,  "follow_files_waiting", "", "Files in the followed folder that are not complete or not applied yet") \
	X(COUNTER, follow_taken,    "follow_files_taken_total", "", "Captures of the followed folder that were applied") \
	X(GAUGE,   follow_refused,  "follow_files_refused", "", "Damaged captures in the followed folder, which are not taken") \
	X(GAUGE,   follow_passed,   "follow_files_passed", "", "Files in the followed folder that are no captures") \
	X(GAUGE,   follow_oldest_s, "follow_oldest_seconds", "", "Time since the last change of the oldest file that waits in the followed folder") \
	X(SECONDS, cpu_ns,          "dataplane_process_cpu_seconds_total", "", "Time that the dataplane used processors, in its code and in the kernel") \
	X(GAUGE,   memory_max,      "dataplane_process_resident_memory_max_bytes", "", "Largest resident memory of the dataplane, without its huge pages") \
	X(GAUGE,   start_s,         "dataplane_process_start_time_seconds", "", "Time when the dataplane started, seconds since 1970")
// clang-format on

#define STATS_FIELD(kind, field, family, label, help) uint64_t field; // help: see the line above

struct worker_stats {
	WORKER_STATS(STATS_FIELD)
} __attribute__((aligned(64)));

struct port_stats {
	PORT_STATS(STATS_FIELD)
};

struct outbox_stats {
	OUTBOX_STATS(STATS_FIELD)
};

#define STATS_ONE(kind, field, family, label, help) +1
enum {
	WORKER_STATS_LEN = 0 WORKER_STATS(STATS_ONE),
	PORT_STATS_LEN = 0 PORT_STATS(STATS_ONE),
	OUTBOX_STATS_LEN = 0 OUTBOX_STATS(STATS_ONE),
	STATS_WORKERS_MAX = 64,
	STATS_PORTS_MAX = 16,
	STATS_PORT_NAME_SIZE = 64
};

// Headers that the dataplane does not know, of all workers together (packet/unknown.h).
enum stats_unknown_kind {
	STATS_UNKNOWN_ETHERTYPE,
	STATS_UNKNOWN_PROTOCOL,
	STATS_UNKNOWN_UDP_PORT,
	STATS_UNKNOWN_KINDS
};
enum { STATS_UNKNOWN_MAX = 8 * STATS_UNKNOWN_KINDS };

struct stats_unknown {
	uint32_t kind;	   // enum stats_unknown_kind
	uint32_t number;   // EtherType, IP protocol, UDP port
	uint64_t packets;  // that ended there
	uint64_t holds_ip; // 1: an IP packet was found after it
};

// Body of a STATS frame: this head, then outbox values, then for each worker its values, then for
// each port its name (STATS_PORT_NAME_SIZE octets, terminated) and its values; all uint64_t. At the end `unknown` of
// struct stats_unknown.
struct stats_frame {
	uint32_t workers; // at most STATS_WORKERS_MAX
	uint32_t ports;	  // at most STATS_PORTS_MAX
	uint32_t unknown; // at most STATS_UNKNOWN_MAX
	uint32_t pad;
};

struct stats_line {
	enum stats_kind kind;
	const char *field;  // name of the field
	const char *family; // metric name without prefix
	const char *label;  // label="value", or empty
	const char *help;   // help text of the family, on its first line
};

// The lines above as tables, in the order of the fields.
extern const struct stats_line worker_stats_lines[WORKER_STATS_LEN];
extern const struct stats_line port_stats_lines[PORT_STATS_LEN];
extern const struct stats_line outbox_stats_lines[OUTBOX_STATS_LEN];

// A hash of all names in order: two programs whose layouts differ refuse each other.
uint64_t stats_layout(void);

// One writer, many readers: no locked instruction, no torn value.
static inline void stats_add(uint64_t *counter, uint64_t n)
{
	__atomic_store_n(counter, __atomic_load_n(counter, __ATOMIC_RELAXED) + n, __ATOMIC_RELAXED);
}

// Moves one item, counted earlier in the same burst, to another outcome.
static inline void stats_recount(uint64_t *from, uint64_t *to)
{
	__atomic_store_n(from, __atomic_load_n(from, __ATOMIC_RELAXED) - 1, __ATOMIC_RELAXED);
	stats_add(to, 1);
}

static inline void stats_set(uint64_t *gauge, uint64_t value)
{
	__atomic_store_n(gauge, value, __ATOMIC_RELAXED);
}

static inline uint64_t stats_get(const uint64_t *counter)
{
	return __atomic_load_n(counter, __ATOMIC_RELAXED);
}
