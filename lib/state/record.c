/* SPDX-License-Identifier: GPL-2.0-or-later */
/* record - a file for each domain, by way of dir.c; the lock is the directory's. */
#include "lib/state/record.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/uuid.h"
#include "lib/state/dir.h"

#include "lib/base/banned.h"

#define SUFFIX ".devices"
#define TEMP "new" /* the lock of the directory is held */
#define REMEDY "remove the file: the next start writes it again, and so does 'vfio-hook accept'"
#define WAIT_MS 1000 /* for somebody who writes one file */

static int open_dir(struct vh_dir *ret, const struct vh_root *root, bool create,
		    struct vh_error *err)
{
	*ret = (struct vh_dir){ root, VH_RECORD_DIR, REMEDY, -1 };
	return vh_dir_open(ret, create, err);
}

static int load(const struct vh_dir *d, const char *uuid, struct vh_identity **ret,
		struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s" SUFFIX, uuid);
	_auto_(vh_identity) struct vh_identity *i = NULL;
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	*ret = NULL;
	if (vh_dir_read(d, name, &text, err) < 0)
		return -1;
	if (!text.data)
		return 0;
	i = vh_identity_parse(text.data, text.len, err);
	if (!i)
		return vh_wrap(err, "'/" VH_RECORD_DIR "/%s'", name);
	if (strcmp(i->uuid, uuid))
		return vh_fail(err, VH_E_INPUT, 0, REMEDY,
			       "'/" VH_RECORD_DIR "/%s' is the record of another domain", name);
	*ret = VH_STEAL(i);
	return 0;
}

int vh_record_load(const struct vh_root *root, const char *uuid, struct vh_identity **ret,
		   struct vh_error *err)
{
	struct vh_dir d;
	int rc;

	*ret = NULL;
	if (open_dir(&d, root, false, err) < 0)
		return -1;
	rc = load(&d, uuid, ret, err);
	vh_dir_close(&d);
	return rc;
}

/* The UUID in a file's name, or NULL. */
static char *uuid_of(const char *name)
{
	_auto_free_ char *stem = NULL;
	const char *dot = strchr(name, '.');
	char uuid[37];

	if (!dot || strcmp(dot, SUFFIX))
		return NULL;
	stem = vh_strndup(name, dot - name);
	return vh_uuid_parse(stem, uuid) == 0 && !strcmp(uuid, stem) ? VH_STEAL(stem) : NULL;
}

static bool is_older(const struct timespec *a, const struct timespec *b)
{
	return a->tv_sec != b->tv_sec ? a->tv_sec < b->tv_sec : a->tv_nsec < b->tv_nsec;
}

static int find(const struct vh_dir *d, const char *wanted, struct vh_identity **ret,
		struct vh_error *err)
{
	_auto_names_ struct vh_names names = { 0 };
	struct timespec best = { 0 };
	struct stat st;

	if (d->fd < 0)
		return 0;
	if (vh_root_list(d->root, &names, VH_RECORD_DIR) < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/" VH_RECORD_DIR "'");
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *uuid = uuid_of(names.name[i]);
		_auto_(vh_identity) struct vh_identity *one = NULL;

		/* a damaged one says nothing about its name */
		if (!uuid || load(d, uuid, &one, NULL) < 0 || !one || strcmp(one->name, wanted) ||
		    fstatat(d->fd, names.name[i], &st, AT_SYMLINK_NOFOLLOW) < 0)
			continue;
		if (*ret && is_older(&st.st_mtim, &best))
			continue;
		best = st.st_mtim;
		vh_identity_free(*ret);
		*ret = VH_STEAL(one);
	}
	return 0;
}

int vh_record_find(const struct vh_root *root, const char *name, struct vh_identity **ret,
		   struct vh_error *err)
{
	struct vh_dir d;
	int rc;

	*ret = NULL;
	if (open_dir(&d, root, false, err) < 0)
		return -1;
	rc = find(&d, name, ret, err);
	vh_dir_close(&d);
	return rc;
}

/* --- writing ---------------------------------------------------------------------------------- */

static int save_locked(const struct vh_dir *d, const struct vh_identity *i, struct vh_error *err)
{
	_auto_free_ char *name = vh_printf("%s" SUFFIX, i->uuid);
	_auto_free_ char *text = vh_identity_format(i);
	_auto_strbuf_ struct vh_strbuf there = { 0 };
	struct stat st;

	if (!i->count) {
		if (unlinkat(d->fd, name, 0) < 0 && errno != ENOENT)
			return vh_fail(err, VH_E_SYS, errno, NULL,
				       "cannot remove '/" VH_RECORD_DIR "/%s'", name);
		return 0;
	}
	/* most starts find what they found the last time: then only its age changes */
	if (vh_dir_read(d, name, &there, NULL) == 0 && vh_streq(there.data, text) &&
	    utimensat(d->fd, name, NULL, AT_SYMLINK_NOFOLLOW) == 0)
		return 0;
	if (fstatat(d->fd, name, &st, AT_SYMLINK_NOFOLLOW) < 0)
		vh_dir_make_room(d, SUFFIX, VH_RECORDS_MAX);
	return vh_dir_write(d, TEMP, name, text, err);
}

int vh_record_save(const struct vh_root *root, const struct vh_identity *i, struct vh_error *err)
{
	struct vh_dir d;
	int rc = -1;

	if (open_dir(&d, root, i->count > 0, err) < 0)
		return -1;
	if (d.fd < 0)
		return 0;
	if (vh_dir_lock(&d, vh_now_ms() + WAIT_MS, err) == 0)
		rc = save_locked(&d, i, err);
	vh_dir_close(&d);
	return rc;
}
