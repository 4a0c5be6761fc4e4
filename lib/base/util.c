/* SPDX-License-Identifier: GPL-2.0-or-later */
/* util - see util.h. */
#include "lib/base/util.h"

#include <errno.h>
#include <stdarg.h>
#include <time.h>

#include "lib/base/banned.h"

int vh_oom_exit = 1;

static void *checked(void *p)
{
	static const char msg[] = "vfio-hook: out of memory\n";

	if (p)
		return p;
	(void)!write(STDERR_FILENO, msg, sizeof(msg) - 1);
	_exit(vh_oom_exit);
}

void *vh_alloc(size_t size)
{
	return checked(calloc(1, size ? size : 1));
}

void *vh_realloc_array(void *p, size_t n, size_t size)
{
	return checked(reallocarray(p, n ? n : 1, size));
}

char *vh_strdup(const char *s)
{
	return s ? checked(strdup(s)) : NULL;
}

char *vh_strndup(const char *s, size_t n)
{
	return checked(strndup(s, n));
}

char *vh_vprintf(const char *fmt, va_list ap)
{
	char *s = NULL;

	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	return checked(s);
}

char *vh_printf(const char *fmt, ...)
{
	char *s;
	va_list ap;

	va_start(ap, fmt);
	s = vh_vprintf(fmt, ap);
	va_end(ap);
	return s;
}

bool vh_has_prefix(const char *s, const char *prefix)
{
	return !strncmp(s, prefix, strlen(prefix));
}

bool vh_has_suffix(const char *s, const char *suffix)
{
	size_t n = strlen(s), m = strlen(suffix);

	return n > m && !strcmp(s + n - m, suffix);
}

bool vh_is_at_or_below(const char *path, const char *folder)
{
	size_t n = strlen(folder);

	while (n && folder[n - 1] == '/')
		n--;
	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

int vh_parse_uint(const char *s, int base, uint64_t max, uint64_t *ret)
{
	unsigned long long v;
	char *end;

	/* strtoull() takes blanks and signs, 0x with base 16, and 0b in newer C; we do not */
	if (base == 0 && s && s[0] == '0' && s[1] && s[1] != 'x' && s[1] != 'X')
		base = 8;
	if (!s || !((*s >= '0' && *s <= '9') || (base == 16 && strchr("abcdefABCDEF", *s))) || !*s)
		return -1;
	if (base == 16 && s[0] == '0' && (s[1] == 'x' || s[1] == 'X'))
		return -1;
	errno = 0;
	v = strtoull(s, &end, base);
	if (errno || *end || v > max)
		return -1;
	*ret = v;
	return 0;
}

int64_t vh_now_ms(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

int vh_write_all(int fd, const void *data, size_t len)
{
	const char *p = data;

	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -1;
		p += n;
		len -= n;
	}
	return 0;
}
