/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What a terminal sends, through swaptop's own decoder; keys and clicks go where live.c
 * sends them. The first byte chooses the machine; RESIZE and two more bytes change the
 * size. The screen is drawn before a click, which then hits what is there; of SHOWN
 * inputs one is also drawn at the end and shown by curses, which takes longer than all
 * else.
 *
 * Curses has a pseudo terminal. While an input is handled, what curses and term.c ask of
 * it is answered here, from memory: thousands a second. For one of KERNEL inputs the
 * kernel answers, so that what is made up here is held against it.
 */
#include <errno.h>
#include <fcntl.h>
#include <locale.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/syscall.h>
#include <termios.h>
#include <time.h>
#include <unistd.h>

#include "fake.h"
#include "fuzz.h"
#include "term.h"
#include "ui/action.h"
#include "ui/keys.h"
#include "view/view.h"

/* curses is to find it: the sources are built with hidden symbols */
#define WRAPS __attribute__((visibility("default")))

#define RESIZE     0xfe
#define RESIZES    3 /* of an input: each is a screen for curses */
#define SHOWN      32
#define KERNEL     1024
#define INPUT_MAX  1024 /* the line discipline takes 4095 bytes at once */
#define N_MACHINES 5
#define WIDTH      80
#define HEIGHT     24
#define MOMENT_NS  (NSEC_PER_SEC / 10) /* two clicks are one double click, or not */

static struct {
	int master;
	struct term *term;
	struct canvas canvas;
	struct sample *machines[N_MACHINES];
	struct rates rates[N_MACHINES];
	struct ui ui[N_MACHINES]; /* with these, no key pressed and no rows yet */
} all;

/* the terminal in memory: what was typed and not read, and SIGWINCH */
static struct {
	bool on;
	const uint8_t *typed;
	size_t n_typed;
	bool resized;
	uint64_t clock_ns; /* a moment for each look at it */
} mem;

/* ---- what curses and term.c call ------------------------------------------------- */

WRAPS ssize_t read(int fd, void *buf, size_t n)
{
	struct signalfd_siginfo info = { .ssi_signo = SIGWINCH };

	if (!mem.on)
		return syscall(SYS_read, fd, buf, n);
	if (n == sizeof(info) && mem.resized) {
		mem.resized = false;
		memcpy(buf, &info, n);
		return (ssize_t)n;
	}
	if (n == sizeof(info) || !mem.n_typed) {
		errno = EAGAIN;
		return -1;
	}
	n = MIN(n, mem.n_typed);
	memcpy(buf, mem.typed, n);
	mem.typed += n;
	mem.n_typed -= n;
	return (ssize_t)n;
}

/* nobody looks at it */
WRAPS ssize_t write(int fd, const void *buf, size_t n)
{
	return mem.on && fd == STDOUT_FILENO ? (ssize_t)n
					     : syscall(SYS_write, fd, buf, n);
}

/* curses waits with it for the rest of an escape sequence: what came is all there is */
WRAPS int poll(struct pollfd *fds, nfds_t n, int timeout)
{
	struct timespec none = { 0 };

	if (!mem.on)
		return (int)syscall(SYS_ppoll, fds, n, &none, NULL, 0);
	fds[0].revents = mem.n_typed ? POLLIN : 0;
	return mem.n_typed > 0;
}

/* term_wait(): signals and the terminal */
WRAPS int ppoll(struct pollfd *fds, nfds_t n, const struct timespec *timeout,
		const sigset_t *mask)
{
	struct timespec none = { 0 };

	if (!mem.on)
		return (int)syscall(SYS_ppoll, fds, n, &none, NULL, 0);
	fds[0].revents = mem.resized ? POLLIN : 0;
	fds[1].revents = mem.n_typed ? POLLIN : 0;
	return mem.resized + (mem.n_typed > 0);
}

/* the decoder's; the real one is libFuzzer's */
WRAPS int clock_gettime(clockid_t clock, struct timespec *ts)
{
	if (!mem.on || clock != CLOCK_MONOTONIC)
		return timespec_get(ts, TIME_UTC) == TIME_UTC ? 0 : -1;
	mem.clock_ns += MOMENT_NS;
	ts->tv_sec = (time_t)(mem.clock_ns / NSEC_PER_SEC);
	ts->tv_nsec = (long)(mem.clock_ns % NSEC_PER_SEC);
	return 0;
}

