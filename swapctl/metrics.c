/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * swapctl metrics: one snapshot as OpenMetrics 1.0 text.
 *
 * Families are printed whole, one after the other, as the format wants it. A sample that
 * the kernel does not tell is left out; a family without samples too.
 */
#include <inttypes.h>

#include "commands.h"
#include "machine.h"
#include "text.h"

/* a value with its "absent" */
struct sample {
	bool known;
	uint64_t value;
};

struct family {
	const char *name, *type, *unit, *help;
};

/* opens a family when its first sample comes */
struct writer {
	const struct family *family;
	bool open;
};

static void begin(struct writer *w, const struct family *family)
{
	*w = (struct writer){ .family = family };
}

static void head(struct writer *w)
{
	const struct family *f = w->family;

	if (w->open)
		return;
	w->open = true;
	printf("# TYPE %s %s\n", f->name, f->type);
	if (f->unit)
		printf("# UNIT %s %s\n", f->name, f->unit);
	printf("# HELP %s %s\n", f->name, f->help);
}

static void print_label(const char *name, const char *value, bool first)
{
	printf("%s%s=\"", first ? "" : ",", name);
	text_label(stdout, value);
	putchar('"');
}

/* labels come as name, value pairs, ended by NULL */
static void print_name(struct writer *w, const char *const labels[])
{
	head(w);
	fputs(w->family->name, stdout);
	if (streq(w->family->type, "counter"))
		fputs("_total", stdout);
	if (streq(w->family->type, "info"))
		fputs("_info", stdout);
	if (!labels || !labels[0])
		return;
	putchar('{');
	for (size_t i = 0; labels[i]; i += 2)
		print_label(labels[i], labels[i + 1], i == 0);
	putchar('}');
}

static void print_u64(struct writer *w, const char *const labels[], uint64_t value)
{
	print_name(w, labels);
	printf(" %" PRIu64 "\n", value);
}

/* @value in units of 1/@per */
static void print_fraction(struct writer *w, const char *const labels[], uint64_t value,
			   uint64_t per, int digits)
{
	print_name(w, labels);
	printf(" %" PRIu64 ".%0*" PRIu64 "\n", value / per, digits, value % per);
}

/* ---- devices */

struct device_family {
	struct family family;
	uint64_t per; /* 0: whole numbers; else the value is in 1/per of the unit */
	int digits;
	struct sample (*get)(const struct swapadm_device *dev);
};

#define USAGE_GETTER(name, bit, member)                              \
	static struct sample name(const struct swapadm_device *dev)  \
	{                                                            \
		return (struct sample){ usage_has(&dev->usage, bit), \
					dev->usage.member };         \
	}
