/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The direct layer's plan of a drain, on fabricated machines. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/mman.h>
#include <sys/wait.h>

#include "base/inroot.h"
#include "job/worker.h"
#include "layer/direct/direct.h"
#include "layer/direct/drain.h"
#include "layer/direct/went.h"
#include "prefetch/devsample.h"
#include "prefetch/window.h"
#include "state/state.h"

#define MIB UINT64_C(1048576)

struct machine {
	unsigned ram_mib, available_mib;
	const char *swaps; /* lines of /proc/swaps */
};

static void set_machine(struct sandbox *box, const struct machine *m)
{
	char text[1024];

	snprintf(text, sizeof(text),
		 "MemTotal: %u kB\nMemFree: 1 kB\nMemAvailable: %u kB\n",
		 m->ram_mib << 10, m->available_mib << 10);
	sandbox_write(box, "/proc/meminfo", text);
	snprintf(text, sizeof(text), "Filename\tType\tSize\tUsed\tPriority\n%s",
		 m->swaps);
	sandbox_write(box, "/proc/swaps", text);
}

static int prepare(struct sandbox *box, const struct told *req, struct swapadm_op **out)
{
	struct swapadm_model *model;
	int r = swapadm_model_load(box->ctx, NULL, 0, &model);

	assert_int_equal(r, 0);
	r = told_prepare(box->ctx, model, req, out);
	swapadm_model_unref(model);
	return r;
}

/* files, as devices would need a sysfs */
#define ZRAM_BESIDE "/swap/a file 1048576 524288 100\n/dev/zram0 partition 1048576 0 50\n"
#define TWO_FILES                                                   \
	"/swap/a file 1048576 524288 100\n" /* 1 GiB, half of it */ \
	"/swap/b file 1048576 0 50\n"

static void fits_in_memory(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	const struct swapadm_op_plan *plan;
	struct swapadm_op *drain;

	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &drain), 0);
	plan = swapadm_op_get_plan(drain);
	assert_string_equal(plan->source, "/swap/a");
	assert_int_equal(plan->n_devices, 1);
	assert_int_equal(plan->used_bytes, 512 * MIB);
	assert_in_range(plan->ram_available_bytes, 1900 * MIB, 2048 * MIB - 1);
	assert_int_equal(plan->short_bytes, 0);
	assert_int_equal(plan->limit, SWAPADM_LIMIT_NONE);
	assert_int_equal(plan->n_dests, 2);
	assert_string_equal(plan->dests[0].name, "memory");
	assert_int_equal(plan->dests[1].bytes, 1024 * MIB);
	swapadm_op_unref(drain);
}

static void short_of_memory(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	const struct swapadm_op_plan *plan;
	struct swapadm_op *drain;
	struct swapadm_job *job;

	set_machine(box,
		    &(struct machine){ 1024, 216, "/swap/a file 1048576 524288 100\n" });
	assert_int_equal(prepare(box, &req, &drain), 0);
	plan = swapadm_op_get_plan(drain);
	assert_int_equal(plan->limit, SWAPADM_LIMIT_RAM);
	assert_in_range(plan->short_bytes, 300 * MIB, 330 * MIB);
	assert_int_equal(swapadm_op_start(drain, &job), -EROFS);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_op_start(drain, &job), -SWAPADM_ENOROOM);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "short of room"));
	swapadm_op_unref(drain);
	box->ctx->foreign_root = true;
	/* the other area takes the rest, but not with --to memory */
	set_machine(box, &(struct machine){ 1024, 216, TWO_FILES });
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 0);
	swapadm_op_unref(drain);
	req.to = "memory";
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->limit, SWAPADM_LIMIT_RAM);
	swapadm_op_unref(drain);
}

