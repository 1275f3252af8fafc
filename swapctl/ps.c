/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl ps and cgroups: who is in swap, split by tier. */
#include "commands.h"
#include "parked.h"
#include "ruletext.h"
#include "text.h"
#include "tiercols.h"

#include <time.h>
#include <unistd.h>

/* of columns of rates; the parser has looked at the number */
static unsigned interval_s(const struct cli *cli)
{
	const char *text = cli->values[OPT_INTERVAL];

	return text ? (unsigned)strtoul(text, NULL, 10) : 1;
}

/* ---- a process --------------------------------------------------------------------- */

static const struct swapadm_proc *proc_of(const void *row)
{
	return ((const struct tier_row *)row)->item;
}

static bool get_pid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->pid;
	return true;
}

static bool get_ppid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->ppid;
	return true;
}

static bool get_uid(const void *row, struct cell *c)
{
	c->i = proc_of(row)->uid;
	return true;
}

static bool get_swap(const void *row, struct cell *c)
{
	c->u = proc_of(row)->swap_bytes;
	return true;
}

static bool get_rss(const void *row, struct cell *c)
{
	c->u = proc_of(row)->rss_bytes;
	return true;
}

static bool get_other(const void *row, struct cell *c)
{
	c->u = proc_of(row)->other_bytes;
	return proc_of(row)->tier_bytes;
}

static const struct swapadm_delay *delay_of(const void *row)
{
	return ((const struct tier_row *)row)->delay;
}

static bool get_swapins(const void *row, struct cell *c)
{
	c->u = delay_of(row) ? delay_of(row)->swapin_count : 0;
	return delay_of(row);
}

static bool get_waited(const void *row, struct cell *c)
{
	c->u = delay_of(row) ? delay_of(row)->swapin_ns : 0;
	return delay_of(row);
}

static bool get_in_rate(const void *row, struct cell *c)
{
	const struct tier_row *r = row;

	return r->delay && r->before &&
	       !swapadm_delay_rates(r->before, r->delay, r->interval_ns, &c->u, NULL);
}

static bool get_wait_share(const void *row, struct cell *c)
{
	const struct tier_row *r = row;
	uint64_t centipct = 0;
	bool known = r->delay && r->before &&
		     !swapadm_delay_rates(r->before, r->delay, r->interval_ns, NULL,
					  &centipct);

	c->u = centipct / 100;
	return known;
}

static bool get_cgroup(const void *row, struct cell *c)
{
	return give_text(c, proc_of(row)->cgroup);
}

static bool get_command(const void *row, struct cell *c)
{
	return give_text(c, proc_of(row)->comm);
}

static const struct column ps_items[] = {
	{ "PID", NULL, UNIT_NUMBER, 0, "process", get_pid },
	{ "PPID", NULL, UNIT_NUMBER, 0, "its parent", get_ppid },
	{ "UID", NULL, UNIT_NUMBER, 0, "user", get_uid },
	{ "SWAP", NULL, UNIT_BYTES, 0, "in swap (VmSwap: without shared memory)",
	  get_swap },
	{ "OTHER", NULL, UNIT_BYTES, SWAPADM_PROCS_SPLIT,
	  "of SWAP, on areas that can't be told apart", get_other },
	{ "RSS", NULL, UNIT_BYTES, 0, "in memory", get_rss },
	{ "SWAPINS", NULL, UNIT_COUNT, LOAD_WAITS,
	  "waits for a page from swap, since it began (needs kernel.task_delayacct=1)",
	  get_swapins },
	{ "WAITED", "waited_ns", UNIT_NS, LOAD_WAITS, "time of those waits, all threads",
	  get_waited },
	{ "IN/s", "in_bytes_per_s", UNIT_BYTES, LOAD_WAITS | LOAD_RATES,
	  "read back from swap while the command watches (1 s, or --interval; a page a wait)",
	  get_in_rate },
	{ "WAIT%", "wait_pct", UNIT_PCT, LOAD_WAITS | LOAD_RATES,
	  "share of that time in which it waited, summed over its threads",
	  get_wait_share },
	{ "CGROUP", NULL, UNIT_TEXT, SWAPADM_PROCS_CGROUP, "memory cgroup", get_cgroup },
	{ "COMMAND", NULL, UNIT_TEXT, 0, "name", get_command },
};

const struct columns ps_columns = {
	.table = "processes",
	.items = ps_items,
	.n = ARRAY_SIZE(ps_items),
	.defaults = "PID,UID,SWAP,RSS,COMMAND",
};

/* ---- a cgroup ---------------------------------------------------------------------- */

