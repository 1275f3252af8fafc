/* SPDX-License-Identifier: GPL-2.0-only */
/*
 * tswap - inside of the netlink family: what requests, dumps and notifications share
 */
#ifndef TSWAP_NL_H
#define TSWAP_NL_H

#include <net/genetlink.h>

#include "tswap.h"

/* netlink.c */
extern struct genl_family tswap_family;
struct sk_buff *tswap_nl_reply_begin(struct genl_info *info, void **hdr);
int tswap_nl_reply_end(struct genl_info *info, struct sk_buff *msg, void *hdr, int err);

/* nl_put.c: what is known of an object; 0 or -EMSGSIZE. dev->lock, but for jobs. */
int tswap_nl_put_device_name(struct sk_buff *msg, struct tswap_dev *dev);
int tswap_nl_put_device(struct sk_buff *msg, struct tswap_dev *dev);
int tswap_nl_put_leaf(struct sk_buff *msg, struct tswap_leaf *leaf);
int tswap_nl_put_leaf_stats(struct sk_buff *msg, struct tswap_leaf *leaf); /* no lock */
int tswap_nl_put_tier(struct sk_buff *msg, struct tswap_dev *dev,
		      struct tswap_tier *tier);
int tswap_nl_put_job(struct sk_buff *msg, const struct tswap_job_info *job);

/* nl_event.c */
u32 tswap_nl_generation(void);
struct sk_buff *tswap_nl_ntf_begin(u8 cmd, enum tswap_event event, void **hdr);
void tswap_nl_ntf_end(struct sk_buff *msg, void *hdr, int err);

/* nl_dump.c */
int tswap_nl_dump_devices(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_leaves(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_tiers(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_jobs(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_rules(struct sk_buff *msg, struct netlink_callback *cb);
void *tswap_nl_dump_header(struct sk_buff *msg, struct netlink_callback *cb, u8 cmd);
int tswap_nl_dump_one(struct sk_buff *msg, void *hdr, int err);

/* nl_cgroup.c */
extern const struct nla_policy tswap_cgroup_set_policy[TSWAP_A_CGROUP_LIMIT + 1];
extern const struct nla_policy tswap_cgroup_id_policy[TSWAP_A_CGROUP_ID + 1];
int tswap_nl_cgroup_set(struct sk_buff *skb, struct genl_info *info);
int tswap_nl_cgroup_del(struct sk_buff *skb, struct genl_info *info);
int tswap_nl_cgroup_get(struct sk_buff *skb, struct genl_info *info);
int tswap_nl_put_rules(struct sk_buff *msg, struct netlink_callback *cb,
		       struct tswap_dev *dev);

/* nl_slots.c */
int tswap_nl_read_slots(struct genl_info *info, u32 slots, struct tswap_slots **list,
			u32 *nr);

#endif /* TSWAP_NL_H */
