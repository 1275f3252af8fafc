/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/uevent.h"

#include <linux/netlink.h>
#include <sys/socket.h>

#define GROUP_KERNEL 1 /* 2 is udev's: its messages have another form */
#define BUFFER_BYTES (1 << 20)

static void take(const char *word, const char *key, const char **value)
{
	const char *rest = str_after(word, key);

	if (rest)
		*value = rest;
}

int uevent_parse(const char *text, size_t len, struct uevent *out)
{
	struct uevent ev = { 0 };

	if (!len || text[len - 1] || !strchr(text, '@'))
		return -EBADMSG;
	for (size_t at = strlen(text) + 1; at < len; at += strlen(text + at) + 1) {
		take(text + at, "ACTION=", &ev.action);
		take(text + at, "SUBSYSTEM=", &ev.subsystem);
		take(text + at, "DEVNAME=", &ev.devname);
		take(text + at, "DEVTYPE=", &ev.devtype);
	}
	if (!ev.action || !ev.subsystem)
		return -EBADMSG;
	*out = ev;
	return 0;
}

int uevent_open(void)
{
	const struct sockaddr_nl addr = { .nl_family = AF_NETLINK,
					  .nl_groups = GROUP_KERNEL };
	int size = BUFFER_BYTES;
	int fd = socket(AF_NETLINK, SOCK_DGRAM | SOCK_CLOEXEC | SOCK_NONBLOCK,
			NETLINK_KOBJECT_UEVENT);

	if (fd < 0)
		return -errno;
	/* beyond the usual limit where that is allowed */
	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &size, sizeof(size)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &size, sizeof(size));
	if (bind(fd, (const struct sockaddr *)&addr, sizeof(addr)) < 0) {
		int r = -errno;

		close(fd);
		return r;
	}
	return fd;
}

int uevent_receive(int fd, char *buf, size_t size, struct uevent *out)
{
	struct sockaddr_nl from = { 0 };
	socklen_t from_len = sizeof(from);
	ssize_t n = recvfrom(fd, buf, size - 1, 0, (struct sockaddr *)&from, &from_len);

	if (n < 0)
		return errno == EINTR ? -EAGAIN : -errno;
	if (from.nl_pid != 0) /* anybody may send to the group's members */
		return -EBADMSG;
	buf[n] = '\0';
	return uevent_parse(buf, (size_t)n + 1, out);
}
