/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * config - what vfio-hook.conf can set, with its default: for every domain, for one, for a device.
 */
#ifndef VH_CONFIG_H
#define VH_CONFIG_H

#include "lib/base/pci.h"

#define VH_CONFIG_PATH "etc/libvirt/vfio-hook.conf"

enum vh_balloon_policy { VH_BALLOON_REFUSE = 0, VH_BALLOON_INFLATED, VH_BALLOON_WARN };
enum vh_memory_policy { VH_MEMORY_REFUSE = 0, VH_MEMORY_WARN, VH_MEMORY_OFF };
enum vh_peers_policy { VH_PEERS_DETACH = 0, VH_PEERS_REQUIRE };

/* Kinds of use by the host; bits of allow-in-use. */
enum vh_use_kind {
	VH_USE_BLOCK = 1,
	VH_USE_NETWORK = 2,
	VH_USE_DISPLAY = 4,
	VH_USE_INPUT = 8,
	VH_USE_SOUND = 16,
	VH_USE_SERIAL = 32,
	VH_USE_COMPUTE = 64,
	VH_USE_OTHER = 128,
};

#define VH_CONFIG_KEYS_MAX 16
#define VH_LINE_METADATA (-1) /* not a line of the file: the domain's own metadata */

struct vh_pin {
	bool set;
	struct vh_pci_id id;
};

/* [device ADDRESS] */
struct vh_device_policy {
	struct vh_pci_addr addr;
	unsigned allow_in_use; /* of enum vh_use_kind */
	bool allow_critical;   /* a chipset function may be taken, named or as a peer */
	bool protect;          /* never passed through, not even as a peer */
	struct vh_pin pin;     /* the id that must stand there */
	/* what the host does without while a guest has it (lib/act/handover.h); owned by the
	 * configuration, words with one blank between them */
	char *stop_units, *unload_modules; /* in the order in which they go; NULL: none */
	bool release_console;
	int lines[VH_CONFIG_KEYS_MAX]; /* of each key (keys.h) in the file; 0: not given */
};

/* [domain NAME-or-UUID]: what it says instead of [defaults] */
struct vh_domain_policy {
	char *domain;       /* a UUID (36 characters, lower case), else a name */
	bool by_uuid;
	struct vh_config *values; /* those that have a line */
};

struct vh_config {
	enum vh_balloon_policy balloon;
	enum vh_memory_policy memory;
	enum vh_peers_policy peers;
	int timeout_write, timeout_group, timeout_call; /* milliseconds */
	int lines[VH_CONFIG_KEYS_MAX]; /* of each key in the file; 0: the default holds */
	struct vh_device_policy *devices;
	size_t n_devices;
	struct vh_domain_policy *domains;
	size_t n_domains;
};

void vh_config_defaults(struct vh_config *ret);
void vh_config_clear(struct vh_config *c);

/* The policy of a device; one that allows nothing where the file names none. */
struct vh_device_policy vh_config_device(const struct vh_config *c, const struct vh_pci_addr *addr);

#endif
