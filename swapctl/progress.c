/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "progress.h"

#include <inttypes.h>
#include <poll.h>
#include <signal.h>
#include <stdarg.h>
#include <sys/ioctl.h>
#include <sys/signalfd.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

#include "jsonout.h"
#include "text.h"
#include "wayback.h"

#define REDRAW_NS     (NS_PER_S / 2) /* on a terminal */
#define LINE_EVERY_NS (10 * NS_PER_S)
#define JSON_EVERY_NS NS_PER_S

bool progress_running(const struct swapadm_progress *p)
{
	return p->state == SWAPADM_JOB_RUNNING || p->state == SWAPADM_JOB_PAUSED ||
	       p->state == SWAPADM_JOB_NO_SPACE;
}

/* ---- words */

_printf_(3, 4) static void append(char *line, size_t size, const char *fmt, ...)
{
	size_t n = strlen(line);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(line + n, size - n, fmt, ap);
	va_end(ap);
}

unsigned progress_pct(const struct swapadm_progress *p)
{
	unsigned pct = text_pct(p->moved_bytes, p->total_bytes);

	return pct > 100 ? 100 : pct;
}

static void append_object(char *line, size_t size, const struct swapadm_progress *p)
{
	append(line, size, "%s %s%s%s: ", swapadm_job_kind_name(p->kind), p->source,
	       p->kind == SWAPADM_JOB_MIGRATE && *p->dest ? " to " : "",
	       p->kind == SWAPADM_JOB_MIGRATE ? p->dest : "");
}

void progress_line(const struct swapadm_progress *p, char *line, size_t size)
{
	struct buf a, b;

	*line = '\0';
	append_object(line, size, p);
	if (p->state == SWAPADM_JOB_PAUSED)
		append(line, size, "paused, ");
	if (p->state == SWAPADM_JOB_NO_SPACE)
		append(line, size, "paused (no space, needs %s), ",
		       text_amount(&a, p->needed_bytes));
	append(line, size, "%s of %s moved", text_amount(&a, p->moved_bytes),
	       text_amount(&b, p->total_bytes));
	if (p->state == SWAPADM_JOB_RUNNING && p->rate_bytes_per_s)
		append(line, size, ", %s/s", text_amount(&a, p->rate_bytes_per_s));
	append(line, size, ", %u%%", progress_pct(p));
	if (p->state == SWAPADM_JOB_RUNNING && p->eta_ns)
		append(line, size, ", %s to go", text_clock(&a, p->eta_ns));
	if (p->pid)
		append(line, size, ", finishing process %d", (int)p->pid);
	text_defuse(line);
}

static int end_code(const struct swapadm_progress *p)
{
	switch (p->state) {
	case SWAPADM_JOB_DONE:
		return CLI_DONE;
	case SWAPADM_JOB_CANCELLED:
		return exit_code_of(-p->error) == CLI_TIMED_OUT ? CLI_TIMED_OUT
								: CLI_INTERRUPTED;
	default:
		break;
	}
	if (p->error && exit_code_of(-p->error) != CLI_FAILED)
		return exit_code_of(-p->error);
	return p->moved_bytes && p->left_bytes ? CLI_PARTLY : CLI_FAILED;
}

/* on the direct layer; the kernel's leave the leaf where it is, closed */
static bool took_out_of_use(const struct swapadm_progress *p)
{
	return p->kind == SWAPADM_JOB_DRAIN && p->state == SWAPADM_JOB_DONE &&
	       p->id[0] == 'd';
}

/* what it means for the device */
static void append_after_drain(char *line, size_t size, const struct swapadm_progress *p)
{
	if (took_out_of_use(p))
		append(line, size, "; it is no longer used as swap");
	else if (p->kind == SWAPADM_JOB_DRAIN && p->state == SWAPADM_JOB_DONE)
		append(line, size, "; drained, it takes no pages until uncordon");
}

static void append_way_back(struct cli *cli, char *line, size_t size,
			    const struct swapadm_progress *p)
{
	_cleanup_free_ char *command = wayback_of_drained(cli, p->source);

	if (!command && !wayback_takes(cli->ctx, p->source))
		return;
	/* a part of a command is none */
	bool fits = command &&
		    strlen(line) + strlen(command) + sizeof(", `` attaches it again") <
			    size;

	append(line, size, ", `%s` attaches it again",
	       fits ? command : "swapctl add TIER DEVICE");
}

