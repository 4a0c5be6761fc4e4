/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-use - who needs the devices now: the host, its administrator, another domain. */
#include "lib/base/unit.h"
#include "lib/decide/lending.h"
#include "lib/decide/rules/rule.h"

#include "lib/base/banned.h"

static const char *kind_str(enum vh_use_kind kind)
{
	switch (kind) {
	case VH_USE_BLOCK:
		return "block";
	case VH_USE_NETWORK:
		return "network";
	case VH_USE_DISPLAY:
		return "display";
	case VH_USE_SOUND:
		return "sound";
	case VH_USE_SERIAL:
		return "serial";
	case VH_USE_COMPUTE:
		return "compute";
	case VH_USE_INPUT:
		return "input";
	case VH_USE_OTHER:
		break;
	}
	return "other";
}

/* A use of it cannot be ended while the host runs, like the root file system. Then it makes no
 * sense to end its other uses, some of which may belong to that one. */
static bool is_indispensable(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (d->uses[i].vital && !d->uses[i].fix && !d->uses[i].guess)
			return true;
	return false;
}

/* A guess is told as a guess; a use that can be ended is not a reason. */
static const char *why_another(const struct vh_pci_dev *d, const struct vh_use *use)
{
	if (is_indispensable(d))
		return ": the host cannot run without this one";
	return use->fix ? "" : ": the host may need this one to run";
}

/* Ending the use takes it from the domain too: the domain's own element has to move first. */
static char *own_first(const struct vh_case *c, const struct vh_plan_dev *pd,
		       const struct vh_use *use)
{
	const struct vh_need *n = vh_rule_needs_on(c, pd, use->kind);

	if (!n)
		return vh_strdup(use->fix);
	return vh_printf("first move what the domain itself has on %s (the <%s> at line %d)\nthen %s",
			 vh_pci_str(&pd->dev->addr).s, n->element, n->line, use->fix);
}

/* How to end the use, or to allow it; NULL if a process only looks at the device. */
static char *use_fix(const struct vh_case *c, const struct vh_plan_dev *pd, const struct vh_use *use)
{
	const struct vh_pci_dev *d = pd->dev;
	_auto_free_ char *config = NULL;

	if (use->looked)
		return NULL;
	if (is_indispensable(d) || (use->vital && !use->fix))
		return vh_printf("choose another device%s", why_another(d, use));
	if (use->fix)
		return own_first(c, pd, use);
	config = vh_wording_config(&d->addr, "allow-in-use", kind_str(use->kind));
	return vh_printf("end this use, or allow it %s", config);
}

/* What could not be judged counts as used, unless the source never tells, or does not tell this
 * user: then it is not checked. A start runs as root. */
static bool is_unjudged(const struct vh_case *c, const struct vh_pci_dev *d)
{
	unsigned int allowed = vh_config_device(c->config, &d->addr).allow_in_use;

	return !c->host->uses_untold && !c->host->ordinary && !vh_host_is_seen_enough(d, allowed);
}

/* Naming the device does not help: the uses of a named device have to be seen as well. */
static char *unjudged_fix(const struct vh_pci_dev *d, const char *other)
{
	_auto_strbuf_ struct vh_strbuf kinds = { 0 };
	_auto_free_ char *config = NULL;

	for (unsigned int kind = 1; kind <= VH_USE_OTHER; kind <<= 1)
		if (d->unseen_kinds & kind)
			vh_strbuf_join(&kinds, " ", kind_str((enum vh_use_kind)kind));
	if (!kinds.len || d->uses_read != VH_UNKNOWN)
		return vh_printf("choose %s", other);
	config = vh_wording_config(&d->addr, "allow-in-use", kinds.data);
	return vh_printf("choose %s, or allow what may be there %s", other, config);
}

/* A start demands the same of the devices that it takes (lib/act/prepare.c). */
static void device_unjudged(const struct vh_case *c, const struct vh_plan_dev *pd,
			    const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_pci_dev *d = pd->dev;
	_auto_free_ char *fix = NULL, *with = NULL;

	if ((pd->action != VH_UNBIND && pd->action != VH_BIND) || !is_unjudged(c, d))
		return;
	fix = unjudged_fix(d, "another device");
	with = d->driver ? vh_printf(" by driver '%s'", d->driver) : NULL;
	vh_finding_add(out, r, pd, fix,
		       "%s counts as used: what the host does with it%s could not be seen%s%s",
		       vh_pci_str(&d->addr).s, with ? with : "", d->unseen.count ? ": " : "",
		       d->unseen.count ? d->unseen.name[0] : "");
}

