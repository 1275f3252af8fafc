/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Which files make the configuration. Whoever may write one of them decides what root
 * formats and attaches, so a file that others may write is refused.
 */
#include <dirent.h>
#include <fcntl.h>
#include <linux/magic.h>
#include <sys/sysmacros.h>
#include <sys/vfs.h>

#include "base/privilege.h"
#include "conf/conf.h"

#define MAIN_FILE "/etc/swapadm.conf"
#define ADMIN_DIR "/etc/swapadm.conf.d"

/* the later one wins where names are the same */
static const char *const drop_in_dirs[] = { "/usr/lib/swapadm.conf.d",
					    "/run/swapadm.conf.d", ADMIN_DIR };

/* a read of one of these may wait, or take something away (/proc/kmsg) */
static bool is_of_kernel(int node)
{
	struct statfs fs;

	return !fstatfs(node, &fs) &&
	       (fs.f_type == PROC_SUPER_MAGIC || fs.f_type == SYSFS_MAGIC);
}

static int fail_read(struct swapadm_ctx *ctx, int err, const char *path)
{
	return ctx_fail(ctx, err, "%s: read: %s", path,
			err == -EACCES ? PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE")
				       : strerror(-err));
}

static int check_file(struct swapadm_ctx *ctx, const char *path, const struct stat *st)
{
	if (!S_ISREG(st->st_mode))
		return ctx_fail(ctx, -EBADMSG,
				"%s: read: is not a regular file; put one in its place",
				path);
	if (st->st_size > CONF_FILE_LIMIT_BYTES)
		return ctx_fail(
			ctx, -EBADMSG,
			"%s: read: is larger than 1 MiB, the most that is read; shorten it",
			path);
	if (ctx->foreign_root)
		return 0;
	if (!stat_owner_is_trusted(st))
		return ctx_fail(
			ctx, -EPERM,
			"%s: read: belongs to user %u, who could change what swapadm does; run: chown root '%s'",
			path, st->st_uid, path);
	if (stat_others_may_write(st))
		return ctx_fail(
			ctx, -EPERM,
			"%s: read: others than its owner may write it (mode %04o); run: chmod go-w '%s'",
			path, st->st_mode & 07777, path);
	return 0;
}

/* a relative name is that of the caller's folder, whatever the root */
static int open_conf(struct swapadm_ctx *ctx, const char *path)
{
	/* the open(2) of a device may do something, a watchdog's begins to count */
	const int flags = O_PATH | O_CLOEXEC;
	int fd;

	if (*path == '/')
		return ctx_open(ctx, path, flags);
	fd = ctx->ops.openat(AT_FDCWD, path, flags, 0);
	return fd < 0 ? -errno : fd;
}

int conf_read_file(struct swapadm_ctx *ctx, const char *path, char **out, size_t *len)
{
	_cleanup_close_ int fd = -1, node = open_conf(ctx, path);
	_cleanup_free_ char *buf = NULL;
	char link[32];
	struct stat st;
	ssize_t n;
	int r;

	if (node == -ENOENT)
		return node;
	if (node < 0)
		return fail_read(ctx, node, path);
	if (fstat(node, &st) < 0)
		return fail_read(ctx, -errno, path);
	if (S_ISCHR(st.st_mode) && st.st_rdev == makedev(1, 3)) { /* /dev/null */
		*out = calloc(1, 1);
		*len = 0;
		return *out ? 0 : -ENOMEM;
	}
	r = check_file(ctx, path, &st);
	if (r)
		return r;
	if (is_of_kernel(node))
		return ctx_fail(ctx, -EBADMSG,
				"%s: read: is a file of the kernel, not a configuration",
				path);
	snprintf(link, sizeof(link), "/proc/self/fd/%d", node);
	fd = open(link, O_RDONLY | O_NONBLOCK | O_NOCTTY | O_CLOEXEC);
	if (fd < 0)
		return fail_read(ctx, -errno, path);
	buf = malloc(CONF_FILE_LIMIT_BYTES + 1);
	if (!buf)
		return fail_read(ctx, -ENOMEM, path);
	n = ctx_read_fd(ctx, fd, buf, CONF_FILE_LIMIT_BYTES + 1);
	if (n > CONF_FILE_LIMIT_BYTES)
		n = -EFBIG; /* grew since it was checked */
	if (n < 0)
		return fail_read(ctx, (int)n, path);
	*len = (size_t)n;
	*out = steal_ptr(&buf);
	return 0;
}

/* a link to /dev/null, also below a root that has no such node */
static bool is_masked(struct swapadm_ctx *ctx, const char *path)
{
	char target[16];

	return ctx_readlink(ctx, path, target, sizeof(target)) == 0 &&
	       streq(target, "/dev/null");
}

/* read one file; -ENOENT when it is absent */
static int load_file(struct swapadm_ctx *ctx, struct swapadm_conf *conf, const char *path)
{
	_cleanup_free_ char *text = NULL;
	size_t len;
	int r = conf_read_file(ctx, path, &text, &len);

	return r ? r : conf_parse_text(ctx, conf, path, text, len);
}

/*
 * the first one; -ENOENT when it is absent or masked. A link to what is not there, or not
 * mounted yet, is an error, as it is of a drop-in.
 */
static int load_main(struct swapadm_ctx *ctx, struct swapadm_conf *conf)
{
	char target[256] = "elsewhere";
	int r = is_masked(ctx, MAIN_FILE) ? -ENOENT : load_file(ctx, conf, MAIN_FILE);

	if (r != -ENOENT)
		return r;
	r = ctx_readlink(ctx, MAIN_FILE, target, sizeof(target));
	if ((r && r != -EOVERFLOW) || streq(target, "/dev/null"))
		return -ENOENT;
	return ctx_fail(
		ctx, -EBADMSG,
		MAIN_FILE
		": read: is a link to %s, which is not there; remove the link, or put the file there",
		target);
}

