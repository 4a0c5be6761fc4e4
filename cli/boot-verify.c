/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * boot-verify - is what was generated in the image that boots, and in effect now? Told by
 * sysfs, the image and the note of the boot script; never by the kernel's log, which may have
 * lost its beginning.
 */
#include "cli/boot.h"

#include <sys/stat.h>

#include "cli/json.h"
#include "cli/output.h"
#include "cli/render.h"
#include "lib/base/backend.h"
#include "lib/boot/system.h"

#include "lib/base/banned.h"

enum image { IMAGE_NOT_CHECKED, IMAGE_HAS, IMAGE_HAS_NOT, IMAGE_OLD, IMAGE_NO_MODULE };
static const char *const image_words[] = { "not-checked", "yes", "no", "old", "no-module" };

struct row {
	const struct vh_early_dev *want; /* NULL: taken at this boot, and configured no more */
	struct vh_pci_addr addr;
	const struct vh_pci_dev *dev;    /* NULL: not there */
	char *at_boot;
	char *problem;                   /* NULL: as it should be */
};

struct verify {
	struct vh_cli *cli;
	struct vh_early *early;
	struct vh_host *host;
	char *image;       /* its path, or NULL */
	enum image state;
	char *image_why;   /* for people */
	struct row *rows;
	size_t count;
	size_t problems;
};

/* --- the image ------------------------------------------------------------------------------ */

static bool is_older(const struct vh_root *root, const char *image)
{
	struct stat made, configured;

	return vh_root_stat(root, &made, true, "%s", image) == 0 &&
	       vh_root_stat(root, &configured, true, VH_EARLY_PATH) == 0 &&
	       (made.st_mtim.tv_sec < configured.st_mtim.tv_sec ||
		(made.st_mtim.tv_sec == configured.st_mtim.tv_sec &&
		 made.st_mtim.tv_nsec < configured.st_mtim.tv_nsec));
}

static void image_is(struct verify *v, enum image state, char *why)
{
	v->state = state;
	v->image_why = why;
}

static void judge_image(struct verify *v, enum vh_initramfs initramfs, const char *list)
{
	const char *release = v->host->release;
	bool has = strstr(list, vh_boot_name_in_image(initramfs)) != NULL;
	bool module = strstr(list, "/vfio-pci.ko") ||
		      vh_boot_is_builtin(&v->cli->root, release, "vfio-pci");

	if (!v->early)
		image_is(v, has ? IMAGE_HAS : IMAGE_HAS_NOT,
			 vh_strdup(has ? "still holds the boot script" : "holds nothing of ours"));
	else if (!has)
		image_is(v, IMAGE_HAS_NOT, vh_strdup("does not hold the boot script"));
	else if (!module)
		image_is(v, IMAGE_NO_MODULE, vh_strdup("holds the boot script, and no vfio-pci"));
	else if (is_older(&v->cli->root, v->image))
		image_is(v, IMAGE_OLD, vh_strdup("is older than the configuration"));
	else
		image_is(v, IMAGE_HAS, vh_strdup("holds the boot script and vfio-pci"));
}

static void look_into_image(struct verify *v)
{
	const struct vh_root *root = &v->cli->root;
	enum vh_initramfs i = v->early ? v->early->initramfs : vh_initramfs_detect(root);
	_auto_strbuf_ struct vh_strbuf list = { 0 };
	_auto_free_ char *path = NULL;
	const char *lister = vh_initramfs_lister(i);

	v->image = v->host->release ? vh_boot_image(root, v->host->release) : NULL;
	if (!v->image || i == VH_INITRAMFS_NONE) {
		image_is(v, IMAGE_NOT_CHECKED, vh_strdup("no image of the running kernel found"));
		return;
	}
	path = vh_printf("/%s", v->image);
	if (!root->live)
		image_is(v, IMAGE_NOT_CHECKED, vh_strdup("not looked into: of another system"));
	else if (!vh_backend_privileged())
		image_is(v, IMAGE_NOT_CHECKED, vh_strdup("not looked into: only root may read it"));
	else if (vh_run((const char *const[]){ lister, path, NULL }, &list) != 0 || !list.data)
		image_is(v, IMAGE_NOT_CHECKED, vh_printf("not looked into: %s failed", lister));
	else
		judge_image(v, i, list.data);
}

static bool image_is_wrong(const struct verify *v)
{
	if (v->state == IMAGE_NOT_CHECKED)
		return false;
	return v->early ? v->state != IMAGE_HAS : v->state == IMAGE_HAS;
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
		return vh_printf("is not the device that was meant (%04x:%04x), and is left alone",
				 r->want->vendor, r->want->device);
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
	struct row *r = VH_APPEND(v->rows, v->count);

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
	for (size_t i = 0; v->early && i < v->early->count; i++) {
		struct row *r = add_row(v, &v->early->devs[i].addr);

		r->want = &v->early->devs[i];
		r->problem = judge_row(v, r);
	}
	add_leftovers(v);
	for (size_t i = 0; i < v->count; i++)
		v->problems += v->rows[i].problem != NULL;
	v->problems += image_is_wrong(v);
}

/* --- the answer ----------------------------------------------------------------------------- */

static void put_text(const struct verify *v)
{
	if (v->early)
		printf("configured: %zu device%s, by %s, %s\n", v->early->count,
		       v->early->count == 1 ? "" : "s", v->early->by_id ? "id" : "address",
		       vh_initramfs_str(v->early->initramfs));
	else
		puts("configured: nothing");
	printf("image: %s%s%s%s\n", v->image ? "/" : "", v->image ? v->image : "",
	       v->image ? " " : "", v->image_why);
	for (size_t i = 0; i < v->count; i++) {
		const struct row *r = &v->rows[i];

		printf("%s: ", vh_pci_str(&r->addr).s);
		vh_put(stdout, r->problem ? r->problem
			       : v->early->by_id ? "is on vfio-pci"
						 : "is on vfio-pci, and no other driver has seen it "
						   "since boot");
		putchar('\n');
	}
	printf("%zu problem%s\n", v->problems, v->problems == 1 ? "" : "s");
}

static void put_json(const struct verify *v)
{
	struct json_object *doc = document(), *boot = json_object_new_object();
	struct json_object *image = json_object_new_object(), *rows = json_object_new_array();
	_auto_free_ char *path = v->image ? vh_printf("/%s", v->image) : NULL;

	add(image, "path", string(path));
	add(image, "state", string(image_words[v->state]));
	add(boot, "configured", json_object_new_boolean(v->early != NULL));
	add(boot, "by", v->early ? string(v->early->by_id ? "id" : "address") : NULL);
	add(boot, "initramfs", v->early ? string(vh_initramfs_str(v->early->initramfs)) : NULL);
	add(boot, "image", image);
	for (size_t i = 0; i < v->count; i++) {
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
	look_into_image(&v);
	look_at_devices(&v);
	if (cli->format == VH_FORMAT_JSON)
		put_json(&v);
	else
		put_text(&v);
	rc = v.problems ? VH_EXIT_FINDINGS : VH_EXIT_OK;
	for (size_t i = 0; i < v.count; i++) {
		free(v.rows[i].at_boot);
		free(v.rows[i].problem);
	}
	free(v.rows);
	free(v.image);
	free(v.image_why);
	vh_host_free(v.host);
	vh_early_free(v.early);
	return rc;
}
