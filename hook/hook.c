/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hook - vfio-hook-qemu, libvirt's QEMU hook: NAME OPERATION SUB-OPERATION EXTRA, the domain XML on
 * standard input (libvirt docs/hooks.rst, src/util/virhook.c). No options. Only prepare and
 * start may fail: a failing reconnect or started would kill the running guest.
 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>

#include "hook/received.h"
#include "hook/tell.h"
#include "lib/base/backend.h"
#include "lib/base/child.h"
#include "lib/base/printable.h"
#include "lib/config/config-file.h"
#include "lib/config/effective.h"
#include "lib/host/libvirt/libvirt-files.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

/* --- input ------------------------------------------------------------------------------------- */

/* An invalid configuration stops passthrough, and nothing else. */
static bool is_passthrough(const struct vh_call *call, const struct vh_domain *d)
{
	for (size_t i = 0; i < d->networks.count; i++)
		if (vh_libvirt_files_is_pool(&call->root, d->networks.name[i]) != VH_NO)
			return true;
	return vh_domain_has_pci(d);
}

static int read_config(struct vh_call *call, const struct vh_domain *d, struct vh_error *err)
{
	int rc = vh_config_file_read(&call->config, &call->root, err);
	struct vh_config effective;

	if (rc < 0 && !is_passthrough(call, d)) {
		vh_tell_failure(call, err->what);
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

typedef int operation(struct vh_call *call);

/* What is not understood, and has nothing of passthrough in it, is none of our business. */
static int not_judged(const struct vh_call *call, const struct vh_error *err)
{
	_auto_free_ char *text = vh_printf("nothing is passed through, and not judged is: %s",
					   err->what);

	vh_tell_warning(NULL, call->domain, text);
	return 0;
}

static int may_refuse(struct vh_call *call,
		      int (*run)(const struct vh_act *act, const struct vh_domain *d,
				 struct vh_findings *out, struct vh_error *err))
{
	_auto_received_ struct vh_received in = { 0 };
	_auto_findings_ struct vh_findings findings = { 0 };
	_auto_(vh_domain) struct vh_domain *d = NULL;
	_auto_error_ struct vh_error err = { 0 };
	struct vh_store s = { .dir = -1 };

	if (vh_received_read(&in, &err) == 0)
		d = vh_domain_parse(in.xml.data, in.xml.len, &err);
	if (!d && !vh_received_may_pass(&in, &call->root))
		return not_judged(call, &err);
	if (!d || read_config(call, d, &err) < 0 || run(&call->act, d, &findings, &err) < 0)
		return vh_tell_refusal(call, d, &findings, &err);
	if (d->uuid && vh_store_open(&s, &call->root, false, NULL) == 0)
		vh_refusal_forget(&s, d->uuid);
	vh_store_close(&s);
	vh_tell_findings(call, &findings);
	return 0;
}

static int prepare_begin(struct vh_call *call)
{
	return may_refuse(call, vh_prepare);
}

static int start_begin(struct vh_call *call)
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
static int never_fails(struct vh_call *call,
		       int (*run)(const struct vh_act *act, const char *uuid,
				  const struct vh_strbuf *xml, struct vh_error *err))
{
	_auto_received_ struct vh_received in = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	struct vh_config effective;
	char uuid[37];

	/* the claim decides here, not the policy: defaults do for an invalid configuration */
	if (vh_config_file_read(&call->config, &call->root, &err) < 0) {
		vh_tell_failure(call, err.what);
		vh_config_defaults(&call->config);
	}
	vh_error_clear(&err);
	if (vh_received_read(&in, &err) == 0 &&
	    vh_domain_parse_uuid(in.xml.data, in.xml.len, uuid, &err) == 0) {
		effective = vh_effective_for(&call->config, call->domain, uuid, false);
		call->act.config = &effective;
		call->act.deadline = vh_now_ms() + effective.timeout_call;
		if (run(&call->act, uuid, &in.xml, &err) == 0)
			return 0;
	}
	vh_tell_failure(call, err.what);
	return 0;
}

static int started_begin(struct vh_call *call)
{
	return never_fails(call, mark_started);
}

static int release_end(struct vh_call *call)
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
	signal(SIGXFSZ, SIG_IGN); /* RLIMIT_FSIZE: the write fails, and is told */
	signal(SIGCHLD, SIG_DFL);
	umask(077);
}

int main(int argc, char **argv)
{
	struct vh_call call = {
		.reporter = { .transition = vh_tell_transition, .warning = vh_tell_warning },
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
	while (op < VH_COUNT(operations) &&
	       (strcmp(argv[2], operations[op].name) || strcmp(argv[3], operations[op].sub)))
		op++;
	/* without root this is a session daemon: it passes nothing through */
	if (op == VH_COUNT(operations) || !vh_backend_privileged())
		return 0;
	vh_oom_exit = operations[op].may_fail ? 1 : 0;
	call.domain = argv[1];
	call.name = vh_printable(argv[1], VH_TELL_NAME);
	vh_config_defaults(&call.config);
	if (vh_backend_open(&call.root, true, &err) < 0) {
		vh_tell_failure(&call, err.what);
		return operations[op].may_fail ? 1 : 0;
	}
	call.act = (struct vh_act){
		.root = &call.root,
		.config = &call.config,
		.reporter = &call.reporter,
	};
	rc = operations[op].run(&call);
	vh_config_clear(&call.config);
	vh_root_close(&call.root);
	free(call.name);
	return rc;
}
