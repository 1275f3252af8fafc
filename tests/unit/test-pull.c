/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The plans of swap-in and swap-out, on fabricated machines. */
#include "fixture.h"

#include <fcntl.h>

#include "paging/paging.h"

#define KIB  UINT64_C(1024)
#define MIB  UINT64_C(1048576)
#define HEAD "Filename\tType\tSize\tUsed\tPriority\n"
#define TWO  HEAD "/a file 1024 100 20\n/b file 2048 0 10\n" /* KiB */

static void set_memory(struct sandbox *box, unsigned available_mib)
{
	char text[128];

	snprintf(text, sizeof(text), "MemTotal: 4194304 kB\nMemAvailable: %u kB\n",
		 available_mib << 10);
	sandbox_write(box, "/proc/meminfo", text);
}

static void put_process(struct sandbox *box, int pid, unsigned swap_kib, unsigned rss_kib,
			unsigned anon_kib, const char *cgroup)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text),
		 "Name:\tp%d\nTgid:\t%d\nPPid:\t1\nUid:\t7\t7\t7\t7\nVmRSS:\t%u kB\n"
		 "RssAnon:\t%u kB\nVmSwap:\t%u kB\n",
		 pid, pid, rss_kib, anon_kib, swap_kib);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	snprintf(text, sizeof(text), "0::%s\n", cgroup);
	sandbox_write(box, path, text);
}

static void put_value(struct sandbox *box, const char *group, const char *name,
		      const char *value)
{
	char path[128];

	snprintf(path, sizeof(path), "/cg%s/%s", group, name);
	sandbox_write(box, path, value);
}

/* /job has two processes, one of them in /job/inner; 9 is elsewhere */
static void set_machine(struct sandbox *box)
{
	set_memory(box, 2048);
	sandbox_write(box, "/proc/swaps", TWO);
	sandbox_write(box, "/a", "");
	sandbox_write(box, "/b", "");
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	put_process(box, 5, 60, 400, 300, "/job");
	put_process(box, 6, 30, 40, 20, "/job/inner");
	put_process(box, 9, 10, 4, 4, "/job2");
	put_value(box, "/job", "memory.current", "10485760\n");
	put_value(box, "/job", "memory.max", "max\n");
	put_value(box, "/job", "memory.stat", "anon 327680\nshmem 4096\n");
	put_value(box, "/job", "memory.swap.current", "94208\n");
	put_value(box, "/job", "memory.swap.max", "max\n");
	put_value(box, "/job/inner", "memory.current", "40960\n");
	put_value(box, "/job/inner", "memory.max", "max\n");
	put_value(box, "/job/inner", "memory.swap.current", "30720\n");
	put_value(box, "/job/inner", "memory.swap.max", "max\n");
	put_value(box, "/job2", "memory.swap.current", "10240\n");
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

static struct swapadm_op *plan(struct sandbox *box, const struct told *req,
			       const struct swapadm_op_plan **out)
{
	struct swapadm_op *pull;

	assert_int_equal(prepare(box, req, &pull), 0);
	*out = swapadm_op_get_plan(pull);
	return pull;
}

/* the plan is refused, with these words; starting it says the same */
static void assert_refused(struct sandbox *box, struct swapadm_op *pull,
			   const char *words)
{
	const struct swapadm_op_plan *p = swapadm_op_get_plan(pull);
	struct swapadm_job *job;

	assert_non_null(p->refusal);
	assert_non_null(strstr(p->refusal, words));
	assert_int_not_equal(p->short_bytes, 0);
	assert_int_equal(p->fits_bytes, 0);
	assert_int_equal(swapadm_op_start(pull, &job), -EROFS);
	if (geteuid() != 0)
		return;
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_op_start(pull, &job), -SWAPADM_ENOROOM);
	assert_string_equal(swapadm_get_error(box->ctx), p->refusal);
	box->ctx->foreign_root = true;
}

