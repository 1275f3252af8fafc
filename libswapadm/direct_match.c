/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * From configured devices to active areas.
 *
 * /proc/swaps shows real names, the configuration has links and tags; so numbers of devices
 * and inodes are compared. A zram device has no name of its own: what swapadm attached is
 * in its state, under the tier and in order; one that others made is taken for ours only
 * if its size is the configured one.
 */
#include "direct_load.h"
#include "tags.h"

#define ZRAM_SLACK_BYTES (1u << 20) /* a share of MemTotal is rounded by who made it */

static bool is_zram_spec(const struct swapadm_devspec *spec)
{
	return streq(spec->word, "zram");
}

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
static struct found *find_tag(struct direct_load *load, const char *tier,
			      const char *word, enum tag tag, const char *value)
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
static struct found *find_area(struct direct_load *load, const char *tier,
			       const char *word)
{
	const char *value;
	enum tag tag = tag_of(word, &value);
	struct devkey key;
	int r;

	if (tag != TAG_NONE && !tags_have_links(load->ctx))
		return find_tag(load, tier, word, tag, value);
	r = devkey_get(load->ctx, word, &key);
	for (size_t i = 0; !r && i < load->areas.n; i++)
		if (devkey_is(&key, load->found[i].dev))
			return &load->found[i];
	return NULL;
}

/* the size of a zram device as configured; false: not given, or MemTotal is unknown */
static bool wanted_bytes(struct direct_load *load, const struct swapadm_size *size,
			 uint64_t *bytes)
{
	struct swapadm_mem_stats mem;

	*bytes = size->value;
	if (size->unit == SWAPADM_SIZE_BYTES)
		return true;
	if (size->unit != SWAPADM_SIZE_PCT_RAM || swapadm_mem_get_stats(load->ctx, &mem))
		return false;
	*bytes = mem.total_bytes / 100 * size->value;
	return true;
}

/* attached by us as "zram", not by its path */
static bool is_ours(const struct found *found)
{
	return found->record && is_recorded_as(found, found->record->tier, "zram");
}

static bool has_size(const struct found *found, uint64_t bytes)
{
	uint64_t size = found->area->size_bytes;

	return bytes > size ? bytes - size < ZRAM_SLACK_BYTES
			    : size - bytes < ZRAM_SLACK_BYTES;
}

enum zram_pass {
	RECORDED_OF_SIZE, /* ours, and as large as configured */
	RECORDED,         /* ours, in order */
	OF_SIZE,          /* not ours, and as large as configured */
};

static struct found *find_zram(struct direct_load *load, enum zram_pass pass,
			       const char *tier, const struct swapadm_devspec *spec)
{
	uint64_t bytes = 0;

	if (pass != RECORDED && !wanted_bytes(load, &spec->size, &bytes))
		return NULL;
	for (size_t i = 0; i < load->areas.n; i++) {
		struct found *found = &load->found[i];

		if (found->claimed || found->dev->pub.kind != SWAPADM_KIND_ZRAM)
			continue;
		if (is_ours(found) != (pass != OF_SIZE))
			continue;
		if (pass != OF_SIZE && !streq(found->record->tier, tier))
			continue;
		if (pass == RECORDED || has_size(found, bytes))
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

void direct_match(struct direct_load *load, const struct swapadm_conf_tier *tier,
		  struct hit *hits)
{
	for (size_t i = 0; i < tier->n_devices; i++)
		if (!is_zram_spec(tier->devices[i]))
			claim(&hits[i],
			      find_area(load, tier->name, tier->devices[i]->word));
	/* the sure ones first, so that none takes another's */
	for (enum zram_pass pass = RECORDED_OF_SIZE; pass <= OF_SIZE; pass++)
		for (size_t i = 0; i < tier->n_devices; i++)
			if (!hits[i].found && is_zram_spec(tier->devices[i]))
				claim(&hits[i], find_zram(load, pass, tier->name,
							  tier->devices[i]));
}
