/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "module/client.h"
#include "base/privilege.h"

#include <time.h>

#include "kernel/genl.h"

#define DUMP_TRIES     5
#define REMOVE_WAIT_MS 30000
#define REMOVE_LOOK_MS 10

struct tswap_client {
	struct swapadm_ctx *ctx;
	struct genl *genl;
};

ino_t tswap_module(struct swapadm_ctx *ctx)
{
	struct stat st;

	return ctx_stat(ctx, "/sys/module/tswap", &st) == 0 ? st.st_ino : 0;
}

bool tswap_loaded(struct swapadm_ctx *ctx)
{
	return tswap_module(ctx) != 0;
}

int tswap_check_version(struct swapadm_ctx *ctx, unsigned family_version)
{
	char version[64];

	if (family_version == TSWAP_FAMILY_VERSION)
		return 0;
	if (ctx_read_line(ctx, "/sys/module/tswap/version", version, sizeof(version)))
		snprintf(version, sizeof(version), "unknown");
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"tswap: the loaded module has version %s and interface %u, this swapadm is %s and speaks interface %u; " TSWAP_RELOAD
		", or when the module is not in use: modprobe -r tswap",
		version, family_version, swapadm_version(), TSWAP_FAMILY_VERSION);
}

static int absent(struct swapadm_ctx *ctx)
{
	return ctx_fail(
		ctx, -EPROTONOSUPPORT,
		"tswap: the redirect layer's kernel module is not loaded; `swapctl apply` loads it, or says why it can't be");
}

int tswap_client_open(struct swapadm_ctx *ctx, struct tswap_client **out)
{
	struct tswap_client *client;
	unsigned version;
	int r;

	if (ctx->foreign_root)
		return ctx_may_change(ctx, "tswap");
	if (!tswap_loaded(ctx))
		return absent(ctx);
	client = calloc(1, sizeof(*client));
	if (!client)
		return -ENOMEM;
	client->ctx = ctx;
	r = genl_open(TSWAP_FAMILY_NAME, TSWAP_FAMILY_VERSION, &client->genl);
	if (r) {
		free(client);
		return r == -EPROTONOSUPPORT
			       ? absent(ctx)
			       : ctx_fail(ctx, r, "tswap: netlink: %s", strerror(-r));
	}
	r = genl_family_version(client->genl, &version);
	if (r)
		r = ctx_fail(ctx, r, "tswap: netlink: %s", strerror(-r));
	else
		r = tswap_check_version(ctx, version);
	if (r) {
		tswap_client_close(client);
		return r;
	}
	*out = client;
	return 0;
}

struct tswap_client *tswap_client_close(struct tswap_client *client)
{
	if (client)
		genl_close(client->genl);
	free(client);
	return NULL;
}

#define LOAD_OURS \
	"load the one that comes with this swapadm: `swapctl remove all`, modprobe -r tswap, `swapctl apply`, or reboot"

static int refused(struct tswap_client *client, int r, const char *object)
{
	const char *words = genl_extack(client->genl);
	int err = r == -ENOSPC ? -SWAPADM_ENOROOM : r; /* of the leaves */

	if (r == -EPERM || r == -EACCES)
		return ctx_fail(client->ctx, r, "%s: %s", object,
				PRIVILEGE_REMEDY("CAP_SYS_ADMIN"));
	/* what generic netlink says of a command that a family does not have */
	if (r == -EOPNOTSUPP && !*words)
		return ctx_fail(client->ctx, err,
				"%s: the loaded module is too old for that; " LOAD_OURS,
				object);
	return ctx_fail(client->ctx, err, "%s: %s", object,
			*words ? words : strerror(-r));
}

static int request(struct tswap_client *client, int cmd, int flags,
		   const struct tswap_table *table, const void *req, genl_fn fn,
		   void *data)
{
	size_t bytes = req ? tswap_msg_size(table, req) : 0;
	struct nl_msg *msg = genl_message(client->genl, cmd, flags, bytes);
	int r;

	if (!msg)
		return -ENOMEM;
	r = req ? tswap_msg_put(msg, table, req) : 0;
	if (r) {
		nlmsg_free(msg);
		return r;
	}
	return genl_request(client->genl, msg, fn, data);
}

struct reply {
	const struct tswap_table *table;
	void *object;
};

static int keep_reply(void *data, int cmd, const struct nlattr *attrs, int len)
{
	struct reply *reply = data;

	return reply->object ? tswap_msg_get(attrs, len, reply->table, reply->object) : 0;
}

int tswap_call(struct tswap_client *client, int cmd, const struct tswap_table *table,
	       const void *req, void *reply, const char *object)
{
	struct reply keep = { .table = table, .object = reply };
	int r = request(client, cmd, 0, table, req, keep_reply, &keep);

	return r ? refused(client, r, object) : 0;
}

