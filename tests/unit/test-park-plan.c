/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Plans of park and wake: what fits, how it would be frozen, and who is never parked. */
#include "parkbox.h"

#include "kernel/swapcached.h"
#include "usage/rules.h"

#define KIB 1024

/* ---- plans ----------------------------------------------------------------------- */

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

#define OF_NS(ns) \
	HEAD "id p9\nstate 1\npid 9\npid-ns " ns "\nstart 900\nfreezer 3\nstopped 9 900\n"
#define FIRST "4026531836"

static void set_namespace(struct sandbox *box, const char *who, const char *ns)
{
	char path[64], link[64];

	snprintf(path, sizeof(path), "/proc/%s/ns/pid", who);
	snprintf(link, sizeof(link), "pid:[%s]", ns);
	sandbox_link(box, link, path);
	box->ctx->foreign_root = false;
}

/* @gone, @elsewhere: as the record shows it, and then as wake has it */
static void assert_parked(struct sandbox *box, bool gone, bool elsewhere)
{
	const struct swapadm_parked *p;
	struct swapadm_parked_list *list;
	struct swapadm_op *op = NULL;

	assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
	assert_int_equal(swapadm_parked_n(list), 1);
	p = swapadm_parked_get(list, 0);
	assert_int_equal(p->gone, gone);
	assert_int_equal(p->elsewhere, elsewhere);
	assert_int_equal(p->frozen, elsewhere);
	swapadm_parked_free(list);
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 9, NULL, &op),
			 elsewhere ? -ESRCH : 0);
	if (elsewhere)
		assert_non_null(strstr(swapadm_get_error(box->ctx), "pid namespace"));
	else
		assert_int_equal(swapadm_op_get_plan(op)->is_gone, gone);
	swapadm_op_unref(op);
}

/* in a container: what was parked there and has ended is gone */
static void what_ended_in_its_own_namespace_is_gone(void **state)
{
	struct sandbox *box = *state;

	set_machine(box);
	set_namespace(box, "self", "4026532178");
	put_record(box, "p9", OF_NS("4026532178"));
	assert_parked(box, true, false);
	put_process(box, 9, "S", 1, "0::/\n");
	assert_parked(box, false, false);
	/* of the host, or of another container: 9 is somebody else */
	put_record(box, "p9", OF_NS(FIRST));
	assert_parked(box, false, true);
	put_record(box, "p9", OF_NS("4026532179"));
	assert_parked(box, false, true);
}

/* on the host: as long as the container has any process, its record stays */
static void what_was_parked_in_a_container_is_not_gone(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_op *op;

	set_machine(box);
	set_namespace(box, "self", FIRST);
	put_record(box, "p9", OF_NS("4026532178"));
	sandbox_write(box, "/proc/1/ns/pid", ""); /* not to be read */
	set_namespace(box, "5", "4026532178");
	set_namespace(box, "6", FIRST);
	assert_parked(box, false, true);
	put_process(box, 9, "S", 1, "0::/\n");
	set_namespace(box, "9", FIRST);
	assert_parked(box, false, true);
	assert_not_parked(box, 9, NULL, -EALREADY, "in another namespace");
	assert_int_equal(unlink(sandbox_real(box, "/proc/5/ns/pid")), 0);
	set_namespace(box, "5", FIRST);
	assert_parked(box, true, false);
	assert_int_equal(prepare(box, SWAPADM_OP_PARK, 9, NULL, &op), 0);
	swapadm_op_unref(op);
	/* one that may not be looked at might be in it */
	assert_int_equal(unlink(sandbox_real(box, "/proc/5/ns/pid")), 0);
	sandbox_write(box, "/proc/5/ns/pid", "");
	assert_parked(box, false, true);
}

/* a cgroup namespace shows none but its own groups, by other paths */
static void a_group_of_another_root_is_not_gone(void **state)
{
	struct sandbox *box = *state;
	struct swapadm_parked_list *list;
	struct swapadm_op *op;
	char text[256];
	struct stat st;

	set_machine(box);
	assert_int_equal(stat(sandbox_real(box, "/cg"), &st), 0);
	for (int other = 0; other < 2; other++) {
		snprintf(text, sizeof(text),
			 HEAD "id c1\nstate 1\ncgroup /x\ninode 1\nroot-inode %ju\n"
			      "freezer 1\ngroup-kind 1\ngroup /cg/x\ngroup-inode 1\n",
			 (uintmax_t)st.st_ino + (uintmax_t)other);
		put_record(box, "c1", text);
		assert_int_equal(swapadm_parked_load(box->ctx, &list), 0);
		assert_int_equal(swapadm_parked_get(list, 0)->gone, !other);
		assert_int_equal(swapadm_parked_get(list, 0)->elsewhere, other);
		swapadm_parked_free(list);
	}
	assert_int_equal(prepare(box, SWAPADM_OP_WAKE, 0, "/x", &op), -ESRCH);
	assert_non_null(strstr(swapadm_get_error(box->ctx), "cgroup namespace"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
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
		fixture_test(what_ended_in_its_own_namespace_is_gone),
		fixture_test(what_was_parked_in_a_container_is_not_gone),
		fixture_test(a_group_of_another_root_is_not_gone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
