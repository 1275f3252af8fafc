/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>
#include <unistd.h>

#include "act/describe.h"
#include "common/fmt.h"

#define TIERS_TOLD  6 /* devices likewise; of more, the first ones */
#define SHARED_TAIL 4 /* lines that may follow the objects */

_printf_(3, 4) static void say(struct answer *a, uint8_t role, const char *fmt, ...)
{
	va_list ap;

	if (a->n_lines == (int)ARRAY_SIZE(a->lines))
		return;
	a->roles[a->n_lines] = role;
	va_start(ap, fmt);
	vsnprintf(a->lines[a->n_lines++], sizeof(a->lines[0]), fmt, ap);
	va_end(ap);
}

/* ---- drain, migrate ---------------------------------------------------------------- */

/* the object is a tier or a cgroup, the amount what is too much for it */
static void say_short(struct answer *a, const struct swapadm_op_plan *p)
{
	const char *what = p->limit_object ? p->limit_object : "";
	struct fmt bytes = fmt_bytes(p->short_bytes);

	switch (p->limit) {
	case SWAPADM_LIMIT_CGROUP:
		say(a, ROLE_BAD,
		    "does not fit: cgroup %.80s would exceed its memory limit by %s",
		    what, bytes.s);
		break;
	case SWAPADM_LIMIT_DEST:
		say(a, ROLE_BAD, "does not fit: %s%.80s %s %s too little space",
		    *what ? "tier " : "the other tiers", what, *what ? "has" : "have",
		    bytes.s);
		break;
	case SWAPADM_LIMIT_RULE:
		say(a, ROLE_BAD,
		    "does not fit: the tiers of cgroup %.80s have %s too little space",
		    what, bytes.s);
		break;
	case SWAPADM_LIMIT_RAM:
		say(a, ROLE_BAD,
		    "does not fit: memory and the other tiers have %s too little space",
		    bytes.s);
		break;
	case SWAPADM_LIMIT_COMMIT:
		say(a, ROLE_BAD,
		    "does not fit: CommitLimit is %s too low (vm.overcommit_memory=2)",
		    bytes.s);
		break;
	default:
		say(a, ROLE_BAD, "does not fit: %s too little space", bytes.s);
	}
}

static const char *way_of(enum swapadm_strategy strategy)
{
	static const char *const ways[] = {
		[SWAPADM_STRATEGY_PREREAD] =
			"read pages ahead in disk order, then swapoff",
		[SWAPADM_STRATEGY_WINDOW] = "swapoff, with pages read ahead of it",
		[SWAPADM_STRATEGY_SWAPOFF] = "swapoff",
		[SWAPADM_STRATEGY_REDIRECT] = "moved inside the kernel",
		[SWAPADM_STRATEGY_WRITEBACK] = "written to the backing device",
	};

	return strategy < ARRAY_SIZE(ways) && ways[strategy] ? ways[strategy] : "unknown";
}

static void describe_drain(struct answer *a, const struct swapadm_op_plan *p)
{
	say(a, ROLE_TEXT, "to move            %s on %zu device%s",
	    fmt_bytes(p->used_bytes).s, p->n_devices, p->n_devices == 1 ? "" : "s");
	say(a, ROLE_TEXT, "available memory   %s", fmt_bytes(p->ram_available_bytes).s);
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].bytes).s);
	if (p->predicted_ns)
		say(a, ROLE_TEXT, "predicted time     %s",
		    fmt_duration(p->predicted_ns).s);
	if (p->strategy)
		say(a, ROLE_DIM, "method             %s", way_of(p->strategy));
	if (p->largest_pid)
		say(a, ROLE_DIM, "largest process    %d %s, %s", (int)p->largest_pid,
		    p->largest_comm ? p->largest_comm : "",
		    fmt_bytes(p->largest_bytes).s);
	if (p->cancel_delay_ns > NSEC_PER_SEC)
		say(a, ROLE_WARN, "a cancel may take  %s while swapoff runs",
		    fmt_duration(p->cancel_delay_ns).s);
	if (p->short_bytes)
		say_short(a, p);
	else if (p->tight_group)
		say(a, ROLE_WARN, "fits, slowly: %s go out again from cgroup %.60s",
		    fmt_bytes(p->pushed_bytes).s, p->tight_group);
	else
		say(a, ROLE_GOOD, "fits");
}

