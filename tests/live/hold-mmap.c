/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * hold-mmap DIR - a process that holds its own mmap_lock, with pages in swap
 *
 * Mounts a FUSE file system of its own on DIR, with one file; a child maps and dirties
 * it, pages 8 MiB of its memory out and unmaps the file. The kernel writes the page back
 * with the lock held (fs/fuse/file.c fuse_vma_close()), and this process does not answer.
 * It shares memory, so that whoever lists that wants to read its page tables.
 * A second thread wants the lock for writing, so that readers wait as well. When that
 * waits, the server prints the child's pid; when it is killed, the connection ends, and
 * the child with it.
 *
 * hold-mmap -o DIR - a process with a descriptor that whoever asks of it waits for
 *
 * The child only opens the file, through a copy of the mount that is nowhere, so that its
 * link in /proc looks like that of a memfd. The server answers neither for its attributes
 * nor for what is looked up in DIR.
 */
#include <fcntl.h>
#include <linux/fuse.h>
#include <pthread.h>
#include <signal.h>
#include <stdatomic.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/mount.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <unistd.h>

#define PAGE  4096
#define BYTES (8u << 20)

#define FAKE "memfd:fake (deleted)"

/* of the server and its child */
struct both {
	atomic_int tid; /* of the thread that wants to write */
	atomic_bool is_held;
};

static char request[1 << 17];
static bool only_open;
static struct both *both;
static pid_t child;

static void die(const char *what)
{
	perror(what);
	exit(1);
}

static void answer(int fd, uint64_t unique, int error, const void *data, size_t n)
{
	char buf[4096];
	struct fuse_out_header head = { (uint32_t)(sizeof(head) + n), error, unique };

	memcpy(buf, &head, sizeof(head));
	if (n)
		memcpy(buf + sizeof(head), data, n);
	if (write(fd, buf, head.len) < 0)
		perror("answer");
}

static struct fuse_attr attr_of(uint64_t node)
{
	return (struct fuse_attr){ .ino = node,
				   .size = node == 1 ? 0 : PAGE,
				   .mode = node == 1 ? S_IFDIR | 0755 : S_IFREG | 0600,
				   .nlink = 1,
				   .blksize = PAGE };
}

static bool is_left_unanswered(const struct fuse_in_header *in)
{
	switch (in->opcode) {
	case FUSE_WRITE:
	case FUSE_OPENDIR: /* who enters the mount waits */
	case FUSE_FORGET:
	case FUSE_INTERRUPT:
		return true;
	case FUSE_GETATTR:
		return only_open;
	case FUSE_LOOKUP:
		return only_open && strcmp((const char *)(in + 1), FAKE) != 0;
	default:
		return false;
	}
}

static bool waits(pid_t tid)
{
	char path[64], state = 0;
	FILE *f;

	snprintf(path, sizeof(path), "/proc/%d/task/%d/stat", (int)child, (int)tid);
	f = fopen(path, "re");
	if (!f)
		die(path);
	if (fscanf(f, "%*d (%*[^)]) %c", &state) != 1)
		state = 0;
	fclose(f);
	return state == 'D';
}

/* the child is in munmap(2): its other thread goes on, and soon waits for the lock */
static void on_write(void)
{
	both->is_held = true;
	while (!both->tid || !waits(both->tid))
		usleep(1000);
	printf("%d\n", (int)child);
	fflush(stdout);
}

static void serve(int fd)
{
	struct fuse_in_header *in = (void *)request;
	struct fuse_init_out init = { .major = FUSE_KERNEL_VERSION,
				      .minor = 31,
				      .max_readahead = PAGE,
				      .max_write = PAGE };
	struct fuse_entry_out entry = { .nodeid = 2,
					.attr_valid = only_open ? 0 : 1000,
					.attr = attr_of(2) };
	struct fuse_attr_out attr = { .attr_valid = 1000, .attr = attr_of(in->nodeid) };
	struct fuse_open_out open_out = { .fh = 1 };
	static const char page[PAGE - 64];

	if (read(fd, request, sizeof(request)) < (ssize_t)sizeof(*in))
		return;
	if (in->opcode == FUSE_WRITE)
		on_write();
	if (is_left_unanswered(in))
		return;
	attr.attr = attr_of(in->nodeid);
	switch (in->opcode) {
	case FUSE_INIT:
		return answer(fd, in->unique, 0, &init, sizeof(init));
	case FUSE_LOOKUP:
		return answer(fd, in->unique, 0, &entry, sizeof(entry));
	case FUSE_GETATTR:
	case FUSE_SETATTR:
		return answer(fd, in->unique, 0, &attr, sizeof(attr));
	case FUSE_OPEN:
		return answer(fd, in->unique, 0, &open_out, sizeof(open_out));
	case FUSE_READ:
		return answer(fd, in->unique, 0, page, sizeof(page));
	default:
		return answer(fd, in->unique, -38, NULL, 0); /* ENOSYS */
	}
}

static void *want_write(void *arg)
{
	both->tid = (int)gettid();
	while (!both->is_held)
		usleep(1000);
	mmap(NULL, PAGE, PROT_READ, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	return arg;
}

static void hold(const char *dir)
{
	unsigned char *memory = mmap(NULL, BYTES, PROT_READ | PROT_WRITE,
				     MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	char path[4096];
	pthread_t thread;
	char *page;
	int fd;

	for (size_t i = 0; i < BYTES; i++)
		memory[i] = (unsigned char)(i * 2654435761u >> 13);
	madvise(memory, BYTES, MADV_PAGEOUT);
	mmap(NULL, PAGE, PROT_READ, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	snprintf(path, sizeof(path), "%s/f", dir);
	fd = open(path, O_RDWR);
	if (fd < 0)
		die(path);
	page = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0);
	if (page == MAP_FAILED)
		die("mmap");
	page[0] = 1;
	pthread_create(&thread, NULL, want_write, NULL);
	munmap(page, PAGE);
	pause();
}

static void hold_open(const char *dir)
{
	int tree = (int)syscall(SYS_open_tree, AT_FDCWD, dir, OPEN_TREE_CLONE);

	if (tree < 0 || openat(tree, FAKE, O_RDWR) < 0)
		die(dir);
	printf("%d\n", (int)getpid());
	fflush(stdout);
	for (;;)
		pause();
}

int main(int argc, char **argv)
{
	int fd = open("/dev/fuse", O_RDWR | O_CLOEXEC);
	char options[128];

	only_open = argc == 3 && strcmp(argv[1], "-o") == 0;
	argv += only_open;
	argc -= only_open;
	if (argc != 2 || fd < 0)
		die(argc == 2 ? "/dev/fuse" : "usage: hold-mmap [-o] DIR");
	snprintf(options, sizeof(options), "fd=%d,rootmode=40000,user_id=0,group_id=0",
		 fd);
	if (mount("hold-mmap", argv[1], "fuse", MS_NOSUID | MS_NODEV, options) < 0)
		die("mount");
	both = mmap(NULL, PAGE, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1,
		    0);
	if (both == MAP_FAILED)
		die("mmap");
	child = fork();
	if (child == 0) {
		close(fd); /* its last user is the server, whose end ends all waits */
		prctl(PR_SET_PDEATHSIG, SIGKILL);
		if (only_open)
			hold_open(argv[1]);
		hold(argv[1]);
	}
	for (;;)
		serve(fd);
}
