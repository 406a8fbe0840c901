// SPDX-License-Identifier: BSD-3-Clause
// hosts(5), dnsmasq, Unbound: configuration of resolvers.
#include "collector/block/format.h"

#include "collector/block/indicator.h"
#include "collector/query/json.h"

// The addresses of an answer: of the policy, or those that lead nowhere.
struct null_answer {
	const char *ipv4, *ipv6; // empty: none
};

static struct null_answer answer_of(const struct block_policy *p)
{
	return p->action == BLOCK_REDIRECT ? (struct null_answer){p->ipv4, p->ipv6}
					   : (struct null_answer){"0.0.0.0", "::"};
}

void block_hosts_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");
	const struct null_answer answer = answer_of(&v->list->policy);

	block_put_head(b, v, "#", "hosts");
	for (size_t i = 0; i < v->set->len; i++) {
		const struct block_entry *e = &v->set->at[i];
		if (e->kind != BLOCK_NAME)
			continue;
		if (!block_indicator_is_host(e->name)) {
			block_set_remove_entry(v->set, e,
				"hosts: not a host name (underscore, or a hyphen at the end of a label)");
			continue;
		}
		block_put_comment(b, v, "#", e);
		if (*answer.ipv4)
			block_put(b, "%s %s\n", answer.ipv4, e->name);
		if (*answer.ipv6)
			block_put(b, "%s %s\n", answer.ipv6, e->name);
	}
}

// dnsmasq(8): address=/NAME/ answers NXDOMAIN for a name and all below it; host-record answers for one name.
static void put_dnsmasq(struct redis_buffer *b, const struct block_view *v, const struct block_entry *e)
{
	const struct null_answer answer = answer_of(&v->list->policy);
	const char *comma = *answer.ipv4 && *answer.ipv6 ? "," : "";

	block_put_comment(b, v, "#", e);
	if (!e->below) {
		block_put(b, "host-record=%s,%s%s%s\n", e->name, answer.ipv4, comma, answer.ipv6);
		return;
	}
	if (v->list->policy.action != BLOCK_REDIRECT)
		block_put(b, "address=/%s/\n", e->name);
	else if (*answer.ipv4)
		block_put(b, "address=/%s/%s\n", e->name, answer.ipv4);
	if (v->list->policy.action == BLOCK_REDIRECT && *answer.ipv6)
		block_put(b, "address=/%s/%s\n", e->name, answer.ipv6);
}

void block_dnsmasq_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");

	block_put_head(b, v, "#", "dnsmasq");
	for (size_t i = 0; i < v->set->len; i++)
		if (v->set->at[i].kind == BLOCK_NAME)
			put_dnsmasq(b, v, &v->set->at[i]);
}

static void put_local_data(struct redis_buffer *b, const struct block_policy *p, const char *name)
{
	if (p->action == BLOCK_CNAME)
		block_put(b, "local-data: \"%s. CNAME %s.\"\n", name, p->name);
	if (p->action == BLOCK_REDIRECT && *p->ipv4)
		block_put(b, "local-data: \"%s. A %s\"\n", name, p->ipv4);
	if (p->action == BLOCK_REDIRECT && *p->ipv6)
		block_put(b, "local-data: \"%s. AAAA %s\"\n", name, p->ipv6);
}

// unbound.conf(5): the type of a local zone is for a name and all below it. In a zone of type transparent, a name with local data
// has no other records, and names below it are resolved.
static void put_unbound(struct redis_buffer *b, const struct block_view *v, const struct block_entry *e)
{
	static const char *const types[] = {[BLOCK_NXDOMAIN] = "always_nxdomain",
		[BLOCK_NODATA] = "always_nodata",
		[BLOCK_DROP] = "always_deny",
		[BLOCK_PASSTHRU] = "always_transparent",
		[BLOCK_CNAME] = "redirect",
		[BLOCK_REDIRECT] = "redirect"};
	const struct block_policy *p = &v->list->policy;

	if (!e->below && (p->action == BLOCK_CNAME || p->action == BLOCK_DROP)) {
		block_set_remove_entry(v->set, e, "unbound: this policy is for all names below as well");
		return;
	}
	block_put_comment(b, v, "#", e);
	if (e->below || p->action == BLOCK_PASSTHRU) {
		block_put(b, "local-zone: \"%s.\" %s\n", e->name, types[p->action]);
	} else {
		block_put(b, "local-zone: \"%s.\" transparent\n", e->name);
		if (p->action != BLOCK_REDIRECT)
			block_put(b, "local-data: \"%s. TXT blocked\"\n", e->name);
	}
	put_local_data(b, p, e->name);
}

void block_unbound_write(const struct block_view *v, struct block_output *out)
{
	struct redis_buffer *b = block_document_add(out, "", "text/plain; charset=utf-8");

	block_put_head(b, v, "#", "Unbound");
	query_put_text(b, "server:\n");
	for (size_t i = 0; i < v->set->len; i++)
		if (v->set->at[i].kind == BLOCK_NAME)
			put_unbound(b, v, &v->set->at[i]);
}
