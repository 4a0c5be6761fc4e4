/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-metadata - what a domain asks of us in its metadata, and that nothing wrong in it passes. */
#include "lib/base/strbuf.h"
#include "lib/domain/domain.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define DEVICES                                                                      \
	"<devices><hostdev type='pci'><source><address bus='3'/></source></hostdev>" \
	"</devices>"
#define NS "xmlns:v='urn:vfio-hook:1'"
#define POLICY(attributes, inner) "<v:policy " NS attributes ">" inner "</v:policy>"
#define DEVICE(attributes) "<v:device " attributes "/>"
#define PIN DEVICE("address='0000:03:00.0' id='8086:24f3'")

/* want: "ok", "require" and the pins; or the error without its beginning */
static const struct {
	const char *name, *metadata, *want;
} cases[] = {
	{ "no metadata", "", "ok" },
	{ "that of others", "<metadata><a/><x:policy xmlns:x='urn:x' peers='detach'/></metadata>",
	  "ok" },
	{ "an empty policy", "<metadata>\n" POLICY("", "") "</metadata>", "ok" },
	{ "peers", "<metadata>" POLICY(" peers='require'", "") "</metadata>", "ok require" },
	{ "a pin", "<metadata>\n" POLICY("", "<!-- it -->\n" PIN) "</metadata>",
	  "ok 3: 0000:03:00.0 8086:24f3" },
	{ "two, as people write them",
	  "<metadata>" POLICY(" peers='require'",
			      DEVICE("id='8086:24F3' address='03:00.0'") DEVICE(
				      "address='pci_0000_0A_00_1' id='10de:10f1'")) "</metadata>",
	  "ok require 1: 0000:03:00.0 8086:24f3 1: 0000:0a:00.1 10de:10f1" },
	{ "another prefix",
	  "<metadata><policy xmlns='urn:vfio-hook:1'><device address='03:00.0' id='8086:24f3'/>"
	  "</policy></metadata>",
	  "ok 1: 0000:03:00.0 8086:24f3" },
	{ "elsewhere it is not looked for",
	  POLICY(" peers='no'", "") "<metadata><a>" POLICY(" peers='no'", "") "</a></metadata>",
	  "ok" },
	/* it cannot loosen */
	{ "peers that would loosen", "\n<metadata>" POLICY(" peers='detach'", "") "</metadata>",
	  "line 2: unknown value of 'peers': 'detach'" },
	{ "the balloon", "<metadata>" POLICY(" balloon='warn'", "") "</metadata>",
	  "line 1: unknown attribute 'balloon'" },
	{ "an allowance",
	  "<metadata>" POLICY("", DEVICE("address='03:00.0' id='8086:24f3' "
					 "allow-in-use='block'")) "</metadata>",
	  "line 1: unknown attribute 'allow-in-use'" },
	/* nothing is skipped */
	{ "another element", "<metadata>" POLICY("", "\n\n<v:group/>") "</metadata>",
	  "line 3: unknown element 'group'" },
	{ "a prefix that was forgotten",
	  "<metadata>" POLICY("", "<device address='03:00.0' id='8086:24f3'/>") "</metadata>",
	  "line 1: unknown element 'device'" },
	{ "another element beside it", "<metadata><v:polcy " NS "/></metadata>",
	  "line 1: unknown element 'polcy'" },
	{ "one in a device",
	  "<metadata>" POLICY("", "<v:device address='03:00.0' id='8086:24f3'><a/>"
				  "</v:device>") "</metadata>",
	  "line 1: unknown element 'a'" },
	{ "two policies", "<metadata>" POLICY("", "") POLICY("", "") "</metadata>",
	  "line 1: a second element 'policy'" },
	{ "two policies in two places",
	  "<metadata>" POLICY("", "") "</metadata><metadata>" POLICY("", "") "</metadata>",
	  "line 1: a second element 'policy'" },
	{ "a newer version", "<metadata><v:policy xmlns:v='urn:vfio-hook:2'/></metadata>",
	  "line 1: unknown version 'urn:vfio-hook:2'" },
	{ "an attribute in our namespace",
	  "<metadata>" POLICY(" v:peers='require'", "") "</metadata>",
	  "line 1: unknown attribute 'peers'" },
	{ "no address", "<metadata>" POLICY("", DEVICE("id='8086:24f3'")) "</metadata>",
	  "line 1: no PCI address: ''" },
	{ "an address that is none",
	  "<metadata>" POLICY("", DEVICE("address='eth0' id='8086:24f3'")) "</metadata>",
	  "line 1: no PCI address: 'eth0'" },
	{ "no id", "<metadata>" POLICY("", DEVICE("address='03:00.0'")) "</metadata>",
	  "line 1: no vendor and device id: ''" },
	{ "half an id", "<metadata>" POLICY("", DEVICE("address='03:00.0' id='8086:'")) "</metadata>",
	  "line 1: no vendor and device id: '8086:'" },
	{ "two ids",
	  "<metadata>" POLICY("", PIN DEVICE("address='03:00.0' id='8086:24f4'")) "</metadata>",
	  "line 1: a second id for '03:00.0'" },
	{ "a control character",
	  "<metadata>" POLICY("", DEVICE("address='&#9;x' id='8086:24f3'")) "</metadata>",
	  "line 1: no PCI address: '\\x09x'" },
};

static char *show(const char *xml)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);
	struct vh_strbuf sb = { 0 };
	char *colon;

	if (!d) {
		colon = strstr(err.what, " in the metadata of vfio-hook:");
		if (!colon)
			return vh_strdup(err.what);
		vh_strbuf_add_mem(&sb, err.what, (size_t)(colon - err.what));
		vh_strbuf_add(&sb, colon + strlen(" in the metadata of vfio-hook:"));
		return vh_strbuf_steal(&sb);
	}
	vh_strbuf_addf(&sb, "ok%s", d->policy.require_peers ? " require" : "");
	for (size_t i = 0; i < d->policy.n_pins; i++) {
		const struct vh_domain_pin *p = &d->policy.pins[i];

		vh_strbuf_addf(&sb, " %d: %s %04x:%04x", p->line, vh_pci_str(&p->addr).s,
			       p->id.vendor, p->id.device);
	}
	return vh_strbuf_steal(&sb);
}

static void test_cases(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_free_ char *xml = vh_printf("<domain type='kvm'>%s" DEVICES "</domain>",
						  cases[i].metadata);
		_auto_free_ char *have = show(xml);

		if (!ok(!strcmp(have, cases[i].want), "%s", cases[i].name))
			diag("have: %s", have);
	}
}

/* Whoever passes nothing through is not stopped. */
static void test_other_domains(void)
{
	_auto_free_ char *have = show(
		"<domain type='kvm'><metadata>" POLICY(" x='y'", "") "</metadata></domain>");

	ok(!strcmp(have, "ok"), "a domain without devices may say what it likes");
}

static void test_many(void)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_free_ char *have = NULL;

	vh_strbuf_add(&xml, "<domain type='kvm'>" DEVICES "<metadata><v:policy " NS ">");
	for (int i = 0; i < 257; i++)
		vh_strbuf_addf(&xml, "<v:device address='%04x:03:00.0' id='8086:24f3'/>", i);
	vh_strbuf_add(&xml, "</v:policy></metadata></domain>");
	have = show(xml.data);
	ok(!strcmp(have, "line 1: too many devices, from '0100:03:00.0'"), "257 pins");
}

int main(void)
{
	test_cases();
	test_other_domains();
	test_many();
	return tap_done();
}
