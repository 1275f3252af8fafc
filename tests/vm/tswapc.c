// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tswapc - bare client of the generic netlink family "tswap", for tests in guests
 *
 *	tswapc COMMAND [NAME=VALUE...]	a request; prints what comes back
 *	tswapc COMMAND --dump [NAME=VALUE...]
 *	tswapc monitor SECONDS		notifications
 *	tswapc repeat N COMMAND [NAME=VALUE...] [-- COMMAND [NAME=VALUE...]]...
 *					the requests in turn, N times, by one process:
 *					how many there were, what they took, or a refusal;
 *					--dump after COMMAND: a dump that is not printed
 *	tswapc job-run NAME=VALUE...	job-start, and what it took until it was done
 *
 * With TSWAPC_FAIL_NTH=N in the environment the Nth allocation (or other thing that the
 * kernel's fault injection knows) that the request makes fails; a last line says on
 * standard error whether there was one: "fault: injected" or "fault: not reached".
 *
 * A device or leaf that was removed (device-del, leaf-del) is waited for, 30 s at most,
 * as the module removes in the background; "wait=0" as last word: not.
 *
 * Names are those of tswap.yaml; "path=/dev/x" of leaf-add opens the device for fd. Each
 * object is printed on a line of NAME=VALUE words. A refusal is printed as "COMMAND: error:
 * extack text" and gives status 1; anything unexpected gives 2. It uses no library on purpose:
 * what it says about the interface cannot be the mistake of a library that makes it as
 * well.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <poll.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "tswapc.h"

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	char data[2048];
};

struct family {
	int id;
	uint32_t group;
};

static int open_socket(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(2, "netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	setsockopt(fd, SOL_NETLINK, NETLINK_GET_STRICT_CHK, &one, sizeof(one));
	return fd;
}

static void start(struct message *m, int family, int cmd, int version, int flags)
{
	memset(m, 0, sizeof(*m));
	m->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nlh.nlmsg_type = family;
	m->nlh.nlmsg_flags = NLM_F_REQUEST | flags;
	m->nlh.nlmsg_seq = 1;
	m->genl.cmd = cmd;
	m->genl.version = version;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	struct nlattr *attr =
		(struct nlattr *)((char *)m + NLMSG_ALIGN(m->nlh.nlmsg_len));

	if (NLMSG_ALIGN(m->nlh.nlmsg_len) + NLA_HDRLEN + len > sizeof(*m))
		errx(2, "request too long");
	attr->nla_type = type;
	attr->nla_len = NLA_HDRLEN + len;
	memcpy((char *)attr + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len = NLMSG_ALIGN(m->nlh.nlmsg_len) + NLA_ALIGN(attr->nla_len);
}

static const char *extack(const struct nlmsghdr *nlh)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	size_t at = NLMSG_ALIGN(sizeof(*nlh)) + sizeof(*e);

	if (!(nlh->nlmsg_flags & NLM_F_ACK_TLVS))
		return "";
	if (!(nlh->nlmsg_flags & NLM_F_CAPPED))
		at += NLMSG_ALIGN(e->msg.nlmsg_len - sizeof(struct nlmsghdr));
	while (at + NLA_HDRLEN <= nlh->nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)nlh + at);

		if ((a->nla_type & NLA_TYPE_MASK) == NLMSGERR_ATTR_MSG)
			return (const char *)a + NLA_HDRLEN;
		if (a->nla_len < NLA_HDRLEN)
			break;
		at += NLA_ALIGN(a->nla_len);
	}
	return "";
}

/* The attribute of that type in a message of a family, or NULL. */
static const struct nlattr *find(const void *at, size_t len, int type)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = at;

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at = (const char *)at + NLA_ALIGN(a->nla_len);
		len -= NLA_ALIGN(a->nla_len) < (int)len ? NLA_ALIGN(a->nla_len) : len;
	}
	return NULL;
}

static const void *attrs_of(const struct nlmsghdr *nlh, size_t *len)
{
	*len = nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);
	return (const char *)NLMSG_DATA(nlh) + GENL_HDRLEN;
}

