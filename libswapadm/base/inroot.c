/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "base/inroot.h"

#include <fcntl.h>
#include <limits.h>
#include <linux/openat2.h>
#include <sys/syscall.h>

#include "base/util.h"

#define OPEN_TRIES 1000
#define LINKS_MAX  40 /* as the kernel's MAXSYMLINKS */

int inroot_open(int root_fd, const char *path, int flags)
{
	struct open_how how = { .flags = (uint64_t)flags, .resolve = RESOLVE_IN_ROOT };
	int fd = -1;

	for (unsigned i = 0; i < OPEN_TRIES; i++) {
		fd = (int)syscall(SYS_openat2, root_fd, path, &how, sizeof(how));
		if (fd >= 0 || errno != EAGAIN)
			break;
	}
	return fd;
}

/* where a walk is, and what is still to go */
struct walk {
	int root_fd, dir_fd;
	unsigned n_links;
	char rest[PATH_MAX];
};

static int go_to(struct walk *w, int fd)
{
	if (fd < 0)
		return -1;
	closep(&w->dir_fd);
	w->dir_fd = fd;
	return 0;
}

static int go_in(struct walk *w, const char *name)
{
	return go_to(w, openat(w->dir_fd, name,
			       O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC));
}

static int go_to_root(struct walk *w)
{
	return go_to(w, openat(w->root_fd, ".", O_PATH | O_DIRECTORY | O_CLOEXEC));
}

/* the root is its own parent */
static int go_up(struct walk *w)
{
	struct stat here, root;

	if (fstat(w->dir_fd, &here) < 0 || fstat(w->root_fd, &root) < 0)
		return -1;
	return here.st_dev == root.st_dev && here.st_ino == root.st_ino ? 0
									: go_in(w, "..");
}

/* the next name goes from .rest to @name, "" at the end; true: it is the last one */
static bool take_name(struct walk *w, char name[PATH_MAX])
{
	const char *s = w->rest + strspn(w->rest, "/");
	size_t n = strcspn(s, "/");
	bool is_last = !s[n]; /* what a slash follows is a folder that "" is opened in */

	snprintf(name, PATH_MAX, "%.*s", (int)n, s);
	memmove(w->rest, s + n, strlen(s + n) + 1);
	return is_last;
}

/* a link takes its place in .rest: 1; 0: @name is none; -1 */
static int follow(struct walk *w, const char *name)
{
	char link[PATH_MAX], rest[PATH_MAX];
	ssize_t n = readlinkat(w->dir_fd, name, link, sizeof(link) - 1);

	if (n < 0)
		return 0; /* opening it says what is wrong */
	link[n] = '\0';
	if (++w->n_links > LINKS_MAX) {
		errno = ELOOP;
		return -1;
	}
	n = snprintf(rest, sizeof(rest), "%s%s", link, w->rest);
	if ((size_t)n >= sizeof(rest)) {
		errno = ENAMETOOLONG;
		return -1;
	}
	memcpy(w->rest, rest, (size_t)n + 1);
	return *link == '/' && go_to_root(w) ? -1 : 1;
}

/* one name further: 0; 1, the last one is open as @fd; -1 */
static int step(struct walk *w, int flags, int *fd)
{
	char name[PATH_MAX];
	bool is_last = take_name(w, name);
	int r;

	if (!*name || streq(name, "."))
		r = 0;
	else if (streq(name, ".."))
		r = go_up(w);
	else {
		r = is_last && flags & O_NOFOLLOW ? 0 : follow(w, name);
		if (r)
			return r < 0 ? -1 : 0;
		if (is_last) {
			*fd = openat(w->dir_fd, name, flags | O_NOFOLLOW);
			return *fd < 0 ? -1 : 1;
		}
		r = go_in(w, name);
	}
	if (r || !is_last)
		return r;
	*fd = openat(w->dir_fd, ".", flags);
	return *fd < 0 ? -1 : 1;
}

int inroot_open_slowly(int root_fd, const char *path, int flags)
{
	struct walk w = { .root_fd = root_fd, .dir_fd = -1 };
	int fd = -1, r = go_to_root(&w), err;

	if (strlen(path) >= sizeof(w.rest)) {
		errno = ENAMETOOLONG;
		r = -1;
	} else {
		memcpy(w.rest, path, strlen(path) + 1);
	}
	while (!r)
		r = step(&w, flags, &fd);
	err = errno;
	closep(&w.dir_fd);
	errno = err;
	return fd;
}
