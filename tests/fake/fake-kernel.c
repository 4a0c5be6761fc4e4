/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fake-kernel - see fake-kernel.h: how devices and drivers find each other. */
#include <errno.h>
#include <poll.h>
#include <stdarg.h>

#include "tests/fake/fake-impl.h"

#define DEVICES "sys/bus/pci/devices"
#define DRIVERS "sys/bus/pci/drivers"
#define GROUPS "sys/kernel/iommu_groups"

/* What a driver makes below a function, and takes away with it. */
static const char *const child_dirs[] = {
	"net",       "nvme", "usb",      "ata",   "host",       "drm",   "sound",
	"ieee80211", "i2c-", "graphics", "input", "infiniband", "hwmon",
};

/* One operation on one device; its pieces are strings, as it may cross a fork. */
struct op {
	const struct vh_root *root;
	char addr[20];
	char *path;     /* sys/devices/... */
	char *driver;   /* bound now, or NULL */
	int group;      /* or -1 */
	const char *to; /* driver to bind */
	int lock;       /* the device's own, as in the kernel: writes to one device queue up */
	bool hang;
	int result; /* of probe_result(), while binding */
};

bool fake_is_vfio(const char *driver)
{
	return driver && (strstr(driver, "vfio-pci") || strstr(driver, "vfio_pci"));
}

/* Drivers that leave the DMA of the group alone (driver_managed_dma). */
static bool is_tolerated(const char *driver)
{
	return fake_is_vfio(driver) || !strcmp(driver, "pci-stub") || !strcmp(driver, "pcieport");
}

/* --- looking -------------------------------------------------------------------------------- */

static char *device_path(const struct vh_root *root, const char *addr)
{
	_auto_free_ char *link = vh_root_readlink(root, DEVICES "/%s", addr);

	return link ? vh_printf("sys/%s", link + strlen("../../../")) : NULL;
}

static int group_of(const struct vh_root *root, const char *path)
{
	_auto_free_ char *name = vh_root_link_name(root, "%s/iommu_group", path);

	return name ? (int)strtol(name, NULL, 10) : -1;
}

/* Fills the operation and waits for the device's lock. */
static int begin(struct op *op, const struct vh_root *root, const char *addr)
{
	_auto_free_ char *lock = NULL;
	struct vh_pci_addr parsed;

	*op = (struct op){ .root = root, .lock = -1 };
	if (vh_pci_parse(addr, &parsed) < 0)
		return -ENODEV;
	snprintf(op->addr, sizeof(op->addr), "%s", addr);
	lock = vh_printf(FAKE "/device/%s", addr);
	op->lock = fake_lock(root, lock);
	op->path = device_path(root, addr);
	if (!op->path)
		return -ENODEV;
	op->driver = vh_root_link_name(root, "%s/driver", op->path);
	op->group = group_of(root, op->path);
	return 0;
}

static void end(struct op *op)
{
	free(op->path);
	free(op->driver);
	if (op->lock >= 0)
		close(op->lock);
}

/* NULL: unset. */
static char *override_of(const struct op *op)
{
	char *text = vh_root_read(op->root, "%s/driver_override", op->path);

	if (!vh_streq(text, "(null)"))
		return text;
	free(text);
	return NULL;
}

static bool lists(const char *list, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = list; s; s = strchr(s, ',') ? strchr(s, ',') + 1 : NULL)
		if (!strncmp(s, name, n) && (s[n] == ',' || !s[n]))
			return true;
	return false;
}

/* pci_match_device(): the override decides alone; vfio-pci and pci-stub know no ids. */
static bool matches(const struct op *op, const char *driver)
{
	_auto_free_ char *override = override_of(op);
	_auto_free_ char *probes = NULL;

	if (override)
		return !strcmp(override, driver);
	probes = vh_root_read(op->root, FAKE "/probe/%s", op->addr);
	return probes && lists(probes, driver);
}

/* --- binding and unbinding -------------------------------------------------------------------- */

static bool is_child_dir(const char *name)
{
	for (size_t i = 0; i < VH_COUNT(child_dirs); i++)
		if (vh_has_prefix(name, child_dirs[i]))
			return true;
	return false;
}

