/* SPDX-License-Identifier: GPL-2.0-or-later */
/* hook-scripts - see hook-scripts.h. */
#include "lib/host/libvirt/hook-scripts.h"

#include <ctype.h>
#include <errno.h>
#include <sys/stat.h>

#include "lib/base/pci.h"
#include "lib/base/printable.h"

#include "lib/base/banned.h"

#define HOOKS (&VH_HOOKSDIR[1]) /* below the root */
#define PROGRAM "vfio-hook-qemu"
#define SCRIPTS_MAX 256 /* of one call; each is a few hundred bytes */
#define SHOWN_MAX 200
#define DEPTH_MAX 3 /* of scripts that call scripts */
#define LENGTH_MAX 65536

/* --- one line ---------------------------------------------------------------------------------- */

static bool is_in_word(char c)
{
	return isalnum((unsigned char)c) || (c && strchr("_-./$", c));
}

/* Does this word stand in the line, by itself or at the end of a path? A unit may be named in full. */
static const char *find_word(const char *line, const char *word)
{
	static const char unit[] = ".service";
	size_t n = strlen(word);

	for (const char *p = line; (p = strstr(p, word)); p++) {
		const char *end = p + n;

		end += vh_has_prefix(end, unit) ? strlen(unit) : 0;
		if ((p == line || p[-1] == '/' || !is_in_word(p[-1])) && !is_in_word(*end))
			return p;
	}
	return NULL;
}

static bool has_all(const char *line, const char *const words[3])
{
	const char *at = line;

	for (size_t i = 0; i < 3 && words[i]; i++) {
		at = find_word(at, words[i]);
		if (!at)
			return false;
		at += strlen(words[i]);
	}
	return true;
}

#define STOP "systemctl stop "

/* Words in this order. What comes first is the stronger. */
static const struct {
	enum vh_hook_deed deed;
	const char *words[3];
	const char *what;
} commands[] = {
	{ VH_DEED_DAEMON, { "systemctl", "stop", "libvirtd" }, "systemctl stop libvirtd" },
	{ VH_DEED_DAEMON, { "systemctl", "restart", "libvirtd" }, "systemctl restart libvirtd" },
	{ VH_DEED_DAEMON, { "systemctl", "stop", "virtqemud" }, "systemctl stop virtqemud" },
	{ VH_DEED_DAEMON, { "systemctl", "restart", "virtqemud" }, "systemctl restart virtqemud" },
	{ VH_DEED_DAEMON, { "service", "libvirtd", "restart" }, "service libvirtd restart" },
	{ VH_DEED_DAEMON, { "service", "libvirtd", "stop" }, "service libvirtd stop" },
	{ VH_DEED_DAEMON, { "killall", "libvirtd" }, "killall libvirtd" },
	{ VH_DEED_NODEDEV, { "virsh", "nodedev-detach" }, "virsh nodedev-detach" },
	{ VH_DEED_NODEDEV, { "virsh", "nodedev-dettach" }, "virsh nodedev-dettach" },
	{ VH_DEED_NODEDEV, { "virsh", "nodedev-reattach" }, "virsh nodedev-reattach" },
	{ VH_DEED_NODEDEV, { "virsh", "nodedev-reset" }, "virsh nodedev-reset" },
	{ VH_DEED_VIRSH, { "virsh" }, "virsh" },
	{ VH_DEED_BIND, { "driverctl", "set-override" }, "driverctl set-override" },
	{ VH_DEED_BIND, { "driverctl", "unset-override" }, "driverctl unset-override" },
	{ VH_DEED_UNLOAD, { "modprobe", "-r", "vfio-pci" }, "modprobe -r vfio-pci" },
	{ VH_DEED_UNLOAD, { "modprobe", "-r", "vfio_pci" }, "modprobe -r vfio-pci" },
	{ VH_DEED_UNLOAD, { "modprobe", "-r", "vfio" }, "modprobe -r vfio" },
	{ VH_DEED_UNLOAD, { "modprobe", "-r", "vfio_iommu_type1" }, "modprobe -r vfio_iommu_type1" },
	{ VH_DEED_UNLOAD, { "rmmod", "vfio-pci" }, "rmmod vfio-pci" },
	{ VH_DEED_UNLOAD, { "rmmod", "vfio_pci" }, "rmmod vfio-pci" },
	{ VH_DEED_UNLOAD, { "rmmod", "vfio" }, "rmmod vfio" },
	{ VH_DEED_LOAD, { "modprobe", "vfio-pci" }, "modprobe vfio-pci" },
	{ VH_DEED_LOAD, { "modprobe", "vfio_pci" }, "modprobe vfio-pci" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "display-manager" }, STOP "display-manager" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "gdm" }, STOP "gdm" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "gdm3" }, STOP "gdm3" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "sddm" }, STOP "sddm" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "plasmalogin" }, STOP "plasmalogin" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "lightdm" }, STOP "lightdm" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "lxdm" }, STOP "lxdm" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "greetd" }, STOP "greetd" },
	{ VH_DEED_DESKTOP, { "systemctl", "stop", "ly" }, STOP "ly" },
	{ VH_DEED_DESKTOP,
	  { "systemctl", "isolate", "multi-user.target" },
	  "systemctl isolate multi-user.target" },
	{ VH_DEED_DESKTOP, { "rc-service", "xdm", "stop" }, "rc-service xdm stop" },
	{ VH_DEED_DESKTOP, { "rc-service", "display-manager", "stop" }, "rc-service xdm stop" },
	{ VH_DEED_DRIVER, { "modprobe", "-r", "nvidia_drm" }, "modprobe -r nvidia_drm" },
	{ VH_DEED_DRIVER, { "modprobe", "-r", "nvidia-drm" }, "modprobe -r nvidia_drm" },
	{ VH_DEED_DRIVER, { "modprobe", "-r", "amdgpu" }, "modprobe -r amdgpu" },
	{ VH_DEED_DRIVER, { "rmmod", "nvidia_drm" }, "modprobe -r nvidia_drm" },
	{ VH_DEED_PAGES, { "sysctl", "vm.nr_hugepages" }, "sysctl vm.nr_hugepages" },
	{ VH_DEED_PAGES, { "hugeadm" }, "hugeadm" },
};

