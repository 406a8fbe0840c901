// SPDX-License-Identifier: BSD-3-Clause
// The files of TLS: the authorities that are trusted, the client's certificate and its key.
#pragma once

#include "collector/redis/settings.h"

#include <gnutls/gnutls.h>

// Reads the files that the settings name into `*out`, which the caller frees (gnutls_certificate_free_credentials). 0, or -1
// with one line in `why`.
int redis_tls_files_read(gnutls_certificate_credentials_t *out, const struct redis_settings *s, char *why,
	size_t why_size);
