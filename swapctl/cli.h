/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * What the commands of swapctl share: the shape of the command table, the parsed command
 * line, and errors to exit codes.
 *
 * The table in commands.c is the only list of commands, options and operands. The parser,
 * the help texts, and (through tests) the man page and the completions follow it.
 */
#ifndef SWAPCTL_CLI_H
#define SWAPCTL_CLI_H

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "swapadm.h"

#define _cleanup_(fn)  __attribute__((cleanup(fn)))
#define _printf_(f, a) __attribute__((format(printf, f, a)))
#define ARRAY_SIZE(a)  (sizeof(a) / sizeof((a)[0]))

#define NS_PER_S UINT64_C(1000000000)

/* CLOCK_MONOTONIC */
static inline uint64_t now_ns(void)
{
	struct timespec ts;

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

/* exit codes: part of the interface, documented in swapctl(8) */
enum exit_code {
	CLI_DONE = 0,
	CLI_FAILED = 1,
	CLI_USAGE = 2,
	CLI_NO_ROOM = 3, /* refused: it would not fit */
	CLI_PARTLY = 4,
	CLI_TIMED_OUT = 5,
	CLI_UNSUPPORTED = 6, /* the kernel or the layer lacks it */
	CLI_FOUND = 7,       /* only with --exit-code */
	CLI_INTERRUPTED = 130,
};

enum opt {
	OPT_NONE,
	/* global */
	OPT_CONFIG,
	OPT_ROOT,
	OPT_PERSIST,
	OPT_VERBOSE,
	OPT_HELP,
	OPT_VERSION,
	OPT_HELP_TABLE,
	/* of commands */
	OPT_COLUMNS,
	OPT_ALL_COLUMNS,
	OPT_JSON,
	OPT_RAW,
	OPT_BYTES,
	OPT_NO_HEADINGS,
	OPT_SORT,
	OPT_RANK,
	OPT_FORMAT,
	OPT_DRY_RUN,
	OPT_TO,
	OPT_RATE,
	OPT_BACKGROUND,
	OPT_TIMEOUT,
	OPT_EMERGENCY,
	OPT_FORCE,
	OPT_AMOUNT,
	OPT_OLDER,
	OPT_PID,
	OPT_CGROUP,
	OPT_PRUNE,
	OPT_RERANK,
	OPT_TAKE_OVER,
	OPT_ONCE,
	OPT_WATCH,
	OPT_RECOVER,
	OPT_OPENMETRICS,
	OPT_WRITE,
	OPT_CGROUPS,
	OPT_PROCESSES,
	OPT_ABOVE,
	OPT_ZRAM_IDLE,
	OPT_EXIT_CODE,
	OPT_JOURNAL,
	OPT_SHARED,
	OPT_INTERVAL,
	OPT_NO_FREEZE,
	OPT_N,
};

/* what a value or an operand is: checked by the parser, offered by completions */
enum value {
	VALUE_NONE, /* an option without value */
	VALUE_FILE,
	VALUE_DIR,
	VALUE_COLUMNS,
	VALUE_COLUMN,
	VALUE_TARGET, /* tier or device */
	VALUE_TIER,
	VALUE_DEST,    /* tier or "memory" */
	VALUE_TO,      /* tier or "backing" */
	VALUE_DEVSPEC, /* DEVICE[,option...] */
	VALUE_DEVICE,
	VALUE_JOB,
	VALUE_RANK,
	VALUE_SIZE,
	VALUE_AMOUNT, /* size or percentage */
	VALUE_RATE,
	VALUE_AGE,
	VALUE_PID,
	VALUE_CGROUP,
	VALUE_COUNT,  /* 1 to 1000 */
	VALUE_SOURCE, /* of import */
};

struct option_def {
	enum opt id;
	char letter; /* 0: none */
	const char *name, *arg;
	enum value value;
	const char *help;
};

enum group {
	GROUP_LOOK,
	GROUP_CHANGE,
	GROUP_JOBS,
	GROUP_PROCESSES,
	GROUP_CONFIG,
	GROUP_WATCH,
	GROUP_N,
};

#define CMD_MAY_PERSIST   (1u << 0) /* takes the global --persist */
#define CMD_NEEDS_PROCESS (1u << 1) /* --pid or --cgroup must be given */

#define OPERANDS_MANY 1000000

struct cli;
struct columns;

/**
 * struct command - one row of the table
 * @synopsis:  what follows the name on the usage line, "" nothing
 * @summary:   one line for `swapctl --help`
 * @help:      paragraphs for `swapctl NAME --help`
 * @options:   ends with OPT_NONE; NULL: none but the global ones
 * @operands:  kinds of the operands; the last one repeats up to @max
 * @columns:   what -o names, or NULL
 */
struct command {
	const char *name;
	enum group group;
	const char *synopsis, *summary, *help;
	unsigned flags;
	const struct option_def *options;
	enum value operands[2];
	size_t min, max;
	const struct columns *columns;
	const struct columns *shared_columns; /* those of --shared, or NULL */
	int (*fn)(struct cli *cli);
};

extern const struct command commands[];
extern const size_t n_commands;
extern const struct option_def global_options[];
extern const char *const group_titles[GROUP_N];

const struct command *command_find(const char *name);

/**
 * struct cli - one run of swapctl
 * @values:  by enum opt: NULL not given, "" given without a value, else the value, which
 *           the parser has checked to be of its kind
 */
struct cli {
	const struct command *cmd;
	const char *values[OPT_N];
	unsigned verbose;
	char **operands;
	size_t n_operands;
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf; /* through cli_conf() */
	char conf_error[400];      /* why a command that looks goes on without it */
};

static inline bool cli_has(const struct cli *cli, enum opt id)
{
	return cli->values[id] != NULL;
}

static inline bool streq(const char *a, const char *b)
{
	return strcmp(a, b) == 0;
}

static inline void freep(void *p)
{
	free(*(void **)p);
}
#define _cleanup_free_ _cleanup_(freep)

static inline void conf_unrefp(struct swapadm_conf **conf)
{
	swapadm_conf_unref(*conf);
}

static inline void model_unrefp(struct swapadm_model **model)
{
	swapadm_model_unref(*model);
}

static inline void plan_unrefp(struct swapadm_plan **plan)
{
	swapadm_plan_unref(*plan);
}

static inline void op_unrefp(struct swapadm_op **op)
{
	swapadm_op_unref(*op);
}

static inline void jobs_freep(struct swapadm_jobs **jobs)
{
	swapadm_jobs_free(*jobs);
}

static inline void job_unrefp(struct swapadm_job **job)
{
	swapadm_job_unref(*job);
}

/* ---- args.c */

/**
 * args_parse() - the command line into @cli
 * Return: CLI_DONE; CLI_USAGE, with what is wrong and the synopsis on stderr.
 */
int args_parse(struct cli *cli, int argc, char **argv);

/* ---- help.c */
void help_print_all(FILE *out);
void help_print_command(FILE *out, const struct command *cmd);
void help_print_synopsis(FILE *out, const struct command *cmd);
/* the whole table, tab-separated: for the tests of man page and completions */
void help_print_table(FILE *out);

/* ---- cli.c */

/* a usage error that only the command can see; prints the synopsis; returns CLI_USAGE */
int cli_usage(const struct cli *cli, const char *fmt, ...) _printf_(2, 3);

/**
 * cli_fail() - print the library's sentence and give the exit code of its error
 * @err:   negative errno
 * @what:  object and action, used when the library has no sentence
 */
int cli_fail(const struct cli *cli, int err, const char *what);
enum exit_code exit_code_of(int err);
const char *cli_strerror(int err); /* strerror(3), for the library's own too */
/* of a plan: print its refusal, NULL: none; the exit code */
int cli_refusal(const char *refusal);
void cli_say(const char *fmt, ...) _printf_(1, 2); /* "swapctl: ..." to stderr */

/**
 * cli_conf() - the configuration, loaded once
 * @out:  borrowed; NULL when there is none
 *
 * Return: 0 or a negative errno with the library's sentence.
 */
int cli_conf(struct cli *cli, struct swapadm_conf **out);

/**
 * cli_conf_operand() - the same, of a command whose operand may be the file to read
 *
 * Return: as cli_conf(); or CLI_USAGE, reported already.
 */
int cli_conf_operand(struct cli *cli, struct swapadm_conf **out);

/**
 * cli_model() - what there is now
 * @flags:  SWAPADM_LOAD_*
 *
 * A broken configuration must not hide the running areas from who only looks: then the
 * sentence is printed and the model is loaded without it.
 */
int cli_model(struct cli *cli, unsigned flags, struct swapadm_model **out);

/*
 * the configuration for who only looks, as above: NULL and a sentence when it is broken
 */
int cli_conf_to_look(struct cli *cli, struct swapadm_conf **out);

/* the same for a change: here a broken configuration is an error */
int cli_model_strict(struct cli *cli, unsigned flags, struct swapadm_model **out);

#endif
