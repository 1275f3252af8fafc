// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - rules: which tiers the pages of a memory cgroup may use
 *
 * A rule is found by the memory cgroup of a page, or of the nearest ancestor that has
 * one. The positions that are allocated for its pages name it as their owner, in an array
 * of their leaf: so a job knows what it may do with a page, and the rule what it uses,
 * exactly and without a look at the map. Documentation/rules.rst has the reasons.
 */
#include <linux/cgroup.h>
#include <linux/memcontrol.h>
#include <linux/mm.h>

#include "rule.h"

#ifdef CONFIG_MEMCG

static struct tswap_rule *find_at(struct tswap_rules *rules, const struct cgroup *cgroup)
{
	struct tswap_rule *rule;

	hash_for_each_possible_rcu(rules->table, rule, node,
				   (unsigned long)cgroup) if (rule->cgroup ==
							      cgroup) return rule;
	return NULL;
}

/* The rule of a cgroup or of its nearest ancestor with one. */
static struct tswap_rule *find_for(struct tswap_rules *rules, struct cgroup *cgroup)
{
	unsigned long levels = READ_ONCE(rules->levels);
	struct tswap_rule *rule;
	int level;

	if (!levels)
		return NULL;
	for (level = cgroup->level; level >= 0; level--) {
		struct cgroup *at = cgroup->ancestors[level];

		if (!(levels & BIT(tswap_rule_level(at))))
			continue;
		rule = find_at(rules, at);
		if (rule)
			return rule;
	}
	return NULL;
}

/*
 * The same for a memory cgroup, which was asked for a moment ago more often than not. A
 * rule that is taken out of the table changes @gen before the grace period that it is
 * freed after: whoever has seen the old one is under RCU.
 */
static struct tswap_rule *find_cached(struct tswap_rules *rules, struct mem_cgroup *memcg)
{
	u32 gen = smp_load_acquire(&rules->gen); /* before the table */
	struct tswap_rule_last *last = get_cpu_ptr(rules->last);
	struct tswap_rule *rule;

	if (last->serial != memcg->css.serial_nr || last->gen != gen) {
		last->rule = find_for(rules, memcg->css.cgroup);
		last->serial = memcg->css.serial_nr;
		last->gen = gen;
	}
	rule = last->rule;
	put_cpu_ptr(rules->last);
	return rule;
}

/* How many pages from the beginning of @bio on, of @max, belong to @memcg. */
static u32 count_pages(struct bio *bio, const struct mem_cgroup *memcg, u32 max)
{
	struct folio *last = page_folio(bio_page(bio)), *folio;
	struct bvec_iter iter;
	struct bio_vec bv;
	u32 nr = 0;

	bio_for_each_segment(bv, bio, iter)
	{
		folio = page_folio(bv.bv_page);
		if (nr >= max || (folio != last && folio_memcg(folio) != memcg))
			break;
		last = folio;
		nr++;
	}
	return max(nr, 1U);
}

/**
 * tswap_rule_find() - the rule for the first page of a write
 * @dev: device that has rules; the caller holds rcu_read_lock()
 * @bio: write, of the swap core or from elsewhere
 * @nr: its pages; becomes how many of them have the same memory cgroup
 *
 * In a task, allocates nothing. The page is under writeback: it stays charged.
 * Return: the rule, kept by RCU; NULL: every tier may be used.
 */
struct tswap_rule *tswap_rule_find(struct tswap_dev *dev, struct bio *bio, u32 *nr)
{
	struct mem_cgroup *memcg;

	if (!READ_ONCE(dev->rules->levels) || !(bio->bi_opf & REQ_SWAP) ||
	    !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return NULL;
	memcg = folio_memcg(page_folio(bio_page(bio)));
	if (*nr > 1)
		*nr = count_pages(bio, memcg, *nr);
	return memcg ? find_cached(dev->rules, memcg) : NULL;
}

/* A dead rule is not found any more: its cgroup may have another one by now. */
static struct tswap_rule *heir_of(struct tswap_rules *rules, struct tswap_rule *rule)
{
	return find_for(rules, rule->cgroup);
}

#else /* !CONFIG_MEMCG */

struct tswap_rule *tswap_rule_find(struct tswap_dev *dev, struct bio *bio, u32 *nr)
{
	return NULL;
}

static struct tswap_rule *heir_of(struct tswap_rules *rules, struct tswap_rule *rule)
{
	return NULL;
}

#endif /* CONFIG_MEMCG */

/*
 * Owners of positions. A position has one owner at a time, who alone changes its entry:
 * see locking.rst. So the counts need no lock.
 */

static struct tswap_rule *rule_at(struct tswap_rules *rules, u32 index)
{
	struct tswap_rule __rcu **page =
		smp_load_acquire(&rules->page[index >> TSWAP_RULE_SHIFT]);

