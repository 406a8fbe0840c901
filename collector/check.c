// SPDX-License-Identifier: BSD-3-Clause
#include "collector/check.h"

#include "collector/http/listen.h"
#include "collector/redis/info.h"
#include "collector/watch/set.h"

#include <stdlib.h>

int collector_check_redis(const struct settings *s, bool report)
{
	struct redis_settings settings = redis_settings_of(s);
	struct redis_conn conn = {0};

	if (redis_conn_open(&conn, &settings) != 0) {
		log_error("redis %s: %s", s->redis.text, conn.why);
		return EXIT_FAILURE;
	}
	if (conn.foreign_seq) {
		log_error("redis %s: key %sseq: found another type, expected a hash; check redis.prefix", s->redis.text,
			s->redis_prefix);
		redis_conn_close(&conn);
		return EXIT_FAILURE;
	}
	char words[2048];
	if (report && redis_info_judge(&conn.info, words, sizeof(words)) != 0)
		for (char *rest = words, *line; (line = strsep(&rest, "\n")) != NULL;)
			log_warning("redis %s: %s", s->redis.text, line);
	if (report)
		printf("redis %s: version %s, role %s, database %lu, prefix %s: ready\n", s->redis.text,
			conn.info.version[0] ? conn.info.version : "unknown",
			conn.info.role[0] ? conn.info.role : "unknown", (unsigned long)s->redis_database,
			s->redis_prefix);
	redis_conn_close(&conn);
	return EXIT_SUCCESS;
}

// The watch rules, and the files that they name.
static bool check_rules(const struct settings *s)
{
	char why[1024] = "", report[200] = "";

	if (!watch_set_check(s->watch_file, report, sizeof(report), why, sizeof(why))) {
		log_error("%s", why);
		return false;
	}
	printf("watch: %s\n", report);
	return true;
}

int collector_check(const struct settings *s, const struct confine_paths *paths, struct sandbox *sandbox)
{
	char why[1024], text[500] = "off";

	printf("configuration: sound\n");
	if (http_listen_warning(s))
		log_warning("%s", http_listen_warning(s));
	if (s->sandbox && (confine_begin(sandbox, s, paths, why, sizeof(why)) != 0 ||
				  confine_enter(sandbox, s, paths, why, sizeof(why)) != 0 ||
				  confine_seal(sandbox, s, paths, why, sizeof(why)) != 0)) {
		log_error("%s", why);
		return EXIT_FAILURE;
	}
	if (s->sandbox)
		sandbox_text(sandbox, text, sizeof(text));
	printf("sandbox: %s\n", text);
	if (!check_rules(s))
		return EXIT_FAILURE;
	return collector_check_redis(s, true);
}
