// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - rules: setting and deleting them, and their end with their cgroup
 *
 * All under dev->lock. What the write path does with them is in rule.c.
 */
#include <linux/memcontrol.h>
#include <linux/slab.h>

#include "rule.h"

#define TSWAP_RULES_MAX  U16_MAX  /* with dead ones: owners have 16 bits */
#define TSWAP_RULE_EVERY (5 * HZ) /* how often cgroups that are gone are looked for */

static void copy_set(struct tswap_leafset *to, const struct tswap_leafset *from)
{
	u32 i;

	for (i = 0; i < BITS_TO_LONGS(TSWAP_LEAF_MAX + 1); i++)
		WRITE_ONCE(to->bits[i], from->bits[i]);
}

/* Which leaves the tiers of a rule have now. */
static void find_leaves(struct tswap_dev *dev, struct tswap_rule_conf *conf)
{
	struct tswap_leafset all = {};
	struct tswap_leaf *leaf;
	u32 id, i;

	for (i = 0; i < conf->nr; i++) {
		struct tswap_leafset set = {};

		tswap_for_each_leaf(dev, leaf, id)
			if (!strcmp(leaf->tier->name, conf->tier[i].name))
				__set_bit(id, set.bits);
		copy_set(&conf->tier[i].leaves, &set);
		bitmap_or(all.bits, all.bits, set.bits, TSWAP_LEAF_MAX + 1);
	}
	copy_set(&conf->allowed, &all);
}

static struct tswap_rule_conf *conf_of(struct tswap_dev *dev, struct tswap_rule *rule)
{
	return rcu_dereference_protected(rule->conf, lockdep_is_held(&dev->lock));
}

/* A leaf has come, or is in another tier: before the placement that says so. */
void tswap_rules_update(struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;

	if (dev->rules)
		xa_for_each(&dev->rules->all, index, rule)
			find_leaves(dev, conf_of(dev, rule));
}

u64 tswap_rules_bytes(const struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;
	u64 bytes;
	u32 i;

	if (!dev->rules)
		return 0;
	bytes = sizeof(*dev->rules);
	for (i = 0; i < TSWAP_RULE_PAGES; i++)
		bytes += dev->rules->page[i] ? sizeof(rule) << TSWAP_RULE_SHIFT : 0;
	xa_for_each(&dev->rules->all, index, rule)
		bytes += sizeof(*rule) + sizeof(struct tswap_rule_conf) +
			 num_possible_cpus() * sizeof(struct tswap_hint);
	return bytes;
}

#ifdef CONFIG_MEMCG

u64 tswap_rule_cgroup(const struct tswap_rule *rule)
{
	return cgroup_id(rule->cgroup);
}

static void free_rule(struct tswap_rule *rule)
{
	kfree(rcu_dereference_protected(rule->conf, 1));
	free_percpu(rule->hint);
	if (rule->cgroup)
		cgroup_put(rule->cgroup);
	kfree(rule);
}

/* Where those who look find the rule of an index: its page has been made. */
static struct tswap_rule __rcu **entry_of(struct tswap_rules *rules, u32 index)
{
	return &rules->page[index >> TSWAP_RULE_SHIFT]
			   [index & (BIT(TSWAP_RULE_SHIFT) - 1)];
}

static void update_levels(struct tswap_rules *rules)
{
	unsigned long levels = 0;
	struct tswap_rule *rule;
	int bucket;

	hash_for_each(rules->table, bucket, rule, node)
		levels |= BIT(tswap_rule_level(rule->cgroup));
	WRITE_ONCE(rules->levels, levels);
}

/* The table has changed: what CPUs have found before is not to be trusted. */
static void forget_last(struct tswap_rules *rules)
{
	smp_store_release(&rules->gen, rules->gen + 1); /* after the change */
}

static void kill_rule(struct tswap_dev *dev, struct tswap_rule *rule)
{
	tswap_ntf_cgroup(dev, rule, TSWAP_EVENT_REMOVED);
	hash_del_rcu(&rule->node);
	WRITE_ONCE(rule->dead, true);
	update_levels(dev->rules);
	forget_last(dev->rules);
}

/* Is the rule one that holds? It goes with its cgroup, for whoever looks first. */
static bool is_live(struct tswap_dev *dev, struct tswap_rule *rule)
{
	if (!rule->dead && !(READ_ONCE(rule->cgroup->self.flags) & CSS_ONLINE))
		kill_rule(dev, rule);
	return !rule->dead;
}

