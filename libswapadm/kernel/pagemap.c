/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pagemap.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "kernel/proc.h"

#define CHUNK_ENTRIES 32768

#define PM_SWAPPED (UINT64_C(1) << 62)
#define PM_PRESENT (UINT64_C(1) << 63)

#define PM_NEXT_SLOT (UINT64_C(1) << 5)

/* the ABI of PAGEMAP_SCAN (6.7), which older headers lack */
struct scan_region {
	uint64_t start, end, categories;
};

struct scan_arg {
	uint64_t size, flags, start, end, walk_end, vec, vec_len, max_pages;
	uint64_t category_inverted, category_mask, category_anyof_mask, return_mask;
};

#define IOCTL_PAGEMAP_SCAN    _IOWR('f', 16, struct scan_arg)
#define SCAN_CATEGORY_SWAPPED (UINT64_C(1) << 4)

bool pagemap_decode(uint64_t entry, unsigned *type, uint64_t *offset)
{
	if (!(entry & PM_SWAPPED) || (entry & PM_PRESENT))
		return false;
	*type = entry & 0x1f;
	*offset = (entry >> 5) & ((UINT64_C(1) << 50) - 1);
	return *offset != 0; /* slot 0 is the header; nothing to be read there */
}

/* ---- mappings --------------------------------------------------------------------- */

static bool is_mapping_line(const char *line)
{
	return isdigit((unsigned char)*line) || (*line >= 'a' && *line <= 'f');
}

/* the range and the letters of the next line */
static bool next_mapping(const char **cursor, uint64_t *start, uint64_t *end,
			 const char **perms)
{
	const char *line = *cursor, *next = strchr(line, '\n');
	char *s;

	*cursor = next ? next + 1 : line + strlen(line);
	*start = strtoull(line, &s, 16);
	if (*s != '-')
		return false;
	*end = strtoull(s + 1, &s, 16);
	*perms = s + 1;
	return *s == ' ' && *end > *start && strnlen(*perms, 4) == 4;
}

bool maps_next_private(const char **cursor, uint64_t max_gap, uint64_t *start,
		       uint64_t *end)
{
	uint64_t from, to, found_end = 0;
	const char *perms;

	while (**cursor) {
		const char *here = *cursor;

		/* the highest half is the kernel's: [vsyscall] */
		if (!next_mapping(cursor, &from, &to, &perms) || perms[3] != 'p' ||
		    from >> 63)
			continue;
		if (found_end && (from < found_end || from - found_end > max_gap)) {
			*cursor = here;
			break;
		}
		if (!found_end)
			*start = from;
		found_end = to;
	}
	if (found_end)
		*end = found_end;
	return found_end;
}

bool smaps_next_swapped(const char **cursor, uint64_t *start, uint64_t *end)
{
	uint64_t from = 0, to = 0, kb;

	while (**cursor) {
		const char *line = *cursor, *s;
		const char *next = strchr(line, '\n');
		char *dash;

		*cursor = next ? next + 1 : line + strlen(line);
		if (is_mapping_line(line)) {
			from = strtoull(line, &dash, 16);
			to = *dash == '-' ? strtoull(dash + 1, NULL, 16) : from;
		} else if ((s = str_after(line, "Swap:")) && !next_u64(&s, &kb) && kb &&
			   to > from) {
			*start = from;
			*end = to;
			return true;
		}
	}
	return false;
}

/* ---- pagemap -------------------------------------------------------------------- */

struct scanner {
	struct swapadm_ctx *ctx;
	int fd;
	uint64_t page_bytes;
	uint64_t *chunk;       /* CHUNK_ENTRIES */
	uint64_t from;         /* address that all has been seen below */
	uint64_t n_swapped;    /* entries so far */
	uint64_t n_expected;   /* in all, about; 0: not known */
	struct swap_span span; /* being gathered; n_pages 0: none */
	pagemap_fn fn;
	void *data;
};

static int flush_span(struct scanner *sc)
{
	int r = sc->span.n_pages ? sc->fn(sc->data, &sc->span) : 0;

	sc->span.n_pages = 0;
	return r;
}

