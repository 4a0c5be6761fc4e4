/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * uses - see uses.h. Walks the device's subtree once and tells kernel objects by their subsystem,
 * never by what a name looks like: disks (block.c), interfaces (net.c), USB devices (usb.c), and
 * every node that a process can have open (nodes.c, parties.c).
 */
#include "lib/host/uses/uses.h"

#include <errno.h>

#include "lib/host/uses/routes.h"
#include "lib/host/uses/subsystem.h"
#include "lib/host/uses/ties.h"
#include "lib/host/uses/use.h"

#include "lib/base/banned.h"

#define DEPTH_MAX 24 /* of a subtree; USB hubs nest at most 7 deep, each level adds two */

struct vh_usage *vh_uses_read_usage(const struct vh_root *root)
{
	struct vh_usage *u = vh_alloc(sizeof(*u));

	vh_block_tables_read(root, u);
	vh_kernel_users_read(root, u);
	vh_members_read(root, u);
	u->routes = vh_alloc(sizeof(*u->routes));
	u->ties = vh_alloc(sizeof(*u->ties));
	u->namespaces = vh_openers_new();
	u->zvols = vh_zvols_new();
	return u;
}

void vh_uses_free_usage(struct vh_usage *u)
{
	if (!u)
		return;
	vh_block_tables_clear(u->mounts, u->n_mounts);
	vh_openers_free(u->namespaces);
	vh_kernel_users_clear(u);
	vh_members_clear(u);
	vh_routes_free(u->routes);
	vh_ties_free(u->ties);
	vh_zvols_free(u->zvols);
	free(u->swaps_on);
	vh_names_clear(&u->swaps);
	vh_names_clear(&u->blind);
	free(u);
}

void vh_uses_tell_mounts(const struct vh_usage *u, struct vh_host *host)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		struct vh_host_mount *m = VH_APPEND(host->mounts, host->n_mounts);

		m->at = vh_strdup(u->mounts[i].at);
		m->waits = !u->mounts[i].local;
	}
}

/* What is not seen of a disk is a use as a disk, whatever else was not seen before. A card has
 * disks of its own below the disk: mmcblk0/mmcblk0boot0 (drivers/mmc/core/block.c). */
static void look_at_disk(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	_auto_names_ struct vh_names dirs = { 0 };
	bool before = ctx->complete;

	vh_nodes_of_disk(ctx, path, name);
	ctx->complete = true;
	vh_block_look(ctx, path, name);
	if (!ctx->complete)
		ctx->dev->unseen_kinds |= VH_USE_BLOCK;
	ctx->complete &= before;
	VH_IGNORE(vh_root_list_dirs(ctx->root, &dirs, "%s", path)); /* vh_block_look() says why */
	for (size_t i = 0; i < dirs.count; i++) {
		_auto_free_ char *sub = vh_printf("%s/%s", path, dirs.name[i]);

		if (vh_block_is_disk(ctx, sub, dirs.name[i]) &&
		    !vh_root_exists(ctx->root, "%s/partition", sub))
			look_at_disk(ctx, sub, dirs.name[i]);
	}
}

/* What hangs on it and may have parts of its own. */
static void look_at_part(struct vh_uses_ctx *ctx, const char *path, const char *name)
{
	if (vh_mediated_is_one(name))
		vh_mediated_look(ctx, path, name);
	else if (!strcmp(name, "bluetooth"))
		vh_usb_look_at_bluetooth(ctx, path);
	else if (!strcmp(name, "tty"))
		vh_serial_note(ctx, path);
	else if (!strcmp(name, "fc_host"))
		vh_ties_look_fc(ctx, path);
	if (vh_shares_is_virtio(name)) {
		vh_shares_look_virtio(ctx, path, name);
		if (!ctx->virtio)
			ctx->virtio = vh_strdup(path);
	}
}

/* --- the walk ---------------------------------------------------------------------------------- */

/* A device on a USB port by its place, where nothing else says it: below a root hub. */
static bool is_below_hub(const char *path)
{
	const char *at = path;

	while ((at = strstr(at, "/usb"))) {
		at += strlen("/usb");
		if (*at >= '0' && *at <= '9')
			return true;
	}
	return false;
}

/*
 * The subsystem of a kernel object: the kernel says it for all that has a node, and it is asked
 * for what is named like a USB device (i2c clients and Thunderbolt routers are, too). Trees may
 * not have it: there an object stands in a directory of its class. NULL: none of these.
 */
static char *subsystem_of(const struct vh_uses_ctx *ctx, const char *path, const char *name,
			  const char *class, const char *numbers)
{
	_auto_free_ char *sub = vh_printf("%s/%s", path, name), *said = NULL;
	bool usb = vh_usb_is_device(name);

	if (numbers || usb)
		said = vh_root_link_name(ctx->root, "%s/subsystem", sub);
	if (said)
		return VH_STEAL(said);
	if (usb && (is_below_hub(path) || vh_root_exists(ctx->root, "%s/idVendor", sub)))
		return vh_strdup("usb");
	if (vh_subsystem_find(class) && (numbers || !ctx->root->live))
		return vh_strdup(class);
	return numbers ? vh_strdup(class) : NULL;
}

