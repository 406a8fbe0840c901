// SPDX-License-Identifier: BSD-3-Clause
#include "collector/redis/transaction.h"

#include "collector/base/metrics.h"

int redis_transaction_send(struct redis_conn *c, const struct redis_buffer *out)
{
	if (out->bad)
		return redis_conn_fail(c, REDIS_TROUBLE_MEMORY, "no memory to encode commands");
	metrics_add(commands_sent, out->arrays);
	metrics_add(bytes_sent, out->size);
	return redis_conn_write(c, out->bytes, out->size);
}

int redis_transaction_ok(struct redis_conn *c)
{
	struct redis_results one = {.capacity = 0};

	if (redis_conn_read(c, &one) != 0)
		return -1;
	if (one.top.type == REDIS_REPLY_STATUS)
		return 0;
	if (one.top.type == REDIS_REPLY_ERROR)
		return redis_conn_fail(c, one.trouble, "%s: %.200s", redis_trouble_sentence[one.trouble], one.error);
	return redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "an unexpected answer to WATCH, MULTI or DISCARD");
}

// The replies to the queued commands: "QUEUED", or an error after which EXEC does nothing.
static int read_queued(struct redis_conn *c, struct redis_results *results, uint32_t len)
{
	results->errors = 0;
	for (uint32_t i = 0; (i += redis_conn_skip_queued(c, len - i)) < len; i++)
		if (redis_conn_read(c, results) != 0)
			return -1;
	return 0;
}

// Reads the reply to EXEC. Returns 0 if the transaction was executed.
static int read_exec(struct redis_conn *c, struct redis_results *results, uint32_t len)
{
	if (redis_conn_read(c, results) != 0)
		return -1;
	if (results->top.type == REDIS_REPLY_ERROR)
		return redis_conn_fail(c, results->trouble, "%s: %.200s", redis_trouble_sentence[results->trouble],
			results->error);
	if (results->top.type == REDIS_REPLY_NIL)
		return redis_conn_fail(c, REDIS_TROUBLE_FENCED, "%s", redis_trouble_sentence[REDIS_TROUBLE_FENCED]);
	if (results->top.type != REDIS_REPLY_ARRAY || results->len != len)
		return redis_conn_fail(c, REDIS_TROUBLE_PROTOCOL, "EXEC answered %zu results for %u commands",
			results->len, len);
	return 0;
}

int redis_transaction_read(struct redis_conn *c, struct redis_results *results, uint32_t texts_from, uint32_t len)
{
	redis_texts_keep(&results->texts, texts_from, len);
	return read_queued(c, results, len) == 0 ? read_exec(c, results, len) : -1;
}
