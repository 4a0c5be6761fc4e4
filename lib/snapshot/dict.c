/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dict - see dict.h. */
#include "lib/snapshot/dict.h"

#include "lib/base/banned.h"

/* Where the key stands, or would. */
static size_t place_of(const struct vh_dict *d, const char *key, bool *ret_found)
{
	size_t low = 0, high = d->count;

	*ret_found = false;
	while (low < high) {
		size_t mid = low + (high - low) / 2;
		int c = strcmp(key, d->list[mid].key);

		if (!c)
			*ret_found = true;
		if (c <= 0)
			high = mid;
		else
			low = mid + 1;
	}
	return low;
}

struct vh_word *vh_dict_get(struct vh_dict *d, const char *key, bool *ret_is_new)
{
	bool found;
	size_t at = place_of(d, key, &found);

	*ret_is_new = !found;
	if (found)
		return &d->list[at];
	if (d->count == d->room) {
		d->room = d->room ? 2 * d->room : 256;
		d->list = vh_realloc_array(d->list, d->room, sizeof(*d->list));
	}
	memmove(&d->list[at + 1], &d->list[at], (d->count - at) * sizeof(*d->list));
	d->count++;
	d->list[at] = (struct vh_word){ .key = vh_strdup(key) };
	return &d->list[at];
}

void vh_dict_clear(struct vh_dict *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->list[i].key);
		free(d->list[i].text);
	}
	free(d->list);
	memset(d, 0, sizeof(*d));
}
