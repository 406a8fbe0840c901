// SPDX-License-Identifier: BSD-3-Clause
#include "dataplane/control/eal.h"

#include <errno.h>
#include <linux/close_range.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <rte_eal.h>
#include <rte_errno.h>
#include <rte_lcore.h>
#include <rte_log.h>
#include <rte_version.h>

#include "dataplane/privileged/helper.h"
#include "dataplane/control/eal_conceal.h"
#include "dataplane/control/eal_folder.h"
#include "dataplane/control/huge_pages.h"
#include "dataplane/common/log.h"

static const struct {
	const char *name;
	bool has_value;
} passed_on[] = {
	{"-a", true},
	{"--allow", true},
	{"-b", true},
	{"--block", true},
	{"-c", true},
	{"-l", true},
	{"--lcores", true},
	{"-m", true},
	{"-n", true},
	{"-r", true},
	{"-d", true},
	{"--vdev", true},
	{"--no-huge", false},
	{"--no-pci", false},
	{"--in-memory", false},
	{"--legacy-mem", false},
	{"--single-file-segments", false},
	{"--huge-unlink", false},
	{"--huge-dir", true},
	{"--file-prefix", true},
	{"--socket-mem", true},
	{"--socket-limit", true},
	{"--iova-mode", true},
	{"--main-lcore", true},
	{"--log-level", true},
	{"--no-telemetry", false},
	{"--proc-type", true},
	{"--vfio-intr", true},
};

const char *eal_version(void)
{
	return rte_version();
}

bool eal_is_option(const char *option, bool *has_value)
{
	for (size_t i = 0; i < sizeof(passed_on) / sizeof(passed_on[0]); i++) {
		size_t len = strlen(passed_on[i].name);
		if (strncmp(option, passed_on[i].name, len) != 0)
			continue;
		bool long_name = len > 2;
		*has_value = passed_on[i].has_value;
		if (option[len] == '\0')
			return true;
		// --vdev=net_null0 and -l0,1: the value is in the same word
		if (passed_on[i].has_value && (long_name ? option[len] == '=' : true)) {
			*has_value = false;
			return true;
		}
	}
	return false;
}

static bool names(const char *option, const char *name)
{
	return strncmp(option, name, strlen(name)) == 0;
}

void eal_args_add(struct eal_args *args, const char *option, const char *value)
{
	if (args->argc + 3 >= EAL_ARGS_MAX) {
		log_error("options for DPDK: found more than %d, expected at most that", EAL_ARGS_MAX);
		exit(2);
	}
#ifdef DPDK_DRIVERS_BUILT_IN
	if (names(option, "-d")) {
		log_error(
			"-d: found a driver to load, expected none: this build links DPDK statically; build with -Ddpdk=shared");
		exit(2);
	}
#endif
	args->argv[args->argc++] = strdup(option);
	if (value)
		args->argv[args->argc++] = strdup(value);
	args->pci_named |= names(option, "-a") || names(option, "--allow");
	args->devices_named |= args->pci_named || names(option, "--vdev");
	args->lcores_named |= names(option, "--lcores") || names(option, "-l") || names(option, "-c");
	args->iova_named |= names(option, "--iova-mode");
	args->no_huge |= strcmp(option, "--no-huge") == 0;
}

void eal_args_without_pci(struct eal_args *args)
{
	eal_args_add(args, "--no-pci", NULL);
	if (!args->iova_named)
		eal_args_add(args, "--iova-mode", "va");
}

void eal_args_begin(struct eal_args *args, const char *program)
{
	*args = (struct eal_args){0};
	args->argv[args->argc++] = strdup(program);
	// hides start-up messages of libraries, for instance about missing huge pages of 1 GiB; errors stay
	eal_args_add(args, "--log-level", "lib.eal:error");
	eal_args_add(args, "--log-level", "lib.telemetry:error");
	eal_args_add(args, "--log-level", "user1:warning");	  // librte_ip_frag of DPDK 22.11
	eal_args_add(args, "--log-level", "lib.ip_frag:warning"); // and of later ones
}

