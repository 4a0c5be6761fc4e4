/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * many RUNS DOMAINS - one domain is prepared alone, then DOMAINS domains at once, each with a
 * device of its own, on the fake kernel. Prints, for each run, "alone;MICROSECONDS" for the one,
 * "at once, each;..." for the time of all divided by their number, and "global lock, each;..."
 * for how long the global lock was taken by one of them, from a process that tries it.
 */
#include <fcntl.h>
#include <sys/file.h>
#include <sys/wait.h>

#include "tests/bench/bench.h"
#include "tests/fake/stage.h"

#define DOMAINS_MAX 64

static struct vh_domain *domains[DOMAINS_MAX];

static struct stage *make_stage(unsigned int count)
{
	_auto_strbuf_ struct vh_strbuf host = { 0 };

	vh_strbuf_add(&host,
		      "f proc/self/mountinfo\t26 1 8:1 / / rw - ext4 /dev/sda1 rw\n"
		      "f proc/swaps\tFilename\nf proc/net/route\tIface\nf proc/cmdline\tro\n"
		      "f proc/cpuinfo\tvendor_id\t: AMD\nf proc/sys/kernel/osrelease\t6.1.0\n"
		      "f lib/modules/6.1.0/modules.dep\tkernel/drivers/vfio/pci/vfio-pci.ko:\n"
		      "f lib/modules/6.1.0/modules.alias\talias x y\nd sys/class/iommu/ivhd0\n");
	for (unsigned int i = 1; i <= count; i++) {
		_auto_free_ char *uuid = vh_printf("%08x-1d52-d8f3-2516-782e98ab3fa0", i);
		_auto_free_ char *addr = vh_printf("0000:%02x:00.0", i);

		vh_strbuf_addf(&host, "pci %s class=010601 id=8086:a352 group=%u driver=ahci\n",
			       addr, i);
		domains[i - 1] = scratch_vm(uuid, addr);
	}
	return stage_new(host.data);
}

/* Prepares so many domains, each in a process of its own; microseconds until the last is ready. */
static double prepare(struct stage *st, unsigned int count)
{
	double begin = bench_now();
	int status, failed = 0;

	for (unsigned int i = 0; i < count; i++) {
		if (fork() == 0)
			_exit(stage_prepare(st, domains[i]) < 0);
	}
	for (unsigned int i = 0; i < count; i++)
		failed += wait(&status) < 0 || status;
	return failed ? -1 : bench_now() - begin;
}

static void release(struct stage *st, unsigned int count)
{
	for (unsigned int i = 0; i < count; i++)
		VH_IGNORE(stage_release(st, domains[i]));
}

/* Tries the global lock every 100 us until killed; writes what part of the tries found it taken
 * to `to` when told to end by the closing of `from`. */
static pid_t start_watcher(const struct stage *st, int from[2], int to[2])
{
	pid_t pid = fork();
	unsigned long tries = 0, taken = 0;
	double part;
	char c;

	if (pid)
		return pid;
	close(from[1]);
	(void)!fcntl(from[0], F_SETFL, O_NONBLOCK);
	while (read(from[0], &c, 1) < 0) {
		int fd = openat(st->root->fd, VH_STORE_DIR "/lock", O_RDONLY | O_CLOEXEC);

		/* shared, and let go of at once: whoever comes meanwhile tries again 5 ms later */
		tries++;
		taken += fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0;
		close(fd);
		usleep(100);
	}
	part = tries ? (double)taken / (double)tries : 0;
	(void)!write(to[1], &part, sizeof(part));
	_exit(0);
}

static int run(struct stage *st, unsigned int count)
{
	double alone = prepare(st, 1), all, part = 0;
	int from[2], to[2];

	release(st, 1);
	if (alone < 0 || pipe(from) < 0 || pipe(to) < 0)
		return -1;
	if (start_watcher(st, from, to) < 0)
		return -1;
	all = prepare(st, count);
	close(from[1]);
	if (all < 0 || read(to[0], &part, sizeof(part)) != sizeof(part))
		return -1;
	wait(NULL);
	close(from[0]);
	close(to[0]);
	close(to[1]);
	release(st, count);
	bench_figure("alone", alone);
	bench_figure("at once, each", all / count);
	bench_figure("global lock, each", all * part / count);
	return 0;
}

int main(int argc, char **argv)
{
	_auto_(stage) struct stage *st = NULL;
	uint64_t runs, count;

	if (argc != 3 || vh_parse_uint(argv[1], 10, 100000, &runs) < 0 ||
	    vh_parse_uint(argv[2], 10, DOMAINS_MAX, &count) < 0)
		return 2;
	st = make_stage((unsigned int)count);
	for (uint64_t i = 0; i < runs; i++)
		if (run(st, (unsigned int)count) < 0) {
			fprintf(stderr, "many: a prepare failed\n");
			return 1;
		}
	for (uint64_t i = 0; i < count; i++)
		vh_domain_free(domains[i]);
	return 0;
}
