/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fields-check - the facts that check has of a host, of domains, and of domains on several
 * hosts. For people they are written by text-check.c and text-hosts.c, like a compiler's. */
#include "cli/render/fields.h"

#include "lib/base/banned.h"

VH_FIELDS_GET(const struct vh_host *, host, s->judgement ? s->judgement->c.host : NULL)

/* --- a device of a domain ------------------------------------------------------------------- */

VH_FIELDS_GET(char *, address,
	      s->hostdev->problem ? NULL : vh_strdup(vh_pci_str(&s->hostdev->addr).s))
VH_FIELDS_GET(char *, element, vh_strdup(vh_address_element_str(s->hostdev->element)))
VH_FIELDS_GET(int64_t, line, s->hostdev->line)
VH_FIELDS_GET(enum vh_tri, managed, vh_fields_is(s->hostdev->managed))
VH_FIELDS_GET(enum vh_tri, present, vh_fields_is(s->dev))
VH_FIELDS_GET(int64_t, group, s->dev ? s->dev->group : -1)
VH_FIELDS_GET(char *, id, s->dev ? vh_fields_id(s) : NULL)
VH_FIELDS_GET(char *, description, s->dev ? vh_fields_description(s) : NULL)

static const struct vh_field device_fields[] = {
	{ "address", .text = address },
	{ "element", .text = element },
	{ "line", .number = line },
	{ "managed", .tri = managed },
	{ "present", .tri = present },
	{ "group", .number = group },
	{ "driver", .text = vh_fields_driver },
	{ "id", .text = id },
	{ "description", .text = description },
	{ 0 },
};

/* None where the domain has no passthrough, and the host was not looked at. */
static bool next_device(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	const struct vh_domain *d = s->judgement->domain;

	if (!host(s) || *at >= d->n_devices)
		return false;
	*ret = *s;
	ret->hostdev = &d->devices[(*at)++];
	ret->dev = ret->hostdev->problem ? NULL : vh_host_dev(host(s), &ret->hostdev->addr);
	return true;
}

/* --- a domain ------------------------------------------------------------------------------- */

VH_FIELDS_GET(char *, source, vh_strdup(s->report->source))
VH_FIELDS_GET(char *, name, vh_strdup(s->judgement->domain->name))
VH_FIELDS_GET(char *, uuid, vh_strdup(s->judgement->domain->uuid))
VH_FIELDS_GET(char *, verdict, vh_strdup(vh_render_verdict(&s->judgement->findings)))
VH_FIELDS_GET(bool, is_defined, s->report->defined)
VH_FIELDS_GET(enum vh_tri, runs, vh_fields_is(s->report->defined->runs))
VH_FIELDS_GET(enum vh_tri, autostart, vh_fields_is(s->report->defined->autostart))
VH_FIELDS_LIST(detach, vh_fields_detach(s->judgement->plan, ret))
VH_FIELDS_LIST(not_checked, vh_fields_names(&s->judgement->c.unseen, ret))

static bool next_finding(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	struct vh_subject of = *s;

	of.findings = &s->judgement->findings;
	return vh_fields_findings(&of, at, ret);
}

const struct vh_field vh_fields_check_domain[] = {
	{ "source", .text = source },
	{ "name", .text = name },
	{ "uuid", .text = uuid },
	{ "verdict", .text = verdict },
	{ "devices", .next = next_device, .fields = device_fields },
	{ "detach", .list = detach },
	{ "not_checked", .list = not_checked },
	{ "findings", .next = next_finding, .fields = vh_fields_finding },
	{ "running", .tri = runs, .applies = is_defined },
	{ "autostart", .tri = autostart, .applies = is_defined },
	{ 0 },
};

/* --- the host, and the whole ---------------------------------------------------------------- */

VH_FIELDS_GET(char *, host_source, vh_strdup(s->source))
VH_FIELDS_GET(bool, is_judged, s->judgement)
VH_FIELDS_GET(enum vh_tri, iommu, vh_fields_is(host(s)->iommu))
VH_FIELDS_GET(int64_t, groups, (int64_t)host(s)->n_groups)

static const struct vh_field host_fields[] = {
	{ "source", .text = host_source },
	{ "verdict", .text = verdict, .applies = is_judged },
	{ "iommu", .tri = iommu, .applies = is_judged },
	{ "groups", .number = groups, .applies = is_judged },
	{ "not_checked", .list = not_checked, .applies = is_judged },
	{ "findings", .next = next_finding, .fields = vh_fields_finding, .applies = is_judged },
	{ 0 },
};

VH_FIELDS_GET(char *, severity, vh_strdup(vh_finding_severity_str(s->remark->severity)))
VH_FIELDS_GET(char *, message, vh_strdup(s->remark->message))

static const struct vh_field remark_fields[] = {
	{ "severity", .text = severity },
	{ "message", .text = message },
	{ 0 },
};

VH_FIELDS_NEXT(static bool, next_remark, remark, s->remarks->list, s->remarks->count)

VH_FIELDS_GET(bool, is_of_all, s->remarks)

/* They are appended one by one, as they are judged. */
static bool no_domain(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	(void)s;
	(void)at;
	(void)ret;
	return false;
}

const struct vh_field vh_fields_check[] = {
	{ "host", .object = vh_fields_same, .fields = host_fields },
	{ "domains", .next = no_domain, .fields = vh_fields_check_domain },
	{ "together", .next = next_remark, .fields = remark_fields, .applies = is_of_all },
	{ 0 },
};

/* --- several hosts -------------------------------------------------------------------------- */

VH_FIELDS_GET(bool, is_asked, s->judgement->domain)
VH_FIELDS_GET(char *, uri, vh_strdup(s->remotes->uri))
VH_FIELDS_GET(char *, problem, is_asked(s) ? NULL : vh_strdup(s->remotes->err.what))
VH_FIELDS_GET(char *, verdict_there, is_asked(s) ? verdict(s) : NULL)
VH_FIELDS_LIST(not_checked_there, is_asked(s) ? not_checked(s, ret) : VH_NO)

static const struct vh_field remote_fields[] = {
	{ "source", .text = uri },
	{ "error", .text = problem },
	{ "verdict", .text = verdict_there },
	{ "not_checked", .list = not_checked_there },
	{ "findings", .next = next_finding, .is_known = is_asked, .fields = vh_fields_finding },
	{ 0 },
};

static bool next_remote(const struct vh_subject *s, size_t *at, struct vh_subject *ret)
{
	if (*at >= s->n_remotes)
		return false;
	*ret = *s;
	ret->judgement = &s->compared->judgements[*at];
	ret->remotes = &s->remotes[(*at)++];
	return true;
}

VH_FIELDS_GET(char *, compared_source, vh_strdup(s->compared->source))
VH_FIELDS_GET(char *, compared_name, vh_strdup(s->compared->label))

static const struct vh_field compared_fields[] = {
	{ "source", .text = compared_source },
	{ "name", .text = compared_name },
	{ "hosts", .next = next_remote, .fields = remote_fields },
	{ 0 },
};

VH_FIELDS_NEXT(static bool, next_compared, compared, s->compared, s->n_compared)

const struct vh_field vh_fields_check_hosts[] = {
	{ "domains", .next = next_compared, .fields = compared_fields },
	{ 0 },
};