/* the groups' limits can't be looked at: said so */
static void no_descriptor(void **state)
{
	const struct machine m = { 2048, 2048, TWO_FILES };
	struct told req = { .source = "/swap/a" };
	struct sandbox *box = *state;
	struct swapadm_op *drain = NULL;

	set_machine(box, &m);
	sandbox_no_descriptor(box, "/proc/self/mountinfo");
	assert_int_equal(prepare(box, &req, &drain), -EMFILE);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "cgroups: look for their mount: Too many open files");
}

static void to_a_tier(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	const struct swapadm_device *dev;
	const struct swapadm_tier *tier;
	struct swapadm_op *drain;
	struct swapadm_model *model;
	char name[64];

	set_machine(box, &(struct machine){ 1024, 216,
					    TWO_FILES "/swap/c file 1048576 0 10\n" });
	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	assert_int_equal(swapadm_model_find(model, "/swap/b", &tier, &dev), 0);
	snprintf(name, sizeof(name), "%s", dev->tier);
	req.to = name;
	assert_int_equal(told_prepare(box->ctx, model, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 0);
	assert_string_equal(swapadm_op_get_plan(drain)->dests[0].name, name);
	swapadm_op_unref(drain);
	/* the kernel would fill b before c */
	assert_int_equal(swapadm_model_find(model, "/swap/c", &tier, &dev), 0);
	snprintf(name, sizeof(name), "%s", dev->tier);
	assert_int_equal(told_prepare(box->ctx, model, &req, &drain), -EPROTONOSUPPORT);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/swap/b"));
	req.to = "nowhere";
	assert_int_equal(told_prepare(box->ctx, model, &req, &drain), -EINVAL);
	req.source = "/swap/x";
	assert_int_equal(told_prepare(box->ctx, model, &req, &drain), -ENODEV);
	swapadm_model_unref(model);
}

static void check_dest(struct sandbox *box, struct swapadm_op *op,
		       const struct went *went, const char *swaps, uint64_t moved_mib,
		       const char *want)
{
	char dest[64] = "asked";

	set_machine(box, &(struct machine){ 4096, 2048, swaps });
	went_say(op, went, moved_mib * MIB, dest, sizeof(dest));
	assert_string_equal(dest, want);
}

/* where the pages of a drain went is what the other areas hold more than before */
static void where_it_went(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct swapadm_conf *conf;
	struct swapadm_model *model;
	struct swapadm_op *op;
	struct went went;

	sandbox_write(box, "/etc/swapadm.conf",
		      "[tier fast]\ndevice = /swap/a\n[tier slow]\ndevice = /swap/b\n"
		      "device = /swap/c\n");
	set_machine(box, &(struct machine){ 4096, 2048,
					    TWO_FILES "/swap/c file 1048576 1024 10\n" });
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_model_load(box->ctx, conf, 0, &model), 0);
	swapadm_conf_unref(conf);
	assert_int_equal(told_prepare(box->ctx, model, &req, &op), 0);
	swapadm_model_unref(model);
	went_begin(box->ctx, &went);
	check_dest(box, op, &went, TWO_FILES, 0, "asked");
	check_dest(box, op, &went, "/swap/b file 1048576 0 50\n", 512, "memory");
	check_dest(box, op, &went, "/swap/b file 1048576 1024 50\n", 512, "memory");
	check_dest(box, op, &went,
		   "/swap/b file 1048576 204800 50\n/swap/c file 1048576 103424 10\n",
		   512, "memory,slow");
	check_dest(box, op, &went, "/swap/b file 1048576 524288 50\n", 512, "slow");
	check_dest(box, op, &went,
		   "/swap/b file 1048576 0 50\n/swap/new file 1048576 524288 9\n", 512,
		   "/swap/new");
	went_end(&went);
	swapadm_op_unref(op);
}

