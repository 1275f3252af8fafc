/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Attributes of the tswap family, as a module of any version may send them; the first
 * byte says which object. What was understood is sent and received again as the same.
 */
#include <string.h>

#include "fuzz.h"
#include "module/msg.h"

static const struct tswap_table *const tables[] = {
	&tswap_device_table, &tswap_leaf_table,   &tswap_tier_table,
	&tswap_job_table,    &tswap_cgroup_table,
};

union object {
	struct tswap_device_msg device;
	struct tswap_leaf_msg leaf;
	struct tswap_tier_msg tier;
	struct tswap_job_msg job;
	struct tswap_cgroup_msg cgroup;
};

static struct nl_msg *message_of(const struct tswap_table *table,
				 const union object *object)
{
	size_t bytes = tswap_msg_size(table, object);
	struct nl_msg *msg = nlmsg_alloc_size(NLMSG_HDRLEN + bytes);

	MUST(msg);
	MUST(nlmsg_put(msg, 0, 0, 0, 0, 0));
	MUST(tswap_msg_put(msg, table, object) == 0);
	return msg;
}

static void send_again(const struct tswap_table *table, const union object *object)
{
	struct nl_msg *first = message_of(table, object), *second;
	struct nlmsghdr *a = nlmsg_hdr(first), *b;
	static union object again;

	MUST(tswap_msg_get(nlmsg_attrdata(a, 0), nlmsg_attrlen(a, 0), table, &again) ==
	     0);
	second = message_of(table, &again);
	b = nlmsg_hdr(second);
	MUST(a->nlmsg_len == b->nlmsg_len && memcmp(a, b, a->nlmsg_len) == 0);
	nlmsg_free(first);
	nlmsg_free(second);
}

/* slots are only sent, in as many attributes as they need; the bytes stand for some */
static void send_slots(union object *object, const uint8_t *data, size_t size)
{
	static struct tswap_slots items[3 * TSWAP_SLOTS_ATTR];
	size_t n = size / sizeof(*items);

	memcpy(items, data, n * sizeof(*items));
	object->job.present |= TSWAP_BIT(TSWAP_A_JOB_SLOTS);
	object->job.slots.items = items;
	object->job.slots.n = size % 2 ? ARRAY_SIZE(items) : n;
	nlmsg_free(message_of(&tswap_job_table, object));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static union object object;
	const struct tswap_table *table;
	_cleanup_free_ void *attrs = NULL;
	int r;

	if (!size)
		return 0;
	table = tables[*data % ARRAY_SIZE(tables)];
	attrs = malloc(size); /* aligned, as a socket's buffer is */
	MUST(attrs);
	memcpy(attrs, data + 1, size - 1);
	r = tswap_msg_get(attrs, (int)size - 1, table, &object);
	MUST(r == 0 || r == -EBADMSG);
	if (r == 0) {
		send_again(table, &object);
		if (table == &tswap_job_table)
			send_slots(&object, data, size);
	}
	return 0;
}
