// SPDX-License-Identifier: BSD-3-Clause
#include "collector/newly/newly.h"

#include "collector/query/json.h"
#include "collector/query/record_context.h"

static const char *const words[] = {[NEWLY_RECORD] = "record", [NEWLY_NAME] = "name", [NEWLY_DOMAIN] = "domain"};

static void put_member(struct redis_buffer *out, const char *head, const char *text)
{
	query_put_text(out, head);
	query_put_json(out, text, strlen(text));
}

static void put_time(struct redis_buffer *out, const char *head, int64_t time)
{
	query_put_text(out, head);
	query_put_number(out, time);
}

void newly_json(struct redis_buffer *out, const struct newly_item *item, const struct newly_format *f)
{
	const struct query_format format = {.sensor = item->sensor};

	query_json_cof(out, &item->record, &format);
	if (out->bad)
		return;
	out->size--; // the brace
	put_member(out, ",\"new\":", words[item->reach]);
	query_put_text(out, ",\"domain\":");
	query_put_json(out, item->domain, item->domain_len);
	put_time(out, ",\"time_known\":", item->known);
	put_time(out, ",\"time_stored\":", item->stored);
	if (item->name_first > 0)
		put_time(out, ",\"name_first\":", item->name_first);
	if (item->domain_first > 0)
		put_time(out, ",\"domain_first\":", item->domain_first);
	query_put_text(out, item->history ? ",\"history\":true" : ",\"history\":false");
	if (*item->rule)
		put_member(out, ",\"rule\":", item->rule);
	if (*item->kind)
		put_member(out, ",\"kind\":", item->kind);
	put_member(out, ",\"cursor\":", item->id);
	query_put_text(out, "}");
	if (f->with_context)
		query_context_json(out, f->context, &item->record);
	query_put_text(out, "\n");
}

void newly_csv_head(struct redis_buffer *out, const struct newly_format *f)
{
	query_put_text(out,
		"rrname,rrtype,rdata,time_first,time_last,count,domain,new,time_known,time_stored,sensor_id,rule");
	query_put_text(out, f->with_context ? "," QUERY_CSV_CONTEXT_HEAD "\r\n" : "\r\n");
}

void newly_csv(struct redis_buffer *out, const struct newly_item *item, const struct newly_format *f)
{
	query_csv(out, &item->record);
	if (out->bad)
		return;
	out->size -= 2; // CR LF
	query_put_text(out, ",");
	query_put_csv(out, item->domain, item->domain_len);
	query_put_text(out, ",");
	query_put_text(out, words[item->reach]);
	put_time(out, ",", item->known);
	put_time(out, ",", item->stored);
	query_put_text(out, ",");
	query_put_csv(out, item->sensor, strlen(item->sensor));
	query_put_text(out, ",");
	query_put_csv(out, item->rule, strlen(item->rule));
	query_put_text(out, "\r\n");
	if (f->with_context)
		query_context_csv(out, f->context, &item->record);
}

void newly_plain(struct redis_buffer *out, const struct newly_item *item)
{
	if (item->depth == NEWLY_DOMAIN)
		query_put(out, item->domain, item->domain_len);
	else
		query_put(out, item->record.owner, item->record.owner_len);
	query_put_text(out, "\n");
}
