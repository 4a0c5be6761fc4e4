/* SPDX-License-Identifier: GPL-2.0-or-later */
/* store - claim files by way of dir.c, and locks by flock(), for which whoever waits sleeps. */
#include "lib/state/store.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>

#include "lib/base/lock-holder.h"
#include "lib/base/lock.h"
#include "lib/base/uuid.h"

#include "lib/base/banned.h"

#define REMOVE "give its devices back by hand (virsh nodedev-reattach), then remove the file"
#define GLOBAL_LOCK "lock"

/* Owners are file names: a UUID, strictly, or "manual". */
static bool is_owner(const char *owner)
{
	char uuid[37];

	if (!strcmp(owner, VH_MANUAL))
		return true;
	return vh_uuid_parse(owner, uuid) == 0 && !strcmp(owner, uuid);
}

struct vh_dir vh_store_dir(const struct vh_store *s)
{
	return (struct vh_dir){ s->root, VH_STORE_DIR, REMOVE, s->dir };
}

int vh_store_open(struct vh_store *ret, const struct vh_root *root, bool create,
		  struct vh_error *err)
{
	struct vh_dir d = { root, VH_STORE_DIR, REMOVE, -1 };

	if (vh_dir_open(&d, create, err) < 0)
		return -1;
	*ret = (struct vh_store){ .root = root, .dir = d.fd };
	return 0;
}

void vh_store_close(struct vh_store *s)
{
	if (s->dir >= 0)
		close(s->dir);
	s->dir = -1;
}

bool vh_store_is_idle(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, VH_STORE_DIR) < 0)
		return errno == ENOENT;
	for (size_t i = 0; i < names.count; i++)
		if (strcmp(names.name[i], GLOBAL_LOCK))
			return false;
	return true;
}

/* --- locks ----------------------------------------------------------------------------------- */

static int open_lock(const struct vh_store *s, const char *name)
{
	int fd = openat(s->dir, name, O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);

	/* a directory that has become read-only: what is claimed still comes home */
	if (fd < 0 && errno == EROFS)
		fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	return fd;
}

/* Does the path still name the file that we have open? Its last holder may have unlinked it. */
static bool is_current(const struct vh_store *s, const char *name, int fd)
{
	struct stat mine, there;

	return fstat(fd, &mine) == 0 && fstatat(s->dir, name, &there, AT_SYMLINK_NOFOLLOW) == 0 &&
	       mine.st_ino == there.st_ino && mine.st_dev == there.st_dev;
}

static int not_free(const struct vh_store *s, const char *name, int fd, struct vh_error *err)
{
	_auto_free_ char *holder = vh_lock_holder(s->root, fd);

	return vh_fail(err, VH_E_TIMEOUT, 0, NULL, "'/" VH_STORE_DIR "/%s' is locked by %s", name,
		       holder ? holder
			      : "another vfio-hook, or by a write to a driver that does not return");
}

/* Of the claim's own lock, or of the global one, for whoever sits at a terminal. */
static void tell_waiting(const struct vh_store *s, const char *name, int fd)
{
	_auto_free_ char *holder = s->root->listener ? vh_lock_holder(s->root, fd) : NULL;

	vh_root_waits(s->root, "%s to unlock /" VH_STORE_DIR "/%s",
		      holder ? holder : "another vfio-hook", name);
}

static int lock_file(const struct vh_store *s, const char *name, int64_t deadline,
		     struct vh_error *err)
{
	for (;;) {
		int fd = open_lock(s, name), ms = 0;

		if (fd < 0)
			return vh_fail(err, VH_E_SYS, errno, NULL,
				       "cannot open '/" VH_STORE_DIR "/%s'", name);
		while (!vh_lock_take(fd, ms)) {
			if (vh_now_ms() >= deadline) {
				int rc = not_free(s, name, fd, err);

				close(fd);
				return rc;
			}
			vh_root_step(s->root, "wait for a lock");
			tell_waiting(s, name, fd);
			ms = vh_lock_next(ms, deadline);
		}
		if (is_current(s, name, fd))
			return fd;
		close(fd);
	}
}

