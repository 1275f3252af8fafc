// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * tswaprandom - random requests to the generic netlink family "tswap"
 *
 *	tswaprandom [seed=N] [messages=N] [secs=N] [cgroup=ID]... DEVICE...
 *
 * Requests are made from the tables of tswap.yaml (spec.py): most are what the
 * specification allows, the others have one to three faults: attributes that are missing,
 * doubled, foreign, too short or long, out of range, nested, or bytes that are changed.
 * Values are such that many requests mean something: small ids, names that exist, files
 * of the given devices. Only these are open here, so no other can become a leaf. Devices
 * that it makes are small.
 *
 * The same seed sends the same as long as the module answers the same. Prints for each
 * command how many were sent and how many of them were done; a command that never was is
 * a failure (1), for then the generator is not worth much.
 */
#include <err.h>
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <linux/genetlink.h>
#include <linux/netlink.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "../../tswap/uapi/linux/tswap.h"

enum spec_kind {
	SPEC_U8,
	SPEC_U32,
	SPEC_U64,
	SPEC_STRING,
	SPEC_BINARY
};

/**
 * struct spec_attr - an attribute of a request
 * @max:   largest value, 0: any
 * @len:   bytes at most, 0: any
 * @unit:  bytes of an element, of binary ones
 */
struct spec_attr {
	const char *name;
	int id;
	enum spec_kind kind;
	uint64_t max;
	size_t len;
	size_t unit;
};

struct spec_op {
	const char *name;
	int id;
	const struct spec_attr *attrs;
	size_t n_attrs;
	bool dumps;
};

#include "tswap-spec.h"

#define N_OPS      (sizeof(spec_ops) / sizeof(*spec_ops))
#define KEPT_IDS   4     /* devices with larger ids are removed again */
#define MAX_SLOTS  20000 /* of a device: a map of 160 KB */
#define LARGE_SLOT 4096

struct message {
	struct nlmsghdr nlh;
	struct genlmsghdr genl;
	unsigned char data[1 << 16];
};

static struct {
	uint64_t seed, messages, sent, bad, jobs;
	time_t end;
	int fd, listener, family;
	uint32_t group;
	int devices[16];
	unsigned n_devices;
	uint64_t cgroups[8];
	unsigned n_cgroups;
	uint64_t tried[N_OPS], done[N_OPS];
} all = { .seed = 1, .messages = 100000 };

static uint32_t any(uint32_t below)
{
	all.seed ^= all.seed << 13;
	all.seed ^= all.seed >> 7;
	all.seed ^= all.seed << 17;
	return (uint32_t)((all.seed >> 16) % below);
}

static uint64_t any_u64(void)
{
	static const uint64_t odd[] = { 0,          1,
					2,          255,
					4095,       4096,
					65536,      UINT32_MAX - 1,
					UINT32_MAX, UINT32_MAX + 1ULL,
					INT64_MAX,  1ULL << 63,
					UINT64_MAX };

	if (any(4))
		return odd[any(sizeof(odd) / sizeof(*odd))];
	return (uint64_t)any(UINT32_MAX) << any(33) | any(UINT32_MAX);
}

/* ---- messages */

static void start(struct message *m, int type, int cmd, int flags)
{
	memset(m, 0, NLMSG_LENGTH(GENL_HDRLEN));
	m->nlh.nlmsg_len = NLMSG_LENGTH(GENL_HDRLEN);
	m->nlh.nlmsg_type = (uint16_t)type;
	m->nlh.nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	m->nlh.nlmsg_seq = (uint32_t)all.sent;
	m->genl.cmd = (uint8_t)cmd;
	m->genl.version = TSWAP_FAMILY_VERSION;
}

static void put(struct message *m, int type, const void *data, size_t len)
{
	size_t at = NLMSG_ALIGN(m->nlh.nlmsg_len);
	struct nlattr *a = (struct nlattr *)((char *)m + at);

	if (at + NLA_HDRLEN + NLA_ALIGN(len) > sizeof(*m))
		return;
	a->nla_type = (uint16_t)type;
	a->nla_len = (uint16_t)(NLA_HDRLEN + len);
	memset((char *)a + NLA_HDRLEN, 0, NLA_ALIGN(len));
	memcpy((char *)a + NLA_HDRLEN, data, len);
	m->nlh.nlmsg_len = (uint32_t)(at + NLA_HDRLEN + NLA_ALIGN(len));
}

