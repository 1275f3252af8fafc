/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>

#include "conf/conf.h"
#include "conf/persist.h"
#include "plan/planner.h"
#include "plan/record.h"
#include "device/swapfile.h"
#include "device/zram.h"
#include "kernel/pagesize.h"
#include "kernel/stats.h"
#include "model/zram.h"

/* ---- sizes ----------------------------------------------------------------------- */

static int wanted_bytes(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
			const char *option, const struct swapadm_size *size,
			uint64_t *bytes)
{
	int r = zram_wanted_bytes(ctx, size, bytes);

	if (r == -ERANGE)
		return ctx_fail(ctx, r, "%s: add: %s=%ju%%ram is too large", spec->word,
				option, (uintmax_t)size->value);
	return r ? ctx_fail(ctx, r, "%s: add: /proc/meminfo has no MemTotal", spec->word)
		 : 0;
}

int plan_size(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
	      uint64_t *bytes)
{
	uint64_t page_bytes = ctx_page_bytes(ctx), size;
	uint64_t min_bytes = SWAP_MIN_PAGES * page_bytes;
	int r = wanted_bytes(ctx, spec, "size", &spec->size, &size);

	if (r)
		return r;
	if (size < min_bytes)
		return ctx_fail(
			ctx, -ERANGE,
			"%s: add: %ju bytes are too small for a swap area, which needs %ju at least",
			spec->word, (uintmax_t)size, (uintmax_t)min_bytes);
	*bytes = size - size % page_bytes;
	return 0;
}

/* ---- what every unit of a device needs ------------------------------------------- */

static int new_device_unit(struct planner *planner, enum unit_kind kind,
			   const struct planned_tier *tier,
			   const struct swapadm_devspec *spec, struct plan_unit **out)
{
	struct plan_unit *unit;
	int r = plan_new_device(planner->plan, kind, tier, spec, &unit);

	if (r)
		return r;
	unit->new_rank = tier->record ? tier->rank : SWAPADM_RANK_NONE;
	unit->open_rank = tier->open;
	*out = unit;
	if (!(planner->plan->flags & SWAPADM_PLAN_PERSIST))
		return 0;
	return persist_add_check(planner->ctx, tier->name, unit->new_rank,
				 unit->spec_text);
}

static int add_activate(struct planner *planner, struct plan_unit *unit)
{
	const char *file = planner->plan->flags & SWAPADM_PLAN_PERSIST
				   ? "; also written to " PERSIST_FILE
				   : "";
	int r;

	if (planner->plan->tswap.wanted) {
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0,
				  "leaf of the tswap device%s", file);
		return r ? r : plan_tswap_area(planner);
	}
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_ACTIVATE, NULL, 0, "swapon%s%s%s",
		unit->spec->discard != SWAPADM_DISCARD_NONE ? ", discard " : "",
		unit->spec->discard != SWAPADM_DISCARD_NONE
			? swapadm_discard_name(unit->spec->discard)
			: "",
		file);
}

/* does another unit use the same? @own: the unit that holds @target already, or NULL */
static int check_twice(struct planner *planner, const struct target *target,
		       const struct plan_unit *own)
{
	for (size_t i = 0; i < planner->plan->n_units; i++) {
		const struct plan_unit *unit = planner->plan->units[i];
		const struct target *both[] = {
			unit->target,
			unit->kind == UNIT_ZRAM ? unit->zram.backing : NULL,
		};

		for (size_t j = 0; unit != own && j < ARRAY_SIZE(both); j++)
			if (both[j] && stat_same(&both[j]->st, &target->st))
				return ctx_fail(
					planner->ctx, -EINVAL,
					"%s: add: it is named twice, also as %s; leave one out",
					target->path, unit->spec_text);
	}
	return 0;
}

/* ---- zram ------------------------------------------------------------------------ */

/* a zram device that an interrupted run made and recorded; -1 none */
static int find_left_over(struct planner *planner)
{
	for (size_t i = 0; i < planner->load.state.n_devices; i++) {
		const struct state_device *dev = &planner->load.state.devices[i];
		int number = zram_number(dev->path);
		bool taken = false;

		if (!dev->created || number < 0 || load_of_record(&planner->load, dev))
			continue;
		for (size_t j = 0; j < planner->plan->n_units; j++)
			taken |= plan_uses_zram(planner->plan->units[j], number);
		if (!taken && plan_is_left_over(planner->ctx, number))
			return number;
	}
	return -1;
}

