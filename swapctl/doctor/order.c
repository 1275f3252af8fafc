/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of the order in which areas are filled. */
#include "doctor/probe.h"

/* only the kernel hands out priorities below 0 */
void check_default_prio(struct probe *p)
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
		"swapctl save --write, name the tiers in that file, then swapctl apply --rerank");
}

void check_prio_mismatch(struct probe *p)
{
	/* a leaf of a tswap device has the priority of its rank by definition */
	if (swapadm_model_layer(p->m->model) != SWAPADM_LAYER_DIRECT)
		return;
	for (struct walk w = { 0 }; machine_next(p->m, &w);) {
		/* .prio of the tier is none as soon as one device has another */
		int meant = w.tier->rank == SWAPADM_RANK_NONE
				    ? -1
				    : swapadm_rank_to_prio(w.tier->rank);

		if (w.tier->is_auto || meant < 0 || !is_active(w.dev) ||
		    w.dev->prio == meant)
			continue;
		probe_remedy(probe_report(p, w.dev->name,
					  "%s: has priority %d, its tier %s calls for %d",
					  w.dev->name, w.dev->prio, w.tier->name, meant),
			     "swapctl apply --rerank");
	}
}

/* an area that is not ours, whose priority puts it above a configured tier */
void check_foreign_between(struct probe *p)
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
				"%s: is in no tier, and its priority %d is above or between the tiers'",
				w.dev->name, w.dev->prio),
			"give it a tier in /etc/swapadm.conf, then swapctl apply --rerank; or swapctl drain %s",
			probe_quote(p, w.dev->name));
	}
}

void check_inverted(struct probe *p)
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

void check_hdd_above_ssd(struct probe *p)
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
void check_same_disk(struct probe *p)
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
				"swapctl remove %s, then the others but one",
				probe_quote(p, second->name));
	}
}

void check_mixed(struct probe *p)
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

void check_rotating(struct probe *p)
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
