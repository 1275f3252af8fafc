/* SPDX-License-Identifier: GPL-2.0-or-later */
#define _XOPEN_SOURCE_EXTENDED 1
#define NCURSES_WIDECHAR       1
#define NCURSES_NOMACROS       1
#include <curses.h>

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "term.h"
#include "ui/escape.h"
#include "ui/keycodes.h"

#define ESC          0x1b
#define ESC_DELAY_MS 25
#define TWICE_NS     (350 * 1000000ULL)
#define KEY_REPORT   (KEY_MAX - 1) /* no key of curses */

struct term {
	enum colours colours;
	int w, h;
	int signal_fd;
	FILE *input;
	SCREEN *screen;
	struct cell *shown; /* what the terminal has, w x h; NULL: unknown */
	int click_x, click_y;
	uint64_t click_ns;
	struct escape escape;
};

/* ---- crashes -------------------------------------------------------------------- */

/*
 * What a signal handler needs to put the terminal back. The one mutable global: a handler
 * has no other way to it. Written only while @armed is 0.
 */
static struct {
	volatile sig_atomic_t armed;
	struct termios tty;
	char text[256];
	size_t n_text;
	char stack[16384]; /* the usual one may be what is broken */
} rescue;

static const int crash_signals[] = { SIGSEGV, SIGBUS, SIGFPE,  SIGILL,
				     SIGABRT, SIGSYS, SIGXCPU, SIGTRAP };

/* async-signal-safe only; the signal is pending again when this returns, by default
 * action */
static void on_crash(int sig)
{
	if (rescue.armed) {
		rescue.armed = 0;
		if (write(STDOUT_FILENO, rescue.text, rescue.n_text) < 0)
			_exit(128 + sig);
		tcsetattr(STDIN_FILENO, TCSANOW, &rescue.tty);
	}
	raise(sig);
}

/* a terminfo string without its delays, "$<5/>" */
static void rescue_add(const char *s)
{
	if (!s || s == (char *)-1)
		return;
	while (*s && rescue.n_text < sizeof(rescue.text)) {
		if (s[0] == '$' && s[1] == '<' && strchr(s, '>'))
			s = strchr(s, '>') + 1;
		else
			rescue.text[rescue.n_text++] = *s++;
	}
}

static void rescue_name(const char *capability)
{
	rescue_add(tigetstr(capability));
}

static void rescue_arm(bool mouse)
{
	stack_t stack = { .ss_sp = rescue.stack, .ss_size = sizeof(rescue.stack) };
	struct sigaction sa = { .sa_handler = on_crash,
				.sa_flags = SA_ONSTACK | SA_RESETHAND };

	rescue.n_text = 0;
	if (mouse)
		rescue_add("\x1b[?1000l\x1b[?1002l\x1b[?1003l\x1b[?1006l");
	rescue_name("sgr0");
	rescue_name("op");
	rescue_name("cnorm");
	rescue_name("rmkx");
	rescue_name("rmcup");
	rescue.armed = 1;
	sigaltstack(&stack, NULL);
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		sigaction(crash_signals[i], &sa, NULL);
}

static void rescue_disarm(void)
{
	rescue.armed = 0;
	for (size_t i = 0; i < ARRAY_SIZE(crash_signals); i++)
		signal(crash_signals[i], SIG_DFL);
}

/* ---- opening and closing -------------------------------------------------------- */

static void watched_signals(sigset_t *set)
{
	static const int signals[] = { SIGWINCH, SIGTSTP, SIGCONT, SIGINT,
				       SIGQUIT,  SIGTERM, SIGHUP };

	sigemptyset(set);
	for (size_t i = 0; i < ARRAY_SIZE(signals); i++)
		sigaddset(set, signals[i]);
}

static enum colours start_colours(enum colours most)
{
	if (most == COLOURS_NONE || !has_colors() || start_color() == ERR ||
	    use_default_colors() == ERR || COLORS < 8)
		return COLOURS_NONE;
	return COLORS >= 256 ? most : COLOURS_8;
}

static void start_pairs(enum colours colours)
{
	for (short role = 0; role < N_ROLES && colours != COLOURS_NONE; role++)
		init_pair(role + 1, palette_get(ST(role), colours).fg, -1);
}

static void measure(struct term *t)
{
	struct winsize ws;

	if (ioctl(STDOUT_FILENO, TIOCGWINSZ, &ws) == 0 && ws.ws_col > 0 &&
	    ws.ws_row > 0 && (ws.ws_col != COLS || ws.ws_row != LINES))
		resizeterm(ws.ws_row, ws.ws_col);
	t->w = COLS;
	t->h = LINES;
	free(t->shown);
	t->shown = NULL;
}

