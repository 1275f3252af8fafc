/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pagemap.h"

#include <ctype.h>
#include <fcntl.h>
#include <sys/ioctl.h>

#include "kernel/proc.h"

#define CHUNK_ENTRIES 32768
#define FIRST_ENTRIES 64

#define PM_SWAPPED (UINT64_C(1) << 62)
#define PM_PRESENT (UINT64_C(1) << 63)

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

/* ---- smaps ---------------------------------------------------------------------- */

static bool is_mapping_line(const char *line)
{
	return isdigit((unsigned char)*line) || (*line >= 'a' && *line <= 'f');
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

static int take_entry(struct scanner *sc, uint64_t vpn, uint64_t entry)
{
	struct swap_span *span = &sc->span;
	uint64_t offset;
	unsigned type;
	int r;

	if (!pagemap_decode(entry, &type, &offset))
		return 0;
	sc->n_swapped++;
	if (span->n_pages && type == span->type && vpn == span->vpn + span->n_pages &&
	    offset == span->offset + span->n_pages) {
		span->n_pages++;
		return 0;
	}
	r = flush_span(sc);
	*span = (struct swap_span){ type, offset, vpn, 1 };
	return r;
}

/*
 * reads up to @n entries at *@vpn and moves it behind them; 1: there is nothing more to
 * read
 */
static int scan_chunk(struct scanner *sc, uint64_t *vpn, size_t n)
{
	ssize_t got = pread(sc->fd, sc->chunk, n * sizeof(uint64_t),
			    (off_t)(*vpn * sizeof(uint64_t)));

	if (got < (ssize_t)sizeof(uint64_t)) /* also EIO of a process that is ending */
		return 1;
	n = (size_t)got / sizeof(uint64_t);
	for (size_t i = 0; i < n; i++) {
		int r = take_entry(sc, *vpn + i, sc->chunk[i]);

		if (r)
			return r;
	}
	*vpn += n;
	return 0;
}

static int scan_range(struct scanner *sc, uint64_t start, uint64_t end)
{
	uint64_t vpn = start / sc->page_bytes, last = end / sc->page_bytes;

	while (vpn < last) {
		size_t n = last - vpn < CHUNK_ENTRIES ? last - vpn : CHUNK_ENTRIES;
		int r = scan_chunk(sc, &vpn, n);

		if (r)
			return r < 0 ? r : 0;
	}
	return 0;
}

/* how many entries to read next, after a read of @n that were mostly in swap */
static size_t next_entries(const struct scanner *sc, size_t n)
{
	uint64_t left = sc->n_expected > sc->n_swapped ? sc->n_expected - sc->n_swapped
						       : 2 * n;

	return left < CHUNK_ENTRIES ? left : CHUNK_ENTRIES;
}

/*
 * Entries from *@vpn on, as long as a good part of them is in swap: one that is read
 * costs a third of one that PAGEMAP_SCAN looks at, which is for the gaps.
 */
static int scan_dense(struct scanner *sc, uint64_t *vpn)
{
	size_t n = FIRST_ENTRIES;

	for (;;) {
		uint64_t from = *vpn, swapped = sc->n_swapped;
		int r = scan_chunk(sc, vpn, n);

		if (r || (sc->n_swapped - swapped) * 8 < *vpn - from)
			return r;
		n = next_entries(sc, n);
	}
}

/* ---- the end of the address space -------------------------------------------------- */

/*
 * The kernel takes what access_ok() takes: below TASK_SIZE_MAX of its own, which differs
 * by architecture and page-table levels, and is 3 GiB or less on 32 bits. One page is
 * asked about, so that nothing is walked.
 */
static bool can_end_at(void *data, uint64_t end)
{
	struct scanner *sc = data;
	struct scan_region none;
	struct scan_arg arg = {
		.size = sizeof(arg),
		.start = end - sc->page_bytes,
		.end = end,
		.vec = (uintptr_t)&none,
		.vec_len = 1,
		.max_pages = 1,
		.category_mask = SCAN_CATEGORY_SWAPPED,
		.return_mask = SCAN_CATEGORY_SWAPPED,
	};

	return ioctl(sc->fd, IOCTL_PAGEMAP_SCAN, &arg) >= 0 || errno != EFAULT;
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

/*
 * -ENOTTY: the kernel has no PAGEMAP_SCAN, or will not go on with it from sc->from. ESRCH
 * alone means that the process has ended.
 */
static int scan_gaps(struct scanner *sc)
{
	struct scan_region first;
	struct scan_arg arg = {
		.size = sizeof(arg),
		.end = sc->page_bytes,
		.vec = (uintptr_t)&first,
		.vec_len = 1,
		.max_pages = 1,
		.category_mask = SCAN_CATEGORY_SWAPPED,
		.return_mask = SCAN_CATEGORY_SWAPPED,
	};

	if (ioctl(sc->fd, IOCTL_PAGEMAP_SCAN, &arg) < 0)
		return errno == ESRCH ? 0 : -ENOTTY;
	arg.end = sc->ctx->scan_end;
	if (!arg.end)
		arg.end = pagemap_find_end(sc->page_bytes, can_end_at, sc);
	while (arg.start < arg.end) {
		uint64_t vpn;
		int r = ioctl(sc->fd, IOCTL_PAGEMAP_SCAN, &arg);

		if (r < 0 && errno == EINTR)
			continue;
		if (r < 0)
			return errno == ESRCH ? 0 : -ENOTTY;
		sc->ctx->scan_end = arg.end; /* of a process that is there */
		if (r == 0)
			break;
		vpn = first.start / sc->page_bytes;
		r = scan_dense(sc, &vpn);
		if (r)
			return r < 0 ? r : 0;
		arg.start = sc->from = vpn * sc->page_bytes;
	}
	return 0;
}

static int scan_smaps(struct scanner *sc, pid_t pid)
{
	_cleanup_free_ char *text = NULL;
	char path[64];
	const char *cursor;
	uint64_t start, end;
	int r;

	snprintf(path, sizeof(path), "/proc/%d/smaps", (int)pid);
	r = ctx_read_file(sc->ctx, path, &text, NULL);
	if (r)
		return r == -ENOMEM || r == -EACCES ? r : 0;
	cursor = text;
	while (smaps_next_swapped(&cursor, &start, &end)) {
		if (end <= sc->from)
			continue;
		if (start < sc->from)
			start = sc->from;
		r = scan_range(sc, start, end);
		if (r)
			return r;
	}
	return 0;
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
		return fd == -EACCES || fd == -EPERM ? fd : 0;
	sc->fd = fd;
	r = scan_gaps(sc);
	if (r == -ENOTTY)
		r = scan_smaps(sc, task);
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