/* ---- cordon ------------------------------------------------------------------------ */

static void describe_cordon(struct answer *a, const struct swapadm_op_plan *p)
{
	const char *sign = p->kind == SWAPADM_OP_CORDON ? "less" : "more";

	for (size_t i = 0; i < p->n_devices && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "device             %.60s", p->devices[i]->name);
	if (p->n_devices > TIERS_TOLD)
		say(a, ROLE_TEXT, "                   and %zu more",
		    p->n_devices - TIERS_TOLD);
	say(a, ROLE_TEXT, "in use (stays)     %s", fmt_bytes(p->used_bytes).s);
	say(a, ROLE_TEXT, "for new pages      %s %s space", fmt_bytes(p->room_bytes).s,
	    sign);
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "new pages go to    %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].bytes).s);
	if (!p->n_dests)
		say(a, ROLE_BAD, "new pages go to    no device");
}

/* ---- swap-in, swap-out ------------------------------------------------------------- */

static void describe_in(struct answer *a, const struct swapadm_op_plan *p)
{
	say(a, ROLE_TEXT, "in swap            %s", fmt_bytes(p->total_bytes).s);
	for (size_t i = 0; i < p->n_from && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "comes from         %.40s, %s", p->from[i].name,
		    fmt_bytes(p->from[i].bytes).s);
	if (p->other_bytes)
		say(a, ROLE_TEXT, "comes from         unknown tiers, %s",
		    fmt_bytes(p->other_bytes).s);
	say(a, ROLE_TEXT, "available memory   %s", fmt_bytes(p->ram_available_bytes).s);
}

static void describe_out(struct answer *a, const struct swapadm_op_plan *p)
{
	say(a, ROLE_TEXT, "in memory          %s", fmt_bytes(p->total_bytes).s);
	say(a, ROLE_TEXT, "can be moved       %s", fmt_bytes(p->movable_bytes).s);
	if (p->zswap)
		say(a, ROLE_TEXT, "goes first to      zswap, compressed in memory");
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].bytes).s);
	say(a, ROLE_TEXT, "free in swap       %s", fmt_bytes(p->swap_free_bytes).s);
}

static void describe_pull(struct answer *a, const struct swapadm_op_plan *p)
{
	bool out = p->kind == SWAPADM_OP_SWAPOUT;

	if (out)
		describe_out(a, p);
	else
		describe_in(a, p);
	if (p->cgroup)
		say(a, ROLE_TEXT, "below the limit    %s, of cgroup %.80s",
		    fmt_bytes(p->cgroup_room_bytes).s, p->cgroup);
	say(a, ROLE_DIM, "method             %s",
	    out ? "the kernel writes out the least used pages, as a job"
		: "read in disk order, as a job");
	if (streq(p->source, "cgroup /"))
		say(a, ROLE_WARN, "this is every process of the machine");
	if (p->short_bytes)
		say(a, ROLE_BAD, "does not fit: %s too much",
		    fmt_bytes(p->short_bytes).s);
	else if (p->fits_bytes)
		say(a, ROLE_GOOD, "fits: %s", fmt_bytes(p->fits_bytes).s);
}

static const char *freezer_text(const struct swapadm_op_plan *p)
{
	if (p->freezer == SWAPADM_FREEZER_NONE)
		return "nothing, it runs";
	if (p->freezer == SWAPADM_FREEZER_FOREIGN)
		return "somebody else: it will stay so";
	return swapadm_freezer_name(p->freezer);
}

static void describe_time(struct answer *a, const char *what, uint64_t ns)
{
	if (ns)
		say(a, ROLE_TEXT, "%-18s about %s", what, fmt_duration(ns).s);
}

