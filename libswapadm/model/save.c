/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The running state as a configuration that, applied, changes nothing.
 *
 * Devices and sizes are those that run; what the kernel does not know (policies, cgroups)
 * is taken from the configuration that the model was loaded with. What is configured and
 * not active would be activated by an apply, so it is only a comment.
 */
#include <ctype.h>
#include <fcntl.h>
#include <inttypes.h>
#include <sys/stat.h>

#include "conf/conf.h"
#include "conf/devspec.h"
#include "kernel/blockdev.h"
#include "kernel/pagesize.h"
#include "model/model.h"
#include "model/zram.h"

#define VALUE_MAX \
	150 /* bytes of a value that the reader surely takes: inih has 199 a line */

/* can the reader give these words back? ' ;' begins a comment, ' #' is refused */
static bool is_writable(const char *value)
{
	size_t n = strlen(value);

	if (n == 0 || n > VALUE_MAX || isspace((unsigned char)value[0]) ||
	    isspace((unsigned char)value[n - 1]))
		return false;
	for (const char *s = value; *s; s++)
		if ((unsigned char)*s < ' ' || *s == 0x7f ||
		    (*s == ' ' && (s[1] == ';' || s[1] == '#')))
			return false;
	return true;
}

/* foreign text in a comment: no line break may end it */
static void print_clean(FILE *f, const char *text)
{
	for (; *text; text++)
		fputc((unsigned char)*text < ' ' || *text == 0x7f ? '?' : *text, f);
}

static void print_bytes(FILE *f, const char *key, uint64_t v, const char *suffix)
{
	fprintf(f, "%s = %s%s\n", key, words_exact(v).text, suffix);
}

static void print_size(FILE *f, const char *key, const struct swapadm_size *size)
{
	if (size->unit == SWAPADM_SIZE_BYTES)
		print_bytes(f, key, size->value, "");
	else if (size->unit == SWAPADM_SIZE_PCT_RAM)
		fprintf(f, "%s = %" PRIu64 "%%ram\n", key, size->value);
}

static void print_yes_no(FILE *f, const char *key, bool yes)
{
	fprintf(f, "%s = %s\n", key, yes ? "yes" : "no");
}

/* ---- devices ---------------------------------------------------------------------- */

static bool is_unique_uuid(const struct swapadm_model *model, const char *uuid)
{
	unsigned count = 0;

	for (size_t t = 0; t < model->n_tiers; t++)
		for (size_t i = 0; i < model->tiers[t]->pub.n_devices; i++)
			count += streq_null(model->tiers[t]->devices[i]->pub.uuid, uuid);
	return count == 1;
}

/* a name that stays over a boot, where it has one */
static bool stable_name(const struct swapadm_model *model,
			const struct swapadm_device *dev, char *buf, size_t size)
{
	char dir[96];

	snprintf(dir, sizeof(dir), "/sys/class/block/%.64s", dev->name);
	if (dev->uuid && is_unique_uuid(model, dev->uuid) &&
	    !blockdev_is_plain_crypt(model->ctx, dir)) {
		snprintf(buf, size, "UUID=%s", dev->uuid);
		return true;
	}
	return blockdev_mapper_path(model->ctx, dir, buf, size);
}

/* so that another machine makes the file; the size it has is one that apply accepts */
static void file_to_spec(const struct swapadm_model *model, struct swapadm_devspec *spec)
{
	uint64_t page_bytes = ctx_page_bytes(model->ctx);
	struct stat st;

	if (ctx_stat(model->ctx, spec->word, &st) || !S_ISREG(st.st_mode))
		return;
	if ((uint64_t)st.st_size % page_bytes)
		return;
	spec->size.unit = SWAPADM_SIZE_BYTES;
	spec->size.value = (uint64_t)st.st_size;
}

/* in a folder that the caller may not look into */
static bool is_hidden_file(const struct swapadm_model *model,
			   const struct swapadm_device *dev)
{
	struct stat st;

	return dev->is_file && ctx_stat(model->ctx, dev->path, &st) == -EACCES;
}

/* root could read a name that stays over a boot */
static bool is_hidden_device(const struct swapadm_model *model,
			     const struct swapadm_device *dev,
			     const struct swapadm_devspec *spec)
{
	_cleanup_close_ int fd = -1;

	if (dev->is_file || !streq(spec->word, dev->path))
		return false;
	fd = ctx_open(model->ctx, dev->path, O_RDONLY | O_NONBLOCK);
	return fd == -EACCES;
}

