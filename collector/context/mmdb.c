// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/mmdb.h"

#include "collector/context/mmdb_check.h"
#include "collector/context/text_file.h"

#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

enum { FILE_MAX = 1 << 30, COPY_PIECE = 1 << 20, SAMPLE = 4096, PATHS_PER_FIELD = 2 };

enum field { FIELD_AS, FIELD_AS_NAME, FIELD_COUNTRY, FIELDS };

// Where a field may be in a record; the first ones count.
static const struct field_path {
	enum field field;
	const char *path[3];
} field_paths[] = {
	{FIELD_AS, {"autonomous_system_number"}},					   // GeoLite2 ASN, DB-IP ASN
	{FIELD_AS, {"asn"}},								   // IPinfo, as "AS64500"
	{FIELD_AS, {"as_number"}}, {FIELD_AS, {"traits", "autonomous_system_number"}},	   // GeoIP2 Enterprise, DB-IP
	{FIELD_AS_NAME, {"autonomous_system_organization"}}, {FIELD_AS_NAME, {"as_name"}}, // IPinfo Lite
	{FIELD_AS_NAME, {"traits", "autonomous_system_organization"}}, {FIELD_AS_NAME, {"name"}}, // IPinfo ASN
	{FIELD_AS_NAME, {"org"}}, {FIELD_COUNTRY, {"country", "iso_code"}}, // GeoLite2, GeoIP2, DB-IP
	{FIELD_COUNTRY, {"country_code"}},				    // IPinfo Lite
	{FIELD_COUNTRY, {"country"}},					    // IPinfo
	{FIELD_COUNTRY, {"registered_country", "iso_code"}},		    // if the country of use is unknown
};

enum { PATHS = sizeof(field_paths) / sizeof(*field_paths) };

struct context_mmdb {
	MMDB_s mmdb;
	const struct field_path *paths[FIELDS][PATHS_PER_FIELD]; // that this file has; NULL: no more
	uint64_t records;
};

// values ─────────────────────────────────────────────────────────────────────────────────────

static bool get(MMDB_entry_s *entry, const struct field_path *f, MMDB_entry_data_s *data)
{
	const char *const path[] = {f->path[0], f->path[1], f->path[2], NULL};

	return MMDB_aget_value(entry, data, path) == MMDB_SUCCESS && data->has_data;
}

static bool read_as(const MMDB_entry_data_s *data, uint32_t *asn)
{
	uint64_t number = 0;

	switch (data->type) {
	case MMDB_DATA_TYPE_UINT32:
		*asn = data->uint32;
		return true;
	case MMDB_DATA_TYPE_UINT16:
		*asn = data->uint16;
		return true;
	case MMDB_DATA_TYPE_UINT64:
		*asn = (uint32_t)data->uint64;
		return data->uint64 <= UINT32_MAX;
	case MMDB_DATA_TYPE_UTF8_STRING:
		break;
	default:
		return false;
	}
	const char *text = data->utf8_string;
	size_t at = data->data_size > 2 && text[0] == 'A' && text[1] == 'S' ? 2 : 0;
	if (at == data->data_size || data->data_size > 12)
		return false;
	for (; at < data->data_size; at++) {
		if (!isdigit((unsigned char)text[at]))
			return false;
		number = 10 * number + (uint64_t)(text[at] - '0');
	}
	*asn = (uint32_t)number;
	return number <= UINT32_MAX;
}

static bool read_country(const MMDB_entry_data_s *data, char out[static 3])
{
	const char *text = data->utf8_string;

	if (data->type != MMDB_DATA_TYPE_UTF8_STRING || data->data_size != 2 || text[0] < 'A' || text[0] > 'Z' ||
		text[1] < 'A' || text[1] > 'Z')
		return false;
	memcpy(out, text, 2);
	out[2] = '\0';
	return true;
}

static bool read_field(MMDB_entry_s *entry, const struct field_path *f, struct context_address *out)
{
	MMDB_entry_data_s data;

	if (!get(entry, f, &data))
		return false;
	switch (f->field) {
	case FIELD_AS:
		return read_as(&data, &out->asn);
	case FIELD_COUNTRY:
		return read_country(&data, out->country);
	default:
		if (data.type != MMDB_DATA_TYPE_UTF8_STRING)
			return false;
		context_text_copy(out->as_name, sizeof(out->as_name), data.utf8_string, data.data_size);
		return out->as_name[0] != '\0';
	}
}

// opening ────────────────────────────────────────────────────────────────────────────────────

static int fail(const char *path, const char *reason, char *why, size_t why_size)
{
	snprintf(why, why_size, "%.500s: %s", path, reason);
	return -1;
}

// Appends `size` octets of `from`, or fewer if it ends. 0 or -errno.
static int copy_octets(int to, int from, size_t size)
{
	char *piece = malloc(COPY_PIECE);
	ssize_t got = 1;

	while (piece && size > 0 && got > 0) {
		got = read(from, piece, size < COPY_PIECE ? size : COPY_PIECE);
		for (ssize_t put = 0, done = 0; got > 0 && done < got && put >= 0; done += put)
			if ((put = write(to, piece + done, (size_t)(got - done))) < 0)
				got = -1;
		size -= got > 0 ? (size_t)got : 0;
	}
	int result = !piece ? -ENOMEM : got < 0 ? -errno : 0;
	free(piece);
	return result;
}

