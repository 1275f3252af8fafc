/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of what is parked, freezers, and who is never parked. */
#include "fixture.h"

#include <signal.h>
#include <sys/wait.h>

#include "kernel/swapcached.h"
#include "park/park.h"
#include "usage/rules.h"

#define KIB 1024

/* ---- records --------------------------------------------------------------------- */

static void a_process_round_trip(void **state)
{
	struct parkrec rec = {
		.id = "p4711",
		.boot = "b",
		.state = SWAPADM_PARK_PARKED,
		.pid = 4711,
		.start_ticks = UINT64_MAX,
		.comm = "a b\n\\",
		.freezer = SWAPADM_FREEZER_SIGNAL,
		.since_s = 5,
		.pushed_bytes = INT64_MAX,
		.out_bytes = INT64_MAX,
		.job = "d7",
		.worker = 12,
		.worker_start_ticks = 13,
	};
	_cleanup_free_ char *text = NULL;
	struct parkrec back;

	assert_int_equal(parkrec_add_stopped(&rec, 4711, 1), 0);
	assert_int_equal(parkrec_add_stopped(&rec, 4712, 2), 0);
	text = parkrec_format(&rec);
	assert_non_null(text);
	assert_int_equal(parkrec_parse(text, &back), 0);
	assert_string_equal(back.id, "p4711");
	assert_string_equal(back.comm, "a b\n\\");
	assert_true(back.start_ticks == UINT64_MAX);
	assert_int_equal(back.state, SWAPADM_PARK_PARKED);
	assert_int_equal(back.freezer, SWAPADM_FREEZER_SIGNAL);
	assert_true(back.pushed_bytes == INT64_MAX);
	assert_true(back.out_bytes == INT64_MAX);
	assert_string_equal(back.job, "d7");
	assert_int_equal(back.worker, 12);
	assert_int_equal(back.n_stopped, 2);
	assert_int_equal(back.stopped[1].pid, 4712);
	assert_int_equal(back.stopped[1].start_ticks, 2);
	parkrec_free(&back);
	parkrec_free(&rec);
}

static void a_group_round_trip(void **state)
{
	struct parkrec rec = {
		.id = "c99",
		.cgroup = "/a b",
		.inode = 99,
		.freezer = SWAPADM_FREEZER_CGROUP,
		.group = { SWAPADM_FREEZER_CGROUP, "/cg/a b", 98 },
	};
	_cleanup_free_ char *text = parkrec_format(&rec);
	struct parkrec back;

	assert_non_null(text);
	assert_int_equal(parkrec_parse(text, &back), 0);
	assert_string_equal(back.cgroup, "/a b");
	assert_int_equal(back.inode, 99);
	assert_int_equal(back.group.kind, SWAPADM_FREEZER_CGROUP);
	assert_string_equal(back.group.dir, "/cg/a b");
	assert_int_equal(back.group.inode, 98);
	parkrec_free(&back);
}

#define HEAD "swapadm-parked 1\n"

static void what_is_not_a_record(void **state)
{
	static const char *const bad[] = {
		"",
		"swapadm-parked 2\nid p2\npid 2\n",
		HEAD,
		HEAD "id p2\n",
		HEAD "id p2\npid 3\n",            /* another one's name */
		HEAD "id p1\npid 1\n",            /* never init */
		HEAD "id p2\npid 2\ncgroup /a\n", /* both */
		HEAD "id c2\ncgroup a\ninode 2\n",
		HEAD "id c2\ncgroup /a\ninode 3\n",
		HEAD "id ../x\npid 2\n",
		HEAD "id p2\npid 2\nfreezer 9\n",
		HEAD "id p2\npid 2\nstate 3\n",
		HEAD "id p2\npid 2\nstart -1\n",
		HEAD "id p2\npid 2\nstopped 1 5\n", /* would go on with init */
		HEAD "id p2\npid 2\nstopped 0 5\n", /* or with a whole group */
		HEAD "id p2\npid 2\nstopped 99999999999 5\n",
		HEAD "id p2\npid 2\nstopped 5\n",
		HEAD "id p2\npid 2\nstopped 5 6 7\n",
		HEAD "id c2\ncgroup /a\ninode 2\nfreezer 1\n", /* of no group */
		HEAD "id c2\ncgroup /a\ninode 2\nfreezer 1\ngroup-kind 2\ngroup /g\n"
		     "group-inode 3\n",
		HEAD "id c2\ncgroup /a\ninode 2\nfreezer 1\ngroup-kind 1\ngroup g\n"
		     "group-inode 3\n",
	};
	struct parkrec rec;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(parkrec_parse(bad[i], &rec), -EBADMSG);
	assert_int_equal(parkrec_parse(HEAD "id p2\npid 2\nnews 7\n", &rec), 0);
	parkrec_free(&rec);
}

