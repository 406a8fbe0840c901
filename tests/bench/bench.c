// SPDX-License-Identifier: BSD-3-Clause
// Measures the workers of the dataplane as they are: a capture is packed into memory, and a port
// whose receive function copies from there into buffers feeds it to them, pass after pass.
//
//     bench CAPTURE [--passes N] [--workers N] [--records N] [--depth receive|decap|parse|admit|all]
//           [--interval SECONDS] [--match off|prefer|require] [--no-huge] [--warm yes|no]
//           [--ratio yes|no] [--filter EXPRESSION] [--flood NAMES] [--answers OCTETS] [--pace MILLION_PACKETS_PER_S]
//           [--seconds S]
//
// With --seconds a pass repeats the capture until it has lasted that long: by --pace, or as far as the first pass tells.
//
// Prints one JSON object a pass. The first pass fills the table in another order than the ones that
// are measured, else the hardware's prefetching flatters the table. scripts/bench makes sense of it.
#include <pcap/pcap.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include <rte_cycles.h>
#include <rte_ethdev.h>
#include <rte_launch.h>
#include <rte_mbuf.h>
#include <rte_ring.h>

#include "dataplane/capture/capture.h"
#include "dataplane/control/eal.h"
#include "dataplane/intake/iface_facts.h"
#include "dataplane/common/log.h"
#include "dataplane/base/memory.h"
#include "dataplane/intake/packet_meta.h"
#include "dataplane/intake/port.h"
#include "dataplane/control/settings_parts.h"
#include "dataplane/report/summary.h"
#include "dataplane/loop/worker.h"

enum { ALIGN = 16, AHEAD = 8, LOOP_ADDS = 200000000, WORKERS_MAX = 8 };

struct packed {
	struct memory_block memory;
	uint8_t **packet; // each: its length (4 octets), then its bytes, at a multiple of ALIGN
	uint32_t len;
	enum link_kind link; // how they begin
};

// What a queue gives out in this pass. The worker writes, the main thread reads when it is over.
struct feed {
	const struct packed *packed;
	struct rte_mempool *pool;
	uint32_t next, step; // packets
	uint64_t left;	     // packets
	uint64_t first_tsc, last_tsc;
	uint64_t first_cpu_ns, cpu_ns; // processor time that the worker was given meanwhile
	// with --pace: packets arrive by the clock and wait in a ring
	const struct worker *worker;
	uint64_t arrived;	  // packets of this pass
	uint64_t lost, lost_away; // the ring was full; and of these, since the kernel had given the core away
	bool is_behind;		  // it has, and the ring was not empty since
	atomic_bool go;
} __attribute__((aligned(64)));

static struct feed feeds[WORKERS_MAX];
static double pace;	     // packets of each worker in a cycle of the TSC; 0: as fast as they are taken
static uint64_t ring_size;   // packets that wait at most
static uint64_t repeats = 1; // of the capture in a pass

static uint32_t packet_size(const uint8_t *p)
{
	uint32_t size;

	memcpy(&size, p, sizeof(size));
	return size;
}

static uint64_t thread_cpu_ns(void)
{
	struct timespec now;

	clock_gettime(CLOCK_THREAD_CPUTIME_ID, &now);
	return (uint64_t)now.tv_sec * 1000000000 + (uint64_t)now.tv_nsec;
}

static void skip(struct feed *f, uint64_t packets)
{
	f->left -= packets;
	f->next = (uint32_t)((f->next + packets * f->step) % f->packed->len);
}

// How many packets wait at this moment; what the ring cannot hold is lost.
static uint32_t waiting(struct feed *f)
{
	uint64_t arrived = (uint64_t)((double)(rte_get_tsc_cycles() - f->first_tsc) * pace), taken;
	uint64_t all = f->packed->len * repeats;

	arrived = RTE_MIN(arrived, all);
	taken = all - f->left;
	f->is_behind = arrived > taken && (f->is_behind || (f->worker->gap.away && *f->worker->gap.away == 0));
	if (arrived - taken > ring_size) {
		uint64_t lost = arrived - taken - ring_size;
		f->lost += lost;
		if (f->is_behind)
			f->lost_away += lost;
		skip(f, lost);
		taken += lost;
	}
	return (uint32_t)(arrived - taken);
}

