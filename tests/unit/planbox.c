/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "planbox.h"

#include "state/state.h"

#define HEAD "Filename\tType\tSize\tUsed\tPriority\n"

int planbox_setup(void **state)
{
	struct sandbox *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	sandbox_open(box);
	sandbox_write(box, "/proc/swaps", HEAD);
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 1 0:30 / /sys/fs/cgroup rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 4194304 kB\n");
	*state = box;
	return 0;
}

int planbox_teardown(void **state)
{
	sandbox_close(*state);
	free(*state);
	return 0;
}

void put_areas(struct sandbox *box, const char *lines)
{
	char text[1024];

	snprintf(text, sizeof(text), HEAD "%s", lines);
	sandbox_write(box, "/proc/swaps", text);
}

void put_record(struct sandbox *box, const char *path, const char *tier, int rank,
		const char *spec, bool created)
{
	_cleanup_(state_free) struct state state = { 0 };
	bool foreign = box->ctx->foreign_root;

	box->ctx->foreign_root = false;
	assert_int_equal(state_load(box->ctx, &state), 0);
	assert_int_equal(state_set_device(&state, path, tier, spec, created), 0);
	assert_int_equal(state_set_tier(&state, tier, rank), 0);
	sandbox_write(box, "/run/keep", ""); /* makes /run */
	assert_int_equal(state_save(box->ctx, &state), 0);
	box->ctx->foreign_root = foreign;
}

struct swapadm_conf *conf_of(struct sandbox *box, const char *text)
{
	struct swapadm_conf *conf = NULL;
	int r;

	sandbox_write(box, "/etc/test.conf", text);
	r = swapadm_conf_load(box->ctx, "/etc/test.conf", &conf);
	if (r)
		fail_msg("conf: %s", swapadm_get_error(box->ctx));
	return conf;
}

struct swapadm_plan *apply(struct sandbox *box, const char *text)
{
	struct swapadm_conf *conf = conf_of(box, text);
	struct swapadm_plan *plan = NULL;
	int r = swapadm_plan_apply(box->ctx, conf, 0, &plan);

	swapadm_conf_unref(conf);
	if (r)
		fail_msg("apply: %s", swapadm_get_error(box->ctx));
	return plan;
}

void step_is(const struct swapadm_plan *plan, size_t i, enum swapadm_action action,
	     const char *object, const char *words)
{
	const struct swapadm_step *step = swapadm_plan_step(plan, i);

	assert_non_null(step);
	assert_int_equal(step->action, action);
	assert_string_equal(step->object, object);
	if (!strstr(step->text, words))
		fail_msg("\"%s\" lacks \"%s\"", step->text, words);
}

void put_zram(struct sandbox *box, const char *name, const char *bytes)
{
	char path[128];

	snprintf(path, sizeof(path), "/sys/block/%s/disksize", name);
	sandbox_write(box, path, bytes);
	snprintf(path, sizeof(path), "/sys/block/%s/comp_algorithm", name);
	sandbox_write(box, path, "lzo [lz4]\n");
}
