/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * soak - hours in minutes, on one machine of the fake kernel:
 *
 *	soak concurrent SECONDS SEED   16 domains at once on overlapping groups, mixed with detach,
 *	                               reattach and looking, and with random kills
 *	soak rounds COUNT SEED         one domain after the other with random faults; descriptors
 *	                               and memory stay flat
 *
 * Prints what it did, and ends with 1 if a device was lost, owned twice or never came home.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#ifdef HAVE_MALLINFO2
#include <malloc.h>
#endif
#include <stdarg.h>
#include <signal.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>

#include "lib/case/claims.h"
#include "lib/host/read.h"
#include "tests/fake/fake-tree.h"
#include "tests/fake/stage.h"

#define DOMAINS 16
#define STUCK_AFTER 300 /* seconds for one operation: a deadlock */

/* Shared by all workers. */
struct tally {
	int rounds, prepared, refused, killed, by_hand, faults, violations;
};

static struct tally *tally;

static void count(int *what)
{
	__atomic_fetch_add(what, 1, __ATOMIC_RELAXED);
}

__attribute__((format(printf, 1, 2))) static void violation(const char *fmt, ...)
{
	va_list ap;

	va_start(ap, fmt);
	fputs("violation: ", stdout);
	vprintf(fmt, ap);
	putchar('\n');
	va_end(ap);
	fflush(stdout);
	count(&tally->violations);
}

/* xorshift: the same with every C library */
static uint32_t random_below(uint32_t *seed, uint32_t n)
{
	*seed ^= *seed << 13;
	*seed ^= *seed >> 17;
	*seed ^= *seed << 5;
	return *seed % n;
}

static void pause_up_to(uint32_t *seed, uint32_t ms)
{
	struct timespec ts = { 0, random_below(seed, ms * 1000) * 1000L };

	nanosleep(&ts, NULL);
}

/*
 * The kernel finishes a write whose process was killed, and the process is not gone before. So
 * here each write is done by a process that nobody kills; what the writer has open, it has too.
 */
static int write_to_the_end(const struct vh_root *root, const char *path, const char *value)
{
	pid_t pid = fork();
	int status;

	if (pid < 0)
		return -errno;
	if (pid == 0) {
		setpgid(0, 0);
		prctl(PR_SET_PDEATHSIG, 0);
		_exit(-fake_kernel_ops.write(root, path, value) & 0xff);
	}
	while (waitpid(pid, &status, 0) < 0)
		if (errno != EINTR)
			return -errno;
	return -WEXITSTATUS(status);
}

/* --- one worker ------------------------------------------------------------------------------ */

struct worker {
	struct stage *st;
	uint32_t seed;
	char uuid[37];
	bool kills; /* some of its operations are killed */
};

typedef int operation(struct stage *st, const struct vh_domain *d);

/* The kernel ends what a process that is killed has begun, and so does systemd. */
static void kill_all(const struct vh_root *root, pid_t group)
{
	_auto_close_ int still = fake_between_writes(root);

	kill(-group, SIGKILL);
}

/* Runs the operation in processes of its own, and kills all of them now and then. Returns what
 * it returned, or SIGKILL. */
static int run(struct worker *w, operation *op, const struct vh_domain *d)
{
	pid_t pid = fork();
	int status = 0;

	if (pid < 0) {
		violation("cannot fork: %s", strerror(errno));
		return -1;
	}
	if (pid == 0) {
		setpgid(0, 0);
		alarm(STUCK_AFTER);
		status = op(w->st, d);
		if (status < 0 && op == stage_prepare && w->st->err.code != VH_E_REFUSED &&
		    w->st->err.code != VH_E_TIMEOUT)
			violation("prepare: %s", w->st->err.what);
		fflush(stdout);
		_exit(status < 0 ? 1 : 0);
	}
	setpgid(pid, pid);
	if (w->kills && random_below(&w->seed, 4) == 0) {
		pause_up_to(&w->seed, 8);
		kill_all(w->st->root, pid);
	}
	if (waitpid(pid, &status, 0) != pid)
		violation("cannot wait: %s", strerror(errno));
	stage_wait_for_writers(w->st, d->uuid);
	if (!WIFSIGNALED(status))
		return -WEXITSTATUS(status);
	if (WTERMSIG(status) != SIGKILL)
		violation("signal %d ended an operation", WTERMSIG(status));
	count(&tally->killed);
	return SIGKILL;
}

