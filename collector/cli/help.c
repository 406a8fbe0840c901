// SPDX-License-Identifier: BSD-3-Clause
// The commands, and --help.
#include "collector/cli/lookback.h"

#include "collector/pivot/pivot.h"

#include <stdio.h>
#include <string.h>

#define LOOKUP_OPTIONS "-t -s -l -j -u -q --since --until --offset --timeout --csv --context"

const struct lookback_command lookback_commands[] = {
	{"name", "NAME...", 1, 1000, lookback_name, "print the records of a name",
		"NAME may be *.NAME (the name and all names below it) or NAME.* (all names that begin with these labels).\n"
		"Addresses and URLs in a pasted text are recognized; \"-\" reads lines from the standard input.",
		LOOKUP_OPTIONS},
	{"ip", "ADDRESS...", 1, 1000, lookback_ip, "print the names that resolved to an address",
		"ADDRESS may be a prefix (192.0.2.0/24) or a range (192.0.2.1-192.0.2.99). A port is ignored.\n"
		"\"-\" reads lines from the standard input.",
		LOOKUP_OPTIONS},
	{"rdata", "NAME...", 1, 1000, lookback_rdata, "print the records that point to a name",
		"Types: CNAME, DNAME, NS, MX, PTR, SRV, SVCB, HTTPS, SOA. NAME may be *.NAME or NAME.*.\n"
		"With --type soa also the mailbox of SOA records; this reads all names.",
		LOOKUP_OPTIONS},
	{"zone", "NAME...", 1, 1000, lookback_zone, "print the records of a name and of all names below it", "",
		LOOKUP_OPTIONS},
	{"find", "KEYWORD...", 1, 1000, lookback_find, "print names that contain a keyword or look like it",
		"Best match first, each with its reason: contains, homoglyph, digit for letter, split, one edit, similar letters.\n"
		"Uses the index of names if names.file is set, otherwise scans Redis.",
		"-t -l -j -q --since --until --offset --timeout"},
	{"brand", "NAME...", 1, 10000, lookback_brand,
		"print all names that look like trademarks, by registered domain",
		"Highest score first: what kind of look-alike it is, first seen, whether it resolves and has MX. --since: only domains\n"
		"whose look-alikes were first seen since then. --html prints a page to print. \"-\" reads lines from the standard input.",
		"-l -j -q --own --html --csv --context --since --timeout"},
	{"alerts", "", 0, 0, lookback_alerts, "print what the watch rules found",
		"Oldest first. --since and --until are about when the alert was written. --json prints the JSON of the outlets.",
		"--rule -f -t -l -j -q --since --until --cursor"},
	{"new", "", 0, 0, lookback_new, "print newly observed records, names or domains",
		"Oldest first: what sensors saw and Redis did not hold. A name or domain is new if nothing of it was known before.\n"
		"--feed appends JSON lines to a file (--csv, --plain: others) and opens it again if it was moved, or on SIGHUP.",
		"--depth --tld --zone --suffixes --rule --history -f -t -l -j -q --since --until --csv --context --plain --feed --resume --cursor"},
	{"pivot", "INDICATOR...", 1, PIVOT_INDICATORS_MAX, lookback_pivot,
		"print the infrastructure that a name or an address belongs to",
		"Walks from names over addresses, name servers, mail servers and registered domains to further names. What many\n"
		"unrelated domains share (CDNs, shared hosting, parking) is listed, but not walked through. Each result has a score,\n"
		"its reasons, and the path to it. \"-\" reads lines from the standard input.",
		"-l -j -q --depth --score --through-shared --since --until --timeout --csv --graphml --dot"},
	{"export", "", 0, 0, lookback_export, "print all records",
		"Common Output Format, one JSON object per line, with RDATA as an array; or CSV. A record may be printed twice;\n"
		"an import ignores that. Exit status 2 if the export is incomplete.",
		"-t -l -q --since --until --csv --resume --cursor"},
	{"import", "[FILE...]", 0, 1000, lookback_import, "write records from files of other programs to Redis",
		"Reads COF, DNSDB, passivedns, Zeek dns.log, Suricata EVE, DNS-collector, dnsmonster, VirusTotal and SecurityTrails,\n"
		"recognized by content; plain or compressed by gzip, zstd, xz or lz4; the standard input for \"-\" or if there is no FILE.\n"
		"The earlier first and the later last sighting are kept, and the greater count: importing twice does no harm.\n"
		"Exit status 2 if something was refused; the rest was imported.",
		"-t -n -q --format --since --until --add"},
	{"erase", "name|zone|sensor|before WHAT", 2, 2, lookback_erase, "delete records; asks first",
		"Deletes the records of a name, of a zone, those not seen since a time (before), or the totals of a sensor.\n"
		"A record that is still in the table of a sensor is written again when it is seen again.",
		"-t -n -y -q --since --until"},
	{"expire", "[DAYS]", 0, 1, lookback_expire, "delete records not seen for DAYS [retention.days]", "",
		"-t -n -q"},
	{"key", "add NAME | remove NAME | list", 1, 2, lookback_key, "manage the API keys of the HTTP server",
		"Keys are in the file of the setting http.keys. A new key is printed once; the file keeps only its hash.",
		"--quota"},
	{"watch", "list | add NAME KEY=VALUE... | remove NAME | test [NAME TYPE RDATA] | approve|revoke|expected NAME",
		1, 100, lookback_watch, "manage the watch rules, and what a tamper watch expects",
		"Rules are in the file of the setting watch.file, see docs/watch.md. The collector reads them on SIGHUP.\n"
		"  add       append a rule: add brand \"match=keyword examplebank, not zone examplebank.com\" news=new\n"
		"  test      print which rules a record matches; without one, what they match in the last 1000 (--limit) new records\n"
		"  approve   expect all records that Redis holds of NAME and all below it, or NAME TYPE RDATA; ends learning\n"
		"  revoke    do not expect them any more\n"
		"  expected  print what is expected",
		"-l -j -n -q"},
	{"doctor", "[list]", 0, 1, lookback_doctor, "check the installation, and print what to do",
		"Checks programs, host, interfaces, traffic, Redis, spool, files and certificates, and changes nothing. Takes about\n"
		"5 seconds. As root it can check more. A check that needs the collector asks it at http.listen.\n"
		"  list  print all findings that there are, with their remedies\n"
		"Exit status: 0 nothing worse than a hint, 1 a warning, 2 an error.",
		"-j -q"},
	{"status", "", 0, 0, lookback_status, "print the state of Redis, and the sensors", "", ""},
	{"spool", "status | adopt [NUMBER [SLOT]] | reset [SLOT] | take", 1, 3, lookback_spool,
		"repair the number of a spool in Redis",
		"Redis holds the number of the last batch of a spool. The collector stops writing if it is missing or was changed.\n"
		"  status  print the numbers and the state; exit status 1 if writing has stopped\n"
		"  adopt   Redis holds everything up to NUMBER (default: the number in Redis that can be right)\n"
		"  reset   Redis holds nothing of this spool: write all that is kept\n"
		"  take    this spool keeps its UUID, which a copy of it had as well\n"
		"All but status ask first. In a Redis Cluster each slot has its own number: without SLOT all stopped slots are meant.\n"
		"Needs the configuration of the collector (-c) and read access to spool.dir.",
		"-n -y"},
	{"block", "[LIST|INDICATOR...]", 0, 100000, lookback_block, "make block lists for resolvers and firewalls",
		"LIST is the name of a section of the file block.file. INDICATOR is a name, *.NAME, an address, a prefix, or ns:NAME\n"
		"for a name server; \"-\" reads lines from the standard input. Without arguments the lists are printed.\n"
		"Exit status with --write: 0 a file changed, 1 none did.",
		"--format --set --write --report -j -q"},
	{NULL, NULL, 0, 0, NULL, NULL, NULL, NULL},
};

