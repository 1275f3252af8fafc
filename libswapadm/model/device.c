/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A device of the model: from an area of /proc/swaps, from a leaf, or from what the
 * configuration or the state say of one that is not active.
 *
 * A usual device costs a stat(), a readlink() and a file or two of sysfs; a zram device,
 * whose name says what it is, its counters. In a capture no number that stat() gives is
 * the captured machine's, so names lead there.
 */
#include <fcntl.h>
#include <sys/sysmacros.h>

#include "conf/devspec.h"
#include "model/leaf.h"
#include "model/load.h"
#include "module/sysfs.h"
#include "device/zram.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "kernel/xswap.h"
#include "model/tags.h"

#define BACKING_PAGE_BYTES 4096 /* of bd_stat: drivers/block/zram bd_count */

static const char *last_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

/* ---- what it is ------------------------------------------------------------------- */

static int set_blockdev(struct load *load, struct swapadm_device *dev,
			const struct blockdev *bd)
{
	struct arena *arena = &load->model->arena;

	dev->kind = bd->kind;
	if (arena_set(arena, &dev->disk, bd->disk) ||
	    arena_set(arena, &dev->model, bd->model))
		return -ENOMEM;
	return 0;
}

/* held as swap areas are, and by no file system, dm or md */
static bool is_held(struct swapadm_ctx *ctx, const struct blockdev *bd)
{
	_cleanup_close_ int fd = -1;
	char path[160];

	if (*bd->holder)
		return false;
	snprintf(path, sizeof(path), "/dev/%s", bd->name);
	fd = ctx_open(ctx, path, O_RDONLY | O_EXCL | O_NONBLOCK);
	return fd == -EBUSY;
}

static bool is_other_area(struct swapadm_ctx *ctx, const struct area_list *areas,
			  dev_t dev)
{
	for (size_t i = 0; i < areas->n; i++) {
		const struct area *area = &areas->items[i];
		struct stat st;

		if (!area->is_file && !area->deleted && !area->is_virtual &&
		    !ctx_stat(ctx, area->path, &st) && S_ISBLK(st.st_mode) &&
		    st.st_rdev == dev)
			return true;
	}
	return false;
}

/*
 * The device of an area whose node was deleted: /proc/swaps has its name only. It is
 * held, no other area, of the size (a header page is not counted), and there is only one
 * such.
 */
static int find_nodeless(struct load *load, struct swapadm_device *dev,
			 uint64_t area_bytes)
{
	_cleanup_closedir_ DIR *dir = NULL;
	uint64_t page_bytes = ctx_page_bytes(load->ctx);
	struct area_list areas = {};
	struct blockdev found = {};
	struct dirent *entry;
	size_t n = 0;

	if (load->ctx->foreign_root || areas_load(load->ctx, &areas))
		return 0;
	dir = ctx_opendir(load->ctx, "/sys/class/block");
	while (dir && (entry = readdir(dir))) {
		struct blockdev bd;

		if (entry->d_name[0] == '.' ||
		    blockdev_get_by_name(load->ctx, entry->d_name, &bd) ||
		    bd.size_bytes / page_bytes != area_bytes / page_bytes + 1 ||
		    is_other_area(load->ctx, &areas, bd.dev) || !is_held(load->ctx, &bd))
			continue;
		found = bd;
		n++;
	}
	areas_free(&areas);
	if (n != 1)
		return 0;
	dev->dev = found.dev;
	return set_blockdev(load, dev, &found);
}

/*
 * @dev->path names a block device, @dev->dev is it or 0; what sysfs lacks stays unknown
 */
static int identify_block(struct load *load, struct swapadm_device *dev)
{
	struct blockdev bd = {};
	struct stat st;
	int r = -ENODEV;

	dev->name = last_name(dev->path);
	if (!dev->dev && !load->ctx->foreign_root && !dev->deleted &&
	    !ctx_stat(load->ctx, dev->path, &st) && S_ISBLK(st.st_mode))
		dev->dev = st.st_rdev;
	if (zram_number(dev->name) >= 0) {
		dev->kind = SWAPADM_KIND_ZRAM;
		dev->disk = dev->name;
		return 0;
	}
	if (dev->dev)
		r = blockdev_get_brief(load->ctx, dev->dev, &bd);
	if (r)
		r = blockdev_get_brief_by_name(load->ctx, dev->name, &bd);
	if (r) {
		log_debug(load->ctx, "%s: sysfs: %s", dev->path, strerror(-r));
		return 0;
	}
	if (arena_set(&load->model->arena, &dev->name, bd.name))
		return -ENOMEM;
	return set_blockdev(load, dev, &bd);
}