static void move_children(const struct op *op, const char *driver, bool away)
{
	_auto_free_ char *parked = vh_printf(FAKE "/parked/%s/%s", op->addr, driver);
	_auto_names_ struct vh_names names = { 0 };

	if (vh_root_list_dirs(op->root, &names, "%s", away ? op->path : parked) < 0)
		return;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *here = vh_printf("%s/%s", op->path, names.name[i]);
		_auto_free_ char *there = vh_printf("%s/%s", parked, names.name[i]);

		if (!away)
			fake_rename(op->root, there, here);
		else if (is_child_dir(names.name[i]))
			fake_rename(op->root, here, there);
	}
}

/* The node of a group lives while one of its members is on a VFIO driver. */
static void settle_group(const struct op *op)
{
	_auto_names_ struct vh_names names = { 0 };
	_auto_free_ char *node = vh_printf("dev/vfio/%d", op->group);
	bool vfio = false;

	if (op->group < 0)
		return;
	if (vh_root_list(op->root, &names, GROUPS "/%d/devices", op->group) < 0)
		return; /* unplugged, and the last of its group */
	for (size_t i = 0; i < names.count; i++)
		vfio |= vh_root_exists(op->root, DEVICES "/%s/vfio-dev", names.name[i]);
	if (!vfio)
		fake_remove(op->root, "%s", node);
	else if (!vh_root_exists(op->root, "%s", node) &&
		 !vh_root_exists(op->root, FAKE "/no-groups"))
		fake_put(op->root, node, "%s", "");
}

static void settle_vfio(const struct op *op, bool bound)
{
	_auto_free_ char *power = vh_printf("%s/power/control", op->path);
	struct vh_pci_addr a = { 0 };

	if (vh_pci_parse(op->addr, &a) < 0)
		abort();
	fake_remove(op->root, "%s/vfio-dev", op->path);
	if (bound)
		fake_mkdirs(op->root, "%s/vfio-dev/vfio%d", op->path,
			    a.bus << 8 | a.slot << 3 | a.function);
	if (vh_root_exists(op->root, "%s/power/control", op->path)) /* pm_runtime_allow() */
		fake_put(op->root, power, bound ? "auto\n" : "on\n");
	settle_group(op);
}

static void delay(const struct op *op, const char *driver)
{
	int64_t ms = vh_root_read_int(op->root, FAKE "/delay/%s", driver);

	if (ms > 0)
		poll(NULL, 0, (int)ms);
}

static int finish_unbind(void *arg)
{
	struct op *op = arg;
	_auto_close_ int lock = fake_lock(op->root, FAKE_LOCK);

	move_children(op, op->driver, true);
	if (fake_is_vfio(op->driver))
		settle_vfio(op, false);
	return 0;
}

/* device_release_driver(): the links go first, then the driver's remove() takes its time. */
static int unbind(struct op *op)
{
	_auto_free_ char *held = vh_printf(FAKE "/held/%d", op->group);

	fake_remove(op->root, DRIVERS "/%s/%s", op->driver, op->addr);
	fake_remove(op->root, "%s/driver", op->path);
	delay(op, op->driver);
	if (op->hang)
		return fake_block(op->root, NULL, FAKE "/resume", op->lock, false, finish_unbind,
				  op);
	/* vfio_unregister_group_dev() waits for the user */
	if (fake_is_vfio(op->driver) && fake_is_held(op->root, op->group))
		return fake_block(op->root, held, NULL, op->lock, false, finish_unbind, op);
	return finish_unbind(op);
}

/* really_probe(): 0, a negative errno where the bus refuses, or a positive one from the
 * driver's own probe(), which lets the next driver try. */