static const struct option_help {
	const char *name, *text, *help;
} option_helps[] = {
	{"--since", "    --since TIME", "seen at TIME or later: 7d, 24h, 2024-01-31, 2024-01-31T12:00:00Z"},
	{"--until", "    --until TIME", "seen at TIME or earlier"},
	{"-t", "-t, --type TYPE,...", "record types; any: all but DNSSEC, any-dnssec: only DNSSEC"},
	{"-s", "-s, --sort KEY", "last, first, count, name, type or rdata; -KEY: descending [tables: -last]"},
	{"-l", "-l, --limit N", "at most N records, 0 for all [tables: 1000]"},
	{"--offset", "    --offset N", "skip the first N records"},
	{"--timeout", "    --timeout SECONDS", "stop a lookup after this time with exit status 2, 0 for never [300]"},
	{"-j", "-j, --json", "print Common Output Format, one JSON object per line"},
	{"--csv", "    --csv", "print comma-separated values"},
	{"--context", "    --context", "print AS, country, label and rank as well, from the files of context settings"},
	{"--score", "    --score N", "pivot: only results with at least this score, 0.1 to 1 [0.5]"},
	{"--own", "    --own FILE", "brand: leave out the domains in FILE, one per line, and all names below them"},
	{"--html", "    --html", "brand: print a self-contained HTML page"},
	{"--through-shared", "    --through-shared", "pivot: walk through what is shared, too"},
	{"--graphml", "    --graphml", "pivot: print GraphML"},
	{"--dot", "    --dot", "pivot: print a graph for Graphviz"},
	{"-u", "-u, --unicode", "print internationalized names in Unicode as well"},
	{"-q", "-q, --quiet", "print nothing; use the exit status"},
	{"-f", "-f, --follow", "alerts, new: wait for more"},
	{"--depth", "    --depth DEPTH",
		"new: record, name or domain [record]; pivot: how often to go on to further names [2]"},
	{"--tld", "    --tld LIST", "new: only names in these TLDs or suffixes; !SUFFIX excludes"},
	{"--zone", "    --zone LIST", "new: the same for zones; the longest match counts"},
	{"--suffixes", "    --suffixes FILE", "new: the same from a file, one a line"},
	{"--rule", "    --rule NAME", "alerts, new: only alerts of this watch rule"},
	{"--history", "    --history", "new: also what an import or an older capture knows from before"},
	{"--plain", "    --plain", "new: print only the name or domain"},
	{"--feed", "    --feed FILE", "new: append to FILE instead of printing"},
	{"--resume", "    --resume FILE", "export, new: keep the position in FILE, and continue from it"},
	{"--cursor", "    --cursor TEXT", "alerts, export, new: continue where an earlier answer stopped"},
	{"--add", "    --add", "import: add counts to those in Redis [keep the greater]"},
	{"-n", "-n, --dry-run", "import, erase, expire, spool: print what would be done"},
	{"-y", "-y, --yes", "erase, spool: do not ask"},
	{"--format", "    --format FORMAT",
		"block: rpz, hosts, dnsmasq, unbound, domains, addresses, suricata, suricata-ip, nftables,\n"
		"                          stix or misp; import: cof, dnsdb, passivedns, zeek, suricata, dnscollector, dnsmonster,\n"
		"                          virustotal or securitytrails [block: domains, or that of LIST; import: recognized]"},
	{"--set", "    --set KEY=VALUE", "block: set a key of block.conf: source, allow, policy, expire, ..."},
	{"--write", "    --write", "block: write the files of LIST, or of all lists"},
	{"--report", "    --report", "block: print what was left out, with the reason, instead of the list"},
	{"--quota", "    --quota N/UNIT", "key add: at most N requests per s, min, h or d [no limit]"},
};

