/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking over: first what gives the machine its swap at the next boot, then what would
 * give it the same swap a second time. Swap that is in use stays in use.
 */
#include <fcntl.h>

#include "base/atomic.h"
#include "base/backup.h"
#include "base/program.h"
#include "conf/conf.h"
#include "device/check.h"
#include "import/import.h"

#define CONF_FILE "/etc/swapadm.conf"

static int systemctl(struct swapadm_import *import, const char *verb, const char *unit)
{
	char *argv[] = { (char *)"systemctl", (char *)"-q", (char *)verb, (char *)unit,
			 NULL };
	char words[256];
	int r = import->ctx->ops.run(argv, words, sizeof(words));

	if (r == -ENOENT)
		return ctx_fail(
			import->ctx, -EPROTONOSUPPORT,
			"%s: take over: systemctl is not installed, so nothing would attach the swap at the next boot; have your init run `swapctl apply`, then turn the others off by hand",
			unit ? unit : "systemd");
	return r ? ctx_fail(import->ctx, r, "%s: take over: systemctl %s: %s",
			    unit ? unit : "systemd", verb, *words ? words : strerror(-r))
		 : 0;
}

/* ---- looking, before anything is changed ----------------------------------------- */

/* apply --take-over ends lines of fstab; what else there is, is turned off by hand */
static int fail_conf(struct swapadm_import *import, const char *file)
{
	char commands[512] = "";

	for (size_t i = 0; i < import->n_changes; i++) {
		const struct import_change *change = &import->changes[i];
		size_t n = strlen(commands);

		if (change->kind == CHANGE_DISABLE)
			snprintf(commands + n, sizeof(commands) - n,
				 "systemctl disable %s; ", change->pub.object);
		else if (change->kind == CHANGE_GENERATOR)
			snprintf(commands + n, sizeof(commands) - n,
				 "mkdir -p %.*s; ln -s /dev/null %s; ",
				 (int)(strrchr(change->pub.object, '/') -
				       change->pub.object),
				 change->pub.object, change->pub.object);
	}
	return ctx_fail(
		import->ctx, -EEXIST,
		"%s: take over: there is a configuration already; put what import prints into it, then: %sswapctl apply --take-over",
		file, commands);
}

static int check_conf(struct swapadm_import *import)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	int r = swapadm_conf_load(import->ctx, NULL, &conf);

	if (r)
		return r;
	if (swapadm_conf_n_files(conf))
		return fail_conf(import, swapadm_conf_file(conf, 0));
	conf = swapadm_conf_unref(conf);
	return conf_load_with(import->ctx, CONF_FILE, import->text, strlen(import->text),
			      &conf);
}

/* @edited: fstab as it is to be, to be freed; NULL: it stays */
static int look_at_fstab(struct swapadm_import *import, char **edited)
{
	_cleanup_free_ char *text = NULL;
	bool named = false;
	char link[16];
	int r;

	for (size_t i = 0; i < import->n_changes; i++)
		named |= import->changes[i].kind == CHANGE_FSTAB;
	if (!named)
		return 0;
	r = ctx_readlink(import->ctx, FSTAB, link, sizeof(link));
	if (!r || r == -EOVERFLOW)
		return ctx_fail(
			import->ctx, -EINVAL,
			FSTAB
			": take over: it is a symbolic link, so something else makes it; take its swap lines out there");
	r = ctx_read_file(import->ctx, FSTAB, &text, NULL);
	if (!r)
		r = import_fstab_text(import, text, edited);
	if (r == -ESTALE)
		return ctx_fail(import->ctx, r,
				FSTAB ": take over: it was changed meanwhile; try again");
	return r ? ctx_fail(import->ctx, r, FSTAB ": take over: %s", strerror(-r)) : 0;
}

/* is there something of the administrator's where the link to /dev/null is to be? */
static int check_generators(struct swapadm_import *import)
{
	for (size_t i = 0; i < import->n_changes; i++) {
		const char *path = import->changes[i].pub.object;
		char link[1];
		int r;

		if (import->changes[i].kind != CHANGE_GENERATOR)
			continue;
		r = ctx_readlink(import->ctx, path, link, sizeof(link));
		if (r == -EOVERFLOW || r == -EINVAL) /* a link; something else */
			return ctx_fail(
				import->ctx, -EEXIST,
				"%s: take over: there is something in the generator's place already, where the link to /dev/null is to be; move it away first",
				path);
	}
	return 0;
}

/*
 * Others are less strict: swapon(8) takes a file that everybody may read, and a disk with
 * a swap signature next to an old partition table. While that is in use all is well; the
 * boot that goes by our configuration would refuse it.
 */