static void find_group(const struct nlattr *groups, struct family *f)
{
	const struct nlattr *one, *name, *id;
	size_t at = NLA_HDRLEN;

	for (; at + NLA_HDRLEN <= groups->nla_len; at += NLA_ALIGN(one->nla_len)) {
		const void *in;

		one = (const void *)((const char *)groups + at);
		in = (const char *)one + NLA_HDRLEN;
		name = find(in, one->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_NAME);
		id = find(in, one->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID);
		if (name && id &&
		    !strcmp((const char *)name + NLA_HDRLEN, TSWAP_MCGRP_EVENTS))
			memcpy(&f->group, (const char *)id + NLA_HDRLEN,
			       sizeof(f->group));
	}
}

static struct family find_family(int fd)
{
	struct family f = { 0 };
	char buf[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh = (void *)buf;
	const struct nlattr *a;
	struct message m;
	const void *attrs;
	uint16_t id;
	size_t len;
	ssize_t n;

	start(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 1, 0);
	put(&m, CTRL_ATTR_FAMILY_NAME, TSWAP_FAMILY_NAME, sizeof(TSWAP_FAMILY_NAME));
	if (send(fd, &m, m.nlh.nlmsg_len, 0) < 0)
		err(2, "send");
	n = recv(fd, buf, sizeof(buf), 0);
	if (n < (ssize_t)sizeof(*nlh) || nlh->nlmsg_type == NLMSG_ERROR)
		errx(2, "no netlink family tswap; is the module loaded?");
	attrs = attrs_of(nlh, &len);
	a = find(attrs, len, CTRL_ATTR_FAMILY_ID);
	if (!a)
		errx(2, "bad answer of the netlink control family");
	memcpy(&id, (const char *)a + NLA_HDRLEN, sizeof(id));
	f.id = id;
	a = find(attrs, len, CTRL_ATTR_MCAST_GROUPS);
	if (a)
		find_group(a, &f);
	return f;
}

static void print_numbers(const unsigned char *data, size_t len, size_t size)
{
	size_t i, n = len / size;

	while (n > 1 && !memcmp(data + (n - 1) * size, "\0\0\0\0\0\0\0", size))
		n--;
	for (i = 0; i < n; i++) {
		uint64_t number = 0;

		memcpy(&number, data + i * size, size); /* little-endian */
		printf("%s%llu", i ? "," : "", (unsigned long long)number);
	}
}

static void print_value(const struct attr *def, const struct nlattr *a)
{
	const unsigned char *data = (const unsigned char *)a + NLA_HDRLEN;
	size_t i, len = a->nla_len - NLA_HDRLEN;
	uint64_t u64;
	uint32_t u32;

	switch (def->type) {
	case U8:
		printf("%u", *data);
		break;
	case U32:
	case S32:
		memcpy(&u32, data, sizeof(u32));
		printf("%u", u32);
		break;
	case U64:
		memcpy(&u64, data, sizeof(u64));
		printf("%llu", (unsigned long long)u64);
		break;
	case STR:
		for (i = 0; i < len && data[i]; i++)
			putchar(data[i] == ' ' ? '_' : data[i]);
		break;
	case BIN:
		for (i = 0; i < len; i++)
			printf("%02x", data[i]);
		break;
	case SLOTS: /* only sent */
	case U32S:
	case U64S:
		print_numbers(data, len, def->type == U32S ? 4 : 8);
	}
}

static void print_object(const struct nlmsghdr *nlh, const struct attr *defs)
{
	size_t len;
	const void *attrs = attrs_of(nlh, &len);
	const struct attr *def;
	bool first = true;

	for (def = defs; def->name; def++) {
		const struct nlattr *a = find(attrs, len, def->id);

		if (!a)
			continue;
		printf("%s%s=", first ? "" : " ", def->name);
		print_value(def, a);
		first = false;
	}
	putchar('\n');
}

static void put_numbers(struct message *m, int id, char *value)
{
	uint64_t numbers[TSWAP_CGROUP_TIERS] = { 0 };
	char *save = NULL, *word = strtok_r(value, ",", &save);
	size_t n = 0;

	for (; word; word = strtok_r(NULL, ",", &save)) {
		if (n == TSWAP_CGROUP_TIERS)
			errx(2, "too many numbers");
		numbers[n++] = strtoull(word, NULL, 0);
	}
	put(m, id, numbers, sizeof(numbers));
}

/* "FIRST+N,FIRST+N,...", in attributes of at most 4 pairs: lists take several */
static void put_slots(struct message *m, int id, char *value)
{
	char *save = NULL, *word = strtok_r(value, ",", &save);
	struct tswap_slots list[4];
	size_t n = 0;

	for (; word; word = strtok_r(NULL, ",", &save)) {
		char *nr = strchr(word, '+');

		list[n].first = strtoul(word, NULL, 0);
		list[n].nr = nr ? strtoul(nr + 1, NULL, 0) : 1;
		if (++n < 4)
			continue;
		put(m, id, list, sizeof(list));
		n = 0;
	}
	if (n)
		put(m, id, list, n * sizeof(*list));
}

static void put_word(struct message *m, const struct attr *defs, char *word)
{
	char *value = strchr(word, '=');
	const struct attr *def;
	uint64_t number;
	uint32_t u32;
	uint8_t u8;

	if (!value)
		errx(2, "%s: expected NAME=VALUE", word);
	*value++ = 0;
	if (!strcmp(word, "path")) {
		int fd = open(value, O_RDWR | O_CLOEXEC);

		if (fd < 0)
			err(1, "%s", value);
		put(m, TSWAP_A_LEAF_FD, &fd, sizeof(fd));
		return;
	}
	for (def = defs; def->name && strcmp(def->name, word); def++)
		;
	if (!def->name)
		errx(2, "%s: no such attribute", word);
	number = strtoull(value, NULL, 0);
	u32 = number;
	u8 = number;
	if (def->type == SLOTS)
		put_slots(m, def->id, value);
	else if (def->type == U64S)
		put_numbers(m, def->id, value);
	else if (def->type == STR || def->type == BIN)
		put(m, def->id, value, strlen(value) + 1);
	else if (def->type == U64)
		put(m, def->id, &number, sizeof(number));
	else if (def->type == U8)
		put(m, def->id, &u8, sizeof(u8));
	else
		put(m, def->id, &u32, sizeof(u32));
}

/* Receive until the acknowledgement or the end of the dump. */
static int receive(int fd, const struct command *cmd)
{
	static char buf[1 << 16] __attribute__((aligned(8)));
	bool interrupted = false;

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), 0);
		const struct nlmsghdr *nlh = (void *)buf;
		const struct nlmsgerr *e;

		if (n < 0 && errno == ENOBUFS) {
			/*
			 * no memory for the answer; what was asked for may have been done
			 */
			fprintf(stderr, "%s: %s\n", cmd->name, strerror(errno));
			return 1;
		}
		if (n < 0)
			err(2, "recv");
		for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
			interrupted |= nlh->nlmsg_flags & NLM_F_DUMP_INTR;
			if (nlh->nlmsg_type == NLMSG_DONE) {
				if (interrupted)
					fprintf(stderr, "%s: dump interrupted\n",
						cmd->name);
				return 0;
			}
			if (nlh->nlmsg_type != NLMSG_ERROR) {
				print_object(nlh, cmd->attrs);
				continue;
			}
			e = NLMSG_DATA(nlh);
			if (!e->error)
				return 0;
			fprintf(stderr, "%s: %s: %s\n", cmd->name, strerror(-e->error),
				extack(nlh));
			return 1;
		}
	}
}

