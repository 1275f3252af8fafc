/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl list: a line for each device. */
#include "commands.h"
#include "table.h"
#include "text.h"

struct row {
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;
	int kernel_tier; /* negative: none, or no column shows it */
};

/* of a column: not of the model, which has no such flag */
#define LOAD_KERNEL_TIER (1u << 31)

static const struct swapadm_device *dev_of(const void *row)
{
	return ((const struct row *)row)->dev;
}

static bool get_tier(const void *row, struct cell *c)
{
	return give_text(c, ((const struct row *)row)->tier->name);
}

static bool get_rank(const void *row, struct cell *c)
{
	c->i = ((const struct row *)row)->tier->rank;
	return c->i != SWAPADM_RANK_NONE;
}

static bool get_device(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->name);
}

static bool get_kind(const void *row, struct cell *c)
{
	return give_text(c, swapadm_kind_name(dev_of(row)->kind));
}

static bool get_type(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->is_file ? "file" : "block");
}

static bool get_state(const void *row, struct cell *c)
{
	return give_text(c, swapadm_state_name(dev_of(row)->state));
}

static bool get_prio(const void *row, struct cell *c)
{
	c->i = dev_of(row)->prio;
	return c->i != SWAPADM_PRIO_NONE;
}

static bool known(const void *row, unsigned bits)
{
	return (dev_of(row)->usage.known & bits) == bits;
}

static bool get_kernel_tier(const void *row, struct cell *c)
{
	c->i = ((const struct row *)row)->kernel_tier;
	return c->i >= 0;
}

static bool get_size(const void *row, struct cell *c)
{
	c->u = dev_of(row)->usage.size_bytes;
	return known(row, SWAPADM_USAGE_SIZE);
}

static bool get_used(const void *row, struct cell *c)
{
	c->u = dev_of(row)->usage.used_bytes;
	return known(row, SWAPADM_USAGE_USED);
}

static bool get_free(const void *row, struct cell *c)
{
	const struct swapadm_usage *u = &dev_of(row)->usage;

	if (!known(row, SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED))
		return false;
	c->u = u64_minus(u->size_bytes, u->used_bytes);
	return true;
}

static bool get_use_pct(const void *row, struct cell *c)
{
	const struct swapadm_usage *u = &dev_of(row)->usage;

	c->u = text_pct(u->used_bytes, u->size_bytes);
	return known(row, SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED) && u->size_bytes;
}

static bool get_stored(const void *row, struct cell *c)
{
	c->u = dev_of(row)->usage.stored_bytes;
	return known(row, SWAPADM_USAGE_STORED);
}

static bool get_ram(const void *row, struct cell *c)
{
	c->u = dev_of(row)->usage.ram_bytes;
	return known(row, SWAPADM_USAGE_RAM);
}

static bool get_disk_bytes(const void *row, struct cell *c)
{
	c->u = dev_of(row)->usage.disk_bytes;
	return known(row, SWAPADM_USAGE_DISK);
}

static bool get_ratio(const void *row, struct cell *c)
{
	const struct swapadm_usage *u = &dev_of(row)->usage;

	/* not USED: zswap in front may hold most of that */
	if (!known(row, SWAPADM_USAGE_ORIG | SWAPADM_USAGE_STORED) || !u->stored_bytes)
		return false;
	c->ratio = (double)u->orig_bytes / (double)u->stored_bytes;
	return dev_of(row)->kind == SWAPADM_KIND_ZRAM;
}

static bool get_algorithm(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->algorithm);
}

static bool get_backing_file(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->backing_file);
}

static bool get_recompress(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->recompress);
}

static bool get_mem_limit(const void *row, struct cell *c)
{
	c->u = dev_of(row)->mem_limit_bytes;
	return c->u != 0;
}

static bool get_batch(const void *row, struct cell *c)
{
	c->u = dev_of(row)->writeback_batch;
	return c->u != 0;
}

static bool get_compressed(const void *row, struct cell *c)
{
	const struct swapadm_device *dev = dev_of(row);

	return dev->backing_dev && *dev->backing_dev &&
	       give_text(c, dev->compressed_writeback ? "yes" : "no");
}

static bool get_huge(const void *row, struct cell *c)
{
	c->u = dev_of(row)->huge_bytes;
	return dev_of(row)->zram_known & SWAPADM_ZRAM_HUGE;
}

static bool get_written_back(const void *row, struct cell *c)
{
	c->u = dev_of(row)->written_back_bytes;
	return dev_of(row)->zram_known & SWAPADM_ZRAM_BD;
}

static bool get_backing(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->backing_dev);
}

/* the kernel does not report it; known for what we attached */
static bool get_discard(const void *row, struct cell *c)
{
	if (!dev_of(row)->spec)
		return false;
	return give_text(c, swapadm_discard_name(dev_of(row)->discard));
}

static bool get_disk(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->disk);
}

static bool get_model(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->model);
}

static bool get_label(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->label);
}

static bool get_uuid(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->uuid);
}