static void a_process_comes_in(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .pid = 5 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	pull = plan(box, &req, &p);
	assert_string_equal(p->source, "pid 5");
	assert_string_equal(p->comm, "p5");
	assert_int_equal(p->kind, SWAPADM_OP_SWAPIN);
	assert_int_equal(p->total_bytes, 60 * KIB);
	assert_int_equal(p->used_bytes, 60 * KIB);
	assert_int_equal(p->fits_bytes, 60 * KIB);
	/* only one area is in use */
	assert_int_equal(p->n_from, 1);
	assert_int_equal(p->from[0].bytes, 60 * KIB);
	assert_int_equal(p->other_bytes, 0);
	assert_int_equal(p->ram_available_bytes, 2048 * MIB);
	assert_null(p->cgroup);
	assert_null(p->refusal);
	swapadm_op_unref(pull);
	req.amount_bytes = 8 * KIB;
	pull = plan(box, &req, &p);
	assert_int_equal(p->total_bytes, 60 * KIB);
	assert_int_equal(p->fits_bytes, 8 * KIB);
	swapadm_op_unref(pull);
}

static void tiers_that_are_not_told(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .pid = 5 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	sandbox_write(box, "/proc/swaps",
		      HEAD "/a file 1024 60 20\n/b file 2048 40 10\n");
	pull = plan(box, &req, &p); /* two in use, and no pagemap */
	assert_int_equal(p->n_from, 0);
	assert_int_equal(p->other_bytes, 60 * KIB);
	swapadm_op_unref(pull);
	/* no model: nobody asked */
	assert_int_equal(told_prepare(box->ctx, NULL, &req, &pull), 0);
	assert_int_equal(swapadm_op_get_plan(pull)->n_from, 0);
	assert_int_equal(swapadm_op_get_plan(pull)->other_bytes, 0);
	swapadm_op_unref(pull);
}

static void a_cgroup_comes_in(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .cgroup = "/job" };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	pull = plan(box, &req, &p);
	assert_string_equal(p->source, "cgroup /job");
	assert_null(p->comm);
	assert_int_equal(p->total_bytes, 92 * KIB);   /* as the group counts */
	assert_int_equal(p->from[0].bytes, 90 * KIB); /* what its processes show */
	assert_int_equal(p->other_bytes, 2 * KIB);
	swapadm_op_unref(pull);
	/* its name is the beginning of another's, which is not meant */
	req.cgroup = "/";
	pull = plan(box, &req, &p);
	assert_int_equal(p->total_bytes, 100 * KIB);
	swapadm_op_unref(pull);
}

static void too_much_for_memory(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .pid = 5 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	set_memory(box, 1);
	pull = plan(box, &req, &p);
	assert_in_range(p->short_bytes, 16 * MIB, 64 * MIB); /* and a margin */
	assert_refused(box, pull, "memory available");
	swapadm_op_unref(pull);
}

static void too_much_for_the_group(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .pid = 6 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	/* of the ancestor: 12 KiB; the group's own limit is far away */
	put_value(box, "/job", "memory.max", "10498048\n");
	put_value(box, "/job/inner", "memory.max", "20971520\n");
	pull = plan(box, &req, &p);
	assert_string_equal(p->cgroup, "/job");
	assert_int_equal(p->cgroup_room_bytes, 12 * KIB);
	assert_in_range(p->short_bytes, 18 * KIB, 48 * KIB); /* and the CPUs' stocks */
	assert_refused(box, pull, "cgroup /job ");
	swapadm_op_unref(pull);
	/* a group with room is reported as well */
	put_value(box, "/job", "memory.max", "max\n");
	pull = plan(box, &req, &p);
	assert_string_equal(p->cgroup, "/job/inner");
	assert_int_equal(p->cgroup_room_bytes, 20 * MIB - 40 * KIB);
	assert_null(p->refusal);
	swapadm_op_unref(pull);
}