int tswap_can_pick_slots(struct tswap_client *client)
{
	/* attributes are looked at before the device, and no device has that number */
	const struct tswap_job_msg req = {
		.present = TSWAP_BIT(TSWAP_A_JOB_DEVICE) | TSWAP_BIT(TSWAP_A_JOB_CLOCK),
		.device = UINT32_MAX,
	};
	struct reply nothing = { 0 };
	int r = request(client, TSWAP_CMD_JOB_START, 0, &tswap_job_table, &req,
			keep_reply, &nothing);

	if (r == -EINVAL)
		return ctx_fail(
			client->ctx, -EPROTONOSUPPORT,
			"tswap: the loaded module can't move the pages of one process or cgroup; " LOAD_OURS);
	return r == -ENODEV ? 0 : refused(client, r ? r : -EIO, "tswap: ask the module");
}

int tswap_remove(struct tswap_client *client, int cmd, const struct tswap_table *table,
		 const void *req, const char *object)
{
	int get = cmd == TSWAP_CMD_DEVICE_DEL ? TSWAP_CMD_DEVICE_GET : TSWAP_CMD_LEAF_GET;
	const struct timespec pause = { .tv_nsec = REMOVE_LOOK_MS * 1000000L };
	struct reply nothing = { 0 };
	int r = tswap_call(client, cmd, table, req, NULL, object);

	if (r)
		return r;
	for (int ms = 0; !r && ms < REMOVE_WAIT_MS; ms += REMOVE_LOOK_MS) {
		r = request(client, get, 0, table, req, keep_reply, &nothing);
		if (r == -ENODEV || r == -ENOENT)
			return 0;
		if (!r)
			nanosleep(&pause, NULL);
	}
	if (r)
		return refused(client, r, object);
	return ctx_fail(
		client->ctx, -ETIMEDOUT,
		"%s: accepted, but a device does not answer; it goes on in the kernel",
		object);
}

struct dump {
	const struct tswap_table *table;
	char *items;
	size_t n, room;
};

static int keep_item(void *data, int cmd, const struct nlattr *attrs, int len)
{
	struct dump *dump = data;

	if (dump->n == dump->room) {
		size_t room = dump->room ? 2 * dump->room : 16;
		void *p = reallocarray(dump->items, room, dump->table->size);

		if (!p)
			return -ENOMEM;
		dump->items = p;
		dump->room = room;
	}
	return tswap_msg_get(attrs, len, dump->table,
			     dump->items + dump->n++ * dump->table->size);
}

int tswap_dump(struct tswap_client *client, int cmd, const struct tswap_table *table,
	       const void *req, void *out, size_t *n)
{
	struct dump dump = { .table = table };
	int r = -EINTR;

	for (int i = 0; i < DUMP_TRIES && r == -EINTR; i++) {
		dump.n = 0;
		r = request(client, cmd, NLM_F_DUMP, table, req, keep_item, &dump);
	}
	if (r) {
		free(dump.items);
		return refused(client, r, "tswap: read the state");
	}
	*(void **)out = dump.items;
	*n = dump.n;
	return 0;
}

int tswap_subscribe(struct tswap_client *client)
{
	int fd = genl_subscribe(client->genl, TSWAP_MCGRP_EVENTS);

	return fd < 0 ? refused(client, fd, "tswap: listen to events") : fd;
}

struct events {
	tswap_event_fn fn;
	void *data;
};

static int dispatch(void *data, int cmd, const struct nlattr *attrs, int len)
{
	const struct events *events = data;
	struct tswap_event_msg event = { 0 };
	union {
		struct tswap_device_msg device;
		struct tswap_leaf_msg leaf;
		struct tswap_tier_msg tier;
		struct tswap_job_msg job;
		struct tswap_cgroup_msg cgroup;
	} object;
	const struct tswap_table *table;
	int r;

	switch (cmd) {
	case TSWAP_CMD_DEVICE_NTF:
		table = &tswap_device_table;
		event.device = &object.device;
		break;
	case TSWAP_CMD_LEAF_NTF:
		table = &tswap_leaf_table;
		event.leaf = &object.leaf;
		break;
	case TSWAP_CMD_TIER_NTF:
		table = &tswap_tier_table;
		event.tier = &object.tier;
		break;
	case TSWAP_CMD_JOB_NTF:
		table = &tswap_job_table;
		event.job = &object.job;
		break;
	case TSWAP_CMD_CGROUP_NTF:
		table = &tswap_cgroup_table;
		event.cgroup = &object.cgroup;
		break;
	default:
		return 0; /* of a newer module */
	}
	r = tswap_msg_get(attrs, len, table, &object);
	return r ? r : events->fn(events->data, &event);
}

int tswap_receive(struct tswap_client *client, tswap_event_fn fn, void *data)
{
	struct events events = { .fn = fn, .data = data };

	return genl_receive(client->genl, dispatch, &events);
}
