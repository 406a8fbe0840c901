// SPDX-License-Identifier: BSD-3-Clause
// Alerts by HTTP POST, one per request (libcurl). Answers: 2xx is a delivery; 408, 425, 429 and 5xx are tried again; all others
// are final. Each request has an Idempotency-Key, the same when it is tried again, so that a receiver can recognize a repetition.
#include "collector/alert/curl.h"

#include <nettle/hmac.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct webhook_state {
	CURL *curl;
	char error[CURL_ERROR_SIZE];
};

// A request being made.
struct webhook_request {
	struct alert_sender *sender;
	struct curl_slist *headers;
	struct alert_outcome *out;
};

// False without memory.
static bool add_header(struct webhook_request *r, const char *line)
{
	struct curl_slist *more = curl_slist_append(r->headers, line);

	if (!more) {
		alert_sender_fail(r->out, ALERT_AGAIN, "out of memory");
		return false;
	}
	r->headers = more;
	return true;
}

// The lines of header_file.
static bool add_secret_headers(struct webhook_request *r, const char *path)
{
	char line[4096];
	FILE *file = *path ? fopen(path, "re") : NULL;
	bool good = true;

	if (*path && !file) {
		alert_sender_fail(r->out, ALERT_AGAIN, "%s: cannot read", path);
		return false;
	}
	while (file && good && fgets(line, sizeof(line), file)) {
		line[strcspn(line, "\r\n")] = '\0';
		if (!*line || *line == '#')
			continue;
		good = strchr(line, ':') && *line != ':';
		if (good)
			good = add_header(r, line);
		else
			alert_sender_fail(r->out, ALERT_AGAIN, "%s: expected lines 'Name: value'", path);
	}
	if (file)
		fclose(file);
	explicit_bzero(line, sizeof(line));
	return good;
}

// HMAC-SHA-256 of the body with the key of signature_file.
static bool add_signature(struct webhook_request *r, const char *path, const char *body)
{
	struct hmac_sha256_ctx hmac;
	uint8_t digest[SHA256_DIGEST_SIZE];
	char key[1024], line[128];

	if (!*path)
		return true;
	if (!alert_sender_secret(path, key, sizeof(key), r->out))
		return false;
	hmac_sha256_set_key(&hmac, strlen(key), (const uint8_t *)key);
	hmac_sha256_update(&hmac, strlen(body), (const uint8_t *)body);
	hmac_sha256_digest(&hmac, sizeof(digest), digest);
	explicit_bzero(key, sizeof(key));
	int used = snprintf(line, sizeof(line), "X-Lookback-Signature: sha256=");
	for (size_t i = 0; i < sizeof(digest); i++)
		used += snprintf(line + used, sizeof(line) - (size_t)used, "%02x", digest[i]);
	return add_header(r, line);
}

static bool add_headers(struct webhook_request *r, const struct alert *a, const char *body)
{
	const struct alert_outlet_config *o = r->sender->config;
	char key[256], line[300];
	bool good = add_header(r,
		o->format == ALERT_CEF ? "Content-Type: text/plain; charset=utf-8" : "Content-Type: application/json");

	alert_sender_key(a, key, sizeof(key));
	snprintf(line, sizeof(line), "Idempotency-Key: %s", key);
	good = good && add_header(r, line) && add_header(r, "Expect:") && add_header(r, "Accept: application/json");
	for (size_t i = 0; i < o->headers && good; i++)
		good = add_header(r, o->header[i]);
	return good && add_secret_headers(r, o->header_file) && add_signature(r, o->signature_file, body);
}

static void judge(CURL *curl, CURLcode code, const char *error, struct alert_outcome *out)
{
	long status = 0;
	curl_off_t after = 0;

	curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
	curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &after);
	if (status >= 200 && status <= 299 &&
		(code == CURLE_OK || code == CURLE_PARTIAL_FILE || code == CURLE_RECV_ERROR)) {
		out->sent = 1; // accepted, even if the rest of the answer is missing
		return;
	}
	if (code != CURLE_OK) {
		alert_curl_fail(out, code, error);
		return;
	}
	bool busy = status == 408 || status == 425 || status == 429 || status == 503;
	bool again = busy || status >= 500 || status < 200;
	alert_sender_fail(out, busy ? ALERT_AGAIN : again ? ALERT_POSTPONE : ALERT_REFUSED, "HTTP status %ld", status);
	out->after_s = again ? (double)after : 0;
}

static bool set_url(const struct alert_outlet_config *o, CURL *curl, struct alert_outcome *out)
{
	char url[2048];

	if (!*o->url_file)
		return curl_easy_setopt(curl, CURLOPT_URL, o->url) == CURLE_OK;
	if (!alert_sender_secret(o->url_file, url, sizeof(url), out))
		return false;
	return curl_easy_setopt(curl, CURLOPT_URL, url) == CURLE_OK;
}

void alert_webhook_send(struct alert_sender *s, const struct alert_queue_item *items, size_t len,
	struct alert_outcome *out)
{
	struct webhook_state *w = s->state ? s->state : (s->state = calloc(1, sizeof(*w)));
	struct webhook_request request = {.sender = s, .out = out};
	char *body = alert_format(s->config->format, &items[0].alert);
	CURL *curl = w && body ? alert_curl_handle(s, &w->curl, w->error, out) : NULL;

	if (!w || !body)
		alert_sender_fail(out, ALERT_AGAIN, "out of memory");
	if (curl && set_url(s->config, curl, out) && add_headers(&request, &items[0].alert, body)) {
		curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https");
		curl_easy_setopt(curl, CURLOPT_USERAGENT, "lookback/" LOOKBACK_VERSION);
		curl_easy_setopt(curl, CURLOPT_POST, 1L);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDS, body);
		curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE, (long)strlen(body));
		curl_easy_setopt(curl, CURLOPT_HTTPHEADER, request.headers);
		judge(curl, curl_easy_perform(curl), w->error, out);
	}
	curl_slist_free_all(request.headers);
	free(body);
}

void alert_webhook_close(struct alert_sender *s)
{
	struct webhook_state *w = s->state;

	if (w && w->curl)
		curl_easy_cleanup(w->curl);
	free(w);
	s->state = NULL;
}
