// SPDX-License-Identifier: BSD-3-Clause
#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "dataplane/capture/dnstap.h"
#include "dataplane/common/log.h"
#include "dataplane/control/inputs.h"
#include "dataplane/control/options.h"
#include "dataplane/service/control.h"

enum { EXIT_USAGE = 2, CHECK_SECONDS = 2 };

static void print_help(const struct conf *conf)
{
	printf("Usage: lookback-dataplane [OPTION]... [-- DPDK-OPTION...]\n"
	       "Reads DNS answers from the network or from captures and sends the records to lookback-collector.\n\n"
	       "Inputs (any number of each):\n"
	       "      --iface NAME       network interface, by AF_XDP or AF_PACKET\n"
	       "  -a, --allow PCI        network card driven by DPDK\n"
	       "      --vdev DEVICE      virtual device of DPDK: net_pcap, net_af_xdp, net_ring, ...\n"
	       "      --replay FILE      capture (pcap, pcapng), folder of captures, or pipe (-: standard input); exits at its\n"
	       "                         end\n"
	       "      --dnstap SOCKETS   take dnstap from resolvers: unix:/PATH, tcp:ADDRESS:PORT, comma-separated\n"
	       "      --follow FOLDER    captures of a folder, as they are completed, each exactly once\n\n"
	       "Options:\n"
	       "  -c, --config FILE      read settings from FILE; none: from no file [" CONF_DEFAULT_FILE "]\n"
	       "  -o, --option KEY=VALUE set KEY; overrides FILE\n"
	       "      --check[=SECONDS]  check this host and the input: listen for SECONDS (2), or read the captures;\n"
	       "                         report problems and hints; send nothing. --check=host: open no input\n"
	       "      --check-config     print all errors in the settings, and exit\n"
	       "      --print-config     print the settings and where each was set, and exit\n"
	       "      --reload           ask the running service to read its settings again; wait for the outcome\n"
	       "      --summary          print the accounts at exit\n"
	       "      --json             print the accounts as one JSON object; with --check: one object per line\n"
	       "      --no-huge          use ordinary memory pages\n"
	       "  -l, --lcores, --main-lcore, --file-prefix, --socket-mem, ... are passed to DPDK\n"
	       "  -h, --help             print this help\n"
	       "  -V, --version          print the version\n\n"
	       "Examples:\n"
	       "  lookback-dataplane --iface eth1\n"
	       "  lookback-dataplane -a 0000:3b:00.0 -o workers=4\n"
	       "  lookback-dataplane --replay monday.pcap --replay tuesday.pcap --summary\n"
	       "  lookback-dataplane --dnstap unix:/run/lookback-dataplane/dnstap.sock -o dnstap.group=unbound\n\n"
	       "Settings, in FILE or by -o; those marked 'reload' take effect on SIGHUP, others after a restart. lookback.conf(5):\n");
	conf_help(conf, stdout);
	printf("\nExit status: 0 the collector has everything, 1 failure, 2 wrong usage.\n");
}

static _Noreturn void usage_error(const char *format, const char *what)
{
	char text[512];

	snprintf(text, sizeof(text), format, what);
	log_error("%s; see --help", text);
	exit(EXIT_USAGE);
}

enum long_option {
	OPTION_IFACE = 256,
	OPTION_REPLAY,
	OPTION_DNSTAP,
	OPTION_FOLLOW,
	OPTION_SUMMARY,
	OPTION_JSON,
	OPTION_CHECK,
	OPTION_RELOAD,
	OPTION_CHECK_CONFIG,
	OPTION_PRINT_CONFIG
};

static const struct option long_options[] = {{"iface", required_argument, NULL, OPTION_IFACE},
	{"replay", required_argument, NULL, OPTION_REPLAY}, {"dnstap", required_argument, NULL, OPTION_DNSTAP},
	{"follow", required_argument, NULL, OPTION_FOLLOW}, {"config", required_argument, NULL, 'C'},
	{"option", required_argument, NULL, 'o'}, {"check", optional_argument, NULL, OPTION_CHECK},
	{"check-config", no_argument, NULL, OPTION_CHECK_CONFIG},
	{"print-config", no_argument, NULL, OPTION_PRINT_CONFIG}, {"reload", optional_argument, NULL, OPTION_RELOAD},
	{"summary", no_argument, NULL, OPTION_SUMMARY}, {"json", no_argument, NULL, OPTION_JSON},
	{"help", no_argument, NULL, 'h'}, {"version", no_argument, NULL, 'V'}, {NULL, 0, NULL, 0}};

// Whether the next word is the value of our option, not an option of DPDK.
static bool wants_value(const char *option)
{
	for (const struct option *o = long_options; o->name; o++)
		if (o->has_arg == required_argument && strncmp(option, "--", 2) == 0 &&
			strcmp(option + 2, o->name) == 0)
			return true;
	return strcmp(option, "-o") == 0 || strcmp(option, "-c") == 0;
}