static int check_fit(struct swapadm_import *import, struct check *devices,
		     const char *what)
{
	static const char action[] = ": add: ";
	_cleanup_free_ char *path = NULL, *why = NULL;
	const char *cause;
	int r = check_resolve(import->ctx, what, &path);
	struct stat st;

	if (!r && import->no_files && !ctx_stat(import->ctx, path, &st) &&
	    S_ISREG(st.st_mode))
		return ctx_fail(
			import->ctx, -ENOTBLK,
			"%s: take over: not done, because the configuration has layer = redirect, where a swap file can't be a leaf; take it out there",
			what);
	if (!r)
		/* a line that import writes has no allow-loop */
		r = check_fitness(devices, path, import->full ? 0 : CHECK_ALLOW_LOOP);
	/* absent now, or not to be seen by this user */
	if (!r || r == -ENODEV || r == -ENOENT || (r == -EACCES && geteuid() != 0))
		return 0;
	why = strdup(import->ctx->error);
	cause = why ? strstr(why, action) : NULL;
	return ctx_fail(
		import->ctx, r,
		"%s: take over: not done, because the next boot would not attach it: %s",
		what, cause ? cause + strlen(action) : strerror(-r));
}

static bool names_device(const struct import_change *change)
{
	const char *value;

	return *change->what == '/' || tag_of(change->what, &value) != TAG_NONE;
}

static int check_devices(struct swapadm_import *import)
{
	_cleanup_(check_donep) struct check devices = { 0 };
	int r = check_load(import->ctx, &devices);

	if (r == -ENOENT && import->ctx->foreign_root) /* only its files are there */
		return 0;
	for (size_t i = 0; !r && i < import->n_changes; i++)
		if (names_device(&import->changes[i]))
			r = check_fit(import, &devices, import->changes[i].what);
	return r;
}

/* ---- the changes ----------------------------------------------------------------- */

static int write_conf(struct swapadm_import *import)
{
	_cleanup_free_ char *backup = NULL;
	int r = backup_replace(import->ctx, CONF_FILE, import->text, &backup);

	return r ? ctx_fail(import->ctx, r, CONF_FILE ": write: %s", strerror(-r)) : 0;
}

/* read again: systemctl may have taken its time, and others write there too */
static int write_fstab(struct swapadm_import *import)
{
	_cleanup_free_ char *edited = NULL, *backup = NULL;
	int r = look_at_fstab(import, &edited);

	if (r || !edited)
		return r;
	r = backup_replace(import->ctx, FSTAB, edited, &backup);
	if (r)
		return ctx_fail(import->ctx, r, FSTAB ": take over: %s", strerror(-r));
	if (backup)
		log_warning(import->ctx, FSTAB ": the file as it was before is %s",
			    backup);
	return 0;
}

/* a link to /dev/null in the place of a generator: systemd.generator(7) */
static int link_generator(struct swapadm_import *import, const char *path)
{
	const char *name = strrchr(path, '/') + 1;
	_cleanup_free_ char *folder = strndup(path, (size_t)(name - path) - 1);
	_cleanup_close_ int fd = -1;
	int r;

	if (!folder)
		return import_no_memory(import);
	fd = atomic_mkdir(import->ctx, folder);
	r = fd < 0 ? fd : 0;
	if (!r && symlinkat("/dev/null", fd, name) < 0)
		r = -errno;
	return r ? ctx_fail(import->ctx, r, "%s: take over: link to /dev/null: %s", path,
			    strerror(-r))
		 : 0;
}

static int change(struct swapadm_import *import, const struct import_change *change)
{
	switch (change->kind) {
	case CHANGE_GENERATOR:
		return link_generator(import, change->pub.object);
	case CHANGE_DISABLE:
		return systemctl(import, "disable", change->pub.object);
	case CHANGE_MASK:
		return systemctl(import, "mask", change->pub.object);
	default:
		return 0;
	}
}

static int check(struct swapadm_import *import)
{
	int r = 0;

	if (import->lost)
		r = ctx_fail(
			import->ctx, -EPROTONOSUPPORT,
			"%s: take over: not all that it activates can be carried over, see the comments, and turning it off would lose that; change it there first, or name another source",
			import->lost);
	if (!r && import->full)
		r = check_conf(import);
	if (!r)
		r = check_generators(import);
	return r ? r : check_devices(import);
}

SWAPADM_API int swapadm_import_check(struct swapadm_import *import)
{
	CTX_CALL(import ? import->ctx : NULL);
	_cleanup_free_ char *fstab = NULL;
	int r = import ? check(import) : -EINVAL;

	return r ? r : look_at_fstab(import, &fstab);
}

SWAPADM_API int swapadm_import_take_over(struct swapadm_import *import)
{
	CTX_CALL(import ? import->ctx : NULL);
	_cleanup_free_ char *fstab = NULL;
	int r = import ? ctx_may_change(import->ctx, "take over") : -EINVAL;

	if (!r && geteuid() != 0)
		r = ctx_fail(import->ctx, -EPERM, "take over: run it as root");
	if (!r)
		r = check(import);
	if (!r)
		r = look_at_fstab(import, &fstab);
	if (!r && (import->full || import->n_changes))
		r = systemctl(import, "enable", "swapadm.service");
	if (!r && import->full)
		r = write_conf(import);
	if (!r && fstab)
		r = write_fstab(import);
	for (size_t i = 0; !r && i < import->n_changes; i++)
		r = change(import, &import->changes[i]);
	if (!r && import->n_changes)
		r = systemctl(import, "daemon-reload", NULL);
	return r;
}