/* What a script ends of it, by a word of whoever uses it (vh_use.by). */
static const struct {
	const char *word;
	enum vh_hook_deed deed;
} endings[] = {
	{ "console:", VH_DEED_CONSOLE },
	{ "console:", VH_DEED_DRIVER },
	{ "module:nvidia_drm", VH_DEED_DRIVER },
	{ "user@", VH_DEED_DESKTOP },
	{ "pid:", VH_DEED_DESKTOP },
	{ "display-manager.service", VH_DEED_DESKTOP },
	{ "gdm.service", VH_DEED_DESKTOP },
	{ "gdm3.service", VH_DEED_DESKTOP },
	{ "sddm.service", VH_DEED_DESKTOP },
	{ "plasmalogin.service", VH_DEED_DESKTOP },
	{ "lightdm.service", VH_DEED_DESKTOP },
	{ "lxdm.service", VH_DEED_DESKTOP },
	{ "greetd.service", VH_DEED_DESKTOP },
	{ "ly.service", VH_DEED_DESKTOP },
};

static const struct vh_hook_line *line_ended_before(const struct vh_case *c, const char *line)
{
	const struct vh_hook_line *found = NULL;
	_auto_names_ struct vh_names words = { 0 };

	vh_unit_words(&words, line);
	for (size_t i = 0; i < words.count; i++)
		for (size_t k = 0; k < VH_COUNT(endings) && !found; k++)
			if (vh_has_prefix(words.name[i], endings[k].word))
				found = vh_rule_hook_before(c, endings[k].deed, NULL);
	return found;
}

/* Those whose scripts end their desktop when the guest starts see it here while it runs. NULL: not
 * all who use it end so. */
static const struct vh_hook_line *ended_before(const struct vh_case *c, const struct vh_use *use)
{
	_auto_free_ char *copy = use->vital ? NULL : vh_strdup(use->by);
	const struct vh_hook_line *found = NULL;
	char *rest = copy, *line;

	while ((line = strsep(&rest, "\n"))) {
		found = line_ended_before(c, line);
		if (!found)
			return NULL;
	}
	return found;
}

static bool is_told(const struct vh_case *c, const struct vh_plan_dev *pd, const struct vh_use *use)
{
	return !use->peer_only && !vh_plan_allows(c->config, pd->dev, use) &&
	       !vh_lending_explains(c, use);
}

/* Would all for which it is refused end by a hand-over, as far as can be told without asking
 * systemd? What the domain itself has on it would end, too. */
static bool is_lendable(const struct vh_case *c, const struct vh_plan_dev *pd)
{
	for (size_t i = 0; i < pd->dev->n_uses; i++) {
		const struct vh_use *use = &pd->dev->uses[i];

		if (is_told(c, pd, use) && vh_plan_is_refused_by(c->config, pd->dev, use, VH_NAMED) &&
		    (!vh_lending_may_explain(use) || vh_rule_needs_on(c, pd, use->kind)))
			return false;
	}
	/* nobody calls a hook when a device is plugged */
	return !is_unjudged(c, pd->dev) && !(c->domain && c->domain->lone);
}

/* Said once for a device: the command prints what ends all of its uses, and for which it cannot. */
static char *and_handover(const struct vh_pci_dev *d, const char *end)
{
	return vh_printf("%s\nor hand it over while the guest runs: vfio-hook handover %s", end,
			 vh_pci_str(&d->addr).s);
}

static void device_used(const struct vh_case *c, const struct vh_plan_dev *pd,
			const struct vh_rule *r, struct vh_findings *out)
{
	bool lendable = is_lendable(c, pd);

	for (size_t i = 0; i < pd->dev->n_uses; i++) {
		const struct vh_use *use = &pd->dev->uses[i];
		_auto_free_ char *end = NULL, *fix = NULL;
		const struct vh_hook_line *ended = ended_before(c, use);
		struct vh_finding *f;
		bool refused;

		if (!is_told(c, pd, use))
			continue;
		refused = vh_plan_is_refused_by(c->config, pd->dev, use, VH_NAMED);
		end = use_fix(c, pd, use);
		fix = end && refused && lendable ? and_handover(pd->dev, end) : NULL;
		lendable = lendable && !fix;
		f = vh_finding_add(out, r, pd, fix ? fix : end, "%s is used by the host: %s",
				   vh_pci_str(&pd->dev->addr).s, use->text);
		if (!refused)
			f->severity = VH_WARNING;
		else if (ended)
			vh_rule_told_by_hook(f, ended);
	}
}

