/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ownership - see ownership.h. Hardly any host has the setting, and of others nothing more is read. */
#include "lib/host/libvirt/ownership.h"

#include <sys/stat.h>

#include "lib/host/libvirt/qemu-conf.h"

#include "lib/base/banned.h"

/* Other than the line of systemd for the one node that everybody may open: KERNEL=="vfio",
 * OPTIONS+="static_node=vfio/vfio". */
static bool is_about_groups(const char *line)
{
	line += strspn(line, " \t");
	return *line != '#' && strstr(line, "vfio") && !strstr(line, "KERNEL==\"vfio\"");
}

static bool has_rule_in(const struct vh_root *root, const char *dir)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "%s", dir)); /* then it has none */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *text = vh_has_suffix(names.name[i], ".rules")
						 ? vh_root_read(root, "%s/%s", dir, names.name[i])
						 : NULL;
		char *rest = text, *line;

		while ((line = strsep(&rest, "\n")))
			if (is_about_groups(line))
				return true;
	}
	return false;
}

static bool has_rule(const struct vh_root *root)
{
	static const char *const dirs[] = { "etc/udev/rules.d", "run/udev/rules.d",
					    "usr/local/lib/udev/rules.d", "usr/lib/udev/rules.d",
					    "lib/udev/rules.d" };

	for (size_t i = 0; i < VH_COUNT(dirs); i++)
		if (has_rule_in(root, dirs[i]))
			return true;
	return false;
}

/* Somebody opens them to others in another way, if one that is there is open. */
static bool has_open_node(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	if (root->live)
		VH_IGNORE(vh_root_list(root, &names, "dev/vfio")); /* then there is none */
	for (size_t i = 0; i < names.count; i++) {
		struct stat st;
		uint64_t number;

		if (vh_parse_uint(names.name[i], 10, INT32_MAX, &number) == 0 &&
		    vh_root_stat(root, &st, true, "dev/vfio/%s", names.name[i]) == 0 &&
		    (st.st_uid || (st.st_mode & 0066)))
			return true;
	}
	return false;
}

void vh_ownership_read(const struct vh_root *root, struct vh_ownership *ret)
{
	_auto_free_ char *given = vh_qemu_conf_value(root, "dynamic_ownership");
	_auto_free_ char *user = NULL;
	char *rest, *name;

	*ret = (struct vh_ownership){ 0 };
	if (!given || *given != '0' || has_rule(root) || has_open_node(root))
		return;
	rest = user = vh_qemu_conf_value(root, "user");
	name = user ? vh_qemu_conf_quoted(&rest) : NULL;
	if (name && (!strcmp(name, "root") || !strcmp(name, "0") || !strcmp(name, "+0")))
		return;
	ret->closed = true;
	ret->user = name ? vh_strdup(name) : NULL;
}