#define IO_GETTER(name, member)                                         \
	static struct sample name(const struct swapadm_device *dev)     \
	{                                                               \
		return (struct sample){ dev->io.known & SWAPADM_IO_ALL, \
					dev->io.member };               \
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

static const struct device_family device_families[] = {
	{ { "swapadm_device_size_bytes", "gauge", "bytes", "Room for pages." },
	  0,
	  0,
	  get_size },
	{ { "swapadm_device_used_bytes", "gauge", "bytes", "Pages there, uncompressed." },
	  0,
	  0,
	  get_used },
	{ { "swapadm_device_stored_bytes", "gauge", "bytes",
	    "What those pages take, compressed." },
	  0,
	  0,
	  get_stored },
	{ { "swapadm_device_ram_bytes", "gauge", "bytes", "Memory that they cost." },
	  0,
	  0,
	  get_ram },
	{ { "swapadm_device_disk_bytes", "gauge", "bytes",
	    "Room that they cost on a device." },
	  0,
	  0,
	  get_disk },
	{ { "swapadm_device_reads", "counter", NULL,
	    "Read requests of the block device." },
	  0,
	  0,
	  get_reads },
	{ { "swapadm_device_writes", "counter", NULL,
	    "Write requests of the block device." },
	  0,
	  0,
	  get_writes },
	{ { "swapadm_device_read_bytes", "counter", "bytes",
	    "Bytes read from the block device." },
	  0,
	  0,
	  get_read_bytes },
	{ { "swapadm_device_written_bytes", "counter", "bytes",
	    "Bytes written to the block device." },
	  0,
	  0,
	  get_write_bytes },
	{ { "swapadm_device_read_seconds", "counter", "seconds",
	    "Time of all reads of the block device." },
	  1000000000,
	  9,
	  get_read_ns },
	{ { "swapadm_device_write_seconds", "counter", "seconds",
	    "Time of all writes of the block device." },
	  1000000000,
	  9,
	  get_write_ns },
};

static void print_device_family(const struct machine *m, const struct device_family *f)
{
	struct writer w;

	begin(&w, &f->family);
	for (struct walk at = { 0 }; machine_next(m, &at);) {
		const char *labels[] = { "tier",   at.tier->name,
					 "device", at.dev->name,
					 "kind",   swapadm_kind_name(at.dev->kind),
					 NULL };
		struct sample s = f->get(at.dev);

		if (s.known && f->per)
			print_fraction(&w, labels, s.value, f->per, f->digits);
		else if (s.known)
			print_u64(&w, labels, s.value);
	}
}

static void print_states(const struct machine *m)
{
	static const struct family family = { "swapadm_device_state", "stateset", NULL,
					      "State of the device." };
	struct writer w;

	begin(&w, &family);
	for (struct walk at = { 0 }; machine_next(m, &at);)
		for (unsigned s = 0; s <= SWAPADM_STATE_FAILED; s++) {
			const char *labels[] = { "tier",
						 at.tier->name,
						 "device",
						 at.dev->name,
						 "swapadm_device_state",
						 swapadm_state_name(s),
						 NULL };

			print_u64(&w, labels, at.dev->state == s);
		}
}

static void print_tiers(const struct machine *m)
{
	static const struct family families[] = {
		{ "swapadm_tier_size_bytes", "gauge", "bytes", "Room in the tier." },
		{ "swapadm_tier_used_bytes", "gauge", "bytes",
		  "Pages in the tier, uncompressed." },
		{ "swapadm_tier_rank", "gauge", NULL,
		  "Rank of the tier; 0 is the fastest." },
	};
	struct writer w[ARRAY_SIZE(families)];

	for (size_t f = 0; f < ARRAY_SIZE(families); f++) {
		begin(&w[f], &families[f]);
		for (size_t i = 0; i < swapadm_model_n_tiers(m->model); i++) {
			const struct swapadm_tier *t = swapadm_model_tier(m->model, i);
			const char *labels[] = { "tier", t->name, NULL };

			if (f == 0 && usage_has(&t->usage, SWAPADM_USAGE_SIZE))
				print_u64(&w[f], labels, t->usage.size_bytes);
			if (f == 1 && usage_has(&t->usage, SWAPADM_USAGE_USED))
				print_u64(&w[f], labels, t->usage.used_bytes);
			if (f == 2 && t->rank >= 0)
				print_u64(&w[f], labels, (uint64_t)t->rank);
		}
	}
}

/* ---- the machine */

static void print_one(bool known, const char *name, const char *type, const char *unit,
		      const char *help, uint64_t value)
{
	const struct family family = { name, type, unit, help };
	struct writer w;

	begin(&w, &family);
	if (known)
		print_u64(&w, NULL, value);
}

static void print_vmstat(const struct machine *m)
{
	const struct swapadm_vmstat *v = &m->vmstat;
	const unsigned known = m->has_vmstat ? v->known : 0;
	const struct {
		unsigned bit;
		uint64_t value;
		const char *name, *help;
	} all[] = {
		{ SWAPADM_VMSTAT_PSWPIN, v->pswpin_pages, "swapadm_swapin_pages",
		  "Pages read from swap areas." },
		{ SWAPADM_VMSTAT_PSWPOUT, v->pswpout_pages, "swapadm_swapout_pages",
		  "Pages written to swap areas." },
		{ SWAPADM_VMSTAT_ZSWPIN, v->zswpin_pages, "swapadm_zswap_in_pages",
		  "Pages read from zswap." },
		{ SWAPADM_VMSTAT_ZSWPOUT, v->zswpout_pages, "swapadm_zswap_out_pages",
		  "Pages stored in zswap." },
		{ SWAPADM_VMSTAT_ZSWPWB, v->zswpwb_pages, "swapadm_zswap_writeback_pages",
		  "Pages that zswap wrote to the swap area." },
		{ SWAPADM_VMSTAT_OOM_KILL, v->oom_kills, "swapadm_oom_kills",
		  "Processes ended by the OOM killer." },
	};

	for (size_t i = 0; i < ARRAY_SIZE(all); i++)
		print_one(known & all[i].bit, all[i].name, "counter", NULL, all[i].help,
			  all[i].value);
}

static void print_zswap(const struct machine *m)
{
	const struct swapadm_zswap_stats *z = &m->zswap;
	const unsigned known = m->has_zswap ? z->known : 0;

	print_one(known & SWAPADM_ZSWAP_ENABLED, "swapadm_zswap_enabled", "gauge", NULL,
		  "1 when zswap takes pages.", z->enabled);
	print_one(known & SWAPADM_ZSWAP_POOL, "swapadm_zswap_pool_bytes", "gauge",
		  "bytes", "Memory that the pool takes.", z->pool_bytes);
	print_one(known & SWAPADM_ZSWAP_STORED, "swapadm_zswap_stored_bytes", "gauge",
		  "bytes", "Pages in the pool, uncompressed.", z->stored_bytes);
	print_one(known & SWAPADM_ZSWAP_LIMIT_HITS, "swapadm_zswap_limit_hits", "counter",
		  NULL, "Times that the pool was full.", z->pool_limit_hits);
}

static void print_psi(const struct machine *m)
{
	static const struct family ratio = {
		"swapadm_pressure_ratio", "gauge", "ratio",
		"Share of time in which tasks waited for memory."
	};
	static const struct family total = { "swapadm_pressure_stalled_seconds",
					     "counter", "seconds",
					     "Time in which tasks waited for memory." };
	const struct swapadm_psi_line *lines[] = { &m->psi.some, &m->psi.full };
	static const char *const names[] = { "some", "full" };
	struct writer w;

	if (!m->has_psi)
		return;
	begin(&w, &ratio);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *labels[] = { "tasks", names[i], "window", "10s", NULL };

		if (!lines[i]->known)
			continue;
		print_fraction(&w, labels, lines[i]->avg10_centipct, 10000, 4);
		labels[3] = "60s";
		print_fraction(&w, labels, lines[i]->avg60_centipct, 10000, 4);
		labels[3] = "300s";
		print_fraction(&w, labels, lines[i]->avg300_centipct, 10000, 4);
	}
	begin(&w, &total);
	for (size_t i = 0; i < ARRAY_SIZE(lines); i++) {
		const char *labels[] = { "tasks", names[i], NULL };

		if (lines[i]->known)
			print_fraction(&w, labels, lines[i]->total_us, 1000000, 6);
	}
}

