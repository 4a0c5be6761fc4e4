/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-start - what makes a start fail for certain beside the devices: what the domain says, what the
 * host has, and what is found; on small machines of which one thing is made wrong. Of each finding
 * the severity, the rule and the line of the XML.
 */
#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lib/base/strbuf.h"
#include "lib/config/config.h"
#include "lib/decide/rules/rule-table.h"
#include "lib/xml/xml.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define MACHINE                                                                           \
	"pci 0000:01:00.0 class=030000 id=10de:1b80 group=1\n"                            \
	"f proc/sys/kernel/osrelease\t6.12.57-amd64\n"                                    \
	"f lib/modules/6.12.57-amd64/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n" \
	"f lib/modules/6.12.57-amd64/modules.alias\talias vfio_pci:v*d* vfio_pci\n"
#define WITH_IOMMUFD                                                                     \
	"pci 0000:01:00.0 class=030000 id=10de:1b80 group=1\n"                           \
	"f proc/sys/kernel/osrelease\t6.12.57-amd64\n"                                   \
	"f lib/modules/6.12.57-amd64/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko: " \
	"kernel/drivers/iommu/iommufd/iommufd.ko\n"                                      \
	"f lib/modules/6.12.57-amd64/modules.alias\talias vfio_pci:v*d* vfio_pci\n"
#define NODES(lines) "f lib/modules/6.12.57-amd64/modules.devname\t# nodes\\n" lines "\n"
#define PORT_AND(functions) \
	"pci 0000:00:01.0 class=060400 id=8086:1901 group=1 driver=pcieport\n" functions MODULES
#define PAIR                                                                                \
	PORT_AND("pci 0000:01:00.0 class=020000 id=8086:1521 group=1 parent=0000:00:01.0\n" \
		 "pci 0000:01:00.1 class=020000 id=8086:1521 group=1 parent=0000:00:01.0\n")
#define TWO                                                                                 \
	PORT_AND("pci 0000:01:00.0 class=020000 id=8086:1521 group=1 parent=0000:00:01.0\n" \
		 "pci 0000:02:00.0 class=020000 id=8086:1521 group=2\n")
#define HOSTDEV(address, more)                                                           \
	"<hostdev type='pci' managed='yes'><source><address " address "/></source>" more \
	"</hostdev>"
#define IOMMU_AND(devices) "<iommu model='intel'><driver caching_mode='on'/></iommu>" devices
#define TO_PCI "<controller type='pci' index='2' model='pcie-to-pci-bridge'/>"
#define SOME_BRIDGE "<controller type='pci' model='pcie-to-pci-bridge'/>"
#define SOME_PORT "<controller type='pci' model='pcie-root-port'/>"
#define DMI_TO_PCI "<controller type='pci' index='2' model='dmi-to-pci-bridge'/>"
#define GIB2 CELLS("<cell id='0' memory='2' unit='GiB'/>")
#define LIMIT(gib) "<memtune><hard_limit unit='GiB'>" gib "</hard_limit></memtune>"
#define ROM_PATH "/opt/roms/card.rom"
#define ROM(file) "<rom file='" file "'/>"
#define ZEROS "\\x00\\x00\\x00\\x00\\x00\\x00\\x00\\x00"
#define MOUNTED(lines) "f proc/self/mountinfo\t26 1 8:2 / / rw - ext4 /dev/sda2 rw" lines "\n"
#define SHARED "<access mode='shared'/>"
#define BACKING(inner) "<memoryBacking>" inner "</memoryBacking>"
#define CELLS(inner) "<cpu><numa>" inner "</numa></cpu>"
#define CELL(id, more) "<cell id='" id "' memory='1024' " more "/>\n"
#define IOMMU(driver) "<iommu model='intel'>" driver "</iommu>"
#define CAPS(name, emulator, version)                                                            \
	"f var/cache/libvirt/qemu/capabilities/" name ".xml\t<qemuCaps>\\n  <emulator>" emulator \
	"</emulator>\\n  <version>" version "</version>\\n</qemuCaps>\n"
#define QEMU "/usr/bin/qemu-system-x86_64"
#define CAP(name, cap) "f sys/class/iommu/" name "/intel-iommu/cap\t" cap "\n"
#define CAP39 "1c0000c40660462" /* of a desktop's processor */
#define CAP48 "8d2078c106f0466"
#define BESIDE(class) \
	MACHINE "pci 0000:02:00.0 class=" class " id=10de:1b81 group=2 driver=vfio-pci\n"
#define NO_VGA "f etc/modprobe.d/vfio.conf\toptions vfio-pci ids=10de:1b80 disable_vga=1\n"
#define OVERRIDE(id, property, value)                                                              \
	"<qemu:override><qemu:device alias='" id "'><qemu:frontend><qemu:property name='" property \
	"' type='bool' value='" value "'/></qemu:frontend></qemu:device></qemu:override>"
#define CAPABILITY(name) "<qemu:capabilities><qemu:del capability='" name "'/></qemu:capabilities>"
#define FILTERS(list) "f etc/libvirt/qemu.conf\tcapability_filters = [ " list " ]\n"
#define COMMANDLINE(args) "<qemu:commandline>" args "</qemu:commandline>"
#define ARG(value) "<qemu:arg value='" value "'/>"
#define VGPU                                                                              \
	"pci 0000:01:00.0 class=030000 id=10de:26b9 group=1 driver=nvidia\n"              \
	"d @0000:01:00.0/vfio-dev/vfio0\nf proc/sys/kernel/osrelease\t6.12.57-amd64\n"    \
	"f lib/modules/6.12.57-amd64/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n" \
	"f lib/modules/6.12.57-amd64/modules.alias\talias vfio_pci:v*d* vfio_pci\n"
#define HUGE(gib) "<hugepages><page size='" gib "' unit='GiB'/></hugepages>"
#define HUGE_2M "\\n30 26 0:30 / /dev/hugepages rw shared:3 - hugetlbfs h rw,pagesize=2M"
#define HUGE_1G "\\n31 26 0:31 / /huge rw - hugetlbfs h rw,pagesize=1024M"
#define AT(slot, function) \
	"<address type='pci' domain='0x0000' bus='0x00' slot='" slot "' function='" function "'/>"
#define AT_BUS(bus, slot) "<address type='pci' bus='" bus "' slot='" slot "'/>"
#define PORT(model) "<controller type='pci' index='3' model='" model "'/>"
#define BOARD(arch, machine) "<os><type arch='" arch "' machine='" machine "'>hvm</type></os>"
#define NVDIMM(model, path)                                                \
	"<memory model='" model "'><source><path>" path "</path></source>" \
	"<target><size unit='KiB'>1</size></target></memory>"
#define CARD_ON(driver)                                                             \
	MACHINE "pci 0000:05:00.0 class=020000 id=8086:1521 group=5 driver=" driver \
		" totalvfs=7 numvfs=1\n"                                            \
		"pci 0000:05:10.0 class=020000 id=8086:1520 group=6 driver=igbvf "  \
		"physfn=0000:05:00.0\nf @0000:05:00.0/net/eth5/flags\t0x1003\n"
#define CARD CARD_ON("igb")
#define VF(inner)                                                                     \
	"<interface type='hostdev' managed='yes'><source><address type='pci' bus='5'" \
	" slot='0x10'/></source>" inner "</interface>\n"
#define NETWORK(mode)                                                                        \
	"f run/libvirt/network/vfs.xml\t<networkstatus><network><name>vfs</name><forward "   \
	"mode='" mode "' managed='yes'><address type='pci' domain='0x0000' bus='0x05' slot=" \
	"'0x10' function='0x0'/></forward></network></networkstatus>\n"
#define FROM_NETWORK(inner) \
	"<interface type='network'><source network='vfs'/>" inner "</interface>\n"
#define FREE_CARD MACHINE "pci 0000:05:00.0 class=010802 id=144d:a808 group=5 driver=nvme\n"
#define NVME_DISK(more)                                                                \
	"<disk type='nvme'><source type='pci' managed='yes' " more "><address bus='5'" \
	" slot='0'/></source></disk>\n"
#define ONLINE MACHINE "f sys/devices/system/cpu/online\t0-7\n"
#define IOAPIC(driver) "<features><ioapic driver='" driver "'/></features>"
#define LIBVIRT(version) "l usr/lib/x86_64-linux-gnu/libvirt.so.0\tlibvirt.so.0." version ".0\n"
#define DAEMON(caps, sys, lock)                                                               \
	"f run/libvirtd.pid\t800\nf proc/800/status\tName:\\tlibvirtd\\nCapBnd:\\t00000" caps \
	"\nf proc/800/mountinfo\t22 1 0:21 / /sys " sys                                       \
	",nosuid shared:7 - sysfs sysfs rw\nf proc/800/limits\tMax locked memory         "    \
	"8388608              " lock "              bytes\n"
#define GUESTS(script, action)                                                           \
	"f etc/systemd/system/multi-user.target.wants/libvirt-guests.service\t\n"        \
	"f usr/lib/libvirt/libvirt-guests.sh\tON_BOOT=\"start\"\\nON_SHUTDOWN=\"" action \
	"\"\\ncase \"$1\" in\\n    shutdown)\\n        ON_SHUTDOWN=\"shutdown\"\n" script
#define ACTION(dir, line) "f etc/" dir "/libvirt-guests\t#ON_SHUTDOWN=suspend\\n" line "\n"
#define DAEMON_SAVES(more) \
	"f etc/libvirt/qemu.conf\tauto_shutdown_try_save = \"persistent\"\\n" more "\n"
#define BAR(range) "f @0000:01:00.0/resource\t" range " 0x14220c\n"
#define MODULES                                                                           \
	"f proc/sys/kernel/osrelease\t6.12.57-amd64\n"                                    \
	"f lib/modules/6.12.57-amd64/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n" \
	"f lib/modules/6.12.57-amd64/modules.alias\talias vfio_pci:v*d* vfio_pci\n"
#define PCIR(ids)                                                                 \
	"U\\xaa\\x01\\x00\\x00\\x00\\x00\\x00" ZEROS ZEROS "\\x20\\x00\\x00\\x00" \
	"\\x00\\x00\\x00\\x00PCIR" ids