// Moves DPDK's options from argv to a list of their own, so that getopt sees only ours.
static int split_arguments(struct dataplane *d, int argc, char **argv, char **ours)
{
	int len = 0;
	bool has_value;

	for (int i = 0; i < argc; i++) {
		if (strcmp(argv[i], "--") == 0) {
			while (++i < argc)
				eal_args_add(&d->eal, argv[i], NULL);
			break;
		}
		// -c is our configuration file; DPDK's -c, a core mask, is deprecated
		if (i == 0 || argv[i][0] != '-' || strncmp(argv[i], "-c", 2) == 0 ||
			!eal_is_option(argv[i], &has_value)) {
			ours[len++] = argv[i];
			if (i > 0 && wants_value(argv[i]) && i + 1 < argc)
				ours[len++] = argv[++i];
			continue;
		}
		if (has_value && i + 1 == argc)
			usage_error("option '%s' needs a value", argv[i]);
		const char *value = has_value ? argv[i + 1] : strchr(argv[i], '=') ? strchr(argv[i], '=') + 1 : NULL;
		if (strncmp(argv[i], "--vdev", 6) == 0 && value && intake_add_vdev(&d->intake, value) != 0)
			exit(EXIT_FAILURE);
		if (strncmp(argv[i], "-a", 2) == 0 || strncmp(argv[i], "--allow", 7) == 0)
			d->intake.live = true;
		eal_args_add(&d->eal, argv[i], has_value ? value : NULL);
		i += has_value;
	}
	ours[len] = NULL;
	return len;
}

// Of --check=SECONDS.
static double read_seconds(const char *text)
{
	char *end;
	double seconds = text ? strtod(text, &end) : CHECK_SECONDS;

	if (text && (end == text || *end || !(seconds >= 0 && seconds <= 86400)))
		usage_error("--check: found '%s', expected seconds, 0 to 86400, or host", text);
	return seconds;
}

static void read_check(struct dataplane *d, const char *text)
{
	d->check = true;
	d->check_host = text && strcmp(text, "host") == 0;
	d->check_s = d->check_host ? 0 : read_seconds(text);
}

// --reload=wait: the service manager has sent the signal already.
static int ask_reload(const char *text)
{
	if (text && strcmp(text, "wait") != 0)
		usage_error("--reload: found '%s', expected nothing, or wait", text);
	return control_ask("/run/lookback-dataplane", text != NULL);
}

// --check-config, --print-config. Exit status.
static int show_config(struct dataplane *d, bool print)
{
	const struct conf_source source = {.file = d->reload.file,
		.options = d->reload.options,
		.options_len = (size_t)d->reload.options_len};

	return settings_command(&d->settings, &source, print);
}

// --follow FOLDER is the setting follow.
static void set_follow(struct dataplane *d, const char *folder)
{
	char *option;

	if (d->reload.options_len == RELOAD_OPTIONS_MAX || asprintf(&option, "follow=%s", folder) < 0)
		usage_error("--follow: no room for '%s'", folder);
	d->reload.options[d->reload.options_len++] = option;
	d->follow_named = true;
}

static void read_options(struct dataplane *d, int argc, char **argv)
{
	const struct conf *conf = settings_conf(&d->settings);
	const char *dnstap = NULL;
	int option, command = 0;
	char why[1024];

	opterr = 0;
	while ((option = getopt_long(argc, argv, ":c:o:hV", long_options, NULL)) != -1) {
		if (option == 'c' || option == 'C')
			d->reload.file = optarg;
		else if (option == 'o' && d->reload.options_len < RELOAD_OPTIONS_MAX)
			d->reload.options[d->reload.options_len++] = optarg;
		else if (option == OPTION_CHECK)
			read_check(d, optarg);
		else if (option == OPTION_CHECK_CONFIG || option == OPTION_PRINT_CONFIG)
			command = option;
		else if (option == OPTION_RELOAD)
			exit(ask_reload(optarg));
		else if (option == OPTION_FOLLOW)
			set_follow(d, optarg);
		else if (option == OPTION_SUMMARY || option == OPTION_JSON)
			d->summary = true, d->json |= option == OPTION_JSON;
		else if (option == 'h' || option == 'V')
			option == 'h' ? print_help(conf)
				      : (void)printf("lookback-dataplane %s, %s\n", LOOKBACK_VERSION, eal_version()),
				exit(0);
		else if (option == ':')
			usage_error("option '%s' needs a value", argv[optind - 1]);
		else if (option == OPTION_IFACE && intake_add_iface(&d->intake, optarg) != 0)
			exit(EXIT_FAILURE);
		else if (option == OPTION_DNSTAP)
			dnstap = optarg;
		else if (option == OPTION_REPLAY && intake_add_capture(&d->intake, optarg) != 0)
			exit(EXIT_FAILURE);
		else if (option == '?')
			usage_error("unknown option '%s'", argv[optind - 1]);
	}
	if (optind < argc)
		usage_error("unexpected argument '%s'", argv[optind]);
	d->reload.file = conf_file(d->reload.file);
	if (command)
		exit(show_config(d, command == OPTION_PRINT_CONFIG));
	if (reload_settings(&d->reload, &d->settings, why, sizeof(why)) != 0) {
		log_error("%s", why);
		exit(EXIT_USAGE);
	}
	conf_in_force(conf);
	log_level_set(d->settings.log_level);
	capture_dnstap_take(d->settings.dnstap_types);
	if (dnstap && intake_add_dnstap(&d->intake, dnstap, d->settings.dnstap_group) != 0)
		exit(EXIT_FAILURE);
	if (d->follow_named && inputs_are_named(d))
		usage_error("--follow: found another input beside '%s', expected none; run two dataplanes",
			d->settings.follow);
	if (inputs_add(d, &d->settings) != 0)
		exit(EXIT_FAILURE);
	if (intake_check_captures(&d->intake, d->settings.damaged) != 0)
		exit(EXIT_FAILURE);
}

void options_read(struct dataplane *d, int argc, char **argv)
{
	char **ours = calloc((size_t)argc + 1, sizeof(*ours));

	if (!ours)
		exit(EXIT_FAILURE);
	conf_defaults(settings_conf(&d->settings));
	eal_args_begin(&d->eal, argv[0]);
	int ours_len = split_arguments(d, argc, argv, ours);
	read_options(d, ours_len, ours);
}
