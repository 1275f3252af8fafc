/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of zswap and zram. */
#include <inttypes.h>

#include "doctor/probe.h"
#include "text.h"

#define MIB (1ull << 20)

void check_zswap_zram(struct probe *p)
{
	if (!machine_zswap_on(p->m))
		return;
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (!is_active(w.dev) || w.dev->kind != SWAPADM_KIND_ZRAM)
			continue;
		probe_remedy(
			probe_report(p, "zswap", "zswap is on in front of %s",
				     w.dev->name),
			"echo N > /sys/module/zswap/parameters/enabled; to keep it: enabled = no in [zswap] of /etc/swapadm.conf");
		return;
	}
}

void check_zswap_full(struct probe *p)
{
	const struct machine *m = p->m;
	const unsigned need = SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_MAX_POOL;
	struct buf a;
	int pct;

	if (!machine_zswap_on(m) || (m->zswap.known & need) != need || !m->has_mem ||
	    !(m->mem.known & SWAPADM_MEM_TOTAL) || !m->zswap.max_pool_pct)
		return;
	pct = (int)text_pct(m->zswap.pool_bytes,
			    m->mem.total_bytes / 100 * m->zswap.max_pool_pct);
	if (pct < 95)
		return;
	probe_remedy(
		probe_report(p, "zswap", "zswap's pool is at its limit: %s, %u%% of RAM",
			     text_amount(&a, m->zswap.pool_bytes), m->zswap.max_pool_pct),
		"echo Y > /sys/module/zswap/parameters/shrinker_enabled where the kernel has it, or raise max-pool in [zswap] of /etc/swapadm.conf");
}

/* runs @fn for each active zram whose counters could be read */
static void each_zram(struct probe *p, struct swapadm_ctx *ctx,
		      void (*fn)(struct probe *p, const struct swapadm_device *dev,
				 const struct swapadm_zram_stats *z))
{
	struct swapadm_zram_stats z;

	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->kind == SWAPADM_KIND_ZRAM &&
		    !swapadm_zram_get_stats(ctx, w.dev->name, &z))
			fn(p, w.dev, &z);
}

/* the command that writes back, of what the zram holds, as much as its device takes */
static void remedy_migrate(struct probe *p, const char *zram, char *buf, size_t size)
{
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	const struct swapadm_op_plan *plan;
	uint64_t fits_mib;
	int n = snprintf(buf, size, "swapctl migrate %s backing", probe_quote(p, zram));

	if (swapadm_op_new(p->m->ctx, SWAPADM_OP_MIGRATE, &op) ||
	    swapadm_op_set(op, SWAPADM_PARAM_SOURCE, zram) ||
	    swapadm_op_set(op, SWAPADM_PARAM_DEST, "backing") ||
	    swapadm_op_prepare(op, p->m->model))
		return;
	plan = swapadm_op_get_plan(op);
	fits_mib = u64_minus(plan->used_bytes, plan->short_bytes) / MIB;
	if (plan->short_bytes && fits_mib)
		snprintf(buf + n, size - (size_t)n, " --amount %" PRIu64 "M", fits_mib);
}

static bool has_mark(const struct machine *m, const struct swapadm_tier *tier)
{
	const struct swapadm_conf_tier *conf =
		m->conf ? swapadm_conf_find_tier(m->conf, tier->name) : NULL;

	return conf && conf->demote_above_pct != SWAPADM_PCT_NONE;
}

static void one_writeback(struct probe *p, const struct walk *w)
{
	struct swapadm_zram_stats z;
	struct finding *f;
	char command[128];

	if (swapadm_zram_get_stats(p->m->ctx, w->dev->name, &z) ||
	    !(z.known & SWAPADM_ZRAM_BACKING) || !*z.backing_dev ||
	    !(z.known & SWAPADM_ZRAM_BD) || z.bd_write_pages ||
	    text_is_deleted(z.backing_dev))
		return;
	f = probe_report(p, w->dev->name, "%s: its write-back device %s was never used",
			 w->dev->name, z.backing_dev);
	remedy_migrate(p, w->dev->name, command, sizeof(command));
	probe_remedy(f, "%s", command);
}

/* with a mark balance does it, once the tier is above: see check_balance_idle() */
void check_writeback(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->kind == SWAPADM_KIND_ZRAM &&
		    !has_mark(p->m, w.tier))
			one_writeback(p, &w);
}

static void one_gone(struct probe *p, const struct swapadm_device *dev,
		     const struct swapadm_zram_stats *z)
{
	if (z->known & SWAPADM_ZRAM_BACKING && text_is_deleted(z->backing_dev))
		probe_remedy(
			probe_report(
				p, dev->name,
				"%s: no name leads to its write-back device any more: %s",
				dev->name, z->backing_dev),
			"where it was pulled out: swapctl remove %s, and add it with another write-back device",
			probe_quote(p, dev->name));
}