#define QEMU_CONF(text) "f etc/libvirt/qemu.conf\t" text "\n"
#define GIVES_NOTHING(user) QEMU_CONF("user = \"" user "\"\\ndynamic_ownership = 0")
#define RULES(dir, file, line) "f " dir "/udev/rules.d/" file "\t" line "\n"

#define TEMPLATE                                                                                          \
	"f etc/apparmor.d/libvirt/TEMPLATE.qemu\t#include <tunables/global>\\nprofile LIBVIRT_TEMPLATE "  \
	"flags=(attach_disconnected) {\\n  #include <abstractions/libvirt-qemu>\\n}\n"                    \
	"f etc/apparmor.d/abstractions/libvirt-qemu\t  # comment\\n  capability setgid,\\n  /dev/kvm rw," \
	"\\n  /usr/share/vgabios/** r,\\n  @{PROC}/*/status r,\\n  include if exists "                    \
	"<local/abstractions/libvirt-qemu>\n"
#define CONFINED_BY(profile, template)                                                            \
	"f opt/roms/card.rom\t" PCIR("\\xde\\x10\\x80\\x1b") "\n"                                 \
							     "f sys/module/apparmor/parameters/"  \
							     "enabled\tY\n"                       \
							     "f sys/kernel/security/apparmor/"    \
							     "profiles\tman (enforce)\\n" profile \
							     "\n" template
#define CONFINED CONFINED_BY("libvirtd (enforce)", TEMPLATE)