/* ---- values */

/* what means something for an attribute of this name */
static uint64_t likely(const struct spec_op *op, const char *name)
{
	if (!strcmp(name, "device"))
		return any(8) ? 0 : any(KEPT_IDS);
	if (!strcmp(name, "id") && strstr(op->name, "job"))
		return all.jobs > 8 ? all.jobs - any(8) : any(10);
	if (!strcmp(name, "id") && strstr(op->name, "cgroup"))
		return all.n_cgroups ? all.cgroups[any(all.n_cgroups)] : any(1000);
	if (!strcmp(name, "id") && strstr(op->name, "device"))
		return any(KEPT_IDS);
	if (!strcmp(name, "id") || strstr(name, "-leaf"))
		return 1 + any(5);
	if (!strcmp(name, "fd") && all.n_devices)
		return (uint64_t)all.devices[any(all.n_devices)];
	if (!strcmp(name, "slots"))
		return 10 + any(MAX_SLOTS);
	if (!strcmp(name, "rank"))
		return any(6);
	if (!strcmp(name, "rate"))
		return any(2) ? 0 : 4096 + any(100 << 20);
	if (!strcmp(name, "older") || !strcmp(name, "clock"))
		return any(20);
	return any(3000);
}

/*
 * Numbers of slots between what a map here may take and what no map can: it would have
 * most of the guest's memory.
 */
static uint64_t sane_slots(uint64_t slots)
{
	return slots > MAX_SLOTS && slots < UINT32_MAX ? MAX_SLOTS : slots;
}

static void put_number(struct message *m, const struct spec_op *op,
		       const struct spec_attr *a, bool wild)
{
	static const size_t sizes[] = { [SPEC_U8] = 1, [SPEC_U32] = 4, [SPEC_U64] = 8 };
	uint64_t v = wild                     ? any_u64()
		     : a->max && a->max < 200 ? any((uint32_t)a->max + 1)
					      : likely(op, a->name);

	if (!strcmp(a->name, "slots"))
		v = sane_slots(v);
	put(m, a->id, &v, sizes[a->kind]);
}

static void put_string(struct message *m, const struct spec_attr *a, bool wild)
{
	static const char *const names[] = { "ssd", "hdd",     "spare",
					     "x",   "ssd,hdd", "hdd,spare,x" };
	char text[600];
	size_t n = any(sizeof(text));

	if (!wild) {
		const char *name = names[any(strcmp(a->name, "tiers") ? 4 : 6)];

		put(m, a->id, name, strlen(name) + 1);
		return;
	}
	if (any(2) && a->len)
		n = a->len - 2 + any(4);
	for (size_t i = 0; i < n; i++)
		text[i] = any(6) ? (char)('a' + any(26)) : (char)any(256);
	if (n && any(2))
		text[n - 1] = '\0';
	put(m, a->id, text, n);
}

static void put_slots(struct message *m, const struct spec_attr *a, bool wild)
{
	struct tswap_slots list[64];
	size_t n = 1 + any(64);
	uint32_t at = any(100);

	for (size_t i = 0; i < n; i++) {
		list[i].first = wild && !any(8) ? (uint32_t)any_u64() : at;
		list[i].nr = wild && !any(8) ? (uint32_t)any_u64() : 1 + any(40);
		at += 40 + any(LARGE_SLOT);
	}
	put(m, a->id, list, n * sizeof(*list) - (wild && any(2) ? any(8) : 0));
}

static void put_binary(struct message *m, const struct spec_attr *a, bool wild)
{
	unsigned char bytes[2048] = { 0 };
	size_t n = a->len && a->len < sizeof(bytes) ? a->len : any(sizeof(bytes));

	if (!strcmp(a->name, "slots")) {
		put_slots(m, a, wild);
		return;
	}
	for (size_t i = 0; i + a->unit <= n; i += a->unit)
		bytes[i] = (unsigned char)(any(4) ? 0 : any(256));
	if (wild)
		n = any(2) ? any((uint32_t)n + 1) : any(sizeof(bytes));
	put(m, a->id, bytes, n);
}

