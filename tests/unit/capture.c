// SPDX-License-Identifier: BSD-3-Clause
// Captures read by blocks give what libpcap gives; libpcap reads the others, and says what is wrong.
#include <pcap/pcap.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <zlib.h>

#include "dataplane/capture/capture.h"
#include "tests/tools/unit.h"

enum { SNAPSHOT = 65535, PACKETS = 5000 };

static char path[] = "/tmp/lookback-capture.XXXXXX";

struct header {
	uint32_t magic;
	uint16_t major, minor;
	uint32_t reserved[2], snapshot, link;
};

static const struct header ordinary = {.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snapshot = SNAPSHOT, .link = 1};

static uint32_t size_of(uint32_t i)
{
	return i % 97 == 0 ? SNAPSHOT : i * 7919 % 3000; // some larger than a block's rest, some empty
}

static void write_record(FILE *file, uint32_t i, uint32_t size)
{
	const uint32_t head[4] = {1700000000 + i, i * 199 % 1000000, size, size};
	static uint8_t bytes[1 << 19];

	memset(bytes, (int)i, size);
	fwrite(head, sizeof(head), 1, file);
	fwrite(bytes, 1, size, file);
}

static FILE *begin(const struct header *header)
{
	FILE *file = fopen(path, "wb");

	CU_ASSERT_FATAL(file != NULL);
	fwrite(header, sizeof(*header), 1, file);
	return file;
}

static void write_file(const struct header *header)
{
	FILE *file = begin(header);

	for (uint32_t i = 0; i < PACKETS; i++)
		write_record(file, i, size_of(i));
	fclose(file);
}

// Both ways to read the file give the same packets.
static void same_as_libpcap(const char *file)
{
	char why[512] = "", error[PCAP_ERRBUF_SIZE];
	struct capture capture;
	struct capture_packet packet;
	struct pcap_pkthdr *head;
	const u_char *bytes;
	uint64_t packets = 0, octets = 0;

	CU_ASSERT_FATAL(capture_check(&capture, file, why, sizeof(why)) == 0);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	pcap_t *pcap = pcap_open_offline(file, error);
	CU_ASSERT_FATAL(reader != NULL && pcap != NULL);
	while (pcap_next_ex(pcap, &head, &bytes) == 1) {
		CU_ASSERT_FATAL(capture_next(reader, &packet) == 1);
		CU_ASSERT_FATAL(packet.size == head->caplen && memcmp(packet.bytes, bytes, packet.size) == 0);
		CU_ASSERT(packet.us == (uint64_t)head->ts.tv_sec * 1000000 + (uint64_t)head->ts.tv_usec);
		packets++;
		octets += packet.size;
	}
	CU_ASSERT(capture_next(reader, &packet) == 0);
	CU_ASSERT(capture.packets == packets && capture.bytes == octets);
	capture_close(reader);
	pcap_close(pcap);
}

static void test_plain(void)
{
	char why[512];
	struct capture capture;
	struct header ns = ordinary;

	write_file(&ordinary);
	CU_ASSERT(
		capture_check(&capture, path, why, sizeof(why)) == 0 && capture.is_plain && capture.packets == PACKETS);
	same_as_libpcap(path);
	ns.magic = 0xa1b23c4d;
	write_file(&ns);
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.is_plain);
	same_as_libpcap(path);
	fclose(begin(&ordinary)); // no packet at all
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.is_plain && capture.packets == 0);
	same_as_libpcap(path);
}

// Of another byte order, or of another version, which libpcap reads.
static void test_others(void)
{
	char why[512];
	struct capture capture;
	struct header swapped = {.magic = 0xd4c3b2a1,
		.major = 0x0200,
		.minor = 0x0400,
		.snapshot = 0xffff0000,
		.link = 1u << 24};
	struct header old = ordinary;

	fclose(begin(&swapped));
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.is_plain);
	same_as_libpcap(path);
	old.minor = 3;
	write_file(&old);
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && !capture.is_plain);
	same_as_libpcap(path);
}

// Numbers of another byte order, where that is `swapped`.
static uint32_t order(uint32_t value, bool swapped)
{
	return swapped ? __builtin_bswap32(value) : value;
}