int progress_end(const struct swapadm_progress *p, char *line, size_t size)
{
	struct buf a, b;

	*line = '\0';
	append_object(line, size, p);
	/* of a lost job the last that was heard of it: more may have moved since */
	append(line, size, "%s, %s%s moved", swapadm_job_state_name(p->state),
	       p->state == SWAPADM_JOB_LOST ? "at least " : "",
	       text_amount(&a, p->moved_bytes));
	if (p->elapsed_ns)
		append(line, size, " in %s", text_duration(&a, p->elapsed_ns));
	if (p->moved_bytes && p->elapsed_ns > NS_PER_S / 10)
		append(line, size, " (%s/s)",
		       text_amount(&b, (uint64_t)((double)p->moved_bytes * NS_PER_S /
						  (double)p->elapsed_ns)));
	if (p->state != SWAPADM_JOB_DONE && p->state != SWAPADM_JOB_LOST && p->left_bytes)
		append(line, size, ", %s left where it was",
		       text_amount(&a, p->left_bytes));
	if (*p->message)
		append(line, size, "; %s", p->message);
	else if (exit_code_of(-p->error) == CLI_TIMED_OUT)
		append(line, size, "; timed out");
	else if (p->state == SWAPADM_JOB_CANCELLED && p->total_bytes && !p->left_bytes)
		append(line, size, "; all had been moved before the cancel was seen");
	else if (p->error && p->state != SWAPADM_JOB_CANCELLED)
		append(line, size, "; %s", cli_strerror(p->error));
	append_after_drain(line, size, p);
	text_defuse(line);
	return end_code(p);
}

struct json_object *progress_object(const struct swapadm_progress *p)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "job", p->id);
	json_text(o, "kind", swapadm_job_kind_name(p->kind));
	json_text(o, "state", swapadm_job_state_name(p->state));
	json_text(o, "source", p->source);
	json_text(o, "dest", p->dest);
	json_text(o, "phase", swapadm_phase_name(p->phase));
	json_u64(o, "total", p->total_bytes);
	json_u64(o, "moved", p->moved_bytes);
	json_u64(o, "left", p->left_bytes);
	json_u64(o, "rate", p->rate_bytes_per_s);
	json_u64(o, "elapsed_ns", p->elapsed_ns);
	json_u64_if(o, "eta_ns", p->eta_ns, p->eta_ns);
	json_u64_if(o, "needed", p->state == SWAPADM_JOB_NO_SPACE, p->needed_bytes);
	json_u64_if(o, "pid", p->pid, (uint64_t)p->pid);
	json_i64_if(o, "errno", p->error, p->error);
	json_text(o, "message", p->message);
	json_u64_if(o, "started_s", p->started_s, p->started_s);
	json_u64_if(o, "ended_s", p->ended_s, p->ended_s);
	json_i64_if(o, "uid", p->uid >= 0, p->uid);
	return o;
}

int progress_json(const char *event, const struct swapadm_progress *p)
{
	struct json_object *o = progress_object(p);

	json_text(o, "event", event);
	return json_print(o, false);
}

/* ---- following */

/* one run of the display: what has been shown, and when */
struct view {
	struct cli *cli;
	bool terminal, drawn;
	uint64_t began_ns, shown_ns;
	uint64_t first_ns; /* as if shown then: a short job shows only its end */
	unsigned interrupts;
	bool gave_up; /* the time was over, a job of the kernel was cancelled for it */
};

static void erase_line(struct view *v)
{
	if (v->drawn)
		fputs("\r\033[K", stderr);
	v->drawn = false;
}

static void tell(struct view *v, const char *text)
{
	erase_line(v);
	fprintf(stderr, "%s\n", text);
	fflush(stderr);
}

/* can a line be drawn over there? */
static bool is_capable(void)
{
	const char *term = getenv("TERM");

	return isatty(STDERR_FILENO) && term && *term && !streq(term, "dumb");
}

static unsigned terminal_columns(void)
{
	struct winsize size;

	return ioctl(STDERR_FILENO, TIOCGWINSZ, &size) == 0 && size.ws_col > 1
		       ? size.ws_col
		       : 80;
}

