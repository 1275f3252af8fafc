/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "parked.h"

#include "jsonout.h"
#include "text.h"

/* how it is kept from running, now */
static const char *how(const struct swapadm_parked *p)
{
	if (p->freezer == SWAPADM_FREEZER_NONE)
		return "not frozen";
	if (p->freezer == SWAPADM_FREEZER_FOREIGN)
		return "frozen by others";
	return p->frozen ? "frozen by " : "thawed, it was frozen by ";
}

static bool is_ours(const struct swapadm_parked *p)
{
	return p->freezer != SWAPADM_FREEZER_NONE &&
	       p->freezer != SWAPADM_FREEZER_FOREIGN;
}

/* wake is refused while a job parks or wakes it */
static bool is_worked_on(const struct swapadm_parked *p)
{
	return p->state != SWAPADM_PARK_PARKED && !p->unfinished && !p->gone;
}

void parked_line(const struct swapadm_parked *p, char *line, size_t size)
{
	uint64_t now = (uint64_t)time(NULL);
	uint64_t age_s = now > p->since_s ? now - p->since_s : 0;
	struct buf a, b;

	if (p->gone)
		snprintf(line, size, "%s%s%s%s: has ended while it was parked", p->source,
			 p->comm ? " (" : "", p->comm ? p->comm : "", p->comm ? ")" : "");
	else
		snprintf(line, size, "%s%s%s%s: %s pushed out, %s%s, %s for %s%s",
			 p->source, p->comm ? " (" : "", p->comm ? p->comm : "",
			 p->comm ? ")" : "", text_amount(&a, p->pushed_bytes), how(p),
			 is_ours(p) ? swapadm_freezer_name(p->freezer) : "",
			 swapadm_park_state_name(p->state),
			 text_duration(&b, age_s * NS_PER_S),
			 p->elsewhere    ? "; in another namespace"
			 : p->unfinished ? "; that did not finish"
					 : "");
	text_defuse(line);
}

struct json_object *parked_object(const struct swapadm_parked *p)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "source", p->source);
	json_u64_if(o, "pid", p->pid, (uint64_t)p->pid);
	json_text(o, "comm", p->comm);
	json_text(o, "cgroup", p->cgroup);
	json_text(o, "state", swapadm_park_state_name(p->state));
	json_text(o, "freezer", swapadm_freezer_name(p->freezer));
	json_flag(o, "frozen", p->frozen);
	json_flag(o, "unfinished", p->unfinished);
	json_flag(o, "gone", p->gone);
	json_flag(o, "elsewhere", p->elsewhere);
	json_text(o, "job", p->job);
	json_u64(o, "since_s", p->since_s);
	json_u64(o, "pushed", p->pushed_bytes);
	json_u64(o, "stays", p->stays_bytes);
	return o;
}

char *parked_remedy(const struct swapadm_parked *p)
{
	char *quoted = p->cgroup ? swapadm_shell_quote(p->cgroup) : NULL, *text = NULL;

	if (p->pid && asprintf(&text, "swapctl wake --pid %d", (int)p->pid) < 0)
		text = NULL;
	else if (quoted && asprintf(&text, "swapctl wake --cgroup %s", quoted) < 0)
		text = NULL;
	free(quoted);
	return text;
}

void parked_say(const struct cli *cli)
{
	_cleanup_(parked_freep) struct swapadm_parked_list *list = NULL;

	if (cli_has(cli, OPT_JSON) || cli_has(cli, OPT_RAW) ||
	    swapadm_parked_load(cli->ctx, &list))
		return;
	fflush(stdout);
	for (size_t i = 0; i < swapadm_parked_n(list); i++) {
		const struct swapadm_parked *p = swapadm_parked_get(list, i);
		char *remedy = parked_remedy(p);
		char line[4608];

		parked_line(p, line, sizeof(line));
		if (p->elsewhere)
			cli_say("%s; `%s` there", line, remedy ? remedy : "swapctl wake");
		else if (is_worked_on(p))
			cli_say("%s; job %s", line, p->job);
		else
			cli_say("%s; `%s`", line, remedy ? remedy : "swapctl wake");
		free(remedy);
	}
}
