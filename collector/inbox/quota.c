// SPDX-License-Identifier: BSD-3-Clause
#include "collector/inbox/quota.h"

static unsigned count_of(const struct inbox_conn *conns, size_t len, uid_t user, bool silent)
{
	unsigned count = 0;

	for (size_t i = 0; i < len; i++)
		count += conns[i].fd >= 0 && conns[i].user == user && (!silent || !conns[i].stream);
	return count;
}

// Which connection of a user to close first: one without HELLO, otherwise the one silent for longest.
static struct inbox_conn *least_of(struct inbox_conn *conns, size_t len, uid_t user)
{
	struct inbox_conn *least = NULL;

	for (size_t i = 0; i < len; i++) {
		struct inbox_conn *c = &conns[i];
		if (c->fd < 0 || c->user != user)
			continue;
		bool before = least && (!c->stream == !least->stream ? c->heard_ms < least->heard_ms : !c->stream);
		if (!least || before)
			least = c;
	}
	return least;
}

static struct inbox_conn *free_slot(struct inbox_conn *conns, size_t len)
{
	for (size_t i = 0; i < len; i++)
		if (conns[i].fd < 0)
			return &conns[i];
	return NULL;
}

// The user with the most connections, and their number.
static uid_t largest(const struct inbox_conn *conns, size_t len, unsigned *most)
{
	uid_t user = 0;

	*most = 0;
	for (size_t i = 0; i < len; i++) {
		unsigned count = conns[i].fd >= 0 ? count_of(conns, len, conns[i].user, false) : 0;
		if (count > *most) {
			*most = count;
			user = conns[i].user;
		}
	}
	return user;
}

struct inbox_place inbox_quota_place(struct inbox_conn *conns, size_t conns_len, uid_t user)
{
	unsigned own = count_of(conns, conns_len, user, false), silent = count_of(conns, conns_len, user, true), most;
	struct inbox_conn *slot = free_slot(conns, conns_len);

	if (silent >= INBOX_SILENT_MAX)
		return (struct inbox_place){least_of(conns, conns_len, user),
			"a newer one of its user came before its HELLO"};
	if (own >= INBOX_USER_MAX && silent > 0)
		return (struct inbox_place){least_of(conns, conns_len, user),
			"its user has too many, and it sent no HELLO"};
	if (own >= INBOX_USER_MAX)
		return (struct inbox_place){NULL, "its user has too many connections"};
	if (slot)
		return (struct inbox_place){slot, NULL};
	uid_t other = largest(conns, conns_len, &most);
	if (most <= own + 1)
		return (struct inbox_place){NULL, "too many are connected"};
	return (struct inbox_place){least_of(conns, conns_len, other), "its place was given to another user"};
}
