/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - rules: which tiers the pages of a memory cgroup may use
 *
 * Documentation/rules.rst says how they work and what keeps them right.
 */
#ifndef TSWAP_RULE_H
#define TSWAP_RULE_H

#include <linux/cgroup.h>
#include <linux/hashtable.h>

#include "tswap.h"

#define TSWAP_RULE_BITS  10
#define TSWAP_RULE_SHIFT 9 /* of an index: which page of the table has its rule */
#define TSWAP_RULE_PAGES ((U16_MAX + 1) >> TSWAP_RULE_SHIFT)

/**
 * struct tswap_rule_tier - tier that a rule names
 * @max_pages: how much of it the rule's pages may use; 0: no limit
 * @leaves: its leaves now; written under dev->lock, read without it
 */
struct tswap_rule_tier {
	char name[TSWAP_NAME_MAX];
	u64 max_pages;
	struct tswap_leafset leaves;
};

/**
 * struct tswap_rule_conf - what a rule says; replaced as a whole, but for the leaf sets
 * @mode: enum tswap_cgroup_mode
 * @limited: some tier has a limit
 * @allowed: leaves of all its tiers; as those of each tier
 */
struct tswap_rule_conf {
	struct rcu_head rcu;
	u32 mode;
	bool limited;
	u32 nr;
	struct tswap_leafset allowed;
	struct tswap_rule_tier tier[TSWAP_CGROUP_TIERS];
};

/**
 * struct tswap_rule - rule of a cgroup
 * @node: in the table by cgroup, until it is dead; dev->lock, RCU
 * @index: by which positions name their owner; unique as long as one does
 * @cgroup: referenced
 * @dead: deleted, or its cgroup is gone: stays until no position is owned by it
 * @said: when a write without room was reported last, in jiffies
 * @say: to be reported by the event work
 * @hint: where each CPU writes next for this rule
 * @used: positions owned, by leaf
 */
struct tswap_rule {
	struct hlist_node node;
	u32 index;
	struct cgroup *cgroup;
	struct tswap_rule_conf __rcu *conf;
	bool dead;
	bool say;
	unsigned long said;
	atomic64_t refused;
	struct tswap_hint __percpu *hint;
	struct rcu_head rcu;
	atomic_t used[TSWAP_LEAF_MAX + 1];
};

/**
 * struct tswap_rule_last - what a CPU found last: most of its writes are of one cgroup
 * @serial: of the css of the memory cgroup, which never comes again
 * @gen: of the rules then; another one now: look again
 * @rule: RCU; NULL: none holds
 */
struct tswap_rule_last {
	u64 serial;
	u32 gen;
	struct tswap_rule *rule;
};

/**
 * struct tswap_rules - rules of a device, from the first one on
 * @table: those that are not dead, by cgroup; dev->lock, RCU
 * @levels: a bit for each depth at which a cgroup has a rule, the last for all deeper
 * @all: by index, with dead ones; dev->lock
 * @page: the same for those who look, RCU: pages of 512 rules, made when needed and kept
 *	to the end. An xarray takes four times as long, and each free looks
 * @next: where the search for an index goes on
 * @gen: changes after each change of @table; dev->lock
 */
struct tswap_rules {
	DECLARE_HASHTABLE(table, TSWAP_RULE_BITS);
	unsigned long levels;
	struct xarray all;
	struct tswap_rule __rcu **page[TSWAP_RULE_PAGES];
	u32 next;
	u32 gen;
	struct tswap_rule_last __percpu *last;
	struct delayed_work work;
	struct tswap_dev *dev;
};

/* The rule for the first page of a write, or NULL; *@nr becomes how many it covers. */
struct tswap_rule *tswap_rule_find(struct tswap_dev *dev, struct bio *bio, u32 *nr);

static inline struct tswap_rule *tswap_rule_of(struct tswap_dev *dev, struct bio *bio,
					       u32 *nr)
{
	if (likely(!smp_load_acquire(&dev->rules)))
		return NULL;
	return tswap_rule_find(dev, bio, nr);
}

/* rule.c; callers hold rcu_read_lock() */
struct tswap_rule *tswap_rule_owner(struct tswap_leaf *leaf, u32 pos, u32 *index);
void tswap_rule_may_use(struct tswap_rule *rule, const struct tswap_leaf *from,
			struct tswap_leafset *set);
bool tswap_rule_may_stay(struct tswap_rule *rule, const struct tswap_leaf *leaf, u32 pos,
			 u32 nr);
const struct tswap_leafset *tswap_rule_tiers(struct tswap_rule *rule);
bool tswap_rule_is_home(struct tswap_rule *rule, const struct tswap_leaf *leaf);
bool tswap_rule_is_strict(struct tswap_rule *rule);
bool tswap_rule_forbids(struct tswap_rule *rule, const struct tswap_leaf *leaf);
u32 tswap_rule_own(struct tswap_rule *rule, struct tswap_leaf *leaf,
		   const struct tswap_leaf *from, u32 pos, u32 nr);
void tswap_rule_own_again(struct tswap_rule *rule, struct tswap_leaf *leaf, u32 pos,
			  u32 nr);
void tswap_rule_refused(struct tswap_dev *dev, struct tswap_rule *rule);

#ifdef CONFIG_MEMCG
static inline unsigned int tswap_rule_level(const struct cgroup *cgroup)
{
	return min_t(unsigned int, cgroup->level, BITS_PER_LONG - 1);
}
#endif

/* rules.c; dev->lock held */
struct tswap_rule_param {
	u64 cgroup;
	u32 mode;
	char *tiers; /* names with commas between; is written to */
	const u64 *max_pages;
};
int tswap_rule_set(struct tswap_dev *dev, const struct tswap_rule_param *par,
		   struct netlink_ext_ack *extack);
int tswap_rule_del(struct tswap_dev *dev, u64 cgroup, struct netlink_ext_ack *extack);
struct tswap_rule *tswap_rule_get(struct tswap_dev *dev, u64 cgroup);
struct tswap_rule *tswap_rule_next(struct tswap_dev *dev, unsigned long *index);
u64 tswap_rule_cgroup(const struct tswap_rule *rule);
u64 tswap_rule_tier_used(struct tswap_rule *rule, const struct tswap_rule_tier *tier);

#endif /* TSWAP_RULE_H */
