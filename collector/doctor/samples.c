// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/samples.h"

#include "collector/base/metrics.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LABEL_SIZE = 3 * SAMPLES_NAME_SIZE };

// A sample: "lookback_<family>{<labels>} <value>".
struct metric_sample {
	const char *labels, *end; // between the braces; the same if there are none
	double value;
};

// The next sample of the family from `*at` on. False at the end.
static bool next_sample(const char **at, const char *family, struct metric_sample *out)
{
	size_t len = strlen(family);

	for (const char *line = *at, *next; line && *line; line = next) {
		const char *newline = strchr(line, '\n'), *end = newline ? newline : line + strlen(line);
		next = newline ? newline + 1 : end;
		if (strncmp(line, "lookback_", 9) != 0 || strncmp(line + 9, family, len) != 0)
			continue;
		const char *rest = line + 9 + len;
		if (*rest != ' ' && *rest != '{')
			continue;
		const char *value = memrchr(rest, ' ', (size_t)(end - rest));
		*out = (struct metric_sample){.labels = *rest == '{' ? rest + 1 : rest,
			.end = *rest == '{' && value ? value - 1 : rest,
			.value = value ? strtod(value + 1, NULL) : 0};
		*at = next;
		return true;
	}
	return false;
}

// True if the text is among the labels.
static bool has_label(const struct metric_sample *s, const char *text)
{
	return !*text || memmem(s->labels, (size_t)(s->end - s->labels), text, strlen(text)) != NULL;
}

// name="value", with `value` as it is in the text.
static void make_label(char out[static LABEL_SIZE], const char *name, const char *value)
{
	out[0] = '\0';
	if (value)
		snprintf(out, LABEL_SIZE, "%s=\"%s\"", name, value);
}

double samples_sum(const char *text, const char *family, const char *label, const char *sensor, const char *port,
	unsigned *found)
{
	char sensor_label[LABEL_SIZE], port_label[LABEL_SIZE];
	struct metric_sample s;
	double sum = 0;

	make_label(sensor_label, "sensor", sensor);
	make_label(port_label, "port", port);
	if (found)
		*found = 0;
	while (next_sample(&text, family, &s)) {
		if (!has_label(&s, label) || !has_label(&s, sensor_label) || !has_label(&s, port_label))
			continue;
		sum += s.value;
		if (found)
			++*found;
	}
	return sum;
}

static double by_field(const char *text, const struct stats_line *lines, size_t len, const char *field,
	const char *sensor)
{
	for (size_t i = 0; i < len; i++)
		if (strcmp(lines[i].field, field) == 0)
			return samples_sum(text, lines[i].family, lines[i].label, sensor, NULL, NULL);
	return 0;
}

double samples_collector(const char *text, const char *field)
{
	return by_field(text, collector_stats_lines, COLLECTOR_STATS_LEN, field, NULL);
}

double samples_outbox(const char *text, const char *field, const char *sensor)
{
	return by_field(text, outbox_stats_lines, OUTBOX_STATS_LEN, field, sensor);
}

static void read_lines(const char *text, const struct stats_line *lines, size_t len, const char *sensor,
	const char *port, uint64_t *out)
{
	for (size_t i = 0; i < len; i++)
		if (lines[i].kind == STATS_COUNTER || lines[i].kind == STATS_GAUGE)
			out[i] = (uint64_t)samples_sum(text, lines[i].family, lines[i].label, sensor, port, NULL);
}

void samples_workers(const char *text, const char *sensor, struct worker_stats *out)
{
	*out = (struct worker_stats){0};
	read_lines(text, worker_stats_lines, WORKER_STATS_LEN, sensor, NULL, (uint64_t *)out);
}

void samples_ports(const char *text, const char *sensor, const char *port, struct port_stats *out)
{
	*out = (struct port_stats){0};
	read_lines(text, port_stats_lines, PORT_STATS_LEN, sensor, port, (uint64_t *)out);
}

// The value of a label of the sample. False if it has no such label.
static bool label_value(const struct metric_sample *s, const char *label, char out[static SAMPLES_NAME_SIZE])
{
	size_t len = strlen(label);

	for (const char *at = s->labels; at + len + 2 < s->end; at++) {
		if ((at != s->labels && at[-1] != ',') || strncmp(at, label, len) != 0 || at[len] != '=')
			continue;
		const char *from = at + len + 2, *to = from;
		while (to < s->end && *to != '"')
			to += *to == '\\' ? 2 : 1;
		snprintf(out, SAMPLES_NAME_SIZE, "%.*s", (int)(to - from), from);
		return true;
	}
	return false;
}

size_t samples_labels(const char *text, const char *family, const char *label, const char *sensor,
	char (*out)[SAMPLES_NAME_SIZE], size_t most)
{
	char sensor_label[LABEL_SIZE], value[SAMPLES_NAME_SIZE];
	struct metric_sample s;
	size_t len = 0;

	make_label(sensor_label, "sensor", sensor);
	while (len < most && next_sample(&text, family, &s)) {
		size_t i = 0;
		if (!has_label(&s, sensor_label) || !label_value(&s, label, value))
			continue;
		while (i < len && strcmp(out[i], value) != 0)
			i++;
		if (i == len)
			memcpy(out[len++], value, sizeof(value));
	}
	return len;
}
