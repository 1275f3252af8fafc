/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl doctor: findings with reason and remedy. */
#include "doctor/checks.h"
#include "commands.h"
#include "jsonout.h"
#include "text.h"

static int print_json(const struct findings *found)
{
	struct json_object *o = json_object_new_object(),
			   *array = json_object_new_array();

	for (size_t i = 0; i < found->n; i++) {
		const struct finding *f = &found->items[i];
		struct json_object *one = json_object_new_object();

		json_text(one, "check", f->check);
		json_text(one, "severity", severity_name(f->severity));
		json_text(one, "object", f->object);
		json_text(one, "text", f->text);
		json_text(one, "why", f->why);
		json_text(one, "remedy", f->remedy);
		json_object_array_add(array, one);
	}
	json_object_object_add(o, "findings", array);
	return json_print(o, true);
}

static void print_text(const struct findings *found)
{
	if (!found->n)
		puts("No problems found.");
	for (size_t i = 0; i < found->n; i++) {
		const struct finding *f = &found->items[i];

		printf("%s%s: %s\n", i ? "\n" : "", severity_name(f->severity), f->text);
		text_wrap(stdout, f->why, 2, 2);
		printf("  remedy: %s\n", f->remedy);
	}
}

static int exit_code_of_findings(const struct cli *cli, const struct findings *found)
{
	if (cli_has(cli, OPT_EXIT_CODE))
		for (size_t i = 0; i < found->n; i++)
			if (found->items[i].severity > SEVERITY_NOTE)
				return CLI_FOUND;
	return CLI_DONE;
}

int cmd_doctor(struct cli *cli)
{
	_cleanup_(machine_free) struct machine m = { 0 };
	_cleanup_(findings_free) struct findings found = { 0 };
	int r = machine_load(cli, 0, &m);

	if (!r) {
		checks_run(&m, &found);
		r = found.no_memory ? -ENOMEM : 0;
	}
	if (r)
		return cli_fail(cli, r, "doctor");
	if (cli_has(cli, OPT_JSON))
		r = print_json(&found);
	else
		print_text(&found);
	return r ? r : exit_code_of_findings(cli, &found);
}
