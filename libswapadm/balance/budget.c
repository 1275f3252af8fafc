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

struct budget {
	struct entry items[TIERS_MAX];
	size_t n;
};

static uint64_t today(void)
{
	return (uint64_t)time(NULL) / (24 * 60 * 60);
}

/* lines of other days, and such as are none, count nothing */
static void parse(const char *text, struct budget *out)
{
	for (const char *line = text; line && *line && out->n < TIERS_MAX;) {
		struct entry *e = &out->items[out->n];
		unsigned long long day, bytes;

		if (sscanf(line, "%31s %llu %llu", e->tier, &day, &bytes) == 3 &&
		    day == today()) {
			e->bytes = bytes;
			out->n++;
		}
		line = strchr(line, '\n');
		line += line != NULL;
	}
}

static int load(struct swapadm_ctx *ctx, struct budget *out)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = ctx_read_file(ctx, BUDGET_PATH, &text, &len);

	out->n = 0;
	if (r == -ENOENT)
		return 0;
	if (r)
		return ctx_fail(ctx, r, BUDGET_PATH ": read: %s", strerror(-r));
	parse(text, out);
	return 0;
}

static int save(struct swapadm_ctx *ctx, const struct budget *budget)
{
	_cleanup_close_ int dirfd = -1;
	char text[TIERS_MAX * 80] = "";
	size_t at = 0;
	int r;

	for (size_t i = 0; i < budget->n; i++)
		at += (size_t)snprintf(text + at, sizeof(text) - at, "%s %llu %llu\n",
				       budget->items[i].tier, (unsigned long long)today(),
				       (unsigned long long)budget->items[i].bytes);
	dirfd = atomic_mkdir(ctx, BUDGET_DIR);
	if (dirfd < 0)
		return ctx_fail(ctx, dirfd, BUDGET_DIR ": make: %s", strerror(-dirfd));
	close(dirfd);
	dirfd = ctx_open(ctx, BUDGET_DIR, O_RDONLY | O_DIRECTORY); /* to be synced */
	r = dirfd < 0 ? dirfd : atomic_stage(ctx, dirfd, BUDGET_TMP, 0644, text, at);
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
