/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-boot - the facts that `boot verify` has: what is configured, the images, the devices. */
#include "cli/render/fields.h"

#include "lib/host/boot-binding.h"

#include "lib/base/banned.h"

/* --- images --------------------------------------------------------------------------------- */

static char *state(const struct vh_subject *s)
{
	static const char *const words[] = {
		[VH_IMAGE_NOT_CHECKED] = "not-checked",
		[VH_IMAGE_HAS] = "yes",
		[VH_IMAGE_HAS_NOT] = "no",
		[VH_IMAGE_OLD] = "old",
		[VH_IMAGE_NO_MODULE] = "no-module",
		[VH_IMAGE_UNREADABLE] = "unreadable",
	};

	return vh_strdup(words[s->image->state]);
}

VH_FIELDS_GET(char *, kernel, vh_strdup(s->image->release))
VH_FIELDS_GET(enum vh_tri, running, vh_fields_is(s->image->running))
VH_FIELDS_GET(char *, path, s->image->path ? vh_printf("/%s", s->image->path) : NULL)
VH_FIELDS_GET(char *, path_words, s->image->path ? vh_printf("/%s ", s->image->path) : NULL)
VH_FIELDS_GET(char *, why, vh_strdup(s->image->why))

/* Where it is not the only one. */
static char *running_words(const struct vh_subject *s)
{
	return s->boot->n_images > 1 && s->image->running ? vh_strdup(" (of the running kernel)")
							  : NULL;
}

const struct vh_field vh_fields_boot_image[] = {
	{ "kernel", .text = kernel },
	{ "running", .tri = running, .words = running_words, .at = { { 3, 0, "\n" } } },
	{ "path", .text = path, .words = path_words, .at = { { 1, 0, "" } } },
	{ "state", .text = state, .words = why, .at = { { 2, 0, "" } } },
	{ 0 },
};

VH_FIELDS_NEXT(bool, vh_fields_boot_images, image, s->boot->images, s->boot->n_images)

/* --- devices -------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, address, vh_strdup(vh_pci_str(&s->bound->addr).s))
VH_FIELDS_GET(enum vh_tri, configured, vh_fields_is(s->bound->want))
VH_FIELDS_GET(enum vh_tri, present, vh_fields_is(s->bound->dev))
VH_FIELDS_GET(char *, driver_override, s->dev ? vh_strdup(s->dev->override) : NULL)
VH_FIELDS_GET(char *, at_boot, vh_strdup(s->bound->at_boot))
VH_FIELDS_GET(char *, problem, vh_strdup(s->bound->problem))

/* Of the configured one. */
static char *id(const struct vh_subject *s)
{
	const struct vh_boot_binding_dev *want = s->bound->want;

	return want ? vh_printf("%04x:%04x", want->vendor, want->device) : NULL;
}

static char *problem_words(const struct vh_subject *s)
{
	if (s->bound->problem)
		return problem(s);
	return vh_strdup(s->boot->binding && s->boot->binding->by_id
				 ? "is on vfio-pci"
				 : "is on vfio-pci; at boot no other driver had it before");
}

const struct vh_field vh_fields_boot_device[] = {
	{ "address", .text = address, .at = { { 1, 0, ": " } } },
	{ "configured", .tri = configured },
	{ "id", .text = id },
	{ "present", .tri = present },
	{ "driver", .text = vh_fields_driver },
	{ "override", .text = driver_override },
	{ "at_boot", .text = at_boot },
	{ "problem", .text = problem, .words = problem_words, .at = { { 2, 0, "\n" } } },
	{ 0 },
};

bool vh_fields_boot_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->boot->n_devices)
		return false;
	*ret = *s;
	ret->bound = &s->boot->devices[(*at)++];
	ret->dev = ret->bound->dev;
	return true;
}

/* --- the whole ------------------------------------------------------------------------------ */

VH_FIELDS_GET(enum vh_tri, any, vh_fields_is(s->boot->binding))

static char *any_words(const struct vh_subject *s)
{
	const struct vh_boot_binding *e = s->boot->binding;

	return e ? vh_printf("%zu device%s", e->count, vh_render_plural(e->count))
		 : vh_strdup("nothing");
}

static char *by(const struct vh_subject *s)
{
	const struct vh_boot_binding *e = s->boot->binding;

	return e ? vh_strdup(e->by_id ? "id" : "address") : NULL;
}

static char *by_words(const struct vh_subject *s)
{
	_auto_free_ char *how = by(s);

	return how ? vh_printf(", by %s", how) : NULL;
}

static char *initramfs(const struct vh_subject *s)
{
	const struct vh_boot_binding *e = s->boot->binding;

	return e ? vh_strdup(vh_boot_binding_initramfs_str(e->initramfs)) : NULL;
}

static char *initramfs_words(const struct vh_subject *s)
{
	_auto_free_ char *what = initramfs(s);

	return what ? vh_printf(", %s", what) : NULL;
}

const struct vh_field vh_fields_boot_all[] = {
	{ "configured", .tri = any, .words = any_words, .at = { { 1, 0, "" } } },
	{ "by", .text = by, .words = by_words, .at = { { 2, 0, "" } } },
	{ "initramfs", .text = initramfs, .words = initramfs_words, .at = { { 3, 0, "\n" } } },
	{ "images", .next = vh_fields_boot_images, .fields = vh_fields_boot_image },
	{ "devices", .next = vh_fields_boot_devices, .fields = vh_fields_boot_device },
	{ 0 },
};

const struct vh_field vh_fields_boot[] = {
	{ "boot", .object = vh_fields_same, .fields = vh_fields_boot_all },
	{ 0 },
};