static const struct {
	const char *name, *machine;
	const char *element; /* inside the <hostdev> on line 2 */
	const char *devices; /* from line 4 on */
	const char *domain;  /* outside of <devices>, behind it */
	const char *want;
} cases[] = {
	{ "nothing is wrong", MACHINE, "", "", "", "" },

	{ "libvirt gives QEMU the nodes",
	  MACHINE QEMU_CONF("user = \"a\"\\n#dynamic_ownership = 0"), "", "", "", "" },
	{ "by a setting, too", MACHINE QEMU_CONF("user = \"a\"\\ndynamic_ownership = 1"), "", "",
	  "", "" },
	{ "nobody gives QEMU the nodes", MACHINE GIVES_NOTHING("a"), "", "", "",
	  "E unit-hardened:0" },
	{ "QEMU runs as root", MACHINE GIVES_NOTHING("root"), "", "", "", "" },
	{ "QEMU runs as the user of number 0", MACHINE GIVES_NOTHING("+0"), "", "", "", "" },
	{ "it is not told as whom QEMU runs", MACHINE QEMU_CONF("dynamic_ownership = 0"), "", "",
	  "", "W unit-hardened:0" },
	{ "the domain tells that", MACHINE GIVES_NOTHING("a"), "", "",
	  "<seclabel type='static' model='dac' relabel='no'><label>0:0</label></seclabel>", "" },
	{ "the domain tells it of another model", MACHINE GIVES_NOTHING("a"), "", "",
	  "<seclabel type='none' model='selinux'/>", "E unit-hardened:0" },
	{ "udev gives QEMU the nodes",
	  MACHINE GIVES_NOTHING("a")
		  RULES("etc", "99-x.rules", "SUBSYSTEM==\"vfio\", OWNER=\"a\", MODE=\"0600\""),
	  "", "", "", "" },
	{ "a rule that is none",
	  MACHINE GIVES_NOTHING("a")
		  RULES("etc", "99-x.rules", "# SUBSYSTEM==\"vfio\", OWNER=\"a\", MODE=\"0600\""),
	  "", "", "", "E unit-hardened:0" },
	{ "a file of another kind",
	  MACHINE GIVES_NOTHING("a")
		  RULES("etc", "x.rules.bak", "SUBSYSTEM==\"vfio\", OWNER=\"a\", MODE=\"0600\""),
	  "", "", "", "E unit-hardened:0" },
	{ "the rule of systemd for another node",
	  MACHINE GIVES_NOTHING("a")
		  RULES("usr/lib", "50-x.rules",
			"KERNEL==\"vfio\", MODE=\"0666\", OPTIONS+=\"static_node=vfio/vfio\""),
	  "", "", "", "E unit-hardened:0" },

	{ "guests are saved", MACHINE GUESTS("", "suspend"), "", "", "", "W unsaved-at-shutdown:0" },
	{ "guests would be saved",
	  MACHINE "f usr/lib/libvirt/libvirt-guests.sh\tON_SHUTDOWN=\"suspend\"\n"
		  "d etc/systemd/system/multi-user.target.wants\n",
	  "", "", "", "" },
	{ "guests are shut down", MACHINE GUESTS(ACTION("default", ""), "shutdown"), "", "", "", "" },
	{ "guests are saved, against the default",
	  MACHINE GUESTS(ACTION("default", "ON_SHUTDOWN=suspend"), "shutdown"), "", "", "",
	  "W unsaved-at-shutdown:0" },
	{ "guests are saved by a word that is none",
	  MACHINE GUESTS(ACTION("default", "ON_SHUTDOWN='Shutdown'"), "shutdown"), "", "", "",
	  "W unsaved-at-shutdown:0" },
	{ "a service that shuts guests down, exported",
	  MACHINE GUESTS(ACTION("default", "  export ON_SHUTDOWN=shutdown"), "suspend"), "", "", "",
	  "" },
	{ "guests are shut down, against the default",
	  MACHINE GUESTS(ACTION("sysconfig", "ON_SHUTDOWN=suspend\\nON_SHUTDOWN=\"shutdown\" # so"),
			 "suspend"),
	  "", "", "", "" },
	{ "guests are saved, as a variable says",
	  MACHINE GUESTS(ACTION("conf.d", "ON_SHUTDOWN=${WHAT:-shutdown}"), "suspend"), "", "", "",
	  "" },
	{ "guests are saved, by a script that is not there",
	  MACHINE "f etc/systemd/system/multi-user.target.wants/libvirt-guests.service\t\n", "", "",
	  "", "" },
	{ "guests are saved, and one of two devices is unplugged", CARD GUESTS("", "suspend"), "",
	  VF("<teaming type='transient' persistent='ua-net'/>"), "", "W unsaved-at-shutdown:0" },
	{ "guests are saved by the daemon", MACHINE DAEMON_SAVES(""), "", "", "",
	  "W unsaved-at-shutdown:0" },
	{ "guests are saved or destroyed by the daemon",
	  MACHINE DAEMON_SAVES("auto_shutdown_try_shutdown = \"transient\"\\n"
			       "auto_shutdown_poweroff = \"all\""),
	  "", "", "", "W unsaved-at-shutdown:0" },
	{ "guests are saved or shut down by the daemon",
	  MACHINE DAEMON_SAVES("auto_shutdown_try_shutdown = \"all\""), "", "", "", "" },
	{ "guests are saved by the daemon or shut down by the script",
	  MACHINE GUESTS("", "shutdown") DAEMON_SAVES(""), "", "", "", "" },
	{ "guests are shut down by the daemon before the script saves them",
	  MACHINE GUESTS("", "suspend") DAEMON_SAVES("auto_shutdown_try_shutdown = \"persistent\""),
	  "", "", "", "" },
	{ "guests would be saved by a newer daemon", MACHINE LIBVIRT("11001") DAEMON_SAVES(""), "",
	  "", "", "" },
	{ "guests are saved by this daemon", MACHINE LIBVIRT("11002") DAEMON_SAVES(""), "", "", "",
	  "W unsaved-at-shutdown:0" },

	{ "an interface that is a PCI device", CARD, "",
	  VF("<mac address='52:54:00:1:2:3'/><vlan><tag id='42'/></vlan><model type='virtio'/>"
	     "<driver name='vfio'/><bandwidth/><port isolated='no'/><target dev='x'/>"),
	  "", "" },
	{ "its bandwidth", CARD, "", VF("<bandwidth><inbound average='1000'/></bandwidth>"), "",
	  "E setting-refused:4" },
	{ "its bandwidth outwards", CARD, "", VF("<bandwidth><outbound average='1'/></bandwidth>"),
	  "", "E setting-refused:4" },
	{ "a filter, which libvirt does not read", CARD, "",
	  VF("<filterref filter='clean-traffic'/>"), "", "" },
	{ "its isolation", CARD, "", VF("<port isolated='yes'/>"), "", "E setting-refused:4" },
	{ "its MTU", CARD, "", VF("<mtu size='9000'/>"), "", "E setting-refused:4" },
	{ "what it collects", CARD, "", VF("<coalesce><rx><frames max='7'/></rx></coalesce>"), "",
	  "E setting-refused:4" },
	{ "its address", CARD, "", VF("<ip address='192.0.2.5'/>"), "", "E setting-refused:4" },
	{ "its route", CARD, "", VF("<route address='0.0.0.0' gateway='192.0.2.1'/>"), "",
	  "E setting-refused:4" },
	{ "its address in the network", CARD, "", VF("<mac address='52:54:00:01:02:03'/>"), "", "" },
	{ "that of many", CARD, "", VF("<mac address='01:00:5e:01:02:03'/>"), "",
	  "E setting-refused:4" },
	{ "queues, which libvirt does not read", CARD, "",
	  VF("<model type='virtio'/><driver queues='4'/>"), "", "" },
	{ "two VLANs", CARD, "", VF("<vlan><tag id='42'/><tag id='47'/></vlan>"), "",
	  "E setting-refused:4" },
	{ "a trunk of one VLAN", CARD, "", VF("<vlan trunk='yes'><tag id='42'/></vlan>"), "",
	  "E setting-refused:4" },
	{ "a port of Open vSwitch", CARD, "", VF("<virtualport type='openvswitch'/>"), "",
	  "E setting-refused:4" },
	{ "a profile of a switch", CARD, "", VF("<virtualport type='802.1Qbh'/>"), "",
	  "E setting-refused:4" },
	{ "a profile of a switch, and a card for it", CARD_ON("enic"), "",
	  VF("<virtualport type='802.1Qbh'/>"), "", "" },
	{ "that with a VLAN", CARD_ON("enic"), "",
	  VF("<vlan><tag id='42'/></vlan><virtualport type='802.1Qbh'/>"), "",
	  "E setting-refused:4" },
	{ "an interface that the guest does not get", CARD, "", VF("<address type='unassigned'/>"),
	  "", "E setting-refused:4" },
	{ "one half of a team", CARD, "", VF("<teaming type='transient' persistent='ua-b'/>"), "",
	  "" },
	{ "one half of a team, of nothing", CARD, "", VF("<teaming type='transient'/>"), "",
	  "E setting-refused:4" },
	{ "a device as half of a team", MACHINE, "<teaming type='transient' persistent='ua-b'/>",
	  "", "", "" },
	{ "a device as the wrong half", MACHINE, "<teaming type='persistent'/>", "", "",
	  "E setting-refused:2" },
	{ "bandwidth of what a network gives", CARD NETWORK("hostdev"), "",
	  FROM_NETWORK("<bandwidth><inbound average='1000'/></bandwidth>"), "",
	  "E setting-refused:4" },
	{ "a filter of what a network gives", CARD NETWORK("hostdev"), "",
	  FROM_NETWORK("<filterref filter='clean-traffic'/>"), "", "E setting-refused:4" },
	{ "queues of what a network gives", CARD NETWORK("hostdev"), "",
	  FROM_NETWORK("<model type='virtio'/><driver queues='4'/>"), "", "E setting-refused:4" },
	{ "queues of another model", CARD NETWORK("hostdev"), "",
	  FROM_NETWORK("<driver queues='4'/>"), "", "" },
	{ "an MTU of what a network gives, which libvirt does not use", CARD NETWORK("hostdev"), "",
	  FROM_NETWORK("<mtu size='9000'/>"), "", "" },
	{ "bandwidth of a bridge's port", CARD NETWORK("bridge"), "",
	  FROM_NETWORK("<bandwidth><inbound average='1000'/></bandwidth>"), "", "" },
	{ "a device whose writes are filtered", CARD, "",
	  "<hostdev type='pci' managed='yes'><source writeFiltering='no'><address bus='5'"
	  " slot='0x10'/></source></hostdev>\n",
	  "", "E setting-refused:4" },
	{ "an NVMe disk", FREE_CARD, "", NVME_DISK("namespace='1'"), "", "" },
	{ "an NVMe disk without a namespace", FREE_CARD, "", NVME_DISK(""), "",
	  "E setting-refused:4" },
	{ "an NVMe disk with a namespace of 0", FREE_CARD, "", NVME_DISK("namespace='0'"), "",
	  "E setting-refused:4" },
	{ "a name of its own", MACHINE, "<alias name='ua-a'/>",
	  "<disk type='file'><alias name='ua-b'/></disk>\n", "", "" },
	{ "a name that another has", MACHINE, "<alias name='ua-a'/>",
	  "<disk type='file'><alias name='ua-a'/></disk>\n", "", "E setting-refused:2" },
	{ "a name that libvirt does not read", MACHINE, "<alias name='hostdev0'/>",
	  "<disk type='file'><alias name='hostdev0'/></disk>\n", "", "" },
	{ "two devices of one name", CARD, "<alias name='ua-a'/>", VF("<alias name='ua-a'/>"), "",
	  "E setting-refused:4" },
	{ "a place in the boot order", MACHINE, "<boot order='1'/>",
	  "<disk type='file'><boot order='2'/></disk>\n", "", "" },
	{ "a place in the boot order that another has", MACHINE, "<boot order='1'/>",
	  "<disk type='file'><boot order='1'/></disk>\n", "", "E setting-refused:2" },
	{ "one before the first", MACHINE, "<boot order='0'/>", "", "", "E setting-refused:2" },
	{ "one beside that of the firmware", MACHINE, "<boot order='1'/>", "",
	  "<os><boot dev='hd'/></os>", "E setting-refused:2" },
	{ "an index of its own", MACHINE, "<acpi index='4'/>",
	  "<interface type='user'><acpi index='5'/></interface>\n", "", "" },
	{ "an index that another has", MACHINE, "<acpi index='4'/>",
	  "<interface type='user'><acpi index='4'/></interface>\n", "", "E setting-refused:2" },
	{ "no ROM", MACHINE, "<rom enabled='no'/>", "", "", "" },
	{ "no ROM, and its BAR", CARD, "", VF("<rom enabled='no' bar='off'/>"), "",
	  "E setting-refused:4" },
	{ "processors that are there", ONLINE, "", "",
	  "<cputune><vcpupin vcpu='0' cpuset='3,9'/><emulatorpin cpuset='0'/></cputune>", "" },
	{ "processors that are not there", ONLINE, "", "",
	  "\n<cputune><vcpupin vcpu='0' cpuset='8-9'/></cputune>", "E bound-nowhere:5" },
	{ "those of QEMU", ONLINE, "", "", "\n<cputune><emulatorpin cpuset='8'/></cputune>",
	  "E bound-nowhere:5" },
	{ "those of a thread", ONLINE, "", "",
	  "\n<cputune><iothreadpin iothread='1' cpuset='8'/></cputune>", "E bound-nowhere:5" },
	{ "those of all", ONLINE, "", "", "\n<vcpu cpuset='8'>1</vcpu>", "E bound-nowhere:5" },
	{ "those of all, which nothing uses", ONLINE, "", "",
	  "<vcpu cpuset='8'>1</vcpu><cputune><emulatorpin cpuset='1'/></cputune>", "" },
	{ "processors of nodes",
	  MACHINE "f sys/devices/system/node/online\t0-1\n"
		  "f sys/devices/system/node/node0/cpulist\t0-1\n"
		  "f sys/devices/system/node/node1/cpulist\t2-3\n",
	  "", "", "\n<vcpu cpuset='4'>1</vcpu>", "E bound-nowhere:5" },
	{ "processors that are not known", MACHINE, "", "", "<vcpu cpuset='4096'>1</vcpu>", "" },
	{ "a node that is not there", MACHINE "f sys/devices/system/node/online\t0\n", "", "",
	  "\n<numatune><memory mode='strict' nodeset='1'/></numatune>", "E bound-nowhere:5" },
	{ "that of the firmware alone", MACHINE, "", "", "<os><boot dev='hd'/></os>", "" },

	{ "a ROM file", MACHINE "f opt/roms/card.rom\t" PCIR("\\xde\\x10\\x80\\x1b") "\n",
	  ROM(ROM_PATH), "", "", "" },
	{ "a ROM file that is not there", MACHINE "d opt/roms\n", ROM(ROM_PATH), "", "",
	  "E rom-file:3" },
	{ "a directory for a ROM", MACHINE "d opt/roms/card.rom\n", ROM(ROM_PATH), "", "",
	  "E rom-file:3" },
	{ "a ROM file that a snapshot does not tell of", MACHINE, ROM(ROM_PATH), "", "", "" },
	{ "a ROM file by a name of QEMU's", MACHINE "d usr/share/qemu\n", ROM("efi-e1000.rom"), "",
	  "", "" },
	{ "a file for a ROM that is switched off", MACHINE "d opt/roms\n",
	  "<rom enabled='no' file='" ROM_PATH "'/>", "", "", "E setting-refused:2" },
	{ "a ROM without its BAR", MACHINE "d opt/roms\n", "<rom bar='off' file='" ROM_PATH "'/>",
	  "", "", "" },
	{ "a text for a ROM", MACHINE "f opt/roms/card.rom\tnot a ROM at all\n", ROM(ROM_PATH), "",
	  "", "W rom-file:3" },
	{ "a ROM whose bytes nobody wrote down", MACHINE "f opt/roms/card.rom\t\n", ROM(ROM_PATH),
	  "", "", "" },
	{ "a ROM of another vendor",
	  MACHINE "f opt/roms/card.rom\t" PCIR("\\x02\\x10\\xdf\\x67") "\n", ROM(ROM_PATH), "", "",
	  "W rom-file:3" },
	{ "a ROM of another device of this vendor",
	  MACHINE "f opt/roms/card.rom\t" PCIR("\\xde\\x10\\x81\\x1b") "\n", ROM(ROM_PATH), "", "",
	  "" },
	{ "a ROM that ends before it says what it is for",
	  MACHINE "f opt/roms/card.rom\t" PCIR("\\x02\\x10") "\n", ROM(ROM_PATH), "", "", "" },

	{ "a ROM file that AppArmor's profile does not have", MACHINE CONFINED, ROM(ROM_PATH), "",
	  "", "W rom-file:3" },
	{ "a ROM file, and no profile of the daemon",
	  MACHINE CONFINED_BY("cups (enforce)", TEMPLATE), ROM(ROM_PATH), "", "", "" },
	{ "a ROM file that a local rule allows",
	  MACHINE CONFINED
	  "f etc/apparmor.d/local/abstractions/libvirt-qemu\t  /opt/{fw,r?ms}/*.rom rk,\n",
	  ROM(ROM_PATH), "", "", "" },
	{ "a ROM file that a local rule is not about",
	  MACHINE CONFINED
	  "f etc/apparmor.d/local/abstractions/libvirt-qemu\t  /opt/* r,\\n  /opt/roms/[a-b]*.rom r,\\n  /opt/roms/card.rom w,\\n  deny /opt/** r,\n",
	  ROM(ROM_PATH), "", "", "W rom-file:3" },
	{ "a ROM file that a variable may stand for",
	  MACHINE CONFINED
	  "f etc/apparmor.d/local/abstractions/libvirt-qemu\t  owner @{HOME}/*.rom r,\n",
	  ROM(ROM_PATH), "", "", "" },
	{ "a ROM file, and the domain's own profile",
	  MACHINE CONFINED
	  "f etc/apparmor.d/libvirt/libvirt-5b0c0f5e-66a4-4d9c-8f5d-0d9a3f6d5f02\tprofile x {\\n  /** rw,\\n}\n",
	  ROM(ROM_PATH), "", "<uuid>5b0c0f5e-66a4-4d9c-8f5d-0d9a3f6d5f02</uuid>", "" },
	{ "a ROM file, and no security driver",
	  MACHINE CONFINED "f etc/libvirt/qemu.conf\tsecurity_driver = \"none\"\n", ROM(ROM_PATH),
	  "", "", "" },
	{ "a ROM file, and no label", MACHINE CONFINED, ROM(ROM_PATH), "",
	  "<seclabel type='none' model='apparmor'/>", "" },
	{ "a ROM file in a folder that is shared", MACHINE CONFINED, ROM(ROM_PATH),
	  "<filesystem><source dir='/opt/roms'/><target dir='x'/></filesystem>", "", "" },
	{ "a ROM file beside a folder that is shared", MACHINE CONFINED, ROM(ROM_PATH), "",
	  "<filesystem><source dir='/opt/rom'/><target dir='x'/></filesystem>", "W rom-file:3" },
	{ "a ROM file, and a profile that is not there",
	  MACHINE CONFINED_BY("libvirtd (enforce)", ""), ROM(ROM_PATH), "", "", "" },

	{ "a command line without devices", MACHINE, "", "", COMMANDLINE(ARG("-S")), "" },
	{ "-set of a hostdev", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") "\n" ARG("device.hostdev0.x-vga=on")), "E qemu-set:5" },
	{ "--set of two", MACHINE, "", "",
	  COMMANDLINE(ARG("--set") ARG("device.hostdev0.x-vga=on") "\n" ARG("-set")
			      ARG("device.hostdev0.rombar=0")),
	  "E qemu-set:4, E qemu-set:5" },
	{ "-set of a device by its alias", MACHINE, "<alias name='ua-gpu'/>", "",
	  COMMANDLINE(ARG("-set") ARG("device.ua-gpu.x-vga=on")), "E qemu-set:4" },
	{ "-set of a device of the command line", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG("virtio-rng-pci,id=hostdev7") ARG("-set")
			      ARG("device.hostdev7.addr=9")),
	  "" },
	{ "-set of one that is JSON there", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG(
		  "{&quot;driver&quot;:&quot;usb-kbd&quot;,&quot;id&quot;:&quot;hostdev7&quot;}")
			      ARG("-set") ARG("device.hostdev7.addr=9")),
	  "E qemu-set:4" },
	{ "-set of something else", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("drive.d0.file=x")), "" },
	{ "-set of another device of libvirt's", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.sata0-0-0.rotation_rate=1")), "E qemu-set:4" },
	{ "-set without a value", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x")), "" },
	{ "-set where libvirt writes no JSON", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")) CAPABILITY("device.json+hotplug"),
	  "" },
	{ "-set, and another capability is deleted", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")) CAPABILITY("usb-host.hostdevice"),
	  "E qemu-set:4" },
	{ "-set where no guest gets JSON", MACHINE FILTERS("'device.json+hotplug'"), "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")), "" },
	{ "-set, and the capability by its former name", MACHINE, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")) CAPABILITY("device.json"),
	  "E qemu-set:4" },
	{ "-set, and the capability by the name that it has there", MACHINE LIBVIRT("7010"), "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")) CAPABILITY("device.json"), "" },
	{ "-set by QEMU 6.1", MACHINE CAPS("1", QEMU, "6001000"), "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")), "" },

	{ "x-vga of a card", MACHINE, "", "", "\n" OVERRIDE("hostdev0", "x-vga", "true"), "" },
	{ "x-vga of a card, and vfio-pci without", MACHINE NO_VGA, "", "",
	  "\n" OVERRIDE("hostdev0", "x-vga", "true"), "E setting-refused:5" },
	{ "x-vga that is off", MACHINE NO_VGA, "", "", OVERRIDE("hostdev0", "x-vga", "false"), "" },
	{ "another property", MACHINE NO_VGA, "", "", OVERRIDE("hostdev0", "x-no-mmap", "true"), "" },
	{ "x-vga of another device", MACHINE NO_VGA, "", "", OVERRIDE("hostdev1", "x-vga", "true"),
	  "" },
	{ "x-vga of a card behind a USB device", MACHINE NO_VGA, "<alias name='hostdev0'/>",
	  "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'><vendor id='1'/>"
	  "<product id='2'/></source></hostdev>",
	  "\n" OVERRIDE("hostdev0", "x-vga", "on"), "E setting-refused:5" },
	{ "x-vga of a card behind an interface", CARD NO_VGA, "", VF(""),
	  "\n" OVERRIDE("hostdev1", "x-vga", "true"), "E setting-refused:6" },
	{ "x-vga of what is behind a USB device with a name of the user's", PAIR, "",
	  "<hostdev mode='subsystem' type='usb'><source startupPolicy='optional'><vendor id='1'/>"
	  "<product id='2'/></source><alias name='ua-stick'/></hostdev>\n" HOSTDEV(
		  "bus='1' function='1'", ""),
	  "\n" OVERRIDE("hostdev1", "x-vga", "true"), "E setting-refused:6" },
	{ "x-vga of a card behind its sound with a name of the user's",
	  MACHINE "pci 0000:01:00.1 class=040300 id=10de:10f0 group=1\n", "<alias name='ua-card'/>",
	  "\n" HOSTDEV("bus='1' function='1'", ""), OVERRIDE("hostdev1", "x-vga", "true"), "" },
	{ "x-vga of the sound behind a card with a name of the user's",
	  MACHINE "pci 0000:01:00.1 class=040300 id=10de:10f0 group=1\n", "<alias name='ua-card'/>",
	  HOSTDEV("bus='1' function='1'", ""), "\n" OVERRIDE("hostdev0", "x-vga", "true"),
	  "E setting-refused:5" },
	{ "x-vga of a card behind an interface with a name of the user's", CARD NO_VGA, "",
	  VF("<alias name='ua-net'/>"), "\n" OVERRIDE("hostdev0", "x-vga", "true"),
	  "E setting-refused:6" },
	{ "x-vga by a name of the user's", MACHINE NO_VGA, "<alias name='ua-gpu'/>", "",
	  "\n" OVERRIDE("ua-gpu", "x-vga", "true"), "E setting-refused:5" },
	{ "x-vga of what is no VGA controller", PAIR, "", "", OVERRIDE("hostdev0", "x-vga", "true"),
	  "E setting-refused:4" },
	{ "x-vga by -set, which works", MACHINE NO_VGA, "", "",
	  COMMANDLINE(ARG("-set") ARG("device.hostdev0.x-vga=on")) CAPABILITY("device.json+hotplug"),
	  "E setting-refused:4" },
	{ "x-vga by -device, and vfio-pci without", BESIDE("030000") NO_VGA, "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("vfio-pci,host=02:00.0,x-vga=on")),
	  "E qemu-commandline:5" },
	{ "x-vga by -device", BESIDE("030000"), "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("vfio-pci,host=02:00.0,x-vga=on")),
	  "W qemu-commandline:5" },
	{ "driver kvm", MACHINE, "<driver name='kvm'/>", "", "", "E driver-choice:3" },
	{ "driver vfio-pci, which is a model", MACHINE, "<driver name='vfio-pci'/>", "", "",
	  "E driver-choice:3" },
	{ "driver vfio", MACHINE, "<driver name='vfio'/>", "", "", "" },
	{ "a model that is not there", MACHINE, "<driver name='vfio' model='mlx5_vfio_pci'/>", "",
	  "", "E driver-choice:3" },
	{ "a model that is loaded", MACHINE "d sys/bus/pci/drivers/mlx5_vfio_pci\n",
	  "<driver model='mlx5_vfio_pci'/>", "", "", "" },
	{ "a model that can be loaded",
	  MACHINE
	  "f lib/modules/6.12.57-amd64/modules.builtin\tkernel/drivers/vfio/pci/mlx5/mlx5-vfio-pci.ko\n",
	  "<driver model='mlx5_vfio_pci'/>", "", "", "" },
	{ "a model whose name begins like one that can be loaded", MACHINE,
	  "<driver model='vfio-pci-x'/>", "", "", "E driver-choice:3" },
	{ "a model that a snapshot does not tell of", MACHINE, "<driver model='nvidia'/>", "", "",
	  "" },
	{ "a model that is no name", MACHINE, "<driver model='../vfio'/>", "", "", "" },
	{ "a vGPU that libvirt would rebind", VGPU, "", "", "", "E driver-choice:2" },
	{ "a vGPU with its driver", VGPU, "<driver model='nvidia'/>", "", "", "" },

	{ "two devices at one address of the guest", MACHINE, AT("0x02", "0"),
	  "<video>" AT("2", "0x0") "</video>", "", "E guest-address:4" },
	{ "two at two addresses", MACHINE, AT("0x02", "0"), "<video>" AT("3", "0") "</video>", "",
	  "" },
	{ "two on two buses", MACHINE, AT("0x02", "0"),
	  "<video><address type='pci' bus='1' slot='2'/></video>", "", "" },
	{ "two for which libvirt chooses", MACHINE, "<address type='pci'/>",
	  "<video><address type='pci'/></video>", "", "" },
	{ "addresses of other kinds", MACHINE, "<address type='ccw' slot='2'/>",
	  "<video><address type='ccw' slot='2'/></video>", "", "E guest-address:2" },
	{ "no address in the guest", MACHINE, "<address type='unassigned'/>", "", "", "" },
	{ "a function alone in its slot", MACHINE, AT("2", "1"), "", "", "W guest-address:2" },
	{ "a function beside that of another device", MACHINE, AT("2", "1"),
	  "<video>" AT("2", "0") "</video>", "", "" },

	{ "a function beside one that is single", MACHINE, AT("2", "1"),
	  "<video><address type='pci' slot='2' multifunction='off'/></video>", "",
	  "E guest-address:4" },
	{ "a function beside one that is not", MACHINE, AT("2", "1"),
	  "<video><address type='pci' slot='2' multifunction='on'/></video>", "", "" },
	{ "a single function by itself", MACHINE,
	  "<address type='pci' slot='2' multifunction='off'/>", "<video>" AT("3", "1") "</video>",
	  "", "" },
	{ "slot 1 of a root port", MACHINE, "<address type='pci' bus='3' slot='1'/>",
	  PORT("pcie-root-port"), "", "E guest-address:2" },
	{ "slot 1 of a port of a switch", MACHINE, "<address type='pci' bus='3' slot='1'/>",
	  PORT("pcie-switch-downstream-port"), "", "E guest-address:2" },
	{ "slot 0 of a root port", MACHINE, "<address type='pci' bus='3' slot='0'/>",
	  PORT("pcie-root-port"), "", "" },
	{ "slot 1 of a bridge", MACHINE, "<address type='pci' bus='3' slot='1'/>",
	  PORT("pci-bridge"), "", "" },
	{ "slot 0 of a bridge", MACHINE, AT_BUS("3", "0"), PORT("pci-bridge"), "",
	  "E guest-address:2" },
	{ "slot 1 of a bridge", MACHINE, AT_BUS("3", "1"), PORT("pcie-to-pci-bridge"), "", "" },
	{ "a bus of ports", MACHINE, AT_BUS("3", "0"), PORT("pcie-expander-bus"), "",
	  "E guest-address:2" },
	{ "a switch without its port", MACHINE, AT_BUS("3", "0"), PORT("pcie-switch-upstream-port"),
	  "", "E guest-address:2" },
	{ "a port on a bus of ports", MACHINE, "",
	  PORT("pcie-expander-bus") "<controller type='pci' index='4' model='pcie-root-port'>"
				    "<address type='pci' bus='3' slot='0'/></controller>",
	  "", "" },
	{ "a slot that no bus has", MACHINE, AT_BUS("3", "0x20"), "", "", "E guest-address:2" },
	{ "a function that no slot has", MACHINE,
	  "<address type='pci' bus='3' slot='0' function='8'/>", "", "", "E guest-address:2" },
	{ "such a function of a disk, of which libvirt says so", MACHINE, "",
	  "<disk><address type='pci' bus='3' slot='0' function='8'/></disk>", "", "" },
	{ "PCI Express on a board without", MACHINE, "", PORT("pcie-root-port"),
	  BOARD("x86_64", "pc-i440fx-8.2"), "E guest-address:4" },
	{ "a bridge on that board", MACHINE, "", PORT("pci-bridge"), BOARD("x86_64", "pc"), "" },
	{ "the root of the other board", MACHINE, "",
	  "<controller type='pci' index='0' model='pci-root'/>", BOARD("x86_64", "q35"),
	  "E guest-address:4" },
	{ "a machine without PCI", MACHINE, "", "", BOARD("x86_64", "microvm"), "E guest-address:1" },
	{ "a kind of device that libvirt does not know", CARD, "",
	  "<hostdev type='PCI'><source><address bus='5' slot='0x10'/></source></hostdev>", "",
	  "E address-invalid:4" },
	{ "a mode that it does not know", CARD, "",
	  "<hostdev mode='host' type='pci'><source><address bus='5' slot='0x10'/></source>"
	  "</hostdev>",
	  "", "E address-invalid:4" },
	{ "a device of no kind", CARD, "",
	  "<hostdev><source><address bus='5' slot='0x10'/></source></hostdev>", "",
	  "E address-invalid:4" },
	{ "a capability", CARD, "",
	  "<hostdev mode='capabilities' type='misc'><source><address bus='5' slot='0x10'/>"
	  "</source></hostdev>",
	  "", "" },
	{ "zeros, for which libvirt chooses", MACHINE, AT("0", "0"),
	  "<video>" AT("0", "0") "</video>", "", "" },
	{ "zeros and a function, for which it chooses", MACHINE, AT("0", "1"), "", "", "" },
	{ "a PCI domain of the guest", MACHINE, "<address type='pci' domain='1' bus='0' slot='2'/>",
	  "", "", "E guest-address:2" },
	{ "a PCI domain of zPCI", MACHINE, "<address type='pci' domain='1' bus='0' slot='0'/>", "",
	  BOARD("s390x", "s390-ccw-virtio"), "" },
	{ "the place of q35's chipset", MACHINE, AT("0x1f", "0"), "", BOARD("x86_64", "pc-q35-8.2"),
	  "E guest-address:2" },
	{ "the place of q35's disks", MACHINE, AT("0x1f", "2"),
	  "<video>" AT("0x1f", "0") "</video>", BOARD("x86_64", "q35"), "E guest-address:2" },
	{ "slot 1 of q35", MACHINE, AT("1", "0"), "", BOARD("x86_64", "q35"), "" },
	{ "the place of i440fx's chipset", MACHINE, AT("1", "0"), "", BOARD("x86_64", "pc"),
	  "E guest-address:2" },
	{ "slot 31 of i440fx", MACHINE, AT("0x1f", "0"), "", BOARD("x86_64", "pc-i440fx-6.2"), "" },
	{ "slot 31 of another board", MACHINE, AT("0x1f", "0"), "", BOARD("aarch64", "virt"), "" },

	{ "a hostdev outside of the devices", MACHINE, "", "", "<hostdev type='pci'/>",
	  "W ignored-element:4" },
	{ "an interface outside of the devices", MACHINE, "", "",
	  "\n<interface type='hostdev'/><interface type='network'/>", "W ignored-element:5" },
	{ "arguments of QEMU inside of the devices", MACHINE, "", "<qemu:commandline/>", "",
	  "W ignored-element:4" },
	{ "a hostdev in the metadata", MACHINE, "", "",
	  "<metadata><hostdev type='pci'/></metadata>", "" },

	{ "a daemon that may do all", MACHINE DAEMON("1ffffffffff", "rw", "8388608"), "", "", "",
	  "" },
	{ "a daemon that cannot load modules", MACHINE DAEMON("1fffffeffff", "rw", "8388608"), "",
	  "", "", "E unit-hardened:0" },
	{ "a daemon that cannot load modules, which is not needed",
	  MACHINE "d sys/bus/pci/drivers/vfio-pci\n" DAEMON("1fffffeffff", "rw", "8388608"), "", "",
	  "", "" },
	{ "modules that are hidden",
	  "pci 0000:01:00.0 class=030000 id=10de:1b80 group=1\n"
	  "f proc/sys/kernel/osrelease\t6.12.57-amd64\nd lib/modules\n",
	  "", "", "", "E unit-hardened:0" },
	{ "a daemon with devices of its own", MACHINE DAEMON("1fff7fdffff", "rw", "8388608"), "",
	  "", "", "E unit-hardened:0" },
	{ "a daemon to which /sys is read-only", MACHINE DAEMON("1ffffffffff", "ro", "8388608"), "",
	  "", "", "E unit-hardened:0" },
	{ "a daemon that cannot raise limits", MACHINE DAEMON("1fffeffffff", "rw", "8388608"), "",
	  "", "", "E unit-hardened:0" },
	{ "a daemon that cannot raise limits, and has none",
	  MACHINE DAEMON("1fffeffffff", "rw", "unlimited"), "", "", "", "" },

	{ "a BAR of 128 GiB", MACHINE BAR("0x2000000000 0x3fffffffff"), "", "", "", "W big-bar:2" },
	{ "a BAR of 16 GiB", MACHINE BAR("0x2000000000 0x23ffffffff"), "", "", "", "" },
	{ "a BAR of 128 GiB, of which the firmware is told",
	  MACHINE BAR("0x2000000000 0x3fffffffff"), "", "",
	  COMMANDLINE(ARG("-fw_cfg") ARG("name=opt/ovmf/X-PciMmio64Mb,string=262144")), "" },
	{ "a BAR of 128 GiB, and all addresses of the host", MACHINE BAR("0x2000000000 0x3fffffffff"),
	  "", "", "<cpu><maxphysaddr mode='passthrough'/></cpu>", "" },
	{ "a card that hangs at its second start",
	  "pci 0000:01:00.0 class=030000 id=1002:67df group=1\n" MODULES, "", "", "",
	  "W reset-known-bad:2" },
	{ "a card with a reset of its own",
	  "pci 0000:01:00.0 class=030000 id=1002:67df group=1\n"
	  "f @0000:01:00.0/reset_method\tdevice_specific bus\n" MODULES,
	  "", "", "", "" },

	{ "iommufd, of which a snapshot does not tell", MACHINE, "<driver iommufd='yes'/>", "", "",
	  "" },
	{ "iommufd, which is not loaded", WITH_IOMMUFD "f dev/null\t\n", "<driver iommufd='yes'/>",
	  "", "", "E iommufd-unavailable:3" },
	{ "iommufd, which may be", WITH_IOMMUFD, "<driver iommufd='yes'/>", "", "", "" },
	{ "iommufd, which is", WITH_IOMMUFD "f dev/iommu\t\n", "<driver iommufd='yes'/>", "", "",
	  "" },
	{ "VFIO without groups, which is not loaded", MACHINE NODES("tun net/tun c10:200"), "", "",
	  "", "E iommufd-unavailable:2" },
	{ "VFIO with groups by what is built in, which is not loaded",
	  MACHINE NODES("tun net/tun c10:200") "f dev/vfio/vfio\t\n", "", "", "", "" },
	{ "VFIO with groups, which is not loaded",
	  MACHINE NODES("tun net/tun c10:200\\nvfio vfio/vfio c10:196"), "", "", "", "" },
	{ "VFIO with groups, which is loaded, as files of another kernel do not say",
	  MACHINE NODES("") "d sys/class/vfio\n", "", "", "", "" },
	{ "iommufd for all but one", MACHINE, "<driver iommufd='no'/>",
	  "<hostdev type='pci' managed='yes'><source><address bus='2'/></source></hostdev>",
	  "<iommufd enabled='yes'/>", "E device-absent:4, E iommufd-unavailable:4" },

	{ "an Intel IOMMU", MACHINE, "", IOMMU(""), "", "E viommu:4" },
	{ "an Intel IOMMU that remaps interrupts", MACHINE, "", IOMMU("<driver intremap='on'/>"),
	  "", "E viommu:4" },
	{ "an IOMMU that remaps interrupts, and libvirt 9.0", MACHINE LIBVIRT("9000"), "",
	  IOMMU("<driver caching_mode='on' intremap='on'/>"), "", "E viommu:4" },
	{ "an IOMMU that remaps interrupts, and libvirt 10.10", MACHINE LIBVIRT("10010"), "",
	  IOMMU("<driver caching_mode='on' intremap='on'/>"), "", "" },
	{ "an IOMMU that remaps interrupts, and some libvirt", MACHINE, "",
	  IOMMU("<driver caching_mode='on' intremap='on'/>"), "", "" },
	{ "an IOMMU that remaps interrupts with QEMU's I/O APIC", MACHINE LIBVIRT("9000"), "",
	  IOMMU("<driver caching_mode='on' intremap='on'/>"), IOAPIC("qemu"), "" },
	{ "an IOMMU that remaps interrupts with the kernel's I/O APIC", MACHINE LIBVIRT("11003"),
	  "", IOMMU("<driver caching_mode='on' intremap='on'/>"), IOAPIC("kvm"), "E viommu:4" },
	{ "an IOMMU with the kernel's I/O APIC", MACHINE LIBVIRT("9000"), "",
	  IOMMU("<driver caching_mode='on'/>"), IOAPIC("kvm"), "" },
	{ "an IOMMU of virtio", MACHINE, "", "<iommu model='virtio'/>",
	  "<features><acpi/></features>", "" },
	{ "an IOMMU of virtio without ACPI", MACHINE, "", "<iommu model='virtio'/>", "",
	  "E viommu:4" },
	{ "an IOMMU on a board that has none", MACHINE, "", IOMMU("<driver caching_mode='on'/>"),
	  BOARD("x86_64", "pc-i440fx-8.2"), "E viommu:4" },
	{ "two of them", MACHINE, "",
	  IOMMU("<driver caching_mode='on'/>") IOMMU("<driver caching_mode='on'/>"), "",
	  "E viommu:4" },
	{ "two that each are of one bus", MACHINE, "",
	  "<iommu model='smmuv3'><driver accel='on' pciBus='1'/></iommu>"
	  "<iommu model='smmuv3'><driver accel='on' pciBus='2'/></iommu>",
	  "", "" },
	{ "an Intel IOMMU with caching mode", MACHINE, "", IOMMU("<driver caching_mode='on'/>"), "",
	  "" },
	{ "an IOMMU, and two of a group", PAIR, "", IOMMU_AND(HOSTDEV("bus='1' function='1'", "")),
	  "", "E group-divided:4" },
	{ "an IOMMU of virtio, and two of a group", PAIR, "",
	  "<iommu model='virtio'/>" HOSTDEV("bus='1' function='1'", ""),
	  "<features><acpi/></features>", "E group-divided:4" },
	{ "an IOMMU of one bus, and two of a group", PAIR, "",
	  "<iommu model='smmuv3'><driver accel='on' pciBus='1'/></iommu>" HOSTDEV(
		  "bus='1' function='1'", ""),
	  "", "" },
	{ "an IOMMU, and two of a group in one slot", PAIR, AT_BUS("1", "0"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", "<address type='pci' bus='1' function='1'/>")),
	  "", "E group-divided:4" },
	{ "an IOMMU, and two of a group behind one bridge", PAIR, AT_BUS("2", "1"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("2", "2"))) TO_PCI, "", "" },
	{ "an IOMMU, and two of a group behind one bridge of the chipset's kind", PAIR,
	  AT_BUS("2", "0"), IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("2", "1"))) DMI_TO_PCI,
	  "", "" },
	{ "an IOMMU, and two of a group behind a bridge that libvirt numbers", PAIR, AT_BUS("1", "1"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("1", "2"))) SOME_BRIDGE, "", "" },
	{ "an IOMMU, and two of a group behind ports that libvirt numbers", PAIR, AT_BUS("1", "0"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("2", "0"))) SOME_PORT, "",
	  "E group-divided:4" },
	{ "an IOMMU, and two of a group at ports beside a bridge that libvirt numbers", PAIR,
	  AT_BUS("2", "0"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("3", "0"))) SOME_BRIDGE
	  "<controller type='pci' index='2' model='pcie-root-port'/>" PORT("pcie-root-port"),
	  "", "E group-divided:4" },
	{ "an IOMMU, and one of two behind a bridge", PAIR, AT_BUS("2", "1"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("1", "0"))) TO_PCI, "",
	  "E group-divided:4" },
	{ "an IOMMU, and one of two unassigned", PAIR, "",
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", "<address type='unassigned'/>")), "", "" },
	{ "an IOMMU, and two of two groups", TWO, "", IOMMU_AND(HOSTDEV("bus='2'", "")), "", "" },
	{ "an IOMMU, and two of a group of which libvirt may take one for PCI",
	  PAIR "x sys/devices/pci0000:00/0000:00:01.0/driver\n", "",
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", "")), "", "" },
	{ "an IOMMU by the command line", MACHINE, "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("intel-iommu")), "E viommu:5" },
	{ "an IOMMU by the command line that remaps interrupts", MACHINE, "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,intremap=on,caching-mode=on")),
	  "E viommu:5" },
	{ "an IOMMU by the command line that remaps interrupts with QEMU's I/O APIC", MACHINE, "", "",
	  IOAPIC("qemu") COMMANDLINE(ARG("-device") ARG("intel-iommu,intremap=on,caching-mode=on")),
	  "" },
	{ "an IOMMU by the command line that remaps interrupts beside a split chip", MACHINE, "", "",
	  COMMANDLINE(ARG("-machine") ARG("kernel_irqchip=split") ARG("-device")
			      ARG("intel-iommu,intremap=on,caching-mode=on")),
	  "" },
	{ "an IOMMU of AMD by the command line that remaps interrupts", MACHINE, "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("amd-iommu,intremap=on")), "E viommu:5" },
	{ "an IOMMU by the command line that does not remap", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG("intel-iommu,intremap=off,caching-mode=on")), "" },
	{ "an IOMMU with caching mode by the command line", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG("intel-iommu,caching-mode=on")), "" },
	{ "an IOMMU with caching mode by JSON", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG("{&quot;caching-mode&quot;:true, "
					 "&quot;driver&quot;:&quot;intel-iommu&quot;}")),
	  "" },
	{ "an IOMMU without caching mode by JSON", MACHINE, "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("{&quot;caching-mode&quot;:false,"
					      "&quot;driver&quot;:&quot;intel-iommu&quot;}")),
	  "E viommu:5" },
	{ "an IOMMU with caching mode for all", MACHINE, "", IOMMU(""),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.caching-mode=on")), "" },
	{ "an IOMMU of a width for all", MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "10000003"),
	  "", IOMMU("<driver caching_mode='on'/>"),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.aw-bits=39")), "" },
	{ "an IOMMU that is too wide for all", MACHINE CAP("dmar0", CAP39), "",
	  IOMMU("<driver caching_mode='on'/>"),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.aw-bits=48")), "E viommu:4" },
	{ "an IOMMU of another width than that for all", MACHINE CAP("dmar0", CAP39), "",
	  IOMMU("<driver caching_mode='on' aw_bits='39'/>"),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.aw-bits=48")), "" },
	{ "an IOMMU by the command line, of a width for all behind it",
	  MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "10000003"), "", "",
	  COMMANDLINE(ARG("-device") ARG("intel-iommu,caching-mode=on") ARG("-global")
			      ARG("intel-iommu.aw-bits=39")),
	  "" },
	{ "an IOMMU that remaps interrupts for all", MACHINE, "",
	  IOMMU("<driver caching_mode='on'/>"),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.intremap=on")), "E viommu:4" },
	{ "an IOMMU that remaps interrupts for all but itself", MACHINE, "",
	  IOMMU("<driver caching_mode='on' intremap='off'/>"),
	  COMMANDLINE(ARG("-global") ARG("intel-iommu.intremap=on")), "" },
	{ "an IOMMU by the command line that remaps interrupts for all", MACHINE, "", "",
	  COMMANDLINE("\n" ARG("-global") ARG("intel-iommu.intremap=on") ARG("-device")
			      ARG("intel-iommu,caching-mode=on")),
	  "E viommu:5" },
	{ "an IOMMU by the command line, too wide", MACHINE CAP("dmar0", CAP39), "", "",
	  COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,caching-mode=on,aw-bits=48")),
	  "E viommu:5" },
	{ "an IOMMU of virtio by the command line", MACHINE, "", "",
	  COMMANDLINE(ARG("-device") ARG("virtio-iommu-pci")), "" },
	{ "an IOMMU by the command line, and two of a group", PAIR, "",
	  HOSTDEV("bus='1' function='1'", ""),
	  COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,caching-mode=on")), "E group-divided:4" },
	{ "an IOMMU by the command line, and more memory to lock than libvirt knows of", TWO, "",
	  HOSTDEV("bus='2'", ""),
	  GIB2 COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,caching-mode=on")), "E viommu:5" },
	{ "an IOMMU by the command line, and memory that is locked as a whole", TWO, "",
	  HOSTDEV("bus='2'", ""),
	  GIB2 "<memoryBacking><locked/></memoryBacking>" COMMANDLINE(
		  ARG("-device") ARG("intel-iommu,caching-mode=on")),
	  "" },
	{ "an IOMMU by the command line, and a limit that allows for it", TWO, "",
	  HOSTDEV("bus='2'", ""),
	  GIB2 LIMIT("5") COMMANDLINE(ARG("-device") ARG("intel-iommu,caching-mode=on")), "" },
	{ "an IOMMU by the command line, and a limit that does not", TWO, "", HOSTDEV("bus='2'", ""),
	  GIB2 LIMIT("4") COMMANDLINE(ARG("-device") ARG("intel-iommu,caching-mode=on")),
	  "E hard-limit-low:4" },
	{ "an IOMMU by the command line, and two of a group behind one bridge", PAIR,
	  AT_BUS("2", "1"), HOSTDEV("bus='1' function='1'", AT_BUS("2", "2")) TO_PCI,
	  GIB2 COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,caching-mode=on")), "" },
	{ "an IOMMU by the command line, and two of two groups behind one bridge", TWO,
	  AT_BUS("2", "1"), HOSTDEV("bus='2'", AT_BUS("2", "2")) TO_PCI,
	  GIB2 COMMANDLINE("\n" ARG("-device") ARG("intel-iommu,caching-mode=on")), "" },
	{ "an IOMMU, and a limit for two of a group behind one bridge", PAIR, AT_BUS("2", "1"),
	  IOMMU_AND(HOSTDEV("bus='1' function='1'", AT_BUS("2", "2"))) TO_PCI, GIB2 LIMIT("3"),
	  "W hard-limit-low:4" },
	{ "an IOMMU, and a limit for one of two behind a bridge", TWO, AT_BUS("2", "1"),
	  IOMMU_AND(HOSTDEV("bus='2'", AT_BUS("3", "0"))) TO_PCI PORT("pcie-root-port"),
	  GIB2 LIMIT("3"), "E hard-limit-low:4" },
	{ "an IOMMU that is wider than the host's", MACHINE CAP("dmar0", CAP39), "",
	  IOMMU("<driver caching_mode='on' aw_bits='48'/>"), "", "E viommu:4" },
	{ "an IOMMU as wide as the host's", MACHINE CAP("dmar0", CAP39), "",
	  IOMMU("<driver caching_mode='on' aw_bits='39'/>"), "", "" },
	{ "of several units of the host the widest counts",
	  MACHINE CAP("dmar0", CAP39) CAP("dmar1", CAP48), "",
	  IOMMU("<driver caching_mode='on' aw_bits='48'/>"), "", "" },
	{ "an IOMMU of a new QEMU", MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "10000003"), "",
	  IOMMU("<driver caching_mode='on'/>"), "", "E viommu:4" },
	{ "an IOMMU of an old QEMU", MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "9001003"), "",
	  IOMMU("<driver caching_mode='on'/>"), "", "" },
	{ "an IOMMU of two versions of QEMU",
	  MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "9001003")
		  CAPS("2", "/opt/qemu-kvm", "10000000"),
	  "", IOMMU("<driver caching_mode='on'/>"), "", "" },
	{ "an IOMMU of the QEMU that is named",
	  MACHINE CAP("dmar0", CAP39) CAPS("1", QEMU, "9001003")
		  CAPS("2", "/opt/qemu-kvm", "10000000"),
	  "", "<emulator>/opt/qemu-kvm</emulator>" IOMMU("<driver caching_mode='on'/>"), "",
	  "E viommu:4" },
	{ "an IOMMU of a QEMU for another processor",
	  MACHINE CAP("dmar0", CAP39) CAPS("1", "/usr/bin/qemu-system-aarch64", "10000000"), "",
	  IOMMU("<driver caching_mode='on'/>"), "", "" },

	{ "huge pages of a size that is not mounted", MACHINE MOUNTED(HUGE_2M), "", "",
	  BACKING(HUGE("1")), "E hugetlbfs-missing:4" },
	{ "huge pages of a size that is mounted", MACHINE MOUNTED(HUGE_2M HUGE_1G), "", "",
	  BACKING(HUGE("1")), "" },
	{ "memory by memfd that is not a multiple of the page", MACHINE MOUNTED(HUGE_2M), "", "",
	  BACKING(HUGE("1") "<source type='memfd'/>"), "E hugetlbfs-missing:4" },
	{ "huge pages where qemu.conf says",
	  MACHINE MOUNTED(HUGE_1G) "f etc/libvirt/qemu.conf\thugetlbfs_mount = [\"/x\", \"/huge\"]\n",
	  "", "", BACKING(HUGE("1")), "" },
	{ "huge pages where qemu.conf does not say",
	  MACHINE MOUNTED(HUGE_1G) "f etc/libvirt/qemu.conf\thugetlbfs_mount = \"/x\"\n", "", "",
	  BACKING(HUGE("1")), "E hugetlbfs-missing:4" },
	{ "huge pages, and an old snapshot", MACHINE MOUNTED(""), "", "", BACKING(HUGE("1")), "" },

	{ "an nvdimm whose file is shared", MACHINE MOUNTED(""), "",
	  NVDIMM("nvdimm' access='shared", "/var/x.img"), "", "E memory-unpinnable:4" },
	{ "an nvdimm of shared memory", MACHINE MOUNTED(""), "", NVDIMM("nvdimm", "/var/x.img"),
	  BACKING(SHARED "<source type='memfd'/>"), "E memory-unpinnable:4" },
	{ "an nvdimm of its own", MACHINE MOUNTED(""), "",
	  NVDIMM("nvdimm' access='private", "/var/x.img"), BACKING(SHARED "<source type='memfd'/>"),
	  "" },
	{ "an nvdimm where the cell is private", MACHINE MOUNTED(""), "",
	  NVDIMM("nvdimm", "/var/x.img"),
	  BACKING(SHARED "<source type='memfd'/>") CELLS(CELL("0", "memAccess='private'")), "" },
	{ "an nvdimm", MACHINE MOUNTED(""), "", NVDIMM("nvdimm", "/var/x.img"), "", "" },
	{ "virtio-pmem", MACHINE MOUNTED(""), "", NVDIMM("virtio-pmem", "/var/x.img"), "",
	  "E memory-unpinnable:4" },
	{ "virtio-pmem on a tmpfs", MACHINE MOUNTED("\\n27 26 0:9 / /dev/shm rw - tmpfs t rw"), "",
	  NVDIMM("virtio-pmem", "/dev/shm/x.img"), "", "" },
	{ "virtio-pmem, and no mounts are known", MACHINE, "", NVDIMM("virtio-pmem", "/var/x.img"),
	  "", "" },
	{ "virtio-pmem, and an old kernel",
	  "pci 0000:01:00.0 class=030000 id=10de:1b80 group=1\n"
	  "f proc/sys/kernel/osrelease\t6.1.0\nd sys/bus/pci/drivers/vfio-pci\n" MOUNTED(""),
	  "", NVDIMM("virtio-pmem", "/var/x.img"), "", "" },
	{ "shared memory in a file", MACHINE MOUNTED(""), "", "", BACKING(SHARED),
	  "E memory-unpinnable:4" },
	{ "shared memory whose source is a file", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED "<source type='file'/>"), "E memory-unpinnable:4" },
	{ "shared memory whose source is anonymous", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED "<source type='anonymous'/>"), "E memory-unpinnable:4" },
	{ "shared memory of memfd", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED "<source type='memfd'/>"), "" },
	{ "a file that is private", MACHINE MOUNTED(""), "", "",
	  BACKING("<access mode='private'/><source type='file'/>"), "" },
	{ "a file that is not shared", MACHINE MOUNTED(""), "", "",
	  BACKING("<source type='file'/>"), "" },
	{ "shared memory on a tmpfs",
	  MACHINE MOUNTED("\\n27 26 0:9 / /var/lib/libvirt/qemu rw - tmpfs t rw"), "", "",
	  BACKING(SHARED), "" },
	{ "shared memory where qemu.conf says",
	  MACHINE MOUNTED(
		  "\\n27 26 0:9 / /dev/shm rw - tmpfs t rw") "f etc/libvirt/qemu.conf\t#memory_backing_dir = \"/x\"\\nmemory_backing_dir = \"/dev/shm\"\n",
	  "", "", BACKING(SHARED), "" },
	{ "shared memory where qemu.conf says first",
	  MACHINE MOUNTED(
		  "\\n27 26 0:9 / /dev/shm rw - tmpfs t rw") "f etc/libvirt/qemu.conf\tmemory_backing_dir = \"/x\"\\nmemory_backing_dir = \"/dev/shm\"\n",
	  "", "", BACKING(SHARED), "E memory-unpinnable:4" },
	{ "a tmpfs that was mounted over",
	  MACHINE MOUNTED("\\n27 26 0:9 / /var rw - tmpfs t rw\\n"
			  "28 26 8:3 / /var rw - xfs /dev/sda3 rw"),
	  "", "", BACKING(SHARED), "E memory-unpinnable:4" },
	{ "shared memory, and no mounts are known", MACHINE, "", "", BACKING(SHARED), "" },
	{ "a cell that is shared", MACHINE MOUNTED(""), "", "",
	  CELLS("\n" CELL("0", "memAccess='private'") CELL("1", "memAccess='shared'")),
	  "E memory-unpinnable:6" },
	{ "a cell that is private where others are shared", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED) CELLS(CELL("0", "memAccess='private'")), "" },
	{ "shared memory on huge pages of one cell", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED "<hugepages><page size='2' unit='MiB' nodeset='0'/></hugepages>")
		  CELLS(CELL("0", "")),
	  "" },
	{ "shared memory on huge pages of the other cell", MACHINE MOUNTED(""), "", "",
	  BACKING(SHARED "<hugepages><page size='2' unit='MiB' nodeset='1'/></hugepages>")
		  CELLS(CELL("0", "") CELL("1", "")),
	  "E memory-unpinnable:4" },
};

