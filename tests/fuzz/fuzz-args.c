/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line of swapctl, an argument a line. Nothing is run: a line is refused with
 * words that a terminal can show, or is one that the table of commands allows.
 */
#include "cli.h"
#include "fuzz.h"

#define ARGS_MAX 100

static size_t split(char *text, char **argv)
{
	size_t n = 0;

	argv[n++] = (char *)"swapctl";
	for (char *s = text; s && n < ARGS_MAX; n++) {
		argv[n] = s;
		s = strchr(s, '\n');
		if (s)
			*s++ = '\0';
	}
	argv[n] = NULL;
	return n;
}

static void check_words(const char *words)
{
	for (; *words; words++)
		MUST((unsigned char)*words >= ' ' || *words == '\n' || *words == '\t');
}

static void check_line(const struct cli *cli)
{
	if (cli_has(cli, OPT_HELP) || cli_has(cli, OPT_VERSION) ||
	    cli_has(cli, OPT_HELP_TABLE))
		return;
	MUST(cli->cmd && cli->cmd->fn);
	MUST(cli->n_operands >= cli->cmd->min && cli->n_operands <= cli->cmd->max);
	MUST(!cli_has(cli, OPT_PERSIST) || cli->cmd->flags & CMD_MAY_PERSIST);
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	_cleanup_free_ char *text = strndup((const char *)data, size), *words = NULL;
	struct cli cli = { 0 };
	char *argv[ARGS_MAX + 1];
	FILE *terminal = stderr, *said;
	size_t n_words;
	int r;

	MUST(text);
	said = open_memstream(&words, &n_words);
	MUST(said);
	stderr = said;
	r = args_parse(&cli, (int)split(text, argv), argv);
	stderr = terminal;
	fclose(said);
	MUST(r == CLI_DONE || r == CLI_USAGE);
	MUST((r == CLI_DONE) == (n_words == 0));
	check_words(words);
	if (r == CLI_DONE)
		check_line(&cli);
	free(cli.operands);
	return 0;
}
