// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/report/check.h"

#include <dirent.h>
#include <sched.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <rte_ethdev.h>
#include <rte_lcore.h>

#include "dataplane/control/confine.h"
#include "dataplane/control/huge_pages.h"

static unsigned failures;
static bool as_json;

void check_as_json(void)
{
	as_json = true;
}

// A JSON string; octets that are not ASCII text are replaced.
static void put_json(const char *text)
{
	putchar('"');
	for (; *text; text++) {
		if (*text == '"' || *text == '\\')
			putchar('\\');
		putchar(*text < 0x20 || *text > 0x7e ? '?' : *text);
	}
	putchar('"');
}

void check_say(const char *grade, const char *topic, const char *format, ...)
{
	char text[1500];
	va_list args;

	failures += strcmp(grade, "fail") == 0;
	va_start(args, format);
	vsnprintf(text, sizeof(text), format, args);
	va_end(args);
	if (!as_json) {
		printf("%-5s %s\n", grade, text);
		return;
	}
	printf("{\"topic\": \"%s\", \"grade\": \"%s\", \"text\": ", topic, grade);
	put_json(text);
	printf("}\n");
}

static void say_fact(const char *name, const char *value)
{
	if (!as_json)
		return;
	printf("{\"fact\": \"%s\", \"value\": ", name);
	put_json(value);
	printf("}\n");
}

static void say_number(const char *name, uint64_t value)
{
	char text[24];

	snprintf(text, sizeof(text), "%llu", (unsigned long long)value);
	say_fact(name, text);
}

unsigned check_failures(void)
{
	return failures;
}

// the host ───────────────────────────────────────────────────────────────────────────────────

// First line of a file, without the newline; empty if there is none.
static void read_line(const char *path, char *out, size_t size)
{
	FILE *file = fopen(path, "r");

	out[0] = '\0';
	if (file && !fgets(out, (int)size, file))
		out[0] = '\0';
	out[strcspn(out, "\n")] = '\0';
	if (file)
		fclose(file);
}

static long meminfo(const char *name)
{
	char line[128], key[64];
	long value = 0, found = 0;
	FILE *file = fopen("/proc/meminfo", "r");

	while (file && fgets(line, sizeof(line), file))
		if (sscanf(line, "%63[^:]: %ld", key, &value) == 2 && strcmp(key, name) == 0)
			found = value;
	if (file)
		fclose(file);
	return found;
}

static void check_huge_pages(const struct dataplane_settings *s, unsigned intake_mib)
{
	long total, free_pages = huge_pages_free(&total), size_kb = meminfo("Hugepagesize"),
		    wanted = huge_pages_wanted(s, intake_mib);

	say_number("huge-pages-needed", (uint64_t)wanted);
	if (free_pages >= wanted && total > 0)
		check_say("ok", "host.huge-pages", "huge pages: %ld of %ld pages of %ld kB are free, %ld are needed",
			free_pages, total, size_kb, wanted);
	else
		check_say("hint", "host.huge-pages",
			"huge pages: %ld of %ld pages of %ld kB are free, %ld are needed; it works without, slower "
			"(scripts/host-setup --huge-pages %ld --apply)",
			free_pages, total, size_kb, wanted, total - free_pages + wanted);
}

static void check_hugetlbfs(void)
{
	char line[512];
	bool mounted = false;
	FILE *file = fopen("/proc/mounts", "r");

	while (file && fgets(line, sizeof(line), file))
		mounted |= strstr(line, " hugetlbfs ") != NULL;
	if (file)
		fclose(file);
	check_say("ok", "host.hugetlbfs", "hugetlbfs: %s", mounted ? "mounted" : "not mounted, and not needed");
}

static unsigned count_entries(const char *path)
{
	DIR *folder = opendir(path);
	unsigned count = 0;

	for (const struct dirent *entry = folder ? readdir(folder) : NULL; entry; entry = readdir(folder))
		count += entry->d_name[0] != '.';
	if (folder)
		closedir(folder);
	return count;
}