/* Devices of the command line, in every notation of QEMU's. */
static const struct {
	const char *arg, *host; /* NULL: none */
} notations[] = {
	{ "vfio-pci,host=02:00.0", "02:00.0" },
	{ "vfio-pci,id=a,host=0000:02:00.0,x-vga=on", "0000:02:00.0" },
	{ "id=a,host=02:00.0,driver=vfio-pci", "02:00.0" },
	{ "driver=vfio-pci-nohotplug,host=02:00.0", "02:00.0" },
	{ "vfio-pci,host=03:00.0,host=02:00.0", "02:00.0" },
	{ "vfio-pci,id=a,,host=03:00.0,host=02:00.0", "02:00.0" },
	{ "vfio-pci,sysfsdev=/sys/bus/pci/devices/0000:02:00.0",
	  "/sys/bus/pci/devices/0000:02:00.0" },
	{ "vfio-pci,multifunction,host=02:00.0", "02:00.0" },
	{ "vfio-pci,host=00000:0x02:00.0", "00000:0x02:00.0" },
	{ "vfio-pci", "a device" },
	{ "{\"driver\":\"vfio-pci\",\"host\":\"02:00.0\"}", "02:00.0" },
	{ "{'driver':'vfio-pci','host':'02:00.0','id':'gpu'}", "02:00.0" },
	{ " { 'host' : \"02:00.0\" , 'x-vga' : true , 'driver' : 'vfio-pci' } ", "02:00.0" },
	{ "{'a':{'host':'03:00.0','b':[1,'}',{}]},'driver':'vfio-pci','host':'02:00.0'}", "02:00.0" },
	{ "{'driver':'vfio\\u002dpci','host':'02\\u003a00.0'}", "02:00.0" },
	{ "{'driver':'vfio-pci','n':-1.5e3,'z':null,'host':'02:00.0'}", "02:00.0" },
	{ "{'driver':'e1000','host':'vfio-pci'}", NULL },
	{ "{'driver':'vfio-pci','host", "a device" },
	{ "{'driver'", NULL },
	{ "{", NULL },
	{ "e1000,host=vfio-pci", NULL },
	{ "virtio-net,driver-x=vfio-pci", NULL },
	{ "", NULL },
};

