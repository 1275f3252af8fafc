/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "probe.h"

#include <inttypes.h>
#include <stdarg.h>
#include <stdlib.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>

#include "text.h"

#define USED_AND_SIZE (SWAPADM_USAGE_USED | SWAPADM_USAGE_SIZE)

const char *severity_name(enum severity severity)
{
	static const char *const names[] = { "note", "warning", "error" };

	return names[severity];
}

struct finding *probe_report(struct probe *p, const char *object, const char *fmt, ...)
{
	struct findings *f = p->found;
	struct finding *items = reallocarray(f->items, f->n + 1, sizeof(*items)), *one;
	va_list ap;

	if (!items) {
		f->no_memory = true;
		return NULL;
	}
	f->items = items;
	one = &items[f->n++];
	*one = (struct finding){ .severity = p->check->severity,
				 .check = p->check->name,
				 .why = p->check->why };
	snprintf(one->object, sizeof(one->object), "%s", object);
	va_start(ap, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, ap);
	va_end(ap);
	text_defuse(one->text);
	return one;
}

void probe_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
	text_defuse(f->remedy);
}

const char *probe_quote(struct probe *p, const char *name)
{
	free(p->quoted);
	p->quoted = swapadm_shell_quote(name);
	return p->quoted ? p->quoted : "NAME";
}

bool probe_is_disk(const struct swapadm_device *dev)
{
	return dev->kind == SWAPADM_KIND_SSD || dev->kind == SWAPADM_KIND_HDD ||
	       dev->kind == SWAPADM_KIND_NETWORK;
}

int probe_use_pct(const struct swapadm_usage *u)
{
	if (!usage_has(u, USED_AND_SIZE) || !u->size_bytes)
		return -1;
	return (int)text_pct(u->used_bytes, u->size_bytes);
}

/* ---- the checks */

static void check_no_swap(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev))
			return;
	probe_remedy(probe_report(p, "swap", "no swap area is active"),
		     "swapctl add fast zram,size=50%%ram");
}

static void check_nearly_full(struct probe *p)
{
	const struct swapadm_usage *u = swapadm_model_total(p->m->model);
	int pct = probe_use_pct(u);
	struct buf a;

	if (pct < 90)
		return;
	probe_remedy(
		probe_report(p, "swap", "%d%% of all swap is used, %s are left", pct,
			     text_amount(&a, u64_minus(u->size_bytes, u->used_bytes))),
		"swapctl add TIER DEVICE");
}

static void check_inactive(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (w.dev->state != SWAPADM_STATE_INACTIVE)
			continue;
		probe_remedy(probe_report(p, w.dev->name,
					  "%s: configured in tier %s, not active",
					  w.dev->name, w.tier->name),
			     "swapctl apply");
	}
}

static void check_failed(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev->state == SWAPADM_STATE_FAILED)
			probe_remedy(probe_report(p, w.dev->name, "%s: has failed",
						  w.dev->name),
				     "swapctl remove %s", probe_quote(p, w.dev->name));
}

/* swapoff(2) wants a path: a device can get its node back, a file its name not */
static void check_deleted(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		struct finding *f;
		const char *path;

		if (!w.dev->deleted)
			continue;
		f = probe_report(p, w.dev->path, "%s: was deleted while it is active",
				 w.dev->path);
		path = probe_quote(p, w.dev->path);
		if (w.dev->is_file)
			probe_remedy(
				f,
				"none while the machine runs; it is gone after the next boot");
		else if (w.dev->dev)
			probe_remedy(f, "mknod %s b %u %u; swapctl drain %s", path,
				     major(w.dev->dev), minor(w.dev->dev), path);
		else
			probe_remedy(
				f,
				"make its node again: mknod %s b MAJOR MINOR (lsblk shows the numbers); swapctl drain %s",
				path, path);
	}
}

