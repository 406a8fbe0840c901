// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/feed.h"

#include <errno.h>
#include <fcntl.h>
#include <jansson.h>
#include <nettle/md5.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

// Replaces "<folder><name>". Returns 0 or -errno.
static int replace_file(const char *folder, const char *name, const char *text)
{
	char path[ALERT_PATH_SIZE + 64], fresh[ALERT_PATH_SIZE + 64];
	size_t size = strlen(text);

	snprintf(path, sizeof(path), "%s%s", folder, name);
	snprintf(fresh, sizeof(fresh), "%s.%s.new", folder, name);
	int fd = open(fresh, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0644);
	if (fd < 0)
		return -errno;
	ssize_t wrote = write(fd, text, size);
	int result = wrote == (ssize_t)size ? 0 : wrote < 0 ? -errno : -ENOSPC;
	close(fd);
	if (result == 0 && rename(fresh, path) != 0)
		result = -errno;
	if (result != 0)
		unlink(fresh);
	return result;
}

static int replace_json(const char *folder, const char *name, const json_t *value)
{
	char *text = json_dumps(value, JSON_COMPACT | JSON_ENSURE_ASCII);
	int result = text ? replace_file(folder, name, text) : -ENOMEM;

	free(text);
	return result;
}

// What the manifest says of an event: all but its attributes and objects.
static json_t *manifest_entry(const json_t *event)
{
	static const char *const keys[] = {"Orgc", "Tag", "info", "date", "analysis", "threat_level_id", "timestamp"};
	json_t *entry = json_object();

	for (size_t i = 0; i < sizeof(keys) / sizeof(*keys); i++)
		json_object_set(entry, keys[i], json_object_get(event, keys[i]));
	return entry;
}

// Lines "MD5 of a value,UUID of the event", by which MISP finds values in a feed that it did not import.
static void put_sums(FILE *out, const json_t *list, const char *uuid)
{
	size_t i;
	const json_t *attribute;

	json_array_foreach(list, i, attribute)
	{
		const char *value = json_string_value(json_object_get(attribute, "value"));
		while (value) {
			struct md5_ctx hash;
			uint8_t digest[16];
			size_t len = strcspn(value, "|");
			md5_init(&hash);
			md5_update(&hash, len, (const uint8_t *)value);
			md5_digest(&hash, sizeof(digest), digest);
			for (int d = 0; d < 16; d++)
				fprintf(out, "%02x", digest[d]);
			fprintf(out, ",%s\n", uuid);
			value = value[len] ? value + len + 1 : NULL;
		}
	}
}

// Deletes the oldest events beyond the limit: the manifest keeps the order in which they were added.
static void forget_oldest(const char *folder, json_t *manifest)
{
	const char *uuid;
	const json_t *entry;
	void *next;
	size_t more = json_object_size(manifest) > ALERT_FEED_MAX ? json_object_size(manifest) - ALERT_FEED_MAX : 0;

	json_object_foreach_safe(manifest, next, uuid, entry)
	{
		char path[ALERT_PATH_SIZE + 64];
		if (more-- == 0)
			break;
		snprintf(path, sizeof(path), "%s%.36s.json", folder, uuid);
		unlink(path);
		json_object_del(manifest, uuid);
	}
}

// Writes one event and adds it to the manifest.
static int add_event(const char *folder, const struct alert *a, json_t *manifest, FILE *hashes)
{
	char *text = alert_format_misp(a), name[64];
	json_t *document = text ? json_loads(text, 0, NULL) : NULL, *event = json_object_get(document, "Event");
	const char *uuid = json_string_value(json_object_get(event, "uuid"));
	int result = uuid ? 0 : -ENOMEM;

	if (result == 0) {
		snprintf(name, sizeof(name), "%s.json", uuid);
		result = replace_file(folder, name, text);
	}
	if (result == 0) {
		json_object_set_new(manifest, uuid, manifest_entry(event));
		put_sums(hashes, json_object_get(event, "Attribute"), uuid);
	}
	json_decref(document);
	free(text);
	return result;
}

// Lines of hashes.csv of events that are still in the manifest, and the new ones.
static int write_hashes(const char *folder, const json_t *manifest, const char *added)
{
	char path[ALERT_PATH_SIZE + 64], line[128], *text = NULL;
	size_t size;
	FILE *out = open_memstream(&text, &size);

	if (!out)
		return -ENOMEM;
	snprintf(path, sizeof(path), "%s%s", folder, "hashes.csv");
	FILE *old = fopen(path, "re");
	while (old && fgets(line, sizeof(line), old)) {
		line[strcspn(line, "\n")] = '\0';
		if (strlen(line) == 69 && json_object_get(manifest, line + 33) && !strstr(added, line))
			fprintf(out, "%s\n", line);
	}
	if (old)
		fclose(old);
	fputs(added, out);
	int result = fclose(out) == 0 ? replace_file(folder, "hashes.csv", text) : -ENOMEM;
	free(text);
	return result;
}

void alert_feed_send(const char *folder, const struct alert_queue_item *items, size_t len, struct alert_outcome *out)
{
	char path[ALERT_PATH_SIZE + 64], *added = NULL;
	size_t size;
	int result = 0;

	snprintf(path, sizeof(path), "%smanifest.json", folder);
	json_t *manifest = json_load_file(path, 0, NULL);
	FILE *hashes = open_memstream(&added, &size);
	if (!json_is_object(manifest)) {
		json_decref(manifest);
		manifest = json_object();
	}
	for (size_t i = 0; i < len && result == 0; i++)
		result = hashes ? add_event(folder, &items[i].alert, manifest, hashes) : -ENOMEM;
	if (hashes && fclose(hashes) != 0)
		result = -ENOMEM;
	forget_oldest(folder, manifest);
	if (result == 0)
		result = write_hashes(folder, manifest, added);
	if (result == 0)
		result = replace_json(folder, "manifest.json", manifest);
	json_decref(manifest);
	free(added);
	if (result == 0)
		out->sent = len;
	else
		alert_sender_fail(out, ALERT_AGAIN, "%s: %s", folder, strerror(-result));
}
