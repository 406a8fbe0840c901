// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/manual/page.h"

#include <ctype.h>
#include <string.h>

#include "dataplane/common/conf.h"

static const char head[] =
	".\\\" SPDX-License-Identifier: BSD-3-Clause\n"
	".\\\" Made from the tables in dataplane/common/setting_*.c; edit those.\n"
	".Dd December 1, 2026\n"
	".Dt LOOKBACK.CONF 5\n"
	".Os\n"
	".Sh NAME\n"
	".Nm lookback.conf\n"
	".Nd configuration of Lookback\n"
	".Sh SYNOPSIS\n"
	".Pa /etc/lookback/lookback.conf\n"
	".Sh DESCRIPTION\n"
	"This file has the settings of\n"
	".Xr lookback\\-dataplane 8 ,\n"
	".Xr lookback\\-collector 8\n"
	"and\n"
	".Xr lookback 1 .\n"
	"Each of them uses the settings that it knows and ignores those of the others; a key that none of them knows is an error.\n"
	"A file that does not exist has no settings: every setting has a default.\n"
	".Pp\n"
	"Each line is empty, a comment that begins with #, or\n"
	".Dl Ar key No = Ar value\n"
	"Blanks around key and value are ignored.\n"
	"Values are not quoted.\n"
	"A # inside a line is part of the value.\n"
	"If a key is set twice, the last line counts.\n"
	".Pp\n"
	"The option\n"
	".Fl o Ar key Ns = Ns Ar value\n"
	"of the programs overrides the file.\n"
	".Fl c Ar file\n"
	"reads another file instead of this one;\n"
	".Fl c Cm none\n"
	"reads no file.\n"
	".Ss Include\n"
	".Dl include = Ar pattern\n"
	"reads further files at this place, such as\n"
	".Ql include = conf.d/*.conf .\n"
	"A relative pattern is relative to the folder of the file that has the line.\n"
	"Wildcards are those of\n"
	".Xr glob 7 ;\n"
	"files are read sorted by name.\n"
	"A pattern with wildcards may match no file; a file that is named without wildcards must exist.\n"
	"Files can include others, at most 8 deep.\n"
	".Ss Values\n"
	"A time is a number with a unit: ms, s, min, h or d; without a unit, seconds.\n"
	"A size is a number of bytes, or with k, m or g of KiB, MiB or GiB.\n"
	"Yes or no may also be written as true or false, on or off, 1 or 0.\n"
	"A list is separated by commas.\n"
	".Ss Check\n"
	".Fl \\-check\\-config\n"
	"of each program reads the file, prints all errors with file and line, and exits with status 0 if there is none and 2 otherwise.\n"
	".Fl \\-print\\-config\n"
	"prints the settings that the program uses, with their values and where each was set: file and line,\n"
	".Fl o ,\n"
	"or default.\n"
	"Secrets are not printed.\n"
	".Ss Changes\n"
	"Settings marked\n"
	".Em reload\n"
	"take effect when a program gets SIGHUP\n"
	".Pq Ql systemctl reload .\n"
	"Others take effect after a restart; on SIGHUP the log names those that were changed.\n"
	"If there is an error in the file, a running program keeps all its settings and logs the error.\n"
	".Sh SETTINGS\n";

static const char tail[] = ".Sh FILES\n"
			   ".Bl -tag -width Ds\n"
			   ".It Pa /etc/lookback/lookback.conf\n"
			   "The file that is read by default.\n"
			   ".It Pa /etc/lookback/conf.d/*.conf\n"
			   "Files that the shipped configuration includes.\n"
			   ".El\n"
			   ".Sh EXAMPLES\n"
			   "A sensor on a mirror port, with Redis on the same machine:\n"
			   ".Bd -literal -offset indent\n"
			   "iface = eth1\n"
			   "redis = unix:/run/redis/redis-server.sock\n"
			   "retention.days = 365\n"
			   "include = conf.d/*.conf\n"
			   ".Ed\n"
			   ".Sh SEE ALSO\n"
			   ".Xr lookback 1 ,\n"
			   ".Xr watch.conf 5 ,\n"
			   ".Xr lookback\\-collector 8 ,\n"
			   ".Xr lookback\\-dataplane 8\n";

// Text for mdoc: each sentence on a line of its own, `literals` in bold.
static void put_text(const char *text, FILE *out)
{
	bool literal = false, start = true;

	for (const char *c = text; *c; c++) {
		if (*c == '`') {
			literal = !literal;
			fputs(literal ? "\\fB" : "\\fP", out);
		} else if (*c == '-')
			fputs("\\-", out);
		else if (*c == '\\')
			fputs("\\e", out);
		else if (start && (*c == '.' || *c == '\'')) // no macro
			fprintf(out, "\\&%c", *c);
		else
			fputc(c == text ? toupper((unsigned char)*c) : *c, out);
		start = false;
		if (*c == '.' && c[1] == ' ' && isupper((unsigned char)c[2])) {
			fputc('\n', out);
			c++;
			start = true;
		}
	}
}

static void put_setting(const struct setting *s, FILE *out)
{
	static const char *const programs[] = {[SETTING_DATAPLANE] = "lookback-dataplane",
		[SETTING_COLLECTOR] = "lookback-collector, lookback",
		[SETTING_BOTH] = "lookback-dataplane, lookback-collector"};
	char range[SETTING_TEXT_SIZE];

	fprintf(out, ".It Sy %s\n", s->name);
	put_text(s->help, out);
	fputs(".\n", out);
	if (s->details) {
		put_text(s->details, out);
		fputc('\n', out);
	}
	fputs(".br\nValue: ", out);
	setting_range(s, range);
	for (const char *c = range; *c; c++)
		fputs(*c == '-' ? "\\-" : (char[]){*c, '\0'}, out);
	fprintf(out, ".\nDefault: %s.\nUsed by: ", *s->def ? s->def : "none");
	for (const char *c = programs[s->by]; *c; c++)
		fputs(*c == '-' ? "\\-" : (char[]){*c, '\0'}, out);
	fprintf(out, ".\nA change takes effect on: %s.\n", setting_effect(s));
}

void page_write(FILE *out)
{
	fputs(head, out);
	for (size_t t = 0; setting_topics[t]; t++) {
		const struct setting_topic *topic = setting_topics[t];
		fprintf(out, ".Ss %s\n.Bl -tag -width Ds\n", topic->title);
		for (size_t i = 0; i < topic->len; i++)
			put_setting(&topic->settings[i], out);
		fputs(".El\n", out);
	}
	fputs(tail, out);
}
