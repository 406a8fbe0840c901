// SPDX-License-Identifier: BSD-3-Clause
#include "collector/reader/pipe.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

enum { READ_SIZE = 256 * 1024, RELEASE_SIZE = 128 * 1024, LINE_MAX = 512 };

static const size_t IN_MAX = (size_t)1 << 30;

// The first digits of the run_id, which changes with every start of a server.
static int read_run(struct reader_pipe *p, const struct redis_settings *s)
{
	struct redis_buffer b = {0};

	redis_encode_array(&b, 2);
	redis_encode_literal(&b, "INFO");
	redis_encode_literal(&b, "server");
	redisReply *reply = reader_connect_ask(p->link, s, &b, p->why, sizeof(p->why));
	redis_buffer_free(&b);
	if (!reply)
		return -1;
	const char *at = reply->type == REDIS_REPLY_STRING ? strstr(reply->str, "\nrun_id:") : NULL;
	snprintf(p->run, sizeof(p->run), "%.8s", at ? at + strlen("\nrun_id:") : "0");
	freeReplyObject(reply);
	return 0;
}

int reader_pipe_open(struct reader_pipe *p, const struct redis_settings *s, const struct endpoint *at)
{
	*p = (struct reader_pipe){.timeout_s = s->timeout_s};
	p->link = reader_connect(s, at, p->why, sizeof(p->why));
	return p->link ? read_run(p, s) : -1;
}

void reader_pipe_close(struct reader_pipe *p)
{
	redis_link_free(p->link);
	redis_buffer_free(&p->out);
	free(p->in);
	*p = (struct reader_pipe){.link = NULL};
}

int reader_pipe_fail(struct reader_pipe *p, const char *what)
{
	snprintf(p->why, sizeof(p->why), "Redis: %s", what);
	return -1;
}

static int fail_link(struct reader_pipe *p)
{
	if (p->link->err == REDIS_ERR_EOF)
		return reader_pipe_fail(p, "it closed the connection");
	if (p->link->err != REDIS_ERR_IO || (p->link->error != EAGAIN && p->link->error != EWOULDBLOCK))
		return reader_pipe_fail(p, p->link->why);
	snprintf(p->why, sizeof(p->why), "Redis did not answer in %g s", p->timeout_s);
	return -1;
}

int reader_pipe_send(struct reader_pipe *p)
{
	if (p->out.bad)
		return reader_pipe_fail(p, "out of memory");
	if (redis_link_send(p->link, p->out.bytes, p->out.size, p->link->timeout_ms) != 0)
		return fail_link(p);
	redis_buffer_clear(&p->out);
	return 0;
}

// Reads more octets after those in the buffer.
static int read_more(struct reader_pipe *p)
{
	if (p->capacity - p->len < READ_SIZE / 4) {
		size_t capacity = p->capacity ? 2 * p->capacity : READ_SIZE;
		char *grown = capacity <= IN_MAX ? realloc(p->in, capacity) : NULL;
		if (!grown)
			return reader_pipe_fail(p, "out of memory");
		p->in = grown;
		p->capacity = capacity;
	}
	ssize_t n = redis_link_receive(p->link, p->in + p->len, p->capacity - p->len, p->link->timeout_ms);
	if (n < 0)
		return fail_link(p);
	p->len += (size_t)n;
	return 0;
}

int reader_pipe_head(struct reader_pipe *p, char *mark, long long *number)
{
	const char *end;

	while (!(end = p->len > p->pos ? memchr(p->in + p->pos, '\n', p->len - p->pos) : NULL)) {
		if (p->len - p->pos > LINE_MAX)
			return reader_pipe_fail(p, "an unexpected answer");
		if (read_more(p) != 0)
			return -1;
	}
	const char *at = p->in + p->pos;
	bool negative = at[1] == '-';
	*mark = at[0];
	*number = 0;
	for (const char *c = at + 1 + negative; *c >= '0' && *c <= '9'; c++)
		*number = *number * 10 + (*c - '0');
	if (negative)
		*number = -*number;
	if (*mark == '-')
		snprintf(p->why, sizeof(p->why), "Redis: %.*s", (int)(end - at) - 2, at + 1);
	p->pos = (size_t)(end + 1 - p->in);
	return 0;
}

int reader_pipe_bulk(struct reader_pipe *p, struct reader_piece *piece)
{
	char mark;
	long long len;

	if (reader_pipe_head(p, &mark, &len) != 0)
		return -1;
	if (mark != '$' || len < 0 || (size_t)len > IN_MAX)
		return mark == '-' ? -1 : reader_pipe_fail(p, "an unexpected answer");
	while (p->len - p->pos < (size_t)len + 2)
		if (read_more(p) != 0)
			return -1;
	*piece = (struct reader_piece){.at = (uint32_t)p->pos, .len = (uint32_t)len};
	p->pos += (size_t)len + 2;
	return 0;
}

void reader_pipe_release(struct reader_pipe *p)
{
	if (p->pos == p->len) {
		p->pos = p->len = 0;
	} else if (p->pos > RELEASE_SIZE) {
		memmove(p->in, p->in + p->pos, p->len - p->pos);
		p->len -= p->pos;
		p->pos = 0;
	}
}
