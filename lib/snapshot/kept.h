/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * kept - the allow-list: for each kind of path how much of it a snapshot keeps. What is not in
 * it goes into no snapshot. A new reader asks for a path that has a line here, or adds one.
 *
 * Paths are those of a manifest: "@ADDR/..." for what is below a PCI function.
 */
#ifndef VH_KEPT_H
#define VH_KEPT_H

#include "lib/host/host.h"
#include "lib/snapshot/scrub.h"

struct vh_usage;

/* What the texts are cut down with. */
struct vh_keeping {
	struct vh_scrub scrub;
	const struct vh_host *host;   /* every device */
	const struct vh_usage *usage; /* the tables of /proc, parsed */
	struct vh_names aliases;      /* modalias of every device */
	unsigned int riddles;         /* files without a name, so far */
};
void vh_kept_clear(struct vh_keeping *k);

/* A text that becomes another one, or none: `text` stays NULL. `path` is that of the manifest and
 * may be replaced; `type` is 'f', and may become 'u'. */
struct vh_taken {
	char type;
	char *path, *text;
	size_t len;
};
/* The text becomes its own. */
static inline void vh_kept_put(struct vh_taken *t, char *text)
{
	t->text = text;
	t->len = strlen(text);
}
typedef void vh_take(struct vh_keeping *k, const char *text, size_t len, struct vh_taken *t);

enum vh_kept_flag {
	VH_KEPT_DIR = 1,   /* a list: the directory itself, were it empty */
	VH_KEPT_LINK = 2,  /* a link, as it is */
	VH_KEPT_THERE = 4, /* asked whether it is there: that it is */
	VH_KEPT_LINES = 8, /* more than the first line */
	VH_KEPT_FREE = 16, /* a text that people wrote, as it is: the head says so */
	VH_KEPT_X = 32,    /* what cannot be read is marked absent: a pci line makes it */
	VH_KEPT_GONE = 64, /* that it is absent is a fact on a running system: an empty directory */
	VH_KEPT_ONCE = 128,   /* of several that cannot be read one is enough */
	VH_KEPT_HIDDEN = 256, /* its name may be private */
	VH_KEPT_FILES = 512,  /* names become files, not directories */
	VH_KEPT_LOST = 1024,  /* what cannot be read is left out */
};

struct vh_kept {
	unsigned int asked; /* 1 << enum vh_asked */
	unsigned int flags;
	const char *path;         /* '*' within a name, "**" across */
	const char *chars;        /* kept where it consists of these, and of nothing else */
	const char *const *like;  /* ... and where one of these patterns fits it */
	const char *usual;        /* what a manifest has without a line */
	const char *const *words; /* lines that begin with one of these */
	const char *const *names; /* of a list, those entries: '*' as in a path, or '#' is a number
				   and '%' one with dots */
	vh_take *take;
};

/* The line of the table for a path; NULL: nobody has thought of it. */
const struct vh_kept *vh_kept_find(enum vh_asked asked, const char *path);
/* All of them, for tests. */
const struct vh_kept *vh_kept_table(size_t *ret_count);
/* What is kept of a text; false: nothing is. */
bool vh_kept_take(const struct vh_kept *rule, struct vh_keeping *k, const char *text, size_t len,
		  struct vh_taken *t);
bool vh_kept_has_name(const struct vh_kept *rule, const char *name);

/* tables.c, storage.c (from the parsed tables), libvirt.c */
vh_take vh_tables_cmdline, vh_tables_cpuinfo, vh_tables_interrupts, vh_tables_vfio_modules,
	vh_tables_vfio_nodes, vh_tables_aliases, vh_tables_modinfo, vh_tables_modprobe,
	vh_tables_keyboards, vh_tables_framebuffers, vh_tables_consoles, vh_tables_ports,
	vh_tables_dm_uuid, vh_tables_udev, vh_tables_managed, vh_tables_stat, vh_tables_magic,
	vh_tables_uevent, vh_tables_unit, vh_tables_cgroup, vh_tables_md_version;
vh_take vh_storage_mounts, vh_storage_namespace, vh_storage_pool, vh_storage_swaps, vh_storage_user,
	vh_storage_numbers, vh_storage_routes4, vh_storage_routes6, vh_storage_routes,
	vh_storage_addresses6, vh_storage_fabric, vh_storage_nbd, vh_storage_client,
	vh_storage_remote, vh_storage_pppoe, vh_storage_server, vh_storage_target;
vh_take vh_libvirt_network, vh_libvirt_status, vh_libvirt_config, vh_libvirt_script;

#endif
