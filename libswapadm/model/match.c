/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From configured devices to active areas.
 *
 * /proc/swaps shows real names, the configuration has links and tags; so numbers of
 * devices and inodes are compared. Which zram a line means has rules of its own:
 * zram_match.h.
 */
#include "model/load.h"
#include "model/tags.h"
#include "model/zram.h"

/*
 * Without udev's links the areas are read; without that privilege, fall back on what was
 * recorded when they were attached.
 */
static struct active *find_tag(struct load *load, const char *tier, const char *word,
			       enum tag tag, const char *value)
{
	for (size_t i = 0; i < load->n_active; i++)
		if (tag_matches(load->ctx, &load->active[i].dev->pub, tag, value))
			return &load->active[i];
	for (size_t i = 0; i < load->n_active; i++)
		if (state_is_as(load->active[i].record, tier, word))
			return &load->active[i];
	return NULL;
}

/*
 * A tag that two devices have leads to one of them, perhaps not to the one that was
 * attached by it: a copy of the disk that was plugged in since must not make that one
 * nobody's. Only what is recorded so is read.
 */
static struct active *find_attached_by(struct load *load, const char *tier,
				       const char *word, enum tag tag, const char *value)
{
	for (size_t i = 0; i < load->n_active; i++) {
		struct active *active = &load->active[i];
		const struct state_device *record = active->record;
		bool by_uuid = record && tag == TAG_UUID && streq(record->tier, tier) &&
			       streq(record->identity.uuid, value);

		if ((by_uuid || state_is_as(record, tier, word)) &&
		    tag_matches(load->ctx, &active->dev->pub, tag, value))
			return active;
	}
	return NULL;
}

/* a link that is gone, as while udev looks at the disk again: what was attached by it */
static struct active *find_attached_as(struct load *load, const char *tier,
				       const char *word)
{
	for (size_t i = 0; i < load->n_active; i++) {
		struct active *active = &load->active[i];
		const struct swapadm_device *dev = &active->dev->pub;

		if (!dev->is_file && !dev->deleted &&
		    state_is_as(active->record, tier, word))
			return active;
	}
	return NULL;
}

/* the area that a path or tag means, whether claimed or not */
static struct active *find_area(struct load *load, const char *tier, const char *word)
{
	const char *value;
	enum tag tag = tag_of(word, &value);
	struct devkey key;
	int r;

	if (tag != TAG_NONE && !tags_have_links(load->ctx))
		return find_tag(load, tier, word, tag, value);
	/* most lines have the kernel's own name: no need to ask what that leads to */
	for (size_t i = 0; i < load->n_active; i++)
		if (!load->active[i].dev->pub.is_file &&
		    streq(load->active[i].dev->pub.path, word))
			return &load->active[i];
	r = devkey_get(load->ctx, word, &key);
	for (size_t i = 0; !r && i < load->n_active; i++)
		if (devkey_is(&key, load->active[i].dev))
			return &load->active[i];
	if (tag != TAG_NONE)
		return find_attached_by(load, tier, word, tag, value);
	return r || key.known || load->ctx->foreign_root
		       ? NULL
		       : find_attached_as(load, tier, word);
}

bool load_is_named(struct load *load, const struct active *active)
{
	size_t n = load->conf ? swapadm_conf_n_tiers(load->conf) : 0;

	for (size_t t = 0; t < n; t++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(load->conf, t);

		for (size_t i = 0; i < tier->n_devices; i++)
			if (!zram_is_line(tier->devices[i]) &&
			    find_area(load, tier->name, tier->devices[i]->word) == active)
				return true;
	}
	return false;
}

static struct active *find_zram(struct load *load, enum zram_pass pass, const char *tier,
				const struct swapadm_devspec *spec)
{
	for (size_t i = 0; i < load->n_active; i++) {
		struct active *active = &load->active[i];

		if (!active->claimed &&
		    zram_matches(load->ctx, pass, tier, spec, &active->dev->pub,
				 active->record) &&
		    (pass != ZRAM_OTHERS_AS_WANTED || !load_is_named(load, active)))
			return active;
	}
	return NULL;
}

static void claim(struct match *match, struct active *active)
{
	if (!active)
		return;
	match->taken = active->claimed;
	if (!active->claimed)
		match->active = active;
	active->claimed = true;
}

void load_match(struct load *load, const struct swapadm_conf_tier *tier,
		struct match *matches)
{
	for (size_t i = 0; i < tier->n_devices; i++)
		if (!zram_is_line(tier->devices[i]))
			claim(&matches[i],
			      find_area(load, tier->name, tier->devices[i]->word));
	/* the sure ones first, so that none takes another's */
	for (enum zram_pass pass = 0; pass < ZRAM_PASSES; pass++)
		for (size_t i = 0; i < tier->n_devices; i++) {
			if (matches[i].active || !zram_is_line(tier->devices[i]))
				continue;
			claim(&matches[i],
			      find_zram(load, pass, tier->name, tier->devices[i]));
		}
}
