/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * scan RUNS PROCESSES DESCRIPTORS - starts so many processes with so many descriptors each, and
 * prints for each run "the scan;MICROSECONDS" for one look at what they have open, and "a loop, one
 * call each" for a program that only lists the descriptors and asks one thing of each. Each look is
 * at processes of its own, for the second one at a descriptor costs the kernel less.
 */
#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/stat.h>
#include <sys/wait.h>

#include "lib/host/processes/scan.h"
#include "tests/bench/bench.h"

#include "lib/base/banned.h"

#define PROCESSES_MAX 10000

static pid_t pids[PROCESSES_MAX];

static void be_looked_at(unsigned int descriptors, int ready)
{
	bool opened = true;

	for (unsigned int i = 3; i < descriptors; i++)
		opened &= open(i % 2 ? "/dev/zero" : "/proc/self/stat", O_RDONLY) >= 0;
	if (!opened || write(ready, "x", 1) != 1)
		_exit(1);
	for (;;)
		pause();
}

static int start(unsigned int processes, unsigned int descriptors)
{
	int ready[2];
	char c;

	if (pipe(ready) < 0)
		return -1;
	for (unsigned int i = 0; i < processes; i++) {
		pids[i] = fork();
		if (!pids[i])
			be_looked_at(descriptors, ready[1]);
	}
	close(ready[1]);
	for (unsigned int i = 0; i < processes; i++)
		if (read(ready[0], &c, 1) != 1)
			return -1;
	close(ready[0]);
	return 0;
}

static void end(unsigned int processes)
{
	for (unsigned int i = 0; i < processes; i++) {
		(void)kill(pids[i], SIGKILL);
		(void)waitpid(pids[i], NULL, 0);
	}
}

static void scan(void)
{
	struct vh_devnode node = { .path = (char[]){ "/dev/none" },
				   .subsystem = (char[]){ "none" },
				   .numbered = true,
				   .major = 4095 };
	struct vh_pci_dev dev = { .path = (char[]){ "sys/devices/none" },
				  .devnodes = &node,
				  .n_devnodes = 1 };
	struct vh_pci_dev *devs = &dev;
	struct vh_host host = { .devs = &devs, .n_devs = 1 };
	struct vh_error err = { 0 };
	struct vh_hits hits;
	_auto_root_ struct vh_root root;

	if (vh_root_open_live(&root, false, &err) < 0)
		abort();
	vh_scan(&root, &host, &hits);
	vh_scan_clear(&hits);
}

static void loop(unsigned int processes)
{
	for (unsigned int i = 0; i < processes; i++) {
		char path[32];
		struct dirent *d;
		struct stat st;
		int fd;
		DIR *dir;

		snprintf(path, sizeof(path), "/proc/%d/fd", (int)pids[i]);
		fd = open(path, O_RDONLY | O_DIRECTORY);
		dir = fd < 0 ? NULL : fdopendir(fd);
		while (dir && (d = readdir(dir)))
			if (fstatat(dirfd(dir), d->d_name, &st, 0) < 0)
				break;
		if (dir)
			closedir(dir);
	}
}

int main(int argc, char **argv)
{
	unsigned int runs, processes, descriptors;
	double begin;

	if (argc != 4 || sscanf(argv[1], "%u", &runs) != 1 ||
	    sscanf(argv[2], "%u", &processes) != 1 || sscanf(argv[3], "%u", &descriptors) != 1 ||
	    processes > PROCESSES_MAX)
		return 2;
	for (unsigned int i = 0; i < runs * 2; i++) {
		if (start(processes, descriptors) < 0)
			return 1;
		begin = bench_now();
		if (i % 2)
			loop(processes);
		else
			scan();
		bench_figure(i % 2 ? "a loop, one call each" : "the scan", bench_now() - begin);
		end(processes);
	}
	return 0;
}
