// SPDX-License-Identifier: GPL-2.0-only
/*
 * tswap - notifications, to the multicast group "events"
 *
 * Sent from process context only; what the I/O path has to report goes through the event
 * work of the device. Nobody waits for a listener: who does not keep up gets ENOBUFS and
 * reads the state again.
 */
#include "nl.h"

static atomic_t generation = ATOMIC_INIT(1);

u32 tswap_nl_generation(void)
{
	return atomic_read(&generation);
}

/* Objects came or went: a dump in progress is marked: it may have missed one. */
void tswap_generation_bump(void)
{
	if (!atomic_inc_return(&generation))
		atomic_inc(&generation); /* 0 would switch the check off */
}

/* A message about an object; NULL if nobody listens, or without memory. */
struct sk_buff *tswap_nl_ntf_begin(u8 cmd, enum tswap_event event, void **hdr)
{
	struct sk_buff *msg;

	if (event == TSWAP_EVENT_ADDED || event == TSWAP_EVENT_REMOVED)
		tswap_generation_bump();
	if (!genl_has_listeners(&tswap_family, &init_net, 0))
		return NULL;
	msg = genlmsg_new(GENLMSG_DEFAULT_SIZE, GFP_KERNEL);
	if (!msg)
		return NULL;
	*hdr = genlmsg_put(msg, 0, 0, &tswap_family, 0, cmd);
	if (*hdr)
		return msg;
	nlmsg_free(msg);
	return NULL;
}

void tswap_nl_ntf_end(struct sk_buff *msg, void *hdr, int err)
{
	if (err) {
		nlmsg_free(msg);
		return;
	}
	genlmsg_end(msg, hdr);
	genlmsg_multicast(&tswap_family, msg, 0, 0, GFP_KERNEL);
}

/* Report a device to the multicast group; dev->lock held. */
void tswap_ntf_device(struct tswap_dev *dev, enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = tswap_nl_ntf_begin(TSWAP_CMD_DEVICE_NTF, event, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_DEVICE_EVENT, event);
	if (!err)
		err = event == TSWAP_EVENT_REMOVED ? tswap_nl_put_device_name(msg, dev)
						   : tswap_nl_put_device(msg, dev);
	tswap_nl_ntf_end(msg, hdr, err);
}

/* Report a leaf; dev->lock held. */
void tswap_ntf_leaf(struct tswap_leaf *leaf, enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = tswap_nl_ntf_begin(TSWAP_CMD_LEAF_NTF, event, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_LEAF_EVENT, event) ?:
	      tswap_nl_put_leaf(msg, leaf) ?:
	      tswap_nl_put_leaf_stats(msg, leaf);
	tswap_nl_ntf_end(msg, hdr, err);
}

/* Report a tier; dev->lock held. */
void tswap_ntf_tier(struct tswap_dev *dev, struct tswap_tier *tier,
		    enum tswap_event event)
{
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = tswap_nl_ntf_begin(TSWAP_CMD_TIER_NTF, event, &hdr);
	if (!msg)
		return;
	err = nla_put_u32(msg, TSWAP_A_TIER_EVENT, event)
		      ?: tswap_nl_put_tier(msg, dev, tier);
	tswap_nl_ntf_end(msg, hdr, err);
}

/* Report a job. */
void tswap_ntf_job(u32 id, enum tswap_event event)
{
	struct tswap_job_info job;
	struct sk_buff *msg;
	void *hdr;
	int err;

	msg = tswap_nl_ntf_begin(TSWAP_CMD_JOB_NTF, event, &hdr);
	if (!msg)
		return;
	err = tswap_job_info(id, &job);
	if (!err)
		err = nla_put_u32(msg, TSWAP_A_JOB_EVENT, event)
			      ?: tswap_nl_put_job(msg, &job);
	tswap_nl_ntf_end(msg, hdr, err);
}
