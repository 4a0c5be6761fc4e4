/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usb - what hangs on a USB controller, and which of it people type and point with. */
#include "lib/host/uses/keyboard.h"
#include "lib/host/uses/use.h"

#include "lib/base/printable.h"
#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define SHOWN_MAX 40

/* A device on a USB port: 1-3, 2-1.4; not an interface of one (1-3:1.0), not a root hub. */
bool vh_usb_is_device(const char *name)
{
	return name[0] >= '0' && name[0] <= '9' && strchr(name, '-') && !strchr(name, ':');
}

/* "3": it moves in x and y (include/uapi/linux/input-event-codes.h, REL_X and REL_Y) */
static bool moves(const char *bits)
{
	const char *last = strrchr(bits, ' ');
	uint64_t v;

	last = last ? last + 1 : bits;
	return vh_parse_uint(last, 16, UINT64_MAX, &v) == 0 && (v & 3) == 3;
}

static unsigned int input_node(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *key = vh_root_read(ctx->root, "%s/capabilities/key", path);
	_auto_free_ char *rel = vh_root_read(ctx->root, "%s/capabilities/rel", path);

	return (key && vh_keyboard_has_letters(key) ? VH_INPUT_KEYBOARD : 0) |
	       (rel && moves(rel) ? VH_INPUT_MOUSE : 0);
}

/* .../1-3:1.0/0003:046D:C31C.0001/input/input5 */
static unsigned int input_nodes(struct vh_uses_ctx *ctx, const char *interface)
{
	_auto_names_ struct vh_names hids = { 0 };
	unsigned int found = 0;

	VH_IGNORE(vh_root_list_dirs(ctx->root, &hids, "%s", interface));
	for (size_t i = 0; i < hids.count; i++) {
		_auto_names_ struct vh_names inputs = { 0 };

		VH_IGNORE(vh_root_list_dirs(ctx->root, &inputs, "%s/%s/input", interface,
					    hids.name[i]));
		for (size_t k = 0; k < inputs.count; k++) {
			_auto_free_ char *node = vh_printf("%s/%s/input/%s", interface,
							   hids.name[i], inputs.name[k]);

			found |= input_node(ctx, node);
		}
	}
	return found;
}

/* A human interface device that can stand in at boot says what it is; of others their input
 * nodes do (USB HID 1.11, 4.3). */
static unsigned int interface_input(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *class = vh_root_read(ctx->root, "%s/bInterfaceClass", path);
	_auto_free_ char *protocol = vh_root_read(ctx->root, "%s/bInterfaceProtocol", path);

	if (!vh_streq(class, "03"))
		return VH_INPUT_NONE;
	if (vh_streq(protocol, "01"))
		return VH_INPUT_KEYBOARD;
	if (vh_streq(protocol, "02"))
		return VH_INPUT_MOUSE;
	return input_nodes(ctx, path);
}

static unsigned int device_input(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_names_ struct vh_names dirs = { 0 };
	unsigned int found = 0;

	VH_IGNORE(vh_root_list_dirs(ctx->root, &dirs, "%s", path)); /* the walk says why */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs.name[i]);

		if (strchr(dirs.name[i], ':'))
			found |= interface_input(ctx, sub);
	}
	return found;
}

static const char *input_str(unsigned int input)
{
	switch (input) {
	case VH_INPUT_KEYBOARD:
		return "keyboard";
	case VH_INPUT_MOUSE:
		return "mouse";
	case VH_INPUT_KEYBOARD | VH_INPUT_MOUSE:
		return "keyboard and mouse";
	default:
		return "USB device";
	}
}

/* By usbip another machine has it: no process here has a node of it open
 * (drivers/usb/usbip/stub_dev.c: SDEV_ST_USED). */
static void look_at_loan(struct vh_uses_ctx *ctx, const char *path, const char *name,
			 const char *shown)
{
	enum { USED = 2 };
	_auto_free_ char *word = vh_shell_operand(name);

	if (vh_root_read_int(ctx->root, "%s/usbip_status", path) != USED)
		return;
	vh_use_add(ctx, VH_USE_OTHER, "USB device '%s' (%s) is in use by another machine, by usbip",
		   shown, name)
		->fix = vh_printf("usbip unbind -b %s   # cuts off whoever works with it", word);
}

void vh_usb_look(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *product = vh_root_read(ctx->root, "%s/product", path);
	_auto_free_ char *class = vh_root_read(ctx->root, "%s/%s:1.0/bInterfaceClass", path, name);
	_auto_free_ char *shown = NULL;
	unsigned int input;
	struct vh_use *u;

	vh_things_usb(ctx, path, name);
	if (vh_streq(class, "09")) /* a hub: what matters hangs on it */
		return;
	input = device_input(ctx, path);
	shown = vh_printable(product ? product : "unnamed", SHOWN_MAX);
	look_at_loan(ctx, path, name, shown);
	u = vh_use_add(ctx, VH_USE_INPUT, "%s '%s' (%s)", input_str(input), shown, name);
	u->peer_only = true;
	u->input = input;
	*VH_APPEND(ctx->dev->carries.name, ctx->dev->carries.count) = vh_strdup(u->text);
}

/* A program makes what Bluetooth gives (uhid), and shows no adapter; up to now and then it is the
 * kernel (hidp), and the keyboard hangs below it. */
void vh_usb_look_at_bluetooth(struct vh_uses_ctx *ctx, const char *path)
{
	_auto_free_ char *below = vh_printf("%s/", path);
	_auto_names_ struct vh_names adapters = { 0 };
	unsigned int input = VH_INPUT_NONE;
	struct vh_use *u;

	for (size_t i = 0; i < ctx->host->keyboards.count; i++) {
		const char *keyboard = ctx->host->keyboards.name[i];

		if (vh_has_prefix(keyboard, below))
			input |= VH_INPUT_KEYBOARD;
		if (vh_keyboard_is_bluetooth(keyboard))
			input |= VH_INPUT_KEYBOARD | VH_INPUT_BLUETOOTH;
	}
	if (!input || vh_root_list_dirs(ctx->root, &adapters, "%s", path) < 0 || !adapters.count)
		return;
	u = vh_use_add(ctx, VH_USE_INPUT, "keyboard by Bluetooth (%s)", adapters.name[0]);
	u->peer_only = true;
	u->input = input;
}

/* The routers of a domain are DOMAIN-ROUTE, route 0 is the controller itself
 * (drivers/thunderbolt/switch.c). What is behind one has functions of its own: they go with it. */
void vh_usb_look_thunderbolt(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_free_ char *product = NULL, *shown = NULL;
	struct vh_use *u;

	if (!vh_usb_is_device(name) || !strcmp(strchr(name, '-'), "-0"))
		return;
	product = vh_root_read(ctx->root, "%s/device_name", path);
	shown = vh_printable(product ? product : "unnamed", SHOWN_MAX);
	u = vh_use_add(ctx, VH_USE_OTHER, "Thunderbolt device '%s' (%s)", shown, name);
	u->peer_only = true;
	*VH_APPEND(ctx->dev->carries.name, ctx->dev->carries.count) = vh_strdup(u->text);
}
