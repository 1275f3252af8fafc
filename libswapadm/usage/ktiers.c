/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "usage/ktiers.h"

void usage_ktiers_read(struct swapadm_ctx *ctx, struct usage_ktiers *out)
{
	*out = (struct usage_ktiers){ 0 };
	if (ktiers_load(ctx, &out->tiers) || ktier_masks_load(ctx, &out->masks))
		usage_ktiers_free(out);
}

void usage_ktiers_free(struct usage_ktiers *kt)
{
	ktier_masks_free(&kt->masks);
	kt->tiers.n = 0;
}

/* the name of the tier with a priority; else "prio N" */
static void tier_name(const struct swapadm_model *model, int prio, char *buf, size_t size)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		for (size_t k = 0; k < tier->n_devices; k++)
			if (tier->devices[k]->prio == prio) {
				snprintf(buf, size, "%s", tier->name);
				return;
			}
	}
	snprintf(buf, size, "prio %d", prio);
}

int usage_ktiers_add(const struct usage_ktiers *kt, const struct swapadm_model *model,
		     struct swapadm_cgroup *cg)
{
	const struct ktier_mask *mask = ktier_masks_find(&kt->masks, cg->path);
	char buf[2048] = "";
	size_t len = 0;

	if (!mask || cg->tiers)
		return 0;
	for (size_t i = 0; i < kt->tiers.n && len < sizeof(buf); i++) {
		char name[80];

		if (!(mask->mask >> kt->tiers.items[i].index & 1))
			continue;
		tier_name(model, kt->tiers.items[i].prio, name, sizeof(name));
		len += (size_t)snprintf(buf + len, sizeof(buf) - len, "%s%s",
					len ? ", " : "", name);
	}
	cg->tiers = strdup(len ? buf : "none");
	cg->tiers_from = strdup(cg->path);
	return cg->tiers && cg->tiers_from ? 0 : -ENOMEM;
}
