/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "jsonout.h"

#include <string.h>

#include "text.h"

static void add(struct json_object *o, const char *key, struct json_object *value)
{
	json_object_object_add(o, key, value);
}

static struct json_object *new_string(const char *text)
{
	_cleanup_free_ char *copy = text && *text ? strdup(text) : NULL;

	return copy ? json_object_new_string(text_utf8(copy)) : NULL;
}

void json_text(struct json_object *o, const char *key, const char *text)
{
	add(o, key, new_string(text));
}

void json_u64(struct json_object *o, const char *key, uint64_t value)
{
	add(o, key, json_object_new_uint64(value));
}

void json_u64_if(struct json_object *o, const char *key, bool known, uint64_t value)
{
	add(o, key, known ? json_object_new_uint64(value) : NULL);
}

void json_i64(struct json_object *o, const char *key, int64_t value)
{
	add(o, key, json_object_new_int64(value));
}

void json_i64_if(struct json_object *o, const char *key, bool known, int64_t value)
{
	add(o, key, known ? json_object_new_int64(value) : NULL);
}

void json_flag(struct json_object *o, const char *key, bool value)
{
	add(o, key, json_object_new_boolean(value));
}

void json_ratio_if(struct json_object *o, const char *key, bool known, double value)
{
	char text[32];

	snprintf(text, sizeof(text), "%.2f", value);
	add(o, key, known ? json_object_new_double_s(value, text) : NULL);
}

void json_usage(struct json_object *o, const struct swapadm_usage *u)
{
	json_u64_if(o, "size", u->known & SWAPADM_USAGE_SIZE, u->size_bytes);
	json_u64_if(o, "used", u->known & SWAPADM_USAGE_USED, u->used_bytes);
	json_u64_if(o, "stored", u->known & SWAPADM_USAGE_STORED, u->stored_bytes);
	json_u64_if(o, "ram", u->known & SWAPADM_USAGE_RAM, u->ram_bytes);
	json_u64_if(o, "disk", u->known & SWAPADM_USAGE_DISK, u->disk_bytes);
}

int json_print(struct json_object *o, bool pretty)
{
	int flags = JSON_C_TO_STRING_NOSLASHESCAPE |
		    (pretty ? JSON_C_TO_STRING_PRETTY | JSON_C_TO_STRING_SPACED
			    : JSON_C_TO_STRING_PLAIN);
	const char *text = json_object_to_json_string_ext(o, flags);

	if (text)
		puts(text);
	fflush(stdout);
	json_object_put(o);
	if (text)
		return CLI_DONE;
	cli_say("out of memory");
	return CLI_FAILED;
}

/* ---- the plan of an operation ----------------------------------------------------- */

static void add_devices(struct json_object *o, const struct swapadm_op_plan *plan)
{
	struct json_object *names = json_object_new_array();

	for (size_t i = 0; i < plan->n_devices; i++)
		json_object_array_add(names, new_string(plan->devices[i]->name));
	add(o, "devices", names);
}

static struct json_object *add_tier(struct json_object *array, const char *name)
{
	struct json_object *tier = json_object_new_object();

	json_text(tier, "name", name);
	json_object_array_add(array, tier);
	return tier;
}

static void add_dests(struct json_object *o, const struct swapadm_op_plan *plan)
{
	struct json_object *dests = json_object_new_array();

	for (size_t i = 0; i < plan->n_dests; i++)
		json_u64(add_tier(dests, plan->dests[i].name), "free",
			 plan->dests[i].bytes);
	add(o, "destinations", dests);
}

static void add_move(struct json_object *o, const struct swapadm_op_plan *plan)
{
	json_text(o, "source", plan->source);
	add_devices(o, plan);
	json_u64(o, "used", plan->used_bytes);
	json_u64(o, "ram_available", plan->ram_available_bytes);
	add_dests(o, plan);
	json_u64(o, "short", plan->short_bytes);
	json_text(o, "limit", swapadm_limit_name(plan->limit));
	json_text(o, "limit_object", plan->limit_object);
	json_u64_if(o, "predicted_ns", plan->predicted_ns, plan->predicted_ns);
	json_u64_if(o, "largest_pid", plan->largest_pid, (uint64_t)plan->largest_pid);
	json_text(o, "largest_comm", plan->largest_comm);
	json_u64_if(o, "largest_bytes", plan->largest_pid, plan->largest_bytes);
	json_u64_if(o, "cancel_delay_ns", plan->cancel_delay_ns, plan->cancel_delay_ns);
	json_text(o, "strategy", swapadm_strategy_name(plan->strategy));
	json_text(o, "tight_cgroup", plan->tight_group);
	json_u64_if(o, "pushed_out", plan->tight_group, plan->pushed_bytes);
	json_flag(o, "rate_unkept", plan->rate_unkept);
	json_text(o, "owner", plan->owner);
	json_u64_if(o, "shared", plan->shared_bytes, plan->shared_bytes);
}

