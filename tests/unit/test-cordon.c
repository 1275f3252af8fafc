/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plans of cordon and uncordon, on leaves made up here. */
#include "fixture.h"

#include "model/model.h"

#define MIB UINT64_C(1048576)

static void add_leaf(struct swapadm_model *model, const char *tier, const char *name,
		     enum swapadm_state state, uint64_t used_mib)
{
	struct model_tier *t = model_find_tier(model, tier);
	struct model_device *dev;

	if (!t)
		assert_int_equal(model_add_tier(model, tier, (int)model->n_tiers,
						30000 - 500 * (int)model->n_tiers, false,
						&t),
				 0);
	assert_int_equal(model_new_device(model, &dev), 0);
	dev->pub.name = dev->pub.path = name;
	dev->pub.tier = t->pub.name;
	dev->pub.state = state;
	dev->leaf_id = 1;
	dev->pub.usage = (struct swapadm_usage){
		.known = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED,
		.size_bytes = 100 * MIB,
		.used_bytes = used_mib * MIB,
	};
	assert_int_equal(model_tier_add(t, dev), 0);
}

/* fast: f (full); ssd: s1, s2; hdd: h */
static struct swapadm_model *make_model(struct sandbox *box)
{
	struct swapadm_model *model;

	sandbox_write(box, "/proc/swaps", "Filename\n");
	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	model->layer = SWAPADM_LAYER_REDIRECT;
	add_leaf(model, "fast", "/dev/f", SWAPADM_STATE_ACTIVE, 100);
	add_leaf(model, "ssd", "/dev/s1", SWAPADM_STATE_ACTIVE, 30);
	add_leaf(model, "ssd", "/dev/s2", SWAPADM_STATE_ACTIVE, 0);
	add_leaf(model, "hdd", "/dev/h", SWAPADM_STATE_CORDONED, 10);
	model_finish(model);
	return model;
}

static int prepare(struct sandbox *box, struct swapadm_model *model, const char *word,
		   bool on, struct swapadm_op **out)
{
	struct told told = { .kind = on ? SWAPADM_OP_CORDON : SWAPADM_OP_UNCORDON,
			     .source = word };

	return told_prepare(box->ctx, model, &told, out);
}

static const struct swapadm_op_plan *plan(struct sandbox *box,
					  struct swapadm_model *model, const char *word,
					  bool on, struct swapadm_op **out)
{
	assert_int_equal(prepare(box, model, word, on, out), 0);
	return swapadm_op_get_plan(*out);
}

static void others_take_over(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = make_model(box);
	const struct swapadm_op_plan *p;
	struct swapadm_op *cordon;
	struct swapadm_job *job;

	p = plan(box, model, "/dev/s1", true, &cordon);
	assert_string_equal(p->source, "/dev/s1");
	assert_int_equal(p->kind, SWAPADM_OP_CORDON);
	assert_int_equal(p->n_devices, 1);
	assert_string_equal(p->devices[0]->name, "/dev/s1");
	assert_int_equal(p->used_bytes, 30 * MIB);
	assert_int_equal(p->room_bytes, 70 * MIB);
	/* neither the full one nor the one that is cordoned; its sibling is */
	assert_int_equal(p->n_dests, 1);
	assert_string_equal(p->dests[0].name, "ssd");
	assert_int_equal(p->dests[0].bytes, 100 * MIB);
	assert_null(p->refusal);
	assert_int_equal(swapadm_op_start(cordon, &job), -EROFS);
	swapadm_op_unref(cordon);
	swapadm_model_unref(model);
}

static void the_last_place(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = make_model(box);
	const struct swapadm_op_plan *p;
	struct swapadm_op *cordon;
	struct swapadm_job *job;

	p = plan(box, model, "ssd", true, &cordon);
	assert_int_equal(p->n_devices, 2);
	assert_int_equal(p->room_bytes, 170 * MIB);
	assert_int_equal(p->n_dests, 0);
	assert_non_null(p->refusal);
	assert_non_null(strstr(p->refusal, "ssd: cordon: nothing else takes new pages"));
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_op_start(cordon, &job), -SWAPADM_ENOROOM);
	assert_string_equal(swapadm_get_error(box->ctx), p->refusal);
	swapadm_op_unref(cordon);
	swapadm_model_unref(model);
}

static void back_in_service(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = make_model(box);
	const struct swapadm_op_plan *p;
	struct swapadm_op *cordon;

	p = plan(box, model, "hdd", false, &cordon);
	assert_int_equal(p->kind, SWAPADM_OP_UNCORDON);
	assert_int_equal(p->n_devices, 1);
	assert_int_equal(p->used_bytes, 10 * MIB);
	assert_int_equal(p->room_bytes, 90 * MIB);
	assert_int_equal(p->n_dests, 2); /* in the order in which they are filled */
	assert_string_equal(p->dests[0].name, "ssd");
	assert_string_equal(p->dests[1].name, "hdd");
	assert_null(p->refusal);
	swapadm_op_unref(cordon);
	/* it is so already: nothing changes, nothing is refused */
	p = plan(box, model, "hdd", true, &cordon);
	assert_int_equal(p->n_devices, 0);
	assert_null(p->refusal);
	swapadm_op_unref(cordon);
	p = plan(box, model, "ssd", false, &cordon);
	assert_int_equal(p->n_devices, 0);
	swapadm_op_unref(cordon);
	swapadm_model_unref(model);
}

static void what_is_refused(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = make_model(box);
	struct model_device *dev = model_find_tier(model, "ssd")->devices[1];
	struct swapadm_op *cordon;

	assert_int_equal(prepare(box, model, "nosuch", true, &cordon), -ENODEV);
	assert_int_equal(prepare(box, model, "memory", true, &cordon), -EINVAL);
	dev->pub.state = SWAPADM_STATE_DRAINING;
	assert_int_equal(prepare(box, model, "ssd", true, &cordon), -EBUSY);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/dev/s2"));
	assert_int_equal(prepare(box, model, "ssd", false, &cordon), -EBUSY);
	dev->leaf_id = 0; /* an area next to the tswap device */
	assert_int_equal(prepare(box, model, "/dev/s2", true, &cordon), -EPROTONOSUPPORT);
	model->layer = SWAPADM_LAYER_DIRECT;
	assert_int_equal(prepare(box, model, "hdd", true, &cordon), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "layer = redirect"));
	swapadm_model_unref(model);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(others_take_over),
		fixture_test(the_last_place),
		fixture_test(back_in_service),
		fixture_test(what_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
