// SPDX-License-Identifier: BSD-3-Clause
#include "collector/options.h"

#include "dataplane/common/log.h"
#include "dataplane/service/control.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void print_help(void)
{
	printf("Usage: lookback-collector [OPTION]...\n"
	       "Stores the records of lookback-dataplane in Redis, and serves metrics and lookups over HTTP.\n\n"
	       "Options:\n"
	       "  -c, --config FILE      read settings from FILE; none: from no file [" CONF_DEFAULT_FILE "]\n"
	       "  -o, --option KEY=VALUE set KEY; overrides FILE\n"
	       "      --once             exit when a dataplane has said BYE and all it sent is in Redis\n"
	       "      --check            read the settings, try Redis, report what was found\n"
	       "      --check-config     print all errors in the settings, and exit\n"
	       "      --print-config     print the settings and where each was set, and exit\n"
	       "      --reload           ask the running service to read its settings again; wait for the outcome\n"
	       "      --help             print this help\n"
	       "      --version          print the version\n\n"
	       "Settings, in FILE or by -o; those marked 'reload' take effect on SIGHUP, others after a restart. lookback.conf(5):\n");
	settings_help(stdout);
	printf("\nSIGTERM and SIGINT end it, after about ten seconds at most. What is not in Redis by then stays in the spool.\n\n"
	       "Exit status: 0 done, 1 failure, 2 wrong usage or settings, 3 the spool file was truncated while in use.\n\n"
	       "Examples:\n"
	       "  lookback-collector -c /etc/lookback/lookback.conf\n"
	       "  lookback-collector -o redis=unix:/run/redis/redis.sock -o http.listen=none\n"
	       "  lookback-collector -c lookback.conf --check\n"
	       "  lookback-collector --once -o collector.socket=/tmp/c.sock     # one replay\n");
}

int collector_options_usage(const char *format, const char *what)
{
	log_error(format, what);
	return EXIT_USAGE;
}

int collector_options_parse(int argc, char **argv, struct collector_options *o)
{
	enum { OPT_ONCE = 256, OPT_CHECK, OPT_RELOAD, OPT_CHECK_CONFIG, OPT_PRINT_CONFIG, OPT_VERSION, OPT_HELP };
	static const struct option names[] = {{"config", required_argument, NULL, 'c'},
		{"option", required_argument, NULL, 'o'}, {"once", no_argument, NULL, OPT_ONCE},
		{"check", no_argument, NULL, OPT_CHECK}, {"reload", optional_argument, NULL, OPT_RELOAD},
		{"check-config", no_argument, NULL, OPT_CHECK_CONFIG},
		{"print-config", no_argument, NULL, OPT_PRINT_CONFIG}, {"version", no_argument, NULL, OPT_VERSION},
		{"help", no_argument, NULL, OPT_HELP}, {NULL, 0, NULL, 0}};
	int c, command = 0;

	opterr = 0;
	while ((c = getopt_long(argc, argv, ":c:o:", names, NULL)) != -1) {
		char letter[] = {'-', (char)optopt, '\0'};
		switch (c) {
		case 'c':
			o->source.file = optarg;
			break;
		case 'o':
			if (!settings_add_option(&o->source, optarg))
				return collector_options_usage("%s: found too many", "-o");
			break;
		case OPT_ONCE:
			o->once = true;
			break;
		case OPT_CHECK:
			o->check = true;
			break;
		case OPT_RELOAD: // wait: the service manager has sent the signal already
			if (optarg && strcmp(optarg, "wait") != 0)
				return collector_options_usage("--reload: found '%s', expected nothing, or wait",
					optarg);
			return control_ask("/run/lookback", optarg != NULL);
		case OPT_CHECK_CONFIG:
		case OPT_PRINT_CONFIG:
			command = c;
			break;
		case OPT_VERSION:
			printf("lookback-collector %s, %s\n", LOOKBACK_VERSION, LOOKBACK_LIBRARIES);
			return EXIT_SUCCESS;
		case OPT_HELP:
			print_help();
			return EXIT_SUCCESS;
		case ':':
			return collector_options_usage("option '%s' needs a value; see --help", argv[optind - 1]);
		default:
			return collector_options_usage("unknown option '%s'; see --help",
				optopt && optopt < OPT_ONCE ? letter : argv[optind - 1]);
		}
	}
	if (optind < argc)
		return collector_options_usage("unexpected argument '%s'; see --help", argv[optind]);
	o->source.file = conf_file(o->source.file);
	return command ? settings_command(&o->source, command == OPT_PRINT_CONFIG) : -1;
}
