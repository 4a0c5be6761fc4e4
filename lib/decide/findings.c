/* SPDX-License-Identifier: GPL-2.0-or-later */
/* findings - what the rules found: a list that grows, owns its texts and is cleared as a whole. */
#include "lib/decide/findings.h"

#include <stdarg.h>

#include "lib/base/banned.h"

const char *vh_severity_str(enum vh_severity s)
{
	switch (s) {
	case VH_INFO:
		return "info";
	case VH_WARNING:
		return "warning";
	case VH_ERROR:
		break;
	}
	return "error";
}

void vh_findings_clear(struct vh_findings *f)
{
	for (size_t i = 0; i < f->count; i++) {
		free(f->list[i].message);
		free(f->list[i].fix);
	}
	free(f->list);
	memset(f, 0, sizeof(*f));
}

size_t vh_findings_number(const struct vh_findings *f, enum vh_severity s)
{
	size_t n = 0;

	for (size_t i = 0; i < f->count; i++)
		n += f->list[i].severity == s;
	return n;
}

struct vh_finding *vh_finding_add(struct vh_findings *out, const struct vh_rule *r,
				  const struct vh_plan_dev *pd, const char *fix, const char *fmt,
				  ...)
{
	struct vh_finding *f = VH_APPEND(out->list, out->count);
	va_list ap;

	f->rule = r;
	f->severity = r->severity;
	f->fix = vh_strdup(fix);
	if (pd)
		vh_finding_about(f, &pd->dev->addr, pd->element ? pd->element->line : 0);
	va_start(ap, fmt);
	f->message = vh_vprintf(fmt, ap);
	va_end(ap);
	return f;
}

void vh_finding_about(struct vh_finding *f, const struct vh_pci_addr *addr, int line)
{
	f->has_addr = addr != NULL;
	if (addr)
		f->addr = *addr;
	f->line = line;
}