static bool get_path(const void *row, struct cell *c)
{
	if (dev_of(row)->kind == SWAPADM_KIND_XSWAP)
		return false; /* its name leads nowhere */
	return give_text(c, dev_of(row)->path);
}

static bool get_spec(const void *row, struct cell *c)
{
	return give_text(c, dev_of(row)->spec);
}

static bool get_managed(const void *row, struct cell *c)
{
	c->u = dev_of(row)->managed;
	return true;
}

static bool get_deleted(const void *row, struct cell *c)
{
	c->u = dev_of(row)->deleted;
	return true;
}

static bool io_known(const void *row)
{
	return dev_of(row)->io.known & SWAPADM_IO_ALL;
}

static bool get_reads(const void *row, struct cell *c)
{
	c->u = dev_of(row)->io.reads;
	return io_known(row);
}

static bool get_writes(const void *row, struct cell *c)
{
	c->u = dev_of(row)->io.writes;
	return io_known(row);
}

static bool get_read_bytes(const void *row, struct cell *c)
{
	c->u = dev_of(row)->io.read_bytes;
	return io_known(row);
}

static bool get_write_bytes(const void *row, struct cell *c)
{
	c->u = dev_of(row)->io.write_bytes;
	return io_known(row);
}

static bool get_in_flight(const void *row, struct cell *c)
{
	c->u = dev_of(row)->io.in_flight;
	return io_known(row);
}

#define BLKID SWAPADM_LOAD_BLKID
#define IO    SWAPADM_LOAD_IO

static const struct column items[] = {
	{ "TIER", NULL, UNIT_TEXT, 0, "tier", get_tier },
	{ "RANK", NULL, UNIT_NUMBER, 0, "rank of the tier, 0 is the fastest", get_rank },
	{ "DEVICE", NULL, UNIT_TEXT, 0, "kernel name, or path of a swap file",
	  get_device },
	{ "KIND", NULL, UNIT_TEXT, 0, "zram, memory, ssd, hdd, network, tswap, xswap",
	  get_kind },
	{ "TYPE", NULL, UNIT_TEXT, 0, "block or file", get_type },
	{ "STATE", NULL, UNIT_TEXT, 0,
	  "inactive, active, cordoned, draining, drained, failed", get_state },
	{ "PRIO", NULL, UNIT_NUMBER, 0, "priority of the swap area", get_prio },
	{ "KTIER", "kernel_tier", UNIT_NUMBER, LOAD_KERNEL_TIER,
	  "index of the kernel's own tier (evaluation only)", get_kernel_tier },
	{ "SIZE", NULL, UNIT_BYTES, 0, "room for pages", get_size },
	{ "USED", NULL, UNIT_BYTES, 0, "pages there, uncompressed", get_used },
	{ "FREE", NULL, UNIT_BYTES, 0, "SIZE minus USED", get_free },
	{ "USE%", "use_pct", UNIT_PCT, 0, "USED of SIZE", get_use_pct },
	{ "STORED", NULL, UNIT_BYTES, 0, "compressed size of those pages", get_stored },
	{ "RAM", NULL, UNIT_BYTES, 0, "memory they occupy", get_ram },
	{ "DISK", NULL, UNIT_BYTES, 0, "space they occupy on a device", get_disk_bytes },
	{ "RATIO", NULL, UNIT_RATIO, 0, "of zram: the pages that it holds to STORED",
	  get_ratio },
	{ "ALGORITHM", NULL, UNIT_TEXT, 0, "compressor of a zram", get_algorithm },
	{ "BACKING", NULL, UNIT_TEXT, 0, "write-back device of a zram", get_backing },
	{ "BACKFILE", "backing_file", UNIT_TEXT, 0,
	  "file below it, behind a loop device of swapadm", get_backing_file },
	{ "WBATCH", "writeback_batch", UNIT_COUNT, 0,
	  "writes to it that are in flight at once", get_batch },
	{ "WCOMPRESSED", "compressed_writeback", UNIT_TEXT, 0,
	  "whether pages are written to it as they are compressed", get_compressed },
	{ "WRITTENBACK", "written_back_bytes", UNIT_BYTES, 0,
	  "written to it since the zram was made", get_written_back },
	{ "HUGE", "huge_bytes", UNIT_BYTES, 0,
	  "pages of a zram that do not compress, kept as they are", get_huge },
	{ "RECOMPRESS", NULL, UNIT_TEXT, 0, "compressor of a zram for its idle pages",
	  get_recompress },
	{ "MEMLIMIT", "mem_limit_bytes", UNIT_BYTES, 0, "memory that a zram may take",
	  get_mem_limit },
	{ "DISCARD", NULL, UNIT_TEXT, 0, "discard asked for: none, once, pages, both",
	  get_discard },
	{ "DRIVE", NULL, UNIT_TEXT, 0, "whole disk below", get_disk },
	{ "MODEL", NULL, UNIT_TEXT, 0, "model of that disk", get_model },
	{ "LABEL", NULL, UNIT_TEXT, BLKID, "label of the swap signature", get_label },
	{ "UUID", NULL, UNIT_TEXT, BLKID, "UUID of the swap signature", get_uuid },
	{ "PATH", NULL, UNIT_TEXT, 0, "device file, or path of a swap file", get_path },
	{ "SPEC", NULL, UNIT_TEXT, 0, "name in the configuration or on the command line",
	  get_spec },
	{ "MANAGED", NULL, UNIT_BOOL, 0, "added by swapadm", get_managed },
	{ "DELETED", NULL, UNIT_BOOL, 0, "a swap file that was unlinked while active",
	  get_deleted },
	{ "READS", NULL, UNIT_COUNT, IO, "read requests since boot", get_reads },
	{ "WRITES", NULL, UNIT_COUNT, IO, "write requests since boot", get_writes },
	{ "RBYTES", "read_bytes", UNIT_BYTES, IO, "bytes read since boot",
	  get_read_bytes },
	{ "WBYTES", "write_bytes", UNIT_BYTES, IO, "bytes written since boot",
	  get_write_bytes },
	{ "INFLIGHT", "in_flight", UNIT_COUNT, IO, "requests under way", get_in_flight },
};