/* in one row, as what is longer goes on in the next, which "\r" does not reach */
static void draw(const struct swapadm_progress *p)
{
	unsigned width = terminal_columns() - 1;
	const char *name = strrchr(p->source, '/');
	struct swapadm_progress brief = *p;
	char line[600];

	progress_line(p, line, sizeof(line));
	if (strlen(line) > width && name && name[1]) {
		/* the figures matter more than the folder */
		snprintf(brief.source, sizeof(brief.source), "%s", name + 1);
		progress_line(&brief, line, sizeof(line));
	}
	fprintf(stderr, "\r%s\033[K", text_cut(line, width));
	fflush(stderr);
}

static void show(struct view *v, const struct swapadm_progress *p)
{
	bool json = cli_has(v->cli, OPT_JSON);
	uint64_t now = now_ns(), every = json          ? JSON_EVERY_NS
					 : v->terminal ? REDRAW_NS
						       : LINE_EVERY_NS;
	char line[600];

	if (now - (v->shown_ns ? v->shown_ns : v->first_ns) < every)
		return;
	v->shown_ns = now;
	if (json) {
		progress_json("progress", p);
		return;
	}
	if (!v->terminal) {
		progress_line(p, line, sizeof(line));
		tell(v, line);
		return;
	}
	draw(p);
	v->drawn = true;
}

/* of what is moved already, and of the rest */
static void cancel_words(const struct swapadm_progress *p, char *line, size_t size)
{
	switch (p->kind) {
	case SWAPADM_JOB_PARK:
		append(line, size,
		       "%s is thawed and runs again; what has been pushed out comes back when it is needed",
		       p->source);
		return;
	case SWAPADM_JOB_WAKE:
		append(line, size, "%s is thawed and reads the rest itself", p->source);
		return;
	case SWAPADM_JOB_SWAPOUT:
		append(line, size,
		       "what has been pushed out stays in swap, the rest stays in memory");
		return;
	case SWAPADM_JOB_SWAPIN:
		append(line, size,
		       "what has been read stays in memory, the rest stays in swap");
		return;
	case SWAPADM_JOB_WRITEBACK:
		append(line, size,
		       "what has been written back stays so, the rest stays on %s",
		       p->source);
		return;
	default:
		append(line, size,
		       strcmp(p->dest, "memory") == 0
			       ? "what has been read stays in memory, the rest stays on %s"
			       : "what has been moved stays there, the rest stays on %s",
		       p->source);
	}
}

static void say_cancel(struct view *v, const struct swapadm_progress *p,
		       const struct follow *how)
{
	char line[600];
	struct buf b;

	snprintf(line, sizeof(line), "cancelling: ");
	cancel_words(p, line, sizeof(line));
	if (p->phase == SWAPADM_PHASE_SWAPOFF) {
		append(line, sizeof(line),
		       "; swapoff(2) checks for signals only between processes");
		if (p->pid || how->largest_pid)
			append(line, sizeof(line), ", process %d comes to its end first",
			       (int)(p->pid ? p->pid : how->largest_pid));
		if (how->cancel_delay_ns)
			append(line, sizeof(line), " (up to %s)",
			       text_duration(&b, how->cancel_delay_ns));
	}
	tell(v, line);
}

/* first signal: cancel or detach; CLI_DONE means go on following */
static int on_signal(struct view *v, struct swapadm_job *job,
		     const struct swapadm_progress *p, const struct follow *how)
{
	char line[600];
	int r;

	if (how->on_interrupt == INTERRUPT_DETACHES) {
		snprintf(
			line, sizeof(line),
			"job %s goes on; `swapctl wait %s` follows it again, `swapctl cancel %s` ends it",
			p->id, p->id, p->id);
		tell(v, line);
		return CLI_INTERRUPTED;
	}
	if (v->interrupts++) {
		tell(v,
		     "still cancelling; the kernel can't be hurried and no page is lost by waiting");
		return CLI_DONE;
	}
	say_cancel(v, p, how);
	r = swapadm_job_cancel(job);
	if (r)
		return cli_fail(v->cli, r, p->source);
	return CLI_DONE;
}

static int on_timeout(struct view *v, struct swapadm_job *job,
		      const struct swapadm_progress *p, const struct follow *how)
{
	char line[600];

	if (how->cancel_on_timeout && how->on_interrupt == INTERRUPT_CANCELS)
		return CLI_DONE; /* the library does, the job ends on its own */
	if (how->cancel_on_timeout) {
		if (!v->gave_up)
			swapadm_job_cancel(job); /* if it is over, that is shown */
		v->gave_up = true;
		return CLI_DONE;
	}
	progress_line(p, line, sizeof(line));
	tell(v, line);
	snprintf(line, sizeof(line), "swapctl: job %s: timed out waiting; it goes on",
		 p->id);
	tell(v, line);
	return CLI_TIMED_OUT;
}

