// SPDX-License-Identifier: GPL-2.0-or-later
#include "tswapc.h"

#include <err.h>
#include <string.h>

#define A(set, up, name, type)                   \
	{                                        \
		name, TSWAP_A_##set##_##up, type \
	}

static const struct attr device_attrs[] = {
	A(DEVICE, ID, "id", U32),
	A(DEVICE, NAME, "name", STR),
	A(DEVICE, SLOTS, "slots", U64),
	A(DEVICE, OVERCOMMIT, "overcommit", U8),
	A(DEVICE, USED, "used", U64),
	A(DEVICE, ROOM, "room", U64),
	A(DEVICE, SHORT, "short", U64),
	A(DEVICE, OPEN, "open", U8),
	A(DEVICE, MAJOR, "major", U32),
	A(DEVICE, MINOR, "minor", U32),
	A(DEVICE, CLOCK, "clock", U32),
	A(DEVICE, META_BYTES, "meta-bytes", U64),
	A(DEVICE, NOSPC, "nospc", U64),
	A(DEVICE, REDIRECTED, "redirected", U64),
	A(DEVICE, WRITE_FAILS, "write-fails", U64),
	A(DEVICE, LEAVES, "leaves", U32),
	A(DEVICE, EVENT, "event", U32),
	A(DEVICE, REMOVING, "removing", U8),
	{ 0 },
};

static const struct attr leaf_attrs[] = {
	A(LEAF, DEVICE, "device", U32),
	A(LEAF, ID, "id", U32),
	A(LEAF, FD, "fd", S32),
	A(LEAF, TIER, "tier", STR),
	A(LEAF, RANK, "rank", U32),
	A(LEAF, FLAGS, "flags", U32),
	A(LEAF, STATE, "state", U32),
	A(LEAF, TYPE, "type", U32),
	A(LEAF, NAME, "name", STR),
	A(LEAF, MAJOR, "major", U32),
	A(LEAF, MINOR, "minor", U32),
	A(LEAF, UUID, "uuid", BIN),
	A(LEAF, LABEL, "label", STR),
	A(LEAF, PAGES, "pages", U64),
	A(LEAF, USED, "used", U64),
	A(LEAF, BAD, "bad", U64),
	A(LEAF, READS, "reads", U64),
	A(LEAF, WRITES, "writes", U64),
	A(LEAF, READ_PAGES, "read-pages", U64),
	A(LEAF, WRITE_PAGES, "write-pages", U64),
	A(LEAF, READ_ERRORS, "read-errors", U64),
	A(LEAF, READ_LOST, "read-lost", U64),
	A(LEAF, READ_RECOVERED, "read-recovered", U64),
	A(LEAF, IN_FLIGHT, "in-flight", U64),
	A(LEAF, STALLED_MS, "stalled-ms", U32),
	A(LEAF, WRITE_ERRORS, "write-errors", U64),
	A(LEAF, FULL, "full", U64),
	A(LEAF, MOVED_IN, "moved-in", U64),
	A(LEAF, MOVED_OUT, "moved-out", U64),
	A(LEAF, DISCARDED, "discarded", U64),
	A(LEAF, READ_NS, "read-ns", U64),
	A(LEAF, READ_SAMPLES, "read-samples", U64),
	A(LEAF, WRITE_NS, "write-ns", U64),
	A(LEAF, WRITE_SAMPLES, "write-samples", U64),
	A(LEAF, JOB, "job", U32),
	A(LEAF, EVENT, "event", U32),
	{ 0 },
};

static const struct attr tier_attrs[] = {
	A(TIER, DEVICE, "device", U32),
	A(TIER, NAME, "name", STR),
	A(TIER, RANK, "rank", U32),
	A(TIER, ON_SWAPIN, "on-swapin", U32),
	A(TIER, LEAVES, "leaves", U32),
	A(TIER, PAGES, "pages", U64),
	A(TIER, USED, "used", U64),
	A(TIER, EVENT, "event", U32),
	{ 0 },
};

