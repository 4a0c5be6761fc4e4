/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * session - see session.h. Sessions are those of systemd-logind (/run/systemd/sessions). A display
 * manager's workers are in the session that they open; the process above them is in its service.
 * A service with PAMName= leads its session itself.
 */
#include "lib/host/systemd/session.h"

#include "lib/base/strbuf.h"
#include "lib/base/unit.h"
#include "lib/host/processes/process.h"

#include "lib/base/banned.h"

#define ABOVE_MAX 8 /* processes between the leader and the display manager */
#define SESSIONS "run/systemd/sessions"

/* The value of a line KEY=VALUE, or NULL. Caller frees. */
static char *value_of(const char *text, const char *key)
{
	size_t n = strlen(key);

	for (const char *line = text; line && *line;
	     line += strcspn(line, "\n"), line += *line == '\n')
		if (!strncmp(line, key, n) && line[n] == '=')
			return vh_strndup(line + n + 1, strcspn(line + n + 1, "\n"));
	return NULL;
}

/* "2" of .../user-1000.slice/session-2.scope; "1000" of .../user-1000.slice/user@1000.service */
static char *part_of(const char *cgroup, const char *before, const char *after)
{
	const char *at = strstr(cgroup, "/user.slice/user-"), *begin, *end;

	at = at ? strstr(at, before) : NULL;
	begin = at ? at + strlen(before) : NULL;
	end = begin ? begin + strcspn(begin, "/.\n") : NULL;
	return end && end > begin && vh_has_prefix(end, after) ? vh_strndup(begin, end - begin)
							       : NULL;
}

/* The service that a process is in, or NULL: none of the system's. */
static char *service_of(const struct vh_root *root, int64_t pid)
{
	_auto_free_ char *text = vh_root_read(root, "proc/%lld/cgroup", (long long)pid);
	char *rest = text ? strstr(text, "/system.slice/") : NULL, *name;

	if (rest)
		rest[strcspn(rest, "\n")] = 0;
	while ((name = strsep(&rest, "/")))
		if (vh_has_suffix(name, ".service") && vh_unit_is_name(name))
			return vh_strdup(name);
	return NULL;
}

static void add_word(struct vh_strbuf *to, const char *word)
{
	if (word && !vh_unit_is_among(to->data, word))
		vh_strbuf_join(to, " ", word);
}

/* Of one at a seat: who is sent away when the display manager stops. Others (ssh) stay. */
static void add_session(const struct vh_root *root, const char *text, struct vh_strbuf *to)
{
	_auto_free_ char *seat = value_of(text, "SEAT"), *leader = value_of(text, "LEADER");
	_auto_free_ char *word = leader ? vh_printf("pid:%s", leader) : NULL, *service = NULL;
	uint64_t pid;

	if (!seat || !*seat || !leader || vh_parse_uint(leader, 10, INT32_MAX, &pid) < 0)
		return;
	add_word(to, word);
	for (int i = 0; i < ABOVE_MAX && pid > 1 && !service; i++) {
		int64_t parent = vh_process_parent(root, (int64_t)pid);

		service = service_of(root, (int64_t)pid);
		pid = parent > 0 ? (uint64_t)parent : 0;
	}
	add_word(to, service);
}

/* Sessions of managers are there for others of the same user. */
static bool is_real(const char *text)
{
	_auto_free_ char *class = value_of(text, "CLASS");

	return !class || !vh_has_prefix(class, "manager");
}

/* What a user's manager runs ends with his last session, unless he lingers. */
static void add_sessions_of(const struct vh_root *root, const char *uid, bool desktop,
			    struct vh_strbuf *to)
{
	_auto_names_ struct vh_names ids = { 0 };
	_auto_strbuf_ struct vh_strbuf all = { 0 };
	bool ends = true;

	if (vh_root_list(root, &ids, SESSIONS) < 0)
		return;
	for (size_t i = 0; i < ids.count; i++) {
		_auto_free_ char *text = vh_root_read(root, SESSIONS "/%s", ids.name[i]);
		_auto_free_ char *of = text ? value_of(text, "UID") : NULL;
		size_t before = all.len;

		if (!vh_streq(of, uid) || !is_real(text))
			continue;
		add_session(root, text, &all);
		ends = ends && (all.len > before || desktop);
	}
	if (all.len && ends)
		vh_strbuf_join(to, " ", all.data);
}

char *vh_session_enders(const struct vh_root *root, const char *cgroup, const char *part,
			bool desktop)
{
	_auto_free_ char *id = part_of(cgroup, "/session-", ".scope");
	_auto_free_ char *uid = part_of(cgroup, "/user@", ".service"), *text = NULL, *manager = NULL;
	struct vh_strbuf words = { 0 };

	if (part)
		return vh_unit_is_name(part) ? vh_strdup(part) : NULL;
	if (id && (text = vh_root_read(root, SESSIONS "/%s", id)))
		add_session(root, text, &words);
	if (uid) {
		manager = vh_printf("user@%s.service", uid);
		add_word(&words, manager);
		add_sessions_of(root, uid, desktop, &words);
	}
	return words.len ? vh_strbuf_steal(&words) : NULL;
}
