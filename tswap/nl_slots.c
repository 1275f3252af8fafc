// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - generic netlink family "tswap": the slots that a job is for
 *
 * An attribute holds less than 64 KiB, a message any number of attributes: so the whole
 * list comes with the request that starts the job, and there is no job that waits for the
 * rest of its list when the one who sends it dies.
 */
#include <linux/mm.h>
#include <linux/slab.h>

#include "nl.h"

#define for_each_slots(nla, info, rem)                        \
	nla_for_each_attr(nla, genlmsg_data((info)->genlhdr), \
			  genlmsg_len((info)->genlhdr), rem)  \
		if (nla_type(nla) == TSWAP_A_JOB_SLOTS)

static int check_list(const struct tswap_slots *list, u32 nr, u32 slots,
		      struct netlink_ext_ack *extack)
{
	u64 free = 1;
	u32 i;

	for (i = 0; i < nr; i++) {
		u64 end = (u64)list[i].first + list[i].nr;

		if (list[i].first < free || !list[i].nr || end > slots)
			return refuse(
				extack,
				"slots have to be sorted, apart, and within the device",
				-EINVAL);
		free = end;
	}
	return 0;
}

/**
 * tswap_nl_read_slots() - the slots of a request
 * @info: request
 * @slots: of the device
 * @list: for the caller to kvfree(); NULL when the request has none
 * @nr: of its entries
 *
 * Return: 0; -EINVAL; -E2BIG more than TSWAP_SLOTS_LIST; -ENOMEM.
 */
int tswap_nl_read_slots(struct genl_info *info, u32 slots, struct tswap_slots **list,
			u32 *nr)
{
	const struct nlattr *nla;
	u64 bytes = 0;
	int rem, err;
	char *at;

	*list = NULL;
	*nr = 0;
	for_each_slots(nla, info, rem)
	{
		if (!nla_len(nla) || nla_len(nla) % sizeof(**list))
			return refuse(info->extack, "slots are pairs of numbers",
				      -EINVAL);
		bytes += nla_len(nla);
	}
	if (!bytes)
		return 0;
	if (bytes > TSWAP_SLOTS_LIST * sizeof(**list))
		return refuse(info->extack, "the list of slots is too long", -E2BIG);
	at = kvmalloc(bytes, GFP_KERNEL);
	if (!at)
		return refuse(info->extack, TSWAP_NO_MEMORY, -ENOMEM);
	*list = (struct tswap_slots *)at;
	*nr = bytes / sizeof(**list);
	for_each_slots(nla, info, rem)
	{
		memcpy(at, nla_data(nla), nla_len(nla));
		at += nla_len(nla);
	}
	err = check_list(*list, *nr, slots, info->extack);
	if (err) {
		kvfree(*list);
		*list = NULL;
	}
	return err;
}
