/* SPDX-License-Identifier: GPL-2.0-or-later */
/* tell - see tell.h. */
#include "hook/tell.h"

#include <syslog.h>
#include <time.h>

#include "lib/base/backend.h"
#include "lib/base/printable.h"
#include "lib/state/refusal.h"

#include "lib/base/banned.h"

#define REFUSAL_LINES 40 /* all of it reaches the user of virsh or virt-manager */

/* The text of the entry is completed with the domain; its field has the name as it is. */
static void log_entry(struct vh_entry e)
{
	_auto_free_ char *shown = vh_printable(e.domain, VH_TELL_NAME);
	_auto_free_ char *line = vh_printf("domain '%s': %s", shown, e.text);

	e.text = line;
	vh_backend_log(&e);
}

void vh_tell_failure(const struct vh_call *call, const char *text)
{
	log_entry((struct vh_entry){ VH_EVENT_FAILED, LOG_ERR, text, .domain = call->domain });
}

/* vfio-pci, or the one that is made for the device (mlx5_vfio_pci). */
static bool is_vfio(const char *driver)
{
	return driver && strstr(driver, "vfio");
}

/* Towards a guest: off its driver, for libvirt to bind, or to one of VFIO. */
static bool is_taken(const char *from, const char *to)
{
	return to ? is_vfio(to) : !is_vfio(from);
}

void vh_tell_transition(void *ctx, const char *domain, const struct vh_pci_addr *addr,
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

void vh_tell_warning(void *ctx, const char *domain, const char *text)
{
	(void)ctx;
	log_entry((struct vh_entry){ VH_EVENT_FAILED, LOG_WARNING, text, .domain = domain });
}

void vh_tell_findings(const struct vh_call *call, const struct vh_findings *f)
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

static void keep_refusal(const struct vh_call *call, const char *uuid, const char *text)
{
	const struct vh_refusal r = {
		.uuid = (char *)uuid,
		.name = call->name,
		.when = time(NULL),
		.text = (char *)text,
	};
	struct vh_store s = { .dir = -1 };

	if (vh_store_open(&s, &call->root, true, NULL) == 0)
		vh_refusal_save(&s, &r);
	vh_store_close(&s);
}

static void log_refusal(const struct vh_call *call, size_t errors, const struct vh_error *err)
{
	_auto_free_ char *text = errors ? vh_printf("not started: %zu problem%s", errors,
						    errors == 1 ? "" : "s")
					: vh_strdup(err->what ? err->what : "not started");

	log_entry((struct vh_entry){ VH_EVENT_REFUSED, LOG_ERR, text, .domain = call->domain });
}

/* The text of a refusal; libvirt puts it behind its own line, hence the newline before. */
int vh_tell_refusal(const struct vh_call *call, const struct vh_domain *d,
		    const struct vh_findings *f, const struct vh_error *err)
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
	(void)!write(STDERR_FILENO, sb.data, sb.len); /* nobody there to read it: fine */
	if (d && d->uuid)
		keep_refusal(call, d->uuid, sb.data + 1);
	log_refusal(call, errors, err);
	vh_tell_findings(call, f);
	return 1;
}