/* what to call an active device; @tag: room for a name that stays over a boot */
static void device_to_spec(const struct swapadm_model *model,
			   const struct swapadm_device *dev,
			   const struct swapadm_devspec *asked, char *tag, size_t size,
			   struct swapadm_devspec *spec)
{
	*spec = (struct swapadm_devspec){ .word = dev->path, .discard = dev->discard };
	if (dev->kind == SWAPADM_KIND_ZRAM && !dev->is_file) {
		spec->word = "zram";
		spec->discard = SWAPADM_DISCARD_NONE;
		spec->size.unit = SWAPADM_SIZE_BYTES;
		spec->size.value = dev->usage.size_bytes + ctx_page_bytes(model->ctx);
		zram_to_spec(model->ctx, dev, asked, spec);
		return;
	}
	if (dev->is_file)
		file_to_spec(model, spec);
	spec->allow_loop = dev->disk && str_after(dev->disk, "loop") && !dev->is_file;
	if (!dev->is_file && stable_name(model, dev, tag, size))
		spec->word = tag;
}

/* the text that the configuration's parser reads back as @spec, or NULL */
static int spec_to_text(struct swapadm_ctx *ctx, const struct swapadm_devspec *spec,
			char **out)
{
	_cleanup_free_ char *text = NULL;
	struct swapadm_devspec *again;
	bool same;
	int r = devspec_print(spec, &text);

	*out = NULL;
	if (r)
		return r;
	if (!is_writable(text) || swapadm_devspec_parse(ctx, text, &again))
		return 0;
	same = streq(again->word, spec->word);
	swapadm_devspec_free(again);
	if (same)
		*out = steal_ptr(&text);
	return 0;
}

bool model_is_in_drop_in(const struct model_device *dev)
{
	return dev->pub.state != SWAPADM_STATE_INACTIVE && dev->file &&
	       conf_is_drop_in(dev->file);
}

static int print_device(FILE *f, const struct swapadm_model *model,
			const struct swapadm_device *dev)
{
	_cleanup_(devspec_freep) struct swapadm_devspec *asked = NULL;
	_cleanup_free_ char *text = NULL;
	struct swapadm_devspec spec;
	char tag[192];
	int r = 0;

	if (dev->state == SWAPADM_STATE_INACTIVE) {
		fputs("; not active: device = ", f);
		print_clean(f, dev->spec ? dev->spec : dev->name);
		fputc('\n', f);
		return 0;
	}
	if (dev->spec && swapadm_devspec_parse(model->ctx, dev->spec, &asked))
		asked = NULL;
	device_to_spec(model, dev, asked, tag, sizeof(tag), &spec);
	if (!dev->deleted && !dev->is_virtual && dev->kind != SWAPADM_KIND_XSWAP)
		r = spec_to_text(model->ctx, &spec, &text);
	if (r)
		return r;
	if (text && is_hidden_file(model, dev))
		fputs("; without size=, which only root can see: to make it elsewhere save as root\n",
		      f);
	if (text && is_hidden_device(model, dev, &spec))
		fputs("; without its UUID, which only root can read: this name may mean another device after a boot\n",
		      f);
	if (text) {
		fprintf(f, "device = %s\n", text);
		return 0;
	}
	fputs("; left out: ", f);
	print_clean(f, dev->path);
	fputs(dev->deleted ? " was deleted while active\n"
	      : dev->kind == SWAPADM_KIND_XSWAP
		      ? " is made by the kernel (xswap), without a device that a line could name\n"
	      : dev->is_virtual ? " is a container's view of the host's swap\n"
				: " has a name that can't stand in a configuration\n",
	      f);
	return 0;
}

/* ---- tiers ------------------------------------------------------------------------ */

static void print_policies(FILE *f, const struct swapadm_conf_tier *conf)
{
	if (conf->on_swapin == SWAPADM_ON_SWAPIN_FREE)
		fputs("on-swapin = free\n", f);
	if (conf->demote_above_pct != SWAPADM_PCT_NONE)
		fprintf(f, "demote-above = %d%%\n", conf->demote_above_pct);
	if (conf->demote_below_pct != SWAPADM_PCT_NONE)
		fprintf(f, "demote-below = %d%%\n", conf->demote_below_pct);
	if (conf->demote_older_s)
		fprintf(f, "demote-older = %" PRIu64 "s\n", conf->demote_older_s);
	if (conf->write_budget_bytes_per_day)
		print_bytes(f, "write-budget", conf->write_budget_bytes_per_day, "/day");
	if (conf->recompress_older_s)
		fprintf(f, "recompress-older = %" PRIu64 "s\n", conf->recompress_older_s);
}

