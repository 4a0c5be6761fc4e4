/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-show - the facts that show has of a device: what it is, where it is, who has it, and
 * what a start would do. Null and no line: not known. */
#include "cli/render/fields.h"

#include "cli/devices/pci-ids.h"
#include "lib/base/strbuf.h"

#include "lib/base/banned.h"

static const struct vh_detail *detail(const struct vh_subject *s)
{
	return s->shown->detail;
}

/* --- what it is ----------------------------------------------------------------------------- */

VH_FIELDS_GET(int64_t, revision, detail(s)->revision)

static char *id_words(const struct vh_subject *s)
{
	_auto_free_ char *id = vh_fields_id(s);

	if (revision(s) < 0)
		return VH_STEAL(id);
	return vh_printf("%s, revision %02x", id, (unsigned int)revision(s));
}

VH_FIELDS_GET(char *, subsystem, vh_pci_ids_subsystem(s->names, s->dev))

static char *subsystem_id(const struct vh_subject *s)
{
	_auto_free_ char *name = subsystem(s);

	return name ? vh_printf("%04x:%04x", s->dev->subvendor, s->dev->subdevice) : NULL;
}

static char *subsystem_words(const struct vh_subject *s)
{
	_auto_free_ char *name = subsystem(s), *id = subsystem_id(s);

	return name ? vh_printf("%s [%s]", name, id) : NULL;
}

VH_FIELDS_GET(enum vh_tri, answers, vh_fields_is(!s->dev->dead))

static char *answers_words(const struct vh_subject *s)
{
	if (answers(s) == VH_YES)
		return NULL;
	return vh_strdup("does not answer: its configuration space reads 0xff");
}

/* --- drivers -------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, driver_override, vh_strdup(detail(s)->override))
VH_FIELDS_LIST(modules, detail(s)->modules_read ? vh_fields_names(&detail(s)->modules, ret) : VH_NO)
VH_FIELDS_LIST(variants,
	       detail(s)->modules_read ? vh_fields_names(&detail(s)->variants, ret) : VH_NO)

/* --- where it is ---------------------------------------------------------------------------- */

VH_FIELDS_GET(int64_t, numa_node, detail(s)->numa_node)
VH_FIELDS_GET(char *, speed, vh_strdup(detail(s)->speed))
VH_FIELDS_GET(char *, width, vh_strdup(detail(s)->width))
VH_FIELDS_GET(char *, max_speed, vh_strdup(detail(s)->max_speed))
VH_FIELDS_GET(char *, max_width, vh_strdup(detail(s)->max_width))

static const struct vh_field link_fields[] = {
	{ "speed", .text = speed },
	{ "width", .text = width },
	{ "max_speed", .text = max_speed },
	{ "max_width", .text = max_width },
	{ 0 },
};

static bool has_link(const struct vh_subject *s, struct vh_subject *ret)
{
	*ret = *s;
	return detail(s)->speed;
}

static char *link_words(const struct vh_subject *s)
{
	const struct vh_detail *t = detail(s);

	if (!t->speed || !t->width)
		return NULL;
	return vh_printf("%s x%s, at most %s x%s", t->speed, t->width,
			 t->max_speed ? t->max_speed : "?", t->max_width ? t->max_width : "?");
}

VH_FIELDS_GET(char *, power, vh_strdup(detail(s)->power))

/* "flr bus" as a list. */
static enum vh_tri resets(const struct vh_subject *s, struct vh_names *ret)
{
	_auto_free_ char *words = vh_strdup(detail(s)->reset);
	char *rest = words, *word;

	if (!rest)
		return VH_NO;
	while ((word = strsep(&rest, " ")))
		if (*word)
			vh_fields_name(ret, word);
	return VH_YES;
}

VH_FIELDS_LIST(bars, vh_fields_names(&detail(s)->bars, ret))

/* --- SR-IOV --------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, pf, s->dev->is_vf ? vh_strdup(vh_pci_str(&s->dev->pf).s) : NULL)
VH_FIELDS_GET(int64_t, total_vfs, detail(s)->totalvfs)

static char *total_words(const struct vh_subject *s)
{
	if (total_vfs(s) <= 0)
		return NULL;
	return vh_printf("physical function, %zu of %d virtual functions enabled",
			 detail(s)->vfs.count, (int)total_vfs(s));
}

VH_FIELDS_LIST(vfs, vh_fields_names(&detail(s)->vfs, ret))

static const struct vh_field sriov_fields[] = {
	{ "pf", "SR-IOV", .text = pf, .before = "virtual function of " },
	{ "total", "SR-IOV", .number = total_vfs, .words = total_words },
	{ "vfs", "", .list = vfs, .join = ", " },
	{ 0 },
};

static bool has_sriov(const struct vh_subject *s, struct vh_subject *ret)
{
	*ret = *s;
	return s->dev->is_vf || total_vfs(s) > 0;
}

/* --- what it can, and who uses it ----------------------------------------------------------- */

