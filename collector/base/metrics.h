// SPDX-License-Identifier: BSD-3-Clause
// Counters of the collector, in the manner of dataplane/common/stats.h: one line here makes the field, the
// Prometheus name and the help text. To add a metric: add a line, count it where it happens.
//
//     X(kind, field, family, label, help)      lookback_<family>{<label>} value
//
// Thread rule: each field has one writing thread, named above its lines; anyone reads.
#pragma once

#include "dataplane/common/stats.h"

// clang-format off
#define COLLECTOR_STATS(X) \
	/* inbox thread */ \
	X(GAUGE,   connections,         "collector_dataplanes", "", "Dataplanes connected") \
	X(COUNTER, accepted,            "collector_accepted_total", "", "Connections of dataplanes accepted") \
	X(COUNTER, turned_away,         "collector_turned_away_total", "", "Connections turned away, or closed for those of another user") \
	X(COUNTER, frames_records,      "collector_frames_received_total", "type=\"records\"", "Sound frames taken from dataplanes, those that came again included") \
	X(COUNTER, frames_stats,        "collector_frames_received_total", "type=\"stats\"", "") \
	X(COUNTER, frames_hello,        "collector_frames_received_total", "type=\"hello\"", "") \
	X(COUNTER, frames_bye,          "collector_frames_received_total", "type=\"bye\"", "") \
	X(COUNTER, frames_duplicate,    "collector_frames_duplicate_total", "", "Frames that came again and were held or applied already") \
	X(COUNTER, frames_missing,      "collector_frames_missing_total", "", "Frames acknowledged and no longer known: the spool is older than it was") \
	X(COUNTER, sightings_older,     "collector_sightings_missing_total", "spool=\"older\"", "Sightings that a spool had acknowledged and this one does not know: it is older than it was; or they were given to another one") \
	X(COUNTER, sightings_elsewhere, "collector_sightings_missing_total", "spool=\"other\"", "") \
	X(COUNTER, accounts_compared,   "collector_accounts_compared_total", "", "Times that the sightings taken from a dataplane were compared with those that it handed over") \
	X(COUNTER, dataplanes_unbalanced, "collector_dataplanes_unbalanced_total", "", "Dataplanes of which they were not the same: a bug, please report it") \
	X(COUNTER, frames_unsound,      "collector_frames_unsound_total", "", "Frames that were not sound; each ended its connection") \
	X(COUNTER, records_received,    "collector_records_received_total", "", "Records in the frames taken, without those that came again") \
	X(COUNTER, acks_sent,           "collector_acks_sent_total", "", "Acknowledgements sent") \
	X(COUNTER, back_pressure,       "collector_back_pressure_total", "", "Times that reading stopped because the spool took nothing") \
	/* spool thread */ \
	X(GAUGE,   spool_up,            "collector_spool_up", "", "1 while frames are committed to the spool as they come") \
	X(COUNTER, spool_commits,       "collector_spool_commits_total", "", "Transactions committed to the spool, each with as many frames as had come") \
	X(COUNTER, spool_commits_slow,  "collector_spool_commits_slow_total", "", "Those of them that took more than a second") \
	X(COUNTER, spool_damaged,       "collector_spool_damaged_total", "", "Spools found damaged at a start; what could be read was taken over") \
	X(COUNTER, spool_repaired,      "collector_spool_repaired_total", "", "Times that the spool's file was deleted, moved, cut off or damaged while in use, and made anew") \
	X(COUNTER, batches_given_up,    "collector_batches_given_up_total", "", "Batches given up because the spool was full, never written to Redis") \
	X(COUNTER, records_given_up,    "collector_records_given_up_total", "", "Records in them") \
	X(COUNTER, sightings_given_up,  "collector_sightings_given_up_total", "", "Sightings in them") \
	/* writer thread */ \
	X(GAUGE,   spool_owned,         "collector_spool_owned", "", "1 while the spool's UUID in Redis is this collector's alone") \
	X(COUNTER, spool_parted,        "collector_spool_parted_total", "", "Times that the spool turned out to be a copy in use elsewhere, and went on under a new UUID") \
	X(GAUGE,   redis_up,            "collector_redis_up", "", "1 while Redis is connected and takes what it is sent") \
	X(GAUGE,   writing_stopped,     "collector_writing_stopped", "", "1 while the number that Redis holds of the spool is missing or not ours: writing waits for a person (lookback spool)") \
	X(COUNTER, rewrites,            "collector_redis_rewrites_total", "", "Times that a Redis was asked to rewrite its append-only file, after its start") \
	X(COUNTER, rewrites_failed,     "collector_redis_rewrites_failed_total", "", "Those of them that failed, and were asked for again") \
	X(GAUGE,   warn_eviction,       "collector_redis_warnings", "kind=\"eviction\"", "1 while Redis is set up or does in a way that endangers records") \
	X(GAUGE,   warn_memory,         "collector_redis_warnings", "kind=\"memory\"", "") \
	X(GAUGE,   warn_persistence,    "collector_redis_warnings", "kind=\"persistence\"", "") \
	X(GAUGE,   warn_disk,           "collector_redis_warnings", "kind=\"disk\"", "") \
	X(GAUGE,   warn_rights,         "collector_redis_warnings", "kind=\"rights\"", "") \
	X(COUNTER, redis_connects,      "collector_redis_connects_total", "", "Connections made to Redis; one is the first") \
	X(COUNTER, batches_applied,     "collector_batches_applied_total", "", "Batches applied in Redis, each in one MULTI/EXEC") \
	X(COUNTER, batches_skipped,     "collector_batches_skipped_total", "", "Batches that Redis turned out to hold already; not sent again") \
	X(COUNTER, batches_retried,     "collector_batches_retried_total", "", "Batches sent to Redis without a good answer, to be looked up and sent again") \
	X(COUNTER, batches_missing,     "collector_batches_missing_total", "", "Batches that Redis had applied and lost, no longer kept in the spool") \
	X(COUNTER, batches_again,       "collector_batches_again_total", "", "Batches that Redis had applied and lost, sent again from the spool") \
	X(COUNTER, batches_damaged,     "collector_batches_damaged_total", "", "Batches not yet in Redis whose octets on the disk had changed; lost") \
	X(COUNTER, records_damaged,     "collector_records_damaged_total", "", "Records in them, as far as that can be read") \
	X(COUNTER, sightings_damaged,   "collector_sightings_damaged_total", "", "Sightings in them, as far as that can be read") \
	X(COUNTER, batches_damaged_uncounted, "collector_batches_damaged_uncounted_total", "", "Those of them that do not tell how many records they held") \
	X(COUNTER, records_applied,     "collector_records_total", "outcome=\"applied\"", "Records by what became of them") \
	X(COUNTER, records_skipped,     "collector_records_total", "outcome=\"skipped\"", "In a batch that Redis turned out to hold already") \
	X(COUNTER, records_wrong_type,  "collector_records_total", "outcome=\"wrong_type\"", "At least one key of the record holds something else") \
	X(COUNTER, records_error,       "collector_records_total", "outcome=\"error\"", "Redis refused at least one command of the record") \
	X(GAUGE,   slots_stopped,       "collector_slots_stopped", "", "Slots of a Redis Cluster whose number is missing or not ours: nothing is written to them until a person decides (lookback spool)") \
	X(GAUGE,   slots_held,          "collector_slots_held", "", "Slots of a Redis Cluster that stay half moved; what belongs there waits in the spool") \
	X(COUNTER, follow_dropped,      "collector_follow_dropped_total", "", "Commands about new records and retention dropped: their slot stayed half moved, or too many came together") \
	X(COUNTER, foreign_type,        "collector_foreign_type_total", "", "Commands refused because a key under redis.prefix holds something else; such keys are left alone") \
	X(COUNTER, records_first,       "collector_records_first_seen_total", "", "Records that Redis had not held before") \
	X(COUNTER, commands_sent,       "collector_commands_sent_total", "", "Redis commands sent") \
	X(COUNTER, bytes_sent,          "collector_redis_sent_bytes_total", "", "Octets sent to Redis") \
	X(GAUGE,   last_applied_s,      "collector_last_applied_timestamp_seconds", "", "When the last batch was applied, seconds since 1970") \
	/* HTTP thread, from one look at the spool; they go on over restarts */ \
	X(COUNTER, sightings_taken,     "collector_sightings_taken_total", "", "Sightings taken from dataplanes: the sum of those by outcome and of those that wait") \
	X(COUNTER, sightings_applied,   "collector_sightings_total", "outcome=\"applied\"", "Sightings by what became of them") \
	X(COUNTER, sightings_skipped,   "collector_sightings_total", "outcome=\"skipped\"", "In a batch that Redis turned out to hold already: applied, and the answer was lost") \
	X(COUNTER, sightings_refused,   "collector_sightings_total", "outcome=\"refused\"", "Redis refused at least one command of the record") \
	X(COUNTER, sightings_lost_full, "collector_sightings_total", "outcome=\"given_up\"", "The spool was full") \
	X(COUNTER, sightings_lost_read, "collector_sightings_total", "outcome=\"damaged\"", "Their batch could not be read any more") \
	X(GAUGE,   sightings_waiting,   "collector_sightings_waiting", "", "Sightings that wait for Redis") \
	X(COUNTER, sightings_in_redis,  "collector_sightings_applied_total", "", "Sightings applied, as above") \
	X(GAUGE,   unbalanced,          "collector_accounts_unbalanced", "", "1 while the sightings taken are not the sum of the others, or were not those that a dataplane handed over: a bug, please report it") \
	/* HTTP thread */ \
	X(COUNTER, http_metrics,        "collector_http_requests_total", "path=\"/metrics\",code=\"200\"", "HTTP requests answered") \
	X(COUNTER, http_healthz,        "collector_http_requests_total", "path=\"/healthz\",code=\"200\"", "") \
	X(COUNTER, http_ready,          "collector_http_requests_total", "path=\"/readyz\",code=\"200\"", "") \
	X(COUNTER, http_not_ready,      "collector_http_requests_total", "path=\"/readyz\",code=\"503\"", "") \
	X(COUNTER, http_page,           "collector_http_requests_total", "path=\"/\",code=\"200\"", "") \
	X(COUNTER, http_status,         "collector_http_requests_total", "path=\"/api/status\",code=\"200\"", "") \
	X(COUNTER, http_lookup,         "collector_http_requests_total", "path=\"lookup\",code=\"200\"", "") \
	X(COUNTER, http_lookup_refused, "collector_http_requests_total", "path=\"lookup\",code=\"4xx\"", "") \
	X(COUNTER, http_lookup_failed,  "collector_http_requests_total", "path=\"lookup\",code=\"503\"", "") \
	X(COUNTER, http_bad_request,    "collector_http_requests_total", "path=\"other\",code=\"400\"", "") \
	X(COUNTER, http_not_found,      "collector_http_requests_total", "path=\"other\",code=\"404\"", "") \
	X(COUNTER, http_method,         "collector_http_requests_total", "path=\"other\",code=\"405\"", "") \
	X(COUNTER, http_crowded_out,    "collector_http_connections_closed_total", "reason=\"crowded_out\"", "HTTP connections closed by the server: the oldest without a request, because all places were taken; too slow to ask or to read") \
	/* the watch of HTTP connections (http/guard.c) */ \
	X(COUNTER, http_slow,           "collector_http_connections_closed_total", "reason=\"slow\"", "")
// clang-format on

struct collector_stats {
	COLLECTOR_STATS(STATS_FIELD)
};

enum { COLLECTOR_STATS_LEN = 0 COLLECTOR_STATS(STATS_ONE) };

// The lines above as a table, in the order of the fields; and the one instance of the process.
extern const struct stats_line collector_stats_lines[COLLECTOR_STATS_LEN];
extern struct collector_stats collector_stats;

#define metrics_add(field, n) stats_add(&collector_stats.field, (n))
#define metrics_set(field, n) stats_set(&collector_stats.field, (n))
