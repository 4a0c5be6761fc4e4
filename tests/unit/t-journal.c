/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-journal - what journald gets, through a socket of the test's own. */
#include <sys/socket.h>
#include <sys/un.h>

#include "lib/base/journal.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define HEAD "SYSLOG_IDENTIFIER=vfio-hook\nSYSLOG_FACILITY=3\n"

static const struct {
	const char *name;
	struct vh_entry entry;
	const char *want;
} cases[] = {
	{ "a device that is taken",
	  { VH_EVENT_TAKEN, 6, "domain 'vm': x", "vm", "0000:03:00.0", "nvme", "-", NULL },
	  "MESSAGE=domain 'vm': x\nPRIORITY=6\n" HEAD "MESSAGE_ID=8a734e95baaa4232b78f78a169c229a7\n"
	  "VFIO_HOOK_DOMAIN=vm\nVFIO_HOOK_DEVICE=0000:03:00.0\nVFIO_HOOK_DRIVER_BEFORE=nvme\n"
	  "VFIO_HOOK_DRIVER_NOW=-\n" },
	{ "a finding without a device",
	  { VH_EVENT_FINDING, 4, "x [balloon]", "vm", NULL, NULL, NULL, "balloon" },
	  "MESSAGE=x [balloon]\nPRIORITY=4\n" HEAD "MESSAGE_ID=fe4a233b6ee542d2aede1625466dce94\n"
	  "VFIO_HOOK_DOMAIN=vm\nVFIO_HOOK_RULE=balloon\n" },
	{ "nothing but a text",
	  { VH_EVENT_FAILED, 3, "x", NULL, NULL, NULL, NULL, NULL },
	  "MESSAGE=x\nPRIORITY=3\n" HEAD "MESSAGE_ID=9f3c05abc4e84ea382df32a938093633\n" },
};

/* A receiver at a new path. */
static int receiver(const char *path)
{
	struct sockaddr_un at = { .sun_family = AF_UNIX };
	int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	snprintf(at.sun_path, sizeof(at.sun_path), "%s", path);
	return fd >= 0 && bind(fd, (struct sockaddr *)&at, sizeof(at)) == 0 ? fd : -1;
}

static void test_socket(const char *path)
{
	static char got[65536];
	_auto_close_ int fd = receiver(path);

	if (!ok(fd >= 0, "a socket"))
		return;
	for (size_t i = 0; i < VH_COUNT(cases); i++) {
		bool sent = vh_journal_send(path, &cases[i].entry);
		ssize_t n = recv(fd, got, sizeof(got) - 1, 0);

		got[n < 0 ? 0 : n] = 0;
		if (!ok(sent && !strcmp(got, cases[i].want), "%s", cases[i].name))
			diag("have: %s", got);
	}
}

/* A name of a domain may hold a newline; what follows it is no field. */
static void test_newline(void)
{
	static const char want[] = "VFIO_HOOK_DOMAIN\n\x0d\0\0\0\0\0\0\0vm\nPRIORITY=0\n";
	struct vh_entry e = { VH_EVENT_REFUSED, 3, "x", .domain = "vm\nPRIORITY=0" };
	_auto_strbuf_ struct vh_strbuf sb = { 0 };

	vh_journal_format(&sb, &e);
	ok(sb.len > sizeof(want) &&
		   !memcmp(sb.data + sb.len - (sizeof(want) - 1), want, sizeof(want) - 1),
	   "a newline in a name makes no field");
}

/* Nobody may be waited for. */
static void test_full(const char *path)
{
	_auto_close_ int fd = receiver(path);
	bool sent = true;
	int n = 0;

	for (; sent && n < 100000; n++)
		sent = vh_journal_send(path, &cases[0].entry);
	ok(fd >= 0 && n > 1 && !sent, "a journal that does not read is not waited for");
}

int main(void)
{
	char dir[] = "/tmp/vfio-hook-t-journal.XXXXXX";
	_auto_free_ char *path = NULL, *full = NULL, *none = NULL, *endless = NULL;

	if (!ok(mkdtemp(dir) != NULL, "a folder"))
		return tap_done();
	path = vh_printf("%s/socket", dir);
	full = vh_printf("%s/full", dir);
	none = vh_printf("%s/none", dir);
	endless = vh_printf("%s/%0200d", dir, 0);
	test_socket(path);
	test_newline();
	test_full(full);
	ok(!vh_journal_send(none, &cases[0].entry), "no socket: the caller takes syslog");
	ok(!vh_journal_send(path, &cases[0].entry), "nor one that nobody listens to any more");
	ok(!vh_journal_send(endless, &cases[0].entry), "nor a path that is too long for one");
	(void)unlink(path);
	(void)unlink(full);
	ok(rmdir(dir) == 0, "cleaned up");
	return tap_done();
}