static void print_option(const struct option_help *o)
{
	printf("  %-23s %s\n", o->text, o->help);
}

static void print_common(void)
{
	printf("\nRedis:\n"
	       "      --redis ADDRESS     HOST:PORT or unix:/path; several with commas\n"
	       "  -c, --config FILE       configuration file; none: no file [%s]\n"
	       "  -o, --option KEY=VALUE  set one of its settings; the password may be in REDISCLI_AUTH\n"
	       "      --check-config      print all errors in the settings, and exit\n"
	       "      --print-config      print the settings and where each was set, and exit\n"
	       "  -h, --help              print this help, or that of COMMAND\n"
	       "      --version           print the version\n\n"
	       "Exit status: 0 found or done, 1 nothing found, 2 wrong usage or failure.\n",
		CONF_DEFAULT_FILE);
}

static void print_all(void)
{
	printf("Usage: lookback [OPTION]... COMMAND [ARGUMENT]...\n"
	       "Prints the DNS records that Lookback has seen: what a name resolved to, first and last seen, and how often.\n"
	       "Names, addresses and URLs may be defanged: example[.]com, hxxps://...\n\n"
	       "Commands (lookback COMMAND --help prints more):\n");
	for (const struct lookback_command *c = lookback_commands; c->name; c++)
		printf("  %-7s %s\n", c->name, c->help);
	printf("\nOptions:\n");
	for (size_t i = 0; i < sizeof(option_helps) / sizeof(*option_helps); i++)
		print_option(&option_helps[i]);
	print_common();
	printf("\nExamples:\n"
	       "  lookback name www.example.com\n"
	       "  lookback zone example.com --since 7d --type a,aaaa\n"
	       "  lookback ip 192.0.2.0/24 --sort -count --limit 20\n"
	       "  lookback rdata ns1.example.net --json | jq -r .rrname\n"
	       "  lookback find paypal\n"
	       "  lookback new --depth domain --since 1h\n"
	       "  lookback export | zstd > lookback.cof.zst\n");
}

// True if an option is one of a list of words.
static bool has_option(const char *list, const char *name)
{
	size_t len = strlen(name);

	for (const char *at = list; (at = strstr(at, name)) != NULL; at += len)
		if ((at == list || at[-1] == ' ') && (at[len] == ' ' || at[len] == '\0'))
			return true;
	return false;
}

static void print_command(const struct lookback_command *c)
{
	printf("Usage: lookback [OPTION]... %s%s%s\n%c%s.\n", c->name, *c->arguments ? " " : "", c->arguments,
		c->help[0] - 'a' + 'A', c->help + 1);
	if (*c->details)
		printf("%s\n", c->details);
	if (*c->options)
		printf("\nOptions:\n");
	for (size_t i = 0; i < sizeof(option_helps) / sizeof(*option_helps); i++)
		if (has_option(c->options, option_helps[i].name))
			print_option(&option_helps[i]);
	print_common();
}

void lookback_help(const char *command)
{
	for (const struct lookback_command *c = lookback_commands; command && c->name; c++) {
		if (strcmp(command, c->name) == 0) {
			print_command(c);
			return;
		}
	}
	print_all();
}
