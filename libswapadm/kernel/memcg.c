/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/memcg.h"

#include <assert.h>

#include "kernel/mounts.h"
#include "kernel/pagesize.h"

#define CHARGE_BATCH_PAGES 64 /* MEMCG_CHARGE_BATCH, a CPU */
#define MARGIN_BYTES       (UINT64_C(8) << 20)

bool cgroup_has_option(const char *options, const char *word)
{
	size_t n = strlen(word);

	for (const char *s = options; s; s = strchr(s, ',')) {
		if (*s == ',')
			s++;
		if (strncmp(s, word, n) == 0 && (!s[n] || s[n] == ','))
			return true;
	}
	return false;
}

static int note_mount(void *data, const struct mount_line *line)
{
	struct memcg_mount *found = data, *m = NULL;

	if (streq(line->fstype, "cgroup") && cgroup_has_option(line->options, "memory"))
		m = &found[0];
	else if (streq(line->fstype, "cgroup2"))
		m = &found[1];
	if (!m || m->version || strlen(line->target) >= sizeof(m->path))
		return 0;
	m->version = m == &found[0] ? 1 : 2;
	strcpy(m->path, line->target);
	return 0;
}

int memcg_mount_find(struct swapadm_ctx *ctx, struct memcg_mount *out)
{
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	struct memcg_mount found[2] = { 0 }, v1, v2;
	char path[512], text[1024];
	int r;

	r = mounts_load(ctx, &mounts);
	if (r)
		return r;
	mounts_each(mounts, note_mount, found);
	v1 = found[0];
	v2 = found[1];
	*out = v1; /* where v1 has the controller, v2 can't have it too */
	if (v1.version || !v2.version)
		return 0;
	snprintf(path, sizeof(path), "%s/cgroup.controllers", v2.path);
	if (ctx_read_line(ctx, path, text, sizeof(text)))
		return 0;
	for (char *s = text; (s = strchr(s, ' ')); s++)
		*s = ',';
	if (cgroup_has_option(text, "memory"))
		*out = v2;
	return 0;
}

/* a number or "max"; v1 has no word for "none" but the largest multiple of a page */
static int limit_parse(const char *text, uint64_t *out)
{
	uint64_t v;

	if (streq(text, "max")) {
		*out = MEMCG_NO_LIMIT;
		return 0;
	}
	if (parse_u64(text, &v))
		return -EBADMSG;
	*out = v >= (UINT64_C(1) << 62) ? MEMCG_NO_LIMIT : v;
	return 0;
}

struct reader {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	const char *path;
	bool use_only;
	int shortage; /* a file was not read because of it: what it has is not absent */
};

static void reader_file(const struct reader *rd, const char *name, char *buf, size_t size)
{
	snprintf(buf, size, "%s%s/%s", rd->mount->path,
		 streq(rd->path, "/") ? "" : rd->path, name);
}

static int note_shortage(struct reader *rd, int r)
{
	if (is_shortage(r))
		rd->shortage = r;
	return r;
}

static int read_quantity(struct reader *rd, const char *name, uint64_t *out)
{
	char file[4608], text[64];
	int r;

	reader_file(rd, name, file, sizeof(file));
	r = note_shortage(rd, ctx_read_line(rd->ctx, file, text, sizeof(text)));
	return r ? r : limit_parse(text, out);
}

/* @known: what the line makes known */
struct stat_key {
	const char *v1, *v2;
	size_t offset;
	uint32_t known;
};

