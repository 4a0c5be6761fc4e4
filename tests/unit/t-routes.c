/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * t-routes - what the kernel tells of its routes, asked in a network namespace of the test's own:
 * all tables, all next hops, those that are objects with net.ipv4.nexthop_compat_mode and without.
 */
#include <fcntl.h>
#include <sched.h>
#include <sys/wait.h>

#include "lib/base/root-routes.h"
#include "tests/tap.h"

#include "lib/base/banned.h"

static bool put(const char *path, const char *text)
{
	_auto_close_ int fd = openat(AT_FDCWD, path, O_WRONLY | O_CLOEXEC);

	return fd >= 0 && write(fd, text, strlen(text)) == (ssize_t)strlen(text);
}

/* Who is not root is so in a user namespace. */
static bool enter(void)
{
	_auto_free_ char *map = vh_printf("0 %d 1", (int)getuid());

	if (unshare(CLONE_NEWNET) == 0)
		return true;
	return unshare(CLONE_NEWUSER | CLONE_NEWNET) == 0 && put("/proc/self/setgroups", "deny") &&
	       put("/proc/self/uid_map", map);
}

/* ip(8), with the words of `line`. */
static bool ip(const char *line)
{
	_auto_free_ char *copy = vh_strdup(line);
	char *argv[24] = { (char[]){ "ip" } }, *rest = copy;
	int status = -1;
	pid_t pid;

	for (size_t n = 1; n < VH_COUNT(argv) - 1 && (argv[n] = strsep(&rest, " ")); n++)
		;
	pid = fork();
	if (!pid) {
		execvp(argv[0], argv);
		_exit(127);
	}
	return pid > 0 && waitpid(pid, &status, 0) == pid && status == 0;
}

static const char *const machine[] = {
	"link add one type veth peer name two",
	"link set one up",
	"link set two up",
	"addr add 192.0.2.2/24 dev one",
	"addr add 198.51.100.2/24 dev two",
	"-6 addr add fd00:1::2/64 dev one nodad",
	"route add 10.1.0.0/16 via 192.0.2.1 dev one metric 7",
	"route add default nexthop via 192.0.2.1 dev one nexthop via 198.51.100.1 dev two",
	"route add default via 198.51.100.1 dev two table 100",
	"-6 route add default via fd00:1::1 dev one table 4000000000",
	"-4 route add default via inet6 fe80::1 dev two table 9",
	"route add blackhole 10.2.0.0/16",
	NULL,
};

static const char *const objects[] = {
	"nexthop add id 1 via 192.0.2.1 dev one",
	"nexthop add id 2 via 198.51.100.1 dev two",
	"nexthop add id 3 group 1/2",
	"nexthop add id 4 blackhole",
	"nexthop add id 5 dev two",
	"-6 nexthop add id 6 via fd00:1::1 dev one",
	"route add default nhid 3 table 20",
	"route add 10.3.0.0/16 nhid 1 metric 5",
	"route add 10.4.0.0/16 nhid 4",
	"route add 10.5.0.0/16 nhid 5",
	"-6 route add default nhid 6 table 21",
	NULL,
};

static bool do_all(const char *const *lines)
{
	bool done = true;

	for (; *lines; lines++)
		if (!ip(*lines)) {
			diag("ip %s: failed", *lines);
			done = false;
		}
	return done;
}

static void expect(const char *text, const char *line)
{
	_auto_free_ char *whole = vh_printf("\n%s\n", line), *all = vh_printf("\n%s", text);

	if (!ok(strstr(all, whole), "%s", line))
		diag("%s", text);
}

static void test_plain(void)
{
	static const char *const lines[] = {
		"254 192.0.2.0/24 - one",
		"255 192.0.2.2/32 local one",
		"254 10.1.0.0/16 192.0.2.1 one 7",
		"254 0.0.0.0/0 192.0.2.1 one",
		"254 0.0.0.0/0 198.51.100.1 two",
		"100 0.0.0.0/0 198.51.100.1 two",
		"4000000000 ::/0 fd00:1::1 one 1024",
		"9 0.0.0.0/0 fe80::1 two",
	};
	_auto_free_ char *text = vh_root_routes_dump(NULL);

	for (size_t i = 0; i < VH_COUNT(lines); i++)
		expect(text ? text : "", lines[i]);
	ok(text && !strstr(text, "10.2.0.0") && !strstr(text, "cut"),
	   "what leads nowhere is left out");
}

/* A gateway that is told by an object is only said to be there. */
static void test_objects(const char *mode, bool told)
{
	const char *const lines[] = {
		told ? "20 0.0.0.0/0 192.0.2.1 one" : "20 0.0.0.0/0 0.0.0.0 one",
		told ? "20 0.0.0.0/0 198.51.100.1 two" : "20 0.0.0.0/0 0.0.0.0 two",
		told ? "254 10.3.0.0/16 192.0.2.1 one 5" : "254 10.3.0.0/16 0.0.0.0 one 5",
		"254 10.5.0.0/16 - two",
		told ? "21 ::/0 fd00:1::1 one 1024" : "21 ::/0 :: one 1024",
	};
	_auto_free_ char *text = NULL;

	if (!put("/proc/sys/net/ipv4/nexthop_compat_mode", mode)) {
		ok(true, "objects # SKIP net.ipv4.nexthop_compat_mode cannot be set");
		return;
	}
	text = vh_root_routes_dump(NULL);
	for (size_t i = 0; i < VH_COUNT(lines); i++)
		expect(text ? text : "", lines[i]);
	ok(text && !strchr(text, '?') && !strstr(text, "10.4.0.0"),
	   "objects in mode %s: all are resolved", mode);
}

int main(void)
{
	if (!enter() || !ip("link set lo up") || !do_all(machine)) {
		ok(true, "all # SKIP no network namespace of our own, no ip(8), or no veth");
		return tap_done();
	}
	test_plain();
	if (do_all(objects)) {
		test_objects("1", true);
		test_objects("0", false);
	}
	return tap_done();
}
