// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - which leaf the next page goes to
 *
 * Every CPU stays on one leaf for a stripe of positions, then turns to the next leaf of
 * the tier: pages written together stay together. Positions within a leaf are in space.c.
 */
#include <linux/slab.h>

#include "rule.h"

static bool may_use(const struct tswap_leaf *leaf, const struct tswap_want *want)
{
	if (!leaf || READ_ONCE(leaf->failing) || READ_ONCE(leaf->full))
		return false;
	if (want->avoid && test_bit(leaf->id, want->avoid->bits))
		return false;
	if (want->only && !test_bit(leaf->id, want->only->bits))
		return false;
	return want->desperate || !tswap_leaf_resting(leaf);
}

/* Go on in the stripe of this CPU, if all of @want fits there. */
static u32 alloc_hinted(struct tswap_dev *dev, const struct tswap_placement *p,
			const struct tswap_want *want, struct tswap_leaf **leafp,
			u32 *pos)
{
	struct tswap_hint __percpu *hints = want->rule ? want->rule->hint : dev->hint;
	struct tswap_hint *hint = get_cpu_ptr(hints);
	struct tswap_leaf *leaf;
	u32 got = 0;

	if (hint->gen != p->gen || hint->left < want->nr)
		goto out;
	leaf = tswap_leaf_of(dev, hint->leaf);
	if (!may_use(leaf, want) || !tswap_space_claim_at(leaf, hint->next, want->nr))
		goto out;
	*leafp = leaf;
	*pos = hint->next;
	hint->next += want->nr;
	hint->left -= want->nr;
	got = want->nr;
out:
	put_cpu_ptr(hints);
	return got;
}

/* Go on behind a run that was just allocated, with its stripe. */
static void set_hint(struct tswap_dev *dev, const struct tswap_placement *p,
		     const struct tswap_want *want, struct tswap_leaf *leaf, u32 pos,
		     u32 nr)
{
	struct tswap_hint __percpu *hints = want->rule ? want->rule->hint : dev->hint;
	struct tswap_hint *hint = get_cpu_ptr(hints);

	hint->gen = p->gen;
	hint->leaf = leaf->id;
	hint->next = pos + nr;
	hint->left = nr < TSWAP_STRIPE ? TSWAP_STRIPE - nr : 0;
	put_cpu_ptr(hints);
}

/* The rest of an allocation: the rule of @want, if any, becomes its owner. */
static u32 owned(const struct tswap_want *want, struct tswap_leaf *leaf, u32 pos, u32 got)
{
	return want->rule && got ? tswap_rule_own(want->rule, leaf, want->from, pos, got)
				 : got;
}

/**
 * tswap_alloc_leaf() - allocate one run on a leaf that has been chosen
 * @leaf: leaf, or NULL; the caller holds rcu_read_lock()
 * @want: what is asked for
 * @pos: first position of the run
 *
 * Return: length of the run, 0 if the leaf takes no pages, or not those of the rule.
 */
u32 tswap_alloc_leaf(struct tswap_leaf *leaf, const struct tswap_want *want, u32 *pos)
{
	u32 got;

	if (!may_use(leaf, want))
		return 0;
	got = tswap_space_claim(leaf, want->nr, want->stripe, pos);
	return owned(want, leaf, *pos, got);
}

/**
 * tswap_alloc_tier() - allocate one run on the leaves of one tier
 * @dev: device; the caller holds rcu_read_lock() and has @p under it
 * @p: placement
 * @tier: index into @p->tier
 * @want: what is asked for
 * @leafp: leaf of the run
 * @pos: first position of the run
 *
 * Leaves take turns; one that is full is passed over.
 * Return: length of the run, 0 if the tier has no room.
 */
u32 tswap_alloc_tier(struct tswap_dev *dev, const struct tswap_placement *p, u32 tier,
		     const struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos)
{
	u32 nr = p->tier[tier].nr, turn, i, got;

	turn = raw_cpu_inc_return(dev->hint->turn) % nr;
	for (i = 0; i < nr; i++) {
		u8 id = p->leaf[p->tier[tier].first + (turn + i) % nr];
		struct tswap_leaf *leaf = tswap_leaf_of(dev, id);

		got = tswap_alloc_leaf(leaf, want, pos);
		if (!got)
			continue;
		*leafp = leaf;
		return got;
	}
	return 0;
}

/* On the fastest of the first @nr_tiers tiers that has room. */
static u32 alloc_tiers(struct tswap_dev *dev, const struct tswap_placement *p,
		       u32 nr_tiers, const struct tswap_want *want,
		       struct tswap_leaf **leafp, u32 *pos)
{
	u32 got = 0, tier;

	for (tier = 0; tier < nr_tiers && !got; tier++)
		got = tswap_alloc_tier(dev, p, tier, want, leafp, pos);
	return got;
}

static u32 alloc_round(struct tswap_dev *dev, const struct tswap_placement *p,
		       const struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos)
{
	u32 got = alloc_tiers(dev, p, p->nr_tiers, want, leafp, pos);

	if (got)
		set_hint(dev, p, want, *leafp, *pos, got);
	return got;
}

/* Where it goes on, else on the fastest tier. */
static u32 alloc_calmly(struct tswap_dev *dev, const struct tswap_placement *p,
			const struct tswap_want *want, struct tswap_leaf **leafp,
			u32 *pos)
{
	u32 got = alloc_hinted(dev, p, want, leafp, pos);

	if (got) /* a rule may have too much of that tier */
		got = owned(want, *leafp, *pos, got);
	return got ?: alloc_round(dev, p, want, leafp, pos);
}

