// SPDX-License-Identifier: BSD-3-Clause
// The spool's files are taken away or replaced at every moment of a commit, a repair and a start: before each call that
// names a file or syncs one. Nothing that was acknowledged is lost, and frames are accepted again.
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "collector/base/metrics.h"
#include "collector/spool/spool.h"
#include "dataplane/common/log.h"
#include "tests/tools/unit.h"

enum { BATCHES = 30, BODY_MAX = 3000, CALLS_MIN = 3, CALLS_MAX = 400 };

static char folder[64], reason[512];
static struct stream_registry registry;

static void shell(const char *format, ...) __attribute__((format(printf, 1, 2)));

// calls ────────────────────────────────────────────────────────────────────────────────────────

struct change {
	const char *name, *command; // in `folder`
};

static _Thread_local bool ours; // calls of the test itself do not count
static pthread_mutex_t guard = PTHREAD_MUTEX_INITIALIZER;
static const struct change *armed; // what is done before call number `at`
static unsigned calls, at;
static bool done;
static bool seen; // the file had been opened before

static void before_call(void)
{
	if (ours)
		return;
	ours = true;
	pthread_mutex_lock(&guard);
	if (armed && !done && calls++ == at) {
		done = true;
		shell("%s", armed->command);
	}
	pthread_mutex_unlock(&guard);
	ours = false;
}

static void arm(const struct change *change, unsigned call)
{
	pthread_mutex_lock(&guard);
	armed = change;
	at = call;
	calls = 0;
	done = seen = false;
	pthread_mutex_unlock(&guard);
}

// True if the change was made.
static bool disarm(void)
{
	pthread_mutex_lock(&guard);
	armed = NULL;
	bool was = done;
	pthread_mutex_unlock(&guard);
	return was;
}

// These replace the functions of the C library, for LMDB too.
#define HOOK(name, symbol, number, parameters, ...) \
	int name parameters __asm__(symbol); \
	int name parameters \
	{ \
		before_call(); \
		return (int)syscall(number, __VA_ARGS__); \
	}

HOOK(hook_open, "open", SYS_openat, (const char *path, int flags, mode_t mode), AT_FDCWD, path, flags, mode)
HOOK(hook_openat, "openat", SYS_openat, (int dir, const char *path, int flags, mode_t mode), dir, path, flags, mode)
HOOK(hook_openat64, "openat64", SYS_openat, (int dir, const char *path, int flags, mode_t mode), dir, path, flags, mode)
HOOK(hook_rename, "rename", SYS_renameat2, (const char *from, const char *to), AT_FDCWD, from, AT_FDCWD, to, 0)
HOOK(hook_renameat, "renameat", SYS_renameat2, (int dir, const char *from, int to_dir, const char *to), dir, from,
	to_dir, to, 0)
HOOK(hook_link, "link", SYS_linkat, (const char *from, const char *to), AT_FDCWD, from, AT_FDCWD, to, 0)
HOOK(hook_linkat, "linkat", SYS_linkat, (int dir, const char *from, int to_dir, const char *to, int flags), dir, from,
	to_dir, to, flags)
HOOK(hook_unlink, "unlink", SYS_unlinkat, (const char *path), AT_FDCWD, path, 0)
HOOK(hook_unlinkat, "unlinkat", SYS_unlinkat, (int dir, const char *path, int flags), dir, path, flags)
HOOK(hook_mkdir, "mkdir", SYS_mkdirat, (const char *path, mode_t mode), AT_FDCWD, path, mode)
HOOK(hook_stat, "stat", SYS_newfstatat, (const char *path, struct stat *st), AT_FDCWD, path, st, 0)
HOOK(hook_stat64, "stat64", SYS_newfstatat, (const char *path, struct stat *st), AT_FDCWD, path, st, 0)
HOOK(hook_fsync, "fsync", SYS_fsync, (int fd), fd)
HOOK(hook_fdatasync, "fdatasync", SYS_fdatasync, (int fd), fd)

int hook_open64(const char *path, int flags, mode_t mode) __asm__("open64");
int hook_open64(const char *path, int flags, mode_t mode)
{
	before_call();
	int fd = (int)syscall(SYS_openat, AT_FDCWD, path, flags, mode);
	if (!ours && !done && fd >= 0 && strstr(path, "/data.mdb"))
		seen = true;
	return fd;
}

// a spool ──────────────────────────────────────────────────────────────────────────────────────

static void shell(const char *format, ...)
{
	char command[400];
	int size = snprintf(command, sizeof(command), "cd %s && { ", folder);
	va_list args;

	va_start(args, format);
	size += vsnprintf(command + size, sizeof(command) - (size_t)size, format, args);
	va_end(args);
	snprintf(command + size, sizeof(command) - (size_t)size, "; } 2> /dev/null");
	if (system(command) == -1)
		abort();
}

