/* SPDX-License-Identifier: GPL-2.0-or-later */
/* subsystem - see subsystem.h. */
#include "lib/host/uses/subsystem.h"

#include "lib/base/banned.h"

#define ONLY(...) ((const char *const[]){ __VA_ARGS__, NULL })

static const struct vh_subsystem table[] = {
	/* disks, tapes and the controllers that have them */
	{ "block", VH_USE_BLOCK, .measure = VH_MEASURE_ERROR },
	{ "nvme", VH_USE_BLOCK, .what = "an NVMe controller" },
	{ "nvme-generic", VH_USE_BLOCK, .what = "an NVMe disk" },
	{ "scsi_generic", VH_USE_BLOCK, .what = "a SCSI device" },
	{ "scsi_tape", VH_USE_BLOCK, .what = "a tape drive" },
	{ "scsi_changer", VH_USE_BLOCK, .what = "a tape changer" },
	{ "bsg", VH_USE_BLOCK, .what = "a SCSI device", .dir = "bsg/" },
	{ "mmc_rpmb", VH_USE_BLOCK, .what = "protected memory of a card" },
	{ "dax", VH_USE_BLOCK, .what = "memory" },

	/* what draws */
	{ "drm", VH_USE_DISPLAY, .dir = "dri/", .only = ONLY("card", "render", "controlD") },
	{ "graphics", VH_USE_DISPLAY, .only = ONLY("fb") },
	{ VH_SUBSYSTEM_BOOT_SCREEN, VH_USE_DISPLAY,
	  .what = "the firmware's framebuffer in its memory" },
	{ "drm_dp_aux_dev", VH_USE_DISPLAY, VH_MEASURE_WARNING, .what = "a display's channel" },
	{ "nvidia", VH_USE_DISPLAY, .measure = VH_MEASURE_ERROR },

	/* what computes */
	{ "accel", VH_USE_COMPUTE, .what = "an accelerator", .dir = "accel/" },
	{ "apex", VH_USE_COMPUTE, .what = "an accelerator" },
	{ "habanalabs", VH_USE_COMPUTE, .what = "an accelerator" },
	{ "uacce", VH_USE_COMPUTE, .what = "an accelerator" },
	{ "dsa", VH_USE_COMPUTE, .what = "an accelerator", .dir = "dsa/" },
	{ "iax", VH_USE_COMPUTE, .what = "an accelerator", .dir = "iax/" },
	{ "nvidia-nvswitch", VH_USE_COMPUTE, .what = "the switch between GPUs" },

	/* A sound server keeps the control node open for ever and lets go of it when the card goes,
	 * so only the nodes that carry sound count. */
	{ "sound", VH_USE_SOUND, .dir = "snd/",
	  .only = ONLY("pcm", "midi", "compr", "dsp", "adsp", "audio") },

	/* the network's, beside interfaces */
	{ "ptp", VH_USE_NETWORK, .what = "the clock of a network card" },
	{ "infiniband_verbs", VH_USE_NETWORK, .what = "RDMA", .dir = "infiniband/" },
	{ "infiniband_mad", VH_USE_NETWORK, .what = "RDMA", .dir = "infiniband/" },
	{ "infiniband_cm", VH_USE_NETWORK, .what = "RDMA", .dir = "infiniband/" },
	{ "hfi1", VH_USE_NETWORK, .what = "Omni-Path" },
	{ "hfi1_user", VH_USE_NETWORK, .what = "Omni-Path" },
	{ "wwan", VH_USE_NETWORK, .what = "a modem" },
	{ "vhost-vdpa", VH_USE_NETWORK, .what = "a vDPA device" },

	/* lines */
	{ "tty", VH_USE_SERIAL, .what = "a serial port" },
	{ "virtio-ports", VH_USE_SERIAL, .what = "a virtio port" },

	/* People type and point with it, or it only says that a plug was pulled. */
	{ "input", VH_USE_INPUT, VH_MEASURE_PEER, .dir = "input/",
	  .only = ONLY("event", "mouse", "js") },
	{ VH_SUBSYSTEM_USB_INPUT, VH_USE_INPUT, VH_MEASURE_GUEST, .what = "an input device",
	  .dir = "input/", .only = ONLY("event", "mouse", "js") },
	{ "hidraw", VH_USE_INPUT, VH_MEASURE_WARNING, .what = "an input device" },

	/* the rest that is known by a name */
	{ "usb", VH_USE_OTHER, .what = "a USB device", .dir = "bus/usb/" },
	{ "usbmisc", VH_USE_OTHER, .what = "a USB device", .dir = "usb/" },
	{ "uio", VH_USE_OTHER, .what = "the device itself" },
	{ "vfio-dev", VH_USE_OTHER, .what = "a VFIO device", .dir = "vfio/devices/" },
	{ "dvb", VH_USE_OTHER, .what = "a tuner" },
	{ "video4linux", VH_USE_OTHER, .what = "a video device" },
	{ "media", VH_USE_OTHER, .what = "a video device" },
	{ "cec", VH_USE_OTHER, .what = "a display's remote control" },
	{ "lirc", VH_USE_OTHER, .what = "a remote control" },
	{ "firewire", VH_USE_OTHER, .what = "a FireWire device" },
	/* The driver waits, beyond kill, until it is closed (i2c_del_adapter()). */
	{ "i2c-dev", VH_USE_OTHER, .what = "an I2C bus" },
	{ "spidev", VH_USE_OTHER, .what = "an SPI device" },
	{ "gpio", VH_USE_OTHER, .what = "GPIO lines" },
	{ "mtd", VH_USE_OTHER, .what = "flash memory" },
	{ "watchdog", VH_USE_OTHER, .what = "a watchdog, without which the host may restart" },
	{ "mei", VH_USE_OTHER, .what = "the management engine" },
	{ "ipmi", VH_USE_OTHER, .what = "the board's controller" },
	{ "tpm", VH_USE_OTHER, .what = "the TPM" },
	{ "tpmrm", VH_USE_OTHER, .what = "the TPM" },
	{ "rtc", VH_USE_OTHER, .what = "a clock" },
	{ "pps", VH_USE_OTHER, .what = "a clock" },
	{ "printer", VH_USE_OTHER, .what = "a printer port" },
	{ "ppdev", VH_USE_OTHER, .what = "a parallel port" },
	{ "switchtec", VH_USE_OTHER, .what = "a PCIe switch" },
	{ "cxl", VH_USE_OTHER, .what = "a CXL device", .dir = "cxl/" },
};