static void a_group_at_its_limit(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	const struct swapadm_op_plan *plan;
	struct swapadm_op *drain;
	struct swapadm_job *job;

	set_machine(box,
		    &(struct machine){ 4096, 2048, "/swap/a file 1048576 524288 100\n" });
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "167772160\n");
	sandbox_write(box, "/cg/job/memory.current", "62914560\n");
	sandbox_write(box, "/cg/job/memory.max", "67108864\n");
	sandbox_write(box, "/cg/job/inner/memory.swap.current", "167772160\n");
	sandbox_write(box, "/cg/job/inner/memory.current", "62914560\n");
	sandbox_write(box, "/cg/job/inner/memory.max", "max\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	plan = swapadm_op_get_plan(drain);
	assert_int_equal(plan->limit, SWAPADM_LIMIT_CGROUP);
	assert_string_equal(plan->limit_object, "/job");
	assert_in_range(plan->short_bytes, 156 * MIB, 160 * MIB);
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_op_start(drain, &job), -SWAPADM_ENOROOM);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "/job"));
	box->ctx->foreign_root = true;
	swapadm_op_unref(drain);
	sandbox_write(box, "/cg/job/memory.max", "536870912\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 0);
	swapadm_op_unref(drain);
}

/* what comes in pushes other pages of the group out, where that is possible */
static void a_group_that_pushes_out(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	const struct swapadm_op_plan *plan;
	struct swapadm_op *drain;
	static const struct {
		const char *swaps, *swap_max, *swappiness, *to;
		bool fits;
	} cases[] = {
		{ TWO_FILES, "max", "60", NULL, true },
		{ TWO_FILES, "max", "60", "memory", false },
		{ TWO_FILES, "max", "0", NULL, false },
		{ TWO_FILES, "167772160", "60", NULL, false },
		{ TWO_FILES, "268435456", "60", NULL, true },
		/* 512 MiB on a: as much elsewhere, with a margin */
		{ "/swap/a file 1048576 524288 100\n/swap/b file 540672 0 50\n", "max",
		  "60", NULL, false },
	};

	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "167772160\n");
	sandbox_write(box, "/cg/job/memory.current", "62914560\n");
	sandbox_write(box, "/cg/job/memory.max", "67108864\n");
	sandbox_write(box, "/cg/job/cgroup.procs", "7\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_machine(box, &(struct machine){ 4096, 2048, cases[i].swaps });
		sandbox_write(box, "/cg/job/memory.swap.max", cases[i].swap_max);
		sandbox_write(box, "/proc/sys/vm/swappiness", cases[i].swappiness);
		req.to = cases[i].to;
		assert_int_equal(prepare(box, &req, &drain), 0);
		plan = swapadm_op_get_plan(drain);
		assert_int_equal(!plan->short_bytes, cases[i].fits);
		assert_int_equal(plan->pushed_bytes > 150 * MIB, cases[i].fits);
		if (cases[i].fits)
			assert_string_equal(plan->tight_group, "/job");
		swapadm_op_unref(drain);
	}
}

/* the caller of swapoff(2) has to be the OOM killer's victim, not the workload */
static void a_group_that_can_be_guarded(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct swapadm_op *drain;
	static const struct {
		const char *swaps, *oom_group, *procs, *other_max, *events;
		bool fits;
	} cases[] = {
		{ TWO_FILES, "0\n", "7\n", "max\n", "frozen 0\n", true },
		{ TWO_FILES, "1\n", "7\n", "max\n", "frozen 0\n", false },
		{ TWO_FILES, "0\n", "", "max\n", "frozen 0\n", false },
		{ TWO_FILES, "0\n", "7\n", "67108864\n", "frozen 0\n", false },
		/* the child would stop in there */
		{ TWO_FILES, "0\n", "7\n", "max\n", "populated 1\nfrozen 1\n", false },
		/* a zram takes pages at once */
		{ ZRAM_BESIDE, "1\n", "", "67108864\n", "frozen 0\n", true },
	};

	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	for (size_t i = 0; i < 2; i++) {
		static const char *const groups[] = { "job", "other" };
		char path[64];

		snprintf(path, sizeof(path), "/cg/%s/memory.swap.current", groups[i]);
		sandbox_write(box, path, "167772160\n");
		snprintf(path, sizeof(path), "/cg/%s/memory.current", groups[i]);
		sandbox_write(box, path, "62914560\n");
	}
	sandbox_write(box, "/proc/sys/vm/swappiness", "60\n");
	sandbox_write(box, "/cg/job/memory.max", "67108864\n");
	for (size_t i = 0; i < ARRAY_SIZE(cases); i++) {
		set_machine(box, &(struct machine){ 4096, 2048, cases[i].swaps });
		sandbox_write(box, "/cg/job/memory.oom.group", cases[i].oom_group);
		sandbox_write(box, "/cg/job/cgroup.procs", cases[i].procs);
		sandbox_write(box, "/cg/job/cgroup.events", cases[i].events);
		sandbox_write(box, "/cg/other/memory.max", cases[i].other_max);
		assert_int_equal(prepare(box, &req, &drain), 0);
		assert_int_equal(!swapadm_op_get_plan(drain)->short_bytes, cases[i].fits);
		swapadm_op_unref(drain);
	}
}