static const struct swapadm_cgroup *group_of(const void *row)
{
	return ((const struct tier_row *)row)->item;
}

static bool get_group_tree(const void *row, struct cell *c)
{
	const struct swapadm_cgroup *cg = group_of(row);
	const char *last = strrchr(cg->path, '/');

	if (((const struct tier_row *)row)->flat || !cg->depth || !last) {
		c->text = cg->path;
		return true;
	}
	snprintf(c->room, sizeof(c->room), "%*s%.255s",
		 cg->depth < 40 ? (int)cg->depth * 2 : 80, "", last + 1);
	c->text = c->room;
	return true;
}

static bool get_path(const void *row, struct cell *c)
{
	c->text = group_of(row)->path;
	return true;
}

static bool get_group_swap(const void *row, struct cell *c)
{
	c->u = group_of(row)->swap_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_SWAP;
}

static bool get_swap_max(const void *row, struct cell *c)
{
	c->u = group_of(row)->swap_limit_bytes;
	return c->u != UINT64_MAX;
}

static bool get_usage(const void *row, struct cell *c)
{
	c->u = group_of(row)->usage_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_USAGE;
}

static bool get_limit(const void *row, struct cell *c)
{
	c->u = group_of(row)->limit_bytes;
	return (group_of(row)->known & SWAPADM_CGROUP_USAGE) && c->u != UINT64_MAX;
}

