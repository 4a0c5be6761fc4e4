/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * bench-run RUNS INPUT COMMAND... - runs a command many times with INPUT on its standard input
 * and prints the median and the 10th and 90th percentile, in microseconds.
 */
#include <fcntl.h>
#include <spawn.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench.h"

/* One run; its time, or -1. */
static double once(const char *input, char **command)
{
	posix_spawn_file_actions_t files;
	double begin, time = -1;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	posix_spawn_file_actions_addopen(&files, 2, "/dev/null", O_WRONLY, 0);
	begin = bench_now();
	if (posix_spawn(&pid, command[0], &files, NULL, command, environ) == 0 &&
	    waitpid(pid, &status, 0) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0)
		time = bench_now() - begin;
	posix_spawn_file_actions_destroy(&files);
	return time;
}

int main(int argc, char **argv)
{
	int runs = argc > 3 ? atoi(argv[1]) : 0;
	double *times;

	if (runs < 10) {
		fprintf(stderr, "usage: bench-run RUNS INPUT COMMAND...\n");
		return 2;
	}
	times = calloc((size_t)runs, sizeof(*times));
	for (int i = 0; times && i < runs; i++) {
		times[i] = once(argv[2], argv + 3);
		if (times[i] < 0) {
			fprintf(stderr, "bench-run: %s failed\n", argv[3]);
			return 1;
		}
	}
	bench_print("", times, (size_t)runs);
	free(times);
	return 0;
}
