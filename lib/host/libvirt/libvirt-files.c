/* SPDX-License-Identifier: GPL-2.0-or-later */
/* libvirt-files - a word is searched for in the text first; only files that have it are parsed. */
#include "lib/host/libvirt/libvirt-files.h"

#include <errno.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/strbuf.h"
#include "lib/base/uuid.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define RUNNING_NETWORKS "run/libvirt/network"
#define NETWORKS "etc/libvirt/qemu/networks"
#define AUTOSTART NETWORKS "/autostart"
#define STARTING_S 60 /* that virtnetworkd may take for all of its networks */

/* Answers about one file: VH_NO is "not the one that is looked for". */
struct wanted {
	const char *name; /* or UUID */
	int64_t pid;      /* of the domain that was found; 0: none */
	char **ret_text;  /* takes the file that was the one, or NULL */
	bool states;      /* states of domains: what is not understood may be of any */
	char *unclear;    /* the first of these, as a path; or NULL */
};
typedef enum vh_tri question(const xmlNode *root, struct wanted *wanted);

/* VH_UNKNOWN: cannot be read, or understood. */
static enum vh_tri ask_text(const char *text, const char *hint, question *ask, struct wanted *wanted)
{
	_auto_xml_ xmlDoc *doc = NULL;

	/* parsing a file costs more than looking for a word in it */
	if (!strstr(text, hint))
		return VH_NO;
	doc = vh_xml_parse(text, strlen(text), NULL);
	return doc ? ask(vh_xml_root(doc), wanted) : VH_UNKNOWN;
}

/* As libvirt writes them: "<uuid>" and 36 characters in lower case. A text with one, and without
 * the one that is looked for, is another domain's; without any it has to be understood. */
static bool has_uuid(const char *text)
{
	const char *at = strstr(text, "<uuid>");
	char uuid[37], found[37];

	if (!at)
		return false;
	at += strlen("<uuid>");
	snprintf(found, sizeof(found), "%s", at);
	return vh_uuid_parse(found, uuid) == 0 && !strcmp(found, uuid) &&
	       vh_has_prefix(at + strlen(found), "</uuid>");
}

/* NAME.xml, and NAME.xml.new which libvirt renames to it (virFileRewrite()). */
static bool is_xml(const char *name)
{
	const char *dot = strstr(name, ".xml");

	while (dot && strcmp(dot, ".xml") && strcmp(dot, ".xml.new"))
		dot = strstr(dot + 1, ".xml");
	return dot != NULL;
}

/* VH_UNKNOWN with errno ENOENT: it is not there. */
static enum vh_tri ask_file(const struct vh_root *root, const char *path, const char *hint,
			    question *ask, struct wanted *wanted)
{
	_auto_free_ char *text = vh_root_read(root, "%s", path);
	enum vh_tri answer;

	if (!text)
		return VH_UNKNOWN;
	answer = ask_text(text, wanted->states && !has_uuid(text) ? "" : hint, ask, wanted);
	if (answer == VH_YES && wanted->ret_text)
		*wanted->ret_text = VH_STEAL(text);
	errno = 0;
	return answer;
}

/* A state that libvirt is writing, or could not write to its end, is of the domain whose state has
 * the name that it was to get. */
static bool is_anothers(const struct vh_root *root, const char *path, const char *hint,
			question *ask, struct wanted *wanted)
{
	_auto_free_ char *old = NULL;

	if (!vh_has_suffix(path, ".new"))
		return false;
	old = vh_strndup(path, strlen(path) - strlen(".new"));
	return ask_file(root, old, hint, ask, wanted) == VH_NO;
}

/* Asks all XML files of a directory in which `hint` occurs, until one says VH_YES. Sets
 * *ret_moved when a file has gone since the directory was read, or is being written. */
static enum vh_tri ask_dir(const struct vh_root *root, const char *dir, const char *hint,
			   question *ask, struct wanted *wanted, bool *ret_moved)
{
	_auto_names_ struct vh_names names = { 0 };
	enum vh_tri answer = VH_NO;

	*ret_moved = false;
	if (vh_root_list(root, &names, "%s", dir) < 0)
		return errno == ENOENT ? VH_NO : VH_UNKNOWN;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *path = vh_printf("%s/%s", dir, names.name[i]);
		enum vh_tri one;

		if (!is_xml(names.name[i]))
			continue;
		one = ask_file(root, path, hint, ask, wanted);
		if (one == VH_YES)
			return VH_YES;
		if (one == VH_UNKNOWN && errno == ENOENT) {
			*ret_moved = true;
			continue;
		}
		if (one == VH_NO || is_anothers(root, path, hint, ask, wanted))
			continue;
		*ret_moved |= vh_has_suffix(path, ".new");
		answer = VH_UNKNOWN;
		if (wanted->states && !wanted->unclear)
			wanted->unclear = VH_STEAL(path);
	}
	return answer;
}

