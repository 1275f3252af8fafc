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
	       const struct guard_groups *groups, char **out)
{
	const char *low = lowest(groups);
	const struct guard_group *best = NULL;

	*out = NULL;
	for (size_t i = 0; low && i < groups->n; i++) {
		const struct guard_group *g = &groups->items[i];

		if (path_is_in(g->path, low) && !kills_others(groups, g->path) &&
		    (!best || g->swap_bytes > best->swap_bytes) &&
		    has_processes(ctx, mount, g->path))
			best = g;
	}
	if (!best)
		return 0;
	*out = strdup(best->path);
	return *out ? 0 : -ENOMEM;
}

int guard_open(struct swapadm_ctx *ctx, const char *path)
{
	struct memcg_mount mount;
	char file[4608];
	int r = memcg_mount_find(ctx, &mount);

	if (r || !mount.version)
		return r ? r : -ENOENT;
	snprintf(file, sizeof(file), "%s%s/cgroup.procs", mount.path, path);
	return ctx_open(ctx, file, O_WRONLY);
}
