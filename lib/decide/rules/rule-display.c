/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-display - what people at the host see and type with: its display, keyboard and mouse. */
#include "lib/decide/rules/rule.h"

#include "lib/host/uses/keyboard.h"

#include "lib/base/banned.h"

#define FRAMEBUFFER_FIX \
	"add initcall_blacklist=sysfb_init to the kernel command line and reboot, or choose another display to boot with in the firmware setup"
#define ROM_FIX \
	"choose another display to boot with in the firmware setup, or give the guest the card's ROM: <rom file='/usr/share/vgabios/card.rom'/>"

/* A use by which device-in-use fires says more than that it is the boot display. */
static bool is_drawn_on(const struct vh_pci_dev *d)
{
	for (size_t i = 0; i < d->n_uses; i++)
		if (d->uses[i].kind == VH_USE_DISPLAY && !d->uses[i].peer_only)
			return true;
	return false;
}

static void check_boot_display(const struct vh_case *c, const struct vh_rule *r,
			       struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		const struct vh_pci_dev *d = pd->dev;

		if (VH_PCI_BASE_CLASS(d->class) != VH_PCI_BASE_CLASS_DISPLAY ||
		    (!d->boot_vga && !d->framebuffer) || is_drawn_on(d))
			continue;
		vh_finding_add(out, r, pd, d->framebuffer ? FRAMEBUFFER_FIX : ROM_FIX,
			       "%s is the display that the host booted with%s%s%s",
			       vh_pci_str(&d->addr).s,
			       d->framebuffer ? ", and the firmware's framebuffer '" : "",
			       d->framebuffer ? d->framebuffer : "",
			       d->framebuffer ? "' is in its memory" : "");
	}
}

const struct vh_rule vh_rule_boot_display = {
	.name = "boot-display",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the host booted with a display that the guest gets",
	.check = check_boot_display,
	.explain = "The firmware started this display and may still draw on it, or own a part of\n"
		   "its memory. The host uses it for nothing else now, so the guest can have it;\n"
		   "but the screen stays dark, messages of the host are lost, and the guest may\n"
		   "fail to start the card: its ROM was changed when it ran, or its memory\n"
		   "cannot be reserved. Let the firmware boot with another display, or keep the\n"
		   "kernel off the firmware's framebuffer, or give the guest a copy of the\n"
		   "card's ROM.",
};

/* Is a keyboard of this place connected by the device? */
static bool has_keyboard(const struct vh_pci_dev *d, const char *path)
{
	_auto_free_ char *below = vh_printf("%s/", d->path);

	for (size_t i = 0; vh_keyboard_is_bluetooth(path) && i < d->n_uses; i++)
		if (d->uses[i].input & VH_INPUT_BLUETOOTH)
			return true;
	return vh_has_prefix(path, below);
}

/* Does a keyboard hang on something that the host keeps? */
static bool has_other_keyboard(const struct vh_case *c)
{
	for (size_t i = 0; i < c->host->keyboards.count; i++) {
		const char *path = c->host->keyboards.name[i];
		const struct vh_plan_dev *pd = NULL;
		bool goes = false;

		while (!goes && (pd = vh_rule_next_dev(c, pd)))
			goes = has_keyboard(pd->dev, path);
		if (!goes)
			return true;
	}
	return false;
}

static unsigned int inputs(const struct vh_pci_dev *d, struct vh_strbuf *texts)
{
	unsigned int found = 0;

	for (size_t i = 0; i < d->n_uses; i++) {
		if (d->uses[i].input)
			vh_strbuf_join(texts, ", ", d->uses[i].text);
		found |= d->uses[i].input;
	}
	return found;
}

static void check_input_lost(const struct vh_case *c, const struct vh_rule *r,
			     struct vh_findings *out)
{
	const struct vh_plan_dev *pd = NULL;

	while ((pd = vh_rule_next_named(c, pd))) {
		_auto_strbuf_ struct vh_strbuf texts = { 0 };
		unsigned int found = inputs(pd->dev, &texts);
		bool is_last = found & VH_INPUT_KEYBOARD && c->host->keyboards_read &&
			       !has_other_keyboard(c);

		if (!found)
			continue;
		vh_finding_add(
			out, r, pd,
			"plug it into a port of another controller, or make sure that you can log in by ssh",
			"with %s the host loses its keyboard or mouse: %s%s",
			vh_pci_str(&pd->dev->addr).s, texts.data,
			is_last ? "; the host has no other keyboard" : "");
	}
}

const struct vh_rule vh_rule_input_lost = {
	.name = "input-lost",
	.severity = VH_WARNING,
	.scopes = VH_SCOPE_DEVICE | VH_SCOPE_BOOT,
	.title = "the host loses its keyboard or mouse",
	.check = check_input_lost,
	.explain = "A keyboard or mouse of the host is connected to this USB controller. While\n"
		   "the guest has the controller, input goes to the guest, and none to the host.\n"
		   "That may be what you want; if it is the only keyboard, the host can be\n"
		   "reached only over the network while the guest runs. Plug it into a port of\n"
		   "another controller, or make sure that you can log in by ssh.",
};