static void put_record(struct sandbox *box, const char *id, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), PARKS_DIR "/%s", id);
	sandbox_write(box, path, text);
}

static void put_boot(struct sandbox *box)
{
	sandbox_write(box, "/proc/sys/kernel/random/boot_id", "one\n");
}

static void put_process(struct sandbox *box, int pid, const char *letter, int ppid,
			const char *cgroups)
{
	char path[64], text[256];

	snprintf(path, sizeof(path), "/proc/%d/status", pid);
	snprintf(text, sizeof(text),
		 "Name:\tp%d\nState:\t%s\nTgid:\t%d\nPPid:\t%d\nVmRSS:\t400 kB\n"
		 "RssAnon:\t300 kB\nRssShmem:\t8 kB\nVmSwap:\t0 kB\n",
		 pid, letter, pid, ppid);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/proc/%d/stat", pid);
	snprintf(text, sizeof(text),
		 "%d (p) %c 1 1 1 0 -1 0 0 0 0 0 0 0 0 0 20 0 1 0 %d 0 0\n", pid, *letter,
		 pid * 100);
	sandbox_write(box, path, text);
	snprintf(path, sizeof(path), "/proc/%d/cgroup", pid);
	sandbox_write(box, path, cgroups);
}

static void records_are_listed(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list;
	const struct swapadm_parked *p;

	put_boot(box);
	put_process(box, 5, "T (stopped)", 1, "0::/\n");
	put_process(box, 6, "S (sleeping)", 1, "0::/\n");
	put_record(box, "p5",
		   HEAD "id p5\nboot one\nstate 1\npid 5\nstart 500\ncomm five\n"
			"freezer 3\nsince 9\nstopped 5 500\n");
	put_record(box, "p6", /* thawed by others */
		   HEAD "id p6\nboot one\nstate 1\npid 6\nstart 600\nfreezer 3\nsince 7\n"
			"stopped 6 600\n");
	put_record(box, "p7", HEAD "id p7\nboot one\nstate 1\npid 7\nstart 1\n");
	put_record(box, "p8", HEAD "id p8\nboot two\npid 8\nstart 1\n");
	put_record(box, "p9", HEAD "id p5\npid 5\n"); /* of another name */
	put_record(box, ".p9.tmp", "half");
	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_int_equal(swapadm_parked_n(list), 3);
	p = swapadm_parked_get(list, 0);
	assert_string_equal(p->source, "pid 7");
	assert_true(p->gone);
	p = swapadm_parked_get(list, 1);
	assert_string_equal(p->source, "pid 6");
	assert_false(p->frozen);
	assert_false(p->gone);
	p = swapadm_parked_get(list, 2);
	assert_string_equal(p->source, "pid 5");
	assert_string_equal(p->comm, "five");
	assert_true(p->frozen);
	assert_false(p->unfinished);
	assert_null(swapadm_parked_get(list, 3));
	swapadm_parked_free(list);
}

/* that is no damaged record, and its process has not ended */
static void no_descriptor_no_list(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list = NULL;

	put_process(box, 5, "T (stopped)", 1, "0::/\n");
	put_record(box, "p5", HEAD "id p5\npid 5\nstart 500\nfreezer 3\nstopped 5 500\n");
	sandbox_no_descriptor(box, PARKS_DIR "/p5");
	assert_int_equal(swapadm_parked_load(box->ctx, &list), -EMFILE);
	assert_non_null(strstr(swapadm_get_error(box->ctx), PARKS_DIR));
	assert_null(list);
	sandbox_no_descriptor(box, "/proc/5/stat");
	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_false(swapadm_parked_get(list, 0)->gone);
	swapadm_parked_free(list);
}

static void one_whose_worker_died_is_unfinished(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list;

	put_process(box, 5, "T (stopped)", 1, "0::/\n");
	put_record(box, "p5",
		   HEAD "id p5\npid 5\nstart 500\nfreezer 3\nworker 99\n"
			"worker-start 1\nstopped 5 500\n");
	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_int_equal(swapadm_parked_n(list), 1);
	assert_true(swapadm_parked_get(list, 0)->unfinished);
	assert_true(swapadm_parked_get(list, 0)->frozen);
	swapadm_parked_free(list);
}

static void no_folder_is_nothing_parked(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list;

	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_int_equal(swapadm_parked_n(list), 0);
	swapadm_parked_free(list);
	assert_int_equal(swapadm_parked_load(box->ctx, NULL), -EINVAL);
	assert_int_equal(swapadm_parked_load(NULL, &list), -EINVAL);
}

