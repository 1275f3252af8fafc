/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "follow.h"

int follow_begin(struct swapadm_ctx *ctx, struct follow *f)
{
	int r;

	*f = (struct follow){ 0 };
	r = procs_swapped(ctx, &f->procs);
	return r == -ENOMEM ? r : 0;
}

pid_t follow_update(struct swapadm_ctx *ctx, struct follow *f)
{
	uint64_t most = 0;
	pid_t pid = 0;
	size_t n = 0;

	for (size_t i = 0; i < f->procs.n; i++) {
		struct proc_swap *p = &f->procs.items[i];
		struct proc_status st;
		char text[4096];
		uint64_t now = 0;

		if (proc_read(ctx, p->pid, "status", text, sizeof(text)) >= 0 &&
		    !proc_status_parse(text, &st))
			now = st.swap_bytes;
		if (p->swap_bytes > now && p->swap_bytes - now > most) {
			most = p->swap_bytes - now;
			pid = p->pid;
		}
		p->swap_bytes = now;
		if (now) /* what has nothing left is done */
			f->procs.items[n++] = *p;
	}
	f->procs.n = n;
	return pid;
}

void follow_end(struct follow *f)
{
	proc_swap_list_free(&f->procs);
}