static void print_jobs(const struct machine *m)
{
	static const struct family moved = { "swapadm_job_moved_bytes", "gauge", "bytes",
					     "Bytes that a running job has moved." };
	static const struct family left = { "swapadm_job_left_bytes", "gauge", "bytes",
					    "Bytes that a running job has left." };
	struct writer w;

	for (int pass = 0; pass < 2; pass++) {
		begin(&w, pass ? &left : &moved);
		for (size_t i = 0; i < m->n_jobs; i++) {
			const struct swapadm_progress *p = &m->jobs[i];
			const char *labels[] = { "job",    p->id,
						 "kind",   swapadm_job_kind_name(p->kind),
						 "source", p->source,
						 NULL };

			if (p->state == SWAPADM_JOB_RUNNING ||
			    p->state == SWAPADM_JOB_PAUSED ||
			    p->state == SWAPADM_JOB_NO_SPACE)
				print_u64(&w, labels,
					  pass ? p->left_bytes : p->moved_bytes);
		}
	}
}

static void print_info(const struct machine *m)
{
	static const struct family family = { "swapadm", "info", NULL,
					      "Version and layer in use." };
	const char *labels[] = { "version", swapadm_version(), "layer",
				 swapadm_layer_name(swapadm_model_layer(m->model)),
				 NULL };
	struct writer w;

	begin(&w, &family);
	print_u64(&w, labels, 1);
}

int cmd_metrics(struct cli *cli)
{
	_cleanup_(machine_free) struct machine m = { 0 };
	int r = machine_load(cli, SWAPADM_LOAD_IO, &m);

	if (r)
		return cli_fail(cli, r, "metrics");
	print_info(&m);
	for (size_t i = 0; i < ARRAY_SIZE(device_families); i++)
		print_device_family(&m, &device_families[i]);
	print_states(&m);
	print_tiers(&m);
	print_vmstat(&m);
	print_zswap(&m);
	print_psi(&m);
	print_jobs(&m);
	puts("# EOF");
	return CLI_DONE;
}