/* ext4 and others turn read-only after an error; swapoff(2) opens the file for writing */
static void check_read_only(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		struct statvfs fs;

		if (p->m->is_capture || !is_active(w.dev) || !w.dev->is_file ||
		    w.dev->deleted || statvfs(w.dev->path, &fs) < 0 ||
		    !(fs.f_flag & ST_RDONLY))
			continue;
		probe_remedy(
			probe_report(
				p, w.dev->name,
				"%s: its file system is read-only, so it can't be drained",
				w.dev->name),
			"mount -o remount,rw \"$(findmnt -no TARGET -T %s)\"; after errors of the file system: reboot and fsck",
			probe_quote(p, w.dev->path));
	}
}

/* lxcfs shows a container its share of the host's swap as an area called "none" */
static void check_virtual(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev->is_virtual && w.dev->kind != SWAPADM_KIND_XSWAP)
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: is a container's view of the host's swap, not an area of its own",
					w.dev->name),
				"run swapctl on the host");
}

/* all of its pages are in zswap, and swapoff(2) can't name it */
static void check_xswap(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev->kind == SWAPADM_KIND_XSWAP)
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: has no disk behind it, so its pages stay in memory, and it can't be drained to another tier",
					w.dev->name),
				"to take it away when its pages fit in memory: echo %s > /sys/kernel/mm/xswap/destroy",
				w.dev->name + strlen("xswap"));
}

/* only the kernel hands out priorities below 0 */
static void check_default_prio(struct probe *p)
{
	size_t n = 0;
	int first = 0;
	bool equal = true;

	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (!is_active(w.dev) || w.dev->prio >= 0)
			continue;
		if (!n++)
			first = w.dev->prio;
		equal &= w.dev->prio == first;
	}
	if (n < 2)
		return;
	probe_remedy(
		probe_report(p, "priorities", "%zu areas have no priority of their own%s",
			     n,
			     equal ? " and are filled round robin"
				   : " and are filled in the order of their activation"),
		"swapctl save --write; name the tiers there; swapctl apply --rerank");
}

static void check_prio_mismatch(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (w.tier->is_auto || w.tier->prio == SWAPADM_PRIO_NONE ||
		    !is_active(w.dev) || w.dev->prio == w.tier->prio)
			continue;
		probe_remedy(probe_report(p, w.dev->name,
					  "%s: has priority %d, its tier %s means %d",
					  w.dev->name, w.dev->prio, w.tier->name,
					  w.tier->prio),
			     "swapctl apply --rerank");
	}
}

/* an area of others whose priority puts it above a configured tier */
static void check_foreign_between(struct probe *p)
{
	int lowest = INT32_MAX;

	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (!w.tier->is_auto && is_active(w.dev) && w.dev->prio < lowest)
			lowest = w.dev->prio;
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (lowest == INT32_MAX || !w.tier->is_auto || !is_active(w.dev) ||
		    w.dev->prio <= lowest)
			continue;
		probe_remedy(
			probe_report(
				p, w.dev->name,
				"%s: is in no tier, and its priority %d lies above or between the tiers'",
				w.dev->name, w.dev->prio),
			"give it a tier in /etc/swapadm.conf, then swapctl apply --rerank; or swapctl drain %s",
			probe_quote(p, w.dev->name));
	}
}

const struct swapadm_device *probe_fastest_disk(const struct machine *m)
{
	const struct swapadm_device *best = NULL;

	for (struct walk w = { 0 }; machine_next(m, &w);)
		if (is_active(w.dev) && probe_is_disk(w.dev) &&
		    (!best || w.dev->prio > best->prio))
			best = w.dev;
	return best;
}

static void check_inverted(struct probe *p)
{
	const struct swapadm_device *disk = probe_fastest_disk(p->m);

	for (struct walk w = { 0 }; disk && machine_next(p->m, &w);) {
		if (!is_active(w.dev) || w.dev->kind != SWAPADM_KIND_ZRAM ||
		    w.dev->prio > disk->prio)
			continue;
		probe_remedy(
			probe_report(p, w.dev->name,
				     "%s: is filled %s %s, which is a disk", w.dev->name,
				     w.dev->prio == disk->prio ? "together with"
							       : "after",
				     disk->name),
			"put %s in the first tier of /etc/swapadm.conf; swapctl apply --rerank",
			w.dev->name);
	}
}

