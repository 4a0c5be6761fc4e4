/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * vfio-hook-qemu - libvirt's QEMU hook: NAME OPERATION SUB-OPERATION EXTRA, the domain XML on
 * standard input (libvirt docs/hooks.rst, src/util/virhook.c). No options. Only prepare and
 * start may fail: a failing reconnect or started would kill the running guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <syslog.h>
#include <time.h>

#include "lib/act/act.h"
#include "lib/base/backend.h"
#include "lib/base/child.h"
#include "lib/base/strbuf.h"
#include "lib/base/printable.h"
#include "lib/config/config-file.h"
#include "lib/config/effective.h"
#include "lib/host/libvirt-files.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

#define REFUSAL_LINES 40 /* all of it reaches the user of virsh or virt-manager */
#define NAME_SHOWN 80

struct call {
	struct vh_root root;
	struct vh_config config;
	struct vh_reporter reporter;
	struct vh_act act;
	const char *domain; /* its name as libvirt gave it */
	char *name;         /* printable */
};

/* --- telling ---------------------------------------------------------------------------------- */

/* The text of the entry is completed with the domain; its field has the name as it is. */
static void log_entry(struct vh_entry e)
{
	_auto_free_ char *shown = vh_printable(e.domain, NAME_SHOWN);
	_auto_free_ char *line = vh_printf("domain '%s': %s", shown, e.text);

	e.text = line;
	vh_backend_log(&e);
}

static void log_failure(const struct call *call, const char *text)
{
	log_entry((struct vh_entry){ VH_EVENT_FAILED, LOG_ERR, text, .domain = call->domain });
}

/* Towards a guest: off its driver, for libvirt to bind, or to ours. */
static bool is_taken(const char *from, const char *to)
{
	return to ? vh_streq(to, "vfio-pci") : !vh_streq(from, "vfio-pci");
}

static void log_transition(void *ctx, const char *domain, const struct vh_pci_addr *addr,
			   const char *from, const char *to)
{
	_auto_free_ char *text = vh_printf("%s: %s -> %s", vh_pci_str(addr).s,
					   from ? from : "no driver", to ? to : "no driver");

	(void)ctx;
	log_entry((struct vh_entry){
		.event = is_taken(from, to) ? VH_EVENT_TAKEN : VH_EVENT_RETURNED,
		.priority = LOG_INFO,
		.text = text,
		.domain = domain,
		.device = vh_pci_str(addr).s,
		.from = from ? from : "-",
		.to = to ? to : "-",
	});
}

static void log_warning(void *ctx, const char *domain, const char *text)
{
	(void)ctx;
	log_entry((struct vh_entry){ VH_EVENT_FAILED, LOG_WARNING, text, .domain = domain });
}

static void log_findings(const struct call *call, const struct vh_findings *f)
{
	static const int priority[] = { LOG_INFO, LOG_WARNING, LOG_ERR };

	for (size_t i = 0; i < f->count; i++) {
		const struct vh_finding *one = &f->list[i];
		_auto_free_ char *text = vh_printf("%s [%s]", one->message, one->rule->name);

		log_entry((struct vh_entry){
			.event = VH_EVENT_FINDING,
			.priority = priority[one->severity],
			.text = text,
			.domain = call->domain,
			.device = one->has_addr ? vh_pci_str(&one->addr).s : NULL,
			.rule = one->rule->name,
		});
	}
}

/* Appends text line by line, the later ones indented, as long as there is room. */
static void add_lines(struct vh_strbuf *sb, int *left, const char *label, const char *text)
{
	for (const char *p = text; *p && *left > 0; (*left)--) {
		size_t n = strcspn(p, "\n");
		_auto_free_ char *line = vh_strndup(p, n), *safe = vh_printable_line(line);

		vh_strbuf_addf(sb, "%s%s\n", p == text ? label : "       ", safe);
		p += n + (p[n] == '\n');
	}
}

static void keep_refusal(const struct call *call, const char *uuid, const char *text)
{
	const struct vh_refusal r = {
		.uuid = (char *)uuid, .name = call->name, .when = time(NULL), .text = (char *)text,
	};
	struct vh_store s = { .dir = -1 };

	if (vh_store_open(&s, &call->root, true, NULL) == 0)
		vh_refusal_save(&s, &r);
	vh_store_close(&s);
}

