/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "unit.h"
#include "sandbox.h"

#include <fcntl.h>
#include <ftw.h>
#include <sys/stat.h>

#include "base/inroot.h"

static const char *inside(const char *path)
{
	while (*path == '/')
		path++;
	return *path ? path : ".";
}

static int openat_inside(int dirfd, const char *path, int flags, mode_t mode)
{
	return openat(dirfd, inside(path), flags, mode);
}

static ssize_t readlinkat_inside(int dirfd, const char *path, char *buf, size_t size)
{
	return readlinkat(dirfd, inside(path), buf, size);
}

static const char *refused;

static int openat_refused(int dirfd, const char *path, int flags, mode_t mode)
{
	if (!str_after(path, refused))
		return openat_inside(dirfd, path, flags, mode);
	errno = EMFILE;
	return -1;
}

static int open_in_root_refused(int root_fd, const char *path, int flags)
{
	if (!str_after(path, refused))
		return inroot_open(root_fd, path, flags);
	errno = EMFILE;
	return -1;
}

void sandbox_no_descriptor(struct sandbox *box, const char *path)
{
	refused = path;
	box->ctx->ops.openat = openat_refused;
	box->ctx->ops.open_in_root = open_in_root_refused;
}

void sandbox_open(struct sandbox *box)
{
	strcpy(box->dir, "/tmp/swapadm-test-XXXXXX");
	assert_non_null(mkdtemp(box->dir));
	assert_int_equal(swapadm_new(&box->ctx, box->dir), 0);
	box->ctx->foreign_root = false;
	box->ctx->ops.openat = openat_inside;
	box->ctx->ops.readlinkat = readlinkat_inside;
	sandbox_write(box, "/run/.keep", "");
	sandbox_write(box, "/etc/.keep", "");
}

static int remove_one(const char *path, const struct stat *st, int type, struct FTW *ftw)
{
	return remove(path);
}

void sandbox_close(struct sandbox *box)
{
	swapadm_unref(box->ctx);
	assert_int_equal(nftw(box->dir, remove_one, 8, FTW_DEPTH | FTW_PHYS), 0);
}

const char *sandbox_real(struct sandbox *box, const char *path)
{
	static char real[512];

	assert_int_equal(*path, '/');
	snprintf(real, sizeof(real), "%s%s", box->dir, path);
	return real;
}

static void make_parents(char *path)
{
	for (char *p = path + 1; (p = strchr(p, '/')); p++) {
		*p = '\0';
		if (mkdir(path, 0755) < 0)
			assert_int_equal(errno, EEXIST);
		*p = '/';
	}
}

void sandbox_write_bytes(struct sandbox *box, const char *path, const void *data,
			 size_t len)
{
	char real[512];
	FILE *f;

	strcpy(real, sandbox_real(box, path));
	make_parents(real);
	f = fopen(real, "we");
	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, len, f), len);
	assert_int_equal(fclose(f), 0);
}

void sandbox_write(struct sandbox *box, const char *path, const char *text)
{
	sandbox_write_bytes(box, path, text, strlen(text));
}

void sandbox_link(struct sandbox *box, const char *target, const char *path)
{
	char real[512];

	strcpy(real, sandbox_real(box, path));
	make_parents(real);
	assert_int_equal(symlink(target, real), 0);
}

char *sandbox_read(struct sandbox *box, const char *path)
{
	char *text = NULL;
	size_t room = 0;
	FILE *f = fopen(sandbox_real(box, path), "re");

	if (!f)
		return NULL;
	if (getdelim(&text, &room, '\0', f) < 0)
		text[0] = '\0';
	fclose(f);
	return text;
}

bool sandbox_has(struct sandbox *box, const char *path)
{
	struct stat st;

	return lstat(sandbox_real(box, path), &st) == 0;
}

int told_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
		 const struct told *told, struct swapadm_op **out)
{
	const char *texts[] = { told->source, told->to, told->emergency, told->cgroup };
	const uint64_t numbers[] = { told->pid, told->amount_bytes, told->force };
	static const enum swapadm_param number_params[] = { SWAPADM_PARAM_PID,
							    SWAPADM_PARAM_AMOUNT_BYTES,
							    SWAPADM_PARAM_FORCE };
	struct swapadm_op *op;
	int r;

	assert_int_equal(swapadm_op_new(ctx, told->kind, &op), 0);
	for (int i = 0; i < 4; i++)
		if (texts[i])
			assert_int_equal(
				swapadm_op_set(op, (enum swapadm_param)i, texts[i]), 0);
	for (int i = 0; i < 3; i++)
		if (numbers[i])
			assert_int_equal(
				swapadm_op_set_u64(op, number_params[i], numbers[i]), 0);
	r = swapadm_op_prepare(op, model);
	if (r)
		swapadm_op_unref(op);
	else
		*out = op;
	return r;
}