static ssize_t write_fails(int fd, const void *buf, size_t n)
{
	errno = EIO;
	return -1;
}

/* ---- freezers -------------------------------------------------------------------- */

static void events_are_read(void **state)
{
	assert_true(freezer_parse_events("populated 1\nfrozen 1\n"));
	assert_false(freezer_parse_events("populated 1\nfrozen 0\n"));
	assert_false(freezer_parse_events("populated 1\nunfrozen 1\n"));
	assert_false(freezer_parse_events(""));
}

#define V1_MOUNTS                                           \
	"30 24 0:27 / /mem rw - cgroup cgroup rw,memory\n"  \
	"31 24 0:28 / /frz rw - cgroup cgroup rw,freezer\n" \
	"32 24 0:29 / /two rw - cgroup2 cgroup2 rw\n"

/* a frozen group, which the library may change: its real path leads back into the box */
static void put_frozen(struct sandbox *box, struct parkrec *rec, const char *events)
{
	struct stat st;

	box->ctx->foreign_root = false;
	if (!sandbox_has(box, "/tmp"))
		sandbox_link(box, box->dir, box->dir);
	sandbox_write(box, "/g/cgroup.freeze", "1\n");
	sandbox_write(box, "/g/cgroup.events", events);
	assert_int_equal(stat(sandbox_real(box, "/g"), &st), 0);
	*rec = (struct parkrec){ .cgroup = "/g",
				 .freezer = SWAPADM_FREEZER_CGROUP,
				 .group = { .kind = SWAPADM_FREEZER_CGROUP,
					    .inode = st.st_ino } };
	strcpy(rec->group.dir, sandbox_real(box, "/g"));
}

static void freeze_is(struct sandbox *box, const char *want)
{
	_cleanup_free_ char *text = sandbox_read(box, "/g/cgroup.freeze");

	assert_string_equal(text, want);
}

/* what is thawed is what was frozen, and what was not thawed is not said to be */
static void thawing_a_group(void **state)
{
	struct sandbox *box = *state;
	struct parkrec rec;
	char said[128];

	put_frozen(box, &rec, "populated 1\nfrozen 1\n");
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	freeze_is(box, "0\n");
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), 0);
	assert_string_equal(said, "it had been thawed already");

	put_frozen(box, &rec, "populated 1\nfrozen 1\n");
	box->ctx->ops.write = write_fails;
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), -EIO);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "cgroup /g: thaw: "));
	assert_string_equal(said, "");
	freeze_is(box, "1\n");
	box->ctx->ops.write = write;

	rec.group.inode++; /* another one has its name now */
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), 0);
	assert_string_equal(said, "the group that was frozen is gone");
	freeze_is(box, "1\n");
}

/* the number is another process now: that one gets no signal */
static void thawing_processes(void **state)
{
	struct sandbox *box = *state;
	struct parkrec rec = { .cgroup = "/g", .freezer = SWAPADM_FREEZER_SIGNAL };
	char said[128], path[32];
	struct ctx_ops ops;
	int status;
	pid_t pid;

	if (is_emulated())
		skip();
	pid = fork();
	if (!pid) {
		signal(SIGCONT, SIG_DFL);
		raise(SIGSTOP);
		_exit(7);
	}
	assert_int_equal(waitpid(pid, &status, WUNTRACED), pid);
	assert_true(WIFSTOPPED(status));
	put_process(box, pid, "T (stopped)", 1, "0::/g\n");
	assert_int_equal(parkrec_add_stopped(&rec, pid, (uint64_t)pid * 100 + 1), 0);
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), 0);
	assert_string_equal(said, "1 of its processes had ended");
	assert_int_equal(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	rec.stopped[0].start_ticks--;
	/* it can't be looked at now: that is not its end, and not a success */
	ops = box->ctx->ops;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)pid);
	sandbox_no_descriptor(box, path);
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), -EMFILE);
	assert_int_equal(waitpid(pid, &status, WCONTINUED | WNOHANG), 0);
	box->ctx->ops = ops;
	assert_int_equal(park_thaw(box->ctx, &rec, said, sizeof(said)), 0);
	assert_string_equal(said, "");
	assert_int_equal(waitpid(pid, &status, 0), pid);
	assert_int_equal(WEXITSTATUS(status), 7);
	parkrec_free(&rec);
}

/* whom it could not look at it has not stopped */
static void no_descriptor_no_stop(void **state)
{
	struct sandbox *box = *state;
	struct park park = {
		.pull = { .ctx = box->ctx, .pid = 5, .source = "pid 5" },
		.rec = { .pid = 5, .start_ticks = 500, .freezer = SWAPADM_FREEZER_SIGNAL }
	};

	put_process(box, 5, "S (sleeping)", 1, "0::/g\n");
	sandbox_no_descriptor(box, "/proc/5/status");
	assert_int_equal(park_freeze(&park), -EMFILE);
	assert_string_equal(swapadm_get_error(box->ctx),
			    "pid 5: look at its processes: Too many open files");
}