// A file of PACKETS whose header allows for 64 octets, compressed or not.
static void write_narrow(uint32_t magic, bool swapped, bool gzip)
{
	const struct header narrow = {order(magic, swapped), swapped ? 0x0200 : 2, swapped ? 0x0400 : 4, {0, 0},
		order(64, swapped), order(1, swapped)};
	gzFile out = gzopen(path, gzip ? "wb1" : "wbT");
	static uint8_t bytes[SNAPSHOT];

	CU_ASSERT_FATAL(out != NULL && gzwrite(out, &narrow, sizeof(narrow)) > 0);
	for (uint32_t i = 0; i < 200; i++) {
		const uint32_t size = size_of(i), head[4] = {order(1700000000, swapped), order(7000, swapped),
							  order(size, swapped), order(size + (i & 1), swapped)};
		memset(bytes, (int)i, size);
		gzwrite(out, head, sizeof(head));
		gzwrite(out, bytes, size);
	}
	gzclose(out);
}

// What is in the file is read, whatever its header says of the longest packet.
static void test_over_snapshot(void)
{
	static const uint32_t magics[] = {0xa1b2c3d4, 0xa1b23c4d};
	char why[512];
	struct capture capture;
	struct capture_packet packet;

	for (int kind = 0; kind < 8; kind++) {
		write_narrow(magics[kind & 1], kind & 2, kind & 4);
		CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) == 0);
		CU_ASSERT(capture.is_plain && !capture.packed == (kind < 4));
		CU_ASSERT(capture.packets == 200 && capture.snapshot == 64 && capture.longest == SNAPSHOT &&
			  capture.snapped == 100);
		struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
		CU_ASSERT_FATAL(reader != NULL);
		for (uint32_t i = 0; i < 200; i++) {
			CU_ASSERT_FATAL(capture_next(reader, &packet) == 1 && packet.size == size_of(i));
			CU_ASSERT(packet.is_snapped == (i & 1));
			CU_ASSERT(packet.us == 1700000000ull * 1000000 + (kind & 1 ? 7 : 7000));
			CU_ASSERT(packet.size == 0 ||
				  (packet.bytes[0] == (uint8_t)i && packet.bytes[packet.size - 1] == (uint8_t)i));
		}
		CU_ASSERT(capture_next(reader, &packet) == 0);
		capture_close(reader);
	}
}

// Seconds are unsigned, up to 2106, whoever reads the file.
static void test_after_2038(void)
{
	const uint32_t seconds = 3000000000, head[4] = {seconds, 7, 0, 0};
	char why[512];
	struct header old = ordinary;
	struct capture capture;
	struct capture_packet packet;

	for (uint16_t minor = 4; minor >= 3; minor--) {
		old.minor = minor;
		FILE *file = begin(&old);
		fwrite(head, sizeof(head), 1, file);
		fclose(file);
		CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) == 0);
		CU_ASSERT(capture.is_plain == (minor == 4));
		struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
		CU_ASSERT_FATAL(reader != NULL && capture_next(reader, &packet) == 1);
		CU_ASSERT_EQUAL(packet.us, (uint64_t)seconds * 1000000 + 7);
		capture_close(reader);
	}
}

// The time of a record, by each reader.
static uint64_t time_of(uint32_t magic, uint16_t minor, uint32_t seconds, uint32_t fraction)
{
	const uint32_t head[4] = {seconds, fraction, 0, 0};
	struct header header = ordinary;
	struct capture capture;
	struct capture_packet packet = {0};
	char why[512];

	header.magic = magic;
	header.minor = minor;
	FILE *file = begin(&header);
	fwrite(head, sizeof(head), 1, file);
	fclose(file);
	CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.packets == 1);
	CU_ASSERT(
		capture.is_plain == (minor == 4) && capture.no_time == !capture_has_time((uint64_t)seconds * 1000000));
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL && capture_next(reader, &packet) == 1);
	CU_ASSERT(capture.first_us == (capture.no_time ? CAPTURE_NO_TIME : packet.us));
	capture_close(reader);
	return packet.us;
}

// A fraction that is none leaves the seconds as they are.
static void test_fractions(void)
{
	const uint64_t second = 1700000000, us = second * 1000000;

	for (uint16_t minor = 4; minor >= 3; minor--) {
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, second, 999999), us + 999999);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, second, 1000000), us);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, second, 4294967295), us);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, second, 0x80000000), us);
		CU_ASSERT_EQUAL(time_of(0xa1b23c4d, minor, second, 999999999), us + 999999);
		CU_ASSERT_EQUAL(time_of(0xa1b23c4d, minor, second, 1000000000), us);
		CU_ASSERT_EQUAL(time_of(0xa1b23c4d, minor, second, 4294967295) / 1000000, second);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, UINT32_MAX, 999999),
			(uint64_t)UINT32_MAX * 1000000 + 999999);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, UINT32_MAX, 1000000), (uint64_t)UINT32_MAX * 1000000);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, 0, 999999), 999999);
		CU_ASSERT_EQUAL(time_of(0xa1b2c3d4, minor, 1, 0), 1000000);
	}
}