static int plan_backing(struct planner *planner, struct plan_unit *unit)
{
	unsigned flags = CHECK_BACKING;
	_cleanup_free_ char *path = NULL;
	int r = check_resolve(planner->ctx, unit->spec->writeback, &path);

	if (r)
		return r;
	if (unit->spec->allow_loop)
		flags |= CHECK_ALLOW_LOOP;
	if (planner->plan->flags & SWAPADM_PLAN_FORMAT)
		flags |= CHECK_FORMAT;
	planner->check.left_over = &unit->zram.number;
	r = check_device(&planner->check, path, flags, &unit->zram.backing);
	planner->check.left_over = NULL;
	if (!r)
		r = check_twice(planner, unit->zram.backing, unit);
	if (r)
		return r;
	if (!unit->zram.backing->probe.n_foreign && !unit->zram.backing->probe.swap &&
	    !unit->zram.backing->probe.old_swap)
		return 0;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_FORMAT,
			     unit->zram.backing->path, unit->zram.backing->size_bytes,
			     "erases %s, for the write-back of zram",
			     *unit->zram.backing->probe.foreign
				     ? unit->zram.backing->probe.foreign
				     : "a swap area");
}

int plan_limit(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
	       uint64_t *bytes)
{
	uint64_t page_bytes = ctx_page_bytes(ctx);
	uint64_t min_bytes = SWAP_MIN_PAGES * page_bytes, limit;
	int r;

	*bytes = 0;
	if (!spec->mem_limit.value)
		return 0;
	r = wanted_bytes(ctx, spec, "mem-limit", &spec->mem_limit, &limit);
	if (r)
		return r;
	if (limit >= min_bytes) {
		/* as the kernel does */
		*bytes = (limit + page_bytes - 1) / page_bytes * page_bytes;
		return 0;
	}
	/* mkswap's own pages would end with an I/O error */
	return ctx_fail(
		ctx, -ERANGE,
		"%s: add: mem-limit of %ju bytes is too small for any page, it takes %ju at least; give more, such as mem-limit=1G, or leave it out",
		spec->word, (uintmax_t)limit, (uintmax_t)min_bytes);
}

static int plan_create_zram(struct planner *planner, struct plan_unit *unit,
			    unsigned lacking)
{
	const char *algorithm = lacking & 1u << ZRAM_ALGORITHM ? NULL
							       : unit->spec->algorithm;
	const struct target *backing = unit->zram.backing;
	unsigned unknown = zram_unknown(planner->ctx, unit->spec);
	const char *which = "a new zram device";
	char list[256];

	if (unit->zram.number >= 0) /* looked at again when the lock is held */
		which = state_is_locked(planner->ctx)
				? "completes what another run leaves, or a new zram device"
				: "completes what a drain or an interrupted run left";
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_CREATE_ZRAM, NULL, unit->size_bytes,
		"%s%s%s%s%s%s%s%s", which, algorithm ? ", " : "",
		algorithm ? algorithm : "", backing ? ", with write-back" : "",
		backing && backing->is_file ? " to a file, through a loop device" : "",
		unknown ? "; whether this kernel's zram has " : "",
		zram_print_names(unknown, list, sizeof(list)),
		unknown ? " shows when it is made" : "");
}

static int plan_zram(struct planner *planner, const struct planned_tier *tier,
		     const struct swapadm_devspec *spec)
{
	uint64_t size_bytes;
	struct plan_unit *unit;
	unsigned lacking;
	char list[256];
	int r = zram_find_module(planner->ctx);

	if (!r)
		r = plan_size(planner->ctx, spec, &size_bytes);
	if (!r)
		r = zram_check(planner->ctx, spec);
	if (!r)
		r = new_device_unit(planner, UNIT_ZRAM, tier, spec, &unit);
	if (r)
		return r;
	unit->size_bytes = size_bytes;
	unit->zram.number = find_left_over(planner);
	lacking = zram_lacking(planner->ctx, -1, spec);
	if (lacking)
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
				  "this kernel's zram lacks %s; it is made without",
				  zram_print_options(lacking, list, sizeof(list)));
	if (!r)
		r = plan_limit(planner->ctx, spec, &unit->zram.mem_limit_bytes);
	if (!r && spec->writeback && !(lacking & 1u << ZRAM_WRITEBACK))
		r = plan_backing(planner, unit);
	if (!r)
		r = plan_create_zram(planner, unit, lacking);
	return r ? r : add_activate(planner, unit);
}

