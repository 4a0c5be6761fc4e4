/* SPDX-License-Identifier: GPL-2.0-or-later */
/* module - runs modprobe in a child; what counts is whether the driver is there then. */
#include "lib/act/module.h"

#include <errno.h>

#include "lib/base/child.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

struct load {
	const struct vh_root *root;
	const char *name;
};

static int load_in_child(void *arg)
{
	const struct load *load = arg;
	/* drivers that devices go back to were not asked for, and whoever unloaded them meant it */
	bool asked = !strcmp(load->name, "vfio-pci");
	int rc = load->root->ops->load_module(load->root, load->name, asked);

	return rc < 0 ? 1 : 0;
}

static bool is_there(const struct vh_act *act, const char *driver)
{
	return vh_root_exists(act->root, "sys/bus/pci/drivers/%s", driver);
}

static int not_there(const struct vh_act *act, const char *driver, const char *remedy,
		     struct vh_error *err)
{
	if (vh_root_read_int(act->root, "proc/sys/kernel/modules_disabled") == 1)
		return vh_fail(err, VH_E_SYS, 0,
			       "reboot, with the module in a file of /etc/modules-load.d",
			       "cannot load the module %s: kernel.modules_disabled is 1", driver);
	return vh_fail(err, VH_E_SYS, 0, remedy, "cannot load the module %s", driver);
}

int vh_module_load(const struct vh_act *act, const char *driver, struct vh_error *err)
{
	int64_t deadline = vh_now_ms() + act->config->timeout_write;
	struct load load = { act->root, driver };
	_auto_free_ char *word = NULL, *fix = NULL;
	struct vh_child child;

	if (is_there(act, driver))
		return 0;
	word = vh_shell_operand(driver);
	fix = vh_printf("modprobe %s   # and see what it says", word);
	vh_root_waits(act->root, "modprobe %s", driver);
	if (vh_child_start(&child, load_in_child, &load, &act->root->fd, 1) < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot run modprobe");
	if (!vh_child_wait(&child, 1, deadline < act->deadline ? deadline : act->deadline))
		return vh_fail(err, VH_E_TIMEOUT, 0, fix, "cannot load the module %s in time",
			       driver);
	/* modprobe is silent about a module that is there; the driver is what counts */
	return is_there(act, driver) ? 0 : not_there(act, driver, fix, err);
}