/*
 * Where the terminal reports in decimals (mode 1006), they are read here: ncurses 6.4
 * writes the tenth number of a report, and those behind it, beyond the end of an array on
 * its stack (ncurses/base/lib_mouse.c:read_SGR).
 */
static void start_mouse(void)
{
	const char *begins = tigetstr("kmous");

	mousemask(BUTTON1_PRESSED | BUTTON4_PRESSED | BUTTON5_PRESSED, NULL);
	mouseinterval(0); /* no waiting for a second click: we count ourselves */
	if (begins && begins != (const char *)-1 && streq(begins, "\x1b[<"))
		define_key(begins, KEY_REPORT);
}

static void start_screen(struct term *t, enum colours colours, bool mouse)
{
	cbreak();
	noecho();
	nonl();
	keypad(stdscr, TRUE);
	nodelay(stdscr, TRUE);
	intrflush(stdscr, FALSE);
	leaveok(stdscr, TRUE);
	set_escdelay(ESC_DELAY_MS);
	curs_set(0);
	t->colours = start_colours(colours);
	start_pairs(t->colours);
	if (mouse)
		start_mouse();
}

/*
 * The terminal once more, to read without waiting: a mouse report that is cut off has
 * curses (ncurses/base/lib_mouse.c:decode_xterm_SGR1006) read(2) for the rest of it, and
 * nothing would be drawn meanwhile, nor a signal seen. The flag is this description's
 * own, as stdin's is the shell's too. Where it may not be opened (another user's, after
 * su): stdin.
 */
static FILE *open_input(void)
{
	const char *name = ttyname(STDIN_FILENO);
	int fd = name ? open(name, O_RDONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC) : -1;
	FILE *f = fd < 0 ? NULL : fdopen(fd, "r");

	if (!f && fd >= 0)
		close(fd);
	return f ? f : stdin;
}

static bool has_cursor(void)
{
	const char *cup = tigetstr("cup");

	return cup && cup != (const char *)-1;
}

int term_open(struct term **out, enum colours colours, bool mouse, char *problem,
	      size_t size)
{
	const char *type = getenv("TERM") ? getenv("TERM") : "";
	struct term *t;
	sigset_t set;

	if (!isatty(STDIN_FILENO) || !isatty(STDOUT_FILENO) ||
	    tcgetattr(STDIN_FILENO, &rescue.tty) < 0) {
		snprintf(
			problem, size,
			"this is not a terminal; --once prints one screen, --batch several");
		return -ENOTTY;
	}
	t = calloc(1, sizeof(*t));
	if (!t)
		return -ENOMEM;
	/* before curses, so that its own handlers never run, and before any thread */
	watched_signals(&set);
	pthread_sigmask(SIG_BLOCK, &set, NULL);
	t->signal_fd = signalfd(-1, &set, SFD_NONBLOCK | SFD_CLOEXEC);
	t->input = open_input();
	t->screen = newterm(NULL, stdout, t->input);
	if (t->signal_fd < 0 || !t->screen || !has_cursor()) {
		snprintf(problem, size, "TERM=%.60s: %s; --once prints one screen", type,
			 t->screen ? "this terminal can't move its cursor"
				   : "unknown here, TERM=xterm-256color may do");
		term_close(t);
		pthread_sigmask(SIG_UNBLOCK, &set, NULL);
		return -ENOENT;
	}
	signal(SIGPIPE, SIG_IGN);
	start_screen(t, colours, mouse);
	rescue_arm(mouse);
	measure(t);
	*out = t;
	return 0;
}

void term_close(struct term *t)
{
	if (!t)
		return;
	if (t->screen) {
		endwin();
		rescue_disarm();
		tcsetattr(STDIN_FILENO, TCSANOW, &rescue.tty);
		delscreen(t->screen);
	}
	if (t->input && t->input != stdin)
		fclose(t->input);
	close(t->signal_fd);
	free(t->shown);
	free(t);
}

enum colours term_colours(const struct term *t)
{
	return t->colours;
}

void term_size(const struct term *t, int *w, int *h)
{
	*w = t->w;
	*h = t->h;
}

/* ---- output --------------------------------------------------------------------- */

