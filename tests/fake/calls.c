/* SPDX-License-Identifier: GPL-2.0-or-later */
/* calls - libc's functions, found before libc's own. */
#undef _FORTIFY_SOURCE
#include "tests/fake/calls.h"

#include <dirent.h>
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/stat.h>
#include <poll.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/time.h>

#include "tests/fake/fake-impl.h"

/* Shared by the processes of one operation. */
static struct {
	enum calls_how how;
	int at, calls, changes;
	char hit[24], only[24];
} * shared;

static int outside = 1; /* of the operation: depth */
static const struct vh_root *the_root;
static struct vh_root_ops ops;

bool calls_counts_changes(enum calls_how how)
{
	return how == CALLS_FULL || how == CALLS_NO_INODES || how == CALLS_READ_ONLY;
}

void calls_set(enum calls_how how, int at)
{
	if (!shared)
		shared = mmap(NULL, sizeof(*shared), PROT_READ | PROT_WRITE,
			      MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (shared == MAP_FAILED)
		abort();
	memset(shared, 0, sizeof(*shared));
	shared->how = how;
	shared->at = at;
}

void calls_only(const char *name)
{
	snprintf(shared->only, sizeof(shared->only), "%s", name);
}

int calls_counted(enum calls_how how)
{
	return calls_counts_changes(how) ? shared->changes : shared->calls;
}

const char *calls_hit(void)
{
	return *shared->hit ? shared->hit : NULL;
}

/* --- what goes wrong -------------------------------------------------------------------------- */

static void hit(const char *name)
{
	snprintf(shared->hit, sizeof(shared->hit), "%s", name);
}

/* Counts a call. The errno with which it fails, or 0. */
static int call(const char *name, int error)
{
	int n;

	if (outside || !shared || (*shared->only && strcmp(name, shared->only) != 0))
		return 0;
	n = __atomic_fetch_add(&shared->calls, 1, __ATOMIC_SEQ_CST);
	if (n != shared->at || shared->how == CALLS_COUNT || calls_counts_changes(shared->how))
		return 0;
	hit(name);
	if (shared->how == CALLS_FAIL)
		return error;
	outside++;
	fake_end(the_root, shared->how == CALLS_KILL ? "group" : "self");
	return 0;
}

/* One that changes what is on the disk. `makes`: it needs a new file, and not only room. */
static int change(const char *name, int error, bool makes, bool removes)
{
	int fails = call(name, error), n;

	if (outside || !shared)
		return fails;
	n = __atomic_fetch_add(&shared->changes, 1, __ATOMIC_SEQ_CST);
	if (n < shared->at || !calls_counts_changes(shared->how))
		return fails;
	if (shared->how == CALLS_READ_ONLY) {
		hit(name);
		return EROFS;
	}
	if (removes || (shared->how == CALLS_NO_INODES && !makes))
		return fails;
	hit(name);
	return ENOSPC;
}

/* Fails with it, or calls libc's. */
#define REAL(name)                     \
	static __typeof__(&name) real; \
	if (!real)                     \
	real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)
#define OR_FAIL_WITH(failure, fails)    \
	do {                            \
		int error_ = (fails);   \
		if (error_) {           \
			errno = error_; \
			return failure; \
		}                       \
	} while (0)
#define OR_FAIL(fails) OR_FAIL_WITH(-1, fails)

/* --- the fake kernel's own -------------------------------------------------------------------- */

static int out_write(const struct vh_root *root, const char *path, const char *value)
{
	int rc;

	outside++;
	rc = fake_kernel_ops.write(root, path, value);
	outside--;
	return rc;
}

static int out_load_module(const struct vh_root *root, const char *name, bool anyway)
{
	int rc;

	outside++;
	rc = fake_kernel_ops.load_module(root, name, anyway);
	outside--;
	return rc;
}

static int out_try_group(const struct vh_root *root, int group)
{
	int rc;

	outside++;
	rc = fake_kernel_ops.try_group(root, group);
	outside--;
	return rc;
}