static void check_iommu(void)
{
	unsigned groups = count_entries("/sys/kernel/iommu_groups");
	bool vfio = access("/sys/module/vfio_pci", F_OK) == 0;

	if (groups > 0 && vfio)
		check_say("ok", "host.iommu", "IOMMU: %u groups, vfio-pci is loaded", groups);
	else if (groups > 0)
		check_say("hint", "host.iommu",
			"IOMMU: %u groups, vfio-pci is not loaded; a card for DPDK needs it (modprobe vfio-pci)",
			groups);
	else
		check_say("hint", "host.iommu",
			"IOMMU: none; a card for DPDK needs it (intel_iommu=on iommu=pt on the kernel's command line), "
			"interfaces and captures do not");
}

static void check_cpus(const struct dataplane_settings *s)
{
	char isolated[256];
	cpu_set_t allowed;
	int cpus = sched_getaffinity(0, sizeof(allowed), &allowed) == 0 ? CPU_COUNT(&allowed) : 0;

	read_line("/sys/devices/system/cpu/isolated", isolated, sizeof(isolated));
	if (s->workers + 1 > (uint64_t)cpus)
		check_say("hint", "host.cpus",
			"CPUs: %d for %llu worker%s and the main thread; each should have its own", cpus,
			(unsigned long long)s->workers, s->workers == 1 ? "" : "s");
	else
		check_say("ok", "host.cpus", "CPUs: %d for %llu worker%s and the main thread", cpus,
			(unsigned long long)s->workers, s->workers == 1 ? "" : "s");
	if (isolated[0])
		check_say("ok", "host.isolation", "CPUs: %s isolated from other programs", isolated);
	else
		check_say("hint", "host.isolation",
			"CPUs: none is isolated; isolcpus= on the kernel's command line keeps other programs off the workers");
}

static void check_xdp(void)
{
	char why[300];

	if (xdp_possible(why, sizeof(why)))
		check_say("ok", "capture.xdp", "XDP: programs can be loaded");
	else
		check_say("hint", "capture.xdp", "XDP: %s; interfaces are captured from through AF_PACKET, slower",
			why);
}

// What other checks depend on.
static void say_facts(const struct dataplane *d)
{
	static const char *const matches[] =
		{[ADMIT_MATCH_OFF] = "off", [ADMIT_MATCH_PREFER] = "prefer", [ADMIT_MATCH_REQUIRE] = "require"};

	say_number("workers", d->settings.workers);
	say_number("flush.interval", (uint64_t)d->settings.flush_interval_s);
	say_number("dedup", d->settings.dedup_ms);
	say_fact("match", matches[d->settings.match]);
	say_fact("filter", d->settings.filter);
	say_fact("polls",
		d->settings.idle == IDLE_POLL && (d->settings.idle_is_set || d->eal.pci_named) ? "yes" : "no");
	for (unsigned i = 0; i < d->intake.ifaces_len; i++)
		say_fact("iface", d->intake.ifaces[i].name);
	if (d->eal.devices_named)
		say_fact("device", "yes");
}

void check_host(const struct dataplane *d, unsigned intake_mib)
{
	say_facts(d);
	check_huge_pages(&d->settings, intake_mib);
	check_hugetlbfs();
	check_iommu();
	check_cpus(&d->settings);
	check_xdp();
}

// ports ──────────────────────────────────────────────────────────────────────────────────────

static void check_link(const struct port *port)
{
	struct rte_eth_link link;

	if (rte_eth_link_get_nowait(port->id, &link) != 0 || !link.link_status)
		check_say(port->is_device ? "fail" : "hint", "capture.link", "port %s: the link is down", port->name);
	else if (link.link_speed == RTE_ETH_SPEED_NUM_UNKNOWN || link.link_speed == 0)
		check_say("ok", "capture.link", "port %s: the link is up", port->name);
	else
		check_say("ok", "capture.link", "port %s: the link is up, %u Mbit/s", port->name, link.link_speed);
}

