/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* migrate DEVICE backing: a zram's own write-back, its plan and its start. */
#include "base/quote.h"
#include "kernel/blockdev.h"
#include "kernel/stats.h"
#include "layer/direct/direct.h"
#include "layer/direct/drain.h"
#include "layer/direct/wbmove.h"

static uint64_t page_bytes(void)
{
	return own_page_bytes();
}

static int writeback_start(struct swapadm_op *op, struct swapadm_job **out)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	int r;

	if (geteuid() != 0)
		return ctx_fail(op->ctx, -EPERM,
				"%s: write back: not permitted; run as root",
				op->req.source);
	rec.p.kind = SWAPADM_JOB_WRITEBACK;
	rec.p.state = SWAPADM_JOB_RUNNING;
	rec.p.total_bytes = rec.p.left_bytes = op->plan.used_bytes;
	snprintf(rec.p.source, sizeof(rec.p.source), "%s", op->req.source);
	snprintf(rec.p.dest, sizeof(rec.p.dest), "backing");
	rec.service = rec.p.makes_way = op->service_why != NULL;
	if (op->service_why)
		snprintf(rec.p.message, sizeof(rec.p.message), "balance: %s",
			 op->service_why);
	r = jobrec_add_device(&rec, op->devices[0]->path);
	if (!r)
		r = writeback_save(op, &req);
	return r ? r
		 : job_start(op->ctx, &rec, op->req.background, writeback_work.name, &req,
			     out);
}

static const struct op_ops writeback_ops = {
	.start = writeback_start,
	.release = writeback_release,
};

/* its first page is never used (drivers/block/zram: alloc_block_bdev()) */
bool writeback_room(struct swapadm_ctx *ctx, const struct swapadm_zram_stats *st,
		    uint64_t *bytes)
{
	const char *slash = strrchr(st->backing_dev, '/');
	struct blockdev backing = { 0 };
	struct stat sb;

	/* without udev /dev/mapper/NAME is a node, whose name the kernel does not know */
	if (blockdev_get_by_name(ctx, slash ? slash + 1 : st->backing_dev, &backing) &&
	    (ctx_stat(ctx, st->backing_dev, &sb) || !S_ISBLK(sb.st_mode) ||
	     blockdev_get(ctx, sb.st_rdev, &backing)))
		return false;
	*bytes = u64_minus(backing.size_bytes,
			   st->bd_count_pages * WB_UNIT_BYTES + page_bytes());
	return true;
}

static int plan_backing(struct swapadm_op *op, const struct swapadm_zram_stats *st)
{
	uint64_t room;
	int r;

	if (!writeback_room(op->ctx, st, &room))
		return 0; /* gone from sysfs: the kernel will report it */
	r = op_add_dest(op, "backing", room);
	if (r || op->plan.used_bytes <= room)
		return r;
	return op_set_short(op, SWAPADM_LIMIT_DEST, op->plan.used_bytes - room,
			    st->backing_dev);
}

static int check_zram(struct swapadm_op *op, const struct writeback *wb,
		      const struct swapadm_zram_stats *st)
{
	char path[128];
	struct stat sb;

	snprintf(path, sizeof(path), "/sys/block/%s/writeback", wb->name);
	if (ctx_stat(op->ctx, path, &sb) || !(st->known & SWAPADM_ZRAM_BACKING))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: write back: this kernel's zram can't (CONFIG_ZRAM_WRITEBACK)",
			op->req.source);
	if (!*st->backing_dev || streq(st->backing_dev, "none"))
		return ctx_fail(
			op->ctx, -ENODEV,
			"%s: write back: it has no backing device; remove it and add it again with zram,writeback=DEVICE",
			op->req.source);
	return 0;
}

/* before 6.16 the kernel writes page after page and waits for each */
#define PAGE_NS UINT64_C(100000)