static void check_hdd_above_ssd(struct probe *p)
{
	const struct swapadm_device *hdd = NULL, *ssd = NULL;

	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (!is_active(w.dev))
			continue;
		if (w.dev->kind == SWAPADM_KIND_HDD && (!hdd || w.dev->prio > hdd->prio))
			hdd = w.dev;
		if (w.dev->kind == SWAPADM_KIND_SSD && (!ssd || w.dev->prio < ssd->prio))
			ssd = w.dev;
	}
	if (!hdd || !ssd || hdd->prio < ssd->prio)
		return;
	probe_remedy(
		probe_report(p, hdd->name, "%s, a rotating disk, is filled %s %s, an SSD",
			     hdd->name,
			     hdd->prio == ssd->prio ? "together with" : "before",
			     ssd->name),
		"put them in tiers of their own in /etc/swapadm.conf; swapctl apply --rerank");
}

/* areas of one disk and one priority are filled round robin */
static bool shares_disk(const struct swapadm_device *a, const struct swapadm_device *b)
{
	return is_active(a) && is_active(b) && probe_is_disk(a) && a->disk && b->disk &&
	       streq(a->disk, b->disk) && a->prio == b->prio;
}

static bool is_first_of_disk(const struct probe *p, const struct swapadm_device *dev)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w) && w.dev != dev;)
		if (shares_disk(w.dev, dev))
			return false;
	return true;
}

/* a finding for each disk, not for each area */
static void check_same_disk(struct probe *p)
{
	for (struct walk a = { 0 }; machine_next(p->m, &a);) {
		const struct swapadm_device *second = NULL;
		struct walk b = a;
		size_t n = 1;

		if (!is_first_of_disk(p, a.dev))
			continue;
		while (machine_next(p->m, &b))
			if (shares_disk(a.dev, b.dev)) {
				second = second ? second : b.dev;
				n++;
			}
		if (n == 2)
			probe_remedy(probe_report(p, second->name,
						  "%s and %s lie on the same disk %s",
						  a.dev->name, second->name, a.dev->disk),
				     "swapctl remove %s", probe_quote(p, second->name));
		else if (n > 2)
			probe_remedy(
				probe_report(
					p, a.dev->disk,
					"%zu areas of priority %d lie on the same disk %s",
					n, a.dev->prio, a.dev->disk),
				"keep one of them and swapctl remove the others, %s first",
				probe_quote(p, second->name));
	}
}

/* MAX_SWAPFILES of the kernel: 32 types less those that it needs itself */
static void check_many_areas(struct probe *p)
{
	const struct swapadm_device *last = NULL;
	size_t n = 0;

	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && w.dev->kind != SWAPADM_KIND_TSWAP) {
			last = w.dev;
			n++;
		}
	if (n < 20)
		return;
	probe_remedy(
		probe_report(
			p, "areas",
			"%zu swap areas are active, the kernel has room for about 28", n),
		"add one larger area, then swapctl remove the small ones, %s first",
		probe_quote(p, last->name));
}

static void check_mixed(struct probe *p)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(p->m->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(p->m->model, i);

		if (tier->kind != SWAPADM_KIND_MIXED)
			continue;
		probe_remedy(
			probe_report(p, tier->name,
				     "tier %s: mixes devices of different kinds",
				     tier->name),
			"put them in tiers of their own in /etc/swapadm.conf; swapctl apply --rerank");
	}
}

