/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/import.h"

/* ---- as a configuration ---------------------------------------------------------- */

static int order(const struct import_entry *a, const struct import_entry *b)
{
	/* SWAPADM_PRIO_NONE is the smallest number: those come last, as they stand */
	return a->prio == b->prio ? 0 : a->prio < b->prio ? 1 : -1;
}

/* insertion sort: there are few, and those of one priority stay in their order */
static void sort(struct swapadm_import *import)
{
	for (size_t i = 1; i < import->n_entries; i++) {
		struct import_entry entry = import->entries[i];
		size_t j = i;

		for (; j > 0 && order(&import->entries[j - 1], &entry) > 0; j--)
			import->entries[j] = import->entries[j - 1];
		import->entries[j] = entry;
	}
}

static void print_comments(FILE *f, const char *text)
{
	while (*text) {
		size_t n = strcspn(text, "\n");

		fprintf(f, "; %.*s\n", (int)n, text);
		text += n + (text[n] == '\n');
	}
}

static void print_tier_head(FILE *f, const struct import_entry *entry, unsigned *n_fast,
			    unsigned *n_disk)
{
	unsigned *n = entry->is_zram ? n_fast : n_disk;
	const char *name = entry->is_zram ? "fast" : "disk";

	if (++*n == 1)
		fprintf(f, "\n[tier %s]\n", name);
	else
		fprintf(f, "\n[tier %s-%u]\n", name, *n);
	if (entry->prio != SWAPADM_PRIO_NONE)
		fprintf(f, "; had priority %d; the order is the same here\n",
			entry->prio);
}

static void print_entry(FILE *f, struct swapadm_import *import,
			struct import_entry *entry)
{
	print_comments(f, entry->comments);
	if (!*entry->device)
		return;
	if (import_is_line(import, entry->device)) {
		fprintf(f, "device = %s\n", entry->device);
		return;
	}
	import_clean(entry->device);
	fputs("; left out: ", f);
	if (entry->line)
		fprintf(f, FSTAB ":%u: ", entry->line);
	fprintf(f, "%s can't stand in a configuration\n", entry->device);
}

static bool has_device(struct swapadm_import *import, const struct import_entry *entry)
{
	return *entry->device && import_is_line(import, entry->device);
}

static void print_all(FILE *f, struct swapadm_import *import)
{
	unsigned n_fast = 0, n_disk = 0;
	const struct import_entry *before = NULL;

	fprintf(f, "; made by swapctl import from: %s\n",
		import->sources ? import->sources : "nothing");
	sort(import);
	for (size_t i = 0; i < import->n_entries; i++) {
		struct import_entry *entry = &import->entries[i];

		/* areas without a priority are filled one after the other */
		if (has_device(import, entry)) {
			if (!before || before->prio != entry->prio ||
			    entry->prio == SWAPADM_PRIO_NONE)
				print_tier_head(f, entry, &n_fast, &n_disk);
			before = entry;
		} else {
			fputc('\n', f);
		}
		print_entry(f, import, entry);
	}
	if (import->zswap)
		fprintf(f, "\n[zswap]\n%s", import->zswap);
}

static int make_text(struct swapadm_import *import)
{
	size_t len;
	FILE *f = open_memstream(&import->text, &len);

	if (!f)
		return import_no_memory(import);
	print_all(f, import);
	return fclose(f) ? import_no_memory(import) : 0;
}

/* ---- the sources ----------------------------------------------------------------- */

static const struct source {
	const char *name;
	int (*read)(struct swapadm_import *import);
} sources[] = {
	{ "fstab", import_fstab },
	{ "zram-generator", import_zram_generator },
	{ "zram-tools", import_zram_tools },
	{ "dphys-swapfile", import_dphys },
	{ "systemd-swap", import_systemd_swap },
};

/*
 * what a source activates and no line of ours would: then it can't be turned off.
 * @first: its first entry
 */
static int find_lost(struct swapadm_import *import, const struct source *source,
		     size_t first)
{
	for (size_t i = first; !import->lost && i < import->n_entries; i++) {
		const struct import_entry *entry = &import->entries[i];

		if (entry->stays || has_device(import, entry))
			continue;
		import->lost = strdup(source->name);
		if (!import->lost)
			return import_no_memory(import);
	}
	return 0;
}

