/* SPDX-License-Identifier: GPL-2.0-or-later */
/* fuzz-manifest - the host of a bug report: expanded, read as a host, and nothing written
 * beside its folder. */
#include <fcntl.h>
#include <ftw.h>

#include "fuzz/fuzz.h"
#include "lib/host/host.h"
#include "lib/host/read.h"
#include "lib/manifest/manifest.h"
#include "lib/manifest/parse.h"
#include "lib/host/uses/uses.h"

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	(void)st, (void)type, (void)ftw;
	return remove(path);
}

static void read_as_host(const char *dir)
{
	_auto_(vh_host) const struct vh_host *h = NULL;
	_auto_(vh_usage) struct vh_usage *usage = NULL;
	_auto_error_ struct vh_error err = { 0 };
	struct vh_root root;

	if (vh_root_open_tree(&root, dir, &err) < 0)
		return;
	/* uses in this process, not in a child, so that libFuzzer sees where it has been */
	h = vh_host_read(&root, NULL, 0, VH_HOST_ALL, INT64_MAX);
	usage = vh_uses_read_usage(&root);
	for (size_t i = 0; i < h->n_devs; i++)
		vh_uses_read(&root, usage, (struct vh_host *)h, h->devs[i]);
	for (size_t i = 0; i < h->n_groups; i++)
		for (size_t k = 0; k < h->groups[i]->count; k++)
			FUZZ_ASSERT(h->groups[i]->members[k]->group == h->groups[i]->number);
	vh_root_close(&root);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_auto_error_ struct vh_error err = { 0 };
	const char *tmp = getenv("TMPDIR");
	_auto_free_ char *top = vh_printf("%s/fuzz-manifest.XXXXXX", tmp ? tmp : "/tmp");
	_auto_free_ char *dir = NULL;

	FUZZ_ASSERT(mkdtemp(top));
	dir = vh_printf("%s/tree", top);
	FUZZ_ASSERT(mkdir(dir, 0700) == 0);
	if (vh_manifest_expand((const char *)data, size, "fuzz.host", dir, &err) == 0)
		read_as_host(dir);
	else
		FUZZ_ASSERT(err.what);
	FUZZ_ASSERT(nftw(dir, remove_one, 16, FTW_DEPTH | FTW_PHYS) == 0);
	FUZZ_ASSERT(rmdir(top) == 0); /* empty: no line of the manifest leads out of the tree */
	return 0;
}
