/* SPDX-License-Identifier: GPL-2.0-or-later */
/* loan - see loan.h. What stands in a line becomes part of a path, or of a command: it is read as
 * strictly as the configuration. */
#include "lib/state/loan.h"

#include "lib/base/unit.h"

#include "lib/base/banned.h"

static const char *const kind_names[] = {
	[VH_LOAN_UNIT] = "unit",     [VH_LOAN_CONSOLE] = "console",
	[VH_LOAN_MODULE] = "module", [VH_LOAN_FRAMEBUFFER] = "framebuffer",
	[VH_LOAN_DRIVER] = "driver",
};

const char *vh_loan_kind_str(enum vh_loan_kind kind)
{
	return kind_names[kind];
}

static void clear(struct vh_loan *l)
{
	free(l->name);
}

void vh_loans_clear(struct vh_loans *l)
{
	for (size_t i = 0; i < l->count; i++)
		clear(&l->list[i]);
	free(l->list);
	*l = (struct vh_loans){ 0 };
}

static bool is_module(enum vh_loan_kind kind)
{
	return kind == VH_LOAN_MODULE || kind == VH_LOAN_DRIVER;
}

void vh_loans_add(struct vh_loans *l, const struct vh_pci_addr *addr, enum vh_loan_kind kind,
		  const char *name)
{
	struct vh_loan *loan;

	for (size_t i = 0; i < l->count; i++)
		if ((l->list[i].kind == kind || (is_module(l->list[i].kind) && is_module(kind))) &&
		    !strcmp(l->list[i].name, name))
			return;
	loan = VH_APPEND(l->list, l->count);
	*loan = (struct vh_loan){ .addr = *addr, .kind = kind, .name = vh_strdup(name) };
}

void vh_loans_remove(struct vh_loans *l, size_t i)
{
	clear(&l->list[i]);
	memmove(&l->list[i], &l->list[i + 1], (l->count - i - 1) * sizeof(*l->list));
	l->count--;
}

void vh_loan_format(const struct vh_loan *l, struct vh_strbuf *to)
{
	vh_strbuf_addf(to, " %s %s %s %s", vh_pci_str(&l->addr).s, kind_names[l->kind], l->name,
		       l->failed ? "failed" : "out");
}

/* One component of a path, of the characters that platform devices and drivers have. */
static bool is_component(const char *s, size_t n)
{
	static const char good[] =
		"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.-";

	return n && n < 100 && *s != '.' && strspn(s, good) >= n;
}

static bool is_name(enum vh_loan_kind kind, const char *name)
{
	size_t n = strcspn(name, "@");

	switch (kind) {
	case VH_LOAN_UNIT:
		return vh_unit_is_name(name);
	case VH_LOAN_CONSOLE:
		return vh_has_prefix(name, "vtcon") && is_component(name, strlen(name));
	case VH_LOAN_FRAMEBUFFER:
		return name[n] && is_component(name, n) &&
		       is_component(name + n + 1, strlen(name + n + 1));
	case VH_LOAN_MODULE:
	case VH_LOAN_DRIVER:
		return vh_unit_is_module(name);
	}
	return false;
}

int vh_loan_parse(struct vh_loan *ret, char *text)
{
	char *addr = strsep(&text, " "), *kind = strsep(&text, " ");
	char *name = strsep(&text, " "), *state = strsep(&text, " ");
	size_t k = 0;

	if (!state || text || vh_pci_parse(addr, &ret->addr) < 0)
		return -1;
	while (k < VH_COUNT(kind_names) && strcmp(kind_names[k], kind) != 0)
		k++;
	if (k == VH_COUNT(kind_names) || !is_name((enum vh_loan_kind)k, name) ||
	    (strcmp(state, "out") != 0 && strcmp(state, "failed") != 0))
		return -1;
	ret->kind = (enum vh_loan_kind)k;
	ret->name = vh_strdup(name);
	ret->failed = !strcmp(state, "failed");
	return 0;
}