VH_FIELDS_LIST(capabilities, s->shown->all_caps ? vh_fields_names(s->shown->caps, ret) : VH_NO)
VH_FIELDS_LIST(uses, s->dev->uses_read == VH_NO ? VH_NO : vh_fields_uses(s, ret))

/* --- its group ------------------------------------------------------------------------------ */

VH_FIELDS_GET(char *, on_start, vh_render_member(s->shown, s->dev))

const struct vh_field vh_fields_show_member[] = {
	{ "address", .text = vh_fields_address, .at = { { 1, 0, " " } } },
	{ "id", .text = vh_fields_id },
	{ "description", .text = vh_fields_description },
	{ NULL, .text = vh_fields_class_name, .at = { { 2, 0, ", " } } },
	{ "driver", .text = vh_fields_driver, .none = "no driver", .at = { { 3, 0, ": " } } },
	{ "bridge", .tri = vh_fields_bridge },
	{ "uses", .list = vh_fields_uses },
	{ "on_start", .text = on_start, .at = { { 4, 0, "\n" } } },
	{ 0 },
};

static bool next_member(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->group->count)
		return false;
	*ret = *s;
	ret->dev = s->group->members[(*at)++];
	return true;
}

VH_FIELDS_GET(int64_t, number, s->group->number)
VH_FIELDS_GET(enum vh_tri, is_open, s->view->open)

static char *open_words(const struct vh_subject *s)
{
	if (is_open(s) != VH_YES)
		return NULL;
	return vh_strdup(s->view->holder ? s->view->holder : "a guest");
}

VH_FIELDS_GET(char *, holder, vh_strdup(s->view->holder))
VH_FIELDS_LIST(regions, vh_fields_names(&detail(s)->regions, ret))

/* 0x00000000fee00000 0x00000000feefffff msi: shorter, and what matters first. */
static enum vh_tri short_regions(const struct vh_subject *s, struct vh_names *ret)
{
	const struct vh_names *all = &detail(s)->regions;

	for (size_t i = 0; i < all->count; i++) {
		unsigned long long from, to;
		char type[32];
		_auto_free_ char *line = NULL;

		if (sscanf(all->name[i], "%llx %llx %31s", &from, &to, type) == 3)
			line = vh_printf("%s, 0x%llx to 0x%llx", type, from, to);
		vh_fields_name(ret, line ? line : all->name[i]);
	}
	return VH_YES;
}

static const struct vh_field group_fields[] = {
	{ "group", .number = number },
	{ "open", "open by", .tri = is_open, .words = open_words },
	{ "holder", .text = holder },
	{ "reserved_regions", .list = regions },
	{ "members", .next = next_member, .fields = vh_fields_show_member },
	{ NULL, "reserved memory", .list = short_regions },
	{ 0 },
};

static bool has_group(const struct vh_subject *s, struct vh_subject *ret)
{
	*ret = *s;
	ret->group = vh_host_group(s->host, s->dev->group);
	ret->view = vh_claims_group(s->shown->start->c.claims, s->dev->group);
	return ret->group;
}

static char *group_words(const struct vh_subject *s)
{
	const struct vh_group *g = vh_host_group(s->host, s->dev->group);

	if (!g)
		return vh_strdup("none");
	return vh_printf("%d%s, %zu member%s", g->number,
			 g->noiommu ? " (vfio-noiommu: no isolation)" : "", g->count,
			 vh_render_plural(g->count));
}

/* --- a start -------------------------------------------------------------------------------- */

VH_FIELDS_GET(bool, is_refused, vh_findings_number(&s->shown->start->findings, VH_ERROR))
VH_FIELDS_GET(char *, verdict, vh_strdup(vh_render_verdict(&s->shown->start->findings)))
VH_FIELDS_GET(char *, start_text, vh_render_start(s->shown))
VH_FIELDS_LIST(detach, vh_fields_detach(s->shown->start->plan, ret))

