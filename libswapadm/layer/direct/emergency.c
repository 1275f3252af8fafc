/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "layer/direct/emergency.h"

#include <fcntl.h>

#include "kernel/area.h"

#define LOOK_NS        UINT64_C(500000000)
#define FLOOR_BYTES    (UINT64_C(24) << 20)
#define FULL_CENTIPCT  2000
#define SIGNATURE      "SWAPSPACE2"
#define SIGNATURE_SIZE 10

static int refuse(struct swapadm_ctx *ctx, int err, const char *path, const char *why)
{
	return ctx_fail(ctx, err, "%s: emergency area: %s", path, why);
}

static int open_area(struct swapadm_ctx *ctx, const char *path, struct stat *st)
{
	int fd = ctx_open(ctx, path, O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return refuse(ctx, fd, path, strerror(-fd));
	if (fstat(fd, st) == 0)
		return fd;
	close(fd);
	return refuse(ctx, -errno, path, strerror(errno));
}

static int check_signature(struct swapadm_ctx *ctx, const char *path, int fd)
{
	long page_bytes = sysconf(_SC_PAGESIZE);
	char magic[SIGNATURE_SIZE];

	if (pread(fd, magic, sizeof(magic), page_bytes - SIGNATURE_SIZE) !=
		    (ssize_t)sizeof(magic) ||
	    memcmp(magic, SIGNATURE, sizeof(magic)) != 0)
		return refuse(ctx, -EINVAL, path,
			      "it has no swap signature; make one with mkswap(8)");
	return 0;
}

int emergency_check(struct swapadm_ctx *ctx, struct swapadm_model *model,
		    const char *path, struct emergency *out)
{
	struct emergency e = { .ctx = ctx, .path = path };
	_cleanup_close_ int fd = open_area(ctx, path, &e.id);
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier = NULL;

	if (fd < 0)
		return fd;
	if (!S_ISREG(e.id.st_mode) && !S_ISBLK(e.id.st_mode))
		return refuse(ctx, -EINVAL, path, "it is neither a file nor a device");
	if (S_ISREG(e.id.st_mode) && (e.id.st_uid || (e.id.st_mode & 022)))
		return refuse(ctx, -EPERM, path,
			      "others than root may write it; chown and chmod 0600");
	if (!swapadm_model_find(model, path, &tier, &dev) && dev &&
	    dev->state != SWAPADM_STATE_INACTIVE)
		return refuse(ctx, -EBUSY, path,
			      "it is active already; name one that is not");
	*out = e;
	return check_signature(ctx, path, fd);
}

static bool memory_is_short(struct swapadm_ctx *ctx)
{
	struct swapadm_mem_stats mem;
	struct swapadm_psi psi;
	uint64_t floor;

	if (swapadm_mem_get_stats(ctx, &mem))
		return false;
	floor = mem.total_bytes / 50;
	if (mem.available_bytes < (floor > FLOOR_BYTES ? floor : FLOOR_BYTES))
		return true;
	return !swapadm_psi_get(ctx, "memory", &psi) && psi.full.known &&
	       psi.full.avg10_centipct > FULL_CENTIPCT;
}

/* what was checked is what is activated: by its descriptor */
static int activate(struct emergency *e)
{
	struct stat st;
	_cleanup_close_ int fd = open_area(e->ctx, e->path, &st);
	char name[64];
	int r;

	if (fd < 0)
		return fd;
	if (st.st_dev != e->id.st_dev || st.st_ino != e->id.st_ino ||
	    st.st_rdev != e->id.st_rdev)
		return refuse(e->ctx, -ESTALE, e->path, "it is not what was checked");
	r = check_signature(e->ctx, e->path, fd);
	if (r)
		return r;
	snprintf(name, sizeof(name), "/proc/self/fd/%d", fd);
	return e->ctx->ops.swapon(name, 0) < 0 ? -errno : 0;
}

bool emergency_look(struct emergency *e)
{
	uint64_t now_ns = monotonic_ns();

	if (!e->path || e->active || e->failed || now_ns - e->looked_ns < LOOK_NS)
		return false;
	e->looked_ns = now_ns;
	if (!memory_is_short(e->ctx))
		return false;
	e->active = activate(e) == 0;
	e->failed = !e->active;
	return e->active;
}

bool emergency_end(struct emergency *e)
{
	struct area_list areas = { 0 };
	const struct area *area;
	bool used = true;

	if (!e->active)
		return false;
	if (!areas_load(e->ctx, &areas)) {
		area = areas_find(&areas, e->path);
		used = !area || area->used_bytes;
		areas_free(&areas);
	}
	return used || e->ctx->ops.swapoff(e->path) < 0;
}