/* Rules of cgroups that are gone hold nothing back any more. */
void tswap_rules_bury(struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;

	if (dev->rules)
		xa_for_each(&dev->rules->all, index, rule)
			is_live(dev, rule);
}

static u64 owned(struct tswap_rule *rule)
{
	u64 used = 0;
	u32 id;

	for (id = 1; id <= TSWAP_LEAF_MAX; id++)
		used += (u32)atomic_read(&rule->used[id]);
	return used;
}

/* Forget dead rules that own nothing any more. */
static void forget_dead(struct tswap_rules *rules)
{
	struct hlist_head list = HLIST_HEAD_INIT;
	struct tswap_rule *rule;
	struct hlist_node *next;
	unsigned long index;
	bool some = false;

	xa_for_each(&rules->all, index, rule)
		some |= rule->dead && !owned(rule);
	if (!some)
		return;
	synchronize_rcu(); /* writes that found it have counted themselves */
	xa_for_each(&rules->all, index, rule) {
		if (!rule->dead || owned(rule))
			continue;
		xa_erase(&rules->all, index);
		rcu_assign_pointer(*entry_of(rules, index), NULL);
		hlist_add_head(&rule->node, &list);
	}
	synchronize_rcu(); /* nobody has it from the array */
	hlist_for_each_entry_safe(rule, next, &list, node) free_rule(rule);
}

static void rules_work(struct work_struct *work)
{
	struct tswap_rules *rules = container_of(work, struct tswap_rules, work.work);
	struct tswap_dev *dev = rules->dev;
	bool more;

	mutex_lock(&dev->lock);
	tswap_rules_bury(dev);
	forget_dead(rules);
	more = !xa_empty(&rules->all) && !dev->dying;
	mutex_unlock(&dev->lock);
	if (more)
		queue_delayed_work(tswap_wq, &rules->work, TSWAP_RULE_EVERY);
}

static struct tswap_rule *find_rule(struct tswap_dev *dev, u64 cgroup)
{
	struct tswap_rule *rule;
	unsigned long index;

	if (dev->rules)
		xa_for_each(&dev->rules->all, index, rule)
			if (is_live(dev, rule) && cgroup_id(rule->cgroup) == cgroup)
				return rule;
	return NULL;
}

/* The cgroup of an id, with a reference. */
static struct cgroup *get_cgroup(u64 id, struct netlink_ext_ack *extack)
{
	struct cgroup *cgroup;
	bool charged;

	if (mem_cgroup_disabled() || !cgroup_subsys_on_dfl(memory_cgrp_subsys))
		return ERR_PTR(refuse(extack,
				      "the memory controller is not that of cgroup v2",
				      -EOPNOTSUPP));
	cgroup = cgroup_get_from_id(id);
	if (IS_ERR(cgroup))
		return ERR_PTR(refuse(extack, "no such cgroup", -ENOENT));
	rcu_read_lock();
	charged = rcu_dereference(cgroup->subsys[memory_cgrp_id]);
	rcu_read_unlock();
	if (charged)
		return cgroup;
	cgroup_put(cgroup);
	return ERR_PTR(refuse(
		extack,
		"the memory controller is not enabled for the cgroup (cgroup.subtree_control of its parent)",
		-EOPNOTSUPP));
}

static int add_tier(struct tswap_dev *dev, struct tswap_rule_conf *conf, const char *name,
		    struct netlink_ext_ack *extack)
{
	u32 i;

	if (conf->nr == TSWAP_CGROUP_TIERS)
		return refuse(extack, "a rule names 16 tiers at most", -E2BIG);
	if (!tswap_tier_find(dev, name))
		return refuse(extack, "no such tier; a tier comes with its first leaf",
			      -ENOENT);
	for (i = 0; i < conf->nr; i++)
		if (!strcmp(conf->tier[i].name, name))
			return refuse(extack, "a tier is named twice", -EINVAL);
	strscpy(conf->tier[conf->nr++].name, name, TSWAP_NAME_MAX);
	return 0;
}

static int fill_conf(struct tswap_dev *dev, struct tswap_rule_conf *conf,
		     const struct tswap_rule_param *par, struct netlink_ext_ack *extack)
{
	char *rest = par->tiers, *name;
	u32 i;
	int err;

	conf->mode = par->mode;
	while ((name = strsep(&rest, ","))) {
		err = add_tier(dev, conf, name, extack);
		if (err)
			return err;
	}
	for (i = 0; par->max_pages && i < TSWAP_CGROUP_TIERS; i++) {
		if (!par->max_pages[i])
			continue;
		if (i >= conf->nr)
			return refuse(extack, "there are more limits than tiers",
				      -EINVAL);
		conf->tier[i].max_pages = par->max_pages[i];
		conf->limited = true;
	}
	find_leaves(dev, conf);
	return 0;
}

