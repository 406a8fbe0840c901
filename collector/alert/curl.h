// SPDX-License-Identifier: BSD-3-Clause
// What the senders by libcurl share: one handle per outlet, with time-outs, TLS verification and an end on request.
#pragma once

#include "collector/alert/sender.h"

#include <curl/curl.h>

// Once, before there are threads and before the sandbox. 0 or -1.
int alert_curl_begin(void);

// A handle with the options of all kinds; the options of the last transfer are gone, its connection stays open. NULL with an
// outcome. `error`: CURL_ERROR_SIZE octets, for the text of an error.
CURL *alert_curl_handle(struct alert_sender *s, CURL **kept, char *error, struct alert_outcome *out);

// Sets the outcome of a transfer that failed without an answer.
void alert_curl_fail(struct alert_outcome *out, CURLcode code, const char *error);
