/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running state, written to a configuration file: the old text is kept next to it
 * under a name of its own, and readers see the old or the new file, never a part.
 */
#include <limits.h>

#include "base/backup.h"
#include "base/privilege.h"
#include "conf/conf.h"
#include "model/model.h"
#include "state/state.h"

#define CONF_FILE "/etc/swapadm.conf"

static int fail(struct swapadm_ctx *ctx, int err, const char *path)
{
	if (err == -EACCES || err == -EPERM)
		return ctx_fail(ctx, err, "%s: save: %s", path,
				PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
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

/*
 * As fs.protected_symlinks of the kernel, which may be off, and which realpath(3) gets
 * past: in a folder that everybody may write, like /tmp, a link is followed that is ours
 * or the folder's owner's.
 */
static int check_link(struct swapadm_ctx *ctx, const char *path, const struct stat *link)
{
	const char *slash = strrchr(path, '/');
	_cleanup_free_ char *folder = slash ? strndup(path, (size_t)(slash - path) + 1)
					    : strdup(".");
	struct stat st;

	if (!folder)
		return fail(ctx, -ENOMEM, path);
	if (stat(folder, &st) < 0)
		return fail(ctx, -errno, path);
	if (link->st_uid == geteuid() || link->st_uid == st.st_uid ||
	    !(st.st_mode & S_IWOTH))
		return 0;
	return ctx_fail(
		ctx, -ELOOP,
		"%s: save: it is a link that user %u has put into a folder that everybody may write; name the file itself",
		path, (unsigned)link->st_uid);
}

/* where the file is: a link stays a link, to what is written */
static int resolve(struct swapadm_ctx *ctx, const char *path, char *real)
{
	struct stat st;
	int r = ctx_may_change(ctx, path);

	if (!r && lstat(path, &st) == 0 && S_ISLNK(st.st_mode))
		r = check_link(ctx, path, &st);
	if (r)
		return r;
	if (realpath(path, real))
		return 0;
	r = errno == ENOENT ? resolve_new(path, real) : -errno;
	return r ? fail(ctx, r, path) : 0;
}

/* however it was spelled */
static bool is_main_file(struct swapadm_ctx *ctx, const char *real)
{
	char main_file[PATH_MAX];

	return !resolve(ctx, CONF_FILE, main_file) && streq(real, main_file);
}

static bool has_line(const struct conf_tier *tier, const struct swapadm_devspec *line)
{
	for (size_t i = 0; tier && i < tier->pub.n_devices; i++)
		if (streq(tier->devices[i]->word, line->word))
			return true;
	return false;
}

/* what was left out of the file is to be there all the same */
static int check_left_out(const struct swapadm_model *model,
			  const struct swapadm_conf *conf)
{
	for (size_t t = 0; t < model->n_tiers; t++) {
		const struct model_tier *tier = model->tiers[t];

		for (size_t i = 0; i < tier->pub.n_devices; i++) {
			const struct model_device *dev = tier->devices[i];

			if (!model_is_in_drop_in(dev) ||
			    has_line(conf_find_tier(conf, tier->pub.name), dev->line))
				continue;
			return ctx_fail(
				model->ctx, -EBADMSG,
				"%s: save: %s names it and would not be read with /etc/swapadm.conf; write to another file, or leave out --config",
				dev->line->word, dev->file);
		}
	}
	return 0;
}

/* drop-ins are read after the file: together they must say what can be applied */
static int check_text(const struct swapadm_model *model, const char *text)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	int r = conf_load_with(model->ctx, CONF_FILE, text, strlen(text), &conf);

	return r ? r : check_left_out(model, conf);
}

/* what runs is what the boot is to attach; without the lock the copy is whole as well */
static void keep_copy(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int lock = state_lock(ctx, "save");

	conf_keep_current(ctx);
}

/* without it tiers have made-up names, and options of devices are missing */
static int check_state(struct swapadm_ctx *ctx)
{
	struct state state = { 0 };
	int r = state_load(ctx, &state);

	state_free(&state);
	return r;
}

SWAPADM_API int swapadm_model_save_file(const struct swapadm_model *model,
					const char *path, char **backup)
{
	_cleanup_free_ char *text = NULL, *kept = NULL;
	char real[PATH_MAX];
	bool in_main;
	int r;

	if (!model || !backup)
		return -EINVAL;
	CTX_CALL(model->ctx);
	if (!path)
		path = CONF_FILE;
	r = resolve(model->ctx, path, real);
	if (!r)
		r = check_state(model->ctx);
	if (r)
		return r;
	in_main = is_main_file(model->ctx, real);
	r = model_print(model, in_main, &text);
	if (!r && in_main)
		r = check_text(model, text);
	if (r)
		return r;
	r = backup_replace(model->ctx, real, text, &kept);
	if (r == -EINVAL)
		return ctx_fail(model->ctx, r, "%s: save: is not a regular file", path);
	if (r)
		return fail(model->ctx, r, path);
	if (in_main)
		keep_copy(model->ctx);
	*backup = steal_ptr(&kept);
	return 0;
}
