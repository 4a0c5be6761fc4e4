/* SPDX-License-Identifier: GPL-2.0-or-later */
/* kept - see kept.h: the table, and how it is looked up. */
#include "lib/snapshot/kept.h"

#include <fnmatch.h>

#include "lib/base/strbuf.h"
#include "lib/host/boot-binding.h"

#include "lib/base/banned.h"

#define FILE_ (1 << VH_ASKED_FILE)
#define LINK_ (1 << VH_ASKED_LINK)
#define LIST_ (1 << VH_ASKED_LIST)
#define DIRS_ (1 << VH_ASKED_DIRS)
#define PATH_ (1 << VH_ASKED_PATH)
#define HELD_ (1 << VH_ASKED_EXCLUSIVE)

#define DIGITS "0123456789"
#define NUMBER DIGITS "-,"
#define HEX DIGITS "abcdefABCDEFx "
#define LETTERS "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ"
#define SWITCH DIGITS "YNyn-"
#define HOOKS VH_HOOKSDIR

#define NAMES(...) ((const char *const[]){ __VA_ARGS__, NULL })
#define ALL NAMES("*")
#define LINK_STATE NAMES("*[0-9] GT/s", "*[0-9] GT/s PCIe", "[0-9]", "[0-9][0-9]", "Unknown*")
#define KEPT(asks, at, ...)                                \
	{                                                  \
		.asked = (asks), .path = (at), __VA_ARGS__ \
	}

