// SPDX-License-Identifier: BSD-3-Clause
#include "collector/watch/latin.h"

#include "collector/alike/alike.h"

#include <string.h>

enum { UNICODE_SIZE = 4 * TEXT_NAME_SIZE };

size_t watch_latin(const char *name, size_t len, char *out, size_t out_size)
{
	char unicode[UNICODE_SIZE], one[5], latin[8];
	size_t n = 0, size = alike_unicode(name, len, unicode, sizeof(unicode));

	for (size_t i = 0; i < size && n + 1 < out_size;) {
		unsigned char c = (unsigned char)unicode[i];
		size_t octets = c < 0x80 ? 1 : c < 0xe0 ? 2 : c < 0xf0 ? 3 : 4;
		if (octets == 1) {
			out[n++] = unicode[i++];
			continue;
		}
		octets = octets > size - i ? size - i : octets;
		memcpy(one, unicode + i, octets);
		one[octets] = '\0';
		out[n++] = alike_to_latin(one, latin, sizeof(latin)) ? latin[0] : '?';
		i += octets;
	}
	return n;
}