/* What stands above: the class of which the directory is, or the object. */
struct place {
	const char *class;
	bool on_usb, on_sound;
	int depth;
};

static void walk(struct vh_uses_ctx *ctx, const char *path, const struct place *at);

static void look_at_node(struct vh_uses_ctx *ctx, const char *sub, const char *subsystem,
			 const char *numbers, const struct place *at)
{
	bool input = !strcmp(subsystem, "input");
	size_t before = ctx->dev->n_devnodes;

	if (input && at->on_sound) /* it says that a plug was pulled */
		return;
	vh_nodes_add(ctx, sub, input && at->on_usb ? VH_SUBSYSTEM_USB_INPUT : subsystem, numbers);
	if (ctx->dev->n_devnodes > before)
		vh_block_look_at_exports(ctx, ctx->dev->devnodes[before].path);
}

static void look_at(struct vh_uses_ctx *ctx, const char *path, const char *name,
		    const struct place *at)
{
	_auto_free_ char *sub = vh_printf("%s/%s", path, name);
	_auto_free_ char *numbers = vh_root_read(ctx->root, "%s/dev", sub);
	_auto_free_ char *subsystem = subsystem_of(ctx, path, name, at->class, numbers);
	struct place below = *at;

	if ((!subsystem || !vh_subsystem_find(subsystem) || !strcmp(subsystem, "block") ||
	     !strcmp(subsystem, "nvme")) &&
	    !vh_flash_is_one(name) && vh_block_is_disk(ctx, sub, name)) {
		look_at_disk(ctx, sub, name);
		return;
	}
	if (vh_flash_is_one(name))
		vh_flash_look(ctx, sub);
	vh_net_look_at_namespaces(ctx, sub, name);
	if (!strcmp(name, "net")) {
		vh_net_look(ctx, sub);
		return;
	}
	if (subsystem && !ctx->host->uses_untold)
		look_at_node(ctx, sub, subsystem, numbers, at);
	below.on_sound |= vh_streq(subsystem, "sound");
	if (!ctx->host->uses_untold)
		vh_ram_look(ctx, sub, name, subsystem);
	look_at_part(ctx, sub, name);
	vh_things_by_name(ctx, name);
	/* the UUID of a mediated device may look like one: 5-... */
	if (vh_streq(subsystem, "usb") && vh_usb_is_device(name) && !vh_mediated_is_one(name)) {
		below.on_usb = true;
		vh_usb_look(ctx, sub, name);
	}
	if (vh_streq(subsystem, "thunderbolt"))
		vh_usb_look_thunderbolt(ctx, sub, name);
	/* an object has those of its own class without a directory between (drivers/base/core.c:
	 * get_device_parent()) */
	below.class = name;
	if (subsystem && vh_subsystem_find(subsystem) && !vh_subsystem_find(name) &&
	    strcmp(subsystem, "usb") != 0)
		below.class = subsystem;
	below.depth++;
	walk(ctx, sub, &below);
}

static void walk(struct vh_uses_ctx *ctx, const char *path, const struct place *at)
{
	_auto_names_ struct vh_names dirs = { 0 };
	struct vh_pci_addr other;

	if (at->depth > DEPTH_MAX || vh_root_list_dirs(ctx->root, &dirs, "%s", path) < 0) {
		vh_use_unseen(ctx, VH_USE_ANY, "uses of %s below '%s': %s",
			      vh_pci_str(&ctx->dev->addr).s, path,
			      at->depth > DEPTH_MAX ? "nested too deep" : strerror(errno));
		return;
	}
	for (size_t i = 0; i < dirs.count; i++)
		/* Behind a bridge: another function, asked for on its own. The driver of VMD makes
		 * a whole PCI domain, which goes with it. */
		if (strcmp(dirs.name[i], "power") != 0 &&
		    (vh_pci_parse(dirs.name[i], &other) < 0 || !vh_host_is_bridge(ctx->dev)))
			look_at(ctx, path, dirs.name[i], at);
}

/* How many times is the line, of `n` characters, one of the text's up to `end`? NULL: in all. */
static size_t count_lines(const char *text, const char *end, const char *line, size_t n)
{
	size_t count = 0;

	for (size_t k; text && *text && text != end; text += k + (text[k] == '\n')) {
		k = strcspn(text, "\n");
		count += k == n && !memcmp(text, line, n);
	}
	return count;
}

/* A use's lines without those that stand before, but for the last, which ends the use itself. Each
 * of those before ends one mount: of what is stacked at one place the others still need theirs. */
static char *without_repeated(const struct vh_pci_dev *d, size_t number)
{
	const char *fix = d->uses[number].fix, *line = fix;
	struct vh_strbuf sb = { 0 };

	for (const char *end; (end = strchr(line, '\n')); line = end + 1) {
		size_t n = (size_t)(end - line), before = 0;

		for (size_t i = 0; i < number; i++)
			before += count_lines(d->uses[i].fix, NULL, line, n);
		if (count_lines(fix, line, line, n) >= before)
			vh_strbuf_add_mem(&sb, line, n + 1);
	}
	vh_strbuf_add(&sb, line);
	return vh_strbuf_steal(&sb);
}