/* a deleted file's folder is on the same file system */
static int stat_file(struct load *load, const struct swapadm_device *dev, struct stat *st)
{
	_cleanup_free_ char *folder = NULL;
	char *slash;

	if (!dev->deleted)
		return ctx_stat(load->ctx, dev->path, st);
	folder = strdup(dev->path);
	slash = folder ? strrchr(folder, '/') : NULL;
	if (!slash)
		return -ENOENT;
	slash[slash == folder] = '\0';
	return ctx_stat(load->ctx, folder, st);
}

static int identify_file(struct load *load, struct model_device *dev)
{
	struct blockdev bd = {};
	struct stat st;
	bool known = !load->ctx->foreign_root && !stat_file(load, &dev->pub, &st);
	int r;

	dev->pub.name = dev->pub.path;
	if (known) {
		dev->pub.dev = st.st_dev;
		dev->ino = dev->pub.deleted ? 0 : st.st_ino;
	}
	r = fsdev_get(load->ctx, &load->fsdevs, dev->pub.path, known ? &st : NULL, &bd);
	if (r)
		return r == -ENODEV ? 0 : r;
	return set_blockdev(load, &dev->pub, &bd);
}

/* ---- what it takes ---------------------------------------------------------------- */

/* one to one: a slot is a page on the device, and costs no memory */
static void plain_usage(struct swapadm_usage *u)
{
	u->known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM | SWAPADM_USAGE_DISK;
	u->stored_bytes = u->disk_bytes = u->used_bytes;
}

/* brd's pages are memory, but it keeps those of freed slots: more than used, unknown */
static void brd_usage(struct swapadm_usage *u)
{
	u->known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_DISK;
	u->stored_bytes = u->used_bytes;
}

/* the file of a loop device that is ours: only those go away with the zram */
static int backing_file(struct load *load, struct swapadm_device *dev)
{
	const char *name = str_after(dev->backing_dev, "/dev/loop");
	char path[128], text[4096];
	uint64_t number, autoclear;

	if (!name || parse_u64(name, &number))
		return 0;
	snprintf(path, sizeof(path), "/sys/block/loop%s/loop/autoclear", name);
	if (ctx_read_u64(load->ctx, path, &autoclear) || !autoclear)
		return 0;
	snprintf(path, sizeof(path), "/sys/block/loop%s/loop/backing_file", name);
	if (ctx_read_line(load->ctx, path, text, sizeof(text)) || *text != '/')
		return 0;
	return arena_set(&load->model->arena, &dev->backing_file, text);
}

static int writeback_options(struct load *load, struct swapadm_device *dev)
{
	struct swapadm_zram_stats s = {};

	if (zram_get(load->ctx, dev->name, SWAPADM_ZRAM_BATCH | SWAPADM_ZRAM_COMPRESSED,
		     &s) == 0) {
		dev->writeback_batch = s.writeback_batch;
		dev->compressed_writeback = s.compressed_writeback;
	}
	return backing_file(load, dev);
}

static int zram_usage(struct load *load, struct swapadm_device *dev)
{
	const uint32_t wanted = SWAPADM_ZRAM_MM | SWAPADM_ZRAM_ALGORITHM |
				SWAPADM_ZRAM_BACKING | SWAPADM_ZRAM_RECOMPRESS;
	struct swapadm_usage *u = &dev->usage;
	struct swapadm_zram_stats s = {}, bd = {};
	struct arena *arena = &load->model->arena;

	/*
	 * it may be reset at this moment: its counters are unknown, the area is still
	 * shown
	 */
	if (zram_get(load->ctx, dev->name, wanted, &s))
		return 0;
	if (s.known & SWAPADM_ZRAM_MM) {
		u->known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM | SWAPADM_USAGE_ORIG;
		u->stored_bytes = s.compr_bytes;
		u->ram_bytes = s.mem_used_bytes;
		u->orig_bytes = s.orig_bytes;
		dev->mem_limit_bytes = s.mem_limit_bytes;
		dev->huge_bytes = s.huge_pages * ctx_page_bytes(load->ctx);
	}
	if (s.known & SWAPADM_ZRAM_BACKING && !s.backing_dev[0]) {
		u->known |= SWAPADM_USAGE_DISK; /* none */
	} else if (!zram_get(load->ctx, dev->name, SWAPADM_ZRAM_BD, &bd) &&
		   (bd.known & SWAPADM_ZRAM_BD ||
		    (s.known & SWAPADM_ZRAM_MM && !(s.known & SWAPADM_ZRAM_BACKING)))) {
		/* a kernel without write-back has neither of the files */
		u->known |= SWAPADM_USAGE_DISK;
		u->disk_bytes = bd.bd_count_pages * BACKING_PAGE_BYTES;
		/* the kernel counts those that were written back as well */
		u->orig_bytes = u64_minus(u->orig_bytes, u->disk_bytes);
	} else {
		u->known &= ~SWAPADM_USAGE_ORIG;
		u->orig_bytes = 0;
	}
	dev->zram_known = (s.known & SWAPADM_ZRAM_HUGE) | (bd.known & SWAPADM_ZRAM_BD);
	dev->written_back_bytes = bd.bd_write_pages * BACKING_PAGE_BYTES;
	if (arena_set(arena, &dev->algorithm, s.algorithm) ||
	    arena_set(arena, &dev->recompress, s.recompress) ||
	    arena_set(arena, &dev->backing_dev, s.backing_dev))
		return -ENOMEM;
	return s.backing_dev[0] ? writeback_options(load, dev) : 0;
}