static void test_notations(void)
{
	for (size_t i = 0; i < VH_COUNT(notations); i++) {
		_auto_free_ char *arg = vh_xml_escape(notations[i].arg);
		_auto_free_ char *xml = vh_printf(
			"<domain type='kvm' xmlns:q='http://libvirt.org/schemas/domain/qemu/1.0'>"
			"<q:commandline><q:arg value='-device'/><q:arg value='%s'/></q:commandline>"
			"</domain>",
			arg);
		_auto_error_ struct vh_error err = { 0 };
		_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);
		const struct vh_smuggled *s = d && d->smuggled.count ? d->smuggled.list : NULL;

		if (!ok(d && vh_streq(s ? s->host : NULL, notations[i].host) &&
				(!s || s->has_addr == (strstr(s->host, "02:00.0") != NULL)),
			"notation: %s", notations[i].arg))
			diag("have: %s", s ? s->host : d ? "none" : err.what);
	}
}

static char *domain_text(const char *element, const char *devices, const char *domain)
{
	return vh_printf("<domain type='kvm' xmlns:qemu='http://libvirt.org/schemas/domain/qemu/1.0'>"
			 "<name>vm</name><memory>2048</memory><devices><memballoon model='none'/>\n"
			 "<hostdev type='pci' managed='yes'><source><address bus='1'/></source>\n"
			 "%s</hostdev>\n%s</devices>%s</domain>",
			 element, devices, domain);
}