static int probe_result(const struct op *op)
{
	_auto_free_ char *probes = vh_root_read(op->root, FAKE "/probe/%s", op->addr);
	int64_t fails = vh_root_read_int(op->root, FAKE "/fails/%s", op->addr);
	unsigned char header = 0;

	if (!is_tolerated(op->to) && fake_is_held(op->root, op->group))
		return -EBUSY; /* iommu_device_use_default_domain() */
	if (fake_is_vfio(op->to)) {
		char config[64];

		if (vh_root_read_bytes(op->root, config, sizeof(config), "%s/config", op->path) > 14)
			header = (unsigned char)config[14];
		if (header & 0x7f || op->group < 0)
			return EINVAL;
		return vh_root_read_int(op->root, "%s/sriov_numvfs", op->path) > 0 ? EBUSY : 0;
	}
	if (is_tolerated(op->to) || !strcmp(op->to, "uio_pci_generic"))
		return 0; /* these know no device, and take any */
	if (fails > 0)
		return (int)fails;
	/* an override makes any driver try, but it does not make it know the device */
	return probes && lists(probes, op->to) ? 0 : ENODEV;
}

static int finish_bind(void *arg)
{
	struct op *op = arg;
	_auto_close_ int lock = fake_lock(op->root, FAKE_LOCK);
	_auto_free_ char *link = vh_printf("%s/driver", op->path);
	_auto_free_ char *dir = vh_printf(DRIVERS "/%s", op->to);
	_auto_free_ char *member = vh_printf("%s/%s", dir, op->addr);

	if (op->result)
		return op->result;
	fake_link(op->root, link, dir);
	fake_link(op->root, member, op->path);
	move_children(op, op->to, false);
	if (fake_is_vfio(op->to))
		settle_vfio(op, true);
	return 0;
}

/* dma_configure(): before Linux 6.15 a device is given to an SMMU when a driver probes it. */
static void join_group(struct op *op)
{
	int64_t number = op->group < 0 ? vh_root_read_int(op->root, FAKE "/late/%s", op->addr) : -1;
	_auto_free_ char *link = vh_printf("%s/iommu_group", op->path);
	_auto_free_ char *group = vh_printf(GROUPS "/%d", (int)number);
	_auto_free_ char *member = vh_printf("%s/devices/%s", group, op->addr);

	if (number < 0)
		return;
	op->group = (int)number;
	fake_link(op->root, member, op->path);
	fake_link(op->root, link, group);
}

static int bind_to(struct op *op, const char *driver)
{
	op->to = driver;
	delay(op, driver);
	join_group(op);
	op->result = probe_result(op);
	if (op->hang)
		return fake_block(op->root, NULL, FAKE "/resume", op->lock, false, finish_bind, op);
	return finish_bind(op);
}

/* device_attach() over the registered drivers. */
static int attach(struct op *op)
{
	_auto_free_ char *override = override_of(op);
	_auto_free_ char *probes = vh_root_read(op->root, FAKE "/probe/%s", op->addr);
	char *rest = override ? override : probes, *driver;

	if (op->driver)
		return 0;
	while (rest && (driver = strsep(&rest, ","))) {
		int r = 0;

		if (!vh_root_exists(op->root, DRIVERS "/%s", driver))
			continue;
		r = bind_to(op, driver);
		if (r <= 0)
			return r;
	}
	return 0;
}

/* --- the attributes ----------------------------------------------------------------------------- */

static int store_override(struct op *op, const char *value)
{
	_auto_free_ char *path = vh_printf("%s/driver_override", op->path);
	size_t n = strcspn(value, "\n");

	if (strlen(value) >= 4095)
		return -EINVAL;
	if (!*value)
		return 0; /* an empty write does not reach the attribute */
	if (n)
		fake_put(op->root, path, "%.*s\n", (int)n, value);
	else
		fake_put(op->root, path, "(null)\n");
	return 0;
}

static int store_power(struct op *op, const char *value)
{
	_auto_free_ char *path = vh_printf("%s/power/control", op->path);

	if (!vh_root_exists(op->root, "%s", path))
		return -ENOENT;
	if (strcmp(value, "auto") != 0 && strcmp(value, "on") != 0)
		return -EINVAL;
	fake_put(op->root, path, "%s\n", value);
	return 0;
}

static int store_unbind(struct op *op, const char *driver)
{
	if (!op->driver || strcmp(op->driver, driver) != 0)
		return -ENODEV;
	return unbind(op);
}

static int store_bind(struct op *op, const char *driver)
{
	int r;

	if (!matches(op, driver))
		return -ENODEV;
	if (op->driver)
		return -EBUSY;
	r = bind_to(op, driver);
	return r > 0 ? -r : r;
}

