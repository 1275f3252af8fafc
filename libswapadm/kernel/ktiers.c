/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/ktiers.h"

#include <inttypes.h>

#include "base/util.h"

static bool parse_tier(const char *line, struct ktier *tier)
{
	char *end;
	unsigned long index;
	long prio;

	errno = 0;
	index = strtoul(line, &end, 10);
	if (end == line || index >= KTIERS_MAX)
		return false;
	line = end;
	prio = strtol(line, &end, 10);
	if (end == line || errno || prio < INT16_MIN || prio > INT16_MAX ||
	    end[strspn(end, " \t")])
		return false;
	*tier = (struct ktier){ .index = (unsigned)index, .prio = (int)prio };
	return true;
}

int ktiers_parse(char *text, struct ktiers *out)
{
	char *save = NULL, *line = strtok_r(text, "\n", &save);
	unsigned n = 0;

	*out = (struct ktiers){ 0 };
	if (!line || sscanf(line, " Idx Prio%n", (int *)&n) != 0 || !n)
		return -EBADMSG;
	while ((line = strtok_r(NULL, "\n", &save))) {
		if (out->n == KTIERS_MAX || !parse_tier(line, &out->items[out->n]))
			return -EBADMSG;
		out->n++;
	}
	return 0;
}

static int add_mask(char *line, struct ktier_masks *out)
{
	char *blank = strrchr(line, ' '), *end;
	unsigned long mask;

	if (*line != '/' || !blank || blank[1] == '\0')
		return -EBADMSG;
	errno = 0;
	mask = strtoul(blank + 1, &end, 16);
	if (errno || *end || mask > UINT32_MAX)
		return -EBADMSG;
	*blank = '\0';
	if (!array_grow(&out->items, out->n))
		return -ENOMEM;
	out->items[out->n].path = strdup(line);
	if (!out->items[out->n].path)
		return -ENOMEM;
	out->items[out->n++].mask = (uint32_t)mask;
	return 0;
}

int ktier_masks_parse(char *text, struct ktier_masks *out)
{
	char *save = NULL;
	int r = 0;

	*out = (struct ktier_masks){ 0 };
	for (char *line = strtok_r(text, "\n", &save); !r && line;
	     line = strtok_r(NULL, "\n", &save))
		r = add_mask(line, out);
	return r;
}

void ktier_masks_free(struct ktier_masks *masks)
{
	for (size_t i = 0; i < masks->n; i++)
		free(masks->items[i].path);
	free(masks->items);
	*masks = (struct ktier_masks){ 0 };
}

int ktiers_load(struct swapadm_ctx *ctx, struct ktiers *out)
{
	_cleanup_free_ char *text = NULL;
	int r = ctx_read_file(ctx, KTIERS_TIERS, &text, NULL);

	return r ? r : ktiers_parse(text, out);
}

int ktier_masks_load(struct swapadm_ctx *ctx, struct ktier_masks *out)
{
	_cleanup_free_ char *text = NULL;
	int r = ctx_read_file(ctx, KTIERS_MASKS, &text, NULL);

	*out = (struct ktier_masks){ 0 };
	return r ? r : ktier_masks_parse(text, out);
}

int ktiers_index(const struct ktiers *tiers, int prio)
{
	for (size_t i = 0; i < tiers->n; i++)
		if (tiers->items[i].prio == prio)
			return (int)tiers->items[i].index;
	return -1;
}

uint32_t ktiers_all(const struct ktiers *tiers)
{
	uint32_t mask = 0;

	for (size_t i = 0; i < tiers->n; i++)
		mask |= UINT32_C(1) << tiers->items[i].index;
	return mask;
}

const struct ktier_mask *ktier_masks_find(const struct ktier_masks *masks,
					  const char *path)
{
	for (size_t i = 0; i < masks->n; i++)
		if (streq(masks->items[i].path, path))
			return &masks->items[i];
	return NULL;
}

int ktier_mask_set(struct swapadm_ctx *ctx, const char *path, uint32_t mask)
{
	char line[4200];

	snprintf(line, sizeof(line), "%.4096s 0x%" PRIx32, path, mask);
	return ctx_write_line(ctx, KTIERS_MASKS, line);
}

SWAPADM_API int swapadm_kernel_tier(struct swapadm_ctx *ctx, int prio)
{
	struct ktiers tiers;
	int r = ctx ? ktiers_load(ctx, &tiers) : -EINVAL;

	if (r)
		return r;
	r = ktiers_index(&tiers, prio);
	return r < 0 ? -ENOENT : r;
}
