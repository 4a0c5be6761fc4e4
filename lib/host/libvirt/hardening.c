/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hardening - see hardening.h, and systemd.exec(5). */
#include "lib/host/libvirt/hardening.h"

#include "lib/base/banned.h"

/* linux/capability.h */
enum { SYS_MODULE = 16, SYS_RAWIO = 17, SYS_RESOURCE = 24, MKNOD = 27 };

static int64_t find_daemon(const struct vh_root *root, const char **ret_name)
{
	static const char *const daemons[] = { "libvirtd", "virtqemud" };

	for (size_t i = 0; i < VH_COUNT(daemons); i++) {
		int64_t pid = vh_root_read_int(root, "run/%s.pid", daemons[i]);

		if (pid <= 0 || !vh_root_exists(root, "proc/%lld", (long long)pid))
			continue;
		*ret_name = daemons[i];
		return pid;
	}
	return 0;
}

/* Those that the daemon and its children can have at most; all where it cannot be told. */
static uint64_t read_capabilities(const struct vh_root *root, int64_t pid)
{
	_auto_free_ char *text = vh_root_read(root, "proc/%lld/status", (long long)pid);
	const char *at = text ? strstr(text, "CapBnd:") : NULL;
	unsigned long long set;

	return at && sscanf(at, "CapBnd: %llx", &set) == 1 ? set : UINT64_MAX;
}

static bool has(uint64_t set, int capability)
{
	return set >> capability & 1;
}

/* ID PARENT MAJOR:MINOR ROOT /sys OPTIONS: that of the last mount there counts. */
static bool is_sysfs_read_only(const struct vh_root *root, int64_t pid)
{
	_auto_free_ char *text = vh_root_read(root, "proc/%lld/mountinfo", (long long)pid);
	char *rest = text, *line;
	bool is = false;

	while ((line = strsep(&rest, "\n"))) {
		char at[8], options[4];

		if (sscanf(line, "%*s %*s %*s %*s %7s %3[^, ]", at, options) == 2 &&
		    !strcmp(at, "/sys"))
			is = !strcmp(options, "ro");
	}
	return is;
}

/* "Max locked memory         8388608              8388608              bytes" */
static bool is_locking_limited(const struct vh_root *root, int64_t pid)
{
	static const char row[] = "Max locked memory";
	_auto_free_ char *text = vh_root_read(root, "proc/%lld/limits", (long long)pid);
	const char *at = text ? strstr(text, row) : NULL;
	char hard[24];

	return at && sscanf(at + strlen(row), "%*s %23s", hard) == 1 &&
	       strcmp(hard, "unlimited") != 0;
}

/* An empty directory stands for what may not be seen: no system has modules of no kernel at all. In
 * a snapshot it is not a directory. */
static bool is_hidden(const struct vh_root *root)
{
	_auto_names_ struct vh_names kernels = { 0 };

	return vh_root_list(root, &kernels, "lib/modules") == 0 && !kernels.count;
}

void vh_hardening_read(const struct vh_root *root, struct vh_host *h)
{
	struct vh_hardening *d = &h->hardening;
	const char *name = NULL;
	int64_t pid = find_daemon(root, &name);
	uint64_t set = pid ? read_capabilities(root, pid) : UINT64_MAX;

	d->no_modules = is_hidden(root) || !has(set, SYS_MODULE);
	d->own_devices = !has(set, SYS_RAWIO) && !has(set, MKNOD);
	d->read_only = pid && is_sysfs_read_only(root, pid);
	d->no_locking = !has(set, SYS_RESOURCE) && is_locking_limited(root, pid);
	d->daemon = name;
}
