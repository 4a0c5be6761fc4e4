/* SPDX-License-Identifier: GPL-2.0-or-later */
/* handed - see handed.h. */
#include "lib/case/handed.h"

#include "lib/base/unit.h"
#include "lib/case/surroundings.h"
#include "lib/host/function.h"
#include "lib/host/module-options.h"
#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

void vh_handed_clear(struct vh_handed *h)
{
	for (size_t i = 0; i < h->count; i++) {
		struct vh_handed_dev *d = &h->devs[i];

		vh_names_clear(&d->units);
		vh_names_clear(&d->modules);
		vh_names_clear(&d->consoles);
		vh_names_clear(&d->framebuffers);
		free(d->states);
		free(d->others);
		free(d->driver_module);
	}
	free(h->devs);
	vh_units_clear(&h->units);
	*h = (struct vh_handed){ 0 };
}

/* --- modules ------------------------------------------------------------------------------------ */

/* Who updates the kernel may lose the modules of the one that runs, and insmod takes any file.
 * Where no kernel has any in the usual place they are somewhere else. */
static bool can_return(const struct vh_root *root, const struct vh_host *h, const char *name)
{
	enum vh_tri there = vh_surroundings_has_module(root, h, name);

	if (there == VH_NO)
		return vh_module_options_is_led(root, name);
	if (there != VH_UNKNOWN || !root->live || !h->release)
		return there != VH_NO;
	return vh_root_exists(root, "lib/modules/%s", h->release) ||
	       !vh_root_has_entries(root, "lib/modules");
}

/* What is built into the kernel has a directory too, if it has parameters, but is used by nobody. */
static enum vh_module_state module_state(const struct vh_root *root, const struct vh_host *h,
					 const char *name)
{
	if (!vh_root_exists(root, "sys/module/%s", name))
		return VH_MODULE_OUT;
	if (!vh_root_exists(root, "sys/module/%s/refcnt", name))
		return VH_MODULE_BUILT_IN;
	return can_return(root, h, name) ? VH_MODULE_IN : VH_MODULE_ORPHAN;
}

static char *module_of(const struct vh_root *root, const char *driver)
{
	return vh_root_link_name(root, "sys/bus/pci/drivers/%s/module", driver);
}

/* The kernel unloads the driver of an idle device as well, and of a network interface that is up:
 * only who has one open counts as a user. */
static void read_others(struct vh_handed_dev *d, const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, "sys/bus/pci/devices")); /* it has devices */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *driver = NULL, *module = NULL;
		struct vh_pci_addr addr;
		bool vfio;

		if (vh_pci_parse(names.name[i], &addr) < 0 || !vh_pci_cmp(&addr, &d->addr) ||
		    vh_function_driver(root, &addr, &driver, &vfio) < 0 || !driver)
			continue;
		module = module_of(root, driver);
		for (size_t k = 0; module && k < d->modules.count; k++)
			if (d->states[k] == VH_MODULE_IN && !strcmp(d->modules.name[k], module))
				*VH_APPEND(d->others, d->n_others) = (struct vh_handed_other){
					.addr = addr,
					.module = d->modules.name[k],
				};
	}
}

static void read_modules(struct vh_handed_dev *d, const struct vh_root *root,
			 const struct vh_host *h, const char *list)
{
	vh_unit_words(&d->modules, list);
	d->states = vh_alloc((d->modules.count + 1) * sizeof(*d->states));
	for (size_t i = 0; i < d->modules.count; i++)
		d->states[i] = module_state(root, h, d->modules.name[i]);
	if (d->modules.count && d->dev->driver)
		d->driver_module = module_of(root, d->dev->driver);
	if (d->modules.count)
		read_others(d, root);
}

/* --- consoles ----------------------------------------------------------------------------------- */

static bool has_console(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (vh_streq(d->uses[i].by, "console:"))
			return true;
	return false;
}

static bool has_boot_screen(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_devnodes; i++)
		if (!strcmp(d->devnodes[i].subsystem, VH_SUBSYSTEM_BOOT_SCREEN))
			return true;
	return false;
}

/* "(M) frame buffer device", and it is bound (drivers/tty/vt/vt.c) */
static void read_consoles(struct vh_handed_dev *d, const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(
		vh_root_list(root, &names, "sys/class/vtconsole")); /* that is told with the uses */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *name = vh_root_read(root, "sys/class/vtconsole/%s/name",
						      names.name[i]);

		if (name && strstr(name, "frame buffer") &&
		    vh_root_read_int(root, "sys/class/vtconsole/%s/bind", names.name[i]) == 1)
			vh_names_note(&d->consoles, "%s", names.name[i]);
	}
}

/* The device of the platform on which the kernel draws what the firmware left. */
static void read_framebuffers(struct vh_handed_dev *d, const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list_dirs(root, &names, "sys/devices/platform")); /* there may be none */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *driver = NULL;

		if (!strstr(names.name[i], "-framebuffer."))
			continue;
		driver = vh_root_link_name(root, "sys/devices/platform/%s/driver", names.name[i]);
		if (driver)
			vh_names_note(&d->framebuffers, "%s@%s", names.name[i], driver);
	}
}

/* --- all of it ---------------------------------------------------------------------------------- */

static void read_dev(struct vh_handed_dev *d, const struct vh_root *root, const struct vh_host *h,
		     const struct vh_device_policy *p)
{
	vh_unit_words(&d->units, p->stop_units);
	read_modules(d, root, h, p->unload_modules);
	d->console = p->release_console;
	if (d->console && has_console(d->dev))
		read_consoles(d, root);
	if (d->console && has_boot_screen(d->dev))
		read_framebuffers(d, root);
}

void vh_handed_read(struct vh_handed *ret, const struct vh_root *root, const struct vh_host *h,
		    const struct vh_config *config, struct vh_names *unseen)
{
	_auto_names_ struct vh_names units = { 0 };

	*ret = (struct vh_handed){ 0 };
	for (size_t i = 0; i < h->n_devs; i++) {
		struct vh_device_policy p = vh_config_device(config, &h->devs[i]->addr);
		struct vh_handed_dev *d;

		if (h->devs[i]->hinted || h->devs[i]->on_vfio ||
		    !(p.stop_units || p.unload_modules || p.release_console))
			continue;
		d = VH_APPEND(ret->devs, ret->count);
		d->dev = h->devs[i];
		d->addr = h->devs[i]->addr;
		read_dev(d, root, h, &p);
		vh_names_note_all(&units, &d->units);
	}
	if (!units.count)
		return;
	vh_units_read(&ret->units, root, &units);
	for (size_t i = 0; i < ret->units.asked; i++)
		if (ret->units.list[i].load == VH_UNIT_UNKNOWN)
			vh_names_note(unseen, "%s: systemd says nothing of it",
				      ret->units.list[i].name);
}
