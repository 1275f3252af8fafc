/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * The command line, parsed by the table.
 *
 * getopt_long() is not used: it takes abbreviations of long options, which would make
 * every new option a possible break of somebody's script.
 *
 * Before the command only global options stand; after it, global and the command's own,
 * in any order with the operands; after "--" only operands. Without a command it is status.
 */
#include "cli.h"

#include <limits.h>
#include <unistd.h>

struct parser {
	struct cli *cli;
	int argc, at;
	char **argv;
};

/* ---- values */

static bool is_decimal(const char *text, unsigned long max)
{
	char *end;
	unsigned long v;

	if (*text < '0' || *text > '9')
		return false;
	errno = 0;
	v = strtoul(text, &end, 10);
	return !errno && !*end && v <= max;
}

static const char *size_wrong(const char *text, bool percent)
{
	struct swapadm_size size;
	int r = swapadm_parse_size(text, &size);

	if (r == -ERANGE)
		return strchr(text, '%') ? "more than 100%" : "too large";
	if (!r && (size.unit == SWAPADM_SIZE_BYTES ||
		   (percent && size.unit == SWAPADM_SIZE_PCT)))
		return NULL;
	return percent ? "not a size above 0 or percentage, such as 512M or 20%"
		       : "not a size above 0, such as 512M or 2G";
}

/* @r: of a parser of the library */
static const char *number_wrong(int r, const char *what)
{
	return r == -ERANGE ? "too large" : r ? what : NULL;
}

static bool is_job(const char *text)
{
	if (*text == 'd')
		text++;
	return is_decimal(text, UINT_MAX) && *text != '0';
}

/* what @text should have been, or NULL when it is right */
static const char *value_wrong(enum value kind, const char *text)
{
	uint64_t v;

	if (!*text)
		return "empty";
	switch (kind) {
	case VALUE_RANK:
		return is_decimal(text, SWAPADM_RANK_MAX) ? NULL
							  : "not a rank from 0 to 60";
	case VALUE_SIZE:
		return size_wrong(text, false);
	case VALUE_AMOUNT:
		return size_wrong(text, true);
	case VALUE_RATE:
		return number_wrong(swapadm_parse_rate(text, &v),
				    "not a rate above 0, such as 50M or 1G/s");
	case VALUE_AGE:
		return number_wrong(swapadm_parse_age(text, &v),
				    "not a time above 0, such as 90s, 10min or 2h");
	case VALUE_PID:
		return is_decimal(text, INT_MAX) && *text != '0' ? NULL
								 : "not a process id";
	case VALUE_COUNT:
		return is_decimal(text, 1000) && *text != '0'
			       ? NULL
			       : "not a number from 1 to 1000";
	case VALUE_JOB:
		return is_job(text) ? NULL : "not a job id, such as d3 or 12";
	case VALUE_DEST:
		return streq(text, "memory") || strncmp(text, "auto-", 5) == 0 ||
				       swapadm_tier_name_valid(text)
			       ? NULL
			       : "neither the name of a tier nor memory";
	case VALUE_TIER:
		return swapadm_tier_name_valid(text)
			       ? NULL
			       : "not the name of a tier (a-z, then a-z 0-9 _ -, at most 31; not memory, zram, all, backing, selftest, auto-...)";
	default:
		return NULL;
	}
}

/* a word that was mistyped, or begun */
static int no_such_command(struct cli *cli, const char *word)
{
	const char *near = NULL;
	size_t n_near = 0;

	for (size_t i = 0; i < n_commands; i++)
		if (*word && !strncmp(commands[i].name, word, strlen(word))) {
			near = commands[i].name;
			n_near++;
		}
	if (n_near != 1) {
		const char *names[64];
		size_t n = 0;

		for (size_t i = 0; i < n_commands && n < ARRAY_SIZE(names); i++)
			names[n++] = commands[i].name;
		near = swapadm_nearest_word(word, names, n);
	}
	if (!near)
		return cli_usage(cli, "'%s': no such command", word);
	return cli_usage(cli, "'%s': no such command; did you mean %s?", word, near);
}

/* the options of BSD's swapctl that have another name here; the rest has none */
static int no_such_letter(struct cli *cli, char letter)
{
	static const struct {
		char letter;
		const char *ours;
	} bsd[] = {
		{ 'a', "swapctl add TIER DEVICE" }, { 'A', "swapctl apply" },
		{ 'd', "swapctl remove DEVICE" },   { 'U', "swapctl remove TIER" },
		{ 'k', "swapctl list -b" },
	};

	for (size_t i = 0; i < ARRAY_SIZE(bsd); i++)
		if (bsd[i].letter == letter)
			return cli_usage(cli,
					 "-%c is an option of BSD's; here it is `%s`",
					 letter, bsd[i].ours);
	return cli_usage(cli, "unknown option -%c", letter);
}

