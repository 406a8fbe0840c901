// SPDX-License-Identifier: BSD-3-Clause
#include "collector/report/put.h"

#include <inttypes.h>

void report_put_family(FILE *out, const char *family, const char *type, const char *help)
{
	fprintf(out, "# HELP lookback_%s %s\n# TYPE lookback_%s %s\n", family, help, family, type);
}

void report_put_gauge(FILE *out, const char *family, const char *help, uint64_t value)
{
	report_put_family(out, family, "gauge", help);
	fprintf(out, "lookback_%s %" PRIu64 "\n", family, value);
}

void report_put_label(FILE *out, const char *name, const char *value)
{
	fprintf(out, "%s=\"", name);
	for (; *value; value++) {
		unsigned char c = (unsigned char)*value;
		if (c == '"' || c == '\\')
			fputc('\\', out);
		fputc(c < 0x20 || c > 0x7e ? '?' : c, out);
	}
	fputc('"', out);
}

void report_put_seconds(FILE *out, uint64_t ns)
{
	fprintf(out, "%" PRIu64 ".%09u\n", ns / 1000000000, (unsigned)(ns % 1000000000));
}