/* ---- swap files that are made ---------------------------------------------------- */

/* a leaf is a block device: the module opens it and needs no file system below */
static int refuse_leaf_file(struct planner *planner, const char *path)
{
	return ctx_fail(
		planner->ctx, -ENOTBLK,
		"%s: add: on the redirect layer a device is a leaf, and a leaf is a block device, not a file; use a partition or a volume",
		path);
}

/* the file may have been deleted since, and its line taken out: it is not made again */
static int refuse_new_of_copy(struct planner *planner, const char *path)
{
	if (!planner->conf || !planner->conf->is_copy)
		return 0;
	return ctx_fail(
		planner->ctx, -ENOENT,
		"%s: add: there is no such file, and the copy of what was applied last makes none; correct the configuration and apply that",
		path);
}

static int plan_new_file(struct planner *planner, const struct planned_tier *tier,
			 const struct swapadm_devspec *spec, const char *path)
{
	_cleanup_free_ char *real_path = NULL, *made = NULL;
	_cleanup_close_ int folder = -1;
	struct plan_unit *unit;
	uint64_t bytes;
	int r = planner->plan->tswap.wanted ? refuse_leaf_file(planner, path)
					    : plan_size(planner->ctx, spec, &bytes);

	if (!r)
		r = swapfile_plan(planner->ctx, path, bytes, &folder, &real_path);
	if (!r)
		r = refuse_new_of_copy(planner, path);
	if (!r)
		r = new_device_unit(planner, UNIT_FILE, tier, spec, &unit);
	if (r)
		return r;
	unit->size_bytes = bytes;
	unit->path = steal_ptr(&real_path);
	unit->file.folder_fd = steal_fd(&folder);
	for (size_t i = 0; i + 1 < planner->plan->n_units; i++)
		if (streq_null(planner->plan->units[i]->path, unit->path))
			return ctx_fail(planner->ctx, -EINVAL,
					"%s: add: it is named twice; leave one out",
					path);
	made = swapfile_first_folder(planner->ctx, unit->file.folder_fd, unit->path);
	r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_CREATE_FILE, NULL, bytes,
			  "a new swap file, mode 0600%s%s%s",
			  made ? ", and its folders from " : "", made ? made : "",
			  made ? " on, mode 0755" : "");
	return r ? r : add_activate(planner, unit);
}

/* ---- what exists ----------------------------------------------------------------- */

static int check_wanted_size(struct planner *planner, const struct swapadm_devspec *spec,
			     const struct target *target)
{
	uint64_t bytes;
	int r;

	if (spec->size.unit == SWAPADM_SIZE_NONE)
		return 0;
	if (!target->is_file)
		return ctx_fail(
			planner->ctx, -EINVAL,
			"%s: add: size= is for zram and for swap files; a block device is used whole, leave it out",
			target->path);
	r = plan_size(planner->ctx, spec, &bytes);
	if (r || swapfile_has_size(target->fd, target->size_bytes, bytes))
		return r;
	return ctx_fail(
		planner->ctx, -EEXIST,
		"%s: add: the file exists with %ju bytes instead of %ju; remove it, or leave size= out to use it as it is",
		target->path, (uintmax_t)target->size_bytes, (uintmax_t)bytes);
}

static int plan_format(struct planner *planner, struct plan_unit *unit)
{
	const struct target *target = unit->target;
	const struct probe *probe = &target->probe;

	if (!target->needs_format)
		return 0;
	return plan_add_step(
		planner->plan, unit, SWAPADM_ACTION_FORMAT, NULL, target->size_bytes,
		"mkswap%s%s%s", probe->n_foreign ? ": erases " : "", probe->foreign,
		probe->swap || probe->old_swap
			? ": replaces a swap signature, keeps its label and UUID"
			: "");
}

static bool can_discard(struct swapadm_ctx *ctx, const struct target *target)
{
	char path[160];
	uint64_t max_bytes;

	if (target->is_file)
		return true; /* the kernel asks the device below */
	snprintf(path, sizeof(path), "/sys/class/block/%s/queue/discard_max_bytes",
		 target->bdev.disk);
	return ctx_read_u64(ctx, path, &max_bytes) || max_bytes > 0;
}

