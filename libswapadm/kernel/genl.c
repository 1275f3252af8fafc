/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "kernel/genl.h"

#include <linux/genetlink.h>
#include <netlink/genl/ctrl.h>
#include <netlink/genl/genl.h>
#include <netlink/netlink.h>
#include <sys/socket.h>

/*
 * Room for events that come while nobody reads: some thousands, as each takes about 1 KiB
 * of it. More than net.core.rmem_max needs CAP_NET_ADMIN; without it the sysctl is what
 * we get.
 */
#define EVENT_BUFFER_BYTES (2 << 20)

/* the most that the kernel puts into one piece of a dump: net/netlink/af_netlink.c */
#define MESSAGE_BUFFER_BYTES (32 << 10)

struct genl {
	struct nl_sock *sock, *events;
	int family;
	unsigned version;
	char name[GENL_NAMSIZ];
	char extack[256];
};

/* one request under way */
struct exchange {
	struct genl *genl;
	genl_fn fn;
	void *data;
	int result; /* first error, of the kernel or of fn */
	bool finished;
};

static void sock_freep(struct nl_sock **sock)
{
	nl_socket_free(*sock);
}

/*
 * libnl's errors lose the errno that separates privilege from absence; keep what matters
 */
static int from_nl(int nl_error)
{
	switch (-nl_error) {
	case NLE_SUCCESS:
		return 0;
	case NLE_NOMEM:
		return -ENOMEM;
	case NLE_OBJ_NOTFOUND:
		return -EPROTONOSUPPORT;
	case NLE_DUMP_INTR:
	case NLE_INTR:
		return -EINTR;
	case NLE_AGAIN:
		return -EAGAIN;
	case NLE_PERM:
		return -EPERM;
	case NLE_NOACCESS:
		return -EACCES;
	case NLE_MSG_TRUNC:
		return -ENOBUFS;
	default:
		return -EIO;
	}
}

static int connect_socket(struct nl_sock **out)
{
	_cleanup_(sock_freep) struct nl_sock *sock = nl_socket_alloc();
	int one = 1, r;

	if (!sock)
		return -ENOMEM;
	r = genl_connect(sock);
	if (r)
		return from_nl(r);
	/*
	 * a dump then comes in pieces of this size, and is not looked at before it is
	 * read
	 */
	nl_socket_set_msg_buf_size(sock, MESSAGE_BUFFER_BYTES);
	nl_socket_disable_msg_peek(sock);
	/* without these the kernel's words do not come; an old kernel may refuse them */
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_EXT_ACK, &one,
		   sizeof(one));
	setsockopt(nl_socket_get_fd(sock), SOL_NETLINK, NETLINK_CAP_ACK, &one,
		   sizeof(one));
	*out = steal_ptr(&sock);
	return 0;
}

int genl_open(const char *name, unsigned version, struct genl **out)
{
	struct genl *genl = calloc(1, sizeof(*genl));
	int r;

	if (!genl)
		return -ENOMEM;
	genl->version = version;
	snprintf(genl->name, sizeof(genl->name), "%s", name);
	r = connect_socket(&genl->sock);
	if (r)
		goto fail;
	genl->family = genl_ctrl_resolve(genl->sock, name);
	if (genl->family < 0) {
		r = from_nl(genl->family);
		goto fail;
	}
	*out = genl;
	return 0;
fail:
	genl_close(genl);
	return r;
}

struct genl *genl_close(struct genl *genl)
{
	if (!genl)
		return NULL;
	nl_socket_free(genl->events);
	nl_socket_free(genl->sock);
	free(genl);
	return NULL;
}

/* net/netlink/af_netlink.c, netlink_sendmsg(): a message is one piece, or refused */
static void fit_send_buffer(int fd, size_t bytes)
{
	int want = (int)bytes, have = 0;
	socklen_t len = sizeof(have);

	if (getsockopt(fd, SOL_SOCKET, SO_SNDBUF, &have, &len) == 0 && have > want)
		return;
	setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &want, sizeof(want));
}

struct nl_msg *genl_message(struct genl *genl, int cmd, int flags, size_t bytes)
{
	size_t page = own_page_bytes(); /* what a small one gets, too */
	struct nl_msg *msg = nlmsg_alloc_size(page + bytes);

	if (bytes)
		fit_send_buffer(nl_socket_get_fd(genl->sock), page + bytes);

	genl->extack[0] = '\0';
	if (msg &&
	    !genlmsg_put(msg, NL_AUTO_PORT, NL_AUTO_SEQ, genl->family, 0,
			 flags | NLM_F_REQUEST, (uint8_t)cmd, (uint8_t)genl->version)) {
		nlmsg_free(msg);
		return NULL;
	}
	return msg;
}

const char *genl_extack(const struct genl *genl)
{
	return genl->extack;
}

/* the text that follows an error message when NLM_F_ACK_TLVS is set */
static void keep_extack(struct genl *genl, const struct nlmsghdr *hdr,
			const struct nlmsgerr *err)
{
	size_t skip = sizeof(*err), len = hdr->nlmsg_len - NLMSG_HDRLEN;
	const struct nlattr *nla;

	if (!(hdr->nlmsg_flags & NLM_F_ACK_TLVS))
		return;
	if (!(hdr->nlmsg_flags & NLM_F_CAPPED))
		skip += err->msg.nlmsg_len - NLMSG_HDRLEN;
	skip = NLMSG_ALIGN(skip);
	if (skip >= len)
		return;
	nla = nla_find((const struct nlattr *)((const char *)err + skip),
		       (int)(len - skip), NLMSGERR_ATTR_MSG);
	if (nla)
		nla_strlcpy(genl->extack, nla, sizeof(genl->extack));
}

