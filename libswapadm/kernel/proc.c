/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/proc.h"

#include <fcntl.h>
#include <signal.h>

static bool status_number(const char *line, const char *key, uint64_t *out)
{
	const char *s = str_after(line, key);

	return s && next_u64(&s, out) == 0;
}

/* the value of "Key:  123 kB" in bytes */
static bool status_kb(const char *line, const char *key, uint64_t *out)
{
	uint64_t kb;

	if (!status_number(line, key, &kb))
		return false;
	*out = kb << 10;
	return true;
}

static void status_name(const char *line, struct proc_status *out)
{
	const char *s = str_after(line, "Name:\t");

	if (!s)
		return;
	snprintf(out->comm, sizeof(out->comm), "%.*s", (int)strcspn(s, "\n"), s);
	out->known_comm = true;
}

/* by the first letter: there are sixty lines of each process, and most mean nothing */
static void status_line(const char *line, struct proc_status *out)
{
	uint64_t v;

	switch (*line) {
	case 'N':
		status_name(line, out);
		break;
	case 'P':
		if (status_number(line, "PPid:", &v))
			out->ppid = (pid_t)v;
		break;
	case 'R':
		status_kb(line, "RssAnon:", &out->anon_bytes);
		status_kb(line, "RssShmem:", &out->shmem_bytes);
		break;
	case 'S':
		if (str_after(line, "State:\tZ"))
			out->zombie = true;
		if (str_after(line, "State:\tT"))
			out->stopped = true;
		break;
	case 'T':
		if (status_number(line, "Tgid:", &v))
			out->tgid = (pid_t)v;
		if (status_number(line, "TracerPid:", &v))
			out->tracer = (pid_t)v;
		status_number(line, "Threads:", &out->n_threads);
		break;
	case 'U':
		if (status_number(line, "Uid:", &v))
			out->uid = (uid_t)v;
		break;
	case 'V':
		if (status_kb(line, "VmSwap:", &out->swap_bytes))
			out->known_swap = true;
		status_kb(line, "VmRSS:", &out->rss_bytes);
		break;
	}
}

int proc_status_parse(const char *text, struct proc_status *out)
{
	struct proc_status st = { 0 };

	for (const char *line = text; line && *line;) {
		const char *end = strchr(line, '\n');

		if (*line == 'S' && str_after(line, "SigQ:"))
			break; /* of the other half nothing is wanted */
		status_line(line, &st);
		line = end ? end + 1 : NULL;
	}
	if (!st.known_comm)
		return -EBADMSG;
	*out = st;
	return 0;
}

struct stat_line {
	char state;
	long long n_threads; /* that have not been waited for, the first one included */
	uint64_t start_ticks;
};

/* of a line of /proc/PID/stat */
static int stat_parse(const char *text, struct stat_line *out)
{
	const char *s = strrchr(text, ')'); /* the name may hold ") " itself */
	char *end;
	uint64_t v;

	if (!s || s[1] != ' ' || !s[2] || s[3] != ' ')
		return -EBADMSG;
	out->state = s[2];
	s += 3;
	for (int field = 4; field < 22; field++) { /* some are negative */
		long long n = strtoll(s, &end, 10);

		if (end == s)
			return -EBADMSG;
		if (field == 20)
			out->n_threads = n;
		s = end;
	}
	if (next_u64(&s, &v))
		return -EBADMSG;
	out->start_ticks = v;
	return 0;
}

int proc_stat_parse_start(const char *text, uint64_t *ticks)
{
	struct stat_line line;
	int r = stat_parse(text, &line);

	if (!r)
		*ticks = line.start_ticks;
	return r;
}

int proc_read(struct swapadm_ctx *ctx, pid_t pid, const char *name, char **out)
{
	char path[128];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return ctx_read_seq(ctx, path, out);
}

/* the status of a thread that still has the memory, when the first one has ended */
static int status_of_thread(struct swapadm_ctx *ctx, pid_t pid, struct proc_status *out)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *de;
	char path[64];
	uint64_t tid;

	snprintf(path, sizeof(path), "/proc/%d/task", (int)pid);
	dir = ctx_opendir(ctx, path);
	while (dir && (de = readdir(dir))) {
		_cleanup_free_ char *text = NULL;
		struct proc_status st;

		if (parse_u64(de->d_name, &tid) || tid > INT32_MAX || (pid_t)tid == pid)
			continue;
		snprintf(path, sizeof(path), "task/%d/status", (int)tid);
		if (proc_read(ctx, pid, path, &text) || proc_status_parse(text, &st) ||
		    !st.known_swap)
			continue;
		*out = st;
		out->task = (pid_t)tid;
		return 0;
	}
	return -ESRCH;
}