static int monitor(int fd, const struct family *f, int seconds)
{
	static char buf[1 << 16] __attribute__((aligned(8)));
	time_t end = time(NULL) + seconds;
	struct pollfd p = { .fd = fd, .events = POLLIN };
	const struct command *c;

	if (setsockopt(fd, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &f->group,
		       sizeof(f->group)))
		err(2, "multicast group");
	puts("ready");
	fflush(stdout);
	while (time(NULL) < end) {
		const struct nlmsghdr *nlh = (void *)buf;
		const struct genlmsghdr *g;
		ssize_t n;

		if (poll(&p, 1, 200) <= 0)
			continue;
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			err(2, "recv");
		for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n)) {
			g = NLMSG_DATA(nlh);
			for (c = commands; c->name && c->id != g->cmd; c++)
				;
			if (!c->name)
				errx(2, "unknown notification %d", g->cmd);
			printf("%s ", c->name);
			print_object(nlh, c->attrs);
		}
		fflush(stdout);
	}
	return 0;
}

/* ---- fault injection ------------------------------------------------------------- */

/* -1: it is not asked for */
static int fail_nth_open(void)
{
	int fd;

	if (!getenv("TSWAPC_FAIL_NTH"))
		return -1;
	/* pages of ours are not what is to fail: the kernel would say EFAULT for them */
	if (mlockall(MCL_CURRENT))
		err(2, "mlockall");
	fd = open("/proc/thread-self/fail-nth", O_RDWR | O_CLOEXEC);
	if (fd < 0)
		err(2, "/proc/thread-self/fail-nth");
	return fd;
}