static void add_cordon(struct json_object *o, const struct swapadm_op_plan *plan)
{
	json_text(o, "target", plan->source);
	add_devices(o, plan);
	json_u64(o, "used", plan->used_bytes);
	json_u64(o, "room", plan->room_bytes);
	add_dests(o, plan);
	json_text(o, "refusal", plan->refusal);
}

/* tiers with what is used, then those with what is free; the other one is null */
static void add_tiers(struct json_object *o, const struct swapadm_op_plan *plan)
{
	struct json_object *tiers = json_object_new_array();

	for (size_t i = 0; i < plan->n_from + plan->n_dests; i++) {
		bool from = i < plan->n_from;
		const struct swapadm_op_tier *tier =
			from ? &plan->from[i] : &plan->dests[i - plan->n_from];
		struct json_object *one = add_tier(tiers, tier->name);

		json_u64_if(one, "used", from, tier->bytes);
		json_u64_if(one, "free", !from, tier->bytes);
	}
	add(o, "tiers", tiers);
}

/* what is only shown for the other direction is null */
static void add_paging(struct json_object *o, const struct swapadm_op_plan *plan)
{
	bool out = plan->kind == SWAPADM_OP_SWAPOUT;

	json_text(o, "source", plan->source);
	json_text(o, "comm", plan->comm);
	json_u64(o, "amount", plan->used_bytes);
	json_u64_if(o, "swapped", !out, plan->total_bytes);
	json_u64_if(o, "resident", out, plan->total_bytes);
	json_u64_if(o, "movable", out, plan->movable_bytes);
	add_tiers(o, plan);
	json_u64_if(o, "untold", !out, plan->other_bytes);
	json_u64_if(o, "ram_available", !out, plan->ram_available_bytes);
	json_u64_if(o, "swap_free", out, plan->swap_free_bytes);
	add(o, "zswap", out ? json_object_new_boolean(plan->zswap) : NULL);
	json_text(o, "cgroup", plan->cgroup);
	json_u64_if(o, "cgroup_room", plan->cgroup, plan->cgroup_room_bytes);
	json_u64(o, "short", plan->short_bytes);
	json_u64(o, "fits", plan->fits_bytes);
	json_u64_if(o, "pushed_out", plan->pushed_bytes, plan->pushed_bytes);
	json_text(o, "refusal", plan->refusal);
}

/* what only one of the two has is null for the other */
static void add_park(struct json_object *o, const struct swapadm_op_plan *plan)
{
	bool out = plan->kind == SWAPADM_OP_PARK;

	json_text(o, "source", plan->source);
	json_text(o, "comm", plan->comm);
	json_text(o, "freezer", swapadm_freezer_name(plan->freezer));
	json_u64(o, "amount", plan->used_bytes);
	json_u64_if(o, "shared", out, plan->shared_bytes);
	add_tiers(o, plan);
	json_u64_if(o, "ram_available", !out, plan->ram_available_bytes);
	json_u64_if(o, "swap_free", out, plan->swap_free_bytes);
	json_text(o, "cgroup", plan->cgroup);
	json_u64_if(o, "cgroup_room", plan->cgroup, plan->cgroup_room_bytes);
	json_u64_if(o, "out_ns", out && plan->predicted_ns, plan->predicted_ns);
	json_u64_if(o, "back_ns", plan->back_ns, plan->back_ns);
	json_u64(o, "short", plan->short_bytes);
	json_u64(o, "fits", plan->fits_bytes);
	add(o, "gone", json_object_new_boolean(plan->is_gone));
	json_text(o, "refusal", plan->refusal);
}

int json_plan(const struct swapadm_op_plan *plan)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "event", "plan");
	json_text(o, "kind", swapadm_op_name(plan->kind));
	switch (plan->kind) {
	case SWAPADM_OP_CORDON:
	case SWAPADM_OP_UNCORDON:
		add_cordon(o, plan);
		break;
	case SWAPADM_OP_SWAPIN:
	case SWAPADM_OP_SWAPOUT:
		add_paging(o, plan);
		break;
	case SWAPADM_OP_PARK:
	case SWAPADM_OP_WAKE:
		add_park(o, plan);
		break;
	default:
		add_move(o, plan);
	}
	return json_print(o, false);
}