/* Files of PCI alone: a console and a framebuffer of the firmware have bind and unbind, too. */
static const struct {
	const char *part, *with, *what;
	enum vh_hook_deed deed;
} files[] = {
	{ "/bind", "vtconsole", "echo 0 > /sys/class/vtconsole/vtcon0/bind", VH_DEED_CONSOLE },
	{ "nr_hugepages", "", "echo > /proc/sys/vm/nr_hugepages", VH_DEED_PAGES },
	{ "driver_override", "", "echo > driver_override", VH_DEED_BIND },
	{ "drivers_probe", "pci", "echo > /sys/bus/pci/drivers_probe", VH_DEED_BIND },
	{ "/new_id", "", "echo > /sys/bus/pci/drivers/vfio-pci/new_id", VH_DEED_BIND },
	{ "/remove_id", "", "echo > /sys/bus/pci/drivers/vfio-pci/remove_id", VH_DEED_BIND },
	{ "/unbind", "pci", "echo > /sys/bus/pci/drivers/unbind", VH_DEED_BIND },
	{ "/bind", "pci", "echo > /sys/bus/pci/drivers/bind", VH_DEED_BIND },
};

static bool is_written(const char *line, const char *part)
{
	const char *to = strchr(line, '>');

	return (to && strstr(to, part)) || (find_word(line, "tee") && strstr(line, part));
}

enum vh_hook_deed vh_hook_scripts_deed(const char *line, const char **ret_what)
{
	line += strspn(line, " \t");
	if (*line == '#')
		return VH_DEED_NONE;
	for (size_t i = 0; i < VH_COUNT(commands); i++) {
		if (!has_all(line, commands[i].words))
			continue;
		*ret_what = commands[i].what;
		return commands[i].deed;
	}
	for (size_t i = 0; i < VH_COUNT(files); i++) {
		if (!is_written(line, files[i].part) || !strstr(line, files[i].with))
			continue;
		*ret_what = files[i].what;
		return files[i].deed;
	}
	return VH_DEED_NONE;
}

/* --- what a line calls -------------------------------------------------------------------------- */

#define BLANKS " \t\r"
#define ENDS ";|&()`"

