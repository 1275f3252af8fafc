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

/* nl_dump.c */
int tswap_nl_dump_devices(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_leaves(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_tiers(struct sk_buff *msg, struct netlink_callback *cb);
int tswap_nl_dump_jobs(struct sk_buff *msg, struct netlink_callback *cb);

#endif /* TSWAP_NL_H */