static char *owner_file(const struct worker *w, const struct vh_domain *d, size_t i)
{
	_auto_free_ char *group = vh_root_link_name(w->st->root,
						    "sys/bus/pci/devices/%s/iommu_group",
						    vh_pci_str(&d->devices[i].addr).s);

	return vh_printf("owners/%s", group ? group : "none");
}

/* By hand a claim may be ended between the prepare and the start of its guest. */
static bool was_ended_by_hand(const struct worker *w, const char *uuid)
{
	return !stage_has_claim(w->st, uuid);
}

/* Somebody else's group: of one whose claim has been ended by hand it is not, any more. */
static void own_too(const struct worker *w, const char *file)
{
	_auto_close_ int fd = openat(w->st->root->fd, file, O_RDWR | O_CLOEXEC);
	char owner[37] = "";

	/* who has just made the file is about to write his name */
	for (int i = 0; fd >= 0 && pread(fd, owner, 36, 0) != 36 && i < 1000; i++)
		poll(NULL, 0, 1);
	if (fd >= 0 && strcmp(owner, w->uuid) && !was_ended_by_hand(w, owner))
		violation("%s has two owners", file);
	if (fd >= 0 && pwrite(fd, w->uuid, 36, 0) != 36)
		violation("%s cannot be written", file);
}

/* From a prepare that succeeded to the end of the guest its groups are ours alone. */
static void own(const struct worker *w, const struct vh_domain *d, bool mine)
{
	for (size_t i = 0; i < d->n_devices; i++) {
		_auto_free_ char *file = owner_file(w, d, i);
		_auto_free_ char *before = i ? owner_file(w, d, i - 1) : NULL;
		int fd;

		if (vh_streq(file, before)) /* two functions of one group */
			continue;
		if (!mine) {
			unlinkat(w->st->root->fd, file, 0);
			continue;
		}
		fd = openat(w->st->root->fd, file, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);
		if (fd < 0 && errno == EEXIST)
			own_too(w, file);
		if (fd >= 0 && write(fd, w->uuid, 36) != 36)
			violation("%s cannot be written", file);
		if (fd >= 0)
			close(fd);
	}
}

/*
 * Whoever reattaches by hand what a domain is being started with, or is being given back by
 * libvirt, takes it away: a person would look. So here these parts of a domain's life, and that
 * one, do not meet in one group. Closed with the descriptors.
 */
static int alive(const struct worker *w, const char *device, int how)
{
	_auto_free_ char *group = vh_root_link_name(w->st->root,
						    "sys/bus/pci/devices/%s/iommu_group", device);
	_auto_free_ char *path = vh_printf("alive-%s", group ? group : "none");
	int fd = openat(w->st->root->fd, path, O_RDWR | O_CREAT | O_CLOEXEC, 0600);

	if (fd >= 0 && flock(fd, how) < 0) {
		close(fd);
		fd = -1;
	}
	return fd;
}

static void live(struct worker *w, const struct vh_domain *d)
{
	char why[200] = "";

	own(w, d, true);
	if (fake_libvirt_prepare(w->st->root, d, why, sizeof(why)) < 0) {
		violation("prepared, but libvirt says: %s", why);
	} else {
		(void)run(w, stage_started, d);
		pause_up_to(&w->seed, 5);
		fake_libvirt_release(w->st->root, d);
	}
	own(w, d, false);
}

