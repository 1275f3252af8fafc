/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A folder that stands for the running system: unlike below swapadm_new()'s root, the
 * library may change it. Whatever goes through ctx_open() stays inside.
 */
#ifndef SANDBOX_H
#define SANDBOX_H

#include "base/ctx.h"

struct sandbox {
	struct swapadm_ctx *ctx;
	char dir[64];
};

void sandbox_open(struct sandbox *box);
void sandbox_close(struct sandbox *box);

/* paths are absolute, folders on the way are made */
void sandbox_write_bytes(struct sandbox *box, const char *path, const void *data,
			 size_t len);
void sandbox_write(struct sandbox *box, const char *path, const char *text);
void sandbox_link(struct sandbox *box, const char *target, const char *path);
char *sandbox_read(struct sandbox *box, const char *path); /* NULL: absent; free() it */
bool sandbox_has(struct sandbox *box, const char *path);
/* from now on nothing can be opened whose path begins so: no descriptor is left */
void sandbox_no_descriptor(struct sandbox *box, const char *path);
/* the real path of a path in the box: static buffer */
const char *sandbox_real(struct sandbox *box, const char *path);

/* what an operation is asked for, and preparing it; as swapadm_op_prepare() */
struct told {
	enum swapadm_op_kind kind;
	const char *source, *to, *emergency, *cgroup;
	uint64_t pid, amount_bytes, force;
};
int told_prepare(struct swapadm_ctx *ctx, struct swapadm_model *model,
		 const struct told *told, struct swapadm_op **out);

#endif
