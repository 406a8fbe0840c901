// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/capture/dnstap_message.h"
#include "dataplane/control/settings.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "dataplane/control/input_list.h"
#include "dataplane/privileged/xdp.h"

static int set_sections(void *at, const char *value, char *why, size_t why_size)
{
	return admit_set_sections(at, value, why, why_size);
}

static int set_match(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const names[] = {"off", "prefer", "require"};

	for (int i = 0; i < 3; i++) {
		if (strcmp(value, names[i]) == 0) {
			*(enum admit_match_mode *)at = (enum admit_match_mode)i;
			return 0;
		}
	}
	snprintf(why, why_size, "expected off, prefer or require");
	return -EINVAL;
}

static int set_idle(void *at, const char *value, char *why, size_t why_size)
{
	struct dataplane_settings *settings = at;

	settings->idle_is_set = strcmp(value, "auto") != 0;
	if (strcmp(value, "sleep") == 0 || !settings->idle_is_set)
		settings->idle = IDLE_SLEEP;
	else if (strcmp(value, "poll") == 0)
		settings->idle = IDLE_POLL;
	else
		return snprintf(why, why_size, "expected auto, poll or sleep"), -EINVAL;
	return 0;
}

static int set_ports(void *at, const char *value, char *why, size_t why_size)
{
	struct dns_ports ports = {0};
	int count = 0;

	for (const char *p = value;; p++) {
		char *end;
		unsigned long port = strtoul(p, &end, 10);
		if (end == p || port == 0 || port > 65535 || (*end != ',' && *end != '\0') ||
			++count > PKT_DNS_PORTS_MAX) {
			snprintf(why, why_size, "expected 1 to %d ports from 1 to 65535, as 53,5353",
				PKT_DNS_PORTS_MAX);
			return -EINVAL;
		}
		dns_ports_add(&ports, (uint16_t)port);
		p = end;
		if (*p == '\0')
			break;
	}
	*(struct dns_ports *)at = ports;
	return 0;
}

static int set_word(void *at, const char *value, const char *const *words, int len, const char *expected, char *why,
	size_t why_size)
{
	for (int i = 0; i < len; i++) {
		if (strcmp(value, words[i]) == 0) {
			*(int *)at = i;
			return 0;
		}
	}
	snprintf(why, why_size, "expected %s", expected);
	return -EINVAL;
}

static int set_xdp_program(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"auto", "steer", "all", "off"};
	int word = 0, result = set_word(&word, value, words, 4, "auto, steer, all or off", why, why_size);

	*(enum intake_xdp *)at = (enum intake_xdp)word;
	return result;
}

static int set_damaged(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"refuse", "take", "take-unverified"};
	int word = 0, result = set_word(&word, value, words, 3, "refuse, take or take-unverified", why, why_size);

	*(enum intake_damaged *)at = (enum intake_damaged)word;
	return result;
}

static int set_xdp_mode(void *at, const char *value, char *why, size_t why_size)
{
	static const char *const words[] = {"auto", "copy"};
	int word = 0, result = set_word(&word, value, words, 2, "auto or copy", why, why_size);

	*(bool *)at = word == 1;
	return result;
}

static int set_tunnels(void *at, const char *value, char *why, size_t why_size)
{
	return xdp_set_tunnels(at, value, why, why_size);
}

static int set_dnstap_types(void *at, const char *value, char *why, size_t why_size)
{
	return dnstap_types_read(at, value, why, why_size);
}

// Sets two members, so it gets the whole.
static int set_follow_after(void *at, const char *value, char *why, size_t why_size)
{
	struct dataplane_settings *s = at;
	const char *folder = strncmp(value, "move ", 5) == 0 ? value + 5 : "";

	while (*folder == ' ')
		folder++;
	if (*folder == '\0' && strcmp(value, "leave") != 0 && strcmp(value, "delete") != 0) {
		snprintf(why, why_size, "expected leave, delete, or move and a folder");
		return -EINVAL;
	}
	free(s->follow_move_to);
	s->follow_move_to = *folder ? strdup(folder) : NULL;
	s->follow_after = *folder ? FOLLOW_MOVE : *value == 'd' ? FOLLOW_DELETE : FOLLOW_LEAVE;
	return *folder && !s->follow_move_to ? -ENOMEM : 0;
}

// Placeholder for the settings in the table: settings_conf replaces it by the real ones.
static struct dataplane_settings place;

