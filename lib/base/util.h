/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * util - memory that cannot fail, cleanup by scope, strict integers.
 * Knows nothing of PCI, XML or files.
 */
#ifndef VH_UTIL_H
#define VH_UTIL_H

#include <stdarg.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#define VH_PRINTF(fmt, args) __attribute__((format(printf, fmt, args)))
#define VH_CHECK __attribute__((warn_unused_result))
#define VH_COUNT(a) (sizeof(a) / sizeof((a)[0]))

/* Deliberate neglect of a result that must be used; a comment says why. */
#define VH_IGNORE(expr)        \
	do {                   \
		if (expr) {    \
		}              \
	} while (0)

/* Hand a pointer over: the variable becomes NULL, its old value is the result. */
#define VH_STEAL(p)                      \
	({                               \
		__typeof__(p) _p = (p);  \
		(p) = NULL;              \
		_p;                      \
	})

/* Yes, no, or a fact that the source could not give. Unknown is never a pass. */
enum vh_tri { VH_UNKNOWN = 0, VH_NO, VH_YES };

static inline void vh_cleanup_free(void *p)
{
	free(*(void **)p);
}

static inline void vh_cleanup_close(const int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

#define _auto_free_ __attribute__((cleanup(vh_cleanup_free)))
/* unused: a lock is only held */
#define _auto_close_ __attribute__((cleanup(vh_cleanup_close), unused))

/* Cleanup by scope for a type: VH_DEFINE_AUTO(vh_thing, vh_thing_free) makes _auto_(vh_thing) usable
 * on `struct vh_thing *x = NULL`. */
#define VH_DEFINE_AUTO(type, func)                       \
	static inline void vh_auto_##type(struct type **p) \
	{                                                \
		func(*p);                                \
	}
#define _auto_(type) __attribute__((cleanup(vh_auto_##type)))

/*
 * Allocation never fails: out of memory ends the process with `vh_oom_exit` as status
 * (the hook sets 0 for the operations whose failure would kill a guest). A claim that was
 * written before makes that safe.
 */
extern int vh_oom_exit;
void *vh_alloc(size_t size) VH_CHECK;               /* zeroed */
void *vh_realloc_array(void *p, size_t n, size_t size) VH_CHECK;
char *vh_strdup(const char *s) VH_CHECK;            /* NULL gives NULL */
char *vh_strndup(const char *s, size_t n) VH_CHECK;
char *vh_printf(const char *fmt, ...) VH_PRINTF(1, 2) VH_CHECK;
char *vh_vprintf(const char *fmt, va_list ap) VH_PRINTF(1, 0) VH_CHECK;

/* Appends one zeroed element to a growing array; returns it. */
#define VH_APPEND(array, count)                                                        \
	({                                                                             \
		(array) = vh_realloc_array((array), (count) + 1, sizeof(*(array)));    \
		memset(&(array)[(count)], 0, sizeof(*(array)));                        \
		&(array)[(count)++];                                                   \
	})

static inline bool vh_streq(const char *a, const char *b)
{
	return a == b || (a && b && !strcmp(a, b));
}

bool vh_has_prefix(const char *s, const char *prefix);
/* Does it end with the suffix, behind something else? */
bool vh_has_suffix(const char *s, const char *suffix);
/* Is the path that of the folder, or does it lead through it? Both are absolute. */
bool vh_is_at_or_below(const char *path, const char *folder);

/* Are the first `len` bytes that word, the whole of it? */
static inline bool vh_is_word(const char *s, size_t len, const char *word)
{
	return len == strlen(word) && !memcmp(s, word, len);
}

/*
 * The whole string as an unsigned number in `base` (0: as C writes it: 0x hex, leading 0
 * octal, else decimal), at most `max`. No sign, no blanks, no rest. Returns 0 or -1.
 */
int vh_parse_uint(const char *s, int base, uint64_t max, uint64_t *ret) VH_CHECK;

/* Writes all of it. 0, or -1 with errno set. */
int vh_write_all(int fd, const void *data, size_t len) VH_CHECK;

/* Milliseconds of CLOCK_MONOTONIC. */
int64_t vh_now_ms(void);

#endif
