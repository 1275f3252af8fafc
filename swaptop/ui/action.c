/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Wishes: what a key means for the selected row, and what is said when it cannot be. */
#include "common/fmt.h"
#include "ui/action.h"

static bool may_act(struct ui *ui, const char *what)
{
	if (ui->replay)
		ui_say(ui, EVENT_WARN, "%s: a recording can't be changed", what);
	else if (ui->offline)
		ui_say(ui, EVENT_WARN,
		       "%s: --root shows a capture; nothing is changed there", what);
	else if (!ui->s->privileged)
		ui_say(ui, EVENT_WARN, "%s needs root: run swaptop with sudo", what);
	else
		return true;
	return false;
}

static const char *verb_of(enum action_kind kind)
{
	static const char *const verbs[] = {
		[ACTION_DRAIN] = "drain",   [ACTION_MIGRATE] = "migrate",
		[ACTION_CORDON] = "cordon", [ACTION_UNCORDON] = "uncordon",
		[ACTION_SWAPIN] = "swapin", [ACTION_SWAPOUT] = "swapout",
		[ACTION_PAUSE] = "pause",   [ACTION_RESUME] = "resume",
		[ACTION_CANCEL] = "cancel",
	};

	return kind == ACTION_NONE ? "" : verbs[kind];
}

const char *action_verb(const struct action *a)
{
	return verb_of(a->kind);
}

/* ask the library what the pending action would do */
static void ask_plan(struct ui *ui)
{
	struct action *a = &ui->pending;
	char title[192];

	a->plan = true;
	ui->action = *a;
	snprintf(title, sizeof(title), "%s %s%s%s", action_verb(a), a->label,
		 *a->to ? " to " : "", a->to);
	dialog_open(&ui->dialog, DIALOG_BUSY, title);
	dialog_line(&ui->dialog, ROLE_TEXT, "working out what would be done...");
	dialog_set_hint(&ui->dialog, "Esc: never mind");
}

/* a name that is as long as its field may have been cut, and name something else */
static bool is_whole(struct ui *ui, const char *name, size_t size)
{
	if (strlen(name) + 1 < size)
		return true;
	ui_say(ui, EVENT_WARN, "its name is too long for swaptop: use swapctl");
	return false;
}

static bool set_device(struct ui *ui, const struct row *row)
{
	struct action *a = &ui->pending;
	const struct sample_device *d;

	if (row->kind == ROW_TIER) {
		const struct sample_tier *t = &ui->s->tiers[row->index];

		if (t->is_zswap) {
			ui_say(ui, EVENT_INFO,
			       "zswap is a pool in front of the areas: drain those, or "
			       "turn it off in the configuration");
			return false;
		}
		copy_text(a->target, t->name);
		snprintf(a->label, sizeof(a->label), "tier %s", t->name);
		return true;
	}
	if (row->kind != ROW_DEVICE)
		return false;
	d = &ui->s->devices[row->index];
	copy_text(a->target, d->path);
	copy_text(a->label, d->name);
	return is_whole(ui, d->path, sizeof(d->path));
}

static const struct row *device_row(struct ui *ui)
{
	enum list_id id = ui->focus == LIST_DEVICES ? LIST_DEVICES : LIST_TIERS;

	return ui_selected(ui, id);
}

static bool begin_device(struct ui *ui, enum action_kind kind, const struct row *row)
{
	if (!row || !may_act(ui, verb_of(kind)))
		return false;
	ui->pending = (struct action){ .kind = kind };
	return set_device(ui, row);
}

void ui_drain(struct ui *ui)
{
	if (begin_device(ui, ACTION_DRAIN, device_row(ui)))
		ask_plan(ui);
}

static size_t tier_of(const struct ui *ui, const struct row *row)
{
	return row->kind == ROW_TIER ? row->index : ui->s->devices[row->index].tier;
}

/* first to the next slower tier, else to the next faster one */
void ui_migrate(struct ui *ui)
{
	const struct row *row = device_row(ui);
	size_t at;

	if (!begin_device(ui, ACTION_MIGRATE, row))
		return;
	at = tier_of(ui, row);
	if (at + 1 < ui->s->n_tiers)
		copy_text(ui->pending.to, ui->s->tiers[at + 1].name);
	else if (at > 0 && !ui->s->tiers[at - 1].is_zswap)
		copy_text(ui->pending.to, ui->s->tiers[at - 1].name);
	if (*ui->pending.to)
		ask_plan(ui);
	else
		ui_say(ui, EVENT_INFO, "migrate: there is no other tier");
}

