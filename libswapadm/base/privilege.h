/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* What to do about EPERM: root of a container lacks a capability, not root. */
#ifndef SWAPADM_PRIVILEGE_H
#define SWAPADM_PRIVILEGE_H

#include <unistd.h>

/* @cap: the capability that the kernel asks for, a literal */
#define PRIVILEGE_REMEDY(cap)                             \
	(geteuid()                                        \
		 ? "not permitted; run as root (" cap ")" \
		 : "not permitted: root lacks " cap       \
		   " here, as in most containers; run it on the host, or with that capability")

#endif