int vh_store_lock_global(const struct vh_store *s, int64_t deadline, struct vh_error *err)
{
	return lock_file(s, GLOBAL_LOCK, deadline, err);
}

int vh_store_lock_claim(const struct vh_store *s, const char *owner, int64_t deadline,
			struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s.lock", owner);

	if (!is_owner(owner))
		return vh_fail(err, VH_E_INPUT, 0, NULL, "'%s' is not a UUID", owner);
	return lock_file(s, name, deadline, err);
}

enum vh_tri vh_store_lock_is_free(const struct vh_store *s, const char *owner)
{
	_auto_free_ char *name = vh_printf("%s.lock", owner);
	_auto_close_ int fd = -1;

	if (s->dir < 0)
		return VH_YES;
	fd = openat(s->dir, name, O_RDONLY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return errno == ENOENT ? VH_YES : VH_UNKNOWN;
	/* shared, so that those who only ask do not see each other */
	return flock(fd, LOCK_SH | LOCK_NB) == 0 ? VH_YES : VH_NO;
}

/* --- files ------------------------------------------------------------------------------------- */

/* `ret` stays empty when there is no such file. */
static int read_file(const struct vh_store *s, const char *name, struct vh_strbuf *ret,
		     struct vh_error *err)
{
	struct vh_dir d = vh_store_dir(s);

	return vh_dir_read(&d, name, ret, err);
}

static char *note_name(const char *owner)
{
	return vh_printf("%s.released", owner);
}

/* Of which start it is: a release may come late, when the next one has begun. */
static char *note_text(const struct vh_claim *c)
{
	return vh_printf("%lld.%09lld\n", (long long)c->since, (long long)c->since_ns);
}

/* What cannot be read is not noted: then others see a claim that they must not end. An empty note
 * was written where /run was full. */
bool vh_store_is_released(const struct vh_store *s, const struct vh_claim *c)
{
	_auto_free_ char *name = note_name(c->owner), *want = note_text(c);
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	_auto_error_ struct vh_error ignored = { 0 };

	return read_file(s, name, &text, &ignored) == 0 && text.data &&
	       (!*text.data || !strcmp(text.data, want));
}

int vh_store_note_released(const struct vh_store *s, const struct vh_claim *c, struct vh_error *err)
{
	_auto_free_ char *name = note_name(c->owner), *text = note_text(c);
	_auto_close_ int fd = -1;

	vh_root_step(s->root, "note that release was called");
	fd = openat(s->dir, name, O_WRONLY | O_CREAT | O_TRUNC | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot write '/" VH_STORE_DIR "/%s'",
			       name);
	vh_root_step(s->root, "release half noted");
	(void)!write(fd, text, strlen(text));
	vh_root_step(s->root, "release noted");
	return 0;
}

int vh_store_load(const struct vh_store *s, const char *owner, struct vh_claim **ret,
		  struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s.claim", owner);
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	struct vh_claim *claim;

	*ret = NULL;
	if (read_file(s, name, &text, err) < 0)
		return -1;
	if (!text.data)
		return 0;
	claim = vh_claim_parse(text.data, text.len, err);
	if (!claim) {
		if (err && !err->fix)
			err->fix = vh_strdup(REMOVE);
		return vh_wrap(err, "'/" VH_STORE_DIR "/%s'", name);
	}
	if (strcmp(claim->owner, owner)) {
		vh_claim_free(claim);
		return vh_fail(err, VH_E_INPUT, 0, REMOVE,
			       "'/" VH_STORE_DIR "/%s' is the claim of another owner", name);
	}
	claim->released |= vh_store_is_released(s, claim);
	*ret = claim;
	return 0;
}

static void remove_note(const struct vh_store *s, const char *owner)
{
	_auto_free_ char *name = note_name(owner);

	(void)unlinkat(s->dir, name, 0);
}

static int remove_claim(const struct vh_store *s, const char *owner, const char *name,
			struct vh_error *err)
{
	vh_root_step(s->root, "unlink claim");
	if (unlinkat(s->dir, name, 0) < 0 && errno != ENOENT)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot remove '/" VH_STORE_DIR "/%s'",
			       name);
	vh_root_step(s->root, "claim unlinked");
	remove_note(s, owner);
	return 0;
}

