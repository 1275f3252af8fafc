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

/* the same, but a kernel name becomes a path; to be freed, NULL: no memory */
char *spec_print(const struct swapadm_devspec *spec);

#endif
