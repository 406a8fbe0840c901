// SPDX-License-Identifier: BSD-3-Clause
// Whether the server's certificate is good, and if it is not, why, in words.
#pragma once

#include <gnutls/gnutls.h>
#include <stdbool.h>
#include <time.h>

struct redis_tls_peer {
	const char *name; // expected in the certificate: a name or an address
	bool any_name;	  // do not compare it
	const char *ca;	  // redis.ca; empty: authorities of the system
	time_t expires;	  // of the certificate; 0: not known yet
};

// Checks the certificate of the handshake. 0, or -1 with one line in `why`.
int redis_tls_peer_check(gnutls_session_t session, struct redis_tls_peer *peer, char *why, size_t why_size);
