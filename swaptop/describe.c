/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <stdarg.h>

#include "describe.h"
#include "fmt.h"

#define TIERS_TOLD 6 /* devices likewise; of more, the first ones */

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

static const char *limit_word(enum swapadm_limit limit)
{
	switch (limit) {
	case SWAPADM_LIMIT_RAM:
		return "memory and the other tiers";
	case SWAPADM_LIMIT_CGROUP:
		return "the memory limit of cgroup ";
	case SWAPADM_LIMIT_DEST:
		return "tier ";
	default:
		return "";
	}
}

void describe_drain(struct answer *a, const struct swapadm_drain_plan *p)
{
	say(a, ROLE_TEXT, "to be moved        %s on %zu device%s",
	    fmt_bytes(p->used_bytes).s, p->n_devices, p->n_devices == 1 ? "" : "s");
	say(a, ROLE_TEXT, "available memory   %s", fmt_bytes(p->ram_available_bytes).s);
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].free_bytes).s);
	if (p->predicted_ns)
		say(a, ROLE_TEXT, "predicted time     %s",
		    fmt_duration(p->predicted_ns).s);
	if (p->strategy)
		say(a, ROLE_DIM, "way                %s", p->strategy);
	if (p->largest_pid)
		say(a, ROLE_DIM, "largest process    %d %s, %s", (int)p->largest_pid,
		    p->largest_comm ? p->largest_comm : "",
		    fmt_bytes(p->largest_bytes).s);
	if (p->cancel_delay_ns > NSEC_PER_SEC)
		say(a, ROLE_WARN, "a cancel may take  %s once swapoff runs",
		    fmt_duration(p->cancel_delay_ns).s);
	if (p->short_bytes)
		say(a, ROLE_BAD, "does not fit: %s short by %s%.80s",
		    fmt_bytes(p->short_bytes).s, limit_word(p->limit),
		    p->limit_object ? p->limit_object : "");
	else if (p->tight_group)
		say(a, ROLE_WARN, "fits, slowly: %s go out again from cgroup %.60s",
		    fmt_bytes(p->pushed_bytes).s, p->tight_group);
	else
		say(a, ROLE_GOOD, "it fits");
}

/* ---- cordon ------------------------------------------------------------------------ */

void describe_cordon(struct answer *a, const struct swapadm_cordon_plan *p)
{
	const char *sign = p->on ? "less" : "more";

	for (size_t i = 0; i < p->n_devices && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "device             %.60s", p->devices[i]->name);
	if (p->n_devices > TIERS_TOLD)
		say(a, ROLE_TEXT, "                   and %zu more",
		    p->n_devices - TIERS_TOLD);
	say(a, ROLE_TEXT, "in use, and stays  %s", fmt_bytes(p->used_bytes).s);
	say(a, ROLE_TEXT, "room for new pages %s %s", fmt_bytes(p->room_bytes).s, sign);
	for (size_t i = 0; i < p->n_dests && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "new pages go to    %.40s, %s free", p->dests[i].name,
		    fmt_bytes(p->dests[i].free_bytes).s);
	if (!p->n_dests)
		say(a, ROLE_BAD, "new pages go to    nothing");
}

/* ---- swap-in, swap-out ------------------------------------------------------------- */

static void describe_in(struct answer *a, const struct swapadm_pull_plan *p)
{
	say(a, ROLE_TEXT, "in swap            %s", fmt_bytes(p->swapped_bytes).s);
	for (size_t i = 0; i < p->n_tiers && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "comes from         %.40s, %s", p->tiers[i].name,
		    fmt_bytes(p->tiers[i].bytes).s);
	if (p->other_bytes)
		say(a, ROLE_TEXT, "comes from         tiers that can't be told, %s",
		    fmt_bytes(p->other_bytes).s);
	say(a, ROLE_TEXT, "available memory   %s", fmt_bytes(p->ram_available_bytes).s);
}

static void describe_out(struct answer *a, const struct swapadm_pull_plan *p)
{
	say(a, ROLE_TEXT, "in memory          %s", fmt_bytes(p->resident_bytes).s);
	say(a, ROLE_TEXT, "of it can go       %s", fmt_bytes(p->movable_bytes).s);
	if (p->zswap)
		say(a, ROLE_TEXT, "goes first to      zswap, compressed in memory");
	for (size_t i = 0; i < p->n_tiers && i < TIERS_TOLD; i++)
		say(a, ROLE_TEXT, "goes to            %.40s, %s free", p->tiers[i].name,
		    fmt_bytes(p->tiers[i].bytes).s);
	say(a, ROLE_TEXT, "room in swap       %s", fmt_bytes(p->swap_free_bytes).s);
}

void describe_pull(struct answer *a, const struct swapadm_pull_plan *p)
{
	if (p->out)
		describe_out(a, p);
	else
		describe_in(a, p);
	if (p->cgroup)
		say(a, ROLE_TEXT, "below the limit    %s, of cgroup %.80s",
		    fmt_bytes(p->cgroup_room_bytes).s, p->cgroup);
	say(a, ROLE_DIM, "way                %s",
	    p->out ? "the kernel writes out what is used least, as a job"
		   : "read in the order of the disk, as a job");
	if (streq(p->source, "cgroup /"))
		say(a, ROLE_WARN, "that is every process of the machine");
	if (p->short_bytes)
		say(a, ROLE_BAD, "does not fit: %s short", fmt_bytes(p->short_bytes).s);
	else if (p->fits_bytes)
		say(a, ROLE_GOOD, "it fits: %s", fmt_bytes(p->fits_bytes).s);
}
