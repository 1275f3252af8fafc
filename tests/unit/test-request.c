/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What goes to a worker, the worker's first answers, and starting one that fails. */
#include "fixture.h"

#include <fcntl.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "job/job.h"
#include "job/work.h"
#include "op/op.h"
#include "model/model.h"
#include "state/state.h"

static const char *worker; /* path of swapadm-worker */

/* ---- the text -------------------------------------------------------------------- */

static void round_trip(void **state)
{
	_cleanup_(request_free) struct request req = { 0 }, back = { 0 };
	_cleanup_free_ char *text = NULL;
	uint64_t number;
	size_t at = 0;

	assert_int_equal(request_add(&req, "path", "/a b\\c\n\303\244\001"), 0);
	assert_int_equal(request_add(&req, "path", ""), 0);
	assert_int_equal(request_add(&req, "none", NULL), 0);
	assert_int_equal(request_add_u64(&req, "bytes", UINT64_MAX), 0);
	assert_int_equal(request_add_u64(&req, "zero", 0), 0);
	text = request_format(&req);
	assert_non_null(text);
	assert_true(request_is_ours(text));
	assert_int_equal(request_parse(text, &back), 0);
	assert_int_equal(back.n, 3);
	assert_string_equal(request_next(&back, "path", &at), "/a b\\c\n\303\244\001");
	assert_string_equal(request_next(&back, "path", &at), "");
	assert_null(request_next(&back, "path", &at));
	assert_null(request_get(&back, "none"));
	assert_int_equal(request_get_u64(&back, "bytes", UINT64_MAX, &number), 0);
	assert_true(number == UINT64_MAX);
	assert_int_equal(request_get_u64(&back, "bytes", 7, &number), -EBADMSG);
	assert_int_equal(request_get_u64(&back, "path", 7, &number), -EBADMSG);
	assert_int_equal(request_get_u64(&back, "zero", 7, &number), 0);
	assert_int_equal(number, 0);
}

#define HEAD "swapadm-request " SWAPADM_VERSION "\n"

static void damaged_requests_are_refused(void **state)
{
	static const char *const bad[] = {
		"",
		"swapadm-request 0.0.0\nend\n",
		HEAD,
		HEAD "key value\n",
		HEAD "novalue\nend\n",
		HEAD "key a\\9\nend\n",
		HEAD "key a\\000b\nend\n",
		HEAD "key \033[31m\nend\n",
		HEAD "end\nkey value\n",
	};
	struct request req;

	for (size_t i = 0; i < ARRAY_SIZE(bad); i++)
		assert_int_equal(request_parse(bad[i], &req), -EBADMSG);
	assert_int_equal(request_parse(HEAD "end\n", &req), 0);
	assert_int_equal(req.n, 0);
	assert_false(request_is_ours("swapadm-request 0.0.0\nend\n"));
}

/* ---- an operation ---------------------------------------------------------------- */

static void add_device(struct swapadm_op *op, const char *path, uint32_t leaf)
{
	struct model_device *dev;

	assert_int_equal(model_new_device(op->model, &dev), 0);
	assert_int_equal(arena_set(&op->model->arena, &dev->pub.path, path), 0);
	dev->pub.state = SWAPADM_STATE_CORDONED;
	dev->pub.usage = (struct swapadm_usage){ .known = SWAPADM_USAGE_RAM,
						 .size_bytes = UINT64_MAX,
						 .used_bytes = 8192,
						 .ram_bytes = 77 };
	dev->leaf_id = leaf;
	dev->tswap_id = leaf + 1;
	assert_int_equal(op_add_device(op, &dev->pub), 0);
}

