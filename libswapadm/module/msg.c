/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/msg.h"

#include <netlink/attr.h>

#define FIELD(object, set, yaml, attr_name, field, t)                      \
	{                                                                  \
		.name = (yaml), .attr = TSWAP_A_##set##_##attr_name,       \
		.offset = offsetof(struct tswap_##object##_msg, field),    \
		.size = sizeof(((struct tswap_##object##_msg *)0)->field), \
		.type = TSWAP_T_##t                                        \
	}
#define TABLE(object)                                        \
	const struct tswap_table tswap_##object##_table = {  \
		.name = #object,                             \
		.fields = object##_fields,                   \
		.n_fields = ARRAY_SIZE(object##_fields),     \
		.size = sizeof(struct tswap_##object##_msg), \
	}

#define DEVICE(yaml, attr, field, t) FIELD(device, DEVICE, yaml, attr, field, t)
static const struct tswap_field device_fields[] = {
	DEVICE("id", ID, id, U32),
	DEVICE("name", NAME, name, STRING),
	DEVICE("slots", SLOTS, slots, U64),
	DEVICE("overcommit", OVERCOMMIT, overcommit, U8),
	DEVICE("used", USED, used, U64),
	DEVICE("room", ROOM, room, U64),
	DEVICE("short", SHORT, short_slots, U64),
	DEVICE("open", OPEN, open, U8),
	DEVICE("major", MAJOR, major, U32),
	DEVICE("minor", MINOR, minor, U32),
	DEVICE("clock", CLOCK, clock, U32),
	DEVICE("meta-bytes", META_BYTES, meta_bytes, U64),
	DEVICE("nospc", NOSPC, nospc, U64),
	DEVICE("redirected", REDIRECTED, redirected, U64),
	DEVICE("write-fails", WRITE_FAILS, write_fails, U64),
	DEVICE("leaves", LEAVES, leaves, U32),
	DEVICE("event", EVENT, event, U32),
	DEVICE("removing", REMOVING, removing, U8),
};
TABLE(device);

#define LEAF(yaml, attr, field, t) FIELD(leaf, LEAF, yaml, attr, field, t)
static const struct tswap_field leaf_fields[] = {
	LEAF("device", DEVICE, device, U32),
	LEAF("id", ID, id, U32),
	LEAF("fd", FD, fd, S32),
	LEAF("tier", TIER, tier, STRING),
	LEAF("rank", RANK, rank, U32),
	LEAF("flags", FLAGS, flags, U32),
	LEAF("state", STATE, state, U32),
	LEAF("type", TYPE, type, U32),
	LEAF("name", NAME, name, STRING),
	LEAF("major", MAJOR, major, U32),
	LEAF("minor", MINOR, minor, U32),
	LEAF("uuid", UUID, uuid, BINARY),
	LEAF("label", LABEL, label, STRING),
	LEAF("pages", PAGES, pages, U64),
	LEAF("used", USED, used, U64),
	LEAF("bad", BAD, bad, U64),
	LEAF("reads", READS, reads, U64),
	LEAF("writes", WRITES, writes, U64),
	LEAF("read-pages", READ_PAGES, read_pages, U64),
	LEAF("write-pages", WRITE_PAGES, write_pages, U64),
	LEAF("read-errors", READ_ERRORS, read_errors, U64),
	LEAF("write-errors", WRITE_ERRORS, write_errors, U64),
	LEAF("full", FULL, full, U64),
	LEAF("moved-in", MOVED_IN, moved_in, U64),
	LEAF("moved-out", MOVED_OUT, moved_out, U64),
	LEAF("discarded", DISCARDED, discarded, U64),
	LEAF("read-ns", READ_NS, read_ns, U64),
	LEAF("read-samples", READ_SAMPLES, read_samples, U64),
	LEAF("write-ns", WRITE_NS, write_ns, U64),
	LEAF("write-samples", WRITE_SAMPLES, write_samples, U64),
	LEAF("job", JOB, job, U32),
	LEAF("event", EVENT, event, U32),
	LEAF("read-lost", READ_LOST, read_lost, U64),
	LEAF("read-recovered", READ_RECOVERED, read_recovered, U64),
	LEAF("in-flight", IN_FLIGHT, in_flight, U64),
	LEAF("stalled-ms", STALLED_MS, stalled_ms, U32),
};
TABLE(leaf);

#define TIER(yaml, attr, field, t) FIELD(tier, TIER, yaml, attr, field, t)
static const struct tswap_field tier_fields[] = {
	TIER("device", DEVICE, device, U32), TIER("name", NAME, name, STRING),
	TIER("rank", RANK, rank, U32),       TIER("on-swapin", ON_SWAPIN, on_swapin, U32),
	TIER("leaves", LEAVES, leaves, U32), TIER("pages", PAGES, pages, U64),
	TIER("used", USED, used, U64),       TIER("event", EVENT, event, U32),
};
TABLE(tier);

#define JOB(yaml, attr, field, t) FIELD(job, JOB, yaml, attr, field, t)
static const struct tswap_field job_fields[] = {
	JOB("id", ID, id, U32),
	JOB("device", DEVICE, device, U32),
	JOB("kind", KIND, kind, U32),
	JOB("src-leaf", SRC_LEAF, src_leaf, U32),
	JOB("src-tier", SRC_TIER, src_tier, STRING),
	JOB("dst-leaf", DST_LEAF, dst_leaf, U32),
	JOB("dst-tier", DST_TIER, dst_tier, STRING),
	JOB("older", OLDER, older_s, U32),
	JOB("limit", LIMIT, limit_pages, U64),
	JOB("rate", RATE, rate_bytes_per_s, U64),
	JOB("action", ACTION, action, U32),
	JOB("state", STATE, state, U32),
	JOB("moved", MOVED, moved, U64),
	JOB("left", LEFT, left, U64),
	JOB("lost", LOST, lost, U64),
	JOB("errors", ERRORS, errors, U64),
	JOB("needed", NEEDED, needed, U64),
	JOB("speed", SPEED, speed_bytes_per_s, U64),
	JOB("elapsed", ELAPSED, elapsed_ms, U64),
	JOB("error", ERROR, error, U32),
	JOB("error-text", ERROR_TEXT, error_text, STRING),
	JOB("event", EVENT, event, U32),
	JOB("went", WENT, went, STRING),
	JOB("kept", KEPT, kept, U64),
	JOB("slots", SLOTS, slots, SLOTS),
	JOB("clock", CLOCK, clock, U32),
	JOB("owner", OWNER, owner, STRING),
};
TABLE(job);

#define CGROUP(yaml, attr, field, t) FIELD(cgroup, CGROUP, yaml, attr, field, t)
static const struct tswap_field cgroup_fields[] = {
	CGROUP("device", DEVICE, device, U32),    CGROUP("id", ID, id, U64),
	CGROUP("mode", MODE, mode, U32),          CGROUP("tiers", TIERS, tiers, STRING),
	CGROUP("limit", LIMIT, limit, BINARY),    CGROUP("used", USED, used, BINARY),
	CGROUP("leaves", LEAVES, leaves, BINARY), CGROUP("other", OTHER, other, U64),
	CGROUP("refused", REFUSED, refused, U64), CGROUP("event", EVENT, event, U32),
};
TABLE(cgroup);

static int put_slots(struct nl_msg *msg, int attr, const struct tswap_slot_list *list)
{
	for (size_t i = 0; i < list->n; i += TSWAP_SLOTS_ATTR) {
		size_t n = list->n - i < TSWAP_SLOTS_ATTR ? list->n - i
							  : TSWAP_SLOTS_ATTR;

		if (nla_put(msg, attr, (int)(n * sizeof(*list->items)), &list->items[i]))
			return -EMSGSIZE;
	}
	return 0;
}

static int put_field(struct nl_msg *msg, const struct tswap_field *field,
		     const void *value)
{
	size_t len = field->size;

	if (field->type == TSWAP_T_SLOTS)
		return put_slots(msg, field->attr, value);
	if (field->type == TSWAP_T_STRING)
		len = strnlen(value, field->size - 1) + 1;
	return nla_put(msg, field->attr, (int)len, value) ? -EMSGSIZE : 0;
}

static size_t field_size(const struct tswap_field *field, const void *value)
{
	const struct tswap_slot_list *list = value;

	if (field->type != TSWAP_T_SLOTS)
		return (size_t)nla_total_size((int)field->size);
	return list->n * sizeof(*list->items) +
	       (list->n / TSWAP_SLOTS_ATTR + 1) * NLA_HDRLEN;
}

size_t tswap_msg_size(const struct tswap_table *table, const void *object)
{
	uint64_t present;
	size_t bytes = 0;

	memcpy(&present, object, sizeof(present)); /* first member of each struct */
	for (size_t i = 0; i < table->n_fields; i++)
		if (present & TSWAP_BIT(table->fields[i].attr))
			bytes += field_size(&table->fields[i],
					    (const char *)object +
						    table->fields[i].offset);
	return bytes;
}

int tswap_msg_put(struct nl_msg *msg, const struct tswap_table *table, const void *object)
{
	uint64_t present;

	memcpy(&present, object, sizeof(present)); /* first member of each struct */
	for (size_t i = 0; i < table->n_fields; i++) {
		const struct tswap_field *field = &table->fields[i];

		if (!(present & TSWAP_BIT(field->attr)))
			continue;
		if (put_field(msg, field, (const char *)object + field->offset))
			return -EMSGSIZE;
	}
	return 0;
}

static const struct tswap_field *find_field(const struct tswap_table *table, int attr)
{
	for (size_t i = 0; i < table->n_fields; i++)
		if (table->fields[i].attr == attr)
			return &table->fields[i];
	return NULL;
}

static int get_field(const struct nlattr *nla, const struct tswap_field *field,
		     void *value)
{
	size_t len = (size_t)nla_len(nla);

	if (field->type == TSWAP_T_STRING) {
		if (!memchr(nla_data(nla), '\0', len) || len > field->size)
			return -EBADMSG;
	} else if (len != field->size) {
		return -EBADMSG;
	}
	memcpy(value, nla_data(nla), len);
	return 0;
}

int tswap_msg_get(const struct nlattr *attrs, int len, const struct tswap_table *table,
		  void *object)
{
	const struct nlattr *nla;
	uint64_t present = 0;
	int rest;

	memset(object, 0, table->size);
	nla_for_each_attr(nla, attrs, len, rest) {
		const struct tswap_field *field = find_field(table, nla_type(nla));

		if (!field || field->type == TSWAP_T_SLOTS)
			continue;
		if (get_field(nla, field, (char *)object + field->offset))
			return -EBADMSG;
		present |= TSWAP_BIT(field->attr);
	}
	if (rest > 0)
		return -EBADMSG; /* what is left is shorter than it says */
	memcpy(object, &present, sizeof(present));
	return 0;
}