static bool get_zswapped(const void *row, struct cell *c)
{
	c->u = group_of(row)->zswapped_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_zswap(const void *row, struct cell *c)
{
	c->u = group_of(row)->zswap_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_ZSWAP;
}

static bool get_cached(const void *row, struct cell *c)
{
	c->u = group_of(row)->cached_bytes;
	return group_of(row)->known & SWAPADM_CGROUP_CACHED;
}

static bool get_group_other(const void *row, struct cell *c)
{
	c->u = group_of(row)->other_bytes;
	return group_of(row)->tier_bytes;
}

static const struct swapadm_psi_line *waits_of(const void *row)
{
	const struct swapadm_psi *psi = ((const struct tier_row *)row)->psi;

	return psi && psi->some.known ? &psi->some : NULL;
}

static bool get_wait_pct(const void *row, struct cell *c)
{
	c->u = waits_of(row) ? waits_of(row)->avg10_centipct / 100 : 0;
	return waits_of(row);
}

static bool get_group_waited(const void *row, struct cell *c)
{
	c->u = waits_of(row) ? waits_of(row)->total_us * 1000 : 0;
	return waits_of(row);
}

/* how fast a counter at @offset of the group grew; unknown: in one reading, or it fell */
static bool get_group_rate(const void *row, struct cell *c, uint32_t bit, size_t offset)
{
	const struct tier_row *r = row;
	const char *now = r->item, *before = (const char *)r->group_before;
	uint64_t was, is;

	if (!before || !r->interval_ns || !(group_of(row)->known & bit) ||
	    !(r->group_before->known & bit))
		return false;
	was = *(const uint64_t *)(before + offset);
	is = *(const uint64_t *)(now + offset);
	c->u = (uint64_t)((double)(is - was) * 1e9 / (double)r->interval_ns);
	return is >= was;
}

static bool get_group_in(const void *row, struct cell *c)
{
	return get_group_rate(row, c, SWAPADM_CGROUP_MOVES,
			      offsetof(struct swapadm_cgroup, swapin_bytes));
}

static bool get_group_out(const void *row, struct cell *c)
{
	return get_group_rate(row, c, SWAPADM_CGROUP_MOVES,
			      offsetof(struct swapadm_cgroup, swapout_bytes));
}

static bool get_group_refaults(const void *row, struct cell *c)
{
	return get_group_rate(row, c, SWAPADM_CGROUP_REFAULTS,
			      offsetof(struct swapadm_cgroup, refault_bytes));
}

static bool get_procs(const void *row, struct cell *c)
{
	c->u = group_of(row)->n_procs;
	return true;
}

static bool get_group_tiers(const void *row, struct cell *c)
{
	c->text = group_of(row)->tiers;
	return c->text;
}

static bool get_tiers_mode(const void *row, struct cell *c)
{
	c->text = group_of(row)->tiers_prefer ? "prefer" : "strict";
	return group_of(row)->tiers;
}

static bool get_tiers_from(const void *row, struct cell *c)
{
	c->text = group_of(row)->tiers_from;
	return c->text;
}

static bool get_refused(const void *row, struct cell *c)
{
	c->u = group_of(row)->refused_writes;
	return group_of(row)->tiers;
}

static bool get_outside(const void *row, struct cell *c)
{
	c->u = group_of(row)->outside_bytes;
	return group_of(row)->tiers;
}

static const struct column cgroup_items[] = {
	{ "CGROUP", "name", UNIT_TEXT, 0,
	  "as a tree; sorted, with -r and with -J the whole path", get_group_tree },
	{ "PATH", NULL, UNIT_TEXT, 0, "below the mount point", get_path },
	{ "SWAP", NULL, UNIT_BYTES, 0, "in swap, shared memory included",
	  get_group_swap },
	{ "SWAPMAX", "swap_max", UNIT_BYTES, 0,
	  "limit of swap (version 1: of memory and swap)", get_swap_max },
	{ "OTHER", NULL, UNIT_BYTES, SWAPADM_PROCS_SPLIT,
	  "of the processes' pages, on areas that can't be told apart", get_group_other },
	{ "CACHED", NULL, UNIT_BYTES, 0, "of SWAP, in memory as well (swap cache)",
	  get_cached },
	{ "ZSWAPPED", NULL, UNIT_BYTES, 0, "of SWAP, compressed in zswap", get_zswapped },
	{ "ZSWAP", "zswap_ram", UNIT_BYTES, 0, "memory that ZSWAPPED takes", get_zswap },
	{ "MEMORY", NULL, UNIT_BYTES, 0, "in memory", get_usage },
	{ "MAX", "memory_max", UNIT_BYTES, 0, "limit of memory", get_limit },
	{ "WAIT%", "wait_pct", UNIT_PCT, LOAD_WAITS,
	  "share of the last 10 s in which some task of it waited for memory",
	  get_wait_pct },
	{ "WAITED", "waited_ns", UNIT_NS, LOAD_WAITS, "time of that since it was made",
	  get_group_waited },
	{ "IN/s", "in_bytes_per_s", UNIT_BYTES, LOAD_RATES,
	  "read from swap areas while the command watches (1 s, or --interval)",
	  get_group_in },
	{ "OUT/s", "out_bytes_per_s", UNIT_BYTES, LOAD_RATES, "written to them",
	  get_group_out },
	{ "REFAULT/s", "refault_bytes_per_s", UNIT_BYTES, LOAD_RATES,
	  "swapped out and needed again soon, also from zswap", get_group_refaults },
	{ "PROCS", "processes", UNIT_COUNT, 0, "processes with something in swap",
	  get_procs },
	{ "TIERS", "tiers_allowed", UNIT_TEXT, 0,
	  "tiers that its pages may use (all where none is shown)", get_group_tiers },
	{ "TIERS-MODE", "tiers_mode", UNIT_TEXT, 0,
	  "what finds no room there: strict stays in memory, prefer goes to others",
	  get_tiers_mode },
	{ "TIERS-FROM", "tiers_from", UNIT_TEXT, 0, "cgroup that the rule belongs to",
	  get_tiers_from },
	{ "REFUSED", "refused_writes", UNIT_COUNT, 0,
	  "writes under that rule that found no room", get_refused },
	{ "OUTSIDE", NULL, UNIT_BYTES, 0, "pages under that rule in other tiers",
	  get_outside },
};

const struct columns cgroups_columns = {
	.table = "cgroups",
	.items = cgroup_items,
	.n = ARRAY_SIZE(cgroup_items),
	.defaults = "CGROUP,SWAP,CACHED,ZSWAPPED,MEMORY,MAX,PROCS",
};

/* ---- the commands ------------------------------------------------------------------ */

static void procs_unrefp(struct swapadm_procs **procs)
{
	swapadm_procs_unref(*procs);
}

static void cgroups_unrefp(struct swapadm_cgroups **cgroups)
{
	swapadm_cgroups_free(*cgroups);
}

/*
 * Of the swap cache only the sum is known: a page table shows such a page as swapped, as
 * it does all others. The columns count it as well, so that they agree with each other.
 */
static void say_what_is_cached(const struct cli *cli)
{
	struct swapadm_mem_stats mem;
	struct buf a;

	if (swapadm_mem_get_stats(cli->ctx, &mem) ||
	    !(mem.known & SWAPADM_MEM_SWAP_CACHED) || mem.swap_cached_bytes < 1 << 20)
		return;
	cli_say("%s of what is in swap is in memory as well (swap cache), and counted here until it is used or its place is needed",
		text_amount(&a, mem.swap_cached_bytes));
}

/* what the table can't show: on stderr, so that stdout stays data */
static void say_what_is_missing(const struct cli *cli, const struct swapadm_procs *procs,
				bool shared)
{
	uint64_t unseen = swapadm_procs_unseen_bytes(procs);
	struct buf a;

	if (cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW))
		return;
	if (unseen == UINT64_MAX && swapadm_procs_n(procs))
		cli_say("%s",
			swapadm_virtual_slots(cli->ctx) > 0
				? "only sums: this kernel's page tables name virtual slots, which do not show the tier of a page"
			: cli->values[OPT_ROOT]
				? "only sums: a capture holds no page tables, which show the tier of each page"
				: "only sums: which tier the pages are in is shown only to root");
	else if (shared && unseen != UINT64_MAX && unseen >= 1 << 20)
		cli_say("also in use: %s of swap by %stmpfs and other shared memory (`swapctl ps --shared` lists them), or by pages that are mapped again and keep their place",
			text_amount(&a, unseen),
			swapadm_procs_hidden(procs) ? "hidden processes, " : "");
	say_what_is_cached(cli);
	if (swapadm_procs_hidden(procs))
		cli_say("some processes are hidden: /proc is mounted with hidepid, or is that of a pid namespace, as in a container; run as root on the host");
}