/* A mirror leads twice to what is on it. Texts that were cut may be of two. */
static bool is_same(const struct vh_use *a, const struct vh_use *b)
{
	return !strcmp(a->text, b->text) && vh_streq(a->fix, b->fix);
}

#define ALSO " (also "

/* What a text says of its subject: "sdc is mounted at /", "sdc (also sdd) is mounted at /". */
static const char *predicate(const char *text)
{
	const char *rest = text + strcspn(text, " ");

	return vh_has_prefix(rest, ALSO) ? rest + strcspn(rest, ")") + 1 : rest;
}

/* Two disks of one file system, array, group or pool: one line ends both uses. */
static bool are_of_one(const struct vh_use *a, const struct vh_use *b)
{
	if (a->one != b->one || (!a->one && !a->fix) || !vh_streq(a->fix, b->fix))
		return false;
	return a->kind == b->kind && a->rank == b->rank && a->vital == b->vital &&
	       a->guess == b->guess && a->weak == b->weak && a->peer_only == b->peer_only &&
	       !strcmp(predicate(a->text), predicate(b->text));
}

static void join(struct vh_use *to, const struct vh_use *u)
{
	const char *rest = predicate(to->text);
	bool more = rest != to->text + strcspn(to->text, " ");
	char *text = vh_printf("%.*s%s%.*s)%s", (int)(rest - to->text) - more, to->text,
			       more ? ", " : ALSO, (int)strcspn(u->text, " "), u->text, rest);

	free(to->text);
	to->text = text;
}

static void drop_repeated(struct vh_pci_dev *d)
{
	size_t kept = 0;

	for (size_t i = 0; i < d->n_uses; i++) {
		struct vh_use *u = &d->uses[i];
		size_t same = 0;

		while (same < kept && !is_same(&d->uses[same], u) && !are_of_one(&d->uses[same], u))
			same++;
		if (same == kept) {
			d->uses[kept++] = *u;
			continue;
		}
		if (!is_same(&d->uses[same], u))
			join(&d->uses[same], u);
		vh_host_clear_use(u);
	}
	d->n_uses = kept;
}

/* What has to end first stands first: inner mounts before outer ones, all before what they are on. */
static void sort_uses(struct vh_pci_dev *d)
{
	drop_repeated(d);
	for (size_t i = 1; i < d->n_uses; i++) {
		struct vh_use one = d->uses[i];
		size_t at = i;

		for (; at && d->uses[at - 1].rank < one.rank; at--)
			d->uses[at] = d->uses[at - 1];
		d->uses[at] = one;
	}
	for (size_t i = 0; i < d->n_uses; i++) {
		char *lines = d->uses[i].rank && d->uses[i].fix ? without_repeated(d, i) : NULL;

		if (lines) {
			free(d->uses[i].fix);
			d->uses[i].fix = lines;
		}
	}
}

/* What is a matter of the whole function. The kernel draws, and prints, without its driver too. */
static void look_at_whole(struct vh_uses_ctx *ctx)
{
	struct vh_pci_dev *d = ctx->dev;
	bool on_driver = d->driver && !vh_host_is_tolerated(d);
	bool is_display = vh_pci_is_display(d->class);

	if (on_driver && !ctx->host->uses_untold)
		vh_display_look(ctx);
	if (is_display && !ctx->host->uses_untold)
		vh_boot_screen_look(ctx);
	if (!d->on_vfio && !ctx->host->uses_untold)
		vh_serial_look(ctx);
	if (is_display && d->driver && !d->on_vfio)
		vh_use_add(ctx, VH_USE_DISPLAY, "it is a display of the host%s",
			   d->boot_vga ? ", the one it booted with" : "")
			->peer_only = true;
}

void vh_uses_read(const struct vh_root *root, const struct vh_usage *usage, struct vh_host *host,
		  struct vh_pci_dev *d)
{
	struct vh_uses_ctx ctx = {
		.root = root,
		.usage = usage,
		.host = host,
		.dev = d,
		.complete = true,
	};

	if (!root->live && vh_root_exists(root, "%s/" VH_MANIFEST_UNANSWERED, d->path)) {
		vh_host_not_checked(host,
				    "%s: its driver did not answer when the snapshot was taken",
				    vh_pci_str(&d->addr).s);
		d->uses_read = VH_NO;
		return;
	}
	/* without a host driver there is nothing below it that the host could use */
	if (d->driver && !vh_host_is_tolerated(d))
		walk(&ctx, d->path, &(struct place){ .class = "pci" });
	if (d->driver && !host->uses_untold)
		vh_nodes_of_nvidia(&ctx);
	look_at_whole(&ctx);
	if (host->uses_untold && d->driver)
		ctx.complete = false;
	sort_uses(d);
	if (!ctx.complete && !d->unseen_kinds)
		d->unseen_kinds = VH_USE_ANY;
	vh_names_clear(&ctx.ttys);
	free(ctx.virtio);
	d->uses_read = ctx.complete ? VH_YES : VH_UNKNOWN;
}
