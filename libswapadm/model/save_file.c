/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running state, written to a configuration file: the old text is kept next to it
 * under a name of its own, and readers see the old or the new file, never a part.
 */
#include <limits.h>

#include "base/backup.h"
#include "conf/conf.h"
#include "model/model.h"

#define CONF_FILE "/etc/swapadm.conf"

static int fail(struct swapadm_ctx *ctx, int err, const char *path)
{
	if (err == -EACCES || err == -EPERM)
		return ctx_fail(ctx, err, "%s: save: permission denied; run it as root",
				path);
	if (err == -ENOENT || err == -ENOTDIR)
		return ctx_fail(ctx, err, "%s: save: its folder does not exist; make it",
				path);
	return ctx_fail(ctx, err, "%s: save: %s", path, strerror(-err));
}

/* @path does not exist: its folder's real name, then its own */
static int resolve_new(const char *path, char *real)
{
	const char *slash = strrchr(path, '/'), *name = slash ? slash + 1 : path;
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path))
					    : strdup(".");
	size_t len;

	if (!folder)
		return -ENOMEM;
	if (!realpath(*folder ? folder : "/", real))
		return -errno;
	len = strlen(real);
	if (len + strlen(name) + 2 > PATH_MAX)
		return -ENAMETOOLONG;
	if (real[len - 1] != '/')
		real[len++] = '/';
	strcpy(real + len, name);
	return 0;
}

/* where the file is: a link stays a link, to what is written */
static int resolve(struct swapadm_ctx *ctx, const char *path, char *real)
{
	int r = ctx_may_change(ctx, path);

	if (r)
		return r;
	if (realpath(path, real))
		return 0;
	r = errno == ENOENT ? resolve_new(path, real) : -errno;
	return r ? fail(ctx, r, path) : 0;
}

/* drop-ins are read after the file: together they must say what can be applied */
static int check_text(struct swapadm_ctx *ctx, const char *real, const char *text)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	char main_file[PATH_MAX];

	/* however it was spelled */
	return !resolve(ctx, CONF_FILE, main_file) && streq(real, main_file)
		       ? conf_load_with(ctx, CONF_FILE, text, strlen(text), &conf)
		       : 0;
}

SWAPADM_API int swapadm_model_save_file(const struct swapadm_model *model,
					const char *path, char **backup)
{
	_cleanup_free_ char *text = NULL, *kept = NULL;
	char real[PATH_MAX];
	int r;

	if (!model || !backup)
		return -EINVAL;
	CTX_CALL(model->ctx);
	if (!path)
		path = CONF_FILE;
	r = resolve(model->ctx, path, real);
	if (!r)
		r = swapadm_model_save(model, &text);
	if (!r)
		r = check_text(model->ctx, real, text);
	if (r)
		return r;
	r = backup_replace(model->ctx, real, text, &kept);
	if (r == -EINVAL)
		return ctx_fail(model->ctx, r, "%s: save: is not a regular file", path);
	if (r)
		return fail(model->ctx, r, path);
	*backup = steal_ptr(&kept);
	return 0;
}
