/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"

#include <netlink/attr.h>

#include "module/msg.h"

static struct nl_msg *packed(const struct tswap_table *table, const void *object)
{
	struct nl_msg *msg = nlmsg_alloc();

	assert_non_null(nlmsg_put(msg, 0, 0, 42, 0, 0));
	assert_int_equal(tswap_msg_put(msg, table, object), 0);
	return msg;
}

static int unpack(struct nl_msg *msg, const struct tswap_table *table, void *object)
{
	struct nlmsghdr *hdr = nlmsg_hdr(msg);

	return tswap_msg_get(nlmsg_attrdata(hdr, 0), nlmsg_attrlen(hdr, 0), table,
			     object);
}

static void job_there_and_back(void **state)
{
	const struct tswap_job_msg job = {
		.present = TSWAP_BIT(TSWAP_A_JOB_KIND) | TSWAP_BIT(TSWAP_A_JOB_SRC_TIER) |
			   TSWAP_BIT(TSWAP_A_JOB_LIMIT) | TSWAP_BIT(TSWAP_A_JOB_OLDER),
		.kind = TSWAP_JOB_MIGRATE,
		.src_tier = "ssd",
		.limit_pages = UINT64_C(1) << 40,
		.older_s = 7,
		.rate_bytes_per_s = 99, /* not present: must not travel */
	};
	struct nl_msg *msg = packed(&tswap_job_table, &job);
	struct tswap_job_msg back;

	assert_int_equal(unpack(msg, &tswap_job_table, &back), 0);
	assert_int_equal(back.present, job.present);
	assert_int_equal(back.kind, TSWAP_JOB_MIGRATE);
	assert_string_equal(back.src_tier, "ssd");
	assert_int_equal(back.limit_pages, UINT64_C(1) << 40);
	assert_int_equal(back.older_s, 7);
	assert_int_equal(back.rate_bytes_per_s, 0);
	nlmsg_free(msg);
}

/* a list of slots comes in as many attributes as it takes, and is never read back */
static void slots_in_pieces(void **state)
{
	static struct tswap_slots list[2 * TSWAP_SLOTS_ATTR + 1];
	const struct tswap_job_msg job = {
		.present = TSWAP_BIT(TSWAP_A_JOB_SLOTS) | TSWAP_BIT(TSWAP_A_JOB_OWNER),
		.slots = { list, ARRAY_SIZE(list) },
		.owner = "cgroup /a",
	};
	size_t bytes = tswap_msg_size(&tswap_job_table, &job), n = 0, pieces = 0;
	struct nl_msg *msg = nlmsg_alloc_size(NLMSG_HDRLEN + bytes);
	struct tswap_job_msg back;
	struct nlattr *nla;
	int rest;

	for (size_t i = 0; i < ARRAY_SIZE(list); i++)
		list[i] = (struct tswap_slots){ (uint32_t)(3 * i + 1), 2 };
	nlmsg_put(msg, 0, 0, 42, 0, 0);
	assert_int_equal(tswap_msg_put(msg, &tswap_job_table, &job), 0);
	nlmsg_for_each_attr(nla, nlmsg_hdr(msg), 0, rest)
	{
		size_t len = (size_t)nla_len(nla);

		if (nla_type(nla) != TSWAP_A_JOB_SLOTS)
			continue;
		assert_true(len <= TSWAP_SLOTS_ATTR * sizeof(*list));
		assert_memory_equal(nla_data(nla), &list[n], len);
		n += len / sizeof(*list);
		pieces++;
	}
	assert_int_equal(n, ARRAY_SIZE(list));
	assert_int_equal(pieces, 3);
	assert_int_equal(unpack(msg, &tswap_job_table, &back), 0);
	assert_int_equal(back.present, TSWAP_BIT(TSWAP_A_JOB_OWNER));
	assert_string_equal(back.owner, "cgroup /a");
	assert_null(back.slots.items);
	nlmsg_free(msg);
}

static void binary_and_signed(void **state)
{
	struct tswap_leaf_msg leaf = {
		.present = TSWAP_BIT(TSWAP_A_LEAF_UUID) | TSWAP_BIT(TSWAP_A_LEAF_FD),
		.uuid = { 1, 2, 3, [15] = 16 },
		.fd = -3,
	};
	struct nl_msg *msg = packed(&tswap_leaf_table, &leaf);
	struct tswap_leaf_msg back;

	assert_int_equal(unpack(msg, &tswap_leaf_table, &back), 0);
	assert_memory_equal(back.uuid, leaf.uuid, sizeof(leaf.uuid));
	assert_int_equal(back.fd, -3);
	nlmsg_free(msg);
}

