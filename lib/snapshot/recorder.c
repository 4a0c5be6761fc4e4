/* SPDX-License-Identifier: GPL-2.0-or-later */
/* recorder - see recorder.h. The notes stand in memory that children share, one behind the other. */
#include "lib/snapshot/recorder.h"

#include <errno.h>
#include <stdatomic.h>
#include <sys/mman.h>

#include "lib/snapshot/dict.h"

#include "lib/base/banned.h"

#define NOTES_MAX (256u << 20) /* bytes; none of it is there before it is written to ... */
#define NOTES_MIN (16u << 20)  /* ... but there are systems that promise no more than they have */

struct head {
	_Atomic size_t used; /* moved when a note is complete */
	_Atomic bool cut;
};

/* As it stands in memory; path and data follow, each ended by a NUL. */
struct written {
	size_t size; /* with what follows, a multiple of 8 */
	enum vh_asked asked;
	int error;
	size_t path_len, len;
};

struct vh_recorder {
	struct vh_root_watch watch;
	struct head *head;
	char *notes;
	size_t size;          /* of the notes */
	struct vh_dict known; /* what this process has noted, not to do it for every device */
};

/* Is there an answer that is as long? A file may have been read in part before; that it could not
 * be read before, or cannot be read any more, is another answer than an empty one. */
static bool is_known(struct vh_recorder *r, enum vh_asked asked, const char *path, int error,
		     size_t len)
{
	_auto_free_ char *key = vh_printf("%d%c%s", (int)asked, error ? '!' : ' ', path);
	bool is_new;
	struct vh_word *w = vh_dict_get(&r->known, key, &is_new);

	if (!is_new && w->number >= len)
		return true;
	w->number = len;
	return false;
}

static void append(struct vh_recorder *r, const struct written *what, const char *path,
		   const void *data)
{
	size_t at = atomic_load(&r->head->used),
	       size = sizeof(*what) + what->path_len + what->len + 2;
	char *to = r->notes + at;
	struct written e = *what;

	e.size = (size + 7) & ~(size_t)7;
	if (e.size > r->size - at) {
		r->head->cut = true;
		return;
	}
	memcpy(to, &e, sizeof(e));
	memcpy(to + sizeof(e), path, e.path_len + 1);
	if (e.len)
		memcpy(to + sizeof(e) + e.path_len + 1, data, e.len);
	atomic_store(&r->head->used, at + e.size);
}

static void saw(const struct vh_root *root, enum vh_asked asked, const char *path, int error,
		const void *data, size_t len)
{
	struct vh_recorder *r = root->watch->data;
	_auto_free_ char *whole = root->place ? vh_printf("%s/%s", root->place, path) : NULL;
	struct written e = { .asked = asked, .error = error, .len = error ? 0 : len };

	path = whole ? whole : path;
	if (is_known(r, asked, path, error, e.len))
		return;
	e.path_len = strlen(path);
	append(r, &e, path, data);
}

static void *map(size_t size)
{
	return mmap(NULL, sizeof(struct head) + size, PROT_READ | PROT_WRITE,
		    MAP_SHARED | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);
}

struct vh_recorder *vh_recorder_new(const struct vh_root *root, struct vh_root *ret_watched)
{
	_auto_(vh_recorder) struct vh_recorder *r = vh_alloc(sizeof(*r));
	void *notes;

	r->size = NOTES_MAX;
	while ((notes = map(r->size)) == MAP_FAILED && r->size > NOTES_MIN)
		r->size /= 2;
	if (notes == MAP_FAILED)
		return NULL;
	r->head = notes;
	r->notes = (char *)notes + sizeof(*r->head);
	r->watch = (struct vh_root_watch){ .saw = saw, .data = r };
	*ret_watched = *root;
	ret_watched->watch = &r->watch;
	return VH_STEAL(r);
}

void vh_recorder_free(struct vh_recorder *r)
{
	if (!r)
		return;
	if (r->head)
		munmap(r->head, sizeof(*r->head) + r->size);
	vh_dict_clear(&r->known);
	free(r);
}

bool vh_recorder_next(const struct vh_recorder *r, size_t *at, struct vh_note *ret)
{
	const char *from = r->notes + *at;
	struct written e;

	if (*at >= atomic_load(&r->head->used))
		return false;
	memcpy(&e, from, sizeof(e));
	from += sizeof(e);
	*ret = (struct vh_note){ e.asked, e.error, from, from + e.path_len + 1, e.len };
	*at += e.size;
	return true;
}

bool vh_recorder_is_cut(const struct vh_recorder *r)
{
	return atomic_load(&r->head->cut);
}
