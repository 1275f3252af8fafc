/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Why the tswap module can't be loaded, and what apply does then. What modprobe(8) says
 * is of kmod 30 and 34, with messages of Linux 6.1 and 6.12.
 */
#include "unit.h"

#include "module/client.h"
#include "module/loading.h"
#include "plan/plan.h"
#include "sandbox.h"
#include "state/degraded.h"

#define R      "6.1.0-49-amd64"
#define INSERT "modprobe: ERROR: could not insert 'tswap': "
#define ABSENT "modprobe: FATAL: Module tswap not found in directory /lib/modules/" R

static int setup(void **state)
{
	struct sandbox *box = calloc(1, sizeof(*box));

	assert_non_null(box);
	sandbox_open(box);
	sandbox_write(box, "/proc/sys/kernel/osrelease", R "\n");
	sandbox_write(box, "/proc/swaps", "Filename\tType\tSize\tUsed\tPriority\n");
	sandbox_write(box, "/proc/self/mountinfo", "");
	sandbox_write(box, "/proc/meminfo", "MemTotal: 4194304 kB\n");
	sandbox_write(box, "/run/keep", "");
	*state = box;
	return 0;
}

static int teardown(void **state)
{
	sandbox_close(*state);
	free(*state);
	return 0;
}

/* does the explanation name all of @words, NULL-terminated? */
static void explains(struct sandbox *box, int result, const char *said, ...)
{
	struct tswap_kernel kernel;
	const char *word;
	char why[700];
	va_list ap;

	tswap_look_at_kernel(box->ctx, &kernel);
	tswap_explain(&kernel, result, said, why, sizeof(why));
	va_start(ap, said);
	while ((word = va_arg(ap, const char *)))
		if (!strstr(why, word))
			fail_msg("\"%s\" is explained by \"%s\", without \"%s\"", said,
				 why, word);
	va_end(ap);
}

static void not_there(void **state)
{
	struct sandbox *box = *state;

	explains(box, -ENOENT, "", "modprobe is not installed", "kmod", NULL);
	explains(box, -ECHILD, ABSENT, "is not installed;", "tswap-dkms linux-headers-" R,
		 NULL);
	sandbox_write(box, "/lib/modules/6.1.0-48-amd64/updates/dkms/tswap.ko.xz", "x");
	explains(box, -ECHILD, ABSENT, "for the kernel 6.1.0-48-amd64 and not for", R,
		 NULL);
	/* a folder without dkms.conf is not a source */
	sandbox_write(box, "/usr/src/tswap-0.9/main.c", "");
	explains(box, -ECHILD, ABSENT, "for the kernel 6.1.0-48-amd64", NULL);
	sandbox_write(box, "/usr/src/tswap-1.0/dkms.conf", "");
	explains(box, -ECHILD, ABSENT, "is not built for this kernel, " R,
		 "headers of that are not installed", "apt-get install linux-headers-" R,
		 NULL);
	sandbox_write(box, "/lib/modules/" R "/build/include/x.h", "");
	explains(box, -ECHILD, ABSENT, "is not built for this kernel, " R,
		 "dkms install tswap/1.0 -k " R, "make.log", NULL);
}

static void refused(void **state)
{
	struct sandbox *box = *state;

	sandbox_write(box, "/usr/src/tswap-1.0/dkms.conf", "");
	explains(box, -ECHILD, INSERT "Key was rejected by service", "Secure Boot",
		 "key was rejected", "mokutil --import", NULL);
	sandbox_write(box, "/var/lib/dkms/mok.pub", "");
	explains(box, -ECHILD, INSERT "Key was rejected by service", "Secure Boot",
		 "mokutil --import /var/lib/dkms/mok.pub", NULL);
	explains(box, -ECHILD, INSERT "Required key not available", "Secure Boot", NULL);
	explains(box, -ECHILD, INSERT "Exec format error", "built for another kernel", R,
		 "dkms install --force tswap/1.0 -k " R, NULL);
	explains(box, -ECHILD,
		 INSERT "Unknown symbol in module, or unknown parameter (see dmesg)",
		 "built for another kernel", "Unknown symbol", NULL);
	explains(box, -ECHILD, INSERT "Operation not permitted", "as root", "container",
		 NULL);
	sandbox_write(box, "/sys/kernel/security/lockdown",
		      "none [integrity] confidentiality\n");
	explains(box, -ECHILD, INSERT "Operation not permitted", "locked down", "mokutil",
		 NULL);
	sandbox_write(box, "/sys/kernel/security/lockdown",
		      "[none] integrity confidentiality\n");
	explains(box, -ECHILD, INSERT "Operation not permitted", "as root", NULL);
	explains(box, -ECHILD, INSERT "Invalid argument",
		 "modprobe says: Invalid argument", "dmesg", "/etc/modprobe.d", NULL);
	explains(box, -ECHILD, "", "modprobe says: nothing", NULL);
	sandbox_write(box, "/proc/sys/kernel/modules_disabled", "1\n");
	explains(box, -ECHILD, INSERT "Operation not permitted",
		 "kernel.modules_disabled is 1", "/etc/modules-load.d", NULL);
}

