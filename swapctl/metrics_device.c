/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Metrics of devices: use, I/O, state, and what only leaves and zrams have. */
#include "metrics.h"

/* a value with its "absent" */
struct sample {
	bool known;
	uint64_t value;
};

/* a device, with what is asked of the kernel once */
struct row {
	const struct swapadm_device *dev;
	uint64_t page_bytes; /* of zram's counters */
	char *labels;
	bool is_zram;
	struct swapadm_zram_stats zram;
	bool knows_idle;
	struct swapadm_zram_idle idle;
};

struct rows {
	struct row *items;
	size_t n;
};

/* ---- a value for each device */

struct device_family {
	struct family family;
	uint64_t per; /* 0: whole numbers; else the value is in 1/per of the unit */
	struct sample (*get)(const struct row *row);
};

#define GETTER(name, is_known, member)                                \
	static struct sample name(const struct row *row)              \
	{                                                             \
		return (struct sample){ is_known, row->dev->member }; \
	}
#define USAGE_GETTER(name, bit, member) \
	GETTER(name, usage_has(&row->dev->usage, bit), usage.member)
#define IO_GETTER(name, member) \
	GETTER(name, row->dev->io.known &SWAPADM_IO_ALL, io.member)
#define ZRAM_GETTER(name, bit, value)                                                \
	static struct sample name(const struct row *row)                             \
	{                                                                            \
		const struct swapadm_zram_stats *z = &row->zram;                     \
                                                                                     \
		return (struct sample){ row->is_zram && (z->known & (bit)), value }; \
	}

USAGE_GETTER(get_size, SWAPADM_USAGE_SIZE, size_bytes)
USAGE_GETTER(get_used, SWAPADM_USAGE_USED, used_bytes)
USAGE_GETTER(get_stored, SWAPADM_USAGE_STORED, stored_bytes)
USAGE_GETTER(get_ram, SWAPADM_USAGE_RAM, ram_bytes)
USAGE_GETTER(get_disk, SWAPADM_USAGE_DISK, disk_bytes)
IO_GETTER(get_reads, reads)
IO_GETTER(get_writes, writes)
IO_GETTER(get_read_bytes, read_bytes)
IO_GETTER(get_write_bytes, write_bytes)
IO_GETTER(get_read_ns, read_ns)
IO_GETTER(get_write_ns, write_ns)
GETTER(get_moved_in, row->dev->moves.known, moves.in_bytes)
GETTER(get_moved_out, row->dev->moves.known, moves.out_bytes)
GETTER(get_read_errors, row->dev->faults.known, faults.read_errors)
GETTER(get_write_errors, row->dev->faults.known, faults.write_errors)
GETTER(get_full, row->dev->faults.known, faults.full)
GETTER(get_bad, row->dev->faults.known, faults.bad_bytes)
GETTER(get_discarded, row->dev->faults.known, faults.discarded_bytes)
ZRAM_GETTER(get_limit, SWAPADM_ZRAM_MM, z->mem_limit_bytes)
ZRAM_GETTER(get_same, SWAPADM_ZRAM_MM, z->same_pages * row->page_bytes)
ZRAM_GETTER(get_huge, SWAPADM_ZRAM_HUGE, z->huge_pages * row->page_bytes)
ZRAM_GETTER(get_backing, SWAPADM_ZRAM_BACKING, *z->backing_dev != '\0')
ZRAM_GETTER(get_backing_used, SWAPADM_ZRAM_BD, z->bd_count_pages * 4096)
ZRAM_GETTER(get_backing_read, SWAPADM_ZRAM_BD, z->bd_read_pages * 4096)
ZRAM_GETTER(get_backing_written, SWAPADM_ZRAM_BD, z->bd_write_pages * 4096)
ZRAM_GETTER(get_failed_reads, SWAPADM_ZRAM_IO, z->failed_reads)
ZRAM_GETTER(get_failed_writes, SWAPADM_ZRAM_IO, z->failed_writes)

static struct sample get_idle(const struct row *row)
{
	return (struct sample){ row->knows_idle, row->idle.idle_bytes };
}