// What is whole of it is told, and is what is read.
static void damaged(uint64_t packets, const char *expected)
{
	char why[512] = "";
	struct capture capture;
	struct capture_packet packet;
	uint64_t read = 0;

	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 1);
	CU_ASSERT(capture.is_damaged && !capture.is_unverified && capture.packets == packets);
	CU_ASSERT(strstr(why, expected) != NULL);
	CU_ASSERT(strncmp(why, path, strlen(path)) == 0);
	if (packets == 0)
		return;
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL);
	while (capture_next(reader, &packet) == 1)
		read++;
	CU_ASSERT_EQUAL(read, packets);
	capture_close(reader);
}

static void refused(const char *file, const char *expected)
{
	char why[512] = "";
	struct capture capture;

	CU_ASSERT(capture_check(&capture, file, why, sizeof(why)) == -1);
	CU_ASSERT(strncmp(why, file, strlen(file)) == 0 && strstr(why, expected) != NULL);
}

static void test_damaged(void)
{
	write_file(&ordinary);
	FILE *file = fopen(path, "ab");
	CU_ASSERT_FATAL(file != NULL);
	fwrite("cut", 3, 1, file);
	fclose(file);
	damaged(5000, "damaged after 5000 packets");

	file = begin(&ordinary);
	write_record(file, 1, 100);
	write_record(file, 2, 100);
	fflush(file);
	CU_ASSERT(ftruncate(fileno(file), ftell(file) - 1) == 0);
	fclose(file);
	damaged(1, "damaged after 1 packets");

	file = begin(&ordinary);
	write_record(file, 1, 100);
	write_record(file, 2, 400000); // longer than any packet can be
	fclose(file);
	damaged(1, "damaged after 1 packets");
}

static void test_no_capture(void)
{
	FILE *file = begin(&ordinary);

	CU_ASSERT(ftruncate(fileno(file), 0) == 0);
	damaged(0, "found an empty file");
	CU_ASSERT(fwrite(&ordinary, 10, 1, file) == 1);
	fclose(file);
	CU_ASSERT(truncate(path, 10) == 0);
	damaged(0, "truncated");
	file = fopen(path, "wb");
	fputs("BZh91AY and so on", file);
	fclose(file);
	refused(path, "found bzip2 data, expected pcap or pcapng");
	file = fopen(path, "wb");
	fputs("a text", file);
	fclose(file);
	refused(path, "found no capture in it, expected pcap or pcapng");
	refused("/dev/null", "found a socket or device, expected");
	refused("/tmp", "found a directory, expected");
}

// Compressed, perhaps in several pieces one behind the other; and cut off, in the midst of a packet or not.
static void test_gzip(void)
{
	char why[512];
	struct capture capture;
	static uint8_t bytes[70000];
	gzFile out = gzopen(path, "wb");

	CU_ASSERT_FATAL(gzwrite(out, &ordinary, sizeof(ordinary)) > 0);
	for (uint32_t i = 0; i < 300; i++) {
		const uint32_t size = size_of(i), head[4] = {1700000000 + i, i, size, size};
		for (uint32_t k = 0; k < size; k++)
			bytes[k] = (uint8_t)((k * k + i) * 2654435761u >> 24);
		gzwrite(out, head, sizeof(head));
		gzwrite(out, bytes, size);
		if (i == 100) {
			gzclose(out);
			out = gzopen(path, "ab");
		}
	}
	gzclose(out);
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.packed &&
		  strcmp(capture.packed, "gzip") == 0 && capture.packets == 300);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	struct capture_packet packet;
	CU_ASSERT_FATAL(reader != NULL);
	for (uint32_t i = 0; i < 300; i++) {
		CU_ASSERT_FATAL(capture_next(reader, &packet) == 1 && packet.size == size_of(i));
		CU_ASSERT(packet.us == (1700000000ull + i) * 1000000 + i);
	}
	CU_ASSERT(capture_next(reader, &packet) == 0);
	capture_close(reader);
	CU_ASSERT(truncate(path, 100000) == 0);
	CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) == 1);
	damaged(capture.packets, "its gzip data is cut off");
	CU_ASSERT(truncate(path, 12) == 0);
	damaged(0, "its gzip data is cut off");
}