static const struct sample_device *first_device(const struct ui *ui,
						const struct row *row)
{
	const struct sample_tier *t;

	if (row->kind == ROW_DEVICE)
		return &ui->s->devices[row->index];
	t = &ui->s->tiers[row->index];
	return t->n_devices ? &ui->s->devices[t->first] : NULL;
}

void ui_cordon(struct ui *ui)
{
	const struct row *row = device_row(ui);
	const struct sample_device *d = row ? first_device(ui, row) : NULL;
	bool off = d && (d->state == SWAPADM_STATE_CORDONED ||
			 d->state == SWAPADM_STATE_DRAINED);

	if (begin_device(ui, off ? ACTION_UNCORDON : ACTION_CORDON, row))
		ask_plan(ui);
}

static bool set_use(struct ui *ui, const struct row *row)
{
	struct action *a = &ui->pending;

	if (row->kind == ROW_PROC) {
		const struct sample_proc *p = &ui->s->procs[row->index];

		a->pid = p->pid;
		snprintf(a->target, sizeof(a->target), "%d", p->pid);
		snprintf(a->label, sizeof(a->label), "%d (%s)", p->pid, p->comm);
		return true;
	}
	if (row->kind == ROW_CGROUP) {
		const struct sample_cgroup *g = &ui->s->cgroups[row->index];

		copy_text(a->target, g->path);
		copy_text(a->label, g->path);
		return is_whole(ui, g->path, sizeof(g->path));
	}
	return false;
}

static void use_action(struct ui *ui, enum action_kind kind)
{
	const struct row *row = ui_selected(ui, ui->focus);

	if (!row || !may_act(ui, verb_of(kind)))
		return;
	ui->pending = (struct action){ .kind = kind };
	if (set_use(ui, row))
		ask_plan(ui);
}

void ui_swapin(struct ui *ui)
{
	use_action(ui, ACTION_SWAPIN);
}

void ui_swapout(struct ui *ui)
{
	use_action(ui, ACTION_SWAPOUT);
}

static void job_action(struct ui *ui, enum action_kind kind,
		       const struct swapadm_progress *j)
{
	struct dialog *d = &ui->dialog;
	char title[128];

	ui->pending = (struct action){ .kind = kind };
	copy_text(ui->pending.target, j->id);
	snprintf(ui->pending.label, sizeof(ui->pending.label), "job %s", j->id);
	snprintf(title, sizeof(title), "%s job %s", verb_of(kind), j->id);
	dialog_open(d, DIALOG_CONFIRM, title);
	dialog_line(d, ROLE_TEXT, "%s %.60s%s%.40s: %llu of %llu MiB moved",
		    swapadm_job_kind_name(j->kind), j->source, *j->dest ? " to " : "",
		    j->dest, (unsigned long long)(j->moved_bytes >> 20),
		    (unsigned long long)(j->total_bytes >> 20));
	if (kind == ACTION_CANCEL)
		dialog_line(d, ROLE_TEXT,
			    "what has moved stays moved; the device takes pages "
			    "again");
	if (kind == ACTION_CANCEL && j->pid)
		dialog_line(d, ROLE_WARN,
			    "swapoff notices it only when process %d is finished",
			    (int)j->pid);
	dialog_set_hint(d, "y does it, n or Esc leaves it");
}

static const struct swapadm_progress *selected_job(struct ui *ui, enum action_kind kind)
{
	const struct row *row = ui_selected(ui, LIST_JOBS);

	if (!row) {
		ui_say(ui, EVENT_INFO, "%s: there is no job", verb_of(kind));
		return NULL;
	}
	return may_act(ui, verb_of(kind)) ? &ui->s->jobs[row->index] : NULL;
}

static bool job_ended(struct ui *ui, const struct swapadm_progress *j)
{
	if (j->state == SWAPADM_JOB_RUNNING || j->state == SWAPADM_JOB_PAUSED ||
	    j->state == SWAPADM_JOB_NO_SPACE)
		return false;
	ui_say(ui, EVENT_INFO, "job %s is over: %s", j->id,
	       swapadm_job_state_name(j->state));
	return true;
}