static struct sample get_recompressed(const struct row *row)
{
	return (struct sample){ row->knows_idle, row->idle.recompressed_bytes };
}

static const struct device_family device_families[] = {
	{ GAUGE("device_size_bytes", "bytes", "Size of the device, header excluded."), 0,
	  get_size },
	{ GAUGE("device_used_bytes", "bytes", "Pages on the device, uncompressed."), 0,
	  get_used },
	{ GAUGE("device_stored_bytes", "bytes", "Compressed size of those pages."), 0,
	  get_stored },
	{ GAUGE("device_ram_bytes", "bytes", "Memory that they occupy."), 0, get_ram },
	{ GAUGE("device_disk_bytes", "bytes", "Space that they occupy on a disk."), 0,
	  get_disk },
	{ COUNTER("device_reads", NULL, "Read requests of the block device."), 0,
	  get_reads },
	{ COUNTER("device_writes", NULL, "Write requests of the block device."), 0,
	  get_writes },
	{ COUNTER("device_read_bytes", "bytes", "Bytes read from the block device."), 0,
	  get_read_bytes },
	{ COUNTER("device_written_bytes", "bytes", "Bytes written to the block device."),
	  0, get_write_bytes },
	{ COUNTER("device_read_seconds", "seconds",
		  "Time of all reads of the block device."),
	  NS_PER_S, get_read_ns },
	{ COUNTER("device_write_seconds", "seconds",
		  "Time of all writes of the block device."),
	  NS_PER_S, get_write_ns },
	{ COUNTER("device_moved_in_bytes", "bytes", "Pages that jobs moved here."), 0,
	  get_moved_in },
	{ COUNTER("device_moved_out_bytes", "bytes", "Pages that jobs moved away."), 0,
	  get_moved_out },
	{ COUNTER("device_read_errors", NULL, "Reads of the leaf that failed."), 0,
	  get_read_errors },
	{ COUNTER("device_write_errors", NULL,
		  "Writes to the leaf that failed and went to another."),
	  0, get_write_errors },
	{ COUNTER("device_full", NULL,
		  "Writes that a zram leaf had no memory for, which went to another."),
	  0, get_full },
	{ GAUGE("device_bad_bytes", "bytes",
		"Space on the leaf that is not used any more after a write error."),
	  0, get_bad },
	{ COUNTER("device_discarded_bytes", "bytes", "Space given back by discard."), 0,
	  get_discarded },
	{ GAUGE("zram_limit_bytes", "bytes", "Limit of the zram's memory; 0: none."), 0,
	  get_limit },
	{ GAUGE("zram_same_bytes", "bytes",
		"Pages filled with one word, which take no memory."),
	  0, get_same },
	{ GAUGE("zram_huge_bytes", "bytes",
		"Pages that do not compress and are stored as they are."),
	  0, get_huge },
	{ GAUGE("zram_idle_bytes", "bytes", "Pages that are marked idle."), 0, get_idle },
	{ GAUGE("zram_recompressed_bytes", "bytes",
		"Pages that were compressed a second time."),
	  0, get_recompressed },
	{ GAUGE("zram_has_backing", NULL, "1 when the zram has a write-back device."), 0,
	  get_backing },
	{ GAUGE("zram_backing_used_bytes", "bytes", "Pages on the write-back device."), 0,
	  get_backing_used },
	{ COUNTER("zram_backing_read_bytes", "bytes",
		  "Bytes read from the write-back device."),
	  0, get_backing_read },
	{ COUNTER("zram_backing_written_bytes", "bytes",
		  "Bytes written to the write-back device."),
	  0, get_backing_written },
	{ COUNTER("zram_failed_reads", NULL, "Reads of the zram that failed."), 0,
	  get_failed_reads },
	{ COUNTER("zram_failed_writes", NULL,
		  "Writes to the zram that failed, mostly for lack of memory."),
	  0, get_failed_writes },
};

static void write_family(struct metrics *w, const struct rows *rows,
			 const struct device_family *f)
{
	metric_begin(w, &f->family);
	for (size_t i = 0; i < rows->n; i++) {
		struct sample s = f->get(&rows->items[i]);

		if (s.known && f->per)
			metric_fraction(w, rows->items[i].labels, s.value, f->per);
		else if (s.known)
			metric_u64(w, rows->items[i].labels, s.value);
	}
}