static int store_probe(struct op *op)
{
	return attach(op) < 0 ? -EINVAL : 0;
}

/* "x/0000:01:00.0/driver_override" -> "0000:01:00.0" */
static bool named_above(const char *path, const char *end_of_path, char *ret, size_t size)
{
	size_t len = strlen(path), n = strlen(end_of_path);
	const char *name;

	if (len <= n || strcmp(path + len - n, end_of_path) != 0)
		return false;
	name = path + len - n;
	while (name > path && name[-1] != '/')
		name--;
	snprintf(ret, size, "%.*s", (int)(path + len - n - name), name);
	return true;
}

static int store(struct op *op, const struct vh_root *root, const char *path, const char *value,
		 bool hang)
{
	char name[80], addr[80];
	int r;

	snprintf(addr, sizeof(addr), "%.*s", (int)strcspn(value, "\n"), value);
	if (named_above(path, "/driver_override", name, sizeof(name))) {
		r = begin(op, root, name);
		op->hang = hang;
		return r == -ENODEV ? -ENOENT : r < 0 ? r : store_override(op, value);
	}
	if (named_above(path, "/power/control", name, sizeof(name))) {
		r = begin(op, root, name);
		op->hang = hang;
		return r < 0 ? r : store_power(op, value);
	}
	if (named_above(path, "/driver/unbind", name, sizeof(name))) {
		r = begin(op, root, addr);
		op->hang = hang;
		if (r == 0 && (strcmp(name, addr) || !op->driver))
			return strcmp(name, addr) ? -ENODEV : -ENOENT;
		return r < 0 ? r : unbind(op);
	}
	if (!vh_root_exists(root, "%s", path))
		return -ENOENT;
	r = begin(op, root, addr);
	op->hang = hang;
	if (r < 0)
		return r;
	if (!strcmp(path, "sys/bus/pci/drivers_probe"))
		return store_probe(op);
	if (vh_has_prefix(path, DRIVERS "/") && named_above(path, "/unbind", name, sizeof(name)))
		return store_unbind(op, name);
	if (vh_has_prefix(path, DRIVERS "/") && named_above(path, "/bind", name, sizeof(name)))
		return store_bind(op, name);
	return -EACCES;
}

static int do_write(const struct vh_root *root, const char *path, const char *value, bool hang)
{
	struct op op = { .lock = -1 };
	int r;

	if (fake_is_screen(path))
		return fake_write_screen(root, path, value);
	r = store(&op, root, path, value, hang);

	end(&op);
	return r;
}

int fake_write(const struct vh_root *root, const char *value, const char *fmt, ...)
{
	_auto_free_ char *path = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&path, fmt, ap) < 0)
		abort();
	va_end(ap);
	return do_write(root, path, value, false);
}

static void note(const struct vh_root *root, const char *path, const char *value, int result)
{
	_auto_free_ char *line = vh_printf("%s = %.*s: %d\n", path, (int)strcspn(value, "\n"),
					   value, result);

	fake_append(root, FAKE "/log", line);
}

struct late_write {
	const struct vh_root *root;
	const char *path, *value;
};

static int finish_late(void *arg)
{
	const struct late_write *w = arg;

	return do_write(w->root, w->path, w->value, false);
}

static int write_at_once(const struct vh_root *root, const char *path, const char *value)
{
	_auto_close_ int busy = fake_lock_shared(root, FAKE_BUSY);

	return do_write(root, path, value, false);
}

static int op_write(const struct vh_root *root, const char *path, const char *value)
{
	struct fake_verdict v = fake_judge_write(root, path);
	struct late_write late = { root, path, value };
	int r;

	if (*v.now)
		fake_end(root, v.now);
	if (v.late)
		r = fake_block(root, NULL, FAKE "/resume", -1, true, finish_late, &late);
	else if (v.hang)
		r = do_write(root, path, value, true);
	else
		r = v.error ? -v.error : write_at_once(root, path, value);
	note(root, path, value, r);
	if (*v.after)
		fake_end(root, v.after);
	return r;
}

/* --- the rest ----------------------------------------------------------------------------------- */