/* A file that has gone may have been renamed to one that was not there yet, so "no" holds only
 * for a directory that stood still. */
static enum vh_tri ask_files(const struct vh_root *root, const char *dir, const char *hint,
			     question *ask, struct wanted *wanted)
{
	static const struct timespec moment = { 0, 10 * 1000 * 1000 };

	for (int attempt = 0; attempt < 5; attempt++) {
		bool moved;
		enum vh_tri answer;

		if (attempt)
			(void)nanosleep(&moment, NULL); /* a shorter one does no harm */
		answer = ask_dir(root, dir, hint, ask, wanted, &moved);
		if (answer == VH_YES || !moved)
			return answer;
	}
	return VH_UNKNOWN;
}

/* <network>, or <networkstatus> around it (src/conf/virnetworkobj.c). */
static enum vh_tri is_hostdev_network(const xmlNode *root, struct wanted *wanted)
{
	const xmlNode *net = vh_xml_is(root, "network") ? root : vh_xml_child(root, "network");
	_auto_free_ char *name = vh_xml_text(vh_xml_child(net, "name"));

	if (!vh_streq(name, wanted->name))
		return VH_NO;
	return vh_xml_attr_is(vh_xml_child(net, "forward"), "mode", "hostdev") ? VH_YES : VH_NO;
}

static enum vh_tri find_network(const struct vh_root *root, struct wanted *wanted)
{
	static const char *const dirs[] = { RUNNING_NETWORKS, NETWORKS };
	enum vh_tri answer = VH_NO;

	for (size_t i = 0; i < VH_COUNT(dirs); i++) {
		enum vh_tri one = ask_files(root, dirs[i], "hostdev", is_hostdev_network, wanted);

		if (one == VH_YES)
			return VH_YES;
		if (one == VH_UNKNOWN)
			answer = VH_UNKNOWN;
	}
	return answer;
}

enum vh_tri vh_libvirt_files_is_pool(const struct vh_root *root, const char *name)
{
	struct wanted wanted = { .name = name };

	return find_network(root, &wanted);
}

char *vh_libvirt_files_network(const struct vh_root *root, const char *name)
{
	char *text = NULL;
	struct wanted wanted = { .name = name, .ret_text = &text };

	VH_IGNORE(find_network(root, &wanted)); /* then there is no text */
	return text;
}

/* <network> or <pool>, or a state around it (virStoragePoolSaveState()). */
static enum vh_tri is_of_name(const xmlNode *root, struct wanted *wanted)
{
	static const char *const kinds[] = { "network", "pool" };
	enum vh_tri is = VH_NO;

	for (size_t i = 0; i < VH_COUNT(kinds) && is == VH_NO; i++) {
		const xmlNode *n = vh_xml_is(root, kinds[i]) ? root : vh_xml_child(root, kinds[i]);
		_auto_free_ char *name = vh_xml_text(vh_xml_child(n, "name"));

		is = vh_streq(name, wanted->name) ? VH_YES : VH_NO;
	}
	return is;
}

static bool is_autostart(const struct vh_root *root, const char *name)
{
	_auto_free_ char *file = vh_printf("%s.xml", name);
	_auto_names_ struct vh_names names = { 0 };

	VH_IGNORE(vh_root_list(root, &names, AUTOSTART)); /* or there are none */
	return vh_names_has(&names, file);
}

/* virtnetworkd starts those that are marked so while virtqemud, which was started with it, calls us
 * for its guests already; the start waits for it where it needs the network. */
static bool is_perhaps_starting(const struct vh_root *root, const char *name)
{
	struct stat st;

	return is_autostart(root, name) && vh_root_stat(root, &st, true, RUNNING_NETWORKS) == 0 &&
	       time(NULL) - st.st_mtime < STARTING_S;
}

/* libvirt keeps a file for each network that runs (networkObjSaveStatus()): where its directory is
 * not there, the driver for networks is another one, or none. */
enum vh_libvirt_network vh_libvirt_files_network_state(const struct vh_root *root, const char *name)
{
	struct wanted wanted = { .name = name };
	enum vh_tri runs = ask_files(root, RUNNING_NETWORKS, "<name>", is_of_name, &wanted), is;

	if (runs == VH_YES)
		return VH_LIBVIRT_NETWORK_THERE;
	is = ask_files(root, NETWORKS, "<name>", is_of_name, &wanted);
	/* libvirt brings one of this name, and snapshots of older versions do not have it */
	if (!root->live && (is == VH_YES || vh_streq(name, "default")))
		return VH_LIBVIRT_NETWORK_THERE;
	if (runs != VH_NO || is == VH_UNKNOWN || !vh_root_exists(root, RUNNING_NETWORKS))
		return VH_LIBVIRT_NETWORK_UNTOLD;
	if (is == VH_YES && is_perhaps_starting(root, name))
		return VH_LIBVIRT_NETWORK_UNTOLD;
	return is == VH_YES ? VH_LIBVIRT_NETWORK_STOPPED : VH_LIBVIRT_NETWORK_NONE;
}