static void log_refusal(const struct call *call, size_t errors, const struct vh_error *err)
{
	_auto_free_ char *text = errors ? vh_printf("not started: %zu problem%s", errors,
						    errors == 1 ? "" : "s")
					: vh_strdup(err->what ? err->what : "not started");

	log_entry((struct vh_entry){ VH_EVENT_REFUSED, LOG_ERR, text, .domain = call->domain });
}

/* The text of a refusal; libvirt puts it behind its own line, hence the newline before. */
static int refuse(const struct call *call, const struct vh_domain *d, const struct vh_findings *f,
		  const struct vh_error *err)
{
	_auto_strbuf_ struct vh_strbuf sb = { 0 };
	size_t errors = vh_findings_number(f, VH_ERROR);
	int left = REFUSAL_LINES - 1;

	if (!errors) {
		vh_strbuf_addf(&sb, "\nvfio-hook: '%s' not started: ", call->name);
		add_lines(&sb, &left, "", err->what ? err->what : "unknown error");
		if (err->fix)
			add_lines(&sb, &left, "  fix: ", err->fix);
	} else {
		vh_strbuf_addf(&sb, "\nvfio-hook: '%s' not started: %zu problem%s\n", call->name,
			       errors, errors == 1 ? "" : "s");
	}
	for (size_t i = 0; i < f->count; i++) {
		const struct vh_finding *one = &f->list[i];
		_auto_free_ char *text = vh_printf("%s [%s]", one->message, one->rule->name);

		if (one->severity != VH_ERROR)
			continue;
		add_lines(&sb, &left, "error: ", text);
		if (one->fix)
			add_lines(&sb, &left, "  fix: ", one->fix);
	}
	(void)!write(STDERR_FILENO, sb.data, sb.len); /* nobody there to be told is no error */
	if (d && d->uuid)
		keep_refusal(call, d->uuid, sb.data + 1);
	log_refusal(call, errors, err);
	log_findings(call, f);
	return 1;
}

/* --- input ------------------------------------------------------------------------------------- */

static int read_xml(struct vh_strbuf *xml, struct vh_error *err)
{
	int rc = vh_strbuf_read_fd(xml, STDIN_FILENO, VH_XML_MAX);

	if (rc < 0)
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read the domain XML");
	if (rc > 0)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "the domain XML is larger than %u MiB",
			       VH_XML_MAX >> 20);
	if (!xml->len)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "there is no domain XML on standard input");
	return 0;
}

/* An invalid configuration stops passthrough, and nothing else. */
static bool is_passthrough(const struct call *call, const struct vh_domain *d)
{
	for (size_t i = 0; i < d->networks.count; i++)
		if (vh_network_is_hostdev(&call->root, d->networks.name[i]) != VH_NO)
			return true;
	return vh_domain_has_pci(d);
}

static int read_config(struct call *call, const struct vh_domain *d, struct vh_error *err)
{
	int rc = vh_config_file_read(&call->config, &call->root, err);
	struct vh_config effective;

	if (rc < 0 && !is_passthrough(call, d)) {
		log_failure(call, err->what);
		vh_error_clear(err);
		vh_config_defaults(&call->config);
		call->config.memory = VH_MEMORY_OFF; /* vDPA: the file may allow it */
		rc = 0;
	}
	effective = vh_effective_for(&call->config, d->name, d->uuid, d->policy.require_peers);
	call->act.deadline = vh_now_ms() + effective.timeout_call;
	return rc;
}

/* --- operations ---------------------------------------------------------------------------------- */

typedef int operation(struct call *call);

static int may_refuse(struct call *call,
		      int (*run)(const struct vh_act *act, const struct vh_domain *d,
				 struct vh_findings *out, struct vh_error *err))
{
	_auto_findings_ struct vh_findings findings = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	if (read_xml(&xml, &err) < 0)
		return refuse(call, NULL, &findings, &err);
	d = vh_domain_parse(xml.data, xml.len, &err);
	if (!d || read_config(call, d, &err) < 0 || run(&call->act, d, &findings, &err) < 0)
		return refuse(call, d, &findings, &err);
	if (d->uuid && vh_store_open(&s, &call->root, false, NULL) == 0)
		vh_refusal_forget(&s, d->uuid);
	vh_store_close(&s);
	log_findings(call, &findings);
	return 0;
}

static int prepare_begin(struct call *call)
{
	return may_refuse(call, vh_prepare);
}

static int start_begin(struct call *call)
{
	return may_refuse(call, vh_recheck);
}

