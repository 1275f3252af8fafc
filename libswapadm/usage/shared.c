/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Shared memory in swap, by object. No page table shows it, but the "Swap:" of a shared
 * mapping does. So there are four sources of ranges: the mappings of processes, the list
 * of System V segments, and tmpfs files and what processes have open without a name,
 * which are mapped here for that (which reads and changes none of their pages). Ranges
 * are sorted by object and summed up.
 */
#include <sys/mman.h>

#include "base/ctx.h"
#include "kernel/pagewatch.h"
#include "kernel/proc.h"
#include "kernel/shmfd.h"
#include "kernel/smaps.h"
#include "kernel/sysvshm.h"
#include "kernel/tmpfs.h"

#define N_MAPPED 512 /* files mapped at a time */
#define NOBODY   SIZE_MAX

/* some pages of an object, and who has them mapped; none: who has it open */
struct range {
	enum swapadm_shared_kind kind;
	dev_t dev;
	uint64_t inode;
	char ipc[64]; /* of a segment: its IPC namespace, "" ours */
	uint64_t from_bytes, end_bytes, swap_bytes;
	size_t mapper; /* in .procs, or NOBODY */
	char *name;
};

struct swapadm_shared {
	struct swapadm_shared_object *items;
	size_t n;
	struct swapadm_shared_mapper *procs; /* owns their names */
	size_t n_procs;
	bool partial;
};

struct loader {
	struct swapadm_ctx *ctx;
	struct swapadm_shared *out;
	struct range *ranges;
	size_t n;
	size_t mapper; /* whose mappings are read; NOBODY: not in .procs yet */
	char ipc[64];  /* its IPC namespace, when it is another one */
	char own_ipc[64];
	struct {
		void *base;
		size_t bytes;
	} mapped[N_MAPPED];
	size_t n_mapped;
	struct shmfd_devs devs;
	struct shmfd *open; /* of all processes, without .name */
	size_t n_open;
};

/* ---- ranges ------------------------------------------------------------------------ */

static const char deleted[] = " (deleted)";

/* what a name of /proc/PID/maps stands for; *@name, *@len: the part to show */
static enum swapadm_shared_kind kind_of(const char **name, size_t *len)
{
	const char *rest;
	size_t tail = sizeof(deleted) - 1;

	*len = strlen(*name);
	if (*len < tail || !streq(*name + *len - tail, deleted))
		return SWAPADM_SHARED_TMPFS;
	*len -= tail;
	if ((rest = str_after(*name, "/memfd:"))) {
		*len -= (size_t)(rest - *name);
		*name = rest;
		return SWAPADM_SHARED_MEMFD;
	}
	if (str_after(*name, "/SYSV"))
		return SWAPADM_SHARED_SYSV;
	if (*len == strlen("/dev/zero") && str_after(*name, "/dev/zero"))
		return SWAPADM_SHARED_ANON;
	return SWAPADM_SHARED_DELETED;
}

static int add_range(struct loader *ld, struct range *range, const char *name, size_t len)
{
	if (!array_grow(&ld->ranges, ld->n))
		return -ENOMEM;
	range->name = strndup(name, len);
	if (!range->name)
		return -ENOMEM;
	ld->ranges[ld->n++] = *range;
	return 0;
}

/* did we map it to look at it? Others of this process are there as those of a process */
static bool is_ours(const struct loader *ld, const struct smaps_range *m)
{
	for (size_t i = 0; i < ld->n_mapped; i++)
		if ((uintptr_t)ld->mapped[i].base == m->start)
			return true;
	return false;
}

