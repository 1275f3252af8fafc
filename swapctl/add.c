/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl add. */
#include "commands.h"

#include <glob.h>
#include <unistd.h>

#include "plan.h"

struct specs {
	struct swapadm_devspec **items;
	size_t n;
};

static void specs_free(struct specs *specs)
{
	for (size_t i = 0; i < specs->n; i++)
		swapadm_devspec_free(specs->items[i]);
	free(specs->items);
}

static int parse_specs(struct cli *cli, struct specs *out)
{
	size_t n = cli->n_operands - 1;

	out->items = calloc(n, sizeof(*out->items));
	if (!out->items)
		return cli_fail(cli, -ENOMEM, "add");
	for (; out->n < n; out->n++) {
		const char *text = cli->operands[1 + out->n];
		int r = swapadm_devspec_parse(cli->ctx, text, &out->items[out->n]);

		if (r == -ENOMEM)
			return cli_fail(cli, r, text);
		if (r) /* the word itself is wrong, whatever the machine has */
			return cli_usage(cli, "%s", swapadm_get_error(cli->ctx));
	}
	return CLI_DONE;
}

static unsigned flags_of(const struct cli *cli)
{
	return (cli_has(cli, OPT_FORMAT) ? SWAPADM_PLAN_FORMAT : 0) |
	       (cli_has(cli, OPT_PERSIST) ? SWAPADM_PLAN_PERSIST : 0);
}

/* does systemd run here, and does it not apply the configuration at boot? */
static bool service_is_off(void)
{
	static const char *const links[] = {
		"/etc/systemd/system/*.wants/swapadm.service",
		"/run/systemd/system/*.wants/swapadm.service",
		"/usr/lib/systemd/system/*.wants/swapadm.service",
	};
	bool off = access("/run/systemd/system", F_OK) == 0;

	for (size_t i = 0; off && i < ARRAY_SIZE(links); i++) {
		glob_t found;

		off = glob(links[i], GLOB_NOSORT, NULL, &found) == GLOB_NOMATCH;
		globfree(&found);
	}
	return off;
}

int cmd_add(struct cli *cli)
{
	_cleanup_(specs_free) struct specs specs = { 0 };
	_cleanup_(plan_unrefp) struct swapadm_plan *plan = NULL;
	const char *rank = cli->values[OPT_RANK];
	struct swapadm_conf *conf;
	int r = parse_specs(cli, &specs);

	if (r)
		return r;
	r = cli_conf(cli, &conf);
	if (!r)
		r = swapadm_plan_add(cli->ctx, conf, cli->operands[0],
				     rank ? atoi(rank) : SWAPADM_RANK_NONE,
				     (const struct swapadm_devspec *const *)specs.items,
				     specs.n, flags_of(cli), &plan);
	if (r)
		return cli_fail(cli, r, "add");
	r = plan_print_and_run(cli, plan);
	if (r == CLI_DONE && cli_has(cli, OPT_PERSIST) && !cli_has(cli, OPT_DRY_RUN) &&
	    service_is_off())
		cli_say("add: it is in the configuration, but nothing applies that at boot: `systemctl enable swapadm.service`");
	return r;
}