// The receive function of the port: a burst out of memory.
static uint16_t receive(void *queue, struct rte_mbuf **mbufs, uint16_t len)
{
	struct feed *f = queue;
	uint16_t n = (uint16_t)RTE_MIN(f->left, (uint64_t)len);

	if (pace > 0 && n > 0) {
		n = (uint16_t)RTE_MIN(waiting(f), (uint32_t)len);
		if (n == 0 && f->left > 0)
			return 0;
	}
	if (n == 0) {
		if (f->first_tsc && !f->last_tsc) {
			f->cpu_ns = thread_cpu_ns() - f->first_cpu_ns;
			__atomic_store_n(&f->last_tsc, rte_get_tsc_cycles(), __ATOMIC_RELEASE);
		}
		if (!atomic_load_explicit(&f->go, memory_order_acquire))
			return 0;
		atomic_store_explicit(&f->go, false, memory_order_relaxed);
		f->left = (uint64_t)f->packed->len * repeats;
		f->first_cpu_ns = thread_cpu_ns();
		f->first_tsc = rte_get_tsc_cycles();
		return 0;
	}
	if (rte_pktmbuf_alloc_bulk(f->pool, mbufs, n) != 0)
		return 0;
	for (uint16_t i = 0; i < n; i++) {
		const uint8_t *p = f->packed->packet[f->next];
		uint32_t size = packet_size(p), ahead = f->next + AHEAD * f->step;
		while (ahead >= f->packed->len)
			ahead -= f->packed->len;
		rte_prefetch0(f->packed->packet[ahead]);
		uint8_t *to = rte_pktmbuf_mtod(mbufs[i], uint8_t *);
		for (uint32_t k = 0; k < size; k += 32)
			memcpy(to + k, p + 4 + k, 32); // both have room behind
		mbufs[i]->data_len = (uint16_t)size;
		mbufs[i]->pkt_len = size;
		f->next += f->step;
		if (f->next >= f->packed->len)
			f->next -= f->packed->len;
	}
	f->left -= n;
	return n;
}

static int load(struct packed *packed, const char *path)
{
	char error[PCAP_ERRBUF_SIZE], why[512];
	struct pcap_pkthdr *header;
	const u_char *bytes;
	struct capture capture;

	if (capture_check(&capture, path, why, sizeof(why)) != 0 || capture.packed || capture.is_mixed) {
		log_error("%s", capture.packed	   ? "it is compressed; unpack it first"
				: capture.is_mixed ? "found interfaces of several kinds, expected one"
						   : why);
		return -1;
	}
	packed->link = capture.link;
	packed->packet = calloc(capture.packets, sizeof(*packed->packet));
	packed->memory = memory_map(capture.bytes + capture.packets * 2 * ALIGN + 4096, true);
	uint8_t *at = packed->memory.at;
	pcap_t *pcap = pcap_open_offline(path, error);
	if (!packed->packet || !at || !pcap)
		return -1;
	while (pcap_next_ex(pcap, &header, &bytes) == 1) {
		uint32_t size = header->caplen;
		packed->packet[packed->len++] = at;
		memcpy(at, &size, sizeof(size));
		memcpy(at + 4, bytes, size);
		at += (4 + size + ALIGN - 1) / ALIGN * ALIGN;
	}
	pcap_close(pcap);
	return 0;
}

// Cycles of the core for each of the TSC, in the time that the machine gave us: a chain of additions
// takes one core cycle each.
static double core_to_tsc(void)
{
	uint64_t start = thread_cpu_ns(), x = start;

	for (uint64_t i = 0; i < LOOP_ADDS; i += 8)
		__asm__ volatile("add %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\t"
				 "add %0, %0\n\tadd %0, %0\n\tadd %0, %0\n\tadd %0, %0"
				 : "+r"(x));
	return (double)LOOP_ADDS / ((double)(thread_cpu_ns() - start) * 1e-9 * (double)rte_get_tsc_hz());
}

static struct dataplane_settings settings;
static struct worker *workers;
static struct filter_set *filters;	     // NULL: none
static uint64_t idle_gaps[POLL_GAP_BUCKETS]; // a second, of workers without packets: the machine's own
static bool warm = true, with_ratio = true;

// Frames go straight back: the collector's part is measured elsewhere.
static uint64_t give_frames_back(void)
{
	uint64_t records = 0;

	for (unsigned i = 0; i < settings.workers; i++) {
		void *frame;
		while (rte_ring_dequeue(workers[i].flush.full, &frame) == 0) {
			records += ((struct flush_frame *)frame)->frame.records;
			rte_ring_enqueue(workers[i].flush.free, frame);
		}
	}
	return records;
}

static void snapshot(struct worker_stats *total)
{
	memset(total, 0, sizeof(*total));
	for (unsigned i = 0; i < settings.workers; i++)
		summary_add(total, &workers[i].stats);
}

