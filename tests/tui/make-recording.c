/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * A recording of a made-up machine, for tests.
 *
 * usage: make-recording FILE [SECONDS]
 *        make-recording --ring FOLDER SAMPLES PROCESSES
 *
 * A ring has a sample every 10 s; the last one was taken at 2026-06-01 00:00 UTC.
 */
#include "fake.h"
#include "record/record.h"
#include "record/ring.h"

#define LAST_S    UINT64_C(1780272000)
#define STEP_NS   (10 * NSEC_PER_SEC)
#define RING_SIZE (UINT64_C(1) << 30)

/* every tenth process does something in each sample */
static int add_processes(struct sample *s, uint64_t i, unsigned n)
{
	for (unsigned p = 0; p < n; p++) {
		struct sample_proc *proc = sample_add_proc(s);

		if (!proc)
			return -1;
		proc->pid = (int)(1000 + p);
		snprintf(proc->comm, sizeof(proc->comm), "worker-%u", p % 37);
		proc->use.swap_bytes = (p + 1) * UINT64_C(65536);
		if (p % 10 == i % 10)
			proc->use.swap_bytes += i * 4096;
	}
	return 0;
}

static int make_ring(const char *path, uint64_t n, unsigned n_procs)
{
	struct ring *ring;

	if (ring_open(&ring, path, RING_SIZE, 0) < 0)
		return 1;
	for (uint64_t i = 0; i < n; i++) {
		struct sample *s = fake_machine((unsigned)(i % 50));
		int r;

		if (!s || add_processes(s, i, n_procs) < 0)
			return 1;
		s->seq = i;
		s->realtime_ns = LAST_S * NSEC_PER_SEC - (n - 1 - i) * STEP_NS;
		s->mono_ns = (i + 1) * STEP_NS;
		r = ring_write(ring, s);
		sample_free(s);
		if (r < 0)
			return 1;
	}
	ring_close(ring);
	return 0;
}

int main(int argc, char **argv)
{
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 60;
	_cleanup_fclose_ FILE *f = NULL;
	struct recorder *r;

	if (argc == 5 && streq(argv[1], "--ring"))
		return make_ring(argv[2], strtoull(argv[3], NULL, 10),
				 (unsigned)atoi(argv[4]));
	f = argc > 1 ? fopen(argv[1], "we") : NULL;
	if (!f || recorder_new(&r, f) < 0)
		return 1;
	for (unsigned t = 0; t < seconds; t++) {
		struct sample *s = fake_machine(t);

		if (recorder_write(r, s) < 0)
			return 1;
		sample_free(s);
	}
	recorder_free(r);
	return 0;
}
