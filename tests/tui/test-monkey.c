/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: test-monkey [STEPS [SEED]]
 * Somebody who presses anything, on screens of any size, while machines change under him:
 * nothing may be drawn outside, and (with the sanitizers) nothing read or freed wrongly.
 */
#include <locale.h>

#include "fake.h"
#include "ui/action.h"
#include "ui/keys.h"
#include "view/view.h"

struct monkey {
	uint64_t seed;
	struct ui ui;
	struct sample *cur, *prev;
	struct rates rates[2];
	unsigned turn, second;
	struct canvas canvas;
};

static unsigned dice(struct monkey *m, unsigned sides)
{
	m->seed = m->seed * 6364136223846793005ULL + 1442695040888963407ULL;
	return (unsigned)(m->seed >> 33) % sides;
}

static void next_machine(struct monkey *m)
{
	struct sample *(*const machines[])(unsigned) = { fake_machine, fake_machine,
							 fake_redirect, fake_bare,
							 fake_odd };
	struct rates *r = &m->rates[++m->turn & 1];
	struct sample *s;

	m->second += dice(m, 3);
	s = machines[dice(m, ARRAY_SIZE(machines))](m->second);
	s->privileged = dice(m, 4) > 0;
	if (rates_compute(m->cur, s, r) < 0)
		abort();
	ui_update(&m->ui, s, r);
	sample_free(m->prev);
	m->prev = m->cur;
	m->cur = s;
}

static int any_key(struct monkey *m)
{
	static const int often[] = { K_UP, K_DOWN, K_TAB, K_ENTER, K_ESC,
				     'd',  'm',    'y',   't',     ' ' };

	switch (dice(m, 4)) {
	case 0:
		return often[dice(m, ARRAY_SIZE(often))];
	case 1:
		return KEY_BASE_ + (int)dice(m, 40);
	case 2:
		return (int)dice(m, 0x3000);
	default:
		return (int)dice(m, 127);
	}
}

static void answer(struct monkey *m)
{
	struct answer a = { .action = m->ui.action, .ok = dice(m, 2) };

	if (m->ui.action.kind == ACTION_NONE)
		return;
	m->ui.action.kind = ACTION_NONE;
	if (dice(m, 4) == 0)
		return; /* never comes */
	a.n_lines = (int)dice(m, 16);
	for (int i = 0; i < a.n_lines; i++)
		memset(a.lines[i], 'x', dice(m, DIALOG_WIDTH));
	memset(a.message, 'y', dice(m, DIALOG_WIDTH));
	ui_answer(&m->ui, &a);
}

static void check_rows(const struct monkey *m)
{
	for (int id = 0; id < N_LISTS; id++) {
		const struct list *l = &m->ui.lists[id];

		if (l->selected < 0 || (l->n_rows && l->selected >= (int)l->n_rows))
			abort();
	}
}

static void step(struct monkey *m)
{
	if (dice(m, 10) == 0)
		next_machine(m);
	if (dice(m, 20) == 0 &&
	    canvas_resize(&m->canvas, 1 + (int)dice(m, 260), 1 + (int)dice(m, 70)) < 0)
		abort();
	if (dice(m, 50) == 0) {
		m->canvas.glyphs = (enum glyph_set)dice(m, 3);
		m->canvas.mono = dice(m, 2);
	}
	if (dice(m, 6) == 0)
		keys_click(&m->ui, (int)dice(m, 270) - 5, (int)dice(m, 80) - 5,
			   dice(m, 2));
	else
		keys_press(&m->ui, any_key(m));
	m->ui.now_ns += dice(m, 3000) * 1000000ULL;
	answer(m);
	m->ui.quit = false;
	check_rows(m);
	screen_draw(&m->canvas, &m->ui);
}

int main(int argc, char **argv)
{
	unsigned steps = argc > 1 ? (unsigned)atoi(argv[1]) : 20000;
	struct monkey m = { .seed = argc > 2 ? strtoull(argv[2], NULL, 0) : 1 };

	if (!setlocale(LC_ALL, "C.UTF-8") || ui_init(&m.ui, view_lists) < 0 ||
	    canvas_init(&m.canvas, 80, 24, GLYPHS_BRAILLE, false) < 0)
		return 1;
	screen_draw(&m.canvas, &m.ui); /* before the first sample */
	keys_press(&m.ui, 'd');
	keys_click(&m.ui, 3, 3, true);
	next_machine(&m);
	for (unsigned i = 0; i < steps; i++)
		step(&m);
	canvas_done(&m.canvas);
	rates_done(&m.rates[0]);
	rates_done(&m.rates[1]);
	sample_free(m.prev);
	sample_free(m.cur);
	ui_done(&m.ui);
	printf("%u steps\n", steps);
	return 0;
}
