/* SPDX-License-Identifier: GPL-2.0-or-later */
/* copy - what the files of `snapshot` share; nobody else includes it. */
#ifndef VH_COPY_H
#define VH_COPY_H

#include "lib/host/host.h"
#include "lib/snapshot/scrub.h"
#include "lib/snapshot/snapshot.h"

struct vh_usage;

struct vh_snap {
	const struct vh_root *root;
	const struct vh_host *host; /* every device */
	struct vh_usage *usage;
	struct vh_scrub scrub;
	struct vh_strbuf lines; /* of the manifest, in any order; of one path the first counts */
};

/* One line; `text` is NULL for the types that have none. A path that no line can hold is left
 * out. */
void vh_snap_put(struct vh_strbuf *to, char type, const char *path, const char *text);
void vh_snap_put_mem(struct vh_strbuf *to, char type, const char *path, const char *text,
		     size_t len);
/* Copies a file that is there; 'u' where it may not be read. Returns its text, or NULL. */
char *vh_snap_copy(const struct vh_root *root, struct vh_strbuf *to, const char *path);
/* The same for a file that is kept in part: NULL and a 'u' line, or NULL: not there. */
char *vh_snap_read(const struct vh_root *root, struct vh_strbuf *to, const char *path);
/* The names in a directory, which becomes a 'd' line; false, and perhaps a 'u' line: none. */
bool vh_snap_list(const struct vh_root *root, struct vh_strbuf *to, const char *path,
		  struct vh_names *ret);
/* Those lines of a text that begin with one of these words. */
char *vh_snap_lines_of(const char *text, const char *const *words);
/* A path in sys/devices as a manifest writes it: from the last PCI function on the way. */
char *vh_snap_path(const struct vh_host *h, const char *path);
/* Where a link of sys/class leads, so written; NULL: there is none. */
char *vh_snap_class_path(const struct vh_root *root, const struct vh_host *h, const char *link);

/* snapshot-pci.c: the functions and their groups; snapshot-uses.c: what hangs on one. */
void vh_snap_pci(struct vh_snap *s, struct vh_strbuf *pci);
/* Where sys/class/KIND/NAME leads, below the root; itself, where it is no link. */
char *vh_snap_real_path(const struct vh_snap *s, const char *kind, const char *name);
void vh_snap_uses(const struct vh_snap *s, struct vh_pci_dev *d, struct vh_strbuf *to);
void vh_snap_disk(const struct vh_snap *s, const char *path, const char *name, struct vh_strbuf *to);
/* snapshot-tables.c: the machine; -storage.c: mounts and routes; -libvirt.c: libvirt, the hook,
 * processes. */
void vh_snap_tables(struct vh_snap *s);
void vh_snap_storage(struct vh_snap *s);
void vh_snap_libvirt(struct vh_snap *s);
void vh_snap_processes(struct vh_snap *s);
/* Who it is, by number. */
void vh_snap_process(struct vh_snap *s, int64_t pid);

#endif
