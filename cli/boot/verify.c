/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify - is what was generated in the image that boots, and in effect now? Told by
 * sysfs, the image and the note of the boot script; never by the kernel's log, which may have
 * lost its beginning.
 */
#include "cli/boot/boot.h"

#include <sys/stat.h>

#include "cli/output.h"
#include "cli/progress.h"
#include "cli/render/render.h"
#include "lib/base/backend.h"
#include "lib/boot/system.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

struct verify {
	struct vh_cli *cli;
	struct vh_boot_binding *binding;
	const struct vh_host *host;
	char *script; /* what it said of itself: off, failed; or NULL */
	struct vh_boot_report report;
};

/* --- the images ---------------------------------------------------------------------------- */

static bool is_older(const struct vh_root *root, const char *image)
{
	struct stat made, configured;

	return vh_root_stat(root, &made, true, "%s", image) == 0 &&
	       vh_root_stat(root, &configured, true, VH_BOOT_BINDING_PATH) == 0 &&
	       (made.st_mtim.tv_sec < configured.st_mtim.tv_sec ||
		(made.st_mtim.tv_sec == configured.st_mtim.tv_sec &&
		 made.st_mtim.tv_nsec < configured.st_mtim.tv_nsec));
}

static void image_is(struct vh_system_image *k, enum vh_boot_state state, char *why)
{
	k->state = state;
	k->why = why;
}

static void judge_image(const struct verify *v, struct vh_system_image *k,
			enum vh_initramfs initramfs, const char *list)
{
	bool has = strstr(list, vh_boot_files_in_image(initramfs)) != NULL;
	bool module = strstr(list, "/vfio-pci.ko") ||
		      vh_system_is_builtin(&v->cli->root, k->release, "vfio-pci");

	if (!v->binding)
		image_is(k, has ? VH_IMAGE_HAS : VH_IMAGE_HAS_NOT,
			 vh_strdup(has ? "still holds the boot script" : "holds no boot script"));
	else if (!has)
		image_is(k, VH_IMAGE_HAS_NOT, vh_strdup("does not hold the boot script"));
	else if (!module)
		image_is(k, VH_IMAGE_NO_MODULE, vh_strdup("holds the boot script, and no vfio-pci"));
	else if (is_older(&v->cli->root, k->path))
		image_is(k, VH_IMAGE_OLD, vh_strdup("is older than the configuration"));
	else
		image_is(k, VH_IMAGE_HAS, vh_strdup("holds the boot script and vfio-pci"));
}

static void list_image(const struct verify *v, struct vh_system_image *k,
		       enum vh_initramfs initramfs)
{
	_auto_strbuf_ struct vh_strbuf list = { 0 };
	_auto_free_ char *path = vh_printf("/%s", k->path);
	const char *lister = vh_system_initramfs_lister(initramfs);
	int rc = vh_run((const char *const[]){ lister, path, NULL }, &list);

	if (rc < 0)
		image_is(k, VH_IMAGE_NOT_CHECKED, vh_printf("not looked into: no %s here", lister));
	else if (rc > 0 || !list.data)
		image_is(k, VH_IMAGE_UNREADABLE, vh_printf("cannot be read by %s", lister));
	else
		judge_image(v, k, initramfs, list.data);
}

static void look_into_image(const struct verify *v, struct vh_system_image *k)
{
	const struct vh_root *root = &v->cli->root;
	enum vh_initramfs i = v->binding ? v->binding->initramfs : vh_system_initramfs_detect(root);

	if (!k->path)
		image_is(k, VH_IMAGE_NOT_CHECKED, vh_strdup("no image of the running kernel found"));
	else if (i == VH_INITRAMFS_NONE)
		image_is(k, VH_IMAGE_NOT_CHECKED,
			 vh_strdup("not looked into: what made it is not known"));
	else if (!root->live)
		image_is(k, VH_IMAGE_NOT_CHECKED, vh_strdup("not looked into: of another system"));
	else if (!vh_backend_privileged())
		image_is(k, VH_IMAGE_NOT_CHECKED,
			 vh_strdup("not looked into: only root may read it"));
	else
		list_image(v, k, i);
}

static void add_kernel(struct verify *v, const char *release)
{
	char *path = vh_system_image(&v->cli->root, release);
	struct vh_system_image *k;

	/* modules without an image: of a kernel that is gone, or boots without one */
	if (!path && !vh_streq(v->host->release, release))
		return;
	k = VH_APPEND(v->report.images, v->report.n_images);
	k->release = vh_strdup(release);
	k->path = path;
	k->running = vh_streq(v->host->release, release);
	look_into_image(v, k);
}

/* Any of them may be the one that boots next. */
static void look_into_images(struct verify *v)
{
	_auto_names_ struct vh_names releases = { 0 };
	bool seen = false;

	VH_IGNORE(vh_root_list(&v->cli->root, &releases, "lib/modules")); /* then the running one */
	for (size_t i = 0; i < releases.count; i++) {
		seen |= vh_streq(releases.name[i], v->host->release);
		add_kernel(v, releases.name[i]);
	}
	if (!seen && v->host->release)
		add_kernel(v, v->host->release);
}

static bool image_is_wrong(const struct verify *v, const struct vh_system_image *k)
{
	if (k->state == VH_IMAGE_NOT_CHECKED)
		return false;
	return v->binding ? k->state != VH_IMAGE_HAS : k->state == VH_IMAGE_HAS;
}