static void put_attr(struct message *m, const struct spec_op *op,
		     const struct spec_attr *a, bool wild)
{
	if (a->kind == SPEC_STRING)
		put_string(m, a, wild);
	else if (a->kind == SPEC_BINARY)
		put_binary(m, a, wild);
	else
		put_number(m, op, a, wild);
}

/* ---- faults */

static struct nlattr *last_attr(struct message *m)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);
	struct nlattr *a = NULL;

	while (at + NLA_HDRLEN <= m->nlh.nlmsg_len) {
		a = (struct nlattr *)((char *)m + at);
		at += a->nla_len >= NLA_HDRLEN ? NLA_ALIGN(a->nla_len) : NLA_HDRLEN;
	}
	return a;
}

static void fault(struct message *m, const struct spec_op *op)
{
	const struct spec_op *other = &spec_ops[any(N_OPS)];
	struct nlattr *last = last_attr(m);
	unsigned char junk[64];
	size_t body = m->nlh.nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN);

	for (size_t i = 0; i < sizeof(junk); i++)
		junk[i] = (unsigned char)any(256);
	switch (any(11)) {
	case 0: /* one of another command */
		put_attr(m, other, &other->attrs[any((uint32_t)other->n_attrs)], any(2));
		break;
	case 1: /* a second one of its own */
		put_attr(m, op, &op->attrs[any((uint32_t)op->n_attrs)], any(2));
		break;
	case 2: /* unknown, or one that only replies have */
		put(m, (int)any(any(2) ? 60 : 0x4000), junk, any(sizeof(junk)));
		break;
	case 3:
		if (last)
			last->nla_type |= any(2) ? NLA_F_NESTED : NLA_F_NET_BYTEORDER;
		break;
	case 4:
		if (last)
			last->nla_len = (uint16_t)(last->nla_len - 4 + any(9));
		break;
	case 5:
		if (last)
			last->nla_len = (uint16_t)any(65536);
		break;
	case 6: /* bytes behind the last one */
		put(m, 0, junk, any(20));
		m->nlh.nlmsg_len -= any(4);
		break;
	case 7: /* cut off */
		if (body)
			m->nlh.nlmsg_len -= any((uint32_t)body + 1);
		break;
	case 8: /* bytes of the attributes */
		for (uint32_t n = 1 + any(4); body && n; n--)
			m->data[any((uint32_t)body)] = (unsigned char)any(256);
		break;
	case 9:
		m->genl.version = (uint8_t)any(256);
		m->genl.reserved = (uint16_t)any(65536);
		break;
	default:
		m->genl.cmd = (uint8_t)any(256);
		m->nlh.nlmsg_flags ^= (uint16_t)(1u << any(16));
	}
}

/* A byte that was changed may be a number of slots: one that takes all memory is left */
static bool is_greedy(const struct message *m)
{
	size_t at = NLMSG_LENGTH(GENL_HDRLEN);

	if (m->genl.cmd != TSWAP_CMD_DEVICE_ADD)
		return false;
	while (at + NLA_HDRLEN + 8 <= m->nlh.nlmsg_len) {
		const struct nlattr *a = (const void *)((const char *)m + at);
		uint64_t slots;

		if (a->nla_len < NLA_HDRLEN)
			return true;
		memcpy(&slots, (const char *)a + NLA_HDRLEN, sizeof(slots));
		if ((a->nla_type & NLA_TYPE_MASK) == TSWAP_A_DEVICE_SLOTS &&
		    slots != sane_slots(slots))
			return true;
		at += NLA_ALIGN(a->nla_len);
	}
	return false;
}

/* ---- the socket */

static int open_socket(void)
{
	struct sockaddr_nl addr = { .nl_family = AF_NETLINK };
	int one = 1, fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_GENERIC);

	if (fd < 0 || bind(fd, (struct sockaddr *)&addr, sizeof(addr)))
		err(2, "netlink socket");
	setsockopt(fd, SOL_NETLINK, NETLINK_EXT_ACK, &one, sizeof(one));
	return fd;
}

