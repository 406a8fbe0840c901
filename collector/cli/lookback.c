// SPDX-License-Identifier: BSD-3-Clause
#include "collector/cli/lookback.h"

#include <errno.h>
#include <getopt.h>
#include <locale.h>
#include <signal.h>
#include <stdarg.h>
#include <stdlib.h>
#include <time.h>
#include <unistd.h>

#define CONFIG_FILE "/etc/lookback/lookback.conf"

enum { LIMIT_TABLE = 1000, TIMEOUT_S = 300 };

enum option_code {
	OPT_JSON = 256,
	OPT_CSV,
	OPT_SINCE,
	OPT_UNTIL,
	OPT_OFFSET,
	OPT_CURSOR,
	OPT_RESUME,
	OPT_ADD,
	OPT_DRY,
	OPT_QUOTA,
	OPT_TIMEOUT,
	OPT_REDIS,
	OPT_VERSION,
	OPT_HELP
};

static const struct command {
	const char *name, *arguments;
	int min, max; // how many arguments
	int (*run)(struct lookback *l);
	const char *help;
} commands[] = {
	{"name", "NAME…", 1, 1000, lookback_name, "records of a name, of *.NAME, of NAME.*"},
	{"ip", "ADDRESS…", 1, 1000, lookback_ip, "names that resolved to an address, ADDRESS/BITS, ADDRESS-ADDRESS"},
	{"rdata", "NAME…", 1, 1000, lookback_rdata, "who points to a name (CNAME, NS, MX, PTR, SRV, …)"},
	{"zone", "NAME…", 1, 1000, lookback_zone, "records of a name and of all below it"},
	{"find", "KEYWORD…", 1, 1000, lookback_find, "names that contain a keyword, or look like it"},
	{"new", "", 0, 0, lookback_new, "records that no one had seen before; --follow waits for more"},
	{"export", "", 0, 0, lookback_export, "all records, as COF lines or with --csv"},
	{"import", "[FILE…]", 0, 1000, lookback_import, "records from COF, DNSDB JSON or passivedns logs"},
	{"erase", "name|zone|sensor|before WHAT", 2, 2, lookback_erase, "forget records; asks first"},
	{"expire", "[DAYS]", 0, 1, lookback_expire, "forget what was not seen for retention.days"},
	{"key", "add NAME | remove NAME | list", 1, 2, lookback_key, "keys for the HTTP server"},
	{"status", "", 0, 0, lookback_status, "what Redis holds, and from which sensors"},
	{"spool", "status | adopt [NUMBER [SLOT]] | reset [SLOT] | take", 1, 3, lookback_spool,
		"a spool whose number in Redis is missing"},
};

int lookback_fail(const char *format, ...)
{
	va_list args;

	fflush(stdout);
	fputs("lookback: ", stderr);
	va_start(args, format);
	vfprintf(stderr, format, args);
	va_end(args);
	fputc('\n', stderr);
	return LOOKBACK_FAILED;
}

redisReply *lookback_ask(struct lookback *l)
{
	redisReply *reply = reader_send(&l->db) == 0 ? reader_reply(&l->db) : NULL;

	if (!reply)
		lookback_fail("%s", l->db.why);
	return reply;
}

// Octets of UTF-8 that take no column of their own.
static int extra_octets(const char *text)
{
	int n = 0;

	for (; *text; text++)
		n += ((unsigned char)*text & 0xc0) == 0x80;
	return n;
}

