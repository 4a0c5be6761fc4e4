/* SPDX-License-Identifier: GPL-2.0-or-later */
/* error - see error.h. */
#include "lib/base/error.h"

#include <stdarg.h>

#include "lib/base/banned.h"

void vh_error_clear(struct vh_error *err)
{
	free(err->what);
	free(err->fix);
	memset(err, 0, sizeof(*err));
}

int vh_fail(struct vh_error *err, enum vh_code code, int sys, const char *fix, const char *fmt, ...)
{
	char *what, *remedy = vh_strdup(fix); /* which may be that of err */
	va_list ap;

	if (!err) {
		free(remedy);
		return -1;
	}
	va_start(ap, fmt);
	what = vh_vprintf(fmt, ap);
	va_end(ap);
	vh_error_clear(err);
	err->code = code;
	err->sys = sys;
	err->fix = remedy;
	err->what = sys ? vh_printf("%s: %s", what, strerror(sys)) : vh_strdup(what);
	free(what);
	return -1;
}

int vh_wrap(struct vh_error *err, const char *fmt, ...)
{
	_auto_free_ char *context = NULL;
	va_list ap;
	char *what;

	if (!err)
		return -1;
	va_start(ap, fmt);
	context = vh_vprintf(fmt, ap);
	va_end(ap);
	what = vh_printf("%s: %s", context, err->what ? err->what : "unknown error");
	free(err->what);
	err->what = what;
	return -1;
}
