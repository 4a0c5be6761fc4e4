/* SPDX-License-Identifier: GPL-2.0-or-later */
/* actors - see actors.h. Semaphores in shared memory: they survive forks and closed descriptors. */
#include "tests/fake/actors.h"

#include <errno.h>
#include <semaphore.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <time.h>

#define PATIENCE 60 /* seconds without a step: the test is wrong */

struct actor {
	sem_t go, arrived;
	pid_t pid;
	bool ended, waiting; /* waiting: the step is one of a loop that asks again */
	int result;
	struct vh_root_ops ops; /* those of the stage, with the gate as `step` */
};

static void gate(const struct vh_root *root, const char *what)
{
	struct actor *a = root->data;

	a->waiting = vh_has_prefix(what, "wait");
	sem_post(&a->arrived);
	while (sem_wait(&a->go) < 0 && errno == EINTR)
		;
}

/* Waits until it stands at a step or has ended. */
static void await(struct actor *a)
{
	struct timespec tick, end;
	int status;

	clock_gettime(CLOCK_REALTIME, &end);
	end.tv_sec += PATIENCE;
	for (;;) {
		clock_gettime(CLOCK_REALTIME, &tick);
		if (tick.tv_sec >= end.tv_sec) {
			printf("Bail out! an actor neither steps nor ends\n");
			exit(99);
		}
		tick.tv_nsec += 2000000;
		tick.tv_sec += tick.tv_nsec / 1000000000;
		tick.tv_nsec %= 1000000000;
		if (sem_timedwait(&a->arrived, &tick) == 0)
			return;
		if (waitpid(a->pid, &status, WNOHANG) != a->pid)
			continue;
		a->ended = true;
		a->result = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
		return;
	}
}

struct actor *actor_start(struct stage *st, int (*op)(struct stage *, const void *), const void *arg)
{
	struct actor *a = mmap(NULL, sizeof(*a), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS,
			       -1, 0);
	pid_t pid;

	if (a == MAP_FAILED)
		abort();
	sem_init(&a->go, 1, 0);
	sem_init(&a->arrived, 1, 0);
	a->ops = *st->root->ops;
	a->ops.step = gate;
	pid = fork();
	if (pid == 0) {
		setpgid(0, 0);
		st->s->root.ops = &a->ops;
		st->s->root.data = a;
		_exit(op(st, arg) < 0 ? 1 : 0);
	}
	a->pid = pid;
	await(a);
	return a;
}

static void step(struct actor *a)
{
	if (a->ended)
		return;
	sem_post(&a->go);
	await(a);
}

bool actor_steps(struct actor *a, int count)
{
	for (int i = 0; i < count && !a->ended && !a->waiting; i++)
		step(a);
	return !a->ended && !a->waiting;
}

bool actor_run(struct actor *a)
{
	do
		step(a);
	while (!a->ended && !a->waiting);
	return !a->ended;
}

void actor_kill(struct actor *a)
{
	int status;

	if (a->ended)
		return;
	kill(-a->pid, SIGKILL);
	waitpid(a->pid, &status, 0);
	a->ended = true;
	a->result = WIFSIGNALED(status) ? WTERMSIG(status) : -WEXITSTATUS(status);
}

int actor_result(const struct actor *a)
{
	return a->result;
}

bool actor_has_ended(const struct actor *a)
{
	return a->ended;
}

void actor_free(struct actor *a)
{
	if (!a)
		return;
	actor_kill(a);
	munmap(a, sizeof(*a));
}

bool actors_finish(struct actor *a, struct actor *b)
{
	int64_t end = vh_now_ms() + PATIENCE * 1000;

	while (!a->ended || !b->ended) {
		if (!a->ended)
			actor_run(a);
		if (!b->ended)
			actor_run(b);
		if (vh_now_ms() > end)
			return false;
	}
	return true;
}