static int out_try_exclusive(const struct vh_root *root, const char *name)
{
	int rc;

	outside++;
	rc = fake_kernel_ops.try_exclusive(root, name);
	outside--;
	return rc;
}

static int out_hold(const struct vh_root *root, const char *name)
{
	int rc;

	outside++;
	rc = fake_kernel_ops.hold(root, name);
	outside--;
	return rc;
}

static void out_step(const struct vh_root *root, const char *what)
{
	outside++;
	fake_kernel_ops.step(root, what);
	outside--;
}

/* A netlink socket, on the machine itself. */
static char *routes(const struct vh_root *root)
{
	OR_FAIL_WITH(NULL, call("netlink", ENOBUFS));
	return vh_root_read(root, "routes");
}

void calls_begin(struct stage *st)
{
	ops = (struct vh_root_ops){
		.write = out_write,
		.load_module = out_load_module,
		.try_group = out_try_group,
		.try_exclusive = out_try_exclusive,
		.hold = out_hold,
		.routes = routes,
		.step = out_step,
	};
	st->s->root.ops = &ops;
	the_root = st->root;
	outside = 0;
}

/* --- libc's ---------------------------------------------------------------------------------- */

pid_t fork(void)
{
	REAL(fork);
	OR_FAIL(call("fork", EAGAIN));
	return real();
}

static int open_fails(const char *name, int dir, const char *path, int flags)
{
	struct stat st;
	int saved = outside, there;

	if (!(flags & (O_CREAT | O_TRUNC)))
		return call(name, EMFILE);
	outside++;
	there = fstatat(dir, path, &st, AT_SYMLINK_NOFOLLOW);
	outside = saved;
	/* a file that is there is opened also on a disk that is full */
	if (there == 0 && !(flags & O_EXCL)) {
		int fails = call(name, EMFILE);

		return fails || !shared || outside || shared->how != CALLS_READ_ONLY
			       ? fails
			       : change(name, EMFILE, true, false);
	}
	return change(name, EMFILE, true, false);
}

int open(const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;
	REAL(open);

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	OR_FAIL(open_fails("open", AT_FDCWD, path, flags));
	return real(path, flags, mode);
}

int openat(int dir, const char *path, int flags, ...)
{
	va_list ap;
	mode_t mode;
	REAL(openat);

	va_start(ap, flags);
	mode = flags & O_CREAT ? va_arg(ap, mode_t) : 0;
	va_end(ap);
	OR_FAIL(open_fails("openat", dir, path, flags));
	return real(dir, path, flags, mode);
}

int __openat_2(int dir, const char *path, int flags);
int __openat_2(int dir, const char *path, int flags)
{
	return openat(dir, path, flags);
}

/* openat2(2) alone is asked for by number, and close_range(2), pidfd_open(2) by tests. */
long syscall(long number, ...)
{
	long a[6];
	va_list ap;
	REAL(syscall);

	va_start(ap, number);
	for (int i = 0; i < 6; i++)
		a[i] = va_arg(ap, long);
	va_end(ap);
	OR_FAIL(call(number != SYS_openat2                                  ? "syscall"
		     : vh_has_suffix((const char *)a[1], "driver_override") ? "driver_override"
									    : "openat2",
		     EMFILE));
	return real(number, a[0], a[1], a[2], a[3], a[4], a[5]);
}

ssize_t read(int fd, void *buf, size_t size)
{
	REAL(read);
	OR_FAIL(call("read", EIO));
	return real(fd, buf, size);
}

ssize_t write(int fd, const void *buf, size_t size)
{
	struct stat st;
	int saved = outside;
	bool file;
	REAL(write);

	outside++;
	file = fstat(fd, &st) == 0 && S_ISREG(st.st_mode);
	outside = saved;
	OR_FAIL(file ? change("write", ENOSPC, false, false) : call("write", EPIPE));
	return real(fd, buf, size);
}

