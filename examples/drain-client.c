/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * A client of libswapadm: lists the tiers, then drains a device and follows the job.
 *
 * usage: drain-client [DEVICE]
 * cc drain-client.c $(pkg-config --cflags --libs libswapadm)
 */
#include <poll.h>
#include <stdio.h>
#include <string.h>

#include <swapadm.h>

static struct swapadm_ctx *ctx;

/* the library has a sentence for a person, or only the number */
static int fail(const char *what, int r)
{
	const char *words = swapadm_get_error(ctx);

	fprintf(stderr, "%s: %s\n", what, *words ? words : strerror(-r));
	return 1;
}

static void list(const struct swapadm_model *model)
{
	for (size_t i = 0; i < swapadm_model_n_tiers(model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(model, i);

		printf("%s: %llu of %llu MiB\n", tier->name,
		       (unsigned long long)tier->usage.used_bytes >> 20,
		       (unsigned long long)tier->usage.size_bytes >> 20);
		for (size_t k = 0; k < tier->n_devices; k++)
			printf("  %s\n", tier->devices[k]->name);
	}
}

/* the job's descriptor is readable whenever there is something new */
static int follow(struct swapadm_job *job)
{
	struct pollfd fd = { .fd = swapadm_job_fd(job), .events = POLLIN };
	struct swapadm_progress p;
	int r;

	while (!(r = swapadm_job_get_progress(job, &p))) {
		printf("%s: %llu of %llu KiB\n", swapadm_job_state_name(p.state),
		       (unsigned long long)p.moved_bytes >> 10,
		       (unsigned long long)p.total_bytes >> 10);
		if (p.state >= SWAPADM_JOB_DONE)
			return p.state != SWAPADM_JOB_DONE;
		poll(&fd, 1, 1000);
	}
	return fail("job", r);
}

static int drain(struct swapadm_model *model, const char *device)
{
	struct swapadm_job *job = NULL;
	struct swapadm_op *op = NULL;
	int r = swapadm_op_new(ctx, SWAPADM_OP_DRAIN, &op);

	if (!r)
		r = swapadm_op_set(op, SWAPADM_PARAM_SOURCE, device);
	if (!r)
		r = swapadm_op_prepare(op, model);
	if (!r) /* -SWAPADM_ENOROOM: refused, the plan has a .refusal */
		r = swapadm_op_start(op, &job);
	r = r ? fail(device, r) : follow(job);
	swapadm_job_unref(job);
	swapadm_op_unref(op);
	return r;
}

int main(int argc, char **argv)
{
	struct swapadm_model *model = NULL;
	int r = swapadm_new(&ctx, NULL);

	if (r)
		return 1;
	r = swapadm_model_load(ctx, NULL, 0, &model);
	if (r) {
		r = fail("model", r);
	} else {
		list(model);
		r = argc > 1 ? drain(model, argv[1]) : 0;
	}
	swapadm_model_unref(model);
	swapadm_unref(ctx);
	return r;
}
