// SPDX-License-Identifier: BSD-3-Clause
#include "collector/schema/keys.h"

#include <stdio.h>
#include <string.h>

size_t schema_net_text(const uint8_t *address, size_t size, char out[static SCHEMA_NET_SIZE])
{
	uint8_t net[16] = {0};
	int bits = size == 4 ? SCHEMA_NET_BITS_IPV4 : SCHEMA_NET_BITS_IPV6;

	memcpy(net, address, (size_t)bits / 8);
	size_t len = text_address(net, size, out);
	return len + (size_t)sprintf(out + len, "/%d", bits);
}
