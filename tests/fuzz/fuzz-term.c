/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal sends, through swaptop's own decoder: a pseudo terminal is its screen,
 * keys and clicks go where live.c sends them, and the screen is drawn. A byte of 0xfe and
 * two more change the size.
 */
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/syscall.h>
#include <termios.h>
#include <unistd.h>

#include "fake.h"
#include "fuzz.h"
#include "term.h"
#include "ui/action.h"
#include "ui/keys.h"
#include "view/view.h"

#define RESIZE     0xfe
#define INPUT_MAX  1024 /* the line discipline takes 4095 bytes at once */
#define N_MACHINES 5

static struct {
	int master;
	struct term *term;
	struct canvas canvas;
	struct sample *machines[N_MACHINES];
	struct rates rates[N_MACHINES];
} all;

/* curses waits with it for the rest of an escape sequence: what came is all there is */
int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct timespec none = { 0 };

	return (int)syscall(SYS_ppoll, fds, n, &none, NULL, 0);
}

static void set_size(int w, int h)
{
	struct winsize ws = { .ws_row = (unsigned short)h, .ws_col = (unsigned short)w };

	MUST(ioctl(all.master, TIOCSWINSZ, &ws) == 0);
}

/* a large screen is more than a pseudo terminal keeps: swaptop would wait for a reader */
static void *read_screen(void *unused)
{
	struct pollfd fd = { .fd = all.master, .events = POLLIN };
	char buf[4096];

	while (syscall(SYS_ppoll, &fd, 1, NULL, NULL, 0) >= 0)
		while (read(all.master, buf, sizeof(buf)) > 0)
			;
	return NULL;
}

/* Ctrl-S stops the output until Ctrl-Q, for everybody who writes */
static void no_flow_control(void)
{
	struct termios tty;

	MUST(tcgetattr(STDIN_FILENO, &tty) == 0);
	tty.c_iflag &= ~(tcflag_t)IXON;
	MUST(tcsetattr(STDIN_FILENO, TCSANOW, &tty) == 0);
}

static void start_reader(void)
{
	pthread_t reader;

	MUST(pthread_create(&reader, NULL, read_screen, NULL) == 0);
}

static void open_screen(void)
{
	char problem[200];
	int slave;

	setenv("TERM", "xterm-256color", 1);
	MUST(setlocale(LC_ALL, "C.UTF-8"));
	all.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(all.master >= 0 && grantpt(all.master) == 0 && unlockpt(all.master) == 0);
	slave = open(ptsname(all.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(slave >= 0 && dup2(slave, STDIN_FILENO) == 0 && dup2(slave, STDOUT_FILENO));
	MUST(fcntl(all.master, F_SETFL, O_NONBLOCK) == 0);
	set_size(80, 24);
	no_flow_control();
	start_reader();
	MUST(term_open(&all.term, COLOURS_256, true, problem, sizeof(problem)) == 0);
	MUST(canvas_init(&all.canvas, 80, 24, GLYPHS_BRAILLE, false) == 0);
}

static void make_machines(void)
{
	struct sample *(*const make[N_MACHINES])(unsigned) = {
		fake_machine, fake_redirect, fake_bare, fake_odd, fake_upkeep,
	};

	for (size_t i = 0; i < N_MACHINES; i++) {
		all.machines[i] = make[i](7);
		MUST(all.machines[i]);
		MUST(rates_compute(NULL, all.machines[i], &all.rates[i]) == 0);
	}
}

static void check_rows(const struct ui *ui)
{
	for (int id = 0; id < N_LISTS; id++) {
		const struct list *l = &ui->lists[id];

		MUST(l->selected >= 0 && (!l->n_rows || l->selected < (int)l->n_rows));
	}
}

static void show(struct ui *ui)
{
	int w, h;

	term_size(all.term, &w, &h);
	MUST(w > 0 && h > 0 && canvas_resize(&all.canvas, w, h) == 0);
	screen_draw(&all.canvas, ui);
	term_show(all.term, &all.canvas, ui->repaint);
	ui->redraw = ui->repaint = false;
}

/* what actor.c does: with an answer to what was asked for */
static void answer(struct ui *ui)
{
	struct answer a = { .action = ui->action, .ok = true, .n_lines = 1 };

	if (ui->action.kind == ACTION_NONE)
		return;
	ui->action.kind = ACTION_NONE;
	snprintf(a.lines[0], sizeof(a.lines[0]), "a plan");
	ui_answer(ui, &a);
}

static void handle(struct ui *ui)
{
	struct term_event ev;

	while ((ev = term_wait(all.term, 0, -1, -1)).kind != TERM_NONE) {
		MUST(ev.kind != TERM_KEY || ev.key >= 0);
		MUST(ev.kind != TERM_ENDED);
		if (ev.kind == TERM_KEY)
			keys_press(ui, ev.key);
		else if (ev.kind == TERM_CLICK)
			keys_click(ui, ev.x, ev.y, ev.twice);
		else
			ui->redraw = ui->repaint = true;
		answer(ui);
		ui->quit = false;
		ui->seek = SEEK_NONE;
		check_rows(ui);
	}
}

static void type(const uint8_t *data, size_t size)
{
	while (size) {
		ssize_t n = write(all.master, data, size);

		if (n <= 0)
			break; /* it is full of what nobody could have typed */
		data += n;
		size -= (size_t)n;
	}
}

static void resize(struct ui *ui, unsigned w, unsigned h)
{
	set_size(1 + (int)w % 140, 1 + (int)h % 60);
	/* to this thread, whose signals are blocked */
	pthread_kill(pthread_self(), SIGWINCH);
	handle(ui);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct ui ui;
	size_t which, n;

	if (!all.term) {
		open_screen();
		make_machines();
	}
	if (!size || size > INPUT_MAX)
		return 0;
	MUST(ui_init(&ui, view_lists) == 0);
	which = *data++ % N_MACHINES;
	size--;
	ui_update(&ui, all.machines[which], &all.rates[which]);
	while (size) {
		const uint8_t *next = memchr(data, RESIZE, size);

		n = next ? (size_t)(next - data) : size;
		type(data, n);
		handle(&ui);
		if (next && size - n >= 3) {
			resize(&ui, next[1], next[2]);
			n += 3;
		} else if (next) {
			n++;
		}
		data += n;
		size -= n;
	}
	show(&ui);
	ui_done(&ui);
	tcflush(STDIN_FILENO, TCIFLUSH);
	return 0;
}