/* no disk; what it takes in memory only zswap knows, where it is the only area */
static void xswap_usage(struct load *load, struct swapadm_usage *u)
{
	struct area_list areas = { 0 };
	struct swapadm_zswap_stats st;
	size_t n;

	u->known |= SWAPADM_USAGE_DISK;
	u->disk_bytes = 0;
	if (areas_load(load->ctx, &areas))
		return;
	n = areas.n;
	areas_free(&areas);
	if (n != 1 || swapadm_zswap_get_stats(load->ctx, &st) ||
	    !(st.known & SWAPADM_ZSWAP_POOL))
		return;
	u->known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM;
	u->stored_bytes = u->ram_bytes = st.pool_bytes;
}

static int fill_usage(struct load *load, struct swapadm_device *dev, uint64_t size_bytes,
		      uint64_t used_bytes)
{
	dev->usage.known = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;
	dev->usage.size_bytes = size_bytes;
	dev->usage.used_bytes = used_bytes;
	if (dev->kind == SWAPADM_KIND_XSWAP)
		xswap_usage(load, &dev->usage);
	if (dev->is_virtual)
		return 0;
	if (dev->kind == SWAPADM_KIND_ZRAM && !dev->is_file)
		return zram_usage(load, dev);
	if (dev->disk && str_after(dev->disk, "ram") && !dev->is_file)
		brd_usage(&dev->usage);
	else if (dev->kind != SWAPADM_KIND_TSWAP)
		plain_usage(&dev->usage);
	return 0;
}

/* ---- what it was asked to be ------------------------------------------------------ */

/* only of a zram that is there: its kernel can be asked */
static int set_left_out(struct load *load, struct model_device *dev,
			const struct swapadm_devspec *spec)
{
	int number = spec->optional && dev->pub.path ? zram_number(dev->pub.path) : -1;
	unsigned lacking = number < 0 ? 0 : zram_lacking(load->ctx, number, spec);
	char list[256];

	return arena_set(&load->model->arena, &dev->pub.left_out,
			 lacking ? zram_print_options(lacking, list, sizeof(list))
				 : NULL);
}

int load_set_spec(struct load *load, struct model_device *dev,
		  const struct swapadm_devspec *spec)
{
	_cleanup_free_ char *text = NULL;

	if (devspec_print(spec, &text) ||
	    arena_set(&load->model->arena, &dev->pub.spec, text))
		return -ENOMEM;
	dev->pub.discard = spec->discard;
	return set_left_out(load, dev, spec);
}

static int set_record(struct load *load, struct model_device *dev,
		      const struct state_device *record)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *spec = NULL;

	dev->pub.managed = true;
	dev->pub.created = record->created && !dev->pub.is_file;
	if (arena_set(&load->model->arena, &dev->pub.spec, record->spec))
		return -ENOMEM;
	if (swapadm_devspec_parse(load->ctx, record->spec, &spec))
		return 0;
	dev->pub.discard = spec->discard;
	return set_left_out(load, dev, spec);
}

/* ---- what is active -------------------------------------------------------------- */

static int new_active(struct load *load, const char *path, struct active *active)
{
	int r = model_new_device(load->model, &active->dev);

	return r ? r : arena_set(&load->model->arena, &active->dev->pub.path, path);
}

static void fill_io(struct load *load, struct swapadm_device *dev)
{
	if (load->flags & SWAPADM_LOAD_IO && !dev->is_file && !dev->is_virtual &&
	    blockdev_get_io(load->ctx, dev->name, &dev->io))
		dev->io.known = 0;
}

int load_attach_record(struct load *load, struct active *active)
{
	enum swapadm_discard known = active->dev->pub.discard;
	int r;

	active->record =
		state_find_node(load->ctx, &load->state, active->dev->pub.path,
				active->dev->pub.is_file ? 0 : active->dev->pub.dev);
	if (!active->record)
		return 0;
	r = set_record(load, active->dev, active->record);
	if (known != SWAPADM_DISCARD_NONE)
		active->dev->pub.discard = known; /* the module says what a leaf does */
	return r;
}