static const struct attr job_attrs[] = {
	A(JOB, ID, "id", U32),
	A(JOB, DEVICE, "device", U32),
	A(JOB, KIND, "kind", U32),
	A(JOB, SRC_LEAF, "src-leaf", U32),
	A(JOB, SRC_TIER, "src-tier", STR),
	A(JOB, DST_LEAF, "dst-leaf", U32),
	A(JOB, DST_TIER, "dst-tier", STR),
	A(JOB, OLDER, "older", U32),
	A(JOB, LIMIT, "limit", U64),
	A(JOB, RATE, "rate", U64),
	A(JOB, ACTION, "action", U32),
	A(JOB, STATE, "state", U32),
	A(JOB, MOVED, "moved", U64),
	A(JOB, LEFT, "left", U64),
	A(JOB, LOST, "lost", U64),
	A(JOB, ERRORS, "errors", U64),
	A(JOB, NEEDED, "needed", U64),
	A(JOB, SPEED, "speed", U64),
	A(JOB, ELAPSED, "elapsed", U64),
	A(JOB, ERROR, "error", U32),
	A(JOB, ERROR_TEXT, "error-text", STR),
	A(JOB, WENT, "went", STR),
	A(JOB, EVENT, "event", U32),
	A(JOB, KEPT, "kept", U64),
	A(JOB, SLOTS, "slots", SLOTS),
	A(JOB, CLOCK, "clock", U32),
	A(JOB, OWNER, "owner", STR),
	{ 0 },
};

static const struct attr cgroup_attrs[] = {
	A(CGROUP, DEVICE, "device", U32),
	A(CGROUP, ID, "id", U64),
	A(CGROUP, MODE, "mode", U32),
	A(CGROUP, TIERS, "tiers", STR),
	A(CGROUP, LIMIT, "limit", U64S),
	A(CGROUP, USED, "used", U64S),
	A(CGROUP, LEAVES, "leaves", U32S),
	A(CGROUP, OTHER, "other", U64),
	A(CGROUP, REFUSED, "refused", U64),
	A(CGROUP, EVENT, "event", U32),
	{ 0 },
};

const struct command commands[] = {
	{ "device-add", TSWAP_CMD_DEVICE_ADD, device_attrs },
	{ "device-del", TSWAP_CMD_DEVICE_DEL, device_attrs },
	{ "device-set", TSWAP_CMD_DEVICE_SET, device_attrs },
	{ "device-get", TSWAP_CMD_DEVICE_GET, device_attrs },
	{ "device-ntf", TSWAP_CMD_DEVICE_NTF, device_attrs },
	{ "leaf-add", TSWAP_CMD_LEAF_ADD, leaf_attrs },
	{ "leaf-del", TSWAP_CMD_LEAF_DEL, leaf_attrs },
	{ "leaf-set", TSWAP_CMD_LEAF_SET, leaf_attrs },
	{ "leaf-get", TSWAP_CMD_LEAF_GET, leaf_attrs },
	{ "leaf-ntf", TSWAP_CMD_LEAF_NTF, leaf_attrs },
	{ "tier-set", TSWAP_CMD_TIER_SET, tier_attrs },
	{ "tier-get", TSWAP_CMD_TIER_GET, tier_attrs },
	{ "tier-ntf", TSWAP_CMD_TIER_NTF, tier_attrs },
	{ "job-start", TSWAP_CMD_JOB_START, job_attrs },
	{ "job-set", TSWAP_CMD_JOB_SET, job_attrs },
	{ "job-get", TSWAP_CMD_JOB_GET, job_attrs },
	{ "job-ntf", TSWAP_CMD_JOB_NTF, job_attrs },
	{ "cgroup-set", TSWAP_CMD_CGROUP_SET, cgroup_attrs },
	{ "cgroup-del", TSWAP_CMD_CGROUP_DEL, cgroup_attrs },
	{ "cgroup-get", TSWAP_CMD_CGROUP_GET, cgroup_attrs },
	{ "cgroup-ntf", TSWAP_CMD_CGROUP_NTF, cgroup_attrs },
	{ 0 },
};

const struct command *find_command(const char *name)
{
	const struct command *c = commands;

	while (c->name && strcmp(c->name, name))
		c++;
	if (!c->name)
		errx(2, "%s: no such command", name);
	return c;
}
