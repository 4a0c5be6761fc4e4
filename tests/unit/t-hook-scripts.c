/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-hook-scripts - what other hooks are seen to do. */
#include "lib/host/libvirt/hook-scripts.h"
#include "lib/base/strbuf.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static const struct {
	const char *line;
	enum vh_hook_deed deed;
} lines[] = {
	{ "virsh nodedev-detach pci_0000_01_00_0", VH_DEED_NODEDEV },
	{ "\t/usr/bin/virsh nodedev-reattach $VIRSH_GPU_VIDEO", VH_DEED_NODEDEV },
	{ "# virsh nodedev-detach pci_0000_01_00_0", VH_DEED_NONE },
	{ "virsh list", VH_DEED_VIRSH },
	{ "echo virshell", VH_DEED_NONE },
	{ "systemctl restart libvirtd", VH_DEED_DAEMON },
	{ "systemctl stop libvirtd.service", VH_DEED_DAEMON },
	{ "systemctl start libvirtd", VH_DEED_NONE },
	{ "systemctl stop display-manager", VH_DEED_DESKTOP },
	{ "systemctl stop display-manager.service", VH_DEED_DESKTOP },
	{ "systemctl stop \"gdm.service\"", VH_DEED_DESKTOP },
	{ "systemctl stop gdm-helper", VH_DEED_NONE },
	{ "systemctl start display-manager", VH_DEED_NONE },
	{ "systemctl stop jellyfin", VH_DEED_NONE },
	{ "systemctl isolate multi-user.target", VH_DEED_DESKTOP },
	{ "rc-service xdm stop", VH_DEED_DESKTOP },
	{ "modprobe -r vfio_pci", VH_DEED_UNLOAD },
	{ "modprobe -r vfio-pci vfio", VH_DEED_UNLOAD },
	{ "modprobe -r nvidia_drm", VH_DEED_DRIVER },
	{ "modprobe -r amdgpu", VH_DEED_DRIVER },
	{ "modprobe -r i2c_nvidia_gpu", VH_DEED_NONE },
	{ "rmmod vfio", VH_DEED_UNLOAD },
	{ "modprobe vfio-pci", VH_DEED_LOAD },
	{ "modprobe vfio_pci ids=10de:1b80", VH_DEED_LOAD },
	{ "echo 0000:01:00.0 > /sys/bus/pci/devices/0000:01:00.0/driver/unbind", VH_DEED_BIND },
	{ "echo vfio-pci >\"/sys/bus/pci/devices/$d/driver_override\"", VH_DEED_BIND },
	{ "echo 10de 1b80 | tee /sys/bus/pci/drivers/vfio-pci/new_id", VH_DEED_BIND },
	{ "echo 0 > /sys/class/vtconsole/vtcon0/bind", VH_DEED_CONSOLE },
	{ "echo 0 | tee /sys/class/vtconsole/vtcon1/bind", VH_DEED_CONSOLE },
	{ "echo 8192 > /proc/sys/vm/nr_hugepages", VH_DEED_PAGES },
	{ "echo $N >/sys/kernel/mm/hugepages/hugepages-1048576kB/nr_hugepages", VH_DEED_PAGES },
	{ "sysctl -w vm.nr_hugepages=8192", VH_DEED_PAGES },
	{ "cat /proc/sys/vm/nr_hugepages", VH_DEED_NONE },
	{ "echo efi-framebuffer.0 > /sys/bus/platform/drivers/efi-framebuffer/unbind", VH_DEED_NONE },
	{ "cat /sys/bus/pci/devices/$d/driver_override", VH_DEED_NONE },
	{ "driverctl set-override 0000:01:00.0 vfio-pci", VH_DEED_BIND },
	{ "", VH_DEED_NONE },
};

#define BEGIN "f etc/libvirt/hooks/qemu.d/vm/prepare/begin/"
#define OURS "l etc/libvirt/hooks/qemu\t../../../usr/sbin/vfio-hook-qemu\n"
#define SCRIPT "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n$x\n"

