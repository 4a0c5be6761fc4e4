/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hook-install - see hook-install.h. */
#include "lib/host/libvirt/hook-install.h"

#include <errno.h>
#include <sys/stat.h>

#include "lib/host/host.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

#define PROGRAM "/vfio-hook-qemu"
#define HOOKS (&VH_HOOKSDIR[1]) /* below the root */
#define HOOK_TYPE "virt_hook_t" /* selinux-policy: virt.fc; entry to virt_hook_unconfined_t */
#define UUID_LEN 36

void vh_hook_install_free(struct vh_hook_install *i)
{
	if (!i)
		return;
	free(i->main.path);
	free(i->main.target);
	free(i->drop_in.path);
	free(i->drop_in.target);
	free(i->second);
	free(i->daemon);
	free(i->mislabelled);
	free(i->label);
	free(i);
}

static bool leads_to_us(const char *target)
{
	return target && (!strcmp(target, PROGRAM) || vh_has_suffix(target, PROGRAM));
}

/* Who writes a script to hooks/qemu with an editor or a download writes it through the link. */
static void look_behind(const struct vh_root *root, struct vh_hook_place *p)
{
	static const char elf[4] = { 0x7f, 'E', 'L', 'F' };
	char magic[sizeof(elf)];
	struct stat st;

	if (vh_root_stat(root, &st, true, "%s", p->path + 1) < 0) {
		p->missing = errno == ENOENT;
		p->executable = !p->missing; /* it cannot be seen, which is not a fault */
		return;
	}
	/* a manifest records no modes */
	p->executable = !root->live || (S_ISREG(st.st_mode) && (st.st_mode & 0111));
	if (vh_root_read_bytes(root, magic, sizeof(magic), "%s", p->path + 1) == sizeof(magic))
		p->overwritten = memcmp(magic, elf, sizeof(elf)) != 0;
}

/* Nothing, when nothing is at `name` below the directory of the hooks. */
static void read_place(const struct vh_root *root, const char *name, struct vh_hook_place *ret)
{
	struct stat st;

	if (vh_root_stat(root, &st, false, "%s/%s", HOOKS, name) < 0)
		return;
	ret->path = vh_printf("%s/%s", VH_HOOKSDIR, name);
	ret->target = vh_root_readlink(root, "%s/%s", HOOKS, name);
	ret->ours = leads_to_us(ret->target);
	if (ret->ours)
		look_behind(root, ret);
}

static void read_drop_in(const struct vh_root *root, const struct vh_names *names,
			 struct vh_hook_install *i)
{
	for (size_t n = 0; n < names->count; n++) {
		_auto_free_ char *name = vh_printf("qemu.d/%s", names->name[n]);
		_auto_free_ char *target = vh_root_readlink(root, "%s/%s", HOOKS, name);

		if (!leads_to_us(target))
			continue;
		if (!i->drop_in.path)
			read_place(root, name, &i->drop_in);
		else if (!i->second)
			i->second = vh_printf("%s/%s", VH_HOOKSDIR, name);
	}
}

/* --- does the daemon run it? ------------------------------------------------------------------- */

/* When the daemon started, -1 if none runs: a later one will find what is there. */
static int64_t read_daemon(const struct vh_root *root, struct vh_hook_install *i)
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

/* The program behind a link may be replaced at any time: what counts is the link's age. */
static bool is_older(const struct vh_root *root, const char *name, int64_t time)
{
	struct stat link, program;

	return vh_root_stat(root, &link, false, "%s/%s", HOOKS, name) == 0 &&
	       vh_root_stat(root, &program, true, "%s/%s", HOOKS, name) == 0 &&
	       S_ISREG(program.st_mode) && (program.st_mode & 0111) && link.st_ctim.tv_sec <= time;
}

static bool any_is_older(const struct vh_root *root, const struct vh_names *drop_ins, int64_t time)
{
	bool older = is_older(root, "qemu", time);

	for (size_t n = 0; n < drop_ins->count && !older; n++) {
		_auto_free_ char *name = vh_printf("qemu.d/%s", drop_ins->name[n]);

		older = is_older(root, name, time);
	}
	return older;
}