static attr_t attributes(const struct term *t, struct style st)
{
	struct paint p = palette_get(st, t->colours);
	attr_t a = A_NORMAL;

	if (p.flags & STYLE_BOLD)
		a |= A_BOLD;
	if (p.flags & STYLE_REVERSE)
		a |= A_REVERSE;
	if (p.flags & STYLE_UNDER)
		a |= A_UNDERLINE;
	if (p.faint)
		a |= A_DIM;
	return a;
}

static void show_cell(const struct term *t, int x, int y, const struct cell *cell)
{
	wchar_t text[2] = { (wchar_t)cell->ch, 0 };
	short pair = t->colours == COLOURS_NONE ? 0 : (short)(cell->style.role + 1);
	cchar_t cc;

	if (setcchar(&cc, text, attributes(t, cell->style), pair, NULL) == OK)
		mvadd_wch(y, x, &cc);
}

void term_show(struct term *t, const struct canvas *c, bool repaint)
{
	bool all = repaint || !t->shown;
	int w = MIN(c->w, t->w), h = MIN(c->h, t->h);

	if (!t->shown)
		t->shown = calloc((size_t)t->w * t->h, sizeof(*t->shown));
	if (repaint)
		clearok(curscr, TRUE);
	if (all)
		erase();
	for (int y = 0; y < h; y++) {
		for (int x = 0; x < w; x++) {
			const struct cell *cell = &c->cells[(size_t)y * c->w + x];
			struct cell *shown = t->shown ? &t->shown[(size_t)y * t->w + x]
						      : NULL;

			if (!all && shown && memcmp(shown, cell, sizeof(*cell)) == 0)
				continue;
			if (shown)
				*shown = *cell;
			if (cell->ch)
				show_cell(t, x, y, cell);
		}
	}
	refresh();
}

/* ---- input ---------------------------------------------------------------------- */

/* hand the terminal back, stop, and take it again when continued */
static void suspend(struct term *t)
{
	sigset_t set;

	endwin();
	sigemptyset(&set);
	sigaddset(&set, SIGTSTP);
	signal(SIGTSTP, SIG_DFL);
	raise(SIGTSTP);
	pthread_sigmask(SIG_UNBLOCK, &set, NULL); /* here we stop */
	pthread_sigmask(SIG_BLOCK, &set, NULL);
}

static void resume(struct term *t)
{
	reset_prog_mode();
	measure(t);
	clearok(curscr, TRUE);
}

/* the signals that came; a storm of resizes is one event */
static struct term_event read_signals(struct term *t)
{
	struct term_event ev = { TERM_NONE };
	struct signalfd_siginfo info;

	while (read(t->signal_fd, &info, sizeof(info)) == (ssize_t)sizeof(info)) {
		switch (info.ssi_signo) {
		case SIGTSTP:
			suspend(t);
			/* fallthrough */
		case SIGCONT:
			resume(t);
			/* fallthrough */
		case SIGWINCH:
			ev.kind = TERM_RESIZED;
			break;
		default:
			ev.kind = TERM_ENDED;
			return ev;
		}
	}
	if (ev.kind == TERM_RESIZED)
		measure(t);
	return ev;
}

static int translate(wint_t key)
{
	static const struct {
		wint_t from;
		int to;
	} map[] = {
		{ KEY_UP, K_UP },
		{ KEY_DOWN, K_DOWN },
		{ KEY_LEFT, K_LEFT },
		{ KEY_RIGHT, K_RIGHT },
		{ KEY_PPAGE, K_PGUP },
		{ KEY_NPAGE, K_PGDN },
		{ KEY_HOME, K_HOME },
		{ KEY_END, K_END },
		{ KEY_BTAB, K_BTAB },
		{ KEY_ENTER, K_ENTER },
		{ KEY_BACKSPACE, K_BACKSPACE },
		{ KEY_DC, K_DELETE },
	};

	for (size_t i = 0; i < ARRAY_SIZE(map); i++) {
		if (map[i].from == key)
			return map[i].to;
	}
	if (key >= KEY_F(1) && key <= KEY_F(12))
		return K_F((int)(key - KEY_F0));
	return 0;
}

/* the button of a decimal report, as curses has it; 0: none that we know */
static mmask_t button_of(int code)
{
	static const struct {
		int code;
		mmask_t state;
	} buttons[] = { { 0, BUTTON1_PRESSED },
			{ 64, BUTTON4_PRESSED },
			{ 65, BUTTON5_PRESSED } };

	for (size_t i = 0; i < ARRAY_SIZE(buttons); i++)
		if (buttons[i].code == code)
			return buttons[i].state;
	return 0;
}

