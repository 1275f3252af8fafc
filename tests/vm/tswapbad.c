// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tswapbad - malformed requests to the generic netlink family "tswap"
 *
 *	tswapbad [ROUNDS]
 *
 * Every command gets attributes that are truncated, too long, of the wrong size, unknown,
 * not terminated, out of range, or random bytes; each request has at least one of them,
 * so each must be refused. Prints what was accepted and ends with 1 if anything was.
 */
#include <err.h>
#include <errno.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../tswap/uapi/linux/tswap.h"

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	unsigned char data[4096];
};

static uint64_t seed = 0x853c49e6748fea9bULL;

static uint32_t any(uint32_t below)
{
	seed ^= seed << 13;
	seed ^= seed >> 7;
	seed ^= seed << 17;
	return (seed >> 16) % below;
}

static int open_socket(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(2, "netlink socket");
	return fd;
}

static void start(struct message *m, int type, int cmd)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nlh.nlmsg_type = type;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | NLM_F_ACK;
	m->genl.cmd = cmd;
	m->genl.version = TSWAP_FAMILY_VERSION;
}

/* Append an attribute that claims @claim bytes but has @len. */
static void put(struct message *m, int type, const void *data, size_t len, size_t claim)
{
	struct nlattr *a = (struct nlattr *)((char *)m + NLMSG_ALIGN(m->nlh.nlmsg_len));

	a->nla_type = type;
	a->nla_len = NLA_HDRLEN + claim;
	memcpy((char *)a + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len = NLMSG_ALIGN(m->nlh.nlmsg_len) + NLA_ALIGN(NLA_HDRLEN + len);
}

/* The errno of the answer, 0 for success. */
static int ask(int fd, const struct message *m)
{
	char buf[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh = (void *)buf;

	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0)
		return errno;
	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);

		if (n < (ssize_t)sizeof(*nlh))
			err(2, "recv");
		if (nlh->nlmsg_type == NLMSG_ERROR)
			return -((const struct nlmsgerr *)NLMSG_DATA(nlh))->error;
	}
}

static int find_family(int fd)
{
	char buf[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh = (void *)buf;
	const char *at = buf + NLMSG_LENGTH(GENL_HDRLEN);
	struct message m;
	ssize_t n;

	start(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY);
	m.nlh.nlmsg_flags = NLM_F_REQUEST;
	put(&m, CTRL_ATTR_FAMILY_NAME, TSWAP_FAMILY_NAME, sizeof(TSWAP_FAMILY_NAME),
	    sizeof(TSWAP_FAMILY_NAME));
	if (send(fd, &m, m.nlh.nlmsg_len, 0) < 0)
		err(2, "send");
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < (ssize_t)sizeof(*nlh) || nlh->nlmsg_type == NLMSG_ERROR)
		errx(2, "no netlink family tswap; is the module loaded?");
	while (at < buf + nlh->nlmsg_len) {
		const struct nlattr *a = (const void *)at;
		uint16_t id;

		memcpy(&id, at + NLA_HDRLEN, sizeof(id));
		if (a->nla_type == CTRL_ATTR_FAMILY_ID)
			return id;
		at += NLA_ALIGN(a->nla_len);
	}
	errx(2, "the family has no id");
}

/* What a command needs, well formed: the bad attribute must be the only reason. */
static void put_good(struct message *m, int cmd)
{
	static const uint32_t zero, one = 1;
	static const uint64_t slots = 1000;

	switch (cmd) {
	case TSWAP_CMD_DEVICE_ADD:
		put(m, TSWAP_A_DEVICE_SLOTS, &slots, 8, 8);
		break;
	case TSWAP_CMD_DEVICE_DEL:
	case TSWAP_CMD_DEVICE_SET:
	case TSWAP_CMD_DEVICE_GET:
		put(m, TSWAP_A_DEVICE_ID, &zero, 4, 4);
		break;
	case TSWAP_CMD_LEAF_ADD:
	case TSWAP_CMD_LEAF_DEL:
	case TSWAP_CMD_LEAF_SET:
	case TSWAP_CMD_LEAF_GET:
		put(m, TSWAP_A_LEAF_DEVICE, &zero, 4, 4);
		if (cmd != TSWAP_CMD_LEAF_ADD)
			put(m, TSWAP_A_LEAF_ID, &one, 4, 4);
		break;
	case TSWAP_CMD_TIER_SET:
	case TSWAP_CMD_TIER_GET:
		put(m, TSWAP_A_TIER_DEVICE, &zero, 4, 4);
		put(m, TSWAP_A_TIER_NAME, "ssd", 4, 4);
		break;
	case TSWAP_CMD_JOB_START:
		put(m, TSWAP_A_JOB_DEVICE, &zero, 4, 4);
		put(m, TSWAP_A_JOB_KIND, &one, 4, 4);
		break;
	default:
		put(m, TSWAP_A_JOB_ID, &one, 4, 4);
	}
}

/* Attributes of the command's set that only replies have, and numbers nobody defines. */
static int unknown_type(void)
{
	static const int types[] = { 60, 100, 255, 1000, 0x3fff };

	return types[any(5)];
}

static void put_bad(struct message *m, int how)
{
	unsigned char junk[600];
	int type = 2 + any(8);
	size_t i;

	for (i = 0; i < sizeof(junk); i++)
		junk[i] = any(256) | 1;
	switch (how) {
	case 0: /* claims more than the message has */
		put(m, type, junk, 4, 4 + 1 + any(2000));
		break;
	case 1: /* shorter than its own header: trailing bytes */
		put(m, type, junk, 4, (size_t)-1 - any(3));
		break;
	case 2: /* no type of the policies has 3 bytes */
		put(m, type, junk, 3, 3);
		break;
	case 3: /* nor 300 */
		put(m, type, junk, 300, 300);
		break;
	case 4:
		put(m, unknown_type(), junk, 4, 4);
		break;
	case 5: /* not empty, nor of one byte but overcommit, whose value is too large */
		put(m, type, junk, 0, 0);
		break;
	case 6: /* nested, which nothing is */
		put(m, type | NLA_F_NESTED, junk, 16, 16);
		break;
	default: /* bytes behind the last attribute */
		put(m, type, junk, 9 + any(500), 7);
	}
}

int main(int argc, char **argv)
{
	int rounds = argc > 1 ? atoi(argv[1]) : 2000, accepted = 0, i;
	int fd = open_socket(), family = find_family(fd);

	for (i = 0; i < rounds; i++) {
		int cmd = 1 + any(TSWAP_CMD_MAX + 3), how = any(8), error;
		struct message m;

		start(&m, family, cmd);
		if (cmd <= TSWAP_CMD_MAX && any(4))
			put_good(&m, cmd);
		put_bad(&m, how);
		error = ask(fd, &m);
		if (error)
			continue;
		printf("accepted: round %d command %d kind %d\n", i, cmd, how);
		accepted++;
	}
	printf("%d requests, %d accepted\n", rounds, accepted);
	return accepted > 0;
}
