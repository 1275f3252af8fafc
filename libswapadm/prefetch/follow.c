/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "prefetch/follow.h"

int follow_begin(struct swapadm_ctx *ctx, struct follow *f)
{
	int r;

	*f = (struct follow){ 0 };
	r = procs_swapped(ctx, &f->procs);
	if (r)
		return r == -ENOMEM ? r : 0;
	f->fell_bytes = calloc(f->procs.n ? f->procs.n : 1, sizeof(*f->fell_bytes));
	return f->fell_bytes ? 0 : -ENOMEM;
}

pid_t follow_update(struct swapadm_ctx *ctx, struct follow *f)
{
	uint64_t most = 0;
	pid_t pid = 0;

	for (size_t i = 0; f->fell_bytes && i < f->procs.n; i++) {
		struct proc_swap *p = &f->procs.items[i];
		struct proc_status st;
		uint64_t now = 0;

		f->fell_bytes[i] = 0;
		if (!p->swap_bytes) /* what has nothing left is done */
			continue;
		if (!proc_status_read(ctx, p->pid, &st))
			now = st.swap_bytes;
		if (p->swap_bytes > now)
			f->fell_bytes[i] = p->swap_bytes - now;
		p->swap_bytes = now;
		if (f->fell_bytes[i] > most) {
			most = f->fell_bytes[i];
			pid = p->pid;
		}
	}
	return pid;
}

void follow_end(struct follow *f)
{
	proc_swap_list_free(&f->procs);
	free(f->fell_bytes);
	f->fell_bytes = NULL;
}