static struct term_event mouse_event(struct term *t, const MEVENT *m)
{
	struct term_event ev = { TERM_NONE };
	uint64_t now = clock_ns(CLOCK_MONOTONIC);

	if (m->bstate & (BUTTON4_PRESSED | BUTTON5_PRESSED)) {
		ev.kind = TERM_KEY;
		ev.key = m->bstate & BUTTON4_PRESSED ? K_WHEEL_UP : K_WHEEL_DOWN;
		return ev;
	}
	ev = (struct term_event){ .kind = TERM_CLICK, .x = m->x, .y = m->y };
	ev.twice = now - t->click_ns < TWICE_NS && t->click_x == m->x &&
		   t->click_y == m->y;
	t->click_ns = ev.twice ? 0 : now;
	t->click_x = m->x;
	t->click_y = m->y;
	return ev;
}

static struct term_event key_event(int r, wint_t key)
{
	struct term_event ev = { .kind = TERM_KEY };

	if (r == KEY_CODE_YES)
		ev.key = translate(key);
	else if (key == '\r')
		ev.key = K_ENTER;
	else if (key == 0x7f || key == 0x08)
		ev.key = K_BACKSPACE;
	else
		ev.key = (int)key;
	return ev;
}

/* ESC, and what follows it at once: the beginning of a sequence, or a key of its own */
static bool begins_sequence(struct term *t)
{
	wint_t next;
	int r = get_wch(&next);

	if (r == OK && escape_begin(&t->escape, next, clock_ns(CLOCK_MONOTONIC)))
		return true;
	if (r == KEY_CODE_YES)
		ungetch((int)next);
	else if (r == OK)
		unget_wch((wchar_t)next);
	return false;
}

static struct term_event read_mouse(struct term *t)
{
	MEVENT m;

	return getmouse(&m) == OK ? mouse_event(t, &m) : (struct term_event){ TERM_NONE };
}

/* a key, or a part of a sequence; false: read on */
static bool take_key(struct term *t, wint_t key, struct term_event *ev)
{
	const int *at = t->escape.numbers;
	MEVENT m;

	switch (escape_take(&t->escape, key, clock_ns(CLOCK_MONOTONIC))) {
	case ESCAPE_TAKEN:
		return false;
	case ESCAPE_CLICK:
		m = (MEVENT){ .x = at[1] - 1,
			      .y = at[2] - 1,
			      .bstate = button_of(at[0]) };
		if (!m.bstate)
			return false;
		*ev = mouse_event(t, &m);
		return true;
	case ESCAPE_KEY:
		break;
	}
	if (key == ESC && begins_sequence(t))
		return false;
	*ev = key_event(OK, key);
	return true;
}

static struct term_event read_key(struct term *t)
{
	struct term_event ev = { TERM_NONE };
	wint_t key;
	int r;

	while ((r = get_wch(&key)) != ERR) {
		if (r == OK && take_key(t, key, &ev))
			return ev;
		if (r == OK)
			continue;
		t->escape.state = ESCAPE_NONE;
		if (key == KEY_MOUSE)
			return read_mouse(t);
		if (key == KEY_RESIZE)
			return ev;
		if (key != KEY_REPORT)
			return key_event(r, key);
		escape_begin_report(&t->escape, clock_ns(CLOCK_MONOTONIC));
	}
	return ev;
}

struct term_event term_wait(struct term *t, uint64_t until_ns, int fd, int fd2)
{
	struct pollfd fds[] = {
		{ .fd = t->signal_fd, .events = POLLIN },
		{ .fd = STDIN_FILENO, .events = POLLIN },
		{ .fd = fd, .events = POLLIN },
		{ .fd = fd2, .events = POLLIN },
	};
	struct term_event ev = read_key(t); /* curses may have some left */
	uint64_t now = clock_ns(CLOCK_MONOTONIC),
		 left = until_ns > now ? until_ns - now : 0;
	struct timespec ts = { (time_t)(left / NSEC_PER_SEC),
			       (long)(left % NSEC_PER_SEC) };

	if (ev.kind != TERM_NONE)
		return ev;
	if (ppoll(fds, ARRAY_SIZE(fds), &ts, NULL) <= 0)
		return ev;
	if (fds[0].revents)
		ev = read_signals(t);
	if (ev.kind == TERM_NONE && fds[1].revents) {
		ev = read_key(t);
		if (ev.kind == TERM_NONE &&
		    fds[1].revents & (POLLHUP | POLLERR | POLLNVAL))
			ev.kind = TERM_ENDED;
	}
	return ev;
}