/* what was swapped out is in it as long as it is there */
static void append_kept_file(char *line, size_t size, const char *path)
{
	_cleanup_free_ char *word = swapadm_shell_quote(path);
	struct stat st;

	if (!word || *path != '/' || stat(path, &st) < 0 || !S_ISREG(st.st_mode))
		return;
	append(line, size, "; the file stays");
	/* a part of a command is none */
	if (strlen(line) + strlen(word) + sizeof(", 'rm ' deletes it") <= size)
		append(line, size, ", `rm %s` deletes it", word);
}

static int finish(struct view *v, const struct swapadm_progress *p)
{
	char line[600];
	int code = progress_end(p, line, sizeof(line));

	if (v->gave_up && p->state == SWAPADM_JOB_CANCELLED) {
		code = CLI_TIMED_OUT;
		if (!strstr(line, "timed out"))
			append(line, sizeof(line), "; timed out");
	}
	if (p->kind == SWAPADM_JOB_REMOVE && p->state == SWAPADM_JOB_DONE)
		append_kept_file(line, sizeof(line), p->source);
	if (took_out_of_use(p) && !cli_has(v->cli, OPT_JSON))
		append_way_back(v->cli, line, sizeof(line), p);
	if (cli_has(v->cli, OPT_JSON))
		progress_json("end", p);
	erase_line(v);
	if (code)
		cli_say("%s", line);
	else if (!cli_has(v->cli, OPT_JSON))
		tell(v, line);
	return code;
}

static int wait_ms(const struct view *v, const struct follow *how)
{
	uint64_t end = v->began_ns + how->timeout_s * NS_PER_S, now = now_ns();

	if (!how->timeout_s || how->cancel_on_timeout || end > now + NS_PER_S / 5)
		return 200;
	return end > now ? (int)((end - now) / 1000000) + 1 : 0;
}

static bool timed_out(const struct view *v, const struct follow *how)
{
	return how->timeout_s && now_ns() - v->began_ns >= how->timeout_s * NS_PER_S;
}

static int follow_loop(struct view *v, struct swapadm_job *job, const struct follow *how,
		       int signal_fd)
{
	struct pollfd fds[] = { { swapadm_job_fd(job), POLLIN, 0 },
				{ signal_fd, POLLIN, 0 } };
	struct signalfd_siginfo info;
	struct swapadm_progress p;
	int r;

	for (;;) {
		r = swapadm_job_get_progress(job, &p);
		if (r)
			return cli_fail(v->cli, r, "job");
		if (!progress_running(&p))
			return finish(v, &p);
		show(v, &p);
		if (poll(fds, ARRAY_SIZE(fds), wait_ms(v, how)) < 0 && errno != EINTR)
			return cli_fail(v->cli, -errno, "poll");
		r = CLI_DONE;
		if ((fds[1].revents & POLLIN) &&
		    read(signal_fd, &info, sizeof(info)) == sizeof(info))
			r = on_signal(v, job, &p, how);
		if (!r && timed_out(v, how))
			r = on_timeout(v, job, &p, how);
		if (r)
			return r;
	}
}

int progress_follow(struct cli *cli, struct swapadm_job *job, const struct follow *how)
{
	struct view v = { .cli = cli, .terminal = is_capable(), .began_ns = now_ns() };
	sigset_t set, old;
	int fd, r;

	v.first_ns = cli_has(cli, OPT_JSON) ? 0 : v.began_ns;
	sigemptyset(&set);
	sigaddset(&set, SIGINT);
	sigaddset(&set, SIGTERM);
	sigaddset(&set, SIGHUP);
	sigprocmask(SIG_BLOCK, &set, &old);
	fd = signalfd(-1, &set, SFD_CLOEXEC);
	if (fd < 0) {
		r = cli_fail(cli, -errno, "signalfd");
	} else {
		r = follow_loop(&v, job, how, fd);
		close(fd);
	}
	sigprocmask(SIG_SETMASK, &old, NULL);
	return r;
}
