// SPDX-License-Identifier: BSD-3-Clause
// Blanks at both ends of a text, for lines that people write. No state: any thread.
#pragma once

#include <ctype.h>
#include <string.h>

// Ends the text before the blanks at its end. Returns where it begins after those at its start.
static inline char *trim_blanks(char *text)
{
	while (isspace((unsigned char)*text))
		text++;
	size_t len = strlen(text);
	while (len > 0 && isspace((unsigned char)text[len - 1]))
		text[--len] = '\0';
	return text;
}
