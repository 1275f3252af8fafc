/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Generic netlink: the only file that owns sockets. Requests and notifications use two
 * sockets, so that a burst of events can't push a reply out of the receive buffer.
 */
#ifndef SWAPADM_GENL_H
#define SWAPADM_GENL_H

#include <netlink/msg.h>

#include "base/ctx.h"

struct genl;

/*
 * called for each message; @attrs and @len are its attributes; an error ends the request
 */
typedef int (*genl_fn)(void *data, int cmd, const struct nlattr *attrs, int len);

/**
 * genl_open() - a request socket for a family
 * @name:  family name; the kernel may load a module of that name, if it is allowed to
 *
 * Return: 0; -EPROTONOSUPPORT the kernel has no such family; -ENOMEM; else -errno of
 * socket(2).
 */
int genl_open(const char *name, unsigned version, struct genl **out);
struct genl *genl_close(struct genl *genl); /* returns NULL */

/* the version that the kernel's family says it has; 0; as genl_request() */
int genl_family_version(const struct genl *genl, unsigned *version);

/**
 * genl_message() - an empty request with the family's header
 * @bytes: of attributes that it will have
 *
 * More than the socket's send buffer, 208 KiB, needs CAP_NET_ADMIN.
 * Return: to be freed with nlmsg_free() unless sent; NULL out of memory.
 */
struct nl_msg *genl_message(struct genl *genl, int cmd, int flags, size_t bytes);

/**
 * genl_request() - send @msg, hand every reply to @fn, wait for the end
 * @msg:  freed in any case
 * @fn:   may be NULL when only the acknowledgement matters
 *
 * Return: 0; @fn's error; -EINTR a dump was interrupted by a change (ask again); else the
 * kernel's errno, with its extack text in genl_extack().
 */
int genl_request(struct genl *genl, struct nl_msg *msg, genl_fn fn, void *data);

/* the kernel's words about the last refusal, "" none */
const char *genl_extack(const struct genl *genl);

/**
 * genl_subscribe() - a second socket that receives a multicast group
 * Return: descriptor to poll, owned by @genl; -EPROTONOSUPPORT no such group; else
 * -errno.
 */
int genl_subscribe(struct genl *genl, const char *group);

/**
 * genl_receive() - hand what has arrived to @fn without waiting
 * Return: 0; -ENOBUFS messages were lost: read the state again; @fn's error; else -errno.
 */
int genl_receive(struct genl *genl, genl_fn fn, void *data);

#endif
