// SPDX-License-Identifier: BSD-3-Clause
// What lookback-dataplane --check finds: of the host at any time; of the input, with two seconds of its packets, if no dataplane uses it
// and there are the rights to open it.
#include "collector/doctor/checks.h"

#include <jansson.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { LISTEN_MS = 20000, OUTPUT_SIZE = 65536 };

// Topics of --check=host that concern only some inputs, or that host.c judges.
static bool is_relevant(const struct doctor_facts *f, const char *topic)
{
	if (strcmp(topic, "host.huge-pages") == 0 || strcmp(topic, "host.hugetlbfs") == 0)
		return false;
	if (strcmp(topic, "host.iommu") == 0)
		return f->has_device;
	if (strcmp(topic, "host.isolation") == 0)
		return f->polls;
	return true;
}

// "port eth1: …" sets IFACE.
static void set_iface(struct doctor_report *r, const char *text)
{
	char name[64] = "";

	if (strncmp(text, "port ", 5) == 0) {
		snprintf(name, sizeof(name), "%.*s", (int)strcspn(text + 5, ":"), text + 5);
		doctor_word(r, "IFACE", name);
	}
}

static void take(const struct doctor_facts *f, struct doctor_report *r, const char *topic, const char *grade,
	const char *text)
{
	enum doctor_kind kind = doctor_kind_find(topic);

	if (kind == DOCTOR_KIND_MAX || !is_relevant(f, topic))
		return;
	set_iface(r, text);
	if (strcmp(grade, "ok") == 0)
		doctor_ok(r, kind, "%s", text);
	else if (strcmp(grade, "fail") == 0)
		doctor_bad_as(r, kind, DOCTOR_ERROR, "%s", text);
	else if (kind == FINDING_NO_QUERIES && strcmp(f->match, "off") != 0)
		doctor_bad_as(r, kind, DOCTOR_WARNING, "%s", text);
	else
		doctor_bad(r, kind, "%s", text);
}

// `host`: of the lines about the host; otherwise of the others.
static void take_lines(const struct doctor_facts *f, struct doctor_report *r, const char *text, bool host)
{
	const char *topic, *grade, *found;

	for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
		json_t *object = json_loadb(line, strcspn(line, "\n"), 0, NULL);
		if (object &&
			json_unpack(object, "{s:s,s:s,s:s}", "topic", &topic, "grade", &grade, "text", &found) == 0 &&
			(strncmp(topic, "host.", 5) == 0 || strcmp(topic, "capture.xdp") == 0) == host)
			take(f, r, topic, grade, found);
		json_decref(object);
	}
}

static void listen_to_input(const struct doctor_facts *f, struct doctor_report *r)
{
	char why[400], *text = calloc(1, OUTPUT_SIZE);

	if (!text)
		return;
	int status = facts_dataplane(f, "2", LISTEN_MS, text, OUTPUT_SIZE);
	take_lines(f, r, text, false);
	if (status < 0)
		doctor_bad(r, FINDING_OPEN, "lookback-dataplane --check did not end within %d s", LISTEN_MS / 1000);
	else if (status != 0 && !strstr(text, "\"fail\"")) {
		facts_error(text, why, sizeof(why));
		doctor_bad(r, FINDING_OPEN, "lookback-dataplane --check: %s", why);
	}
	free(text);
}

void doctor_check_input(const struct doctor_facts *f, struct doctor_report *r)
{
	bool has_input = f->ifaces_len > 0 || f->has_device;

	if (f->ifaces_len > 0)
		doctor_word(r, "IFACE", f->ifaces[0]);
	if (!f->host)
		return;
	take_lines(f, r, f->host, true);
	if (!has_input || facts_has_dataplane(f)) // traffic.c asks the one that runs
		return;
	if (f->dataplanes_len > 0)
		doctor_skip(r, FINDING_DNS, "a dataplane is running, and is not connected to this collector");
	else if (geteuid() != 0)
		doctor_skip_rights(r, FINDING_DNS, "packets: root is needed to open %s",
			f->ifaces_len > 0 ? f->ifaces[0] : "the card");
	else
		listen_to_input(f, r);
}