// These two without a shell: they are called in each trial.
static void copy_folder(const char *from, const char *to)
{
	static char octets[1 << 20];
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, to);
	mkdir(path, 0700);
	snprintf(path, sizeof(path), "%s/%s/data.mdb", folder, from);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t size = read(fd, octets, sizeof(octets));
	close(fd);
	snprintf(path, sizeof(path), "%s/%s/data.mdb", folder, to);
	fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0600);
	if (size < 0 || write(fd, octets, (size_t)size) != size)
		abort();
	close(fd);
}

static void remove_folder(const char *name)
{
	char path[200];

	snprintf(path, sizeof(path), "%s/%s", folder, name);
	DIR *dir = opendir(path);
	if (!dir)
		return;
	for (const struct dirent *entry = readdir(dir); entry; entry = readdir(dir))
		unlinkat(dirfd(dir), entry->d_name, 0);
	closedir(dir);
	rmdir(path);
}

static struct spool *open_at(const char *dir)
{
	struct spool_settings settings = {.size = 1 << 22, .memory = 1 << 20, .keep_s = 600, .patience_s = 600};

	snprintf(settings.dir, sizeof(settings.dir), "%s/%s", folder, dir);
	memset(&registry, 0, sizeof(registry));
	return spool_open(&settings, &registry, reason, sizeof(reason));
}

static uint32_t body_of(uint64_t number, uint8_t *body)
{
	uint32_t size = number % 5 == 0 ? BODY_MAX - (uint32_t)number : 40 + (uint32_t)number * 7;

	for (uint32_t i = 0; i < size; i++)
		body[i] = (uint8_t)(number * 31 + i * 7);
	return size;
}

static void put(struct spool *s, uint64_t number)
{
	uint8_t body[BODY_MAX];
	struct stream *stream = &registry.slots[0];

	stream->used = true;
	memset(stream->hello.stream, 1, sizeof(stream->hello.stream));
	const struct spool_frame frame = {.kind = SPOOL_RECORDS,
		.stream = stream,
		.number = number,
		.records = 1,
		.sightings = 1000 + number,
		.size = body_of(number, body),
		.body = body};
	while (spool_put(s, &frame) == -ENOBUFS)
		usleep(1000);
}

static bool is_safe(struct spool *s, uint64_t number)
{
	for (int i = 0; i < 40000 && spool_safe(s, &registry.slots[0]) < number; i++)
		usleep(500);
	return spool_safe(s, &registry.slots[0]) >= number;
}

static void begin(void)
{
	// in memory where there is room for that: hundreds of files are synced
	snprintf(folder, sizeof(folder), "%s/lookback-unit.XXXXXX",
		access("/dev/shm", W_OK) == 0 ? "/dev/shm" : "/tmp");
	CU_ASSERT_PTR_NOT_NULL_FATAL(mkdtemp(folder));
	struct spool *s = open_at("whole");
	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	for (uint64_t n = 1; n <= BATCHES; n++) {
		put(s, n);
		if (n == BATCHES / 2) { // an older state of the same spool
			CU_ASSERT_FATAL(is_safe(s, n));
			shell("cp -r whole older");
		}
	}
	CU_ASSERT_FATAL(is_safe(s, BATCHES));
	spool_close(s);
}

// Returns NULL, or what is wrong with batches 1…last of the spool.
static const char *fault_of(struct spool *s, uint64_t last)
{
	struct spool_batch b = {.body = NULL};
	uint8_t body[BODY_MAX];
	uint64_t n = 0;

	if (spool_first(s) != 1 || spool_last(s) != last)
		return "numbers";
	while (n < last && spool_read(s, n + 1, &b, 0) && b.number == n + 1 && b.size == body_of(n + 1, body) &&
		memcmp(b.body, body, b.size) == 0)
		n++;
	spool_batch_free(&b);
	spool_damage(s, reason, sizeof(reason));
	if (n < last)
		return "a batch is missing";
	return reason[0] ? reason : NULL;
}

// What a start finds in the folder in this moment: as after a kill.
static const char *fault_after_kill(uint64_t last)
{
	static struct stream_registry saved;

	copy_folder("spool", "killed");
	saved = registry;
	uint64_t damaged = collector_stats.spool_damaged;
	struct spool *s = open_at("killed");
	const char *fault = !s					      ? reason
			    : registry.slots[0].received != last      ? "stream"
			    : collector_stats.spool_damaged > damaged ? "looks damaged"
								      : fault_of(s, last);
	spool_close(s);
	remove_folder("killed");
	registry = saved;
	return fault;
}

// changes ──────────────────────────────────────────────────────────────────────────────────────

