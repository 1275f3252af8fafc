/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Why nothing more leaves memory. */
#include "kernel/cgroupid.h"
#include "paging/paging.h"
#include "usage/rules.h"

#define WORTH_BYTES (UINT64_C(1) << 20)
#define LOOK_NS     UINT64_C(500000000)
#define LOOKS_MAX   4 /* in a row with refused writes, hardly a page moved */
#define SOME_BYTES  (UINT64_C(256) << 10)

static bool group_of(struct paging *pull, char path[4096])
{
	snprintf(path, 4096, "%s", pull->cgroup);
	return *path || (pull->mount.version &&
			 !memcg_of_pid(pull->ctx, &pull->mount, pull->pid, path, 4096));
}

/* the rule of a group in the one that is meant, or the one that holds for that */
static bool is_rule_of(struct paging *pull, const struct tswap_cgroup_msg *rule,
		       const struct tswap_cgroup_msg *own)
{
	char path[512];

	if (rule == own || !*pull->cgroup)
		return rule == own;
	cgroupid_name(pull->ctx, rule->id, path, sizeof(path));
	return paging_has_cgroup(pull, path);
}

/* @of, @tiers: of a rule that refused writes since; or NULL */
static void look(struct paging *pull, struct paging_refused *out, uint64_t since,
		 char of[4096], char **tiers)
{
	const struct tswap_cgroup_msg *own = NULL, *worst = NULL;
	struct snapshot state;
	char path[4096];

	*out = (struct paging_refused){ 0 };
	usage_rules_read(pull->ctx, &state);
	if (state.n_rules && group_of(pull, path))
		own = usage_rules_of(pull->ctx, &state, &pull->mount, path);
	for (size_t i = 0; i < state.n_rules; i++) {
		const struct tswap_cgroup_msg *rule = &state.rules[i];

		if (!is_rule_of(pull, rule, own))
			continue;
		out->by_rule += rule->refused;
		if (!worst || rule->refused > worst->refused)
			worst = rule;
	}
	out->by_device = state.device.nospc;
	if (tiers && worst && out->by_rule > since) {
		if (worst == own)
			snprintf(of, 4096, "%s", path);
		else
			cgroupid_name(pull->ctx, worst->id, of, 4096);
		*tiers = usage_rule_tiers(worst);
	}
	snapshot_free(&state);
}

void paging_refused_begin(struct paging *pull)
{
	look(pull, &pull->refused.first, 0, NULL, NULL);
	pull->refused.last = pull->refused.first;
	pull->refused.looked_ns = monotonic_ns();
	pull->refused.moved_bytes = pull->job.rec->p.moved_bytes;
	pull->refused.n_looks = 0;
}

/* one group of a tree is full: others go on; what is pushed again counts down first */
static bool moves_still(struct paging *pull)
{
	uint64_t moved = pull->job.rec->p.moved_bytes, before = pull->refused.moved_bytes;

	if (moved >= before && moved - before < SOME_BYTES)
		return false;
	pull->refused.moved_bytes = moved;
	return moved > before;
}

bool paging_is_refused(struct paging *pull)
{
	struct paging_refused now;

	if (monotonic_ns() - pull->refused.looked_ns < LOOK_NS)
		return pull->refused.n_looks >= LOOKS_MAX;
	look(pull, &now, 0, NULL, NULL);
	if (!moves_still(pull) && (now.by_rule > pull->refused.last.by_rule ||
				   now.by_device > pull->refused.last.by_device))
		pull->refused.n_looks++;
	else
		pull->refused.n_looks = 0;
	pull->refused.last = now;
	pull->refused.looked_ns = monotonic_ns();
	return pull->refused.n_looks >= LOOKS_MAX;
}

bool paging_was_refused(struct paging *pull)
{
	struct paging_refused now;

	look(pull, &now, 0, NULL, NULL);
	return now.by_rule > pull->refused.first.by_rule ||
	       now.by_device > pull->refused.first.by_device;
}

/* @tightest: the group with the least room, the group itself or one above it */
static uint64_t swap_room_bytes(struct paging *pull, char tightest[4096])
{
	uint64_t least = MEMCG_NO_LIMIT;
	char path[4096], *slash;
	struct memcg cg;

	if (!group_of(pull, path))
		return least;
	do {
		if (!memcg_read(pull->ctx, &pull->mount, path, &cg) &&
		    memcg_swap_room_bytes(&cg) < least) {
			least = memcg_swap_room_bytes(&cg);
			memcpy(tightest, path, sizeof(path));
		}
		slash = path[1] ? strrchr(path, '/') : NULL;
		if (slash)
			slash[slash == path] = '\0';
	} while (slash);
	return least;
}

uint64_t paging_swap_room_bytes(struct paging *pull)
{
	char path[4096];

	return swap_room_bytes(pull, path);
}

static bool is_swap_full(struct paging *pull)
{
	uint64_t bytes;

	return !paging_free_bytes(pull, &bytes) && bytes < WORTH_BYTES;
}

/* version 1 alone has one of each group */
static bool never_swaps(struct paging *pull, char path[4096])
{
	struct memcg cg;

	return pull->mount.version == 1 && group_of(pull, path) &&
	       !memcg_read(pull->ctx, &pull->mount, path, &cg) && cg.never_swaps;
}

bool paging_why_stuck(struct paging *pull, char *buf, size_t size)
{
	_cleanup_free_ char *tiers = NULL;
	struct paging_refused now;
	char path[4096];

	look(pull, &now, pull->refused.first.by_rule, path, &tiers);
	if (tiers)
		snprintf(buf, size, "cgroup %.100s has no room in its tiers (%.60s)",
			 path, tiers);
	else if (now.by_device > pull->refused.first.by_device)
		snprintf(buf, size, "no device of the tiers has room");
	else if (swap_room_bytes(pull, path) < WORTH_BYTES)
		snprintf(buf, size, "cgroup %.100s is at its memory.swap.max", path);
	else if (is_swap_full(pull))
		snprintf(buf, size, "swap is full");
	else if (never_swaps(pull, path))
		snprintf(buf, size, "memory.swappiness of cgroup %.100s is 0", path);
	else
		return false;
	return true;
}
