// SPDX-License-Identifier: BSD-3-Clause
// The handlers of the routes in routes.c. Each runs in a worker, with the request's connection suspended.
#pragma once

#include "collector/http/request.h"

enum MHD_Result api_dnsdb(struct http_request *r);	// dnsdb.c: /dnsdb/v2/
enum MHD_Result api_dnsdb1(struct http_request *r);	// dnsdb.c: /lookup/, /summarize/
enum MHD_Result api_cof(struct http_request *r);	// cof.c: /pdns/
enum MHD_Result api_info(struct http_request *r);	// cof.c: /info
enum MHD_Result api_lookup(struct http_request *r);	// lookup.c: /api/lookup
enum MHD_Result api_find(struct http_request *r);	// lookup.c: /api/find
enum MHD_Result api_export(struct http_request *r);	// export.c: /api/export
enum MHD_Result api_bulk(struct http_request *r);	// bulk.c: /api/bulk
enum MHD_Result api_block(struct http_request *r);	// block.c: /block
enum MHD_Result api_understand(struct http_request *r); // understand.c: /api/understand
enum MHD_Result api_alerts(struct http_request *r);	// alerts.c: /api/alerts
enum MHD_Result api_new(struct http_request *r);	// new.c: /api/new
enum MHD_Result api_pivot(struct http_request *r);	// pivot.c: /api/pivot
