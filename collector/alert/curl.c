// SPDX-License-Identifier: BSD-3-Clause
#include "collector/alert/curl.h"

int alert_curl_begin(void)
{
	return curl_global_init(CURL_GLOBAL_DEFAULT) == CURLE_OK ? 0 : -1;
}

static int is_aborted(void *arg, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
	const struct alert_sender *s = arg;

	return __atomic_load_n(s->abort, __ATOMIC_RELAXED);
}

static size_t ignore(char *bytes, size_t size, size_t len, void *arg)
{
	return size * len;
}

CURL *alert_curl_handle(struct alert_sender *s, CURL **kept, char *error, struct alert_outcome *out)
{
	CURL *curl = *kept ? *kept : (*kept = curl_easy_init());

	if (!curl) {
		alert_sender_fail(out, ALERT_AGAIN, "out of memory");
		return NULL;
	}
	error[0] = '\0';
	curl_easy_reset(curl);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, (long)(s->config->timeout_s * 1000));
	curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, (long)(s->config->timeout_s * 1000));
	curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
	curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, is_aborted);
	curl_easy_setopt(curl, CURLOPT_XFERINFODATA, s);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, ignore);
	curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 1L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 2L);
	curl_easy_setopt(curl, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	if (*s->config->ca)
		curl_easy_setopt(curl, CURLOPT_CAINFO, s->config->ca);
	return curl;
}

void alert_curl_fail(struct alert_outcome *out, CURLcode code, const char *error)
{
	alert_sender_fail(out, ALERT_AGAIN, "%.400s", *error ? error : curl_easy_strerror(code));
}
