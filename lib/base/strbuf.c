/* SPDX-License-Identifier: GPL-2.0-or-later */
/* strbuf - see strbuf.h. */
#include "lib/base/strbuf.h"

#include <errno.h>
#include <stdarg.h>

#include "lib/base/banned.h"

static void reserve(struct vh_strbuf *sb, size_t more)
{
	size_t size = sb->size ? sb->size : 128;

	while (size < sb->len + more + 1)
		size *= 2;
	if (size == sb->size)
		return;
	sb->data = vh_realloc_array(sb->data, size, 1);
	sb->size = size;
}

void vh_strbuf_add_mem(struct vh_strbuf *sb, const void *p, size_t n)
{
	reserve(sb, n);
	memcpy(sb->data + sb->len, p, n);
	sb->len += n;
	sb->data[sb->len] = 0;
}

void vh_strbuf_add(struct vh_strbuf *sb, const char *s)
{
	vh_strbuf_add_mem(sb, s, strlen(s));
}

void vh_strbuf_addf(struct vh_strbuf *sb, const char *fmt, ...)
{
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n < 0)
		return;
	reserve(sb, n);
	va_start(ap, fmt);
	vsnprintf(sb->data + sb->len, n + 1, fmt, ap);
	va_end(ap);
	sb->len += n;
}

void vh_strbuf_join(struct vh_strbuf *sb, const char *separator, const char *s)
{
	if (sb->len)
		vh_strbuf_add(sb, separator);
	vh_strbuf_add(sb, s);
}

int vh_strbuf_read_fd(struct vh_strbuf *sb, int fd, size_t max)
{
	char waste[4096];
	bool more = false;

	for (;;) {
		bool keep = sb->len < max;
		ssize_t n;

		if (keep)
			reserve(sb, 16384);
		n = keep ? read(fd, sb->data + sb->len, 16384) : read(fd, waste, sizeof(waste));
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		if (n == 0)
			break;
		if (keep)
			sb->len += n;
		else
			more = true;
	}
	reserve(sb, 0);
	sb->data[sb->len] = 0;
	return more || sb->len > max;
}

char *vh_strbuf_steal(struct vh_strbuf *sb)
{
	char *s = sb->data ? sb->data : vh_strdup("");

	memset(sb, 0, sizeof(*sb));
	return s;
}

void vh_strbuf_clear(struct vh_strbuf *sb)
{
	free(sb->data);
	memset(sb, 0, sizeof(*sb));
}

void vh_strbuf_add_word(struct vh_strbuf *sb, const char *word)
{
	vh_strbuf_add_mem(sb, word, strlen(word) + 1);
}