// A step that comes to every one of `len` packets, far from their order.
static uint32_t shuffling_step(uint32_t len)
{
	uint32_t step = (uint32_t)((uint64_t)len * 618 / 1000) | 1;

	for (;; step += 2) {
		uint32_t a = len, b = step;
		while (b != 0) {
			uint32_t rest = a % b;
			a = b;
			b = rest;
		}
		if (a == 1)
			return step % len;
	}
}

struct pass {
	uint64_t tsc; // cycles of the slowest worker, from its first packet to its last
	uint64_t cpu; // the same, less what the machine took away
};

// One pass over the traffic in all workers.
static struct pass run_pass(uint32_t step)
{
	struct pass slowest = {0};

	for (unsigned i = 0; i < settings.workers; i++) {
		feeds[i].step = step;
		feeds[i].next = 0;
		feeds[i].lost = feeds[i].lost_away = 0;
		feeds[i].first_tsc = feeds[i].last_tsc = 0;
		atomic_store_explicit(&feeds[i].go, true, memory_order_release);
	}
	for (unsigned i = 0; i < settings.workers; i++)
		while (!__atomic_load_n(&feeds[i].last_tsc, __ATOMIC_ACQUIRE)) {
			give_frames_back();
			usleep(200);
		}
	usleep(2000); // idle turns settle the pipeline
	for (unsigned i = 0; i < settings.workers; i++) {
		uint64_t cpu = (uint64_t)((double)feeds[i].cpu_ns * 1e-9 * (double)rte_get_tsc_hz());
		slowest.tsc = RTE_MAX(slowest.tsc, feeds[i].last_tsc - feeds[i].first_tsc);
		slowest.cpu = RTE_MAX(slowest.cpu, cpu);
	}
	return slowest;
}

static uint64_t responses_of(const struct worker_stats *s)
{
	return s->dns_udp + s->dns_tcp - s->dns_query;
}

// Gaps between polls in this pass (loop/poll_gap.h), and what a ring of the port's size would have lost.
static void print_gaps(const struct worker_stats *a, const struct worker_stats *b)
{
	const uint64_t *before = &a->poll_gap_0, *after = &b->poll_gap_0;
	uint64_t lost = 0, lost_away = 0;

	printf(",\"gaps\":[");
	for (int i = 0; i < POLL_GAP_BUCKETS; i++)
		printf("%s%llu", i ? "," : "", (unsigned long long)(after[i] - before[i]));
	printf("],\"idle_gaps_per_s\":[");
	for (int i = 0; i < POLL_GAP_BUCKETS; i++)
		printf("%s%llu", i ? "," : "", (unsigned long long)idle_gaps[i]);
	printf("],\"gaps_taken\":%llu,\"gaps_taken_s\":%.6f", (unsigned long long)(b->poll_taken - a->poll_taken),
		(double)(b->poll_taken_ns - a->poll_taken_ns) * 1e-9);
	for (unsigned i = 0; i < settings.workers; i++) {
		lost += feeds[i].lost;
		lost_away += feeds[i].lost_away;
	}
	if (pace > 0)
		printf(",\"lost\":%llu,\"lost_while_away\":%llu", (unsigned long long)lost,
			(unsigned long long)lost_away);
}

static void print_pass(unsigned pass, struct pass time, const struct worker_stats *a, const struct worker_stats *b,
	double ratio, const char *depth)
{
	double seconds = (double)time.cpu / (double)rte_get_tsc_hz();
	uint64_t packets = b->rx_packets - a->rx_packets, responses = responses_of(b) - responses_of(a);
	uint64_t records = b->rr_taken - a->rr_taken, hits = b->table_hits - a->table_hits;
	double each = (double)settings.workers;

	printf("{\"pass\":%u,\"depth\":\"%s\",\"workers\":%llu,\"packets\":%llu,\"responses\":%llu,\"records\":%llu,"
	       "\"seconds\":%.6f,\"mpackets_per_s\":%.3f,\"mresponses_per_s\":%.3f,\"mrecords_per_s\":%.3f,"
	       "\"cycles_per_packet\":%.1f,\"cycles_per_response\":%.1f,\"hit_rate\":%.4f,\"evicted\":%llu,"
	       "\"flushed_records\":%llu,\"taken_away\":%.3f,\"core_to_tsc\":%.3f",
		pass, depth, (unsigned long long)settings.workers, (unsigned long long)packets,
		(unsigned long long)responses, (unsigned long long)records, seconds,
		(double)packets / seconds / 1e6 / each, (double)responses / seconds / 1e6 / each,
		(double)records / seconds / 1e6 / each, (double)time.cpu * each / (double)packets,
		responses ? (double)time.cpu * each / (double)responses : 0,
		records ? (double)hits / (double)records : 0, (unsigned long long)(b->table_evicted - a->table_evicted),
		(unsigned long long)(b->flush_records - a->flush_records), 1 - (double)time.cpu / (double)time.tsc,
		ratio);
	printf(",\"answers_hits\":%llu,\"answers_misses\":%llu,\"answers_inserted\":%llu",
		(unsigned long long)(b->answers_hits - a->answers_hits),
		(unsigned long long)(b->answers_misses - a->answers_misses),
		(unsigned long long)(b->answers_inserted - a->answers_inserted));
	print_gaps(a, b);
	printf("}\n");
	fflush(stdout);
}

