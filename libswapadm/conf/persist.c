/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "conf/persist.h"
#include "conf/devspec.h"

#include <blkid/blkid.h>
#include <fcntl.h>

#include "base/atomic.h"
#include "base/privilege.h"
#include "conf/conf.h"
#include "conf/stable.h"

#define PERSIST_DIR "/etc/swapadm.conf.d"

static void specp(struct swapadm_devspec **spec)
{
	swapadm_devspec_free(*spec);
}

static int fail(struct swapadm_ctx *ctx, int err, const char *action)
{
	if (err == -EROFS && ctx->foreign_root)
		return err; /* has its sentence */
	if (err == -EACCES || err == -EPERM)
		return ctx_fail(ctx, err, PERSIST_FILE ": %s: %s", action,
				PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
	if (err == -ENOTDIR || err == -ELOOP)
		return ctx_fail(ctx, err,
				PERSIST_FILE
				": %s: " PERSIST_DIR
				" is not a folder; remove what is in its place",
				action);
	return ctx_fail(ctx, err, PERSIST_FILE ": %s: %s", action, strerror(-err));
}

/* the present text, "" when there is none; a link is refused, rename(2) would replace it */
static int read_present(struct swapadm_ctx *ctx, char **text, size_t *len)
{
	char target[256] = "elsewhere";
	int r = ctx_readlink(ctx, PERSIST_FILE, target, sizeof(target));

	if (r == 0 || r == -EOVERFLOW)
		return ctx_fail(
			ctx, -EEXIST,
			PERSIST_FILE
			": change: is a link to %s; remove it, or edit the files by hand",
			target);
	r = conf_read_file(ctx, PERSIST_FILE, text, len);
	if (r != -ENOENT)
		return r;
	*text = calloc(1, 1);
	*len = 0;
	return *text ? 0 : fail(ctx, -ENOMEM, "read");
}

#define TMP     ".50-swapctl.conf.new"
#define DROP_IN (strrchr(PERSIST_FILE, '/') + 1)

/* @len 0: there was none. What is there counts, whether or not it can be synced. */
static bool put_back(struct swapadm_ctx *ctx, int dirfd, const char *text, size_t len)
{
	bool replaced = false;

	if (!len)
		return unlinkat(dirfd, DROP_IN, 0) == 0;
	if (!atomic_stage(ctx, dirfd, TMP, 0644, text, len))
		atomic_commit_or_tell(dirfd, TMP, DROP_IN, &replaced);
	return replaced;
}

static int write_text(struct swapadm_ctx *ctx, const char *old, size_t old_len,
		      const char *text, size_t len)
{
	_cleanup_close_ int dirfd = atomic_mkdir(ctx, PERSIST_DIR);
	bool replaced = false;
	int r;

	if (dirfd < 0)
		return fail(ctx, dirfd, "write");
	r = atomic_stage(ctx, dirfd, TMP, 0644, text, len);
	if (!r)
		r = atomic_commit_or_tell(dirfd, TMP, DROP_IN, &replaced);
	if (r && replaced && !put_back(ctx, dirfd, old, old_len))
		return fail(ctx, r, "sync its folder (the change is in the file)");
	if (r)
		return fail(ctx, r, "write");
	conf_keep_current(ctx);
	return 0;
}

/*
 * Could write_text() do it? What is not mounted writable, or immutable, is known before
 * anything changes. Of a user who is not root nothing is asked: a plan is only shown.
 */
static int check_writable(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int fd = ctx_open(ctx, PERSIST_DIR, O_PATH | O_DIRECTORY);

	if (fd == -ENOENT)
		fd = ctx_open(ctx, "/etc", O_PATH | O_DIRECTORY);
	if (fd < 0)
		return fail(ctx, fd, "write");
	if (geteuid() == 0 && faccessat(fd, ".", W_OK, AT_EACCESS) < 0)
		return fail(ctx, -errno, "write");
	return 0;
}

/* ---- devices ------------------------------------------------------------------ */

/* printed, the options stand behind the word */
static bool same_options(const struct swapadm_devspec *a, const struct swapadm_devspec *b)
{
	_cleanup_free_ char *x = NULL, *y = NULL;

	return devspec_print(a, &x) == 0 && devspec_print(b, &y) == 0 &&
	       streq(x + strlen(a->word), y + strlen(b->word));
}

static bool has_device(const struct conf_tier *tier, const struct swapadm_devspec *spec)
{
	for (size_t i = 0; tier && i < tier->pub.n_devices; i++)
		if (streq(tier->devices[i]->word, spec->word) &&
		    same_options(tier->devices[i], spec))
			return true;
	return false;
}

/* what a path or tag stands for, as far as this machine knows it */
static bool identify(struct swapadm_ctx *ctx, const char *word, struct stat *st)
{
	_cleanup_free_ char *found = NULL;
	_cleanup_close_ int fd = -1;

	if (*word != '/') {
		found = blkid_evaluate_tag(word, NULL, NULL);
		word = found;
	}
	if (!word || *word != '/')
		return false;
	fd = ctx_open(ctx, word, O_PATH);
	return fd >= 0 && fstat(fd, st) == 0;
}

/* a device among those of the files */
struct found {
	const struct conf_tier *tier;
	size_t index;
	unsigned n; /* how many fit equally well */
};

/* @name: of the only tier that is looked at, or NULL */
static void find_by_word(const struct swapadm_conf *conf, const char *name,
			 const struct swapadm_devspec *spec, bool with_options,
			 struct found *found)
{
	for (size_t i = 0; i < conf->n_tiers; i++) {
		const struct conf_tier *tier = conf->tiers[i];

		if (name && !streq(tier->pub.name, name))
			continue;
		for (size_t j = 0; j < tier->pub.n_devices; j++) {
			if (!streq(tier->devices[j]->word, spec->word) ||
			    (with_options && !same_options(tier->devices[j], spec)))
				continue;
			found->tier = tier;
			found->index = j;
			found->n++;
		}
	}
}

static void find_by_object(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
			   const char *word, struct found *found)
{
	struct stat want, st;

	if (streq(word, "zram") || !identify(ctx, word, &want))
		return;
	for (size_t i = 0; i < conf->n_tiers; i++) {
		const struct conf_tier *tier = conf->tiers[i];

		for (size_t j = 0; j < tier->pub.n_devices; j++) {
			if (streq(tier->devices[j]->word, "zram") ||
			    !identify(ctx, tier->devices[j]->word, &st) ||
			    !stat_same(&want, &st))
				continue;
			found->tier = tier;
			found->index = j;
			found->n++;
		}
	}
}

static int find(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
		const char *tier, const char *word, struct found *found)
{
	_cleanup_(specp) struct swapadm_devspec *spec = NULL;
	int r = swapadm_devspec_parse(ctx, word, &spec);
	bool zram;

	if (r)
		return r;
	zram = streq(spec->word, "zram");
	find_by_word(conf, zram ? tier : NULL, spec, true, found);
	if (found->n)
		return 0; /* of several that are the same, the last one */
	/* a zram line with other options, or of another tier, is another device */
	if (!zram)
		find_by_word(conf, NULL, spec, false, found);
	if (!found->n)
		find_by_object(ctx, conf, spec->word, found);
	if (found->n == 1)
		return 0;
	if (!found->n)
		return ctx_fail(
			ctx, -ENODEV,
			"%s: remove from the configuration: no file names it; leave out --persist",
			word);
	return ctx_fail(
		ctx, -EEXIST,
		"%s: remove from the configuration: %u devices fit; name it with its options, as in the files",
		word, found->n);
}

/* ---- remove ------------------------------------------------------------------- */

static int fail_other_file(struct swapadm_ctx *ctx, const char *word,
			   const struct conf_origin *at, const char *instead)
{
	if (!instead)
		return ctx_fail(
			ctx, -EEXIST,
			"%s: remove from the configuration: it is in %s:%u, which swapctl does not write; remove it there, or leave out --persist",
			word, at->file, at->line);
	return ctx_fail(
		ctx, -EEXIST,
		"%s: change the configuration: it is in %s:%u, which swapctl does not write; leave out --persist, and write there: device = %s",
		word, at->file, at->line, instead);
}

/*
 * the text without the line of a device
 * @instead: what takes its place, for a sentence; NULL: nothing
 */
static int text_without(struct swapadm_ctx *ctx, const char *tier, const char *word,
			const char *instead, char **out, size_t *out_len)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	_cleanup_free_ char *old = NULL;
	const struct conf_origin *at;
	struct found found = { 0 };
	size_t old_len;
	int r = conf_load_with(ctx, NULL, NULL, 0, &conf);

	if (!r)
		r = find(ctx, conf, tier, word, &found);
	if (r)
		return r;
	at = &found.tier->device_at[found.index];
	if (!streq(at->file, PERSIST_FILE))
		return fail_other_file(ctx, word, at, instead);
	r = read_present(ctx, &old, &old_len);
	if (r)
		return r;
	r = persist_text_remove(ctx, old, old_len, at->line,
				found.tier->pub.n_devices == 1, out, out_len);
	return r == -ENOMEM ? fail(ctx, r, "change") : r;
}