static char *find_of_name(const struct vh_root *root, const char *const dirs[2], const char *name)
{
	char *text = NULL;
	struct wanted wanted = { .name = name, .ret_text = &text };

	for (size_t i = 0; i < 2 && !text; i++)
		VH_IGNORE(ask_files(root, dirs[i], "<name>", is_of_name, &wanted));
	return text;
}

char *vh_libvirt_files_any_network(const struct vh_root *root, const char *name)
{
	static const char *const dirs[] = { RUNNING_NETWORKS, NETWORKS };

	return find_of_name(root, dirs, name);
}

char *vh_libvirt_files_pool(const struct vh_root *root, const char *name)
{
	static const char *const dirs[] = { "run/libvirt/storage", "etc/libvirt/storage" };

	return find_of_name(root, dirs, name);
}

/* <domstatus><domain> (src/conf/domain_conf.c:virDomainObjFormat()) */
static int uuid_of(const xmlNode *root, char ret[37])
{
	const xmlNode *domain = vh_xml_child(root, "domain");
	_auto_free_ char *text = vh_xml_text(vh_xml_child(domain, "uuid"));

	return text ? vh_uuid_parse(text, ret) : -1;
}

/* What is not a state of a domain, or one without a UUID, may be of the one that is looked for. */
static enum vh_tri is_status_of(const xmlNode *root, struct wanted *wanted)
{
	const char *pid = vh_xml_attr(root, "pid");
	char uuid[37];
	uint64_t v;

	if (!vh_xml_is(root, "domstatus") || uuid_of(root, uuid) < 0)
		return VH_UNKNOWN;
	if (strcmp(uuid, wanted->name) != 0)
		return VH_NO;
	if (pid && vh_parse_uint(pid, 10, INT32_MAX, &v) == 0)
		wanted->pid = (int64_t)v;
	return VH_YES;
}

/* Where libvirt has its states: /run, or /var/run where that is a directory of its own (it was built
 * so, or for a system without /run). One of its own for a program (qemu:///embed) calls no hook. */
static bool is_state_dir(const struct vh_root *root, size_t i)
{
	_auto_free_ char *link = i ? vh_root_readlink(root, "var/run") : NULL;

	return !link;
}

static const char *const state_dirs[] = { "run/libvirt/qemu", "var/run/libvirt/qemu" };

static bool each_in(const struct vh_root *root, const char *dir, vh_libvirt_files_fn *fn, void *ctx)
{
	_auto_names_ struct vh_names names = { 0 };
	bool all = true;

	if (vh_root_list(root, &names, "%s", dir) < 0)
		return errno == ENOENT;
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *text = NULL;
		_auto_xml_ xmlDoc *doc = NULL;
		char uuid[37];

		if (!is_xml(names.name[i]))
			continue;
		text = vh_root_read(root, "%s/%s", dir, names.name[i]);
		doc = text ? vh_xml_parse(text, strlen(text), NULL) : NULL;
		if (doc && uuid_of(vh_xml_root(doc), uuid) == 0)
			fn(ctx, vh_xml_child(vh_xml_root(doc), "domain"), uuid);
		else
			all = false;
	}
	return all;
}

bool vh_libvirt_files_each(const struct vh_root *root, vh_libvirt_files_fn *fn, void *ctx)
{
	bool all = true;

	for (size_t i = 0; i < VH_COUNT(state_dirs); i++)
		if (is_state_dir(root, i))
			all = each_in(root, state_dirs[i], fn, ctx) && all;
	return all;
}

static void add_uuid(void *ctx, const xmlNode *domain, const char *uuid)
{
	struct vh_names *to = ctx;

	(void)domain;
	*VH_APPEND(to->name, to->count) = vh_strdup(uuid);
}

bool vh_libvirt_files_running(const struct vh_root *root, struct vh_names *ret)
{
	return vh_libvirt_files_each(root, add_uuid, ret);
}

struct named {
	const char *name;
	char *uuid;
};

static void take_named(void *ctx, const xmlNode *domain, const char *uuid)
{
	_auto_free_ char *name = vh_xml_text(vh_xml_child(domain, "name"));
	struct named *n = ctx;

	if (!n->uuid && name && !strcmp(name, n->name))
		n->uuid = vh_strdup(uuid);
}

