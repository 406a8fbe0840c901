// SPDX-License-Identifier: BSD-3-Clause
// Frames for tests, written as words; lengths are filled in when the frame is done.
//
//     eth 0800 ip4:11 udp:0035:8000 dns
//
//     eth              12 octets of addresses; the EtherType follows as hexadecimal
//     ip4:PP           IPv4 header with protocol PP (hexadecimal); ip4:PP:LLLL sets the total length
//     ip6:NN           IPv6 header with next header NN; ip6:NN:LLLL sets the payload length
//     udp:SSSS:DDDD    UDP header; udp:SSSS:DDDD:LLLL sets the length
//     tcp:SSSS:DDDD    TCP header of 20 octets with SYN unset
//     dns              a response for www.example.com
//     anything else    octets in hexadecimal
#pragma once

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct frame {
	uint8_t bytes[2048];
	size_t size;
	size_t patch_at[16];   // where a length field stands
	size_t patch_from[16]; // what it counts from
	size_t patches;
};

static const char frame_dns[] = "123481800001000100000000"
				"03777777076578616d706c6503636f6d0000010001"
				"c00c000100010000003c0004c0000205";

static inline void frame_hex(struct frame *f, const char *hex, size_t len)
{
	if (len % 2 != 0 || f->size + len / 2 > sizeof(f->bytes))
		abort();
	for (size_t i = 0; i < len; i += 2) {
		char octet[3] = {hex[i], hex[i + 1], 0}, *end;
		f->bytes[f->size++] = (uint8_t)strtoul(octet, &end, 16);
		if (*end != 0)
			abort();
	}
}

// A header with a length field at `at`, which counts from `from` octets behind the header's start,
// unless the word says otherwise.
static inline void frame_header(struct frame *f, const char *hex, size_t at, size_t from, const char *length)
{
	size_t start = f->size;

	frame_hex(f, hex, strlen(hex));
	if (*length != 0) {
		f->size = start + at;
		frame_hex(f, length + 1, 4);
		f->size = start + strlen(hex) / 2;
		return;
	}
	f->patch_at[f->patches] = start + at;
	f->patch_from[f->patches++] = start + from;
}

static inline void frame_word(struct frame *f, const char *word, size_t len)
{
	char w[1024] = {0}, hex[128];

	if (len >= sizeof(w))
		abort();
	memcpy(w, word, len);
	if (strcmp(w, "eth") == 0) {
		frame_hex(f, "020000000001060000000002", 24);
	} else if (strcmp(w, "dns") == 0) {
		frame_hex(f, frame_dns, strlen(frame_dns));
	} else if (strncmp(w, "ip4:", 4) == 0) {
		snprintf(hex, sizeof(hex), "450000000001000040%.2s0000c0000201c0000202", w + 4);
		frame_header(f, hex, 2, 0, w + 6);
	} else if (strncmp(w, "ip6:", 4) == 0) {
		snprintf(hex, sizeof(hex), "600000000000%.2s40%s%s", w + 4, "20010db8000000000000000000000001",
			"20010db8000000000000000000000002");
		frame_header(f, hex, 4, 40, w + 6);
	} else if (strncmp(w, "udp:", 4) == 0) {
		snprintf(hex, sizeof(hex), "%.4s%.4s00000000", w + 4, w + 9);
		frame_header(f, hex, 4, 0, w + 13);
	} else if (strncmp(w, "tcp:", 4) == 0) {
		snprintf(hex, sizeof(hex), "%.4s%.4s00000001000000025010ffff00000000", w + 4, w + 9);
		frame_hex(f, hex, 40);
	} else {
		frame_hex(f, w, len);
	}
}

static inline void frame_build(struct frame *f, const char *words)
{
	memset(f, 0, sizeof(*f));
	while (*words != 0) {
		size_t len = strcspn(words, " ");
		if (len > 0)
			frame_word(f, words, len);
		words += len + (words[len] == ' ');
	}
	for (size_t i = 0; i < f->patches; i++) {
		size_t length = f->size - f->patch_from[i];
		f->bytes[f->patch_at[i]] = (uint8_t)(length >> 8);
		f->bytes[f->patch_at[i] + 1] = (uint8_t)length;
	}
}