/* What stands before a command and is none itself. */
static bool is_prefix(const char *word)
{
	static const char *const words[] = { "if",    "then",   "elif",    "else",   "while",
					     "until", "do",     "exec",    "source", ".",
					     "bash",  "sh",     "sudo",    "time",   "nohup",
					     "env",   "setsid", "command", "{",      "!" };
	size_t name = strspn(word,
			     "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_");

	for (size_t i = 0; i < VH_COUNT(words); i++)
		if (!strcmp(word, words[i]) || (*word == '/' && vh_has_suffix(word, words[i]) &&
						word[strlen(word) - strlen(words[i]) - 1] == '/'))
			return true;
	return *word == '-' || (name && word[name] == '=');
}

/* Up to the next blank or operator, without its quotes. */
static char *take_word(const char **at)
{
	struct vh_strbuf sb = { 0 };
	const char *p = *at;
	char quote = 0;

	vh_strbuf_add(&sb, "");
	for (; *p && (quote || !strchr(BLANKS ENDS "<>", *p)); p++) {
		if (quote ? *p == quote : (*p == '\'' || *p == '"'))
			quote = quote ? 0 : *p;
		else
			vh_strbuf_add_mem(&sb, p, 1);
	}
	*at = p;
	return vh_strbuf_steal(&sb);
}

char *vh_hook_scripts_call(const char **at, bool *within)
{
	bool is_file = false; /* behind < or > */

	for (;;) {
		_auto_free_ char *word = NULL;

		*at += strspn(*at, BLANKS);
		if (!**at || **at == '#')
			return NULL;
		if (strchr(ENDS, **at)) {
			*within = **at == '&' && is_file; /* 2>&1 */
			(*at)++;
			continue;
		}
		if (**at == '<' || **at == '>') {
			is_file = true;
			(*at)++;
			continue;
		}
		word = take_word(at);
		if (is_file || *within || is_prefix(word)) {
			is_file = false;
			continue;
		}
		*within = true;
		if (*word == '/' && !strpbrk(word, "$*?[\\"))
			return VH_STEAL(word);
	}
}

/* --- scripts ----------------------------------------------------------------------------------- */

struct search {
	struct vh_hook_scripts *to;
	const struct vh_root *root;
	const char *domain;
	struct vh_names *unseen;
	struct vh_names called; /* what was followed, once each */
	size_t read;
	bool own;   /* our own has come by */
	bool first; /* what is read now runs before it, when a guest is to start */
};

/* Not what gives back, or is done when a guest has ended. */
static bool is_for_start(const char *line, enum vh_hook_deed deed)
{
	const char *to = strchr(line, '>');

	if (strstr(line, "release") || strstr(line, "stopped"))
		return false;
	if (deed == VH_DEED_BIND)
		return strstr(line, "vfio") && !find_word(line, "unset-override") &&
		       !strstr(line, "/unbind") && !strstr(line, "/remove_id");
	if (deed == VH_DEED_CONSOLE)
		return find_word(line, "0");
	return deed != VH_DEED_PAGES || !(to ? find_word(line, "0") : strstr(line, "=0"));
}

/* The device that a line names, or "". Caller frees. */
static char *device_in(const char *line)
{
	for (const char *p = line; (p = strchr(p, ':')); p++) {
		_auto_free_ char *name = NULL;
		struct vh_pci_addr addr;

		if (p - line < 4)
			continue;
		name = vh_strndup(p - 4, strlen("0000:00:00.0"));
		if (vh_pci_parse(name, &addr) == 0)
			return VH_STEAL(name);
	}
	return vh_strdup("");
}

static void note_before(const struct search *s, const char *text, struct vh_hook_line *l)
{
	_auto_free_ char *device = NULL;

	if (!s->first || !is_for_start(text, l->deed))
		return;
	device = device_in(text);
	vh_names_note(&l->before, "%s", device);
}

static void note_line(struct search *s, size_t first, const char *path, int line, const char *text,
		      enum vh_hook_deed deed, const char *what, const char *caller)
{
	struct vh_hook_line *l;

	for (size_t i = first; i < s->to->count; i++) {
		if (s->to->list[i].deed != deed || strcmp(s->to->list[i].file + 1, path) != 0)
			continue;
		s->to->list[i].more++;
		note_before(s, text, &s->to->list[i]);
		return;
	}
	l = VH_APPEND(s->to->list, s->to->count);
	l->file = vh_printf("/%s", path);
	l->line = line;
	l->deed = deed;
	l->what = what;
	l->caller = vh_strdup(caller);
	note_before(s, text, l);
}