ssize_t readlinkat(int dir, const char *path, char *buf, size_t size)
{
	REAL(readlinkat);
	OR_FAIL(call("readlinkat", ENOMEM));
	return real(dir, path, buf, size);
}

int renameat(int from_dir, const char *from, int to_dir, const char *to)
{
	REAL(renameat);
	OR_FAIL(change("renameat", ENOSPC, false, false));
	return real(from_dir, from, to_dir, to);
}

int unlinkat(int dir, const char *path, int flags)
{
	REAL(unlinkat);
	OR_FAIL(change("unlinkat", EIO, false, true));
	return real(dir, path, flags);
}

int mkdirat(int dir, const char *path, mode_t mode)
{
	REAL(mkdirat);
	OR_FAIL(change("mkdirat", ENOSPC, true, false));
	return real(dir, path, mode);
}

int flock(int fd, int how)
{
	REAL(flock);
	OR_FAIL(call("flock", ENOLCK));
	return real(fd, how);
}

int fstat(int fd, struct stat *st)
{
	REAL(fstat);
	OR_FAIL(call("fstat", EIO));
	return real(fd, st);
}

int fstatat(int dir, const char *path, struct stat *st, int flags)
{
	REAL(fstatat);
	OR_FAIL(call("fstatat", EIO));
	return real(dir, path, st, flags);
}

int statx(int dir, const char *path, int flags, unsigned int mask, struct statx *st)
{
	REAL(statx);
	OR_FAIL(call("statx", EIO));
	return real(dir, path, flags, mask, st);
}

ssize_t getdents64(int fd, void *buf, size_t size)
{
	REAL(getdents64);
	OR_FAIL(call("getdents64", EIO));
	return real(fd, buf, size);
}

int pipe2(int fds[2], int flags)
{
	REAL(pipe2);
	OR_FAIL(call("pipe2", EMFILE));
	return real(fds, flags);
}

int poll(struct pollfd *fds, nfds_t count, int timeout)
{
	REAL(poll);
	OR_FAIL(call("poll", EINTR));
	return real(fds, count, timeout);
}

int socket(int domain, int type, int protocol)
{
	REAL(socket);
	OR_FAIL(call("socket", EMFILE));
	return real(domain, type, protocol);
}

int sigaction(int number, const struct sigaction *action, struct sigaction *before)
{
	REAL(sigaction);
	OR_FAIL(call("sigaction", EINVAL));
	return real(number, action, before);
}

int setitimer(__itimer_which_t which, const struct itimerval *t, struct itimerval *before)
{
	REAL(setitimer);
	OR_FAIL(call("setitimer", EINVAL));
	return real(which, t, before);
}

int socketpair(int domain, int type, int protocol, int fds[2])
{
	REAL(socketpair);
	OR_FAIL(call("socketpair", EMFILE));
	return real(domain, type, protocol, fds);
}

ssize_t send(int fd, const void *buf, size_t size, int flags)
{
	REAL(send);
	OR_FAIL(call("send", ENOBUFS));
	return real(fd, buf, size, flags);
}

ssize_t recv(int fd, void *buf, size_t size, int flags)
{
	REAL(recv);
	OR_FAIL(call("recv", ENOBUFS));
	return real(fd, buf, size, flags);
}

int utimensat(int dir, const char *path, const struct timespec times[2], int flags)
{
	REAL(utimensat);
	OR_FAIL(change("utimensat", EIO, false, false));
	return real(dir, path, times, flags);
}

int pthread_create(pthread_t *thread, const pthread_attr_t *attr, void *(*run)(void *), void *arg)
{
	int error = call("pthread_create", EAGAIN);
	REAL(pthread_create);

	return error ? error : real(thread, attr, run, arg);
}

int sched_getaffinity(pid_t pid, size_t size, cpu_set_t *set)
{
	REAL(sched_getaffinity);
	OR_FAIL(call("sched_getaffinity", EINVAL));
	return real(pid, size, set);
}
