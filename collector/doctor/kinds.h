// SPDX-License-Identifier: BSD-3-Clause
// All findings of `lookback doctor`: one line here makes the finding, its line of `lookback doctor list` and its row in the
// guide, which a test compares.
//
//     X(symbol, name, severity, expected, remedy)
//
// Upper-case words that doctor_word sets are replaced (IFACE, FILE, NUMBER, …), and so is redis-cli, which gets the address.
#pragma once

#include <stddef.h>

enum doctor_severity {
	DOCTOR_OK,
	DOCTOR_SKIPPED, // could not be checked
	DOCTOR_HINT,	// could be better
	DOCTOR_WARNING, // records or answers are in danger, or missing in part
	DOCTOR_ERROR	// does not work, or records are lost
};

// clang-format off
#define DOCTOR_KINDS(X) \
	X(CONFIG, "config.settings", ERROR, "settings that all programs can read", \
		"correct the line that the message names; lookback-collector --help and lookback-dataplane --help list the settings") \
	X(TIME, "doctor.time-limit", WARNING, "an end of the check within its time limit", \
		"find out what does not answer (a disk, a network file system, Redis), then run lookback doctor again") \
	/* programs */ \
	X(COLLECTOR, "programs.collector", ERROR, "a collector that runs with these settings", \
		"systemctl start lookback-collector; if it ends again: journalctl -u lookback-collector -n 20") \
	X(HTTP, "programs.http", ERROR, "answers of the collector at http.listen", \
		"curl -k ADDRESS/healthz; check http.listen, and that nothing else uses its port (ss -ltnp)") \
	X(READY, "programs.ready", ERROR, "/readyz: ready", \
		"do what the text says; docs/guide/troubleshoot.md lists the messages") \
	X(DATAPLANE, "programs.dataplane", ERROR, "a dataplane that is connected to the collector", \
		"systemctl start lookback-dataplane; if it ends again: journalctl -u lookback-dataplane -n 20") \
	X(INPUT, "programs.input", WARNING, "an interface or a card to capture from", \
		"set iface = INTERFACE (or port = PCI) in /etc/lookback/lookback.conf, then systemctl restart lookback-dataplane") \
	X(VERSIONS, "programs.versions", ERROR, "one version of all programs", \
		"install the same version of lookback, lookback-collector and lookback-dataplane, then systemctl restart lookback-collector lookback-dataplane") \
	X(RESTART, "programs.restart", WARNING, "running programs of the version that is installed", \
		"systemctl restart PROGRAM") \
	X(ACCOUNTS, "programs.accounts", ERROR, "accounts of sightings that add up", \
		"this is a bug: please report it with the log of both programs") \
	X(SENSOR, "sensor.silent", WARNING, "records of each sensor within NUMBER s", \
		"check the dataplane and the mirror port of the sensor; if it does not exist any more: lookback erase sensor SENSOR") \
	X(BEHIND, "sensor.behind", WARNING, "free frames in the dataplane", \
		"the collector or Redis is too slow: see the findings of redis and spool") \
	/* host */ \
	X(HUGE_PAGES, "host.huge-pages", HINT, "NUMBER pages of 2 MiB for these settings", \
		"scripts/host-setup --huge-pages NUMBER --apply, or sysctl -w vm.nr_hugepages=NUMBER (and the same line in /etc/sysctl.d/lookback.conf); then systemctl restart lookback-dataplane") \
	X(HUGE_PAGES_UNUSED, "host.huge-pages-unused", HINT, "a dataplane that uses huge pages", \
		"systemctl restart lookback-dataplane: it found too few when it started") \
	X(HUGETLBFS, "host.hugetlbfs", HINT, "nothing: it may be mounted or not", "nothing") \
	X(IOMMU, "host.iommu", HINT, "an IOMMU and vfio-pci, if a card is driven by DPDK", \
		"intel_iommu=on iommu=pt on the kernel's command line; modprobe vfio-pci") \
	X(CPUS, "host.cpus", HINT, "a CPU for each worker and one for the main thread", "set workers to the number of CPUs less one") \
	X(ISOLATION, "host.isolation", HINT, "CPUs of their own for workers that poll", \
		"isolcpus= on the kernel's command line, with the CPUs of the workers") \
	X(GOVERNOR, "host.governor", HINT, "cpufreq governor performance for workers that poll", \
		"cpupower frequency-set -g performance") \
	X(SANDBOX, "host.sandbox", HINT, "a sandbox that is on", "remove sandbox = off; do what the text says") \
	X(CLOCK, "host.clock", WARNING, "a clock that is synchronized", \
		"timedatectl set-ntp true, or apt install chrony; chronyc tracking shows the state") \
	/* capture */ \
	X(IFACE, "capture.interface", ERROR, "the interface IFACE", "ip link; correct iface in the settings") \
	X(OPEN, "capture.open", ERROR, "an input that can be opened", "do what the text says; journalctl -u lookback-dataplane -n 20") \
	X(LINK, "capture.link", WARNING, "a link that is up", "ip link set IFACE up; check the cable and the mirror port") \
	X(DRIVER, "capture.driver", ERROR, "a driver that reports its properties", "ethtool -i IFACE") \
	X(MODE, "capture.mode", HINT, "AF_XDP in native mode, or AF_PACKET where the host uses the interface", \
		"for speed: a card whose driver has native XDP, or port = PCI; ethtool -i IFACE shows the driver") \
	X(XDP, "capture.xdp", HINT, "a kernel and rights that allow XDP programs", \
		"run it as root or with CAP_BPF and CAP_NET_ADMIN, as lookback-dataplane.service does") \
	X(QUEUES, "capture.queues", HINT, "a queue for each worker", "ethtool -L IFACE combined NUMBER, or lower workers") \
	X(RSS, "capture.rss", WARNING, "both directions of a conversation at one worker", \
		"ethtool -X IFACE hkey KEY (6d:5a repeated) and ethtool -N IFACE rx-flow-hash udp4 sd (also udp6, tcp4, tcp6); or xdp.program = off") \
	X(NUMA, "capture.numa", HINT, "workers on the card's NUMA node", "lookback-dataplane --lcores with CPUs of that node") \
	X(DESCRIPTORS, "capture.descriptors", HINT, "as many descriptors as rx.descriptors says", "lower rx.descriptors") \
	X(MERGING, "capture.merging", HINT, "GRO and LRO off", "ethtool -K IFACE gro off lro off") \
	X(VLAN, "capture.vlan", WARNING, "VLAN tags that the card keeps, as filter uses them", "ethtool -K IFACE rxvlan off") \
	X(MTU, "capture.mtu", WARNING, "an MTU of 1500 to 3306", \
		"ip link set IFACE mtu 1500: longer frames than the MTU are lost, and AF_XDP takes at most 3306") \
	X(DROPS, "capture.drops", WARNING, "no packets that the card or the kernel drops", \
		"ethtool -G IFACE rx 4096; more workers and queues (ethtool -L IFACE combined N); ethtool -S IFACE names the counter") \
	X(ERRORS, "capture.errors", WARNING, "no frames with errors", "check the cable, the optics and the switch port of IFACE") \
	/* traffic */ \
	X(DNS, "traffic.dns", WARNING, "DNS messages", \
		"check that IFACE is the mirrored port (tcpdump -ni IFACE port 53), and dns.ports") \
	X(NO_ANSWERS, "traffic.no-answers", ERROR, "queries and answers", \
		"mirror both directions of the resolver's port, or add the other port to iface") \
	X(NO_QUERIES, "traffic.no-queries", HINT, "queries and answers", \
		"mirror both directions of the resolver's port, or add the other port to iface; match needs the queries") \
	X(COPIES, "traffic.copies", WARNING, "each packet once", \
		"mirror ingress or egress, not both, or set dedup = 50 and restart the dataplane") \
	X(FORGOTTEN, "traffic.forgotten", WARNING, "room for all packets within the time of dedup", "set dedup lower, or use more workers") \
	X(SNAPPED, "traffic.snapped", WARNING, "whole packets", "capture with tcpdump -s 0") \
	X(OVERSIZED, "traffic.oversized", WARNING, "frames as they are on a wire", \
		"ethtool -K IFACE gro off lro off (for a veth also tso off gso off at its peer), or raise the MTU") \
	X(NO_TIME, "traffic.no-time", WARNING, "packets with a valid time", "set the clock, or correct the capture (editcap -t)") \
	X(LOST, "traffic.lost", WARNING, "no packets lost before a worker reads them", \
		"use more workers, or raise rx.descriptors; lookback_port_lost_total has the reasons") \
	X(SIGHTINGS, "traffic.sightings-lost", ERROR, "no sightings lost in the dataplane", "raise table.records") \
	/* Redis */ \
	X(REDIS, "redis.reach", ERROR, "a Redis that accepts writes with these settings", \
		"systemctl status redis-server; check redis, redis.user and redis.password_file") \
	X(REDIS_VERSION, "redis.version", ERROR, "Redis 6.2 or later, or Valkey", "apt install redis-server") \
	X(EVICTION, "redis.eviction", WARNING, "maxmemory-policy noeviction", \
		"redis-cli CONFIG SET maxmemory-policy noeviction, and the same in redis.conf") \
	X(EVICTED, "redis.evicted", ERROR, "no keys that were evicted", \
		"raise maxmemory, and set maxmemory-policy noeviction; redis-cli CONFIG RESETSTAT clears the count") \
	X(PERSISTENCE, "redis.persistence", WARNING, "appendonly yes", "redis-cli CONFIG SET appendonly yes, and the same in redis.conf") \
	X(DISK, "redis.disk", ERROR, "files that Redis can write", "check the log, the disk and the memory of Redis") \
	X(LISTPACK, "redis.listpack", WARNING, "zset-max-listpack-value at least 255, zset-max-listpack-entries at least 128", \
		"redis-cli CONFIG SET zset-max-listpack-value 255, redis-cli CONFIG SET zset-max-listpack-entries 128, and the same in redis.conf") \
	X(MEMORY, "redis.memory", WARNING, "less than 90 % of maxmemory in use", \
		"redis-cli CONFIG SET maxmemory BYTES, or set retention.days") \
	X(LIMIT, "redis.limit", HINT, "a maxmemory below the memory of the machine", \
		"redis-cli CONFIG SET maxmemory BYTES, and the same in redis.conf: without it, the kernel may kill Redis") \
	X(LATENCY, "redis.latency", WARNING, "a median of at most 5 ms, and never more than 500 ms", \
		"redis-cli --latency, redis-cli SLOWLOG GET; move Redis to this machine or give it a CPU of its own") \
	X(OVERCOMMIT, "redis.overcommit", WARNING, "vm.overcommit_memory 1 on Redis's machine", \
		"sysctl -w vm.overcommit_memory=1, and the same line in /etc/sysctl.d/redis.conf") \
	X(THP, "redis.thp", HINT, "no transparent huge pages for Redis", \
		"redis-cli CONFIG GET disable-thp shows yes, or echo madvise > /sys/kernel/mm/transparent_hugepage/enabled") \
	X(RIGHTS, "redis.rights", WARNING, "the rights that docs/guide lists", \
		"redis-cli ACL SETUSER USER ~pdns:* +@write +@read +@transaction +@connection +info +bgrewriteaof") \
	X(REDIS_CLOCK, "redis.clock", WARNING, "the same time on Redis's machine", "synchronize both clocks: chronyc tracking") \
	X(NUMBER, "redis.number", ERROR, "the number of the last batch in Redis", "lookback spool status, then lookback spool adopt or reset") \
	/* spool */ \
	X(SPOOL, "spool.folder", ERROR, "a folder that only the collector's user can access", "chown USER: FILE; chmod 700 FILE") \
	X(SPACE, "spool.space", ERROR, "room for spool.size on the disk of FILE", \
		"free disk space (df -h FILE), move spool.dir, or lower spool.size") \
	X(FILE_SYSTEM, "spool.file-system", WARNING, "a local disk", \
		"set spool.dir to a folder on a local disk: memory is lost at a reboot, and LMDB does not work on network file systems") \
	X(SYNC, "spool.latency", WARNING, "a median of at most 50 ms to write and sync 4 KiB", "move spool.dir to a faster disk") \
	X(WAITING, "spool.waiting", WARNING, "less than half of spool.size in use by batches that wait", \
		"see the findings of redis: Redis is away or too slow") \
	/* files */ \
	X(SECRET, "files.secret", ERROR, "a secret that only its owner and group can read", "chmod o= FILE") \
	X(WRITABLE, "files.writable", ERROR, "a file that only its owner can write", "chmod go-w FILE") \
	X(UNREADABLE, "files.unreadable", ERROR, "a file that the user USER can read", "chgrp USER FILE; chmod g+r FILE; check its folders, too") \
	X(SOCKET, "files.socket", WARNING, "a socket that only the user and group of the programs can use", \
		"chmod 660 FILE; chmod 750 its folder") \
	X(MISSING, "files.missing", ERROR, "the file that the setting names", "create FILE, or correct the setting") \
	X(CERTIFICATE, "certificate.file", ERROR, "certificates in PEM", "openssl x509 -in FILE -noout -text") \
	X(EXPIRED, "certificate.expired", ERROR, "a certificate that is valid now", \
		"renew FILE, then systemctl restart lookback-collector; check the clock") \
	X(EXPIRES, "certificate.expires", WARNING, "a certificate that is valid for 21 days more", \
		"renew FILE, then systemctl restart lookback-collector") \
	X(CERTIFICATE_KEY, "certificate.key", ERROR, "the private key of the certificate", "set the key that belongs to FILE") \
	/* what lookups use */ \
	X(CONTEXT_OLD, "context.old", HINT, "a file of the last 60 days", \
		"download FILE again, then systemctl reload lookback-collector") \
	X(NAMES, "names.index", HINT, "an index of names that is complete", \
		"wait until it is built; until then wildcards read all keys. If it stays so: journalctl -u lookback-collector")
// clang-format on

#define DOCTOR_KIND_SYMBOL(symbol, name, severity, expected, remedy) FINDING_##symbol,
enum doctor_kind { DOCTOR_KINDS(DOCTOR_KIND_SYMBOL) DOCTOR_KIND_MAX };

struct doctor_kind_row {
	const char *name;
	enum doctor_severity severity;
	const char *expected, *remedy;
};

extern const struct doctor_kind_row doctor_kinds[DOCTOR_KIND_MAX];
extern const char *const doctor_severity_name[];

// DOCTOR_KIND_MAX if there is none of this name.
enum doctor_kind doctor_kind_find(const char *name);
