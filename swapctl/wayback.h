/* SPDX-License-Identifier: GPL-2.0-or-later */
/* How something that is not in use any more comes back. */
#ifndef SWAPCTL_WAYBACK_H
#define SWAPCTL_WAYBACK_H

#include "cli.h"

/* does the configuration name it in its tier? else `add` has attached it */
bool wayback_is_configured(const struct swapadm_conf *conf,
			   const struct swapadm_tier *tier,
			   const struct swapadm_device *dev);

/* does a file name what @word means, a device, or one of a tier or of all? */
bool wayback_names(const struct swapadm_conf *conf, const struct swapadm_model *model,
		   const char *word);
/* of a change that was made without --persist to such a device */
void wayback_hint(const struct cli *cli);

/* does add take this word? not a name with a line break, or a comma in it */
bool wayback_takes(struct swapadm_ctx *ctx, const char *word);

/*
 * the command that attaches a device of a tier again, to be freed; NULL: add would refuse
 * its name, or memory is short. @conf: that the model was loaded with, or NULL
 */
char *wayback_of_device(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
			const struct swapadm_tier *tier,
			const struct swapadm_device *dev);

/*
 * the same of what a drain on the direct layer has emptied, as the user named it; NULL:
 * it is not known, or of several devices that take a command each
 */
char *wayback_of_drained(struct cli *cli, const char *source);

#endif
