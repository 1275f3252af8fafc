/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What swaptop knows at one moment: plain numbers and names, no handles, so that a sample
 * can be recorded, replayed, compared and made up by a test. sample.c is the only reader
 * of the machine; rates.c makes rates of two samples.
 *
 * A quantity that the kernel does not report has its known bit clear; it is never 0.
 */
#ifndef SWAPTOP_SAMPLE_H
#define SWAPTOP_SAMPLE_H

#include "common/util.h"
#include "swapadm.h"

#define SAMPLE_NAME  64
#define SAMPLE_PATH  128
#define SAMPLE_NOTES 6
#define SAMPLE_SPLIT \
	8 /* tiers that a process is split by; later ones count as the last */
#define SAMPLE_NO_PCT (-1)

#define SAMPLE_UPKEEP_HUGE    (1u << 0)
#define SAMPLE_UPKEEP_WRITTEN (1u << 1)
#define SAMPLE_UPKEEP_IDLE    (1u << 2) /* and recompressed */
#define SAMPLE_UPKEEP_BUDGET  (1u << 3)

/**
 * struct sample_upkeep - a zram that is written back or recompressed
 * @known:               SAMPLE_UPKEEP_*
 * @huge_bytes:          incompressible
 * @written_back_bytes:  since it was made
 * @idle_bytes:          for as long as balance goes by, uncompressed
 * @budget_left_bytes:   that balance may still write today, of the tier
 */
struct sample_upkeep {
	uint32_t known;
	uint64_t huge_bytes, written_back_bytes;
	uint64_t idle_bytes, recompressed_bytes;
	uint64_t budget_left_bytes;
};

struct sample_device {
	char name[SAMPLE_NAME], path[SAMPLE_PATH];
	char disk[32], model[48], algorithm[32], backing[SAMPLE_NAME];
	uint32_t tier; /* index */
	enum swapadm_kind kind;
	enum swapadm_state state;
	enum swapadm_discard discard;
	int prio;
	bool is_file, deleted, managed;
	struct swapadm_usage usage;
	struct swapadm_io_stats io;
	struct swapadm_moves moves;
	struct swapadm_latency latency;
	struct sample_upkeep upkeep;
};

/**
 * struct sample_tier - a tier, or zswap as one
 * @is_zswap:  the pool in front of the areas: what it holds also counts as used there
 * @first:     index of the first of @n_devices devices, which lie together
 */
struct sample_tier {
	char name[SAMPLE_NAME];
	enum swapadm_kind kind;
	int rank, prio;
	bool is_auto, is_zswap;
	int demote_above_pct, demote_below_pct; /* SAMPLE_NO_PCT: none */
	uint64_t demote_older_s;
	struct swapadm_usage usage;
	uint32_t first, n_devices;
};

/* one process or cgroup, split by tier */
struct sample_use {
	uint64_t swap_bytes;
	bool split_known;
	uint64_t tier_bytes[SAMPLE_SPLIT];
	uint64_t zswap_bytes; /* logical, in RAM behind zswap */
	bool zswap_known;
};

/**
 * struct sample_delay - time that a process waited for pages from swap, all its threads
 * @known:           it is accounted
 * @total_ns:        since it began
 * @share_centipct:  of the time since the scan before, in hundredths of a percent; of
 *                   many threads it may be more than 10000
 * @in_bytes_per_s:  pages that it waited for, since the scan before; not recorded
 */
struct sample_delay {
	bool known, share_known;
	uint64_t total_ns, share_centipct;
	bool rate_known;
	uint64_t in_bytes_per_s;
};

struct sample_proc {
	int pid, ppid;
	char comm[32], user[32];
	char cgroup[SAMPLE_PATH];
	uint64_t rss_bytes;
	struct sample_use use;
	struct sample_delay delay;
	bool parked; /* not recorded */
};

struct sample_cgroup {
	char path[256];
	bool mem_known;
	uint64_t mem_bytes;
	uint64_t swap_max_bytes; /* UINT64_MAX: no limit */
	struct sample_use use;
	/* of its tasks for memory, some of them; what it read from swap; not recorded */
	struct sample_delay delay;
	bool parked; /* not recorded */
	/* where its pages may lie, with limits, "" anywhere; by whose rule */
	char tiers[128], tiers_from[256];
	bool tiers_prefer; /* what finds no room there goes to others */
};

enum sample_list_state {
	SAMPLE_LIST_NOT_READ, /* the pane is closed */
	SAMPLE_LIST_READ,
	SAMPLE_LIST_UNSUPPORTED,
	SAMPLE_LIST_FAILED,
};

/**
 * struct sample_scan - how the list of processes or cgroups came about
 * @age_ns:   between the scan and the sample: scans may be rarer than samples
 * @cost_ns:  CPU time that the scan took
 * @why:      unsupported, failed or incomplete: what is missing
 */
struct sample_scan {
	enum sample_list_state state;
	uint64_t age_ns, cost_ns;
	char why[SAMPLE_PATH];
};

struct sample {
	uint64_t seq;
	uint64_t mono_ns;     /* CLOCK_MONOTONIC: rates */
	uint64_t realtime_ns; /* shown only: may jump */
	uint64_t page_bytes;
	char host[SAMPLE_NAME], kernel[SAMPLE_NAME];
	enum swapadm_layer layer;
	bool privileged;
	struct swapadm_mem_stats mem;
	struct swapadm_vmstat vm;
	struct swapadm_psi psi_mem, psi_io;
	struct swapadm_zswap_stats zswap;
	struct swapadm_usage total;
	bool has_redirect; /* the layer's device, when it is in use */
	struct swapadm_redirect redirect;

	struct sample_tier *tiers;
	struct sample_device *devices;
	struct swapadm_progress *jobs;
	struct sample_proc *procs;
	struct sample_cgroup *cgroups;
	size_t n_tiers, n_devices, n_jobs, n_procs, n_cgroups;
	struct sample_scan proc_scan, cgroup_scan;
	char delays_why[SAMPLE_NAME]; /* why no process has one, and the remedy; or "" */

	/* what could not be read, and the remedy: one line each */
	char notes[SAMPLE_NOTES][SAMPLE_PATH];
	size_t n_notes;
};

struct sample *sample_new(void);
void sample_free(struct sample *s);
static inline void sample_freep(struct sample **s)
{
	sample_free(*s);
}

/* add an element of zeroes to a list; NULL when memory is short */
struct sample_tier *sample_add_tier(struct sample *s);
struct sample_device *sample_add_device(struct sample *s); /* to the last tier */
struct swapadm_progress *sample_add_job(struct sample *s);
struct sample_proc *sample_add_proc(struct sample *s);
struct sample_cgroup *sample_add_cgroup(struct sample *s);
void sample_note(struct sample *s, const char *fmt, ...) _printf_(2, 3);

/* index of a device's or tier's namesake in another sample, or -1; @hint is tried
 * first */
int sample_find_device(const struct sample *s, const struct sample_device *like,
		       size_t hint);
int sample_find_tier(const struct sample *s, const char *name);
/* it has not ended */
static inline bool sample_job_open(const struct swapadm_progress *j)
{
	return j->state == SWAPADM_JOB_RUNNING || j->state == SWAPADM_JOB_PAUSED ||
	       j->state == SWAPADM_JOB_NO_SPACE;
}
/* some device reports how long its requests took */
bool sample_any_latency(const struct sample *s);
/* SAMPLE_UPKEEP_* that some device has */
uint32_t sample_any_upkeep(const struct sample *s);

#endif
