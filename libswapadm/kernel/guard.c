/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/guard.h"

#include <fcntl.h>

int guard_note(struct guard_groups *groups, const struct memcg *cg, bool at_limit)
{
	bool below = at_limit;

	for (size_t i = 0; !below && i < groups->n; i++)
		below = path_is_in(cg->path, groups->items[i].path);
	if (!below)
		return 0;
	if (!array_grow(&groups->items, groups->n))
		return -ENOMEM;
	groups->items[groups->n] = (struct guard_group){
		.path = strdup(cg->path),
		.swap_bytes = cg->swap_bytes,
		.at_limit = at_limit,
		.kills_all = cg->kills_all,
	};
	return groups->items[groups->n++].path ? 0 : -ENOMEM;
}

void guard_free(struct guard_groups *groups)
{
	for (size_t i = 0; i < groups->n; i++)
		free(groups->items[i].path);
	free(groups->items);
	*groups = (struct guard_groups){ 0 };
}

/* cgroup.events of v2, "frozen 1": also when a group above it is */
static bool is_frozen(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
		      const char *path)
{
	_cleanup_free_ char *text = NULL;
	char file[4608];

	snprintf(file, sizeof(file), "%s%s/cgroup.events", mount->path, path);
	return !ctx_read_file(ctx, file, &text, NULL) && strstr(text, "frozen 1");
}

/* a group that has some takes another one, too: cgroup v2 lets only leaves have any */
static bool has_processes(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
			  const char *path)
{
	char file[4608], line[32];

	snprintf(file, sizeof(file), "%s%s/cgroup.procs", mount->path, path);
	return !ctx_read_line(ctx, file, line, sizeof(line)) && *line;
}

/* would the death of a process in @host take others with it? */
static bool kills_others(const struct guard_groups *groups, const char *host)
{
	for (size_t i = 0; i < groups->n; i++)
		if (groups->items[i].kills_all && path_is_in(host, groups->items[i].path))
			return true;
	return false;
}

/* the lowest of the groups at their limit; NULL when they are not one below the other */
static const char *lowest(const struct guard_groups *groups)
{
	const char *low = NULL;

	for (size_t i = 0; i < groups->n; i++) {
		const struct guard_group *g = &groups->items[i];

		if (!g->at_limit)
			continue;
		if (low && !path_is_in(g->path, low)) /* ancestors come first */
			return NULL;
		low = g->path;
	}
	return low;
}

int guard_host(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
	       const struct guard_groups *groups, const char *in, char **out)
{
	const char *low = lowest(groups);
	const struct guard_group *best = NULL;

	*out = NULL;
	for (size_t i = 0; low && i < groups->n; i++) {
		const struct guard_group *g = &groups->items[i];

		if (!path_is_in(g->path, low) || kills_others(groups, g->path) ||
		    !has_processes(ctx, mount, g->path) || is_frozen(ctx, mount, g->path))
			continue;
		if (!best || g->swap_bytes > best->swap_bytes)
			best = g;
		if (streq_null(in, g->path)) {
			best = g;
			break;
		}
	}
	if (!best)
		return 0;
	*out = strdup(best->path);
	return *out ? 0 : -ENOMEM;
}

static void procs_file(const struct memcg_mount *mount, const char *path, char *file,
		       size_t size)
{
	snprintf(file, size, "%s%s/cgroup.procs", mount->path,
		 streq(path, "/") ? "" : path);
}

/* remembers the group; a descriptor */
static int open_group(struct swapadm_ctx *ctx, const char *path, struct guard *guard)
{
	struct memcg_mount mount;
	char file[4608];
	struct memcg cg;
	int r = memcg_mount_find(ctx, &mount), fd;

	if (r || !mount.version)
		return r ? r : -ENOENT;
	r = memcg_read(ctx, &mount, path, &cg);
	if (r)
		return r;
	procs_file(&mount, path, file, sizeof(file));
	fd = ctx_open(ctx, file, O_WRONLY);
	if (fd < 0)
		return fd;
	guard_end(guard);
	guard->path = strdup(path);
	guard->kills = cg.oom_kills;
	if (guard->path)
		return fd;
	close(fd);
	return -ENOMEM;
}

int guard_open(struct swapadm_ctx *ctx, const char *host, struct guard *guard)
{
	return open_group(ctx, host, guard);
}

int guard_move(struct swapadm_ctx *ctx, const char *host, pid_t pid, struct guard *guard)
{
	struct guard next = { 0 };
	_cleanup_close_ int fd = open_group(ctx, host, &next);

	if (fd < 0)
		return fd;
	if (dprintf(fd, "%d", (int)pid) < 0) {
		int r = -errno;

		guard_end(&next);
		return r;
	}
	guard_end(guard);
	*guard = next;
	return 0;
}

bool guard_is_stopped(struct swapadm_ctx *ctx, const struct guard *guard)
{
	struct memcg_mount mount;

	return guard->path && !memcg_mount_find(ctx, &mount) &&
	       is_frozen(ctx, &mount, guard->path);
}

bool guard_has_killed(struct swapadm_ctx *ctx, const struct guard *guard)
{
	struct memcg_mount mount;
	struct memcg cg;

	return guard->path && !memcg_mount_find(ctx, &mount) &&
	       !memcg_read(ctx, &mount, guard->path, &cg) && cg.oom_kills > guard->kills;
}

void guard_end(struct guard *guard)
{
	free(guard->path);
	*guard = (struct guard){ 0 };
}
