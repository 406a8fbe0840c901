// SPDX-License-Identifier: BSD-3-Clause
// A pcapng file, made in memory piece by piece, also wrong ones.
#pragma once

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

static uint8_t file[1 << 20];
static size_t file_size;
static bool big; // the byte order of the section

static inline void put(uint64_t value, size_t size)
{
	for (size_t i = 0; i < size; i++)
		file[file_size++] = (uint8_t)(value >> 8 * (big ? size - 1 - i : i));
}

static inline size_t begin(uint32_t type)
{
	put(type, 4);
	put(0, 4);
	return file_size - 8;
}

static inline void end(size_t at)
{
	while (file_size % 4 != 0)
		file[file_size++] = 0xee;
	size_t after = file_size + 4;
	file_size = at + 4;
	put(after - at, 4);
	file_size = after - 4;
	put(after - at, 4);
}

static inline void section_of(bool order, uint16_t major)
{
	big = order;
	size_t at = begin(0x0a0d0d0a);
	put(0x1a2b3c4d, 4);
	put(major, 2);
	put(0, 2);
	put(UINT64_MAX, 8); // length unknown
	end(at);
}

static inline void section(bool order)
{
	section_of(order, 1);
}

static inline void option(uint16_t code, uint64_t value, uint16_t size)
{
	put(code, 2);
	put(size, 2);
	put(value, size);
	while (file_size % 4 != 0)
		file[file_size++] = 0;
}

static inline size_t begin_interface(uint16_t link, uint32_t snapshot)
{
	size_t at = begin(1);
	put(link, 2);
	put(0, 2);
	put(snapshot, 4);
	return at;
}

static inline void interface(uint16_t link, uint32_t snapshot)
{
	end(begin_interface(link, snapshot));
}

static inline void octets(uint32_t size)
{
	for (uint32_t i = 0; i < size; i++)
		file[file_size++] = (uint8_t)(i + size);
}

static inline void packet_of(uint32_t type, uint32_t interface, uint64_t ticks, uint32_t claimed, uint32_t size)
{
	size_t at = begin(type);
	put(interface, type == 2 ? 2 : 4);
	if (type == 2)
		put(7, 2); // packets lost
	put(ticks >> 32, 4);
	put(ticks, 4);
	put(claimed, 4);
	put(claimed + 9, 4);
	octets(size);
	end(at);
}

static inline void packet(uint32_t interface, uint64_t ticks, uint32_t size)
{
	packet_of(6, interface, ticks, size, size);
}

static inline void unknown_block(uint32_t type, uint32_t size)
{
	size_t at = begin(type);
	octets(size);
	end(at);
}

static inline void simple_packet(uint32_t wire_size, uint32_t size)
{
	size_t at = begin(3);
	put(wire_size, 4);
	octets(size);
	end(at);
}