/* ---- the pseudo terminal --------------------------------------------------------- */

/* a large screen is more than a pseudo terminal keeps: swaptop would wait for a reader */
static void *read_screen(void *unused)
{
	struct pollfd fd = { .fd = all.master, .events = POLLIN };
	char buf[4096];

	while (syscall(SYS_ppoll, &fd, 1, NULL, NULL, 0) >= 0)
		while (syscall(SYS_read, all.master, buf, sizeof(buf)) > 0)
			;
	return NULL;
}

/* each byte arrives: Ctrl-S does not stop the output, and Ctrl-C is no signal */
static void no_control_keys(void)
{
	struct termios tty;

	MUST(tcgetattr(STDIN_FILENO, &tty) == 0);
	tty.c_iflag &= ~(tcflag_t)IXON;
	tty.c_lflag &= ~(tcflag_t)(ISIG | IEXTEN);
	MUST(tcsetattr(STDIN_FILENO, TCSANOW, &tty) == 0);
}

static void start_reader(void)
{
	pthread_t reader;

	MUST(pthread_create(&reader, NULL, read_screen, NULL) == 0);
}

static void set_size(int w, int h)
{
	struct winsize ws = { .ws_row = (unsigned short)h, .ws_col = (unsigned short)w };

	MUST(ioctl(all.master, TIOCSWINSZ, &ws) == 0);
}

/* term.c's crash handlers take the place of libFuzzer's, which save the input: undone */
static void open_term(void)
{
	static const int signals[] = { SIGSEGV, SIGBUS, SIGFPE, SIGILL, SIGABRT };
	struct sigaction before[ARRAY_SIZE(signals)];
	char problem[200];

	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], NULL, &before[i]);
	MUST(term_open(&all.term, COLOURS_256, true, problem, sizeof(problem)) == 0);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaction(signals[i], &before[i], NULL);
}

static void open_screen(void)
{
	int slave;

	setenv("TERM", "xterm-256color", 1);
	MUST(setlocale(LC_ALL, "C.UTF-8"));
	all.master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(all.master >= 0 && grantpt(all.master) == 0 && unlockpt(all.master) == 0);
	slave = open(ptsname(all.master), O_RDWR | O_NOCTTY | O_CLOEXEC);
	MUST(slave >= 0 && dup2(slave, STDIN_FILENO) == 0 && dup2(slave, STDOUT_FILENO));
	MUST(fcntl(all.master, F_SETFL, O_NONBLOCK) == 0);
	set_size(WIDTH, HEIGHT);
	start_reader();
	open_term();
	no_control_keys();
	MUST(canvas_init(&all.canvas, WIDTH, HEIGHT, GLYPHS_BRAILLE, false) == 0);
}

/* what is not read yet */
static size_t n_pending(void)
{
	int n;

	if (mem.on)
		return mem.n_typed;
	MUST(ioctl(STDIN_FILENO, FIONREAD, &n) == 0);
	return (size_t)n;
}

static void type(const uint8_t *data, size_t n)
{
	struct timespec moment = { .tv_nsec = 10000 };

	if (mem.on) {
		mem.typed = data;
		mem.n_typed = n;
		return;
	}
	MUST(write(all.master, data, n) == (ssize_t)n);
	/* a worker of the kernel hands it over; sleep on a busy machine is long */
	for (int i = 0; i < 100000 && n_pending() < n; i++) {
		if (i > 1000)
			nanosleep(&moment, NULL);
	}
	MUST(n_pending() == n);
}

static void resize(int w, int h)
{
	set_size(w, h);
	mem.resized = mem.on;
	/* to this thread, whose signals are blocked */
	if (!mem.on)
		pthread_kill(pthread_self(), SIGWINCH);
}

/* ---- what live.c does ------------------------------------------------------------ */

