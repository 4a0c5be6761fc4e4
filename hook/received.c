/* SPDX-License-Identifier: GPL-2.0-or-later */
/* received - reads all there is, and keeps what a domain can be long. */
#include "hook/received.h"

#include <errno.h>

#include "lib/domain/domain.h"
#include "lib/domain/glance.h"
#include "lib/host/libvirt/libvirt-files.h"

#include "lib/base/banned.h"

void vh_received_clear(struct vh_received *r)
{
	vh_strbuf_clear(&r->xml);
}

/* The bytes read, 0 at the end; -1 with errno set. */
static ssize_t read_some(char *to, size_t size)
{
	ssize_t n;

	do
		n = read(STDIN_FILENO, to, size);
	while (n < 0 && errno == EINTR);
	return n;
}

/* What is too much is looked through part by part, each with the end of the one before. */
static int look_through(struct vh_received *r)
{
	char part[VH_GLANCE_OVERLAP + 65536];
	size_t kept = VH_GLANCE_OVERLAP;
	ssize_t n;

	memcpy(part, r->xml.data + r->xml.len - kept, kept);
	while ((n = read_some(part + kept, sizeof(part) - kept)) > 0) {
		size_t len = kept + (size_t)n;

		r->whole = false;
		r->words = r->words || vh_glance_has_word(part, len, false);
		kept = VH_GLANCE_OVERLAP;
		memmove(part, part + len - kept, kept);
	}
	if (!r->whole)
		r->words = r->words || vh_glance_has_word(part, kept, true) ||
			   vh_glance_has_word(r->xml.data, r->xml.len, false);
	return n < 0 ? -1 : 0;
}

static int read_all(struct vh_received *r)
{
	char part[16384];
	ssize_t n = 1;

	while (r->xml.len < VH_XML_MAX && n > 0) {
		size_t room = VH_XML_MAX - r->xml.len;

		n = read_some(part, room < sizeof(part) ? room : sizeof(part));
		if (n > 0)
			vh_strbuf_add_mem(&r->xml, part, (size_t)n);
	}
	if (n > 0)
		n = look_through(r);
	return n < 0 ? -1 : 0;
}

int vh_received_read(struct vh_received *ret, struct vh_error *err)
{
	ret->whole = true;
	if (read_all(ret) < 0) {
		ret->words = true; /* nobody knows what was to come */
		return vh_fail(err, VH_E_SYS, errno, NULL, "cannot read the domain XML");
	}
	if (!ret->whole)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "the domain XML is larger than %u MiB",
			       VH_XML_MAX >> 20);
	if (!ret->xml.len)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "there is no domain XML on standard input");
	return 0;
}

bool vh_received_may_pass(const struct vh_received *r, const struct vh_root *root)
{
	_auto_names_ struct vh_names networks = { 0 };
	bool may = r->words;

	if (!may && r->whole && r->xml.len)
		may = vh_glance_may_pass(r->xml.data, r->xml.len, &networks);
	for (size_t i = 0; i < networks.count && !may; i++)
		may = vh_libvirt_files_is_pool(root, networks.name[i]) != VH_NO;
	return may;
}