const struct vh_subsystem *vh_subsystem_find(const char *name)
{
	for (size_t i = 0; name && i < VH_COUNT(table); i++)
		if (!strcmp(table[i].name, name))
			return &table[i];
	return NULL;
}

const struct vh_subsystem *vh_subsystem_table(size_t *ret_count)
{
	*ret_count = VH_COUNT(table);
	return table;
}

bool vh_subsystem_counts(const struct vh_subsystem *s, const char *name)
{
	for (const char *const *p = s ? s->only : NULL; p && *p; p++)
		if (vh_has_prefix(name, *p))
			return true;
	return !s || !s->only;
}

char *vh_subsystem_file_name(const char *name)
{
	char *file = vh_strdup(name);

	for (char *p = file; *p; p++)
		if (*p == '!')
			*p = '/';
	return file;
}

/* dvb0.frontend1 is dvb/adapter0/frontend1 (drivers/media/dvb-core/dvbdev.c). */
char *vh_subsystem_node(const char *subsystem, const char *name)
{
	const struct vh_subsystem *s = vh_subsystem_find(subsystem);
	_auto_free_ char *file = vh_subsystem_file_name(name);
	unsigned int adapter;
	int at = 0;

	if (vh_streq(subsystem, "dvb") && sscanf(name, "dvb%u.%n", &adapter, &at) == 1 && at)
		return vh_printf("/dev/dvb/adapter%u/%s", adapter, name + at);
	return vh_printf("/dev/%s%s", s && s->dir ? s->dir : "", file);
}
