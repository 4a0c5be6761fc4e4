/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * mounts - what the parsed table of mounts says: which one a file lies on, in which order they can
 * be ended, and which ones the root file system is made of.
 */
#include "lib/host/uses/use.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

#define STACKED_MAX 32 /* at one place; of more the order is that of the table */

const struct vh_mount *vh_mounts_of(const struct vh_usage *usage, const char *file)
{
	const struct vh_mount *best = NULL;

	for (size_t i = 0; i < usage->n_mounts; i++) {
		const struct vh_mount *m = &usage->mounts[i];

		if (vh_is_at_or_below(file, m->at) && (!best || strlen(m->at) >= strlen(best->at)))
			best = m;
	}
	return best;
}

/* 1 is for what has none, 0 for what is not a mount. Of those at one place the later one hides the
 * others. */
unsigned int vh_mounts_rank(const struct vh_mount *table, const struct vh_mount *m)
{
	unsigned int depth = 0, below = 0;

	for (const char *p = m->at; p[0] && p[1]; p++)
		depth += *p == '/';
	for (const struct vh_mount *at = table; at < m && below + 1 < STACKED_MAX; at++)
		below += !strcmp(at->at, m->at);
	return 2 * (1 + depth * STACKED_MAX + below);
}

char *vh_mounts_umount(const struct vh_usage *usage, const struct vh_mount *m)
{
	size_t own = (size_t)(m - usage->mounts);
	struct vh_strbuf sb = { 0 };

	if (vh_has_suffix(m->at, "//deleted")) /* fs/d_path.c */
		return NULL;
	for (size_t i = usage->n_mounts; i-- > own;) {
		const char *at = usage->mounts[i].at;
		_auto_free_ char *word = NULL;

		if (!vh_is_at_or_below(at, m->at))
			continue;
		word = vh_shell_quote(at);
		vh_strbuf_addf(&sb, "%sumount %s", sb.len ? "\n" : "", word);
	}
	return vh_strbuf_steal(&sb);
}

/* --- those of which the options tell more ------------------------------------------------------- */

bool vh_mounts_is_network(const char *type)
{
	static const char *const types[] = { "nfs",       "nfs4",   "cifs",           "smb3",
					     "ceph",      "lustre", "fuse.glusterfs", "afs",
					     "fuse.sshfs" };

	for (size_t i = 0; i < VH_COUNT(types); i++)
		if (!strcmp(type, types[i]))
			return true;
	return false;
}

/* Of mounts of this kind the options tell more. */
void vh_mounts_note(struct vh_mount *m, const char *type, char *options)
{
	bool is_vital_overlay = !strcmp(type, "overlay") && vh_use_is_vital_mount(m->at);

	if (!vh_mounts_is_network(type) && strcmp(type, "9p") != 0 &&
	    strcmp(type, "virtiofs") != 0 && !is_vital_overlay)
		return;
	m->type = vh_strdup(type);
	m->options = vh_strdup(options ? options : "");
}

char *vh_mounts_next_option(const char **at, const char *key)
{
	size_t n = strlen(key);

	while (**at) {
		const char *word = *at;
		size_t len = strcspn(word, ",");

		*at += len + (word[len] == ',');
		if (len > n && !strncmp(word, key, n) && word[n] == '=')
			return vh_strndup(word + n + 1, len - n - 1);
	}
	return NULL;
}

void vh_mounts_add_all(struct vh_names *to, const char *list, const char *separators)
{
	while (*list) {
		size_t n = strcspn(list, separators);

		if (n)
			vh_names_note(to, "%.*s", (int)n, list);
		list += n + (list[n] != 0);
	}
}

void vh_mounts_layers(const struct vh_mount *m, struct vh_names *ret)
{
	static const char *const keys[] = { "lowerdir", "lowerdir+", "datadir+", "upperdir" };

	for (size_t k = 0; k < VH_COUNT(keys); k++) {
		const char *from = m->options;
		char *value;

		while ((value = vh_mounts_next_option(&from, keys[k]))) {
			vh_mounts_add_all(ret, value, ":");
			free(value);
		}
	}
}

/* Of a live system, or a container, whose root was put together out of sight: some folder of the
 * overlay lies where the overlay itself is now. */
bool vh_mounts_hide_layers(const struct vh_usage *u)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		_auto_names_ struct vh_names dirs = { 0 };

		if (strcmp(m->at, "/") != 0 || !vh_streq(m->type, "overlay"))
			continue;
		vh_mounts_layers(m, &dirs);
		for (size_t d = 0; d < dirs.count; d++)
			if (vh_mounts_of(u, dirs.name[d]) == m)
				return true;
	}
	return false;
}

bool vh_mounts_is_below_root(const struct vh_usage *u, const char *at)
{
	for (size_t i = 0; i < u->n_mounts; i++) {
		const struct vh_mount *m = &u->mounts[i];
		_auto_names_ struct vh_names dirs = { 0 };

		if (!m->type || strcmp(m->type, "overlay") != 0)
			continue;
		vh_mounts_layers(m, &dirs);
		for (size_t d = 0; d < dirs.count; d++) {
			const struct vh_mount *on = vh_mounts_of(u, dirs.name[d]);

			if (on && !strcmp(on->at, at))
				return true;
		}
	}
	return false;
}