char *vh_libvirt_files_uuid(const struct vh_root *root, const char *name)
{
	struct named n = { .name = name };

	VH_IGNORE(
		vh_libvirt_files_each(root, take_named, &n)); /* what is not understood is not it */
	return n.uuid;
}

static enum vh_tri ask_states(const struct vh_root *root, const char *hint, question *ask,
			      struct wanted *wanted)
{
	enum vh_tri answer = VH_NO;

	for (size_t i = 0; i < VH_COUNT(state_dirs); i++) {
		enum vh_tri one = VH_NO;

		if (is_state_dir(root, i))
			one = ask_files(root, state_dirs[i], hint, ask, wanted);
		if (one == VH_YES)
			return VH_YES;
		if (one == VH_UNKNOWN)
			answer = VH_UNKNOWN;
	}
	return answer;
}

static enum vh_tri ask_running(const struct vh_root *root, struct wanted *wanted)
{
	wanted->states = true;
	return ask_states(root, wanted->name, is_status_of, wanted);
}

enum vh_tri vh_libvirt_files_is_running(const struct vh_root *root, const char *uuid,
					char **ret_unclear)
{
	struct wanted wanted = { .name = uuid };
	enum vh_tri answer = ask_running(root, &wanted);

	if (ret_unclear)
		*ret_unclear = VH_STEAL(wanted.unclear);
	free(wanted.unclear);
	return answer;
}

int64_t vh_libvirt_files_pid(const struct vh_root *root, const char *uuid)
{
	struct wanted wanted = { .name = uuid };
	enum vh_tri answer = ask_running(root, &wanted);

	free(wanted.unclear);
	return answer == VH_YES ? wanted.pid : 0;
}

static enum vh_tri is_of_process(const xmlNode *root, struct wanted *wanted)
{
	return vh_xml_attr_is(root, "pid", wanted->name) ? VH_YES : VH_NO;
}

char *vh_libvirt_files_name(const struct vh_root *root, int64_t pid, char **ret_uuid)
{
	_auto_free_ char *number = vh_printf("%lld", (long long)pid), *text = NULL, *name = NULL;
	struct wanted wanted = { .name = number, .ret_text = &text };
	_auto_xml_ xmlDoc *doc = NULL;
	char uuid[37];

	if (ask_states(root, number, is_of_process, &wanted) != VH_YES || !text)
		return NULL;
	doc = vh_xml_parse(text, strlen(text), NULL);
	name = doc ? vh_xml_text(vh_xml_child(vh_xml_child(vh_xml_root(doc), "domain"), "name"))
		   : NULL;
	if (doc && uuid_of(vh_xml_root(doc), uuid) == 0)
		*ret_uuid = vh_strdup(uuid);
	if (name && *name)
		return VH_STEAL(name);
	return vh_strdup(*ret_uuid);
}

/* --- definitions ------------------------------------------------------------------------------ */

#define DEFINED "etc/libvirt/qemu"

/* VH_UNKNOWN: cannot be understood. */
static enum vh_tri is_domain(const char *text, const char *name, const char *uuid)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(text, strlen(text), NULL);
	const xmlNode *root = doc ? vh_xml_root(doc) : NULL;
	_auto_free_ char *value = NULL;
	char found[37];

	if (!doc)
		return VH_UNKNOWN;
	if (!vh_xml_is(root, "domain"))
		return VH_NO;
	value = vh_xml_text(vh_xml_child(root, uuid ? "uuid" : "name"));
	if (!uuid)
		return vh_streq(value, name) ? VH_YES : VH_NO;
	return value && vh_uuid_parse(value, found) == 0 && !strcmp(found, uuid) ? VH_YES : VH_NO;
}

int vh_libvirt_files_find_domain(const struct vh_root *root, const char *name, const char *uuid,
				 char **ret_xml, struct vh_error *err)
{
	_auto_names_ struct vh_names names = { 0 };
	const char *unread = NULL;
	int reason = 0;

	*ret_xml = NULL;
	if (vh_root_list(root, &names, DEFINED) < 0 && errno != ENOENT)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read '/" DEFINED "'");
	for (size_t i = 0; i < names.count; i++) {
		_auto_free_ char *text = NULL;
		enum vh_tri is = VH_UNKNOWN;

		if (!is_xml(names.name[i]))
			continue;
		errno = 0;
		text = vh_root_read(root, DEFINED "/%s", names.name[i]);
		if (text)
			is = is_domain(text, name, uuid);
		if (is == VH_YES) {
			*ret_xml = VH_STEAL(text);
			return 0;
		}
		if (is == VH_UNKNOWN && (text || errno != ENOENT)) {
			unread = names.name[i];
			reason = text ? 0 : errno;
		}
	}
	if (!unread)
		return 0;
	return vh_fail(err, VH_E_INPUT, reason, NULL, "cannot read '/" DEFINED "/%s'", unread);
}