static void print_help(void)
{
	printf("usage: lookback [OPTION]… COMMAND [ARGUMENT]…\n\n"
	       "Looks back at the DNS answers that Lookback has seen: which name resolved to what,\n"
	       "when first, when last, how often. Names and addresses may be pasted defanged\n"
	       "(example[.]com, hxxps://…).\n\nCommands\n\n");
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++)
		printf("  %-7s %-*s %s\n", commands[i].name, 31 + extra_octets(commands[i].arguments),
			commands[i].arguments, commands[i].help);
	printf("\nWhich records, and how\n\n"
	       "      --since TIME     seen at or after: 7d, 24h, 2024-01-31, 2024-01-31T12:00:00Z\n"
	       "      --until TIME     seen at or before\n"
	       "  -t, --type TYPE,…    these types; any: all but DNSSEC, any-dnssec: only those\n"
	       "  -s, --sort KEY       last, first, count, name, type, rdata; -KEY: descending [-last]\n"
	       "  -l, --limit N        at most N records; 0: all [%d in tables]\n"
	       "      --offset N       pass over the first N\n"
	       "      --timeout S      end a lookup after S seconds with what it has found, exit\n"
	       "                       status 2; 0: never [%d]\n"
	       "  -j, --json           COF, one JSON object a line\n"
	       "      --csv            comma-separated values\n"
	       "  -u, --unicode        punycode also as it reads: beside the name in tables, as further\n"
	       "                       members in JSON\n"
	       "  -q, --quiet          print nothing; the exit status tells\n\n"
	       "For single commands\n\n"
	       "  -f, --follow         new: wait for more\n"
	       "      --resume FILE    export: keep in FILE how far it is, and go on from there\n"
	       "      --cursor TEXT    export: go on where an earlier one stopped\n"
	       "      --add            import: add counts to those that are there [the greater stands]\n"
	       "  -n, --dry-run        import, erase, expire, spool: say what would be\n"
	       "                       done\n"
	       "  -y, --yes            erase, spool: do not ask\n"
	       "      --quota N/UNIT   key add: requests per s, min, h or day [no bound]\n\n"
	       "Redis\n\n"
	       "      --redis ADDRESS  where Redis is: HOST:PORT or unix:/path, several with commas\n"
	       "  -c, --config FILE    the collector's configuration file [%s, where it is]\n"
	       "  -o, --option K=V     one of its settings, as redis.password_file=…; the password may\n"
	       "                       stand in REDISCLI_AUTH\n"
	       "      --version, --help\n\n"
	       "Exit status: 0 found (or done), 1 nothing found, 2 wrong usage or failure.\n\n"
	       "Examples\n\n"
	       "  lookback name www.example.com\n"
	       "  lookback zone example.com --since 7d --type a,aaaa\n"
	       "  lookback ip 192.0.2.0/24 --sort -count --limit 20\n"
	       "  lookback rdata ns1.example.net --json | jq -r .rrname\n"
	       "  lookback find paypal\n"
	       "  lookback export | zstd > lookback.cof.zst\n",
		LIMIT_TABLE, TIMEOUT_S, CONFIG_FILE);
}

static int parse_number(const char *text, const char *what, uint64_t *out)
{
	char *end;

	*out = strtoull(text, &end, 10);
	if (*text < '0' || *text > '9' || *end)
		return lookback_fail("%s: '%s' is not a number", what, text);
	return 0;
}

static int parse_seconds(const char *text, const char *what, double *out)
{
	char *end;

	*out = strtod(text, &end);
	if (!strchr("0123456789.", *text) || !*text || *end || *out > 1e9)
		return lookback_fail("%s: '%s' is not a number of seconds", what, text);
	return 0;
}

// The bounds mean: what was seen between the two. A record has a first and a last sighting.
static int parse_bound(struct lookback *l, bool since, const char *text)
{
	char why[256];
	int64_t *at = since ? &l->filter.last_after : &l->filter.first_before;

	if ((since ? query_parse_time : query_parse_until)(at, text, time(NULL), why, sizeof(why)) != 0)
		return lookback_fail("--%s: %s", since ? "since" : "until", why);
	return 0;
}

