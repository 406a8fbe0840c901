// SPDX-License-Identifier: BSD-3-Clause
// The interfaces that are captured from.
#include "collector/doctor/checks.h"
#include "collector/doctor/ethtool.h"
#include "collector/doctor/netlink.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum {
	MTU_XDP = 3306, // as the dataplane's --iface needs it for AF_XDP
	MTU_ETHERNET = 1500,
	WAIT_US = 1000000, // between two looks at the counters
	PART = 10000	   // a few: less than one packet of so many
};

// Counters of the kernel for an interface.
struct iface_counts {
	unsigned long long packets, dropped, errors;
};

static unsigned long long read_count(const char *iface, const char *name)
{
	char path[160];
	unsigned long long value = 0;

	snprintf(path, sizeof(path), "/sys/class/net/%s/statistics/%s", iface, name);
	FILE *file = fopen(path, "re");
	if (file && fscanf(file, "%llu", &value) != 1)
		value = 0;
	if (file)
		fclose(file);
	return value;
}

// rx_dropped is not among the drops: it also counts frames of protocols that the host does not use.
static struct iface_counts read_counts(const char *iface)
{
	return (struct iface_counts){.packets = read_count(iface, "rx_packets"),
		.dropped = read_count(iface, "rx_missed_errors") + read_count(iface, "rx_fifo_errors") +
			   read_count(iface, "rx_over_errors"),
		.errors = read_count(iface, "rx_crc_errors") + read_count(iface, "rx_frame_errors") +
			  read_count(iface, "rx_length_errors")};
}

static void judge_count(struct doctor_report *r, enum doctor_kind kind, const char *iface, unsigned long long before,
	unsigned long long after, unsigned long long packets)
{
	if (after > before)
		doctor_bad(r, kind, "%s: %llu in 1 s, %llu of %llu packets since the interface exists", iface,
			after - before, after, packets);
	else if (after > packets / PART)
		doctor_bad_as(r, kind, DOCTOR_HINT, "%s: %llu of %llu packets since the interface exists, none now",
			iface, after, packets);
	else
		doctor_ok(r, kind, "%s: %llu of %llu packets since the interface exists, none now", iface, after,
			packets);
}

static void check_mode(const struct doctor_facts *f, struct doctor_report *r, const char *name,
	const struct ethtool_view *e)
{
	static const char *const modes[] = {[NETLINK_XDP_NATIVE] = "native",
		[NETLINK_XDP_GENERIC] = "generic",
		[NETLINK_XDP_HARDWARE] = "hardware"};
	enum netlink_xdp mode = netlink_xdp_mode(e->index);
	enum netlink_copy copy = netlink_xdp_copy(e->index);
	const char *driver = e->driver[0] ? e->driver : "unknown";

	if (!facts_has_dataplane(f)) {
		doctor_ok(r, FINDING_DRIVER, "%s: driver %s, %u queues", name, driver, e->queues);
		return;
	}
	if (mode <= NETLINK_XDP_NONE)
		doctor_ok(r, FINDING_MODE, "%s: driver %s, no XDP program is attached: AF_PACKET", name, driver);
	else if (mode == NETLINK_XDP_GENERIC)
		doctor_bad(r, FINDING_MODE, "%s: driver %s, AF_XDP in generic mode", name, driver);
	else
		doctor_ok(r, FINDING_MODE, "%s: driver %s, AF_XDP in %s mode%s", name, driver, modes[mode],
			copy == NETLINK_ZERO_COPY ? ", zero-copy"
			: copy == NETLINK_COPYING ? ", copying"
						  : "");
}

static void check_rss(const struct doctor_facts *f, struct doctor_report *r, const char *name,
	const struct ethtool_view *e)
{
	bool by_copy = facts_has_dataplane(f) && netlink_xdp_mode(e->index) <= NETLINK_XDP_NONE;
	bool matches = *f->match && strcmp(f->match, "off") != 0;

	if (f->workers <= 1 || e->queues == 1)
		doctor_ok(r, FINDING_RSS, "%s: one %s", name, f->workers <= 1 ? "worker" : "queue");
	else if (!matches)
		doctor_ok(r, FINDING_RSS, "%s: match is off, so any distribution will do", name);
	else if (by_copy)
		doctor_ok(r, FINDING_RSS, "%s: AF_PACKET distributes symmetrically", name);
	else if (e->symmetric_key == ETHTOOL_UNKNOWN)
		doctor_skip(r, FINDING_RSS,
			"%s: its driver does not report the hash key; match = %s needs a symmetric one", name,
			f->match);
	else if (e->symmetric_key == ETHTOOL_NO)
		doctor_bad(r, FINDING_RSS,
			"%s: the hash key is not symmetric, and match = %s: answers miss their queries", name,
			f->match);
	else if (e->hashes_ports == ETHTOOL_YES)
		doctor_bad_as(r, FINDING_RSS, DOCTOR_HINT, "%s: the hash depends on ports, which later fragments lack",
			name);
	else
		doctor_ok(r, FINDING_RSS, "%s: symmetric hash key, by addresses", name);
}

