/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A sandbox with processes, a cgroup /job and records of what is parked. */
#ifndef PARKBOX_H
#define PARKBOX_H

#include "fixture.h"

#include "park/park.h"

#define HEAD "swapadm-parked 1\n"

static inline void put_record(struct sandbox *box, const char *id, const char *text)
{
	char path[64];

	snprintf(path, sizeof(path), PARKS_DIR "/%s", id);
	sandbox_write(box, path, text);
}

static inline void put_boot(struct sandbox *box)
{
	sandbox_write(box, "/proc/sys/kernel/random/boot_id", "one\n");
}

static inline void put_process(struct sandbox *box, int pid, const char *letter, int ppid,
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

static inline void set_machine(struct sandbox *box)
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

static inline int prepare(struct sandbox *box, enum swapadm_op_kind kind, unsigned pid,
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

#endif