/* With the first rule come the owners of positions; they stay with their leaves. */
static int make_rules(struct tswap_dev *dev)
{
	struct tswap_rules *rules;
	struct tswap_leaf *leaf;
	u32 id;

	if (dev->rules)
		return 0;
	tswap_for_each_leaf(dev, leaf, id)
		if (tswap_space_add_owners(leaf))
			return -ENOMEM;
	rules = kvzalloc(sizeof(*rules), GFP_KERNEL);
	if (!rules)
		return -ENOMEM;
	rules->last = alloc_percpu(struct tswap_rule_last);
	if (!rules->last) {
		kvfree(rules);
		return -ENOMEM;
	}
	hash_init(rules->table);
	xa_init_flags(&rules->all, XA_FLAGS_ALLOC1);
	INIT_DELAYED_WORK(&rules->work, rules_work);
	rules->dev = dev;
	smp_store_release(&dev->rules, rules); /* after the owners: tswap_rule_of() */
	return 0;
}

/* Give a rule an index. */
static int enter_rule(struct tswap_rules *rules, struct tswap_rule *rule)
{
	struct tswap_rule __rcu **page;
	int err = xa_alloc_cyclic(&rules->all, &rule->index, rule,
				  XA_LIMIT(1, TSWAP_RULES_MAX), &rules->next, GFP_KERNEL);

	if (err < 0)
		return err;
	if (!rules->page[rule->index >> TSWAP_RULE_SHIFT]) {
		page = kcalloc(BIT(TSWAP_RULE_SHIFT), sizeof(*page), GFP_KERNEL);
		if (!page) {
			xa_erase(&rules->all, rule->index);
			return -ENOMEM;
		}
		smp_store_release(&rules->page[rule->index >> TSWAP_RULE_SHIFT], page);
	}
	rcu_assign_pointer(*entry_of(rules, rule->index), rule);
	return 0;
}

/* Takes over @cgroup. */
static struct tswap_rule *new_rule(struct cgroup *cgroup)
{
	struct tswap_rule *rule = kzalloc(sizeof(*rule), GFP_KERNEL);

	if (!rule) {
		cgroup_put(cgroup);
		return NULL;
	}
	rule->cgroup = cgroup;
	rule->said = jiffies - HZ;
	rule->hint = alloc_percpu(struct tswap_hint);
	if (rule->hint)
		return rule;
	free_rule(rule);
	return NULL;
}

/* A new rule; the caller still has @conf if that fails. */
static int add_rule(struct tswap_dev *dev, u64 id, struct tswap_rule_conf *conf,
		    struct netlink_ext_ack *extack)
{
	struct cgroup *cgroup = get_cgroup(id, extack);
	struct tswap_rule *rule;
	int err;

	if (IS_ERR(cgroup))
		return PTR_ERR(cgroup);
	rule = new_rule(cgroup);
	if (!rule || make_rules(dev)) {
		if (rule)
			free_rule(rule);
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	}
	RCU_INIT_POINTER(rule->conf, conf);
	err = enter_rule(dev->rules, rule);
	if (err) {
		RCU_INIT_POINTER(rule->conf, NULL);
		free_rule(rule);
		return refuse(extack, "no memory, or 65535 rules already", err);
	}
	WRITE_ONCE(dev->rules->levels,
		   dev->rules->levels | BIT(tswap_rule_level(rule->cgroup)));
	hash_add_rcu(dev->rules->table, &rule->node, (unsigned long)rule->cgroup);
	forget_last(dev->rules);
	tswap_ntf_cgroup(dev, rule, TSWAP_EVENT_ADDED);
	queue_delayed_work(tswap_wq, &dev->rules->work, TSWAP_RULE_EVERY);
	return 0;
}

/**
 * tswap_rule_set() - give a cgroup a rule, or another one
 * @dev: device
 * @par: the rule
 * @extack: where to say why not
 *
 * It holds for what is written or moved from now on.
 * Return: 0; -ENOENT no such cgroup or tier; -EOPNOTSUPP not of cgroup v2, or without
 * memory controller; -EINVAL, -E2BIG bad rule; -ENOMEM.
 */
