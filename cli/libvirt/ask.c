/* SPDX-License-Identifier: GPL-2.0-or-later */
/* ask - see ask.h: the children, their deadlines, and what they say. */
#include "cli/libvirt/ask.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>

#include "cli/libvirt/calls.h"
#include "cli/progress.h"
#include "lib/base/child.h"
#include "lib/base/uuid.h"
#include "lib/domain/domain.h"
#include "lib/xml/xml.h"

#include "lib/base/banned.h"

#define TOLD_MAX (64u << 20) /* bytes that one host may tell */
#define LONGEST 30           /* times the silence allowed: for all that is told together */

struct asked {
	const struct vh_question *q;
	struct vh_child child;
	int pipe[2];
	struct vh_strbuf said;
	int64_t heard, begun; /* vh_now_ms() */
	bool ended;           /* nothing more will come */
	bool silent;          /* and that because it kept silent for too long */
};

/* --- children --------------------------------------------------------------------------------- */

/* A session of its own: ssh must not ask at a terminal for what others wait for, and what the
 * library has started ends with the group. */
static int answer(void *arg)
{
	struct asked *a = arg;

	(void)setsid(); /* a child that was just forked leads no group */
	signal(SIGPIPE, SIG_IGN);
	return vh_calls_tell(a->q, a->pipe[1]);
}

static void start(struct asked *a)
{
	a->begun = a->heard = vh_now_ms();
	a->pipe[0] = a->pipe[1] = -1;
	if (pipe2(a->pipe, O_CLOEXEC) < 0 ||
	    vh_child_start(&a->child, answer, a, (int[]){ a->pipe[1] }, 1) < 0)
		a->ended = true;
	if (a->pipe[1] >= 0)
		close(a->pipe[1]);
}

static void stop(struct asked *a)
{
	if (a->child.state == VH_CHILD_RUNNING) {
		kill(-a->child.pid, SIGKILL); /* what ssh it has started, too */
		(void)vh_child_wait(&a->child, 1, vh_now_ms());
	}
	if (a->pipe[0] >= 0)
		close(a->pipe[0]);
}

/* Takes what there is to read. */
static void hear(struct asked *a)
{
	char buf[16384];
	ssize_t n = read(a->pipe[0], buf, sizeof(buf));

	if (n < 0 && errno == EINTR)
		return;
	if (n <= 0 || a->said.len > TOLD_MAX) {
		a->ended = true;
		return;
	}
	a->heard = vh_now_ms();
	vh_strbuf_add_mem(&a->said, buf, (size_t)n);
}

static int64_t deadline_of(const struct asked *a, int silence)
{
	int64_t last = a->begun + (int64_t)silence * 1000 * LONGEST;
	int64_t next = a->heard + (int64_t)silence * 1000;

	return next < last ? next : last;
}

/* As libvirt chooses where none is named. */
static const char *name_of(const struct vh_answer_of *a)
{
	const char *by_default = getenv("LIBVIRT_DEFAULT_URI");

	if (a->uri)
		return a->uri;
	return by_default && *by_default ? by_default : "qemu:///system";
}

/* Which one has not said all yet. */
static void say_who(struct vh_progress *p, const struct asked *all, const struct vh_answer_of *of,
		    size_t count)
{
	size_t silent = 0, first = 0;

	for (size_t i = count; i-- > 0;) {
		silent += !all[i].ended;
		first = all[i].ended ? first : i;
	}
	if (silent > 1)
		vh_progress_say(p, "waiting for libvirt %s and %zu more", name_of(&of[first]),
				silent - 1);
	else if (silent)
		vh_progress_say(p, "waiting for libvirt %s", name_of(&of[first]));
}

static void hear_all(struct asked *all, const struct vh_answer_of *of, size_t count, int silence,
		     struct vh_progress *progress)
{
	_auto_free_ struct pollfd *fds = vh_alloc(count * sizeof(*fds));

	for (;;) {
		int64_t next = INT64_MAX, now = vh_now_ms();

		say_who(progress, all, of, count);
		for (size_t i = 0; i < count; i++) {
			int64_t deadline = deadline_of(&all[i], silence);

			if (!all[i].ended && deadline <= now)
				all[i].ended = all[i].silent = true;
			fds[i] = (struct pollfd){ all[i].ended ? -1 : all[i].pipe[0], POLLIN, 0 };
			if (!all[i].ended && deadline < next)
				next = deadline;
		}
		if (next == INT64_MAX)
			return;
		if (poll(fds, count, (int)(next - now)) <= 0)
			continue;
		for (size_t i = 0; i < count; i++)
			if (fds[i].revents)
				hear(&all[i]);
	}
}

/* --- what they say ---------------------------------------------------------------------------- */

struct listener {
	const struct vh_strbuf *said;
	size_t at;
};

static bool take(struct listener *l, void *to, size_t len)
{
	if (l->said->len - l->at < len)
		return false;
	memcpy(to, l->said->data + l->at, len);
	l->at += len;
	return true;
}

static char *take_text(struct listener *l)
{
	char *text = NULL;
	size_t len;

	if (!take(l, &len, sizeof(len)) || l->said->len - l->at < len)
		return NULL;
	text = vh_strndup(len ? l->said->data + l->at : "", len);
	l->at += len;
	return text;
}

static char *uuid_in(const char *xml)
{
	_auto_xml_ xmlDoc *doc = vh_xml_parse(xml, strlen(xml), NULL);
	_auto_free_ char *text = doc ? vh_xml_text(vh_xml_child(vh_xml_root(doc), "uuid")) : NULL;
	char uuid[37];

	return text && vh_uuid_parse(text, uuid) == 0 ? vh_strdup(uuid) : NULL;
}