/* What is found of errors and warnings, in order: "E rule:line, W rule:line". */
static char *judged(const struct vh_root *root, const char *xml, struct vh_findings *found)
{
	_auto_error_ struct vh_error err = { 0 };
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml, strlen(xml), &err);
	_auto_(vh_plan) struct vh_plan *plan = NULL;
	struct vh_strbuf sb = { 0 };
	struct vh_config config;
	struct vh_case_ask ask = {
		.root = root, .config = &config, .domain = d, .deadline = INT64_MAX
	};
	_auto_case_ struct vh_case c = { 0 };

	vh_config_defaults(&config);
	vh_strbuf_add(&sb, "");
	if (!d || vh_case_read(&c, &ask, &err) < 0) {
		diag("%s", err.what);
		vh_strbuf_add(&sb, "unreadable");
		return vh_strbuf_steal(&sb);
	}
	c.plan = plan = vh_plan_make(d, c.host, &config);
	if (c.host)
		vh_rule_table_run(&c, VH_SCOPE_DOMAIN | VH_SCOPE_DEVICE | VH_SCOPE_POLICY, found);
	for (size_t i = 0; i < found->count; i++) {
		const struct vh_finding *f = &found->list[i];

		if (f->severity == VH_INFO)
			continue;
		vh_strbuf_addf(&sb, "%s%s %s:%d", sb.len ? ", " : "",
			       f->severity == VH_ERROR ? "E" : "W", f->rule->name, f->line);
	}
	vh_config_clear(&config);
	return vh_strbuf_steal(&sb);
}