static u32 alloc_anywhere(struct tswap_dev *dev, const struct tswap_placement *p,
			  struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos)
{
	u32 got = alloc_calmly(dev, p, want, leafp, pos);

	if (got)
		return got;
	want->desperate = true;
	return alloc_round(dev, p, want, leafp, pos);
}

/* Where it goes on in the rule's tiers; their limits show when it is to be owned. */
static u32 go_on_by_rule(struct tswap_dev *dev, const struct tswap_placement *p,
			 struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos)
{
	u32 got;

	want->only = tswap_rule_tiers(want->rule);
	got = alloc_hinted(dev, p, want, leafp, pos);
	return got ? owned(want, *leafp, *pos, got) : 0;
}

/*
 * In the rule's tiers. Where it only prefers them, the others come before a zram that was
 * full a moment ago.
 */
static u32 alloc_by_rule(struct tswap_dev *dev, const struct tswap_placement *p,
			 struct tswap_want *want, struct tswap_leaf **leafp, u32 *pos)
{
	u32 got = go_on_by_rule(dev, p, want, leafp, pos);
	struct tswap_leafset only;

	if (got)
		return got;
	tswap_rule_may_use(want->rule, NULL, &only);
	want->only = &only;
	if (tswap_rule_is_strict(want->rule))
		return alloc_anywhere(dev, p, want, leafp, pos);
	got = alloc_calmly(dev, p, want, leafp, pos);
	want->only = NULL;
	return got ?: alloc_anywhere(dev, p, want, leafp, pos);
}

/**
 * tswap_alloc() - allocate one run on the fastest tier that has room
 * @dev: device; the caller holds rcu_read_lock()
 * @nr: pages
 * @avoid: leaves not to use, or NULL
 * @rule: whose pages they are, or NULL
 * @leafp: leaf of the run; stays while the caller owns the run
 * @pos: first position of the run
 *
 * Contexts of tswap_space_free(), allocates no memory.
 * Return: length of the run, 0 if no leaf that takes pages has room.
 */
u32 tswap_alloc(struct tswap_dev *dev, u32 nr, const struct tswap_leafset *avoid,
		struct tswap_rule *rule, struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);
	struct tswap_want want = {
		.nr = min(nr, TSWAP_CHUNK),
		.stripe = TSWAP_STRIPE,
		.avoid = avoid,
		.rule = rule,
	};

	if (unlikely(rule))
		return alloc_by_rule(dev, p, &want, leafp, pos);
	return alloc_anywhere(dev, p, &want, leafp, pos);
}

/**
 * tswap_alloc_above() - allocate one run on a tier faster than that of a leaf
 * @dev: device; the caller holds rcu_read_lock()
 * @nr: pages
 * @old: leaf, in the placement
 * @rule: whose pages they are, or NULL; @old is one of its leaves
 * @leafp: leaf of the run; stays while the caller owns the run
 * @pos: first position of the run
 *
 * Contexts and return: see tswap_alloc().
 */
u32 tswap_alloc_above(struct tswap_dev *dev, u32 nr, const struct tswap_leaf *old,
		      struct tswap_rule *rule, struct tswap_leaf **leafp, u32 *pos)
{
	const struct tswap_placement *p = rcu_dereference(dev->placement);
	struct tswap_want want = { .nr = nr, .rule = rule };
	struct tswap_leafset only;

	if (unlikely(rule)) {
		tswap_rule_may_use(rule, NULL, &only);
		want.only = &only;
	}
	return alloc_tiers(dev, p, p->tier_of[old->id], &want, leafp, pos);
}

static void place_tier(struct tswap_dev *dev, struct tswap_placement *p,
		       const struct tswap_tier *tier, u8 *fill)
{
	u32 id, index = p->nr_tiers;

	p->tier[index].first = *fill;
	for (id = 1; id <= TSWAP_LEAF_MAX; id++) {
		struct tswap_leaf *leaf = tswap_leaf_find(dev, id);

		if (!leaf || leaf->tier != tier || leaf->state != TSWAP_LEAF_ACTIVE)
			continue;
		p->leaf[(*fill)++] = id;
		p->tier_of[id] = index;
		p->tier[index].nr++;
	}
	if (p->tier[index].nr)
		p->nr_tiers++;
}

/**
 * tswap_placement_update() - publish which leaves take pages
 * @dev: device, dev->lock held
 *
 * Must follow every change of a leaf's state or tier and of a tier's rank.
 * Return: 0, -ENOMEM with the old placement still in force.
 */
int tswap_placement_update(struct tswap_dev *dev)
{
	struct tswap_placement *p, *old;
	struct tswap_tier *tier;
	u8 fill = 0;

	p = kzalloc(sizeof(*p), GFP_KERNEL);
	if (!p)
		return -ENOMEM;
	memset(p->tier_of, TSWAP_NO_TIER, sizeof(p->tier_of));
	p->gen = ++dev->placement_gen;
	list_for_each_entry(tier, &dev->tiers, node)
		place_tier(dev, p, tier, &fill);
	tswap_rules_update(dev);
	old = rcu_replace_pointer(dev->placement, p, lockdep_is_held(&dev->lock));
	if (old)
		kfree_rcu(old, rcu);
	return 0;
}