/* v1 keeps a group's own figures next to those of the tree; the latter are meant */
static const struct stat_key stat_keys[] = {
	{ "total_inactive_file", "inactive_file", offsetof(struct memcg, file_bytes) },
	{ "total_active_file", "active_file", offsetof(struct memcg, active_file_bytes) },
	{ "total_inactive_anon", "inactive_anon",
	  offsetof(struct memcg, inactive_anon_bytes) },
	{ "total_active_anon", "active_anon", offsetof(struct memcg, active_anon_bytes) },
	{ "total_shmem", "shmem", offsetof(struct memcg, shmem_bytes) },
	{ "total_swap", NULL, offsetof(struct memcg, swap_bytes), MEMCG_SWAP },
	{ "total_swapcached", "swapcached", offsetof(struct memcg, swap_cached_bytes) },
	{ NULL, "zswap", offsetof(struct memcg, zswap_bytes) },
	{ NULL, "zswapped", offsetof(struct memcg, zswapped_bytes), MEMCG_ZSWAP },
	{ NULL, "anon", offsetof(struct memcg, anon_bytes) },
	{ NULL, "pswpin", offsetof(struct memcg, swapin_pages) },
	{ NULL, "pswpout", offsetof(struct memcg, swapout_pages), MEMCG_MOVES },
	{ "total_workingset_refault_anon", "workingset_refault_anon",
	  offsetof(struct memcg, refault_pages), MEMCG_REFAULTS },
};

static void stat_line(const char *line, int version, struct memcg *out)
{
	for (size_t i = 0; i < ARRAY_SIZE(stat_keys); i++) {
		const char *key = version == 1 ? stat_keys[i].v1 : stat_keys[i].v2;
		const char *s = key ? str_after(line, key) : NULL;
		uint64_t v;

		if (!s || *s != ' ' || next_u64(&s, &v))
			continue;
		*(uint64_t *)((char *)out + stat_keys[i].offset) = v;
		out->known |= stat_keys[i].known;
	}
}

static void read_stat(struct reader *rd, struct memcg *out)
{
	_cleanup_free_ char *text = NULL;
	char file[4608];

	reader_file(rd, "memory.stat", file, sizeof(file));
	if (note_shortage(rd, ctx_read_seq(rd->ctx, file, &text)))
		return;
	out->known |= MEMCG_STAT;
	for (const char *line = text; line && *line;) {
		const char *end = strchr(line, '\n');

		stat_line(line, rd->mount->version, out);
		line = end ? end + 1 : NULL;
	}
}

/* "oom_kill N": memory.events of v2 (with the groups below), memory.oom_control of v1 */
static void read_kills(struct reader *rd, const char *name, struct memcg *out)
{
	_cleanup_free_ char *text = NULL;
	const char *at;
	char file[4608];

	reader_file(rd, name, file, sizeof(file));
	if (note_shortage(rd, ctx_read_file(rd->ctx, file, &text, NULL)))
		return;
	at = strstr(text, "oom_kill ");
	if (!at || (at > text && at[-1] != '\n'))
		return;
	at += strlen("oom_kill ");
	if (!next_u64(&at, &out->oom_kills))
		out->known |= MEMCG_KILLS;
}

static void read_v1(struct reader *rd, struct memcg *out)
{
	uint64_t swappiness;

	if (!read_quantity(rd, "memory.swappiness", &swappiness))
		out->never_swaps = !swappiness;
	if (!rd->use_only)
		read_kills(rd, "memory.oom_control", out);
	if (!read_quantity(rd, "memory.usage_in_bytes", &out->usage_bytes) &&
	    !read_quantity(rd, "memory.limit_in_bytes", &out->limit_bytes))
		out->known |= MEMCG_USAGE;
	out->max_bytes = out->limit_bytes;
	if (!read_quantity(rd, "memory.memsw.usage_in_bytes", &out->memsw_usage_bytes) &&
	    !read_quantity(rd, "memory.memsw.limit_in_bytes", &out->memsw_limit_bytes))
		out->known |= MEMCG_MEMSW;
}

