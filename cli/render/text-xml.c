/* SPDX-License-Identifier: GPL-2.0-or-later */
/* text-xml - the elements of a domain for people. */
#include "cli/render/render.h"
#include "cli/wrap.h"

#include "lib/base/banned.h"

/* XML is the answer itself; what names could hold was made safe for comments. */
void vh_text_xml(struct vh_output *o, const struct vh_fragment *f, const char *text)
{
	(void)o;
	(void)f;
	vh_wrap_document(stdout);
	fputs(text, stdout);
}