static void a_process_goes_out(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPOUT, .pid = 5 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	pull = plan(box, &req, &p);
	assert_int_equal(p->kind, SWAPADM_OP_SWAPOUT);
	assert_int_equal(p->total_bytes, 400 * KIB);
	assert_int_equal(p->movable_bytes, 300 * KIB);
	assert_int_equal(p->used_bytes, 400 * KIB);
	assert_int_equal(p->fits_bytes, 300 * KIB);
	assert_int_equal(p->swap_free_bytes, (924 + 2048) * KIB);
	assert_int_equal(p->n_dests, 2);
	assert_int_equal(p->dests[0].bytes, 924 * KIB); /* of the higher priority */
	assert_int_equal(p->dests[1].bytes, 2048 * KIB);
	assert_false(p->zswap); /* this kernel has none */
	swapadm_op_unref(pull);
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "N\n");
	pull = plan(box, &req, &p);
	assert_false(p->zswap);
	swapadm_op_unref(pull);
	sandbox_write(box, "/sys/module/zswap/parameters/enabled", "Y\n");
	pull = plan(box, &req, &p);
	assert_true(p->zswap);
	assert_int_equal(p->fits_bytes, 300 * KIB);
	swapadm_op_unref(pull);
	/* less room than there is to move: what has room moves */
	sandbox_write(box, "/proc/swaps", HEAD "/a file 1024 1004 20\n");
	pull = plan(box, &req, &p);
	assert_null(p->refusal);
	assert_int_equal(p->fits_bytes, 20 * KIB);
	swapadm_op_unref(pull);
	sandbox_write(box, "/proc/swaps", HEAD "/a file 1024 1024 20\n");
	pull = plan(box, &req, &p);
	assert_int_equal(p->n_dests, 0);
	assert_refused(box, pull, "no room in swap");
	swapadm_op_unref(pull);
	sandbox_write(box, "/proc/swaps", HEAD);
	pull = plan(box, &req, &p);
	assert_refused(box, pull, "no room in swap");
	swapadm_op_unref(pull);
}

static void a_cgroup_goes_out(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPOUT, .cgroup = "/job" };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	pull = plan(box, &req, &p);
	assert_int_equal(p->total_bytes, 10 * MIB);
	assert_int_equal(p->movable_bytes, 324 * KIB); /* anon and shmem */
	assert_null(p->cgroup);
	swapadm_op_unref(pull);
	put_value(box, "/job", "memory.swap.max", "114688\n");
	pull = plan(box, &req, &p);
	assert_string_equal(p->cgroup, "/job");
	assert_int_equal(p->cgroup_room_bytes, 20 * KIB);
	assert_int_equal(p->fits_bytes, 20 * KIB);
	assert_null(p->refusal);
	swapadm_op_unref(pull);
	put_value(box, "/job", "memory.swap.max", "94208\n");
	pull = plan(box, &req, &p);
	assert_refused(box, pull, "cgroup /job is at its limit of swap");
	swapadm_op_unref(pull);
	/* version 1 goes by process */
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup cgroup rw,memory\n");
	sandbox_write(box, "/proc/5/cgroup", "4:memory:/job\n");
	sandbox_write(box, "/proc/6/cgroup", "4:memory:/job/inner\n");
	pull = plan(box, &req, &p);
	assert_int_equal(p->movable_bytes, 320 * KIB);
	swapadm_op_unref(pull);
}

static void a_group_that_never_swaps(void **state)
{
	struct sandbox *box = *state;
	struct paging pull = { .ctx = box->ctx, .cgroup = "/job" };
	char why[192] = "";

	set_machine(box);
	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/a file 1048576 0 20\n");
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /mem rw - cgroup cgroup rw,memory\n");
	sandbox_write(box, "/mem/job/memory.swappiness", "60\n");
	sandbox_write(box, "/mem/job/memory.usage_in_bytes", "4096\n");
	assert_int_equal(memcg_mount_find(box->ctx, &pull.mount), 0);
	assert_false(paging_why_stuck(&pull, why, sizeof(why)));
	sandbox_write(box, "/mem/job/memory.swappiness", "0\n");
	assert_true(paging_why_stuck(&pull, why, sizeof(why)));
	assert_non_null(strstr(why, "memory.swappiness of cgroup /job is 0"));
}

