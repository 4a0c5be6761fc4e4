/* SPDX-License-Identifier: GPL-2.0-or-later */
/* expand MANIFEST DIR - makes the tree of a host manifest in an empty directory. */
#include <fcntl.h>
#include <stdio.h>

#include "lib/base/strbuf.h"
#include "lib/manifest/manifest.h"

int main(int argc, char **argv)
{
	_auto_strbuf_ struct vh_strbuf text = { 0 };
	_auto_error_ struct vh_error err = { 0 };
	_auto_close_ int fd = -1;

	if (argc != 3)
		return 2;
	fd = open(argv[1], O_RDONLY | O_CLOEXEC);
	if (fd < 0 || vh_strbuf_read_fd(&text, fd, VH_MANIFEST_MAX) != 0) {
		perror(argv[1]);
		return 2;
	}
	if (vh_manifest_expand(text.data, text.len, argv[1], argv[2], &err) == 0)
		return 0;
	fprintf(stderr, "%s\n", err.what);
	return 1;
}
