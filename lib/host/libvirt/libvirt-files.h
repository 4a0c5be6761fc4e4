/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * libvirt-files - what libvirt's own files say, read without calling libvirt: a hook that calls it
 * back deadlocks it. Names found in XML are compared with names in files, never made into
 * paths. The formats are private to libvirt; what cannot be read counts as unknown.
 */
#ifndef VH_LIBVIRT_FILES_H
#define VH_LIBVIRT_FILES_H

#include "lib/base/root.h"

struct _xmlNode;

/* Does the network called `name` hand out virtual functions (<forward mode='hostdev'>)?
 * Reads etc/libvirt/qemu/networks/ and run/libvirt/network/. */
enum vh_tri vh_libvirt_files_is_pool(const struct vh_root *root, const char *name);
/* Is there a network of this name, and does it run? Of what was written down (a snapshot) it is not
 * told that one does not run. */
enum vh_libvirt_network {
	VH_LIBVIRT_NETWORK_UNTOLD = 0,
	VH_LIBVIRT_NETWORK_NONE,
	VH_LIBVIRT_NETWORK_STOPPED,
	VH_LIBVIRT_NETWORK_THERE,
};
enum vh_libvirt_network vh_libvirt_files_network_state(const struct vh_root *root, const char *name);
/* The file of such a network: of the one that runs, or else of the definition. NULL: none. */
char *vh_libvirt_files_network(const struct vh_root *root, const char *name) VH_CHECK;

/* The file of a network of whatever kind, and of a storage pool: of the one that runs, or else of
 * the definition. NULL: none can be read. Caller frees. */
char *vh_libvirt_files_any_network(const struct vh_root *root, const char *name) VH_CHECK;
char *vh_libvirt_files_pool(const struct vh_root *root, const char *name) VH_CHECK;

/* Is there a status file in run/libvirt/qemu/ (a domain that runs or starts) with this UUID
 * (36 characters, lower case)? UNKNOWN: one cannot be understood, and may be its; *ret_unclear,
 * unless that is NULL, is its path, or NULL (caller frees). */
enum vh_tri vh_libvirt_files_is_running(const struct vh_root *root, const char *uuid,
					char **ret_unclear);
/* The process that the status file of this UUID names; 0: none. */
int64_t vh_libvirt_files_pid(const struct vh_root *root, const char *uuid);
/* The name of the domain whose QEMU is this process, or its UUID; NULL: none is known. *ret_uuid
 * stays as it is where none is told. Caller frees both. */
char *vh_libvirt_files_name(const struct vh_root *root, int64_t pid, char **ret_uuid) VH_CHECK;
/* The UUID of the domain of this name that runs; NULL: none is seen. Caller frees. */
char *vh_libvirt_files_uuid(const struct vh_root *root, const char *name) VH_CHECK;
/* Calls `fn` with <domain> and UUID of all of them. false: not all could be read. */
typedef void vh_libvirt_files_fn(void *ctx, const struct _xmlNode *domain, const char *uuid);
bool vh_libvirt_files_each(const struct vh_root *root, vh_libvirt_files_fn *fn, void *ctx);
/* Adds the UUIDs of all of them: for questions about many domains. false: not all could be read. */
bool vh_libvirt_files_running(const struct vh_root *root, struct vh_names *ret);

/* The definition of a domain in etc/libvirt/qemu/, by UUID (36 characters, lower case; NULL: by
 * name). *ret_xml is NULL where there is none. An error names a file that could not be read and
 * may have been the one. */
int vh_libvirt_files_find_domain(const struct vh_root *root, const char *name, const char *uuid,
				 char **ret_xml, struct vh_error *err) VH_CHECK;

#endif