// "0@0,1@1,2@0": the main lcore on the first CPU that may be used, the workers on the next ones in turn.
static void add_lcores(struct eal_args *args, unsigned workers)
{
	cpu_set_t allowed;
	int cpus[CPU_SETSIZE], cpus_len = 0;
	char text[2048];
	int used = 0;

	if (sched_getaffinity(0, sizeof(allowed), &allowed) != 0)
		return;
	for (int cpu = 0; cpu < CPU_SETSIZE; cpu++)
		if (CPU_ISSET(cpu, &allowed))
			cpus[cpus_len++] = cpu;
	for (unsigned i = 0; i <= workers; i++)
		used += snprintf(text + used, sizeof(text) - (size_t)used, "%s%u@%d", i ? "," : "", i,
			cpus[i % (unsigned)cpus_len]);
	if (workers >= (unsigned)cpus_len)
		log_warning("%u worker%s and the main thread share %d CPU%s", workers, workers == 1 ? "" : "s",
			cpus_len, cpus_len == 1 ? "" : "s");
	eal_args_add(args, "--lcores", text);
}

// DPDK creates a folder at each start and leaves it. It is empty now.
static void remove_runtime_folder(void)
{
	if (!helper_is_on()) // the helper removes it
		eal_folder_end(rte_eal_get_runtime_dir());
}

int eal_start(struct eal_args *args, unsigned workers, unsigned memory_mib, unsigned spare_mib, unsigned wanted)
{
	char text[64];

	if (!args->lcores_named)
		add_lcores(args, workers);
	args->memory_mib = memory_mib;
	if (!args->no_huge && huge_pages_free(NULL) * HUGE_PAGE_MIB < (long)memory_mib) {
		long total, pages = huge_pages_free(&total);
		log_warning(
			"huge pages: found %ld free of 2 MiB, expected %u, of them %u for packet buffers; using ordinary pages, "
			"slower; run scripts/host-setup --huge-pages %ld --apply",
			pages, wanted, memory_mib / HUGE_PAGE_MIB, total - pages + wanted);
		eal_args_add(args, "--no-huge", NULL);
	}
	if (args->no_huge) {
		snprintf(text, sizeof(text), "%u", memory_mib + spare_mib); // allocated when it is used
		eal_args_add(args, "-m", text);
	}
	// leaves no file in hugetlbfs or in DPDK's folder; --in-memory does both, but rejects --no-huge
	eal_args_add(args, args->no_huge ? "--no-shconf" : "--in-memory", NULL);
	snprintf(text, sizeof(text), "lookback_%d", (int)getpid());
	eal_args_add(args, "--file-prefix", text);
	eal_folder_begin(args->check);
	atexit(remove_runtime_folder);
	if (rte_eal_init(args->argc, args->argv) < 0) {
		log_error("DPDK: cannot start: %s; see its messages above", rte_strerror(rte_errno));
		return -1;
	}
	eal_conceal();
	if (rte_lcore_count() < workers + 1) {
		log_error("workers: found %u lcores besides the main one, expected %u; name more with -l or --lcores",
			rte_lcore_count() - 1, workers);
		return -1;
	}
	return 0;
}

void eal_without_huge_pages(const struct eal_args *args, char **argv, int argc)
{
	static char no_huge[] = "--no-huge";
	char *again[EAL_ARGS_MAX + 2];
	const char *folder = rte_eal_get_runtime_dir();

	if (args->no_huge || args->memory_mib == 0 || argc > EAL_ARGS_MAX || huge_pages_can_be_had(args->memory_mib))
		return;
	log_warning("huge pages: taken by others since they were counted; restarting with ordinary pages, slower");
	memcpy(again, argv, (size_t)argc * sizeof(*argv));
	again[argc] = no_huge;
	again[argc + 1] = NULL;
	eal_folder_end(folder);
	syscall(SYS_close_range, 3, ~0u, CLOSE_RANGE_CLOEXEC);
	execv("/proc/self/exe", again);
	log_error("/proc/self/exe: cannot be executed: %s; start again with --no-huge", strerror(errno));
}

void eal_stop(void)
{
	rte_eal_cleanup();
	remove_runtime_folder(); // not only at exit: a check drops its rights before
}
