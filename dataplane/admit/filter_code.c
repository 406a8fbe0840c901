// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/admit/filter_code.h"

#include <ctype.h>
#include <stdio.h>
#include <string.h>

enum { SNAPSHOT = 65535 };

static const int pcap_links[LINK_KIND_MAX] = {
	[LINK_KIND_ETHERNET] = DLT_EN10MB,
	[LINK_KIND_RAW_IP] = DLT_RAW,
	[LINK_KIND_NULL] = DLT_NULL,
	[LINK_KIND_SLL] = DLT_LINUX_SLL,
	[LINK_KIND_SLL2] = DLT_LINUX_SLL2,
	[LINK_KIND_MATCHED_IP] = DLT_RAW,
};

static bool is_among(const char *word, size_t size, const char *const *words)
{
	for (; *words; words++)
		if (strlen(*words) == size && strncmp(*words, word, size) == 0)
			return true;
	return false;
}

// By the words alone: what compiles for plain IP may still mean a link header (ether[0]).
static enum filter_scope scope_of(const char *expression)
{
	static const char *const links[] = {"ether", "link", "wlan", "fddi", "tr", NULL};
	static const char *const headers[] = {"vlan", "mpls", "pppoed", "pppoes", "geneve", "vxlan", NULL};
	enum filter_scope scope = FILTER_IP;

	for (const char *p = expression; *p;) {
		size_t size = 0;
		while (isalnum((unsigned char)p[size]) || strchr("_-.:", p[size] ? p[size] : ' '))
			size++;
		if (is_among(p, size, headers))
			return FILTER_FRAME;
		if (is_among(p, size, links)) {
			if (p[size + strspn(p + size, " \t")] == '[')
				return FILTER_FRAME;
			scope = FILTER_ETHERNET;
		}
		p += size > 0 ? size : 1;
	}
	return scope;
}

static bool compile(struct bpf_program *program, enum link_kind link, const char *expression, char *why,
	size_t why_size)
{
	pcap_t *pcap = pcap_open_dead(pcap_links[link], SNAPSHOT);

	if (!pcap)
		return snprintf(why, why_size, "filter: no memory"), false;
	bool done = pcap_compile(pcap, program, expression, 1, PCAP_NETMASK_UNKNOWN) == 0;
	if (!done) {
		memset(program, 0, sizeof(*program));
		snprintf(why, why_size, "filter: found '%.200s', expected an expression of pcap-filter(7): %s",
			expression, pcap_geterr(pcap));
	} else if (program->bf_len > FILTER_LEN_MAX) {
		snprintf(why, why_size,
			"filter: found %u instructions, expected at most %d; put networks into a file for the setting servers",
			program->bf_len, FILTER_LEN_MAX);
		done = false;
	}
	pcap_close(pcap);
	return done;
}

static bool compile_all(struct filter_code *code, const char *expression, char *why, size_t why_size)
{
	char other[512];

	if (strlen(expression) > FILTER_LINK_TEXT_MAX) {
		snprintf(why, why_size,
			"filter: found %zu octets with words of link headers, expected at most %d; put networks into a file for "
			"the setting servers",
			strlen(expression), FILTER_LINK_TEXT_MAX);
		return false;
	}
	if (!compile(&code->program[LINK_KIND_ETHERNET], LINK_KIND_ETHERNET, expression, why, why_size))
		return false;
	for (int link = 0; link < LINK_KIND_MAX && code->scope == FILTER_FRAME;
		link++) // `ether host` means nothing to some
		if (link != LINK_KIND_ETHERNET &&
			!compile(&code->program[link], (enum link_kind)link, expression, other, sizeof(other)))
			pcap_freecode(&code->program[link]);
	return true;
}

bool filter_code_compile(struct filter_code *code, const char *expression, char *why, size_t why_size)
{
	*code = (struct filter_code){.scope = scope_of(expression)};
	if (strlen(expression) > FILTER_TEXT_MAX) {
		snprintf(why, why_size,
			"filter: found %zu octets, expected at most %d; put networks into a file for the setting servers",
			strlen(expression), FILTER_TEXT_MAX);
		return false;
	}
	if (code->scope == FILTER_IP) {
		struct bpf_program *program = &code->program[LINK_KIND_RAW_IP];
		if (compile(program, LINK_KIND_RAW_IP, expression, why, why_size))
			return true;
		bool too_long = program->bf_len > FILTER_LEN_MAX;
		filter_code_free(code);
		if (too_long)
			return false;
		code->scope = FILTER_ETHERNET; // what plain IP does not have: broadcast
	}
	if (compile_all(code, expression, why, why_size))
		return true;
	filter_code_free(code);
	return false;
}

void filter_code_free(struct filter_code *code)
{
	for (int link = 0; link < LINK_KIND_MAX; link++) {
		pcap_freecode(&code->program[link]); // one that was never compiled is empty
		memset(&code->program[link], 0, sizeof(code->program[link]));
	}
}
