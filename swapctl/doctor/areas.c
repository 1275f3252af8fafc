/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of areas, one by one. */
#include <inttypes.h>
#include <sys/statvfs.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include "doctor/probe.h"
#include "text.h"
#include "wayback.h"

/*
 * Where swapadm.service has run since the boot its words are of its last run: a reload
 * applies and sets them. Where it was stopped it is started again.
 */
static const char *how_to_apply(const struct probe *p)
{
	_cleanup_free_ char *text = NULL;

	return swapadm_file_read(p->m->ctx, "/run/swapadm/boot", &text)
		       ? "swapctl apply"
		       : "systemctl reload-or-restart swapadm";
}

void check_no_swap(struct probe *p)
{
	const struct swapadm_redirect *r = swapadm_model_redirect(p->m->model);

	if (probe_kubelet_forbids_swap(p->m)) /* no swap is what it wants */
		return;
	if (r && !r->active) {
		probe_remedy(
			probe_report(
				p, r->name,
				"the area is not in use: nothing is swapped to its devices"),
			"%s", how_to_apply(p));
		return;
	}
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev))
			return;
	probe_remedy(probe_report(p, "swap", "no swap area is active"),
		     p->m->conf_error ? "correct the configuration first: swapctl check"
				      : "swapctl add fast zram,size=50%%ram");
}

void check_configuration(struct probe *p)
{
	if (p->m->conf_error)
		probe_remedy(probe_report(p, "configuration", "%s", p->m->conf_error),
			     "correct that, then: swapctl check && %s", how_to_apply(p));
}

void check_degraded(struct probe *p)
{
	const char *why = swapadm_model_degraded(p->m->model);

	if (why)
		probe_remedy(probe_report(p, "redirect",
					  "degraded to the direct layer: %s", why),
			     "fix that, then: %s", how_to_apply(p));
}

/* a module that was loaded before the tools or the module were replaced */
void check_module_version(struct probe *p)
{
	struct swapadm_module module;

	swapadm_module_get(p->m->ctx, &module);
	if (!*module.loaded || !*module.installed ||
	    !strcmp(module.loaded, module.installed))
		return;
	probe_remedy(
		probe_report(p, "tswap",
			     "the module in use has version %s, the installed one %s",
			     module.loaded, module.installed),
		"none while it is in use; the next boot loads version %s",
		module.installed);
}

void check_nearly_full(struct probe *p)
{
	const struct swapadm_usage *u = swapadm_model_total(p->m->model);
	int pct = probe_use_pct(u);
	struct buf a;

	if (pct < 90)
		return;
	probe_remedy(
		probe_report(p, "swap", "swap is %d%% full (%s left)", pct,
			     text_amount(&a, u64_minus(u->size_bytes, u->used_bytes))),
		"swapctl add TIER DEVICE");
}

/*
 * Added by swapadm, and not to be found: perhaps its file system is not mounted.
 * Not swapadm_file_exists(): to a user who may not search the folder all files are gone.
 */
static bool is_lost_file(const struct probe *p, const struct swapadm_device *dev)
{
	return dev->managed && dev->path && strncmp(dev->path, "/dev/", 5) != 0 &&
	       !p->m->is_capture && access(dev->path, F_OK) < 0 && errno == ENOENT;
}

/* named by a configuration, and nothing that apply could make: it would fail again */
static bool is_missing(const struct probe *p, const struct swapadm_device *dev)
{
	const char *word = dev->path ? dev->path : dev->name;
	uint64_t bytes;

	if (p->m->is_capture || dev->kind == SWAPADM_KIND_ZRAM ||
	    (dev->spec && strstr(dev->spec, "size=")))
		return false;
	if (*word == '/')
		return access(word, F_OK) < 0 && errno == ENOENT;
	/* without udev a tag leads nowhere until the devices are read */
	return strchr(word, '=') &&
	       swapadm_signature_page_bytes(p->m->ctx, word, &bytes) == -ENODEV;
}

/* swap of a kernel with other pages, such as a disk that comes from another machine */
static bool has_other_pages(struct probe *p, const struct walk *w)
{
	const char *word = w->dev->path ? w->dev->path : w->dev->name;
	uint64_t bytes, own = swapadm_page_bytes(p->m->ctx);

	if (swapadm_signature_page_bytes(p->m->ctx, word, &bytes) || bytes == own)
		return false;
	probe_remedy(
		probe_report(
			p, w->dev->name,
			"%s: configured in tier %s, and its swap signature is for pages of %ju bytes, which this kernel, with pages of %ju, does not take",
			w->dev->name, w->tier->name, (uintmax_t)bytes, (uintmax_t)own),
		"swapctl add %s %s --format", w->tier->name, probe_quote(p, word));
	return true;
}

static void one_inactive(struct probe *p, const struct walk *w)
{
	_cleanup_free_ char *command =
		wayback_of_device(p->m->ctx, p->m->conf, w->tier, w->dev);
	bool configured = wayback_is_configured(p->m->conf, w->tier, w->dev);

	if (configured && is_missing(p, w->dev)) {
		probe_remedy(
			probe_report(p, w->dev->name,
				     "%s: configured in tier %s, and there is no such %s",
				     w->dev->name, w->tier->name,
				     w->dev->is_file ? "file" : "device"),
			w->dev->is_file
				? "give a size in its line of [tier %s], so that apply makes it, or correct the path"
				: "connect it, or correct its line in [tier %s]; lsblk -f shows what is there",
			w->tier->name);
		return;
	}
	if (configured && has_other_pages(p, w))
		return;
	probe_remedy(probe_report(p, w->dev->name, "%s: %s tier %s, not active",
				  w->dev->name, configured ? "configured in" : "added to",
				  w->tier->name),
		     "%s", command ? command : "rename it, then swapctl add TIER DEVICE");
}

void check_inactive(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		if (w.dev->state != SWAPADM_STATE_INACTIVE)
			continue;
		if (is_lost_file(p, w.dev)) {
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: added to tier %s, and not there any more: deleted, or on a file system that is not mounted",
					w.dev->name, w.tier->name),
				"swapctl remove %s", probe_quote(p, w.dev->path));
			continue;
		}
		one_inactive(p, &w);
	}
}

void check_failed(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev->state == SWAPADM_STATE_FAILED)
			probe_remedy(probe_report(p, w.dev->name, "%s: has failed",
						  w.dev->name),
				     "swapctl remove %s", probe_quote(p, w.dev->name));
}

/* swapoff(2) wants a path: a device can get its node back, a file its name not */
void check_deleted(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		struct finding *f;
		const char *path;

		if (!w.dev->deleted)
			continue;
		f = probe_report(p, w.dev->path, "%s: was deleted while in use",
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
void check_read_only(struct probe *p)
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
void check_virtual(struct probe *p)
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

/* MAX_SWAPFILES of the kernel: 32 types less those that it needs itself */
void check_many_areas(struct probe *p)
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
		"add one larger area, then swapctl remove %s and the other small ones",
		probe_quote(p, last->name));
}

/* all of its pages are in zswap, and swapoff(2) can't name it */
void check_xswap(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (w.dev->kind == SWAPADM_KIND_XSWAP)
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: has no disk behind it, so its pages stay in memory, and it can't be drained to another tier",
					w.dev->name),
				"to take it away when its pages fit in memory: echo %s > /sys/kernel/mm/xswap/destroy (as its patches were posted; look at this kernel's documentation first)",
				w.dev->name + strlen("xswap"));
}