static int add_mapping(void *data, const struct smaps_range *m)
{
	struct loader *ld = data;
	const char *name = m->name;
	size_t len;
	struct range range = {
		.kind = kind_of(&name, &len),
		.dev = m->dev,
		.inode = m->inode,
		.from_bytes = m->offset_bytes,
		.end_bytes = m->offset_bytes + m->size_bytes,
		.swap_bytes = m->swap_bytes,
		.mapper = ld->mapper,
	};

	if (ld->mapper == NOBODY && !is_ours(ld, m))
		return 0;
	if (range.kind == SWAPADM_SHARED_SYSV) { /* the inode's number is the segment's */
		range.dev = 0;
		memcpy(range.ipc, ld->ipc, sizeof(range.ipc));
	}
	return add_range(ld, &range, name, len);
}

/* ---- mapped by processes ----------------------------------------------------------- */

static int found_one(void *data, const struct smaps_range *m)
{
	(void)data;
	(void)m;
	return 1;
}

static int add_mapper(struct loader *ld, pid_t pid)
{
	struct swapadm_shared *out = ld->out;
	struct proc_status st;
	char path[64], *comm;

	if (proc_status_read(ld->ctx, pid, &st))
		return -ESRCH;
	if (!array_grow(&out->procs, out->n_procs))
		return -ENOMEM;
	comm = strdup(st.comm);
	if (!comm)
		return -ENOMEM;
	ld->mapper = out->n_procs;
	out->procs[out->n_procs++] =
		(struct swapadm_shared_mapper){ .pid = pid, .uid = st.uid, .comm = comm };
	snprintf(path, sizeof(path), "/proc/%d/ns/ipc", (int)pid);
	if (ctx_readlink(ld->ctx, path, ld->ipc, sizeof(ld->ipc)) ||
	    streq(ld->ipc, ld->own_ipc))
		ld->ipc[0] = '\0';
	return 0;
}

/* what was not opened because descriptors are short is missing: 0; @r */
static int without_short(struct loader *ld, int r)
{
	if (r != -EMFILE && r != -ENFILE)
		return r;
	ld->out->partial = true;
	return 0;
}

/* what of a process can't be read is missing, but for one that hangs: that is reported */
static int read_mappings(struct loader *ld, pid_t pid, const char *file, char **out)
{
	int r = pagewatch_read(ld->ctx, pid, file, out);

	if (r == -EACCES || r == -EPERM || r == -EFBIG || r == -EMFILE || r == -ENFILE)
		ld->out->partial = true;
	return r;
}

/* maps costs little; smaps walks page tables, so only for those that share anything */
static int add_mappings(struct loader *ld, pid_t pid)
{
	_cleanup_free_ char *maps = NULL, *smaps = NULL;
	int r = read_mappings(ld, pid, "maps", &maps);

	if (r || !smaps_each_shared(maps, found_one, NULL))
		return r == -ENOMEM ? r : 0;
	r = read_mappings(ld, pid, "smaps", &smaps);
	if (!r)
		r = add_mapper(ld, pid);
	if (r)
		return r == -ENOMEM ? r : 0;
	return smaps_each_shared(smaps, add_mapping, ld);
}

/* who has it open is known with it; what is in swap is read when all are there */
static int add_open(void *data, const struct shmfd *shmfd)
{
	struct loader *ld = data;
	const char *name = shmfd->name;
	size_t len;
	struct range range = {
		.kind = kind_of(&name, &len),
		.dev = shmfd->dev,
		.inode = shmfd->inode,
	};
	int r = ld->mapper == NOBODY ? add_mapper(ld, shmfd->pid) : 0;

	if (r)
		return r == -ENOMEM ? r : 0;
	if (!array_grow(&ld->open, ld->n_open))
		return -ENOMEM;
	ld->open[ld->n_open++] = *shmfd;
	range.mapper = ld->mapper;
	return add_range(ld, &range, name, len);
}

/* of this process too: what it has mapped and open is the caller's, if not ours */
static int add_process(void *data, pid_t pid)
{
	struct loader *ld = data;
	int r;

	ld->mapper = NOBODY;
	r = add_mappings(ld, pid);
	if (r || ld->ctx->foreign_root)
		return r;
	return without_short(ld, shmfd_each(ld->ctx, &ld->devs, pid, add_open, ld));
}