static void describe_park(struct answer *a, const struct swapadm_op_plan *p)
{
	bool out = p->kind == SWAPADM_OP_PARK;

	if (p->is_gone) {
		say(a, ROLE_WARN, "it has ended: only its record is left");
		return;
	}
	say(a, ROLE_TEXT, "%-18s %s", out ? "goes from memory" : "in swap",
	    fmt_bytes(p->used_bytes).s);
	if (p->shared_bytes)
		say(a, ROLE_TEXT, "shared memory      %s, which may stay",
		    fmt_bytes(p->shared_bytes).s);
	say(a, ROLE_TEXT, "frozen by          %s", freezer_text(p));
	for (size_t i = 0; i < p->n_from && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "comes from         %.40s, %s", p->from[i].name,
		    fmt_bytes(p->from[i].bytes).s);
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].bytes).s);
	if (out)
		describe_time(a, "pushing out takes", p->predicted_ns);
	describe_time(a, "reading back takes", p->back_ns);
	if (p->short_bytes)
		say(a, ROLE_BAD, "does not fit: %s too much",
		    fmt_bytes(p->short_bytes).s);
	else
		say(a, ROLE_GOOD, out ? "it stands still until it is woken" : "fits");
}

void describe_plan(struct answer *a, const struct swapadm_op_plan *p)
{
	switch (p->kind) {
	case SWAPADM_OP_CORDON:
	case SWAPADM_OP_UNCORDON:
		describe_cordon(a, p);
		break;
	case SWAPADM_OP_SWAPIN:
	case SWAPADM_OP_SWAPOUT:
		describe_pull(a, p);
		break;
	case SWAPADM_OP_PARK:
	case SWAPADM_OP_WAKE:
		describe_park(a, p);
		break;
	default:
		describe_drain(a, p);
	}
}

/* ---- shared memory ----------------------------------------------------------------- */

static void name_mappers(const struct swapadm_shared_object *o, char *buf, size_t size)
{
	int len = 0;

	*buf = '\0';
	if (o->n_mappers)
		len = snprintf(buf, size, "%d %.15s", (int)o->mappers[0].pid,
			       o->mappers[0].comm);
	if (o->n_mappers > 1 && (size_t)len < size)
		snprintf(buf + len, size - (size_t)len, " +%zu", o->n_mappers - 1);
}

void describe_shared_head(struct answer *a)
{
	say(a, ROLE_TEXT, "%6s %6s  %-9s  %-22s  %s", "SWAP", "SIZE", "KIND", "PROCESSES",
	    "NAME");
}

bool describe_shared_object(struct answer *a, const struct swapadm_shared_object *o)
{
	char who[32];

	if (a->n_lines + SHARED_TAIL >= (int)ARRAY_SIZE(a->lines))
		return false;
	name_mappers(o, who, sizeof(who));
	say(a, ROLE_TEXT, "%6s %6s  %-9s  %-22s  %s", fmt_bytes(o->swap_bytes).s,
	    fmt_bytes(o->size_bytes).s, swapadm_shared_kind_name(o->kind), who, o->name);
	return true;
}

void describe_shared_tail(struct answer *a, size_t n_more, uint64_t rest_bytes,
			  bool partial)
{
	if (a->n_lines == 1 && !n_more)
		say(a, ROLE_DIM, "none was found");
	if (n_more)
		say(a, ROLE_DIM, "and %zu more: swapctl ps --shared", n_more);
	if (rest_bytes && rest_bytes != UINT64_MAX)
		say(a, ROLE_DIM, "%6s %6s  %-9s  %-22s  (shared, or swap cache)",
		    fmt_bytes(rest_bytes).s, "-", "other", "");
	if (partial)
		say(a, ROLE_WARN, "%s",
		    geteuid()
			    ? "only your own processes, segments and files: run as root to see all"
			    : "not all: some processes can't be read here");
}
