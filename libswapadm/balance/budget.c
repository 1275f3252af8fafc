/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include <fcntl.h>
#include <time.h>

#include "base/atomic.h"
#include "balance/balance.h"
#include "state/state.h"

#define BUDGET_DIR  "/var/lib/swapadm"
#define BUDGET_NAME "write-budget"
#define BUDGET_PATH BUDGET_DIR "/" BUDGET_NAME
#define BUDGET_TMP  ".write-budget.new"
#define TIERS_MAX   64

struct entry {
	char tier[32];
	uint64_t bytes;
};

/*
 * A day ends at midnight of the clock that it began with. The clock may be set at any
 * time, so the first line of the file keeps, next to it, the time since boot: within one
 * boot that shows how much time has really gone by, and a clock set forward gives no new
 * budget. One that was set back gives none either: what was written in its future counts
 * for today.
 */
struct moment {
	uint64_t wall_s, boot_s;
	char boot_id[40];
};

struct budget {
	struct moment began;
	bool carried; /* from another boot: to be written with this one's time */
	struct entry items[TIERS_MAX];
	size_t n;
};

static struct moment now(struct swapadm_ctx *ctx)
{
	struct moment m = { .wall_s = (uint64_t)time(NULL) };
	struct timespec ts;

	clock_gettime(CLOCK_BOOTTIME, &ts);
	m.boot_s = (uint64_t)ts.tv_sec;
	if (ctx_read_line(ctx, "/proc/sys/kernel/random/boot_id", m.boot_id,
			  sizeof(m.boot_id)))
		strcpy(m.boot_id, "unknown");
	return m;
}

static uint64_t day_of(uint64_t wall_s)
{
	return wall_s / (24 * 60 * 60);
}

/* is the day that @then is of still going on? */
static bool is_same_day(const struct moment *then, const struct moment *at)
{
	if (streq(then->boot_id, at->boot_id) && at->boot_s >= then->boot_s)
		return day_of(then->wall_s + at->boot_s - then->boot_s) ==
		       day_of(then->wall_s);
	return day_of(at->wall_s) <= day_of(then->wall_s);
}

static bool parse_moment(const char *text, struct moment *out)
{
	unsigned long long wall_s, boot_s;

	if (sscanf(text, "# %llu %llu %39s", &wall_s, &boot_s, out->boot_id) != 3)
		return false;
	out->wall_s = wall_s;
	out->boot_s = boot_s;
	return true;
}

/* lines of other days, and such as are none, count nothing */
static void parse(const char *text, const struct moment *at, struct budget *out)
{
	struct moment then;
	bool going_on = parse_moment(text, &then) && is_same_day(&then, at);
	uint64_t today = going_on ? day_of(then.wall_s) : day_of(at->wall_s);

	out->began = going_on ? then : *at;
	for (const char *line = text; line && *line && out->n < TIERS_MAX;) {
		struct entry *e = &out->items[out->n];
		unsigned long long day, bytes;

		if (*line != '#' &&
		    sscanf(line, "%31s %llu %llu", e->tier, &day, &bytes) == 3 &&
		    day == today) {
			e->bytes = bytes;
			out->n++;
		}
		line = strchr(line, '\n');
		if (line)
			line++;
	}
	/*
	 * from now on this boot's time is counted: the old clock may have been years
	 * ahead
	 */
	out->carried = going_on && !streq(then.boot_id, at->boot_id);
	if (out->carried)
		out->began = *at;
}

static int load(struct swapadm_ctx *ctx, struct budget *out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	struct moment at = now(ctx);
	int r = ctx_read_file(ctx, BUDGET_PATH, &text, &len);

	*out = (struct budget){ .began = at };
	if (r == -ENOENT)
		return 0;
	if (r)
		return ctx_fail(ctx, r, BUDGET_PATH ": read: %s", strerror(-r));
	parse(text, &at, out);
	return 0;
}

static int save(struct swapadm_ctx *ctx, const struct budget *budget)
{
	_cleanup_close_ int dirfd = -1;
	char text[TIERS_MAX * 80 + 128];
	size_t at;
	int r;

	at = (size_t)snprintf(text, sizeof(text), "# %llu %llu %s\n",
			      (unsigned long long)budget->began.wall_s,
			      (unsigned long long)budget->began.boot_s,
			      budget->began.boot_id);
	for (size_t i = 0; i < budget->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %llu %llu\n",
				       budget->items[i].tier,
				       (unsigned long long)day_of(budget->began.wall_s),
				       (unsigned long long)budget->items[i].bytes);
	dirfd = atomic_mkdir(ctx, BUDGET_DIR);
	if (dirfd < 0)
		return ctx_fail(ctx, dirfd, BUDGET_DIR ": make: %s", strerror(-dirfd));
	r = atomic_stage(ctx, dirfd, BUDGET_TMP, 0644, text, at);
	if (!r)
		r = atomic_commit(dirfd, BUDGET_TMP, BUDGET_NAME);
	return r ? ctx_fail(ctx, r, BUDGET_PATH ": write: %s", strerror(-r)) : 0;
}

static struct entry *find(struct budget *budget, const char *tier)
{
	for (size_t i = 0; i < budget->n; i++)
		if (streq(budget->items[i].tier, tier))
			return &budget->items[i];
	return NULL;
}

int balance_budget_used(struct swapadm_ctx *ctx, const char *tier, uint64_t *bytes)
{
	struct budget budget;
	const struct entry *e;
	int r = load(ctx, &budget);

	if (r)
		return r;
	e = find(&budget, tier);
	*bytes = e ? e->bytes : 0;
	return 0;
}

int balance_budget_carry(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int lock = -1;
	struct budget budget;
	int r = load(ctx, &budget);

	if (r || !budget.carried)
		return r;
	lock = state_lock(ctx, "balance");
	if (lock < 0)
		return lock;
	r = load(ctx, &budget); /* somebody may have charged it */
	return r || !budget.carried ? r : save(ctx, &budget);
}

int balance_budget_charge(struct swapadm_ctx *ctx, const char *tier, int64_t bytes)
{
	_cleanup_close_ int lock = state_lock(ctx, "balance");
	struct budget budget;
	struct entry *e;
	int r;

	if (lock < 0)
		return lock;
	r = load(ctx, &budget);
	if (r)
		return r;
	e = find(&budget, tier);
	if (!e && budget.n == TIERS_MAX)
		return ctx_fail(ctx, -E2BIG, BUDGET_PATH ": write: too many tiers");
	if (!e) {
		e = &budget.items[budget.n++];
		*e = (struct entry){ 0 };
		snprintf(e->tier, sizeof(e->tier), "%s", tier);
	}
	if (bytes < 0 && e->bytes < (uint64_t)-bytes)
		e->bytes = 0;
	else
		e->bytes += (uint64_t)bytes;
	return save(ctx, &budget);
}