static int remove_device(struct swapadm_ctx *ctx, const char *tier, const char *word,
			 const char *instead, bool dry_run)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *after = NULL;
	_cleanup_free_ char *old = NULL, *new = NULL;
	size_t old_len, new_len;
	int r = ctx_may_change(ctx, PERSIST_FILE);

	if (!r)
		r = text_without(ctx, tier, word, instead, &new, &new_len);
	if (!r)
		r = conf_load_with(ctx, PERSIST_FILE, new, new_len, &after);
	if (!r)
		r = read_present(ctx, &old, &old_len);
	if (!r)
		r = dry_run ? check_writable(ctx)
			    : write_text(ctx, old, old_len, new, new_len);
	return r;
}

int persist_remove(struct swapadm_ctx *ctx, const char *tier, const char *word)
{
	return remove_device(ctx, tier, word, NULL, false);
}

int persist_remove_check(struct swapadm_ctx *ctx, const char *tier, const char *word,
			 const char *instead)
{
	return remove_device(ctx, tier, word, instead, true);
}

/* ---- add ---------------------------------------------------------------------- */

static int check_rank(struct swapadm_ctx *ctx, const struct conf_tier *tier, int rank)
{
	if (!tier || rank == SWAPADM_RANK_NONE || tier->pub.rank == rank)
		return 0;
	return ctx_fail(
		ctx, -EEXIST,
		"tier %s: add: rank %d is asked for, but it has rank %d by %s:%u; leave out --rank or change the file",
		tier->pub.name, rank, tier->pub.rank, tier->last.file, tier->last.line);
}

