// SPDX-License-Identifier: BSD-3-Clause
// The parts of the running collector. start.c makes them in order, main.c runs and ends them. Main thread only.
#pragma once

#include "collector/alert/service.h"
#include "collector/base/confine.h"
#include "collector/block/publish.h"
#include "collector/context/reloader.h"
#include "collector/http/http.h"
#include "collector/inbox/inbox.h"
#include "collector/names/index.h"
#include "collector/options.h"
#include "collector/report/report.h"
#include "collector/watch/watcher.h"

struct collector {
	struct collector_options options;
	struct settings settings;
	struct redis_settings redis; // of the settings, as they are now
	struct spool_settings spool_settings;
	struct zone_list *zones;
	struct context *context;	   // NULL: no file is set
	struct context_reloader *reloader; // NULL: nothing to reload
	struct stream_registry *streams;   // the inbox's, filled by the spool
	struct spool *spool;
	struct sensors *sensors;
	struct inbox *inbox;
	struct writer *writer;
	struct watch_interest *interest; // what the writer asks of the rules
	struct watcher *watcher;
	char **watch_files; // that the rules and block lists name; owned
	size_t watch_files_len;
	struct alert_service alerts;
	struct names_index *names, *targets; // owners; what records point to
	struct block_publish *block;
	struct look *look;	      // NULL: nothing asks for it
	struct report_sources report; // what the HTTP server reports
	struct http *http;
	uint64_t started_ms;		     // monotonic_ms when all parts were started; 0: they are not
	struct spool_account account_before; // at that time
	int http_fd;			     // listening; -1: none
	int signals;			     // signalfd
	int events;			     // epoll: signals, who asks for a reload, its end
	struct sandbox sandbox;
};

// Takes from the settings what the parts are given: at the start, and after each SIGHUP.
void collector_derive_settings(struct collector *c);

// True if the spool is removed at the end.
bool collector_spool_is_temporary(const struct collector *c);

// The paths that stay in reach after the set-up.
struct confine_paths collector_confine_paths(const struct collector *c);

// Makes and starts all parts. 0, or -1 with one line in `why`; then main.c ends those that there are.
int collector_start(struct collector *c, char *why, size_t why_size);