const struct columns list_columns = {
	.table = "devices",
	.items = items,
	.n = ARRAY_SIZE(items),
	.defaults = "TIER,DEVICE,KIND,STATE,PRIO,SIZE,USED,USE%,RAM,DISK",
};

/* rows in the model's order; the words only choose, so that nothing is listed twice */
struct rows {
	struct row *items;
	const void **pointers;
	size_t n;
};

static void rows_free(struct rows *rows)
{
	free(rows->items);
	free(rows->pointers);
}

struct word {
	const struct swapadm_tier *tier;
	const struct swapadm_device *dev;
};

static bool chosen(const struct word *words, size_t n, const struct swapadm_tier *tier,
		   const struct swapadm_device *dev)
{
	for (size_t i = 0; i < n; i++)
		if (words[i].tier == tier || words[i].dev == dev ||
		    (words[i].dev && words[i].dev->kind == SWAPADM_KIND_TSWAP))
			return true; /* the tswap device: what it consists of */
	return n == 0;
}

static int find_words(struct cli *cli, struct swapadm_model *model, struct word *words)
{
	for (size_t i = 0; i < cli->n_operands; i++) {
		int r = swapadm_model_find(model, cli->operands[i], &words[i].tier,
					   &words[i].dev);

		if (r)
			return cli_fail(cli, r, cli->operands[i]);
	}
	return CLI_DONE;
}

static int kernel_tier(struct swapadm_ctx *ctx, const struct swapadm_device *dev)
{
	return !ctx || dev->prio == SWAPADM_PRIO_NONE
		       ? -ENOENT
		       : swapadm_kernel_tier(ctx, dev->prio);
}

/* @ctx: NULL: the kernel's tiers are not asked for */
static int make_rows(struct swapadm_ctx *ctx, const struct swapadm_model *model,
		     const struct word *words, size_t n_words, struct rows *out)
{
	size_t n_tiers = swapadm_model_n_tiers(model), room = 0;

	for (size_t i = 0; i < n_tiers; i++)
		room += swapadm_model_tier(model, i)->n_devices;
	out->items = calloc(room + 1, sizeof(*out->items));
	out->pointers = calloc(room + 1, sizeof(*out->pointers));
	if (!out->items || !out->pointers)
		return -ENOMEM;
	for (size_t i = 0; i < n_tiers; i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		for (size_t j = 0; j < tier->n_devices; j++) {
			if (!chosen(words, n_words, tier, tier->devices[j]))
				continue;
			out->items[out->n] =
				(struct row){ tier, tier->devices[j],
					      kernel_tier(ctx, tier->devices[j]) };
			out->pointers[out->n] = &out->items[out->n];
			out->n++;
		}
	}
	return 0;
}

int cmd_list(struct cli *cli)
{
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(rows_free) struct rows rows = { 0 };
	_cleanup_free_ struct word *words = NULL;
	_cleanup_(selection_free) struct selection sel = { 0 };
	int r = table_select(cli, &list_columns, &sel);

	if (r)
		return r;
	r = cli_model(cli, sel.load & ~LOAD_KERNEL_TIER, &model);
	if (r)
		return cli_fail(cli, r, "list");
	if (swapadm_model_degraded(model))
		cli_say("list: degraded to the direct layer, see `swapctl doctor`");
	words = calloc(cli->n_operands + 1, sizeof(*words));
	if (!words)
		return cli_fail(cli, -ENOMEM, "list");
	r = find_words(cli, model, words);
	if (r)
		return r;
	r = make_rows(sel.load & LOAD_KERNEL_TIER ? cli->ctx : NULL, model, words,
		      cli->n_operands, &rows);
	if (r)
		return cli_fail(cli, r, "list");
	return table_print(cli, &sel, rows.pointers, rows.n);
}
