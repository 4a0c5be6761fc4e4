/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * run RUNS INPUT NAME COMMAND... [::: NAME COMMAND...]... - runs the commands in turn, many
 * times, with INPUT on their standard input; prints "NAME;MICROSECONDS" and the time on the
 * processor as "NAME, cpu;MICROSECONDS" for each run, and last "NAME, memory;KIB" with the most
 * that one had resident. In turn, because what else the machine does then weighs on all of them
 * alike; and the processor's time, because waiting for one does not.
 */
#include <fcntl.h>
#include <spawn.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include "tests/bench/bench.h"

struct job {
	char *name, **command;
	long memory;
	double cpu; /* of the last run, and of the children that it waited for */
};

static double seconds_of(const struct timeval *t)
{
	return (double)t->tv_sec + (double)t->tv_usec / 1e6;
}

/* One run; its time, or -1. */
static double once(const char *input, struct job *job)
{
	posix_spawn_file_actions_t files;
	struct rusage usage;
	double begin, time = -1;
	int status;
	pid_t pid;

	posix_spawn_file_actions_init(&files);
	posix_spawn_file_actions_addopen(&files, 0, input, O_RDONLY, 0);
	posix_spawn_file_actions_addopen(&files, 1, "/dev/null", O_WRONLY, 0);
	begin = bench_now();
	if (posix_spawn(&pid, job->command[0], &files, NULL, job->command, environ) == 0 &&
	    wait4(pid, &status, 0, &usage) == pid && WIFEXITED(status) && WEXITSTATUS(status) == 0) {
		time = bench_now() - begin;
		job->cpu = (seconds_of(&usage.ru_utime) + seconds_of(&usage.ru_stime)) * 1e6;
		if (usage.ru_maxrss > job->memory)
			job->memory = usage.ru_maxrss;
	}
	posix_spawn_file_actions_destroy(&files);
	return time;
}

/* Cuts the arguments at ":::" into jobs; how many. */
static int split(char **args, struct job *jobs)
{
	int count = 0;

	while (args[0] && args[1]) {
		jobs[count++] = (struct job){ .name = args[0], .command = args + 1 };
		while (*args && strcmp(*args, ":::"))
			args++;
		if (*args)
			*args++ = NULL;
	}
	return count;
}

int main(int argc, char **argv)
{
	int runs = argc > 4 ? atoi(argv[1]) : 0, count;
	struct job *jobs = calloc((size_t)argc, sizeof(*jobs));

	if (runs < 1 || !jobs) {
		fprintf(stderr, "usage: run RUNS INPUT NAME COMMAND... [::: NAME COMMAND...]...\n");
		return 2;
	}
	count = split(argv + 3, jobs);
	for (int i = 0; i < runs * count; i++) {
		struct job *job = &jobs[i % count];
		double time = once(argv[2], job);

		if (time < 0) {
			fprintf(stderr, "%s: %s failed\n", job->name, job->command[0]);
			return 1;
		}
		bench_figure(job->name, time);
		printf("%s, cpu;%.0f\n", job->name, job->cpu);
	}
	for (int i = 0; i < count; i++)
		printf("%s, memory;%ld\n", jobs[i].name, jobs[i].memory);
	free(jobs);
	return 0;
}
