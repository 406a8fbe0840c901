// SPDX-License-Identifier: BSD-3-Clause
#include "collector/context/context.h"

#include <string.h>

const char *const context_kind_text[CONTEXT_KINDS] = {"", "hosting", "cdn", "parking", "sinkhole"};

int context_open(struct context **out, const struct settings *settings, const struct zone_list *zones, char *why,
	size_t why_size)
{
	*out = NULL;
	return 0;
}

void context_close(struct context *c)
{
}

unsigned context_reload(struct context *c)
{
	return 0;
}

bool context_of_address(const struct context *c, const uint8_t *address, size_t size, struct context_address *out)
{
	memset(out, 0, sizeof(*out));
	return false;
}

bool context_of_address_text(const struct context *c, const char *text, size_t len, struct context_address *out)
{
	memset(out, 0, sizeof(*out));
	return false;
}

bool context_of_name(const struct context *c, const char *name, size_t len, struct context_name *out)
{
	memset(out, 0, sizeof(*out));
	return false;
}

uint32_t context_rank(const struct context *c, const char *registered, size_t len)
{
	return 0;
}

bool context_has_asn(const struct context *c)
{
	return false;
}

bool context_has_country(const struct context *c)
{
	return false;
}

bool context_has_labels(const struct context *c)
{
	return false;
}

bool context_has_popular(const struct context *c)
{
	return false;
}
