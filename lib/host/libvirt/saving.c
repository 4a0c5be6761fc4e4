/* SPDX-License-Identifier: GPL-2.0-or-later */
/* saving - see saving.h. What is not understood saves nobody: there is nothing to be told then. */
#include "lib/host/libvirt/saving.h"

#include "lib/host/libvirt/qemu-conf.h"
#include "lib/host/machine.h"

#include "lib/base/banned.h"

#define SERVICE "libvirt-guests.service"
#define AUTO_SHUTDOWN_SINCE 11002 /* libvirt 11.2 */

/* --- libvirt-guests ------------------------------------------------------------------------------ */

/* Debian and Ubuntu; Fedora and openSUSE; Arch Linux. A build without any has it in the second. */
static const char *const files[] = {
	"/etc/default/libvirt-guests",
	"/etc/sysconfig/libvirt-guests",
	"/etc/conf.d/libvirt-guests",
};

/* A line of settings, without what may stand before the name. */
static const char *set_by(const char *line)
{
	static const char export[] = "export ";

	line += strspn(line, " \t");
	return vh_has_prefix(line, export) ? line + strlen(export) : line;
}

/* Sets the last value that the shell gives ON_SHUTDOWN at the beginning of a line; false: none.
 * Those of the script that are indented are in its functions. Whatever is not "shutdown" saves. */
static bool find_action(const char *text, bool is_script, bool *ret_saves)
{
	static const char key[] = "ON_SHUTDOWN=";
	_auto_free_ char *copy = vh_strdup(text);
	char *rest = copy, *line;
	bool found = false;

	while ((line = strsep(&rest, "\n"))) {
		const char *set = is_script ? line : set_by(line), *value = set + strlen(key);

		if (!vh_has_prefix(set, key))
			continue;
		found = true;
		value += *value == '"' || *value == '\'';
		/* another variable, or a command: then it is not known */
		*ret_saves = !strpbrk(value, "$`\\") &&
			     !vh_is_word(value, strcspn(value, "\"' \t;#"), "shutdown");
	}
	return found;
}

/* It is not the same everywhere: upstream suspends, Debian changed it. */
static bool saves_by_default(const struct vh_root *root)
{
	static const char *const scripts[] = {
		"usr/lib/libvirt/libvirt-guests.sh",
		"usr/libexec/libvirt-guests.sh",
	};
	bool saves = false;

	for (size_t i = 0; i < VH_COUNT(scripts); i++) {
		_auto_free_ char *text = vh_root_read(root, "%s", scripts[i]);

		if (text && find_action(text, true, &saves))
			break;
	}
	return saves;
}

static bool script_saves(const struct vh_root *root, struct vh_saving *ret)
{
	_auto_free_ char *text = NULL;
	bool saves = false;

	ret->file = files[1];
	for (size_t i = 0; i < VH_COUNT(files) && !text; i++) {
		text = vh_root_read(root, "%s", files[i] + 1);
		if (text)
			ret->file = files[i];
	}
	ret->unset = !text || !find_action(text, false, &saves);
	return ret->unset ? saves_by_default(root) : saves;
}

/* Where systemd does not start it, it does not stop either. */
static bool is_enabled(const struct vh_root *root)
{
	_auto_names_ struct vh_names names = { 0 };

	return vh_root_list(root, &names, "etc/systemd/system/multi-user.target.wants") == 0 &&
	       vh_names_has(&names, SERVICE);
}

/* --- the daemon ---------------------------------------------------------------------------------- */

/* It tries to shut down what could not be saved, if it is told to (virDomainDriverAutoShutdown()). */
static bool daemon_shuts_down(const struct vh_root *root)
{
	_auto_free_ char *value = vh_qemu_conf_value(root, "auto_shutdown_try_shutdown");
	char *rest = value, *word = value ? vh_qemu_conf_quoted(&rest) : NULL;

	return vh_streq(word, "persistent") || vh_streq(word, "all");
}

/* "persistent" is the one way to have it: of all others a daemon of the system does not start. */
static bool daemon_saves(const struct vh_root *root)
{
	_auto_free_ char *value = vh_qemu_conf_value(root, "auto_shutdown_try_save");
	char *rest = value;
	unsigned int version;

	if (!value || !vh_streq(vh_qemu_conf_quoted(&rest), "persistent"))
		return false;
	version = vh_machine_libvirt(root);
	return !version || version >= AUTO_SHUTDOWN_SINCE;
}

void vh_saving_read(const struct vh_root *root, struct vh_saving *ret)
{
	memset(ret, 0, sizeof(*ret));
	/* where the script runs it shuts down what the daemon has left */
	if (is_enabled(root))
		ret->by = script_saves(root, ret) ? VH_SAVER_SCRIPT : VH_SAVER_NONE;
	else if (daemon_saves(root))
		ret->by = VH_SAVER_DAEMON;
	if (ret->by && daemon_shuts_down(root))
		ret->by = VH_SAVER_NONE;
}
