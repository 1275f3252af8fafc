/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what a device is on. */
#include "doctor/probe.h"

/*
 * In the order of a walk, asked once for all checks: it takes some files of each device.
 * NULL: no memory, and findings are missing anyway.
 */
static const uint32_t *below_each(struct probe *p)
{
	size_t n = 0;

	if (p->found->below)
		return p->found->below;
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		n++;
	p->found->below = calloc(n + 1, sizeof(*p->found->below));
	if (!p->found->below) {
		p->found->no_memory = true;
		return NULL;
	}
	n = 0;
	for (struct walk w = { 0 }; machine_next(p->m, &w); n++)
		if (is_active(w.dev))
			swapadm_device_get_below(p->m->ctx, w.dev, &p->found->below[n]);
	return p->found->below;
}

/* the next device that has all of @what below it; @i counts the devices of the walk */
static bool next_on(struct probe *p, uint32_t what, struct walk *w, size_t *i)
{
	const uint32_t *below = below_each(p);

	while (below && machine_next(p->m, w))
		if ((below[(*i)++] & what) == what)
			return true;
	return false;
}

void check_zvol(struct probe *p)
{
	size_t i = 0;

	for (struct walk w = { 0 }; next_on(p, SWAPADM_BELOW_ZVOL, &w, &i);)
		probe_remedy(probe_report(p, w.dev->name, "%s: is on a ZFS volume",
					  w.dev->name),
			     "swapctl remove %s; use a partition or zram",
			     probe_quote(p, w.dev->name));
}

void check_loop_tmpfs(struct probe *p)
{
	const uint32_t both = SWAPADM_BELOW_LOOP | SWAPADM_BELOW_TMPFS;
	size_t i = 0;

	for (struct walk w = { 0 }; next_on(p, both, &w, &i);)
		probe_remedy(probe_report(p, w.dev->name,
					  "%s: is a loop device whose file is in memory",
					  w.dev->name),
			     "swapctl remove %s; swapctl add fast zram,size=50%%ram",
			     probe_quote(p, w.dev->name));
}

void check_unencrypted(struct probe *p)
{
	const uint32_t *each = below_each(p);
	size_t i = 0;

	for (struct walk w = { 0 }; each && machine_next(p->m, &w);) {
		const char *where, *path;
		uint32_t below = each[i++];

		if (below & SWAPADM_BELOW_CRYPT)
			continue;
		if (below & SWAPADM_BELOW_NETWORK)
			where = "goes over the network";
		else if (below & SWAPADM_BELOW_REMOVABLE)
			where = "is on a medium that can be taken away";
		else
			continue;
		path = probe_quote(p, w.dev->path);
		probe_remedy(
			probe_report(p, w.dev->name, "%s: %s, unencrypted", w.dev->name,
				     where),
			"swapctl remove %s; cryptsetup open --type plain --cipher aes-xts-plain64 --key-size 512 --key-file /dev/urandom %s swapcrypt && swapctl add TIER /dev/mapper/swapcrypt --format",
			path, w.dev->is_file ? "DEVICE" : path);
	}
}
