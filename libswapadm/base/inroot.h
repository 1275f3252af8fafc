/* SPDX-License-Identifier: LGPL-2.1-or-later */
/* Opening a path below a folder that stands for "/": links can't lead out of it. */
#ifndef SWAPADM_INROOT_H
#define SWAPADM_INROOT_H

/*
 * openat2(2) with RESOLVE_IN_ROOT: a descriptor, or -1 with errno. Where a ".." is followed
 * while anything on the machine is renamed or mounted, the kernel asks to try again
 * (fs/namei.c:handle_dots), which it does.
 */
int inroot_open(int root_fd, const char *path, int flags);

/*
 * The same, a component at a time, for where openat2(2) is not to be had: filters of
 * system calls from before it, and old emulators. What is moved out of the root at that
 * very moment may be followed there.
 */
int inroot_open_slowly(int root_fd, const char *path, int flags);

#endif
