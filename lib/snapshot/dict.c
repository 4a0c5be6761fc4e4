/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dict - see dict.h. */
#include "lib/snapshot/dict.h"

#include "lib/base/banned.h"

#define SLOTS_MIN 512

/* FNV-1a; the keys are paths, which nobody chooses to collide. */
static size_t hash_of(const char *key)
{
	uint64_t h = UINT64_C(0xcbf29ce484222325);

	for (; *key; key++)
		h = (h ^ (unsigned char)*key) * UINT64_C(0x100000001b3);
	return (size_t)(h ^ h >> 32);
}

/* The slot of the key, or the free one in which it would stand. */
static size_t *slot_of(const struct vh_dict *d, const char *key, size_t hash)
{
	size_t at = hash & (d->n_slots - 1);

	while (d->slots[at] && (d->list[d->slots[at] - 1].hash != hash ||
				strcmp(d->list[d->slots[at] - 1].key, key) != 0))
		at = (at + 1) & (d->n_slots - 1);
	return &d->slots[at];
}

static void grow(struct vh_dict *d)
{
	free(d->slots);
	d->n_slots = d->n_slots ? 2 * d->n_slots : SLOTS_MIN;
	d->slots = vh_alloc(d->n_slots * sizeof(*d->slots));
	d->list = vh_realloc_array(d->list, d->n_slots / 2, sizeof(*d->list));
	for (size_t i = 0; i < d->count; i++)
		*slot_of(d, d->list[i].key, d->list[i].hash) = i + 1;
}

struct vh_word *vh_dict_get(struct vh_dict *d, const char *key, bool *ret_is_new)
{
	size_t hash = hash_of(key), *slot;

	if (d->count == d->n_slots / 2)
		grow(d);
	slot = slot_of(d, key, hash);
	*ret_is_new = !*slot;
	if (*slot)
		return &d->list[*slot - 1];
	d->list[d->count] = (struct vh_word){ .key = vh_strdup(key), .hash = hash };
	*slot = ++d->count;
	return &d->list[d->count - 1];
}

void vh_dict_clear(struct vh_dict *d)
{
	for (size_t i = 0; i < d->count; i++) {
		free(d->list[i].key);
		free(d->list[i].text);
	}
	free(d->list);
	free(d->slots);
	memset(d, 0, sizeof(*d));
}