static void device_is(const struct swapadm_device *dev, const char *path, uint32_t leaf)
{
	const struct model_device *m = (const struct model_device *)dev;

	assert_string_equal(dev->path, path);
	assert_int_equal(dev->state, SWAPADM_STATE_CORDONED);
	assert_int_equal(dev->usage.known, SWAPADM_USAGE_RAM);
	assert_true(dev->usage.size_bytes == UINT64_MAX);
	assert_int_equal(dev->usage.used_bytes, 8192);
	assert_int_equal(dev->usage.ram_bytes, 77);
	assert_int_equal(m->leaf_id, leaf);
	assert_int_equal(m->tswap_id, leaf + 1);
}

static void operation_round_trip(void **state)
{
	struct sandbox *box = *state;
	_cleanup_(request_free) struct request req = { 0 };
	_cleanup_(op_unrefp) struct swapadm_op *op = NULL, *back = NULL;
	struct model_tier *tier;
	struct model_device *area;

	assert_int_equal(swapadm_op_new(box->ctx, SWAPADM_OP_REMOVE, &op), 0);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_SOURCE, "/dev/a b\n"), 0);
	assert_int_equal(swapadm_op_set(op, SWAPADM_PARAM_DEST, "hdd"), 0);
	assert_int_equal(swapadm_op_set_u64(op, SWAPADM_PARAM_TIMEOUT_S, 60), 0);
	assert_int_equal(swapadm_op_set_u64(op, SWAPADM_PARAM_FORCE, 1), 0);
	assert_int_equal(swapadm_op_set_u64(op, SWAPADM_PARAM_PERSIST, 1), 0);
	assert_int_equal(model_new(box->ctx, NULL, 0, &op->model), 0);
	add_device(op, "/dev/a b\n", 0);
	add_device(op, "/dev/sdb2", 5);
	assert_int_equal(model_add_tier(op->model, "hdd", 1, 7, false, &tier), 0);
	assert_int_equal(model_new_device(op->model, &area), 0);
	area->pub.path = "/dev/sdc";
	assert_int_equal(model_tier_add(tier, area), 0);
	model_finish(op->model);
	assert_int_equal(op_save(op, &req), 0);
	assert_int_equal(op_restore(box->ctx, &req, &back), 0);
	assert_true(op_is(back, SWAPADM_OP_REMOVE));
	assert_string_equal(back->verb, "remove");
	assert_string_equal(back->req.source, "/dev/a b\n");
	assert_string_equal(back->req.to, "hdd");
	assert_null(back->req.emergency);
	assert_int_equal(back->req.timeout_s, 60);
	assert_int_equal(back->req.force, 1);
	assert_int_equal(back->req.persist, 1);
	assert_int_equal(back->req.rate_bytes_per_s, 0);
	assert_int_equal(back->plan.n_devices, 2);
	assert_int_equal(back->plan.used_bytes, 16384);
	device_is(back->plan.devices[0], "/dev/a b\n", 0);
	device_is(back->plan.devices[1], "/dev/sdb2", 5);
	/* where its pages go is reported by tier */
	assert_int_equal(swapadm_model_n_tiers(back->model), 1);
	assert_string_equal(swapadm_model_tier(back->model, 0)->name, "hdd");
	assert_int_equal(swapadm_model_tier(back->model, 0)->n_devices, 1);
	assert_string_equal(swapadm_model_tier(back->model, 0)->devices[0]->path,
			    "/dev/sdc");
	/* it is planned: nothing can be set any more */
	assert_int_equal(swapadm_op_set_u64(back, SWAPADM_PARAM_FORCE, 0), -EINVAL);
}

static void damaged_operations_are_refused(void **state)
{
	static const char *const devices[] = { "", "1 2 3", "1 2 3 4 5 6 7",
					       "a 2 3 4 5 6 7 /x" };
	struct sandbox *box = *state;
	struct swapadm_op *op = NULL;

	for (size_t i = 0; i < ARRAY_SIZE(devices); i++) {
		_cleanup_(request_free) struct request req = { 0 };

		assert_int_equal(op_restore(box->ctx, &req, &op), -EBADMSG);
		assert_int_equal(request_add(&req, "op-kind", "drain"), 0);
		assert_int_equal(request_add(&req, "op-device", devices[i]), 0);
		assert_int_equal(op_restore(box->ctx, &req, &op), -EBADMSG);
	}
	assert_null(op);
}