/* ---- System V segments ------------------------------------------------------------- */

static int add_segment(void *data, const struct sysvshm *shm)
{
	char name[64];
	int len = snprintf(name, sizeof(name), "%d, key 0x%08x", shm->id, shm->key);
	struct range range = {
		.kind = SWAPADM_SHARED_SYSV,
		.inode = (uint64_t)shm->id,
		.end_bytes = shm->size_bytes,
		.swap_bytes = shm->swap_bytes,
		.mapper = NOBODY,
	};

	return add_range(data, &range, name, (size_t)len);
}

/* a kernel without System V IPC has no such file */
static int add_segments(struct loader *ld)
{
	_cleanup_free_ char *text = NULL;
	int r = ctx_read_file(ld->ctx, "/proc/sysvipc/shm", &text, NULL);

	if (!r)
		r = sysvshm_each(text, add_segment, ld);
	r = without_short(ld, r);
	return r == -ENOMEM ? r : 0;
}

/* ---- files of tmpfs ---------------------------------------------------------------- */

/* read what the kernel says of those that are mapped, and let go of them */
static int add_mapped(struct loader *ld)
{
	_cleanup_free_ char *smaps = NULL;
	int r = ld->n_mapped ? ctx_read_file(ld->ctx, "/proc/self/smaps", &smaps, NULL)
			     : 0;

	for (size_t i = 0; i < ld->n_mapped; i++)
		munmap(ld->mapped[i].base, ld->mapped[i].bytes);
	ld->mapper = NOBODY;
	ld->ipc[0] = '\0';
	if (!r && smaps)
		r = smaps_each_shared(smaps, add_mapping, ld);
	ld->n_mapped = 0;
	r = without_short(ld, r);
	return r == -ENOMEM ? r : 0;
}

/*
 * PROT_NONE: nothing can touch a page, so that a file that its owner cuts meanwhile does
 * no harm, and a caller with mlockall(2) MCL_FUTURE does not bring it in.
 */
static void *map_none(int fd, size_t bytes)
{
	return mmap(NULL, bytes, PROT_NONE, MAP_SHARED, fd, 0);
}

/* sparse files may be as large as address space: then each has it alone */
static int map_file(void *data, int fd, const struct stat *st)
{
	struct loader *ld = data;
	size_t bytes = (size_t)st->st_size;
	int r = ld->n_mapped < N_MAPPED ? 0 : add_mapped(ld);
	void *base;

	if (r || st->st_size <= 0 || (uint64_t)st->st_size > SIZE_MAX)
		return r;
	base = map_none(fd, bytes);
	if (base == MAP_FAILED && ld->n_mapped) {
		r = add_mapped(ld);
		base = map_none(fd, bytes);
	}
	if (base == MAP_FAILED)
		return r;
	ld->mapped[ld->n_mapped].base = base;
	ld->mapped[ld->n_mapped++].bytes = bytes;
	return r;
}

static int cmp_u64(uint64_t a, uint64_t b)
{
	return (a > b) - (a < b);
}

static int by_inode(const void *a, const void *b)
{
	const struct shmfd *x = a, *y = b;
	int r = cmp_u64(x->dev, y->dev);

	return r ? r : cmp_u64(x->inode, y->inode);
}

/* each once, by a descriptor of any process that still has it */
static int map_open(struct loader *ld)
{
	const struct shmfd *done = NULL;
	int r = 0;

	if (ld->n_open)
		qsort(ld->open, ld->n_open, sizeof(*ld->open), by_inode);
	for (size_t i = 0; !r && i < ld->n_open; i++) {
		const struct shmfd *o = &ld->open[i];
		_cleanup_close_ int fd = -1;
		struct stat st;

		if (done && !by_inode(done, o))
			continue;
		fd = shmfd_open(ld->ctx, o, &st);
		if (fd < 0) {
			without_short(ld, fd);
			continue;
		}
		done = o;
		r = map_file(ld, fd, &st);
	}
	return r;
}

