// SPDX-License-Identifier: BSD-3-Clause
#include "collector/pivot/state.h"

#include "collector/question/name.h"
#include "collector/schema/keys.h"
#include "dataplane/common/fnv.h"

#include <stdlib.h>

enum { FIRST_SIZE = 1024 };

// Room for one more element in two parallel arrays.
static bool grow(void **a, size_t a_size, void **b, size_t b_size, size_t len, size_t *capacity)
{
	size_t wanted = *capacity ? 2 * *capacity : FIRST_SIZE;

	if (len < *capacity)
		return true;
	void *grown = realloc(*a, wanted * a_size);
	if (grown)
		*a = grown;
	void *other = grown ? realloc(*b, wanted * b_size) : NULL;
	if (other)
		*b = other;
	if (!other)
		return false;
	*capacity = wanted;
	return true;
}

static uint64_t hash_text(const struct pivot *p, const char *text, size_t len, bool address)
{
	return fnv64(fnv64_mix(p->seed, address), text, len);
}

static uint64_t hash_edge(const struct pivot *p, uint32_t from, uint32_t to, const char *type, size_t type_len)
{
	uint64_t hash = fnv64_mix(fnv64_mix(fnv64(p->seed, type, type_len), from), to);

	return hash ^ hash >> 32;
}

static bool is_address(const struct pivot_node *n)
{
	return n->roles == PIVOT_ADDRESS;
}

static void rehash_nodes(struct pivot *p)
{
	size_t len = p->node_table_len ? 2 * p->node_table_len : FIRST_SIZE;
	uint32_t *table = malloc(len * sizeof(*table));

	if (!table)
		return; // longer chains
	memset(table, 0xff, len * sizeof(*table));
	for (uint32_t i = 0; i < p->nodes; i++) {
		uint32_t *head =
			&table[hash_text(p, p->node[i].text, p->node[i].len, is_address(&p->node[i])) & (len - 1)];
		p->state[i].next_hash = *head;
		*head = i;
	}
	free(p->node_table);
	p->node_table = table;
	p->node_table_len = len;
}

static void rehash_edges(struct pivot *p)
{
	size_t len = p->edge_table_len ? 2 * p->edge_table_len : FIRST_SIZE;
	uint32_t *table = malloc(len * sizeof(*table));

	if (!table)
		return;
	memset(table, 0xff, len * sizeof(*table));
	for (uint32_t i = 0; i < p->edges; i++) {
		const struct pivot_edge *e = &p->edge[i];
		uint32_t *head = &table[hash_edge(p, e->from, e->to, e->type, strlen(e->type)) & (len - 1)];
		p->link[i].next_hash = *head;
		*head = i;
	}
	free(p->edge_table);
	p->edge_table = table;
	p->edge_table_len = len;
}

static uint32_t find_node(const struct pivot *p, const char *text, size_t len, bool address)
{
	uint32_t i = p->node_table_len ? p->node_table[hash_text(p, text, len, address) & (p->node_table_len - 1)]
				       : PIVOT_NONE;

	while (i != PIVOT_NONE && (p->node[i].len != len || is_address(&p->node[i]) != address ||
					  memcmp(p->node[i].text, text, len) != 0))
		i = p->state[i].next_hash;
	return i;
}

static uint32_t add_node(struct pivot *p, const char *text, size_t len, unsigned role)
{
	if (p->nodes >= p->o.nodes) {
		if (!p->spent)
			p->spent = PIVOT_STOP_NODES;
		return PIVOT_NONE;
	}
	if (p->nodes >= p->node_table_len)
		rehash_nodes(p);
	char *copy = malloc(len + 1);
	if (!copy || !p->node_table ||
		!grow((void **)&p->node, sizeof(*p->node), (void **)&p->state, sizeof(*p->state), p->nodes,
			&p->nodes_capacity)) {
		free(copy);
		p->no_memory = true;
		return PIVOT_NONE;
	}
	memcpy(copy, text, len);
	copy[len] = '\0';
	uint32_t i = (uint32_t)p->nodes++,
		 *head = &p->node_table[hash_text(p, text, len, role == PIVOT_ADDRESS) & (p->node_table_len - 1)];
	p->node[i] = (struct pivot_node){.text = copy,
		.len = (uint32_t)len,
		.roles = (uint8_t)role,
		.via = PIVOT_NONE,
		.from = PIVOT_NONE};
	p->state[i] = (struct pivot_state){.next_hash = *head,
		.entity = i,
		.group = i,
		.first_from = PIVOT_NONE,
		.first_to = PIVOT_NONE};
	*head = i;
	p->node[i].stop = (uint8_t)pivot_shared_listed(p, i, &p->node[i].stop_number);
	p->state[i].is_listed = p->node[i].stop != PIVOT_WALKED;
	return i;
}

size_t pivot_graph_domain(const struct pivot *p, const char *text, size_t len, char *out)
{
	uint8_t wire[QUERY_WIRE_SIZE];
	size_t size = query_name_wire(text, len, wire),
	       at = size > 0 && p->db->zones ? zone_find(p->db->zones, wire, size) : 0;

	if (size == 0 || !p->db->zones)
		return 0;
	if (at ==
		0) { // the name is its own zone: a registered domain has a zone of its own below a suffix, a suffix has none
		memcpy(out, text, len);
		return len;
	}
	return text_name(wire + at, size - at, out);
}