static void fail_nth_set(int fd)
{
	const char *n = getenv("TSWAPC_FAIL_NTH");

	if (fd >= 0 && write(fd, n, strlen(n)) < 0)
		err(2, "/proc/thread-self/fail-nth");
}

static void fail_nth_report(int fd)
{
	char left[16] = "";

	if (fd < 0)
		return;
	if (pread(fd, left, sizeof(left) - 1, 0) < 0 || pwrite(fd, "0", 1, 0) < 0)
		err(2, "/proc/thread-self/fail-nth");
	fprintf(stderr, "fault: %s\n", atoi(left) ? "not reached" : "injected");
}

static int request(int fd, const struct command *c, const struct message *m)
{
	int nth = fail_nth_open(), r;

	fail_nth_set(nth);
	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0) {
		r = errno == ENOBUFS || errno == ENOMEM ? 1 : 2;
		warn("send");
	} else {
		r = receive(fd, c);
	}
	fail_nth_report(nth);
	return r;
}

/* ---- removals -------------------------------------------------------------------- */

static const struct command *get_for(const struct command *c)
{
	const char *get = c->id == TSWAP_CMD_DEVICE_DEL ? "device-get"
			  : c->id == TSWAP_CMD_LEAF_DEL ? "leaf-get"
							: NULL;

	for (c = commands; get && c->name; c++)
		if (!strcmp(c->name, get))
			return c;
	return NULL;
}

/* 0, or the error of the acknowledgement or dump; what comes before is not looked at */
static int quiet_request(int fd, const struct message *m)
{
	static char buf[1 << 14] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh = (void *)buf;
	ssize_t n;

	if (send(fd, m, m->nlh.nlmsg_len, 0) < 0)
		err(2, "send");
	for (;;) {
		n = recv(fd, buf, sizeof(buf), 0);
		if (n < 0)
			err(2, "recv");
		for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n))
			if (nlh->nlmsg_type == NLMSG_ERROR ||
			    nlh->nlmsg_type == NLMSG_DONE)
				return *(const int *)NLMSG_DATA(nlh);
		nlh = (void *)buf;
	}
}

/* After a removal was accepted: until what it named is gone. */
static int await_removal(int fd, const struct command *c, struct message *m)
{
	int i;

	if (!get_for(c))
		return 0;
	m->genl.cmd = get_for(c)->id;
	for (i = 0; i < 3000; i++) {
		int r = quiet_request(fd, m);

		if (r == -ENODEV || r == -ENOENT)
			return 0;
		usleep(10000);
	}
	fprintf(stderr, "%s: still not gone\n", c->name);
	return 1;
}

/* ---- commands -------------------------------------------------------------------- */

#define MAX_TURNS 16

static long long now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return t.tv_sec * 1000000000LL + t.tv_nsec;
}

