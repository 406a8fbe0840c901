// SPDX-License-Identifier: BSD-3-Clause
// dnstap from a hostile sender: what it says in the handshake, and one message.
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "dataplane/capture/dnstap_handshake.h"
#include "dataplane/capture/dnstap_message.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

enum { DATAGRAM_MAX = 65535, SAID_MAX = 4096 };

static void read_message(const uint8_t *data, size_t size)
{
	struct dnstap_packet p;

	if (dnstap_message_read(&p, data, size, UINT32_MAX) != DNSTAP_TAKEN)
		return;
	if (p.message < data || p.message_size > size || p.message + p.message_size > data + size)
		abort();
	if ((p.headers_size != 28 && p.headers_size != 48) || p.message_size + 8 > DATAGRAM_MAX)
		abort();
	if (p.us != UINT64_MAX && p.us / 1000000 > UINT32_MAX)
		abort();
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const atomic_bool stop = true; // the sender has said all
	char why[160] = "";
	int pair[2];

	read_message(data, size);
	if (size > SAID_MAX)
		return 0;
	if (socketpair(AF_UNIX, SOCK_STREAM, 0, pair) != 0 || write(pair[0], data, size) != (ssize_t)size)
		abort();
	shutdown(pair[0], SHUT_WR);
	if (dnstap_handshake(pair[1], &stop, 0, why, sizeof(why)) == (why[0] != '\0'))
		abort();
	dnstap_handshake_finish(pair[1]);
	close(pair[0]);
	close(pair[1]);
	return 0;
}