static void check_look(struct swapadm_op *drain, const char *in,
		       enum drain_verdict verdict, const char *host)
{
	const struct swapadm_device *dev = swapadm_op_get_plan(drain)->devices[0];
	struct drain_shares shares = { 0 };
	char why[300] = "", *got;

	assert_int_equal(drain_fits_now(drain, dev, &shares, in, why, sizeof(why), &got),
			 verdict);
	assert_int_equal(*why != 0, verdict != DRAIN_FITS);
	assert_true(streq_null(got, host) || (!got && !host));
	free(got);
}

/* while it runs: the guard stays where it is good, and is there when nothing fits */
static void a_look_under_way(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct swapadm_op *drain;

	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	sandbox_write(box, "/proc/sys/vm/swappiness", "60\n");
	sandbox_write(box, "/cg/top/memory.swap.current", "268435456\n");
	sandbox_write(box, "/cg/top/memory.current", "62914560\n");
	sandbox_write(box, "/cg/top/memory.max", "67108864\n");
	sandbox_write(box, "/cg/top/a/memory.swap.current", "100000000\n");
	sandbox_write(box, "/cg/top/a/cgroup.procs", "7\n");
	sandbox_write(box, "/cg/top/b/memory.swap.current", "160000000\n");
	sandbox_write(box, "/cg/top/b/cgroup.procs", "8\n");
	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &drain), 0);
	check_look(drain, NULL, DRAIN_FITS, "/top/b");
	check_look(drain, "/top/a", DRAIN_FITS, "/top/a");
	sandbox_write(box, "/cg/top/a/cgroup.events", "frozen 1\n");
	check_look(drain, "/top/a", DRAIN_FITS, "/top/b");
	/* the other area has gone: b's pages have nowhere to go */
	set_machine(box,
		    &(struct machine){ 4096, 2048, "/swap/a file 1048576 524288 100\n" });
	check_look(drain, NULL, DRAIN_GROUP_SHORT, "/top/b");
	set_machine(box,
		    &(struct machine){ 4096, 100, "/swap/a file 1048576 524288 100\n" });
	check_look(drain, NULL, DRAIN_MEMORY_SHORT, "/top/b");
	drain->req.force = 1;
	check_look(drain, NULL, DRAIN_MEMORY_SHORT, NULL);
	swapadm_op_unref(drain);
}