static bool is_taken(const struct swapadm_model *model, const char *name)
{
	return model_find_tier(model, name) ||
	       (model->conf && swapadm_conf_find_tier(model->conf, name));
}

/*
 * An automatic tier becomes a configured one, whose name may not begin with auto-: "auto-ssd"
 * is saved as "ssd", or as "ssd-tier" when that is reserved or taken.
 */
static void name_to_save(const struct swapadm_model *model,
			 const struct swapadm_tier *tier, char *buf, size_t size)
{
	const char *rest = tier->is_auto ? str_after(tier->name, "auto-") : NULL;

	snprintf(buf, size, "%s", rest ? rest : tier->name);
	while (rest && (!swapadm_tier_name_valid(buf) || is_taken(model, buf)) &&
	       strlen(buf) + sizeof("-tier") <= size)
		strcat(buf, "-tier");
}

/*
 * Ranks that keep the order of the tiers. One that has none gets the next after its
 * predecessor, or shares that of a neighbour where there is no room between two ranks.
 */
static int rank_to_save(const struct swapadm_model *model, size_t i, int before)
{
	int next = SWAPADM_RANK_MAX;

	if (model->tiers[i]->pub.rank != SWAPADM_RANK_NONE)
		return model->tiers[i]->pub.rank > SWAPADM_RANK_MAX
			       ? SWAPADM_RANK_MAX
			       : model->tiers[i]->pub.rank;
	for (size_t j = i + 1; j < model->n_tiers; j++)
		if (model->tiers[j]->pub.rank != SWAPADM_RANK_NONE) {
			next = model->tiers[j]->pub.rank;
			break;
		}
	return before + 1 < next ? before + 1 : next;
}

/* a device that the file is not to name: it says which one does */
static void print_elsewhere(FILE *f, const struct model_device *dev)
{
	fprintf(f, "; in %s: ", dev->file);
	print_clean(f, dev->line->word);
	fputc('\n', f);
}

static int print_tier(FILE *f, const struct swapadm_model *model,
		      const struct model_tier *tier, int rank, bool in_main)
{
	const struct swapadm_conf_tier *conf = NULL;
	int prio = swapadm_rank_to_prio(rank);
	char name[32];
	int r = 0;

	name_to_save(model, &tier->pub, name, sizeof(name));
	if (model->conf)
		conf = swapadm_conf_find_tier(model->conf, tier->pub.name);
	fprintf(f, "\n[tier %s]\nrank = %d\n", name, rank);
	if (tier->pub.n_devices && tier->pub.prio != prio)
		fprintf(f,
			"; its areas have other priorities than %d: swapctl apply --rerank would change that\n",
			prio);
	for (size_t i = 0; !r && i < tier->pub.n_devices; i++)
		if (in_main && model_is_in_drop_in(tier->devices[i]))
			print_elsewhere(f, tier->devices[i]);
		else
			r = print_device(f, model, &tier->devices[i]->pub);
	if (conf)
		print_policies(f, conf);
	return r;
}

/* ---- the rest --------------------------------------------------------------------- */

static void print_layer(FILE *f, const struct swapadm_conf *conf)
{
	struct swapadm_size size = swapadm_conf_size(conf);
	enum swapadm_layer layer = swapadm_conf_layer(conf);

	if (layer == SWAPADM_LAYER_AUTO && size.unit == SWAPADM_SIZE_NONE &&
	    !conf->no_fallback)
		return;
	fprintf(f, "\n[swapadm]\nlayer = %s\n", swapadm_layer_name(layer));
	if (conf->no_fallback)
		fputs("fallback = none\n", f);
	print_size(f, "size", &size);
}