// Returns 0, or an exit status.
static int set_filter(struct lookback *l, int c, const char *value)
{
	char why[256];
	int result;

	switch (c) {
	case OPT_SINCE:
	case OPT_UNTIL:
		return parse_bound(l, c == OPT_SINCE, value);
	case 'l':
		l->has_limit = true;
		return parse_number(value, "--limit", &l->filter.limit);
	case OPT_TIMEOUT:
		return parse_seconds(value, "--timeout", &l->filter.time_max_s);
	case OPT_OFFSET:
		return parse_number(value, "--offset", &l->filter.offset);
	case 't':
		result = query_parse_types(&l->filter, value, why, sizeof(why));
		return result == 0 ? 0 : lookback_fail("--type: %s", why);
	default:
		result = query_parse_order(&l->filter, value, why, sizeof(why));
		return result == 0 ? 0 : lookback_fail("--sort: %s", why);
	}
}

// Returns 0, or an exit status.
static int set_option(struct lookback *l, int c, char *value)
{
	switch (c) {
	case 'c':
		l->source.file = value;
		return 0;
	case 'o':
		return settings_add_option(&l->source, value) ? 0 : lookback_fail("-o: too many of them");
	case 'j':
		l->output = OUTPUT_JSON;
		return 0;
	case OPT_CSV:
		l->output = OUTPUT_CSV;
		return 0;
	case 'q':
		l->quiet = true;
		return 0;
	case 'f':
		l->follow = true;
		return 0;
	case 'y':
		l->yes = true;
		return 0;
	case 'n':
		l->dry = true;
		return 0;
	case OPT_ADD:
		l->add = true;
		return 0;
	case OPT_CURSOR:
		l->cursor = value;
		return 0;
	case OPT_RESUME:
		l->resume = value;
		return 0;
	case OPT_QUOTA:
		l->limits = value;
		return 0;
	case 'u':
		l->unicode = true;
		return 0;
	case OPT_REDIS:
		l->redis = value;
		return 0;
	default:
		return set_filter(l, c, value);
	}
}