static void other_version(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_module module;
	const char *why;

	assert_int_equal(tswap_check_version(box->ctx, 1), 0);
	sandbox_write(box, "/sys/module/tswap/version", "2.0\n");
	assert_int_equal(tswap_check_version(box->ctx, 2), -EPROTONOSUPPORT);
	why = swapadm_get_error(box->ctx);
	assert_non_null(strstr(why, "version 2.0 and interface 2"));
	assert_non_null(strstr(why, "modprobe -r tswap"));
	sandbox_write(box, "/usr/src/tswap-10.0/dkms.conf", "");
	sandbox_write(box, "/usr/src/tswap-9.0/dkms.conf", "");
	swapadm_module_get(box->ctx, &module);
	assert_string_equal(module.loaded, "2.0");
	assert_string_equal(module.installed, "10.0");
}

/* ---- what apply does ------------------------------------------------------------- */

static int apply(struct sandbox *box, const char *text, struct swapadm_plan **plan)
{
	struct swapadm_conf *conf;
	int r;

	sandbox_write(box, "/etc/test.conf", text);
	r = swapadm_conf_load(box->ctx, "/etc/test.conf", &conf);
	if (r)
		return r;
	r = swapadm_plan_apply(box->ctx, conf, 0, plan);
	swapadm_conf_unref(conf);
	return r;
}

/* this machine may have the module, then there is nothing to fall back from */
static bool host_has_it(struct sandbox *box)
{
	return tswap_find_module(box->ctx) == 0;
}

static void fallback(void **state)
{
	static const char redirect[] = "[swapadm]\nlayer = redirect\n";
	struct swapadm_plan *plan = NULL;
	struct sandbox *box = *state;
	const struct swapadm_step *step;
	char text[1024];

	if (host_has_it(box))
		skip();
	assert_int_equal(apply(box, redirect, &plan), 0);
	step = swapadm_plan_step(plan, 0);
	assert_non_null(step);
	assert_int_equal(step->action, SWAPADM_ACTION_WARN);
	assert_string_equal(step->object, "redirect");
	assert_non_null(strstr(step->text, "is not installed"));
	assert_non_null(strstr(step->text, "until then the direct layer"));
	/* planning left no trace; running does, and fails */
	assert_int_equal(degraded_read(box->ctx, text, sizeof(text)), -ENOENT);
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "tswap-dkms"));
	assert_int_equal(degraded_read(box->ctx, text, sizeof(text)), 0);
	assert_non_null(strstr(text, "tswap-dkms"));
	swapadm_plan_unref(plan);
	/* who wants it strict gets nothing */
	plan = NULL;
	assert_int_equal(apply(box, "[swapadm]\nlayer = redirect\nfallback = none\n",
			       &plan),
			 -EPROTONOSUPPORT);
	assert_null(plan);
	/* and an apply of the direct layer ends the state */
	assert_int_equal(
		apply(box, "[swapadm]\nlayer = direct\nfallback = direct\n", &plan), 0);
	assert_int_equal(swapadm_plan_run(plan, NULL, NULL), 0);
	assert_int_equal(degraded_read(box->ctx, text, sizeof(text)), -ENOENT);
	swapadm_plan_unref(plan);
	assert_int_equal(apply(box, "[swapadm]\nfallback = maybe\n", &plan), -EBADMSG);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "give direct or none"));
}

/* what readers see */
static void shown(void **state)
{
	static const char *const texts[] = { "[swapadm]\nlayer = redirect\n",
					     "[swapadm]\nlayer = direct\n" };
	struct sandbox *box = *state;
	struct swapadm_model *model;
	struct swapadm_conf *conf;

	degraded_note(box->ctx, "tswap: it is gone; bring it back");
	for (size_t i = 0; i < ARRAY_SIZE(texts); i++) {
		sandbox_write(box, "/etc/test.conf", texts[i]);
		assert_int_equal(swapadm_conf_load(box->ctx, "/etc/test.conf", &conf), 0);
		assert_int_equal(swapadm_model_load(box->ctx, conf, 0, &model), 0);
		if (i == 0)
			assert_string_equal(swapadm_model_degraded(model),
					    "tswap: it is gone; bring it back");
		else
			assert_null(swapadm_model_degraded(model));
		swapadm_model_unref(model);
		swapadm_conf_unref(conf);
	}
}

#define TEST(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(not_there), TEST(refused), TEST(other_version),
		TEST(fallback),  TEST(shown),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
