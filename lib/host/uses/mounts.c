/* SPDX-License-Identifier: GPL-2.0-or-later */
/* mounts - what lies on which file system, and what has to be unmounted before what. */
#include "lib/host/uses/use.h"

#include "lib/base/shell.h"

#include "lib/base/banned.h"

const struct vh_mount *vh_mounts_of(const struct vh_usage *usage, const char *file)
{
	const struct vh_mount *best = NULL;
	size_t longest = 0;

	for (size_t i = 0; i < usage->n_mounts; i++) {
		const char *at = usage->mounts[i].at;
		size_t n = strcmp(at, "/") ? strlen(at) : 0;

		if (n < longest || strncmp(file, at, n) != 0 || file[n] != '/')
			continue;
		longest = n;
		best = &usage->mounts[i];
	}
	return best;
}

unsigned int vh_mounts_rank(const struct vh_mount *m)
{
	unsigned int rank = 2; /* 1 is for what has none, 0 for what is no mount */

	for (const char *p = m->at; p[0] && p[1]; p++)
		rank += 2 * (*p == '/');
	return rank;
}

char *vh_mounts_umount(const struct vh_usage *usage, const struct vh_mount *m)
{
	size_t own = (size_t)(m - usage->mounts), n = strlen(m->at);
	struct vh_strbuf sb = { 0 };

	if (vh_has_suffix(m->at, "//deleted")) /* fs/d_path.c */
		return NULL;
	for (size_t i = usage->n_mounts; i-- > own;) {
		const char *at = usage->mounts[i].at;
		_auto_free_ char *word = NULL;

		if (strncmp(at, m->at, n) != 0 || (at[n] && at[n] != '/'))
			continue;
		word = vh_shell_quote(at);
		vh_strbuf_addf(&sb, "%sumount %s", sb.len ? "\n" : "", word);
	}
	return vh_strbuf_steal(&sb);
}
