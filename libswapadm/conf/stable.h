/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Names that still mean the same device after the next boot. */
#ifndef SWAPADM_STABLE_H
#define SWAPADM_STABLE_H

#include "base/ctx.h"

/**
 * stable_spec() - the device of a line, by a name that stays
 * @out:  the description with UUID= of its swap signature, where no other device has the
 *        same, else with its name in /dev/mapper; NULL: @spec may stand as it is, because
 *        it has a tag, a link of udev's or a file, or because there is nothing better
 *
 * Return: 0; -ENOMEM.
 */
int stable_spec(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec, char **out);

#endif
