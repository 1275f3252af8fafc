/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From configured devices to active areas.
 *
 * /proc/swaps shows real names, the configuration has links and tags; so numbers of devices
 * and inodes are compared. Which zram a line means has rules of its own: zram_match.h.
 */
#include "model/load.h"
#include "model/tags.h"
#include "model/zram.h"

/* does a recorded "LABEL=cold,discard" name the device as @word does? */
static bool is_recorded_as(const struct found *found, const char *tier, const char *word)
{
	const char *rest = found->record ? str_after(found->record->spec, word) : NULL;

	return rest && (!*rest || *rest == ',' || *rest == ' ') &&
	       streq(found->record->tier, tier);
}

/*
 * Without udev's links the areas are read; who may not do that can still believe what was
 * recorded when they were attached.
 */
static struct found *find_tag(struct load *load, const char *tier, const char *word,
			      enum tag tag, const char *value)
{
	for (size_t i = 0; i < load->areas.n; i++)
		if (tag_matches(load->ctx, &load->found[i].dev->pub, tag, value))
			return &load->found[i];
	for (size_t i = 0; i < load->areas.n; i++)
		if (is_recorded_as(&load->found[i], tier, word))
			return &load->found[i];
	return NULL;
}

/* the area that a path or tag means, whether claimed or not */
static struct found *find_area(struct load *load, const char *tier, const char *word)
{
	const char *value;
	enum tag tag = tag_of(word, &value);
	struct devkey key;
	int r;

	if (tag != TAG_NONE && !tags_have_links(load->ctx))
		return find_tag(load, tier, word, tag, value);
	/* most lines have the kernel's own name: no need to ask what that leads to */
	for (size_t i = 0; i < load->areas.n; i++)
		if (!load->found[i].area->is_file &&
		    streq(load->found[i].area->path, word))
			return &load->found[i];
	r = devkey_get(load->ctx, word, &key);
	for (size_t i = 0; !r && i < load->areas.n; i++)
		if (devkey_is(&key, load->found[i].dev))
			return &load->found[i];
	return NULL;
}

/* does a line of any tier name it by path or tag? */
static bool is_named(struct load *load, const struct found *found)
{
	for (size_t t = 0; t < swapadm_conf_n_tiers(load->conf); t++) {
		const struct swapadm_conf_tier *tier = swapadm_conf_tier(load->conf, t);

		for (size_t i = 0; i < tier->n_devices; i++)
			if (!zram_is_line(tier->devices[i]) &&
			    find_area(load, tier->name, tier->devices[i]->word) == found)
				return true;
	}
	return false;
}

static struct found *find_zram(struct load *load, enum zram_pass pass, const char *tier,
			       const struct swapadm_devspec *spec)
{
	for (size_t i = 0; i < load->areas.n; i++) {
		struct found *found = &load->found[i];

		if (!found->claimed &&
		    zram_matches(load->ctx, pass, tier, spec, found->area,
				 found->record) &&
		    (pass != ZRAM_OTHERS_AS_WANTED || !is_named(load, found)))
			return found;
	}
	return NULL;
}

static void claim(struct hit *hit, struct found *found)
{
	if (!found)
		return;
	if (found->claimed) {
		hit->taken = true;
		return;
	}
	found->claimed = true;
	hit->found = found;
}

void load_match(struct load *load, const struct swapadm_conf_tier *tier, struct hit *hits)
{
	for (size_t i = 0; i < tier->n_devices; i++)
		if (!zram_is_line(tier->devices[i]))
			claim(&hits[i],
			      find_area(load, tier->name, tier->devices[i]->word));
	/* the sure ones first, so that none takes another's */
	for (enum zram_pass pass = 0; pass < ZRAM_PASSES; pass++)
		for (size_t i = 0; i < tier->n_devices; i++)
			if (!hits[i].found && zram_is_line(tier->devices[i]))
				claim(&hits[i], find_zram(load, pass, tier->name,
							  tier->devices[i]));
}
