/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "plan/planner.h"

#include "module/client.h"

bool plan_has_tswap(struct swapadm_ctx *ctx)
{
	_cleanup_(closedirp)
		DIR *dir = ctx->foreign_root ? NULL : ctx_opendir(ctx, "/sys/block");
	struct dirent *entry;

	while (dir && (entry = readdir(dir)))
		if (str_after(entry->d_name, "tswap"))
			return true;
	return false;
}

static int read_module(struct planner *planner)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	struct plan_tswap *tswap = &planner->plan->tswap;
	int r = tswap_client_open(planner->ctx, &client);

	if (!r)
		r = snapshot_read(client, &planner->redirect);
	if (r == -ENODEV)
		return 0;
	if (!r)
		r = snapshot_read_tiers(client, &planner->redirect);
	if (!r)
		r = snapshot_read_rules(client, &planner->redirect);
	if (r)
		return r;
	tswap->exists = true;
	tswap->id = planner->redirect.device.id;
	tswap->slots = planner->redirect.device.slots;
	snprintf(planner->tswap_path, sizeof(planner->tswap_path), "/dev/%s",
		 planner->redirect.device.name);
	planner->check.tswap = &planner->redirect;
	return 0;
}

int planner_begin(struct swapadm_ctx *ctx, struct swapadm_conf *conf, unsigned flags,
		  const char *holder, bool module, struct planner *planner)
{
	int r;

	*planner = (struct planner){ .ctx = ctx, .conf = conf };
	r = plan_new(ctx, conf, flags, holder, &planner->plan);
	if (!r)
		r = check_load(ctx, &planner->check);
	if (!r && module && tswap_loaded(ctx))
		r = read_module(planner);
	if (!r)
		r = model_new(ctx, conf, 0, &planner->model);
	if (!r)
		r = load_begin(ctx, conf, 0, true, planner->check.tswap, planner->model,
			       &planner->load);
	planner->check.state = &planner->load.state;
	return r == -ENOMEM ? ctx_fail(ctx, r, "plan: out of memory") : r;
}

void planner_end(struct planner *planner)
{
	swapadm_plan_unref(planner->plan);
	check_done(&planner->check);
	load_end(&planner->load);
	swapadm_model_unref(planner->model);
	snapshot_free(&planner->redirect);
}

int plan_refused(struct planner *planner, size_t n_units, const char *tier,
		 const char *object, int err)
{
	static const char action[] = ": add: ";
	struct plan_unit *unit;
	char *sentence, *cause;
	int r;

	sentence = strdup(planner->ctx->error);
	plan_drop_units(planner->plan, n_units);
	r = plan_new_unit(planner->plan, UNIT_REFUSED, tier, &unit);
	if (r || !sentence) {
		free(sentence);
		return r ? r : -ENOMEM;
	}
	unit->refused.err = err;
	unit->refused.sentence = sentence;
	cause = strstr(sentence, action);
	return plan_add_step(planner->plan, unit, SWAPADM_ACTION_WARN, object, 0, "%s",
			     cause ? cause + strlen(action) : sentence);
}
