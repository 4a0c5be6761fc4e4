/* SPDX-License-Identifier: GPL-2.0-or-later */
/* cmd-why - one domain on one screen: its last refusal and its last start, what changed since, what
 * the journal has, and whether it would start now. Reads only. */
#include <fcntl.h>
#include <sys/stat.h>
#include <time.h>

#include "cli/boot/boot.h"
#include "cli/commands/commands.h"
#include "cli/devices/pci-ids.h"
#include "cli/input.h"
#include "cli/judge.h"
#include "cli/output.h"
#include "cli/progress.h"
#include "cli/suggest.h"
#include "lib/base/printable.h"
#include "lib/base/shell.h"
#include "lib/base/uuid.h"
#include "lib/case/expect.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/state/record.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

#define WIDTH 16  /* of the titles */
#define LINES "8" /* of the journal */

struct why {
	struct vh_cli *cli;
	struct vh_store store;
	char *name, *uuid;         /* printable; NULL: not known */
	char *xml;                 /* as libvirt has it defined, or NULL */
	struct vh_refusal refusal; /* uuid NULL: none */
	struct vh_claim *claim;    /* or NULL */
	struct vh_identity *last;  /* the devices of its last start, or NULL */
	size_t changes;
};

static void why_clear(struct why *w)
{
	vh_store_close(&w->store);
	free(w->name);
	free(w->uuid);
	free(w->xml);
	vh_refusal_clear(&w->refusal);
	vh_claim_free(w->claim);
	vh_identity_free(w->last);
}

/* --- which domain ----------------------------------------------------------------------------- */

static void take_names(struct why *w, const char *name, const char *uuid)
{
	if (!w->name)
		w->name = vh_strdup(name);
	if (!w->uuid)
		w->uuid = vh_strdup(uuid);
}

/* The refusal or the claim of a domain that only its name is known of. */
static void look_for_uuid(struct why *w)
{
	_auto_names_ struct vh_names owners = { 0 }, refused = { 0 };

	VH_IGNORE(vh_store_list(&w->store, &owners));
	for (size_t i = 0; i < owners.count && !w->uuid; i++) {
		struct vh_claim *c = NULL;

		if (vh_store_load(&w->store, owners.name[i], &c, NULL) == 0 && c &&
		    vh_streq(c->name, w->name) && !vh_streq(c->owner, VH_MANUAL))
			w->uuid = vh_strdup(c->owner);
		vh_claim_free(c);
	}
	VH_IGNORE(vh_refusal_list(&w->store, &refused));
	for (size_t i = 0; i < refused.count && !w->uuid; i++) {
		struct vh_refusal r = { 0 };

		if (vh_refusal_load(&w->store, refused.name[i], &r, NULL) == 0 &&
		    vh_streq(r.name, w->name))
			w->uuid = vh_strdup(r.uuid);
		vh_refusal_clear(&r);
	}
}

/* A file is judged by `check`; where its domain is known, this is how to ask about that. */
static int is_file(const char *arg, struct vh_error *err)
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;
	_auto_free_ char *word = NULL, *file = vh_shell_operand(arg), *fix = NULL;

	if (vh_input_read(&xml, arg, VH_XML_MAX, NULL) == 0)
		d = vh_domain_parse(xml.data, xml.len, NULL);
	word = d && d->name ? vh_shell_domain(d->name, d->uuid) : NULL;
	fix = vh_printf("vfio-hook why %s   # by its name\nvfio-hook check %s   # judges the file",
			word ? word : "DOMAIN", file);
	return vh_fail(err, VH_E_INPUT, 0, fix,
		       "this is a file; 'why' takes the name or the UUID of a domain");
}

/* Whatever has a name that is close: definitions, and what the state has. */
static int unknown(const struct why *w, const char *arg, struct vh_error *err)
{
	_auto_names_ struct vh_names files = { 0 }, refused = { 0 };
	struct vh_suggest s = { .word = arg };
	_auto_free_ char *hint = NULL;
	struct stat st;

	if (lstat(arg, &st) == 0 && S_ISREG(st.st_mode))
		return is_file(arg, err);
	VH_IGNORE(vh_root_list(&w->cli->root, &files, "etc/libvirt/qemu"));
	for (size_t i = 0; i < files.count; i++) {
		char *dot = strrchr(files.name[i], '.');

		if (!vh_streq(dot, ".xml"))
			continue;
		*dot = 0;
		vh_suggest_add(&s, files.name[i]);
	}
	VH_IGNORE(vh_refusal_list(&w->store, &refused));
	for (size_t i = 0; i < refused.count; i++) {
		struct vh_refusal r = { 0 };

		if (vh_refusal_load(&w->store, refused.name[i], &r, NULL) == 0 && r.name)
			vh_suggest_add(&s, r.name);
		vh_refusal_clear(&r);
	}
	hint = vh_suggest_text(&s, "");
	return vh_fail(err, VH_E_INPUT, 0,
		       "virsh list --all    # the domains that are defined\n"
		       "vfio-hook status    # those that were refused, or have devices",
		       "no domain of this name is defined in /etc/libvirt/qemu, and none has left a "
		       "claim, a refusal or a record here%s",
		       hint);
}