static size_t add_names(const struct option_def *o, const char **names, size_t n,
			size_t max)
{
	for (; o && o->id && n < max; o++)
		names[n++] = o->name;
	return n;
}

static int no_such_option(struct cli *cli, const char *name, size_t len)
{
	const char *names[64], *near;
	char word[64];
	size_t n = add_names(global_options, names, 0, ARRAY_SIZE(names));

	n = add_names(cli->cmd ? cli->cmd->options : NULL, names, n, ARRAY_SIZE(names));
	snprintf(word, sizeof(word), "%.*s", (int)len, name);
	near = swapadm_nearest_word(word, names, n);
	if (near)
		return cli_usage(cli, "unknown option --%s; did you mean --%s?", word,
				 near);
	return cli_usage(cli, "unknown option --%.*s", (int)len, name);
}

/* ---- options */

static const struct option_def *find_long(const struct option_def *o, const char *name,
					  size_t len)
{
	for (; o && o->id; o++)
		if (strlen(o->name) == len && !strncmp(o->name, name, len))
			return o;
	return NULL;
}

static const struct option_def *find_letter(const struct option_def *o, char letter)
{
	for (; o && o->id; o++)
		if (o->letter == letter)
			return o;
	return NULL;
}

static int set_option(struct cli *cli, const struct option_def *o, const char *value)
{
	const char *wrong = o->arg ? value_wrong(o->value, value) : NULL;

	if (wrong)
		return cli_usage(cli, "--%s '%s': %s", o->name, value, wrong);
	cli->values[o->id] = value ? value : "";
	if (o->id == OPT_VERBOSE)
		cli->verbose++;
	return CLI_DONE;
}

static int parse_long(struct parser *p, const char *arg)
{
	static const struct option_def table_option = { OPT_HELP_TABLE, 0, "help-table" };
	const char *name = arg + 2, *equals = strchr(name, '='), *value = NULL;
	size_t len = equals ? (size_t)(equals - name) : strlen(name);
	const struct option_def *o = find_long(global_options, name, len);

	if (!o && p->cli->cmd)
		o = find_long(p->cli->cmd->options, name, len);
	if (!o && streq(name, table_option.name))
		o = &table_option;
	if (!o)
		return no_such_option(p->cli, name, len);
	if (equals && !o->arg)
		return cli_usage(p->cli, "--%s takes no value", o->name);
	if (equals)
		value = equals + 1;
	else if (o->arg && p->at < p->argc)
		value = p->argv[p->at++];
	if (o->arg && !value)
		return cli_usage(p->cli, "--%s needs a value: %s", o->name, o->arg);
	return set_option(p->cli, o, value);
}

/* "-Jb", "-oNAME,SIZE", "-o NAME" */
static int parse_letters(struct parser *p, const char *arg)
{
	for (const char *s = arg + 1; *s; s++) {
		const struct option_def *o = find_letter(global_options, *s);
		const char *value = NULL;
		int r;

		if (!o && p->cli->cmd)
			o = find_letter(p->cli->cmd->options, *s);
		if (!o)
			return no_such_letter(p->cli, *s);
		if (o->arg && s[1])
			value = s + 1;
		else if (o->arg && p->at < p->argc)
			value = p->argv[p->at++];
		if (o->arg && !value)
			return cli_usage(p->cli, "-%c needs a value: %s", *s, o->arg);
		r = set_option(p->cli, o, value);
		if (r || o->arg)
			return r;
	}
	return CLI_DONE;
}

static int parse_option(struct parser *p, const char *arg)
{
	return arg[1] == '-' ? parse_long(p, arg) : parse_letters(p, arg);
}

static bool is_option(const char *arg)
{
	return arg[0] == '-' && arg[1];
}

static bool is_global(const char *arg)
{
	if (arg[1] != '-')
		return find_letter(global_options, arg[1]) != NULL;
	return streq(arg, "--help-table") ||
	       find_long(global_options, arg + 2, strcspn(arg + 2, "="));
}

/* global options, then the command's name */
static int parse_command(struct parser *p)
{
	const char *arg;
	int r;

	while (p->at < p->argc && is_option(p->argv[p->at]) &&
	       !streq(p->argv[p->at], "--") && is_global(p->argv[p->at])) {
		r = parse_option(p, p->argv[p->at++]);
		if (r)
			return r;
	}
	if (p->at < p->argc && streq(p->argv[p->at], "-l")) { /* BSD's */
		p->cli->cmd = command_find("list");
		p->at++;
		return CLI_DONE;
	}
	if (p->at < p->argc && streq(p->argv[p->at], "-s"))
		p->at++;
	if (p->at >= p->argc || is_option(p->argv[p->at])) {
		p->cli->cmd = command_find("status");
		return CLI_DONE;
	}
	arg = p->argv[p->at++];
	if (streq(arg, "help")) {
		p->cli->values[OPT_HELP] = "";
		if (p->at >= p->argc) {
			p->cli->cmd = command_find("status");
			return CLI_DONE;
		}
		arg = p->argv[p->at++];
	}
	p->cli->cmd = command_find(arg);
	if (!p->cli->cmd)
		return no_such_command(p->cli, arg);
	return CLI_DONE;
}