static void delays_freep(struct swapadm_delays **delays)
{
	swapadm_delays_free(*delays);
}

/* two readings of each process, the first only when rates are asked for */
struct waits {
	struct swapadm_delay *before, *now;
	uint64_t interval_ns;
};

static void waits_done(struct waits *w)
{
	free(w->before);
	free(w->now);
}

/* an entry for each process; those that are not accounted stay unknown */
static int read_delays(struct swapadm_delays *delays, const struct swapadm_procs *procs,
		       struct swapadm_delay **out)
{
	size_t n = swapadm_procs_n(procs);
	int r = 0;

	*out = calloc(n + 1, sizeof(**out));
	if (!*out)
		return -ENOMEM;
	for (size_t i = 0; !r && i < n; i++) {
		r = swapadm_delays_get(delays, swapadm_procs_get(procs, i)->pid,
				       &(*out)[i]);
		r = r == -ESRCH ? 0 : r; /* ended since the scan */
	}
	return r;
}

/* what can't be read stays unknown, and is said */
static void load_delays(const struct cli *cli, const struct swapadm_procs *procs,
			unsigned load, struct waits *w)
{
	_cleanup_(delays_freep) struct swapadm_delays *delays = NULL;
	int r = swapadm_delays_open(cli->ctx, &delays);
	uint64_t start_ns = now_ns();

	if (!r && load & LOAD_RATES) {
		r = read_delays(delays, procs, &w->before);
		if (!r)
			sleep(interval_s(cli));
	}
	if (!r) {
		w->interval_ns = now_ns() - start_ns;
		r = read_delays(delays, procs, &w->now);
	}
	if (r)
		cli_fail(cli, r, "ps: times of waiting");
}

static const struct swapadm_delay *known_delay(const struct swapadm_delay *items,
					       size_t i)
{
	return items && items[i].known ? &items[i] : NULL;
}

static struct swapadm_psi *load_psi(const struct cli *cli,
				    const struct swapadm_cgroups *cgroups)
{
	size_t n = swapadm_cgroups_n(cgroups);
	struct swapadm_psi *items = calloc(n + 1, sizeof(*items));

	/* a group without the file stays unknown */
	for (size_t i = 0; items && i < n; i++)
		swapadm_cgroups_get_psi(cli->ctx, cgroups, i, &items[i]);
	return items;
}

int cmd_ps(struct cli *cli)
{
	_cleanup_(waits_done) struct waits waits = { 0 };
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	_cleanup_free_ struct tier_row *rows = NULL;
	_cleanup_(tiercols_free) struct tiercols cols = { 0 };
	size_t n;
	int r;

	if (cli_has(cli, OPT_SHARED))
		return ps_shared(cli);
	r = cli_model(cli, 0, &model);
	if (r)
		return cli_fail(cli, r, "ps");
	r = tiercols_select(&cols, cli, &ps_columns, "PID,UID,SWAP", "RSS,COMMAND",
			    model);
	if (r)
		return r;
	r = swapadm_procs_load(cli->ctx, model,
			       cols.sel.load & ~(LOAD_WAITS | LOAD_RATES), &procs);
	if (r)
		return cli_fail(cli, r, "ps");
	if (cols.sel.load & LOAD_WAITS)
		load_delays(cli, procs, cols.sel.load, &waits);
	n = swapadm_procs_n(procs);
	rows = calloc(n + 1, sizeof(*rows));
	for (size_t i = 0; rows && i < n; i++) {
		const struct swapadm_proc *p = swapadm_procs_get(procs, i);

		rows[i] = (struct tier_row){ p, p->tier_bytes,
					     .delay = known_delay(waits.now, i),
					     .before = known_delay(waits.before, i),
					     .interval_ns = waits.interval_ns };
	}
	r = tiercols_print(&cols, cli, rows, n);
	fflush(stdout);
	if (cols.sel.load & SWAPADM_PROCS_SPLIT || swapadm_procs_hidden(procs))
		say_what_is_missing(cli, procs, true);
	parked_say(cli);
	return r;
}

