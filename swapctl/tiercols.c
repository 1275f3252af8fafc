/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "tiercols.h"

#include <ctype.h>
#include <strings.h>

static bool get_tier(const void *row, struct cell *c)
{
	const struct tier_row *r = row;

	if (!r->tier_bytes)
		return false;
	c->u = r->tier_bytes[c->index];
	return true;
}

/* also what would look like one that got its prefix here */
static bool is_taken(const struct columns *fixed, const char *name)
{
	if (strncmp(name, "tier_", strlen("tier_")) == 0)
		return true;
	for (size_t i = 0; i < fixed->n; i++)
		if (!strcasecmp(fixed->items[i].name, name))
			return true;
	return false;
}

/* "SSD"; "TIER_PID" of a tier whose name is that of a fixed column */
static void name_tier(struct tiercol *col, const struct columns *fixed, const char *tier)
{
	snprintf(col->json, sizeof(col->json), "tier_%.31s", tier);
	snprintf(col->name, sizeof(col->name), "%s%.31s",
		 is_taken(fixed, tier) ? "tier_" : "", tier);
	for (char *p = col->name; *p; p++)
		*p = (char)toupper((unsigned char)*p);
}

static int add_tiers(struct tiercols *out, const struct columns *fixed,
		     const struct swapadm_model *model, FILE *defaults)
{
	size_t n = swapadm_model_n_tiers(model);

	out->tiers = calloc(n + 1, sizeof(*out->tiers));
	out->items = calloc(fixed->n + n + 1, sizeof(*out->items));
	if (!out->tiers || !out->items)
		return -ENOMEM;
	memcpy(out->items, fixed->items, fixed->n * sizeof(*fixed->items));
	for (size_t i = 0; i < n; i++) {
		struct tiercol *col = &out->tiers[i];

		name_tier(col, fixed, swapadm_model_tier(model, i)->name);
		out->items[out->cols.n++] = (struct column){
			.name = col->name,
			.json = col->json,
			.unit = UNIT_BYTES,
			.load = SWAPADM_PROCS_SPLIT,
			.help = "in this tier",
			.get = get_tier,
			.index = i,
		};
		fprintf(defaults, ",%s", col->name);
	}
	return 0;
}

int tiercols_select(struct tiercols *out, const struct cli *cli,
		    const struct columns *fixed, const char *before, const char *after,
		    const struct swapadm_model *model)
{
	size_t size;
	FILE *f;
	int r;

	*out = (struct tiercols){ .cols = *fixed };
	f = open_memstream(&out->defaults, &size);
	if (!f)
		return cli_fail(cli, -ENOMEM, cli->cmd->name);
	fputs(before, f);
	r = add_tiers(out, fixed, model, f);
	fprintf(f, ",%s", after);
	if (fclose(f) || r)
		return cli_fail(cli, -ENOMEM, cli->cmd->name);
	out->cols.items = out->items;
	out->cols.defaults = out->defaults;
	return table_select(cli, &out->cols, &out->sel);
}

void tiercols_free(struct tiercols *cols)
{
	selection_free(&cols->sel);
	free(cols->tiers);
	free(cols->items);
	free(cols->defaults);
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