static void measure_idle_gaps(void)
{
	struct worker_stats before, after;

	snapshot(&before);
	usleep(1000000);
	snapshot(&after);
	for (int i = 0; i < POLL_GAP_BUCKETS; i++)
		idle_gaps[i] = (&after.poll_gap_0)[i] - (&before.poll_gap_0)[i];
}

static int start(const struct packed *packed, enum worker_depth depth, bool huge)
{
	struct intake_options options;
	struct port port = {0};
	unsigned lcore, i = 0;

	settings_intake(&settings, &options);
	struct rte_mempool *pool = port_pool(&options, options.workers, IFACE_ROOM_USUAL);
	if (!pool || port_start(&port, 0, &options, pool) != 0)
		return -1;
	workers = aligned_alloc(64, settings.workers * sizeof(*workers));
	if (!workers)
		return -1;
	memset(workers, 0, settings.workers * sizeof(*workers));
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if (i == settings.workers)
			break;
		struct worker *w = &workers[i];
		feeds[i] = (struct feed){.packed = packed, .pool = pool, .step = 1, .worker = w};
		rte_eth_fp_ops[0].rxq.data[i] = &feeds[i];
		*w = (struct worker){.id = i, .huge_pages = huge, .depth = depth, .sources_len = 1};
		settings_worker(&settings, &w->options);
		w->sources[0] = (struct worker_source){.port = 0, .queue = (uint16_t)i, .link = packed->link};
		atomic_store(&w->filters_next, filters);
		if (flush_init(&w->flush, i, 128, &w->stats) != 0)
			return -1;
		i++;
	}
	rte_eth_fp_ops[0].rx_pkt_burst = receive;
	i = 0;
	RTE_LCORE_FOREACH_WORKER(lcore)
	if (i < settings.workers)
		rte_eal_remote_launch(worker_run, &workers[i++], lcore);
	for (i = 0; i < settings.workers; i++)
		while (!atomic_load(&workers[i].ready) && !atomic_load(&workers[i].failed))
			usleep(1000);
	atomic_store_explicit(&worker_orders.go, true, memory_order_release);
	return atomic_load(&workers[0].failed) ? -1 : 0;
}

static void set(const char *key, const char *value)
{
	char assignment[256], why[512];

	snprintf(assignment, sizeof(assignment), "%s=%s", key, value);
	if (conf_set_option(settings_conf(&settings), assignment, why, sizeof(why)) != 0) {
		log_error("%s", why);
		exit(2);
	}
}

static struct {
	enum worker_depth depth;
	unsigned passes;
	double million_per_s; // 0: as fast as possible
	double seconds;	      // that a pass lasts at least; 0: the capture once
} plan = {.depth = WORKER_ALL, .passes = 5};

static const char *const depths[] = {"receive", "decap", "parse", "admit", "all"};

// Options that set a setting of the dataplane.
static const struct {
	const char *option, *setting;
} settings_of[] = {{"--workers", "workers"}, {"--records", "table.records"}, {"--interval", "flush.interval"},
	{"--match", "match"}, {"--filter", "filter"}, {"--flood", "flood.names"}, {"--answers", "answers.memory"}};