/* ---- drop-ins ----------------------------------------------------------------- */

struct drop_in {
	char *name;
	size_t dir; /* index in drop_in_dirs */
};

struct drop_ins {
	struct drop_in *entries;
	size_t n;
};

static void drop_ins_free(struct drop_ins *drop_ins)
{
	for (size_t i = 0; i < drop_ins->n; i++)
		free(drop_ins->entries[i].name);
	free(drop_ins->entries);
}

/* note a name; the folders come in the order in which they win */
static int add_drop_in(struct drop_ins *drop_ins, const char *name, size_t dir)
{
	char *copy;

	for (size_t i = 0; i < drop_ins->n; i++) {
		if (streq(drop_ins->entries[i].name, name)) {
			drop_ins->entries[i].dir = dir;
			return 0;
		}
	}
	if (!array_grow(&drop_ins->entries, drop_ins->n))
		return -ENOMEM;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	drop_ins->entries[drop_ins->n++] = (struct drop_in){ copy, dir };
	return 0;
}

static bool is_drop_in_name(const char *name)
{
	size_t n = strlen(name);

	return *name != '.' && n > 5 && streq(name + n - 5, ".conf");
}

static int list_dir(struct swapadm_ctx *ctx, struct drop_ins *drop_ins, size_t dir)
{
	_cleanup_closedir_ DIR *d = ctx_opendir(ctx, drop_in_dirs[dir]);
	struct dirent *entry;
	int r;

	if (!d)
		return errno == ENOENT ? 0 : -errno;
	for (errno = 0; (entry = readdir(d)); errno = 0) {
		if (!is_drop_in_name(entry->d_name))
			continue;
		r = add_drop_in(drop_ins, entry->d_name, dir);
		if (r)
			return r;
	}
	return -errno;
}

static int compare_names(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name,
		      ((const struct drop_in *)b)->name);
}

static int list_drop_ins(struct swapadm_ctx *ctx, const char *extra,
			 struct drop_ins *drop_ins)
{
	const char *name = extra ? str_after(extra, ADMIN_DIR "/") : NULL;
	int r;

	for (size_t dir = 0; dir < ARRAY_SIZE(drop_in_dirs); dir++) {
		r = list_dir(ctx, drop_ins, dir);
		if (r)
			return fail_read(ctx, r, drop_in_dirs[dir]);
	}
	if (name && add_drop_in(drop_ins, name, ARRAY_SIZE(drop_in_dirs) - 1))
		return ctx_fail(ctx, -ENOMEM, "%s: read: %s", extra, strerror(ENOMEM));
	if (drop_ins->n)
		qsort(drop_ins->entries, drop_ins->n, sizeof(*drop_ins->entries),
		      compare_names);
	return 0;
}

bool conf_is_drop_in(const char *file)
{
	for (size_t dir = 0; dir < ARRAY_SIZE(drop_in_dirs); dir++) {
		const char *name = str_after(file, drop_in_dirs[dir]);

		if (name && *name == '/' && is_drop_in_name(name + 1))
			return true;
	}
	return false;
}

/* ---- the search path ---------------------------------------------------------- */

int conf_load_with(struct swapadm_ctx *ctx, const char *path, const char *text,
		   size_t len, struct swapadm_conf **out)
{
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = conf_new();
	_cleanup_(drop_ins_free) struct drop_ins drop_ins = { 0 };
	char name[512];
	int r;

	if (!conf)
		return ctx_fail(ctx, -ENOMEM, "configuration: read: %s",
				strerror(ENOMEM));
	if (path && streq(path, MAIN_FILE))
		r = conf_parse_text(ctx, conf, path, text, len);
	else
		r = load_main(ctx, conf);
	if (r && r != -ENOENT)
		return r;
	r = list_drop_ins(ctx, path, &drop_ins);
	for (size_t i = 0; i < drop_ins.n && !r; i++) {
		snprintf(name, sizeof(name), "%s/%s",
			 drop_in_dirs[drop_ins.entries[i].dir], drop_ins.entries[i].name);
		if (path && streq(name, path))
			r = conf_parse_text(ctx, conf, path, text, len);
		else if (!is_masked(ctx, name))
			r = load_file(ctx, conf, name);
		if (r == -ENOENT) /* removed since it was listed, or a dead link */
			r = ctx_fail(ctx, r, "%s: read: %s; remove it", name,
				     strerror(ENOENT));
	}
	if (!r)
		r = conf_finish(ctx, conf);
	if (!r)
		*out = steal_ptr(&conf);
	return r;
}

SWAPADM_API int swapadm_conf_load(struct swapadm_ctx *ctx, const char *file,
				  struct swapadm_conf **out)
{
	CTX_CALL(ctx);
	_cleanup_(conf_unrefp) struct swapadm_conf *conf = NULL;
	int r;

	if (!ctx || !out)
		return -EINVAL;
	if (!file)
		return conf_load_with(ctx, NULL, NULL, 0, out);
	conf = conf_new();
	if (!conf)
		return ctx_fail(ctx, -ENOMEM, "%s: read: %s", file, strerror(ENOMEM));
	conf->is_copy = streq(file, CONF_COPY);
	r = load_file(ctx, conf, file);
	if (r == -ENOENT)
		return ctx_fail(ctx, r, "%s: read: %s; give a file that exists", file,
				strerror(ENOENT));
	if (!r)
		r = conf_finish(ctx, conf);
	if (!r)
		*out = steal_ptr(&conf);
	return r;
}
