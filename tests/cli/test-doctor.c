/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of doctor that no folder can trigger, on models that are made up. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/statvfs.h>
#include <cmocka.h>

#include "doctor/checks.h"
#include "test-doctor-model.h"

/* seen from outside: with ASan its library is linked against them, too */
#define WRAPS __attribute__((visibility("default")))

WRAPS int __wrap_statvfs(const char *path, struct statvfs *fs);
WRAPS int __wrap_statvfs64(const char *path, struct statvfs *fs);

/* a file system that turned read-only is mounted on /ro */
int __wrap_statvfs(const char *path, struct statvfs *fs)
{
	*fs = (struct statvfs){ .f_flag = strncmp(path, "/ro/", 4) ? 0 : ST_RDONLY };
	return 0;
}

int __wrap_statvfs64(const char *path, struct statvfs *fs)
{
	return __wrap_statvfs(path, fs);
}

static struct machine machine_with(struct swapadm_ctx *ctx)
{
	struct machine m = { .ctx = ctx };

	m.model = made_model(ctx);
	assert_non_null(m.model);
	return m;
}

/* of @check on the machine: objects, "a b " */
static const char *found(struct machine *m, const char *check)
{
	static char text[128];
	struct findings findings = { 0 };
	size_t used = 0;

	made_finish(m->model);
	checks_run(m, &findings);
	text[0] = '\0';
	for (size_t i = 0; i < findings.n; i++) {
		const struct finding *f = &findings.items[i];

		if (strcmp(f->check, check) != 0)
			continue;
		assert_true(*f->text && *f->why && *f->remedy);
		used += (size_t)snprintf(text + used, sizeof(text) - used, "%s ",
					 f->object);
	}
	findings_free(&findings);
	return text;
}

static void failed(void **state)
{
	struct swapadm_ctx *ctx;
	struct machine m;

	(void)state;
	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	m = machine_with(ctx);
	made_device(m.model, "sda");
	assert_string_equal(found(&m, "failed"), "");
	made_device(m.model, "sdb")->state = SWAPADM_STATE_FAILED;
	assert_string_equal(found(&m, "failed"), "sdb ");
	swapadm_model_unref(m.model);
	swapadm_unref(ctx);
}

static void read_only(void **state)
{
	struct swapadm_ctx *ctx;
	struct machine m;

	(void)state;
	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	m = machine_with(ctx);
	made_device(m.model, "/rw/swap")->is_file = true;
	made_device(m.model, "/ro/disk"); /* a device node is no file of it */
	assert_string_equal(found(&m, "read-only"), "");
	made_device(m.model, "/ro/swap")->is_file = true;
	assert_string_equal(found(&m, "read-only"), "/ro/swap ");
	swapadm_model_unref(m.model);
	swapadm_unref(ctx);
}

static void cgroup_full(void **state)
{
	struct swapadm_rule rules[] = {
		{ .cgroup = "/quiet", .no_room = true },
		{ .cgroup = "/again", .refused_writes = 3 },
		{ .cgroup = "/full", .refused_writes = 3, .no_room = true },
	};
	struct swapadm_ctx *ctx;
	struct machine m;

	(void)state;
	assert_int_equal(swapadm_new(&ctx, NULL), 0);
	m = machine_with(ctx);
	m.rules = rules;
	m.n_rules = 3;
	assert_string_equal(found(&m, "cgroup-full"), "/full ");
	assert_string_equal(found(&m, "cgroup-tiers"), "");
	rules[0].state = SWAPADM_RULE_UNSET;
	rules[1].state = SWAPADM_RULE_NO_CGROUP;
	rules[2].state = SWAPADM_RULE_OLD_MODULE;
	assert_string_equal(found(&m, "cgroup-tiers"), "/quiet /full ");
	swapadm_model_unref(m.model);
	swapadm_unref(ctx);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(failed),
		cmocka_unit_test(read_only),
		cmocka_unit_test(cgroup_full),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
