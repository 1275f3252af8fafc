/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * [zswap] and [cgroup]: values that differ become SET steps; tiers of cgroups are in
 * rules.c.
 *
 * Kernel ABI: /sys/module/zswap/parameters (Documentation/admin-guide/mm/zswap.rst),
 * memory.swap.* and memory.zswap.* of cgroup v2 (admin-guide/cgroup-v2.rst).
 */
#include <ctype.h>
#include <fcntl.h>

#include "conf/devspec.h"
#include "kernel/pagesize.h"
#include "plan/planner.h"

#define ZSWAP_PARAMETERS "/sys/module/zswap/parameters"

static bool exists(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_PATH);

	return fd >= 0;
}

int plan_set(struct planner *planner, const char *path, const char *value,
	     const char *old)
{
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_SET, NULL, &unit);

	if (r)
		return r;
	unit->path = strdup(path);
	unit->setting.value = strdup(value);
	if (!unit->path || !unit->setting.value)
		return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", path,
				strerror(ENOMEM));
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_SET, NULL, 0,
			     "%s, was %s", value, old);
}

int plan_set_record(struct planner *planner, const char *area,
		    const struct swapadm_devspec *spec)
{
	struct plan_unit *unit = planner->plan->units[planner->plan->n_units - 1];

	unit->setting.zram = strdup(area);
	if (unit->setting.zram && devspec_print(spec, &unit->spec_text) == 0)
		return 0;
	return ctx_fail(planner->ctx, -ENOMEM, "%s: plan: %s", area, strerror(ENOMEM));
}

/* is what the kernel shows what was asked for? it cuts byte counts down to pages */
static bool same_value(struct swapadm_ctx *ctx, const char *have, const char *want)
{
	uint64_t page_bytes = ctx_page_bytes(ctx), a, b;

	if (streq(have, want))
		return true;
	return parse_u64(have, &a) == 0 && parse_u64(want, &b) == 0 && b > page_bytes &&
	       a == b - b % page_bytes;
}

/* -ENOENT: this kernel lacks the file; no sentence then */
static int want_value(struct planner *planner, const char *path, const char *value)
{
	char now[256];
	int r = ctx_read_line(planner->ctx, path, now, sizeof(now));

	if (r == -ENOENT)
		return r;
	if (r)
		return ctx_fail(planner->ctx, r, "%s: read: %s", path, strerror(-r));
	return same_value(planner->ctx, now, value) ? 0
						    : plan_set(planner, path, value, now);
}

/* ---- zswap ----------------------------------------------------------------------- */

static int want_parameter(struct planner *planner, const char *name, const char *value)
{
	size_t n_units = planner->plan->n_units;
	char path[128];
	int r;

	snprintf(path, sizeof(path), ZSWAP_PARAMETERS "/%s", name);
	r = want_value(planner, path, value);
	if (r == -ENOENT)
		r = ctx_fail(
			planner->ctx, -EPROTONOSUPPORT,
			"%s: set: the zswap of this kernel has no such parameter; take it out of [zswap]",
			path);
	return r && r != -ENOMEM ? plan_refused(planner, n_units, NULL, path, r) : r;
}

static int want_pct(struct planner *planner, const char *name, int pct)
{
	char value[16];

	if (pct == SWAPADM_PCT_NONE)
		return 0;
	snprintf(value, sizeof(value), "%d", pct);
	return want_parameter(planner, name, value);
}

static int want_bool(struct planner *planner, const char *name,
		     enum swapadm_tristate value)
{
	if (value == SWAPADM_UNSET)
		return 0;
	return want_parameter(planner, name, value == SWAPADM_YES ? "Y" : "N");
}

static int plan_zswap(struct planner *planner)
{
	const struct swapadm_conf_zswap *zswap = swapadm_conf_zswap(planner->conf);
	int r;

	if (!zswap || !zswap->present)
		return 0;
	if (!exists(planner->ctx, ZSWAP_PARAMETERS)) {
		ctx_fail(planner->ctx, -EPROTONOSUPPORT,
			 "zswap: set: this kernel has no zswap; take [zswap] out");
		return plan_refused(planner, planner->plan->n_units, NULL, "zswap",
				    -EPROTONOSUPPORT);
	}
	/* first: while zswap was never on, the kernel takes any word for a compressor */
	r = want_bool(planner, "enabled", zswap->enabled);
	if (!r && zswap->compressor)
		r = want_parameter(planner, "compressor", zswap->compressor);
	if (!r)
		r = want_pct(planner, "max_pool_percent", zswap->max_pool_pct);
	if (!r)
		r = want_pct(planner, "accept_threshold_percent",
			     zswap->accept_threshold_pct);
	if (!r)
		r = want_bool(planner, "shrinker_enabled", zswap->shrinker);
	return r;
}

/* ---- cgroups --------------------------------------------------------------------- */

static bool has_word(const char *text, const char *word)
{
	size_t n = strlen(word);

	for (const char *p = text; (p = strstr(p, word)); p += n)
		if ((p == text || isspace((unsigned char)p[-1])) &&
		    (!p[n] || isspace((unsigned char)p[n])))
			return true;
	return false;
}