/* an area that a job drains takes nothing */
static void a_drain_meanwhile(void **state)
{
	struct told req = { .kind = SWAPADM_OP_SWAPIN,
			    .pid = 5,
			    .amount_bytes = 8 * MIB };
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;
	char why[192] = "";

	set_machine(box);
	put_process(box, 5, 65536, 400, 300, "/job");
	put_value(box, "/job", "memory.max", "10498048\n");
	put_value(box, "/job/inner", "memory.swap.max", "max\n");
	sandbox_write(box, "/proc/swaps", HEAD "/a file 1048576 100 20\n");
	pull = plan(box, &req, &p);
	assert_int_not_equal(p->pushed_bytes, 0);
	assert_null(p->refusal);
	assert_false(paging_why_stuck(pull->priv, why, sizeof(why)));
	swapadm_op_unref(pull);

	sandbox_write(box, "/run/swapadm/jobs/d7",
		      "swapadm-job 1\nid d7\nkind drain\nstate running\nsource /a\n"
		      "worker 9\nworker-start 900\ndevice /a\n");
	assert_int_equal(chmod(sandbox_real(box, "/run/swapadm/jobs/d7"), 0644), 0);
	sandbox_write(box, "/proc/9/stat",
		      "9 (x) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 900 0 0 0\n");
	pull = plan(box, &req, &p);
	assert_int_equal(p->pushed_bytes, 0);
	assert_refused(box, pull, "would go past its memory limit");
	assert_true(paging_why_stuck(pull->priv, why, sizeof(why)));
	assert_string_equal(why, "swap is full");
	swapadm_op_unref(pull);
}

static void nothing_to_move(void **state)
{
	struct sandbox *box = *state;
	struct told req = { .kind = SWAPADM_OP_SWAPIN, .pid = 5 };
	const struct swapadm_op_plan *p;
	struct swapadm_op *pull;

	set_machine(box);
	set_memory(box, 0);
	put_process(box, 5, 0, 0, 0, "/job");
	pull = plan(box, &req, &p);
	assert_int_equal(p->used_bytes, 0);
	assert_null(p->refusal); /* no memory is needed for it */
	swapadm_op_unref(pull);
}

static void nobody_there(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_op *pull;

	set_machine(box);
	assert_int_equal(prepare(box,
				 &(struct told){ .kind = SWAPADM_OP_SWAPIN, .pid = 7 },
				 &pull),
			 -ESRCH);
	assert_int_equal(
		prepare(box, &(struct told){ .kind = SWAPADM_OP_SWAPIN, .cgroup = "/no" },
			&pull),
		-ENOENT);
	assert_int_equal(prepare(box, &(struct told){ .kind = SWAPADM_OP_SWAPIN }, &pull),
			 -EINVAL);
	sandbox_write(box, "/proc/2/status", "Name:\tkthreadd\nTgid:\t2\n");
	assert_int_equal(prepare(box,
				 &(struct told){ .kind = SWAPADM_OP_SWAPIN, .pid = 2 },
				 &pull),
			 -EINVAL);
	/* its first thread has ended, and with that what process_madvise(2) goes by */
	sandbox_write(box, "/proc/3/status",
		      "Name:\tmain\nState:\tZ (zombie)\nThreads:\t2\n");
	sandbox_write(box, "/proc/3/task/4/status", "Name:\tmain\nVmSwap:\t16 kB\n");
	assert_int_equal(prepare(box,
				 &(struct told){ .kind = SWAPADM_OP_SWAPOUT, .pid = 3 },
				 &pull),
			 -EPROTONOSUPPORT);
	sandbox_write(box, "/proc/self/mountinfo", "");
	assert_int_equal(
		prepare(box,
			&(struct told){ .kind = SWAPADM_OP_SWAPIN, .cgroup = "/job" },
			&pull),
		-EPROTONOSUPPORT);
}

