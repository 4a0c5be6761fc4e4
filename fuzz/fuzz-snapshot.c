/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-snapshot - whatever a host looks like, its snapshot is a manifest, of which
 * another can be taken. */
#include <ftw.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"
#include "lib/manifest/manifest.h"
#include "lib/snapshot/snapshot.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* Is it a manifest? Then *ret becomes the snapshot of its host, or NULL: it has none. */
static bool take(const char *top, const char *text, size_t len, char **ret)
{
	static const struct vh_snapshot_options options = { .identifiers = true, .date = "today" };
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *dir = vh_printf("%s/tree", top);
	struct vh_strbuf taken = { 0 };
	struct vh_root root;
	bool expanded;

	FUZZ_ASSERT(mkdir(dir, 0700) == 0);
	expanded = vh_manifest_expand(text, len, "fuzz.host", dir, &err) == 0;
	if (expanded && vh_root_open_tree(&root, dir, &err) == 0) {
		FUZZ_ASSERT(vh_snapshot_take(&root, &options, &taken, &err) == 0 || err.what);
		vh_root_close(&root);
	}
	FUZZ_ASSERT(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	*ret = taken.data;
	return expanded;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	_auto_free_ char *top = vh_printf("%s/fuzz-snapshot.XXXXXX", tmp ? tmp : "/tmp");
	_auto_free_ char *first = NULL, *second = NULL;

	FUZZ_ASSERT(mkdtemp(top));
	if (take(top, (const char *)data, size, &first) && first)
		FUZZ_ASSERT(take(top, first, strlen(first), &second));
	FUZZ_ASSERT(rmdir(top) == 0);
	return 0;
}
