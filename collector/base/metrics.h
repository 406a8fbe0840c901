// SPDX-License-Identifier: BSD-3-Clause
// Counters of the collector, like dataplane/common/stats.h: one line here makes the field, the
// Prometheus name and the help text. To add a metric: add a line, count it where it happens.
//
//     X(kind, field, family, label, help)      lookback_<family>{<label>} value
//
// Thread rule: each field has one writing thread, named above its lines; anyone reads.
#pragma once

#include "dataplane/common/stats.h"

// clang-format off
#define COLLECTOR_STATS(X) \
	/* main thread */ \
	X(COUNTER, reloads,             "collector_reloads_total", "outcome=\"taken\"", "Reloads of the settings and of files on SIGHUP, by outcome") \
	X(COUNTER, reloads_refused,     "collector_reloads_total", "outcome=\"refused\"", "") \
	/* inbox thread */ \
	X(GAUGE,   connections,         "collector_dataplanes", "", "Connected dataplanes") \
	X(COUNTER, accepted,            "collector_connections_accepted_total", "", "Connections accepted from dataplanes") \
	X(COUNTER, turned_away,         "collector_connections_rejected_total", "", "Connections of dataplanes rejected, or closed in favour of another user") \
	X(COUNTER, frames_records,      "collector_frames_received_total", "type=\"records\"", "Valid frames received from dataplanes, including those sent again") \
	X(COUNTER, frames_stats,        "collector_frames_received_total", "type=\"stats\"", "") \
	X(COUNTER, frames_hello,        "collector_frames_received_total", "type=\"hello\"", "") \
	X(COUNTER, frames_bye,          "collector_frames_received_total", "type=\"bye\"", "") \
	X(COUNTER, frames_duplicate,    "collector_frames_duplicate_total", "", "Frames received again that were in the spool or applied already") \
	X(COUNTER, frames_missing,      "collector_frames_missing_total", "", "Frames that were acknowledged but are unknown to the spool, because it is an older copy") \
	X(COUNTER, sightings_older,     "collector_sightings_missing_total", "spool=\"older\"", "Sightings that were acknowledged but are unknown to this spool: it is an older copy, or another spool acknowledged them") \
	X(COUNTER, sightings_elsewhere, "collector_sightings_missing_total", "spool=\"other\"", "") \
	X(COUNTER, accounts_compared,   "collector_accounts_compared_total", "", "Comparisons of the sightings received from a dataplane with those it sent") \
	X(COUNTER, dataplanes_unbalanced, "collector_dataplanes_unbalanced_total", "", "Dataplanes for which this comparison failed; a bug, please report it") \
	X(COUNTER, frames_unsound,      "collector_frames_unsound_total", "", "Invalid frames; each one ends its connection") \
	X(COUNTER, records_received,    "collector_records_received_total", "", "Records in frames received, without those received again") \
	X(COUNTER, acks_sent,           "collector_acks_sent_total", "", "Acknowledgements sent") \
	X(COUNTER, back_pressure,       "collector_back_pressure_total", "", "Times that reading stopped because the spool accepted nothing") \
	/* spool thread */ \
	X(GAUGE,   spool_up,            "collector_spool_up", "", "1 while the spool accepts frames") \
	X(COUNTER, spool_commits,       "collector_spool_commits_total", "", "Transactions committed to the spool") \
	X(COUNTER, spool_commits_slow,  "collector_spool_commits_slow_total", "", "Transactions that took more than a second") \
	X(COUNTER, spool_damaged,       "collector_spool_damaged_total", "", "Spools found damaged at start; everything readable was kept") \
	X(COUNTER, spool_repaired,      "collector_spool_repaired_total", "", "Times that the spool file was deleted, moved, truncated or damaged while in use, and was created again") \
	X(COUNTER, batches_given_up,    "collector_batches_given_up_total", "", "Batches dropped because the spool was full; not written to Redis") \
	X(COUNTER, records_given_up,    "collector_records_given_up_total", "", "Records in batches that were dropped because the spool was full") \
	X(COUNTER, sightings_given_up,  "collector_sightings_given_up_total", "", "Sightings in batches that were dropped because the spool was full") \
	/* writer thread */ \
	X(GAUGE,   spool_owned,         "collector_spool_owned", "", "1 while this collector holds the lease of the spool's UUID in Redis") \
	X(COUNTER, spool_parted,        "collector_spool_parted_total", "", "Times that another collector used a copy of the spool, and this one continued under a new UUID") \
	X(GAUGE,   redis_up,            "collector_redis_up", "", "1 while Redis is connected and accepts writes") \
	X(GAUGE,   writing_stopped,     "collector_writing_stopped", "", "1 while writing is stopped because the spool's batch number in Redis is missing or foreign; see lookback spool") \
	X(COUNTER, rewrites,            "collector_redis_rewrites_total", "", "Rewrites of the append-only file requested after a start of Redis") \
	X(COUNTER, rewrites_failed,     "collector_redis_rewrites_failed_total", "", "Rewrites of the append-only file that failed and were requested again") \
	X(GAUGE,   redis_memory,        "collector_redis_memory_bytes", "", "Memory that Redis uses; of a cluster, all its primaries") \
	X(GAUGE,   redis_memory_limit,  "collector_redis_memory_limit_bytes", "", "Memory that Redis may use (maxmemory); 0: no limit") \
	X(GAUGE,   redis_keys,          "collector_redis_keys", "", "Keys in Redis, of all databases") \
	X(COUNTER, redis_evicted,       "collector_redis_evicted_keys_total", "", "Keys that Redis evicted since it started: records that are lost") \
	X(GAUGE,   warn_eviction,       "collector_redis_warnings", "kind=\"eviction\"", "1 while the settings or the state of Redis endanger records, by kind") \
	X(GAUGE,   warn_memory,         "collector_redis_warnings", "kind=\"memory\"", "") \
	X(GAUGE,   warn_persistence,    "collector_redis_warnings", "kind=\"persistence\"", "") \
	X(GAUGE,   warn_disk,           "collector_redis_warnings", "kind=\"disk\"", "") \
	X(GAUGE,   warn_rights,         "collector_redis_warnings", "kind=\"rights\"", "") \
	X(COUNTER, redis_connects,      "collector_redis_connects_total", "", "Connections made to Redis, including the first") \
	X(COUNTER, batches_applied,     "collector_batches_applied_total", "", "Batches applied in Redis, each in one transaction") \
	X(COUNTER, batches_skipped,     "collector_batches_skipped_total", "", "Batches that Redis had already; not sent again") \
	X(COUNTER, batches_retried,     "collector_batches_retried_total", "", "Batches sent to Redis without a valid reply; checked and sent again") \
	X(COUNTER, batches_missing,     "collector_batches_missing_total", "", "Batches that Redis applied and lost, and that the spool no longer has") \
	X(COUNTER, batches_again,       "collector_batches_again_total", "", "Batches that Redis applied and lost; sent again from the spool") \
	X(COUNTER, batches_damaged,     "collector_batches_damaged_total", "", "Batches lost because they were damaged on disk before Redis had them") \
	X(COUNTER, records_damaged,     "collector_records_damaged_total", "", "Records in damaged batches, as far as it can be read") \
	X(COUNTER, sightings_damaged,   "collector_sightings_damaged_total", "", "Sightings in damaged batches, as far as it can be read") \
	X(COUNTER, batches_damaged_uncounted, "collector_batches_damaged_uncounted_total", "", "Damaged batches whose number of records is unknown") \
	X(COUNTER, records_applied,     "collector_records_total", "outcome=\"applied\"", "Records, by outcome") \
	X(COUNTER, records_skipped,     "collector_records_total", "outcome=\"skipped\"", "In a batch that Redis had already") \
	X(COUNTER, records_wrong_type,  "collector_records_total", "outcome=\"wrong_type\"", "At least one key of the record has another type") \
	X(COUNTER, records_error,       "collector_records_total", "outcome=\"error\"", "Redis rejected at least one command of the record") \
	X(GAUGE,   slots_stopped,       "collector_slots_stopped", "", "Slots of a Redis Cluster to which writing is stopped because their batch number is missing or foreign; see lookback spool") \
	X(GAUGE,   slots_held,          "collector_slots_held", "", "Slots of a Redis Cluster that stay half migrated; their records wait in the spool") \
	X(COUNTER, follow_dropped,      "collector_follow_dropped_total", "", "Commands for new records and retention that were dropped: their slot stayed half migrated, or there were too many") \
	X(COUNTER, foreign_type,        "collector_foreign_type_total", "", "Commands rejected because a key under redis.prefix has another type; such keys are not changed") \
	X(COUNTER, records_first,       "collector_records_first_seen_total", "", "Records that were new to Redis") \
	X(COUNTER, commands_sent,       "collector_commands_sent_total", "", "Redis commands sent") \
	X(COUNTER, bytes_sent,          "collector_redis_sent_bytes_total", "", "Octets sent to Redis") \
	X(GAUGE,   last_applied_s,      "collector_last_applied_timestamp_seconds", "", "Time when the last batch was applied, seconds since 1970") \
	/* look thread */ \
	X(COUNTER, clock_steps,         "collector_clock_steps_total", "", "Steps of the clock by half a second or more") \
	/* context thread; the main thread before that one starts */ \
	X(GAUGE,   context_asn,         "collector_context_entries", "file=\"asn\"", "Entries of the files of context settings: records, networks and zones, or names; 0: not set") \
	X(GAUGE,   context_country,     "collector_context_entries", "file=\"country\"", "") \
	X(GAUGE,   context_labels,      "collector_context_entries", "file=\"labels\"", "") \
	X(GAUGE,   context_popular,     "collector_context_entries", "file=\"popular\"", "") \
	X(GAUGE,   context_prefixes,    "collector_context_entries", "file=\"prefixes\"", "") \
	X(COUNTER, context_failed,      "collector_context_reload_failures_total", "", "Files of context settings that could not be read again; their old content stays in use") \
	/* watch thread; looked_at: writer thread */ \
	X(GAUGE,   watch_active,        "collector_watch_active", "", "1 while this collector is the one that watches; of several with one Redis one is") \
	X(GAUGE,   watch_rules,         "collector_watch_rules", "", "Watch rules in force") \
	X(GAUGE,   watch_entries,       "collector_watch_entries", "", "Names and networks that the watch rules in force look for, with those of files") \
	X(GAUGE,   watch_stale,         "collector_watch_stale", "", "1 if the last reading of the watch rules failed and older ones are in force") \
	X(COUNTER, watch_reloads,       "collector_watch_reloads_total", "outcome=\"done\"", "Times that the watch rules were read again") \
	X(COUNTER, watch_reloads_failed, "collector_watch_reloads_total", "outcome=\"failed\"", "") \
	X(GAUGE,   watch_lag,           "collector_watch_lag_seconds", "", "Age of the newest record matched, while older ones wait; 0: none waits") \
	X(COUNTER, watch_records,       "collector_watch_records_total", "outcome=\"looked_at\"", "New records compared with the watch rules; of the matching ones that the watcher has looked at; learned as expected") \
	X(COUNTER, watch_matched,       "collector_watch_records_total", "outcome=\"matched\"", "") \
	X(COUNTER, watch_learned,       "collector_watch_records_total", "outcome=\"learned\"", "") \
	X(COUNTER, watch_missed,        "collector_watch_missed_total", "", "Matching records that left the stream (100,000 entries) before the watcher read them") \
	X(COUNTER, watch_gaps,          "collector_watch_gaps_total", "", "Times that this happened") \
	X(COUNTER, watch_dropped,       "collector_watch_dropped_total", "", "Matches beyond 100 rules of one record; they are no alerts") \
	X(COUNTER, alerts_new,          "collector_alerts_total", "kind=\"new\"", "Alerts written, by kind of news") \
	X(COUNTER, alerts_again,        "collector_alerts_total", "kind=\"again\"", "") \
	X(COUNTER, alerts_moved,        "collector_alerts_total", "kind=\"moved\"", "") \
	X(COUNTER, alerts_changed,      "collector_alerts_total", "kind=\"changed\"", "") \
	X(COUNTER, alerts_burst,        "collector_alerts_total", "kind=\"burst\"", "") \
	X(COUNTER, alerts_tamper,       "collector_alerts_total", "kind=\"tamper\"", "") \
	X(COUNTER, alerts_repeated,     "collector_alerts_repeated_total", "", "Alerts that had been written before, and were not written again") \
	/* HTTP thread, from one look at the spool; they go on over restarts */ \
	X(COUNTER, sightings_taken,     "collector_sightings_taken_total", "", "Sightings received from dataplanes; the sum of those by outcome and those that wait") \
	X(COUNTER, sightings_applied,   "collector_sightings_total", "outcome=\"applied\"", "Sightings, by outcome") \
	X(COUNTER, sightings_skipped,   "collector_sightings_total", "outcome=\"skipped\"", "In a batch that Redis had already: it was applied, but the reply was lost") \
	X(COUNTER, sightings_refused,   "collector_sightings_total", "outcome=\"refused\"", "Redis rejected at least one command of the record") \
	X(COUNTER, sightings_lost_full, "collector_sightings_total", "outcome=\"given_up\"", "Dropped because the spool was full") \
	X(COUNTER, sightings_lost_read, "collector_sightings_total", "outcome=\"damaged\"", "In a batch that was damaged on disk") \
	X(GAUGE,   sightings_waiting,   "collector_sightings_waiting", "", "Sightings in the spool that Redis does not have yet") \
	X(GAUGE,   unbalanced,          "collector_accounts_unbalanced", "", "1 if the accounts of sightings do not add up, in the collector or between it and a dataplane; a bug, please report it") \
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
	X(COUNTER, http_crowded_out,    "collector_http_connections_closed_total", "reason=\"crowded_out\"", "HTTP connections closed by the server, by reason: crowded_out (the oldest idle one, because all places were taken), slow") \
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
