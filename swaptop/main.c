/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swaptop - live view of swap by tier and device */
#include <errno.h>
#include <locale.h>
#include <signal.h>

#include "batch.h"
#include "live.h"
#include "view/view.h"

static int apply_sort(struct ui *ui, const char *id)
{
	const struct list_ops *ops = list_ops(ui, ui->set.pane);

	for (int i = 0; ops->value && ops->columns[i].id; i++) {
		if (streq(ops->columns[i].id, id)) {
			ui->set.lists[ui->set.pane].sort = i;
			ui->set.lists[ui->set.pane].reverse = false;
			return 0;
		}
	}
	fprintf(stderr, "swaptop: --sort %s: not a column of %s; known columns:", id,
		ops->name);
	for (int i = 0; ops->value && ops->columns[i].id; i++)
		fprintf(stderr, " %s", ops->columns[i].id);
	fputc('\n', stderr);
	return 2;
}

/* settings first, then what the command line says */
static int prepare(struct ui *ui, const struct options *o, const char *path)
{
	char problem[200];

	if (path && settings_load(&ui->set, path, problem, sizeof(problem)) == -EBADMSG)
		ui_say(ui, EVENT_WARN, "%.100s: %.90s", path, problem);
	if (o->delay_s > 0)
		ui->set.delay_s = o->delay_s;
	if (o->pane >= 0)
		ui->set.pane = ui->focus = (enum list_id)o->pane;
	ui->replay = o->source.replay != NULL;
	ui->offline = o->source.root != NULL;
	return o->sort ? apply_sort(ui, o->sort) : 0;
}

static int run(struct ui *ui, const struct options *o)
{
	/* batches are for scripts: what somebody likes on a screen does not change
	 * them */
	_cleanup_free_ char *path = o->mode == MODE_LIVE ? settings_path() : NULL;
	struct source *src;
	int r = prepare(ui, o, path);

	if (r != 0)
		return r;
	r = source_open(&src, &o->source);
	if (r < 0)
		return r == -EINVAL ? 2 : 1;
	r = o->mode == MODE_BATCH ? batch_run(src, ui, o) : live_run(src, ui, o);
	source_close(src);
	if (r == 0 && path && settings_save(&ui->set, path) < 0)
		fprintf(stderr, "swaptop: %s: settings not saved\n", path);
	return r;
}

int main(int argc, char **argv)
{
	struct options o;
	struct ui ui;
	int r = options_parse(&o, argc, argv);

	if (r >= 0)
		return r;
	signal(SIGCHLD, SIG_DFL); /* a caller may ignore it; mkswap's status is ours */
	signal(SIGXFSZ, SIG_IGN); /* a file too large is an error, with a sentence */
	setlocale(LC_ALL, "");
	setlocale(LC_NUMERIC, "C");
	if (ui_init(&ui, view_lists) < 0) {
		fputs("swaptop: out of memory\n", stderr);
		return 1;
	}
	r = run(&ui, &o);
	ui_done(&ui);
	return r;
}