static void make_machines(void)
{
	struct sample *(*const make[N_MACHINES])(unsigned) = {
		fake_machine, fake_redirect, fake_bare, fake_odd, fake_upkeep,
	};

	for (size_t i = 0; i < N_MACHINES; i++) {
		all.machines[i] = make[i](7);
		MUST(all.machines[i]);
		MUST(rates_compute(NULL, all.machines[i], &all.rates[i]) == 0);
		MUST(ui_init(&all.ui[i], view_lists) == 0);
		ui_note(&all.ui[i], all.machines[i], &all.rates[i]);
	}
}

static void check_rows(const struct ui *ui)
{
	for (int id = 0; id < N_LISTS; id++) {
		const struct list *l = &ui->lists[id];

		MUST(l->selected >= 0 && (!l->n_rows || l->selected < (int)l->n_rows));
	}
}

static void draw(struct ui *ui)
{
	int w, h;

	if (!ui->redraw)
		return;
	term_size(all.term, &w, &h);
	MUST(w > 0 && h > 0 && canvas_resize(&all.canvas, w, h) == 0);
	screen_draw(&all.canvas, ui);
	ui->redraw = false;
}

/* what actor.c does: with an answer to what was asked for */
static void answer(struct ui *ui)
{
	struct answer a = { .action = ui->action, .ok = true, .n_lines = 1 };

	ui->action.kind = ACTION_NONE;
	snprintf(a.lines[0], sizeof(a.lines[0]), "a plan");
	ui_answer(ui, &a);
}

static void handle(struct ui *ui, const struct term_event *ev)
{
	MUST(ev->kind != TERM_ENDED);
	if (ev->kind == TERM_KEY) {
		MUST(ev->key >= 0);
		keys_press(ui, ev->key);
	} else if (ev->kind == TERM_CLICK) {
		draw(ui);
		keys_click(ui, ev->x, ev->y, ev->twice);
	} else {
		ui->redraw = ui->repaint = true;
	}
	if (ui->action.kind != ACTION_NONE)
		answer(ui); /* some KB: for each key it would be slow */
	ui->quit = false;
	ui->seek = SEEK_NONE;
	check_rows(ui);
}

/* all that came; behind what is no event, as half a mouse report, there may be more */
static void handle_all(struct ui *ui)
{
	int nothing = 0;

	while (nothing < 2) {
		struct term_event ev = term_wait(all.term, 0, -1, -1);

		nothing = ev.kind == TERM_NONE && !n_pending() ? nothing + 1 : 0;
		if (ev.kind != TERM_NONE)
			handle(ui, &ev);
	}
}

/* keys up to a change of the size, and that */
static void run(struct ui *ui, const uint8_t *data, size_t size)
{
	for (int left = RESIZES; size; left--) {
		const uint8_t *next = left > 0 ? memchr(data, RESIZE, size) : NULL;
		size_t n = next ? (size_t)(next - data) : size;

		if (n) {
			type(data, n);
			handle_all(ui);
		}
		if (next && size - n >= 3) {
			resize(1 + next[1] % 140, 1 + next[2] % 60);
			handle_all(ui);
			n += 3;
		} else if (next) {
			n++;
		}
		data += n;
		size -= n;
	}
}

/* taken away again: else each change of the size draws it once more */
static void show(struct ui *ui)
{
	ui->redraw = true;
	draw(ui);
	term_show(all.term, &all.canvas, ui->repaint);
	canvas_clear(&all.canvas);
	term_show(all.term, &all.canvas, false);
}

/* as it was before: the size, and no half sequence in curses */
static void reset(struct ui *ui)
{
	int w, h;

	term_size(all.term, &w, &h);
	if (w != WIDTH || h != HEIGHT) {
		resize(WIDTH, HEIGHT);
		handle_all(ui);
	}
	mem.on = false;
	for (int id = 0; id < N_LISTS; id++)
		free(ui->lists[id].rows);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	unsigned thrown = fuzz_dice(data, size);
	struct ui ui;

	if (!all.term) {
		open_screen();
		make_machines();
	}
	if (!size)
		return 0;
	ui = all.ui[*data % N_MACHINES];
	ui_rebuild(&ui);
	mem.on = thrown % KERNEL != 0;
	mem.clock_ns += NSEC_PER_SEC;
	run(&ui, data + 1, MIN(size - 1, INPUT_MAX));
	if (thrown % SHOWN == 0)
		show(&ui);
	reset(&ui);
	return 0;
}
