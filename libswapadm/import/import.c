/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/import.h"

#include <inttypes.h>
#include <stdarg.h>

#include "model/model.h"

int import_no_memory(struct swapadm_import *import)
{
	return ctx_fail(import->ctx, -ENOMEM, "import: memory is short");
}

/* ---- what the sources add -------------------------------------------------------- */

int import_entry(struct swapadm_import *import, int prio, const char *device,
		 struct import_entry **out)
{
	struct import_entry *entry;

	if (!array_grow(&import->entries, import->n_entries))
		return import_no_memory(import);
	entry = &import->entries[import->n_entries++];
	*entry = (struct import_entry){ .prio = prio,
					.device = strdup(device),
					.comments = strdup("") };
	if (!entry->device || !entry->comments)
		return import_no_memory(import);
	*out = entry;
	return 0;
}

/* no line break of a file's text may end a comment */
static void clean(char *text)
{
	for (; *text; text++)
		if ((unsigned char)*text < ' ' || *text == 0x7f)
			*text = '?';
}

static int append(struct swapadm_import *import, char **to, const char *line)
{
	char *longer;

	if (asprintf(&longer, "%s%s\n", *to ? *to : "", line) < 0)
		return import_no_memory(import);
	free(*to);
	*to = longer;
	return 0;
}

int import_comment(struct swapadm_import *import, struct import_entry *entry,
		   const char *fmt, ...)
{
	char line[600];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	clean(line);
	return append(import, &entry->comments, line);
}

int import_lost(struct swapadm_import *import, const char *what)
{
	if (!import->lost)
		import->lost = strdup(what);
	return import->lost ? 0 : import_no_memory(import);
}

int import_zswap(struct swapadm_import *import, const char *fmt, ...)
{
	char line[200];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line, sizeof(line), fmt, ap);
	va_end(ap);
	clean(line);
	return append(import, &import->zswap, line);
}

int import_change(struct swapadm_import *import, enum import_change_kind kind,
		  const char *object, unsigned line, const char *what, const char *undo)
{
	static const char *const texts[] = {
		[CHANGE_RENAME] = "gets the ending .before-swapadm",
		[CHANGE_DISABLE] = "is disabled from the next boot on",
		[CHANGE_MASK] = "is masked from the next boot on",
	};
	struct import_change *change;
	char *text;

	if (!array_grow(&import->changes, import->n_changes))
		return import_no_memory(import);
	change = &import->changes[import->n_changes++];
	*change = (struct import_change){ .kind = kind, .line = line };
	if (kind == CHANGE_FSTAB) {
		if (asprintf(&text, "line %u becomes a comment: %s", line, what) < 0)
			return import_no_memory(import);
	} else if (asprintf(&text, "%s: %s", texts[kind], what) < 0) {
		return import_no_memory(import);
	}
	clean(text);
	change->pub.text = text;
	change->pub.object = strdup(object);
	change->pub.undo = strdup(undo);
	return change->pub.object && change->pub.undo ? 0 : import_no_memory(import);
}

void import_size(uint64_t bytes, char *buf, size_t size)
{
	static const char units[] = "\0KMGT";
	uint64_t page_bytes = (uint64_t)sysconf(_SC_PAGESIZE);
	unsigned unit = 0;

	bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
	for (; unit < 4 && bytes && bytes % 1024 == 0; unit++)
		bytes /= 1024;
	snprintf(buf, size, "size=%" PRIu64 "%.1s", bytes, &units[unit]);
}

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

bool import_is_line(struct swapadm_import *import, const char *device)
{
	struct swapadm_devspec *spec;

	if (strlen(device) > 150 || strpbrk(device, "\n\t") || strstr(device, " ;") ||
	    strstr(device, " #") || swapadm_devspec_parse(import->ctx, device, &spec))
		return false;
	swapadm_devspec_free(spec);
	return true;
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
	clean(entry->device);
	fprintf(f, "; left out: %s can't stand in a configuration\n", entry->device);
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

static int read_source(struct swapadm_import *import, const struct source *source)
{
	size_t n = import->n_entries + import->n_changes;
	int r = source->read(import);
	char *longer;

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
			"import: there is no source %s; give fstab, zram-generator, zram-tools, dphys-swapfile, systemd-swap or running",
			name);
	if (!r && !import->sources)
		return ctx_fail(
			import->ctx, -ENOENT,
			"import: %s: there is no swap in it; `swapctl import running` reads what is in use",
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
	struct swapadm_import *import;
	int r = import_alloc(ctx, &import);

	if (r)
		return r;
	import->full = true;
	r = read_sources(import, source);
	if (!r)
		r = make_text(import);
	if (r)
		free_import(import);
	else
		*out = import;
	return r;
}

SWAPADM_API int swapadm_import_conflicts(struct swapadm_ctx *ctx,
					 struct swapadm_conf *conf,
					 struct swapadm_import **out)
{
	struct swapadm_import *import;
	int r = import_alloc(ctx, &import);

	if (r)
		return r;
	r = import_conflicts(import, conf);
	if (r)
		free_import(import);
	else
		*out = import;
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