/* what another job drains takes no pages, in the plan as later on */
static void two_drains(void **state)
{
	struct told req = { .source = "/swap/a" };
	struct sandbox *box = *state;
	struct swapadm_op *drain;

	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	sandbox_write(box, "/proc/sys/vm/swappiness", "60\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "268435456\n");
	sandbox_write(box, "/cg/job/memory.current", "62914560\n");
	sandbox_write(box, "/cg/job/memory.max", "67108864\n");
	sandbox_write(box, "/cg/job/cgroup.procs", "7\n");
	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 0);
	check_look(drain, NULL, DRAIN_FITS, "/job");

	sandbox_write(box, "/run/swapadm/jobs/d7",
		      "swapadm-job 1\nid d7\nkind drain\nstate running\nsource b\n"
		      "worker 4242\nworker-start 99\ndevice /swap/b\n");
	assert_int_equal(chmod(sandbox_real(box, "/run/swapadm/jobs/d7"), 0644), 0);
	sandbox_write(box, "/proc/4242/stat",
		      "4242 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 99 0 0 0\n");
	check_look(drain, NULL, DRAIN_GROUP_SHORT, "/job");
	set_machine(box, &(struct machine){ 4096, 300, TWO_FILES });
	check_look(drain, NULL, DRAIN_MEMORY_SHORT, "/job");
	swapadm_op_unref(drain);
	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->limit, SWAPADM_LIMIT_CGROUP);
	swapadm_op_unref(drain);

	/* its worker has ended, and left nothing behind */
	sandbox_write(box, "/proc/4242/stat",
		      "4242 (y) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 100 0 0 0\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	check_look(drain, NULL, DRAIN_FITS, "/job");
	swapadm_op_unref(drain);
}