void ui_pause_job(struct ui *ui)
{
	const struct swapadm_progress *j = selected_job(ui, ACTION_PAUSE);

	if (j && !job_ended(ui, j))
		job_action(ui,
			   j->state == SWAPADM_JOB_RUNNING ? ACTION_PAUSE : ACTION_RESUME,
			   j);
}

void ui_cancel_job(struct ui *ui)
{
	const struct swapadm_progress *j = selected_job(ui, ACTION_CANCEL);

	if (j && !job_ended(ui, j))
		job_action(ui, ACTION_CANCEL, j);
}

/* destinations in turn: as the library chooses, each other tier, memory */
void ui_next_dest(struct ui *ui)
{
	struct action *a = &ui->pending;
	const char *words[DIALOG_ITEMS];
	size_t n = 0, at;

	if (a->kind == ACTION_DRAIN)
		words[n++] = "";
	for (size_t i = 0; i < ui->s->n_tiers && n + 1 < ARRAY_SIZE(words); i++) {
		const struct sample_tier *t = &ui->s->tiers[i];

		if (!t->is_zswap && !streq(t->name, a->target))
			words[n++] = t->name;
	}
	if (a->kind == ACTION_DRAIN)
		words[n++] = "memory";
	if (n == 0)
		return;
	for (at = 0; at + 1 < n && !streq(words[at], a->to); at++)
		;
	copy_text(a->to, words[(at + 1) % n]);
	ask_plan(ui);
}

/* ---- answers -------------------------------------------------------------------- */

/* what went wrong is worth a dialog, unless something else is being asked just now */
static void tell_result(struct ui *ui, const struct answer *answer)
{
	struct dialog *d = &ui->dialog;
	char title[192];

	events_add(ui->events, ui->s->realtime_ns, answer->ok ? EVENT_INFO : EVENT_BAD,
		   answer->action.label, "%s", answer->message);
	if (answer->ok || d->kind != DIALOG_NONE) {
		ui_say(ui, answer->ok ? EVENT_GOOD : EVENT_BAD, "%s", answer->message);
		return;
	}
	snprintf(title, sizeof(title), "%s %s", action_verb(&answer->action),
		 answer->action.label);
	dialog_open(d, DIALOG_TELL, title);
	dialog_line(d, ROLE_BAD, "%s", answer->message);
	dialog_set_hint(d, "any key closes");
	ui->redraw = true;
}

static bool same_action(const struct action *a, const struct action *b)
{
	return a->kind == b->kind && a->pid == b->pid && streq(a->target, b->target) &&
	       streq(a->to, b->to);
}

void ui_answer(struct ui *ui, const struct answer *answer)
{
	struct dialog *d = &ui->dialog;
	char title[192];

	if (!answer->action.plan) {
		tell_result(ui, answer);
		return;
	}
	if (d->kind != DIALOG_BUSY || !same_action(&ui->pending, &answer->action))
		return; /* nobody waits for it any more */
	snprintf(title, sizeof(title), "%s %s%s%s", action_verb(&ui->pending),
		 ui->pending.label, *ui->pending.to ? " to " : "", ui->pending.to);
	dialog_open(d, answer->ok ? DIALOG_CONFIRM : DIALOG_TELL, title);
	for (int i = 0; i < answer->n_lines; i++)
		dialog_line(d, answer->roles[i], "%s", answer->lines[i]);
	if (!answer->ok && *answer->message)
		dialog_line(d, ROLE_BAD, "%s", answer->message);
	if (answer->ok)
		dialog_set_hint(
			d, ui->pending.kind == ACTION_DRAIN ||
					   ui->pending.kind == ACTION_MIGRATE
				   ? "y starts it, t: another destination, n or Esc: no"
				   : "y does it, n or Esc: no");
	else if (ui->pending.kind == ACTION_DRAIN || ui->pending.kind == ACTION_MIGRATE) {
		d->kind = DIALOG_CONFIRM;
		d->refused = true;
		dialog_set_hint(d, "t: another destination, Esc: close");
	} else {
		dialog_set_hint(d, "any key closes");
	}
	ui->redraw = true;
}
