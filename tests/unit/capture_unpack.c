// SPDX-License-Identifier: BSD-3-Clause
// Compressed captures: gzip, zstd, xz and lz4, in one member or several; cut off at each place, followed by something else, with
// a changed octet at each place.
#include <lz4frame.h>
#include <lzma.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>
#include <zstd.h>

#include "dataplane/capture/capture.h"
#include "tests/tools/unit.h"

enum { PACKETS = 10, PACKET_SIZE = 60, HEAD_SIZE = 24, RECORD_SIZE = 16 + PACKET_SIZE, ROOM = 1 << 16 };

static char path[] = "/tmp/lookback-unpack.XXXXXX";
static uint8_t content[HEAD_SIZE + PACKETS * RECORD_SIZE]; // a pcap
static uint8_t file[ROOM], changed[ROOM];
static size_t file_size;

static size_t pack_gzip(const uint8_t *from, size_t size, uint8_t *to)
{
	z_stream z = {.next_in = (uint8_t *)(uintptr_t)from,
		.avail_in = (unsigned)size,
		.next_out = to,
		.avail_out = ROOM};

	CU_ASSERT_FATAL(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
	CU_ASSERT_FATAL(deflate(&z, Z_FINISH) == Z_STREAM_END);
	size_t packed = z.total_out;
	deflateEnd(&z);
	return packed;
}

static size_t pack_zstd(const uint8_t *from, size_t size, uint8_t *to)
{
	ZSTD_CCtx *z = ZSTD_createCCtx();

	ZSTD_CCtx_setParameter(z, ZSTD_c_checksumFlag, 1); // as the program zstd
	size_t packed = ZSTD_compress2(z, to, ROOM, from, size);
	CU_ASSERT_FATAL(!ZSTD_isError(packed));
	ZSTD_freeCCtx(z);
	return packed;
}

static size_t pack_xz(const uint8_t *from, size_t size, uint8_t *to)
{
	size_t packed = 0;

	CU_ASSERT_FATAL(lzma_easy_buffer_encode(6, LZMA_CHECK_CRC64, NULL, from, size, to, &packed, ROOM) == LZMA_OK);
	return packed;
}

static size_t pack_lz4(const uint8_t *from, size_t size, uint8_t *to)
{
	const LZ4F_preferences_t settings = {.frameInfo = {.contentChecksumFlag = LZ4F_contentChecksumEnabled}};
	size_t packed = LZ4F_compressFrame(to, ROOM, from, size, &settings);

	CU_ASSERT_FATAL(!LZ4F_isError(packed));
	return packed;
}

static const struct kind {
	const char *name;
	size_t (*pack)(const uint8_t *from, size_t size, uint8_t *to);
	bool has_skippable;
} kinds[] = {{"gzip", pack_gzip, false}, {"zstd", pack_zstd, true}, {"xz", pack_xz, false}, {"lz4", pack_lz4, true}};

static void make_content(void)
{
	const uint32_t head[6] = {0xa1b2c3d4, 2 | 4 << 16, 0, 0, 65535, 1};

	memcpy(content, head, sizeof(head));
	for (uint32_t i = 0; i < PACKETS; i++) {
		uint8_t *at = content + HEAD_SIZE + i * RECORD_SIZE;
		const uint32_t record[4] = {1700000000 + i, i, PACKET_SIZE, PACKET_SIZE};
		memcpy(at, record, sizeof(record));
		for (uint32_t k = 0; k < PACKET_SIZE; k++)
			at[16 + k] = (uint8_t)((k * k + i * 31) * 2654435761u >> 24);
	}
}

static void write_octets(const uint8_t *octets, size_t size)
{
	FILE *out = fopen(path, "wb");

	CU_ASSERT_FATAL(out != NULL && fwrite(octets, 1, size, out) == size);
	fclose(out);
}

static void add(const void *octets, size_t size)
{
	memcpy(file + file_size, octets, size);
	file_size += size;
}

// `members` of equal size.
static void pack(const struct kind *k, size_t members)
{
	size_t part = sizeof(content) / members + 1;

	file_size = 0;
	for (size_t at = 0; at < sizeof(content); at += part) {
		size_t size = sizeof(content) - at < part ? sizeof(content) - at : part;
		file_size += k->pack(content + at, size, file + file_size);
	}
}

static int check(struct capture *capture, char why[static 512])
{
	memset(capture, 0, sizeof(*capture));
	return capture_check(capture, path, why, 512);
}

static void is_whole(const struct kind *k)
{
	struct capture capture;
	char why[512] = "";

	write_octets(file, file_size);
	CU_ASSERT_EQUAL(check(&capture, why), 0);
	CU_ASSERT_EQUAL(capture.packets, PACKETS);
	CU_ASSERT(capture.packed && strcmp(capture.packed, k->name) == 0);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	struct capture_packet packet;
	CU_ASSERT_FATAL(reader != NULL);
	for (uint32_t i = 0; i < PACKETS; i++) {
		CU_ASSERT_FATAL(capture_next(reader, &packet) == 1 && packet.size == PACKET_SIZE);
		CU_ASSERT(memcmp(packet.bytes, content + HEAD_SIZE + i * RECORD_SIZE + 16, PACKET_SIZE) == 0);
	}
	CU_ASSERT_EQUAL(capture_next(reader, &packet), 0);
	capture_close(reader);
}

static void read_to_the_end(void)
{
	static const uint8_t skippable[] = {0x5a, 0x2a, 0x4d, 0x18, 5, 0, 0, 0, 'h', 'e', 'l', 'l', 'o'};

	for (const struct kind *k = kinds; k < kinds + 4; k++) {
		for (size_t members = 1; members < 9; members += 2) {
			pack(k, members);
			is_whole(k);
			add("\0\0\0\0\0\0\0", 8); // padding
			is_whole(k);
		}
		if (!k->has_skippable)
			continue;
		pack(k, 3);
		add(skippable, sizeof(skippable));
		is_whole(k);
	}
	// pzstd begins a file with one
	file_size = 0;
	add(skippable, sizeof(skippable));
	file_size += pack_zstd(content, sizeof(content), file + file_size);
	is_whole(&kinds[1]);
}

// What can be read is what was before the cut. A cut between two members is none that can be seen, if a packet ends there.
static void cut_off(void)
{
	struct capture capture;
	char why[512];

	for (const struct kind *k = kinds; k < kinds + 4; k++) {
		pack(k, 1);
		for (size_t size = file_size - 1; size > 6; size--) {
			write_octets(file, size);
			CU_ASSERT_EQUAL_FATAL(check(&capture, why), 1);
			CU_ASSERT(capture.packets <= PACKETS && !capture.is_unverified);
			CU_ASSERT_PTR_NOT_NULL(strstr(why, "data is cut off"));
			CU_ASSERT_PTR_NOT_NULL(strstr(why, k->name));
		}
	}
}

static void followed(void)
{
	struct capture capture;
	char why[512];

	for (const struct kind *k = kinds; k < kinds + 4; k++)
		for (int zeros = 0; zeros < 2; zeros++) {
			pack(k, 2);
			add("\0\0\0\0", zeros ? 4 : 0);
			add("garbage", 7);
			write_octets(file, file_size);
			CU_ASSERT_EQUAL(check(&capture, why), 1);
			CU_ASSERT(capture.packets == PACKETS && !capture.is_unverified);
			CU_ASSERT_PTR_NOT_NULL(strstr(why, "data is followed by something else"));
		}
}

// With a changed octet the capture is refused, or has the same packets (the octet does not matter: a time in gzip's header).
static void changed_octets(void)
{
	struct capture capture;
	char why[512];

	for (const struct kind *k = kinds; k < kinds + 4; k++) {
		unsigned unverified = 0, sound = 0;
		pack(k, 2);
		for (size_t at = 0; at < file_size; at++) {
			memcpy(changed, file, file_size);
			changed[at] ^= 1u << at % 8;
			write_octets(changed, file_size);
			int result = check(&capture, why);
			unverified += result == 1 && capture.is_unverified;
			sound += result == 0;
			CU_ASSERT(result != 0 || capture.packets == PACKETS);
			CU_ASSERT(capture.packets <= PACKETS);
		}
		CU_ASSERT(unverified > file_size / 2);
		CU_ASSERT(sound <= 32);
	}
}

int main(void)
{
	static const struct unit_test tests[] = {
		{"read to the end", read_to_the_end},
		{"cut off", cut_off},
		{"followed by something else", followed},
		{"changed octets", changed_octets},
	};
	int fd = mkstemp(path);

	if (fd < 0)
		return 1;
	close(fd);
	make_content();
	int result = unit_run("capture_unpack", tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return result;
}