/* what can't be read is not a process that has ended */
static void mappings_that_are_kept_from_us(void **state)
{
	struct sandbox *box = *state;
	struct jobrec rec = { .p.source = "pid 5" };
	struct paging pull = { .ctx = box->ctx, .pid = 5, .job = { .rec = &rec } };

	set_machine(box);
	sandbox_write(box, "/proc/5/maps", "1000-2000 rw-p 00000000 00:00 0\n");
	pull.job.ctx = box->ctx;
	sandbox_no_descriptor(box, "/proc/5/maps");
	assert_int_equal(paging_push_process(&pull, 5), -EMFILE);
	assert_string_equal(swapadm_get_error(box->ctx), "pid 5: Too many open files");
	assert_int_equal(paging_push_process(&pull, 7), 0); /* has ended */
}

/* ---- the worker ------------------------------------------------------------------ */

static struct sandbox *shown;

static int openat_and_end(int dirfd, const char *path, int flags, mode_t mode)
{
	if (str_after(path, "/proc/5/maps"))
		unlink(sandbox_real(shown, "/proc/5/stat"));
	return openat(dirfd, *path == '/' ? path + 1 : path, flags, mode);
}

/* as for the worker of a swap-out of process 5, that began at @start; its message */
static const char *run_worker(struct sandbox *box, uint64_t start, int want)
{
	static char said[sizeof(((struct swapadm_progress *)NULL)->message)];
	struct told req = { .kind = SWAPADM_OP_SWAPOUT, .pid = 5 };
	_cleanup_(request_free) struct request request = { 0 };
	struct jobrec rec = { .p = { .id = "d1", .source = "pid 5" } };
	struct swapadm_op *op;
	void *arg;

	rec.p.kind = SWAPADM_JOB_SWAPOUT;
	assert_int_equal(prepare(box, &req, &op), 0);
	assert_int_equal(op_save(op, &request), 0);
	assert_int_equal(request_add_u64(&request, "found-start", start), 0);
	assert_int_equal(request_add_u64(&request, "found-bytes", 4096), 0);
	assert_int_equal(paging_work.load(box->ctx, &request, &arg), 0);
	assert_int_equal(paging_work.run(box->ctx, &rec, arg), want);
	assert_int_equal(rec.p.state, want ? SWAPADM_JOB_FAILED : SWAPADM_JOB_DONE);
	snprintf(said, sizeof(said), "%s", rec.p.message);
	swapadm_op_unref(((struct paging *)arg)->op);
	swapadm_op_unref(op);
	return said;
}

/* who is meant is who was there when it was planned, and has to be there at the end */
static void a_process_that_ends(void **state)
{
	struct sandbox *box = *state;

	if (is_emulated())
		skip();
	set_machine(box);
	sandbox_write(box, "/run/swapadm/jobs/.keep", "");
	sandbox_write(box, "/proc/5/stat",
		      "5 (p) S 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 500 0 0\n");
	box->ctx->foreign_root = false;
	assert_string_equal(run_worker(box, 500, 0), "");
	assert_string_equal(run_worker(box, 499, -ESRCH),
			    "pid 5: swapout: it ended meanwhile");
	shown = box;
	box->ctx->ops.openat = openat_and_end;
	assert_string_equal(run_worker(box, 500, -ESRCH),
			    "pid 5: swapout: it ended meanwhile");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		fixture_test(a_process_comes_in),
		fixture_test(tiers_that_are_not_told),
		fixture_test(a_cgroup_comes_in),
		fixture_test(too_much_for_memory),
		fixture_test(too_much_for_the_group),
		fixture_test(a_process_goes_out),
		fixture_test(a_cgroup_goes_out),
		fixture_test(a_group_that_never_swaps),
		fixture_test(a_drain_meanwhile),
		fixture_test(nothing_to_move),
		fixture_test(nobody_there),
		fixture_test(mappings_that_are_kept_from_us),
		fixture_test(a_process_that_ends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