static void domain_round(struct worker *w)
{
	const struct stage_scene *scene =
		&stage_scenes[random_below(&w->seed, (uint32_t)stage_n_scenes)];
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(w->uuid, scene->devices);
	int r = run(w, stage_prepare, d), tries = 0;

	count(&tally->rounds);
	if (r == 0) {
		int fds[8];

		count(&tally->prepared);
		for (size_t i = 0; i < d->n_devices; i++)
			fds[i] = alive(w, vh_pci_str(&d->devices[i].addr).s, LOCK_SH);
		if (!was_ended_by_hand(w, d->uuid))
			live(w, d);
		for (size_t i = 0; i < d->n_devices; i++)
			close(fds[i]);
	} else if (r < 0) {
		count(&tally->refused);
	}
	/* libvirt calls release whatever came before; one that was killed is finished by the next */
	do
		r = run(w, stage_release, d);
	while (r != 0 && ++tries < 20);
	if (r != 0)
		violation("release does not end: %s", scene->devices);
}

static void by_hand_round(struct worker *w)
{
	static const char *const devices[] = { FOUR "2", ALONE, TWO "1", PINNED "0", SPLIT "1" };
	const char *device = devices[random_below(&w->seed, VH_COUNT(devices))];
	int fd;

	count(&tally->by_hand);
	(void)stage_detach(w->st, device);
	pause_up_to(&w->seed, 3);
	fd = alive(w, device, LOCK_EX | LOCK_NB);
	if (fd >= 0)
		(void)stage_reattach(w->st, device);
	if (fd >= 0)
		close(fd);
}

static void look(struct worker *w)
{
	const struct vh_host *h = vh_host_read(w->st->root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	_auto_claims_ struct vh_claims seen = { 0 };
	_auto_names_ struct vh_names unseen = { 0 };

	vh_claims_look(&seen, w->st->root, h, NULL, &unseen);
	vh_host_free(h);
}

static void work(struct worker *w, int64_t end)
{
	while (vh_now_ms() < end) {
		uint32_t what = random_below(&w->seed, 10);

		if (what < 7)
			domain_round(w);
		else if (what < 9)
			by_hand_round(w);
		else
			look(w);
	}
}

/* --- many at once ------------------------------------------------------------------------------ */

static void give_back_by_hand(struct stage *st)
{
	static const char *const devices[] = { FOUR "2", ALONE, TWO "1", PINNED "0", SPLIT "1" };

	for (size_t i = 0; i < VH_COUNT(devices); i++)
		(void)stage_reattach(st, devices[i]); /* most are home */
}

/* Who ends before his time leaves a guest, and nobody to release it. */
static void wait_for_worker(int number, pid_t pid)
{
	int status;

	if (waitpid(pid, &status, 0) != pid)
		violation("worker %d cannot be waited for: %s", number, strerror(errno));
	else if (status)
		violation("worker %d was ended by status 0x%x", number, (unsigned int)status);
}

/* What tells, afterwards, who was the last to move a device. */
static void show_traces(struct stage *st)
{
	_auto_names_ struct vh_names left = { 0 };
	_auto_free_ char *log = fake_log(st->root);

	VH_IGNORE(vh_root_list(st->root, &left, "run/vfio-hook"));
	for (size_t i = 0; i < left.count; i++)
		printf("left: %s\n", left.name[i]);
	printf("writes of vfio-hook, the last ones:\n%s",
	       strlen(log) > 4000 ? log + strlen(log) - 4000 : log);
}

static void run_concurrent(int seconds, uint32_t seed)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	struct vh_root_ops ops = fake_kernel_ops;
	pid_t pids[DOMAINS];

	ops.write = write_to_the_end;
	st->s->root.ops = &ops;
	mkdirat(st->root->fd, "owners", 0700);
	if (stage_detach(st, ALONE) < 0) /* which loads the module */
		violation("detach: %s", st->err.what);
	for (int i = 0; i < DOMAINS; i++) {
		struct worker w = { .st = st, .seed = seed + (uint32_t)i * 7919, .kills = true };

		snprintf(w.uuid, sizeof(w.uuid), "b0000000-0000-0000-0000-%012d", i + 1);
		pids[i] = fork();
		if (pids[i] == 0) {
			stage_add_process(st);
			work(&w, vh_now_ms() + seconds * 1000);
			fflush(stdout);
			_exit(0);
		}
	}
	for (int i = 0; i < DOMAINS; i++)
		wait_for_worker(i + 1, pids[i]);
	give_back_by_hand(st);
	if (!stage_is_home(st)) {
		violation("not everything is home");
		show_traces(st);
	}
}

