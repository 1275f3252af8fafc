/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl: parse, dispatch, and make sure that what was printed has arrived. */
#include <locale.h>
#include <signal.h>
#include <unistd.h>

#include "cli.h"

static void log_line(void *data, enum swapadm_log_level level, const char *text)
{
	cli_say("%s", text);
}

static int open_context(struct cli *cli)
{
	const char *root = cli->values[OPT_ROOT];
	int r = swapadm_new(&cli->ctx, root);

	if (r) {
		cli_say("%s: open as root directory: %s", root ? root : "/",
			strerror(-r));
		return CLI_FAILED;
	}
	swapadm_set_log(cli->ctx,
			cli->verbose > 1 ? SWAPADM_LOG_DEBUG
			: cli->verbose   ? SWAPADM_LOG_INFO
					 : SWAPADM_LOG_WARNING,
			log_line, NULL);
	return CLI_DONE;
}

static int run_command(struct cli *cli)
{
	int r = open_context(cli);

	if (!r)
		r = cli->cmd->fn(cli);
	swapadm_conf_unref(cli->conf);
	swapadm_unref(cli->ctx);
	return r;
}

static int run(struct cli *cli)
{
	if (cli_has(cli, OPT_HELP_TABLE))
		help_print_table(stdout);
	else if (cli_has(cli, OPT_VERSION))
		printf("swapctl %s\n", swapadm_version());
	else if (cli_has(cli, OPT_HELP) && cli->cmd)
		help_print_command(stdout, cli->cmd);
	else if (cli_has(cli, OPT_HELP))
		help_print_all(stdout);
	else
		return run_command(cli);
	return CLI_DONE;
}

/*
 * Why standard output can't be written. A flush before this one may have had the error,
 * and then only the fact is known: the output has a hole, and another byte asks again.
 */
static int write_error(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	if (!errno && write(STDOUT_FILENO, "\n", 1) == 1)
		errno = EIO;
	return errno;
}

/* a full disk behind a redirection is a failure; a reader that left early is not */
static int close_stdout(int code)
{
	int error = write_error();

	if (!error || error == EPIPE)
		return code;
	cli_say("standard output: write: %s; the output is incomplete", strerror(error));
	return code ? code : CLI_FAILED;
}

int main(int argc, char **argv)
{
	struct cli cli = { 0 };
	int r;

	setlocale(LC_CTYPE, "");
	signal(SIGCHLD, SIG_DFL); /* a caller may ignore it; mkswap's status is ours */
	signal(SIGXFSZ, SIG_IGN); /* a file too large is an error, with a sentence */
	r = args_parse(&cli, argc, argv);
	if (!r)
		r = run(&cli);
	free(cli.operands);
	return close_stdout(r);
}
