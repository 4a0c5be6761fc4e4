/* SPDX-License-Identifier: GPL-2.0-or-later */
/* systemd - see systemd.h. */
#include "lib/base/systemd.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>

#include "lib/base/child.h"

#include "lib/base/banned.h"

#define SHOW_MS 10000 /* process 1 answers nobody while it reads its units again */
#define SHOWN_MAX (1u << 20)
#define UNITS_MAX 256 /* of one call */

/* What lib/host/systemd/units.c understands. */
#define PROPERTIES                                                                             \
	"--property=Id,Names,LoadState,ActiveState,Job,Following,FragmentPath,MainPID,"        \
	"RequiredBy,RequisiteOf,BoundBy,ConsistsOf,PropagatesStopTo,TriggeredBy,ExecStartPre," \
	"ExecStart,ExecStartPost,ExecStop,ExecStopPost"

static int become(char *const argv[])
{
	static char path[] = "PATH=/usr/sbin:/usr/bin:/sbin:/bin", locale[] = "LC_ALL=C";
	char *const env[] = { path, locale, NULL };

	execve("/usr/bin/systemctl", argv, env);
	if (errno == ENOENT)
		execve("/bin/systemctl", argv, env);
	return -errno;
}

int vh_systemd_call(const char *verb, const struct vh_names *units)
{
	_auto_free_ char *v = vh_strdup(verb);
	static char name[] = "systemctl", password[] = "--no-ask-password", quiet[] = "--quiet",
		    end[] = "--";
	char *argv[UNITS_MAX + 6] = { name, password, quiet, v, end };

	for (size_t i = 0; i < units->count && i < UNITS_MAX; i++)
		argv[5 + i] = units->name[i];
	return become(argv);
}

struct show {
	const struct vh_names *units;
	int to;
};

static int show_in_child(void *arg)
{
	static char name[] = "systemctl", pager[] = "--no-pager", verb[] = "show",
		    properties[] = PROPERTIES, end[] = "--";
	const struct show *s = arg;
	char *argv[UNITS_MAX + 6] = { name, pager, verb, properties, end };

	for (size_t i = 0; i < s->units->count && i < UNITS_MAX; i++)
		argv[5 + i] = s->units->name[i];
	if (dup2(s->to, STDOUT_FILENO) < 0)
		return 1;
	(void)become(argv);
	return 1;
}

/* Until the other side has closed it. false: its time is up, or it says too much. */
static bool read_all(int fd, int64_t deadline, struct vh_strbuf *to)
{
	char part[4096];
	ssize_t n;

	for (;;) {
		int64_t left = deadline - vh_now_ms();
		struct pollfd p = { .fd = fd, .events = POLLIN };

		if (left <= 0 || to->len > SHOWN_MAX)
			return false;
		if (poll(&p, 1, (int)left) <= 0)
			continue;
		n = read(fd, part, sizeof(part));
		if (n <= 0)
			return n == 0;
		vh_strbuf_add_mem(to, part, (size_t)n);
	}
}

char *vh_systemd_show(const struct vh_names *units)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	int64_t deadline = vh_now_ms() + SHOW_MS;
	_auto_close_ int from = -1;
	struct vh_child child;
	struct show s = { .units = units };
	int fds[2];
	bool all;

	if (!units->count || pipe2(fds, O_CLOEXEC) < 0)
		return NULL;
	from = fds[0];
	s.to = fds[1];
	if (vh_child_start(&child, show_in_child, &s, &fds[1], 1) < 0) {
		close(fds[1]);
		return NULL;
	}
	close(fds[1]);
	all = read_all(from, deadline, &text);
	if (!vh_child_wait(&child, 1, all ? deadline : 0) || child.result != 0 || !all)
		return NULL;
	return vh_strbuf_steal(&text);
}