static void read_v2(struct reader *rd, struct memcg *out)
{
	uint64_t high, all = 0;

	if (!read_quantity(rd, "memory.current", &out->usage_bytes) &&
	    !read_quantity(rd, "memory.max", &out->limit_bytes))
		out->known |= MEMCG_USAGE;
	out->max_bytes = out->limit_bytes;
	if (!read_quantity(rd, "memory.high", &high) && high < out->limit_bytes)
		out->limit_bytes = high;
	if (!read_quantity(rd, "memory.swap.current", &out->swap_bytes))
		out->known |= MEMCG_SWAP;
	read_quantity(rd, "memory.swap.max", &out->swap_limit_bytes);
	out->swap_in_cache = true;
	if (rd->use_only)
		return;
	read_quantity(rd, "memory.swap.high", &out->swap_high_bytes);
	out->kills_all = !read_quantity(rd, "memory.oom.group", &all) && all;
	read_kills(rd, "memory.events", out);
}

static int read_group(struct reader *rd, struct memcg *out)
{
	struct memcg cg = {
		.path = rd->path,
		.limit_bytes = MEMCG_NO_LIMIT,
		.max_bytes = MEMCG_NO_LIMIT,
		.swap_limit_bytes = MEMCG_NO_LIMIT,
		.swap_high_bytes = MEMCG_NO_LIMIT,
		.memsw_limit_bytes = MEMCG_NO_LIMIT,
	};
	char dir[4608];
	struct stat st;
	int r;

	reader_file(rd, "", dir, sizeof(dir));
	r = ctx_stat(rd->ctx, dir, &st);
	if (r || !S_ISDIR(st.st_mode))
		return is_shortage(r) ? r : -ENOENT;
	read_stat(rd, &cg);
	if (rd->mount->version == 1)
		read_v1(rd, &cg);
	else
		read_v2(rd, &cg);
	if (rd->shortage)
		return rd->shortage;
	*out = cg;
	return 0;
}

int memcg_read(struct swapadm_ctx *ctx, const struct memcg_mount *mount, const char *path,
	       struct memcg *out)
{
	struct reader rd = { ctx, mount, path, false, 0 };

	return read_group(&rd, out);
}

/* "4:memory:/a/b" (v1) or "0::/a/b" (v2) */
int cgroup_parse_proc(const char *text, const char *controller, char *path, size_t size)
{
	while (*text) {
		size_t n = strcspn(text, "\n");
		const char *colon = strchr(text, ':');
		const char *second = colon ? strchr(colon + 1, ':') : NULL;
		char list[256];

		if (second && second < text + n &&
		    (size_t)(second - colon) < sizeof(list)) {
			size_t len = n - (size_t)(second + 1 - text);

			snprintf(list, sizeof(list), "%.*s", (int)(second - colon - 1),
				 colon + 1);
			if (controller ? cgroup_has_option(list, controller) : !*list) {
				if (len >= size || !len)
					return -EOVERFLOW;
				memcpy(path, second + 1, len);
				path[len] = '\0';
				return 0;
			}
		}
		text += n + (text[n] == '\n');
	}
	return -ENOENT;
}

int memcg_parse_proc(const char *text, int version, char *path, size_t size)
{
	return cgroup_parse_proc(text, version == 1 ? "memory" : NULL, path, size);
}

int memcg_of_pid(struct swapadm_ctx *ctx, const struct memcg_mount *mount, pid_t pid,
		 char *path, size_t size)
{
	char name[64];
	_cleanup_free_ char *text = NULL;
	int r;

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	r = ctx_read_seq(ctx, name, &text);
	return r ? r : memcg_parse_proc(text, mount->version, path, size);
}

struct walk {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	bool prune, use_only;
	memcg_fn fn;
	void *data;
	char path[4096]; /* of the group being visited, below the mount */
};

struct names {
	char **items;
	size_t n;
};

static void names_free(struct names *names)
{
	for (size_t i = 0; i < names->n; i++)
		free(names->items[i]);
	free(names->items);
}

static int unread(struct walk *w, int err)
{
	return ctx_fail(w->ctx, err, "cgroup %s: read: %s", w->path, strerror(-err));
}