// Returns -1 to go on, or an exit status.
static int parse_options(struct lookback *l, int argc, char **argv)
{
	static const struct option names[] = {{"config", required_argument, NULL, 'c'},
		{"option", required_argument, NULL, 'o'}, {"json", no_argument, NULL, 'j'},
		{"csv", no_argument, NULL, OPT_CSV}, {"since", required_argument, NULL, OPT_SINCE},
		{"until", required_argument, NULL, OPT_UNTIL}, {"type", required_argument, NULL, 't'},
		{"sort", required_argument, NULL, 's'}, {"limit", required_argument, NULL, 'l'},
		{"offset", required_argument, NULL, OPT_OFFSET}, {"quiet", no_argument, NULL, 'q'},
		{"follow", no_argument, NULL, 'f'}, {"cursor", required_argument, NULL, OPT_CURSOR},
		{"resume", required_argument, NULL, OPT_RESUME}, {"add", no_argument, NULL, OPT_ADD},
		{"dry-run", no_argument, NULL, 'n'}, {"yes", no_argument, NULL, 'y'},
		{"quota", required_argument, NULL, OPT_QUOTA}, {"timeout", required_argument, NULL, OPT_TIMEOUT},
		{"unicode", no_argument, NULL, 'u'}, {"redis", required_argument, NULL, OPT_REDIS},
		{"version", no_argument, NULL, OPT_VERSION}, {"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
	int c, result = 0;

	while (result == 0 && (c = getopt_long(argc, argv, "c:o:jt:s:l:qfnyuh", names, NULL)) != -1) {
		if (c == OPT_VERSION) {
			printf("lookback %s\n", LOOKBACK_VERSION);
			return LOOKBACK_FOUND;
		}
		if (c == OPT_HELP || c == 'h') {
			print_help();
			return LOOKBACK_FOUND;
		}
		if (c == '?')
			return LOOKBACK_FAILED; // getopt has said why
		result = set_option(l, c, optarg);
	}
	l->argc = argc - optind;
	l->argv = argv + optind;
	return result != 0 ? result : -1;
}

// The password: from the settings, else from where redis-cli takes it; before that of the shared file, which not everyone
// may read.
static void prepare_db(struct lookback *l)
{
	const struct settings *s = &l->settings;
	const char *auth = getenv("REDISCLI_AUTH");
	bool given = (*s->redis_password || *s->redis_password_file) && !(auth && l->implied);
	struct redis_settings r = redis_settings_of(s);

	if (auth && !given) {
		snprintf(r.password, sizeof(r.password), "%s", auth);
		r.password_file[0] = '\0';
	}
	reader_init(&l->db, &r, l->zones, s->psl_file);
}

// The settings: those of the file that the programs share, unless another is given, and of the options over them.
static int load_settings(struct lookback *l, char *why, size_t why_size)
{
	char redis[600];
	bool given = l->redis != NULL;

	for (size_t i = 0; i < l->source.options_len; i++)
		given = given || strncmp(l->source.options[i], "redis=", 6) == 0;
	l->implied = !l->source.file && access(CONFIG_FILE, R_OK) == 0;
	if (l->implied)
		l->source.file = CONFIG_FILE;
	else if (!l->source.file && errno != ENOENT && errno != ENOTDIR && !given)
		fprintf(stderr,
			"lookback: %s: %s; going on without it, with Redis at its default address (--redis, -o)\n",
			CONFIG_FILE, strerror(errno));
	if (l->redis) {
		snprintf(redis, sizeof(redis), "redis=%s", l->redis);
		if (strlen(l->redis) > 512 || l->source.options_len == SETTINGS_OPTIONS_MAX) {
			snprintf(why, why_size, "--redis: too long, or too many of -o");
			return -1;
		}
		l->source.options[l->source.options_len++] = redis;
	}
	int result = settings_load(&l->settings, &l->source, why, why_size);
	if (l->redis)
		l->source.options_len--; // its text ends here
	return result;
}

static const struct command *find_command(struct lookback *l)
{
	if (l->argc == 0) {
		lookback_fail("no command; see --help");
		return NULL;
	}
	for (size_t i = 0; i < sizeof(commands) / sizeof(*commands); i++) {
		const struct command *c = &commands[i];
		if (strcmp(l->argv[0], c->name) != 0)
			continue;
		l->argc--;
		l->argv++;
		if (l->argc >= c->min && l->argc <= c->max)
			return c;
		lookback_fail("usage: lookback %s %s", c->name, c->arguments);
		return NULL;
	}
	lookback_fail("unknown command '%s'; see --help", l->argv[0]);
	return NULL;
}

int main(int argc, char **argv)
{
	static struct lookback l;
	char why[1024];

	log_init("lookback", LOG_LEVEL_WARNING);
	signal(SIGPIPE, SIG_DFL);
	setlocale(LC_CTYPE, "C.UTF-8"); // for the width of what --unicode shows
	l.filter = query_make(QUERY_NAME);
	l.filter.time_max_s = TIMEOUT_S;
	l.filter.partial = true;
	int status = parse_options(&l, argc, argv);
	if (status >= 0)
		return status;
	const struct command *command = find_command(&l);
	if (!command)
		return LOOKBACK_FAILED;
	if (load_settings(&l, why, sizeof(why)) != 0)
		return lookback_fail("%s", why);
	l.zones = zone_open(l.settings.psl_file, why, sizeof(why));
	if (!l.zones) {
		settings_free(&l.settings);
		return lookback_fail("%s", why);
	}
	if (!l.has_limit && l.output == OUTPUT_TABLE)
		l.filter.limit = LIMIT_TABLE;
	prepare_db(&l);
	status = command->run(&l);
	reader_free(&l.db);
	zone_close(l.zones);
	settings_free(&l.settings);
	if (fflush(stdout) != 0 || ferror(stdout))
		return lookback_fail("cannot write to the standard output");
	return status;
}
