/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Records that can't be read: what their name says is looked at, and what of it does not
 * run is let go by hand. Wake can't: who was stopped by others is not known.
 */
#include "park/damaged.h"
#include "park/park.h"

struct member_arg {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	const char *cgroup;
	char pids[512]; /* " 12 13" of those that are stopped */
	size_t len;
};

static int add_stopped(void *data, pid_t pid)
{
	struct member_arg *arg = data;
	char path[4096];
	struct proc_status st;

	if (arg->len + 16 > sizeof(arg->pids) ||
	    (arg->cgroup &&
	     (memcg_of_pid(arg->ctx, arg->mount, pid, path, sizeof(path)) ||
	      !path_is_in(path, arg->cgroup))) ||
	    proc_status_read(arg->ctx, pid, &st) || !st.stopped)
		return 0;
	arg->len += (size_t)snprintf(arg->pids + arg->len, sizeof(arg->pids) - arg->len,
				     " %d", (int)pid);
	return 0;
}

struct inode_arg {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	uint64_t inode;
	char path[4096];
};

static int is_it(void *data, const struct memcg *cg, unsigned depth)
{
	struct inode_arg *arg = data;
	char path[4608];
	struct stat st;

	snprintf(path, sizeof(path), "%s%s", arg->mount->path, cg->path);
	if (ctx_stat(arg->ctx, path, &st) || st.st_ino != arg->inode)
		return 0;
	snprintf(arg->path, sizeof(arg->path), "%s", cg->path);
	return 1;
}

/* "echo 0 >/sys/fs/cgroup/a/cgroup.freeze; " of a group that is frozen; NULL: it is not */
static char *thaw_group(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
			const char *cgroup)
{
	_cleanup_free_ char *quoted = NULL;
	struct freezer_state state;
	struct freezer group;
	char *text = NULL;
	bool v2;

	if (freezer_find(ctx, mount, cgroup, &group) ||
	    freezer_read(ctx, &group, &state) || !state.own)
		return NULL;
	v2 = group.kind == SWAPADM_FREEZER_CGROUP;
	quoted = swapadm_shell_quote(group.dir);
	if (!quoted || asprintf(&text, "echo %s >%s/%s; ", v2 ? "0" : "THAWED", quoted,
				v2 ? "cgroup.freeze" : "freezer.state") < 0)
		return NULL;
	return text;
}

/* what lets it run; "" nothing of it is frozen; NULL: no memory */
static char *thaw_command(struct swapadm_ctx *ctx, const char *id)
{
	struct memcg_mount mount = { 0 };
	struct inode_arg found = { .ctx = ctx, .mount = &mount };
	struct member_arg arg = { .ctx = ctx, .mount = &mount, .cgroup = found.path };
	char *text = NULL;
	uint64_t n;

	if (parse_u64(id + 1, &n) || !n || (*id != 'p' && *id != 'c'))
		return strdup("");
	if (*id == 'p') {
		arg.cgroup = NULL;
		if (n > 1 && n <= INT32_MAX)
			add_stopped(&arg, (pid_t)n);
	} else {
		found.inode = n;
		if (memcg_mount_find(ctx, &mount) || !mount.version ||
		    memcg_walk(ctx, &mount, false, is_it, &found) != 1)
			return strdup("");
		text = thaw_group(ctx, &mount, found.path);
		if (!text)
			procs_each(ctx, add_stopped, &arg);
	}
	if (!text && asprintf(&text, "%s%s%s", arg.len ? "kill -CONT" : "", arg.pids,
			      arg.len ? "; " : "") < 0)
		return NULL;
	return text;
}

int damaged_fill(struct swapadm_ctx *ctx, const char *id,
		 struct swapadm_parked_damaged *out)
{
	_cleanup_free_ char *thaw = thaw_command(ctx, id), *quoted = NULL;
	char *path = NULL, *remedy = NULL;

	if (thaw && asprintf(&path, PARKS_DIR "/%s", id) < 0)
		path = NULL;
	quoted = path ? swapadm_shell_quote(path) : NULL;
	if (quoted && asprintf(&remedy, "%srm %s", thaw, quoted) < 0)
		remedy = NULL;
	if (!remedy) {
		free(path);
		return -ENOMEM;
	}
	*out = (struct swapadm_parked_damaged){ path, remedy, *thaw };
	return 0;
}
