/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* The kernel's messages about block devices that come, change and go. */
#ifndef SWAPADM_UEVENT_H
#define SWAPADM_UEVENT_H

#include "base/ctx.h"

/**
 * struct uevent - one message
 * @action:     "add", "remove", "change"
 * @subsystem:  "block"
 * @devname:    "sdb2", @devtype "disk" or "partition"; NULL when the kernel does not say
 */
struct uevent {
	const char *action, *subsystem, *devname, *devtype;
};

/**
 * uevent_parse() - "ACTION@DEVPATH", zero, then "KEY=VALUE" strings
 * @text:  ends with a zero at @len - 1; what @out points to is in it
 *
 * Return: 0; -EBADMSG no message of the kernel (udev's begin otherwise).
 */
int uevent_parse(const char *text, size_t len, struct uevent *out);

/* a socket that gets them: descriptor, not blocking; else -errno */
int uevent_open(void);

/**
 * uevent_receive() - the next message
 * @buf:  room; @out points into it
 *
 * Return: 0; -EAGAIN none; -ENOBUFS some were lost; -EBADMSG not of the kernel.
 */
int uevent_receive(int fd, char *buf, size_t size, struct uevent *out);

#endif
