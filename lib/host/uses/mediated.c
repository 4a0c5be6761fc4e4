/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mediated - parts of a function that guests have: mediated devices. The function's driver makes
 * them; they go with it, and its unbinding waits for the guests.
 */
#include "lib/host/uses/use.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/base/uuid.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/host/processes/process.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

/* --- by libvirt's files -------------------------------------------------------------------------- */

struct search {
	const char *uuid; /* of the mediated device */
	char *domain;     /* that has it: its name, or its UUID ... */
	char *of;         /* ... and its UUID */
};

/* <hostdev mode='subsystem' type='mdev'><source><address uuid='...'/> */
static void look_in_domain(void *ctx, const xmlNode *domain, const char *uuid)
{
	const xmlNode *d = vh_xml_child(vh_xml_child(domain, "devices"), "hostdev");
	_auto_free_ char *name = vh_xml_text(vh_xml_child(domain, "name"));
	struct search *s = ctx;

	for (; d && !s->domain; d = vh_xml_next(d, "hostdev")) {
		const xmlNode *address = vh_xml_child(vh_xml_child(d, "source"), "address");
		const char *written = vh_xml_attr(address, "uuid");
		char canonical[37];

		if (written && vh_uuid_parse(written, canonical) == 0 &&
		    !strcmp(canonical, s->uuid)) {
			s->domain = vh_strdup(name ? name : uuid);
			s->of = vh_strdup(uuid);
		}
	}
}

/* --- mediated devices ---------------------------------------------------------------------------- */

static int group_of(const struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *name = vh_root_link_name(ctx->root, "%s/iommu_group", path);
	uint64_t n;

	return name && vh_parse_uint(name, 10, INT32_MAX, &n) == 0 ? (int)n : -1;
}

bool vh_mediated_is_one(const char *name)
{
	char canonical[37];

	return strlen(name) == 36 && vh_uuid_parse(name, canonical) == 0;
}

static void in_domain(struct vh_uses_ctx *ctx, const char *uuid, const struct search *s)
{
	_auto_free_ char *shown = vh_printable(s->domain, 64);
	_auto_free_ char *word = vh_shell_domain(s->domain, s->of);

	vh_use_add(ctx, VH_USE_OTHER, "its mediated device %s is in the running guest '%s'", uuid,
		   shown)
		->fix = vh_printf("virsh shutdown %s", word);
}

void vh_mediated_look(struct vh_uses_ctx *ctx, const char *path, const char *uuid)
{
	_auto_free_ char *who = NULL;
	struct search s = { 0 };
	char canonical[37];
	int group = group_of(ctx, path);

	if (vh_uuid_parse(uuid, canonical) < 0)
		return;
	s.uuid = canonical;
	VH_IGNORE(vh_libvirt_files_each(ctx->root, look_in_domain, &s)); /* then by its group */
	if (s.domain) {
		in_domain(ctx, canonical, &s);
		free(s.domain);
		free(s.of);
		return;
	}
	switch (group < 0 ? VH_NO : vh_process_holding_group(ctx->root, group, &who, NULL)) {
	case VH_YES:
		vh_use_add(ctx, VH_USE_OTHER, "its mediated device %s is in use by %s", canonical,
			   who)
			->fix = vh_printf("shut the guest down that has it: %s", who);
		return;
	case VH_UNKNOWN:
		vh_use_unseen(ctx, VH_USE_OTHER,
			      "who has mediated device %s: not every process can be looked at",
			      canonical);
		break;
	case VH_NO:
		break;
	}
	vh_use_add(ctx, VH_USE_OTHER, "the mediated device %s is made of it, and goes with it",
		   canonical)
		->weak = true;
}
