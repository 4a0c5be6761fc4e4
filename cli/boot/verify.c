/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * verify - is what was generated in the image that boots, and in effect now? Told by
 * sysfs, the image and the note of the boot script; never by the kernel's log, which may have
 * lost its beginning.
 */
#include "cli/boot/boot.h"

#include <sys/stat.h>

#include "cli/render/json.h"
#include "cli/output.h"
#include "cli/render/render.h"
#include "lib/base/backend.h"
#include "lib/boot/system.h"
#include "lib/host/read.h"

#include "lib/base/banned.h"

enum image {
	IMAGE_NOT_CHECKED,
	IMAGE_HAS,
	IMAGE_HAS_NOT,
	IMAGE_OLD,
	IMAGE_NO_MODULE,
	IMAGE_UNREADABLE,
};
static const char *const image_words[] = {
	[IMAGE_NOT_CHECKED] = "not-checked", [IMAGE_HAS] = "yes",
	[IMAGE_HAS_NOT] = "no",              [IMAGE_OLD] = "old",
	[IMAGE_NO_MODULE] = "no-module",     [IMAGE_UNREADABLE] = "unreadable",
};

struct row {
	const struct vh_early_dev *want; /* NULL: taken at this boot, and configured no more */
	struct vh_pci_addr addr;
	const struct vh_pci_dev *dev;    /* NULL: not there */
	char *at_boot;
	char *problem;                   /* NULL: as it should be */
};

struct kernel {
	char *release;
	char *path;                      /* of its image, below the root; NULL: none is found */
	enum image state;
	char *why;                       /* for people */
};

struct verify {
	struct vh_cli *cli;
	struct vh_early *early;
	const struct vh_host *host;
	struct kernel *kernels;          /* that have an image, and the one that runs */
	size_t n_kernels;
	char *script;                    /* what it said of itself: off, failed; or NULL */
	struct row *rows;
	size_t n_rows;
	size_t problems;
};

/* --- the images ---------------------------------------------------------------------------- */

static bool is_older(const struct vh_root *root, const char *image)
{
	struct stat made, configured;

	return vh_root_stat(root, &made, true, "%s", image) == 0 &&
	       vh_root_stat(root, &configured, true, VH_EARLY_PATH) == 0 &&
	       (made.st_mtim.tv_sec < configured.st_mtim.tv_sec ||
		(made.st_mtim.tv_sec == configured.st_mtim.tv_sec &&
		 made.st_mtim.tv_nsec < configured.st_mtim.tv_nsec));
}

static void image_is(struct kernel *k, enum image state, char *why)
{
	k->state = state;
	k->why = why;
}

static void judge_image(const struct verify *v, struct kernel *k, enum vh_initramfs initramfs,
			const char *list)
{
	bool has = strstr(list, vh_boot_name_in_image(initramfs)) != NULL;
	bool module = strstr(list, "/vfio-pci.ko") ||
		      vh_boot_is_builtin(&v->cli->root, k->release, "vfio-pci");

	if (!v->early)
		image_is(k, has ? IMAGE_HAS : IMAGE_HAS_NOT,
			 vh_strdup(has ? "still holds the boot script" : "holds nothing of ours"));
	else if (!has)
		image_is(k, IMAGE_HAS_NOT, vh_strdup("does not hold the boot script"));
	else if (!module)
		image_is(k, IMAGE_NO_MODULE, vh_strdup("holds the boot script, and no vfio-pci"));
	else if (is_older(&v->cli->root, k->path))
		image_is(k, IMAGE_OLD, vh_strdup("is older than the configuration"));
	else
		image_is(k, IMAGE_HAS, vh_strdup("holds the boot script and vfio-pci"));
}

static void list_image(const struct verify *v, struct kernel *k, enum vh_initramfs initramfs)
{
	_auto_strbuf_ struct vh_strbuf list = { 0 };
	_auto_free_ char *path = vh_printf("/%s", k->path);
	const char *lister = vh_initramfs_lister(initramfs);
	int rc = vh_run((const char *const[]){ lister, path, NULL }, &list);

	if (rc < 0)
		image_is(k, IMAGE_NOT_CHECKED, vh_printf("not looked into: no %s here", lister));
	else if (rc > 0 || !list.data)
		image_is(k, IMAGE_UNREADABLE, vh_printf("cannot be read by %s", lister));
	else
		judge_image(v, k, initramfs, list.data);
}

