/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A copy of the configuration that was applied last: the boot goes by it where the
 * files have an error. With a bad line in fstab a machine has the swap of the others.
 */
#include <fcntl.h>

#include "base/atomic.h"
#include "conf/conf.h"
#include "state/state.h"

#define COPY_TMP "." CONF_COPY_NAME ".new"

static const char head[] =
	"; What was applied last, all files in one. Written by swapctl, do not edit: the boot\n"
	"; goes by it where the configuration has an error.\n";

static int make_text(const struct swapadm_conf *conf, char **text, size_t *len)
{
	FILE *f = open_memstream(text, len);
	bool failed;

	if (!f)
		return -ENOMEM;
	fputs(head, f);
	fwrite(conf->text, 1, conf->text_len, f);
	failed = ferror(f);
	return fclose(f) || failed ? -ENOMEM : 0;
}

/* a boot that changes nothing writes nothing; one that would be refused is not there */
static bool is_there(struct swapadm_ctx *ctx, const char *text, size_t len)
{
	_cleanup_free_ char *old = NULL;
	size_t old_len;

	return conf_read_file(ctx, CONF_COPY, &old, &old_len) == 0 && old_len == len &&
	       memcmp(old, text, len) == 0;
}

/* what that means for the boot: an older copy may name what was taken out since */
static int fail(struct swapadm_ctx *ctx, int err)
{
	_cleanup_close_ int old = ctx_open(ctx, CONF_COPY, O_PATH);
	const char *why = strerror(-err);

	if (err == -ENOTDIR || err == -ELOOP)
		why = CONF_COPY_DIR " is not a folder, or is a link to one";
	if (err == -EFBIG)
		why = "the files are larger than 1 MiB together";
	if (old < 0)
		return ctx_fail(
			ctx, err,
			CONF_COPY
			": write: %s; until it can be written a boot that finds an error in the configuration attaches no swap",
			why);
	return ctx_fail(
		ctx, err,
		CONF_COPY
		": write: %s; it holds what was applied earlier, and a boot that finds an error in the configuration attaches that; remove it, or apply again when it can be written",
		why);
}

int conf_keep_copy(struct swapadm_ctx *ctx, const struct swapadm_conf *conf)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int dirfd = -1;
	size_t len;
	int r = make_text(conf, &text, &len);

	if (!r && len > CONF_FILE_LIMIT_BYTES)
		r = -EFBIG; /* which the boot would not read */
	if (r)
		return fail(ctx, r);
	if (is_there(ctx, text, len))
		return 0;
	dirfd = atomic_mkdir(ctx, CONF_COPY_DIR);
	r = dirfd < 0 ? dirfd : atomic_stage(ctx, dirfd, COPY_TMP, 0600, text, len);
	if (!r)
		r = atomic_commit(dirfd, COPY_TMP, CONF_COPY_NAME);
	return r ? fail(ctx, r) : 0;
}

void conf_keep_current(struct swapadm_ctx *ctx)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	int r = conf_load_with(ctx, NULL, NULL, 0, &conf);

	if (!r)
		r = conf_keep_copy(ctx, conf);
	if (r)
		log_warning(ctx, "%s", swapadm_get_error(ctx));
}

SWAPADM_API int swapadm_conf_keep(const struct swapadm_conf *conf,
				  struct swapadm_ctx *ctx)
{
	CTX_CALL(ctx);
	_cleanup_close_ int lock = -1;
	int r;

	if (!conf || !ctx)
		return -EINVAL;
	r = ctx_may_change(ctx, CONF_COPY);
	if (r)
		return r;
	lock = state_lock(ctx, "apply");
	return lock < 0 ? lock : conf_keep_copy(ctx, conf);
}