/* version 1: memory in one hierarchy, the freezer in another */
static void the_same_processes_make_a_freezer(void **state)
{
	struct sandbox *box = *state;
	struct memcg_mount mount;
	struct freezer freezer;
	struct freezer_state now;

	sandbox_write(box, "/proc/self/mountinfo", V1_MOUNTS);
	sandbox_write(box, "/frz/job/freezer.state", "FREEZING\n");
	sandbox_write(box, "/frz/job/freezer.self_freezing", "1\n");
	sandbox_write(box, "/frz/job/freezer.parent_freezing", "0\n");
	put_process(box, 5, "S", 1, "4:memory:/job\n3:freezer:/job\n0::/\n");
	put_process(box, 6, "S", 1, "4:memory:/job/in\n3:freezer:/job/in\n0::/\n");
	put_process(box, 7, "S", 1, "4:memory:/other\n3:freezer:/other\n0::/\n");
	assert_int_equal(memcg_mount_find(box->ctx, &mount), 0);
	assert_int_equal(mount.version, 1);
	assert_int_equal(freezer_find(box->ctx, &mount, "/job", &freezer), 0);
	assert_int_equal(freezer.kind, SWAPADM_FREEZER_STATE);
	assert_string_equal(freezer.dir, "/frz/job");
	assert_int_equal(freezer_read(box->ctx, &freezer, &now), 0);
	assert_true(now.own);
	assert_false(now.above);
	assert_false(now.done);
	/* another group with its name */
	freezer.inode++;
	assert_int_equal(freezer_read(box->ctx, &freezer, &now), -ESTALE);
	/* one more process there than here, or one less */
	put_process(box, 8, "S", 1, "4:memory:/other\n3:freezer:/job\n0::/\n");
	assert_int_equal(freezer_find(box->ctx, &mount, "/job", &freezer), -ENOENT);
	put_process(box, 8, "S", 1, "4:memory:/job\n3:freezer:/\n0::/\n");
	assert_int_equal(freezer_find(box->ctx, &mount, "/job", &freezer), -ENOENT);
	assert_int_equal(freezer_find(box->ctx, &mount, "/nonesuch", &freezer), -ENOENT);
}

/* ---- plans ----------------------------------------------------------------------- */

static void set_machine(struct sandbox *box)
{
	sandbox_write(box, "/proc/meminfo",
		      "MemTotal: 4194304 kB\nMemAvailable: 2097152 kB\n");
	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/a file 1024 100 20\n");
	sandbox_write(box, "/a", "");
	sandbox_write(box, "/proc/self/mountinfo",
		      "30 24 0:27 / /cg rw - cgroup2 cgroup2 rw\n");
	sandbox_write(box, "/cg/cgroup.controllers", "memory\n");
	sandbox_write(box, "/cg/job/memory.stat", "anon 327680\nshmem 4096\n");
	sandbox_write(box, "/cg/job/memory.current", "10485760\n");
	sandbox_write(box, "/cg/job/memory.max", "max\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "0\n");
	sandbox_write(box, "/cg/job/memory.swap.max", "max\n");
	sandbox_write(box, "/cg/job/cgroup.freeze", "0\n");
	sandbox_write(box, "/cg/job/cgroup.events", "populated 1\nfrozen 0\n");
	put_process(box, 1, "S", 0, "0::/init\n");
	put_process(box, 5, "S (sleeping)", 1, "0::/job\n");
	put_process(box, 6, "T (stopped)", 1, "0::/other\n");
}

static int prepare(struct sandbox *box, enum swapadm_op_kind kind, unsigned pid,
		   const char *cgroup, struct swapadm_op **out)
{
	struct told told = { .kind = kind, .pid = pid, .cgroup = cgroup };
	struct swapadm_model *model;
	int r;

	assert_int_equal(swapadm_model_load(box->ctx, NULL, 0, &model), 0);
	r = told_prepare(box->ctx, model, &told, out);
	swapadm_model_unref(model);
	return r;
}

static void plans_say_how(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *op;

	set_machine(box);
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 0, "/job", &op), 0);
	p = swapadm_op_get_plan(op);
	assert_string_equal(p->source, "cgroup /job");
	assert_int_equal(p->freezer, SWAPADM_FREEZER_CGROUP);
	assert_int_equal(p->used_bytes, 327680 + 4096);
	assert_int_equal(p->shared_bytes, 8 * KIB);
	assert_null(p->refusal);
	swapadm_op_unref(op);

	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 5, NULL, &op), 0);
	p = swapadm_op_get_plan(op);
	assert_int_equal(p->freezer, SWAPADM_FREEZER_SIGNAL);
	assert_int_equal(p->used_bytes, 300 * KIB);
	swapadm_op_unref(op);

	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 6, NULL, &op), 0);
	assert_int_equal(swapadm_op_get_plan(op)->freezer, SWAPADM_FREEZER_FOREIGN);
	swapadm_op_unref(op);

	sandbox_write(box, "/cg/job/cgroup.events", "populated 1\nfrozen 1\n");
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 0, "/job", &op), 0);
	assert_int_equal(swapadm_op_get_plan(op)->freezer, SWAPADM_FREEZER_FOREIGN);
	swapadm_op_unref(op);
}