void check_writeback_gone(struct probe *p)
{
	each_zram(p, p->m->ctx, one_gone);
}

/*
 * Take a zram away and make another one of @size, with @option (such as
 * ",algorithm=zstd"); @size NULL: only away. One that swapadm made goes with its removal,
 * another one keeps its memory until it is reset. A tier that add has made goes with its
 * last device, and would come back as the slowest: hence its rank.
 */
static void remedy_anew(struct probe *p, struct finding *f,
			const struct swapadm_device *dev, const char *size,
			const char *option)
{
	const struct swapadm_tier *tier = NULL;
	const char *name = probe_quote(p, dev->name);
	char anew[256] = "", rank[32] = "";

	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev == dev && !w.tier->is_auto)
			tier = w.tier;
	if (tier && tier->rank != SWAPADM_RANK_NONE)
		snprintf(rank, sizeof(rank), " --rank %d", tier->rank);
	if (size)
		snprintf(anew, sizeof(anew), " && swapctl add %s zram,size=%s%s%s",
			 tier ? tier->name : "fast", size, option, rank);
	probe_remedy(f, "swapctl remove %s%s%s%s", name,
		     dev->created ? "" : " && zramctl --reset /dev/",
		     dev->created ? "" : name, anew);
}

static void remedy_times(struct probe *p, struct finding *f,
			 const struct swapadm_device *dev, unsigned times,
			 const char *option)
{
	char size[32];

	snprintf(size, sizeof(size), "%lluM",
		 (unsigned long long)(dev->usage.size_bytes / MIB + 1) * times);
	remedy_anew(p, f, dev, size, option);
}

static void remedy_same_size(struct probe *p, struct finding *f,
			     const struct swapadm_device *dev, const char *option)
{
	remedy_times(p, f, dev, 1, option);
}

static void one_zram_ratio(struct probe *p, const struct swapadm_device *dev,
			   const struct swapadm_zram_stats *z)
{
	/* what was written back is counted as well, and takes no memory */
	uint64_t held = u64_minus(z->orig_bytes, z->bd_count_pages * 4096);
	struct finding *f;
	struct buf a, b;

	if (!(z->known & SWAPADM_ZRAM_MM) || held < 64 * MIB ||
	    z->mem_used_bytes * 10 < held * 8)
		return;
	f = probe_report(p, dev->name, "%s: takes %s of memory for %s of pages",
			 dev->name, text_amount(&a, z->mem_used_bytes),
			 text_amount(&b, held));
	/* no algorithm helps with what does not compress at all */
	if (z->mem_used_bytes < held &&
	    !streq(dev->algorithm ? dev->algorithm : "", "zstd"))
		remedy_same_size(p, f, dev, ",algorithm=zstd");
	else
		remedy_anew(p, f, dev, NULL, "");
}

void check_zram_ratio(struct probe *p)
{
	each_zram(p, p->m->ctx, one_zram_ratio);
}

/* DATA of zramctl against USED of swapon: what zram keeps after the slot was freed */
static void one_zram_data(struct probe *p, const struct swapadm_device *dev,
			  const struct swapadm_zram_stats *z)
{
	const struct swapadm_usage *u = &dev->usage;
	uint64_t held;
	struct buf a, b;

	if (!(z->known & SWAPADM_ZRAM_MM) || !usage_has(u, SWAPADM_USAGE_USED))
		return;
	held = z->orig_bytes;
	if (held < u->used_bytes + 64 * MIB || held < u->used_bytes / 10 * 11)
		return;
	remedy_same_size(p,
			 probe_report(p, dev->name,
				      "%s: holds %s, but only %s of it is swap in use",
				      dev->name, text_amount(&a, held),
				      text_amount(&b, u->used_bytes)),
			 dev, "");
}

void check_zram_data(struct probe *p)
{
	each_zram(p, p->m->ctx, one_zram_data);
}

static void one_zram_limit(struct probe *p, const struct swapadm_device *dev,
			   const struct swapadm_zram_stats *z)
{
	struct finding *f;

	if (!(z->known & SWAPADM_ZRAM_MM) || !z->mem_limit_bytes ||
	    text_pct(z->mem_used_bytes, z->mem_limit_bytes) < 95)
		return;
	f = probe_report(p, dev->name, "%s: is at %u%% of its mem_limit", dev->name,
			 text_pct(z->mem_used_bytes, z->mem_limit_bytes));
	if (dev->spec && strstr(dev->spec, ",mem-limit="))
		/* apply would set it again */
		probe_remedy(f, "raise mem-limit= of %s, then swapctl apply", dev->spec);
	else
		probe_remedy(f, "echo 0 > /sys/block/%s/mem_limit", dev->name);
}