static const struct {
	const char *name, *tree, *domain, *want;
} trees[] = {
	{ "no hooks", "d etc\n", "vm", "" },
	{ "hooks/qemu itself", "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n\\nvirsh list\n", "vm",
	  "qemu:3 virsh+0;" },
	{ "what is no script", "f etc/libvirt/hooks/qemu\tvirsh list\n", "vm", "" },
	{ "in qemu.d",
	  OURS "f etc/libvirt/hooks/qemu.d/10\t#!/bin/sh\\nmodprobe -r vfio\\nmodprobe -r vfio-pci\n",
	  "vm", "qemu.d/10:2 modprobe -r vfio+1;" },
	{ "of the domain", SCRIPT BEGIN "a.sh\t#!/bin/sh\\nvirsh list\n", "vm",
	  "qemu.d/vm/prepare/begin/a.sh:2 virsh+0;" },
	{ "of another domain", SCRIPT BEGIN "a.sh\t#!/bin/sh\\nvirsh list\n", "v", "" },
	{ "of all domains", SCRIPT BEGIN "a.sh\t#!/bin/sh\\nvirsh list\n", NULL,
	  "qemu.d/vm/prepare/begin/a.sh:2 virsh+0;" },
	{ "called by its path",
	  "f etc/libvirt/hooks/qemu\t#!/bin/bash\\nif [[ $1 == win10 ]]; then\\n  case \"$2\" in\\n"
	  "  prepare) /usr/local/bin/up.sh \"$1\" 2>&1 | tee -a /var/log/x.log ;;\\n  esac\\nfi\n"
	  "f usr/local/bin/up.sh\t#!/bin/bash\\n\\nvirsh list\\nmodprobe -r vfio\n"
	  "f var/log/x.log\t#!/bin/sh\\nrmmod vfio\n",
	  "win10", "/usr/local/bin/up.sh:3 virsh+0;/usr/local/bin/up.sh:4 modprobe -r vfio+0;" },
	{ "called by one that is called, and by it again",
	  "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n. /opt/a\n"
	  "f opt/a\texec bash -x '/opt/b'\nf opt/b\t#!/bin/sh\\n/opt/a; /opt/b\\nvirsh list\n",
	  "vm", "/opt/b:3 virsh+0;" },
	{ "called four deep",
	  "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n/opt/a\n"
	  "f opt/a\t#!/bin/sh\\n/opt/b\nf opt/b\t#!/bin/sh\\n/opt/c\n"
	  "f opt/c\t#!/bin/sh\\nvirsh list\\n/opt/d\nf opt/d\t#!/bin/sh\\nrmmod vfio\n",
	  "vm", "/opt/c:2 virsh+0;" },
	{ "a program that is called",
	  "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n/opt/a\nf opt/a\t\\x7fELF\\x00\\nvirsh list\n",
	  "vm", "" },
	{ "in /bin, which is a link",
	  "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n/bin/vfio-startup.sh\n"
	  "f usr/bin/vfio-startup.sh\t#!/bin/sh\\nvirsh list\n",
	  "vm", "/usr/bin/vfio-startup.sh:2 virsh+0;" },
	{ "that nobody runs", OURS BEGIN "a.sh\t#!/bin/sh\\nvirsh list\n", "vm", "" },
};

#define STOPS "#!/bin/sh\\nsystemctl stop gdm\n"
#define OWN                                                                       \
	"f usr/sbin/vfio-hook-qemu\t-\nl etc/libvirt/hooks/qemu.d/50-vfio-hook\t" \
	"../../../../usr/sbin/vfio-hook-qemu\n"

/* Which of them run before our own when a guest is to start. */
static const struct {
	const char *name, *tree;
	bool first;
} orders[] = {
	{ "hooks/qemu, and ours in qemu.d", OWN "f etc/libvirt/hooks/qemu\t" STOPS, true },
	{ "hooks/qemu, and ours nowhere", "f etc/libvirt/hooks/qemu\t" STOPS, true },
	{ "a name before ours", OWN "f etc/libvirt/hooks/qemu.d/40\t" STOPS, true },
	{ "a name behind ours", OWN "f etc/libvirt/hooks/qemu.d/60\t" STOPS, false },
	{ "ours is hooks/qemu", OURS "f etc/libvirt/hooks/qemu.d/40\t" STOPS, false },
	{ "a dispatcher's, before the start", OWN SCRIPT BEGIN "a.sh\t" STOPS, true },
	{ "a dispatcher's, after the end",
	  OWN SCRIPT "f etc/libvirt/hooks/qemu.d/vm/release/end/a.sh\t" STOPS, false },
	{ "called by hooks/qemu",
	  OWN "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n/opt/a\nf opt/a\t" STOPS, true },
};

