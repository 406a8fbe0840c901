// SPDX-License-Identifier: BSD-3-Clause
// Redis: one, the primary that a Sentinel names, or each primary of a cluster.
#include "collector/doctor/redis_node.h"

#include "collector/doctor/checks.h"
#include "collector/doctor/samples.h"
#include "collector/reader/reader.h"
#include "collector/redis/info.h"

#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

enum { NODES_MAX = 100 };

static bool is_local(const struct endpoint *at)
{
	return at->kind == ENDPOINT_UNIX || strncmp(at->host, "127.", 4) == 0 || strcmp(at->host, "::1") == 0 ||
	       strcmp(at->host, "localhost") == 0;
}

// redis-cli with its address.
static void set_words(struct doctor_report *r, const struct redis_settings *s, const struct endpoint *at)
{
	char command[400] = "redis-cli";

	if (at->kind == ENDPOINT_UNIX)
		snprintf(command, sizeof(command), "redis-cli -s %s", at->path);
	else if (strcmp(at->host, "127.0.0.1") != 0 || at->port != 6379)
		snprintf(command, sizeof(command), "redis-cli -h %s -p %u", at->host, at->port);
	doctor_word(r, "redis-cli", command);
	doctor_word(r, "USER", s->user[0] ? s->user : "default");
}

// Whether this user lacks the rights that the collector has.
static bool lacks_rights(const struct redis_settings *s, const struct redis_conn *c)
{
	if (geteuid() == 0)
		return false;
	if (c->trouble == REDIS_TROUBLE_PASSWORD && s->password_file[0])
		return access(s->password_file, R_OK) != 0 && errno == EACCES;
	return c->at.kind == ENDPOINT_UNIX && access(c->at.path, W_OK) != 0 && errno == EACCES;
}

static void say_trouble(struct doctor_report *r, const struct redis_settings *s, const struct redis_conn *c)
{
	if (lacks_rights(s, c))
		doctor_skip_rights(r, FINDING_REDIS, "%s: %s", s->address.text, c->why);
	else if (c->trouble == REDIS_TROUBLE_VERSION)
		doctor_bad(r, FINDING_REDIS_VERSION, "%s: %s", s->address.text, c->why);
	else
		doctor_bad(r, FINDING_REDIS, "%s: %s", s->address.text, c->why);
}

// One server. Returns false if it cannot be reached.
static bool check_node(struct doctor_report *r, const struct redis_settings *s, bool *cluster)
{
	struct redis_conn c = {0};

	if (redis_conn_open(&c, s) != 0) {
		say_trouble(r, s, &c);
		return false;
	}
	*cluster = c.info.cluster;
	set_words(r, s, &c.at);
	if (c.foreign_seq)
		doctor_bad(r, FINDING_REDIS, "%s: key %sseq is no hash: another program writes there; set redis.prefix",
			c.at.text, s->prefix);
	else
		doctor_ok(r, FINDING_REDIS, "%s: connected, role %s", c.at.text,
			c.info.role[0] ? c.info.role : "unknown");
	redis_node_check(&c, s, is_local(&c.at), r);
	redis_conn_close(&c);
	return true;
}

// The other primaries of a cluster.
static void check_cluster(struct doctor_report *r, const struct redis_settings *settings)
{
	struct reader db;

	reader_init(&db, settings);
	size_t nodes = reader_nodes(&db);
	if (nodes == 0)
		doctor_bad(r, FINDING_REDIS, "%s: %s", settings->address.text, db.why);
	for (size_t i = 0; i < nodes && i < NODES_MAX; i++) {
		const struct endpoint *at = reader_node_address(&db, i);
		struct redis_settings one = *settings;
		bool cluster;
		if (!at)
			continue;
		one.address = *at;
		one.others.len = 0;
		check_node(r, &one, &cluster);
	}
	reader_free(&db);
}

// From the collector that writes.
static void check_number(const struct doctor_facts *f, struct doctor_report *r)
{
	double slots = samples_collector(f->metrics[0], "slots_stopped");

	if (samples_collector(f->metrics[0], "writing_stopped") > 0)
		doctor_bad(r, FINDING_NUMBER,
			"the collector has stopped writing: the number is missing or was changed");
	else if (slots > 0)
		doctor_bad(r, FINDING_NUMBER,
			"nothing is written to %.0f slots: their numbers are missing or were changed", slots);
	else
		doctor_ok(r, FINDING_NUMBER, "as the spool expects it");
}

void doctor_check_redis(const struct doctor_facts *f, struct doctor_report *r)
{
	bool cluster = false;

	set_words(r, f->redis, &f->redis->address);
	if (check_node(r, f->redis, &cluster) && cluster)
		check_cluster(r, f->redis);
	if (f->metrics[0])
		check_number(f, r);
}
