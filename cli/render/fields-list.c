/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-list - the facts that list has: groups, and the devices in them. */
#include "cli/render/fields.h"

#include "lib/base/banned.h"

VH_FIELDS_GET(int64_t, number, s->dev->group)

static enum vh_style on_vfio(const struct vh_subject *s)
{
	return s->dev->on_vfio ? VH_GOOD : VH_PLAIN; /* what guests use stands out */
}

static char *name_words(const struct vh_subject *s)
{
	_auto_free_ char *class = vh_fields_class_name(s), *name = vh_fields_description(s);

	return name ? vh_printf("%s: %s", class, name) : VH_STEAL(class);
}

const struct vh_field vh_fields_list_device[] = {
	{ "address", "ADDRESS", .text = vh_fields_address,
	  .at = { [VH_ROW] = { 1, 13, " " }, [VH_TREE] = { 1, 24, " " } } },
	{ "class", .text = vh_fields_class },
	{ "id", .text = vh_fields_id, .at = { [VH_ROW] = { 2, 9, "  " } } },
	{ NULL, .text = vh_fields_class_title, .at = { [VH_ROW] = { 3, 37, " " } } },
	{ NULL, "WHAT", .text = name_words, .at = { [VH_TREE] = { 4, 0, "\n" } } },
	{ "description", .text = vh_fields_description, .at = { [VH_ROW] = { 5, 0, "\n" } } },
	{ "driver", "DRIVER", .text = vh_fields_driver, .none = "-", .style = on_vfio,
	  .at = { [VH_ROW] = { 4, 0, "\n      " }, [VH_TREE] = { 3, 18, " " } } },
	{ NULL, "GROUP", .number = number, .none = "-", .at = { [VH_TREE] = { 2, 5, " " } } },
	{ "bridge", .tri = vh_fields_bridge },
	{ "uses", .list = vh_fields_uses },
	{ "parent", .text = vh_fields_parent },
	{ 0 },
};

/* Without a group: one after the other of those that are in none. */
bool vh_fields_list_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	const struct vh_host *h = s->host;

	while (!s->group && *at < h->n_devs && !vh_render_is_groupless(h, h->devs[*at]))
		(*at)++;
	if (*at >= (s->group ? s->group->count : h->n_devs))
		return false;
	*ret = *s;
	ret->dev = s->group ? s->group->members[*at] : h->devs[*at];
	(*at)++;
	return true;
}

/* --- groups --------------------------------------------------------------------------------- */

VH_FIELDS_GET(int64_t, group, s->group ? s->group->number : -1)

static char *group_words(const struct vh_subject *s)
{
	if (!s->group)
		return vh_strdup("IOMMU group -:");
	return vh_printf("IOMMU group %d%s:", s->group->number,
			 s->group->noiommu ? " (vfio-noiommu: no isolation)" : "");
}

const struct vh_field vh_fields_list_group[] = {
	{ "group", .number = group, .words = group_words, .style = vh_fields_is_head,
	  .at = { [VH_ROW] = { 1, 0, "\n" } } },
	{ "devices", .next = vh_fields_list_devices, .fields = vh_fields_list_device },
	{ 0 },
};

/* After the groups, if there are devices in none, these. */
bool vh_fields_list_groups(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	struct vh_subject first;
	size_t begin = 0;

	if (*at > s->host->n_groups)
		return false;
	*ret = *s;
	ret->group = *at < s->host->n_groups ? s->host->groups[*at] : NULL;
	(*at)++;
	return ret->group || vh_fields_list_devices(ret, &begin, &first);
}

const struct vh_field vh_fields_list[] = {
	{ "groups", .next = vh_fields_list_groups, .fields = vh_fields_list_group },
	{ 0 },
};
