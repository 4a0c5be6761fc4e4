/* SPDX-License-Identifier: GPL-2.0-or-later */
/* rule-cases-chipset - chipset functions, named and as peers. See rule-cases.h. */
#include "tests/rules/rule-cases.h"

#include "lib/base/banned.h"

static void critical(struct world *w)
{
	alone(w);
	world_dev(w, "0000:00:1f.4", SMBUS, 1, "i801_smbus")->uses_read = VH_UNKNOWN;
}
CASE("critical", critical, .want = "error peer-critical 0000:00:1f.4:10", .silent = "peer-in-use",
     .says = "is part of the chipset: SMBus 1af4:1000, driver 'i801_smbus'",
     .fix = "[device 0000:00:1f.4]\nallow-critical = yes");

static void critical_allowed(struct world *w)
{
	critical(w);
	world_policy(w, "0000:00:1f.4")->allow_critical = true;
}
CASE("critical-allowed", critical_allowed, .want = "info peer-detached 0000:00:1f.4:10",
     .silent = "peer-critical", .says = "SMBus");

static void critical_driverless(struct world *w)
{
	critical(w);
	w->dev[2].driver = NULL;
}
CASE("critical-driverless", critical_driverless, .want = "", .silent = "peer-critical");

/* The classes of the chipset, each on a root bus and on a card: there they are peers like others. */
#define CHIPSET_CLASSES(X)                                    \
	X("critical-memory", "on-a-card-memory", 0x050000)    \
	X("critical-host-bridge", "on-a-card-0600", 0x060000) \
	X("critical-isa-bridge", "on-a-card-0601", 0x060100)  \
	X("critical-0680", "on-a-card-switch", 0x068000)      \
	X("critical-0801", "on-a-card-dma", 0x080100)         \
	X("critical-0805", "on-a-card-reader", 0x080501)      \
	X("critical-0880", "on-a-card-accelerator", 0x088000) \
	X("critical-0c05", "on-a-card-smbus", 0x0c0500)       \
	X("critical-0c80", "on-a-card-spi", 0x0c8000)

#define NAMED_CASE(on_root_bus, on_card, class)                                                 \
	static void named_##class(struct world * w)                                             \
	{                                                                                       \
		world_dev(w, "0000:00:1f.4", class, 1, "driver");                               \
		world_name(w, "0000:00:1f.4");                                                  \
	}                                                                                       \
	CASE_NAMED(root_bus_##class, on_root_bus, named_##class,                                \
		   .want = "error device-critical 0000:00:1f.4:10", .silent = "peer-critical"); \
	static void on_card_##class(struct world * w)                                           \
	{                                                                                       \
		alone(w);                                                                       \
		world_dev(w, "0000:01:00.1", class, 1, "driver");                               \
		world_dev(w, "0000:01:00.2", class, 1, NULL);                                   \
		world_name(w, "0000:01:00.2");                                                  \
	}                                                                                       \
	CASE_NAMED(card_##class, on_card, on_card_##class,                                      \
		   .want = "info peer-detached 0000:01:00.1:10", .silent = "device-critical");
CHIPSET_CLASSES(NAMED_CASE)

static void named_spi_driverless(struct world *w)
{
	world_dev(w, "0000:00:1f.5", 0x0c8000, 1, NULL);
	world_name(w, "0000:00:1f.5")->managed = false;
}
CASE("critical-named-driverless", named_spi_driverless,
     .want = "error device-critical 0000:00:1f.5:10, error unmanaged-on-host-driver 0000:00:1f.5:10",
     .says = "0000:00:1f.5 is part of the chipset",
     .fix = "[device 0000:00:1f.5]\nallow-critical = yes");

static void named_i2c(struct world *w)
{
	world_dev(w, "0000:00:15.0", 0x0c8000, 1, "intel-lpss");
	world_name(w, "0000:00:15.0");
}
CASE("critical-not-the-touchpad", named_i2c, .want = "", .silent = "device-critical");

/* On another driver or none Intel's are told by their slots. */
static struct vh_pci_dev *named_intel(struct world *w, const char *addr, const char *driver)
{
	struct vh_pci_dev *d = world_dev(w, addr, 0x0c8000, 1, driver);

	d->vendor = 0x8086;
	world_name(w, addr);
	return d;
}

static void named_i2c_on_vfio(struct world *w)
{
	named_intel(w, "0000:00:15.1", "vfio-pci")->on_vfio = true;
}
CASE("critical-not-the-touchpad-on-vfio", named_i2c_on_vfio, .want = "",
     .silent = "device-critical");

static void named_i2c_driverless(struct world *w)
{
	named_intel(w, "0000:00:1e.2", NULL);
}
CASE("critical-not-the-sensor", named_i2c_driverless, .want = "", .silent = "device-critical");

static void named_flash(struct world *w)
{
	named_intel(w, "0000:00:1f.5", NULL);
}
CASE("critical-flash-intel", named_flash, .want = "error device-critical 0000:00:1f.5:10");

static void named_flash_apollo_lake(struct world *w)
{
	named_intel(w, "0000:00:0d.2", "vfio-pci")->on_vfio = true;
}
CASE("critical-flash-apollo-lake", named_flash_apollo_lake,
     .want = "error device-critical 0000:00:0d.2:10");

static void named_flash_elsewhere(struct world *w)
{
	named_intel(w, "0000:00:19.2", "intel-spi");
}
CASE("critical-flash-by-driver", named_flash_elsewhere,
     .want = "error device-critical 0000:00:19.2:10");

static void named_other_vendor(struct world *w)
{
	world_dev(w, "0000:00:15.0", 0x0c8000, 1, NULL);
	world_name(w, "0000:00:15.0");
}
CASE("critical-slot-of-another-vendor", named_other_vendor,
     .want = "error device-critical 0000:00:15.0:10");

static void named_allowed(struct world *w)
{
	world_dev(w, "0000:00:1f.4", SMBUS, 1, "i801_smbus");
	world_name(w, "0000:00:1f.4");
	world_policy(w, "0000:00:1f.4")->allow_critical = true;
}
CASE("critical-named-allowed", named_allowed, .want = "", .silent = "device-critical");

static void host_bridge_allowed(struct world *w)
{
	world_dev(w, "0000:00:00.0", 0x060000, 1, "igen6_edac");
	world_name(w, "0000:00:00.0");
	world_policy(w, "0000:00:00.0")->allow_critical = true;
}
CASE("critical-host-bridge-allowed", host_bridge_allowed,
     .want = "error device-critical 0000:00:00.0:10", .fix = "no configuration allows");

static void host_bridge_peer_allowed(struct world *w)
{
	alone(w);
	world_dev(w, "0000:00:00.0", 0x060000, 1, "igen6_edac");
	world_policy(w, "0000:00:00.0")->allow_critical = true;
}
CASE("critical-host-bridge-peer", host_bridge_peer_allowed,
     .want = "error peer-critical 0000:00:00.0:10", .fix = "no configuration allows");

static void flash_on_card(struct world *w)
{
	alone(w);
	w->dev[1].firmware_flash = true;
}
CASE("critical-flash-anywhere", flash_on_card, .want = "error device-critical 0000:01:00.0:10",
     .says = "where the firmware of this machine lies");