static int parse_rest(struct parser *p)
{
	bool only_operands = false;

	while (p->at < p->argc) {
		char *arg = p->argv[p->at++];
		int r;

		if (only_operands || !is_option(arg)) {
			p->cli->operands[p->cli->n_operands++] = arg;
			continue;
		}
		if (streq(arg, "--")) {
			only_operands = true;
			continue;
		}
		r = parse_option(p, arg);
		if (r)
			return r;
	}
	return CLI_DONE;
}

/* ---- the whole line */

/* operands that must be there come first in the synopsis, a word each */
static int missing_operand(const struct cli *cli)
{
	const char *word = cli->cmd->synopsis;

	for (size_t i = 0; i < cli->n_operands; i++)
		word += strcspn(word, " ") + 1;
	return cli_usage(cli, "%.*s is missing", (int)strcspn(word, " ["), word);
}

static int check_operands(const struct cli *cli)
{
	const struct command *cmd = cli->cmd;

	if (cli->n_operands > cmd->max)
		return cli_usage(cli, "unexpected argument '%s'",
				 cli->operands[cmd->max]);
	if (cli->n_operands < cmd->min)
		return missing_operand(cli);
	for (size_t i = 0; i < cli->n_operands; i++) {
		const char *wrong =
			value_wrong(cmd->operands[i ? 1 : 0], cli->operands[i]);

		if (wrong)
			return cli_usage(cli, "'%s': %s", cli->operands[i], wrong);
	}
	return CLI_DONE;
}

static int check_combinations(const struct cli *cli)
{
	static const enum opt exclusive[][2] = {
		{ OPT_JSON, OPT_RAW },           { OPT_COLUMNS, OPT_ALL_COLUMNS },
		{ OPT_DRY_RUN, OPT_BACKGROUND }, { OPT_PID, OPT_CGROUP },
		{ OPT_ONCE, OPT_WATCH },         { OPT_DRY_RUN, OPT_WATCH },
		{ OPT_JSON, OPT_JOURNAL },       { OPT_PERSIST, OPT_CONFIG },
		{ OPT_RECOVER, OPT_ONCE },       { OPT_RECOVER, OPT_WATCH },
		{ OPT_RECOVER, OPT_DRY_RUN },
	};
	static const char *const texts[] = {
		"-J and -r: only one of them",
		"-o and -O: only one of them",
		"--dry-run and --background: only one of them",
		"--pid and --cgroup: only one of them",
		"--once and --watch: only one of them",
		"--dry-run and --watch: only one of them",
		"-J and --journal: only one of them",
		"--persist and --config: --persist writes /etc/swapadm.conf.d/50-swapctl.conf, which --config does not read; leave one of them out",
		"--recover and --once: only one of them",
		"--recover and --watch: only one of them",
		"--recover and --dry-run: only one of them",
	};

	for (size_t i = 0; i < ARRAY_SIZE(exclusive); i++)
		if (cli_has(cli, exclusive[i][0]) && cli_has(cli, exclusive[i][1]))
			return cli_usage(cli, "%s", texts[i]);
	if ((cli->cmd->flags & CMD_NEEDS_PROCESS) && !cli_has(cli, OPT_PID) &&
	    !cli_has(cli, OPT_CGROUP))
		return cli_usage(cli, "whose pages? --pid or --cgroup is needed");
	if (cli_has(cli, OPT_PERSIST) && !(cli->cmd->flags & CMD_MAY_PERSIST))
		return cli_usage(
			cli,
			"--persist: this command has no change that could be written to the configuration");
	return CLI_DONE;
}

/* help and version win over whatever else the line lacks */
static bool wants_help(const struct cli *cli)
{
	return cli_has(cli, OPT_HELP) || cli_has(cli, OPT_VERSION) ||
	       cli_has(cli, OPT_HELP_TABLE);
}

int args_parse(struct cli *cli, int argc, char **argv)
{
	struct parser p = { .cli = cli, .argc = argc, .at = 1, .argv = argv };
	bool named;
	int r = parse_command(&p);

	if (r)
		return r;
	named = p.at > 1 && streq(argv[p.at - 1], cli->cmd->name);
	cli->operands = calloc((size_t)argc + 1, sizeof(*cli->operands));
	if (!cli->operands) {
		cli_say("out of memory");
		return CLI_FAILED;
	}
	r = parse_rest(&p);
	if (!r && wants_help(cli)) {
		if (!named)
			cli->cmd = NULL;
		return CLI_DONE;
	}
	if (!r)
		r = check_operands(cli);
	if (!r)
		r = check_combinations(cli);
	return r;
}
