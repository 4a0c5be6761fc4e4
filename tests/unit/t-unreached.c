/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-unreached - what is offered for a URI at which no libvirt answers. */
#include "cli/libvirt/unreached.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define HERE "systemctl status libvirtd virtqemud   # does it run?"
#define THERE " systemctl status libvirtd virtqemud   # is the host reached, and does it run there?"
#define LISTENS(kind)                                                                         \
	"   # is the host known? To type there: systemctl status virtproxyd-" kind ".socket " \
	"libvirtd-" kind ".socket"

static const struct {
	const char *uri, *want;
} cases[] = {
	{ "qemu:///system", HERE },
	{ "qemu+unix:///session?socket=/run/x", HERE },
	{ "test:///default", HERE },
	{ "qemu+ssh:///system", HERE },
	{ "qemu+ssh://far/system", "ssh far" THERE },
	{ "qemu+ssh://root@far.example/system?keyfile=/k", "ssh root@far.example" THERE },
	{ "qemu+libssh2://root@far:2222/system", "ssh -p 2222 root@far" THERE },
	{ "qemu+libssh://far", "ssh far" THERE },
	{ "qemu+ssh://root@[fe80::1]:22/system", "ssh -p 22 root@fe80::1" THERE },
	{ "qemu+ssh://[fe80::1]/system", "ssh fe80::1" THERE },
	{ "qemu+ssh://$(id)/system", "ssh '$(id)'" THERE },
	{ "qemu+ssh://a:`id`/system", "ssh -p '`id`' a" THERE },
	{ "qemu+ssh://-oProxyCommand=id/system", "ssh -- -oProxyCommand=id" THERE },
	{ "qemu://far/system", "getent ahosts far" LISTENS("tls") },
	{ "qemu+tls://far:16514/system", "getent ahosts far" LISTENS("tls") },
	{ "qemu+tcp://far?x=/", "getent ahosts far" LISTENS("tcp") },
	{ "qemu+tls://a b/system", "getent ahosts 'a b'" LISTENS("tls") },
	{ "qemu+ext:///system?command=/x",
	  "run the command of the URI by hand: it has to reach a libvirt" },
	{ "foo", "write a URI, such as qemu:///system or qemu+ssh://root@HOST/system" },
	{ "", "write a URI, such as qemu:///system or qemu+ssh://root@HOST/system" },
	{ "://", HERE },
	{ "+ssh://@:/", HERE },
	{ "qemu+ssh://[", "ssh '['" THERE },
};

int main(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_free_ char *have = vh_unreached_fix(cases[i].uri);

		if (!ok(!strcmp(have, cases[i].want), "'%s'", cases[i].uri))
			diag("have: %s", have);
	}
	return tap_done();
}