/* those of a capture are not the kernel's */
static int add_files(struct loader *ld)
{
	int r = ld->ctx->foreign_root ? 0 : tmpfs_each_file(ld->ctx, map_file, ld);
	int r2;

	r = without_short(ld, r);
	r = r ? r : map_open(ld);
	r2 = add_mapped(ld);
	return r ? r : r2;
}

/* ---- ranges to objects ------------------------------------------------------------- */

static int by_object(const struct range *a, const struct range *b)
{
	int r = cmp_u64(a->kind == SWAPADM_SHARED_SYSV, b->kind == SWAPADM_SHARED_SYSV);

	r = r ? r : cmp_u64(a->dev, b->dev);
	r = r ? r : cmp_u64(a->inode, b->inode);
	return r ? r : strcmp(a->ipc, b->ipc);
}

/* of one object: by their ends, as disjoint_swap() needs them */
static int by_object_and_end(const void *a, const void *b)
{
	const struct range *x = a, *y = b;
	int r = by_object(x, y);

	r = r ? r : cmp_u64(x->end_bytes, y->end_bytes);
	r = r ? r : cmp_u64(x->from_bytes, y->from_bytes);
	return r ? r : cmp_u64(x->mapper, y->mapper);
}

/*
 * The most that ranges which do not overlap have in swap: all of it where somebody maps
 * the whole object, else a lower bound. @best: room for @n + 1.
 */
static uint64_t disjoint_swap(const struct range *ranges, size_t n, uint64_t *best)
{
	best[0] = 0;
	for (size_t i = 0; i < n; i++) {
		size_t low = 0, high = i;
		uint64_t with;

		while (low < high) { /* how many end where this one begins, or before */
			size_t mid = (low + high) / 2;

			if (ranges[mid].end_bytes <= ranges[i].from_bytes)
				low = mid + 1;
			else
				high = mid;
		}
		with = best[low] + ranges[i].swap_bytes;
		best[i + 1] = with > best[i] ? with : best[i];
	}
	return best[n];
}

/* the range that is all of the object: a segment of the list, or a file that we mapped */
static struct range *find_whole(struct range *ranges, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (ranges[i].mapper == NOBODY)
			return &ranges[i];
	return NULL;
}

static int by_pid(const void *a, const void *b)
{
	const struct swapadm_shared_mapper *x = a, *y = b;

	return (x->pid > y->pid) - (x->pid < y->pid);
}

static int take_mappers(const struct swapadm_shared *out, const struct range *ranges,
			size_t n, struct swapadm_shared_object *object)
{
	struct swapadm_shared_mapper *all = calloc(n, sizeof(*all));
	size_t n_all = 0, kept = 0;

	if (!all)
		return -ENOMEM;
	for (size_t i = 0; i < n; i++)
		if (ranges[i].mapper != NOBODY)
			all[n_all++] = out->procs[ranges[i].mapper];
	qsort(all, n_all, sizeof(*all), by_pid);
	for (size_t i = 0; i < n_all; i++)
		if (!kept || all[kept - 1].pid != all[i].pid)
			all[kept++] = all[i];
	object->mappers = all;
	object->n_mappers = kept;
	return 0;
}

static int add_object(struct swapadm_shared *out, struct range *ranges, size_t n)
{
	_cleanup_free_ uint64_t *best = calloc(n + 1, sizeof(*best));
	struct range *whole = find_whole(ranges, n);
	struct swapadm_shared_object object = { .kind = (whole ? whole : ranges)->kind };

	if (!best)
		return -ENOMEM;
	object.swap_bytes = whole ? whole->swap_bytes : disjoint_swap(ranges, n, best);
	if (!object.swap_bytes)
		return 0;
	object.size_bytes = ranges[n - 1].end_bytes;
	if (!array_grow(&out->items, out->n) || take_mappers(out, ranges, n, &object))
		return -ENOMEM;
	object.name = steal_ptr(&(whole ? whole : ranges)->name);
	out->items[out->n++] = object;
	return 0;
}

