/* SPDX-License-Identifier: GPL-2.0-or-later */
/* files - the table of files, and the templates of lib/boot/templates filled with the devices. */
#include "lib/boot/files.h"

#include "lib/boot/templates.h"

#include "lib/base/banned.h"

#define HEADER "# " VH_BOOT_BINDING_MARK "; 'vfio-hook boot remove' takes it away.\n"

static const struct template {
	enum vh_initramfs initramfs; /* NONE: the same for all */
	unsigned int mode;
	const char *path;
	const char *text;            /* NULL: the file of early binding */
} templates[] = {
	{ VH_INITRAMFS_NONE, 0644, VH_BOOT_BINDING_PATH, NULL },
	/* a script without prerequisites comes in the order of tsort(1), which is that of names */
	{ VH_INITRAMFS_TOOLS, 0755, "etc/initramfs-tools/scripts/init-top/00-vfio-hook",
	  vh_template_init_top },
	{ VH_INITRAMFS_TOOLS, 0755, "etc/initramfs-tools/hooks/vfio-hook", vh_template_hook },
	/* dracut looks for modules nowhere else */
	{ VH_INITRAMFS_DRACUT, 0755, "usr/lib/dracut/modules.d/90vfio-hook/module-setup.sh",
	  vh_template_module_setup },
	{ VH_INITRAMFS_DRACUT, 0755, "usr/lib/dracut/modules.d/90vfio-hook/vfio-hook.sh",
	  vh_template_pre_udev },
	{ VH_INITRAMFS_MKINITCPIO, 0644, "etc/initcpio/hooks/vfio-hook",
	  vh_template_mkinitcpio_hook },
	{ VH_INITRAMFS_MKINITCPIO, 0644, "etc/initcpio/install/vfio-hook",
	  vh_template_mkinitcpio_install },
	{ VH_INITRAMFS_MKINITCPIO, 0644, "etc/mkinitcpio.conf.d/vfio-hook.conf",
	  vh_template_mkinitcpio_conf },
};

void vh_boot_files_clear(struct vh_boot_files *f)
{
	for (size_t i = 0; i < f->count; i++)
		free(f->list[i].content);
	free(f->list);
	*f = (struct vh_boot_files){ 0 };
}

const char *vh_boot_files_in_image(enum vh_initramfs i)
{
	switch (i) {
	case VH_INITRAMFS_TOOLS:
		return "scripts/init-top/00-vfio-hook";
	case VH_INITRAMFS_DRACUT:
		return "hooks/pre-udev/00-vfio-hook.sh";
	case VH_INITRAMFS_MKINITCPIO:
		return "hooks/vfio-hook";
	case VH_INITRAMFS_NONE:
		break;
	}
	return NULL;
}

/* As sysfs writes what has to be there; by id the script only loads vfio-pci. */
static void add_table(const struct vh_boot_binding *e, struct vh_strbuf *to)
{
	for (size_t i = 0; !e->by_id && i < e->count; i++) {
		const struct vh_boot_binding_dev *d = &e->devs[i];

		vh_strbuf_addf(to, "\t\t%s 0x%04x 0x%04x 0x%04x 0x%04x 0x%06x\n",
			       vh_pci_str(&d->addr).s, d->vendor, d->device, d->subvendor,
			       d->subdevice, d->class);
	}
}

/* Adds the template, with what its placeholders stand for; each is a line of its own. */
static void fill(const struct vh_boot_binding *e, const char *text, struct vh_strbuf *to)
{
	while (*text) {
		const char *word = text + strspn(text, "\t");
		size_t n = strcspn(text, "\n") + 1;

		if (vh_has_prefix(word, "@HEADER@"))
			vh_strbuf_add(to, HEADER);
		else if (vh_has_prefix(word, "@BIND@"))
			fill(e, vh_template_bind, to);
		else if (vh_has_prefix(word, "@TABLE@"))
			add_table(e, to);
		else
			vh_strbuf_add_mem(to, text, n);
		text += n;
	}
}

void vh_boot_files_make(const struct vh_boot_binding *e, struct vh_boot_files *ret)
{
	for (size_t i = 0; i < VH_COUNT(templates); i++) {
		const struct template *t = &templates[i];
		struct vh_boot_file *f = VH_APPEND(ret->list, ret->count);
		struct vh_strbuf text = { 0 };

		*f = (struct vh_boot_file){ .path = t->path, .mode = t->mode };
		if (!e || (t->initramfs != VH_INITRAMFS_NONE && t->initramfs != e->initramfs))
			continue;
		if (t->text)
			fill(e, t->text, &text);
		else
			vh_boot_binding_format(e, &text);
		f->content = vh_strbuf_steal(&text);
	}
}
