/* SPDX-License-Identifier: GPL-2.0-or-later */
/* A fabricated machine with areas, and the model of it as text. */
#ifndef MACHINE_H
#define MACHINE_H

#include "fixture.h"

#define ATA   "x/host0/target0:0:0/0:0:0:0/block/"
#define CONF  "/etc/swapadm.conf"
#define KNOWN (SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED)
#define ALL   (KNOWN | SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM | SWAPADM_USAGE_DISK)
#define KIB   1024ull
#define MIB   (1024 * KIB)

#define ZRAM0(prio) "/dev/zram0 partition 1048572 4096 " prio "\n"
#define SDA2(prio)  "/dev/sda2 partition 8388604 1024 " prio "\n"
#define SDB(prio)   "/dev/sdb partition 1048572 0 " prio "\n"
#define SDC(prio)   "/dev/sdc partition 1048572 512 " prio "\n"

/* a load that fails fails the test */
struct swapadm_model *load(struct sandbox *box, unsigned flags);
/* "tier[rank/prio/kind]: device device(inactive) | tier..."; static buffer */
const char *shape(const struct swapadm_model *model);
/* two SSDs, a hard disk, a zram device */
void a_machine(struct sandbox *box);
/* /proc/swaps without its heading */
void areas(struct sandbox *box, const char *lines);
/* devices as path, tier, spec in the state, and the tiers "cli" and "empty" */
void record(struct sandbox *box, const char *const (*devices)[3], size_t n);

#endif