/* a swap-out takes what fits, a park all or nothing */
static void half_of_it_does_not_fit(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *op;

	set_machine(box);
	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/a file 1024 824 20\n");
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 5, NULL, &op), 0);
	p = swapadm_op_get_plan(op);
	assert_non_null(p->refusal);
	assert_int_equal(p->limit, SWAPADM_LIMIT_DEST);
	assert_int_equal(p->short_bytes, 100 * KIB);
	swapadm_op_unref(op);
	assert_int_equal(prepare(box, SWAPADM_OP_SWAPOUT, 5, NULL, &op), 0);
	assert_null(swapadm_op_get_plan(op)->refusal);
	swapadm_op_unref(op);
	sandbox_write(box, "/proc/swaps",
		      "Filename\tType\tSize\tUsed\tPriority\n/a file 1024 0 20\n");
	sandbox_write(box, "/cg/job/memory.swap.max", "102400\n");
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 0, "/job", &op), 0);
	p = swapadm_op_get_plan(op);
	assert_int_equal(p->limit, SWAPADM_LIMIT_CGROUP);
	assert_string_equal(p->limit_object, "/job");
	swapadm_op_unref(op);
	/* what waits in the swap cache has slots, but at the limit nothing is tried */
	sandbox_write(box, "/cg/job/memory.stat",
		      "anon 327680\nshmem 4096\nswapcached 331776\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "331776\n");
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 0, "/job", &op), 0);
	p = swapadm_op_get_plan(op);
	assert_int_equal(p->limit, SWAPADM_LIMIT_CGROUP);
	assert_int_equal(p->short_bytes, 331776);
	swapadm_op_unref(op);
}

static void assert_not_parked(struct sandbox *box, unsigned pid, const char *cgroup,
			      int err, const char *words)
{
	struct swapadm_op *op;

	assert_int_equal(prepare(box, SWAPADM_OP_PARK, pid, cgroup, &op), err);
	assert_non_null(strstr(swapadm_get_error(box->ctx), words));
}

static void some_are_never_parked(void **state)
{
	struct sandbox *box = *state;
	unsigned self = (unsigned)getpid();

	set_machine(box);
	sandbox_write(box, "/cg/init/memory.stat", "anon 0\n");
	sandbox_write(box, "/cg/empty/memory.stat", "anon 0\n");
	sandbox_write(box, "/cg/shell/memory.stat", "anon 0\n");
	put_process(box, (int)self, "S", 2000000, "0::/shell/inner\n");
	put_process(box, 2000000, "S", 2000001, "0::/elsewhere\n");
	put_process(box, 2000001, "S", 1, "0::/above\n");
	sandbox_write(box, "/cg/above/memory.stat", "anon 0\n");
	for (int i = 0; i < 3; i++) {
		const char *const paths[] = { "/proc/2000000/status",
					      "/proc/2000001/cgroup", "/proc/1/cgroup" };
		struct ctx_ops ops = box->ctx->ops;

		sandbox_no_descriptor(box, paths[i]);
		if (!i)
			assert_not_parked(box, 2000001, NULL, -EMFILE, "what runs this");
		assert_not_parked(box, 0, i == 2 ? "/init" : "/above", -EMFILE,
				  "what runs this");
		box->ctx->ops = ops;
	}
	assert_not_parked(box, 1, NULL, -EPERM, "is init");
	assert_not_parked(box, self, NULL, -EPERM, "this program itself");
	assert_not_parked(box, 2000000, NULL, -EPERM, "runs this command");
	assert_not_parked(box, 2000001, NULL, -EPERM, "runs this command");
	assert_not_parked(box, 0, "/", -EPERM, "whole machine");
	assert_not_parked(box, 0, "/init", -EPERM, "is init");
	assert_not_parked(box, 0, "/shell", -EPERM, "this program itself");
	assert_not_parked(box, 0, "/above", -EPERM, "runs this command");
	assert_not_parked(box, 0, "/empty", -ESRCH, "no process is in it");
	assert_not_parked(box, 0, "/none", -ENOENT, "no such memory cgroup");
	assert_not_parked(box, 77, NULL, -ESRCH, "no such process");
	sandbox_write(box, "/proc/88/status",
		      "Name:\tt\nTgid:\t5\nPPid:\t1\nVmSwap:\t0 kB\n");
	assert_not_parked(box, 88, NULL, -EINVAL, "thread of process 5");
	put_record(box, "p5", HEAD "id p5\nstate 1\npid 5\nstart 500\nfreezer 3\n");
	assert_not_parked(box, 5, NULL, -EALREADY, "parked already");
}

