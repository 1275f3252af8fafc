/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "op/wbpages.h"

#include <fcntl.h>

#include "kernel/proc.h"
#include "prefetch/swaptype.h"

/* a swap type that no area has: what is scanned is only counted */
#define NO_TYPE PAGEMAP_TYPES

/* ---- who --------------------------------------------------------------------------- */

static int find_cgroup(struct wbpages *pages, const char *word)
{
	struct swapadm_ctx *ctx = pages->ctx;

	if (memcg_mount_find(ctx, &pages->mount) || !pages->mount.version)
		return ctx_fail(ctx, -EPROTONOSUPPORT,
				"%s: no memory controller is mounted; name a process",
				word);
	return memcg_find(ctx, &pages->mount, word, pages->cgroup, sizeof(pages->cgroup));
}

static int find_pid(struct wbpages *pages)
{
	struct proc_status st;

	if (proc_status_read(pages->ctx, pages->pid, &st) ||
	    proc_start_ticks(pages->ctx, pages->pid, &pages->start_ticks))
		return ctx_fail(pages->ctx, -ENOENT, "%d: no such process",
				(int)pages->pid);
	if (!st.known_swap)
		return ctx_fail(
			pages->ctx, -EINVAL,
			"%d (%s): a thread of the kernel or a process that has ended has no pages",
			(int)pages->pid, st.comm);
	return 0;
}

static bool is_member(const struct wbpages *pages, pid_t pid)
{
	char path[4096];

	return !memcg_of_pid(pages->ctx, &pages->mount, pid, path, sizeof(path)) &&
	       path_is_in(path, pages->cgroup);
}

/* the list, without those that are not meant */
static void keep_members(const struct wbpages *pages, struct proc_swap_list *procs)
{
	size_t n = 0;

	if (pages->pid && !proc_has_threads(pages->ctx, pages->pid, pages->start_ticks))
		procs->n = 0;
	for (size_t i = 0; i < procs->n; i++)
		if (pages->pid ? procs->items[i].pid == pages->pid
			       : is_member(pages, procs->items[i].pid))
			procs->items[n++] = procs->items[i];
	procs->n = n;
}

/* ---- which area -------------------------------------------------------------------- */

/* by what all processes have in swap; else by areas that are made to find the holes */
static int find_type(struct wbpages *pages)
{
	_cleanup_(swapmap_free) struct swapmap all = { 0 };
	struct area_list areas = { 0 };
	const struct area *area;
	int r = swapmap_load(pages->ctx, NO_TYPE, 0, 0, &all);

	if (!r)
		r = areas_load(pages->ctx, &areas);
	if (r)
		return ctx_fail(pages->ctx, r, "%s: find its pages: %s", pages->area,
				strerror(-r));
	area = areas_find(&areas, pages->area);
	r = area ? swaptype_fit(&areas, &all.stats, (size_t)(area - areas.items),
				&pages->type)
		 : -ENODEV;
	areas_free(&areas);
	if (r == -EPROTONOSUPPORT)
		return ctx_fail(
			pages->ctx, r,
			"%s: find its pages: this kernel's page tables name virtual slots, not places on an area; leave out --pid and --cgroup",
			pages->area);
	if (r == -ENOTUNIQ || r == -ESTALE)
		r = swaptype_probe(pages->ctx, pages->area, &pages->type);
	return r ? ctx_fail(pages->ctx, r,
			    "%s: find its pages: the area looks like others (%s)",
			    pages->area, strerror(-r))
		 : 0;
}

int wbpages_open(struct swapadm_ctx *ctx, const struct op_req *req, const char *area,
		 struct wbpages *out)
{
	int r;

	*out = (struct wbpages){ .ctx = ctx,
				 .pid = (pid_t)req->pid,
				 .type = SWAPTYPE_NONE };
	snprintf(out->area, sizeof(out->area), "%.279s", area);
	r = req->pid ? find_pid(out) : find_cgroup(out, req->cgroup);
	return r ? r : find_type(out);
}

/* ---- for a worker ------------------------------------------------------------------ */

int wbpages_save(const struct wbpages *pages, struct request *req)
{
	int r = request_add(req, "pages-area", pages->area);

	if (!r && *pages->cgroup)
		r = request_add(req, "pages-cgroup", pages->cgroup);
	if (!r)
		r = request_add_u64(req, "pages-pid", (uint64_t)pages->pid);
	if (!r)
		r = request_add_u64(req, "pages-start", pages->start_ticks);
	if (!r && pages->type != SWAPTYPE_NONE)
		r = request_add_u64(req, "pages-type", (uint64_t)pages->type + 1);
	return r;
}

