/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Signals of the threads that the library starts. */
#ifndef SWAPADM_SIGNALS_H
#define SWAPADM_SIGNALS_H

#include <signal.h>

/*
 * What such a thread blocks: signals are for the caller's threads. But not what a fault
 * of its own raises: blocked, that would end the process past the caller's handler,
 * which may have a terminal to restore.
 */
static inline void signals_but_faults(sigset_t *set)
{
	sigfillset(set);
	sigdelset(set, SIGSEGV);
	sigdelset(set, SIGBUS);
	sigdelset(set, SIGFPE);
	sigdelset(set, SIGILL);
	sigdelset(set, SIGABRT);
	sigdelset(set, SIGTRAP);
}

#endif