static int on_error(struct sockaddr_nl *from, struct nlmsgerr *err, void *data)
{
	struct exchange *x = data;

	/* libnl hands out the payload; its header lies right before it */
	keep_extack(x->genl, (const struct nlmsghdr *)((const char *)err - NLMSG_HDRLEN),
		    err);
	if (!x->result)
		x->result = err->error;
	x->finished = true;
	return NL_STOP;
}

static int on_end(struct nl_msg *msg, void *data)
{
	struct exchange *x = data;

	x->finished = true;
	return NL_STOP;
}

static int on_valid(struct nl_msg *msg, void *data)
{
	const struct nlmsghdr *hdr = nlmsg_hdr(msg);
	struct exchange *x = data;
	const struct genlmsghdr *genl_hdr;

	if (hdr->nlmsg_type != x->genl->family || !genlmsg_valid_hdr(nlmsg_hdr(msg), 0))
		return NL_SKIP;
	genl_hdr = nlmsg_data(hdr);
	if (x->fn && !x->result)
		x->result = x->fn(x->data, genl_hdr->cmd, genlmsg_attrdata(genl_hdr, 0),
				  genlmsg_attrlen(genl_hdr, 0));
	return NL_OK; /* go on after an error too: the rest has to leave the socket */
}

static int no_seq_check(struct nl_msg *msg, void *data)
{
	return NL_OK;
}

static void nl_cb_putp(struct nl_cb **cb)
{
	if (*cb)
		nl_cb_put(*cb);
}

int genl_request(struct genl *genl, struct nl_msg *msg, genl_fn fn, void *data)
{
	struct exchange x = { .genl = genl, .fn = fn, .data = data };
	_cleanup_(nl_cb_putp) struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int r;

	if (!cb) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &x);
	nl_cb_set(cb, NL_CB_FINISH, NL_CB_CUSTOM, on_end, &x);
	nl_cb_set(cb, NL_CB_ACK, NL_CB_CUSTOM, on_end, &x);
	nl_cb_err(cb, NL_CB_CUSTOM, on_error, &x);

	r = nl_send_auto(genl->sock, msg); /* asks for an acknowledgement */
	nlmsg_free(msg);
	if (r < 0)
		return from_nl(r);
	while (!x.finished) {
		r = nl_recvmsgs(genl->sock, cb);
		if (r < 0 && !x.finished)
			return from_nl(r);
	}
	return x.result ? x.result : (r == -NLE_DUMP_INTR ? -EINTR : 0);
}

static int take_version(void *data, int cmd, const struct nlattr *attrs, int len)
{
	const struct nlattr *nla = nla_find(attrs, len, CTRL_ATTR_VERSION);

	if (nla && nla_len(nla) >= (int)sizeof(uint32_t))
		*(unsigned *)data = nla_get_u32(nla);
	return 0;
}

int genl_family_version(const struct genl *genl, unsigned *version)
{
	struct genl ctrl = *genl; /* the same socket, another family */
	struct nl_msg *msg;

	ctrl.family = GENL_ID_CTRL;
	msg = genl_message(&ctrl, CTRL_CMD_GETFAMILY, 0, 0);
	if (!msg)
		return -ENOMEM;
	if (nla_put_string(msg, CTRL_ATTR_FAMILY_NAME, genl->name)) {
		nlmsg_free(msg);
		return -ENOMEM;
	}
	*version = 0;
	return genl_request(&ctrl, msg, take_version, version);
}

static void set_event_buffer(int fd)
{
	int bytes = EVENT_BUFFER_BYTES;

	if (setsockopt(fd, SOL_SOCKET, SO_RCVBUFFORCE, &bytes, sizeof(bytes)) < 0)
		setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &bytes, sizeof(bytes));
}

int genl_subscribe(struct genl *genl, const char *group)
{
	int id, r;

	id = genl_ctrl_resolve_grp(genl->sock, genl->name, group);
	if (id < 0)
		return from_nl(id);
	if (!genl->events) {
		r = connect_socket(&genl->events);
		if (r)
			return r;
		nl_socket_disable_seq_check(genl->events);
		nl_socket_set_nonblocking(genl->events);
		set_event_buffer(nl_socket_get_fd(genl->events));
	}
	r = nl_socket_add_membership(genl->events, id);
	return r ? from_nl(r) : nl_socket_get_fd(genl->events);
}

int genl_receive(struct genl *genl, genl_fn fn, void *data)
{
	struct exchange x = { .genl = genl, .fn = fn, .data = data };
	_cleanup_(nl_cb_putp) struct nl_cb *cb = nl_cb_alloc(NL_CB_DEFAULT);
	int r;

	if (!cb)
		return -ENOMEM;
	nl_cb_set(cb, NL_CB_SEQ_CHECK, NL_CB_CUSTOM, no_seq_check, NULL);
	nl_cb_set(cb, NL_CB_VALID, NL_CB_CUSTOM, on_valid, &x);
	do {
		errno = 0;
		r = nl_recvmsgs(genl->events, cb);
		if (r < 0 && errno == ENOBUFS)
			return -ENOBUFS;
	} while (r >= 0 && !x.result);
	if (x.result)
		return x.result;
	return r == -NLE_AGAIN ? 0 : from_nl(r);
}
