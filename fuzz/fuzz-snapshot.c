/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-snapshot - whatever a host looks like, its snapshot is a manifest, of which
 * another can be taken. */
#include <ftw.h>
#include <sys/stat.h>

#include "fuzz/fuzz.h"
#include "lib/model/manifest.h"
#include "lib/model/snapshot.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

/* The snapshot of the host of a manifest; NULL: that is none. */
static char *snapshot_of(const char *top, const char *text, size_t len)
{
	static const struct vh_snapshot_options options = { .identifiers = true, .date = "today" };
	_auto_error_ struct vh_error err = { 0 };
	_auto_free_ char *dir = vh_printf("%s/tree", top);
	struct vh_strbuf taken = { 0 };
	struct vh_root root;

	FUZZ_ASSERT(mkdir(dir, 0700) == 0);
	if (vh_manifest_expand(text, len, "fuzz.host", dir, &err) == 0 &&
	    vh_root_open_tree(&root, dir, &err) == 0) {
		vh_snapshot_take(&root, &options, &taken);
		vh_root_close(&root);
	}
	FUZZ_ASSERT(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	return taken.data;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const char *tmp = getenv("TMPDIR");
	_auto_free_ char *top = vh_printf("%s/fuzz-snapshot.XXXXXX", tmp ? tmp : "/tmp");
	_auto_free_ char *first = NULL, *second = NULL;

	FUZZ_ASSERT(mkdtemp(top));
	first = snapshot_of(top, (const char *)data, size);
	if (first) {
		second = snapshot_of(top, first, strlen(first));
		FUZZ_ASSERT(second); /* it is a manifest */
	}
	FUZZ_ASSERT(rmdir(top) == 0);
	return 0;
}