static int identify_area(struct load *load, struct model_device *dev, uint64_t area_bytes)
{
	struct swapadm_device *pub = &dev->pub;

	if (pub->is_virtual) {
		pub->name = pub->path;
		if (!pub->is_file && xswap_is_name(pub->path))
			pub->kind = SWAPADM_KIND_XSWAP;
		return 0;
	}
	if (pub->is_file)
		return identify_file(load, dev);
	if (!pub->deleted)
		return identify_block(load, pub);
	pub->name = last_name(pub->path);
	return find_nodeless(load, pub, area_bytes);
}

int load_fill_area(struct load *load, const struct area *area, struct active *active)
{
	struct swapadm_device *dev;
	int r = new_active(load, area->path, active);

	if (r)
		return r;
	dev = &active->dev->pub;
	dev->is_file = area->is_file;
	dev->deleted = area->deleted;
	dev->state = SWAPADM_STATE_ACTIVE;
	dev->prio = area->prio;
	dev->is_virtual = area->is_virtual;
	r = identify_area(load, active->dev, area->size_bytes);
	if (!r)
		r = fill_usage(load, dev, area->size_bytes, area->used_bytes);
	if (!r)
		fill_io(load, dev);
	return r;
}

/* the module knows its number; no file of that name need be there */
int load_fill_leaf(struct load *load, const struct tswap_leaf_msg *leaf,
		   struct active *active)
{
	uint64_t page_bytes = ctx_page_bytes(load->ctx);
	const struct tswap_device_msg *tswap = &load->redirect->device;
	struct swapadm_device *dev;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/dev/%s", leaf->name);
	r = new_active(load, path, active);
	if (r)
		return r;
	active->leaf = leaf;
	dev = &active->dev->pub;
	dev->dev = makedev(leaf->major, leaf->minor);
	dev->prio = leaf_prio(leaf);
	r = identify_block(load, dev);
	if (!r)
		r = fill_usage(load, dev, leaf->pages * page_bytes,
			       leaf->used * page_bytes);
	if (!r)
		fill_io(load, dev);
	if (!r)
		r = leaf_fill(load->model, active->dev, leaf, tswap->id);
	/* a module from before it was measured: not known */
	if (!r && load->flags & SWAPADM_LOAD_IO)
		latency_get(load->ctx, tswap->name, leaf->id, &dev->latency);
	return r;
}

/* ---- what is not ----------------------------------------------------------------- */

/* a path that can be looked at now; one that can't stays as it was written */
static int identify_inactive(struct load *load, struct model_device *dev,
			     const char *word)
{
	struct arena *arena = &load->model->arena;
	struct devkey key;
	struct blockdev bd = {};
	struct stat st;

	if (devkey_get(load->ctx, word, &key))
		return arena_set(arena, &dev->pub.name, word); /* a tag of no device */
	if (arena_set(arena, &dev->pub.path, key.path))
		return -ENOMEM;
	if (key.is_blk || load->ctx->foreign_root) {
		int r = identify_block(load, &dev->pub);

		if (r || dev->pub.kind)
			return r;
	}
	dev->pub.name = dev->pub.path;
	dev->pub.is_file = !str_after(key.path, "/dev/");
	if (!key.known || ctx_stat(load->ctx, key.path, &st) ||
	    fsdev_get(load->ctx, &load->fsdevs, key.path, &st, &bd))
		return 0;
	dev->pub.dev = key.dev;
	dev->ino = key.ino;
	return set_blockdev(load, &dev->pub, &bd);
}

int load_inactive(struct load *load, const struct swapadm_devspec *spec,
		  struct model_device **out)
{
	struct model_device *dev;
	int r = model_new_device(load->model, &dev);

	if (!r)
		r = load_set_spec(load, dev, spec);
	if (r)
		return r;
	if (streq(spec->word, "zram")) {
		dev->pub.name = "zram";
		dev->pub.kind = SWAPADM_KIND_ZRAM;
		r = arena_set(&load->model->arena, &dev->pub.algorithm, spec->algorithm);
	} else {
		r = identify_inactive(load, dev, spec->word);
	}
	*out = dev;
	return r;
}

int load_recorded(struct load *load, const struct state_device *record,
		  struct model_device *dev)
{
	int r = arena_set(&load->model->arena, &dev->pub.path, record->path);

	if (r)
		return r;
	dev->pub.is_file = !str_after(record->path, "/dev/");
	r = dev->pub.is_file ? identify_file(load, dev) : identify_block(load, &dev->pub);
	return r ? r : set_record(load, dev, record);
}