static void look_into_image(const struct verify *v, struct kernel *k)
{
	const struct vh_root *root = &v->cli->root;
	enum vh_initramfs i = v->early ? v->early->initramfs : vh_initramfs_detect(root);

	if (!k->path)
		image_is(k, IMAGE_NOT_CHECKED, vh_strdup("no image of the running kernel found"));
	else if (i == VH_INITRAMFS_NONE)
		image_is(k, IMAGE_NOT_CHECKED, vh_strdup("not looked into: what made it is not known"));
	else if (!root->live)
		image_is(k, IMAGE_NOT_CHECKED, vh_strdup("not looked into: of another system"));
	else if (!vh_backend_privileged())
		image_is(k, IMAGE_NOT_CHECKED, vh_strdup("not looked into: only root may read it"));
	else
		list_image(v, k, i);
}

static bool is_running(const struct verify *v, const struct kernel *k)
{
	return vh_streq(v->host->release, k->release);
}

static void add_kernel(struct verify *v, const char *release)
{
	char *path = vh_boot_image(&v->cli->root, release);
	struct kernel *k;

	/* modules without an image: of a kernel that is gone, or boots without one */
	if (!path && !vh_streq(v->host->release, release))
		return;
	k = VH_APPEND(v->kernels, v->n_kernels);
	k->release = vh_strdup(release);
	k->path = path;
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

static bool image_is_wrong(const struct verify *v, const struct kernel *k)
{
	if (k->state == IMAGE_NOT_CHECKED)
		return false;
	return v->early ? k->state != IMAGE_HAS : k->state == IMAGE_HAS;
}

/* --- the devices ---------------------------------------------------------------------------- */

static bool is_same(const struct vh_early_dev *e, const struct vh_pci_dev *d)
{
	return e->vendor == d->vendor && e->device == d->device && e->subvendor == d->subvendor &&
	       e->subdevice == d->subdevice && e->class == d->class;
}

/* What is wrong with it, or NULL. */
static char *judge_row(const struct verify *v, const struct row *r)
{
	const struct vh_pci_dev *d = r->dev;

	if (!d)
		return vh_strdup("is not there");
	if (!is_same(r->want, d))
		return vh_printf("is not the device that was meant (%04x:%04x), and is %s",
				 r->want->vendor, r->want->device,
				 d->on_vfio ? "on vfio-pci all the same" : "left alone");
	if (!d->on_vfio && !r->at_boot && vh_streq(v->script, "off"))
		return vh_strdup("is not on vfio-pci: vfio-hook.boot=off on the kernel command "
				 "turned the boot script off");
	if (!d->on_vfio && !r->at_boot)
		return vh_strdup("is not on vfio-pci: it has not been booted with this "
				 "configuration yet");
	if (!d->on_vfio)
		return vh_printf("is not on vfio-pci now; at boot: %s", r->at_boot);
	if (v->early->by_id)
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

static struct row *add_row(struct verify *v, const struct vh_pci_addr *addr)
{
	struct row *r = VH_APPEND(v->rows, v->n_rows);

	r->addr = *addr;
	r->dev = vh_host_dev(v->host, addr);
	r->at_boot = vh_early_at_boot(&v->cli->root, addr);
	return r;
}

/* What the boot script took and nobody wants any more stays until the next boot. */
static void add_leftovers(struct verify *v)
{
	for (size_t i = 0; i < v->host->n_devs; i++) {
		const struct vh_pci_dev *d = v->host->devs[i];
		_auto_free_ char *at_boot = vh_early_at_boot(&v->cli->root, &d->addr);
		bool known = false;

		for (size_t k = 0; v->early && k < v->early->count; k++)
			known |= !vh_pci_cmp(&v->early->devs[k].addr, &d->addr);
		if (!known && d->on_vfio && at_boot &&
		    (vh_streq(at_boot, "bound") || vh_streq(at_boot, "late")))
			add_row(v, &d->addr)->problem =
				vh_strdup("was taken at this boot, and is no longer configured: it "
					  "returns to its own driver at the next boot");
	}
}

static void look_at_devices(struct verify *v)
{
	v->script = vh_early_at_boot(&v->cli->root, NULL);
	for (size_t i = 0; v->early && i < v->early->count; i++) {
		struct row *r = add_row(v, &v->early->devs[i].addr);

		r->want = &v->early->devs[i];
		r->problem = judge_row(v, r);
	}
	add_leftovers(v);
	for (size_t i = 0; i < v->n_rows; i++)
		v->problems += v->rows[i].problem != NULL;
	for (size_t i = 0; i < v->n_kernels; i++)
		v->problems += image_is_wrong(v, &v->kernels[i]);
}

/* --- the answer ----------------------------------------------------------------------------- */

static void put_text(const struct verify *v)
{
	bool by_id = v->early && v->early->by_id;

	if (v->early)
		printf("configured: %zu device%s, by %s, %s\n", v->early->count,
		       v->early->count == 1 ? "" : "s", by_id ? "id" : "address",
		       vh_initramfs_str(v->early->initramfs));
	else
		puts("configured: nothing");
	for (size_t i = 0; i < v->n_kernels; i++) {
		const struct kernel *k = &v->kernels[i];

		printf("image: %s%s%s%s%s\n", k->path ? "/" : "", k->path ? k->path : "",
		       k->path ? " " : "", k->why,
		       v->n_kernels > 1 && is_running(v, k) ? " (of the running kernel)" : "");
	}
	for (size_t i = 0; i < v->n_rows; i++) {
		const struct row *r = &v->rows[i];

		printf("%s: ", vh_pci_str(&r->addr).s);
		vh_put(stdout, r->problem ? r->problem
			       : by_id ? "is on vfio-pci"
				       : "is on vfio-pci; at boot no other driver had it before");
		putchar('\n');
	}
	printf("%zu problem%s\n", v->problems, v->problems == 1 ? "" : "s");
}

static struct json_object *image_object(const struct verify *v, const struct kernel *k)
{
	_auto_free_ char *path = k->path ? vh_printf("/%s", k->path) : NULL;
	struct json_object *e = json_object_new_object();

	add(e, "kernel", string(k->release));
	add(e, "running", json_object_new_boolean(is_running(v, k)));
	add(e, "path", string(path));
	add(e, "state", string(image_words[k->state]));
	return e;
}

static void put_json(const struct verify *v)
{
	struct json_object *doc = document(), *boot = json_object_new_object();
	struct json_object *images = json_object_new_array(), *rows = json_object_new_array();

	add(boot, "configured", json_object_new_boolean(v->early != NULL));
	add(boot, "by", v->early ? string(v->early->by_id ? "id" : "address") : NULL);
	add(boot, "initramfs", v->early ? string(vh_initramfs_str(v->early->initramfs)) : NULL);
	for (size_t i = 0; i < v->n_kernels; i++)
		json_object_array_add(images, image_object(v, &v->kernels[i]));
	add(boot, "images", images);
	for (size_t i = 0; i < v->n_rows; i++) {
		const struct row *r = &v->rows[i];
		struct json_object *e = json_object_new_object();

		add(e, "address", address(&r->addr));
		add(e, "configured", json_object_new_boolean(r->want != NULL));
		add(e, "id", r->want ? id(r->want->vendor, r->want->device) : NULL);
		add(e, "present", json_object_new_boolean(r->dev != NULL));
		add(e, "driver", r->dev ? string(r->dev->driver) : NULL);
		add(e, "override", r->dev ? string(r->dev->override) : NULL);
		add(e, "at_boot", string(r->at_boot));
		add(e, "problem", string(r->problem));
		json_object_array_add(rows, e);
	}
	add(boot, "devices", rows);
	add(doc, "boot", boot);
	vh_json_print(doc);
}

static void clear(struct verify *v)
{
	for (size_t i = 0; i < v->n_rows; i++) {
		free(v->rows[i].at_boot);
		free(v->rows[i].problem);
	}
	free(v->rows);
	for (size_t i = 0; i < v->n_kernels; i++) {
		free(v->kernels[i].release);
		free(v->kernels[i].path);
		free(v->kernels[i].why);
	}
	free(v->kernels);
	free(v->script);
	vh_host_free(v->host);
	vh_early_free(v->early);
}

int vh_boot_verify(struct vh_cli *cli)
{
	_auto_error_ struct vh_error err = { 0 };
	struct verify v = { .cli = cli };
	int rc;

	if (vh_early_read(&cli->root, &v.early, &err) < 0) {
		vh_error_report(cli, NULL, &err);
		return VH_EXIT_USAGE;
	}
	v.host = vh_host_read(&cli->root, NULL, 0, VH_HOST_ALL | VH_HOST_OVERRIDES, INT64_MAX);
	look_into_images(&v);
	look_at_devices(&v);
	if (cli->format == VH_FORMAT_JSON)
		put_json(&v);
	else
		put_text(&v);
	rc = v.problems ? VH_EXIT_FINDINGS : VH_EXIT_OK;
	clear(&v);
	return rc;
}
