/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "cli.h"

#include <stdarg.h>

#include "text.h"

void cli_say(const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fflush(stdout); /* keep the order on a terminal */
	fprintf(stderr, "swapctl: %s\n", text_defuse(text));
}

int cli_usage(const struct cli *cli, const char *fmt, ...)
{
	char text[2048];
	va_list ap;

	fputs("swapctl: ", stderr);
	if (cli->cmd)
		fprintf(stderr, "%s: ", cli->cmd->name);
	va_start(ap, fmt);
	vsnprintf(text, sizeof(text), fmt, ap);
	va_end(ap);
	fputs(text_defuse(text), stderr);
	fputc('\n', stderr);
	if (!cli->cmd) {
		fputs("`swapctl --help` lists the commands and the global options.\n",
		      stderr);
		return CLI_USAGE;
	}
	help_print_synopsis(stderr, cli->cmd);
	fprintf(stderr, "`swapctl %s --help` explains it.\n", cli->cmd->name);
	return CLI_USAGE;
}

enum exit_code exit_code_of(int err)
{
	switch (err) {
	case 0:
		return CLI_DONE;
	case -SWAPADM_ENOROOM:
		return CLI_NO_ROOM;
	case -ETIMEDOUT:
	case -ETIME:
		return CLI_TIMED_OUT;
	case -EPROTONOSUPPORT:
		return CLI_UNSUPPORTED;
	case -EINTR:
	case -ECANCELED:
		return CLI_INTERRUPTED;
	default:
		return CLI_FAILED;
	}
}

const char *cli_strerror(int err)
{
	return err == SWAPADM_ENOROOM ? "not enough room" : strerror(err);
}

int cli_fail(const struct cli *cli, int err, const char *what)
{
	const char *sentence = swapadm_get_error(cli->ctx);

	/* one of another failure, which was got over, is not the reason */
	if (*sentence && swapadm_get_errno(cli->ctx) == -err)
		cli_say("%s", sentence);
	else
		cli_say("%s: %s", what, cli_strerror(-err));
	return exit_code_of(err);
}

int cli_refusal(const char *refusal)
{
	if (!refusal)
		return CLI_DONE;
	cli_say("%s", refusal);
	return CLI_NO_ROOM;
}

int cli_conf(struct cli *cli, struct swapadm_conf **out)
{
	int r = 0;

	if (!cli->conf)
		r = swapadm_conf_load(cli->ctx, cli->values[OPT_CONFIG], &cli->conf);
	if (r)
		return r;
	*out = cli->conf;
	return 0;
}

int cli_conf_operand(struct cli *cli, struct swapadm_conf **out)
{
	if (cli->n_operands && cli_has(cli, OPT_CONFIG))
		return cli_usage(cli, "%s and --config: only one of them",
				 cli->operands[0]);
	if (cli->n_operands)
		cli->values[OPT_CONFIG] = cli->operands[0];
	return cli_conf(cli, out);
}

int cli_model_strict(struct cli *cli, unsigned flags, struct swapadm_model **out)
{
	struct swapadm_conf *conf;
	int r = cli_conf(cli, &conf);

	if (r)
		return r;
	return swapadm_model_load(cli->ctx, conf, flags, out);
}

int cli_conf_to_look(struct cli *cli, struct swapadm_conf **out)
{
	struct swapadm_conf *conf = NULL;
	int r = cli_conf(cli, &conf);

	if (r && cli_has(cli, OPT_CONFIG))
		return r; /* the file was asked for by name */
	if (r) {
		cli_fail(cli, r, "configuration");
		if (r != -EACCES) /* what can't be seen may be right */
			snprintf(cli->conf_error, sizeof(cli->conf_error), "%s",
				 swapadm_get_error(cli->ctx));
		cli_say("going on without the configuration: tiers are named after their priorities");
	}
	*out = conf;
	return 0;
}

int cli_model(struct cli *cli, unsigned flags, struct swapadm_model **out)
{
	struct swapadm_conf *conf;
	int r = cli_conf_to_look(cli, &conf);

	return r ? r : swapadm_model_load(cli->ctx, conf, flags, out);
}