/* zswap is written when it is in use, or when the configuration speaks of it */
static void print_zswap(FILE *f, const struct swapadm_model *model)
{
	const struct swapadm_conf_zswap *asked =
		model->conf && swapadm_conf_zswap(model->conf)->present
			? swapadm_conf_zswap(model->conf)
			: NULL;
	struct swapadm_zswap_stats s;

	if (swapadm_zswap_get_stats(model->ctx, &s) || (!s.enabled && !asked))
		return;
	fputs("\n[zswap]\n", f);
	print_yes_no(f, "enabled", s.enabled);
	if (s.known & SWAPADM_ZSWAP_COMPRESSOR && s.compressor[0])
		fprintf(f, "compressor = %s\n", s.compressor);
	if (s.known & SWAPADM_ZSWAP_MAX_POOL && s.max_pool_pct)
		fprintf(f, "max-pool = %" PRIu32 "%%\n", s.max_pool_pct);
	if (s.known & SWAPADM_ZSWAP_ACCEPT && s.accept_threshold_pct)
		fprintf(f, "accept-threshold = %" PRIu32 "%%\n", s.accept_threshold_pct);
	if (s.known & SWAPADM_ZSWAP_SHRINKER)
		print_yes_no(f, "shrinker", s.shrinker);
	if (!asked)
		return;
	if (asked->demote_above_pct != SWAPADM_PCT_NONE)
		fprintf(f, "demote-above = %d%%\n", asked->demote_above_pct);
	if (asked->demote_below_pct != SWAPADM_PCT_NONE)
		fprintf(f, "demote-below = %d%%\n", asked->demote_below_pct);
}

static void print_shares(FILE *f, const struct swapadm_conf_cgroup *cgroup)
{
	const char *sep = "tier-max = ";

	for (size_t i = 0; i < cgroup->n_tiers; i++)
		fprintf(f, "%s%s", i ? ", " : "tiers = ", cgroup->tiers[i].tier);
	if (cgroup->n_tiers)
		fprintf(f, "\ntiers-mode = %s\n",
			cgroup->tiers_prefer ? "prefer" : "strict");
	for (size_t i = 0; i < cgroup->n_tiers; i++) {
		const struct swapadm_size *max = &cgroup->tiers[i].max;

		if (max->unit == SWAPADM_SIZE_NONE)
			continue;
		fprintf(f, "%s%s:", sep, cgroup->tiers[i].tier);
		if (max->unit == SWAPADM_SIZE_PCT_RAM)
			fprintf(f, "%" PRIu64 "%%ram", max->value);
		else
			fputs(words_exact(max->value).text, f);
		sep = ", ";
	}
	if (*sep == ',')
		fputc('\n', f);
}

static void print_cgroup(FILE *f, const struct swapadm_conf_cgroup *cgroup)
{
	fprintf(f, "\n[cgroup %s]\npath = %s\n", cgroup->name, cgroup->path);
	if (cgroup->swap_max_unlimited)
		fputs("swap-max = max\n", f);
	print_size(f, "swap-max", &cgroup->swap_max);
	print_size(f, "swap-high", &cgroup->swap_high);
	print_size(f, "zswap-max", &cgroup->zswap_max);
	if (cgroup->zswap_writeback != SWAPADM_UNSET)
		print_yes_no(f, "zswap-writeback", cgroup->zswap_writeback);
	print_shares(f, cgroup);
}

static int print_model(FILE *f, const struct swapadm_model *model, bool in_main)
{
	size_t n = model->conf ? swapadm_conf_n_cgroups(model->conf) : 0;
	int rank = -1, r = 0;

	fputs("; the state in which swap runs, for /etc/swapadm.conf\n", f);
	if (model->conf)
		print_layer(f, model->conf);
	for (size_t i = 0; !r && i < model->n_tiers; i++) {
		/* of a self-test that runs now: its name is reserved */
		if (tier_is_selftest(model->tiers[i]->pub.name))
			continue;
		rank = rank_to_save(model, i, rank);
		r = print_tier(f, model, model->tiers[i], rank, in_main);
	}
	print_zswap(f, model);
	for (size_t i = 0; i < n; i++)
		print_cgroup(f, swapadm_conf_cgroup(model->conf, i));
	return r;
}

int model_print(const struct swapadm_model *model, bool in_main, char **out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	FILE *f;
	int r;

	f = open_memstream(&text, &len);
	if (!f)
		return ctx_fail(model->ctx, -ENOMEM, "save: memory is short");
	r = print_model(f, model, in_main);
	if (ferror(f))
		r = -ENOMEM;
	if (fclose(f))
		r = -ENOMEM;
	if (r)
		return ctx_fail(model->ctx, r, "save: memory is short");
	*out = steal_ptr(&text);
	return 0;
}

SWAPADM_API int swapadm_model_save(const struct swapadm_model *model, char **out)
{
	CTX_CALL(model ? model->ctx : NULL);

	return model && out ? model_print(model, false, out) : -EINVAL;
}
