/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Requests of the family "tswap". Made by tests/vm/spec.py from tswap.yaml. */
/* clang-format off */

static const struct spec_attr device_add_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
	{ "slots", 4, SPEC_U64, 0, 0, 1 },
	{ "overcommit", 5, SPEC_U8, 1, 0, 1 },
};

static const struct spec_attr device_del_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
};

static const struct spec_attr device_set_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
	{ "overcommit", 5, SPEC_U8, 1, 0, 1 },
};

static const struct spec_attr device_get_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
};

static const struct spec_attr leaf_add_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "fd", 4, SPEC_U32, 0, 0, 1 },
	{ "tier", 5, SPEC_STRING, 0, 31, 1 },
	{ "rank", 6, SPEC_U32, 255, 0, 1 },
	{ "flags", 7, SPEC_U32, 3, 0, 1 },
	{ "state", 8, SPEC_U32, 6, 0, 1 },
};

static const struct spec_attr leaf_del_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U32, 0, 0, 1 },
};

static const struct spec_attr leaf_set_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U32, 0, 0, 1 },
	{ "state", 8, SPEC_U32, 6, 0, 1 },
	{ "flags", 7, SPEC_U32, 3, 0, 1 },
	{ "tier", 5, SPEC_STRING, 0, 31, 1 },
	{ "rank", 6, SPEC_U32, 255, 0, 1 },
};

static const struct spec_attr leaf_get_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U32, 0, 0, 1 },
};

static const struct spec_attr tier_set_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "name", 3, SPEC_STRING, 0, 31, 1 },
	{ "rank", 4, SPEC_U32, 255, 0, 1 },
	{ "on-swapin", 5, SPEC_U32, 2, 0, 1 },
};

static const struct spec_attr tier_get_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "name", 3, SPEC_STRING, 0, 31, 1 },
};

static const struct spec_attr job_start_attrs[] = {
	{ "device", 3, SPEC_U32, 0, 0, 1 },
	{ "kind", 4, SPEC_U32, 2, 0, 1 },
	{ "src-leaf", 5, SPEC_U32, 0, 0, 1 },
	{ "src-tier", 6, SPEC_STRING, 0, 31, 1 },
	{ "dst-leaf", 7, SPEC_U32, 0, 0, 1 },
	{ "dst-tier", 8, SPEC_STRING, 0, 31, 1 },
	{ "older", 9, SPEC_U32, 0, 0, 1 },
	{ "limit", 10, SPEC_U64, 0, 0, 1 },
	{ "rate", 11, SPEC_U64, 0, 0, 1 },
	{ "slots", 26, SPEC_BINARY, 0, 32768, 4 },
	{ "clock", 27, SPEC_U32, 0, 0, 1 },
	{ "owner", 28, SPEC_STRING, 0, 63, 1 },
};

static const struct spec_attr job_set_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
	{ "action", 12, SPEC_U32, 3, 0, 1 },
	{ "rate", 11, SPEC_U64, 0, 0, 1 },
};

static const struct spec_attr job_get_attrs[] = {
	{ "id", 2, SPEC_U32, 0, 0, 1 },
	{ "device", 3, SPEC_U32, 0, 0, 1 },
};

static const struct spec_attr cgroup_set_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U64, 0, 0, 1 },
	{ "mode", 4, SPEC_U32, 2, 0, 1 },
	{ "tiers", 5, SPEC_STRING, 0, 511, 1 },
	{ "limit", 6, SPEC_BINARY, 0, 128, 8 },
};

static const struct spec_attr cgroup_del_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U64, 0, 0, 1 },
};

static const struct spec_attr cgroup_get_attrs[] = {
	{ "device", 2, SPEC_U32, 0, 0, 1 },
	{ "id", 3, SPEC_U64, 0, 0, 1 },
};

static const struct spec_op spec_ops[] = {
	{ "device-add", 1, device_add_attrs, sizeof(device_add_attrs) / sizeof(*device_add_attrs), 0 },
	{ "device-del", 2, device_del_attrs, sizeof(device_del_attrs) / sizeof(*device_del_attrs), 0 },
	{ "device-set", 3, device_set_attrs, sizeof(device_set_attrs) / sizeof(*device_set_attrs), 0 },
	{ "device-get", 4, device_get_attrs, sizeof(device_get_attrs) / sizeof(*device_get_attrs), 1 },
	{ "leaf-add", 6, leaf_add_attrs, sizeof(leaf_add_attrs) / sizeof(*leaf_add_attrs), 0 },
	{ "leaf-del", 7, leaf_del_attrs, sizeof(leaf_del_attrs) / sizeof(*leaf_del_attrs), 0 },
	{ "leaf-set", 8, leaf_set_attrs, sizeof(leaf_set_attrs) / sizeof(*leaf_set_attrs), 0 },
	{ "leaf-get", 9, leaf_get_attrs, sizeof(leaf_get_attrs) / sizeof(*leaf_get_attrs), 1 },
	{ "tier-set", 11, tier_set_attrs, sizeof(tier_set_attrs) / sizeof(*tier_set_attrs), 0 },
	{ "tier-get", 12, tier_get_attrs, sizeof(tier_get_attrs) / sizeof(*tier_get_attrs), 1 },
	{ "job-start", 14, job_start_attrs, sizeof(job_start_attrs) / sizeof(*job_start_attrs), 0 },
	{ "job-set", 15, job_set_attrs, sizeof(job_set_attrs) / sizeof(*job_set_attrs), 0 },
	{ "job-get", 16, job_get_attrs, sizeof(job_get_attrs) / sizeof(*job_get_attrs), 1 },
	{ "cgroup-set", 18, cgroup_set_attrs, sizeof(cgroup_set_attrs) / sizeof(*cgroup_set_attrs), 0 },
	{ "cgroup-del", 19, cgroup_del_attrs, sizeof(cgroup_del_attrs) / sizeof(*cgroup_del_attrs), 0 },
	{ "cgroup-get", 20, cgroup_get_attrs, sizeof(cgroup_get_attrs) / sizeof(*cgroup_get_attrs), 1 },
};