int proc_status_read(struct swapadm_ctx *ctx, pid_t pid, struct proc_status *out)
{
	_cleanup_free_ char *text = NULL;
	struct proc_status st;
	int r = proc_read(ctx, pid, "status", &text);

	if (!r)
		r = proc_status_parse(text, &st);
	if (r)
		return r;
	st.task = pid;
	/*
	 * exit(2) of the first thread alone: fs/proc/array.c task_mem() has no mm to ask
	 */
	if (!st.known_swap && st.zombie && st.n_threads > 1)
		status_of_thread(ctx, pid, &st);
	*out = st;
	return 0;
}

int proc_start_ticks(struct swapadm_ctx *ctx, pid_t pid, uint64_t *ticks)
{
	_cleanup_free_ char *text = NULL;
	int r = proc_read(ctx, pid, "stat", &text);

	return r ? r : proc_stat_parse_start(text, ticks);
}

bool proc_is_hidden(struct swapadm_ctx *ctx, pid_t pid)
{
	_cleanup_free_ char *text = NULL;

	if (ctx->foreign_root || proc_read(ctx, pid, "stat", &text) == 0)
		return false;
	return kill(pid, 0) < 0 && errno == EPERM;
}

/* include/uapi/linux/nsfs.h PID_NS_INIT_INO; older kernels have the number, too */
bool proc_namespace_is_own(struct swapadm_ctx *ctx)
{
	char link[64];

	return !ctx->foreign_root &&
	       !ctx_readlink(ctx, "/proc/self/ns/pid", link, sizeof(link)) &&
	       !streq(link, "pid:[4026531836]");
}

bool procs_are_hidden(struct swapadm_ctx *ctx)
{
	return proc_is_hidden(ctx, 1) || proc_namespace_is_own(ctx);
}

bool proc_is_alive(struct swapadm_ctx *ctx, pid_t pid, uint64_t start_ticks)
{
	_cleanup_free_ char *text = NULL;
	struct stat_line line;
	int r;

	if (pid <= 0)
		return false;
	r = proc_read(ctx, pid, "stat", &text);
	if (r)
		return is_shortage(r) || proc_is_hidden(ctx, pid);
	if (stat_parse(text, &line) || line.start_ticks != start_ticks)
		return false;
	/* after exit(2) of the first thread alone the others go on */
	return (line.state != 'Z' && line.state != 'X') || line.n_threads > 1;
}

int procs_each(struct swapadm_ctx *ctx, int (*fn)(void *data, pid_t pid), void *data)
{
	_cleanup_closedir_ DIR *dir = ctx_opendir(ctx, "/proc");
	struct dirent *de;
	uint64_t pid;
	int r;

	if (!dir)
		return -errno;
	while ((de = readdir(dir))) {
		if (parse_u64(de->d_name, &pid) || pid > INT32_MAX)
			continue;
		r = fn(data, (pid_t)pid);
		if (r)
			return r;
	}
	return 0;
}

struct swapped_arg {
	struct swapadm_ctx *ctx;
	struct proc_swap_list list;
};

int proc_swap_list_add(struct proc_swap_list *list, pid_t pid,
		       const struct proc_status *st)
{
	struct proc_swap *p;

	if (!array_grow(&list->items, list->n))
		return -ENOMEM;
	p = &list->items[list->n++];
	*p = (struct proc_swap){ .pid = pid, .swap_bytes = st->swap_bytes };
	memcpy(p->comm, st->comm, sizeof(p->comm));
	return 0;
}

static int add_swapped(void *data, pid_t pid)
{
	struct swapped_arg *arg = data;
	struct proc_status st;
	int r = proc_status_read(arg->ctx, pid, &st);

	if (is_shortage(r))
		return r;
	return r || !st.swap_bytes ? 0 : proc_swap_list_add(&arg->list, pid, &st);
}

static int by_swap(const void *a, const void *b)
{
	const struct proc_swap *x = a, *y = b;

	if (x->swap_bytes != y->swap_bytes)
		return x->swap_bytes < y->swap_bytes ? 1 : -1;
	return (x->pid > y->pid) - (x->pid < y->pid);
}

int procs_swapped(struct swapadm_ctx *ctx, struct proc_swap_list *out)
{
	struct swapped_arg arg = { .ctx = ctx };
	int r = procs_each(ctx, add_swapped, &arg);

	if (r) {
		proc_swap_list_free(&arg.list);
		return r;
	}
	if (arg.list.n)
		qsort(arg.list.items, arg.list.n, sizeof(*arg.list.items), by_swap);
	*out = arg.list;
	return 0;
}

void proc_swap_list_free(struct proc_swap_list *list)
{
	free(list->items);
	*list = (struct proc_swap_list){ 0 };
}
