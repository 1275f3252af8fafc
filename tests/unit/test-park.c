/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Records of what is parked, freezers and thawing. */
#include "parkbox.h"

#include <signal.h>
#include <sys/wait.h>

/* ---- records --------------------------------------------------------------------- */

static void a_process_round_trip(void **state)
{
	struct parkrec rec = {
		.id = "p4711",
		.boot = "b",
		.state = SWAPADM_PARK_PARKED,
		.pid = 4711,
		.pid_ns = 4026532178,
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
	assert_int_equal(back.pid_ns, 4026532178);
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
		.root_inode = 7,
		.freezer = SWAPADM_FREEZER_CGROUP,
		.group = { SWAPADM_FREEZER_CGROUP, "/cg/a b", 98 },
	};
	_cleanup_free_ char *text = parkrec_format(&rec);
	struct parkrec back;

	assert_non_null(text);
	assert_int_equal(parkrec_parse(text, &back), 0);
	assert_string_equal(back.cgroup, "/a b");
	assert_int_equal(back.inode, 99);
	assert_int_equal(back.root_inode, 7);
	assert_int_equal(back.group.kind, SWAPADM_FREEZER_CGROUP);
	assert_string_equal(back.group.dir, "/cg/a b");
	assert_int_equal(back.group.inode, 98);
	parkrec_free(&back);
}

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
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
