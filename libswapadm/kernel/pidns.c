/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/pidns.h"

#include "kernel/proc.h"

/* include/uapi/linux/nsfs.h PID_NS_INIT_INO; older kernels have the number, too */
#define INITIAL 4026531836u

/* 0; -EBADMSG; -errno of readlink */
static int read_link(struct swapadm_ctx *ctx, const char *who, uint64_t *out)
{
	unsigned long long ns;
	char path[64], text[64];
	int r;

	snprintf(path, sizeof(path), "/proc/%s/ns/pid", who);
	r = ctx_readlink(ctx, path, text, sizeof(text));
	if (r)
		return r;
	if (sscanf(text, "pid:[%llu]", &ns) != 1)
		return -EBADMSG;
	*out = ns;
	return 0;
}

bool pidns_proc_is_foreign(struct swapadm_ctx *ctx)
{
	char self[16], text[16];

	snprintf(self, sizeof(self), "%d", (int)getpid());
	return !ctx->foreign_root &&
	       !ctx_readlink(ctx, "/proc/self", text, sizeof(text)) && !streq(text, self);
}

uint64_t pidns_own(struct swapadm_ctx *ctx)
{
	uint64_t ns;

	if (ctx->foreign_root)
		return INITIAL;
	return read_link(ctx, "self", &ns) || pidns_proc_is_foreign(ctx) ? 0 : ns;
}

struct look {
	struct swapadm_ctx *ctx;
	uint64_t ns;
};

/* 1: it is in that namespace, or might be */
static int is_in(void *data, pid_t pid)
{
	const struct look *look = data;
	char who[16];
	uint64_t ns;
	int r;

	if (pid == 1) /* of the first one, and may be closed to root, too */
		return 0;
	snprintf(who, sizeof(who), "%d", (int)pid);
	r = read_link(look->ctx, who, &ns);
	if (r == -ENOENT || r == -ESRCH) /* it has ended */
		return 0;
	return r || ns == look->ns;
}

enum pidns_place pidns_find(struct swapadm_ctx *ctx, uint64_t ns)
{
	uint64_t own = pidns_own(ctx);
	struct look look = { ctx, ns };

	if (!ns || ns == own)
		return PIDNS_HERE;
	/*
	 * The first one has all processes; as long as another one has any it has its init
	 * (kernel/pid_namespace.c:zap_pid_ns_processes()), which can't be missed here; a
	 * capture has no such links
	 */
	if (ctx->foreign_root || own != INITIAL || proc_is_hidden(ctx, 1) ||
	    procs_each(ctx, is_in, &look))
		return PIDNS_ELSEWHERE;
	return PIDNS_ENDED;
}
