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
		       "%s: --root shows a capture, which can't be changed", what);
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
		[ACTION_PARK] = "park",     [ACTION_WAKE] = "wake",
		[ACTION_PAUSE] = "pause",   [ACTION_RESUME] = "resume",
		[ACTION_CANCEL] = "cancel", [ACTION_SHARED] = "shared",
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
	dialog_line(&ui->dialog, ROLE_TEXT, "planning...");
	dialog_set_hint(&ui->dialog, "Esc: cancel");
}

/* a name that is as long as its field may have been cut, and name something else */
static bool is_whole(struct ui *ui, const char *name, size_t size)
{
	if (strlen(name) + 1 < size)
		return true;
	ui_say(ui, EVENT_WARN, "its name is too long for swaptop; use swapctl");
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
			       "zswap is a pool before the swap areas: drain those, or disable it in the configuration");
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

static const struct row *device_row(const struct ui *ui)
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

/* ---- destinations --------------------------------------------------------------- */

/* words for the destination of the pending action, in turn */
struct dests {
	const char *words[DIALOG_ITEMS];
	size_t n;
};

static void add_dest(struct dests *d, const char *word)
{
	if (d->n < ARRAY_SIZE(d->words))
		d->words[d->n++] = word;
}

static const struct sample_device *named_device(const struct ui *ui, const char *path)
{
	for (size_t i = 0; i < ui->s->n_devices; i++) {
		if (streq(ui->s->devices[i].path, path))
			return &ui->s->devices[i];
	}
	return NULL;
}

static bool is_redirect(const struct ui *ui)
{
	return ui->s->layer == SWAPADM_LAYER_REDIRECT;
}

/* a device's own tier is one where another device of it could take the pages */
static bool tier_is_dest(const struct ui *ui, const char *source, size_t tier)
{
	const struct sample_device *d = named_device(ui, source);
	const struct sample_tier *t = &ui->s->tiers[tier];

	if (t->is_zswap || !t->n_devices)
		return false;
	return d && d->tier == tier ? t->n_devices > 1 : !streq(t->name, source);
}

static bool has_backing(const struct ui *ui, const char *source)
{
	for (size_t i = 0; i < ui->s->n_devices; i++) {
		const struct sample_device *d = &ui->s->devices[i];

		if (*d->backing &&
		    (streq(d->path, source) || streq(ui->s->tiers[d->tier].name, source)))
			return true;
	}
	return false;
}

/* slower tiers first, then the faster ones, from the next on */
static void add_tiers(struct dests *d, const struct ui *ui, const char *source)
{
	const struct sample_device *dev = named_device(ui, source);
	int at = dev ? (int)dev->tier : sample_find_tier(ui->s, source);
	int n = (int)ui->s->n_tiers;

	for (int i = MAX(at, 0); i < n; i++) {
		if (tier_is_dest(ui, source, (size_t)i) && i != at)
			add_dest(d, ui->s->tiers[i].name);
	}
	for (int i = at; i >= 0 && i < n; i--) {
		if (tier_is_dest(ui, source, (size_t)i))
			add_dest(d, ui->s->tiers[i].name);
	}
}

static void find_dests(struct dests *d, const struct ui *ui)
{
	const struct action *a = &ui->pending;

	d->n = 0;
	if (a->kind == ACTION_DRAIN)
		add_dest(d, ""); /* as the library chooses */
	if (a->kind == ACTION_DRAIN || is_redirect(ui))
		add_tiers(d, ui, a->target);
	if (a->kind == ACTION_DRAIN && !is_redirect(ui))
		add_dest(d, "memory");
	if (a->kind == ACTION_MIGRATE && has_backing(ui, a->target))
		add_dest(d, "backing");
}

bool ui_can_migrate(const struct ui *ui)
{
	const struct row *row = device_row(ui);

	if (!row || is_redirect(ui))
		return row != NULL;
	return has_backing(ui, row->kind == ROW_TIER ? ui->s->tiers[row->index].name
						     : ui->s->devices[row->index].path);
}

void ui_migrate(struct ui *ui)
{
	struct dests dests;

	if (!begin_device(ui, ACTION_MIGRATE, device_row(ui)))
		return;
	find_dests(&dests, ui);
	if (dests.n)
		copy_text(ui->pending.to, dests.words[0]);
	if (dests.n)
		ask_plan(ui);
	else if (is_redirect(ui))
		ui_say(ui, EVENT_INFO, "migrate: there is no other tier");
	else
		ui_say(ui, EVENT_INFO,
		       "migrate needs the redirect layer, or a zram device with a backing device");
}

void ui_next_dest(struct ui *ui)
{
	struct action *a = &ui->pending;
	struct dests dests;
	size_t at = 0;

	find_dests(&dests, ui);
	if (!dests.n)
		return;
	while (at + 1 < dests.n && !streq(dests.words[at], a->to))
		at++;
	copy_text(a->to, dests.words[(at + 1) % dests.n]);
	ask_plan(ui);
}

/* ---- cordon, swap-in, swap-out --------------------------------------------------- */

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

void ui_park(struct ui *ui)
{
	use_action(ui, ACTION_PARK);
}

