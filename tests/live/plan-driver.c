/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * plan-driver - the library's plans with their exact errno, for tests
 *
 * usage: plan-driver [-n] add [-f] [-p] [-r RANK] [-c FILE] TIER DEVICE...
 *        plan-driver [-n] apply [-x] [-k] FILE
 *   -n plan only   -f --format   -p --persist   -x --prune   -k --rerank
 *   -w wait for a line on stdin between plan and doing it
 *   -E ERRNO  swapon(2) fails with this number   -K  SIGKILL instead of swapon(2)
 *
 * Prints the steps as "plan ACTION OBJECT PRIO BYTES TEXT", then "ACTION OBJECT RESULT" as
 * they are done, and at the end "changes N", or "ERRNO SENTENCE" with exit status 1.
 */
#include <errno.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/ctx.h"

struct options {
	bool dry, killed, wait;
	unsigned flags;
	int rank;
	const char *config;
};

static int swapon_errno; /* what fail_swapon() answers */

static int fail_swapon(const char *path, int flags)
{
	errno = swapon_errno;
	return -1;
}

static int die_in_swapon(const char *path, int flags)
{
	return raise(SIGKILL);
}

static const char *const actions[] = {
	[SWAPADM_ACTION_KEEP] = "keep",
	[SWAPADM_ACTION_CREATE_ZRAM] = "create-zram",
	[SWAPADM_ACTION_CREATE_FILE] = "create-file",
	[SWAPADM_ACTION_FORMAT] = "format",
	[SWAPADM_ACTION_ACTIVATE] = "activate",
	[SWAPADM_ACTION_RERANK] = "rerank",
	[SWAPADM_ACTION_DRAIN] = "drain",
	[SWAPADM_ACTION_DETACH] = "detach",
	[SWAPADM_ACTION_SET] = "set",
	[SWAPADM_ACTION_WARN] = "warn",
};

static const char *errno_name(int r)
{
	return r ? strerrorname_np(-r) : "ok";
}

static int fail(struct swapadm_ctx *ctx, int r)
{
	printf("%s %s\n", errno_name(r), swapadm_get_error(ctx));
	return 1;
}

static void on_step(void *data, const struct swapadm_step *step, int result)
{
	printf("%s %s %s\n", actions[step->action], step->object, errno_name(result));
	fflush(stdout);
}

static void on_log(void *data, enum swapadm_log_level level, const char *text)
{
	fprintf(stderr, "log: %s\n", text);
}

static int finish(struct swapadm_ctx *ctx, const struct options *options, int r,
		  struct swapadm_plan *plan)
{
	int status = 0;

	if (r)
		return fail(ctx, r);
	for (size_t i = 0; i < swapadm_plan_n_steps(plan); i++) {
		const struct swapadm_step *s = swapadm_plan_step(plan, i);

		printf("plan %s %s %d %llu %s\n", actions[s->action], s->object, s->prio,
		       (unsigned long long)s->bytes, s->text);
	}
	fflush(stdout);
	if (options->wait)
		getchar();
	if (!options->dry)
		r = swapadm_plan_run(plan, on_step, NULL);
	if (r)
		status = fail(ctx, r);
	else
		printf("changes %zu\n", swapadm_plan_n_changes(plan));
	swapadm_plan_unref(plan);
	return status;
}

static int load(struct swapadm_ctx *ctx, const char *file, struct swapadm_conf **conf)
{
	*conf = NULL;
	return file ? swapadm_conf_load(ctx, file, conf) : 0;
}

static int do_add(struct swapadm_ctx *ctx, const struct options *options, char **words,
		  size_t n)
{
	struct swapadm_devspec *specs[16] = { NULL };
	struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	size_t n_specs = 0;
	int r = load(ctx, options->config, &conf), status;

	for (; !r && n_specs + 1 < n && n_specs < 16; n_specs++)
		r = swapadm_devspec_parse(ctx, words[n_specs + 1], &specs[n_specs]);
	if (!r)
		r = swapadm_plan_add(ctx, conf, words[0], options->rank,
				     (const struct swapadm_devspec *const *)specs,
				     n_specs, options->flags, &plan);
	status = finish(ctx, options, r, plan);
	while (n_specs)
		swapadm_devspec_free(specs[--n_specs]);
	swapadm_conf_unref(conf);
	return status;
}

static int do_apply(struct swapadm_ctx *ctx, const struct options *options,
		    const char *file)
{
	struct swapadm_plan *plan = NULL;
	struct swapadm_conf *conf;
	int r = load(ctx, file, &conf), status;

	if (!r)
		r = swapadm_plan_apply(ctx, conf, options->flags, &plan);
	status = finish(ctx, options, r, plan);
	swapadm_conf_unref(conf);
	return status;
}

static int usage(void)
{
	fprintf(stderr, "usage: plan-driver [-n] add|apply [options] ...\n");
	return 2;
}

static bool parse_options(int argc, char **argv, struct options *options)
{
	int opt;

	while ((opt = getopt(argc, argv, "+nfpxkwKE:r:c:")) != -1) {
		switch (opt) {
		case 'n':
			options->dry = true;
			break;
		case 'f':
			options->flags |= SWAPADM_PLAN_FORMAT;
			break;
		case 'p':
			options->flags |= SWAPADM_PLAN_PERSIST;
			break;
		case 'x':
			options->flags |= SWAPADM_PLAN_PRUNE;
			break;
		case 'k':
			options->flags |= SWAPADM_PLAN_RERANK;
			break;
		case 'w':
			options->wait = true;
			break;
		case 'K':
			options->killed = true;
			break;
		case 'E':
			swapon_errno = atoi(optarg);
			break;
		case 'r':
			options->rank = atoi(optarg);
			break;
		case 'c':
			options->config = optarg;
			break;
		default:
			return false;
		}
	}
	return true;
}

int main(int argc, char **argv)
{
	struct options options = { .rank = SWAPADM_RANK_NONE };
	struct swapadm_ctx *ctx;
	const char *verb;
	int status;

	if (!parse_options(argc, argv, &options) || optind >= argc)
		return usage();
	verb = argv[optind++];
	if (!parse_options(argc, argv, &options) || optind >= argc)
		return usage();
	if (swapadm_new(&ctx, NULL))
		return 2;
	if (swapon_errno)
		ctx->ops.swapon = fail_swapon;
	/* next to the library, and the library is in here */
	ctx->ops.worker = getenv("SWAPADM_WORKER");
	if (options.killed)
		ctx->ops.swapon = die_in_swapon;
	swapadm_set_log(ctx, SWAPADM_LOG_WARNING, on_log, NULL);
	if (strcmp(verb, "add") == 0)
		status = do_add(ctx, &options, argv + optind, (size_t)(argc - optind));
	else if (strcmp(verb, "apply") == 0)
		status = do_apply(ctx, &options, argv[optind]);
	else
		status = usage();
	swapadm_unref(ctx);
	return status;
}
