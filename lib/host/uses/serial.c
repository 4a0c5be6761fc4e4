/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * serial - whether the machine's console is on a port of the function: what the kernel registered,
 * what its command line asks for. A port hangs below the function, or, where the kernel took it
 * without the function's driver, is told by its address alone.
 */
#include "lib/host/uses/use.h"

#include <errno.h>

#include "lib/base/banned.h"

#define BARS 6

/* A line begins with the name (fs/proc/consoles.c); the attribute has names in one line
 * (drivers/tty/tty_io.c:show_cons_active()). */
static void add_words(struct vh_names *to, char *text, const char *ends)
{
	char *rest = text, *piece;

	while ((piece = strsep(&rest, ends)))
		if (*piece)
			vh_names_note(to, "%.*s", (int)strcspn(piece, " \t\n"), piece);
}

/* console=ttyS4,115200n8 */
static const char *next_option(const char *at)
{
	for (; at && *at; at += strcspn(at, " \t\n")) {
		at += strspn(at, " \t\n");
		if (vh_has_prefix(at, "console="))
			return at;
	}
	return NULL;
}

static void read_consoles(struct vh_uses_ctx *ctx, struct vh_names *ret)
{
	const struct vh_root *root = ctx->root;
	const char *cmdline = ctx->host->cmdline;
	_auto_free_ char *active = vh_root_read(root, "sys/class/tty/console/active");
	_auto_free_ char *registered = vh_root_read(root, "proc/consoles");

	/* either of them is enough */
	if (!registered && errno != ENOENT && !active)
		vh_use_unseen(ctx, VH_USE_SERIAL, "the consoles of the machine: %s",
			      strerror(errno));

	add_words(ret, registered, "\n");
	add_words(ret, active, " \n");
	for (const char *at = cmdline; (at = next_option(at)); at += strcspn(at, " \t\n")) {
		const char *name = at + strlen("console=");

		vh_names_note(ret, "%.*s", (int)strcspn(name, ", \t\n"), name);
	}
}

/* The option is in the way as it was written; a console without one was named by the firmware. */
static char *console_fix(const char *cmdline, const char *name)
{
	size_t n = strlen(name);

	for (const char *at = cmdline; (at = next_option(at)); at += strcspn(at, " \t\n")) {
		const char *value = at + strlen("console=");

		if (!strncmp(value, name, n) && strchr(", \t\n", value[n]))
			return vh_printf("remove %.*s from the kernel command line and reboot",
					 (int)strcspn(at, " \t\n"), at);
	}
	return vh_strdup("add console=tty0 to the kernel command line and reboot");
}

static void add_console(struct vh_uses_ctx *ctx, const char *name)
{
	vh_use_add(ctx, VH_USE_SERIAL, "the console of the machine is on it (%s)", name)->fix =
		console_fix(ctx->host->cmdline, name);
}

/* "4: uart:16550A port:0000F0E0 irq:19 ..." or "mmio:0xFE000000" (serial_core.c:uart_line_info()) */
static uint64_t port_address(const char *line, uint64_t *ret_number)
{
	static const char *const keys[] = { " port:", " mmio:0x" };
	_auto_free_ char *number = vh_strndup(line, strcspn(line, ":"));

	if (vh_parse_uint(number, 10, 255, ret_number) < 0)
		return 0;
	for (size_t i = 0; i < VH_COUNT(keys); i++) {
		const char *at = strstr(line, keys[i]);
		_auto_free_ char *hex = NULL;
		uint64_t address;

		if (!at)
			continue;
		at += strlen(keys[i]);
		hex = vh_strndup(at, strcspn(at, " \t\n"));
		if (vh_parse_uint(hex, 16, UINT64_MAX, &address) == 0)
			return address;
	}
	return 0;
}

/* START END FLAGS for each BAR */
static bool is_in_bars(const struct vh_uses_ctx *ctx, uint64_t address)
{
	_auto_free_ char *text = vh_root_read(ctx->root, "%s/resource", ctx->dev->path);
	char *rest = text, *line;

	for (int i = 0; i < BARS && (line = strsep(&rest, "\n")); i++) {
		unsigned long long from, to;

		if (sscanf(line, "%llx %llx", &from, &to) == 2 && to && address >= from &&
		    address <= to)
			return true;
	}
	return false;
}

static void look_by_address(struct vh_uses_ctx *ctx, const struct vh_names *consoles)
{
	_auto_free_ char *text = vh_root_read(ctx->root, "proc/tty/driver/serial");
	char *rest = text, *line;

	while ((line = strsep(&rest, "\n"))) {
		_auto_free_ char *name = NULL;
		uint64_t number, address = port_address(line, &number);

		if (!address)
			continue;
		name = vh_printf("ttyS%d", (int)number);
		if (vh_names_has(consoles, name) && is_in_bars(ctx, address))
			add_console(ctx, name);
	}
}

void vh_serial_note(struct vh_uses_ctx *ctx, const char *path)
{
	VH_IGNORE(vh_root_list_dirs(ctx->root, &ctx->ttys, "%s", path));
}

/* Port 0 is the console's, the others are channels (drivers/char/virtio_console.c); without a node
 * there is nothing to tell by. */
static bool has_channels_alone(const struct vh_pci_dev *d)
{
	bool any = false;

	for (size_t i = 0; i < d->n_devnodes; i++) {
		const char *path = d->devnodes[i].path;
		unsigned int device, port;

		if (sscanf(path, "/dev/vport%up%u", &device, &port) != 2)
			continue;
		if (!port)
			return false;
		any = true;
	}
	return any;
}

/* hvc0 of a guest, which this machine may be: it shows no device. */
static bool has_virtio_console(const struct vh_uses_ctx *ctx)
{
	_auto_free_ char *driver = ctx->virtio
					   ? vh_root_link_name(ctx->root, "%s/driver", ctx->virtio)
					   : NULL;

	return vh_streq(driver, "virtio_console") && !has_channels_alone(ctx->dev);
}

void vh_serial_look(struct vh_uses_ctx *ctx)
{
	bool may_be_port = VH_PCI_BASE_CLASS(ctx->dev->class) == VH_PCI_BASE_CLASS_COMMUNICATION;
	_auto_names_ struct vh_names consoles = { 0 };
	size_t before = ctx->dev->n_uses;

	if (!ctx->ttys.count && !ctx->virtio && !may_be_port)
		return;
	read_consoles(ctx, &consoles);
	for (size_t i = 0; i < ctx->ttys.count; i++)
		if (vh_names_has(&consoles, ctx->ttys.name[i]))
			add_console(ctx, ctx->ttys.name[i]);
	for (size_t i = 0; i < consoles.count; i++)
		if (vh_has_prefix(consoles.name[i], "hvc") && has_virtio_console(ctx))
			add_console(ctx, consoles.name[i]);
	if (may_be_port && ctx->dev->n_uses == before)
		look_by_address(ctx, &consoles);
}