static int by_swap(const void *a, const void *b)
{
	const struct swapadm_shared_object *x = a, *y = b;
	int r = cmp_u64(y->swap_bytes, x->swap_bytes);

	return r ? r : strcmp(x->name, y->name);
}

static int make_objects(struct loader *ld)
{
	int r = 0;

	if (ld->n)
		qsort(ld->ranges, ld->n, sizeof(*ld->ranges), by_object_and_end);
	for (size_t from = 0, to; !r && from < ld->n; from = to) {
		to = from + 1;
		while (to < ld->n && !by_object(&ld->ranges[from], &ld->ranges[to]))
			to++;
		r = add_object(ld->out, &ld->ranges[from], to - from);
	}
	if (!r && ld->out->n)
		qsort(ld->out->items, ld->out->n, sizeof(*ld->out->items), by_swap);
	return r;
}

/* ---- the calls --------------------------------------------------------------------- */

static void shared_freep(struct swapadm_shared **shared)
{
	swapadm_shared_free(*shared);
}

static void loader_done(struct loader *ld)
{
	for (size_t i = 0; i < ld->n; i++)
		free(ld->ranges[i].name);
	free(ld->ranges);
	free(ld->open);
	shmfd_devs_done(&ld->devs);
}

SWAPADM_API int swapadm_shared_load(struct swapadm_ctx *ctx, struct swapadm_shared **out)
{
	CTX_CALL(ctx);
	_cleanup_(shared_freep) struct swapadm_shared *shared = NULL;
	_cleanup_(loader_done) struct loader ld = { .ctx = ctx };
	int r;

	if (!ctx || !out)
		return -EINVAL;
	ld.out = shared = calloc(1, sizeof(*shared));
	if (!shared)
		return -ENOMEM;
	if (ctx_readlink(ctx, "/proc/self/ns/ipc", ld.own_ipc, sizeof(ld.own_ipc)))
		ld.own_ipc[0] = '\0';
	shared->partial = procs_are_hidden(ctx);
	r = procs_each(ctx, add_process, &ld);
	pagewatch_warn(ctx);
	r = r ? r : add_segments(&ld);
	r = r ? r : add_files(&ld);
	r = r ? r : make_objects(&ld);
	if (r)
		return ctx_fail(ctx, r, "shared memory: read: %s", strerror(-r));
	*out = steal_ptr(&shared);
	return 0;
}

SWAPADM_API struct swapadm_shared *swapadm_shared_free(struct swapadm_shared *shared)
{
	if (!shared)
		return NULL;
	for (size_t i = 0; i < shared->n; i++) {
		free((char *)shared->items[i].name);
		free((struct swapadm_shared_mapper *)shared->items[i].mappers);
	}
	for (size_t i = 0; i < shared->n_procs; i++)
		free((char *)shared->procs[i].comm);
	free(shared->items);
	free(shared->procs);
	free(shared);
	return NULL;
}

SWAPADM_API size_t swapadm_shared_n(const struct swapadm_shared *shared)
{
	return shared->n;
}

SWAPADM_API const struct swapadm_shared_object *
swapadm_shared_get(const struct swapadm_shared *shared, size_t i)
{
	return i < shared->n ? &shared->items[i] : NULL;
}

SWAPADM_API bool swapadm_shared_partial(const struct swapadm_shared *shared)
{
	return shared->partial;
}

SWAPADM_API uint64_t swapadm_shared_rest_bytes(const struct swapadm_shared *shared,
					       const struct swapadm_procs *procs)
{
	uint64_t rest = swapadm_procs_unseen_bytes(procs);

	for (size_t i = 0; rest != UINT64_MAX && i < shared->n; i++) {
		uint64_t bytes = shared->items[i].swap_bytes;

		rest -= bytes < rest ? bytes : rest;
	}
	return rest;
}
