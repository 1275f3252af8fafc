/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What the checks behind checks.h share. */
#ifndef SWAPCTL_PROBE_H
#define SWAPCTL_PROBE_H

#include "checks.h"

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

/* checks_zram.c */
void check_zswap_zram(struct probe *p);
void check_zswap_full(struct probe *p);
void check_writeback(struct probe *p);
void check_zram_ratio(struct probe *p);
void check_zram_data(struct probe *p);
void check_zram_limit(struct probe *p);
void check_zram_oversize(struct probe *p);
void check_zram_full(struct probe *p);
void check_page_cluster(struct probe *p);

#endif