int tswap_rule_set(struct tswap_dev *dev, const struct tswap_rule_param *par,
		   struct netlink_ext_ack *extack)
{
	struct tswap_rule *rule = find_rule(dev, par->cgroup);
	struct tswap_rule_conf *conf, *old;
	int err;

	conf = kzalloc(sizeof(*conf), GFP_KERNEL);
	if (!conf)
		return refuse(extack, TSWAP_NO_MEMORY, -ENOMEM);
	err = fill_conf(dev, conf, par, extack);
	if (!err && !rule)
		err = add_rule(dev, par->cgroup, conf, extack);
	if (err) {
		kfree(conf);
		return err;
	}
	if (!rule)
		return 0;
	old = conf_of(dev, rule);
	rcu_assign_pointer(rule->conf, conf);
	kfree_rcu(old, rcu);
	tswap_ntf_cgroup(dev, rule, TSWAP_EVENT_CHANGED);
	return 0;
}

/* Take the rule of a cgroup away. Return: 0; -ENOENT it has none. */
int tswap_rule_del(struct tswap_dev *dev, u64 cgroup, struct netlink_ext_ack *extack)
{
	struct tswap_rule *rule = find_rule(dev, cgroup);

	if (!rule)
		return refuse(extack, "the cgroup has no rule of its own", -ENOENT);
	kill_rule(dev, rule);
	mod_delayed_work(tswap_wq, &dev->rules->work, 0);
	return 0;
}

struct tswap_rule *tswap_rule_get(struct tswap_dev *dev, u64 cgroup)
{
	return find_rule(dev, cgroup);
}

/* The first rule from *@index on whose cgroup is there; *@index becomes its index. */
struct tswap_rule *tswap_rule_next(struct tswap_dev *dev, unsigned long *index)
{
	struct tswap_rule *rule;

	if (!dev->rules)
		return NULL;
	rule = xa_find(&dev->rules->all, index, ULONG_MAX, XA_PRESENT);
	while (rule && !is_live(dev, rule))
		rule = xa_find_after(&dev->rules->all, index, ULONG_MAX, XA_PRESENT);
	return rule;
}

/* Report rules that have refused writes. */
void tswap_rules_report(struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;

	if (!dev->rules)
		return;
	xa_for_each(&dev->rules->all, index, rule) {
		if (!READ_ONCE(rule->say) || !is_live(dev, rule))
			continue;
		WRITE_ONCE(rule->say, false);
		tswap_ntf_cgroup(dev, rule, TSWAP_EVENT_NO_SPACE);
	}
}

/* The device is being removed: no rule is looked for any more. No lock. */
void tswap_rules_stop(struct tswap_dev *dev)
{
	if (dev->rules)
		cancel_delayed_work_sync(&dev->rules->work);
}

/* The leaves are gone, and so is everybody who looks. */
void tswap_rules_exit(struct tswap_dev *dev)
{
	struct tswap_rule *rule;
	unsigned long index;
	u32 i;

	if (!dev->rules)
		return;
	xa_for_each(&dev->rules->all, index, rule)
		free_rule(rule);
	xa_destroy(&dev->rules->all);
	for (i = 0; i < TSWAP_RULE_PAGES; i++)
		kfree(dev->rules->page[i]);
	free_percpu(dev->rules->last);
	kvfree(dev->rules);
}

#else /* !CONFIG_MEMCG */

u64 tswap_rule_cgroup(const struct tswap_rule *rule)
{
	return 0;
}

void tswap_rules_bury(struct tswap_dev *dev)
{
}

int tswap_rule_set(struct tswap_dev *dev, const struct tswap_rule_param *par,
		   struct netlink_ext_ack *extack)
{
	return refuse(extack, "this kernel has no memory cgroups", -EOPNOTSUPP);
}

int tswap_rule_del(struct tswap_dev *dev, u64 cgroup, struct netlink_ext_ack *extack)
{
	return refuse(extack, "this kernel has no memory cgroups", -EOPNOTSUPP);
}

struct tswap_rule *tswap_rule_get(struct tswap_dev *dev, u64 cgroup)
{
	return NULL;
}

struct tswap_rule *tswap_rule_next(struct tswap_dev *dev, unsigned long *index)
{
	return NULL;
}

void tswap_rules_report(struct tswap_dev *dev)
{
}

void tswap_rules_stop(struct tswap_dev *dev)
{
}

void tswap_rules_exit(struct tswap_dev *dev)
{
}

#endif /* CONFIG_MEMCG */
