/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tiercols.h"

#include <assert.h>
#include <ctype.h>

static bool get_tier(const void *row, struct cell *c, size_t i)
{
	const struct tier_row *r = row;

	if (!r->tier_bytes)
		return false;
	c->u = r->tier_bytes[i];
	return true;
}

/* a getter knows its row only, so each tier needs its own */
#define TIER_GETTER(n)                                            \
	static bool get_tier_##n(const void *row, struct cell *c) \
	{                                                         \
		return get_tier(row, c, n);                       \
	}
TIER_GETTER(0)
TIER_GETTER(1)
TIER_GETTER(2)
TIER_GETTER(3)
TIER_GETTER(4)
TIER_GETTER(5)
TIER_GETTER(6)
TIER_GETTER(7)
TIER_GETTER(8)
TIER_GETTER(9)
TIER_GETTER(10)
TIER_GETTER(11)
TIER_GETTER(12)
TIER_GETTER(13)
TIER_GETTER(14)
TIER_GETTER(15)

static bool (*const getters[TIERCOLS_MAX])(const void *row, struct cell *c) = {
	get_tier_0,  get_tier_1,  get_tier_2,  get_tier_3,  get_tier_4,  get_tier_5,
	get_tier_6,  get_tier_7,  get_tier_8,  get_tier_9,  get_tier_10, get_tier_11,
	get_tier_12, get_tier_13, get_tier_14, get_tier_15,
};

static void add_tier(struct tiercols *out, size_t i, const char *name)
{
	snprintf(out->names[i], sizeof(out->names[i]), "%s", name);
	for (char *p = out->names[i]; *p; p++)
		*p = (char)toupper((unsigned char)*p);
	snprintf(out->json[i], sizeof(out->json[i]), "tier_%.31s", name);
	out->items[out->cols.n++] = (struct column){
		.name = out->names[i],
		.json = out->json[i],
		.unit = UNIT_BYTES,
		.load = SWAPADM_PROCS_SPLIT,
		.help = "in this tier",
		.get = getters[i],
	};
}

int tiercols_select(struct tiercols *out, const struct cli *cli,
		    const struct columns *fixed, const char *before, const char *after,
		    const struct swapadm_model *model)
{
	size_t n = swapadm_model_n_tiers(model), used;

	assert(fixed->n + TIERCOLS_MAX <= ARRAY_SIZE(out->items));
	*out = (struct tiercols){ .cols = *fixed };
	memcpy(out->items, fixed->items, fixed->n * sizeof(*fixed->items));
	used = (size_t)snprintf(out->defaults, sizeof(out->defaults), "%s", before);
	for (size_t i = 0; i < n && i < TIERCOLS_MAX; i++) {
		add_tier(out, i, swapadm_model_tier(model, i)->name);
		used += (size_t)snprintf(out->defaults + used,
					 sizeof(out->defaults) - used, ",%s",
					 out->names[i]);
	}
	snprintf(out->defaults + used, sizeof(out->defaults) - used, ",%s", after);
	out->cols.items = out->items;
	out->cols.defaults = out->defaults;
	return table_select(cli, &out->cols, &out->sel);
}

int tiercols_print(const struct tiercols *cols, const struct cli *cli,
		   const struct tier_row *rows, size_t n)
{
	_cleanup_free_ const void **pointers = calloc(n + 1, sizeof(*pointers));

	if (!pointers || !rows)
		return cli_fail(cli, -ENOMEM, cli->cmd->name);
	for (size_t i = 0; i < n; i++)
		pointers[i] = &rows[i];
	return table_print(cli, &cols->sel, pointers, n);
}