static void add_domain(struct vh_answer_of *a, const char *told, char *xml)
{
	struct vh_defined *d = VH_APPEND(a->domains, a->n_domains);
	const char *name = strchr(told, ' ');

	for (; told < name; told++) {
		d->runs |= *told == 'r';
		d->autostart |= *told == 'a';
	}
	d->name = vh_strdup(name ? name + 1 : told);
	d->uuid = uuid_in(xml);
	d->xml = xml;
}

static void add_text(struct vh_names *to, char *text)
{
	*VH_APPEND(to->name, to->count) = text;
}

static void add_number(struct vh_told *t, const char *name, const char *value)
{
	const struct {
		const char *name;
		uint64_t *field;
	} numbers[] = { { "total", &t->total_kib },
			{ "free", &t->free_kib },
			{ "libvirt", &t->libvirt },
			{ "qemu", &t->qemu } };
	uint64_t v;

	for (size_t i = 0; i < VH_COUNT(numbers); i++)
		if (!strcmp(name, numbers[i].name) && vh_parse_uint(value, 10, UINT64_MAX, &v) == 0)
			*numbers[i].field = v;
}

/* What is told of the host. */
static void add_fact(struct vh_told *t, enum vh_tale kind, const char *name, char *text)
{
	switch (kind) {
	case VH_TALE_DEVICE:
		add_text(&t->devices, text);
		break;
	case VH_TALE_NETWORK:
		add_text(&t->networks, text);
		break;
	case VH_TALE_RUNNING:
		add_text(&t->running, text);
		break;
	case VH_TALE_CAPABILITIES:
		free(t->capabilities);
		t->capabilities = text;
		break;
	case VH_TALE_PAGES:
		add_text(&t->free_pages, text);
		break;
	case VH_TALE_MEMORY:
	case VH_TALE_VERSION:
		add_number(t, name, text);
		free(text);
		break;
	default:
		free(text);
	}
}

/* Returns whether all was told. */
static bool understand(const struct vh_strbuf *said, struct vh_answer_of *ret)
{
	struct listener l = { .said = said };
	char kind;

	while (said->data && take(&l, &kind, 1)) {
		_auto_free_ char *first = take_text(&l), *second = first ? take_text(&l) : NULL;

		if (!second)
			return false;
		switch ((enum vh_tale)kind) {
		case VH_TALE_URI:
			free(ret->uri);
			ret->uri = VH_STEAL(first);
			break;
		case VH_TALE_DOMAIN:
			add_domain(ret, first, VH_STEAL(second));
			break;
		case VH_TALE_ERROR:
			(void)vh_fail(&ret->err, VH_E_INPUT, 0, *second ? second : NULL, "%s",
				      first);
			return true;
		case VH_TALE_END:
			return true;
		default:
			add_fact(&ret->told, (enum vh_tale)kind, first, VH_STEAL(second));
		}
	}
	return false;
}

static void conclude(struct asked *a, int silence, struct vh_answer_of *ret)
{
	if (understand(&a->said, ret))
		return;
	if (a->said.len > TOLD_MAX)
		(void)vh_fail(&ret->err, VH_E_INPUT, 0, NULL, "it tells more than %u MiB",
			      TOLD_MAX >> 20);
	else if (a->silent)
		(void)vh_fail(&ret->err, VH_E_TIMEOUT, 0,
			      "try 'virsh -c URI list'; --timeout SECONDS waits longer",
			      "no answer for %d second%s", silence, silence == 1 ? "" : "s");
	else
		(void)vh_fail(&ret->err, VH_E_SYS, 0, NULL, "the process that asked it ended early");
}

void vh_libvirt_ask(const struct vh_question *questions, size_t count, int silence,
		    struct vh_answer_of *ret)
{
	_auto_free_ struct asked *all = vh_alloc(count * sizeof(*all));
	struct vh_progress progress;

	memset(ret, 0, count * sizeof(*ret));
	for (size_t i = 0; i < count; i++) {
		all[i].q = &questions[i];
		ret[i].uri = vh_strdup(questions[i].uri);
		start(&all[i]);
	}
	vh_progress_begin(&progress, "waiting for libvirt", silence * 1000);
	hear_all(all, ret, count, silence, &progress);
	vh_progress_end(&progress);
	for (size_t i = 0; i < count; i++) {
		conclude(&all[i], silence, &ret[i]);
		stop(&all[i]);
		vh_strbuf_clear(&all[i].said);
	}
}

void vh_ask_clear(struct vh_answer_of *answers, size_t count)
{
	for (size_t i = 0; i < count; i++) {
		struct vh_answer_of *a = &answers[i];

		for (size_t k = 0; k < a->n_domains; k++) {
			free(a->domains[k].name);
			free(a->domains[k].uuid);
			free(a->domains[k].xml);
		}
		free(a->domains);
		vh_from_libvirt_clear(&a->told);
		free(a->uri);
		vh_error_clear(&a->err);
	}
	if (count)
		memset(answers, 0, count * sizeof(*answers));
}

const struct vh_defined *vh_ask_domain(const struct vh_answer_of *a, const char *domain)
{
	char uuid[37];
	bool is_uuid = vh_uuid_parse(domain, uuid) == 0;

	for (size_t i = 0; is_uuid && i < a->n_domains; i++)
		if (vh_streq(a->domains[i].uuid, uuid))
			return &a->domains[i];
	for (size_t i = 0; i < a->n_domains; i++)
		if (!strcmp(a->domains[i].name, domain))
			return &a->domains[i];
	return NULL;
}
