// SPDX-License-Identifier: BSD-3-Clause
// Certificates that settings name: when they expire, and whether the private key belongs to them.
#include "collector/doctor/certificate.h"

#include "collector/doctor/checks.h"

#include <errno.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdio.h>
#include <string.h>

enum { DAY_S = 86400, DAYS = 21, CERTIFICATES_MAX = 1000, SUBJECT_SIZE = 200, WHAT_SIZE = 600 };

void certificate_judge(struct doctor_report *r, const char *what, time_t from, time_t to)
{
	time_t now = time(NULL);
	char until[32];
	struct tm tm;

	strftime(until, sizeof(until), "%Y-%m-%d %H:%M UTC", gmtime_r(&to, &tm));
	if (now < from)
		doctor_bad(r, FINDING_EXPIRED, "%s is not valid yet", what);
	else if (to < now)
		doctor_bad(r, FINDING_EXPIRED, "%s expired at %s", what, until);
	else if (to - now < (time_t)DAYS * DAY_S)
		doctor_bad(r, FINDING_EXPIRES, "%s expires at %s", what, until);
	else
		doctor_ok(r, FINDING_EXPIRED, "%s is valid until %s", what, until);
}

static void check_one(struct doctor_report *r, const char *setting, const char *path, gnutls_x509_crt_t certificate)
{
	char subject[SUBJECT_SIZE] = "", what[WHAT_SIZE];
	size_t size = sizeof(subject);

	if (gnutls_x509_crt_get_dn(certificate, subject, &size) != 0)
		subject[0] = '\0';
	snprintf(what, sizeof(what), "%s: %s: %s", setting, path, subject);
	certificate_judge(r, what, gnutls_x509_crt_get_activation_time(certificate),
		gnutls_x509_crt_get_expiration_time(certificate));
}

static void check_key(struct doctor_report *r, const char *setting, const char *path, gnutls_x509_crt_t certificate)
{
	unsigned char of_certificate[64], of_key[64];
	size_t size = sizeof(of_certificate), key_size = sizeof(of_key);
	gnutls_x509_privkey_t key;
	gnutls_datum_t text;

	int result = gnutls_load_file(path, &text);
	if (result != 0) {
		if (errno == EACCES)
			doctor_skip_rights(r, FINDING_CERTIFICATE_KEY, "%s: %s cannot be read", setting, path);
		else
			doctor_bad(r, FINDING_CERTIFICATE_KEY, "%s: %s: %s", setting, path, gnutls_strerror(result));
		return;
	}
	gnutls_x509_privkey_init(&key);
	result = gnutls_x509_privkey_import2(key, &text, GNUTLS_X509_FMT_PEM, NULL, 0);
	if (result != 0)
		doctor_bad(r, FINDING_CERTIFICATE_KEY, "%s: %s: %s", setting, path, gnutls_strerror(result));
	else if (gnutls_x509_crt_get_key_id(certificate, 0, of_certificate, &size) == 0 &&
		 gnutls_x509_privkey_get_key_id(key, 0, of_key, &key_size) == 0 && size == key_size &&
		 memcmp(of_certificate, of_key, size) == 0)
		doctor_ok(r, FINDING_CERTIFICATE_KEY, "%s: %s belongs to the certificate", setting, path);
	else
		doctor_bad(r, FINDING_CERTIFICATE_KEY, "%s: %s belongs to another certificate", setting, path);
	gnutls_x509_privkey_deinit(key);
	explicit_bzero(text.data, text.size);
	gnutls_free(text.data);
}

// `key`: the private key of the first certificate, or empty.
static void check_file(struct doctor_report *r, const char *setting, const char *path, const char *key_setting,
	const char *key)
{
	gnutls_x509_crt_t *list = NULL;
	gnutls_datum_t text;
	unsigned len = 0;

	doctor_word(r, "FILE", path);
	int result = gnutls_load_file(path, &text);
	if (result != 0) {
		if (errno == EACCES)
			doctor_skip_rights(r, FINDING_CERTIFICATE, "%s: %s cannot be read", setting, path);
		else
			doctor_bad(r, FINDING_CERTIFICATE, "%s: %s: %s", setting, path, strerror(errno));
		return;
	}
	result = gnutls_x509_crt_list_import2(&list, &len, &text, GNUTLS_X509_FMT_PEM, 0);
	gnutls_free(text.data);
	if (result < 0 || len == 0) {
		doctor_bad(r, FINDING_CERTIFICATE, "%s: %s: %s", setting, path, gnutls_strerror(result));
		return;
	}
	for (unsigned i = 0; i < len && i < CERTIFICATES_MAX; i++)
		check_one(r, setting, path, list[i]);
	if (*key)
		check_key(r, key_setting, key, list[0]);
	for (unsigned i = 0; i < len; i++)
		gnutls_x509_crt_deinit(list[i]);
	gnutls_free(list);
}

void doctor_check_certificates(const struct doctor_facts *f, struct doctor_report *r)
{
	const struct settings *s = f->settings;

	if (*s->http_certificate)
		check_file(r, "http.certificate", s->http_certificate, "http.certificate_key", s->http_certificate_key);
	if (*s->redis_ca)
		check_file(r, "redis.ca", s->redis_ca, "", "");
	if (*s->redis_certificate)
		check_file(r, "redis.certificate", s->redis_certificate, "redis.certificate_key",
			s->redis_certificate_key);
	if (!*s->http_certificate && !*s->redis_ca && !*s->redis_certificate)
		doctor_ok(r, FINDING_CERTIFICATE, "no certificate is set");
}
