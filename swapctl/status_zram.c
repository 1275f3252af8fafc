/* SPDX-License-Identifier: GPL-2.0-or-later */
/* status: a line for each zram that is looked after: what it holds, and what went out. */
#include <inttypes.h>
#include <unistd.h>

#include "commands.h"
#include "doctor/probe.h"
#include "status.h"
#include "text.h"

static const char *amount(const struct cli *cli, struct buf *buf, uint64_t bytes)
{
	return cli_has(cli, OPT_BYTES) ? text_count(buf, bytes) : text_size(buf, bytes);
}

static void print_idle(const struct cli *cli, const char *name, uint64_t older_s)
{
	struct swapadm_zram_idle idle;
	struct buf a, b;
	int r = swapadm_zram_get_idle(cli->ctx, name, older_s, &idle);

	if (r == -ENODATA) { /* ages are not known: marks are */
		older_s = 0;
		r = swapadm_zram_get_idle(cli->ctx, name, older_s, &idle);
	}
	if (r)
		return;
	printf(", %s idle", amount(cli, &a, idle.idle_bytes));
	if (older_s)
		printf(" for %s", text_duration(&b, older_s * 1000000000));
	if (idle.recompressed_bytes)
		printf(", %s recompressed", amount(cli, &a, idle.recompressed_bytes));
}

static void print_budget(const struct cli *cli, const struct swapadm_conf_tier *conf)
{
	uint64_t left;
	struct buf a, b;

	if (conf && !swapadm_balance_budget_left(cli->ctx, conf, &left))
		printf("; %s of today's budget of %s left", amount(cli, &a, left),
		       amount(cli, &b, conf->write_budget_bytes_per_day));
}

/* what balance goes by */
static uint64_t idle_age(const struct swapadm_conf_tier *conf)
{
	if (!conf)
		return 0;
	return conf->demote_older_s ? conf->demote_older_s : conf->recompress_older_s;
}

static void print_zram(const struct cli *cli, const struct machine *m,
		       const struct walk *w)
{
	const struct swapadm_conf_tier *conf =
		m->conf ? swapadm_conf_find_tier(m->conf, w->tier->name) : NULL;
	const struct swapadm_device *dev = w->dev;
	struct swapadm_zram_stats st;
	bool backed = dev->backing_dev && *dev->backing_dev, counted;
	uint64_t out, held;
	struct buf a, b;

	if (swapadm_zram_get_stats(cli->ctx, dev->name, &st) ||
	    !(st.known & SWAPADM_ZRAM_MM))
		return;
	counted = st.known & SWAPADM_ZRAM_BD;
	out = st.bd_count_pages * 4096 + st.same_pages * swapadm_page_bytes(cli->ctx);
	held = u64_minus(st.orig_bytes, out);
	/* the kernel counts with it what is on the backing device */
	printf("%-9s%s in memory", dev->name,
	       counted || !backed ? amount(cli, &a, held) : "-");
	if (dev->zram_known & SWAPADM_ZRAM_HUGE)
		printf(", %s incompressible", amount(cli, &a, dev->huge_bytes));
	print_idle(cli, dev->name, idle_age(conf));
	if (backed)
		printf("; %s on %s, %s written back",
		       counted ? amount(cli, &a, st.bd_count_pages * 4096) : "-",
		       dev->backing_file ? dev->backing_file : dev->backing_dev,
		       counted ? amount(cli, &b, st.bd_write_pages * 4096) : "-");
	print_budget(cli, conf);
	if (dev->left_out)
		printf("; without %s, which this kernel lacks", dev->left_out);
	putchar('\n');
}

void status_print_zrams(const struct cli *cli, const struct machine *m)
{
	for (struct walk w = { 0 }; machine_next(m, &w);) {
		bool backed = w.dev->backing_dev && *w.dev->backing_dev;
		bool again = w.dev->recompress && *w.dev->recompress;

		if (w.dev->state == SWAPADM_STATE_ACTIVE && !w.dev->is_file &&
		    w.dev->kind == SWAPADM_KIND_ZRAM &&
		    (backed || again || w.dev->left_out))
			print_zram(cli, m, &w);
	}
}