static void test_cases(void)
{
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(cases[i].machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *xml = domain_text(cases[i].element, cases[i].devices,
						    cases[i].domain);
		_auto_free_ char *have = NULL;

		s->root.live = false;
		have = judged(&s->root, xml, &found);
		if (!ok(!strcmp(have, cases[i].want), "%s", cases[i].name))
			diag("have: %s", have);
	}
}

/* A bridge that is offered has an index that is free, and room below it for its port. */
static void test_bridge_offered(void)
{
	static const struct {
		const char *name, *devices, *want;
	} guests[] = {
		{ "a bridge for a guest without controllers", "", "index='2' model='pcie-to-" },
		{ "a bridge beyond all controllers", PORT("pcie-root-port") SOME_PORT,
		  "index='6' model='pcie-to-" },
		{ "a bridge beyond all addresses", "<video>" AT_BUS("9", "0") "</video>",
		  "index='11' model='pcie-to-" },
		{ "a bridge where no index is free", "<video>" AT_BUS("254", "0") "</video>",
		  "with an index" },
	};

	for (size_t i = 0; i < VH_COUNT(guests); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(PAIR);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *devices = vh_printf(
			"%s%s", IOMMU_AND(HOSTDEV("bus='1' function='1'", "")), guests[i].devices);
		_auto_free_ char *xml = domain_text("", devices, ""), *have = NULL;

		s->root.live = false;
		have = judged(&s->root, xml, &found);
		if (!ok(!strcmp(have, "E group-divided:4") &&
				strstr(found.list[0].fix, guests[i].want),
			"%s", guests[i].name))
			diag("have: %s, %s", have, found.list[0].fix);
	}
}