static void check_device_in_use(const struct vh_case *c, const struct vh_rule *r,
				struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		device_used(c, pd, r, out);
		device_unjudged(c, pd, r, out);
	}
}

const struct vh_rule vh_rule_device_in_use = {
	.name = "device-in-use",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the host is using a device that the domain names",
	.check = check_device_in_use,
	.explain = "The host itself uses the device that the domain names. libvirt would take it\n"
		   "anyway: a disk is unbound while it is mounted, a remote administrator loses\n"
		   "the network, a console goes dark. The message names the use, and the fix\n"
		   "shows how to end it. If the host can do without it while the guest runs,\n"
		   "'vfio-hook handover ADDRESS' prints what to configure: then the start ends\n"
		   "it, and it comes back when the guest has ended. To let a guest take the\n"
		   "device although the host uses it, list this kind of use in allow-in-use for\n"
		   "this device. The disks of the system itself (/, /boot, /efi, /usr, /var,\n"
		   "/etc, swap) and the way to them cannot be allowed at all. A use that could\n"
		   "not be checked counts as a use. What another hook ends before this one\n"
		   "looks, like a desktop by 'systemctl stop display-manager', is a warning from\n"
		   "'check'.",
};

/* How to name the peer, so that it is judged as a named device is. */
static char *naming_fix(const struct vh_case *c, const struct vh_pci_dev *peer)
{
	const struct vh_plan_dev *with = vh_rule_named_in(c, peer->group);
	_auto_free_ char *element = NULL;

	if (!c->domain && with)
		return vh_printf("name it too: vfio-hook detach %s %s",
				 vh_pci_str(&with->dev->addr).s, vh_pci_str(&peer->addr).s);
	element = vh_wording_hostdev(&peer->addr);
	return vh_printf("pass it through too: %s", element);
}

/* Naming helps only against a use that counts for peers alone, nothing against a vital one. */
static char *peer_fix(const struct vh_case *c, const struct vh_plan_dev *pd,
		      const struct vh_use *use)
{
	const struct vh_pci_dev *d = pd->dev;
	_auto_free_ char *naming = NULL, *config = NULL, *allow = NULL, *other = NULL;
	_auto_free_ char *end = use->fix ? own_first(c, pd, use) : NULL;
	struct vh_strbuf sb = { 0 };
	bool stays = is_indispensable(d);

	if (end && !stays)
		vh_strbuf_add(&sb, end);
	if (use->vital || stays) {
		other = vh_printf("choose a device of another IOMMU group%s", why_another(d, use));
		vh_strbuf_join(&sb, "\nor ", other);
		return vh_strbuf_steal(&sb);
	}
	if (use->peer_only) {
		naming = naming_fix(c, d);
		vh_strbuf_join(&sb, "\nor ", naming);
	}
	config = vh_wording_config(&d->addr, "allow-in-use", kind_str(use->kind));
	allow = vh_printf("allow it %s", config);
	vh_strbuf_join(&sb, "\nor ", allow);
	return vh_strbuf_steal(&sb);
}

static void peer_used(const struct vh_case *c, const struct vh_plan_dev *pd,
		      const struct vh_use *use, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *with = vh_wording_with(c, pd->dev);
	_auto_free_ char *fix = peer_fix(c, pd, use);
	const struct vh_hook_line *ended = ended_before(c, use);
	struct vh_finding *f;

	f = vh_finding_add(out, r, pd, fix, "%s, %s, is used by the host: %s",
			   vh_pci_str(&pd->dev->addr).s, with, use->text);
	if (!vh_plan_is_refused_by(c->config, pd->dev, use, VH_PEER))
		f->severity = VH_WARNING;
	else if (ended)
		vh_rule_told_by_hook(f, ended);
	vh_finding_about(f, &pd->dev->addr, vh_rule_group_line(c, pd->dev->group));
}

/* A device without a driver has no user, and peer-critical judges chipset functions. */
static bool is_peer_unjudged(const struct vh_case *c, const struct vh_pci_dev *d)
{
	return is_unjudged(c, d) && d->driver && !vh_host_is_chipset(d);
}

static void peer_unjudged(const struct vh_case *c, const struct vh_plan_dev *pd,
			  const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_pci_dev *d = pd->dev;
	_auto_free_ char *with = vh_wording_with(c, d),
			 *fix = unjudged_fix(d, "a device of another IOMMU group");
	struct vh_finding *f;

	f = vh_finding_add(
		out, r, pd, fix,
		"%s, %s, counts as used: what the host does with driver '%s' could not be seen%s%s",
		vh_pci_str(&d->addr).s, with, d->driver, d->unseen.count ? ": " : "",
		d->unseen.count ? d->unseen.name[0] : "");
	vh_finding_about(f, &d->addr, vh_rule_group_line(c, d->group));
}