static void test_orders(void)
{
	for (size_t i = 0; i < VH_COUNT(orders); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(orders[i].tree);
		_auto_names_ struct vh_names unseen = { 0 };
		struct vh_hook_scripts found = { 0 };

		vh_hook_scripts_read(&found, &s->root, "vm", &unseen);
		ok(found.count == 1 && (found.list[0].before.count > 0) == orders[i].first,
		   "order: %s", orders[i].name);
		vh_hook_scripts_clear(&found);
	}
}

/* Of the lines of hooks/qemu those that are for a guest that is to start, and which device they name. */
static const struct {
	const char *line, *before; /* NULL: none is */
} ahead[] = {
	{ "echo vfio-pci > /sys/bus/pci/devices/$1/driver_override", "" },
	{ "driverctl set-override 0000:09:00.0 vfio-pci", "0000:09:00.0" },
	{ "echo 0000:09:00.0 > /sys/bus/pci/drivers/vfio-pci/bind", "0000:09:00.0" },
	{ "echo 10de 1b80 >/sys/bus/pci/drivers/vfio-pci/new_id", "" },
	{ "driverctl unset-override 0000:09:00.0", NULL },
	{ "echo 0000:09:00.0 > /sys/bus/pci/drivers/nouveau/bind", NULL },
	{ "echo 0000:09:00.0 > /sys/bus/pci/drivers/vfio-pci/unbind", NULL },
	{ "[ $2 = release ] && echo vfio-pci > /sys/bus/pci/devices/x/driver_override", NULL },
	{ "echo 0 > /sys/class/vtconsole/vtcon0/bind", "" },
	{ "echo 1 > /sys/class/vtconsole/vtcon0/bind", NULL },
	{ "echo 1024 > /proc/sys/vm/nr_hugepages", "" },
	{ "echo 0 > /proc/sys/vm/nr_hugepages", NULL },
	{ "sysctl vm.nr_hugepages=0", NULL },
	{ "sysctl vm.nr_hugepages=10", "" },
};

static void test_ahead(void)
{
	for (size_t i = 0; i < VH_COUNT(ahead); i++) {
		_auto_free_ char *tree = vh_printf(OWN "f etc/libvirt/hooks/qemu\t#!/bin/sh\\n%s\n",
						   ahead[i].line);
		_auto_(scratch) struct scratch *s = scratch_new(tree);
		_auto_names_ struct vh_names unseen = { 0 };
		struct vh_hook_scripts found = { 0 };
		const struct vh_names *before;

		vh_hook_scripts_read(&found, &s->root, "vm", &unseen);
		before = found.count ? &found.list[0].before : NULL;
		ok(before && (ahead[i].before ? before->count == 1 &&
							!strcmp(before->name[0], ahead[i].before)
					      : !before->count),
		   "before ours: %s", ahead[i].line);
		vh_hook_scripts_clear(&found);
	}
}

static const struct {
	const char *line, *calls;
} calls[] = {
	{ "/bin/vfio-startup.sh >> /var/log/libvirt/custom_hooks.log 2>&1", "/bin/vfio-startup.sh " },
	{ "\t\"/usr/local/bin/a b.sh\" \"$GUEST\"", "/usr/local/bin/a b.sh " },
	{ "GUEST=$1 exec nohup /a/b & /c/d </e/f|/g/h", "/a/b /c/d /g/h " },
	{ "if /a; then /b; else ! /c; fi", "/a /b /c " },
	{ "prepare/begin) /a ;;", "/a " },
	{ "/bin/bash -e /a.sh", "/a.sh " },
	{ "source \"/etc/libvirt/hooks/kvm.conf\"", "/etc/libvirt/hooks/kvm.conf " },
	{ "rm /a; echo /b && test -x /c", "" },
	{ "$(/a) `/b`; ${x} /c; /d/$1/e /f/*.sh", "/a /b " },
	{ "# /a", "" },
	{ "x=/a", "" },
	{ "", "" },
};