/* the groups as they were, and when; of a capture nothing moves */
struct groups_before {
	struct swapadm_cgroups *cgroups;
	uint64_t at_ns;
	size_t next;
};

static void groups_before_done(struct groups_before *before)
{
	swapadm_cgroups_free(before->cgroups);
}

static int watch_groups(const struct cli *cli, struct swapadm_model *model,
			struct groups_before *out)
{
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	int r;

	if (cli->values[OPT_ROOT])
		return 0;
	/* a group whose swap is not counted is there when its processes are */
	r = swapadm_procs_load(cli->ctx, model, SWAPADM_PROCS_CGROUP, &procs);
	if (r)
		return r;
	out->at_ns = now_ns();
	r = swapadm_cgroups_load(cli->ctx, procs, &out->cgroups);
	if (!r)
		sleep(interval_s(cli));
	return r;
}

/* both lists have their groups in the order of the tree, so the next one mostly fits */
static const struct swapadm_cgroup *group_before(struct groups_before *before,
						 const struct swapadm_cgroup *cg)
{
	size_t n = before->cgroups ? swapadm_cgroups_n(before->cgroups) : 0;

	for (size_t i = 0; i < n; i++) {
		const struct swapadm_cgroup *was =
			swapadm_cgroups_get(before->cgroups, (before->next + i) % n);

		if (!streq(was->path, cg->path))
			continue;
		before->next += i + 1;
		return was;
	}
	return NULL;
}

int cmd_cgroups(struct cli *cli)
{
	_cleanup_(groups_before_done) struct groups_before before = { 0 };
	uint64_t interval_ns = 0;
	_cleanup_(model_unrefp) struct swapadm_model *model = NULL;
	_cleanup_(procs_unrefp) struct swapadm_procs *procs = NULL;
	_cleanup_(cgroups_unrefp) struct swapadm_cgroups *cgroups = NULL;
	_cleanup_free_ struct swapadm_psi *psi = NULL;
	_cleanup_free_ struct tier_row *rows = NULL;
	bool flat = cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW) ||
		    cli_has(cli, OPT_SORT);
	_cleanup_(tiercols_free) struct tiercols cols = { 0 };
	size_t n;
	int r = cli_model(cli, 0, &model);

	if (r)
		return cli_fail(cli, r, "cgroups");
	r = tiercols_select(&cols, cli, &cgroups_columns, "CGROUP,SWAP",
			    "CACHED,ZSWAPPED,MEMORY,MAX,PROCS", model);
	if (r)
		return r;
	if (cols.sel.load & LOAD_RATES)
		r = watch_groups(cli, model, &before);
	if (!r)
		r = swapadm_procs_load(cli->ctx, model,
				       (cols.sel.load & SWAPADM_PROCS_SPLIT) |
					       SWAPADM_PROCS_CGROUP,
				       &procs);
	if (before.cgroups)
		interval_ns = now_ns() - before.at_ns;
	if (!r)
		r = swapadm_cgroups_load(cli->ctx, procs, &cgroups);
	if (r)
		return cli_fail(cli, r, "cgroups");
	if (cols.sel.load & LOAD_WAITS)
		psi = load_psi(cli, cgroups);
	n = swapadm_cgroups_n(cgroups);
	rows = calloc(n + 1, sizeof(*rows));
	for (size_t i = 0; rows && i < n; i++) {
		const struct swapadm_cgroup *cg = swapadm_cgroups_get(cgroups, i);

		rows[i] = (struct tier_row){ cg,
					     cg->tier_bytes,
					     flat,
					     .psi = psi ? &psi[i] : NULL,
					     .group_before = group_before(&before, cg),
					     .interval_ns = interval_ns };
	}
	r = tiercols_print(&cols, cli, rows, n);
	fflush(stdout);
	rules_say(cli, model);
	if (cols.sel.load & SWAPADM_PROCS_SPLIT || swapadm_procs_hidden(procs))
		say_what_is_missing(cli, procs, false);
	return r;
}
