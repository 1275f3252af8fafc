/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Bad arguments of a caller are -EINVAL and change nothing, whatever the call. */
#include "fixture.h"

#define refused(call) assert_int_equal(call, -EINVAL)

#define BAD (1u << 31)

static void nothing(void *data, ...)
{
}

static void context(struct swapadm_ctx *ctx)
{
	char *text = NULL;
	uint64_t n;

	assert_non_null(strchr(swapadm_version(), '.'));
	refused(swapadm_new(NULL, NULL));
	assert_null(swapadm_ref(NULL));
	assert_null(swapadm_unref(NULL));
	swapadm_set_log(NULL, SWAPADM_LOG_INFO, NULL, NULL);
	assert_string_equal(swapadm_get_error(NULL), "");
	assert_int_equal(swapadm_get_errno(NULL), 0);
	assert_int_equal(swapadm_page_bytes(NULL), 0);
	refused(swapadm_signature_page_bytes(NULL, "/a", &n));
	refused(swapadm_signature_page_bytes(ctx, NULL, &n));
	refused(swapadm_signature_page_bytes(ctx, "a", &n));
	refused(swapadm_signature_page_bytes(ctx, "/a", NULL));
	refused(swapadm_file_read(NULL, "/a", &text));
	refused(swapadm_file_read(ctx, NULL, &text));
	refused(swapadm_file_read(ctx, "a", &text));
	refused(swapadm_file_read(ctx, "/a", NULL));
	assert_false(swapadm_file_exists(NULL, "/a"));
	assert_false(swapadm_file_exists(ctx, NULL));
	assert_null(text);
}

static void words(struct swapadm_ctx *ctx)
{
	struct swapadm_devspec *spec = NULL;
	struct swapadm_module module;
	struct swapadm_size size;
	uint64_t number;

	assert_string_equal(swapadm_layer_name((enum swapadm_layer)99), "unknown");
	assert_string_equal(swapadm_kind_name((enum swapadm_kind)99), "unknown");
	assert_string_equal(swapadm_state_name((enum swapadm_state)99), "unknown");
	assert_string_equal(swapadm_discard_name((enum swapadm_discard)99), "unknown");
	assert_null(swapadm_op_name((enum swapadm_op_kind)99));
	assert_null(swapadm_limit_name((enum swapadm_limit)99));
	assert_null(swapadm_strategy_name((enum swapadm_strategy)99));
	assert_null(swapadm_freezer_name((enum swapadm_freezer)99));
	assert_string_equal(swapadm_park_state_name((enum swapadm_park_state)99),
			    "unknown");
	assert_string_equal(swapadm_job_kind_name((enum swapadm_job_kind)99), "unknown");
	assert_string_equal(swapadm_job_state_name((enum swapadm_job_state)99),
			    "unknown");
	assert_null(swapadm_phase_name((enum swapadm_phase)99));
	assert_null(swapadm_phase_name((enum swapadm_phase) - 1));
	refused(swapadm_kernel_tier(NULL, 0));
	refused(swapadm_virtual_slots(NULL));
	refused(swapadm_rank_to_prio(SWAPADM_RANK_MAX + 1));
	refused(swapadm_rank_to_prio(SWAPADM_RANK_NONE));
	refused(swapadm_module_get(NULL, &module));
	refused(swapadm_module_get(ctx, NULL));
	refused(swapadm_parse_size(NULL, &size));
	refused(swapadm_parse_size("1G", NULL));
	refused(swapadm_parse_age(NULL, &number));
	refused(swapadm_parse_age("1h", NULL));
	refused(swapadm_parse_rate(NULL, &number));
	refused(swapadm_parse_rate("1M", NULL));
	assert_null(swapadm_nearest_word(NULL, NULL, 0));
	assert_null(swapadm_nearest_word("a", NULL, 1));
	assert_null(swapadm_shell_quote(NULL));
	assert_false(swapadm_tier_name_valid(NULL));
	refused(swapadm_devspec_parse(NULL, "/a", &spec));
	refused(swapadm_devspec_parse(ctx, NULL, &spec));
	refused(swapadm_devspec_parse(ctx, "/a", NULL));
	assert_null(swapadm_devspec_free(NULL));
	assert_null(spec);
}