/* swapoff(2) counts the whole area against CommitLimit */
static void strict_overcommit(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct swapadm_op *drain;

	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	sandbox_write(box, "/proc/meminfo",
		      "MemTotal: 4194304 kB\nMemFree: 1 kB\nMemAvailable: 2097152 kB\n"
		      "CommitLimit: 1048576 kB\nCommitted_AS: 524288 kB\n");
	sandbox_write(box, "/proc/sys/vm/overcommit_memory", "2\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->limit, SWAPADM_LIMIT_COMMIT);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 512 * MIB);
	assert_non_null(
		strstr(swapadm_op_get_plan(drain)->limit_object, "CommitLimit 1024"));
	swapadm_op_unref(drain);
	sandbox_write(box, "/proc/sys/vm/overcommit_memory", "0\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->short_bytes, 0);
	swapadm_op_unref(drain);
	req.source = "all";
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->n_devices, 2);
	swapadm_op_unref(drain);
	req = (struct told){ .source = NULL };
	assert_int_equal(prepare(box, &req, &drain), -EINVAL);
	req = (struct told){ .source = "/swap/a", .emergency = "foo" };
	assert_in_range(-prepare(box, &req, &drain), 1, 4095);
}

static void largest_process(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct swapadm_op *drain;

	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	sandbox_write(box, "/proc/5/status", "Name:\tsmall\nVmSwap:\t4 kB\n");
	sandbox_write(box, "/proc/7/status", "Name:\tbig\nVmSwap:\t400 kB\n");
	assert_int_equal(prepare(box, &req, &drain), 0);
	assert_int_equal(swapadm_op_get_plan(drain)->largest_pid, 7);
	assert_string_equal(swapadm_op_get_plan(drain)->largest_comm, "big");
	assert_int_equal(swapadm_op_get_plan(drain)->largest_bytes, 400 << 10);
	swapadm_op_unref(drain);
}

static struct sandbox *interrupted_box;

/* in the child: takes 128 MiB out, and is interrupted */
static int swapoff_interrupted(const char *path)
{
	set_machine(interrupted_box,
		    &(struct machine){ 4096, 2048, "/swap/a file 1048576 655360 100\n" });
	errno = EINTR;
	return -1;
}

/* more was put there since the plan: what swapoff(2) took out has left it all the same */
static void interrupted(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	struct jobrec rec = { 0 };
	struct swapadm_op *op;

	set_machine(box,
		    &(struct machine){ 4096, 2048, "/swap/a file 1048576 524288 100\n" });
	assert_int_equal(prepare(box, &req, &op), 0);
	drain_of(op)->seen[0].plain = true;
	rec.p.total_bytes = 512 * MIB;
	set_machine(box,
		    &(struct machine){ 4096, 2048, "/swap/a file 1048576 786432 100\n" });
	box->ctx->foreign_root = false;
	interrupted_box = box;
	box->ctx->ops.swapoff = swapoff_interrupted;
	assert_int_equal(drain_main(box->ctx, &rec, op), -EINTR);
	assert_int_equal(rec.p.moved_bytes, 128 * MIB);
	assert_int_equal(rec.p.left_bytes, 384 * MIB);
	jobrec_free(&rec);
	swapadm_op_unref(op);
}

static unsigned pagemaps_left;

static bool is_refused(const char *path)
{
	return strstr(path, "/pagemap") && !pagemaps_left--;
}

static int openat_some(int dirfd, const char *path, int flags, mode_t mode)
{
	errno = EMFILE;
	return is_refused(path) ? -1 : openat(dirfd, path + 1, flags, mode);
}

static int open_in_root_some(int root_fd, const char *path, int flags)
{
	errno = EMFILE;
	return is_refused(path) ? -1 : inroot_open(root_fd, path, flags);
}

static int swapoff_not_meant(const char *path)
{
	abort();
}

/* where the pages are can't be noted for --to: that is no fault of swapoff(2) */
static void no_window(void **state)
{
	const uint64_t entry = UINT64_C(1) << 62 | 7 << 5;
	struct told req = { .source = "/swap/a", .to = "slow" };
	struct sandbox *box = *state;
	struct swapadm_model *model;
	struct swapadm_conf *conf;
	struct jobrec rec = { 0 };
	struct swapadm_op *op;

	sandbox_write(box, "/etc/swapadm.conf",
		      "[tier fast]\ndevice = /swap/a\n[tier slow]\ndevice = /swap/b\n");
	set_machine(box, &(struct machine){ 1024, 216, TWO_FILES });
	sandbox_write(box, "/proc/4999999/status", "Name:\tx\nVmSwap:\t4 kB\n");
	sandbox_write(box, "/proc/4999999/maps", "0-10000 rw-p 00000000 00:00 0\n");
	sandbox_write_bytes(box, "/proc/4999999/pagemap", &entry, sizeof(entry));
	assert_int_equal(swapadm_conf_load(box->ctx, NULL, &conf), 0);
	assert_int_equal(swapadm_model_load(box->ctx, conf, 0, &model), 0);
	swapadm_conf_unref(conf);
	assert_int_equal(told_prepare(box->ctx, model, &req, &op), 0);
	swapadm_model_unref(model);
	assert_int_equal(swapadm_op_get_plan(op)->strategy, SWAPADM_STRATEGY_WINDOW);
	drain_of(op)->seen_ns = 0;
	box->ctx->foreign_root = false;
	box->ctx->ops.openat = openat_some;
	box->ctx->ops.open_in_root = open_in_root_some;
	box->ctx->ops.swapoff = swapoff_not_meant;
	pagemaps_left = 1;
	assert_int_equal(drain_main(box->ctx, &rec, op), -EMFILE);
	assert_string_equal(
		rec.p.message,
		"/swap/a: note where its pages are: Too many open files; leave out --to");
	swapadm_op_unref(op);
}

#define WINDOW_PAGES 16

/* how many pages of our own are asked to go out at the end of a swapoff(2) */
static uint64_t paged_out_at_end(struct sandbox *box, bool cancelled)
{
	size_t page_bytes = (size_t)sysconf(_SC_PAGESIZE);
	void *memory = mmap(NULL, WINDOW_PAGES * page_bytes, PROT_READ | PROT_WRITE,
			    MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	const struct swap_span span = { 0, 0, (uintptr_t)memory / page_bytes,
					WINDOW_PAGES };
	struct jobrec rec = { .p = { .id = "d1", .source = "/swap/a" } };
	struct jobrun job = {
		.ctx = box->ctx,
		.rec = &rec,
		.sig_fd = -1,
		.caller_fd = -1,
		.cancelled = cancelled,
		.lock = PTHREAD_MUTEX_INITIALIZER,
	};
	struct window w = { .ctx = box->ctx, .job = &job, .page_out = true };

	assert_true(memory != MAP_FAILED);
	runset_init(&w.regions.runs, 0, 0);
	assert_int_equal(runset_add(&w.regions.runs, &span, 0), 0);
	w.regions.procs.items = calloc(1, sizeof(*w.regions.procs.items));
	w.behind = calloc(1, sizeof(*w.behind));
	assert_true(w.regions.procs.items && w.behind);
	w.regions.procs.items[0].pid = getpid();
	w.regions.procs.n = 1;
	window_end(&w);
	assert_int_equal(w.is_cut, cancelled);
	munmap(memory, WINDOW_PAGES * page_bytes);
	return w.paged_out_pages;
}

/* what a drain --to pages out at its end may take a slow disk minutes */
static void a_cancel_of_the_rest(void **state)
{
	struct sandbox *box = *state;

	if (!paged_out_at_end(box, false))
		skip(); /* an ordinary user may not ask */
	assert_int_equal(paged_out_at_end(box, true), 0);
}

/* a park may keep the lock for ten seconds: what is drained is detached all the same */
static void a_lock_that_is_kept(void **state)
{
	struct sandbox *box = *state;
	int fds[2], status, lock;
	char byte;
	pid_t pid;

	set_machine(box, &(struct machine){ 4096, 2048, "" });
	box->ctx->foreign_root = false;
	assert_int_equal(pipe2(fds, O_CLOEXEC), 0);
	pid = fork();
	if (!pid) {
		lock = state_lock(box->ctx, "park");
		if (lock < 0 || write(fds[1], "", 1) != 1)
			_exit(1);
		usleep(5500000);
		_exit(0);
	}
	assert_int_equal(read(fds[0], &byte, 1), 1);
	assert_int_equal(direct_detach(box->ctx, "/swap/a", false), 0);
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(status, 0);
	close(fds[0]);
	close(fds[1]);
}

/* ---- what the plan has seen, for the worker ---------------------------------------- */

static struct swapadm_op *through_a_request(struct sandbox *box,
					    const struct swapadm_op *op)
{
	_cleanup_(request_free) struct request req = { 0 };
	void *back;

	assert_int_equal(drain_save(op, &req), 0);
	assert_int_equal(drain_load(box->ctx, &req, &back), 0);
	return back;
}

static void what_was_seen(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL, *back = NULL, *late = NULL;
	const struct preread_seen *seen;

	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &op), 0);
	drain_of(op)->seen[0].pages =
		(struct preread_seen){ .type = 3, .plain_page_ns = 50000, .waits = true };
	drain_of(op)->pids = realloc(drain_of(op)->pids, 2 * sizeof(pid_t));
	assert_non_null(drain_of(op)->pids);
	drain_of(op)->pids[0] = 4243;
	drain_of(op)->pids[1] = 1;
	drain_of(op)->n_pids = 2;
	drain_of(op)->seen_ns = monotonic_ns();
	back = through_a_request(box, op);
	seen = &drain_of(back)->seen[0].pages;
	assert_int_equal(seen->type, 3);
	assert_true(seen->plain_page_ns == 50000);
	assert_true(seen->waits);
	assert_int_equal(seen->n_pids, 2);
	assert_int_equal(seen->pids[0], 4243);
	assert_int_equal(seen->pids[1], 1);
	assert_true(drain_of(back)->seen_ns == drain_of(op)->seen_ns); /* not younger */
	/* later the worker has to look itself */
	drain_of(op)->seen_ns -= DRAIN_SEEN_NS;
	late = through_a_request(box, op);
	assert_true(drain_of(late)->seen[0].pages.plain_page_ns == 0);
	assert_int_equal(drain_of(late)->n_pids, 0);
}

