/* SPDX-License-Identifier: GPL-2.0-or-later */
/* suggest - how many slips of the finger lie between two words: a character that is wrong, missing,
 * too many, or exchanged with its neighbour. */
#include "cli/suggest.h"

#include "lib/base/banned.h"

#define LONGEST 64 /* a word that is longer was not mistyped */

static size_t least(size_t a, size_t b)
{
	return a < b ? a : b;
}

/* Optimal string alignment; both are at most LONGEST long. */
static size_t distance(const char *a, const char *b)
{
	size_t rows[3][LONGEST + 1], *before = rows[0], *last = rows[1], *row = rows[2];
	size_t na = strlen(a), nb = strlen(b);

	for (size_t k = 0; k <= nb; k++)
		last[k] = k;
	for (size_t i = 1; i <= na; i++) {
		size_t *oldest = before;

		row[0] = i;
		for (size_t k = 1; k <= nb; k++) {
			size_t change = last[k - 1] + (a[i - 1] != b[k - 1]);

			row[k] = least(change, least(last[k], row[k - 1]) + 1);
			if (i > 1 && k > 1 && a[i - 1] == b[k - 2] && a[i - 2] == b[k - 1])
				row[k] = least(row[k], before[k - 2] + 1);
		}
		before = last;
		last = row;
		row = oldest;
	}
	return last[nb];
}

/* One slip for every three characters, and a word that was not written to its end. */
static bool is_close(const struct vh_suggest *s, const char *candidate, size_t d)
{
	size_t n = strlen(s->word);

	return d <= (n < 3 ? 1 : n / 3) || (n >= 2 && vh_has_prefix(candidate, s->word));
}

void vh_suggest_add(struct vh_suggest *s, const char *candidate)
{
	size_t d;

	if (!*s->word || strlen(s->word) > LONGEST || strlen(candidate) > LONGEST)
		return;
	d = distance(s->word, candidate);
	if (!is_close(s, candidate, d) || (s->closest && d >= s->distance))
		return;
	free(s->closest);
	s->closest = vh_strdup(candidate);
	s->distance = d;
}

char *vh_suggest_text(struct vh_suggest *s, const char *otherwise)
{
	char *text = s->closest ? vh_printf("; did you mean '%s'?", s->closest)
				: vh_strdup(otherwise);

	free(s->closest);
	s->closest = NULL;
	return text;
}