static void check_peer_in_use(const struct vh_case *c, const struct vh_rule *r,
			      struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_peer(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;

		for (size_t i = 0; i < d->n_uses; i++) {
			if (!vh_plan_allows(c->config, d, &d->uses[i]) &&
			    !vh_lending_explains(c, &d->uses[i]))
				peer_used(c, pd, &d->uses[i], r, out);
		}
		if (is_peer_unjudged(c, d))
			peer_unjudged(c, pd, r, out);
	}
}

const struct vh_rule vh_rule_peer_in_use = {
	.name = "peer-in-use",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the host is using a group member that the domain does not name",
	.check = check_peer_in_use,
	.explain = "VFIO hands out whole IOMMU groups: every device of the group must leave its\n"
		   "driver before one of them can go to a guest. This one is in the group of a\n"
		   "device that the domain names, and the host uses it. Group members that the\n"
		   "domain does not name are judged more strictly: an interface that is up, a\n"
		   "disk with a file system on it, any display and anything that is plugged into\n"
		   "a USB port count as use, and so does a use that could not be checked. End\n"
		   "the use, name the device in the domain if the guest should have it, allow\n"
		   "the use in the configuration, or put the card into another slot, whose group\n"
		   "may be smaller.",
};

static void check_device_protected(const struct vh_case *c, const struct vh_rule *r,
				   struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_dev(c, pd))) {
		struct vh_pci_name name = vh_pci_str(&pd->dev->addr);
		_auto_free_ char *with = NULL, *fix = NULL;
		struct vh_finding *f;

		if (!vh_config_device(c->config, &pd->dev->addr).protect)
			continue;
		if (pd->role == VH_PEER)
			with = vh_wording_with(c, pd->dev);
		fix = vh_printf(
			"choose another device, or take 'protect = yes' out of [device %s] in /" VH_CONFIG_PATH,
			name.s);
		f = vh_finding_add(out, r, pd, fix, "%s%s%s%s is protected by the configuration",
				   name.s, with ? ", " : "", with ? with : "", with ? "," : "");
		if (with)
			vh_finding_about(f, &pd->dev->addr, vh_rule_group_line(c, pd->dev->group));
	}
}

const struct vh_rule vh_rule_device_protected = {
	.name = "device-protected",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the configuration protects a device",
	.check = check_device_protected,
	.explain = "The configuration says 'protect = yes' for this device: it never leaves the\n"
		   "host, neither because a domain names it nor as a member of the group of\n"
		   "another device. The administrator wrote that line on purpose. If it is out\n"
		   "of date, remove it from /etc/libvirt/vfio-hook.conf. Otherwise choose a\n"
		   "device of another IOMMU group; 'vfio-hook list' shows the groups.",
};

/* The first device of a claim that this start concerns: it is named, or in a group with one. */
static const struct vh_pci_dev *concerned_record(const struct vh_case *c, const struct vh_claim *k)
{
	for (size_t i = 0; i < k->count; i++) {
		const struct vh_pci_dev *d = vh_host_dev(c->host, &k->records[i].addr);

		if (!d)
			continue;
		if ((vh_plan_can_pass(d) && vh_rule_is_named(c, d)) ||
		    (d->group >= 0 && vh_rule_named_in(c, d->group)))
			return d;
	}
	return NULL;
}

static bool blocks(const struct vh_claim_view *v)
{
	return !v->stale;
}

/* The claim made by hand is among the views only while vfio-hook is at work on it. */
static char *owner_text(const struct vh_claim *k)
{
	if (vh_streq(k->owner, VH_MANUAL))
		return vh_strdup("is being detached or reattached by hand");
	return vh_printf("belongs to domain '%s'", k->name ? k->name : k->owner);
}

static char *claim_fix(const struct vh_claim *k, const struct vh_pci_dev *d)
{
	_auto_free_ char *domain = NULL, *end = NULL;

	if (vh_streq(k->owner, VH_MANUAL))
		return vh_strdup("start it again when that has ended");
	if (k->released)
		return vh_printf("vfio-hook reattach %s", vh_pci_str(&d->addr).s);
	domain = vh_wording_domain(k->name ? k->name : k->owner, k->owner);
	end = vh_wording_end_guest(domain);
	return vh_printf("%s\nor, when it does not run any more: vfio-hook reattach %s", end,
			 vh_pci_str(&d->addr).s);
}

