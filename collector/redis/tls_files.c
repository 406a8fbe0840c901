// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/tls_files.h"

#include <errno.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

// Why a file cannot be used: the system's reason, if it cannot even be read.
static int fail_file(const char *key, const char *path, int result, const char *expected, char *why, size_t why_size)
{
	if (access(path, R_OK) != 0)
		snprintf(why, why_size, "%s %.150s: %s", key, path, strerror(errno));
	else
		snprintf(why, why_size, "%s %.150s: found %s, expected %s", key, path, gnutls_strerror(result),
			expected);
	return -1;
}

static int read_authorities(gnutls_certificate_credentials_t c, const struct redis_settings *s, char *why,
	size_t why_size)
{
	if (!s->ca[0]) {
		if (gnutls_certificate_set_x509_system_trust(c) > 0)
			return 0;
		snprintf(why, why_size,
			"redis.ca: found no certificate authorities of the system, expected some; install ca-certificates or set redis.ca");
		return -1;
	}
	int result = gnutls_certificate_set_x509_trust_file(c, s->ca, GNUTLS_X509_FMT_PEM);
	return result > 0 ? 0
			  : fail_file("redis.ca", s->ca, result < 0 ? result : GNUTLS_E_NO_CERTIFICATE_FOUND,
				    "certificates (PEM)", why, why_size);
}

// The certificate alone, to know which of the two files is bad.
static int try_certificate(const char *path)
{
	gnutls_datum_t text = {.data = NULL};
	gnutls_x509_crt_t *chain = NULL;
	unsigned len = 0;
	int result = gnutls_load_file(path, &text);

	if (result == 0)
		result = gnutls_x509_crt_list_import2(&chain, &len, &text, GNUTLS_X509_FMT_PEM, 0);
	for (unsigned i = 0; result >= 0 && i < len; i++)
		gnutls_x509_crt_deinit(chain[i]);
	gnutls_free(chain);
	gnutls_free(text.data);
	return result < 0 ? result : 0;
}

static int read_certificate(gnutls_certificate_credentials_t c, const struct redis_settings *s, char *why,
	size_t why_size)
{
	int result;

	if (!s->certificate[0])
		return 0;
	if ((result = try_certificate(s->certificate)) != 0)
		return fail_file("redis.certificate", s->certificate, result, "a certificate (PEM)", why, why_size);
	result = gnutls_certificate_set_x509_key_file2(c, s->certificate, s->certificate_key, GNUTLS_X509_FMT_PEM, NULL,
		0);
	if (result == GNUTLS_E_CERTIFICATE_KEY_MISMATCH) {
		snprintf(why, why_size,
			"redis.certificate_key %.150s: found the key of another certificate, expected that of redis.certificate %.150s",
			s->certificate_key, s->certificate);
		return -1;
	}
	return result >= 0 ? 0
			   : fail_file("redis.certificate_key", s->certificate_key, result,
				     "a private key without a password (PEM)", why, why_size);
}

int redis_tls_files_read(gnutls_certificate_credentials_t *out, const struct redis_settings *s, char *why,
	size_t why_size)
{
	gnutls_certificate_credentials_t c = NULL;

	if (gnutls_certificate_allocate_credentials(&c) != 0) {
		snprintf(why, why_size, "out of memory");
		return -1;
	}
	if (read_authorities(c, s, why, why_size) == 0 && read_certificate(c, s, why, why_size) == 0) {
		*out = c;
		return 0;
	}
	gnutls_certificate_free_credentials(c);
	return -1;
}