static uint8_t gz[1 << 16];
static size_t gz_size;

static void write_gz(void)
{
	FILE *file = fopen(path, "wb");

	CU_ASSERT_FATAL(file != NULL && fwrite(gz, 1, gz_size, file) == gz_size);
	fclose(file);
}

// A gzip file of `members`, the first of which has the file's header; each holds ten packets. Their ends.
static void make_gz(size_t ends[3], int members, bool header_crc)
{
	gz_size = 0;
	for (int m = 0; m < members; m++) {
		static uint8_t plain[4096];
		gz_header head = {.hcrc = 1, .os = 3};
		z_stream z = {.next_out = gz + gz_size, .avail_out = (uInt)(sizeof(gz) - gz_size), .next_in = plain};
		size_t size = m == 0 ? sizeof(ordinary) : 0;
		memcpy(plain, &ordinary, sizeof(ordinary));
		for (uint32_t i = 0; i < 10; i++) {
			const uint32_t record[4] = {1700000000 + i, 0, 32, 32};
			memcpy(plain + size, record, sizeof(record));
			for (size_t k = 0; k < 32; k++)
				plain[size + sizeof(record) + k] = (uint8_t)((k * k + i) * 2654435761u >> 24);
			size += sizeof(record) + 32;
		}
		z.avail_in = (uInt)size;
		CU_ASSERT_FATAL(deflateInit2(&z, 6, Z_DEFLATED, 15 + 16, 8, Z_DEFAULT_STRATEGY) == Z_OK);
		if (header_crc)
			deflateSetHeader(&z, &head);
		CU_ASSERT_FATAL(deflate(&z, Z_FINISH) == Z_STREAM_END);
		gz_size += z.total_out;
		deflateEnd(&z);
		ends[m] = gz_size;
	}
}

// Not to be believed: the wrong octets may be anywhere.
static void unverified(const char *expected)
{
	char why[512] = "";
	struct capture capture;

	write_gz();
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 1);
	CU_ASSERT(capture.is_damaged && capture.is_unverified && strstr(why, expected) != NULL);
	if (strstr(why, expected) == NULL)
		fprintf(stderr, "%s\n", why);
}

static void test_gzip_checksums(void)
{
	size_t ends[3];

	make_gz(ends, 1, false);
	gz[gz_size - 5] ^= 1;
	unverified("damaged within or after 10 packets: incorrect data check");
	make_gz(ends, 1, false);
	gz[gz_size - 1] ^= 1;
	unverified("damaged within or after 10 packets: incorrect length check");
	make_gz(ends, 3, false);
	gz[ends[0] - 8] ^= 0x80; // of the first of several
	unverified("damaged within or after 10 packets: incorrect data check");
	make_gz(ends, 3, false);
	gz[ends[1] - 3] ^= 0x80;
	unverified("damaged within or after 20 packets: incorrect length check");
	make_gz(ends, 1, true);
	gz[4] ^= 1; // a time, which the header's checksum covers
	unverified("header crc mismatch");
	make_gz(ends, 2, true);
	gz[ends[0] + 4] ^= 1;
	unverified("damaged within or after 10 packets: header crc mismatch");
	make_gz(ends, 2, false);
	gz[ends[0] + 3] ^= 0xe0; // flags that there are not
	unverified("damaged within or after 10 packets: unknown header flags set");
	for (size_t at = 10; at < ends[0]; at++) { // anywhere in coding, checksum and length
		char why[512] = "";
		struct capture capture;
		make_gz(ends, 2, false);
		gz[at] ^= 0x10;
		write_gz();
		CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) != 0);
		CU_ASSERT(capture.is_unverified || capture.packets <= 10);
	}
}

// What is behind the last member: nothing, zeros as of a tape, or something that is not read.
static void test_gzip_trailing(void)
{
	size_t ends[3];
	char why[512];
	struct capture capture;

	make_gz(ends, 2, true);
	write_gz();
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.packets == 20);
	memset(gz + gz_size, 0, 300);
	gz_size += 300;
	write_gz();
	CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0 && capture.packets == 20);
	gz[gz_size++] = 1;
	write_gz();
	damaged(20, "damaged after 20 packets: its gzip data is followed by something else");
	make_gz(ends, 3, false);
	gz[ends[1]] ^= 1; // the third is no member any more
	write_gz();
	damaged(20, "damaged after 20 packets: its gzip data is followed by something else");
	make_gz(ends, 2, false);
	gz[gz_size++] = 0x1f; // half a magic number
	write_gz();
	damaged(20, "damaged after 20 packets: its gzip data is followed by something else");
	make_gz(ends, 2, false);
	gz_size = ends[0] + 1;
	write_gz();
	damaged(10, "damaged after 10 packets: its gzip data is followed by something else");
	make_gz(ends, 2, false);
	gz_size = ends[1] - 1;
	write_gz();
	damaged(20, "damaged after 20 packets: its gzip data is cut off");
}

