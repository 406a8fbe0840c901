// SPDX-License-Identifier: BSD-3-Clause
// lookback-dataplane --check: what this host provides, and what would be better. One line each:
//
//     ok    huge pages: 3482 of 3500 pages of 2048 kB are free, 431 are needed
//     hint  CPUs: none is isolated; isolcpus= on the kernel's command line keeps other programs off the workers
//     fail  port 0000:3b:00.0: the link is down
//
// With --json one object per line, {"topic": "host.huge-pages", "grade": "ok", "text": "huge pages: ..."}, and facts as
// {"fact": "huge-pages-needed", "value": "431"}. `lookback doctor` reads them: a topic is the name of one of its findings.
#pragma once

#include "dataplane/control/dataplane.h"

// What can be found out without DPDK: memory pages, IOMMU, CPUs, XDP.
void check_host(const struct dataplane *d, unsigned intake_mib);

// Ports that were opened: driver, queues, link, NUMA node, RSS, XDP.
void check_ports(const struct intake *intake, const struct dataplane_settings *settings);

// check_traffic.c: packets of the ports that were opened, for d->check_s or until `stopped`; or all packets of the captures.
void check_traffic(struct dataplane *d, bool (*stopped)(void));

// Enters the sandbox; the last check.
void check_sandbox(const struct dataplane *d);

// Prints JSON from now on.
void check_as_json(void);

// Prints one line; "fail" counts as a failure.
void check_say(const char *grade, const char *topic, const char *format, ...) __attribute__((format(printf, 3, 4)));

// How many lines were "fail".
unsigned check_failures(void);