/* where cgroup v2 with the memory controller is mounted; -ENOENT */
static int find_cgroups(struct planner *planner, char *buf, size_t size)
{
	char mount[1024], path[1100], controllers[512];

	for (unsigned i = 0; mounts_find_type(planner->check.mounts, "cgroup2", i, mount,
					      sizeof(mount)) == 0;
	     i++) {
		snprintf(path, sizeof(path), "%s/cgroup.controllers", mount);
		if (ctx_read_line(planner->ctx, path, controllers, sizeof(controllers)) ||
		    !has_word(controllers, "memory"))
			continue;
		snprintf(buf, size, "%s", mount);
		return 0;
	}
	return -ENOENT;
}

static int want_file(struct planner *planner, const char *folder, const char *file,
		     const char *value)
{
	char path[4096];
	int r;

	snprintf(path, sizeof(path), "%s/%s", folder, file);
	r = want_value(planner, path, value);
	if (r != -ENOENT)
		return r;
	return ctx_fail(
		planner->ctx, -EPROTONOSUPPORT,
		"%s: set: this kernel has no such file; the setting needs a newer kernel, or swap accounting is off (swapaccount=0)",
		path);
}

static int want_size(struct planner *planner, const char *folder, const char *file,
		     const struct swapadm_size *size)
{
	struct swapadm_mem_stats mem = { 0 };
	uint64_t bytes = size->value;
	char value[32];
	int r;

	if (size->unit == SWAPADM_SIZE_NONE)
		return 0;
	if (size->unit != SWAPADM_SIZE_BYTES) {
		r = swapadm_mem_get_stats(planner->ctx, &mem);
		if (r)
			return r;
		bytes = mem.total_bytes / 100 * size->value;
	}
	snprintf(value, sizeof(value), "%ju", (uintmax_t)bytes);
	return want_file(planner, folder, file, value);
}

static int want_cgroup(struct planner *planner, const char *folder,
		       const struct swapadm_conf_cgroup *cgroup)
{
	int r = 0;

	if (cgroup->swap_max_unlimited)
		r = want_file(planner, folder, "memory.swap.max", "max");
	else
		r = want_size(planner, folder, "memory.swap.max", &cgroup->swap_max);
	if (!r)
		r = want_size(planner, folder, "memory.swap.high", &cgroup->swap_high);
	if (!r)
		r = want_size(planner, folder, "memory.zswap.max", &cgroup->zswap_max);
	if (!r && cgroup->zswap_writeback != SWAPADM_UNSET)
		r = want_file(planner, folder, "memory.zswap.writeback",
			      cgroup->zswap_writeback == SWAPADM_YES ? "1" : "0");
	return r;
}

/* a service that does not run has no cgroup: nothing to set, and no failure */
static int warn_absent(struct planner *planner, const char *folder)
{
	struct plan_unit *unit;
	int r = plan_new_unit(planner->plan, UNIT_NOTE, NULL, &unit);

	if (r)
		return r;
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, folder, 0,
			     "no such cgroup exists now; apply again when it does");
}

static int plan_cgroup(struct planner *planner, const char *mount,
		       const struct swapadm_conf_cgroup *cgroup)
{
	size_t n_units = planner->plan->n_units;
	char folder[3072];
	int r;

	snprintf(folder, sizeof(folder), "%s%s", mount, cgroup->path);
	if (!exists(planner->ctx, folder))
		return warn_absent(planner, folder);
	r = want_cgroup(planner, folder, cgroup);
	if (r && r != -ENOMEM)
		r = plan_refused(planner, n_units, NULL, folder, r);
	if (r)
		return r;
	n_units = planner->plan->n_units;
	r = plan_rule(planner, folder, cgroup);
	return r && r != -ENOMEM ? plan_refused(planner, n_units, NULL, folder, r) : r;
}

static int refuse_old(struct planner *planner, const struct swapadm_conf_cgroup *cgroup)
{
	ctx_fail(
		planner->ctx, -EPROTONOSUPPORT,
		"%s: set: the memory controller of cgroup v2 is not in use here, and v1 only limits memory and swap together (memory.memsw)%s; "
		"boot with cgroup v2, or take its [cgroup] out",
		cgroup->path,
		cgroup->n_tiers
			? "; its tiers: rules need cgroup v2 and the redirect layer"
			: "");
	return plan_refused(planner, planner->plan->n_units, NULL, cgroup->path,
			    -EPROTONOSUPPORT);
}

static int plan_cgroups(struct planner *planner)
{
	size_t n = swapadm_conf_n_cgroups(planner->conf);
	char mount[1024];
	int r = 0;

	if (n == 0)
		return 0;
	if (find_cgroups(planner, mount, sizeof(mount)) < 0) {
		for (size_t i = 0; !r && i < n; i++)
			r = refuse_old(planner, swapadm_conf_cgroup(planner->conf, i));
		return r;
	}
	for (size_t i = 0; !r && i < n; i++)
		r = plan_cgroup(planner, mount, swapadm_conf_cgroup(planner->conf, i));
	return r;
}

int plan_settings(struct planner *planner)
{
	int r = plan_zswap(planner);

	if (!r)
		r = plan_cgroups(planner);
	return r ? r : plan_other_rules(planner);
}