/* who is frozen would hold what others wait for */
static void its_own_programs_are_never_parked(void **state)
{
	struct sandbox *box = *state;

	set_machine(box);
	sandbox_write(box, "/cg/jobs/memory.stat", "anon 0\n");
	put_process(box, 7, "S", 1, "0::/jobs\n");
	sandbox_write(box, "/proc/7/status",
		      "Name:\tswapadm-worker\nState:\tS\nTgid:\t7\nPPid:\t1\n"
		      "RssAnon:\t300 kB\nVmSwap:\t0 kB\n");
	assert_not_parked(box, 7, NULL, -EPERM, "is a program of swapadm");
	assert_not_parked(box, 0, "/jobs", -EPERM, "process 7 (swapadm-worker)");
}

/* an area that is being drained has free slots and takes no pages */
static void nothing_takes_pages(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *op;

	set_machine(box);
	put_process(box, 9, "S", 1, "0::/\n");
	sandbox_write(box, "/run/swapadm/jobs/d7",
		      "swapadm-job 1\nid d7\nkind drain\nstate running\nsource /a\n"
		      "worker 9\nworker-start 900\ndevice /a\n");
	assert_int_equal(chmod(sandbox_real(box, "/run/swapadm/jobs/d7"), 0644), 0);
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 5, NULL, &op), 0);
	p = swapadm_op_get_plan(op);
	assert_int_equal(p->swap_free_bytes, 0);
	assert_non_null(p->refusal);
	assert_non_null(strstr(p->refusal, "/a is being drained"));
	swapadm_op_unref(op);
}

static void a_damaged_record_has_a_way_out(void **state)
{
	const struct swapadm_parked_damaged *p;
	struct swapadm_parked_list *list;
	struct sandbox *box = *state;
	struct swapadm_op *op;
	char id[32], text[128];
	struct stat st;

	set_machine(box);
	put_record(box, "p6", HEAD "id p");
	put_record(box, "p5", "");
	sandbox_write(box, "/cg/job/cgroup.freeze", "1\n");
	assert_int_equal(stat(sandbox_real(box, "/cg/job"), &st), 0);
	snprintf(id, sizeof(id), "c%ju", (uintmax_t)st.st_ino);
	put_record(box, id, "x");
	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_int_equal(swapadm_parked_n(list), 0);
	assert_int_equal(swapadm_parked_n_damaged(list), 3);
	for (size_t i = 0; i < 3; i++) {
		p = swapadm_parked_get_damaged(list, i);
		if (strstr(p->path, "/p6"))
			strcpy(text, "kill -CONT 6; rm " PARKS_DIR "/p6");
		else if (strstr(p->path, "/p5"))
			strcpy(text, "rm " PARKS_DIR "/p5");
		else
			snprintf(text, sizeof(text),
				 "echo 0 >/cg/job/cgroup.freeze; rm " PARKS_DIR "/%s",
				 id);
		assert_string_equal(p->remedy, text);
		assert_int_equal(p->frozen, !strstr(p->path, "/p5"));
	}
	assert_null(swapadm_parked_get_damaged(list, 3));
	swapadm_parked_free(list);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 6, NULL, &op), -EBADMSG);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "swapctl doctor"));
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, "/job", &op), -EBADMSG);
	assert_not_parked(box, 5, NULL, -EBADMSG, "swapctl doctor");
}

/* ---- rules of cgroups ------------------------------------------------------------- */

