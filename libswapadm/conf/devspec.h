/* SPDX-License-Identifier: LGPL-2.1-or-later */
#ifndef SWAPADM_DEVSPEC_H
#define SWAPADM_DEVSPEC_H

#include "swapadm.h"

/**
 * devspec_print() - the reverse of swapadm_devspec_parse()
 * @out:  text, to be freed with free()
 *
 * Return: 0; -ENOMEM.
 */
int devspec_print(const struct swapadm_devspec *spec, char **out);

/**
 * devspec_copy() - a copy whose word means the same everywhere
 * @out:  a kernel name has become a path; free with swapadm_devspec_free()
 *
 * Return: 0; -ENOMEM.
 */
int devspec_copy(const struct swapadm_devspec *spec, struct swapadm_devspec **out);

static inline void devspec_freep(struct swapadm_devspec **spec)
{
	swapadm_devspec_free(*spec);
}

#endif