static int read_source(struct swapadm_import *import, const struct source *source)
{
	size_t first = import->n_entries, n = first + import->n_changes;
	int r = source->read(import);
	char *longer;

	if (!r)
		r = find_lost(import, source, first);
	if (r || import->n_entries + import->n_changes == n)
		return r;
	if (asprintf(&longer, "%s%s%s", import->sources ? import->sources : "",
		     import->sources ? ", " : "", source->name) < 0)
		return import_no_memory(import);
	free(import->sources);
	import->sources = longer;
	return 0;
}

static int read_sources(struct swapadm_import *import, const char *name)
{
	bool known = !name;
	int r = 0;

	for (size_t i = 0; !r && i < ARRAY_SIZE(sources); i++) {
		if (name && !streq(name, sources[i].name))
			continue;
		known = true;
		r = read_source(import, &sources[i]);
	}
	if (!known)
		return ctx_fail(
			import->ctx, -EINVAL,
			"%s: unknown source; give fstab, zram-generator, zram-tools, dphys-swapfile, systemd-swap or running",
			name);
	if (!r && !import->sources)
		return ctx_fail(
			import->ctx, -ENOENT,
			"import: %s: no swap is configured there; `swapctl import running` reads what is in use",
			name ? name : "fstab and other makers of swap");
	return r;
}

static void free_import(struct swapadm_import *import)
{
	for (size_t i = 0; i < import->n_entries; i++) {
		free(import->entries[i].device);
		free(import->entries[i].comments);
	}
	for (size_t i = 0; i < import->n_changes; i++) {
		free((void *)import->changes[i].pub.object);
		free((void *)import->changes[i].pub.text);
		free((void *)import->changes[i].pub.undo);
		free(import->changes[i].what);
	}
	free(import->entries);
	free(import->changes);
	free(import->zswap);
	free(import->sources);
	free(import->text);
	free(import->lost);
	swapadm_unref(import->ctx);
	free(import);
}

static void import_unrefp(struct swapadm_import **import)
{
	swapadm_import_unref(*import);
}

static int import_alloc(struct swapadm_ctx *ctx, struct swapadm_import **out)
{
	*out = calloc(1, sizeof(**out));
	if (!*out)
		return ctx_fail(ctx, -ENOMEM, "import: memory is short");
	(*out)->refs = 1;
	(*out)->ctx = swapadm_ref(ctx);
	return 0;
}

SWAPADM_API int swapadm_import_new(struct swapadm_ctx *ctx, const char *source,
				   struct swapadm_import **out)
{
	CTX_CALL(ctx);
	_cleanup_(import_unrefp) struct swapadm_import *import = NULL;
	int r = ctx && out ? import_alloc(ctx, &import) : -EINVAL;

	if (r)
		return r;
	import->full = true;
	r = read_sources(import, source);
	if (!r)
		r = make_text(import);
	if (!r)
		*out = steal_ptr(&import);
	return r;
}

SWAPADM_API int swapadm_import_conflicts(struct swapadm_ctx *ctx,
					 struct swapadm_conf *conf,
					 struct swapadm_import **out)
{
	CTX_CALL(ctx);
	_cleanup_(import_unrefp) struct swapadm_import *import = NULL;
	int r = ctx && conf && out ? import_alloc(ctx, &import) : -EINVAL;

	if (!r)
		r = import_conflicts(import, conf);
	if (!r)
		*out = steal_ptr(&import);
	return r;
}

SWAPADM_API struct swapadm_import *swapadm_import_unref(struct swapadm_import *import)
{
	if (import && !--import->refs)
		free_import(import);
	return NULL;
}

SWAPADM_API const char *swapadm_import_text(const struct swapadm_import *import)
{
	return import->text;
}

SWAPADM_API size_t swapadm_import_n_changes(const struct swapadm_import *import)
{
	return import->n_changes;
}

SWAPADM_API const struct swapadm_import_change *
swapadm_import_change(const struct swapadm_import *import, size_t i)
{
	return i < import->n_changes ? &import->changes[i].pub : NULL;
}