static void check_queues(const struct doctor_facts *f, struct doctor_report *r, const char *name,
	const struct ethtool_view *e)
{
	doctor_number(r, f->workers);
	if (f->workers == 0 || e->queues == 0)
		return;
	if (e->queues < f->workers)
		doctor_bad(r, FINDING_QUEUES, "%s: %u queues for %u workers", name, e->queues, f->workers);
	else
		doctor_ok(r, FINDING_QUEUES, "%s: %u queues for %u workers", name, e->queues, f->workers);
}

static void check_offloads(const struct doctor_facts *f, struct doctor_report *r, const char *name,
	const struct ethtool_view *e)
{
	bool gro = e->gro == ETHTOOL_YES, lro = e->lro == ETHTOOL_YES;
	bool before = netlink_xdp_mode(e->index) == NETLINK_XDP_NATIVE; // packets come before they are merged

	if (gro && !lro && before)
		doctor_ok(r, FINDING_MERGING, "%s: GRO is on, and comes after AF_XDP", name);
	else if (gro || lro)
		doctor_bad(r, FINDING_MERGING, "%s: %s%s%s on: DNS over TCP may come in frames that are too long", name,
			gro ? "GRO" : "", gro && lro ? " and " : "", lro ? "LRO" : "");
	else
		doctor_ok(r, FINDING_MERGING, "%s: GRO and LRO are off", name);
	if (e->vlan_stripping == ETHTOOL_YES && f->filters_vlan)
		doctor_bad(r, FINDING_VLAN, "%s: the card removes VLAN tags, so vlan in filter matches nothing", name);
	else
		doctor_ok(r, FINDING_VLAN, "%s: the card %s VLAN tags%s", name,
			e->vlan_stripping == ETHTOOL_YES ? "removes" : "does not remove",
			e->vlan_stripping == ETHTOOL_YES ? "; no setting needs them" : "");
	if (strcmp(name, "lo") != 0 && (e->mtu < MTU_ETHERNET || e->mtu > MTU_XDP))
		doctor_bad_as(r, FINDING_MTU, e->mtu < MTU_ETHERNET ? DOCTOR_WARNING : DOCTOR_HINT, "%s: MTU %u", name,
			e->mtu);
	else
		doctor_ok(r, FINDING_MTU, "%s: MTU %u", name, e->mtu);
}

// Returns false if there is nothing to look at.
static bool check_iface(const struct doctor_facts *f, struct doctor_report *r, const char *name)
{
	struct ethtool_view e;

	ethtool_read(name, &e);
	doctor_word(r, "IFACE", name);
	if (e.index == 0 && facts_has_dataplane(f)) {
		doctor_skip(r, FINDING_IFACE, "%s: not in this network namespace", name);
		return false;
	}
	if (e.index == 0) {
		doctor_bad(r, FINDING_IFACE, "%s: there is no such interface", name);
		return false;
	}
	doctor_ok(r, FINDING_IFACE, "%s exists", name);
	if (e.up)
		doctor_ok(r, FINDING_LINK, "%s is up", name);
	else
		doctor_bad(r, FINDING_LINK, "%s is down", name);
	check_mode(f, r, name, &e);
	check_queues(f, r, name, &e);
	check_rss(f, r, name, &e);
	check_offloads(f, r, name, &e);
	return true;
}

void doctor_check_ifaces(const struct doctor_facts *f, struct doctor_report *r)
{
	struct iface_counts before[FACTS_IFACES_MAX];
	bool there[FACTS_IFACES_MAX], any = false;

	for (size_t i = 0; i < f->ifaces_len; i++)
		before[i] = read_counts(f->ifaces[i]);
	for (size_t i = 0; i < f->ifaces_len; i++)
		any |= there[i] = check_iface(f, r, f->ifaces[i]);
	if (any)
		usleep(WAIT_US);
	for (size_t i = 0; i < f->ifaces_len; i++) {
		struct iface_counts after = read_counts(f->ifaces[i]);
		if (!there[i])
			continue;
		doctor_word(r, "IFACE", f->ifaces[i]);
		judge_count(r, FINDING_DROPS, f->ifaces[i], before[i].dropped, after.dropped, after.packets);
		judge_count(r, FINDING_ERRORS, f->ifaces[i], before[i].errors, after.errors, after.packets);
	}
}