/*
 * 1: the tier has the device by this or another name; 0; -EEXIST: it is named otherwise
 */
static int is_there(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
		    const struct conf_tier *tier, const struct swapadm_devspec *spec)
{
	const struct swapadm_devspec *other;
	const struct conf_origin *at;
	struct found found = { 0 };

	if (streq(spec->word, "zram"))
		return 0;
	if (has_device(tier, spec))
		return 1;
	find_by_object(ctx, conf, spec->word, &found);
	if (!found.n)
		return 0;
	other = found.tier->devices[found.index];
	at = &found.tier->device_at[found.index];
	if (found.tier == tier && same_options(other, spec))
		return 1;
	if (streq(other->word, spec->word))
		return 0; /* the loader has its own sentence for that */
	return ctx_fail(
		ctx, -EEXIST,
		"%s: add: %s:%u names the same device as %s in [tier %s]; change that line, or leave out --persist",
		spec->word, at->file, at->line, other->word, found.tier->pub.name);
}

/*
 * the device by a name that stays, parsed; @spec and @text stay when they are that
 * already
 */
static int make_stable(struct swapadm_ctx *ctx, struct swapadm_devspec **spec,
		       char **stable, const char **text)
{
	struct swapadm_devspec *again;
	int r = stable_spec(ctx, *spec, stable);

	if (r || !*stable)
		return r;
	r = swapadm_devspec_parse(ctx, *stable, &again);
	if (r)
		return r;
	swapadm_devspec_free(*spec);
	*spec = again;
	*text = *stable;
	return 0;
}

static bool has_comment_sign(const char *text)
{
	for (const char *s = text; *s; s++)
		if ((*s == ' ' || *s == '\t') && (s[1] == ';' || s[1] == '#'))
			return true;
	return false;
}

static unsigned count_lines(const char *text)
{
	unsigned n = 0;

	for (; *text; text = *text ? text + 1 : text) {
		n++;
		text += strcspn(text, "\n");
	}
	return n;
}

/*
 * The number that a line of the new text has in the old one, 0: it is one of those that
 * were added, which are in one place.
 */
static unsigned old_line(const char *old, const char *new, unsigned line)
{
	unsigned added = count_lines(new) - count_lines(old), first = 1;

	while (*old && *new) {
		size_t n = strcspn(new, "\n");

		if (strcspn(old, "\n") != n || memcmp(old, new, n) != 0)
			break;
		first++;
		old += n + (old[n] != '\0');
		new += n + (new[n] != '\0');
	}
	if (line < first)
		return line;
	return line < first + added ? 0 : line - added;
}

/* the reader names a line of the new text, which nobody sees */
static int fail_line(struct swapadm_ctx *ctx, int err, const char *word,
		     const char *old_text, size_t old_len, const char *new)
{
	_cleanup_free_ char *why = strdup(ctx->error), *old = strndup(old_text, old_len);
	const char *at = why ? str_after(why, PERSIST_FILE ":") : NULL;
	unsigned line;

	if (!at || !old)
		return err; /* of another file */
	line = old_line(old, new, (unsigned)strtoul(at, NULL, 10));
	at += strspn(at, "0123456789: ");
	if (!line)
		return ctx_fail(ctx, err,
				"%s: write to " PERSIST_FILE
				": its line would be refused: %s",
				word, at);
	return ctx_fail(ctx, err,
			"%s: write to " PERSIST_FILE
			": with it, line %u of that file would be refused: %s",
			word, line, at);
}