	return page ? rcu_dereference(page[index & (BIT(TSWAP_RULE_SHIFT) - 1)]) : NULL;
}

/**
 * tswap_rule_owner() - the rule that a job has to follow for a page
 * @leaf: leaf that the page is on
 * @pos: its position; if that is somebody else's by now, so is the answer
 * @index: becomes the index of the rule that owns the position, or 0
 *
 * Return: the rule; for one that is dead, that which its cgroup has by now, or the next
 * above; NULL: none.
 */
struct tswap_rule *tswap_rule_owner(struct tswap_leaf *leaf, u32 pos, u32 *index)
{
	u16 *owner = smp_load_acquire(&leaf->owner);
	struct tswap_rules *rules;
	struct tswap_rule *rule;

	*index = owner ? smp_load_acquire(&owner[pos]) : 0;
	if (!*index)
		return NULL;
	rules = smp_load_acquire(
		&leaf->dev->rules); /* not before: the first may be new */
	if (!rules)
		return NULL;
	rule = rule_at(rules, *index);
	return rule && READ_ONCE(rule->dead) ? heir_of(rules, rule) : rule;
}

u64 tswap_rule_tier_used(struct tswap_rule *rule, const struct tswap_rule_tier *tier)
{
	u64 used = 0;
	u32 id;

	for_each_set_bit(id, tier->leaves.bits, TSWAP_LEAF_MAX + 1)
		used += (u32)atomic_read(&rule->used[id]);
	return used;
}

/* The tier with a limit that a leaf counts for, or NULL. */
static const struct tswap_rule_tier *limit_of(const struct tswap_rule_conf *conf,
					      const struct tswap_leaf *leaf)
{
	u32 i;

	for (i = 0; conf->limited && i < conf->nr; i++)
		if (conf->tier[i].max_pages &&
		    test_bit(leaf->id, conf->tier[i].leaves.bits))
			return &conf->tier[i];
	return NULL;
}

/* Pages that move within a tier count twice for a moment, and use no more of it. */
static bool stays_in(const struct tswap_rule_tier *tier, const struct tswap_leaf *from)
{
	return from && test_bit(from->id, tier->leaves.bits);
}

/* How many of @nr pages that have been counted are too many. */
static u32 excess(struct tswap_rule *rule, const struct tswap_leaf *leaf,
		  const struct tswap_leaf *from, u32 nr)
{
	const struct tswap_rule_conf *conf = rcu_dereference(rule->conf);
	const struct tswap_rule_tier *tier = limit_of(conf, leaf);
	u64 used;

	if (!tier || stays_in(tier, from))
		return 0;
	used = tswap_rule_tier_used(rule, tier);
	return used > tier->max_pages ? min_t(u64, used - tier->max_pages, nr) : 0;
}

/**
 * tswap_rule_may_use() - leaves that a rule may put another page on, limits included
 * @rule: rule
 * @from: leaf that the page leaves and counts for the rule on, or NULL
 * @set: becomes the leaves
 */
void tswap_rule_may_use(struct tswap_rule *rule, const struct tswap_leaf *from,
			struct tswap_leafset *set)
{
	const struct tswap_rule_conf *conf = rcu_dereference(rule->conf);
	u32 i;