// False if the option is unknown.
static bool take_option(struct eal_args *eal, const char *option, const char *value)
{
	for (size_t i = 0; i < sizeof(settings_of) / sizeof(settings_of[0]); i++)
		if (strcmp(option, settings_of[i].option) == 0) {
			set(settings_of[i].setting, value);
			return true;
		}
	if (strcmp(option, "--passes") == 0)
		plan.passes = (unsigned)atoi(value);
	else if (strcmp(option, "--pace") == 0)
		plan.million_per_s = atof(value);
	else if (strcmp(option, "--seconds") == 0)
		plan.seconds = atof(value);
	else if (strcmp(option, "--warm") == 0)
		warm = strcmp(value, "no") != 0;
	else if (strcmp(option, "--ratio") == 0)
		with_ratio = strcmp(value, "no") != 0;
	else if (strcmp(option, "--lcores") == 0)
		eal_args_add(eal, option, value);
	else if (strcmp(option, "--depth") == 0)
		for (int d = 0; d <= WORKER_ALL; d++)
			plan.depth = strcmp(value, depths[d]) == 0 ? (enum worker_depth)d : plan.depth;
	else
		return false;
	return true;
}

static bool read_options(struct eal_args *eal, int argc, char **argv, char *why, size_t why_size)
{
	set("idle", "poll");
	set("flush.interval", "200");
	for (int i = 2; i < argc; i++) {
		if (strcmp(argv[i], "--no-huge") == 0)
			eal_args_add(eal, argv[i], NULL);
		else if (i + 1 < argc && take_option(eal, argv[i], argv[i + 1]))
			i++;
		else
			return false;
	}
	struct conf_report report = {0};
	settings_finish(&settings, &report);
	conf_report_first(&report, why, why_size);
	return argc >= 2 && settings.workers <= WORKERS_MAX && report.errors == 0;
}

// DPDK, the capture in memory, the filter, the workers. 0, or -1.
static int set_up(struct eal_args *eal, struct packed *packed, const char *path, char *why, size_t why_size)
{
	struct filter_options filter;

	eal_args_add(eal, "--no-pci", NULL);
	eal_args_add(eal, "--vdev", "net_null0,no-rx=1");
	if (load(packed, path) != 0 || eal_start(eal, (unsigned)settings.workers, 256, 0, 256 / 2) != 0 ||
		packet_meta_init() != 0)
		return -1;
	ring_size = settings.rx_descriptors;
	settings_filter(&settings, &filter);
	if (*settings.filter &&
		(!(filters = filter_set_read(&filter, why, why_size)) || !filter_set_finish(filters, why, why_size))) {
		log_error("%s", why);
		return -1;
	}
	return start(packed, plan.depth, !eal->no_huge) != 0 ? -1 : 0;
}

static void measure(const struct packed *packed)
{
	struct worker_stats before, after;

	if (warm)
		run_pass(shuffling_step(packed->len));
	if (plan.seconds > 0 && plan.million_per_s == 0) {
		double hz = (double)rte_get_tsc_hz(), once = 0;
		for (; once < 0.01; repeats *= 10) // long enough to measure
			once = (double)run_pass(1).cpu / hz;
		repeats /= 10;
		repeats = (uint64_t)(plan.seconds * (double)repeats / once) + 1;
	} else if (plan.seconds > 0) {
		repeats = RTE_MAX((uint64_t)(plan.seconds * plan.million_per_s * 1e6 / packed->len + 0.5), 1u);
	}
	measure_idle_gaps();
	pace = plan.million_per_s * 1e6 / (double)rte_get_tsc_hz();
	for (unsigned pass = 1; pass <= plan.passes; pass++) {
		snapshot(&before);
		struct pass time = run_pass(1);
		snapshot(&after);
		print_pass(pass, time, &before, &after, with_ratio ? core_to_tsc() : 0, depths[plan.depth]);
	}
}

static void stop_workers(void)
{
	atomic_store(&worker_orders.stop, true);
	for (unsigned i = 0; i < settings.workers; i++)
		while (!atomic_load(&workers[i].done)) {
			give_frames_back();
			usleep(100);
		}
	rte_eal_mp_wait_lcore();
}

int main(int argc, char **argv)
{
	struct packed packed = {0};
	struct worker_stats stats;
	struct eal_args eal;
	char why[256] = "";

	log_init("bench", LOG_LEVEL_WARNING);
	eal_args_begin(&eal, argv[0]);
	conf_defaults(settings_conf(&settings));
	if (!read_options(&eal, argc, argv, why, sizeof(why))) {
		fprintf(stderr, "usage: bench CAPTURE [--passes N] [--workers N] [--records N] [--depth DEPTH] ...\n");
		return 2;
	}
	if (set_up(&eal, &packed, argv[1], why, sizeof(why)) != 0)
		return 1;
	measure(&packed);
	stop_workers();
	snapshot(&stats);
	if (plan.depth == WORKER_ALL && !summary_check(&stats, stats.sightings_flushed, why, sizeof(why))) {
		log_error("the accounts do not add up: %s", why);
		return 1;
	}
	return 0;
}
