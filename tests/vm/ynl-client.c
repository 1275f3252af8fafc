// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * ynl-client - client of tswap made with the kernel's code generator; see tests/vm/ynl
 *
 *	ynl-client SECONDS
 *
 * Lists the devices, then prints notifications, and lists the leaves again at each of
 * them, until a device is removed (0) or the time is over (1).
 */
#include <err.h>
#include <poll.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <ynl.h>

#include "tswap-user.h"

static void list_devices(struct ynl_sock *ys)
{
	struct tswap_device_get_list *devices = tswap_device_get_dump(ys);

	if (!devices)
		errx(2, "device-get: %s", ys->err.msg);
	ynl_dump_foreach(devices, d)
		printf("device %s slots=%llu\n", d->name, (unsigned long long)d->slots);
	tswap_device_get_list_free(devices);
}

static void list_leaves(struct ynl_sock *ys)
{
	struct tswap_leaf_get_req_dump req = { 0 };
	struct tswap_leaf_get_list *leaves = tswap_leaf_get_dump(ys, &req);

	if (!leaves)
		errx(2, "leaf-get: %s", ys->err.msg);
	ynl_dump_foreach(leaves, l)
		printf("listed %s tier=%s rank=%u state=%u pages=%llu\n", l->name,
		       l->tier, l->rank, l->state, (unsigned long long)l->pages);
	tswap_leaf_get_list_free(leaves);
}

/* Returns whether a device was removed. */
static int show(const struct ynl_ntf_base_type *ntf)
{
	if (ntf->cmd == TSWAP_CMD_LEAF_NTF) {
		const struct tswap_leaf_get_rsp *l =
			&((const struct tswap_leaf_get_ntf *)ntf)->obj;

		printf("leaf %s tier=%s rank=%u state=%u event=%u\n", l->name, l->tier,
		       l->rank, l->state, l->event);
	} else if (ntf->cmd == TSWAP_CMD_DEVICE_NTF) {
		const struct tswap_device_get_rsp *d =
			&((const struct tswap_device_get_ntf *)ntf)->obj;

		printf("device %s event=%u\n", d->name, d->event);
		return d->event == TSWAP_EVENT_REMOVED;
	}
	return 0;
}

static int follow(struct ynl_sock *ys, time_t end)
{
	struct pollfd p = { .fd = ynl_socket_get_fd(ys), .events = POLLIN };
	struct ynl_ntf_base_type *ntf;
	int removed = 0;

	while (!removed && time(NULL) < end) {
		if (poll(&p, 1, 200) <= 0 || ynl_ntf_check(ys) < 0)
			continue;
		while ((ntf = ynl_ntf_dequeue(ys))) {
			removed |= show(ntf);
			ynl_ntf_free(ntf);
		}
		list_leaves(ys);
		fflush(stdout);
	}
	return !removed;
}

int main(int argc, char **argv)
{
	struct ynl_error error;
	struct ynl_sock *ys = ynl_sock_create(&ynl_tswap_family, &error);
	int r;

	if (!ys)
		errx(2, "%s", error.msg);
	if (ynl_subscribe(ys, TSWAP_MCGRP_EVENTS))
		errx(2, "events: %s", ys->err.msg);
	list_devices(ys);
	puts("ready");
	fflush(stdout);
	r = follow(ys, time(NULL) + (argc > 1 ? atoi(argv[1]) : 10));
	ynl_sock_destroy(ys);
	return r;
}