/* @n pages from @vpn on, in slots from @offset on */
static int add_run(struct scanner *sc, unsigned type, uint64_t offset, uint64_t vpn,
		   uint64_t n)
{
	struct swap_span *span = &sc->span;
	int r;

	sc->n_swapped += n;
	if (span->n_pages && type == span->type && vpn == span->vpn + span->n_pages &&
	    offset == span->offset + span->n_pages) {
		span->n_pages += n;
		return 0;
	}
	r = flush_span(sc);
	*span = (struct swap_span){ type, offset, vpn, n };
	return r;
}

/* how many of @n entries, the first one included, name slots one behind the other */
static size_t count_run(const uint64_t *entries, size_t n)
{
	size_t i = 1;

	while (i < n && entries[i] == entries[i - 1] + PM_NEXT_SLOT)
		i++;
	return i;
}

/* the entries of sc->chunk: of page @vpn and those behind it */
static int take_entries(struct scanner *sc, uint64_t vpn, size_t n)
{
	for (size_t i = 0, run; i < n; i += run) {
		uint64_t offset;
		unsigned type;
		int r;

		run = 1;
		if (!pagemap_decode(sc->chunk[i], &type, &offset))
			continue;
		run = count_run(&sc->chunk[i], n - i);
		r = add_run(sc, type, offset, vpn + i, run);
		if (r)
			return r;
	}
	return 0;
}

/*
 * reads up to @n entries at *@vpn and moves it behind them; 1: there is nothing more to
 * read
 */
static int scan_chunk(struct scanner *sc, uint64_t *vpn, size_t n)
{
	ssize_t got = pread(sc->fd, sc->chunk, n * sizeof(uint64_t),
			    (off_t)(*vpn * sizeof(uint64_t)));
	int r;

	if (got < (ssize_t)sizeof(uint64_t)) /* also EIO of a process that is ending */
		return 1;
	n = (size_t)got / sizeof(uint64_t);
	r = take_entries(sc, *vpn, n);
	*vpn += n;
	return r;
}

