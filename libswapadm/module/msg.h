/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The attributes of the tswap netlink family, as structs.
 *
 * One table a kind of object says how its fields travel; it serves both directions. Which
 * fields of a struct are set is in its @present mask, by attribute number. Nothing here
 * knows sockets.
 * Kernel ABI: tswap/uapi/linux/tswap.h, described by tswap/tswap.yaml (a test compares).
 */
#ifndef SWAPADM_TSWAP_MSG_H
#define SWAPADM_TSWAP_MSG_H

#include <linux/tswap.h>
#include <netlink/msg.h>

#include "base/util.h"

#define TSWAP_BIT(attr) (UINT64_C(1) << (attr))

struct tswap_device_msg {
	uint64_t present;
	uint32_t id;
	char name[TSWAP_NAME_MAX];
	uint64_t slots, used, room, short_slots;
	uint8_t overcommit, open, removing;
	uint32_t major, minor, clock, leaves, event;
	uint64_t meta_bytes, nospc, redirected, write_fails;
};

struct tswap_leaf_msg {
	uint64_t present;
	uint32_t device, id;
	int32_t fd;
	char tier[TSWAP_NAME_MAX];
	uint32_t rank, flags, state, type;
	char name[TSWAP_NAME_MAX];
	uint32_t major, minor;
	uint8_t uuid[16];
	char label[17];
	uint64_t pages, used, bad;
	uint64_t reads, writes, read_pages, write_pages, read_errors, write_errors, full;
	uint64_t read_lost, read_recovered, in_flight;
	uint32_t stalled_ms;
	uint64_t moved_in, moved_out, discarded;
	uint64_t read_ns, read_samples, write_ns, write_samples;
	uint32_t job, event;
};

struct tswap_tier_msg {
	uint64_t present;
	uint32_t device;
	char name[TSWAP_NAME_MAX];
	uint32_t rank, on_swapin, leaves, event;
	uint64_t pages, used;
};

/* only sent, never received */
struct tswap_slot_list {
	const struct tswap_slots *items; /* the caller's */
	size_t n;
};

struct tswap_job_msg {
	uint64_t present;
	uint32_t id, device, kind;
	uint32_t src_leaf, dst_leaf;
	char src_tier[TSWAP_NAME_MAX], dst_tier[TSWAP_NAME_MAX];
	uint32_t older_s;
	uint64_t limit_pages, rate_bytes_per_s;
	uint32_t action, state;
	uint64_t moved, left, lost, errors, needed; /* pages */
	uint64_t speed_bytes_per_s, elapsed_ms;
	uint32_t error;
	char error_text[128];
	uint32_t event;
	char went[64];
	uint64_t kept; /* pages */
	struct tswap_slot_list slots;
	uint32_t clock;
	char owner[64];
};

struct tswap_cgroup_msg {
	uint64_t present;
	uint32_t device;
	uint64_t id;
	uint32_t mode;
	char tiers[TSWAP_CGROUP_TIERS * TSWAP_NAME_MAX];
	uint64_t limit[TSWAP_CGROUP_TIERS], used[TSWAP_CGROUP_TIERS]; /* pages */
	uint32_t leaves[TSWAP_LEAF_MAX + 1];                          /* pages, by id */
	uint64_t other, refused;
	uint32_t event;
};

enum tswap_type {
	TSWAP_T_U8,
	TSWAP_T_U32,
	TSWAP_T_S32,
	TSWAP_T_U64,
	TSWAP_T_STRING,
	TSWAP_T_BINARY,
	TSWAP_T_SLOTS, /* struct tswap_slot_list: in as many attributes as it takes */
};

struct tswap_field {
	const char *name; /* as in tswap.yaml */
	uint16_t attr, offset, size;
	enum tswap_type type;
};

struct tswap_table {
	const char *name; /* attribute set of tswap.yaml */
	const struct tswap_field *fields;
	size_t n_fields;
	size_t size; /* of the struct */
};

extern const struct tswap_table tswap_device_table, tswap_leaf_table, tswap_tier_table,
	tswap_job_table, tswap_cgroup_table;

/* how many bytes the present fields of @object take in a message, or less */
size_t tswap_msg_size(const struct tswap_table *table, const void *object);

/**
 * tswap_msg_put() - append the present fields of @object to a message
 * Return: 0; -EMSGSIZE the message is full.
 */
int tswap_msg_put(struct nl_msg *msg, const struct tswap_table *table,
		  const void *object);

/**
 * tswap_msg_get() - attributes to struct
 * @attrs:   first attribute
 * @len:     bytes of attributes
 * @object:  cleared, then filled with what is there
 *
 * Unknown attributes are skipped: a newer module may send more.
 * Return: 0; -EBADMSG an attribute has the wrong length, or a string no end or no room.
 */
int tswap_msg_get(const struct nlattr *attrs, int len, const struct tswap_table *table,
		  void *object);

#endif
