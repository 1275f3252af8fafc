/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what a device is on. */
#include "doctor/probe.h"

static bool lies_on(const struct probe *p, const struct swapadm_device *dev,
		    uint32_t what)
{
	uint32_t below;

	return is_active(dev) && !swapadm_device_get_below(p->m->ctx, dev, &below) &&
	       (below & what) == what;
}

void check_zvol(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (lies_on(p, w.dev, SWAPADM_BELOW_ZVOL))
			probe_remedy(probe_report(p, w.dev->name,
						  "%s: is on a ZFS volume", w.dev->name),
				     "swapctl remove %s; use a partition or zram",
				     probe_quote(p, w.dev->name));
}

void check_loop_tmpfs(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (lies_on(p, w.dev, SWAPADM_BELOW_LOOP | SWAPADM_BELOW_TMPFS))
			probe_remedy(
				probe_report(
					p, w.dev->name,
					"%s: is a loop device whose file is in memory",
					w.dev->name),
				"swapctl remove %s; swapctl add fast zram,size=50%%ram",
				probe_quote(p, w.dev->name));
}

void check_unencrypted(struct probe *p)
{
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		const char *where, *path;

		if (lies_on(p, w.dev, SWAPADM_BELOW_CRYPT))
			continue;
		if (lies_on(p, w.dev, SWAPADM_BELOW_NETWORK))
			where = "goes over the network";
		else if (lies_on(p, w.dev, SWAPADM_BELOW_REMOVABLE))
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
