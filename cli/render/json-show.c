/* SPDX-License-Identifier: GPL-2.0-or-later */
/* json-show - a device for programs. What is not known is null. */
#include "cli/render/json.h"

#include "lib/base/banned.h"

static struct json_object *uses(const struct vh_pci_dev *d)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < d->n_uses; i++)
		json_object_array_add(array, string(d->uses[i].text));
	return array;
}

static struct json_object *number(int64_t n)
{
	return n < 0 ? NULL : json_object_new_int64(n);
}

/* "flr bus" as a list. */
static struct json_object *words(const char *text)
{
	_auto_free_ char *copy = vh_strdup(text);
	struct json_object *array = text ? json_object_new_array() : NULL;
	char *rest = copy, *word;

	while ((word = strsep(&rest, " ")))
		if (*word)
			json_object_array_add(array, string(word));
	return array;
}

static struct json_object *link_of(const struct vh_detail *t)
{
	struct json_object *e;

	if (!t->speed)
		return NULL;
	e = json_object_new_object();
	add(e, "speed", string(t->speed));
	add(e, "width", string(t->width));
	add(e, "max_speed", string(t->max_speed));
	add(e, "max_width", string(t->max_width));
	return e;
}

static struct json_object *sriov(const struct vh_shown *s)
{
	struct json_object *e;

	if (!s->dev->is_vf && s->detail->totalvfs <= 0)
		return NULL;
	e = json_object_new_object();
	add(e, "pf", s->dev->is_vf ? address(&s->dev->pf) : NULL);
	add(e, "total", number(s->detail->totalvfs));
	add(e, "vfs", strings(&s->detail->vfs));
	return e;
}

static struct json_object *member(struct vh_output *o, const struct vh_shown *s,
				  const struct vh_pci_dev *m)
{
	struct json_object *e = json_object_new_object();
	_auto_free_ char *what = vh_render_member(s, m);

	add(e, "address", address(&m->addr));
	add(e, "id", id(m->vendor, m->device));
	add(e, "description", description(o, m));
	add(e, "driver", string(m->driver));
	add(e, "bridge", json_object_new_boolean(vh_pci_is_bridge(m)));
	add(e, "uses", uses(m));
	add(e, "on_start", string(what));
	return e;
}

static struct json_object *group(struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_group *g = vh_host_group(s->start->host, s->dev->group);
	struct json_object *e, *members;

	if (!g)
		return NULL;
	e = json_object_new_object();
	members = json_object_new_array();
	for (size_t i = 0; i < g->count; i++)
		json_object_array_add(members, member(o, s, g->members[i]));
	add(e, "group", json_object_new_int(g->number));
	add(e, "open", g->open == VH_UNKNOWN ? NULL : json_object_new_boolean(g->open == VH_YES));
	add(e, "holder", string(g->holder));
	add(e, "reserved_regions", strings(&s->detail->regions));
	add(e, "members", members);
	return e;
}

static struct json_object *start(const struct vh_shown *s)
{
	struct json_object *e = json_object_new_object(), *array = json_object_new_array();
	_auto_free_ char *text = vh_render_start(s);
	const struct vh_plan *p = s->start->plan;

	for (size_t i = 0; p && i < p->count; i++)
		if (vh_render_is_detached(&p->devs[i]))
			json_object_array_add(array, address(&p->devs[i].dev->addr));
	add(e, "verdict",
	    string(vh_findings_number(s->start->findings, VH_ERROR) ? "refuse" : "ok"));
	add(e, "text", string(text));
	add(e, "detach", array);
	add(e, "findings", vh_json_findings(s->start->findings));
	return e;
}

static void add_identity(struct json_object *e, struct vh_output *o, const struct vh_shown *s)
{
	const struct vh_pci_dev *d = s->dev;
	_auto_free_ char *class = vh_printf("%04x", d->class >> 8 & 0xffff);
	_auto_free_ char *title = vh_pci_names_class(o->cli->names, d);
	_auto_free_ char *whose = vh_pci_names_subsystem(o->cli->names, d);

	add(e, "address", address(&d->addr));
	add(e, "class", string(class));
	add(e, "class_name", string(title));
	add(e, "id", id(d->vendor, d->device));
	add(e, "description", description(o, d));
	add(e, "revision", number(s->detail->revision));
	add(e, "subsystem_id", whose ? id(d->subvendor, d->subdevice) : NULL);
	add(e, "subsystem", string(whose));
	add(e, "bridge", json_object_new_boolean(vh_pci_is_bridge(d)));
	add(e, "answers", json_object_new_boolean(!d->dead));
}

static struct json_object *shown(struct vh_output *o, const struct vh_shown *s)
{
	struct json_object *e = json_object_new_object();
	const struct vh_detail *t = s->detail;

	add_identity(e, o, s);
	add(e, "driver", string(s->dev->driver));
	add(e, "driver_override", string(t->override));
	add(e, "modules", t->modules_read ? strings(&t->modules) : NULL);
	add(e, "vfio_variants", t->modules_read ? strings(&t->variants) : NULL);
	add(e, "parent", s->dev->root_bus ? NULL : address(&s->dev->bridge));
	add(e, "numa_node", number(t->numa_node));
	add(e, "link", link_of(t));
	add(e, "power_state", string(t->power));
	add(e, "reset_methods", words(t->reset));
	add(e, "resizable_bars", strings(&t->bars));
	add(e, "sriov", sriov(s));
	add(e, "capabilities", s->all_caps ? strings(s->caps) : NULL);
	add(e, "uses", s->dev->uses_read == VH_NO ? NULL : uses(s->dev));
	add(e, "group", group(o, s));
	add(e, "start", start(s));
	add(e, "not_checked", strings(s->start->not_checked));
	return e;
}

void vh_json_show(struct vh_output *o, const struct vh_shown *list, size_t count)
{
	struct json_object *doc = document(), *array = json_object_new_array();

	for (size_t i = 0; i < count; i++)
		json_object_array_add(array, shown(o, &list[i]));
	add(doc, "devices", array);
	vh_json_print(doc);
}
