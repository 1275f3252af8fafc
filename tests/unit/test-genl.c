/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * Events that are lost on their way are reported, and only once. The kernel's own family
 * nlctrl stands for ours; what libnl gets from the kernel is injected in place of
 * recvmsg(2).
 */
#include "unit.h"

#include <netlink/genl/genl.h>
#include <sys/socket.h>
#include <sys/syscall.h>

#include "base/ctx.h"
#include "kernel/genl.h"

static struct {
	int fd;          /* of the events; others are left alone */
	const int *errs; /* of the next calls, 0: a message */
	size_t n, at;
} inject = { .fd = -1 };

static ssize_t one_message(const struct msghdr *msg)
{
	struct {
		struct nlmsghdr nl;
		struct genlmsghdr genl;
	} event = {
		.nl = { .nlmsg_len = sizeof(event), .nlmsg_type = GENL_ID_CTRL },
		.genl = { .cmd = 7, .version = 2 },
	};
	struct sockaddr_nl *from = msg->msg_name;

	assert_true(msg->msg_iov[0].iov_len >= sizeof(event));
	memcpy(msg->msg_iov[0].iov_base, &event, sizeof(event));
	*from = (struct sockaddr_nl){ .nl_family = AF_NETLINK };
	return sizeof(event);
}

/* takes the place of the C library's, for libnl too */
SWAPADM_API ssize_t recvmsg(int fd, struct msghdr *msg, int flags)
{
	if (fd != inject.fd || inject.at == inject.n)
		return syscall(SYS_recvmsg, fd, msg, flags);
	if (inject.errs[inject.at] == 0) {
		if (!(flags & MSG_PEEK))
			inject.at++;
		msg->msg_namelen = sizeof(struct sockaddr_nl);
		msg->msg_flags = 0;
		return one_message(msg);
	}
	errno = inject.errs[inject.at++];
	return -1;
}

static int count(void *data, int cmd, const struct nlattr *attrs, int len)
{
	assert_int_equal(cmd, 7);
	++*(int *)data;
	return 0;
}

static struct genl *subscribed(void)
{
	struct genl *genl;
	int fd;

	if (is_emulated())
		skip();
	assert_int_equal(genl_open("nlctrl", 2, &genl), 0);
	fd = genl_subscribe(genl, "notify");
	assert_true(fd >= 0);
	inject.fd = fd;
	return genl;
}

static void lost_events_are_told(void **state)
{
	static const int errs[] = { 0, 0, ENOBUFS, 0, 0, 0, EAGAIN };
	struct genl *genl = subscribed();
	int n = 0;

	inject.errs = errs;
	inject.at = 0;
	inject.n = ARRAY_SIZE(errs);
	assert_int_equal(genl_receive(genl, count, &n), -ENOBUFS);
	assert_int_equal(n, 2); /* those before the loss */
	assert_int_equal(genl_receive(genl, count, &n), 0);
	assert_int_equal(n, 5); /* and those behind it */
	genl_close(genl);
}

static void interruptions_are_no_loss(void **state)
{
	static const int errs[] = { EINTR, 0, EINTR, EINTR, 0, EAGAIN };
	struct genl *genl = subscribed();
	int n = 0;

	inject.errs = errs;
	inject.at = 0;
	inject.n = ARRAY_SIZE(errs);
	assert_int_equal(genl_receive(genl, count, &n), 0);
	assert_int_equal(n, 2);
	genl_close(genl);
}

static void other_errors_are_passed_on(void **state)
{
	static const int errs[] = { 0, EIO };
	struct genl *genl = subscribed();
	int n = 0;

	inject.errs = errs;
	inject.at = 0;
	inject.n = ARRAY_SIZE(errs);
	assert_true(genl_receive(genl, count, &n) < 0);
	assert_int_equal(n, 1);
	genl_close(genl);
}

static void absent_family(void **state)
{
	struct genl *genl = NULL;

	if (is_emulated())
		skip();
	assert_int_equal(genl_open("no-such-family", 1, &genl), -EPROTONOSUPPORT);
	assert_null(genl);
}

static int teardown(void **state)
{
	inject.fd = -1;
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_teardown(lost_events_are_told, teardown),
		cmocka_unit_test_teardown(interruptions_are_no_loss, teardown),
		cmocka_unit_test_teardown(other_errors_are_passed_on, teardown),
		cmocka_unit_test(absent_family),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