// The file as a memory file. Its descriptor, or -1 with `why`.
static int copy_file(const char *path, char *why, size_t why_size)
{
	struct stat status;
	int from = open(path, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC), to = -1, result = 0;

	if (from < 0 || fstat(from, &status) != 0)
		result = -errno;
	else if (!S_ISREG(status.st_mode))
		fail(path, "cannot be read: it is no ordinary file", why, why_size);
	else if (status.st_size > FILE_MAX)
		fail(path, "found more than 1 GiB, expected a smaller database", why, why_size);
	else if ((to = memfd_create("lookback-context", MFD_CLOEXEC)) < 0)
		result = -errno;
	else
		result = copy_octets(to, from, (size_t)status.st_size);
	if (from >= 0)
		close(from);
	if (result == 0)
		return to;
	snprintf(why, why_size, "%.500s: cannot be read: %s", path, strerror(-result));
	if (to >= 0)
		close(to);
	return -1;
}

static bool metadata_are_sound(int fd)
{
	struct stat status;

	if (fstat(fd, &status) != 0 || status.st_size <= 0)
		return false;
	void *bytes = mmap(NULL, (size_t)status.st_size, PROT_READ, MAP_SHARED, fd, 0);
	if (bytes == MAP_FAILED)
		return false;
	bool sound = context_mmdb_metadata_is_sound(bytes, (size_t)status.st_size);
	munmap(bytes, (size_t)status.st_size);
	return sound;
}

// Counts which paths lead to something.
struct sample {
	uint32_t found[PATHS];
};

static void take_sample(void *arg, MMDB_entry_s *entry)
{
	struct sample *sample = arg;
	struct context_address ignored;

	for (size_t i = 0; i < PATHS; i++)
		sample->found[i] += read_field(entry, &field_paths[i], &ignored);
}

static void choose_paths(struct context_mmdb *m, const struct sample *sample)
{
	size_t len[FIELDS] = {0};

	for (size_t i = 0; i < PATHS; i++) {
		enum field f = field_paths[i].field;
		if (sample->found[i] > 0 && len[f] < PATHS_PER_FIELD)
			m->paths[f][len[f]++] = &field_paths[i];
	}
}

static int open_copy(struct context_mmdb *m, int fd, const char *path, char *why, size_t why_size)
{
	static const char damaged[] = "damaged, or no MaxMind DB file";
	struct sample sample = {0};
	char name[40];

	if (!metadata_are_sound(fd))
		return fail(path, damaged, why, why_size);
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	int result = MMDB_open(name, MMDB_MODE_MMAP, &m->mmdb);
	if (result != MMDB_SUCCESS)
		return fail(path, MMDB_strerror(result), why, why_size);
	bool sound = context_mmdb_data_is_sound(&m->mmdb, take_sample, &sample, SAMPLE, &m->records);
	choose_paths(m, &sample);
	if (sound && (context_mmdb_has_asn(m) || context_mmdb_has_country(m)))
		return 0;
	MMDB_close(&m->mmdb);
	return fail(path,
		sound ? "found no AS and no country in its records, expected a database such as GeoLite2 ASN" : damaged,
		why, why_size);
}

struct context_mmdb *context_mmdb_open(const char *path, char *why, size_t why_size)
{
	struct context_mmdb *m = calloc(1, sizeof(*m));
	int fd = m ? copy_file(path, why, why_size) : fail(path, "out of memory", why, why_size);

	if (fd >= 0 && open_copy(m, fd, path, why, why_size) == 0) {
		close(fd);
		return m;
	}
	if (fd >= 0)
		close(fd);
	free(m);
	return NULL;
}

void context_mmdb_close(struct context_mmdb *m)
{
	if (m)
		MMDB_close(&m->mmdb);
	free(m);
}

bool context_mmdb_has_asn(const struct context_mmdb *m)
{
	return m->paths[FIELD_AS][0] != NULL;
}

bool context_mmdb_has_country(const struct context_mmdb *m)
{
	return m->paths[FIELD_COUNTRY][0] != NULL;
}

uint64_t context_mmdb_records(const struct context_mmdb *m)
{
	return m->records;
}

// lookups ────────────────────────────────────────────────────────────────────────────────────

static bool is_ipv4(const uint8_t address[static 16])
{
	static const uint8_t before[12] = {[10] = 0xff, [11] = 0xff};

	return memcmp(address, before, sizeof(before)) == 0;
}

static MMDB_lookup_result_s find(const struct context_mmdb *m, const uint8_t address[static 16], int *error)
{
	struct sockaddr_in ipv4 = {.sin_family = AF_INET};
	struct sockaddr_in6 ipv6 = {.sin6_family = AF_INET6};

	if (is_ipv4(address)) {
		memcpy(&ipv4.sin_addr, address + 12, 4);
		return MMDB_lookup_sockaddr(&m->mmdb, (const struct sockaddr *)&ipv4, error);
	}
	memcpy(&ipv6.sin6_addr, address, 16);
	return MMDB_lookup_sockaddr(&m->mmdb, (const struct sockaddr *)&ipv6, error);
}

static void find_field(const struct context_mmdb *m, enum field f, MMDB_entry_s *entry, struct context_address *out)
{
	for (size_t i = 0; i < PATHS_PER_FIELD && m->paths[f][i]; i++)
		if (read_field(entry, m->paths[f][i], out))
			return;
}

void context_mmdb_find(const struct context_mmdb *m, const uint8_t address[static 16], struct context_address *out)
{
	int error = MMDB_SUCCESS;
	MMDB_lookup_result_s result = find(m, address, &error);

	if (error != MMDB_SUCCESS || !result.found_entry)
		return;
	if (out->asn == 0) {
		find_field(m, FIELD_AS, &result.entry, out);
		if (out->asn != 0)
			find_field(m, FIELD_AS_NAME, &result.entry, out);
	}
	if (!out->country[0])
		find_field(m, FIELD_COUNTRY, &result.entry, out);
}