/* of the groups just below; none of one that has been removed */
static int read_names(struct walk *w, struct names *out)
{
	_cleanup_closedir_ DIR *dir = NULL;
	char full[4608];
	struct dirent *de;

	snprintf(full, sizeof(full), "%s%s", w->mount->path, w->path);
	dir = ctx_opendir(w->ctx, full);
	if (!dir)
		return is_shortage(-errno) ? unread(w, -errno) : 0;
	while ((de = readdir(dir))) {
		if (de->d_type != DT_DIR || de->d_name[0] == '.')
			continue;
		if (!array_grow(&out->items, out->n))
			return -ENOMEM;
		out->items[out->n] = strdup(de->d_name);
		if (!out->items[out->n])
			return -ENOMEM;
		out->n++;
	}
	return 0;
}

/* groups just below one, and how far they are through; its path ends at @len */
struct level {
	struct names names;
	size_t next, len;
};

struct levels {
	struct level *items;
	size_t n;
};

static void levels_free(struct levels *levels)
{
	for (size_t i = 0; i < levels->n; i++)
		names_free(&levels->items[i].names);
	free(levels->items);
}

/* no call of the kernel takes its name */
static void leave_out(const struct walk *w, const char *name)
{
	log_warning(
		w->ctx,
		"a cgroup and those below it are left out, its path is too long: %s%s",
		w->path, name);
}

/* a group's turn; what is below it becomes a level when there is reason to look at it */
static int visit(struct walk *w, struct levels *levels)
{
	struct reader rd = { w->ctx, w->mount, w->path, w->use_only, 0 };
	struct level below = { .len = streq(w->path, "/") ? 0 : strlen(w->path) };
	struct memcg cg;
	int r = read_group(&rd, &cg);

	if (is_shortage(r))
		return unread(w, r);
	if (r == -ENAMETOOLONG)
		leave_out(w, "");
	if (r)
		return 0;
	r = w->fn(w->data, &cg, (unsigned)levels->n);
	if (r || (w->prune && (cg.known & MEMCG_SWAP) && !cg.swap_bytes))
		return r;
	r = read_names(w, &below.names);
	if (!r && !array_grow(&levels->items, levels->n))
		r = -ENOMEM;
	if (r || !below.names.n)
		names_free(&below.names);
	else
		levels->items[levels->n++] = below;
	return r;
}

/*
 * No folder stays open meanwhile: with a deep tree descriptors would run out, and so
 * would the stack by a call a level.
 */
static int walk_groups(struct walk *w)
{
	_cleanup_(levels_free) struct levels levels = { 0 };
	int r = visit(w, &levels);

	while (!r && levels.n) {
		struct level *top = &levels.items[levels.n - 1];
		const char *name;

		w->path[top->len ? top->len : 1] = '\0';
		if (top->next == top->names.n) {
			names_free(&top->names);
			levels.n--;
			continue;
		}
		name = top->names.items[top->next++];
		if (top->len + 1 + strlen(name) >= sizeof(w->path)) {
			leave_out(w, name);
			continue;
		}
		sprintf(w->path + top->len, "/%s", name);
		r = visit(w, &levels);
	}
	return r;
}

static int walk_all(struct swapadm_ctx *ctx, const struct memcg_mount *mount, bool prune,
		    bool use_only, memcg_fn fn, void *data)
{
	_cleanup_free_ struct walk *w = calloc(1, sizeof(*w));

	assert(mount->version);
	if (!w)
		return -ENOMEM;
	w->ctx = ctx;
	w->mount = mount;
	w->prune = prune;
	w->use_only = use_only;
	w->fn = fn;
	w->data = data;
	strcpy(w->path, "/");
	return walk_groups(w);
}

int memcg_walk(struct swapadm_ctx *ctx, const struct memcg_mount *mount, bool prune,
	       memcg_fn fn, void *data)
{
	return walk_all(ctx, mount, prune, false, fn, data);
}

int memcg_walk_use(struct swapadm_ctx *ctx, const struct memcg_mount *mount, memcg_fn fn,
		   void *data)
{
	return walk_all(ctx, mount, false, true, fn, data);
}

