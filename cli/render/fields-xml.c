/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-xml - the facts that xml has beside the elements themselves. */
#include "cli/edit/fragment.h"
#include "cli/render/fields.h"

#include "lib/base/banned.h"

static enum vh_tri devices(const struct vh_subject *s, struct vh_names *ret)
{
	for (size_t i = 0; i < s->fragment->count; i++)
		vh_fields_name(ret, vh_pci_str(&s->fragment->devs[i]->addr).s);
	return VH_YES;
}

VH_FIELDS_GET(char *, why, vh_strdup(s->left->why))

static const struct vh_field left_fields[] = {
	{ "address", .text = vh_fields_address },
	{ "why", .text = why },
	{ 0 },
};

static bool next_left(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->fragment->n_left)
		return false;
	*ret = *s;
	ret->left = &s->fragment->left[(*at)++];
	ret->dev = ret->left->dev;
	return true;
}

VH_FIELDS_GET(char *, xml, vh_strdup(s->xml))

const struct vh_field vh_fields_xml[] = {
	{ "devices", .list = devices },
	{ "left_out", .next = next_left, .fields = left_fields },
	{ "xml", .text = xml },
	{ 0 },
};