	bitmap_copy(set->bits, conf->allowed.bits, TSWAP_LEAF_MAX + 1);
	for (i = 0; conf->limited && i < conf->nr; i++) {
		const struct tswap_rule_tier *tier = &conf->tier[i];

		if (tier->max_pages && !stays_in(tier, from) &&
		    tswap_rule_tier_used(rule, tier) >= tier->max_pages)
			bitmap_andnot(set->bits, set->bits, tier->leaves.bits,
				      TSWAP_LEAF_MAX + 1);
	}
}

/* Leaves of its tiers, whatever their limits. */
const struct tswap_leafset *tswap_rule_tiers(struct tswap_rule *rule)
{
	return &rcu_dereference(rule->conf)->allowed;
}

bool tswap_rule_is_home(struct tswap_rule *rule, const struct tswap_leaf *leaf)
{
	return test_bit(leaf->id, rcu_dereference(rule->conf)->allowed.bits);
}

bool tswap_rule_is_strict(struct tswap_rule *rule)
{
	return rcu_dereference(rule->conf)->mode == TSWAP_CGROUP_STRICT;
}

bool tswap_rule_forbids(struct tswap_rule *rule, const struct tswap_leaf *leaf)
{
	return tswap_rule_is_strict(rule) && !tswap_rule_is_home(rule, leaf);
}

/* May pages be written again where they are, if no better place is found? */
bool tswap_rule_may_stay(struct tswap_rule *rule, const struct tswap_leaf *leaf, u32 pos,
			 u32 nr)
{
	const struct tswap_rule_conf *conf = rcu_dereference(rule->conf);
	u32 i;

	if (conf->mode != TSWAP_CGROUP_STRICT)
		return true;
	if (!tswap_rule_is_home(rule, leaf))
		return false;
	if (!limit_of(conf, leaf))
		return true;
	for (i = 0; i < nr; i++) /* what does not count yet could be too much */
		if (READ_ONCE(leaf->owner[pos + i]) != rule->index)
			return false;
	return true;
}

static void set_owner(struct tswap_leaf *leaf, u32 pos, u32 nr, u32 index)
{
	u32 i;

	for (i = 0; i < nr; i++)
		WRITE_ONCE(leaf->owner[pos + i], index);
}

/**
 * tswap_rule_own() - make a rule the owner of a run that has just been claimed
 * @rule: rule
 * @leaf: leaf; rules exist, so it has owners
 * @from: leaf that the pages leave and count for the rule on, or NULL
 * @pos: first position
 * @nr: length
 *
 * What is beyond the rule's limit is freed again, off the end. Contexts of
 * tswap_space_free(). Others may count at the same time: then each may give up too much,
 * but together they never keep too much.
 * Return: length of what is left.
 */
u32 tswap_rule_own(struct tswap_rule *rule, struct tswap_leaf *leaf,
		   const struct tswap_leaf *from, u32 pos, u32 nr)
{
	u32 over;

	set_owner(leaf, pos, nr, rule->index);
	atomic_add_return(nr, &rule->used[leaf->id]); /* counted before the look */
	over = excess(rule, leaf, from, nr);
	if (over)
		tswap_space_free(leaf, pos + nr - over, over);
	return nr - over;
}

static void disown(struct tswap_leaf *leaf, u32 index, u32 nr)
{
	struct tswap_rule *rule = rule_at(leaf->dev->rules, index);

	if (!WARN_ON_ONCE(!rule))
		atomic_sub(nr, &rule->used[leaf->id]);
}

/**
 * tswap_rule_disown() - positions are about to be freed
 * @leaf: leaf with owners; the caller holds rcu_read_lock() and owns the positions
 * @pos: first position
 * @nr: length
 *
 * Any context.
 */
void tswap_rule_disown(struct tswap_leaf *leaf, u32 pos, u32 nr)
{
	u16 *owner = leaf->owner;
	u32 end = pos + nr;

	while (pos < end) {
		u32 index = owner[pos], first = pos;

		for (; pos < end && owner[pos] == index; pos++)
			if (index)
				WRITE_ONCE(owner[pos], 0);
		if (index)
			disown(leaf, index, pos - first);
	}
}

/* Pages are written again where they were; @rule may be NULL. */
void tswap_rule_own_again(struct tswap_rule *rule, struct tswap_leaf *leaf, u32 pos,
			  u32 nr)
{
	u32 index = rule ? rule->index : 0, i;

	for (i = 0; i < nr; i++) {
		if (leaf->owner[pos + i] == index)
			continue;
		tswap_rule_disown(leaf, pos + i, 1);
		set_owner(leaf, pos + i, 1, index);
		if (rule)
			atomic_inc(&rule->used[leaf->id]);
	}
}

/* A write found no room in the tiers of its rule. Any context. */
void tswap_rule_refused(struct tswap_dev *dev, struct tswap_rule *rule)
{
	atomic64_inc(&rule->refused);
	if (time_before(jiffies, READ_ONCE(rule->said) + HZ))
		return;
	WRITE_ONCE(rule->said, jiffies);
	WRITE_ONCE(rule->say, true);
	tswap_dev_raise(dev, TSWAP_RAISE_RULES);
}