/* --- one after the other ------------------------------------------------------------------------- */

static int count_descriptors(void)
{
	DIR *dir = opendir("/proc/self/fd");
	int n = 0;

	while (dir && readdir(dir))
		n++;
	if (dir)
		closedir(dir);
	return n;
}

/* 0 where the C library does not tell: before glibc 2.33, and musl. */
static size_t bytes_allocated(void)
{
#ifdef HAVE_MALLINFO2
	return mallinfo2().uordblks;
#else
	return 0;
#endif
}

static void set_fault(struct stage *st, uint32_t *seed)
{
	static const int errors[] = { EIO, EBUSY, ENODEV, EINVAL, ENOMEM };

	fake_reset(st->root);
	if (random_below(seed, 3) == 0)
		return;
	count(&tally->faults);
	fake_fault(st->root, "write %u errno %d", random_below(seed, 12),
		   errors[random_below(seed, VH_COUNT(errors))]);
}

static void faulty_round(struct stage *st, uint32_t *seed)
{
	const struct stage_scene *scene = &stage_scenes[random_below(seed, (uint32_t)stage_n_scenes)];
	_auto_(vh_domain) struct vh_domain *d = scratch_vm(VM1, scene->devices);
	char why[200];
	int tries = 0;

	count(&tally->rounds);
	set_fault(st, seed);
	if (stage_prepare(st, d) == 0) {
		count(&tally->prepared);
		if (fake_libvirt_prepare(st->root, d, why, sizeof(why)) == 0) {
			VH_IGNORE(stage_started(st, d));
			fake_libvirt_release(st->root, d);
		}
	}
	set_fault(st, seed);
	while (stage_release(st, d) < 0 && ++tries < 3)
		fake_reset(st->root);
	fake_reset(st->root);
	if (!stage_is_home(st))
		violation("'%s': not everything is home", scene->name);
	vh_strbuf_clear(&st->told);
}

static void run_rounds(int rounds, uint32_t seed)
{
	_auto_(stage) struct stage *st = stage_new(NULL);
	int descriptors = 0, descriptors_now;
	size_t memory = 0, memory_now;

	for (int i = 0; i < rounds; i++) {
		faulty_round(st, &seed);
		if (i == rounds / 4) { /* warm by now */
			descriptors = count_descriptors();
			memory = bytes_allocated();
		}
	}
	descriptors_now = count_descriptors();
	memory_now = bytes_allocated();
	printf("descriptors %d, then %d; bytes allocated %zu, then %zu\n", descriptors,
	       descriptors_now, memory, memory_now);
	if (descriptors_now != descriptors)
		violation("descriptors leak");
	/* exact only without malloc's caches: see t-soak.sh */
	if (memory_now != memory)
		violation("memory leaks");
}

int main(int argc, char **argv)
{
	int64_t start = vh_now_ms();
	uint64_t amount, seed;

	if (argc != 4 || vh_parse_uint(argv[2], 10, 1000000, &amount) < 0 ||
	    vh_parse_uint(argv[3], 10, INT32_MAX, &seed) < 0 || !seed) {
		fputs("usage: soak concurrent SECONDS SEED | rounds COUNT SEED\n", stderr);
		return 2;
	}
	tally = mmap(NULL, sizeof(*tally), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		     0);
	if (tally == MAP_FAILED)
		return 2;
	if (!strcmp(argv[1], "concurrent"))
		run_concurrent((int)amount, (uint32_t)seed);
	else
		run_rounds((int)amount, (uint32_t)seed);
	printf("%s, seed %d, %lld s: %d rounds, %d prepared, %d refused, %d killed, %d by hand, "
	       "%d faults: %d violations\n",
	       argv[1], (int)seed, (long long)(vh_now_ms() - start) / 1000, tally->rounds,
	       tally->prepared, tally->refused, tally->killed, tally->by_hand, tally->faults,
	       tally->violations);
	return tally->violations ? 1 : 0;
}