/* does the new text, together with all other files, say what was meant? */
static int check_added(struct swapadm_ctx *ctx, const char *old, size_t old_len,
		       const char *text, size_t len, const char *tier_name,
		       const struct swapadm_devspec *spec)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	int r;

	if (has_comment_sign(spec->word) ||
	    (spec->writeback && has_comment_sign(spec->writeback)))
		return ctx_fail(
			ctx, -EINVAL,
			"%s: write to " PERSIST_FILE
			": a comment sign behind a blank, as its name has one, ends a line there; name it by UUID=, rename it, or leave out --persist",
			spec->word);
	r = conf_load_with(ctx, PERSIST_FILE, text, len, &conf);
	if (r)
		return fail_line(ctx, r, spec->word, old, old_len, text);
	if (has_device(conf_find_tier(conf, tier_name), spec))
		return 0;
	return ctx_fail(
		ctx, -EINVAL,
		"%s: write to " PERSIST_FILE
		": would have no effect: a later file empties [tier %s]; edit that",
		spec->word, tier_name);
}

/*
 * the text with a line more; @conf is of @text, NULL: of what is there. 0: the device is
 * there already
 */
static int text_with(struct swapadm_ctx *ctx, const struct swapadm_conf *conf,
		     const char *tier_name, int rank, const char *spec_text, char **text,
		     size_t *len)
{
	struct conf_tier *tier = conf_find_tier(conf, tier_name);
	_cleanup_(specp) struct swapadm_devspec *spec = NULL;
	_cleanup_free_ char *new = NULL, *stable = NULL;
	size_t new_len;
	int r = swapadm_devspec_parse(ctx, spec_text, &spec);

	if (!r)
		r = check_rank(ctx, tier, rank);
	if (r)
		return r;
	r = is_there(ctx, conf, tier, spec);
	if (r)
		return r < 0 ? r : 0;
	r = make_stable(ctx, &spec, &stable, &spec_text);
	if (!r && !*text)
		r = read_present(ctx, text, len);
	if (r)
		return r;
	r = persist_text_add(ctx, *text, *len, tier_name, tier ? SWAPADM_RANK_NONE : rank,
			     spec_text, &new, &new_len);
	if (r == -ENOMEM)
		return fail(ctx, r, "change");
	if (!r)
		r = check_added(ctx, *text, *len, new, new_len, tier_name, spec);
	if (r)
		return r;
	free(*text);
	*text = steal_ptr(&new);
	*len = new_len;
	return 1;
}

/* @gone: the line that it takes the place of, or NULL */
static int add(struct swapadm_ctx *ctx, const char *tier, int rank, const char *spec,
	       const char *gone, bool dry_run)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	_cleanup_free_ char *old = NULL, *text = NULL;
	size_t old_len, len = 0;
	int r = ctx_may_change(ctx, PERSIST_FILE);

	if (r)
		return r;
	if (rank != SWAPADM_RANK_NONE && (rank < 0 || rank > SWAPADM_RANK_MAX))
		return -EINVAL;
	if (!swapadm_tier_name_valid(tier))
		return ctx_fail(
			ctx, -EINVAL,
			"tier %s: add: is not a name for a tier; use a-z, 0-9, _ and -",
			tier);
	if (gone)
		r = text_without(ctx, tier, gone, spec, &text, &len);
	if (!r)
		r = conf_load_with(ctx, gone ? PERSIST_FILE : NULL, text, len, &conf);
	if (r)
		return r;
	r = text_with(ctx, conf, tier, rank, spec, &text, &len);
	if (r < 0 || (!r && !gone))
		return r;
	if (dry_run)
		return check_writable(ctx);
	r = read_present(ctx, &old, &old_len);
	if (r)
		return r;
	r = write_text(ctx, old, old_len, text, len);
	return r ? r : 1;
}

int persist_add(struct swapadm_ctx *ctx, const char *tier, int rank, const char *spec)
{
	return add(ctx, tier, rank, spec, NULL, false);
}

int persist_add_check(struct swapadm_ctx *ctx, const char *tier, int rank,
		      const char *spec)
{
	return add(ctx, tier, rank, spec, NULL, true);
}

int persist_change(struct swapadm_ctx *ctx, const char *tier, int rank, const char *spec,
		   const char *gone)
{
	return add(ctx, tier, rank, spec, gone, false);
}