static void test_calls(void)
{
	for (size_t i = 0; i < VH_COUNT(calls); i++) {
		_auto_strbuf_ struct vh_strbuf have = { 0 };
		const char *at = calls[i].line;
		bool within = false;
		char *one;

		vh_strbuf_add(&have, "");
		for (; (one = vh_hook_scripts_call(&at, &within)); free(one))
			vh_strbuf_addf(&have, "%s ", one);
		if (!ok(!strcmp(have.data, calls[i].calls), "calls of '%s'", calls[i].line))
			diag("have: %s", have.data);
	}
}

#define DROP_IN "f etc/libvirt/hooks/qemu.d/"

/* Another hook that may make what is not there yet. */
static const struct {
	const char *name, *tree, *maker;
} makers[] = {
	{ "ours alone", OURS, NULL },
	{ "a script that makes nothing", OURS DROP_IN "a.sh\t#!/bin/sh\\necho hello\n", NULL },
	{ "a comment", OURS DROP_IN "a.sh\t#!/bin/sh\\n# mdevctl start\n", NULL },
	{ "mdevctl", OURS DROP_IN "a.sh\t#!/bin/bash\\nmdevctl start -u $U\n", "a.sh" },
	{ "a file of the kernel", OURS DROP_IN "a.sh\t#!/bin/sh\\nT=/sys/x/create\\necho $U >$T\n",
	  "a.sh" },
	{ "a unit", OURS DROP_IN "a.sh\t#!/bin/sh\\nsystemctl start mdev@x\n", "a.sh" },
	{ "USB over the network", OURS DROP_IN "a.sh\t#!/bin/sh\\nusbip attach -r h -b 1-2\n",
	  "a.sh" },
	{ "another language", OURS DROP_IN "a.py\t#!/usr/bin/python3\\nprint(1)\n", "a.py" },
	{ "a program", OURS DROP_IN "a\t\\x7fELF\n", "a" },
	{ "a program that is called",
	  OURS "f usr/local/bin/make-vgpu\t\\x7fELF\\x00\n" DROP_IN
	       "a.sh\t#!/bin/sh\\n/usr/local/bin/make-vgpu\n",
	  "make-vgpu" },
};

static void test_makers(void)
{
	for (size_t i = 0; i < VH_COUNT(makers); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(makers[i].tree);
		_auto_names_ struct vh_names unseen = { 0 };
		struct vh_hook_scripts found = { 0 };

		vh_hook_scripts_read(&found, &s->root, "vm", &unseen);
		if (!ok(makers[i].maker ? found.maker && vh_has_suffix(found.maker, makers[i].maker)
					: !found.maker,
			"another hook makes devices: %s", makers[i].name))
			diag("have: %s", found.maker ? found.maker : "none");
		vh_hook_scripts_clear(&found);
	}
}

int main(void)
{
	test_calls();
	test_makers();
	test_orders();
	test_ahead();
	for (size_t i = 0; i < VH_COUNT(lines); i++) {
		const char *what = NULL, *again = NULL;
		enum vh_hook_deed deed = vh_hook_scripts_deed(lines[i].line, &what);

		ok(deed == lines[i].deed, "line '%s'", lines[i].line);
		if (deed)
			ok(vh_hook_scripts_deed(what, &again) == deed, "and '%s'", what);
	}
	for (size_t i = 0; i < VH_COUNT(trees); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(trees[i].tree);
		_auto_strbuf_ struct vh_strbuf have = { 0 };
		_auto_names_ struct vh_names unseen = { 0 };
		struct vh_hook_scripts found = { 0 };

		vh_hook_scripts_read(&found, &s->root, trees[i].domain, &unseen);
		vh_strbuf_add(&have, "");
		for (size_t k = 0; k < found.count; k++)
			vh_strbuf_addf(&have, "%s:%d %s+%zu;",
				       found.list[k].file +
					       (found.list[k].caller ? 0 : strlen(VH_HOOKSDIR "/")),
				       found.list[k].line, found.list[k].what, found.list[k].more);
		if (!ok(!strcmp(have.data, trees[i].want), "scripts: %s", trees[i].name))
			diag("have: %s", have.data);
		vh_hook_scripts_clear(&found);
	}
	return tap_done();
}