/* ---- the worker's answers -------------------------------------------------------- */

/* what the worker says to @text; its exit status goes to @status */
static void ask(const char *text, char *answer, size_t size, int *status)
{
	int fds[2];
	pid_t pid;
	ssize_t n;

	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, fds), 0);
	pid = fork();
	if (pid == 0) {
		if (fds[1] == WORKER_FD)
			fcntl(fds[1], F_SETFD, 0);
		else
			dup2(fds[1], WORKER_FD);
		execl(worker, worker, NULL);
		_exit(99);
	}
	close(fds[1]);
	assert_int_equal(write(fds[0], text, strlen(text)), strlen(text));
	shutdown(fds[0], SHUT_WR);
	n = read(fds[0], answer, size - 1);
	answer[n > 0 ? n : 0] = '\0';
	close(fds[0]);
	assert_int_equal(waitpid(pid, status, 0), pid);
}

static void worker_refuses(void **state)
{
	if (is_emulated())
		skip();
	static const struct {
		const char *text, *answer;
	} asked[] = {
		{ "swapadm-request 0.0.0\nend\n", "version " SWAPADM_VERSION "\n" },
		{ "hello\nend\n", "version " SWAPADM_VERSION "\n" },
		{ HEAD "key value\n", "" }, /* cut off */
		{ HEAD "novalue\nend\n", "refused 74 start a worker: its request: " },
		{ HEAD "work drain\nend\n", "refused 74 " },
		{ HEAD "work dance\nrecord x\nend\n", "refused 74 " },
	};

	for (size_t i = 0; i < ARRAY_SIZE(asked); i++) {
		char answer[256];
		int status;

		ask(asked[i].text, answer, sizeof(answer), &status);
		assert_true(WIFEXITED(status) && WEXITSTATUS(status) == 1);
		assert_memory_equal(answer, asked[i].answer, strlen(asked[i].answer));
		assert_true(*asked[i].answer || !*answer);
	}
}

/* ---- starting one that fails ----------------------------------------------------- */

static const char *script(struct sandbox *box, const char *text)
{
	const char *real = sandbox_real(box, "/worker");

	sandbox_write(box, "/worker", text);
	assert_int_equal(chmod(real, 0755), 0);
	return real;
}

/* a start in the box; nothing of it may be left */
static void fails(struct sandbox *box, const char *program, bool background, int err,
		  const char *words)
{
	_cleanup_(jobrec_free) struct jobrec rec = { 0 };
	_cleanup_(request_free) struct request req = { 0 };
	struct swapadm_job *job = NULL;

	box->ctx->ops.worker = program;
	rec.p.kind = SWAPADM_JOB_DRAIN;
	strcpy(rec.p.source, "/dev/sdb2");
	assert_int_equal(jobrec_add_device(&rec, "/dev/sdb2"), 0);
	assert_int_equal(job_start(box->ctx, &rec, background, "drain", &req, &job), err);
	assert_null(job);
	assert_non_null(strstr(swapadm_get_error(box->ctx), words));
	assert_false(sandbox_has(box, "/run/swapadm/jobs/d1"));
	assert_int_equal(waitpid(-1, NULL, 0), -1); /* no child is left either */
	assert_int_equal(errno, ECHILD);
}

/* says what it was given: descriptors, session, blocked signals */
#define LOOKS                                                                \
	"#!/bin/sh\n"                                                        \
	"for n in 0 1 2; do all=\"$all $(readlink /proc/$$/fd/$n)\"; done\n" \
	"[ $(cut -d' ' -f6 /proc/$$/stat) = $$ ] && all=\"$all session\"\n"  \
	"[ \"$HOME\" ] || all=\"$all alone\"\n"                              \
	"[ -e /proc/$$/fd/100 ] || all=\"$all closed\"\n"                    \
	"all=\"$all $(sed -n 's/^SigBlk:.*0000//p' /proc/$$/status)\"\n"     \
	"echo refused 5 given:$all >&3\n"

