// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/flush/collector_wait.h"

#include "dataplane/common/log.h"
#include "dataplane/common/monotonic.h"

enum { NEVER_CAME_MS = 10000, SAY_AGAIN_MS = 30000 };

void collector_wait_begin(struct collector_wait *w, const char *socket_path, double wait_s)
{
	*w = (struct collector_wait){.socket_path = socket_path, .wait_s = wait_s, .since_ms = monotonic_ms()};
}

static bool never_came(const struct collector_wait *w, uint64_t away_ms)
{
	if (away_ms <= NEVER_CAME_MS)
		return false;
	log_error("collector %s: not there after %d s; start lookback-collector first", w->socket_path,
		NEVER_CAME_MS / 1000);
	return true;
}

// At once if the connection is lost; else if nothing was acknowledged for a while.
static void say(struct collector_wait *w, const struct outbox_stats *stats, uint64_t now_ms)
{
	unsigned long long frames = stats->frames_unacked, away_s = (now_ms - w->since_ms) / 1000;
	static const char ending[] =
		"or end the replay with Ctrl-C or SIGTERM: what the collector has not taken over is lost then";

	if (w->said_ms == 0 && !stats->connected)
		log_warning(
			"collector %s: gone; the replay keeps %llu frames for it and waits where it has no more room. "
			"Start lookback-collector again, %s",
			w->socket_path, frames, ending);
	else if (now_ms - (w->said_ms ? w->said_ms : w->since_ms) < SAY_AGAIN_MS)
		return;
	else if (!stats->connected)
		log_warning("collector %s: away for %llu s; the replay waits for it with %llu frames. Start "
			    "lookback-collector again, %s",
			w->socket_path, away_s, frames, ending);
	else
		log_warning(
			"collector %s: has taken nothing over for %llu s; the replay waits for it with %llu frames. "
			"Its own log says what is wrong (Redis away, spool full); mend that, %s",
			w->socket_path, away_s, frames, ending);
	w->said_ms = now_ms;
}

bool collector_wait_is_over(struct collector_wait *w, const struct outbox_stats *stats)
{
	uint64_t now_ms = monotonic_ms();

	if (stats->connects == 0)
		return never_came(w, now_ms - w->since_ms);
	bool moves = stats->connected && (stats->frames_unacked == 0 || stats->frames_acked != w->acked);
	if (moves || stats->connected != w->was_connected) {
		w->since_ms = now_ms;
		w->said_ms = 0;
		w->acked = stats->frames_acked;
		w->was_connected = stats->connected;
	}
	if (moves)
		return false;
	if (!stats->connected && w->wait_s > 0 && (double)(now_ms - w->since_ms) > w->wait_s * 1000) {
		log_error(
			"collector %s: away for longer than replay.wait (%g s); the replay is given up, and what %llu "
			"frames and the table hold is lost",
			w->socket_path, w->wait_s, (unsigned long long)stats->frames_unacked);
		return true;
	}
	say(w, stats, now_ms);
	return false;
}