/* How long a file is, too. */
static void test_empty_rom(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(MACHINE "f opt/roms/card.rom\t-\n");
	_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
	_auto_free_ char *xml = domain_text(ROM(ROM_PATH), "", ""), *have = NULL;
	int fd = openat(s->root.fd, "opt/roms/card.rom", O_WRONLY | O_TRUNC | O_CLOEXEC);

	if (fd < 0)
		abort();
	close(fd);
	s->root.live = true;
	have = judged(&s->root, xml, &found);
	ok(strstr(have, "E rom-file:3") && strstr(found.list[0].message, "is empty"),
	   "a ROM file without anything in it");
}

/* What is no file is not opened: a watchdog would be started by it, a tape be rewound. */
static void test_no_file(void)
{
	static const struct {
		const char *name;
		mode_t mode;
	} kinds[] = { { "a pipe", S_IFIFO }, { "a socket", S_IFSOCK } };

	for (size_t i = 0; i < VH_COUNT(kinds); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(MACHINE "d opt/roms\n");
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *xml = domain_text(ROM(ROM_PATH), "", ""), *have = NULL;
		char byte;

		if (mknodat(s->root.fd, "opt/roms/card.rom", kinds[i].mode | 0644, 0) < 0)
			abort();
		s->root.live = true;
		have = judged(&s->root, xml, &found);
		ok(strstr(have, "E rom-file:3") &&
			   strstr(found.list[0].message, "is not a regular file"),
		   "%s for a ROM", kinds[i].name);
		ok(vh_root_read_file(&s->root, &byte, 1, "opt/roms/card.rom") < 0 && errno == EINVAL,
		   "is not opened");
	}
}

/* Who owns a file or a directory above it, and who else may read it, is known of a running system. */
static void test_closed_rom(void)
{
	static const struct {
		const char *name, *closed;
		mode_t dir, file;
		const char *want;
	} modes[] = {
		{ "a ROM file for everybody", NULL, 0755, 0644, "" },
		{ "a ROM file for a group", NULL, 0750, 0640, "" },
		{ "a ROM file for its owner alone", ROM_PATH, 0755, 0600, "W rom-file:3" },
		{ "a ROM file in a closed directory", "/opt/roms", 0700, 0644, "W rom-file:3" },
	};

	for (size_t i = 0; i < VH_COUNT(modes); i++) {
		_auto_(scratch) struct scratch *s = scratch_new(
			MACHINE "f opt/roms/card.rom\t" PCIR("\\xde\\x10\\x80\\x1b") "\n");
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *xml = domain_text(ROM(ROM_PATH), "", ""), *have = NULL;

		s->root.live = true;
		if (fchmodat(s->root.fd, "opt/roms/card.rom", modes[i].file, 0) < 0 ||
		    fchmodat(s->root.fd, "opt/roms", modes[i].dir, 0) < 0)
			abort();
		have = judged(&s->root, xml, &found);
		ok(strstr(have, "rom-file") ? strstr(modes[i].want, "rom-file") &&
						      strstr(found.list[0].message, modes[i].closed)
					    : !*modes[i].want,
		   "%s", modes[i].name);
	}
}

/* check says of a group without a node what the hook will, which tries it. */
static void test_hidden_node(void)
{
	static const struct {
		const char *name, *more;
		bool live;
		const char *want;
	} hosts[] = {
		{ "a vGPU whose node is there", "f dev/vfio/1\t\nd proc\n", true, "" },
		{ "a vGPU whose node is hidden", "d proc\n", true, "E device-claimed:2" },
		{ "a vGPU of which a snapshot has no node", "d proc\n", false, "" },
	};

	for (size_t i = 0; i < VH_COUNT(hosts); i++) {
		_auto_free_ char *machine = vh_printf(VGPU "%s", hosts[i].more), *have = NULL;
		_auto_(scratch) struct scratch *s = scratch_new(machine);
		_auto_findings_ struct vh_findings found = { .rules = &vh_rule_table };
		_auto_free_ char *xml = domain_text("<driver model='nvidia'/>", "", "");

		s->root.live = hosts[i].live;
		have = judged(&s->root, xml, &found);
		if (!ok(strstr(have, "device-claimed")
				? strstr(hosts[i].want, "device-claimed") != NULL
				: !*hosts[i].want,
			"%s", hosts[i].name))
			diag("have: %s", have);
	}
}

int main(void)
{
	test_hidden_node();
	test_cases();
	test_bridge_offered();
	test_empty_rom();
	test_no_file();
	test_closed_rom();
	test_notations();
	return tap_done();
}