static const struct conf_place table[] = {
	// clang-format off
	{"iface", &place.iface, input_list_set_iface},
	{"port", &place.port, input_list_set_port},
	{"dnstap", &place.dnstap, NULL},
	{"collector.socket", &place.collector_socket, NULL},
	{"sensor", &place.sensor, NULL},
	{"workers", &place.workers, NULL},
	{"idle", &place, set_idle},
	{"rx.descriptors", &place.rx_descriptors, NULL},
	{"dns.ports", &place.dns_ports, set_ports},
	{"xdp.program", &place.xdp_program, set_xdp_program},
	{"xdp.mode", &place.xdp_copy, set_xdp_mode},
	{"xdp.tunnels", &place.xdp_tunnels, set_tunnels},
	{"xdp.sample", &place.xdp_sample, NULL},
	{"xdp.src", &place.xdp_src, NULL},
	{"xdp.dst", &place.xdp_dst, NULL},
	{"telemetry", &place.telemetry, NULL},
	{"nic.isolate", &place.isolate, NULL},
	{"filter", &place.filter, NULL},
	{"servers", &place.servers, NULL},
	{"names.only", &place.names_only, NULL},
	{"names.skip", &place.names_skip, NULL},
	{"doh.addresses", &place.doh_addresses, NULL},
	{"dedup", &place.dedup_ms, NULL},
	{"frag.datagrams", &place.frag_datagrams, NULL},
	{"frag.timeout", &place.frag_timeout_s, NULL},
	{"tcp.flows", &place.tcp_flows, NULL},
	{"tcp.memory", &place.tcp_memory, NULL},
	{"tcp.timeout", &place.tcp_timeout_s, NULL},
	{"match", &place.match, set_match},
	{"match.size", &place.match_size, NULL},
	{"match.timeout", &place.match_timeout_s, NULL},
	{"sections", &place.admit, set_sections},
	{"types", &place.types, NULL},
	{"types_skip", &place.types_skip, NULL},
	{"table.records", &place.table_records, NULL},
	{"answers.memory", &place.answers_memory, NULL},
	{"flood.names", &place.flood_names, NULL},
	{"flood.interval", &place.flood_interval_s, NULL},
	{"flush.interval", &place.flush_interval_s, NULL},
	{"flush.records", &place.flush_records, NULL},
	{"dnstap.types", &place.dnstap_types, set_dnstap_types},
	{"dnstap.group", &place.dnstap_group, NULL},
	{"follow", &place.follow, NULL},
	{"follow.after", &place, set_follow_after},
	{"follow.quiet", &place.follow_quiet_s, NULL},
	{"follow.state", &place.follow_state, NULL},
	{"replay.damaged", &place.damaged, set_damaged},
	{"replay.wait", &place.replay_wait_s, NULL},
	{"stop.timeout", &place.stop_timeout_s, NULL},
	{"user", &place.user, NULL},
	{"sandbox", &place.sandbox, NULL},
	{"log.format", &place.log_format, log_format_read},
	{"log.level", &place.log_level, log_level_read},
	// clang-format on
};

enum { KEYS = sizeof(table) / sizeof(table[0]) };

const struct conf *settings_conf(struct dataplane_settings *s)
{
	static struct conf_place places[KEYS];
	static struct conf_text texts[KEYS];
	static const struct conf conf = {.topics = setting_topics,
		.places = places,
		.places_len = KEYS,
		.program = SETTING_DATAPLANE,
		.texts = texts};

	memcpy(places, table, sizeof(table));
	for (size_t i = 0; i < KEYS; i++)
		places[i].at = (char *)s + ((const char *)table[i].at - (const char *)&place);
	return &conf;
}

// The sensor's name: the host name if it is empty. It is part of Redis keys, and all programs print it.
static void finish_sensor(struct dataplane_settings *s, const struct conf *conf, struct conf_report *report)
{
	char host[64] = "", text[200];

	if (s->sensor[0] == '\0') {
		gethostname(host, sizeof(host) - 1);
		free(s->sensor);
		s->sensor = strdup(host);
	}
	for (const char *p = s->sensor; *p; p++) {
		if (*p < 0x20 || *p > 0x7e) {
			snprintf(text, sizeof(text), "sensor: found an octet of %u, expected printable ASCII",
				(unsigned char)*p);
			conf_report_add(conf, report, "sensor", text);
			return;
		}
	}
	if (s->sensor[0] == '\0')
		conf_report_add(conf, report, "sensor",
			"sensor: found no name, and no host name, expected 1 to 63 characters; set sensor");
}

void settings_finish(struct dataplane_settings *s, struct conf_report *report)
{
	const struct conf *conf = settings_conf(s);
	char expected[200] = "", text[300];

	finish_sensor(s, conf, report);
	if (admit_set_types(&s->admit, s->types, s->types_skip, expected, sizeof(expected)) != 0) {
		snprintf(text, sizeof(text), "types, types_skip: %s", expected);
		conf_report_add(conf, report, *s->types ? "types" : "types_skip", text);
	}
}

int settings_read(struct dataplane_settings *s, const struct conf_source *source, struct conf_report *report)
{
	int result = conf_read(settings_conf(s), source, report);

	settings_finish(s, report);
	return result == 0 && report->errors > 0 ? -EINVAL : result;
}

static void check_settings(void *settings, struct conf_report *report)
{
	settings_finish(settings, report);
}

int settings_command(struct dataplane_settings *s, const struct conf_source *source, bool print)
{
	return conf_command(settings_conf(s), source, check_settings, s, print);
}
