/* SPDX-License-Identifier: GPL-2.0-or-later */
/* journal - see journal.h. */
#include "lib/base/journal.h"

#include <endian.h>
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/banned.h"

/* As documented: never changed, never used for something else. */
static const char *const message_ids[] = {
	[VH_EVENT_TAKEN] = "8a734e95baaa4232b78f78a169c229a7",
	[VH_EVENT_RETURNED] = "a1071dd2841e46798a93405407c4f022",
	[VH_EVENT_REFUSED] = "601179bd402d4c1f85965f0b6eeb4a57",
	[VH_EVENT_FINDING] = "fe4a233b6ee542d2aede1625466dce94",
	[VH_EVENT_FAILED] = "9f3c05abc4e84ea382df32a938093633",
};

/* A value with a newline in it is preceded by its length: it cannot begin a field of its own. */
static void add_field(struct vh_strbuf *sb, const char *key, const char *value)
{
	uint64_t length;

	if (!value)
		return;
	vh_strbuf_add(sb, key);
	if (strchr(value, '\n')) {
		length = htole64(strlen(value));
		vh_strbuf_add(sb, "\n");
		vh_strbuf_add_mem(sb, &length, sizeof(length));
	} else {
		vh_strbuf_add(sb, "=");
	}
	vh_strbuf_add(sb, value);
	vh_strbuf_add(sb, "\n");
}

void vh_journal_format(struct vh_strbuf *ret, const struct vh_entry *e)
{
	add_field(ret, "MESSAGE", e->text);
	vh_strbuf_addf(ret, "PRIORITY=%d\n", e->priority);
	add_field(ret, "SYSLOG_IDENTIFIER", "vfio-hook");
	vh_strbuf_addf(ret, "SYSLOG_FACILITY=3\n"); /* daemon */
	add_field(ret, "MESSAGE_ID", message_ids[e->event]);
	add_field(ret, "VFIO_HOOK_DOMAIN", e->domain);
	add_field(ret, "VFIO_HOOK_DEVICE", e->device);
	add_field(ret, "VFIO_HOOK_DRIVER_BEFORE", e->from);
	add_field(ret, "VFIO_HOOK_DRIVER_NOW", e->to);
	add_field(ret, "VFIO_HOOK_RULE", e->rule);
}

bool vh_journal_send(const char *socket_path, const struct vh_entry *e)
{
	_auto_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	struct sockaddr_un to = { .sun_family = AF_UNIX };
	_auto_strbuf_ struct vh_strbuf datagram = { 0 };

	if (fd < 0 || strlen(socket_path) >= sizeof(to.sun_path))
		return false;
	memcpy(to.sun_path, socket_path, strlen(socket_path) + 1);
	vh_journal_format(&datagram, e);
	return sendto(fd, datagram.data, datagram.len, MSG_NOSIGNAL, (const struct sockaddr *)&to,
		      sizeof(to)) == (ssize_t)datagram.len;
}