static void configuration(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	struct swapadm_conf *out = NULL;

	refused(swapadm_conf_load(NULL, NULL, &out));
	refused(swapadm_conf_load(ctx, NULL, NULL));
	assert_null(swapadm_conf_ref(NULL));
	assert_null(swapadm_conf_unref(NULL));
	assert_null(swapadm_conf_file(conf, swapadm_conf_n_files(conf)));
	assert_null(swapadm_conf_tier(conf, swapadm_conf_n_tiers(conf)));
	assert_null(swapadm_conf_find_tier(conf, NULL));
	assert_null(swapadm_conf_cgroup(conf, swapadm_conf_n_cgroups(conf)));
	assert_true(swapadm_conf_layer(conf) <= 9);
	assert_int_equal(swapadm_conf_size(conf).unit, SWAPADM_SIZE_NONE);
	assert_non_null(swapadm_conf_zswap(conf));
	assert_int_equal(swapadm_conf_warn_idle(NULL, NULL), -EINVAL);
	assert_int_equal(swapadm_conf_keep(NULL, NULL), -EINVAL);
	assert_null(out);
}

static void counters(struct swapadm_ctx *ctx)
{
	struct swapadm_zram_stats zram;
	struct swapadm_zram_idle idle;
	struct swapadm_psi psi;
	uint64_t bytes;
	char file[64];

	refused(swapadm_mem_get_stats(NULL, &(struct swapadm_mem_stats){ 0 }));
	refused(swapadm_mem_get_stats(ctx, NULL));
	refused(swapadm_vmstat_get(NULL, &(struct swapadm_vmstat){ 0 }));
	refused(swapadm_vmstat_get(ctx, NULL));
	refused(swapadm_vm_params_get(NULL, &(struct swapadm_vm_params){ 0 }));
	refused(swapadm_vm_params_get(ctx, NULL));
	refused(swapadm_psi_get(NULL, "memory", &psi));
	refused(swapadm_psi_get(ctx, NULL, &psi));
	refused(swapadm_psi_get(ctx, "tea", &psi));
	refused(swapadm_psi_get(ctx, "memory", NULL));
	refused(swapadm_zswap_get_stats(NULL, &(struct swapadm_zswap_stats){ 0 }));
	refused(swapadm_zswap_get_stats(ctx, NULL));
	refused(swapadm_zswap_kept(NULL, &bytes, file, sizeof(file)));
	refused(swapadm_zswap_kept(ctx, NULL, file, sizeof(file)));
	refused(swapadm_zswap_kept(ctx, &bytes, NULL, 0));
	refused(swapadm_zram_get_stats(NULL, "zram0", &zram));
	refused(swapadm_zram_get_stats(ctx, NULL, &zram));
	assert_int_equal(swapadm_zram_get_stats(ctx, "../zram0", &zram), -ENODEV);
	refused(swapadm_zram_get_stats(ctx, "zram0", NULL));
	refused(swapadm_zram_get_idle(NULL, "zram0", 1, &idle));
	refused(swapadm_zram_get_idle(ctx, NULL, 1, &idle));
	assert_int_equal(swapadm_zram_get_idle(ctx, "../zram0", 1, &idle), -ENODEV);
	refused(swapadm_zram_get_idle(ctx, "zram0", 1, NULL));
}

