/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * recorder - a root that notes what readers ask of it and what they get. Readers that run in
 * children note in the same place, answer by answer: what one of them saw before its driver hung
 * is there, and nobody waits for it.
 */
#ifndef VH_RECORDER_H
#define VH_RECORDER_H

#include "lib/base/root.h"

struct vh_note {
	enum vh_asked asked;
	int error;        /* 0, or the errno of the failure */
	const char *path; /* below the root, as it was asked for */
	const char *data; /* ended by a NUL beyond `len` */
	size_t len;
};

struct vh_recorder;

/* `ret_watched` asks what `root` asks, and is valid as long as both. NULL: errno is set. */
struct vh_recorder *vh_recorder_new(const struct vh_root *root,
				    struct vh_root *ret_watched) VH_CHECK;
void vh_recorder_free(struct vh_recorder *r);
VH_DEFINE_AUTO(vh_recorder, vh_recorder_free)

/* Takes the next note into *ret; *at is 0 before the first. The strings are the recorder's. */
bool vh_recorder_next(const struct vh_recorder *r, size_t *at, struct vh_note *ret);
/* Was there more than fits, or something that could not be noted? */
bool vh_recorder_is_cut(const struct vh_recorder *r);

#endif
