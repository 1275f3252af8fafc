/* SPDX-License-Identifier: GPL-2.0-or-later */
/* usage: make-recording FILE [SECONDS]: a recording of a made-up machine, for tests */
#include "fake.h"
#include "record/record.h"

int main(int argc, char **argv)
{
	unsigned seconds = argc > 2 ? (unsigned)atoi(argv[2]) : 60;
	_cleanup_fclose_ FILE *f = argc > 1 ? fopen(argv[1], "we") : NULL;
	struct recorder *r;

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