void check_zram_limit(struct probe *p)
{
	each_zram(p, p->m->ctx, one_zram_limit);
}

/* the largest one goes; another as large as RAM may follow where the rest leaves room */
void check_zram_oversize(struct probe *p)
{
	const struct swapadm_device *largest = NULL;
	uint64_t sum = 0, ram, rest;
	struct buf a, b;

	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->kind == SWAPADM_KIND_ZRAM &&
		    usage_has(&w.dev->usage, SWAPADM_USAGE_SIZE)) {
			sum += w.dev->usage.size_bytes;
			if (!largest ||
			    w.dev->usage.size_bytes > largest->usage.size_bytes)
				largest = w.dev;
		}
	if (!p->m->has_mem || !(p->m->mem.known & SWAPADM_MEM_TOTAL))
		return;
	ram = p->m->mem.total_bytes;
	if (!largest || sum <= 2 * ram)
		return;
	rest = sum - largest->usage.size_bytes;
	remedy_anew(p,
		    probe_report(p, "zram", "zram areas hold %s, RAM is %s",
				 text_amount(&a, sum), text_amount(&b, ram)),
		    largest, rest <= ram ? "100%ram" : NULL, "");
}

static bool can_write_back(const struct probe *p, const struct swapadm_device *dev)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/backing_dev", dev->name);
	return swapadm_file_exists(p->m->ctx, path);
}

/* what was written back has a slot, and is no longer in its memory */
static int held_pct(const struct swapadm_usage *u)
{
	struct swapadm_usage held = *u;

	if (usage_has(u, SWAPADM_USAGE_DISK))
		held.used_bytes -= u->disk_bytes < u->used_bytes ? u->disk_bytes
								 : u->used_bytes;
	return probe_use_pct(&held);
}

/* a full zram above disks: what is pushed out now, and soon wanted, goes to the disk */
void check_zram_full(struct probe *p)
{
	const struct swapadm_device *disk = probe_fastest_disk(p->m);
	struct finding *f;
	char command[128];

	for (struct walk w = { 0 }; disk && machine_next(p->m, &w);) {
		if (!is_active(w.dev) || w.dev->kind != SWAPADM_KIND_ZRAM ||
		    w.dev->prio <= disk->prio || held_pct(&w.dev->usage) < 95)
			continue;
		f = probe_report(
			p, w.dev->name,
			"%s: is full of what was pushed out first; new pages go to %s",
			w.dev->name, disk->name);
		if (w.dev->backing_dev && *w.dev->backing_dev) {
			remedy_migrate(p, w.dev->name, command, sizeof(command));
			probe_remedy(
				f,
				"%s; to have it done: demote-above = 80%% in [tier %s] and systemctl enable --now swapadm-balance.service",
				command, w.tier->name);
		} else if (can_write_back(p, w.dev))
			/* what is written back keeps its slot: hence the size */
			remedy_times(p, f, w.dev, 2, ",writeback=DEVICE");
		else
			remedy_anew(p, f, w.dev, "SIZE", "");
	}
}

void check_left_out(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->left_out)
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: was made without %s, which this kernel's zram lacks",
					w.dev->name, w.dev->left_out),
				"boot a kernel that has it, or take it out of %s",
				w.dev->spec ? w.dev->spec : "its line");
}

void check_page_cluster(struct probe *p)
{
	bool only;

	if (!probe_has_active(p->m, SWAPADM_KIND_ZRAM, &only) || !only ||
	    !(p->m->vm.known & SWAPADM_VM_PAGE_CLUSTER) || !p->m->vm.page_cluster)
		return;
	probe_remedy(probe_report(p, "page-cluster",
				  "vm.page-cluster is %" PRIu64 " and all swap is zram",
				  p->m->vm.page_cluster),
		     "sysctl vm.page-cluster=0");
}

/* ---- what is set up by half */

/* the algorithm that is chosen on the line "#1: lzo [zstd]" of recomp_algorithm; "" none */
static void recompressor(const struct machine *m, const char *zram, char *buf,
			 size_t size)
{
	_cleanup_free_ char *text = NULL;
	char path[128];
	const char *from, *to;

	*buf = '\0';
	snprintf(path, sizeof(path), "/sys/block/%s/recomp_algorithm", zram);
	if (swapadm_file_read(m->ctx, path, &text))
		return;
	from = strchr(text, '[');
	to = from ? strchr(from, ']') : NULL;
	if (to)
		snprintf(buf, size, "%.*s", (int)(to - from - 1), from + 1);
}

