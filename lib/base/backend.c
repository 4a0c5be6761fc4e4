/* SPDX-License-Identifier: GPL-2.0-or-later */
/* backend - the live machine; see backend.h. */
#include "lib/base/backend.h"

#include <syslog.h>

#include "lib/base/banned.h"

int vh_backend_open(struct vh_root *ret, struct vh_error *err)
{
	return vh_root_open_live(ret, err);
}

bool vh_backend_privileged(void)
{
	return geteuid() == 0;
}

void vh_backend_log(int priority, const char *text)
{
	openlog("vfio-hook", LOG_PID | LOG_NDELAY, LOG_DAEMON);
	syslog(priority, "%s", text);
	closelog(); /* no descriptor of ours may reach a child that hangs */
}