/* what is free in the tiers, up to each limit; leaves that take no pages have nothing */
static void a_rule_has_room_in_its_tiers(void **state)
{
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct tswap_leaf_msg leaves[] = {
		{ .tier = "ssd", .state = TSWAP_LEAF_ACTIVE, .pages = 100, .used = 40 },
		{ .tier = "ssd", .state = TSWAP_LEAF_CORDONED, .pages = 1000 },
		{ .tier = "hdd", .state = TSWAP_LEAF_ACTIVE, .pages = 500, .used = 0 },
		{ .tier = "ss", .state = TSWAP_LEAF_ACTIVE, .pages = 7, .used = 0 },
	};
	struct snapshot state_now = { .leaves = leaves, .n_leaves = ARRAY_SIZE(leaves) };
	struct tswap_cgroup_msg rule = { .tiers = "ssd,hdd" };

	assert_int_equal(usage_leaves_room_bytes(&state_now, NULL), 567 * page);
	assert_int_equal(usage_rule_room_bytes(&state_now, &rule), 560 * page);
	rule.limit[1] = 30;
	rule.used[1] = 10;
	assert_int_equal(usage_rule_room_bytes(&state_now, &rule), 80 * page);
	rule.used[1] = 31; /* lowered below use */
	assert_int_equal(usage_rule_room_bytes(&state_now, &rule), 60 * page);
	assert_int_equal(usage_rule_used_bytes(&rule), 31 * page);
	assert_int_equal(usage_rule_index(&rule, "ssd"), 0);
	assert_int_equal(usage_rule_index(&rule, "hdd"), 1);
	assert_int_equal(usage_rule_index(&rule, "ss"), -ENOENT);
	assert_int_equal(usage_rule_index(&rule, ""), -ENOENT);
	assert_int_equal(usage_rule_left_bytes(&rule, 0), UINT64_MAX);
	strcpy(rule.tiers, "gone");
	assert_int_equal(usage_rule_room_bytes(&state_now, &rule), 0);
}

/* the nearest one holds, and only that of a group of version 2 */
static void the_nearest_rule_holds(void **state)
{
	struct memcg_mount mount = { 2, "/cg" };
	struct tswap_cgroup_msg rules[2] = { { .mode = 1 }, { .mode = 2 } };
	struct snapshot known = { .rules = rules, .n_rules = 2 };
	struct sandbox *box = *state;
	char path[4096] = "/job/in/deep";
	struct stat st;

	sandbox_write(box, "/cg/job/in/deep/memory.stat", "anon 0\n");
	sandbox_write(box, "/cg/job2/memory.stat", "anon 0\n");
	assert_int_equal(stat(sandbox_real(box, "/cg/job"), &st), 0);
	rules[0].id = st.st_ino;
	assert_int_equal(stat(sandbox_real(box, "/cg/job/in"), &st), 0);
	rules[1].id = st.st_ino;
	assert_ptr_equal(usage_rules_of(box->ctx, &known, &mount, path), &rules[1]);
	assert_string_equal(path, "/job/in");
	strcpy(path, "/job");
	assert_ptr_equal(usage_rules_of(box->ctx, &known, &mount, path), &rules[0]);
	strcpy(path, "/job2");
	assert_null(usage_rules_of(box->ctx, &known, &mount, path));
	mount.version = 1;
	strcpy(path, "/job");
	assert_null(usage_rules_of(box->ctx, &known, &mount, path));
}

/* frames 1 and 3 are in the swap cache */
static void only_its_own_slots_count(void **state)
{
	const uint64_t present = UINT64_C(1) << 63, file = UINT64_C(1) << 61;
	const uint64_t entries[] = { 0,           present | 1,
				     present | 2, present | file | 3,
				     present | 3, (UINT64_C(1) << 62) | 3 };
	const uint64_t flags[] = { 0, 1 << 13, 1 << 12, 1 << 13 };
	uint64_t page = (uint64_t)sysconf(_SC_PAGESIZE);
	struct sandbox *box = *state;
	char maps[128];

	assert_int_equal(swapcached_bytes(box->ctx, 5, UINT64_MAX), 0);
	snprintf(maps, sizeof(maps),
		 "%jx-%jx rw-p 00000000 00:00 0\n%jx-%jx rw-p 0 0:0 0\n", (uintmax_t)page,
		 (uintmax_t)(4 * page), (uintmax_t)(4 * page), (uintmax_t)(6 * page));
	sandbox_write(box, "/proc/5/maps", maps);
	sandbox_write_bytes(box, "/proc/5/pagemap", entries, sizeof(entries));
	sandbox_write_bytes(box, "/proc/kpageflags", flags, sizeof(flags));
	assert_int_equal(swapcached_bytes(box->ctx, 5, UINT64_MAX), 2 * page);
	assert_int_equal(swapcached_bytes(box->ctx, 5, page), page);
	assert_int_equal(swapcached_bytes(box->ctx, 6, UINT64_MAX), 0);
}

