/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Help, printed from the table of commands. */
#include "commands.h"
#include "doctor/checks.h"
#include "journal.h"
#include "table.h"
#include "text.h"

static void print_option(FILE *out, const struct option_def *o)
{
	char head[64], letter[8] = "    ";

	if (o->letter)
		snprintf(letter, sizeof(letter), "-%c, ", o->letter);
	snprintf(head, sizeof(head), "  %s--%s%s%s", letter, o->name, o->arg ? " " : "",
		 o->arg ? o->arg : "");
	fprintf(out, "%s\n", head);
	text_wrap(out, o->help, 10, 10);
}

static void print_options(FILE *out, const char *title, const struct option_def *o)
{
	if (!o || !o->id)
		return;
	fprintf(out, "\n%s:\n", title);
	for (; o->id; o++)
		print_option(out, o);
}

void help_print_synopsis(FILE *out, const struct command *cmd)
{
	char line[512];

	snprintf(line, sizeof(line), "usage: swapctl %s%s%s", cmd->name,
		 *cmd->synopsis ? " " : "", cmd->synopsis);
	text_wrap(out, line, 0, 15);
}

static void print_columns(FILE *out, const char *title, const struct columns *cols)
{
	fprintf(out, "\n%s:\n", title);
	for (size_t i = 0; i < cols->n; i++)
		fprintf(out, "  %-12s %s\n", cols->items[i].name, cols->items[i].help);
}

static void print_examples(FILE *out, const char *name)
{
	const char *const *examples = command_examples(name);

	fputs("\nExamples:\n", out);
	for (size_t i = 0; examples && i < 2; i++)
		fprintf(out, "  %s\n", examples[i]);
}

void help_print_command(FILE *out, const struct command *cmd)
{
	help_print_synopsis(out, cmd);
	fprintf(out, "\n%s: %s\n\n", cmd->name, cmd->summary);
	text_wrap(out, cmd->help, 0, 0);
	print_options(out, "Options", cmd->options);
	if (cmd->columns)
		print_columns(out, "Columns", cmd->columns);
	if (cmd->shared_columns)
		print_columns(out, "Columns with --shared", cmd->shared_columns);
	print_options(out, "Global options", global_options);
	print_examples(out, cmd->name);
	fputs("\nswapctl(8) has more, and the exit codes.\n", out);
}

void help_print_all(FILE *out)
{
	fputs("usage: swapctl [GLOBAL OPTIONS] [COMMAND [OPTIONS] [OPERANDS]]\n\n"
	      "See, fill, move and drain tiered swap.\n",
	      out);
	for (unsigned g = 0; g < GROUP_N; g++) {
		fprintf(out, "\n%s:\n", group_titles[g]);
		for (size_t i = 0; i < n_commands; i++)
			if (commands[i].group == g)
				fprintf(out, "  %-10s %s\n", commands[i].name,
					commands[i].summary);
	}
	print_options(out, "Global options", global_options);
	fputs("\nExit codes: 0 done, 1 failure, 2 usage, 3 refused because it would not\n"
	      "fit, 4 partly done, 5 timed out, 6 not supported by this kernel or layer,\n"
	      "7 found something (only with --exit-code), 130 interrupted.\n"
	      "`swapctl help COMMAND` explains a command, swapctl(8) all of them.\n",
	      out);
}

/* ---- the table itself, for tests and packagers' tools */

static const char *value_name(enum value kind)
{
	static const char *const names[] = {
		[VALUE_NONE] = "none",     [VALUE_FILE] = "file",
		[VALUE_DIR] = "dir",       [VALUE_COLUMNS] = "columns",
		[VALUE_COLUMN] = "column", [VALUE_TARGET] = "target",
		[VALUE_TIER] = "tier",     [VALUE_DEST] = "dest",
		[VALUE_TO] = "to",         [VALUE_DEVSPEC] = "devspec",
		[VALUE_DEVICE] = "device", [VALUE_JOB] = "job",
		[VALUE_RANK] = "rank",     [VALUE_SIZE] = "size",
		[VALUE_AMOUNT] = "amount", [VALUE_RATE] = "rate",
		[VALUE_AGE] = "age",       [VALUE_PID] = "pid",
		[VALUE_CGROUP] = "cgroup", [VALUE_COUNT] = "count",
		[VALUE_SOURCE] = "source",
	};

	return names[kind];
}

static void table_options(FILE *out, const char *name, const struct option_def *o)
{
	for (; o && o->id; o++)
		fprintf(out, "option\t%s\t%c\t%s\t%s\t%s\t%s\n", name,
			o->letter ? o->letter : '-', o->name, o->arg ? o->arg : "-",
			value_name(o->value), o->help);
}

static bool has_column(const struct columns *cols, const char *name)
{
	for (size_t i = 0; i < cols->n; i++)
		if (streq(cols->items[i].name, name))
			return true;
	return false;
}

/* @except: those that it has too are left out */
static void table_columns(FILE *out, const char *name, const struct columns *cols,
			  const struct columns *except)
{
	for (size_t i = 0; cols && i < cols->n; i++)
		if (!except || !has_column(except, cols->items[i].name))
			fprintf(out, "column\t%s\t%s\t%s\n", name, cols->items[i].name,
				cols->items[i].help);
}

void help_print_table(FILE *out)
{
	const char *event, *id;

	table_options(out, "-", global_options);
	for (size_t i = 0; i < n_commands; i++) {
		const struct command *c = &commands[i];

		fprintf(out, "command\t%s\t%s\t%s\t%s\t%s\n", c->name,
			c->max ? value_name(c->operands[0]) : "-",
			c->max > 1 ? value_name(c->operands[1]) : "-", c->synopsis,
			c->summary);
		table_options(out, c->name, c->options);
		table_columns(out, c->name, c->columns, NULL);
		table_columns(out, c->name, c->shared_columns, c->columns);
	}
	for (size_t i = 0; i < checks_n(); i++) {
		enum severity severity;
		const char *name = check_name(i, &severity);

		fprintf(out, "check\t%s\t%s\n", name, severity_name(severity));
	}
	for (size_t i = 0; journal_message(i, &event, &id); i++)
		fprintf(out, "message\t%s\t%s\n", event, id);
}