/* pages [@vpn, @end) */
static int scan_range(struct scanner *sc, uint64_t vpn, uint64_t end)
{
	while (vpn < end) {
		size_t n = end - vpn < CHUNK_ENTRIES ? end - vpn : CHUNK_ENTRIES;
		int r = scan_chunk(sc, &vpn, n);

		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

/* ---- the end of the address space -------------------------------------------------- */

/*
 * Where pages are in swap: at most @n regions of at most @max_pages, from @start to
 * *@end, which is moved to where the kernel stopped. Their number; -ESRCH the process has
 * ended; -ENOTTY, -EINVAL no PAGEMAP_SCAN; -EFAULT it takes no such *@end.
 */
static int find_regions(const struct scanner *sc, uint64_t start, uint64_t *end,
			struct scan_region *found, size_t n, uint64_t max_pages)
{
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = start,
		.end = *end,
		.vec = (uintptr_t)found,
		.vec_len = n,
		.max_pages = max_pages,
		.category_mask = SCAN_CATEGORY_SWAPPED,
		.return_mask = SCAN_CATEGORY_SWAPPED,
	};
	int r;

	do
		r = ioctl(sc->fd, IOCTL_PAGEMAP_SCAN, &arg);
	while (r < 0 && errno == EINTR);
	if (r < 0)
		return -errno;
	*end = arg.walk_end;
	return r;
}

/*
 * The kernel takes what access_ok() takes: below TASK_SIZE_MAX of its own, which differs
 * by architecture and page-table levels, and is 3 GiB or less on 32 bits. One page is
 * asked about, so that nothing is walked.
 */
static bool can_end_at(void *data, uint64_t end)
{
	const struct scanner *sc = data;
	struct scan_region none;

	return find_regions(sc, end - sc->page_bytes, &end, &none, 1, 1) != -EFAULT;
}

uint64_t pagemap_find_end(uint64_t page_bytes, bool (*takes)(void *data, uint64_t end),
			  void *data)
{
	uint64_t low = UINT64_C(1) << 63, high;

	while (low > page_bytes && !takes(data, low))
		low /= 2;
	high = 2 * low; /* refused, or 0 where even the first one was taken */
	if (!high)
		return low;
	/* the usual ends: one page below a power of two, and a power of two */
	if (takes(data, high - page_bytes))
		return high - page_bytes;
	if (!takes(data, low + page_bytes))
		return low;
	while (high - low > page_bytes) {
		uint64_t middle = low + (high - low) / 2 / page_bytes * page_bytes;

		if (takes(data, middle))
			low = middle;
		else
			high = middle;
	}
	return low;
}

/* ---- where PAGEMAP_SCAN says ------------------------------------------------------- */

/*
 * What it costs on 6.18, in ns: a call 900; to read an entry that is in swap 3, present
 * 27, empty 1; to let PAGEMAP_SCAN look at a page that is in swap 11, present 2. So it
 * says what to read, but of a long run only where that begins.
 */
#define N_REGIONS   64
#define PROBE_PAGES 64  /* looked at by a call; a run may go on behind them */
#define GAP_ENTRIES 32  /* between regions: read, which is less than one more call */
#define RUN_ENTRIES 512 /* of a run at first, then twice as many */

/* how many to read behind @n entries of a run; @n_swapped: of all, with those */
static size_t more_entries(const struct scanner *sc, uint64_t n_swapped, uint64_t n)
{
	uint64_t more = n < RUN_ENTRIES ? RUN_ENTRIES : n;

	if (sc->n_expected && more > u64_minus(sc->n_expected, n_swapped))
		more = u64_minus(sc->n_expected, n_swapped);
	return more < CHUNK_ENTRIES / 2 ? more : CHUNK_ENTRIES / 2;
}

/*
 * What is in swap from @from to *@end, and what follows as long as most of that is, too.
 * *@end is moved behind what was read.
 */
static int read_run(struct scanner *sc, uint64_t from, uint64_t *end)
{
	uint64_t n_known = *end - from, vpn = from;
	size_t n = n_known + more_entries(sc, sc->n_swapped + n_known, n_known);

	for (;;) {
		uint64_t at = vpn, n_before = sc->n_swapped;
		int r = scan_chunk(sc, &vpn, n);

		if (r)
			return r;
		n = more_entries(sc, sc->n_swapped, vpn - from);
		if (!n || (sc->n_swapped - n_before) * 4 < (vpn - at) * 3)
			break;
	}
	*end = vpn;
	return 0;
}

/* did the kernel stop in the middle of a run, not of pages here and there? */
static bool goes_on(const struct scanner *sc, const struct scan_region *last,
		    uint64_t end)
{
	return last->end == end &&
	       last->end - last->start >= PROBE_PAGES / 2 * sc->page_bytes;
}

/* *@end: where the kernel stopped; moved when more was read */
static int read_regions(struct scanner *sc, const struct scan_region *found, size_t n,
			uint64_t *end)
{
	uint64_t page_bytes = sc->page_bytes;
	int r = 0;

	for (size_t i = 0; !r && i < n;) {
		uint64_t from = found[i].start / page_bytes;
		uint64_t to = found[i].end / page_bytes;

		while (++i < n && found[i].start / page_bytes <= to + GAP_ENTRIES)
			to = found[i].end / page_bytes;
		if (i < n || !goes_on(sc, &found[n - 1], *end)) {
			r = scan_range(sc, from, to);
			continue;
		}
		r = read_run(sc, from, &to);
		*end = to * page_bytes;
	}
	return r;
}

/* where a scan may end at most: found once; 0: the kernel has no PAGEMAP_SCAN */
static uint64_t scan_limit(struct scanner *sc)
{
	uint64_t end = sc->page_bytes;
	struct scan_region none;
	int r;

	if (sc->ctx->scan_end)
		return sc->ctx->scan_end;
	r = find_regions(sc, 0, &end, &none, 1, 1);
	if (r < 0 && r != -ESRCH)
		return 0;
	return pagemap_find_end(sc->page_bytes, can_end_at, sc);
}

/*
 * -ENOTTY: the kernel has no PAGEMAP_SCAN, or will not go on with it from sc->from. ESRCH
 * alone means that the process has ended.
 */
static int scan_found(struct scanner *sc)
{
	struct scan_region found[N_REGIONS];
	uint64_t limit = scan_limit(sc);

	if (!limit)
		return -ENOTTY;
	while (sc->from < limit) {
		uint64_t end = limit;
		int n = find_regions(sc, sc->from, &end, found, N_REGIONS, PROBE_PAGES);
		int r;

		if (n < 0 || end <= sc->from)
			return n == -ESRCH ? 0 : -ENOTTY;
		sc->ctx->scan_end = limit; /* of a process that is there */
		r = read_regions(sc, found, (size_t)n, &end);
		if (r)
			return r < 0 ? r : 0;
		sc->from = end;
	}
	return 0;
}

/* ---- without PAGEMAP_SCAN ---------------------------------------------------------- */

/*
 * smaps costs six times as much as maps, and walks all page tables; so little address
 * space as this is rather read as a whole.
 */
#define MAPS_MAX_ENTRIES 32768

static uint64_t sum_private(const char *maps)
{
	uint64_t start, end, sum = 0;

	while (maps_next_private(&maps, 0, &start, &end))
		sum += end - start;
	return sum;
}

static int scan_from(struct scanner *sc, uint64_t start, uint64_t end)
{
	start = start < sc->from ? sc->from : start;
	return start < end ? scan_range(sc, start / sc->page_bytes, end / sc->page_bytes)
			   : 0;
}

static int read_mappings(struct scanner *sc, pid_t pid, const char *name, char **out)
{
	char path[64];

	snprintf(path, sizeof(path), "/proc/%d/%s", (int)pid, name);
	return ctx_read_file(sc->ctx, path, out, NULL);
}

static int scan_smaps(struct scanner *sc, pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	const char *cursor;
	uint64_t start, end;
	int r = read_mappings(sc, pid, "smaps", &text);

	if (r)
		return r == -EACCES || is_shortage(r) ? r : 0;
	cursor = text;
	while (!r && smaps_next_swapped(&cursor, &start, &end))
		r = scan_from(sc, start, end);
	return r;
}

static int scan_mappings(struct scanner *sc, pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	const char *cursor;
	uint64_t start, end;
	int r = read_mappings(sc, pid, "maps", &text);

	if (r || sum_private(text) > MAPS_MAX_ENTRIES * sc->page_bytes)
		return scan_smaps(sc, pid);
	cursor = text;
	while (!r &&
	       maps_next_private(&cursor, GAP_ENTRIES * sc->page_bytes, &start, &end))
		r = scan_from(sc, start, end);
	return r;
}

/* @task: a process or a thread; its page tables are those of the process */
static int scan_task(struct scanner *sc, pid_t task)
{
	_cleanup_close_ int fd = -1;
	char path[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%d/pagemap", (int)task);
	fd = ctx_open(sc->ctx, path, O_RDONLY);
	if (fd < 0)
		return fd == -EACCES || fd == -EPERM || is_shortage(fd) ? fd : 0;
	sc->fd = fd;
	r = scan_found(sc);
	if (r == -ENOTTY)
		r = scan_mappings(sc, task);
	return r ? r : flush_span(sc);
}

int pagemap_scan(struct swapadm_ctx *ctx, pid_t pid, uint64_t swap_bytes, pagemap_fn fn,
		 void *data)
{
	_cleanup_free_ uint64_t *chunk = malloc(CHUNK_ENTRIES * sizeof(*chunk));
	struct scanner sc = {
		.ctx = ctx,
		.page_bytes = own_page_bytes(),
		.chunk = chunk,
		.fn = fn,
		.data = data,
	};
	struct proc_status st;
	int r;

	if (!chunk)
		return -ENOMEM;
	sc.n_expected = swap_bytes / sc.page_bytes;
	r = scan_task(&sc, pid);
	/* a process whose first thread has ended shows its memory through another one */
	if (!r && !sc.n_swapped && sc.n_expected && !proc_status_read(ctx, pid, &st) &&
	    st.task != pid)
		r = scan_task(&sc, st.task);
	return r;
}