/* what is read below a limit, and what stays */
static void half_of_the_room_is_read(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *op;
	char text[512], id[32];
	struct stat st;

	set_machine(box);
	put_boot(box);
	sandbox_write(
		box, "/proc/swaps",
		"Filename\tType\tSize\tUsed\tPriority\n/a file 1048576 204800 20\n");
	sandbox_write(box, "/cg/job/memory.stat",
		      "anon 0\nshmem 0\ninactive_anon 0\nactive_anon 0\n");
	sandbox_write(box, "/cg/job/memory.current", "0\n");
	sandbox_write(box, "/cg/job/memory.max", "52428800\n");
	sandbox_write(box, "/cg/job/memory.swap.current", "209715200\n");
	assert_int_equal(ctx_stat(box->ctx, "/cg/job", &st), 0);
	snprintf(text, sizeof(text),
		 HEAD "id c%ju\nstate 1\ncgroup /job\ninode %ju\nfreezer 0\n",
		 (uintmax_t)st.st_ino, (uintmax_t)st.st_ino);
	snprintf(id, sizeof(id), "c%ju", (uintmax_t)st.st_ino);
	put_record(box, id, text);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, "/job", &op), 0);
	p = swapadm_op_get_plan(op);
	assert_null(p->refusal);
	assert_int_equal(p->used_bytes, 200 << 20);
	assert_int_equal(p->fits_bytes, 25 << 20);
	assert_true(p->pushed_bytes);
	swapadm_op_unref(op);
}

static void wake_finds_the_record(void **state)
{
	struct sandbox *box = *state;
	const struct swapadm_op_plan *p;
	struct swapadm_op *op;

	set_machine(box);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 5, NULL, &op), -ENOENT);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, NULL, &op), -EINVAL);
	put_record(box, "p5", HEAD "id p5\nstate 1\npid 5\nstart 500\nfreezer 3\n");
	put_record(box, "p9", HEAD "id p9\nstate 1\npid 9\nstart 1\nfreezer 3\n");
	put_record(box, "c1",
		   HEAD "id c1\nstate 1\ncgroup /job\ninode 1\nfreezer 3\n"); /* before */
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 5, NULL, &op), 0);
	p = swapadm_op_get_plan(op);
	assert_string_equal(p->source, "pid 5");
	assert_int_equal(p->freezer, SWAPADM_FREEZER_SIGNAL);
	assert_false(p->is_gone);
	swapadm_op_unref(op);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 9, NULL, &op), 0);
	assert_true(swapadm_op_get_plan(op)->is_gone);
	swapadm_op_unref(op);
	for (const char *const *word =
		     (const char *const[]){ "/job", "job", "/cg/job/", NULL };
	     *word; word++) {
		assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, *word, &op), 0);
		assert_string_equal(swapadm_op_get_plan(op)->source, "cgroup /job");
		assert_true(swapadm_op_get_plan(op)->is_gone);
		swapadm_op_unref(op);
	}
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, "/jo", &op), -ENOENT);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, "/job2", &op), -ENOENT);
}

/* outside of a container's pid namespace: it runs, and keeps its record */
static void what_has_no_number_here_is_not_gone(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list;
	struct swapadm_op *op;

	set_machine(box);
	put_record(box, "p9", HEAD "id p9\nstate 1\npid 9\nstart 1\nfreezer 3\n");
	sandbox_link(box, "pid:[7]", "/proc/self/ns/pid");
	box->ctx->foreign_root = false;
	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_false(swapadm_parked_get(list, 0)->gone);
	swapadm_parked_free(list);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 9, NULL, &op), -ESRCH);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "pid namespace"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_process_round_trip),
		cmocka_unit_test(a_group_round_trip),
		cmocka_unit_test(what_is_not_a_record),
		fixture_test(records_are_listed),
		fixture_test(no_descriptor_no_list),
		fixture_test(one_whose_worker_died_is_unfinished),
		fixture_test(no_folder_is_nothing_parked),
		cmocka_unit_test(events_are_read),
		fixture_test(thawing_a_group),
		fixture_test(thawing_processes),
		fixture_test(no_descriptor_no_stop),
		fixture_test(the_same_processes_make_a_freezer),
		fixture_test(plans_say_how),
		fixture_test(half_of_it_does_not_fit),
		fixture_test(some_are_never_parked),
		fixture_test(its_own_programs_are_never_parked),
		fixture_test(nothing_takes_pages),
		fixture_test(a_damaged_record_has_a_way_out),
		cmocka_unit_test(a_rule_has_room_in_its_tiers),
		fixture_test(the_nearest_rule_holds),
		fixture_test(only_its_own_slots_count),
		fixture_test(half_of_the_room_is_read),
		fixture_test(wake_finds_the_record),
		fixture_test(what_has_no_number_here_is_not_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