static const struct change changes[] = {{"folder deleted", "rm -rf spool"}, {"folder moved", "mv spool elsewhere"},
	{"folder replaced by a copy", "cp -r spool copy; mv spool elsewhere; mv copy spool"},
	{"folder replaced by an older one", "mv spool elsewhere; cp -r older spool"},
	{"folder replaced by an empty one", "mv spool elsewhere; mkdir spool"}, {"data deleted", "rm spool/data.mdb"},
	{"data moved", "mv spool/data.mdb away.mdb"},
	{"data replaced by a copy", "cp spool/data.mdb copy.mdb; mv copy.mdb spool/data.mdb"},
	{"data replaced by an older one", "cp older/data.mdb copy.mdb; mv copy.mdb spool/data.mdb"},
	{"all files deleted", "rm spool/*"}, {"lock deleted", "rm spool/lock"},
	{"lock of LMDB deleted", "rm spool/lock.mdb"}, {"both locks deleted", "rm spool/lock spool/lock.mdb"},
	{"lock taken by another process", "rm spool/lock; flock spool/lock sleep 0.3 & sleep 0.1"}};

enum { CHANGES = sizeof(changes) / sizeof(changes[0]), LOCK_TAKEN = CHANGES - 1 };

static void check(const char *fault, const struct change *change, unsigned call)
{
	if (!fault)
		return;
	printf("\n%s before call %u: %s ", change->name, call, fault);
	CU_FAIL("see above");
}

// Two more frames, and what a start would find. The spool's thread looks at the files before it commits and after it: with
// the second frame it has seen the change.
static void go_on(struct spool *s, const struct change *change, unsigned call)
{
	uint64_t next = BATCHES + 1;

	put(s, next);
	bool well = is_safe(s, next);
	bool made = disarm();
	put(s, ++next);
	well &= is_safe(s, next);
	const char *fault = well ? fault_of(s, next) : "frames are no longer accepted";
	check(fault ? fault : fault_after_kill(next), change, call);
	at = made ? at : UINT_MAX;
}

// One trial: `first` is done, then `change` before call number `call` of what follows.
static void in_use(const char *first, const struct change *change, unsigned call)
{
	struct spool *s = open_at("spool");

	CU_ASSERT_PTR_NOT_NULL_FATAL(s);
	if (*first)
		shell("%s", first);
	arm(change, call);
	go_on(s, change, call);
	spool_close(s);
}

static void at_start(const char *first, const struct change *change, unsigned call)
{
	if (*first)
		shell("%s", first);
	arm(change, call);
	ours = false;
	struct spool *s = open_at("spool");
	ours = true;
	if (!disarm())
		at = UINT_MAX;
	if (seen && !s && change != &changes[LOCK_TAKEN])
		check(reason, change, call);
	if (seen && s)
		go_on(s, change, call);
	spool_close(s);
}

// Before each call, until there is no such call; in a process of its own.
static void sweep_change(void (*trial)(const char *, const struct change *, unsigned), const char *first,
	const struct change *change)
{
	unsigned call = 0;

	begin();
	for (; call < CALLS_MAX && CU_get_number_of_failures() == 0; call++) {
		remove_folder("spool");
		remove_folder("elsewhere");
		copy_folder("whole", "spool");
		trial(first, change, call);
		if (at == UINT_MAX)
			break;
	}
	if (call < CALLS_MIN || call == CALLS_MAX)
		check("number of calls", change, call);
	if (getenv("LOOKBACK_VERBOSE"))
		printf("\n%s: %u calls ", change->name, call);
	shell("cd /; rm -r %s", folder);
	fflush(stdout);
	_exit(CU_get_number_of_failures() > 0);
}

// All changes side by side: most of the time is spent waiting.
static void sweep(void (*trial)(const char *, const struct change *, unsigned), const char *first)
{
	int status;

	fflush(stdout);
	for (size_t i = 0; i < CHANGES; i++) {
		pid_t child = fork();
		CU_ASSERT_FATAL(child >= 0);
		if (child == 0)
			sweep_change(trial, first, &changes[i]);
	}
	for (size_t i = 0; i < CHANGES; i++)
		CU_ASSERT(wait(&status) > 0 && status == 0);
}

static void during_commit(void)
{
	sweep(in_use, "");
}

static void during_repair(void)
{
	sweep(in_use, "rm -r spool");
}

static void during_start(void)
{
	sweep(at_start, "");
}

// All batches can be read, but not by LMDB.
static void during_start_of_damaged(void)
{
	sweep(at_start,
		"for at in 40 4136; do yes | head -c 100 | dd of=spool/data.mdb bs=1 seek=$at conv=notrunc; done");
}

int main(void)
{
	static const struct unit_test tests[] = {{"during_commit", during_commit}, {"during_repair", during_repair},
		{"during_start", during_start}, {"during_start_of_damaged", during_start_of_damaged}};

	ours = true;
	log_init("unit", LOG_LEVEL_INFO);
	if (!getenv("LOOKBACK_VERBOSE") && !freopen("/dev/null", "w", stderr))
		return 1;
	return unit_run("collector_spool_windows", tests, sizeof(tests) / sizeof(tests[0]));
}
