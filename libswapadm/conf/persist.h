/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * --persist: the same change in /etc/swapadm.conf.d/50-swapctl.conf, which is swapctl's
 * own, though people may edit it: lines that the change does not concern stay as they
 * are, byte for byte. No other file is ever written.
 *
 * The new text is loaded together with all other files before it takes the place of the
 * old one, so what is refused leaves everything as it was. The callers hold the lock of
 * state_lock(). Each call has a _check twin that does all but the writing, for plans and
 * for --dry-run; it needs no lock.
 */
#ifndef SWAPADM_PERSIST_H
#define SWAPADM_PERSIST_H

#include "base/ctx.h"

#define PERSIST_FILE "/etc/swapadm.conf.d/50-swapctl.conf"

/**
 * persist_add() - a device of a tier
 * @tier:  its name
 * @rank:  of a tier that no file names yet, or SWAPADM_RANK_NONE
 * @spec:  the device as for swapadm_devspec_parse(), named by an absolute path, a tag or
 *         as zram
 *
 * A device is written by a name that stays (stable.h). One that the tier has already with
 * the same options, by whatever name, changes nothing; "zram" always is another one.
 * Return: 1 a line was written, 0 it was there; -EINVAL bad @tier or @spec, or a name
 * that an ini file can't hold; -EEXIST the files name the device otherwise, or @rank
 * contradicts the files; -EBADMSG the files are wrong or would become so; -EROFS;
 * -EACCES/-EPERM; else -errno.
 */
int persist_add(struct swapadm_ctx *ctx, const char *tier, int rank, const char *spec);
int persist_add_check(struct swapadm_ctx *ctx, const char *tier, int rank,
		      const char *spec);

/**
 * persist_remove() - take a device out again
 * @tier:  where a "zram" is looked for, or NULL: in all
 * @word:  the device as the files or as others name it: spec, path or tag; a "zram" is
 *         one with the same options
 * @instead: the spec that takes its place, for the sentence of -EEXIST; NULL: none
 *
 * A section that holds nothing else goes too, and its rank with the last device of the
 * tier.
 * Return: 0; -ENODEV no file names it; -EEXIST another file names it, the sentence has
 * file:line; else as persist_add().
 */
int persist_remove(struct swapadm_ctx *ctx, const char *tier, const char *word);
int persist_remove_check(struct swapadm_ctx *ctx, const char *tier, const char *word,
			 const char *instead);

/**
 * persist_change() - persist_remove() of @gone and persist_add() in one write
 *
 * Whatever fails, or kills the caller: the line that was there is there, or the new one.
 * Return: 1; else as those two.
 */
int persist_change(struct swapadm_ctx *ctx, const char *tier, int rank, const char *spec,
		   const char *gone);

/* ---- the text, pure ------------------------------------------------------------- */

/**
 * persist_text_add() - add a line to the section of a tier, which is made when absent
 * @rank:  goes into a section that is made, unless SWAPADM_RANK_NONE
 * @out:   new text, NUL-terminated, to be freed with free()
 *
 * Return: 0; -EBADMSG @text is not an ini file; -ENOMEM.
 */
int persist_text_add(struct swapadm_ctx *ctx, const char *text, size_t len,
		     const char *tier, int rank, const char *spec, char **out,
		     size_t *out_len);

/*
 * Take line @line out, and its section when only blank lines, and with @rank_too the
 * rank, are left of that.
 */
int persist_text_remove(struct swapadm_ctx *ctx, const char *text, size_t len,
			unsigned line, bool rank_too, char **out, size_t *out_len);

#endif
