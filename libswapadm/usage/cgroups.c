/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Memory cgroups in swap. Their own figures are the kernel's; the split by tier is that
 * of the processes which are in them now, so pages whose process has moved to another
 * group or ended (tmpfs) are in the sum and not in the split.
 */
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "usage/procs.h"
#include "usage/ktiers.h"
#include "usage/rules.h"

struct swapadm_cgroups {
	struct swapadm_procs *procs;
	struct swapadm_cgroup *items;
	size_t n;
};

struct walk_arg {
	struct swapadm_cgroups *out;
	const struct swapadm_procs *procs;
	struct swapadm_ctx *ctx;
	struct snapshot rules;
	struct usage_ktiers ktiers;
};

static void free_group(struct swapadm_cgroup *cg)
{
	free((char *)cg->path);
	free((char *)cg->tiers);
	free((char *)cg->tiers_from);
	free((uint64_t *)cg->tier_bytes);
}

/* the processes in the group and below */
static int add_split(const struct swapadm_procs *procs, struct swapadm_cgroup *cg)
{
	uint64_t *bytes = calloc(procs->n_tiers + 1, sizeof(*bytes));

	if (!bytes)
		return -ENOMEM;
	for (size_t i = 0; i < procs->n; i++) {
		const struct swapadm_proc *p = &procs->items[i];

		if (!p->cgroup || !path_is_in(p->cgroup, cg->path))
			continue;
		cg->n_procs++;
		cg->other_bytes += p->other_bytes;
		for (size_t t = 0; p->tier_bytes && t < procs->n_tiers; t++)
			bytes[t] += p->tier_bytes[t];
	}
	if (procs->split)
		cg->tier_bytes = bytes;
	else
		free(bytes);
	return 0;
}

static uint32_t known_of(const struct memcg *m)
{
	return (m->known & MEMCG_USAGE ? SWAPADM_CGROUP_USAGE : 0) |
	       (m->known & MEMCG_SWAP ? SWAPADM_CGROUP_SWAP : 0) |
	       (m->known & MEMCG_ZSWAP ? SWAPADM_CGROUP_ZSWAP : 0) |
	       (m->known & MEMCG_STAT ? SWAPADM_CGROUP_CACHED : 0) |
	       (m->known & MEMCG_MOVES ? SWAPADM_CGROUP_MOVES : 0) |
	       (m->known & MEMCG_REFAULTS ? SWAPADM_CGROUP_REFAULTS : 0);
}

/*
 * Version 1 takes a page off a group's swap when it is read in, although its slot is
 * still taken (memcg1_swapin()); version 2, the areas and the page tables count it until
 * it is freed.
 */
static uint64_t swap_of(const struct memcg *m)
{
	return m->swap_bytes + (m->swap_in_cache ? 0 : m->swap_cached_bytes);
}

static int add_group(void *data, const struct memcg *m, unsigned depth)
{
	struct walk_arg *arg = data;
	struct swapadm_cgroups *out = arg->out;
	uint64_t page_bytes = ctx_page_bytes(arg->ctx);
	struct swapadm_cgroup cg = {
		.depth = depth,
		.known = known_of(m),
		.usage_bytes = m->usage_bytes,
		.limit_bytes = m->limit_bytes,
		.swap_bytes = swap_of(m),
		.swap_limit_bytes = m->known & MEMCG_MEMSW ? m->memsw_limit_bytes
							   : m->swap_limit_bytes,
		.zswap_bytes = m->zswap_bytes,
		.zswapped_bytes = m->zswapped_bytes,
		/* two files, read one after the other; the root group lacks one */
		.cached_bytes = m->known & MEMCG_SWAP
					? u64_min(m->swap_cached_bytes, swap_of(m))
					: m->swap_cached_bytes,
		.swapin_bytes = m->swapin_pages * page_bytes,
		.swapout_bytes = m->swapout_pages * page_bytes,
		.refault_bytes = m->refault_pages * page_bytes,
	};
	int r;

	cg.path = strdup(m->path);
	if (!cg.path)
		return -ENOMEM;
	r = add_split(arg->procs, &cg);
	if (!r && depth && !cg.n_procs && (!(m->known & MEMCG_SWAP) || !swap_of(m))) {
		free_group(&cg);
		return 0;
	}
	if (!r)
		r = usage_rules_add(arg->ctx, &arg->rules, &arg->procs->mount, &cg);
	if (!r)
		r = usage_ktiers_add(&arg->ktiers, arg->procs->model, &cg);
	if (!r && !array_grow(&out->items, out->n))
		r = -ENOMEM;
	if (r) {
		free_group(&cg);
		return r;
	}
	out->items[out->n++] = cg;
	return 0;
}

SWAPADM_API int swapadm_cgroups_load(struct swapadm_ctx *ctx, struct swapadm_procs *procs,
				     struct swapadm_cgroups **out)
{
	CTX_CALL(ctx);
	struct swapadm_cgroups *cgroups;
	struct walk_arg arg = { .procs = procs, .ctx = ctx };
	int r;

	if (!ctx || !procs || !out)
		return -EINVAL;
	if (!procs->mount.version)
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"cgroups: list: no memory controller is mounted; mount cgroup2, or see `swapctl ps`");
	cgroups = calloc(1, sizeof(*cgroups));
	if (!cgroups)
		return -ENOMEM;
	cgroups->procs = procs_ref(procs);
	arg.out = cgroups;
	usage_rules_read(ctx, &arg.rules);
	usage_ktiers_read(ctx, &arg.ktiers);
	r = memcg_walk_use(ctx, &procs->mount, add_group, &arg);
	snapshot_free(&arg.rules);
	usage_ktiers_free(&arg.ktiers);
	if (r) {
		swapadm_cgroups_free(cgroups);
		return ctx_fail(ctx, r, "%s: walk: %s", procs->mount.path, strerror(-r));
	}
	*out = cgroups;
	return 0;
}

SWAPADM_API struct swapadm_cgroups *swapadm_cgroups_free(struct swapadm_cgroups *cgroups)
{
	if (!cgroups)
		return NULL;
	for (size_t i = 0; i < cgroups->n; i++)
		free_group(&cgroups->items[i]);
	free(cgroups->items);
	swapadm_procs_unref(cgroups->procs);
	free(cgroups);
	return NULL;
}

SWAPADM_API size_t swapadm_cgroups_n(const struct swapadm_cgroups *cgroups)
{
	return cgroups->n;
}

SWAPADM_API const struct swapadm_cgroup *
swapadm_cgroups_get(const struct swapadm_cgroups *cgroups, size_t i)
{
	return i < cgroups->n ? &cgroups->items[i] : NULL;
}

SWAPADM_API int swapadm_cgroups_get_psi_sized(struct swapadm_ctx *ctx,
					      const struct swapadm_cgroups *cgroups,
					      size_t i, struct swapadm_psi *out,
					      size_t size)
{
	struct swapadm_psi psi;
	_cleanup_free_ char *path = NULL, *text = NULL;
	const struct memcg_mount *mount;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !cgroups || !out || i >= cgroups->n)
		return -EINVAL;
	mount = &cgroups->procs->mount;
	if (asprintf(&path, "%s%s/memory.pressure", mount->path, cgroups->items[i].path) <
	    0) {
		path = NULL;
		return -ENOMEM;
	}
	r = ctx_read_file(ctx, path, &text, NULL);
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"%s: read: pressure is not measured for this cgroup",
				path);
	if (r)
		return ctx_fail(ctx, r, "%s: read: %s", path, strerror(-r));
	r = psi_parse(text, &psi);
	return r ? r : sized_put(out, size, &psi, sizeof(psi));
}
