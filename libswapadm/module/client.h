/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Requests to the tswap module: structs in, structs out.
 *
 * Every refusal's sentence carries the kernel's own words (extack).
 */
#ifndef SWAPADM_TSWAP_CLIENT_H
#define SWAPADM_TSWAP_CLIENT_H

#include "base/ctx.h"
#include "module/msg.h"

/* what to do about a module that is loaded and older than this */
#define TSWAP_RELOAD "install module and tools of one version and reboot"

struct tswap_client;

/* is the module there? Looks only at /sys/module: never makes the kernel load it */
bool tswap_loaded(struct swapadm_ctx *ctx);

/* 0 it is not there; else a number that changes when it is loaded anew */
ino_t tswap_module(struct swapadm_ctx *ctx);

/*
 * does a module with this version of the family speak our interface? 0; -EPROTONOSUPPORT,
 * the sentence names both versions
 */
int tswap_check_version(struct swapadm_ctx *ctx, unsigned family_version);

/**
 * tswap_client_open() - a connection to the module
 * Return: 0; -EPROTONOSUPPORT it is not loaded, or of another version, the sentence has
 * the remedy; -EROFS the context has a foreign root; else -errno.
 */
int tswap_client_open(struct swapadm_ctx *ctx, struct tswap_client **out);
struct tswap_client *tswap_client_close(struct tswap_client *client); /* returns NULL */

/**
 * tswap_call() - one request
 * @cmd:     TSWAP_CMD_*
 * @table:   of @req and @reply
 * @req:     its present fields are sent
 * @reply:   of the same type, or NULL
 * @object:  begins the sentence of a refusal: "/dev/sdb2: add"
 *
 * Return: 0; -EBADMSG; else the module's errno.
 */
int tswap_call(struct tswap_client *client, int cmd, const struct tswap_table *table,
	       const void *req, void *reply, const char *object);

/**
 * tswap_can_pick_slots() - does the module move the pages of given slots?
 * Found out by trying: an older one refuses the attributes. Return: 0; -EPROTONOSUPPORT,
 * the sentence has the remedy; -EPERM; else -errno.
 */
int tswap_can_pick_slots(struct tswap_client *client);

/**
 * tswap_remove() - remove a device or a leaf and wait until it is gone
 * @cmd:     TSWAP_CMD_DEVICE_DEL or TSWAP_CMD_LEAF_DEL
 * @table:   of @req
 * @req:     names it
 * @object:  as above
 *
 * The module removes in the background, as long as a device takes to answer. When this
 * returns 0, the block devices are closed.
 * Return: 0; -ETIMEDOUT it was accepted and still goes on after 30 s; else the module's
 * errno.
 */
int tswap_remove(struct tswap_client *client, int cmd, const struct tswap_table *table,
		 const void *req, const char *object);

/**
 * tswap_dump() - all objects of a kind
 * @cmd:  TSWAP_CMD_*_GET
 * @req:  narrows the dump to a device, or NULL
 * @out:  array of structs of @table, to be freed with free(); NULL when there is none
 *
 * A dump that a change interrupted is asked for again, at most five times.
 * Return: 0; -EINTR it changed each time; -ENOMEM; -EBADMSG; else the module's errno.
 */
int tswap_dump(struct tswap_client *client, int cmd, const struct tswap_table *table,
	       const void *req, void *out, size_t *n);

/* a notification: exactly one of the pointers is set */
struct tswap_event_msg {
	const struct tswap_device_msg *device;
	const struct tswap_leaf_msg *leaf;
	const struct tswap_tier_msg *tier;
	const struct tswap_job_msg *job;
	const struct tswap_cgroup_msg *cgroup;
};
typedef int (*tswap_event_fn)(void *data, const struct tswap_event_msg *event);

/* descriptor to poll for notifications, owned by the client */
int tswap_subscribe(struct tswap_client *client);
/* as genl_receive(); -ENOBUFS: some were lost, read the state again */
int tswap_receive(struct tswap_client *client, tswap_event_fn fn, void *data);

static inline void tswap_client_closep(struct tswap_client **client)
{
	tswap_client_close(*client);
}

#endif