static void check_rotating(struct probe *p)
{
	const struct swapadm_device *hdd = NULL, *fast = NULL;

	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (!is_active(w.dev))
			continue;
		if (w.dev->kind == SWAPADM_KIND_HDD)
			hdd = w.dev;
		if (w.dev->kind == SWAPADM_KIND_SSD)
			fast = w.dev;
	}
	if (hdd && fast)
		probe_remedy(probe_report(p, hdd->name, "%s rotates while %s does not",
					  hdd->name, fast->name),
			     "unless its space is needed: swapctl remove %s",
			     probe_quote(p, hdd->name));
}

static void check_pressure(struct probe *p)
{
	const struct swapadm_psi_line *full = &p->m->psi.full;

	if (!p->m->has_psi || !full->known || full->avg60_centipct < 1000)
		return;
	probe_remedy(
		probe_report(
			p, "memory",
			"for %u%% of the last minute no task could run for want of memory",
			full->avg60_centipct / 100),
		"find who: swapctl list -o +READS,WRITES, systemd-cgtop; add memory or a faster tier");
}

static void check_oom(struct probe *p)
{
	if (!p->m->has_vmstat || !(p->m->vmstat.known & SWAPADM_VMSTAT_OOM_KILL) ||
	    !p->m->vmstat.oom_kills)
		return;
	probe_remedy(
		probe_report(p, "memory",
			     "the OOM killer ended %" PRIu64 " processes since boot",
			     p->m->vmstat.oom_kills),
		"journalctl -k -g 'Out of memory|oom-kill' names them; add swap or limit the cgroup");
}

bool probe_has_active(const struct machine *m, enum swapadm_kind kind, bool *only)
{
	bool found = false;

	*only = true;
	for (struct walk w = { 0 }; machine_next(m, &w);) {
		if (!is_active(w.dev))
			continue;
		found |= w.dev->kind == kind;
		*only &= w.dev->kind == kind;
	}
	return found;
}

/*
 * Documentation/admin-guide/sysctl/vm.rst: 100 means swap costs what the page cache costs
 */
static void check_swappiness(struct probe *p)
{
	uint64_t swappiness = p->m->vm.swappiness;
	bool only, zram = probe_has_active(p->m, SWAPADM_KIND_ZRAM, &only);

	if (!(p->m->vm.known & SWAPADM_VM_SWAPPINESS) ||
	    !swapadm_model_total(p->m->model)->size_bytes)
		return;
	if (swappiness == 0)
		probe_remedy(probe_report(p, "swappiness", "vm.swappiness is 0"),
			     "sysctl vm.swappiness=%d", zram ? 100 : 60);
	else if (zram && swappiness < 60)
		probe_remedy(probe_report(p, "swappiness",
					  "vm.swappiness is %" PRIu64
					  " although there is zram",
					  swappiness),
			     "sysctl vm.swappiness=100");
}

static void check_psi(struct probe *p)
{
	if (!p->m->has_psi)
		probe_remedy(probe_report(p, "memory",
					  "the kernel tells no memory pressure"),
			     "boot with psi=1");
}

