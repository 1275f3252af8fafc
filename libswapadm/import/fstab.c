/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Swap lines of /etc/fstab. Read by ourselves and not with libmount, as the lines are
 * shown and edited: their numbers and their text have to stay.
 */
#include "import/import.h"

#include "base/quote.h"
#include "device/check.h"

/* one swap line; the strings are those of @copy */
struct fstab_line {
	unsigned number;
	char *copy, *spec, *options;
};

/* "\040" of a field, in place */
static void decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] >= '0' &&
		    s[2] <= '7' && s[3] >= '0' && s[3] <= '7') {
			*to++ = (char)((s[1] - '0') << 6 | (s[2] - '0') << 3 |
				       (s[3] - '0'));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* the fields of @line->copy; false: it is not a line of swap */
static bool split(struct fstab_line *line)
{
	char *fields[4] = { 0 }, *save = NULL;

	for (int i = 0; i < 4; i++)
		fields[i] = strtok_r(i ? NULL : line->copy, " \t", &save);
	if (!fields[2] || *fields[0] == '#' || !streq(fields[2], "swap"))
		return false;
	decode(fields[0]);
	line->spec = fields[0];
	line->options = fields[3] ? fields[3] : (char *)"defaults";
	return true;
}

/* the next line with a swap area; false: no more. @cursor, @line: where it is read */
static bool next_line(const char **cursor, struct fstab_line *line)
{
	while (**cursor) {
		size_t len = strcspn(*cursor, "\n");

		free(line->copy);
		line->copy = strndup(*cursor, len);
		*cursor += len + ((*cursor)[len] == '\n');
		line->number++;
		if (!line->copy)
			return false;
		if (split(line))
			return true;
	}
	return false;
}

static void line_free(struct fstab_line *line)
{
	free(line->copy);
}

/* is @option one of the comma-separated ones? @value: what follows its "=", or "" */
static bool has_option(const char *options, const char *option, char *value, size_t size)
{
	size_t n = strlen(option);

	for (const char *s = options; *s; s += strcspn(s, ","), s += *s == ',') {
		size_t len = strcspn(s, ",");

		if (len < n || strncmp(s, option, n) || (len > n && s[n] != '='))
			continue;
		if (value)
			snprintf(value, size, "%.*s", len > n ? (int)(len - n - 1) : 0,
				 len > n ? s + n + 1 : "");
		return true;
	}
	return false;
}

static bool is_same(struct swapadm_ctx *ctx, const char *a, const char *b)
{
	_cleanup_free_ char *path_a = NULL, *path_b = NULL;
	struct stat st_a, st_b;

	if (streq(a, b))
		return true;
	if (check_resolve(ctx, a, &path_a) || check_resolve(ctx, b, &path_b))
		return false;
	if (streq(path_a, path_b))
		return true;
	if (ctx_stat(ctx, path_a, &st_a) || ctx_stat(ctx, path_b, &st_b))
		return false;
	if (S_ISBLK(st_a.st_mode) && S_ISBLK(st_b.st_mode))
		return st_a.st_rdev == st_b.st_rdev;
	return st_a.st_dev == st_b.st_dev && st_a.st_ino == st_b.st_ino;
}

/* ---- as entries ------------------------------------------------------------------ */

static int comment_options(struct swapadm_import *import, struct import_entry *entry,
			   const char *options)
{
	static const char *const known[] = { "sw",   "defaults", "nofail", "auto",
					     "pri",  "discard",  "noauto", "rw",
					     "exec", "suid" };
	int r = 0;

	for (const char *s = options; !r && *s; s += strcspn(s, ","), s += *s == ',') {
		char option[128];
		bool is_known = false;

		snprintf(option, sizeof(option), "%.*s", (int)strcspn(s, ",="), s);
		for (size_t i = 0; i < ARRAY_SIZE(known); i++)
			is_known |= streq(option, known[i]);
		if (!is_known)
			r = import_comment(import, entry,
					   "option %.*s of fstab has no counterpart",
					   (int)strcspn(s, ","), s);
	}
	return r;
}

static void warn_left_out(struct swapadm_import *import, const struct fstab_line *line)
{
	_cleanup_free_ char *spec = strdup(line->spec);

	if (spec)
		import_clean(spec);
	log_warning(import->ctx,
		    FSTAB
		    ":%u: %s can't stand in a configuration; the line is left as it is",
		    line->number, spec ? spec : "it");
}

/*
 * why a line that the configuration could have stays in the file, or NULL. What systemd
 * formats at each boot carries no signature when apply looks at it.
 */
static const char *why_stays(const struct fstab_line *line)
{
	if (has_option(line->options, "noauto", NULL, 0))
		return "noauto in fstab, so the boot does not use it: device = ";
	if (has_option(line->options, "x-systemd.makefs", NULL, 0))
		return "x-systemd.makefs in fstab, so the boot formats it, which apply does not; the line stays: device = ";
	return NULL;
}

/* a line of fstab that comes before and is taken over names this area */
static bool is_named(struct swapadm_import *import, const char *spec)
{
	for (size_t i = 0; i < import->n_changes; i++)
		if (import->changes[i].kind == CHANGE_FSTAB &&
		    is_same(import->ctx, import->changes[i].what, spec))
			return true;
	return false;
}

static int turn_off(struct swapadm_import *import, const struct fstab_line *line)
{
	return import_change(import, CHANGE_FSTAB, FSTAB, line->number, line->spec,
			     "take the mark \"# swapadm: \" off the line");
}

/* without a device of its own */
static int add_comment(struct swapadm_import *import, const char *words,
		       const char *device)
{
	struct import_entry *entry;
	int r = import_entry(import, SWAPADM_PRIO_NONE, "", &entry);

	if (!r) {
		entry->stays = true;
		r = import_comment(import, entry, "%s%s", words, device);
	}
	return r;
}

static int add_line(struct swapadm_import *import, const struct fstab_line *line)
{
	char value[32], device[400];
	const char *why = why_stays(line);
	int prio = SWAPADM_PRIO_NONE, r;
	struct import_entry *entry;

	if (has_option(line->options, "pri", value, sizeof(value)))
		prio = import_prio(value);
	if (has_option(line->options, "discard", value, sizeof(value)))
		snprintf(device, sizeof(device), "%s,discard=%s", line->spec,
			 *value ? value : "both");
	else
		snprintf(device, sizeof(device), "%s", line->spec);
	if (why)
		return add_comment(import, why, device);
	if (is_named(import, line->spec)) {
		r = add_comment(import, "fstab names it again: ", line->spec);
		return r ? r : turn_off(import, line);
	}
	r = import_entry(import, prio, device, &entry);
	if (!r) { /* a line that is not carried over stays in the file */
		entry->stays = !import_is_line(import, device);
		entry->line = line->number;
	}
	if (!r && entry->stays)
		warn_left_out(import, line);
	if (!r)
		r = comment_options(import, entry, line->options);
	if (!r && str_after(line->spec, "/dev/mapper/"))
		r = import_comment(
			import, entry,
			"if /etc/crypttab makes it anew at each boot, order swapadm.service after systemd-cryptsetup@%s.service",
			line->spec + strlen("/dev/mapper/"));
	return r || entry->stays ? r : turn_off(import, line);
}

SWAPADM_API int swapadm_fstab_each(struct swapadm_ctx *ctx, swapadm_fstab_fn fn,
				   void *data)
{
	CTX_CALL(ctx);
	_cleanup_(line_free) struct fstab_line line = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *cursor;
	int r;

	if (!ctx || !fn)
		return -EINVAL;
	r = ctx_read_file(ctx, FSTAB, &text, NULL);
	if (r)
		return ctx_fail(ctx, r, FSTAB ": read: %s", strerror(-r));
	cursor = text;
	while (next_line(&cursor, &line))
		fn(data, line.spec, line.options);
	return 0;
}

int import_fstab(struct swapadm_import *import)
{
	_cleanup_(line_free) struct fstab_line line = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *cursor;
	int r = ctx_read_file(import->ctx, FSTAB, &text, NULL);

	if (r == -ENOENT)
		return 0;
	if (r)
		return ctx_fail(import->ctx, r, FSTAB ": import: %s", strerror(-r));
	cursor = text;
	while (!r && next_line(&cursor, &line))
		r = add_line(import, &line);
	return r;
}

/* ---- as conflicts of a configuration --------------------------------------------- */

static bool is_configured(struct swapadm_import *import, struct swapadm_conf *conf,
			  const char *spec)
{
	for (size_t t = 0; t < swapadm_conf_n_tiers(conf); t++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(conf, t);

		for (size_t i = 0; i < tier->n_devices; i++)
			if (is_same(import->ctx, tier->devices[i]->word, spec))
				return true;
	}
	return false;
}

/* a swap unit that a generator made of something else than fstab: What= of it */
static bool unit_device(struct swapadm_ctx *ctx, const char *path, char *what,
			size_t size)
{
	_cleanup_free_ char *text = NULL;
	char *line;

	if (ctx_read_file(ctx, path, &text, NULL) ||
	    strstr(text, "SourcePath=/etc/fstab"))
		return false;
	line = strstr(text, "\nWhat=");
	if (!line)
		return false;
	line += strlen("\nWhat=");
	snprintf(what, size, "%.*s", (int)strcspn(line, "\n"), line);
	return true;
}

/* names of units have backslashes, which a shell would eat */
static int add_unit(struct swapadm_import *import, const char *name, const char *what)
{
	_cleanup_(quoted_free) struct quoted q = { 0 };
	_cleanup_free_ char *undo = NULL;

	if (asprintf(&undo, "systemctl unmask %s", quote_word(&q, name)) < 0)
		return import_no_memory(import);
	return import_change(import, CHANGE_MASK, name, 0, what, undo);
}

static int add_units(struct swapadm_import *import, struct swapadm_conf *conf,
		     const char *folder)
{
	_cleanup_(closedirp) DIR *dir = ctx_opendir(import->ctx, folder);
	char path[400], what[256];
	struct dirent *entry;
	int r = 0;

	if (!dir && is_shortage(-errno))
		return ctx_fail(import->ctx, -errno, "%s: look for units: %s", folder,
				strerror(errno));
	while (!r && dir && (entry = readdir(dir))) {
		size_t len = strlen(entry->d_name);

		if (len < 6 || !streq(entry->d_name + len - 5, ".swap"))
			continue;
		snprintf(path, sizeof(path), "%s/%s", folder, entry->d_name);
		if (!unit_device(import->ctx, path, what, sizeof(what)) ||
		    !is_configured(import, conf, what))
			continue;
		r = add_unit(import, entry->d_name, what);
	}
	return r;
}

int import_conflicts(struct swapadm_import *import, struct swapadm_conf *conf)
{
	static const char *const folders[] = { "/run/systemd/generator",
					       "/run/systemd/generator.late" };
	_cleanup_(line_free) struct fstab_line line = { 0 };
	_cleanup_free_ char *text = NULL;
	const char *cursor;
	int r = ctx_read_file(import->ctx, FSTAB, &text, NULL);

	if (is_shortage(r)) /* else its lines would count as absent */
		return ctx_fail(import->ctx, r, FSTAB ": read: %s", strerror(-r));
	import->no_files = swapadm_conf_layer(conf) == SWAPADM_LAYER_REDIRECT;
	cursor = r ? "" : text;
	r = 0;
	while (!r && next_line(&cursor, &line))
		if (!why_stays(&line) && is_configured(import, conf, line.spec))
			r = turn_off(import, &line);
	for (size_t i = 0; !r && i < ARRAY_SIZE(folders); i++)
		r = add_units(import, conf, folders[i]);
	return r;
}

/* ---- the edit -------------------------------------------------------------------- */

static const struct import_change *change_of(const struct swapadm_import *import,
					     unsigned number)
{
	for (size_t i = 0; i < import->n_changes; i++)
		if (import->changes[i].kind == CHANGE_FSTAB &&
		    import->changes[i].line == number)
			return &import->changes[i];
	return NULL;
}

/* is it still the line that was looked at? somebody may have edited the file since */
static bool is_still(const struct import_change *change, const char *text, size_t len)
{
	_cleanup_(line_free) struct fstab_line line = { .copy = strndup(text, len) };

	return line.copy && split(&line) && streq(line.spec, change->what);
}

static size_t n_lines(const struct swapadm_import *import)
{
	size_t n = 0;

	for (size_t i = 0; i < import->n_changes; i++)
		n += import->changes[i].kind == CHANGE_FSTAB;
	return n;
}

int import_fstab_text(const struct swapadm_import *import, const char *text, char **out)
{
	unsigned number = 0;
	size_t len, n_found = 0;
	FILE *f = open_memstream(out, &len);
	int r = 0;

	if (!f)
		return -ENOMEM;
	while (*text && !r) {
		size_t n = strcspn(text, "\n");
		const struct import_change *change = change_of(import, ++number);

		if (change && !is_still(change, text, n))
			r = -ESTALE;
		if (change)
			fputs("# swapadm: ", f);
		n_found += change != NULL;
		n += text[n] == '\n';
		fwrite(text, 1, n, f);
		text += n;
	}
	if (fclose(f))
		return -ENOMEM;
	return r ? r : n_found == n_lines(import) ? 0 : -ESTALE;
}
