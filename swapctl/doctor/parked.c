/* SPDX-License-Identifier: GPL-2.0-or-later */
/* What was parked, and is not as it was left. */
#include "doctor/probe.h"

#include "parked.h"

typedef bool (*parked_fn)(const struct swapadm_parked *p);

static void report_each(struct probe *p, parked_fn is_so, const char *what)
{
	for (size_t i = 0; i < swapadm_parked_n(p->m->parked); i++) {
		const struct swapadm_parked *one = swapadm_parked_get(p->m->parked, i);
		char *remedy = is_so(one) ? parked_remedy(one) : NULL;

		if (remedy)
			probe_remedy(probe_report(p, one->source, "%s: %s", one->source,
						  what),
				     "%s", remedy);
		free(remedy);
	}
}

static bool is_stuck(const struct swapadm_parked *p)
{
	return p->unfinished && !p->gone && !p->elsewhere;
}

static bool is_thawed(const struct swapadm_parked *p)
{
	return !p->unfinished && !p->elsewhere && p->state == SWAPADM_PARK_PARKED &&
	       (p->gone || (!p->frozen && p->freezer != SWAPADM_FREEZER_NONE &&
			    p->freezer != SWAPADM_FREEZER_FOREIGN));
}

void check_park_unfinished(struct probe *p)
{
	report_each(p, is_stuck,
		    "the job that was to park or wake it died; it may be frozen");
}

void check_park_damaged(struct probe *p)
{
	for (size_t i = 0; i < swapadm_parked_n_damaged(p->m->parked); i++) {
		const struct swapadm_parked_damaged *one =
			swapadm_parked_get_damaged(p->m->parked, i);

		probe_remedy(
			probe_report(p, one->path,
				     "%s: this record of what is parked can't be read; %s",
				     one->path,
				     one->frozen ? "what it names is frozen still"
						 : "nothing that it names is frozen"),
			"%s", one->remedy);
	}
}

void check_park_stale(struct probe *p)
{
	report_each(p, is_thawed,
		    "recorded as parked, but it was thawed by others or has ended");
}
