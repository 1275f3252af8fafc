/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Taking over: first what gives the machine its swap at the next boot, then what would
 * give it the same swap a second time. Swap that is in use stays in use.
 */
#include <fcntl.h>

#include "base/backup.h"
#include "base/program.h"
#include "conf/conf.h"
#include "import/import.h"

#define CONF_FILE "/etc/swapadm.conf"
#define FSTAB     "/etc/fstab"

static int systemctl(struct swapadm_import *import, const char *verb, const char *unit)
{
	char *argv[] = { (char *)"systemctl", (char *)"-q", (char *)verb, (char *)unit,
			 NULL };
	char words[256];
	int r = program_run(argv, words, sizeof(words));

	if (r == -ENOENT) {
		log_warning(
			import->ctx,
			"systemctl is not installed: %s %s yourself, as your init does it",
			verb, unit ? unit : "");
		return 0;
	}
	return r ? ctx_fail(import->ctx, r, "%s: take over: systemctl %s: %s",
			    unit ? unit : "systemd", verb, *words ? words : strerror(-r))
		 : 0;
}

static int write_conf(struct swapadm_import *import)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	_cleanup_free_ char *backup = NULL;
	int r = swapadm_conf_load(import->ctx, NULL, &conf);

	if (r)
		return r;
	if (swapadm_conf_n_files(conf))
		return ctx_fail(
			import->ctx, -EEXIST,
			"%s: take over: there is a configuration already; put what import prints into it, then: swapctl apply --take-over",
			swapadm_conf_file(conf, 0));
	conf = swapadm_conf_unref(conf);
	r = conf_load_with(import->ctx, CONF_FILE, import->text, strlen(import->text),
			   &conf);
	if (!r)
		r = systemctl(import, "enable", "swapadm.service");
	if (r)
		return r;
	r = backup_replace(import->ctx, CONF_FILE, import->text, &backup);
	return r ? ctx_fail(import->ctx, r, CONF_FILE ": write: %s", strerror(-r)) : 0;
}

static int edit_fstab(struct swapadm_import *import)
{
	_cleanup_free_ char *text = NULL, *edited = NULL, *backup = NULL;
	int r = ctx_read_file(import->ctx, FSTAB, &text, NULL);

	if (!r)
		r = import_fstab_text(import, text, &edited);
	if (!r)
		r = backup_replace(import->ctx, FSTAB, edited, &backup);
	if (r)
		return ctx_fail(import->ctx, r, FSTAB ": take over: %s", strerror(-r));
	if (backup)
		log_warning(import->ctx, FSTAB ": the file as it was before is %s",
			    backup);
	return 0;
}

static int rename_file(struct swapadm_import *import, const char *path)
{
	char aside[400];
	int r = ctx_may_change(import->ctx, path);

	if (r)
		return r;
	snprintf(aside, sizeof(aside), "%s.before-swapadm", path);
	if (renameat2(AT_FDCWD, path, AT_FDCWD, aside, RENAME_NOREPLACE) == 0)
		return 0;
	return ctx_fail(import->ctx, -errno, "%s: take over: rename to %s: %s", path,
			aside, strerror(errno));
}

static int change(struct swapadm_import *import, const struct import_change *change)
{
	switch (change->kind) {
	case CHANGE_RENAME:
		return rename_file(import, change->pub.object);
	case CHANGE_DISABLE:
		return systemctl(import, "disable", change->pub.object);
	case CHANGE_MASK:
		return systemctl(import, "mask", change->pub.object);
	default:
		return 0;
	}
}

SWAPADM_API int swapadm_import_take_over(struct swapadm_import *import)
{
	CTX_CALL(import->ctx);
	bool fstab = false;
	int r = ctx_may_change(import->ctx, "take over");

	if (!r && geteuid() != 0)
		r = ctx_fail(import->ctx, -EPERM, "take over: run it as root");
	if (!r && import->lost)
		r = ctx_fail(
			import->ctx, -EPROTONOSUPPORT,
			"%s: take over: it can't be carried over, see the comments, and its source can't be turned off without losing it; change it there first, or name another source",
			import->lost);
	if (!r && import->full)
		r = write_conf(import);
	for (size_t i = 0; i < import->n_changes; i++)
		fstab |= import->changes[i].kind == CHANGE_FSTAB;
	if (!r && fstab)
		r = edit_fstab(import);
	for (size_t i = 0; !r && i < import->n_changes; i++)
		r = change(import, &import->changes[i]);
	if (!r && import->n_changes)
		r = systemctl(import, "daemon-reload", NULL);
	return r;
}