static void damaged_looks_are_refused(void **state)
{
	static const char *const bad[][2] = {
		{ "seen", "" },       { "seen", "3 50000" }, { "seen", "3 50000 1 2" },
		{ "seen", "64 1 0" }, { "seen", "-1 1 0" },  { "seen", "3 50000 2" },
		{ "pid", "x" },       { "pid", "-1" },       { "pid", "4294967296" },
	};
	struct sandbox *box = *state;
	struct told req = { .source = "/swap/a" };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL;
	void *back = NULL;

	set_machine(box, &(struct machine){ 4096, 2048, TWO_FILES });
	assert_int_equal(prepare(box, &req, &op), 0);
	drain_of(op)->seen_ns = monotonic_ns() - DRAIN_SEEN_NS;
	for (size_t i = 0; i < ARRAY_SIZE(bad); i++) {
		_cleanup_(request_free) struct request asked = { 0 };

		assert_int_equal(drain_save(op, &asked), 0);
		assert_int_equal(request_add(&asked, bad[i][0], bad[i][1]), 0);
		assert_int_equal(drain_load(box->ctx, &asked, &back), -EBADMSG);
	}
	assert_null(back);
}

static uint64_t bytes_read(void)
{
	unsigned long long bytes = 0;
	FILE *file = fopen("/proc/self/io", "re");

	if (!file)
		return 0;
	if (fscanf(file, "rchar: %llu", &bytes) != 1)
		bytes = 0;
	fclose(file);
	return bytes;
}