// Appends a pcap of ten packets of `size` octets, in this machine's byte order or the other one.
static void append_pcap(FILE *out, bool swapped, uint32_t size)
{
	const struct header h = {order(0xa1b2c3d4, swapped), swapped ? 0x0200 : 2, swapped ? 0x0400 : 4, {0, 0},
		order(65535, swapped), order(1, swapped)};
	static const uint8_t bytes[300000];

	fwrite(&h, sizeof(h), 1, out);
	for (uint32_t i = 0; i < 10; i++) {
		const uint32_t head[4] = {order(1700000000 + i, swapped), 0, order(size, swapped),
			order(size, swapped)};
		fwrite(head, sizeof(head), 1, out);
		fwrite(bytes, size, 1, out);
	}
}

// Appends a pcapng of one packet of 4 octets.
static void append_ng(FILE *out)
{
	const uint32_t blocks[] = {0x0a0d0d0a, 28, 0x1a2b3c4d, 1, UINT32_MAX, UINT32_MAX, 28, 1, 20, 1, 0, 20, 6, 36, 0,
		395812, 2244833280, 4, 4, 0, 36};

	fwrite(blocks, sizeof(blocks), 1, out);
}

// cat a.pcap b.pcap …: every capture is read, whatever its format and byte order, from a file and from a pipe.
static void test_joined(void)
{
	static const uint32_t sizes[] = {0, 40, 1500, 150000};
	struct capture capture;
	char why[512] = "";

	for (size_t i = 0; i < sizeof(sizes) / sizeof(sizes[0]); i++) {
		FILE *out = fopen(path, "wb");
		CU_ASSERT_FATAL(out != NULL);
		for (int k = 0; k < 3; k++) {
			append_pcap(out, false, sizes[i]);
			append_pcap(out, true, sizes[i]);
			append_ng(out);
			append_ng(out);
		}
		append_pcap(out, true, 60);
		fclose(out);
		CU_ASSERT(capture_check(&capture, path, why, sizeof(why)) == 0);
		CU_ASSERT(capture.packets == 76 && capture.is_mixed && capture.is_plain);
		CU_ASSERT(capture.bytes == 60 * sizes[i] + 6 * 4 + 600);
	}
	FILE *out = fopen(path, "ab"); // the second one has a link type that is not read
	const struct header wlan = {.magic = 0xa1b2c3d4, .major = 2, .minor = 4, .snapshot = 65535, .link = 105};
	CU_ASSERT_FATAL(out != NULL);
	fwrite(&wlan, sizeof(wlan), 1, out);
	fclose(out);
	refused(path, "found link type IEEE802_11 (105)");
}

struct feed {
	int fd;
	size_t size, piece;
	const uint8_t *octets;
};

static void *feed_pipe(void *context)
{
	struct feed *f = context;

	for (size_t at = 0; at < f->size; at += f->piece) {
		size_t size = f->size - at < f->piece ? f->size - at : f->piece;
		if (write(f->fd, f->octets + at, size) != (ssize_t)size)
			break;
	}
	close(f->fd);
	return NULL;
}

// Reads the octets through a pipe, in pieces. The result of the last capture_next.
static int read_pipe(const uint8_t *octets, size_t size, size_t piece, uint64_t *packets, bool *is_cut)
{
	atomic_bool stop = false;
	struct capture_packet packet;
	struct feed feed = {.octets = octets, .size = size, .piece = piece};
	pthread_t thread;
	int ends[2], result;

	CU_ASSERT_FATAL(pipe(ends) == 0);
	feed.fd = ends[1];
	CU_ASSERT_FATAL(pthread_create(&thread, NULL, feed_pipe, &feed) == 0);
	struct capture_reader *reader = capture_open_stream(ends[0], &stop);
	CU_ASSERT_FATAL(reader != NULL);
	for (*packets = 0; (result = capture_next(reader, &packet)) == 1;)
		++*packets;
	*is_cut = result < 0 && capture_is_cut(reader);
	capture_close(reader);
	pthread_join(thread, NULL);
	return result;
}