static void model_of(struct swapadm_ctx *ctx, struct swapadm_model *model)
{
	const struct swapadm_device *device = NULL;
	const struct swapadm_tier *tier = NULL;
	struct swapadm_model *out = NULL;
	char *text = NULL;
	uint32_t below;

	refused(swapadm_model_load(NULL, NULL, 0, &out));
	refused(swapadm_model_load(ctx, NULL, BAD, &out));
	refused(swapadm_model_load(ctx, NULL, 0, NULL));
	assert_null(swapadm_model_ref(NULL));
	assert_null(swapadm_model_unref(NULL));
	assert_null(swapadm_model_tier(model, swapadm_model_n_tiers(model)));
	assert_int_equal(swapadm_model_layer(model), SWAPADM_LAYER_DIRECT);
	assert_non_null(swapadm_model_total(model));
	assert_null(swapadm_model_redirect(model));
	assert_null(swapadm_model_degraded(model));
	refused(swapadm_device_get_below(NULL, swapadm_model_tier(model, 0)->devices[0],
					 &below));
	refused(swapadm_device_get_below(ctx, NULL, &below));
	refused(swapadm_device_get_below(ctx, swapadm_model_tier(model, 0)->devices[0],
					 NULL));
	refused(swapadm_model_find(NULL, "a", &tier, &device));
	refused(swapadm_model_find(model, NULL, &tier, &device));
	refused(swapadm_model_find(model, "a", NULL, &device));
	refused(swapadm_model_find(model, "a", &tier, NULL));
	refused(swapadm_model_save(NULL, &text));
	refused(swapadm_model_save(model, NULL));
	refused(swapadm_model_save_file(NULL, "/a", false));
	refused(swapadm_model_save_file(model, NULL, false));
	assert_null(out);
	assert_null(text);
}

static void other_makers(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	struct swapadm_import *out = NULL;

	refused(swapadm_import_new(NULL, NULL, &out));
	refused(swapadm_import_new(ctx, "tea", &out));
	refused(swapadm_import_new(ctx, NULL, NULL));
	refused(swapadm_import_conflicts(NULL, conf, &out));
	refused(swapadm_import_conflicts(ctx, NULL, &out));
	refused(swapadm_import_conflicts(ctx, conf, NULL));
	assert_null(swapadm_import_unref(NULL));
	refused(swapadm_import_take_over(NULL));
	refused(swapadm_import_check(NULL));
	assert_int_equal(swapadm_import_conflicts(ctx, conf, &out), 0);
	assert_null(swapadm_import_change(out, swapadm_import_n_changes(out)));
	assert_null(swapadm_import_text(out));
	assert_null(swapadm_import_unref(out));
	refused(swapadm_fstab_each(NULL, (swapadm_fstab_fn)(void (*)(void))nothing,
				   NULL));
	refused(swapadm_fstab_each(ctx, NULL, NULL));
}