/* by balance: the tier says from what age on */
static bool is_recompressed(const struct machine *m, const struct walk *w)
{
	const struct swapadm_conf_tier *conf =
		m->conf ? swapadm_conf_find_tier(m->conf, w->tier->name) : NULL;

	return conf && conf->recompress_older_s;
}

void check_recompress(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		char second[32];

		if (!is_active(w.dev) || w.dev->kind != SWAPADM_KIND_ZRAM ||
		    is_recompressed(p->m, &w))
			continue;
		recompressor(p->m, w.dev->name, second, sizeof(second));
		if (!*second)
			continue;
		if (w.dev->spec) {
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: has %s as second algorithm, and its tier no recompress-older",
					w.dev->name, second),
				"recompress-older = 1h in [tier %s]; systemctl enable --now swapadm-balance.service",
				w.tier->name);
			continue;
		}
		probe_remedy(
			probe_report(
				p, w.dev->name,
				"%s: has %s as second algorithm, and nothing recompresses",
				w.dev->name, second),
			"echo 3600 > /sys/block/%s/idle; echo type=idle > /sys/block/%s/recompress, from a timer",
			w.dev->name, w.dev->name);
	}
}

static uint64_t zram_number(const struct machine *m, const char *zram, const char *file)
{
	_cleanup_free_ char *text = NULL;
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/%s", zram, file);
	return swapadm_file_read(m->ctx, path, &text) ? 0 : strtoull(text, NULL, 10);
}

/* a job that runs has the zram's limit for itself, and puts the former back */
static bool is_written_back(const struct machine *m, const struct walk *w)
{
	for (size_t i = 0; i < m->n_jobs; i++) {
		const struct swapadm_progress *job = &m->jobs[i];

		if (job->kind == SWAPADM_JOB_WRITEBACK && job->state < SWAPADM_JOB_DONE &&
		    (!strcmp(job->source, w->dev->name) ||
		     (w->dev->path && !strcmp(job->source, w->dev->path)) ||
		     !strcmp(job->source, w->tier->name)))
			return true;
	}
	return false;
}

/* true: the limit is one that a killed job left */
static bool report_limit_left(struct probe *p, const struct swapadm_device *dev)
{
	char record[128];

	snprintf(record, sizeof(record), "/run/swapadm/writeback-limit-%s", dev->name);
	if (!swapadm_file_exists(p->m->ctx, record))
		return false;
	probe_remedy(
		probe_report(
			p, dev->name,
			"%s: its write-back limit is that of a job that was killed; the one before is in %s",
			dev->name, record),
		"swapctl balance --recover");
	return true;
}

void check_writeback_limit(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->backing_dev &&
		    !is_written_back(p->m, &w) && !report_limit_left(p, w.dev) &&
		    zram_number(p->m, w.dev->name, "writeback_limit_enable") &&
		    !zram_number(p->m, w.dev->name, "writeback_limit"))
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: its write-back limit is used up, nothing goes to %s any more",
					w.dev->name, w.dev->backing_dev),
				"echo 0 > /sys/block/%s/writeback_limit_enable; or raise writeback_limit (in units of 4 KiB)",
				w.dev->name);
}

static void one_no_backing(struct probe *p, const struct swapadm_device *dev,
			   const char *tier)
{
	struct finding *f = probe_report(
		p, dev->name,
		"%s: tier %s has demote-above, and the zram has no write-back device",
		dev->name, tier);

	if (!can_write_back(p, dev))
		probe_remedy(
			f,
			"take demote-above out of tier %s: this kernel was built without the write-back of zram",
			tier);
	else
		probe_remedy(
			f, "%s in /etc/swapadm.conf; swapctl remove %s; swapctl apply",
			dev->spec && !strncmp(dev->spec, "zram", strlen("zram"))
				? "writeback=DEVICE on its line"
				: "device = zram,size=SIZE,writeback=DEVICE in place of its line",
			probe_quote(p, dev->name));
}

void check_no_backing(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		const struct swapadm_conf_tier *tier =
			p->m->conf ? swapadm_conf_find_tier(p->m->conf, w.tier->name)
				   : NULL;

		if (!tier || tier->demote_above_pct == SWAPADM_PCT_NONE ||
		    !is_active(w.dev) || w.dev->kind != SWAPADM_KIND_ZRAM ||
		    w.dev->backing_dev ||
		    swapadm_model_layer(p->m->model) != SWAPADM_LAYER_DIRECT)
			continue;
		one_no_backing(p, w.dev, w.tier->name);
	}
}