static const struct vh_field start_fields[] = {
	{ "verdict", .text = verdict },
	{ "text", .text = start_text },
	{ "detach", .list = detach },
	{ "findings", .next = vh_fields_findings, .fields = vh_fields_finding },
	{ 0 },
};

static bool has_start(const struct vh_subject *s, struct vh_subject *ret)
{
	*ret = *s;
	ret->findings = &s->shown->start->findings;
	return true;
}

/* For people the findings follow, and say why. */
VH_FIELDS_GET(char *, start_words, is_refused(s) ? vh_strdup("would be refused:") : start_text(s))
VH_FIELDS_GET(enum vh_style, start_style, is_refused(s) ? VH_BAD : VH_GOOD)

static char *unanswered(const struct vh_subject *s)
{
	if (detail(s)->answered)
		return NULL;
	return vh_strdup("what its driver tells: it does not answer");
}

VH_FIELDS_LIST(not_checked, vh_fields_names(&s->shown->start->c.unseen, ret))

/* What the host would do without, as it is configured. */
static char *handover(const struct vh_subject *s)
{
	struct vh_device_policy p = vh_config_device(&s->shown->start->config, &s->dev->addr);
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	if (p.stop_units)
		vh_strbuf_addf(&sb, "stops %s", p.stop_units);
	if (p.release_console)
		vh_strbuf_join(&sb, "; ", "releases the console");
	if (p.unload_modules)
		vh_strbuf_addf(&sb, "%sunloads %s", sb.len ? "; " : "", p.unload_modules);
	return VH_STEAL(sb.data);
}

/* --- the whole ------------------------------------------------------------------------------ */

const struct vh_field vh_fields_show_device[] = {
	{ "address", .text = vh_fields_address, .style = vh_fields_is_head, .at = { { 1, 0, " " } } },
	{ "class", .text = vh_fields_class },
	{ "class_name", "class", .text = vh_fields_class_name, .words = vh_fields_class_title },
	{ "id", "id", .text = vh_fields_id, .words = id_words },
	{ "description", .text = vh_fields_description, .style = vh_fields_is_head,
	  .at = { { 2, 0, "\n" } } },
	{ "revision", .number = revision },
	{ "subsystem_id", .text = subsystem_id },
	{ "subsystem", "subsystem", .text = subsystem, .words = subsystem_words },
	{ "bridge", .tri = vh_fields_bridge },
	{ "answers", "state", .tri = answers, .words = answers_words },
	{ "driver", "driver", .text = vh_fields_driver, .none = "none" },
	{ "driver_override", "driver_override", .text = driver_override },
	{ "modules", "kernel modules", .list = modules, .join = ", ", .empty = "none listed",
	  .none = "unknown: modules.alias of the running kernel is missing" },
	{ "vfio_variants", "VFIO variants", .list = variants, .join = ", " },
	{ "parent", "place", .text = vh_fields_parent, .before = "behind bridge ",
	  .none = "on a root bus" },
	{ "numa_node", "NUMA node", .number = numa_node },
	{ "link", "link", .object = has_link, .fields = link_fields, .words = link_words },
	{ "power_state", "power state", .text = power },
	{ "reset_methods", "reset methods", .list = resets, .join = " ", .empty = "none" },
	{ "resizable_bars", "resizable", .list = bars },
	{ "sriov", .object = has_sriov, .fields = sriov_fields },
	{ "capabilities", "capabilities", .list = capabilities, .join = ", ",
	  .none = "not readable; root sees them" },
	{ "uses", "used by the host", .list = uses, .empty = "no" },
	{ "group", "IOMMU group", .object = has_group, .fields = group_fields, .words = group_words },
	{ "start", "virsh start", .object = has_start, .fields = start_fields, .words = start_words,
	  .style = start_style },
	{ NULL, "hand-over", .text = handover },
	{ NULL, "not checked", .text = unanswered },
	{ "not_checked", "not checked", .list = not_checked },
	{ 0 },
};

bool vh_fields_show_devices(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->n_shown)
		return false;
	*ret = *s;
	ret->shown = &s->shown[(*at)++];
	ret->host = ret->shown->start->c.host;
	ret->dev = ret->shown->dev;
	return true;
}

const struct vh_field vh_fields_show[] = {
	{ "devices", .next = vh_fields_show_devices, .fields = vh_fields_show_device },
	{ 0 },
};