static const struct nlattr *find(const void *at, size_t len, int type)
{
	while (len >= NLA_HDRLEN) {
		const struct nlattr *a = at;
		size_t step = NLA_ALIGN(a->nla_len);

		if (a->nla_len < NLA_HDRLEN || a->nla_len > len)
			break;
		if ((a->nla_type & NLA_TYPE_MASK) == type)
			return a;
		at = (const char *)at + step;
		len -= step < len ? step : len;
	}
	return NULL;
}

static const void *value_of(const struct nlattr *a)
{
	return (const char *)a + NLA_HDRLEN;
}

static void find_family(void)
{
	static struct message m;
	char buf[8192] __attribute__((aligned(8)));
	const struct nlmsghdr *nlh = (void *)buf;
	const char *attrs = buf + NLMSG_LENGTH(GENL_HDRLEN);
	const struct nlattr *id, *groups;
	uint16_t number;
	ssize_t n;

	start(&m, GENL_ID_CTRL, CTRL_CMD_GETFAMILY, 0);
	put(&m, CTRL_ATTR_FAMILY_NAME, TSWAP_FAMILY_NAME, sizeof(TSWAP_FAMILY_NAME));
	if (send(all.fd, &m, m.nlh.nlmsg_len, 0) < 0)
		err(2, "send");
	n = recv(all.fd, buf, sizeof(buf), 0);
	if (n < (ssize_t)sizeof(*nlh) || nlh->nlmsg_type == NLMSG_ERROR)
		errx(2, "no netlink family tswap; is the module loaded?");
	id = find(attrs, nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), CTRL_ATTR_FAMILY_ID);
	groups = find(attrs, nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN),
		      CTRL_ATTR_MCAST_GROUPS);
	if (!id || !groups)
		errx(2, "bad answer of the netlink control family");
	memcpy(&number, value_of(id), sizeof(number));
	all.family = number;
	groups = value_of(groups); /* the first and only one */
	id = find(value_of(groups), groups->nla_len - NLA_HDRLEN, CTRL_ATTR_MCAST_GRP_ID);
	if (id)
		memcpy(&all.group, value_of(id), sizeof(all.group));
}

static void join(void)
{
	all.listener = open_socket();
	if (setsockopt(all.listener, SOL_NETLINK, NETLINK_ADD_MEMBERSHIP, &all.group,
		       sizeof(all.group)))
		err(2, "multicast group");
}

/* One message of the answer: the number of a new object, and whether it was done. */
static void look_at(const struct nlmsghdr *nlh, size_t op, uint32_t *id, bool *done)
{
	const struct nlmsgerr *e = NLMSG_DATA(nlh);
	const struct nlattr *a;

	if (nlh->nlmsg_seq != (uint32_t)all.sent)
		return;
	if (nlh->nlmsg_type == NLMSG_DONE)
		*done = true;
	if (nlh->nlmsg_type == NLMSG_ERROR && !e->error)
		*done = true;
	if (nlh->nlmsg_type != all.family || (spec_ops[op].id != TSWAP_CMD_DEVICE_ADD &&
					      spec_ops[op].id != TSWAP_CMD_JOB_START))
		return;
	a = find((const char *)NLMSG_DATA(nlh) + GENL_HDRLEN,
		 nlh->nlmsg_len - NLMSG_LENGTH(GENL_HDRLEN), 2); /* id, of both */
	if (a && a->nla_len == NLA_HDRLEN + 4)
		memcpy(id, value_of(a), 4);
}

/* What comes back is there when send(2) returns, or when more of a dump is received. */
static bool drain(int fd, size_t op, uint32_t *id)
{
	static char buf[1 << 17] __attribute__((aligned(8)));
	bool done = false;

	for (;;) {
		ssize_t n = recv(fd, buf, sizeof(buf), MSG_DONTWAIT);
		const struct nlmsghdr *nlh = (void *)buf;

		if (n < 0 && (errno == ENOBUFS || errno == EINTR))
			continue;
		if (n < 0)
			return done;
		for (; NLMSG_OK(nlh, n); nlh = NLMSG_NEXT(nlh, n))
			look_at(nlh, op, id, &done);
	}
}

static void remove_device(uint32_t id)
{
	static struct message m;
	uint32_t none;

	start(&m, all.family, TSWAP_CMD_DEVICE_DEL, NLM_F_ACK);
	put(&m, TSWAP_A_DEVICE_ID, &id, sizeof(id));
	if (send(all.fd, &m, m.nlh.nlmsg_len, 0) >= 0)
		drain(all.fd, 0, &none);
}