static int find(struct why *w, const char *arg, struct vh_error *err)
{
	const struct vh_root *root = &w->cli->root;
	_auto_free_ char *shown = vh_printable(arg, 256);
	_auto_(vh_domain) struct vh_domain *d = NULL;
	char uuid[37];
	bool is_uuid = vh_uuid_parse(arg, uuid) == 0;

	if (!*arg)
		return vh_fail(err, VH_E_INPUT, 0,
			       "vfio-hook status   # the domains that were refused, or have devices",
			       "the name of the domain is empty");
	if (is_uuid)
		w->uuid = vh_strdup(uuid);
	else
		w->name = vh_strdup(shown);
	/* what may not be read is not known */
	VH_IGNORE(vh_libvirt_files_find_domain(root, arg, is_uuid ? uuid : NULL, &w->xml, NULL));
	if (w->xml)
		d = vh_domain_parse(w->xml, strlen(w->xml), NULL);
	if (d)
		take_names(w, d->name, d->uuid);
	if (!w->uuid)
		look_for_uuid(w);
	VH_IGNORE(w->uuid ? vh_record_load(root, w->uuid, &w->last, NULL)
			  : vh_record_find(root, shown, &w->last, NULL));
	if (w->last)
		take_names(w, w->last->name, w->last->uuid);
	if (w->uuid && (vh_refusal_load(&w->store, w->uuid, &w->refusal, err) < 0 ||
			vh_store_load(&w->store, w->uuid, &w->claim, err) < 0))
		return -1;
	if (w->refusal.uuid)
		take_names(w, w->refusal.name, w->refusal.uuid);
	if (w->claim)
		take_names(w, w->claim->name, w->claim->owner);
	if (w->xml || w->last || w->refusal.uuid || w->claim)
		return 0;
	return unknown(w, arg, err);
}

/* --- what is shown ---------------------------------------------------------------------------- */

static void put(const char *title, const char *text)
{
	_auto_free_ char *first = vh_printf("  %-*s", WIDTH, title);

	vh_put_lines(stdout, first, text);
}

/* When a file was written; 0: it is not there, or may not be looked at. */
static int64_t written(const struct why *w, const char *path)
{
	struct stat st;

	return fstatat(w->cli->root.fd, path, &st, AT_SYMLINK_NOFOLLOW) < 0 ? 0 : st.st_mtime;
}

static void put_refusal(const struct why *w)
{
	_auto_free_ char *when = NULL, *text = NULL;

	if (!w->refusal.uuid) {
		put("last refusal", "none since it was last started");
		return;
	}
	when = vh_output_time(w->refusal.when);
	text = vh_printf("%s\n%s", when, w->refusal.text);
	put("last refusal", text);
}

/* The moment from which changes count; 0: it never ran. */
static int64_t put_start(const struct why *w)
{
	_auto_free_ char *path = NULL, *when = NULL, *text = NULL;
	int64_t at = w->claim ? w->claim->since : 0;

	if (!at && w->last) {
		path = vh_printf(VH_RECORD_DIR "/%s.devices", w->last->uuid);
		at = written(w, path);
	}
	if (!at) {
		put("last start", "not known");
		return 0;
	}
	when = vh_output_time(at);
	text = vh_printf("%s%s", when,
			 !w->claim       ? ""
			 : w->claim->ran ? ": its devices are still held"
					 : ": it has not run");
	put("last start", text);
	return at;
}

static void put_change(struct why *w, const char *text)
{
	put(w->changes++ ? "" : "changed since", text);
}

static void put_device(struct why *w, const struct vh_sighting *old, const struct vh_sighting *now)
{
	struct vh_pci_dev was = { .vendor = old->id.vendor, .device = old->id.device };
	struct vh_pci_dev is = now ? (struct vh_pci_dev){ .vendor = now->id.vendor,
							  .device = now->id.device }
				   : (struct vh_pci_dev){ 0 };
	_auto_free_ char *before = vh_pci_ids_device(w->cli->names, &was);
	_auto_free_ char *after = now ? vh_pci_ids_device(w->cli->names, &is) : NULL;
	_auto_free_ char *text = NULL;

	text = vh_printf("%s: was %s, %s%s", vh_pci_str(&old->addr).s, before,
			 after ? "is now " : "is not there now", after ? after : "");
	put_change(w, text);
}

