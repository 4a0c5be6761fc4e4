/* SPDX-License-Identifier: GPL-2.0-or-later */
/* t-session - what ends a process, from its cgroup and the sessions of systemd-logind. */
#include "lib/host/systemd/session.h"
#include "tests/fake/scratch.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

#define ZEROS "0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 9 0 0\n"

/* User 1000 sits at the machine, in a session that gdm opened; 1001 has come by ssh; 1002 has both;
 * 1003 is at the seat by a service with PAMName=, and has a manager's session; 1004 has no
 * leader. */
#define MACHINE                                                                                     \
	"d proc/self\n"                                                                             \
	"f proc/1/stat\t1 (systemd) S 0 1 1 " ZEROS "f proc/800/stat\t800 (gdm) S 1 800 800 " ZEROS \
	"f proc/811/stat\t811 (gdm-session-wor) S 800 800 800 " ZEROS                               \
	"f proc/820/stat\t820 (weston) S 1 820 820 " ZEROS                                          \
	"f proc/800/cgroup\t0::/system.slice/gdm.service\n"                                         \
	"f proc/811/cgroup\t0::/user.slice/user-1000.slice/session-2.scope\n"                       \
	"f proc/820/cgroup\t0::/user.slice/user-1003.slice/session-7.scope\n"                       \
	"f run/systemd/sessions/2\tUID=1000\\nSEAT=seat0\\nLEADER=811\\nCLASS=user\\nTYPE=x11\n"    \
	"f run/systemd/sessions/3\tUID=1001\\nSEAT=\\nLEADER=830\\nCLASS=user\\nTYPE=tty\n"         \
	"f run/systemd/sessions/4\tUID=1002\\nSEAT=seat0\\nLEADER=811\\nCLASS=user\n"               \
	"f run/systemd/sessions/5\tUID=1002\\nLEADER=830\\nCLASS=user\\nTYPE=tty\n"                 \
	"f run/systemd/sessions/7\tUID=1003\\nSEAT=seat0\\nLEADER=820\\nCLASS=user\n"               \
	"f run/systemd/sessions/8\tUID=1003\\nLEADER=840\\nCLASS=manager\n"                         \
	"f run/systemd/sessions/9\tUID=1004\\nSEAT=seat0\\nCLASS=user\n"                            \
	"f run/systemd/sessions/10\tUID=1005\\nSEAT=seat0\\nLEADER=4x\\nCLASS=user\n"

#define USER(uid) "0::/user.slice/user-" uid ".slice/"

static const struct {
	const char *name, *cgroup, *part, *want;
} cases[] = {
	{ "of a session at a seat: its leader, and the service above that",
	  USER("1000") "session-2.scope\n", NULL, "pid:811 gdm.service" },
	{ "of a session that leads itself: its leader", USER("1003") "session-7.scope\n", NULL,
	  "pid:820" },
	{ "of a session by ssh: nothing", USER("1001") "session-3.scope\n", NULL, NULL },
	{ "of a session that logind does not know: nothing", USER("1000") "session-99.scope\n",
	  NULL, NULL },
	{ "of a session without a leader: nothing", USER("1004") "session-9.scope\n", NULL, NULL },
	{ "of a leader that is no number: nothing", USER("1005") "session-10.scope\n", NULL, NULL },
	{ "of a user's manager: that, and what ends his session",
	  USER("1000") "user@1000.service/session.slice/pipewire.service\n", NULL,
	  "user@1000.service pid:811 gdm.service" },
	{ "of the manager of one who is here by ssh alone: that",
	  USER("1001") "user@1001.service/app.slice/x.service\n", NULL, "user@1001.service" },
	{ "of one who is here by ssh too: his manager stays with that",
	  USER("1002") "user@1002.service/app.slice/x.service\n", NULL, "user@1002.service" },
	{ "a manager's session does not count",
	  USER("1003") "user@1003.service/app.slice/x.service\n", NULL, "user@1003.service pid:820" },
	{ "of a unit of the system: that", "0::/system.slice/ollama.service\n", "ollama.service",
	  "ollama.service" },
	{ "of a container: nothing", "0::/system.slice/docker-0123.scope\n", "docker 0123", NULL },
	{ "of a user's container: nothing of his session",
	  USER("1000") "user@1000.service/user.slice/libpod-1.scope\n", "podman 1", NULL },
	{ "of the kernel's own cgroup: nothing", "0::/\n", NULL, NULL },
	{ "of none: nothing", "", NULL, NULL },
	{ "an empty name: nothing", USER("1000") "session-.scope\n", NULL, NULL },
};

static void test_case(size_t n, const struct scratch *s)
{
	_auto_free_ char *words = vh_session_enders(&s->root, cases[n].cgroup, cases[n].part, false);

	if (!ok(vh_streq(words, cases[n].want), "%s", cases[n].name))
		diag("is '%s', not '%s'", words ? words : "-", cases[n].want ? cases[n].want : "-");
}

/* Whatever else its user has open. */
static void test_desktop(const struct scratch *s)
{
	static const char cgroup[] = USER("1002") "user@1002.service/session.slice/kwin.service\n";
	_auto_free_ char *words = vh_session_enders(&s->root, cgroup, NULL, true);

	ok(vh_streq(words, "user@1002.service pid:811 gdm.service"),
	   "a desktop ends with its session all the same");
}

int main(void)
{
	_auto_(scratch) struct scratch *s = scratch_new(MACHINE);

	for (size_t i = 0; i < VH_COUNT(cases); i++)
		test_case(i, s);
	test_desktop(s);
	return tap_done();
}
