/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What holds for every operation and every call: parameters, errors, sizes of structs. */
#include "fixture.h"
#include "op/op.h"

static void what_a_kind_takes(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_op *op = NULL;

	assert_int_equal(swapadm_op_new(box->ctx, (enum swapadm_op_kind)99, &op),
			 -EINVAL);
	assert_null(op);
	assert_int_equal(swapadm_op_new(NULL, SWAPADM_OP_DRAIN, &op), -EINVAL);
	assert_int_equal(swapadm_op_new(box->ctx, SWAPADM_OP_CORDON, &op), 0);
	/* of another kind, of another type, unknown */
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_DEST, "ssd"), -EINVAL);
	assert_int_equal(swapadm_op_set_u64(op, SWAPADM_PARAM_SOURCE, 1), -EINVAL);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_FORCE, "1"), -EINVAL);
	assert_int_equal(swapadm_op_set(op, (enum swapadm_param)99, "1"), -EINVAL);
	assert_int_equal(swapadm_op_set_u64(op, (enum swapadm_param) - 1, 1), -EINVAL);
	assert_int_equal(swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, 1), 0);
	/* the source is missing */
	assert_int_equal(swapadm_op_prepare(op, NULL), -EINVAL);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "source"));
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, "a"), 0);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, NULL), 0);
	assert_int_equal(swapadm_op_prepare(op, NULL), -EINVAL);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, "a"), 0);
	assert_int_equal(swapadm_op_prepare(op, NULL), -EINVAL); /* no model */
	swapadm_op_unref(op);
}

static void in_its_order(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model;
	struct swapadm_job *job;
	struct swapadm_op *op;

	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/swap/a file 1024 0 5\n");
	sandbox_write(box, "/proc/meminfo",
		      "MemTotal: 999999 kB\nMemAvailable: 99999 kB\n");
	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	assert_int_equal(swapadm_op_new(box->ctx, SWAPADM_OP_DRAIN, &op), 0);
	assert_null(swapadm_op_get_plan(op));
	assert_int_equal(swapadm_op_start(op, &job), -EINVAL);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, "/swap/a"), 0);
	assert_int_equal(swapadm_op_prepare(op, model), 0);
	swapadm_model_unref(model); /* the operation has one of its own */
	assert_int_equal(swapadm_op_get_plan(op)->kind, SWAPADM_OP_DRAIN);
	assert_int_equal(swapadm_op_prepare(op, NULL), -EINVAL);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, "/swap/b"), -EINVAL);
	assert_ptr_equal(swapadm_op_ref(op), op);
	assert_null(swapadm_op_unref(op));
	assert_string_equal(swapadm_op_get_plan(op)->source, "/swap/a");
	assert_null(swapadm_op_unref(op));
}

static void an_error_is_of_one_call(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_vm_params vm;
	struct swapadm_psi psi;

	assert_int_equal(swapadm_psi_get(box->ctx, "tea", &psi), -EINVAL);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "tea"));
	assert_int_equal(swapadm_get_errno(box->ctx), EINVAL);
	assert_int_equal(swapadm_vm_params_get(box->ctx, &vm), 0);
	assert_string_equal(swapadm_get_error(box->ctx), "");
	assert_int_equal(swapadm_get_errno(box->ctx), 0);
	/* what is called inside another call does not clear it */
	assert_int_equal(swapadm_job_open(box->ctx, "d99", &(struct swapadm_job *){ 0 }),
			 -ENOENT);
	assert_int_equal(swapadm_get_errno(box->ctx), ENOENT);
	assert_int_not_equal(*swapadm_get_error(box->ctx), '\0');
}

/* programs built with an older header, and with a newer one than the library's */
static void structs_of_other_sizes(void **state)
{
	struct sandbox *box = *state;
	struct {
		struct swapadm_vm_params old;
		char more[32];
	} big;
	struct swapadm_vm_params small;

	sandbox_write(box, "/proc/sys/vm/swappiness", "60\n");
	sandbox_write(box, "/proc/sys/vm/page-cluster", "3\n");
	memset(&big, 0x55, sizeof(big));
	assert_int_equal(swapadm_vm_params_get_sized(box->ctx, &big.old, sizeof(big)), 0);
	assert_int_equal(big.old.page_cluster, 3);
	for (size_t i = 0; i < sizeof(big.more); i++)
		assert_int_equal(big.more[i], 0);
	memset(&small, 0x55, sizeof(small));
	assert_int_equal(swapadm_vm_params_get_sized(box->ctx, &small,
						     offsetof(struct swapadm_vm_params,
							      page_cluster)),
			 0);
	assert_int_equal(small.swappiness, 60);
	assert_int_equal(small.page_cluster, UINT64_C(0x5555555555555555));
}

static void bad_arguments(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_model *model = NULL;
	struct swapadm_procs *procs = NULL;
	struct swapadm_plan *plan = NULL;

	assert_int_equal(swapadm_model_load(box->ctx, NULL, 1u << 31, &model), -EINVAL);
	assert_int_equal(swapadm_plan_apply(box->ctx, NULL, 1u << 31, &plan), -EINVAL);
	assert_int_equal(swapadm_plan_add(box->ctx, NULL, "a", -1, NULL, 0, 1u << 31,
					  &plan),
			 -EINVAL);
	assert_int_equal(swapadm_plan_add(box->ctx, NULL, NULL, -1, NULL, 0, 0, &plan),
			 -EINVAL);
	assert_int_equal(swapadm_procs_load(box->ctx, NULL, 0, &procs), -EINVAL);
	assert_int_equal(swapadm_rank_to_prio(61), -EINVAL);
	assert_int_equal(swapadm_rank_to_prio(-1), -EINVAL);
	assert_null(swapadm_op_name((enum swapadm_op_kind)99));
	assert_null(swapadm_phase_name((enum swapadm_phase) - 1));
	assert_null(plan);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(what_a_kind_takes),
		fixture_test(in_its_order),
		fixture_test(an_error_is_of_one_call),
		fixture_test(structs_of_other_sizes),
		fixture_test(bad_arguments),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
