// SPDX-License-Identifier: BSD-3-Clause
#include "collector/report/certificate.h"

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>

int64_t certificate_expiry(const char *path)
{
	gnutls_x509_crt_t *list = NULL;
	gnutls_datum_t text;
	unsigned len = 0;
	int64_t earliest = 0;

	if (gnutls_load_file(path, &text) != 0)
		return 0;
	if (gnutls_x509_crt_list_import2(&list, &len, &text, GNUTLS_X509_FMT_PEM, 0) < 0)
		len = 0;
	for (unsigned i = 0; i < len; i++) {
		int64_t expiry = gnutls_x509_crt_get_expiration_time(list[i]);
		if (earliest == 0 || expiry < earliest)
			earliest = expiry;
		gnutls_x509_crt_deinit(list[i]);
	}
	if (list)
		gnutls_free(list);
	gnutls_free(text.data);
	return earliest;
}