static void note_maker(struct search *s, const char *path)
{
	if (!s->to->maker)
		s->to->maker = vh_printf("/%s", path);
}

/* A line of a shell script. */
static bool may_make(const char *line)
{
	static const char *const words[] = { "mdev",     "/create", "systemctl", "usb",   "uhubctl",
					     "modprobe", "virsh",   "chown",     "chmod", "setfacl" };

	line += strspn(line, BLANKS);
	for (size_t i = 0; *line != '#' && i < VH_COUNT(words); i++)
		if (strstr(line, words[i]))
			return true;
	return false;
}

/* A program that no distribution has under this name. */
static bool is_own_program(const char *path)
{
	static const char *const dirs[] = { "bin/", "sbin/", "usr/bin/", "usr/sbin/" };

	for (size_t i = 0; i < VH_COUNT(dirs); i++)
		if (vh_has_prefix(path, dirs[i]))
			return false;
	return !vh_has_suffix(path, PROGRAM);
}

static bool is_shell(const char *text)
{
	size_t n = strcspn(text, "\n");
	_auto_free_ char *first = vh_strndup(text, n);

	return vh_has_prefix(text, "#!") && strstr(first, "sh");
}

static void follow(struct search *s, const char *called, const char *path, int line, int depth);

/* `text` is changed. */
static void read_lines(struct search *s, const char *path, char *text, const char *caller, int depth)
{
	size_t first = s->to->count;
	char *rest = text, *line;
	const char *what;

	for (int n = 1; (line = strsep(&rest, "\n")); n++) {
		enum vh_hook_deed deed = vh_hook_scripts_deed(line, &what);
		const char *at = line;
		bool within = false;
		char *called;

		if (deed)
			note_line(s, first, path, n, line, deed, what, caller);
		if (may_make(line))
			note_maker(s, path);
		for (; depth && !deed && (called = vh_hook_scripts_call(&at, &within)); free(called))
			follow(s, called + 1, path, n, depth - 1);
	}
}

/* A program is of no interest, and a link to one of ours is none. */
static bool is_script(struct search *s, const char *path, struct stat *ret)
{
	_auto_free_ char *target = vh_root_readlink(s->root, "%s", path);

	if ((target && vh_has_suffix(target, PROGRAM)) || vh_has_suffix(path, PROGRAM)) {
		s->own = true;
		return false;
	}
	return vh_root_stat(s->root, ret, true, "%s", path) == 0 && S_ISREG(ret->st_mode);
}

/* The text of one that is called; of a program none. What cannot be read, or is longer, is noted. */
static char *called_text(struct search *s, const char *path)
{
	_auto_free_ char *text = vh_alloc(LENGTH_MAX + 1), *shown = vh_printable(path, SHOWN_MAX);
	ssize_t n = vh_root_read_bytes(s->root, text, LENGTH_MAX, "%s", path);

	if (n < 0)
		vh_names_note(s->unseen, "the script /%s, which a hook calls: %s", shown,
			      strerror(errno));
	if (n <= 0 || memchr(text, 0, (size_t)n))
		return NULL;
	if (n == LENGTH_MAX)
		vh_names_note(s->unseen, "the script /%s, which a hook calls, beyond %d KiB", shown,
			      LENGTH_MAX / 1024);
	text[n] = 0;
	return VH_STEAL(text);
}

/* A snapshot has what is in /bin where that leads to. */
static void follow(struct search *s, const char *called, const char *path, int line, int depth)
{
	_auto_free_ char *usr = vh_printf("usr/%s", called), *text = NULL, *caller = NULL;
	_auto_free_ char *shown = NULL;
	struct stat st;

	if (vh_names_has(&s->called, called) || s->read >= SCRIPTS_MAX)
		return;
	*VH_APPEND(s->called.name, s->called.count) = vh_strdup(called);
	if (!is_script(s, called, &st)) {
		if (s->root->live || vh_has_suffix(called, PROGRAM))
			return;
		if (!is_script(s, usr, &st)) {
			shown = vh_printable(called, SHOWN_MAX);
			vh_names_note(s->unseen, "the script /%s, which a hook calls", shown);
			return;
		}
		called = usr;
	}
	s->read++;
	text = called_text(s, called);
	caller = vh_printf("/%s:%d", path, line);
	if (text)
		read_lines(s, called, text, caller, depth);
	else if (is_own_program(called))
		note_maker(s, called);
}