static const struct vh_kept table[] = {
	/* a pci line has them (pci-lines.c) */
	KEPT(FILE_, "@*/modalias", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/class", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/vendor", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/device", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/subsystem_*", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/revision", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/driver_override", .flags = VH_KEPT_LOST),
	KEPT(FILE_ | PATH_, "@*/config", .flags = VH_KEPT_LOST),
	KEPT(FILE_ | PATH_, "@*/sriov_totalvfs", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/boot_vga", .flags = VH_KEPT_LOST),
	KEPT(FILE_ | PATH_, "@*/reset_method", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "@*/reset", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@*/resource", .flags = VH_KEPT_LOST),
	KEPT(LINK_ | PATH_, "@*/driver", .flags = VH_KEPT_LOST),
	KEPT(LINK_, "@*/iommu_group", .flags = VH_KEPT_LOST),
	KEPT(LINK_ | PATH_, "@*/physfn", .flags = VH_KEPT_LOST),
	KEPT(LINK_, "@*/virtfn*", .flags = VH_KEPT_LOST),
	KEPT(LINK_, "sys/bus/pci/devices/*", .flags = VH_KEPT_LOST),
	KEPT(LIST_, "sys/bus/pci/devices", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "@*", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "sys/bus/pci/devices/*/config", .flags = VH_KEPT_LOST), /* there is none */

	/* more of a function */
	KEPT(LIST_, "@*", .names = NAMES("consumer:pci:*", "supplier:pci:*")),
	KEPT(FILE_, "@*/numa_node", .chars = NUMBER, .usual = "-1"),
	KEPT(FILE_, "@*/power_state", .like = NAMES("D[0-3]", "D3hot", "D3cold", "unknown", "error")),
	KEPT(FILE_, "@*/current_link_*", .like = LINK_STATE),
	KEPT(FILE_, "@*/max_link_*", .like = LINK_STATE),
	KEPT(FILE_, "@*/resource*_resize", .chars = HEX),
	KEPT(LIST_ | DIRS_, "@*/vfio-dev", .names = NAMES("vfio#")),
	KEPT(PATH_, "@*/vfio-dev", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "@*/unanswered", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "sys/bus/pci/drivers/vfio-pci", .flags = VH_KEPT_THERE),
	KEPT(LIST_, "sys/bus/pci/drivers/vfio-pci", .flags = VH_KEPT_DIR),

	/* groups */
	KEPT(LIST_, "sys/kernel/iommu_groups", .names = NAMES("#")),
	KEPT(LIST_, "sys/kernel/iommu_groups/*/devices", .names = ALL),
	KEPT(FILE_, "sys/kernel/iommu_groups/*/name", .like = NAMES("vfio-noiommu"),
	     .flags = VH_KEPT_LOST),
	KEPT(FILE_, "sys/kernel/iommu_groups/*/reserved_regions",
	     .chars = HEX "abcdefghijklmnopqrstuvwxyz-\n",
	     .usual = "0x00000000fee00000 0x00000000feefffff msi",
	     .flags = VH_KEPT_LINES | VH_KEPT_X),
	KEPT(PATH_, "dev/vfio/*", .flags = VH_KEPT_THERE | VH_KEPT_X),
	KEPT(PATH_, "dev/iommu", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "dev/null", .flags = VH_KEPT_THERE), /* nodes are told at all */
	KEPT(PATH_, "sys/class/vfio", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "sys/class/vfio-dev", .flags = VH_KEPT_THERE),

	/* every node below a function */
	KEPT(LINK_, "@**/subsystem", .flags = VH_KEPT_LINK),
	KEPT(LINK_, "@**/driver", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/bus/cxl/devices", .names = NAMES("decoder%")),
	KEPT(LINK_, "sys/bus/cxl/devices/*/uport", .flags = VH_KEPT_LINK),
	KEPT(FILE_, "sys/bus/cxl/devices/*/region", .like = NAMES("region[0-9]*")),
	KEPT(FILE_, "@**/uevent", .take = vh_tables_uevent),
	KEPT(PATH_, "@**/idVendor", .flags = VH_KEPT_THERE),
	KEPT(FILE_, "**/idVendor", .chars = HEX),
	KEPT(FILE_, "**/idProduct", .chars = HEX),
	KEPT(FILE_, "@**/devnum", .chars = DIGITS),
	KEPT(FILE_, "@**/usbip_status", .chars = DIGITS),
	KEPT(LIST_, "sys/bus/usb/devices"),
	KEPT(LINK_, "sys/bus/usb/devices/*", .flags = VH_KEPT_LINK),
	/* they are all names; what a snapshot has of them is what the walk finds */
	KEPT(LIST_, "sys/bus/mdev/devices", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "@*/*-*-*-*-*", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "@**/device_name", .flags = VH_KEPT_FREE),

	/* disks */
	KEPT(HELD_, "dev/**"),
	KEPT(FILE_, "**/dev", .chars = DIGITS ":"),
	KEPT(PATH_, "**/dev"),
	KEPT(FILE_, "**/size", .chars = DIGITS),
	KEPT(PATH_, "**/size"),
	KEPT(PATH_, "**/partition", .flags = VH_KEPT_THERE),
	KEPT(LIST_, "**/holders", .names = ALL),
	KEPT(FILE_, "**/dm/name", .flags = VH_KEPT_FREE),
	KEPT(FILE_, "**/dm/uuid", .take = vh_tables_dm_uuid),
	KEPT(FILE_, "**/loop/backing_file", .take = vh_storage_user),
	KEPT(FILE_, "**/backing_dev", .take = vh_storage_user),
	KEPT(LINK_, "dev/**", .flags = VH_KEPT_LOST), /* vh_storage_user() has followed it */
	KEPT(LINK_, "**/bcache/dev", .flags = VH_KEPT_LINK),
	KEPT(LINK_, "**/bcache/set", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/fs/bcache/*"),
	KEPT(LINK_, "sys/fs/bcache/*/*", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/fs/btrfs"),
	KEPT(LIST_, "sys/fs/btrfs/*/devices", .names = ALL),
	KEPT(LIST_, "sys/kernel/config/nvmet/subsystems"),
	KEPT(LIST_, "sys/kernel/config/nvmet/subsystems/*/namespaces"),
	KEPT(FILE_, "sys/kernel/config/nvmet/**/device_path", .take = vh_storage_user),
	KEPT(LIST_, "sys/kernel/config/target/core"),
	KEPT(LIST_, "sys/kernel/config/target/core/*"),
	KEPT(FILE_, "sys/kernel/config/target/core/*/*/udev_path", .take = vh_storage_user),
	KEPT(FILE_, "sys/kernel/config/target/core/*/*/info", .take = vh_storage_numbers),
	KEPT(FILE_, "sys/kernel/config/**/enable", .chars = DIGITS),
	KEPT(LIST_, "sys/kernel/config/usb_gadget"),
	KEPT(LIST_, "sys/kernel/config/usb_gadget/*/functions"),
	KEPT(LIST_, "sys/kernel/config/usb_gadget/*/functions/*"),
	KEPT(FILE_, "sys/kernel/config/usb_gadget/**/file", .take = vh_storage_user),
	KEPT(LIST_, "sys/kernel/scst_tgt/devices"),
	KEPT(FILE_, "sys/kernel/scst_tgt/devices/*/filename", .take = vh_storage_user),
	KEPT(LIST_, "sys/block", .names = NAMES("zd#")),
	KEPT(LINK_, "sys/block/*", .flags = VH_KEPT_LINK),
	KEPT(FILE_, "sys/class/block/*/md/metadata_version", .take = vh_tables_md_version),
	KEPT(FILE_, "sys/**/md/metadata_version", .take = vh_tables_md_version),
	KEPT(LIST_, "sys/class/block"),
	KEPT(LINK_, "sys/class/block/*", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/**/device"),
	KEPT(LIST_, "sys/devices/virtual/nvme-subsystem/*"),
	KEPT(LINK_, "sys/devices/virtual/nvme-subsystem/*/nvme*", .flags = VH_KEPT_LINK),
	KEPT(LINK_, "sys/class/block/*/device/*", .flags = VH_KEPT_LOST),
	KEPT(DIRS_, "sys/devices/virtual/**"),
	KEPT(FILE_, "run/udev/data/b*", .take = vh_tables_udev),
	KEPT(FILE_, "proc/self/mountinfo", .take = vh_storage_mounts),
	KEPT(PATH_, "proc/self/mountinfo", .flags = VH_KEPT_THERE),
	KEPT(FILE_, "proc/*/mountinfo", .take = vh_storage_namespace, .flags = VH_KEPT_LOST),
	KEPT(LINK_, "proc/*/ns/mnt", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "sys/fs/*/*", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "proc/fs/*/*", .flags = VH_KEPT_THERE),
	KEPT(FILE_, "proc/spl/kstat/zfs/*/state", .take = vh_storage_pool),
	KEPT(DIRS_, "proc/spl/kstat/zfs"),
	KEPT(FILE_, "proc/swaps", .take = vh_storage_swaps),
	KEPT(FILE_, "proc/mdstat", .words = NAMES("mdState=", "diskName.", "rdevName.")),

	/* iSCSI */
	KEPT(LIST_, "sys/class/iscsi_connection"),
	KEPT(FILE_, "**/iscsi_connection/*/address", .take = vh_storage_server),
	KEPT(FILE_, "**/persistent_address", .take = vh_storage_server),
	KEPT(FILE_, "**/targetname", .take = vh_storage_target),
	KEPT(LIST_, "sys/**/session*"),
	KEPT(DIRS_, "sys/**/target*"),
	KEPT(LIST_, "sys/**/block", .names = ALL),
	KEPT(DIRS_, "sys/devices/**/block/*"),

	KEPT(LINK_, "sys/class/iscsi_session/*", .flags = VH_KEPT_LINK),
	KEPT(FILE_, "**/iscsi_host/*/netdev", .flags = VH_KEPT_FREE),

	/* other disks and file systems of a network or of a host above */
	KEPT(LIST_, "sys/class/nvme"),
	KEPT(FILE_, "**/transport", .like = NAMES("fc", "tcp", "rdma", "loop", "pcie")),
	KEPT(FILE_, "sys/class/nvme/*/address", .take = vh_storage_fabric),
	KEPT(FILE_, "sys/**/ctl/nvme*/address", .take = vh_storage_fabric),
	KEPT(LIST_, "sys/class/nvme/*", .names = NAMES("nvme#n#", "nvme#c#n#")),
	KEPT(LIST_, "sys/**/ctl/nvme*", .names = NAMES("nvme#n#", "nvme#c#n#")),
	KEPT(DIRS_, "@**/fc_host", .names = NAMES("host#")),
	KEPT(FILE_, "@**/fc_host/*/port_name", .chars = HEX),
	KEPT(FILE_, "**/nbd*/pid", .chars = DIGITS),
	KEPT(FILE_, "proc/*/cmdline", .take = vh_storage_nbd),
	KEPT(FILE_, "sys/**/client_addr", .take = vh_storage_client),
	KEPT(FILE_, "**/etherd!*/netif", .flags = VH_KEPT_FREE),
	KEPT(FILE_, "@**/virtio*/device", .chars = HEX),
	KEPT(FILE_, "@**/virtio*/mount_tag", .take = vh_storage_target),
	KEPT(LIST_, "sys/fs/virtiofs", .names = NAMES("#")),
	KEPT(LINK_, "sys/fs/virtiofs/*/device", .flags = VH_KEPT_LINK),
	KEPT(FILE_, "sys/fs/virtiofs/*/tag", .take = vh_storage_target),

	/* interfaces */
	KEPT(LIST_ | DIRS_, "@**/net", .names = ALL, .flags = VH_KEPT_DIR),
	KEPT(LIST_ | DIRS_, "@**/ieee80211", .names = ALL, .flags = VH_KEPT_DIR),
	KEPT(LIST_ | DIRS_, "@**/infiniband", .names = ALL, .flags = VH_KEPT_DIR),
	KEPT(LIST_, "**/net/*", .names = NAMES("upper_*", "lower_*", "bridge", "bonding")),
	KEPT(FILE_, "**/net/*/type", .chars = DIGITS),
	KEPT(FILE_, "**/net/*/iflink", .chars = DIGITS),
	KEPT(FILE_, "**/net/*/broadcast", .take = vh_storage_remote),
	KEPT(FILE_, "**/net/*/uevent", .words = NAMES("DEVTYPE=")),
	KEPT(PATH_, "**/net/*/tun_flags", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "**/net/*/upper_ovs-system", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "proc/net/pppoe", .take = vh_storage_pppoe),
	KEPT(FILE_, "**/net/*/flags", .chars = HEX),
	KEPT(FILE_, "**/net/*/ifindex", .chars = DIGITS),
	KEPT(LINK_, "**/net/*/master", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/class/net"),
	KEPT(LINK_, "sys/class/net/*", .flags = VH_KEPT_LINK),
	KEPT(LINK_, "**/net/*/device", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "run/NetworkManager/devices/*", .take = vh_tables_managed),
	KEPT(FILE_, "routes", .take = vh_storage_routes),
	KEPT(FILE_, "proc/net/route", .take = vh_storage_routes4),
	KEPT(FILE_, "proc/net/ipv6_route", .take = vh_storage_routes6),
	KEPT(FILE_, "proc/net/if_inet6", .take = vh_storage_addresses6),

	/* USB, displays, sound */
	KEPT(FILE_, "**/product", .flags = VH_KEPT_FREE),
	KEPT(FILE_, "**/bInterfaceClass", .chars = HEX),
	KEPT(FILE_, "**/bInterfaceProtocol", .chars = HEX),
	KEPT(FILE_, "**/capabilities/key", .chars = HEX),
	KEPT(FILE_, "**/capabilities/rel", .chars = HEX),
	KEPT(LIST_, "sys/class/drm", .names = NAMES("card#", "renderD#")),
	KEPT(LIST_, "dev/dri", .flags = VH_KEPT_LOST),
	KEPT(DIRS_, "@**/drm", .names = NAMES("card#", "renderD#")),
	KEPT(DIRS_, "@**/graphics", .names = NAMES("fb#")),
	KEPT(DIRS_, "@**/accel", .names = NAMES("accel#")),
	KEPT(DIRS_, "@**/sound", .names = NAMES("card#")),
	KEPT(DIRS_, "@**/sound/*", .names = NAMES("pcmC#D#p", "pcmC#D#c", "midiC#D#")),
	KEPT(LIST_, "sys/class/graphics", .names = NAMES("fb#")),
	KEPT(LIST_, "sys/class/vtconsole", .flags = VH_KEPT_DIR | VH_KEPT_GONE),
	KEPT(FILE_, "**/vtconsole/*/name", .like = NAMES("(?) * device", "(?) VGA+")),
	KEPT(FILE_, "**/vtconsole/*/bind", .chars = DIGITS),
	KEPT(FILE_, "proc/driver/nvidia/gpus/*/information", .words = NAMES("Device Minor:")),
	KEPT(FILE_, "sys/module/nvidia_drm/parameters/*", .chars = SWITCH),
	KEPT(FILE_, "proc/bus/input/devices", .take = vh_tables_keyboards),
	KEPT(FILE_, "proc/iomem", .take = vh_tables_framebuffers),
	KEPT(DIRS_, "@**/tty",
	     .names = NAMES("ttyS#", "ttyUSB#", "ttyACM#", "ttyMXU#", "ttyMI#", "ttyXRUSB#", "ttyn#"),
	     .flags = VH_KEPT_DIR),
	KEPT(FILE_, "proc/consoles", .take = vh_tables_consoles),
	KEPT(FILE_, "**/tty/console/active", .take = vh_tables_consoles),
	KEPT(FILE_, "proc/tty/driver/serial", .take = vh_tables_ports),
	KEPT(LINK_, "@**/virtio*/driver", .flags = VH_KEPT_LINK),
	KEPT(DIRS_, "@**/bluetooth", .names = NAMES("hci#")),
	KEPT(LINK_, "@*/*/iommu_group", .flags = VH_KEPT_LINK),
	KEPT(DIRS_, "sys/devices/platform",
	     .names = NAMES("simple-framebuffer.#", "efi-framebuffer.#", "vesa-framebuffer.#",
			    "vga-framebuffer.#", "platform-framebuffer.#")),
	KEPT(DIRS_, "sys/devices/platform/*/graphics", .names = NAMES("fb#")),
	KEPT(DIRS_, "sys/devices/platform/*/drm", .names = NAMES("card#", "renderD#")),
	KEPT(DIRS_, "@*/*-framebuffer.*/graphics", .names = NAMES("fb#")),
	KEPT(DIRS_, "@*/*-framebuffer.*/drm", .names = NAMES("card#", "renderD#")),
	KEPT(DIRS_, "@**/mtd", .names = NAMES("mtd#"), .flags = VH_KEPT_DIR),
	KEPT(FILE_, "**/mtd/*/name", .flags = VH_KEPT_FREE),
	/* the walk through what hangs on a function: most of it is of no interest */
	KEPT(DIRS_, "@**",
	     .names = NAMES("nvme#c#n#", "#-%", "#-%:#.#", "simple-framebuffer.#",
			    "efi-framebuffer.#", "vesa-framebuffer.#", "vga-framebuffer.#",
			    "platform-framebuffer.#")),

	/* processes */
	KEPT(LIST_, "proc", .flags = VH_KEPT_LOST),
	KEPT(LIST_, "proc/*/fd", .flags = VH_KEPT_ONCE),
	KEPT(LINK_, "proc/*/fd/*", .flags = VH_KEPT_LINK),
	KEPT(FILE_, "proc/*/stat", .take = vh_tables_stat),
	KEPT(FILE_, "proc/*/cgroup", .take = vh_tables_cgroup, .flags = VH_KEPT_LOST),
	KEPT(LIST_, "run/systemd/sessions"),
	KEPT(FILE_, "run/systemd/sessions/*", .words = NAMES("UID=", "SEAT=", "LEADER=", "CLASS=")),

	/* what is handed over (vfio-hook.conf names it) */
	KEPT(FILE_, "units/*", .take = vh_tables_unit, .flags = VH_KEPT_LOST),
	KEPT(PATH_, "sys/module/*", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "sys/module/*/refcnt", .flags = VH_KEPT_THERE),
	KEPT(LINK_, "sys/bus/pci/drivers/*/module", .flags = VH_KEPT_LINK),
	KEPT(LIST_, "sys/module/*/holders", .names = ALL),
	KEPT(LINK_, "sys/devices/platform/*/driver", .flags = VH_KEPT_LINK),
	KEPT(PATH_, "proc/*", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "proc/*/status", .words = NAMES("RssAnon:", "RssShmem:", "HugetlbPages:", "CapBnd:")),
	KEPT(FILE_, "proc/*/limits", .words = NAMES("Max locked memory ")),

	/* kernel and firmware */
	KEPT(FILE_, "not-checked", .flags = VH_KEPT_FREE),
	KEPT(PATH_, "ordinary-user", .flags = VH_KEPT_THERE),
	KEPT(FILE_, "proc/sys/kernel/osrelease", .like = NAMES("[0-9]*.[0-9]*"),
	     .chars = DIGITS LETTERS "._+~-"),
	KEPT(FILE_, "proc/cmdline", .take = vh_tables_cmdline),
	KEPT(FILE_, "proc/cpuinfo", .take = vh_tables_cpuinfo),
	KEPT(FILE_, "proc/interrupts", .take = vh_tables_interrupts),
	KEPT(LIST_, "sys/bus/acpi/devices", .names = NAMES("QEMU0002:00")),
	KEPT(LIST_, "sys/bus/platform/devices", .names = NAMES("*smmu*", "*.iommu*")),
	KEPT(LIST_, "sys/bus/pci/slots"),
	KEPT(FILE_, "sys/bus/pci/slots/*/power", .chars = DIGITS),
	KEPT(PATH_, "sys/bus/vmbus", .flags = VH_KEPT_THERE),
	KEPT(FILE_, "sys/devices/virtual/dmi/id/sys_vendor",
	     .like = NAMES("VMware*", "innotek GmbH*", "QEMU*", "Xen*", "Parallels*", "BHYVE*")),
	KEPT(FILE_, "sys/hypervisor/type", .chars = LETTERS),
	KEPT(LIST_, "sys/firmware/acpi/tables", .names = NAMES("DMAR", "IVRS"),
	     .flags = VH_KEPT_DIR | VH_KEPT_FILES),
	KEPT(FILE_, "sys/module/vfio_pci/parameters/disable_denylist", .chars = SWITCH),
	KEPT(FILE_, "sys/module/vfio_pci/parameters/disable_vga", .chars = SWITCH),
	KEPT(FILE_, "sys/module/vfio_iommu_type1/parameters/dma_entry_limit", .chars = DIGITS),
	KEPT(FILE_, "sys/module/*/parameters/allow_unsafe_interrupts", .chars = SWITCH),
	KEPT(FILE_, "sys/fs/selinux/enforce", .chars = DIGITS),
	KEPT(FILE_, "sys/fs/selinux/booleans/virt_hooks_unconfined", .chars = DIGITS " "),
	KEPT(PATH_, "lib/modules", .flags = VH_KEPT_THERE),
	KEPT(LIST_, "lib/modules", .flags = VH_KEPT_DIR),
	KEPT(FILE_ | PATH_, "lib/modules/*/modules.dep", .take = vh_tables_vfio_modules,
	     .flags = VH_KEPT_THERE),
	KEPT(FILE_, "lib/modules/*/modules.builtin", .take = vh_tables_vfio_modules),
	KEPT(FILE_, "lib/modules/*/modules.devname", .take = vh_tables_vfio_nodes),
	KEPT(FILE_ | PATH_, "lib/modules/*/modules.alias", .take = vh_tables_aliases,
	     .flags = VH_KEPT_THERE),
	KEPT(FILE_, "lib/modules/*/modules.builtin.modinfo", .take = vh_tables_modinfo),
	/* NixOS and Guix */
	KEPT(FILE_, "run/*-system/**/modules.dep", .take = vh_tables_vfio_modules),
	KEPT(FILE_, "run/*-system/**/modules.builtin", .take = vh_tables_vfio_modules),
	KEPT(FILE_, "run/*-system/**/modules.devname", .take = vh_tables_vfio_nodes),
	KEPT(FILE_, "run/*-system/**/modules.alias", .take = vh_tables_aliases),
	KEPT(FILE_, "run/*-system/**/modules.builtin.modinfo", .take = vh_tables_modinfo),
	KEPT(LIST_, "etc/modprobe.d"),
	KEPT(LIST_, "run/modprobe.d"),
	KEPT(LIST_, "usr/local/lib/modprobe.d"),
	KEPT(LIST_, "usr/lib/modprobe.d"),
	KEPT(LIST_, "lib/modprobe.d"),
	KEPT(FILE_, VH_EARLY_PATH, .flags = VH_KEPT_FREE),
	KEPT(FILE_, VH_EARLY_RECORD, .flags = VH_KEPT_FREE),
	KEPT(FILE_, "etc/modprobe.d/*", .take = vh_tables_modprobe),
	KEPT(FILE_, "run/modprobe.d/*", .take = vh_tables_modprobe),
	KEPT(FILE_, "usr/local/lib/modprobe.d/*", .take = vh_tables_modprobe),
	KEPT(FILE_, "usr/lib/modprobe.d/*", .take = vh_tables_modprobe),
	KEPT(FILE_, "lib/modprobe.d/*", .take = vh_tables_modprobe),
	KEPT(DIRS_, "usr/lib", .flags = VH_KEPT_DIR),
	KEPT(LINK_, "usr/**/libvirt.so.0", .flags = VH_KEPT_LINK),
	KEPT(PATH_, "etc/kernel/*", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "boot/**", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "efi/loader/entries", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "usr/bin/*", .flags = VH_KEPT_THERE),
	KEPT(PATH_, "usr/sbin/*", .flags = VH_KEPT_THERE),

	/* memory */
	KEPT(FILE_, "proc/meminfo", .words = NAMES("Mem", "Swap", "HugePages_", "Hugepagesize:")),
	KEPT(FILE_, "proc/spl/kstat/zfs/arcstats", .words = NAMES("size ", "c_min ")),
	KEPT(LIST_, "sys/kernel/mm/hugepages", .flags = VH_KEPT_DIR),
	KEPT(FILE_, "sys/kernel/mm/hugepages/*/*_hugepages", .chars = DIGITS),
	KEPT(FILE_, "sys/devices/system/cpu/online", .chars = NUMBER),
	KEPT(FILE_, "sys/devices/system/node/online", .chars = NUMBER),
	KEPT(LIST_, "sys/devices/system/node", .names = NAMES("node#"), .flags = VH_KEPT_DIR),
	KEPT(FILE_, "sys/devices/system/node/*/cpulist", .chars = NUMBER),
	KEPT(FILE_, "sys/devices/system/node/*/meminfo", .words = NAMES("Node ")),
	KEPT(LIST_, "sys/devices/system/node/*/hugepages", .flags = VH_KEPT_DIR),
	KEPT(FILE_, "sys/devices/system/node/*/hugepages/*/*_hugepages", .chars = DIGITS),

	/* libvirt, and what is ours */
	KEPT(LIST_ | PATH_, "run/libvirt/network", .flags = VH_KEPT_DIR | VH_KEPT_THERE),
	KEPT(LIST_, "etc/libvirt/qemu/networks", .flags = VH_KEPT_DIR),
	KEPT(LIST_, "etc/libvirt/qemu/networks/autostart", .flags = VH_KEPT_DIR),
	KEPT(LIST_, "run/libvirt/qemu", .flags = VH_KEPT_DIR),
	KEPT(FILE_, "run/libvirt/network/*", .take = vh_libvirt_network, .flags = VH_KEPT_HIDDEN),
	KEPT(FILE_, "etc/libvirt/qemu/networks/*", .take = vh_libvirt_network,
	     .flags = VH_KEPT_HIDDEN),
	KEPT(FILE_, "run/libvirt/qemu/*", .take = vh_libvirt_status, .flags = VH_KEPT_HIDDEN),
	/* where that is one's own, and no link to /run */
	KEPT(LINK_, "var/run", .flags = VH_KEPT_LOST),
	KEPT(LIST_, "var/run/libvirt/qemu", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "var/run/libvirt/qemu/*", .take = vh_libvirt_status, .flags = VH_KEPT_HIDDEN),
	KEPT(FILE_ | PATH_, "etc/libvirt/vfio-hook.conf", .take = vh_libvirt_config,
	     .flags = VH_KEPT_THERE),
	KEPT(LIST_ | PATH_, "run/vfio-hook", .flags = VH_KEPT_DIR | VH_KEPT_THERE),
	KEPT(FILE_, "run/vfio-hook/*.claim", .flags = VH_KEPT_FREE),
	KEPT(FILE_, "run/vfio-hook/*.released", .flags = VH_KEPT_FREE),
	KEPT(FILE_, "run/vfio-hook/*.refusal",
	     .flags = VH_KEPT_LOST), /* the words of a user's XML */
	KEPT(LIST_ | PATH_, "var/lib/vfio-hook", .flags = VH_KEPT_DIR | VH_KEPT_THERE),
	KEPT(FILE_, "var/lib/vfio-hook/*.devices", .flags = VH_KEPT_FREE),
	KEPT(PATH_ | LIST_, HOOKS, .flags = VH_KEPT_DIR | VH_KEPT_THERE | VH_KEPT_GONE),
	KEPT(PATH_ | LINK_, HOOKS "/qemu", .flags = VH_KEPT_THERE | VH_KEPT_LINK),
	KEPT(LIST_, HOOKS "/qemu.d"),
	KEPT(FILE_, HOOKS "/qemu", .take = vh_libvirt_script),
	KEPT(FILE_, HOOKS "/qemu.d/*", .take = vh_libvirt_script),
	/* a dispatcher's, by the names of domains, which are kept as they are */
	KEPT(LIST_, HOOKS "/qemu.d/*", .flags = VH_KEPT_DIR),
	KEPT(LIST_, HOOKS "/qemu.d/*/**", .flags = VH_KEPT_DIR),
	KEPT(FILE_, HOOKS "/qemu.d/*/**", .take = vh_libvirt_script),
	KEPT(PATH_ | LINK_, HOOKS "/qemu.d/*", .flags = VH_KEPT_THERE | VH_KEPT_LINK),
	KEPT(PATH_ | LINK_, HOOKS "/qemu.d/*/**", .flags = VH_KEPT_THERE | VH_KEPT_LINK),
	KEPT(FILE_ | PATH_, "**/vfio-hook-qemu", .take = vh_tables_magic),

	KEPT(FILE_, "etc/libvirt/qemu.conf",
	     .words = NAMES("memory_backing_dir", "hugetlbfs_mount", "auto_shutdown_try_",
			    "dynamic_ownership", "capability_filters")),
	/* Whom QEMU runs as is not kept, without which these decide nothing. */
	KEPT(LIST_, "**/udev/rules.d", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "**/udev/rules.d/*", .flags = VH_KEPT_LOST),
	KEPT(LIST_, "dev/vfio", .flags = VH_KEPT_LOST),
	KEPT(LIST_, "etc/systemd/system/multi-user.target.wants",
	     .names = NAMES("libvirt-guests.service"), .flags = VH_KEPT_FILES),
	KEPT(FILE_, "etc/*/libvirt-guests", .words = NAMES("ON_SHUTDOWN=", "export ON_SHUTDOWN=")),
	KEPT(FILE_, "usr/**/libvirt-guests.sh", .words = NAMES("ON_SHUTDOWN=")),

	KEPT(LIST_, "var/cache/libvirt/qemu/capabilities", .flags = VH_KEPT_DIR),
	KEPT(FILE_, "var/cache/libvirt/qemu/capabilities/*",
	     .words = NAMES("  <emulator>", "  <version>")),
	KEPT(LIST_, "sys/class/iommu", .names = NAMES("dmar#", "ivhd#")),
	KEPT(FILE_, "**/intel-iommu/cap", .chars = HEX),

	/* asked of a running system alone */
	KEPT(PATH_, "run/vfio-hook/*", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "var/lib/vfio-hook/*", .flags = VH_KEPT_LOST),
	KEPT(FILE_, "run/libvirtd.pid", .chars = DIGITS, .flags = VH_KEPT_LOST),
	KEPT(FILE_, "run/virtqemud.pid", .chars = DIGITS, .flags = VH_KEPT_LOST),
	KEPT(FILE_, "proc/stat", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "dev/nvidia*", .flags = VH_KEPT_LOST), /* its numbers */

	/* what other hooks call */
	KEPT(FILE_, "usr/**", .take = vh_libvirt_script),
	KEPT(FILE_, "bin/*", .take = vh_libvirt_script),
	KEPT(FILE_, "sbin/*", .take = vh_libvirt_script),
	KEPT(FILE_, "etc/libvirt/**", .take = vh_libvirt_script),
	KEPT(PATH_, "usr/**", .flags = VH_KEPT_THERE),
	KEPT(LINK_, "usr/**", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "bin/*", .flags = VH_KEPT_THERE),
	KEPT(LINK_, "bin/*", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "sbin/*", .flags = VH_KEPT_THERE),
	KEPT(LINK_, "sbin/*", .flags = VH_KEPT_LOST),
	KEPT(PATH_, "etc/libvirt/**", .flags = VH_KEPT_THERE),
	KEPT(LINK_, "etc/libvirt/**", .flags = VH_KEPT_LOST),

	/* Where the `device` of a disk leads that is not on PCI: a subchannel of IBM Z, a board. */
	KEPT(LIST_, "sys/devices/css*/**"),
	KEPT(LIST_, "sys/devices/platform/**"),
};

const struct vh_kept *vh_kept_table(size_t *ret_count)
{
	*ret_count = VH_COUNT(table);
	return table;
}

void vh_kept_clear(struct vh_keeping *k)
{
	vh_scrub_clear(&k->scrub);
	vh_names_clear(&k->aliases);
}

/* "**" goes across names, but not in the last one. */
static bool matches_across(const char *pattern, const char *path)
{
	const char *name = strrchr(pattern, '/'), *last = strrchr(path, '/');
	_auto_free_ char *dirs = NULL, *dir = NULL;

	if (!name || strstr(name, "**"))
		return fnmatch(pattern, path, 0) == 0;
	if (!last || fnmatch(name, last, 0) != 0)
		return false;
	dirs = vh_strndup(pattern, (size_t)(name - pattern));
	dir = vh_strndup(path, (size_t)(last - path));
	return fnmatch(dirs, dir, 0) == 0;
}

/* What stands before the first wildcard and behind the last one is compared before the rest. */
static bool matches(const char *pattern, const char *path)
{
	const char *tail;
	size_t n, k;

	pattern += *pattern == '/'; /* VH_HOOKSDIR */
	n = strcspn(pattern, "*[");
	if (strncmp(pattern, path, n) != 0)
		return false;
	if (!pattern[n])
		return !path[n];
	tail = strrchr(pattern, '*');
	tail = tail ? tail + 1 : "";
	n = strlen(tail);
	k = strlen(path);
	if (k < n || strcmp(path + k - n, tail) != 0)
		return false;
	return strstr(pattern, "**") ? matches_across(pattern, path)
				     : fnmatch(pattern, path, FNM_PATHNAME) == 0;
}

const struct vh_kept *vh_kept_find(enum vh_asked asked, const char *path)
{
	for (size_t i = 0; i < VH_COUNT(table); i++)
		if (table[i].asked & 1u << asked && matches(table[i].path, path))
			return &table[i];
	return NULL;
}

/* Names that the kernel makes up of letters and numbers: nothing else may stand in them. */
static bool is_numbered(const char *pattern, const char *name)
{
	for (; *pattern; pattern++) {
		size_t n = *pattern == '#' ? strspn(name, DIGITS)
					   : (*pattern == '%' ? strspn(name, DIGITS ".")
							      : *pattern == *name);

		if (!n)
			return false;
		name += n;
	}
	return !*name;
}

bool vh_kept_has_name(const struct vh_kept *rule, const char *name)
{
	for (const char *const *n = rule->names; n && *n; n++)
		if (strpbrk(*n, "#%") ? is_numbered(*n, name) : fnmatch(*n, name, 0) == 0)
			return true;
	return false;
}

/* Those lines that begin with one of the words; of equal ones in a row one. */
static char *lines_of(const char *text, const char *const *words)
{
	_auto_free_ char *copy = vh_strdup(text);
	_auto_strbuf_ struct vh_strbuf to = { 0 };
	char *rest = copy, *line;
	const char *last = NULL;

	while ((line = strsep(&rest, "\n"))) {
		bool wanted = false;

		for (const char *const *w = words; *w; w++)
			wanted |= vh_has_prefix(line, *w);
		if (!wanted || vh_streq(line, last))
			continue;
		vh_strbuf_join(&to, "\n", line);
		last = line;
	}
	return to.data ? vh_strbuf_steal(&to) : vh_strdup("");
}

static bool is_like(const char *text, const char *const *patterns)
{
	for (const char *const *p = patterns; p && *p; p++)
		if (fnmatch(*p, text, 0) == 0)
			return true;
	return !patterns;
}

/* What is not what this file should hold may be anything: it counts as not read. */
static void take_expected(const struct vh_kept *rule, const char *text, size_t end,
			  struct vh_taken *t)
{
	_auto_free_ char *kept = NULL;

	while (rule->flags & VH_KEPT_LINES && end && text[end - 1] == '\n')
		end--;
	kept = vh_strndup(text, end);
	if (!is_like(kept, rule->like) || (rule->chars && kept[strspn(kept, rule->chars)]))
		t->type = rule->flags & VH_KEPT_LOST ? 'f' : 'u';
	else if (!rule->usual || strcmp(kept, rule->usual) != 0)
		t->text = VH_STEAL(kept);
	t->len = t->text ? strlen(t->text) : 0;
}

bool vh_kept_take(const struct vh_kept *rule, struct vh_keeping *k, const char *text, size_t len,
		  struct vh_taken *t)
{
	size_t end = strcspn(text, "\n");

	if (rule->take) {
		rule->take(k, text, len, t);
	} else if (rule->words) {
		t->text = lines_of(text, rule->words);
		t->len = strlen(t->text);
	} else if (rule->flags & VH_KEPT_FREE) {
		len -= len && text[len - 1] == '\n'; /* a manifest adds it */
		t->text = vh_alloc(len + 1);
		memcpy(t->text, text, len);
		t->len = len;
	} else if (rule->chars || rule->like) {
		take_expected(rule, text, rule->flags & VH_KEPT_LINES ? len : end, t);
	}
	return t->text || t->type == 'u';
}