static void test_pipe(void)
{
	static uint8_t octets[1 << 20];
	uint64_t packets;
	size_t ends[3];
	bool is_cut;
	FILE *out = fopen(path, "w+b");

	CU_ASSERT_FATAL(out != NULL);
	append_pcap(out, false, 100);
	append_ng(out);
	append_pcap(out, true, 1500);
	rewind(out);
	size_t size = fread(octets, 1, sizeof(octets), out);
	fclose(out);
	for (size_t piece = 1; piece < 5000; piece = piece * 7 + 1)
		CU_ASSERT(read_pipe(octets, size, piece, &packets, &is_cut) == 0 && packets == 21);
	CU_ASSERT(read_pipe(octets, size - 1, 1000, &packets, &is_cut) == -1 && packets == 20 && is_cut);
	CU_ASSERT(read_pipe(octets, 10, 1, &packets, &is_cut) == -1 && packets == 0 && is_cut);
	CU_ASSERT(read_pipe(octets + 24, 1000, 1000, &packets, &is_cut) == -1 && packets == 0 && !is_cut);
	make_gz(ends, 3, true);
	CU_ASSERT(read_pipe(gz, gz_size, 3, &packets, &is_cut) == 0 && packets == 30);
	CU_ASSERT(read_pipe(gz, gz_size - 1, 3, &packets, &is_cut) == -1 && packets == 30 && is_cut);
	gz[gz_size - 5] ^= 1;
	CU_ASSERT(read_pipe(gz, gz_size, 3, &packets, &is_cut) == -1 && packets == 30 && !is_cut);
}

// A packet is there as soon as its last octet is; a reader that waits can be stopped.
static void test_live(void)
{
	const uint32_t record[5] = {1700000000, 0, 4, 4, 0};
	atomic_bool stop = false;
	struct capture_packet packet;
	int ends[2];

	CU_ASSERT_FATAL(pipe(ends) == 0 && write(ends[1], &ordinary, sizeof(ordinary)) == sizeof(ordinary));
	struct capture_reader *reader = capture_open_stream(ends[0], &stop);
	CU_ASSERT_FATAL(reader != NULL);
	for (int i = 0; i < 3; i++) {
		CU_ASSERT_FATAL(write(ends[1], record, sizeof(record)) == sizeof(record));
		CU_ASSERT_FATAL(capture_next(reader, &packet) == 1 && packet.size == 4);
	}
	atomic_store(&stop, true);
	CU_ASSERT(capture_next(reader, &packet) == -1);
	capture_close(reader);
	close(ends[1]);
}

// What was sound when it was checked and is not when it is read.
static void test_changed(void)
{
	char why[512] = "";
	struct capture capture;
	struct capture_packet packet;
	int result, packets = 0;

	write_file(&ordinary);
	CU_ASSERT_FATAL(capture_check(&capture, path, why, sizeof(why)) == 0);
	CU_ASSERT(truncate(path, 200000) == 0);
	struct capture_reader *reader = capture_open(&capture, why, sizeof(why));
	CU_ASSERT_FATAL(reader != NULL);
	while ((result = capture_next(reader, &packet)) == 1)
		packets++;
	CU_ASSERT(result == -1 && packets > 0 && packets < PACKETS);
	CU_ASSERT(strstr(capture_error(reader), "cut off") != NULL);
	capture_close(reader);
	CU_ASSERT(truncate(path, 10) == 0);
	CU_ASSERT(capture_open(&capture, why, sizeof(why)) == NULL && strlen(why) > 0);
}

int main(void)
{
	int fd = mkstemp(path);

	if (fd < 0)
		return EXIT_FAILURE;
	close(fd);
	static const struct unit_test tests[] = {{"plain", test_plain}, {"others", test_others},
		{"longer than the snapshot length", test_over_snapshot}, {"after 2038", test_after_2038},
		{"fractions", test_fractions}, {"damaged", test_damaged}, {"no capture", test_no_capture},
		{"gzip", test_gzip}, {"gzip: checksums", test_gzip_checksums},
		{"gzip: what follows", test_gzip_trailing}, {"joined", test_joined}, {"a pipe", test_pipe},
		{"a live pipe", test_live}, {"changed", test_changed}};
	int result = unit_run("capture", tests, sizeof(tests) / sizeof(tests[0]));
	unlink(path);
	return result;
}
