/* SPDX-License-Identifier: GPL-2.0-or-later */
/* input - see input.h. */
#include "cli/input.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>

#include "lib/base/uuid.h"
#include "lib/domain/domain.h"
#include "lib/host/libvirt/libvirt-files.h"

#include "lib/base/banned.h"

int vh_input_read(struct vh_strbuf *ret, const char *path, size_t max, struct vh_error *err)
{
	bool is_stdin = vh_streq(path, "-");
	_auto_close_ int opened = is_stdin ? -1 : open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY);
	int fd = is_stdin ? STDIN_FILENO : opened;
	char buf[16384];
	struct stat st;
	ssize_t n;

	if (fd < 0 || fstat(fd, &st) < 0)
		return vh_fail(err, VH_E_INPUT, errno, NULL, "cannot be read");
	if (S_ISDIR(st.st_mode))
		return vh_fail(err, VH_E_INPUT, EISDIR, NULL, "cannot be read");
	while (ret->len <= max) {
		n = read(fd, buf, sizeof(buf));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return vh_fail(err, VH_E_INPUT, errno, NULL, "cannot be read");
		if (n == 0)
			break;
		vh_strbuf_add_mem(ret, buf, n);
	}
	if (ret->len > max)
		return vh_fail(err, VH_E_INPUT, 0, NULL, "larger than %zu MiB", max >> 20);
	if (!ret->data)
		vh_strbuf_add(ret, "");
	return 0;
}

int vh_input_domain(struct vh_strbuf *ret, const struct vh_root *root, const char *arg,
		    struct vh_error *err)
{
	_auto_free_ char *xml = NULL;
	char uuid[37];
	bool is_uuid = vh_uuid_parse(arg, uuid) == 0;

	if (vh_input_read(ret, arg, VH_XML_MAX, err) == 0)
		return 0;
	if (err->sys != ENOENT && err->sys != EISDIR && err->sys != ENAMETOOLONG)
		return -1;
	vh_error_clear(err);
	if (vh_libvirt_files_find_domain(root, arg, is_uuid ? uuid : NULL, &xml, err) < 0)
		return -1;
	if (!xml)
		return 1;
	vh_strbuf_add(ret, xml);
	return 0;
}
