/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend - the live machine; see backend.h. */
#include "lib/base/backend.h"

#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <time.h>

#include "lib/base/banned.h"

int vh_backend_open(struct vh_root *ret, bool acts, struct vh_error *err)
{
	return vh_root_open_live(ret, acts, err);
}

bool vh_backend_privileged(void)
{
	return geteuid() == 0;
}

/* As syslog(3) would, but without waiting: a log daemon that is stopped must not hold a start
 * up, nor libvirtd with it. What its socket does not take at once is lost. */
static void log_line(int priority, const char *text)
{
	static const struct sockaddr_un log = { .sun_family = AF_UNIX, .sun_path = "/dev/log" };
	_auto_close_ int fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	_auto_free_ char *line = NULL;
	time_t now = time(NULL);
	char when[32] = "";
	struct tm tm;

	if (fd < 0)
		return;
	if (localtime_r(&now, &tm))
		strftime(when, sizeof(when), "%b %e %H:%M:%S", &tm); /* RFC 3164 */
	line = vh_printf("<%d>%s vfio-hook[%d]: %s", LOG_DAEMON | priority, when, (int)getpid(), text);
	(void)!sendto(fd, line, strlen(line), MSG_NOSIGNAL, (const struct sockaddr *)&log,
		      sizeof(log));
}

void vh_backend_log(const struct vh_entry *e)
{
	if (!vh_journal_send(VH_JOURNAL_SOCKET, e))
		log_line(e->priority, e->text);
}
