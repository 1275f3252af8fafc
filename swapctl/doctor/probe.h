/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks behind checks.h share. */
#ifndef SWAPCTL_PROBE_H
#define SWAPCTL_PROBE_H

#include "doctor/checks.h"

struct check;

/* what a check works with */
struct probe {
	const struct machine *m;
	const struct check *check;
	struct findings *found;
	char *quoted; /* of probe_quote() */
};

struct check {
	const char *name;
	enum severity severity;
	const char *why;
	void (*fn)(struct probe *p);
};

/* a new finding with its text, NULL when memory is out; its remedy follows */
struct finding *probe_report(struct probe *p, const char *object, const char *fmt, ...)
	_printf_(3, 4);
void probe_remedy(struct finding *f, const char *fmt, ...) _printf_(2, 3);

/* a name as a word of a remedy that is a command; lives until the next call */
const char *probe_quote(struct probe *p, const char *name);

bool probe_is_disk(const struct swapadm_device *dev);
/* per cent of a usage, or -1 when it is not known */
int probe_use_pct(const struct swapadm_usage *u);
/* the active disk that is filled first, or NULL */
const struct swapadm_device *probe_fastest_disk(const struct machine *m);
/* is one of @kind active? @only: are all? */
bool probe_has_active(const struct machine *m, enum swapadm_kind kind, bool *only);

/* kubelet that does not start while there is swap: then none is as it should be */
bool probe_kubelet_forbids_swap(const struct machine *m);

/* areas.c */
void check_no_swap(struct probe *p);
void check_configuration(struct probe *p);
void check_degraded(struct probe *p);
void check_module_version(struct probe *p);
void check_nearly_full(struct probe *p);
void check_inactive(struct probe *p);
void check_failed(struct probe *p);
void check_deleted(struct probe *p);
void check_read_only(struct probe *p);
void check_virtual(struct probe *p);
void check_xswap(struct probe *p);
void check_many_areas(struct probe *p);

/* parked.c */
void check_park_unfinished(struct probe *p);
void check_park_damaged(struct probe *p);
void check_park_stale(struct probe *p);

/* rules.c */
void check_cgroup_tiers(struct probe *p);
void check_cgroup_full(struct probe *p);

/* order.c */
void check_default_prio(struct probe *p);
void check_prio_mismatch(struct probe *p);
void check_foreign_between(struct probe *p);
void check_inverted(struct probe *p);
void check_hdd_above_ssd(struct probe *p);
void check_same_disk(struct probe *p);
void check_mixed(struct probe *p);
void check_rotating(struct probe *p);

/* stack.c */
void check_zvol(struct probe *p);
void check_loop_tmpfs(struct probe *p);
void check_unencrypted(struct probe *p);

/* boot.c */
void check_fstab_missing(struct probe *p);
void check_fstab_inactive(struct probe *p);
void check_fstab_double(struct probe *p);
void check_hibernation(struct probe *p);

/* beside.c */
void check_other_manager(struct probe *p);
void check_zram_twice(struct probe *p);
void check_oomd_no_swap(struct probe *p);
void check_oomd_limit(struct probe *p);
void check_earlyoom(struct probe *p);
void check_kubelet_refuses(struct probe *p);
void check_kubelet_behavior(struct probe *p);

/* memory.c */
void check_pressure(struct probe *p);
void check_oom(struct probe *p);
void check_psi(struct probe *p);
void check_swappiness(struct probe *p);
void check_swappiness_disk(struct probe *p);
void check_page_cluster_disk(struct probe *p);
void check_zswap_off(struct probe *p);
void check_zswap_shrinker(struct probe *p);
void check_zswap_watermark(struct probe *p);
void check_zswap_kept(struct probe *p);
void check_zswap_limits(struct probe *p);

/* balance.c */
void check_balance_idle(struct probe *p);
void check_mglru(struct probe *p);

/* zram.c */
void check_zswap_zram(struct probe *p);
void check_zswap_full(struct probe *p);
void check_writeback(struct probe *p);
void check_writeback_gone(struct probe *p);
void check_zram_ratio(struct probe *p);
void check_zram_data(struct probe *p);
void check_zram_limit(struct probe *p);
void check_zram_oversize(struct probe *p);
void check_zram_full(struct probe *p);
void check_page_cluster(struct probe *p);
void check_left_out(struct probe *p);
void check_recompress(struct probe *p);
void check_writeback_limit(struct probe *p);
void check_no_backing(struct probe *p);

#endif