static const struct check checks[] = {
	{ "no-swap", SEVERITY_WARNING,
	  "Without swap every idle anonymous page stays in memory, and the OOM killer is the first answer to a peak.",
	  check_no_swap },
	{ "failed", SEVERITY_ERROR, "Pages there may be lost to their processes.",
	  check_failed },
	{ "nearly-full", SEVERITY_WARNING,
	  "When the last area is full nothing can be pushed out any more; the OOM killer is next.",
	  check_nearly_full },
	{ "inactive", SEVERITY_WARNING, "The tier has less room than was planned.",
	  check_inactive },
	{ "deleted-file", SEVERITY_WARNING,
	  "It can't be deactivated by a name that is gone; after a reboot it is gone too.",
	  check_deleted },
	{ "read-only", SEVERITY_WARNING,
	  "swapoff(2) opens the file for writing; a file system turns read-only after errors.",
	  check_read_only },
	{ "container", SEVERITY_NOTE,
	  "It can be looked at; adding and draining areas is for the host.",
	  check_virtual },
	{ "xswap", SEVERITY_NOTE,
	  "All that is swapped out stays in memory, compressed; nothing relieves it.",
	  check_xswap },
	{ "zram-after-disk", SEVERITY_WARNING,
	  "The slow device is filled first; the fast one only gets what is left over.",
	  check_inverted },
	{ "hdd-before-ssd", SEVERITY_WARNING,
	  "The slow device is filled first; the fast one only gets what is left over.",
	  check_hdd_above_ssd },
	{ "default-priorities", SEVERITY_WARNING,
	  "Older kernels fill such areas one after the other, newer ones (7.3) round robin: fast and slow devices then share the load evenly.",
	  check_default_prio },
	{ "priority-mismatch", SEVERITY_WARNING,
	  "The area is filled in another order than its tier says; a priority can't be changed while the area is active.",
	  check_prio_mismatch },
	{ "foreign-area", SEVERITY_WARNING,
	  "It takes pages before tiers that are meant to be faster.",
	  check_foreign_between },
	{ "mixed-tier", SEVERITY_WARNING,
	  "Areas of one priority are filled round robin, so that the slowest one sets the pace.",
	  check_mixed },
	{ "same-disk", SEVERITY_WARNING,
	  "They are filled in turns and share one queue: two areas on one disk add seeks, not bandwidth.",
	  check_same_disk },
	{ "many-areas", SEVERITY_NOTE,
	  "When all are taken no further area can be added, not even in an emergency.",
	  check_many_areas },
	{ "zswap-on-zram", SEVERITY_WARNING,
	  "Pages are compressed twice and take memory in both pools.", check_zswap_zram },
	{ "zswap-full", SEVERITY_WARNING,
	  "New pages bypass the full pool and go to the disk, while old cold ones keep their place in memory.",
	  check_zswap_full },
	{ "writeback-unused", SEVERITY_WARNING,
	  "zram writes nothing back by itself: idle and incompressible pages keep costing memory.",
	  check_writeback },
	{ "zram-full", SEVERITY_WARNING,
	  "zram keeps what went out first, the coldest pages, in memory; the warmer ones that follow are read back from the disk.",
	  check_zram_full },
	{ "zram-ratio", SEVERITY_WARNING,
	  "Data that does not compress costs nearly as much memory there as before.",
	  check_zram_ratio },
	{ "zram-limit", SEVERITY_WARNING,
	  "A zram at its limit fails writes although the swap core sees free slots.",
	  check_zram_limit },
	{ "zram-leftover", SEVERITY_NOTE,
	  "Slots that were freed while zram was busy keep their memory until they are written again.",
	  check_zram_data },
	{ "zram-oversize", SEVERITY_NOTE,
	  "Were it filled with what compresses less than two to one, it would not fit into memory.",
	  check_zram_oversize },
	{ "swappiness", SEVERITY_WARNING,
	  "The kernel then drops file pages that are in use rather than push out idle ones; at 0 it swaps only when the page cache is all but gone.",
	  check_swappiness },
	{ "page-cluster", SEVERITY_NOTE,
	  "Reading ahead from zram decompresses pages that nobody asked for; it has no seeks to save.",
	  check_page_cluster },
	{ "rotating", SEVERITY_NOTE,
	  "One rotating area turns the read-ahead by virtual address off for all areas.",
	  check_rotating },
	{ "pressure", SEVERITY_WARNING, "The machine waits for memory, not for work.",
	  check_pressure },
	{ "oom-kills", SEVERITY_NOTE, "Memory and swap were not enough at that moment.",
	  check_oom },
	{ "no-psi", SEVERITY_NOTE,
	  "Without it nobody can tell an idle swap from a thrashing one.", check_psi },
};

void checks_run(const struct machine *m, struct findings *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(checks); i++) {
		struct probe p = { m, &checks[i], out };

		checks[i].fn(&p);
		free(p.quoted);
	}
}

void findings_free(struct findings *findings)
{
	free(findings->items);
}