static uint64_t predict_ns(const struct swapadm_op *op)
{
	uint64_t bytes = op->plan.used_bytes, rate = op->req.rate_bytes_per_s;
	uint64_t ns = bytes / page_bytes() * PAGE_NS, slow = 0;

	if (rate)
		slow = u64_of((double)bytes * 1e9 / (double)rate);
	return slow > ns ? slow : ns;
}

/* @held: what is in memory, and then what of it is theirs at most */
static int plan_pages(struct swapadm_op *op, struct writeback *wb, uint64_t *held)
{
	int r;

	if (wb->older_s)
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"%s: migrate: the age of single pages is not known; leave out --older, or --pid and --cgroup",
			op->req.source);
	r = wbpages_open(op->ctx, &op->req, op->devices[0]->path, &wb->pages);
	if (!r)
		r = wbpages_look(&wb->pages, 0);
	if (r)
		return r;
	wb->by_pages = true;
	*held = u64_min(*held, wbpages_n(&wb->pages) * page_bytes());
	return 0;
}

static int writeback_prepare(struct swapadm_op *op)
{
	struct swapadm_zram_stats st;
	struct swapadm_mem_stats mem;
	struct writeback *wb;
	uint64_t held;
	int r = drain_find_source(op);

	if (r)
		return r;
	if (op->plan.n_devices != 1 || op->devices[0]->kind != SWAPADM_KIND_ZRAM)
		return ctx_fail(
			op->ctx, -EINVAL,
			"%s: migrate: only a zram device has a backing device; name one",
			op->req.source);
	op->ops = &writeback_ops;
	wb = op->priv = calloc(1, sizeof(*wb));
	if (!wb)
		return -ENOMEM;
	snprintf(wb->name, sizeof(wb->name), "%.63s", op->devices[0]->name);
	wb->older_s = op->req.older_s;
	wb->marked = op->marked;
	r = swapadm_zram_get_stats(op->ctx, wb->name, &st);
	if (r)
		return ctx_fail(op->ctx, r, "%s: read: %s", wb->name, strerror(-r));
	r = check_zram(op, wb, &st);
	held = zram_held_bytes(&st, page_bytes());
	if (!r && (op->req.pid || op->req.cgroup))
		r = plan_pages(op, wb, &held);
	if (r)
		return r;
	op->plan.used_bytes = op_amount(op, held);
	op->plan.strategy = SWAPADM_STRATEGY_WRITEBACK;
	op->plan.predicted_ns = predict_ns(op);
	if (swapadm_mem_get_stats(op->ctx, &mem) == 0)
		op->plan.ram_available_bytes = mem.available_bytes;
	return plan_backing(op, &st);
}

int direct_migrate_prepare(struct swapadm_op *op)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	const char *source = op->req.source, *dest = op->req.to;
	const struct swapadm_tier *tier = NULL, *to = NULL;
	const struct swapadm_device *dev;
	int r;

	if (streq(dest, "backing") && streq(source, "zswap"))
		return ctx_fail(
			op->ctx, -EPROTONOSUPPORT,
			"zswap: migrate: the kernel has no call for it; it chooses what it writes back, see shrinker and max-pool in [zswap] of swapadm.conf(5)");
	if (streq(dest, "backing"))
		return writeback_prepare(op);
	r = swapadm_model_find(op->model, source, &tier, &dev);
	if (!r && !streq(dest, "memory"))
		r = swapadm_model_find(op->model, dest, &to, &dev);
	if (r)
		return r;
	if (to && (to == tier || streq(source, dest)))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: migrate: it is both the source and the destination",
				source);
	if (!to && !streq(dest, "memory"))
		return ctx_fail(op->ctx, -EINVAL,
				"%s: migrate: the destination must be a tier, or memory",
				dest);
	return ctx_fail(
		op->ctx, -EPROTONOSUPPORT,
		"%s: migrate: the direct layer can't move a part of one swap area to another; the redirect layer (tswap module) can, or drain all of it with `swapctl drain %s --to %s`",
		source, quote_word(&q, source), dest);
}