int wbpages_load(struct swapadm_ctx *ctx, const struct request *req, struct wbpages *out)
{
	const char *area = request_get(req, "pages-area");
	const char *cgroup = request_get(req, "pages-cgroup");
	uint64_t pid, type, start;

	if (!area || request_get_u64(req, "pages-pid", INT32_MAX, &pid) ||
	    request_get_u64(req, "pages-start", UINT64_MAX, &start) ||
	    request_get_u64(req, "pages-type", PAGEMAP_TYPES, &type))
		return -EBADMSG;
	*out = (struct wbpages){ .ctx = ctx,
				 .pid = (pid_t)pid,
				 .start_ticks = start,
				 .type = type ? (int)type - 1 : SWAPTYPE_NONE };
	snprintf(out->area, sizeof(out->area), "%s", area);
	snprintf(out->cgroup, sizeof(out->cgroup), "%s", cgroup ? cgroup : "");
	if (cgroup && memcg_mount_find(ctx, &out->mount))
		out->mount.version = 0;
	return 0;
}

/* ---- where ------------------------------------------------------------------------- */

int wbpages_look(struct wbpages *pages, uint64_t begin)
{
	struct proc_swap_list procs = { 0 };
	int r = procs_swapped(pages->ctx, &procs);

	swapmap_free(&pages->map);
	pages->map = (struct swapmap){ 0 };
	pages->at = pages->done = 0;
	if (!r) {
		keep_members(pages, &procs);
		r = swapmap_load_list(
			pages->ctx, pages->type == SWAPTYPE_NONE ? NO_TYPE : pages->type,
			begin, &procs, &pages->map);
	}
	return r ? ctx_fail(pages->ctx, r, "%s: find its pages: %s", pages->area,
			    r == -EACCES || r == -EPERM ? "not permitted; run as root"
							: strerror(-r))
		 : 0;
}

uint64_t wbpages_position(const struct wbpages *pages)
{
	const struct runset *set = &pages->map.runs;

	return pages->at < set->n ? set->runs[pages->at].offset + pages->done
				  : set->end_offset;
}

#define RANGE_MAX 64 /* " page_indexes=" and two numbers */
_Static_assert(sizeof(((struct wbtext *)NULL)->text) > RANGE_MAX,
	       "no room for one page: its caller would go on for ever");

static size_t print_range(char *text, size_t size, bool more, uint64_t from, uint64_t n)
{
	unsigned long long first = from, last = from + n - 1;
	const char *blank = more ? " " : "";

	return (size_t)(n > 1 ? snprintf(text, size, "%spage_indexes=%llu-%llu", blank,
					 first, last)
			      : snprintf(text, size, "%spage_index=%llu", blank, first));
}

/* neighbours on the area are one range, whatever process each is of */
uint64_t wbpages_next(struct wbpages *pages, bool batch, uint64_t max, struct wbtext *out)
{
	const struct runset *set = &pages->map.runs;
	const size_t size = sizeof(out->text);
	char *text = out->text;
	uint64_t total = 0;
	size_t len = 0;

	*text = '\0';
	while (pages->at < set->n && total < (batch ? max : u64_min(max, 1)) &&
	       len + RANGE_MAX < size) {
		const struct swap_run *run = &set->runs[pages->at];
		uint64_t from = run->offset + pages->done, n = run->n_pages - pages->done;

		n = u64_min(n, batch ? max - total : 1);
		len += print_range(text + len, size - len, len != 0, from, n);
		total += n;
		pages->done += n;
		if (pages->done == run->n_pages) {
			pages->done = 0;
			pages->at++;
		}
	}
	return total;
}

int wbpages_write_singles(struct wbpages *pages, const char *path, uint64_t max)
{
	_cleanup_close_ int fd = ctx_open(pages->ctx, path, O_WRONLY);
	struct wbtext one;

	if (fd < 0)
		return fd;
	for (uint64_t i = 0; i < u64_min(max, WBPAGES_SINGLES); i++) {
		if (!wbpages_next(pages, false, 1, &one))
			return 0;
		if (pages->ctx->ops.write(fd, one.text, strlen(one.text)) < 0)
			return -errno;
	}
	return 0;
}

bool wbpages_is_cut(const struct wbpages *pages)
{
	return pages->map.runs.end_offset <= UINT32_MAX;
}

uint64_t wbpages_n(const struct wbpages *pages)
{
	return wbpages_is_cut(pages) ? pages->map.stats.n_pages[pages->type]
				     : pages->map.runs.n_pages;
}

int wbpages_refill(struct wbpages *pages)
{
	int r = 0;

	while (!r && pages->at >= pages->map.runs.n && wbpages_is_cut(pages))
		r = wbpages_look(pages, wbpages_position(pages));
	return r ? r : pages->at < pages->map.runs.n;
}

void wbpages_close(struct wbpages *pages)
{
	swapmap_free(&pages->map);
}
