// SPDX-License-Identifier: BSD-3-Clause
#include "collector/doctor/fetch.h"

#include <curl/curl.h>
#include <stdio.h>
#include <stdlib.h>

enum { BODY_MAX = 16 << 20 };

static size_t take(char *bytes, size_t one, size_t size, void *arg)
{
	FILE *out = arg;

	return ftell(out) + (long)size > BODY_MAX ? 0 : fwrite(bytes, one, size, out);
}

// Returns the status code, or 0.
static long perform(CURL *curl, const char *url, long limit_ms, FILE *out, char *why, size_t why_size)
{
	char error[CURL_ERROR_SIZE] = "";
	long status = 0;

	curl_easy_setopt(curl, CURLOPT_URL, url);
	curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(curl, CURLOPT_NOPROXY, "*");
	curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, limit_ms);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYPEER, 0L);
	curl_easy_setopt(curl, CURLOPT_SSL_VERIFYHOST, 0L);
	curl_easy_setopt(curl, CURLOPT_ERRORBUFFER, error);
	curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, take);
	curl_easy_setopt(curl, CURLOPT_WRITEDATA, out);
	CURLcode code = curl_easy_perform(curl);
	if (code == CURLE_OK)
		curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	else
		snprintf(why, why_size, "%s", error[0] ? error : curl_easy_strerror(code));
	return status;
}

long fetch(const char *url, long limit_ms, char **body, char *why, size_t why_size)
{
	size_t size = 0;
	long status = 0;

	*body = NULL;
	snprintf(why, why_size, "out of memory");
	CURL *curl = curl_easy_init();
	FILE *out = open_memstream(body, &size);
	if (curl && out)
		status = perform(curl, url, limit_ms, out, why, why_size);
	if (out)
		fclose(out);
	if (curl)
		curl_easy_cleanup(curl);
	return status;
}