static bool has_module(const struct vh_root *root)
{
	_auto_names_ struct vh_names releases = { 0 };

	if (vh_root_list(root, &releases, "lib/modules") < 0)
		return false;
	for (size_t i = 0; i < releases.count; i++) {
		static const char *const files[] = { "modules.dep", "modules.builtin" };

		for (size_t k = 0; k < VH_COUNT(files); k++) {
			_auto_free_ char *text = vh_root_read(root, "lib/modules/%s/%s",
							      releases.name[i], files[k]);

			if (text && (strstr(text, "/vfio-pci.ko") || strstr(text, "/vfio_pci.ko")))
				return true;
		}
	}
	return false;
}

/* driver_register(): the new driver takes what it matches and nobody has. */
static int register_driver(const struct vh_root *root, const char *driver)
{
	_auto_free_ char *bind = vh_printf(DRIVERS "/%s/bind", driver);
	_auto_free_ char *unbind = vh_printf(DRIVERS "/%s/unbind", driver);
	_auto_names_ struct vh_names devices = { 0 };

	fake_put(root, bind, "%s", "");
	fake_put(root, unbind, "%s", "");
	if (!strcmp(driver, "vfio-pci"))
		fake_put(root, "dev/vfio/vfio", "%s", "");
	if (vh_root_list(root, &devices, DEVICES) < 0)
		return 0;
	for (size_t i = 0; i < devices.count; i++) {
		struct op op;

		if (begin(&op, root, devices.name[i]) == 0 && matches(&op, driver))
			(void)attach(&op);
		end(&op);
	}
	return 0;
}

static bool is_loadable(const struct vh_root *root, const char *name)
{
	if (!strcmp(name, "vfio-pci"))
		return has_module(root);
	return vh_root_exists(root, FAKE "/modules/%s", name);
}

static bool is_passed_over(const struct vh_root *root, const char *name, bool anyway)
{
	_auto_free_ char *how = vh_root_read(root, FAKE "/blacklist/%s", name);

	return how && (!anyway || !strcmp(how, "install"));
}

static int op_load_module(const struct vh_root *root, const char *name, bool anyway)
{
	struct fake_verdict v;
	int r = 0;

	if (is_passed_over(root, name, anyway))
		return 0; /* libkmod leaves it at that, without a word */
	if (fake_has_module(root, name))
		return fake_load_module(root, name);
	v = fake_judge_write(root, "load_module");
	if (*v.now)
		fake_end(root, v.now);
	if (v.hang)
		fake_hold_up(root);
	if (v.error)
		r = -v.error;
	else if (!is_loadable(root, name))
		r = -ENOENT;
	else if (!vh_root_exists(root, DRIVERS "/%s", name))
		r = register_driver(root, name);
	note(root, "load_module", name, r);
	if (*v.after)
		fake_end(root, v.after);
	return r;
}

static void op_step(const struct vh_root *root, const char *what)
{
	fake_judge_step(root, what);
}

const struct vh_root_ops fake_kernel_ops = {
	.write = op_write,
	.load_module = op_load_module,
	.try_group = fake_try_group,
	.try_exclusive = fake_try_exclusive,
	.hold = fake_hold_disk,
	.unit = fake_unit,
	.unload_module = fake_unload_module,
	.step = op_step,
};

void fake_unplug(const struct vh_root *root, const char *addr)
{
	struct op op;

	if (begin(&op, root, addr) == 0) {
		if (op.driver)
			(void)unbind(&op);
		fake_remove(root, GROUPS "/%d/devices/%s", op.group, addr);
		fake_remove(root, DEVICES "/%s", addr);
		fake_remove(root, "%s", op.path);
	}
	end(&op);
}

void fake_unload(const struct vh_root *root, const char *driver)
{
	_auto_free_ char *module = vh_printf(FAKE "/modules/%s", driver);
	_auto_names_ struct vh_names devices = { 0 };

	if (vh_root_list(root, &devices, DEVICES) < 0)
		return;
	for (size_t i = 0; i < devices.count; i++) {
		struct op op;

		if (begin(&op, root, devices.name[i]) == 0 && vh_streq(op.driver, driver))
			(void)unbind(&op);
		end(&op);
	}
	fake_remove(root, DRIVERS "/%s", driver);
	fake_put(root, module, "%s", "");
}