static int write_file(const struct vh_store *s, const char *temp, const char *name,
		      const char *text, struct vh_error *err)
{
	struct vh_dir d = vh_store_dir(s);

	return vh_dir_write(&d, temp, name, text, err);
}

static int save_locked(const struct vh_store *s, const struct vh_claim *c, struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s.claim", c->owner);
	_auto_free_ char *temp = vh_printf("%s.new", c->owner);
	_auto_free_ char *text = vh_claim_format(c);

	if (vh_claim_is_empty(c))
		return remove_claim(s, c->owner, name, err);
	/* first the note: version 1 said it in the claim */
	if (c->released && !vh_store_is_released(s, c))
		VH_IGNORE(vh_store_note_released(s, c, NULL));
	return write_file(s, temp, name, text, err);
}

int vh_store_save_new_locked(const struct vh_store *s, const struct vh_claim *c,
			     struct vh_error *err)
{
	remove_note(s, c->owner);
	return save_locked(s, c, err);
}

int vh_store_save(const struct vh_store *s, const struct vh_claim *c, int64_t deadline,
		  struct vh_error *err)
{
	_auto_close_ int global = vh_store_lock_global(s, deadline, err);

	return global < 0 ? -1 : save_locked(s, c, err);
}

void vh_store_unlock_claim(const struct vh_store *s, const char *owner, int lock)
{
	_auto_free_ char *claim = vh_printf("%s.claim", owner);
	_auto_free_ char *temp = vh_printf("%s.new", owner);
	_auto_free_ char *name = vh_printf("%s.lock", owner);
	_auto_close_ int global = -1;
	struct stat st;

	if (lock < 0)
		return;
	/* files that stay behind hurt nobody: so we do not wait for long */
	global = vh_store_lock_global(s, vh_now_ms() + 1000, NULL);
	if (global >= 0 && fstatat(s->dir, claim, &st, AT_SYMLINK_NOFOLLOW) < 0) {
		vh_root_step(s->root, "unlink lock");
		(void)unlinkat(s->dir, temp, 0);
		remove_note(s, owner);
		(void)unlinkat(s->dir, name, 0);
	}
	close(lock);
}

void vh_store_sweep(const struct vh_store *s, const char *owner)
{
	_auto_free_ char *name = vh_printf("%s.lock", owner);
	struct stat st;

	if (s->dir >= 0 && fstatat(s->dir, name, &st, AT_SYMLINK_NOFOLLOW) == 0)
		vh_store_unlock_claim(s, owner, vh_store_lock_claim(s, owner, 0, NULL));
}

int vh_store_owners(const struct vh_store *s, const char *suffix, struct vh_names *ret)
{
	_auto_names_ struct vh_names all = { 0 };

	memset(ret, 0, sizeof(*ret));
	if (s->dir < 0)
		return 0;
	if (vh_root_list(s->root, &all, VH_STORE_DIR) < 0)
		return errno == ENOENT ? 0 : -1;
	for (size_t i = 0; i < all.count; i++) {
		char *dot = strrchr(all.name[i], '.');

		if (!dot || strcmp(dot, suffix))
			continue;
		*dot = 0;
		if (is_owner(all.name[i]))
			*VH_APPEND(ret->name, ret->count) = vh_strdup(all.name[i]);
	}
	return 0;
}

int vh_store_list(const struct vh_store *s, struct vh_names *ret)
{
	return vh_store_owners(s, ".claim", ret);
}

int vh_store_list_locks(const struct vh_store *s, struct vh_names *ret)
{
	return vh_store_owners(s, ".lock", ret);
}
