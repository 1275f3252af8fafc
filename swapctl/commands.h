/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The functions behind the table, one file each or a file for a small family. */
#ifndef SWAPCTL_COMMANDS_H
#define SWAPCTL_COMMANDS_H

#include "cli.h"

int cmd_status(struct cli *cli);
int cmd_list(struct cli *cli);
int cmd_doctor(struct cli *cli);
int cmd_add(struct cli *cli);
int cmd_remove(struct cli *cli);
int cmd_drain(struct cli *cli);
int cmd_migrate(struct cli *cli);
int cmd_cordon(struct cli *cli);
int cmd_uncordon(struct cli *cli);
int cmd_jobs(struct cli *cli);
int cmd_pause(struct cli *cli);
int cmd_resume(struct cli *cli);
int cmd_cancel(struct cli *cli);
int cmd_wait(struct cli *cli);
int cmd_swapin(struct cli *cli);
int cmd_swapout(struct cli *cli);
int cmd_park(struct cli *cli);
int cmd_wake(struct cli *cli);
int cmd_ps(struct cli *cli);
int ps_shared(struct cli *cli); /* with --shared */
int cmd_cgroups(struct cli *cli);
int cmd_apply(struct cli *cli);
int cmd_balance(struct cli *cli);
int cmd_check(struct cli *cli);
int cmd_save(struct cli *cli);
int cmd_import(struct cli *cli);
int cmd_replace(struct cli *cli);
int cmd_resize(struct cli *cli);
int cmd_selftest(struct cli *cli);
int cmd_monitor(struct cli *cli);
int cmd_metrics(struct cli *cli);

/* the two examples of a command's help; NULL when there is no such command */
const char *const *command_examples(const char *name);

extern const struct columns list_columns, jobs_columns, ps_columns, cgroups_columns;
extern const struct columns shared_columns;

#endif
