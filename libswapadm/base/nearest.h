/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* "did you mean": the known word that a misspelt one is closest to. */
#ifndef SWAPADM_NEAREST_H
#define SWAPADM_NEAREST_H

#include <stddef.h>

/**
 * nearest_word() - the entry of a list that differs least from a word
 * @word:   as typed; case is ignored
 * @words:  the known ones
 *
 * Return: an entry at most two letters away (one, for words under four letters; swapped
 * neighbours count as one), or NULL.
 */
const char *nearest_word(const char *word, const char *const *words, size_t n);

#endif