static uint64_t room_below(uint64_t limit, uint64_t usage, uint64_t reclaimable)
{
	uint64_t taken = usage > reclaimable ? usage - reclaimable : 0;

	if (limit == MEMCG_NO_LIMIT)
		return MEMCG_NO_LIMIT;
	return limit > taken ? limit - taken : 0;
}

static uint64_t cache_bytes(const struct memcg *cg)
{
	return cg->file_bytes + cg->active_file_bytes / 2;
}

uint64_t memcg_room_bytes(const struct memcg *cg)
{
	if (!(cg->known & MEMCG_USAGE))
		return MEMCG_NO_LIMIT;
	return room_below(cg->limit_bytes, cg->usage_bytes, cache_bytes(cg));
}

uint64_t memcg_swap_room_bytes(const struct memcg *cg)
{
	if (!(cg->known & MEMCG_SWAP))
		return MEMCG_NO_LIMIT;
	return room_below(cg->swap_limit_bytes, cg->swap_bytes, 0);
}

uint64_t memcg_stock_bytes(struct swapadm_ctx *ctx)
{
	long n = sysconf(_SC_NPROCESSORS_ONLN);

	return CHARGE_BATCH_PAGES * ctx_page_bytes(ctx) * (n > 0 ? (uint64_t)n : 1);
}

uint64_t memcg_short_bytes(const struct memcg *cg, uint64_t need_bytes,
			   uint64_t stock_bytes)
{
	uint64_t stock = u64_min(stock_bytes, need_bytes);
	uint64_t room = memcg_room_bytes(cg), lacks = 0;

	if (!need_bytes)
		return 0;
	if (need_bytes + stock > room)
		lacks = need_bytes + stock - room;
	/*
	 * memory + swap stays the same, but each page is charged before it is uncharged
	 */
	if (cg->known & MEMCG_MEMSW) {
		room = room_below(cg->memsw_limit_bytes, cg->memsw_usage_bytes,
				  cache_bytes(cg));
		if (stock > room && stock - room > lacks)
			lacks = stock - room;
	}
	return lacks;
}

uint64_t memcg_margin_bytes(uint64_t bytes)
{
	return bytes / 16 + MARGIN_BYTES;
}

bool memcg_pushes_out(const struct memcg *cg, uint64_t bytes)
{
	uint64_t room;

	if (cg->never_swaps)
		return false;
	if (cg->known & MEMCG_MEMSW) {
		room = room_below(cg->memsw_limit_bytes, cg->memsw_usage_bytes,
				  cache_bytes(cg));
		if (room < MARGIN_BYTES / 4)
			return false;
	}
	return memcg_swap_room_bytes(cg) >= memcg_margin_bytes(bytes);
}

/* "." or ".." as a part of a path would lead to another group, or name one differently */
static bool has_dots(const char *path)
{
	for (const char *s = path; (s = strstr(s, "/.")); s++) {
		const char *end = s + (s[2] == '.' ? 3 : 2);

		if (!*end || *end == '/')
			return true;
	}
	return false;
}

int memcg_find(struct swapadm_ctx *ctx, const struct memcg_mount *mount, const char *word,
	       char *buf, size_t size)
{
	const char *path = word, *rest = str_after(word, mount->path);
	struct memcg cg;
	size_t n;

	if (rest && (!*rest || *rest == '/'))
		path = rest;
	n = (size_t)snprintf(buf, size, "%s%s", *path == '/' ? "" : "/", path);
	while (n > 1 && n < size && buf[n - 1] == '/')
		buf[--n] = '\0';
	if (n >= size || has_dots(buf) || strstr(buf, "//") ||
	    memcg_read(ctx, mount, buf, &cg))
		return ctx_fail(ctx, -ENOENT,
				"%s: no such memory cgroup; see `swapctl cgroups`", word);
	return 0;
}
