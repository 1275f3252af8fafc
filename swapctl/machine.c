/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "machine.h"

/* what can't be read is not shown */
static int copy_jobs(struct swapadm_ctx *ctx, struct machine *out)
{
	struct swapadm_jobs *jobs;
	size_t n;

	if (swapadm_jobs_load(ctx, &jobs))
		return 0;
	n = swapadm_jobs_n(jobs);
	out->jobs = calloc(n + 1, sizeof(*out->jobs));
	for (size_t i = 0; out->jobs && i < n; i++)
		out->jobs[i] = *swapadm_jobs_get(jobs, i);
	out->n_jobs = out->jobs ? n : 0;
	swapadm_jobs_free(jobs);
	return out->jobs ? 0 : -ENOMEM;
}

static int copy_rules(struct machine *out)
{
	struct swapadm_rules *rules;
	size_t n;

	if (!out->conf || swapadm_rules_load(out->ctx, out->model, out->conf, &rules))
		return 0;
	n = swapadm_rules_n(rules);
	out->rules = calloc(n + 1, sizeof(*out->rules));
	for (size_t i = 0; out->rules && i < n; i++)
		out->rules[i] = *swapadm_rules_get(rules, i);
	out->n_rules = out->rules ? n : 0;
	swapadm_rules_free(rules); /* the paths are those of the configuration */
	return out->rules ? 0 : -ENOMEM;
}

int machine_load(struct cli *cli, unsigned flags, struct machine *out)
{
	struct swapadm_ctx *ctx = cli->ctx;
	int r = cli_model(cli, flags, &out->model);

	if (r)
		return r;
	out->ctx = ctx;
	out->is_capture = cli_has(cli, OPT_ROOT);
	out->conf = cli->conf;
	out->conf_error = *cli->conf_error ? cli->conf_error : NULL;
	out->has_mem = !swapadm_mem_get_stats(ctx, &out->mem);
	out->has_vmstat = !swapadm_vmstat_get(ctx, &out->vmstat);
	swapadm_vm_params_get(ctx, &out->vm);
	out->has_psi = !swapadm_psi_get(ctx, "memory", &out->psi);
	out->has_zswap = !swapadm_zswap_get_stats(ctx, &out->zswap);
	if (swapadm_parked_load(ctx, &out->parked))
		out->parked = NULL;
	r = copy_rules(out);
	return r ? r : copy_jobs(ctx, out);
}

void machine_free(struct machine *m)
{
	swapadm_model_unref(m->model);
	swapadm_parked_free(m->parked);
	free(m->jobs);
	free(m->rules);
}

bool machine_zswap_on(const struct machine *m)
{
	return m->has_zswap && (m->zswap.known & SWAPADM_ZSWAP_ENABLED) &&
	       m->zswap.enabled;
}

bool machine_next(const struct machine *m, struct walk *w)
{
	while (w->tier_at < swapadm_model_n_tiers(m->model)) {
		w->tier = swapadm_model_tier(m->model, w->tier_at);
		if (w->dev_at < w->tier->n_devices) {
			w->dev = w->tier->devices[w->dev_at++];
			return true;
		}
		w->tier_at++;
		w->dev_at = 0;
	}
	return false;
}
