/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/zswap_group.h"

#include "kernel/memcg.h"

struct walk {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	struct zswap_kept *out;
	uint64_t most_bytes;
	unsigned inside; /* depth of what is below a group that was counted; 0: nowhere */
};

/* what is below such a group is counted in it and may not be written back either */
static int add_group(void *data, const struct memcg *cg, unsigned depth)
{
	struct walk *w = data;
	char file[4608];
	uint64_t value;

	if (w->inside && depth >= w->inside)
		return 0;
	w->inside = 0;
	if (!(cg->known & MEMCG_ZSWAP) || !cg->zswap_bytes)
		return 0;
	snprintf(file, sizeof(file), "%s%s/memory.zswap.writeback", w->mount->path,
		 cg->path);
	if (ctx_read_u64(w->ctx, file, &value) || value)
		return 0;
	w->inside = depth + 1;
	w->out->bytes += cg->zswap_bytes;
	if (cg->zswap_bytes <= w->most_bytes || strlen(file) >= sizeof(w->out->file) ||
	    strlen(cg->path) >= sizeof(w->out->cgroup))
		return 0;
	w->most_bytes = cg->zswap_bytes;
	strcpy(w->out->cgroup, cg->path);
	strcpy(w->out->file, file);
	return 0;
}

int zswap_kept_read(struct swapadm_ctx *ctx, struct zswap_kept *out)
{
	struct memcg_mount mount = { 0 };
	struct walk w = { .ctx = ctx, .mount = &mount, .out = out };
	int r = memcg_mount_find(ctx, &mount);

	*out = (struct zswap_kept){ 0 };
	if (r || mount.version != 2)
		return r ? r : -ENODATA;
	return memcg_walk(ctx, &mount, true, add_group, &w);
}

SWAPADM_API int swapadm_zswap_kept(struct swapadm_ctx *ctx, uint64_t *bytes, char *file,
				   size_t size)
{
	struct zswap_kept kept;
	CTX_CALL(ctx);
	int r;

	if (!ctx || !bytes || !file)
		return -EINVAL;
	r = zswap_kept_read(ctx, &kept);
	if (!r && !*kept.file)
		r = -ENODATA;
	if (!r && strlen(kept.file) >= size)
		r = -ENAMETOOLONG;
	if (r)
		return r;
	*bytes = kept.bytes;
	strcpy(file, kept.file);
	return 0;
}