static void put_devices(struct why *w)
{
	_auto_(vh_identity) struct vh_identity *now = NULL;
	struct vh_pci_addr *addrs = NULL;
	size_t n = 0;

	for (size_t i = 0; w->last && i < w->last->count; i++)
		*VH_APPEND(addrs, n) = w->last->devs[i].addr;
	if (n)
		now = vh_expect_see(&w->cli->root, w->last->uuid, w->last->name, addrs, n, NULL);
	for (size_t i = 0; i < n; i++) {
		const struct vh_sighting *is = vh_identity_find(now, &addrs[i]);

		if (!is || !vh_pci_is_same_make(&w->last->devs[i], is))
			put_device(w, &w->last->devs[i], is);
	}
	free(addrs);
}

static void put_file(struct why *w, const char *path, const char *what, int64_t since)
{
	int64_t at = written(w, path);
	_auto_free_ char *when = NULL, *text = NULL;

	if (at <= since)
		return;
	when = vh_output_time(at);
	text = vh_printf("%s, %s", what, when);
	put_change(w, text);
}

static void put_boot(struct why *w, int64_t since)
{
	struct timespec up;
	int64_t at;
	_auto_free_ char *when = NULL, *text = NULL;

	if (clock_gettime(CLOCK_BOOTTIME, &up) < 0)
		return;
	at = time(NULL) - up.tv_sec;
	if (at <= since)
		return;
	when = vh_output_time(at);
	text = vh_printf("the host was booted, %s", when);
	put_change(w, text);
}

static void put_changes(struct why *w, int64_t since)
{
	_auto_free_ char *path = w->name ? vh_printf("etc/libvirt/qemu/%s.xml", w->name) : NULL;

	if (!since)
		since = w->refusal.when;
	if (!since)
		return;
	put_devices(w);
	if (path && !strchr(w->name, '/'))
		put_file(w, path, "the definition of the domain", since);
	put_file(w, VH_CONFIG_PATH, "/" VH_CONFIG_PATH, since);
	put_boot(w, since);
	if (!w->changes)
		put_change(w, "nothing: devices, definition, configuration and boot are the same");
}

/* --- the journal, and now --------------------------------------------------------------------- */

static void put_journal(const struct why *w)
{
	_auto_free_ char *match = vh_printf("VFIO_HOOK_DOMAIN=%s", w->name);
	static const char lines[] = "--lines=" LINES;
	const char *argv[] = { "/usr/bin/journalctl",
			       "--quiet",
			       "--no-pager",
			       "--output=short-iso",
			       lines,
			       match,
			       NULL };
	_auto_strbuf_ struct vh_strbuf text = { 0 };

	if (!w->name || !vh_root_exists(&w->cli->root, "usr/bin/journalctl"))
		return;
	if (vh_run(argv, &text) != 0)
		put("journal", "not readable");
	else if (text.len)
		put("journal", text.data);
}

static int put_now(struct why *w)
{
	_auto_judgement_ struct vh_judgement j = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *word = NULL, *text = NULL;
	struct vh_config config;
	const char *problem;
	const struct vh_findings *f = &j.findings;
	struct vh_progress progress;
	int rc = VH_EXIT_USAGE, judged;

	if (!w->xml) {
		put("now", "not checked: /etc/libvirt/qemu has no definition of it that can be read\n"
			   "virsh dumpxml --inactive DOMAIN | vfio-hook check -");
		return VH_EXIT_OK;
	}
	if (vh_judge_config(w->cli, &config, &problem) < 0)
		return rc;
	word = vh_shell_domain(w->name, w->uuid);
	vh_progress_read(&progress, &w->cli->root);
	judged = vh_judge_domain(&j, &w->cli->root, &config, w->xml, strlen(w->xml), &err);
	vh_progress_end(&progress);
	if (judged < 0) {
		vh_error_report(w->cli, w->name, &err);
	} else {
		rc = vh_judge_exit(w->cli, f);
		text = vh_printf("%s%s%s%s%s\nvfio-hook check %s",
				 rc ? "would be refused" : "would start", rc ? " [" : "",
				 rc ? f->list[0].rule->name : "", rc ? "]: " : "",
				 rc ? f->list[0].message : "", word);
		put("now", text);
	}
	vh_judge_clear(&j);
	vh_config_clear(&config);
	return rc;
}

int vh_cmd_why(struct vh_cli *cli, char **args, int count)
{
	_auto_error_ struct vh_error err = { 0 };
	struct why w = { .cli = cli, .store = { .dir = -1 } };
	int rc = VH_EXIT_USAGE;

	(void)count;
	if (vh_store_open(&w.store, &cli->root, false, &err) < 0 || find(&w, args[0], &err) < 0) {
		vh_error_report(cli, args[0], &err);
	} else {
		vh_put_styled(cli, stdout, VH_HEAD, w.name ? w.name : "?", 0);
		printf(" (%s)\n", w.uuid ? w.uuid : "no UUID is known");
		put_refusal(&w);
		put_changes(&w, put_start(&w));
		put_journal(&w);
		rc = put_now(&w);
	}
	why_clear(&w);
	return rc;
}