/* ---- several values for each device */

static void write_states(struct metrics *w, const struct rows *rows)
{
	static const struct family family =
		GAUGE("device_state", NULL,
		      "1 for the state that the device is in, 0 for others.");

	metric_begin(w, &family);
	for (size_t i = 0; i < rows->n; i++)
		for (unsigned s = 0; s <= SWAPADM_STATE_FAILED; s++) {
			_cleanup_free_ char *labels =
				metric_more_labels(rows->items[i].labels, "state",
						   swapadm_state_name(s), NULL);

			metric_u64(w, labels, rows->items[i].dev->state == s);
		}
}

static void write_latency(struct metrics *w, const struct rows *rows)
{
	static const struct family family = {
		"swapadm_device_latency_seconds", METRIC_HISTOGRAM, "seconds",
		"Time of the requests to the leaf, of every 16th; moves of jobs excluded."
	};

	metric_begin(w, &family);
	for (size_t i = 0; i < rows->n; i++) {
		const struct row *row = &rows->items[i];
		_cleanup_free_ char *read =
			metric_more_labels(row->labels, "operation", "read", NULL);
		_cleanup_free_ char *write =
			metric_more_labels(row->labels, "operation", "write", NULL);

		if (!row->dev->latency.known)
			continue;
		metric_histogram(w, read, row->dev->latency.reads);
		metric_histogram(w, write, row->dev->latency.writes);
	}
}

/* ---- rows */

static char *labels_of(const struct walk *at, const char *device)
{
	return metric_labels("tier", at->tier->name, "device", device, "kind",
			     swapadm_kind_name(at->dev->kind), NULL);
}

static bool taken(const struct rows *rows, const char *labels)
{
	for (size_t i = 0; labels && i < rows->n; i++)
		if (rows->items[i].labels && streq(rows->items[i].labels, labels))
			return true;
	return false;
}

/*
 * A reader drops all when a series comes twice. Two zrams that are to be made have the
 * same name, and bytes that are no UTF-8 may be escaped to the name of another: "#2" follows.
 */
static char *own_labels(const struct rows *rows, const struct walk *at)
{
	char *labels = labels_of(at, at->dev->name);

	for (unsigned n = 2; taken(rows, labels); n++) {
		_cleanup_free_ char *device = NULL;

		free(labels);
		if (asprintf(&device, "%s#%u", at->dev->name, n) < 0) {
			device = NULL;
			return NULL;
		}
		labels = labels_of(at, device);
	}
	return labels;
}

static bool add_row(struct rows *rows, const struct machine *m, const struct walk *at,
		    bool zram_idle)
{
	struct row *row = reallocarray(rows->items, rows->n + 1, sizeof(*row));

	if (!row)
		return false;
	rows->items = row;
	row += rows->n;
	*row = (struct row){
		.dev = at->dev,
		.labels = own_labels(rows, at),
		.page_bytes = swapadm_page_bytes(m->ctx),
	};
	if (at->dev->kind == SWAPADM_KIND_ZRAM && !at->dev->is_file)
		row->is_zram = !swapadm_zram_get_stats(m->ctx, at->dev->name, &row->zram);
	row->knows_idle = row->is_zram && zram_idle &&
			  !swapadm_zram_get_idle(m->ctx, at->dev->name, 0, &row->idle);
	rows->n++;
	return true;
}

void metrics_devices(struct metrics *w, const struct machine *m, bool zram_idle)
{
	struct rows rows = { 0 };

	for (struct walk at = { 0 }; machine_next(m, &at);)
		if (!add_row(&rows, m, &at, zram_idle))
			w->no_memory = true;
	for (size_t i = 0; i < ARRAY_SIZE(device_families); i++)
		write_family(w, &rows, &device_families[i]);
	write_states(w, &rows);
	write_latency(w, &rows);
	for (size_t i = 0; i < rows.n; i++)
		free(rows.items[i].labels);
	free(rows.items);
}
