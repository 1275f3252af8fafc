/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/freezer.h"

#include "kernel/mounts.h"
#include "kernel/proc.h"

/* ---- which group ----------------------------------------------------------------- */

/* where a hierarchy is mounted */
struct hierarchy {
	const char *controller; /* NULL: version 2 */
	const char *file;
	enum swapadm_freezer kind;
	char path[256];
};

static int note_mount(void *data, const struct mount_line *line)
{
	struct hierarchy *found = data, *h = NULL;

	if (streq(line->fstype, "cgroup2"))
		h = &found[0];
	else if (streq(line->fstype, "cgroup") &&
		 cgroup_has_option(line->options, "freezer"))
		h = &found[1];
	if (h && !*h->path && strlen(line->target) < sizeof(h->path))
		strcpy(h->path, line->target);
	return 0;
}

struct compare_arg {
	struct swapadm_ctx *ctx;
	const struct memcg_mount *mount;
	const struct hierarchy *other;
	const char *cgroup;
};

static bool is_in(const char *text, const char *controller, const char *cgroup)
{
	char path[4096];

	return !cgroup_parse_proc(text, controller, path, sizeof(path)) &&
	       path_is_in(path, cgroup);
}

/* 1: a process that is in one of the two groups only */
static int compare_process(void *data, pid_t pid)
{
	struct compare_arg *arg = data;
	_cleanup_free_ char *text = NULL;
	char name[64];

	snprintf(name, sizeof(name), "/proc/%d/cgroup", (int)pid);
	if (ctx_read_file(arg->ctx, name, &text, NULL))
		return 0; /* it has ended */
	return is_in(text, arg->mount->version == 1 ? "memory" : NULL, arg->cgroup) !=
	       is_in(text, arg->other->controller, arg->cgroup);
}

/* 0; -ENOENT */
static int find_group(struct compare_arg *arg, struct freezer *out)
{
	char file[4700];
	struct stat st;
	int r;

	if (!*arg->other->path)
		return -ENOENT;
	snprintf(out->dir, sizeof(out->dir), "%s%s", arg->other->path, arg->cgroup);
	snprintf(file, sizeof(file), "%s/%s", out->dir, arg->other->file);
	if (ctx_stat(arg->ctx, file, &st) || ctx_stat(arg->ctx, out->dir, &st))
		return -ENOENT;
	out->kind = arg->other->kind;
	out->inode = st.st_ino;
	r = procs_each(arg->ctx, compare_process, arg);
	return r > 0 ? -ENOENT : r;
}

int freezer_find(struct swapadm_ctx *ctx, const struct memcg_mount *mount,
		 const char *cgroup, struct freezer *out)
{
	struct hierarchy found[] = {
		{ NULL, "cgroup.freeze", SWAPADM_FREEZER_CGROUP, "" },
		{ "freezer", "freezer.state", SWAPADM_FREEZER_STATE, "" },
	};
	_cleanup_(mounts_freep) struct mounts *mounts = NULL;
	int r = mounts_load(ctx, &mounts);

	if (r)
		return r;
	mounts_each(mounts, note_mount, found);
	r = -ENOENT;
	for (size_t i = 0; r == -ENOENT && i < ARRAY_SIZE(found); i++) {
		struct compare_arg arg = { ctx, mount, &found[i], cgroup };
		struct freezer freezer = { 0 };

		r = find_group(&arg, &freezer);
		if (!r)
			*out = freezer;
	}
	return r;
}

/* ---- its state ------------------------------------------------------------------- */

static void file_of(const struct freezer *freezer, const char *name, char *buf,
		    size_t size)
{
	snprintf(buf, size, "%s/%s", freezer->dir, name);
}

static int check_same(struct swapadm_ctx *ctx, const struct freezer *freezer)
{
	struct stat st;
	int r = ctx_stat(ctx, freezer->dir, &st);

	if (r == -ENOENT || r == -ENOTDIR || (!r && st.st_ino != freezer->inode))
		return -ESTALE;
	return r;
}

bool freezer_parse_events(const char *text)
{
	const char *at = strstr(text, "frozen ");

	return at && (at == text || at[-1] == '\n') && at[strlen("frozen ")] == '1';
}

static int read_v2(struct swapadm_ctx *ctx, const struct freezer *freezer,
		   struct freezer_state *out)
{
	_cleanup_free_ char *text = NULL;
	char file[4700];
	uint64_t own;
	int r;

	file_of(freezer, "cgroup.freeze", file, sizeof(file));
	r = ctx_read_u64(ctx, file, &own);
	file_of(freezer, "cgroup.events", file, sizeof(file));
	if (!r)
		r = ctx_read_file(ctx, file, &text, NULL);
	if (r)
		return r;
	out->own = own;
	out->done = freezer_parse_events(text);
	out->above = out->done && !own;
	return 0;
}

static int read_v1(struct swapadm_ctx *ctx, const struct freezer *freezer,
		   struct freezer_state *out)
{
	char file[4700], state[32];
	uint64_t own, above;
	int r;

	file_of(freezer, "freezer.self_freezing", file, sizeof(file));
	r = ctx_read_u64(ctx, file, &own);
	file_of(freezer, "freezer.parent_freezing", file, sizeof(file));
	if (!r)
		r = ctx_read_u64(ctx, file, &above);
	file_of(freezer, "freezer.state", file, sizeof(file));
	if (!r)
		r = ctx_read_line(ctx, file, state, sizeof(state));
	if (r)
		return r;
	out->own = own;
	out->above = above;
	out->done = streq(state, "FROZEN");
	return 0;
}

int freezer_read(struct swapadm_ctx *ctx, const struct freezer *freezer,
		 struct freezer_state *out)
{
	int r = check_same(ctx, freezer);

	if (!r)
		r = freezer->kind == SWAPADM_FREEZER_CGROUP ? read_v2(ctx, freezer, out)
							    : read_v1(ctx, freezer, out);
	return r == -ENOENT || r == -ENODEV ? -ESTALE : r;
}

int freezer_write(struct swapadm_ctx *ctx, const struct freezer *freezer, bool freeze)
{
	int r = check_same(ctx, freezer);
	char file[4700];

	if (r)
		return r;
	if (freezer->kind == SWAPADM_FREEZER_CGROUP) {
		file_of(freezer, "cgroup.freeze", file, sizeof(file));
		r = ctx_write_line(ctx, file, freeze ? "1" : "0");
	} else {
		file_of(freezer, "freezer.state", file, sizeof(file));
		r = ctx_write_line(ctx, file, freeze ? "FROZEN" : "THAWED");
	}
	return r == -ENOENT || r == -ENODEV ? -ESTALE : r;
}
