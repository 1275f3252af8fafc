/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What a word on the command line means: tier, path, kernel name, tag - in this order. */
#include "model/model.h"
#include "model/tags.h"

typedef bool (*match_fn)(const struct swapadm_model *model,
			 const struct model_device *dev, const void *arg);

/* the first device that matches, those that are attached before those that are not */
static const struct swapadm_device *find(const struct swapadm_model *model,
					 match_fn match, const void *arg)
{
	for (unsigned inactive = 0; inactive < 2; inactive++)
		for (size_t t = 0; t < model->n_tiers; t++)
			for (size_t i = 0; i < model->tiers[t]->pub.n_devices; i++) {
				const struct model_device *dev =
					model->tiers[t]->devices[i];
				bool is = dev->pub.state == SWAPADM_STATE_INACTIVE;

				if (is == inactive && match(model, dev, arg))
					return &dev->pub;
			}
	return NULL;
}

static bool has_path(const struct swapadm_model *model, const struct model_device *dev,
		     const void *arg)
{
	return streq_null(dev->pub.path, arg);
}

static bool has_key(const struct swapadm_model *model, const struct model_device *dev,
		    const void *arg)
{
	return devkey_is(arg, dev);
}

static bool has_name(const struct swapadm_model *model, const struct model_device *dev,
		     const void *arg)
{
	return !dev->pub.is_file && streq_null(dev->pub.name, arg);
}

/* as the configuration names it: "LABEL=cold" of a device that is not there */
static bool has_spec(const struct swapadm_model *model, const struct model_device *dev,
		     const void *arg)
{
	const char *word = arg,
		   *rest = dev->pub.spec ? str_after(dev->pub.spec, word) : NULL;

	return rest && (!*rest || *rest == ',');
}

struct wanted_tag {
	enum tag tag;
	const char *value;
};

static bool has_loaded_tag(const struct swapadm_model *model,
			   const struct model_device *dev, const void *arg)
{
	const struct wanted_tag *wanted = arg;

	if (wanted->tag == TAG_UUID)
		return streq_null(dev->pub.uuid, wanted->value);
	return wanted->tag == TAG_LABEL && streq_null(dev->pub.label, wanted->value);
}

static bool has_tag_on_disk(const struct swapadm_model *model,
			    const struct model_device *dev, const void *arg)
{
	const struct wanted_tag *wanted = arg;

	return dev->pub.state != SWAPADM_STATE_INACTIVE &&
	       tag_matches(model->ctx, &dev->pub, wanted->tag, wanted->value);
}

static const struct swapadm_device *find_tag(const struct swapadm_model *model,
					     const char *word,
					     const struct wanted_tag *wanted)
{
	const struct swapadm_device *dev = find(model, has_loaded_tag, wanted);
	struct devkey key;

	if (!dev && devkey_get(model->ctx, word, &key) == 0)
		dev = find(model, has_key, &key);
	if (!dev && !tags_have_links(model->ctx))
		dev = find(model, has_tag_on_disk, wanted);
	return dev;
}

static const struct swapadm_device *find_device(const struct swapadm_model *model,
						const char *word)
{
	const struct swapadm_device *dev;
	struct wanted_tag wanted;
	struct devkey key;

	wanted.tag = tag_of(word, &wanted.value);
	if (wanted.tag != TAG_NONE) {
		dev = find_tag(model, word, &wanted);
	} else {
		dev = find(model, has_path, word);
		if (!dev && strchr(word, '/') && devkey_get(model->ctx, word, &key) == 0)
			dev = find(model, has_key, &key);
		if (!dev)
			dev = find(model, has_name, word);
		if (!dev && !strchr(word, '/') && devkey_get(model->ctx, word, &key) == 0)
			dev = find(model, has_key, &key);
	}
	return dev ? dev : find(model, has_spec, word);
}

/* the tswap device is in no tier: its leaves are */
static const struct swapadm_device *find_tswap(const struct swapadm_model *model,
					       const char *word)
{
	const struct swapadm_device *dev = &model->tswap.pub;

	return dev->path && (streq(word, dev->name) || streq(word, dev->path)) ? dev
									       : NULL;
}

SWAPADM_API int swapadm_model_find(const struct swapadm_model *model, const char *word,
				   const struct swapadm_tier **tier,
				   const struct swapadm_device **device)
{
	CTX_CALL(model ? model->ctx : NULL);
	const struct swapadm_device *dev;
	const struct model_tier *t;

	if (!model || !word || !tier || !device)
		return -EINVAL;
	if (word_is_reserved(word))
		return ctx_fail(
			model->ctx, -EINVAL,
			"%s: a reserved word, no tier or device; \"swapctl list\" shows the names there are",
			word);
	t = model_find_tier(model, word);
	if (t) {
		*tier = &t->pub;
		*device = NULL;
		return 0;
	}
	dev = find_tswap(model, word);
	if (!dev && *word)
		dev = find_device(model, word);
	if (!dev)
		return ctx_fail(
			model->ctx, -ENODEV,
			"%s: no such tier, and no device that is configured or active; \"swapctl list\" shows all of them",
			word);
	*tier = NULL;
	*device = dev;
	return 0;
}