/* The hook writes files that begin with a domain's UUID; what is done by hand has another name. */
static bool is_trace_since(const struct vh_root *root, const char *dir, int64_t time)
{
	_auto_names_ struct vh_names names = { 0 };
	struct stat st;

	if (vh_root_list(root, &names, "%s", dir) < 0)
		return false;
	for (size_t n = 0; n < names.count; n++)
		if (strcspn(names.name[n], ".") == UUID_LEN &&
		    vh_root_stat(root, &st, false, "%s/%s", dir, names.name[n]) == 0 &&
		    st.st_mtim.tv_sec > time)
			return true;
	return false;
}

static enum vh_tri read_found(const struct vh_root *root, const struct vh_hook_install *i,
			      const struct vh_names *drop_ins, int64_t daemon_start)
{
	const struct vh_hook_place *ours = i->main.ours ? &i->main : &i->drop_in;
	struct stat st;

	if (daemon_start < 0 || !ours->path ||
	    vh_root_stat(root, &st, false, "%s", ours->path + 1) < 0)
		return VH_UNKNOWN;
	return any_is_older(root, drop_ins, daemon_start) ||
			       is_trace_since(root, "run/vfio-hook", st.st_ctim.tv_sec) ||
			       is_trace_since(root, "var/lib/vfio-hook", st.st_ctim.tv_sec)
		       ? VH_YES
		       : VH_NO;
}

/* --- SELinux ----------------------------------------------------------------------------------- */

/* USER:ROLE:TYPE:LEVEL. What cannot be read is not a fault. */
static bool is_mislabelled(const char *label)
{
	_auto_free_ char *text = label ? vh_strdup(label) : NULL;
	char *rest = text, *type = NULL;

	for (int i = 0; i < 3; i++)
		type = strsep(&rest, ":");
	return type && strcmp(type, HOOK_TYPE) != 0;
}

/* The link is read, the program behind it is run: only its label lets it leave the daemon's
 * domain. */
static void read_labels(const struct vh_root *root, const struct vh_hook_place *p,
			struct vh_hook_install *i)
{
	for (int follow = 0; follow <= 1 && p->ours && !p->missing && !i->mislabelled; follow++) {
		_auto_free_ char *label = vh_root_label(root, follow, "%s", p->path + 1);

		if (!is_mislabelled(label))
			continue;
		i->mislabelled = vh_strdup(follow ? p->target : p->path);
		i->label = VH_STEAL(label);
	}
}

/* "VALUE PENDING" (security/selinux/selinuxfs.c); a policy without the boolean has no such rule */
static void read_selinux(const struct vh_root *root, struct vh_hook_install *i)
{
	_auto_free_ char *enforce = vh_root_read(root, "sys/fs/selinux/enforce");
	_auto_free_ char *hooks = vh_root_read(root,
					       "sys/fs/selinux/booleans/virt_hooks_unconfined");

	if (!enforce || *enforce != '1' || !hooks)
		return;
	i->selinux_off = *hooks == '0';
	read_labels(root, &i->main, i);
	read_labels(root, &i->drop_in, i);
}

struct vh_hook_install *vh_hook_install_read(const struct vh_root *root, struct vh_host *h)
{
	_auto_names_ struct vh_names drop_ins = { 0 };
	struct vh_hook_install *i;
	struct stat st;

	/* a copy of a system need not have it; and others may not look into it */
	if (vh_root_stat(root, &st, true, "%s/.", HOOKS) < 0 && (!root->live || errno != ENOENT)) {
		vh_host_not_checked(h, "whether the hook is installed: %s: %s", VH_HOOKSDIR,
				    errno == ENOENT ? "not recorded" : strerror(errno));
		return NULL;
	}
	if (!root->live) /* start of a process, modes and times of files */
		vh_host_not_checked(
			h, "whether libvirt knows of the hook, and may run it: not recorded");
	i = vh_alloc(sizeof(*i));
	VH_IGNORE(vh_root_list(root, &drop_ins, "%s/qemu.d", HOOKS));
	read_place(root, "qemu", &i->main);
	read_drop_in(root, &drop_ins, i);
	i->found = read_found(root, i, &drop_ins, read_daemon(root, i));
	read_selinux(root, i);
	return i;
}
