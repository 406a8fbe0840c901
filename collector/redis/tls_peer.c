// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/tls_peer.h"

#include <arpa/inet.h>
#include <ctype.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

// Names in certificates are the server's words: what is no printable ASCII becomes '?'.
static void clean(char *text)
{
	for (; *text; text++)
		if (*text < 0x20 || *text > 0x7e)
			*text = '?';
}

static void append(char *out, size_t out_size, const char *text)
{
	size_t len = strlen(out);

	snprintf(out + len, out_size - len, "%s%s", len > 0 ? ", " : "", text);
}

// The names that the certificate is for, with commas between them.
static void list_names(gnutls_x509_crt_t crt, char *out, size_t out_size)
{
	char name[256], address[INET6_ADDRSTRLEN];
	size_t size;
	int type;

	out[0] = '\0';
	for (unsigned i = 0;; i++) {
		size = sizeof(name) - 1;
		type = gnutls_x509_crt_get_subject_alt_name(crt, i, name, &size, NULL);
		if (type < 0 && type != GNUTLS_E_SHORT_MEMORY_BUFFER) // that name is too long to be shown
			break;
		name[type < 0 ? 0 : size] = '\0';
		if (type == GNUTLS_SAN_DNSNAME)
			append(out, out_size, name);
		else if (type == GNUTLS_SAN_IPADDRESS &&
			 inet_ntop(size == 4 ? AF_INET : AF_INET6, name, address, sizeof(address)))
			append(out, out_size, address);
	}
	size = sizeof(name);
	if (!out[0] && gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size) == 0)
		append(out, out_size, name);
	if (!out[0])
		append(out, out_size, "no name");
	clean(out);
}

static void date(time_t at, char *out, size_t out_size)
{
	struct tm tm;

	if (at == (time_t)-1 || !gmtime_r(&at, &tm) || strftime(out, out_size, "%Y-%m-%d %H:%M UTC", &tm) == 0)
		snprintf(out, out_size, "an unknown time");
}

static void tell_dates(gnutls_x509_crt_t crt, bool expired, char *why, size_t why_size)
{
	char from[32], to[32], now[32];

	date(gnutls_x509_crt_get_activation_time(crt), from, sizeof(from));
	date(gnutls_x509_crt_get_expiration_time(crt), to, sizeof(to));
	date(time(NULL), now, sizeof(now));
	snprintf(why, why_size,
		"certificate of the server: found it valid from %s to %s, expected it valid now, %s; %s", from, to, now,
		expired ? "renew it on the server" : "check the clocks of both hosts");
}

static void tell_issuer(gnutls_x509_crt_t crt, const char *ca, char *why, size_t why_size)
{
	char issuer[160] = "an unknown issuer";
	size_t size = sizeof(issuer);

	if (gnutls_x509_crt_get_issuer_dn(crt, issuer, &size) != 0)
		snprintf(issuer, sizeof(issuer), "an unknown issuer");
	clean(issuer);
	if (ca[0])
		snprintf(why, why_size,
			"certificate of the server: found it issued by '%s', expected an authority of redis.ca %.120s; add the "
			"certificate of its authority to that file",
			issuer, ca);
	else
		snprintf(why, why_size,
			"certificate of the server: found it issued by '%s', expected an authority of the system; set redis.ca to the file "
			"with the certificate of its authority",
			issuer);
}

static void tell_name(gnutls_x509_crt_t crt, const char *name, char *why, size_t why_size)
{
	char names[200];

	list_names(crt, names, sizeof(names));
	snprintf(why, why_size,
		"certificate of the server: found it for %s, expected %.100s; set redis.server_name to a name of the certificate, or "
		"connect to such a name",
		names, name);
}

static void tell(gnutls_x509_crt_t crt, unsigned status, const struct redis_tls_peer *peer, char *why, size_t why_size)
{
	gnutls_datum_t words = {.data = NULL};

	if (status & (GNUTLS_CERT_EXPIRED | GNUTLS_CERT_NOT_ACTIVATED))
		tell_dates(crt, status & GNUTLS_CERT_EXPIRED, why, why_size);
	else if (status & GNUTLS_CERT_SIGNER_NOT_FOUND)
		tell_issuer(crt, peer->ca, why, why_size);
	else if (status & GNUTLS_CERT_UNEXPECTED_OWNER)
		tell_name(crt, peer->name, why, why_size);
	else if (gnutls_certificate_verification_status_print(status, GNUTLS_CRT_X509, &words, 0) == 0)
		snprintf(why, why_size, "certificate of the server: %.300s", (const char *)words.data);
	else
		snprintf(why, why_size, "certificate of the server: found it invalid, expected a valid one");
	gnutls_free(words.data);
}

int redis_tls_peer_check(gnutls_session_t session, struct redis_tls_peer *peer, char *why, size_t why_size)
{
	char purpose[] = GNUTLS_KP_TLS_WWW_SERVER, name[256];
	gnutls_typed_vdata_st expected[2] = {{.type = GNUTLS_DT_KEY_PURPOSE_OID, .data = (unsigned char *)purpose},
		{.type = GNUTLS_DT_DNS_HOSTNAME, .data = (unsigned char *)name}};
	unsigned status = 0, len = 0;
	const gnutls_datum_t *chain = gnutls_certificate_get_peers(session, &len);
	gnutls_x509_crt_t crt = NULL;

	snprintf(name, sizeof(name), "%s", peer->name);
	int result = chain && len > 0 ? gnutls_x509_crt_init(&crt) : GNUTLS_E_NO_CERTIFICATE_FOUND;
	if (result == 0)
		result = gnutls_x509_crt_import(crt, &chain[0], GNUTLS_X509_FMT_DER);
	if (result == 0)
		result = gnutls_certificate_verify_peers(session, expected, peer->any_name ? 1 : 2, &status);
	if (result != 0)
		snprintf(why, why_size, "certificate of the server: %s", gnutls_strerror(result));
	else if (status != 0)
		tell(crt, status, peer, why, why_size);
	else
		peer->expires = gnutls_x509_crt_get_expiration_time(crt);
	if (crt)
		gnutls_x509_crt_deinit(crt);
	return result == 0 && status == 0 ? 0 : -1;
}