/* @words: after the number, up to a NULL */
static int repeat(int fd, const struct family *f, unsigned long n, char **words)
{
	static struct message messages[MAX_TURNS];
	const struct command *turns[MAX_TURNS];
	unsigned long i, n_turns = 0;
	long long begin, ns;

	while (*words) {
		struct message *m = &messages[n_turns];
		bool dump = words[1] && !strcmp(words[1], "--dump");

		if (n_turns == MAX_TURNS)
			errx(2, "more than %d requests in turn", MAX_TURNS);
		turns[n_turns] = find_command(*words++);
		words += dump;
		start(m, f->id, turns[n_turns]->id, TSWAP_FAMILY_VERSION,
		      dump ? NLM_F_DUMP : NLM_F_ACK);
		for (; *words && strcmp(*words, "--"); words++)
			put_word(m, turns[n_turns]->attrs, *words);
		words += *words != NULL;
		n_turns++;
	}
	begin = now_ns();
	for (i = 0; i < n * n_turns; i++) {
		struct message m = messages[i % n_turns];
		int r;

		if (m.nlh.nlmsg_flags & NLM_F_DUMP)
			r = quiet_request(fd, &m);
		else
			r = request(fd, turns[i % n_turns], &m);
		if (r || await_removal(fd, turns[i % n_turns], &m))
			return 1;
	}
	ns = now_ns() - begin;
	printf("requests=%lu ns=%lld per-second=%lld\n", i, ns,
	       ns ? i * 1000000000LL / ns : 0);
	return 0;
}

/* The state of a job that a notification is about; 0 for other notifications. */
static unsigned int job_state(const struct nlmsghdr *nlh)
{
	const struct genlmsghdr *g = NLMSG_DATA(nlh);
	const struct nlattr *a;
	const void *attrs;
	uint32_t state;
	size_t len;

	if (g->cmd != TSWAP_CMD_JOB_NTF)
		return 0;
	attrs = attrs_of(nlh, &len);
	a = find(attrs, len, TSWAP_A_JOB_STATE);
	if (!a)
		return 0;
	memcpy(&state, (const char *)a + NLA_HDRLEN, sizeof(state));
	return state;
}

/* There is no other job meanwhile. */
static int run_job(int fd, const struct family *f, char **words)
{
	static char buf[1 << 16] __attribute__((aligned(8)));
	const struct command *c = find_command("job-start");
	int events = open_socket();
	unsigned int state = 0;
	struct message m;
	long long begin;

	if (setsockopt(events, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &f->group,
		       sizeof(f->group)))
		err(2, "multicast group");
	start(&m, f->id, c->id, TSWAP_FAMILY_VERSION, NLM_F_ACK);
	for (; *words; words++)
		put_word(&m, c->attrs, *words);
	begin = now_ns();
	if (request(fd, c, &m))
		return 1;
	while (state < TSWAP_JOB_DONE) {
		const struct nlmsghdr *nlh = (void *)buf;
		ssize_t n = recv(events, buf, sizeof(buf), 0);

		if (n < 0)
			err(2, "recv");
		for (; state < TSWAP_JOB_DONE && NLMSG_OK(nlh, n);
		     nlh = NLMSG_NEXT(nlh, n))
			state = job_state(nlh);
	}
	printf("state=%u ns=%lld\n", state, now_ns() - begin);
	return state != TSWAP_JOB_DONE;
}

int main(int argc, char **argv)
{
	const struct command *c;
	struct family f;
	struct message m;
	int fd, i = 2, r;
	bool dump, wait;

	if (argc < 2)
		errx(2, "usage: tswapc COMMAND [--dump] [NAME=VALUE...]");
	fd = open_socket();
	f = find_family(fd);
	if (!strcmp(argv[1], "monitor"))
		return monitor(fd, &f, argc > 2 ? atoi(argv[2]) : 10);
	if (!strcmp(argv[1], "repeat") && argc > 3)
		return repeat(fd, &f, strtoul(argv[2], NULL, 10), argv + 3);
	if (!strcmp(argv[1], "job-run"))
		return run_job(fd, &f, argv + 2);
	c = find_command(argv[1]);
	dump = argc > 2 && !strcmp(argv[2], "--dump");
	start(&m, f.id, c->id, TSWAP_FAMILY_VERSION, dump ? NLM_F_DUMP : NLM_F_ACK);
	wait = strcmp(argv[argc - 1], "wait=0") != 0;
	for (i += dump; i < argc - !wait; i++)
		put_word(&m, c->attrs, argv[i]);
	r = request(fd, c, &m);
	return r || !wait ? r : await_removal(fd, c, &m);
}