/* what the plan tries out is a small part of what is to be read */
static void a_small_sample(void **state)
{
	struct sandbox *box = *state;
	_cleanup_free_ char *zeros = calloc(1, 16 * MIB);
	uint64_t per_s = 0, before;
	char path[4096];
	FILE *file;
	int r;

	sandbox_write(box, "/swap/a", "");
	snprintf(path, sizeof(path), "%s/swap/a", box->dir);
	file = fopen(path, "we");
	assert_non_null(file);
	assert_non_null(zeros);
	assert_int_equal(fwrite(zeros, 1, 16 * MIB, file), 16 * MIB);
	assert_int_equal(fclose(file), 0);
	before = bytes_read();
	r = devsample_bandwidth(box->ctx, "/swap/a", 0, 200 * MIB, UINT64_MAX, &per_s);
	if (r == -EINVAL || !before)
		skip(); /* its file system knows no O_DIRECT, or nobody counts */
	assert_int_equal(r, 0);
	assert_true(per_s > 0);
	assert_in_range(bytes_read() - before, 2 * MIB, 3 * MIB);
}

static void rates(void **state)
{
	assert_int_equal(rate_delay_ns(0, 1 << 30, 0), 0);
	assert_int_equal(rate_delay_ns(1000, 500, 0), 500000000);
	assert_int_equal(rate_delay_ns(1000, 500, 500000000), 0);
	assert_int_equal(rate_delay_ns(1000, 500, 200000000), 300000000);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(fits_in_memory),
		fixture_test(short_of_memory),
		fixture_test(no_descriptor),
		fixture_test(to_a_tier),
		fixture_test(where_it_went),
		fixture_test(a_group_at_its_limit),
		fixture_test(a_group_that_pushes_out),
		fixture_test(a_group_that_can_be_guarded),
		fixture_test(a_look_under_way),
		fixture_test(two_drains),
		fixture_test(strict_overcommit),
		fixture_test(largest_process),
		fixture_test(interrupted),
		fixture_test(no_window),
		fixture_test(a_cancel_of_the_rest),
		fixture_test(a_lock_that_is_kept),
		fixture_test(what_was_seen),
		fixture_test(damaged_looks_are_refused),
		fixture_test(a_small_sample),
		cmocka_unit_test(rates),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
