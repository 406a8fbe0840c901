// SPDX-License-Identifier: BSD-3-Clause
// lookback-dataplane --check: what this host has for the job, and what would be better. One line each:
//
//     ok    huge pages: 3482 of 3500 pages of 2048 kB are free
//     hint  CPUs: none is isolated; isolcpus=… keeps other programs off the workers' cores
//     fail  port 0000:3b:00.0: the link is down
#pragma once

#include "dataplane/intake/intake.h"
#include "dataplane/control/settings.h"

// What can be said without DPDK: memory pages, IOMMU, CPUs, XDP.
void check_host(const struct dataplane_settings *settings, unsigned intake_mib);

// Ports that were opened: driver, queues, link, NUMA node, receive hash, XDP.
void check_ports(const struct intake *intake, const struct dataplane_settings *settings);

struct program;

// What comes over the ports that were opened, for as long as p->check_s, or until `stopped`; or all of the captures.
void check_traffic(struct program *p, bool (*stopped)(void));

// One such line; "fail" counts as a failure.
void check_say(const char *grade, const char *format, ...) __attribute__((format(printf, 2, 3)));

// How many of the lines were "fail".
unsigned check_failures(void);