/* A link to our own program is none; and nothing of a program but its name is of interest. */
static void read_script(struct search *s, const char *path)
{
	_auto_free_ char *text = NULL, *shown = NULL;
	struct stat st;

	if (s->read++ >= SCRIPTS_MAX || !is_script(s, path, &st))
		return;
	text = vh_root_read(s->root, "%s", path);
	if (!text && s->root->live) {
		shown = vh_printable(path, SHOWN_MAX);
		vh_names_note(s->unseen, "the hook /%s: %s", shown, strerror(errno));
	}
	/* a manifest has no modes */
	if (s->root->live && !(st.st_mode & 0111)) {
		if (text && vh_has_prefix(text, "#!"))
			*VH_APPEND(s->to->idle.name, s->to->idle.count) = vh_printf("/%s", path);
		return;
	}
	if (!text || !is_shell(text))
		note_maker(s, path);
	if (text && vh_has_prefix(text, "#!"))
		read_lines(s, path, text, NULL, DEPTH_MAX);
}

/* What is below such a folder, as deep as OPERATION/SUB-OPERATION/SCRIPT. */
static void read_folder(struct search *s, const char *dir, int depth)
{
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(s->root, &names, "%s", dir)); /* then it is not a folder */
	for (size_t i = 0; i < names.count && s->read < SCRIPTS_MAX; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, names.name[i]);
		struct stat st;

		if (vh_root_stat(s->root, &st, true, "%s", path) < 0)
			continue;
		/* of the operations only the first one is before the start */
		s->first = strstr(path, "/prepare/begin") != NULL;
		if (S_ISREG(st.st_mode))
			read_script(s, path);
		else if (S_ISDIR(st.st_mode) && depth)
			read_folder(s, path, depth - 1);
	}
}

/* libvirt runs files there, and no folders: those are a dispatcher's. */
static bool has_dispatcher(const struct search *s)
{
	_auto_free_ char *target = vh_root_readlink(s->root, "%s/qemu", HOOKS);

	return !(target && vh_has_suffix(target, PROGRAM)) &&
	       vh_root_exists(s->root, "%s/qemu", HOOKS);
}

static void read_drop_ins(struct search *s)
{
	bool dispatches = has_dispatcher(s);
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(s->root, &names, "%s/qemu.d", HOOKS)); /* then there is nothing */
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf("%s/qemu.d/%s", HOOKS, names.name[i]);
		struct stat st;

		if (vh_root_stat(s->root, &st, true, "%s", path) < 0)
			continue;
		s->first = !s->own; /* they run in the order of their names */
		if (S_ISREG(st.st_mode))
			read_script(s, path);
		else if (S_ISDIR(st.st_mode) && dispatches &&
			 (!s->domain || vh_streq(names.name[i], s->domain)))
			read_folder(s, path, 2);
	}
}

void vh_hook_scripts_read(struct vh_hook_scripts *ret, const struct vh_root *root,
			  const char *domain, struct vh_names *unseen)
{
	struct search s = {
		.to = ret, .root = root, .domain = domain, .unseen = unseen, .first = true
	};
	_auto_names_ struct vh_names all = { 0 };
	_auto_free_ char *main = vh_printf("%s/qemu", HOOKS);

	/* a folder that cannot be read is reported by who looks for our own hook */
	if (vh_root_list(root, &all, "%s", HOOKS) < 0)
		return;
	read_script(&s, main);
	read_drop_ins(&s);
	vh_names_clear(&s.called);
}

void vh_hook_scripts_clear(struct vh_hook_scripts *s)
{
	for (size_t i = 0; i < s->count; i++) {
		free(s->list[i].file);
		free(s->list[i].caller);
		vh_names_clear(&s->list[i].before);
	}
	free(s->list);
	vh_names_clear(&s->idle);
	free(s->maker);
	memset(s, 0, sizeof(*s));
}
