/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Entries of the systemd journal with fields. The native protocol (systemd.io/
 * JOURNAL_NATIVE_PROTOCOL) is one datagram an entry, so no library is needed for it.
 */
#ifndef SWAPCTL_JOURNAL_H
#define SWAPCTL_JOURNAL_H

#include "cli.h"

#define JOURNAL_SOCKET "/run/systemd/journal/socket"

struct journal;

/* @path: NULL: JOURNAL_SOCKET. Return: 0; -ENOMEM; else -errno of connecting */
int journal_open(const char *path, struct journal **out);
void journal_closep(struct journal **journal);

/*
 * Send an event: MESSAGE, PRIORITY, SWAPADM_EVENT, and what there is of MESSAGE_ID,
 * SWAPADM_TIER, SWAPADM_DEVICE and SWAPADM_JOB. Block devices and what was there at the
 * first look are left out. An entry that can't be sent is counted, and the next one says
 * so.
 */
void journal_event(struct journal *journal, const struct swapadm_event *e,
		   const char *name, const char *words);

/* the kinds of entries that the catalog explains: i-th name and id; false: no more */
bool journal_message(size_t i, const char **name, const char **id);

#endif