static void newer_attributes_are_skipped(void **state)
{
	const struct tswap_tier_msg tier = {
		.present = TSWAP_BIT(TSWAP_A_TIER_RANK),
		.rank = 4,
	};
	struct nl_msg *msg = packed(&tswap_tier_table, &tier);
	struct tswap_tier_msg back;

	nla_put_u32(msg, TSWAP_A_TIER_MAX + 5, 1);
	assert_int_equal(unpack(msg, &tswap_tier_table, &back), 0);
	assert_int_equal(back.present, tier.present);
	assert_int_equal(back.rank, 4);
	nlmsg_free(msg);
}

static void malformed_is_refused(void **state)
{
	static const char endless[TSWAP_NAME_MAX] = "0123456789012345678901234567890x";
	const struct {
		int attr, len;
		const void *data;
	} bad[] = {
		{ TSWAP_A_TIER_RANK, 2, "ab" },
		{ TSWAP_A_TIER_PAGES, 4, "abcd" },
		{ TSWAP_A_TIER_RANK, 0, "" },
		{ TSWAP_A_TIER_NAME, 3, "ssd" },
		{ TSWAP_A_TIER_NAME, sizeof(endless), endless },
		{ TSWAP_A_TIER_NAME, 40, "a\0toolongalthoughitends................" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		struct nl_msg *msg = nlmsg_alloc();
		struct tswap_tier_msg back;

		nlmsg_put(msg, 0, 0, 42, 0, 0);
		nla_put(msg, bad[i].attr, bad[i].len, bad[i].data);
		assert_int_equal(unpack(msg, &tswap_tier_table, &back), -EBADMSG);
		nlmsg_free(msg);
	}
}

static void truncated_is_refused(void **state)
{
	const struct tswap_tier_msg tier = {
		.present = TSWAP_BIT(TSWAP_A_TIER_NAME) | TSWAP_BIT(TSWAP_A_TIER_PAGES),
		.name = "hdd",
		.pages = 5,
	};
	struct nl_msg *msg = packed(&tswap_tier_table, &tier);
	struct nlmsghdr *hdr = nlmsg_hdr(msg);
	int full = nlmsg_attrlen(hdr, 0);
	struct tswap_tier_msg back;

	/* the first attribute takes 8 bytes; only cuts between attributes are whole */
	for (int len = 1; len < full; len++) {
		int r = tswap_msg_get(nlmsg_attrdata(hdr, 0), len, &tswap_tier_table,
				      &back);

		assert_int_equal(r, len == 8 ? 0 : -EBADMSG);
	}
	nlmsg_free(msg);
}

static void full_message(void **state)
{
	const struct tswap_tier_msg tier = { .present = TSWAP_BIT(TSWAP_A_TIER_NAME) };
	struct nl_msg *msg = nlmsg_alloc_size(20);

	nlmsg_put(msg, 0, 0, 42, 0, 0);
	assert_int_equal(tswap_msg_put(msg, &tswap_tier_table, &tier), -EMSGSIZE);
	nlmsg_free(msg);
}

/* "tswap-msg --tables" prints what check-tswap-spec.py compares with tswap.yaml */
static int print_tables(void)
{
	static const char *const types[] = { "u8",     "u32",    "s32",   "u64",
					     "string", "binary", "binary" };
	const struct tswap_table *const tables[] = { &tswap_device_table,
						     &tswap_leaf_table, &tswap_tier_table,
						     &tswap_job_table,
						     &tswap_cgroup_table };

	for (size_t t = 0; t < ARRAY_SIZE(tables); t++)
		for (size_t i = 0; i < tables[t]->n_fields; i++) {
			const struct tswap_field *field = &tables[t]->fields[i];

			printf("%s %s %u %s\n", tables[t]->name, field->name, field->attr,
			       types[field->type]);
		}
	return 0;
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(job_there_and_back),
		cmocka_unit_test(slots_in_pieces),
		cmocka_unit_test(binary_and_signed),
		cmocka_unit_test(newer_attributes_are_skipped),
		cmocka_unit_test(malformed_is_refused),
		cmocka_unit_test(truncated_is_refused),
		cmocka_unit_test(full_message),
	};

	if (argc > 1 && streq(argv[1], "--tables"))
		return print_tables();
	return cmocka_run_group_tests(tests, NULL, NULL);
}