static void failed_starts_leave_nothing(void **state)
{
	struct sandbox *box = *state;
	char path[64], stat[256];

	if (is_emulated())
		skip();
	box->ctx->foreign_root = false;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	snprintf(stat, sizeof(stat), "%d (test) S%s 99\n", (int)getpid(),
		 " 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1");
	sandbox_write(box, path, stat);
	assert_int_equal(dup2(0, 100), 100);
	for (int background = 0; background < 2; background++) {
		fails(box, "/nowhere/swapadm-worker", background, -ENOENT,
		      "/dev/sdb2: start a worker: /nowhere/swapadm-worker: No such file");
		fails(box, "/bin/true", background, -ECHILD,
		      "exited before it was ready");
		fails(box,
		      script(box, "#!/bin/sh\necho version 9.9.9 >&3\nread -r x <&3\n"),
		      background, -ELIBBAD,
		      "is of version 9.9.9 and this libswapadm of " SWAPADM_VERSION);
		fails(box, script(box, "#!/bin/sh\necho refused 28 full >&3\n"),
		      background, -ENOSPC, "full");
		fails(box, script(box, LOOKS), background, -EIO,
		      "given: /dev/null /dev/null /dev/null session alone closed 4a00");
		fails(box, script(box, "#!/bin/sh\necho ready 0 >&3\n"), background,
		      -ECHILD, "exited before it was ready");
	}
}

/* the worker is this process itself, as far as anybody can see */
static void starts(void **state)
{
	struct sandbox *box = *state;
	char path[64], stat[256], text[192];

	if (is_emulated())
		skip();
	box->ctx->foreign_root = false;
	snprintf(path, sizeof(path), "/proc/%d/stat", (int)getpid());
	snprintf(stat, sizeof(stat), "%d (test) S%s 99\n", (int)getpid(),
		 " 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1 1");
	sandbox_write(box, path, stat);
	snprintf(text, sizeof(text),
		 "#!/bin/sh\nwhile read -r x <&3 && [ \"$x\" != end ]; do :; done\n"
		 "echo ready %d >&3\nhead -c 1 <&3\n",
		 (int)getpid());
	box->ctx->ops.worker = script(box, text);
	for (int background = 0; background < 2; background++) {
		_cleanup_(jobrec_free) struct jobrec rec = { 0 };
		_cleanup_(request_free) struct request req = { 0 };
		struct swapadm_progress p;
		struct swapadm_job *job;

		rec.p.kind = SWAPADM_JOB_DRAIN;
		strcpy(rec.p.source, "/dev/sdb2");
		assert_int_equal(
			job_start(box->ctx, &rec, background, "drain", &req, &job), 0);
		assert_int_equal(swapadm_job_outlives(job), background);
		assert_int_equal(swapadm_job_get_progress(job, &p), 0);
		assert_string_equal(p.source, "/dev/sdb2");
		swapadm_job_unref(job);
		while (waitpid(-1, NULL, 0) > 0)
			;
	}
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(round_trip),
		cmocka_unit_test(damaged_requests_are_refused),
		cmocka_unit_test_setup_teardown(operation_round_trip, fixture_setup,
						fixture_teardown),
		cmocka_unit_test_setup_teardown(damaged_operations_are_refused,
						fixture_setup, fixture_teardown),
		cmocka_unit_test(worker_refuses),
		cmocka_unit_test_setup_teardown(failed_starts_leave_nothing,
						fixture_setup, fixture_teardown),
		cmocka_unit_test_setup_teardown(starts, fixture_setup, fixture_teardown),
	};

	if (argc != 2) {
		fprintf(stderr, "usage: %s SWAPADM-WORKER\n", argv[0]);
		return 2;
	}
	worker = argv[1];
	return cmocka_run_group_tests(tests, NULL, NULL);
}
