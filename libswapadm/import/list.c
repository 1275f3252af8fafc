/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What sources add to an import: entries, comments, changes. */
#include "conf/conf.h"
#include "import/import.h"
#include "kernel/pagesize.h"

#include <ctype.h>
#include <inttypes.h>
#include <stdarg.h>
#include <sys/swap.h>

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
void import_clean(char *text)
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
	import_clean(line);
	return append(import, &entry->comments, line);
}

/* does the configuration take it? */
static bool is_taken(struct swapadm_import *import, const char *section, const char *line)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = conf_new();
	char text[256];
	int n = snprintf(text, sizeof(text), "[%s]\n%s\n", section, line);

	return conf && conf_parse_text(import->ctx, conf, "", text, (size_t)n) == 0;
}

int import_zswap(struct swapadm_import *import, const char *key, const char *value)
{
	char line[160], comment[200];

	snprintf(line, sizeof(line), "%s = %.100s", key, value);
	import_clean(line);
	if (is_taken(import, "zswap", line))
		return append(import, &import->zswap, line);
	snprintf(comment, sizeof(comment), "; can't be carried over: %s", line);
	return append(import, &import->zswap, comment);
}

int import_change(struct swapadm_import *import, enum import_change_kind kind,
		  const char *object, unsigned line, const char *what, const char *undo)
{
	static const char *const texts[] = {
		[CHANGE_GENERATOR] = "becomes a link to /dev/null",
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
	import_clean(text);
	change->pub.text = text;
	change->pub.object = strdup(object);
	change->pub.undo = strdup(undo);
	change->what = strdup(what);
	return change->pub.object && change->pub.undo && change->what
		       ? 0
		       : import_no_memory(import);
}

void import_size(struct swapadm_import *import, uint64_t bytes, char *buf, size_t size)
{
	uint64_t page_bytes = ctx_page_bytes(import->ctx);

	bytes = (bytes + page_bytes - 1) / page_bytes * page_bytes;
	snprintf(buf, size, "size=%s", words_exact(bytes).text);
}

/* the reader would take it off, and "/swap " is another file than "/swap" */
static bool has_outer_blank(const char *device)
{
	size_t len = strlen(device), word = strcspn(device, ",");

	return len && (isblank((unsigned char)device[0]) ||
		       isblank((unsigned char)device[len - 1]) ||
		       (word && isblank((unsigned char)device[word - 1])));
}

int import_prio(const char *text)
{
	uint64_t prio;
	int r = parse_u64(text, &prio);

	if (r == -ERANGE || (!r && prio > SWAP_FLAG_PRIO_MASK))
		return SWAP_FLAG_PRIO_MASK;
	return r ? SWAPADM_PRIO_NONE : (int)prio;
}

bool import_is_line(struct swapadm_import *import, const char *device)
{
	char line[200];

	if (strlen(device) > 150 || has_outer_blank(device) || strpbrk(device, "\n\t") ||
	    strstr(device, " ;") || strstr(device, " #"))
		return false;
	snprintf(line, sizeof(line), "device = %s", device);
	return is_taken(import, "tier a", line);
}
