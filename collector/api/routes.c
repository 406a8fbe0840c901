// SPDX-License-Identifier: BSD-3-Clause
#include "collector/api/routes.h"

#include "collector/api/export_state.h"
#include "collector/api/handlers.h"
#include "collector/http/service.h"

// Path, handler, POST instead of GET, counted against the quota of the key.
static const struct http_route routes[] = {
	{"/dnsdb/v2", api_dnsdb, false, true},
	{"/lookup", api_dnsdb1, false, true},
	{"/summarize", api_dnsdb1, false, true},
	{"/pdns", api_cof, false, true},
	{"/query", api_cof, false, true}, // paths of D4
	{"/fquery", api_cof, false, true},
	{"/info", api_info, false, true},
	{"/api/lookup", api_lookup, false, true},
	{"/api/find", api_find, false, true},
	{"/api/alerts", api_alerts, false, true},
	{"/api/new", api_new, false, true},
	{"/api/pivot", api_pivot, false, true},
	{"/api/export", api_export, false, true},
	{"/api/bulk", api_bulk, true, true},
	{"/block", api_block, false, true},
	{"/api/understand", api_understand, true, false},
	{.handle = NULL},
};

static void *open_exports(void)
{
	return api_exports_new();
}

static void stop_exports(void *exports)
{
	api_exports_stop(exports);
}

static void close_exports(void *exports)
{
	api_exports_free(exports);
}

const struct http_service api_service = {routes, open_exports, stop_exports, close_exports};