uint32_t pivot_graph_name(struct pivot *p, const char *text, size_t len, unsigned role)
{
	char domain[TEXT_NAME_SIZE];
	uint32_t i = find_node(p, text, len, false);

	if (i != PIVOT_NONE) {
		p->node[i].roles |= (uint8_t)role;
		return i;
	}
	i = add_node(p, text, len, role);
	if (i == PIVOT_NONE)
		return i;
	size_t domain_len = pivot_graph_domain(p, text, len, domain);
	if (domain_len == 0)
		return i;
	if (domain_len == len && memcmp(domain, text, len) == 0) {
		p->node[i].roles |= PIVOT_DOMAIN;
		return i;
	}
	uint32_t entity = find_node(p, domain, domain_len, false);
	if (entity == PIVOT_NONE)
		entity = add_node(p, domain, domain_len, PIVOT_DOMAIN);
	if (entity != PIVOT_NONE) {
		p->node[entity].roles |= PIVOT_DOMAIN;
		p->state[i].entity = entity;
		p->state[i].group = entity;
	}
	return i;
}

// Addresses of one network belong together.
static uint32_t group_of(const struct pivot *p, const char *text)
{
	char net[SCHEMA_NET_SIZE];
	uint8_t address[16];
	size_t size = query_address(text, address), len = size > 0 ? schema_net_text(address, size, net) : 0;

	return (uint32_t)hash_text(p, net, len, true) | PIVOT_GROUP_NETWORK;
}

uint32_t pivot_graph_address(struct pivot *p, const char *text, size_t len)
{
	uint32_t i = find_node(p, text, len, true);

	if (i != PIVOT_NONE)
		return i;
	i = add_node(p, text, len, PIVOT_ADDRESS);
	if (i != PIVOT_NONE)
		p->state[i].group = group_of(p, p->node[i].text);
	return i;
}

static uint32_t find_edge(const struct pivot *p, uint32_t from, uint32_t to, const char *type, size_t type_len)
{
	uint32_t i = p->edge_table_len ? p->edge_table[hash_edge(p, from, to, type, type_len) & (p->edge_table_len - 1)]
				       : PIVOT_NONE;

	for (; i != PIVOT_NONE; i = p->link[i].next_hash) {
		const struct pivot_edge *e = &p->edge[i];
		if (e->from == from && e->to == to && strlen(e->type) == type_len &&
			memcmp(e->type, type, type_len) == 0)
			break;
	}
	return i;
}

uint32_t pivot_graph_edge(struct pivot *p, uint32_t from, uint32_t to, const char *type, size_t type_len, int64_t first,
	int64_t last)
{
	if (type_len >= sizeof(p->edge->type))
		type_len = sizeof(p->edge->type) - 1;
	uint32_t i = find_edge(p, from, to, type, type_len);
	if (i != PIVOT_NONE) { // MX records of different preference
		struct pivot_edge *e = &p->edge[i];
		e->first = first < e->first ? first : e->first;
		e->last = last > e->last ? last : e->last;
		return i;
	}
	if (p->edges >= p->edge_table_len)
		rehash_edges(p);
	if (!p->edge_table || p->edges >= 8 * p->o.nodes ||
		!grow((void **)&p->edge, sizeof(*p->edge), (void **)&p->link, sizeof(*p->link), p->edges,
			&p->edges_capacity)) {
		p->no_memory = p->no_memory || p->edges < 8 * p->o.nodes;
		if (!p->spent)
			p->spent = PIVOT_STOP_NODES;
		return PIVOT_NONE;
	}
	i = (uint32_t)p->edges++;
	uint32_t *head = &p->edge_table[hash_edge(p, from, to, type, type_len) & (p->edge_table_len - 1)];
	p->edge[i] = (struct pivot_edge){.from = from, .to = to, .first = first, .last = last};
	memcpy(p->edge[i].type, type, type_len);
	p->link[i] = (struct pivot_link){.next_from = p->state[from].first_from,
		.next_to = p->state[to].first_to,
		.next_hash = *head};
	*head = i;
	p->state[from].first_from = p->state[to].first_to = i;
	return i;
}

bool pivot_queue_add(struct pivot *p, struct pivot_queue *q, uint32_t node)
{
	if (q->len == q->capacity) {
		size_t capacity = q->capacity ? 2 * q->capacity : 256;
		uint32_t *grown = realloc(q->at, capacity * sizeof(*grown));
		if (!grown) {
			p->no_memory = true;
			return false;
		}
		q->at = grown;
		q->capacity = capacity;
	}
	q->at[q->len++] = node;
	return true;
}

void pivot_graph_free(struct pivot *p)
{
	for (size_t i = 0; i < p->nodes; i++)
		free((void *)(uintptr_t)p->node[i].text);
	free(p->node);
	free(p->state);
	free(p->edge);
	free(p->link);
	free(p->node_table);
	free(p->edge_table);
	free(p->zones.at);
	free(p->records.at);
	free(p->members.at);
	free(p->result);
}