/* what is not a reason to refuse, but not what one would expect either */
static int warn_device(struct planner *planner, struct plan_unit *unit)
{
	const struct target *target = unit->target;
	const char *others =
		target->is_file ? swapfile_exposed_to(planner->ctx, target->path) : NULL;
	char area[32], size[32];
	int r = 0;

	if (unit->spec->discard != SWAPADM_DISCARD_NONE &&
	    !can_discard(planner->ctx, target))
		r = plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
				  "the device has no discard; the option has no effect");
	/* mkswap rounds down to pages */
	if (!r && !target->needs_format && target->probe.area_bytes &&
	    target->probe.area_bytes + (1u << 20) < target->size_bytes)
		r = plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"its swap signature uses %s of %s; --format would write a new one",
			words_size(target->probe.area_bytes, area, sizeof(area)),
			words_size(target->size_bytes, size, sizeof(size)));
	/* to refuse it would leave a machine without the swap that it has had */
	if (!r && others)
		r = plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"%s may rename files in its folder or in one above it; use a folder that only root may write",
			others);
	if (!r && !target->is_file && target->bdev.is_loop)
		r = plan_add_step(
			planner->plan, unit, SWAPADM_ACTION_WARN, NULL, 0,
			"swapping through a loop device may block when memory is short");
	return r;
}

static int plan_existing(struct planner *planner, const struct planned_tier *tier,
			 const struct swapadm_devspec *spec, const char *path)
{
	_cleanup_(target_freep) struct target *target = NULL;
	unsigned flags = spec->allow_loop ? CHECK_ALLOW_LOOP : 0;
	struct plan_unit *unit;
	int r;

	if (planner->plan->flags & SWAPADM_PLAN_FORMAT)
		flags |= CHECK_FORMAT;
	r = check_device(&planner->check, path, flags, &target);
	if (!r && target->is_file && planner->plan->tswap.wanted)
		r = refuse_leaf_file(planner, path);
	if (!r)
		r = check_wanted_size(planner, spec, target);
	if (!r)
		r = check_twice(planner, target, NULL);
	if (!r)
		r = new_device_unit(planner, UNIT_DEVICE, tier, spec, &unit);
	if (r)
		return r;
	unit->path = strdup(target->path);
	unit->target = steal_ptr(&target);
	if (!unit->path)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", path,
				strerror(ENOMEM));
	r = warn_device(planner, unit);
	if (!r)
		r = plan_format(planner, unit);
	return r ? r : add_activate(planner, unit);
}

int plan_fitness(struct planner *planner, const char *path)
{
	int r;

	if (planner->ctx->foreign_root) /* there are only names */
		return 0;
	r = check_fitness(&planner->check, path, CHECK_ALLOW_LOOP);
	/* to a user who may not look the plan is shown, root's is another one */
	return r == -EACCES && geteuid() != 0 ? 0 : r;
}

/* it means nothing in a state or a file that is read in another folder */
static bool is_relative(const char *word)
{
	const char *slash = strchr(word, '/');

	return slash && slash != word && !memchr(word, '=', (size_t)(slash - word));
}

int plan_name(struct planner *planner, const struct swapadm_devspec *spec,
	      struct plan_name *out)
{
	int r = 0;

	*out = (struct plan_name){ .spec = *spec };
	if (is_relative(spec->word))
		r = check_resolve(planner->ctx, spec->word, &out->word);
	if (!r && spec->writeback && is_relative(spec->writeback))
		r = check_resolve(planner->ctx, spec->writeback, &out->writeback);
	if (out->word)
		out->spec.word = out->word;
	if (out->writeback)
		out->spec.writeback = out->writeback;
	return r;
}

void plan_name_done(struct plan_name *name)
{
	free(name->word);
	free(name->writeback);
}

int plan_device(struct planner *planner, const struct planned_tier *tier,
		const struct swapadm_devspec *spec)
{
	_cleanup_free_ char *path = NULL;
	struct stat st;
	int r;

	if (streq(spec->word, "zram"))
		return plan_zram(planner, tier, spec);
	r = check_resolve(planner->ctx, spec->word, &path);
	if (r)
		return r;
	if (spec->size.unit != SWAPADM_SIZE_NONE &&
	    (!str_after(path, "/dev/") || str_after(path, "/dev/shm/")) &&
	    ctx_stat(planner->ctx, path, &st) == -ENOENT)
		return plan_new_file(planner, tier, spec, path);
	return plan_existing(planner, tier, spec, path);
}
