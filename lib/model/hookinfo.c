/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hookinfo - see hookinfo.h. */
#include "lib/model/hookinfo.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/model/host.h"
#include "lib/model/process.h"

#include "lib/base/banned.h"

#define PROGRAM "/vfio-hook-qemu"
#define HOOKS (&VH_HOOKSDIR[1]) /* below the root */

void vh_hook_info_free(struct vh_hook_info *i)
{
	if (!i)
		return;
	free(i->main.path);
	free(i->main.target);
	free(i->drop_in.path);
	free(i->drop_in.target);
	free(i->daemon);
	free(i);
}

static bool leads_to_us(const char *target)
{
	size_t n = target ? strlen(target) : 0, k = strlen(PROGRAM);

	return n >= k && !strcmp(target + n - k, PROGRAM);
}

/* Who writes a script to hooks/qemu with an editor or a download writes it through the link. */
static void look_behind(const struct vh_root *root, struct vh_hook_place *p)
{
	static const char elf[4] = { 0x7f, 'E', 'L', 'F' };
	char magic[sizeof(elf)];
	struct stat st;

	if (vh_root_stat(root, &st, true, "%s", p->path + 1) < 0) {
		p->missing = errno == ENOENT;
		p->executable = !p->missing; /* it cannot be seen, which is no fault */
		return;
	}
	/* a manifest records no modes */
	p->executable = !root->live || (S_ISREG(st.st_mode) && (st.st_mode & 0111));
	if (vh_root_read_bytes(root, magic, sizeof(magic), "%s", p->path + 1) == sizeof(magic))
		p->overwritten = memcmp(magic, elf, sizeof(elf)) != 0;
}

/* 0, or -1 when nothing is at `name` below the directory of the hooks. */
static int read_place(const struct vh_root *root, const char *name, int64_t daemon_start,
		      struct vh_hook_place *ret)
{
	struct stat st;

	if (vh_root_stat(root, &st, false, "%s/%s", HOOKS, name) < 0)
		return -1;
	ret->path = vh_printf("%s/%s", VH_HOOKSDIR, name);
	ret->target = vh_root_readlink(root, "%s/%s", HOOKS, name);
	ret->ours = leads_to_us(ret->target);
	if (ret->ours)
		look_behind(root, ret);
	if (daemon_start >= 0)
		ret->newer = st.st_ctim.tv_sec > daemon_start ? VH_YES : VH_NO;
	return 0;
}

static void read_drop_in(const struct vh_root *root, int64_t daemon_start,
			 struct vh_hook_place *ret)
{
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list(root, &names, "%s/qemu.d", HOOKS) < 0)
		return;
	for (size_t i = 0; i < names.count && !ret->path; i++) {
		_auto_free_ char *name = vh_printf("qemu.d/%s", names.name[i]);
		_auto_free_ char *target = vh_root_readlink(root, "%s/%s", HOOKS, name);

		if (leads_to_us(target))
			VH_IGNORE(read_place(root, name, daemon_start, ret));
	}
}

/* When the daemon started, -1 if none runs: a later one will find what is there. */
static int64_t read_daemon(const struct vh_root *root, struct vh_hook_info *i)
{
	static const char *const daemons[] = { "libvirtd", "virtqemud" };

	for (size_t k = 0; root->live && k < VH_COUNT(daemons); k++) {
		int64_t pid = vh_root_read_int(root, "run/%s.pid", daemons[k]);
		int64_t start = pid > 0 ? vh_process_started_at(root, pid) : -1;

		if (start < 0)
			continue;
		i->daemon = vh_strdup(daemons[k]);
		return start;
	}
	return -1;
}

/* "VALUE PENDING" (security/selinux/selinuxfs.c); a policy without the boolean has no such rule */
static bool read_selinux(const struct vh_root *root)
{
	_auto_free_ char *enforce = vh_root_read(root, "sys/fs/selinux/enforce");
	_auto_free_ char *hooks =
		vh_root_read(root, "sys/fs/selinux/booleans/virt_hooks_unconfined");

	return enforce && *enforce == '1' && hooks && *hooks == '0';
}

struct vh_hook_info *vh_hook_info_read(const struct vh_root *root, struct vh_host *h)
{
	struct vh_hook_info *i;
	struct stat st;
	int64_t start;

	/* a copy of a system need not have it; and others may not look into it */
	if (vh_root_stat(root, &st, true, "%s/.", HOOKS) < 0 && (!root->live || errno != ENOENT)) {
		vh_host_not_checked(h, "whether the hook is installed: %s: %s", VH_HOOKSDIR,
				    errno == ENOENT ? "not recorded" : strerror(errno));
		return NULL;
	}
	if (!root->live) /* start of a process, modes and times of files */
		vh_host_not_checked(h, "whether libvirt knows of the hook, and may run it: not recorded");
	i = vh_alloc(sizeof(*i));
	start = read_daemon(root, i);
	VH_IGNORE(read_place(root, "qemu", start, &i->main));
	read_drop_in(root, start, &i->drop_in);
	i->selinux_off = read_selinux(root);
	return i;
}