static void plans(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	const struct swapadm_devspec spec = { .word = "/a" };
	const struct swapadm_devspec *const specs[] = { &spec }, *const hole[] = { NULL };
	const struct swapadm_size size = { SWAPADM_SIZE_BYTES, 1 << 20 };
	const struct swapadm_size none = { SWAPADM_SIZE_NONE, 0 };
	const struct swapadm_size pct = { SWAPADM_SIZE_PCT, 50 };
	const struct swapadm_step *step;
	struct swapadm_plan *out = NULL;
	int result;

	refused(swapadm_plan_add(NULL, NULL, "a", 0, specs, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, NULL, 0, specs, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", 61, specs, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", -2, specs, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", 0, NULL, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", 0, hole, 1, 0, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", 0, specs, 1, BAD, &out));
	refused(swapadm_plan_add(ctx, NULL, "a", 0, specs, 1, 0, NULL));
	refused(swapadm_plan_apply(NULL, conf, 0, &out));
	refused(swapadm_plan_apply(ctx, NULL, 0, &out));
	refused(swapadm_plan_apply(ctx, conf, BAD, &out));
	refused(swapadm_plan_apply(ctx, conf, 0, NULL));
	refused(swapadm_plan_replace(NULL, NULL, "/b", &spec, 0, &out));
	refused(swapadm_plan_replace(ctx, NULL, NULL, &spec, 0, &out));
	refused(swapadm_plan_replace(ctx, NULL, "/b", NULL, 0, &out));
	refused(swapadm_plan_replace(ctx, NULL, "/b", &spec, BAD, &out));
	refused(swapadm_plan_replace(ctx, NULL, "/b", &spec, 0, NULL));
	refused(swapadm_plan_resize(NULL, NULL, "/b", &size, 0, &out));
	refused(swapadm_plan_resize(ctx, NULL, NULL, &size, 0, &out));
	refused(swapadm_plan_resize(ctx, NULL, "/b", NULL, 0, &out));
	refused(swapadm_plan_resize(ctx, NULL, "/b", &none, 0, &out));
	refused(swapadm_plan_resize(ctx, NULL, "/b", &pct, 0, &out)); /* of what? */
	refused(swapadm_plan_resize(ctx, NULL, "/b", &size, BAD, &out));
	refused(swapadm_plan_resize(ctx, NULL, "/b", &size, 0, NULL));
	assert_null(swapadm_plan_ref(NULL));
	assert_null(swapadm_plan_unref(NULL));
	refused(swapadm_plan_run(NULL, NULL, NULL));
	refused(swapadm_plan_start(NULL, &(struct swapadm_run *){ NULL }));
	refused(swapadm_run_fd(NULL));
	refused(swapadm_run_next(NULL, &step, &result));
	swapadm_run_stop(NULL);
	assert_null(swapadm_run_free(NULL));
	assert_null(out);
	assert_int_equal(swapadm_plan_apply(ctx, conf, 0, &out), 0);
	assert_null(swapadm_plan_step(out, swapadm_plan_n_steps(out)));
	assert_int_equal(swapadm_plan_n_changes(out), 0);
	assert_int_equal(swapadm_plan_n_refused(out), 0);
	refused(swapadm_plan_start(out, NULL));
	assert_null(swapadm_plan_unref(out));
}

static void operations(struct swapadm_ctx *ctx, struct swapadm_model *model)
{
	struct swapadm_job *job = NULL;
	struct swapadm_op *op = NULL;

	refused(swapadm_op_new(NULL, SWAPADM_OP_DRAIN, &op));
	refused(swapadm_op_new(ctx, (enum swapadm_op_kind)99, &op));
	refused(swapadm_op_new(ctx, SWAPADM_OP_DRAIN, NULL));
	assert_null(swapadm_op_ref(NULL));
	assert_null(swapadm_op_unref(NULL));
	assert_null(swapadm_op_get_plan(NULL));
	refused(swapadm_op_set(NULL, SWAPADM_PARAM_SOURCE, "a"));
	refused(swapadm_op_set_u64(NULL, SWAPADM_PARAM_FORCE, 1));
	refused(swapadm_op_prepare(NULL, model));
	refused(swapadm_op_start(NULL, &job));
	assert_null(op);
	assert_int_equal(swapadm_op_new(ctx, SWAPADM_OP_DRAIN, &op), 0);
	refused(swapadm_op_set(op, (enum swapadm_param)99, "a"));
	refused(swapadm_op_set_u64(op, (enum swapadm_param)99, 1));
	refused(swapadm_op_prepare(op, model));
	refused(swapadm_op_start(op, &job));
	refused(swapadm_op_start(op, NULL));
	swapadm_op_unref(op);
	assert_null(job);
}

static void jobs_of(struct swapadm_ctx *ctx)
{
	struct swapadm_progress progress;
	struct swapadm_jobs *jobs = NULL;
	struct swapadm_parked_list *parked = NULL;
	struct swapadm_job *job = NULL;

	refused(swapadm_job_open(NULL, "d1", &job));
	refused(swapadm_job_open(ctx, NULL, &job));
	refused(swapadm_job_open(ctx, "../d1", &job));
	refused(swapadm_job_open(ctx, "d1", NULL));
	assert_null(swapadm_job_ref(NULL));
	assert_null(swapadm_job_unref(NULL));
	assert_false(swapadm_job_outlives(NULL));
	refused(swapadm_job_fd(NULL));
	refused(swapadm_job_get_progress(NULL, &progress));
	refused(swapadm_job_pause(NULL));
	refused(swapadm_job_resume(NULL));
	refused(swapadm_job_cancel(NULL));
	refused(swapadm_jobs_load(NULL, &jobs));
	refused(swapadm_jobs_load(ctx, NULL));
	assert_null(swapadm_jobs_free(NULL));
	assert_int_equal(swapadm_jobs_load(ctx, &jobs), 0);
	assert_null(swapadm_jobs_get(jobs, swapadm_jobs_n(jobs)));
	assert_null(swapadm_jobs_free(jobs));
	refused(swapadm_parked_load(NULL, &parked));
	refused(swapadm_parked_load(ctx, NULL));
	assert_null(swapadm_parked_free(NULL));
	assert_int_equal(swapadm_parked_load(ctx, &parked), 0);
	assert_null(swapadm_parked_get(parked, swapadm_parked_n(parked)));
	assert_null(swapadm_parked_get(NULL, 0));
	assert_int_equal(swapadm_parked_n_damaged(NULL), 0);
	assert_null(swapadm_parked_get_damaged(NULL, 0));
	assert_null(swapadm_parked_get_damaged(parked, swapadm_parked_n_damaged(parked)));
	assert_null(swapadm_parked_free(parked));
	assert_null(job);
}

static void rules(struct swapadm_ctx *ctx, const struct swapadm_model *model,
		  const struct swapadm_conf *conf)
{
	struct swapadm_rules *rules = NULL;

	refused(swapadm_rules_load(NULL, model, conf, &rules));
	refused(swapadm_rules_load(ctx, NULL, conf, &rules));
	refused(swapadm_rules_load(ctx, model, NULL, &rules));
	refused(swapadm_rules_load(ctx, model, conf, NULL));
	assert_null(rules);
	assert_null(swapadm_rules_free(NULL));
	assert_null(swapadm_rules_get(NULL, 0));
	assert_int_equal(swapadm_rules_load(ctx, model, conf, &rules), 0);
	assert_null(swapadm_rules_get(rules, swapadm_rules_n(rules)));
	assert_null(swapadm_rules_free(rules));
}

static void who_is_in_swap(struct swapadm_ctx *ctx, struct swapadm_model *model)
{
	struct swapadm_cgroups *cgroups = NULL;
	struct swapadm_delays *delays = NULL;
	struct swapadm_shared *shared = NULL;
	struct swapadm_procs *procs = NULL;
	struct swapadm_delay delay = { 0 };
	struct swapadm_psi psi;

	refused(swapadm_procs_load(NULL, model, 0, &procs));
	refused(swapadm_procs_load(ctx, NULL, 0, &procs));
	refused(swapadm_procs_load(ctx, model, BAD, &procs));
	refused(swapadm_procs_load(ctx, model, 0, NULL));
	assert_null(swapadm_procs_unref(NULL));
	assert_int_equal(swapadm_procs_load(ctx, model, 0, &procs), 0);
	assert_null(swapadm_procs_get(procs, swapadm_procs_n(procs)));
	assert_null(swapadm_procs_tier(procs, swapadm_procs_n_tiers(procs)));
	assert_int_equal(swapadm_procs_unseen_bytes(procs), UINT64_MAX);
	assert_false(swapadm_procs_hidden(procs));
	refused(swapadm_cgroups_load(NULL, procs, &cgroups));
	refused(swapadm_cgroups_load(ctx, NULL, &cgroups));
	refused(swapadm_cgroups_load(ctx, procs, NULL));
	assert_null(swapadm_cgroups_free(NULL));
	refused(swapadm_cgroups_get_psi(ctx, NULL, 0, &psi));
	if (swapadm_cgroups_load(ctx, procs, &cgroups) == 0) {
		assert_null(swapadm_cgroups_get(cgroups, swapadm_cgroups_n(cgroups)));
		refused(swapadm_cgroups_get_psi(ctx, cgroups, swapadm_cgroups_n(cgroups),
						&psi));
	}
	swapadm_cgroups_free(cgroups);
	refused(swapadm_shared_load(NULL, &shared));
	refused(swapadm_shared_load(ctx, NULL));
	assert_null(swapadm_shared_free(NULL));
	assert_null(swapadm_shared_kind_name(BAD));
	assert_int_equal(swapadm_shared_load(ctx, &shared), 0);
	assert_null(swapadm_shared_get(shared, swapadm_shared_n(shared)));
	assert_false(swapadm_shared_partial(shared));
	/* loaded without SWAPADM_PROCS_SPLIT: not known */
	assert_true(swapadm_shared_rest_bytes(shared, procs) == UINT64_MAX);
	swapadm_shared_free(shared);
	swapadm_procs_unref(procs);
	refused(swapadm_delays_open(NULL, &delays));
	refused(swapadm_delays_open(ctx, NULL));
	refused(swapadm_delays_get(NULL, 1, &delay));
	refused(swapadm_delay_rates(NULL, &delay, 1, NULL, NULL));
	assert_null(swapadm_delays_free(NULL));
	assert_null(delays);
}

static void balance_of(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
		       struct swapadm_model *model)
{
	struct swapadm_balance_decision decision = { 0 };
	struct swapadm_balance_round round = { 0 };
	struct swapadm_balance *balance = NULL;
	struct swapadm_conf_tier tier = { 0 };
	struct swapadm_job *job = NULL;
	uint64_t bytes;
	size_t n;

	refused(swapadm_balance_new(NULL, &balance));
	refused(swapadm_balance_new(ctx, NULL));
	assert_null(swapadm_balance_free(NULL));
	refused(swapadm_balance_begin(NULL));
	refused(swapadm_balance_decide(NULL, conf, model, &n));
	refused(swapadm_balance_start(NULL, model, &decision, &job));
	refused(swapadm_balance_end(NULL, &decision, 0));
	assert_int_equal(swapadm_balance_moved(NULL), 0);
	refused(swapadm_balance_budget_left(NULL, &tier, &bytes));
	refused(swapadm_balance_budget_left(ctx, NULL, &bytes));
	refused(swapadm_balance_budget_left(ctx, &tier, NULL));
	refused(swapadm_balance_set_last(NULL, &round));
	refused(swapadm_balance_set_last(ctx, NULL));
	refused(swapadm_balance_set_stop_fd(NULL, -1));
	assert_null(swapadm_balance_zswap_lacks(NULL));
	refused(swapadm_balance_get_last(NULL, &round));
	refused(swapadm_balance_get_last(ctx, NULL));
	assert_null(balance);
	assert_int_equal(swapadm_balance_new(ctx, &balance), 0);
	refused(swapadm_balance_decide(balance, conf, NULL, &n));
	refused(swapadm_balance_decide(balance, conf, model, NULL));
	assert_null(swapadm_balance_get(balance, 0));
	refused(swapadm_balance_start(balance, NULL, &decision, &job));
	refused(swapadm_balance_start(balance, model, NULL, &job));
	refused(swapadm_balance_start(balance, model, &decision, NULL));
	refused(swapadm_balance_end(balance, NULL, 0));
	assert_null(swapadm_balance_free(balance));
	assert_null(job);
}

static void events_of(struct swapadm_ctx *ctx)
{
	struct swapadm_events *events = NULL;

	refused(swapadm_events_open(NULL, NULL, &events));
	refused(swapadm_events_open(ctx, NULL, NULL));
	refused(swapadm_events_fd(NULL));
	refused(swapadm_events_read(NULL, (swapadm_event_fn)(void (*)(void))nothing,
				    NULL));
	assert_null(swapadm_events_free(NULL));
	assert_null(events);
}

static void each_call(void **state)
{
	struct swapadm_model *model = NULL;
	struct swapadm_conf *conf = NULL;
	struct sandbox *box = *state;

	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/swap/a file 1024 0 5\n");
	sandbox_write(box, "/proc/meminfo",
		      "MemTotal: 999999 kB\nMemAvailable: 99999 kB\n");
	sandbox_write(box, "/etc/fstab", "");
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_model_load(box->ctx, conf, 0, &model), 0);
	context(box->ctx);
	words(box->ctx);
	configuration(box->ctx, conf);
	counters(box->ctx);
	model_of(box->ctx, model);
	other_makers(box->ctx, conf);
	plans(box->ctx, conf);
	operations(box->ctx, model);
	jobs_of(box->ctx);
	who_is_in_swap(box->ctx, model);
	rules(box->ctx, model, conf);
	balance_of(box->ctx, conf, model);
	events_of(box->ctx);
	swapadm_model_unref(model);
	swapadm_conf_unref(conf);
}

int main(void)
{
	const struct CMUnitTest tests[] = { fixture_test(each_call) };

	return cmocka_run_group_tests_name("misuse", tests, NULL, NULL);
}