void ui_wake(struct ui *ui)
{
	use_action(ui, ACTION_WAKE);
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
	dialog_line(d, ROLE_TEXT, "%s %.60s%s%.40s: %s of %s moved",
		    swapadm_job_kind_name(j->kind), j->source, *j->dest ? " to " : "",
		    j->dest, fmt_bytes(j->moved_bytes).s, fmt_bytes(j->total_bytes).s);
	if (kind == ACTION_CANCEL)
		dialog_line(
			d, ROLE_TEXT,
			"pages that were moved stay moved; the device takes pages again");
	if (kind == ACTION_CANCEL && j->pid)
		dialog_line(d, ROLE_WARN,
			    "swapoff checks for it only after process %d is done",
			    (int)j->pid);
	dialog_set_hint(d, "y: yes, n or Esc: no");
}

static size_t open_jobs(const struct ui *ui, const struct swapadm_progress **last)
{
	size_t n = 0;

	for (size_t i = 0; i < ui->s->n_jobs; i++) {
		if (!sample_job_open(&ui->s->jobs[i]))
			continue;
		*last = &ui->s->jobs[i];
		n++;
	}
	return n;
}

bool ui_has_open_job(const struct ui *ui)
{
	const struct swapadm_progress *j;

	return open_jobs(ui, &j) > 0;
}

bool ui_has_parked(const struct ui *ui)
{
	for (size_t i = 0; i < ui->s->n_procs; i++)
		if (ui->s->procs[i].parked)
			return true;
	for (size_t i = 0; i < ui->s->n_cgroups; i++)
		if (ui->s->cgroups[i].parked)
			return true;
	return false;
}

/* the selected one where jobs are selected, else the only one that can be meant */
static const struct swapadm_progress *wanted_job(struct ui *ui, enum action_kind kind)
{
	const struct row *row = ui->focus == LIST_JOBS ? ui_selected(ui, LIST_JOBS)
						       : NULL;
	const struct swapadm_progress *j = row ? &ui->s->jobs[row->index] : NULL;
	size_t n = j ? 1 : open_jobs(ui, &j);

	if (n == 0)
		ui_say(ui, EVENT_INFO, "%s: no job is running", verb_of(kind));
	else if (n > 1)
		ui_say(ui, EVENT_INFO, "%s: %zu jobs are running; select one (Tab)",
		       verb_of(kind), n);
	else if (!sample_job_open(j))
		ui_say(ui, EVENT_INFO, "job %s has ended: %s", j->id,
		       swapadm_job_state_name(j->state));
	return n == 1 && sample_job_open(j) && may_act(ui, verb_of(kind)) ? j : NULL;
}

void ui_pause_job(struct ui *ui)
{
	const struct swapadm_progress *j = wanted_job(ui, ACTION_PAUSE);

	if (j)
		job_action(ui,
			   j->state == SWAPADM_JOB_RUNNING ? ACTION_PAUSE : ACTION_RESUME,
			   j);
}

void ui_cancel_job(struct ui *ui)
{
	const struct swapadm_progress *j = wanted_job(ui, ACTION_CANCEL);

	if (j)
		job_action(ui, ACTION_CANCEL, j);
}

/* ---- shared memory ---------------------------------------------------------------- */

void ui_shared(struct ui *ui)
{
	if (ui->replay) {
		ui_say(ui, EVENT_INFO,
		       "recordings have the sum of shared memory, not the list");
		return;
	}
	ui->pending = (struct action){ .kind = ACTION_SHARED, .plan = true };
	copy_text(ui->pending.label, "memory in swap");
	ui->action = ui->pending;
	dialog_open(&ui->dialog, DIALOG_BUSY, "shared memory in swap");
	dialog_line(&ui->dialog, ROLE_TEXT, "reading...");
	dialog_set_hint(&ui->dialog, "Esc: cancel");
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

static enum dialog_kind answer_kind(const struct answer *answer)
{
	if (!answer->ok)
		return DIALOG_TELL;
	return answer->action.kind == ACTION_SHARED ? DIALOG_LIST : DIALOG_CONFIRM;
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
	dialog_open(d, answer_kind(answer), title);
	for (int i = 0; i < answer->n_lines; i++)
		dialog_line(d, answer->roles[i], "%s", answer->lines[i]);
	if (!answer->ok && *answer->message)
		dialog_line(d, ROLE_BAD, "%s", answer->message);
	if (d->kind == DIALOG_LIST)
		dialog_set_hint(d, "arrows: scroll, s: read again, Esc: close");
	else if (answer->ok)
		dialog_set_hint(d,
				ui->pending.kind == ACTION_DRAIN ||
						ui->pending.kind == ACTION_MIGRATE
					? "y: start, t: another destination, n or Esc: no"
					: "y: yes, n or Esc: no");
	else if (ui->pending.kind == ACTION_DRAIN || ui->pending.kind == ACTION_MIGRATE) {
		d->kind = DIALOG_CONFIRM;
		d->refused = true;
		dialog_set_hint(d, "t: another destination, Esc: close");
	} else {
		dialog_set_hint(d, "any key closes");
	}
	ui->redraw = true;
}
