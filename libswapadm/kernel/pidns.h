/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pid namespaces. A record in /run may be read where its process numbers mean other
 * processes: in a container that has the host's /run, or the other way round.
 */
#ifndef SWAPADM_PIDNS_H
#define SWAPADM_PIDNS_H

#include "base/ctx.h"

/*
 * inode of ours, 0: not known, the kernel has none, or /proc is that of another one. It
 * names the namespace within one boot; once that has ended another one may get it, but
 * by then all of its processes have ended.
 */
uint64_t pidns_own(struct swapadm_ctx *ctx);

/* /proc is mounted from another one: its numbers are not those of our system calls */
bool pidns_proc_is_foreign(struct swapadm_ctx *ctx);

enum pidns_place {
	PIDNS_HERE,      /* its numbers are those of our /proc, or it is not known */
	PIDNS_ELSEWHERE, /* they are not, and it may be there still */
	PIDNS_ENDED,     /* it has no process any more */
};

/* @ns: of a record of this boot, 0: it names none */
enum pidns_place pidns_find(struct swapadm_ctx *ctx, uint64_t ns);

#endif