static int mark_started(const struct vh_act *act, const char *uuid, const struct vh_strbuf *xml,
			struct vh_error *err)
{
	_auto_(vh_domain) struct vh_domain *d = vh_domain_parse(xml->data, xml->len, NULL);

	return vh_started(act, uuid, d, err);
}

static int release(const struct vh_act *act, const char *uuid, const struct vh_strbuf *xml,
		   struct vh_error *err)
{
	(void)xml; /* the claim decides: devices may have come and gone while the guest ran */
	return vh_release(act, uuid, err);
}

/* What libvirt does not want to hear of goes to the log. */
static int never_fails(struct call *call,
		       int (*run)(const struct vh_act *act, const char *uuid,
				  const struct vh_strbuf *xml, struct vh_error *err))
{
	_auto_strbuf_ struct vh_strbuf xml = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_config effective;
	char uuid[37];

	/* the claim decides here, not the policy: defaults do for an invalid configuration */
	if (vh_config_file_read(&call->config, &call->root, &err) < 0) {
		log_failure(call, err.what);
		vh_config_defaults(&call->config);
	}
	vh_error_clear(&err);
	if (read_xml(&xml, &err) == 0 && vh_domain_parse_uuid(xml.data, xml.len, uuid, &err) == 0) {
		effective = vh_effective_for(&call->config, call->domain, uuid, false);
		call->act.config = &effective;
		call->act.deadline = vh_now_ms() + effective.timeout_call;
		if (run(&call->act, uuid, &xml, &err) == 0)
			return 0;
	}
	log_failure(call, err.what);
	return 0;
}

static int started_begin(struct call *call)
{
	return never_fails(call, mark_started);
}

static int release_end(struct call *call)
{
	if (vh_store_is_idle(&call->root))
		return 0;
	return never_fails(call, release);
}

/* All other operations end at once with 0, and so will those that libvirt adds. */
static const struct {
	const char *name, *sub;
	operation *run;
	bool may_fail;
} operations[] = {
	{ "prepare", "begin", prepare_begin, true },
	{ "start", "begin", start_begin, true },
	{ "started", "begin", started_begin, false },
	{ "release", "end", release_end, false },
};

/*
 * Nothing of who called us: no variable that a library or modprobe would heed, no descriptor.
 * Descriptors 0 to 2 must be open, or a file of ours would become one of them. Standard output
 * is thrown away: in `migrate` and `restore` it would replace the domain.
 */
static void secure_process(void)
{
	int null;

	clearenv();
	vh_child_close_others(NULL, 0);
	null = open("/dev/null", O_RDWR);
	while (null >= 0 && null < 3)
		null = open("/dev/null", O_RDWR);
	if (null >= 0) {
		dup2(null, STDOUT_FILENO);
		close(null);
	}
	signal(SIGPIPE, SIG_IGN);
	signal(SIGCHLD, SIG_DFL);
	umask(077);
}

int main(int argc, char **argv)
{
	struct call call = {
		.reporter = { .transition = log_transition, .warning = log_warning },
	};
	_auto_error_ struct vh_error err = { 0 };
	size_t op = 0;
	int rc;

	secure_process();
	if (argc < 4) {
		static const char usage[] =
			"vfio-hook-qemu: is called by libvirt: NAME OPERATION SUB-OPERATION EXTRA\n"
			"  fix: to check a domain, type 'vfio-hook check FILE'\n";

		(void)!write(STDERR_FILENO, usage, sizeof(usage) - 1);
		return 1;
	}
	while (op < VH_COUNT(operations) && (strcmp(argv[2], operations[op].name) ||
					     strcmp(argv[3], operations[op].sub)))
		op++;
	/* without root this is a session daemon: it passes nothing through */
	if (op == VH_COUNT(operations) || !vh_backend_privileged())
		return 0;
	vh_oom_exit = operations[op].may_fail ? 1 : 0;
	call.domain = argv[1];
	call.name = vh_printable(argv[1], NAME_SHOWN);
	vh_config_defaults(&call.config);
	if (vh_backend_open(&call.root, &err) < 0) {
		log_failure(&call, err.what);
		return operations[op].may_fail ? 1 : 0;
	}
	call.act = (struct vh_act){
		.root = &call.root, .config = &call.config, .reporter = &call.reporter,
	};
	rc = operations[op].run(&call);
	vh_config_clear(&call.config);
	vh_root_close(&call.root);
	free(call.name);
	return rc;
}