static void check_numa(const struct port *port)
{
	int node = rte_eth_dev_socket_id(port->id);
	unsigned lcore;

	if (node < 0)
		return;
	RTE_LCORE_FOREACH_WORKER(lcore)
	{
		if ((int)rte_lcore_to_socket_id(lcore) != node) {
			check_say("hint", "capture.numa",
				"port %s: on NUMA node %d, lcore %u on node %u; put workers on the port's node (-l, --lcores)",
				port->name, node, lcore, rte_lcore_to_socket_id(lcore));
			return;
		}
	}
	if (port->is_device)
		check_say("ok", "capture.numa", "port %s: on NUMA node %d, as its workers", port->name, node);
}

static void check_queues(const struct port *port, const struct rte_eth_dev_info *info,
	const struct dataplane_settings *s)
{
	const uint64_t addresses = RTE_ETH_RSS_IPV4 | RTE_ETH_RSS_NONFRAG_IPV4_OTHER | RTE_ETH_RSS_FRAG_IPV4;

	check_say("ok", "capture.driver", "port %s: driver %s, %u of %u queues in use", port->name, info->driver_name,
		port->queues, info->max_rx_queues);
	if (port->queues < s->workers)
		check_say("hint", "capture.queues",
			"port %s: fewer queues than workers (%llu); the other workers get no packets from it",
			port->name, (unsigned long long)s->workers);
	if (port->queues > 1 && port->is_device && (info->flow_type_rss_offloads & addresses) == 0)
		check_say("hint", "capture.rss", "port %s: no RSS by addresses; one worker gets all packets",
			port->name);
	else if (port->queues > 1 && port->is_device)
		check_say("ok", "capture.rss", "port %s: symmetric RSS by addresses", port->name);
	if (port->is_device && info->rx_desc_lim.nb_max > 0 && s->rx_descriptors > info->rx_desc_lim.nb_max)
		check_say("hint", "capture.descriptors", "port %s: at most %u descriptors, not %llu (rx.descriptors)",
			port->name, info->rx_desc_lim.nb_max, (unsigned long long)s->rx_descriptors);
}

static void check_xdp_mode(const struct port *port)
{
	const struct iface *iface = port->iface;
	const char *mode = xdp_attach_mode(iface->xdp);
	bool native = strcmp(mode, "native") == 0;

	check_say(native ? "ok" : "hint", "capture.mode", "port %s: AF_XDP, %s mode, %s%s", port->name, mode,
		iface->fds_len > 0 && iface_xdp_is_zero_copy(iface->fds[0]) ? "zero-copy" : "copying",
		native ? "" : "; a driver with native XDP is faster");
}

void check_ports(const struct intake *intake, const struct dataplane_settings *settings)
{
	for (unsigned i = 0; i < intake->ports_len; i++) {
		const struct port *port = &intake->ports[i];
		struct rte_eth_dev_info info;
		if (port->replay)
			continue;
		if (rte_eth_dev_info_get(port->id, &info) != 0) {
			check_say("fail", "capture.driver", "port %s: its driver reports nothing", port->name);
			continue;
		}
		check_queues(port, &info, settings);
		check_link(port);
		check_numa(port);
		if (port->iface && port->iface->xdp)
			check_xdp_mode(port);
		else if (port->iface && port->iface->host_uses[0] && settings->xdp_program == INTAKE_XDP_AUTO)
			check_say("ok", "capture.mode",
				"port %s: AF_PACKET, by copy, as the host uses the interface (%s); xdp.program = steer would take DNS from the host",
				port->name, port->iface->host_uses);
		else if (port->iface)
			check_say("hint", "capture.mode", "port %s: AF_PACKET; see the log above for the reason",
				port->name);
	}
}

void check_sandbox(const struct dataplane *d)
{
	char text[600];

	if (!d->settings.sandbox)
		check_say("hint", "host.sandbox", "sandbox: off; the program keeps all rights of its start");
	else if (confine_try(d, text, sizeof(text)) != 0)
		check_say("fail", "host.sandbox", "%s", text);
	else
		check_say("ok", "host.sandbox", "sandbox: %s", text);
}
