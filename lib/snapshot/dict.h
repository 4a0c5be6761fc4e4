/* SPDX-License-Identifier: GPL-2.0-or-later */
/* dict - texts by text, each once: a hash table. Zero-initialise it. */
#ifndef VH_DICT_H
#define VH_DICT_H

#include "lib/base/util.h"

struct vh_word {
	char *key;
	char *text;    /* owned; NULL at first */
	size_t number; /* 0 at first */
	size_t hash;   /* of the key */
};
struct vh_dict {
	struct vh_word *list; /* in the order in which they came */
	size_t count;
	size_t *slots;  /* by hash: 1 + the index in `list`, or 0 */
	size_t n_slots; /* a power of two, at least twice `count` */
};

/* The entry of a key, made where there is none; valid until the next call. */
struct vh_word *vh_dict_get(struct vh_dict *d, const char *key, bool *ret_is_new);
void vh_dict_clear(struct vh_dict *d);

#endif