/* --- the devices ---------------------------------------------------------------------------- */

static bool is_same(const struct vh_boot_binding_dev *e, const struct vh_pci_dev *d)
{
	return e->vendor == d->vendor && e->device == d->device && e->subvendor == d->subvendor &&
	       e->subdevice == d->subdevice && e->class == d->class;
}

/* What is wrong with it, or NULL. */
static char *judge_row(const struct verify *v, const struct vh_boot_device *r)
{
	const struct vh_pci_dev *d = r->dev;

	if (!d)
		return vh_strdup("is not there");
	if (!is_same(r->want, d))
		return vh_printf("is not the device that was meant (%04x:%04x), and is %s",
				 r->want->vendor, r->want->device,
				 d->on_vfio ? "on vfio-pci anyway" : "left alone");
	if (!d->on_vfio && !r->at_boot && vh_streq(v->script, "off"))
		return vh_strdup("is not on vfio-pci: vfio-hook.boot=off on the kernel command "
				 "turned the boot script off");
	if (!d->on_vfio && !r->at_boot)
		return vh_strdup("is not on vfio-pci: it has not been booted with this "
				 "configuration yet");
	if (!d->on_vfio)
		return vh_printf("is not on vfio-pci now; at boot: %s", r->at_boot);
	if (v->binding->by_id)
		return NULL;
	if (!r->at_boot)
		return vh_strdup("is on vfio-pci, but not from boot on: it has not been booted with "
				 "this configuration yet");
	if (vh_streq(r->at_boot, "late"))
		return vh_strdup("is on vfio-pci, and another driver had it first at boot: that is "
				 "part of the kernel, or was loaded before the boot script");
	if (!vh_streq(d->override, "vfio-pci"))
		return vh_strdup("is on vfio-pci, but its driver_override is gone: 'reattach' or "
				 "libvirt may give it to its own driver until the next boot");
	return NULL;
}

static struct vh_boot_device *add_row(struct verify *v, const struct vh_pci_addr *addr)
{
	struct vh_boot_device *r = VH_APPEND(v->report.devices, v->report.n_devices);

	r->addr = *addr;
	r->dev = vh_host_dev(v->host, addr);
	r->at_boot = vh_boot_binding_at_boot(&v->cli->root, addr);
	return r;
}

static bool is_configured(const struct vh_boot_binding *b, const struct vh_pci_addr *addr)
{
	for (size_t i = 0; b && i < b->count; i++)
		if (!vh_pci_cmp(&b->devs[i].addr, addr))
			return true;
	return false;
}

/* What the boot script took and nobody wants any more stays until the next boot. */
static void add_leftovers(struct verify *v)
{
	for (size_t i = 0; i < v->host->n_devs; i++) {
		const struct vh_pci_dev *d = v->host->devs[i];
		_auto_free_ char *at_boot = NULL;

		if (!d->on_vfio || is_configured(v->binding, &d->addr))
			continue;
		at_boot = vh_boot_binding_at_boot(&v->cli->root, &d->addr);
		if (vh_streq(at_boot, "bound") || vh_streq(at_boot, "late"))
			add_row(v, &d->addr)->problem = vh_strdup(
				"was taken at this boot, and is no longer configured: it "
				"returns to its own driver at the next boot");
	}
}

static void look_at_devices(struct verify *v)
{
	v->script = vh_boot_binding_at_boot(&v->cli->root, NULL);
	for (size_t i = 0; v->binding && i < v->binding->count; i++) {
		struct vh_boot_device *r = add_row(v, &v->binding->devs[i].addr);

		r->want = &v->binding->devs[i];
		r->problem = judge_row(v, r);
	}
	add_leftovers(v);
	for (size_t i = 0; i < v->report.n_devices; i++)
		v->report.problems += v->report.devices[i].problem != NULL;
	for (size_t i = 0; i < v->report.n_images; i++)
		v->report.problems += image_is_wrong(v, &v->report.images[i]);
}

/* --- the answer ----------------------------------------------------------------------------- */

static void clear(struct verify *v)
{
	for (size_t i = 0; i < v->report.n_devices; i++) {
		free(v->report.devices[i].at_boot);
		free(v->report.devices[i].problem);
	}
	free(v->report.devices);
	for (size_t i = 0; i < v->report.n_images; i++) {
		free(v->report.images[i].release);
		free(v->report.images[i].path);
		free(v->report.images[i].why);
	}
	free(v->report.images);
	free(v->script);
	vh_host_free(v->host);
	vh_boot_binding_free(v->binding);
}

int vh_boot_verify(struct vh_cli *cli)
{
	_auto_error_ struct vh_error err = { 0 };
	struct vh_output out = vh_choose_output(cli);
	struct verify v = { .cli = cli };
	struct vh_progress progress;
	int rc;

	if (vh_boot_binding_read(&cli->root, &v.binding, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	vh_progress_read(&progress, &cli->root);
	v.host = vh_host_read(&cli->root, NULL, 0, VH_HOST_ALL | VH_HOST_OVERRIDES, INT64_MAX);
	vh_progress_end(&progress);
	look_into_images(&v);
	look_at_devices(&v);
	v.report.binding = v.binding;
	out.r->boot(&out, &v.report);
	rc = v.report.problems ? VH_EXIT_FINDINGS : VH_EXIT_OK;
	clear(&v);
	return rc;
}