/*
 * Of 16 requests, how many have the attribute: most need some of these; a job has one
 * source and one destination, each by leaf or by tier as the bits of @way say.
 */
static uint32_t often(const struct spec_op *op, const char *name, unsigned way)
{
	static const char *const needed[] = { "device", "id",   "kind", "fd",
					      "tier",   "name", "mode", "tiers" };

	if (op->id == TSWAP_CMD_JOB_START && strstr(name, "-leaf"))
		return way & (*name == 's' ? 1 : 2) ? 15 : 1;
	if (op->id == TSWAP_CMD_JOB_START && strstr(name, "-tier"))
		return way & (*name == 's' ? 1 : 2) ? 1 : 15;
	for (size_t i = 0; i < sizeof(needed) / sizeof(*needed); i++)
		if (!strcmp(name, needed[i]))
			return 15;
	if (!strcmp(name, "slots") && op->id == TSWAP_CMD_DEVICE_ADD)
		return 15;
	return op->id == TSWAP_CMD_JOB_START ? 2 : 6;
}

static void one(void)
{
	static struct message m;
	size_t op = any(N_OPS);
	const struct spec_op *o = &spec_ops[op];
	bool dump = o->dumps && !any(4), good = any(5) > 1, done;
	uint32_t id = 0;
	unsigned way = any(4);

	start(&m, all.family, o->id, dump ? NLM_F_DUMP : NLM_F_ACK);
	for (size_t i = 0; i < o->n_attrs; i++)
		if (any(16) < (dump ? 4 : often(o, o->attrs[i].name, way)))
			put_attr(&m, o, &o->attrs[i], !good && !any(3));
	for (uint32_t n = good ? 0 : 1 + any(3); n; n--)
		fault(&m, o);
	if (is_greedy(&m))
		return;
	all.sent++;
	m.nlh.nlmsg_seq = (uint32_t)all.sent;
	if (send(all.fd, &m, m.nlh.nlmsg_len, 0) < 0)
		return;
	done = drain(all.fd, op, &id);
	if (!(all.sent % 64))
		drain(all.listener, op, &id);
	all.tried[op] += good;
	all.done[op] += good && done;
	all.bad += !good;
	if (id && o->id == TSWAP_CMD_JOB_START)
		all.jobs = id;
	if (id >= KEPT_IDS && o->id == TSWAP_CMD_DEVICE_ADD)
		remove_device(id);
}

/* ---- */

static void argument(const char *word)
{
	uint64_t n;

	if (sscanf(word, "seed=%" SCNu64, &n) == 1)
		all.seed = n * 0x9e3779b97f4a7c15ULL + 1;
	else if (sscanf(word, "messages=%" SCNu64, &n) == 1)
		all.messages = n;
	else if (sscanf(word, "secs=%" SCNu64, &n) == 1)
		all.end = time(NULL) + (time_t)n;
	else if (sscanf(word, "cgroup=%" SCNu64, &n) == 1 && all.n_cgroups < 8)
		all.cgroups[all.n_cgroups++] = n;
	else if (*word == '/' && all.n_devices < 16)
		all.devices[all.n_devices++] = open(word, O_RDWR | O_CLOEXEC);
	else
		errx(2, "%s: what is that?", word);
	if (all.n_devices && all.devices[all.n_devices - 1] < 0)
		err(2, "%s", word);
}

int main(int argc, char **argv)
{
	int never = 0;

	for (int i = 1; i < argc; i++)
		argument(argv[i]);
	all.fd = open_socket();
	find_family();
	join();
	while (all.sent < all.messages &&
	       (!all.end || all.sent % 256 || time(NULL) < all.end))
		one();
	for (size_t i = 0; i < N_OPS; i++) {
		printf("%s: %" PRIu64 " well formed, %" PRIu64 " done\n",
		       spec_ops[i].name, all.tried[i], all.done[i]);
		never += !all.done[i];
	}
	printf("%" PRIu64 " messages, %" PRIu64 " with faults\n", all.sent, all.bad);
	return never > 0;
}
