/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Ranks of tiers that the module has: the steps, obeyed one by one, never clash. */
#include "fixture.h"
#include "plan/planner.h"

#define MAX 8

struct world {
	struct tswap_tier_msg tiers[MAX]; /* as the module has them */
	size_t n;
};

static void add(struct world *w, const char *name, uint32_t rank)
{
	struct tswap_tier_msg *tier = &w->tiers[w->n++];

	snprintf(tier->name, sizeof(tier->name), "%s", name);
	tier->rank = rank;
}

static uint32_t rank_of(const struct world *w, const char *name)
{
	for (size_t i = 0; i < w->n; i++)
		if (streq(w->tiers[i].name, name))
			return w->tiers[i].rank;
	fail_msg("no tier %s", name);
	return 0;
}

/* what the module does: no two tiers of the same rank (tswap/leaf.c rank_taken()) */
static void obey(struct world *w, const char *name, uint32_t rank)
{
	for (size_t i = 0; i < w->n; i++)
		if (w->tiers[i].rank == rank)
			fail_msg("rank %u of %s is taken by %s", rank, name,
				 w->tiers[i].name);
	for (size_t i = 0; i < w->n; i++)
		if (streq(w->tiers[i].name, name))
			w->tiers[i].rank = rank;
}

/* the number of steps that it took */
static size_t apply(struct sandbox *box, struct world *w, const char *text)
{
	_cleanup_(planner_end) struct planner planner;
	struct tswap_tier_msg *before = calloc(MAX, sizeof(*before));
	struct swapadm_conf *conf;
	size_t n;

	sandbox_write(box, "/proc/swaps", "Filename\n");
	sandbox_write(box, "/proc/self/mountinfo", "");
	sandbox_write(box, "/etc/test.conf", text);
	assert_int_equal(swapadm_conf_load(box->ctx, "/etc/test.conf", &conf), 0);
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	memcpy(before, w->tiers, w->n * sizeof(*before));
	planner.redirect.tiers = before;
	planner.redirect.n_tiers = w->n;
	assert_int_equal(plan_ranks(&planner), 0);
	n = planner.plan->n_steps;
	for (size_t i = 0; i < n; i++) {
		const struct plan_unit *unit = planner.plan->steps[i].unit;

		assert_int_equal(unit->kind, UNIT_TIER);
		assert_true(unit->policy.set_rank);
		obey(w, unit->tier, (uint32_t)unit->rank);
	}
	swapadm_conf_unref(conf);
	return n;
}

static void nothing_to_do(void **state)
{
	struct world w = { 0 };

	add(&w, "a", 0);
	add(&w, "b", 7);
	assert_int_equal(apply(*state, &w, "[tier a]\n[tier b]\nrank = 7\n"), 0);
	assert_int_equal(apply(*state, &(struct world){ 0 }, "[tier a]\n"), 0);
}

static void one_moves(void **state)
{
	struct world w = { 0 };

	add(&w, "a", 0);
	add(&w, "b", 1);
	assert_int_equal(apply(*state, &w, "[tier a]\n[tier b]\nrank = 5\n"), 1);
	assert_int_equal(rank_of(&w, "b"), 5);
}

/* a tier comes in front: all others go one back, the slowest first */
static void a_new_first_tier(void **state)
{
	struct world w = { 0 };

	add(&w, "a", 0);
	add(&w, "b", 1);
	add(&w, "c", 2);
	assert_int_equal(apply(*state, &w, "[tier new]\n[tier a]\n[tier b]\n[tier c]\n"),
			 3);
	assert_int_equal(rank_of(&w, "a"), 1);
	assert_int_equal(rank_of(&w, "c"), 3);
}

static void places_are_changed(void **state)
{
	struct world w = { 0 };

	add(&w, "a", 0);
	add(&w, "b", 1);
	add(&w, "c", 2);
	/* two of them, by way of a spare rank */
	assert_int_equal(apply(*state, &w, "[tier b]\n[tier a]\n[tier c]\n"), 3);
	assert_int_equal(rank_of(&w, "a"), 1);
	assert_int_equal(rank_of(&w, "b"), 0);
	assert_int_equal(rank_of(&w, "c"), 2);
	/* all in a circle */
	assert_int_equal(apply(*state, &w, "[tier c]\n[tier b]\n[tier a]\n"), 4);
	assert_int_equal(rank_of(&w, "c"), 0);
	assert_int_equal(rank_of(&w, "b"), 1);
	assert_int_equal(rank_of(&w, "a"), 2);
}

/* tiers that no file names make way, and do not clash with each other */
static void the_unnamed_make_way(void **state)
{
	struct world w = { 0 };

	add(&w, "mine", 0);
	add(&w, "extra", 1);
	add(&w, "other", 2);
	apply(*state, &w, "[tier new]\n[tier mine]\n");
	assert_int_equal(rank_of(&w, "mine"), 1);
	assert_true(rank_of(&w, "extra") > 2);
	assert_int_equal(rank_of(&w, "other"), 2);
}

static void equal_ranks_are_refused(void **state)
{
	_cleanup_(planner_end) struct planner planner;
	struct sandbox *box = *state;
	struct swapadm_conf *conf;

	sandbox_write(box, "/proc/swaps", "Filename\n");
	sandbox_write(box, "/proc/self/mountinfo", "");
	sandbox_write(box, "/etc/test.conf", "[tier a]\nrank = 4\n[tier b]\nrank = 4\n");
	assert_int_equal(swapadm_conf_load(box->ctx, "/etc/test.conf", &conf), 0);
	assert_int_equal(planner_begin(box->ctx, conf, 0, "test", false, &planner), 0);
	assert_int_equal(plan_ranks(&planner), -EINVAL);
	assert_non_null(strstr(box->ctx->error, "rank 4 is that of tier a too"));
	assert_int_equal(planner.plan->n_steps, 0);
	swapadm_conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(nothing_to_do),        fixture_test(one_moves),
		fixture_test(a_new_first_tier),     fixture_test(places_are_changed),
		fixture_test(the_unnamed_make_way), fixture_test(equal_ranks_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