static void claimed(const struct vh_case *c, const struct vh_claim_view *v,
		    const struct vh_pci_dev *d, const struct vh_rule *r, struct vh_findings *out)
{
	_auto_free_ char *with = vh_rule_is_named(c, d) ? NULL : vh_wording_with(c, d);
	_auto_free_ char *owner = owner_text(v->claim);
	_auto_free_ char *fix = claim_fix(v->claim, d);
	const struct vh_plan_dev *pd = NULL;
	struct vh_finding *f;

	f = vh_finding_add(out, r, NULL, fix, "%s%s%s%s %s%s%s", vh_pci_str(&d->addr).s,
			   with ? ", " : "", with ? with : "", with ? "," : "", owner,
			   v->why ? ": " : "", v->why ? v->why : "");
	while ((pd = vh_rule_next_named(c, pd)) && pd->dev != d)
		;
	vh_finding_about(f, &d->addr,
			 pd && pd->element ? pd->element->line : vh_rule_group_line(c, d->group));
}

/* Does a claim that was reported hold a member? */
static bool is_explained(const struct vh_claims *claims, const struct vh_group *g)
{
	for (size_t i = 0; i < claims->count; i++) {
		for (size_t j = 0; blocks(&claims->list[i]) && j < g->count; j++) {
			if (vh_claim_find(claims->list[i].claim, &g->members[j]->addr))
				return true;
		}
	}
	return false;
}

static char *open_fix(const struct vh_group_view *g)
{
	_auto_free_ char *name = g->domain ? vh_wording_domain(g->domain, NULL) : NULL;

	if (name)
		return vh_wording_end_guest(name);
	return g->nodes ? vh_printf("fuser -v %s   # names it; then stop it", g->nodes)
			: vh_printf("fuser -v /dev/vfio/%d   # names it; then stop it", g->number);
}

static void check_open(const struct vh_case *c, const struct vh_group_view *g,
		       const struct vh_rule *r, struct vh_findings *out)
{
	const struct vh_plan_dev *pd = vh_rule_named_in(c, g->number);
	_auto_free_ char *fix = NULL;

	if (g->hidden && !g->holder) {
		vh_finding_add(
			out, r, pd,
			"start libvirt's daemon with the /dev of the host, in which the kernel has this node",
			"a device of IOMMU group %d is on a VFIO driver, and /dev/vfio/%d is not there: who has %s cannot be seen, and QEMU cannot open it",
			g->number, g->number, vh_pci_str(&pd->dev->addr).s);
		return;
	}
	fix = open_fix(g);
	vh_finding_add(out, r, pd, fix, "IOMMU group %d of %s is in use by %s", g->number,
		       vh_pci_str(&pd->dev->addr).s,
		       g->holder ? g->holder : "a process that could not be seen");
}

static void check_device_claimed(const struct vh_case *c, const struct vh_rule *r,
				 struct vh_findings *out)
{
	const struct vh_group *g;

	if (c->claims->problem && vh_rule_next_named(c, NULL))
		vh_finding_add(out, r, NULL, c->claims->fix,
			       "a claim cannot be trusted, and may hold these devices: %s",
			       c->claims->problem);
	for (size_t i = 0; i < c->claims->count; i++) {
		const struct vh_claim_view *v = &c->claims->list[i];
		const struct vh_pci_dev *d = blocks(v) ? concerned_record(c, v->claim) : NULL;

		if (d)
			claimed(c, v, d, r, out);
	}
	for (size_t i = 0; (g = vh_rule_next_group(c, &i));) {
		const struct vh_group_view *seen = vh_claims_group(c->claims, g->number);

		if (seen->open == VH_YES && !is_explained(c->claims, g))
			check_open(c, seen, r, out);
	}
}

const struct vh_rule vh_rule_device_claimed = {
	.name = "device-claimed",
	.severity = VH_ERROR,
	.scopes = VH_SCOPE_DEVICE,
	.title = "another guest or process has the IOMMU group",
	.check = check_device_claimed,
	.explain = "A device of the group belongs to another guest: it is in a claim in\n"
		   "/run/vfio-hook, or a process has its group open. To take it now would take\n"
		   "it from a running guest, and two guests cannot share a group. End the other\n"
		   "guest first. If that guest is gone and left its claim behind, 'vfio-hook\n"
		   "reattach' with the address ends the claim and returns the device to its\n"
		   "driver; 'vfio-hook status' shows who has what. In rare cases the holder is\n"
		   "not a guest: fuser -v names it, by a node in /dev/vfio or /dev/vfio/devices.",
};
