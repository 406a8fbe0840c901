// SPDX-License-Identifier: BSD-3-Clause
// The lookups over HTTP, for http_sources.service.
#pragma once

struct http_service;

extern const struct http_service api_service;
