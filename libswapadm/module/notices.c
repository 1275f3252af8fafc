/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The kernel's own events: of the tswap module and of block devices, behind one
 * descriptor.
 */
#include "module/notices.h"

#include <sys/epoll.h>

#include "kernel/cgroupid.h"
#include "kernel/uevent.h"
#include "module/client.h"

struct notices {
	struct swapadm_ctx *ctx;
	struct tswap_client *client; /* NULL: the module is not there */
	ino_t module;                /* the one that @client is connected to */
	int epoll_fd, uevent_fd;
};

struct reading {
	struct swapadm_ctx *ctx;
	swapadm_event_fn fn;
	void *data;
};

struct notices *notices_close(struct notices *events)
{
	if (!events)
		return NULL;
	tswap_client_close(events->client);
	closep(&events->epoll_fd);
	closep(&events->uevent_fd);
	swapadm_unref(events->ctx);
	free(events);
	return NULL;
}

static int watch(struct notices *events, int fd)
{
	struct epoll_event ev = { .events = EPOLLIN };

	return epoll_ctl(events->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

/* to the module, when it is there and that has not been done */
static int subscribe(struct notices *events)
{
	_cleanup_(tswap_client_closep) struct tswap_client *client = NULL;
	ino_t module = tswap_module(events->ctx);
	int fd, r;

	if (events->client && module == events->module)
		return 0;
	/* a module that was unloaded comes back as another family */
	events->client = tswap_client_close(events->client);
	if (!module)
		return 0;
	r = tswap_client_open(events->ctx, &client);
	if (r)
		return r == -EPROTONOSUPPORT ? 0 : r; /* just being loaded */
	fd = tswap_subscribe(client);
	r = fd < 0 ? fd : watch(events, fd);
	if (r)
		return r;
	events->client = steal_ptr(&client);
	events->module = module;
	return 0;
}

int notices_open(struct swapadm_ctx *ctx, struct notices **out)
{
	_cleanup_(notices_closep) struct notices *events = NULL;
	int r;

	events = calloc(1, sizeof(*events));
	if (!events)
		return ctx_fail(ctx, -ENOMEM, "events: %s", strerror(ENOMEM));
	events->ctx = swapadm_ref(ctx);
	events->uevent_fd = uevent_open();
	events->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = events->epoll_fd < 0 ? -errno : events->uevent_fd;
	if (r >= 0)
		r = watch(events, events->uevent_fd);
	if (r)
		return ctx_fail(ctx, r, "events: listen to block devices: %s",
				strerror(-r));
	r = subscribe(events);
	if (r)
		return r;
	*out = steal_ptr(&events);
	return 0;
}

int notices_fd(const struct notices *events)
{
	return events->epoll_fd;
}

/* ---- words ----------------------------------------------------------------------- */

static const char *event_name(uint32_t event)
{
	static const char *const names[] = {
		[TSWAP_EVENT_ADDED] = "added",
		[TSWAP_EVENT_REMOVED] = "removed",
		[TSWAP_EVENT_CHANGED] = "changed",
		[TSWAP_EVENT_FAILED] = "failed",
		[TSWAP_EVENT_FULL] = "full",
		[TSWAP_EVENT_NO_SPACE] = "no-space",
		[TSWAP_EVENT_UNCOVERED] = "uncovered",
		[TSWAP_EVENT_COVERED] = "covered",
		[TSWAP_EVENT_STATE] = "state",
		[TSWAP_EVENT_LOST] = "lost",
		[TSWAP_EVENT_STALLED] = "stalled",
		[TSWAP_EVENT_RESPONDS] = "responds",
	};

	return event < ARRAY_SIZE(names) && names[event] ? names[event] : "unknown";
}

/* what an event means, for a person; "" where its name says all */
static const char *meaning(uint32_t event)
{
	switch (event) {
	case TSWAP_EVENT_FAILED:
		return "repeated errors: it takes no more pages";
	case TSWAP_EVENT_FULL:
		return "it refused a write for lack of memory and is left alone for a while";
	case TSWAP_EVENT_NO_SPACE:
		return "a write found no room on any device and stayed in memory";
	case TSWAP_EVENT_UNCOVERED:
		return "it has more slots than its devices have room for";
	case TSWAP_EVENT_LOST:
		return "pages on it could not be read: processes that need them get "
		       "SIGBUS";
	case TSWAP_EVENT_STALLED:
		return "its requests have not ended for 5 s";
	case TSWAP_EVENT_RESPONDS:
		return "its requests end again";
	case TSWAP_EVENT_COVERED:
		return "its devices have room for every slot";
	default:
		return "";
	}
}

/* its path; its number when it is gone, or may not be looked for */
static void name_cgroup(struct swapadm_ctx *ctx, uint64_t id, char *buf, size_t size)
{
	cgroupid_name(ctx, id, buf, size);
	if (*buf != '/')
		snprintf(buf, size, "%ju", (uintmax_t)id);
}

static int tell_tswap(void *data, const struct tswap_event_msg *msg)
{
	struct swapadm_event event = { .source = "tswap" };
	struct reading *reading = data;
	char object[4096];
	uint32_t why;

	if (msg->device) {
		event.kind = "device";
		event.object = msg->device->name;
		why = msg->device->event;
	} else if (msg->leaf) {
		event.kind = "leaf";
		event.object = msg->leaf->name;
		why = msg->leaf->event;
	} else if (msg->tier) {
		event.kind = "tier";
		event.object = msg->tier->name;
		why = msg->tier->event;
	} else if (msg->cgroup) {
		event.kind = "cgroup";
		name_cgroup(reading->ctx, msg->cgroup->id, object, sizeof(object));
		event.object = object;
		why = msg->cgroup->event;
	} else {
		event.kind = "job";
		snprintf(object, sizeof(object), "%u", msg->job->id);
		event.object = object;
		why = msg->job->event;
	}
	event.what = event_name(why);
	event.text = msg->cgroup && why == TSWAP_EVENT_NO_SPACE
			     ? "its tiers have no room: its pages stay in memory"
			     : meaning(why);
	reading->fn(reading->data, &event);
	return 0;
}

static void tell_block(const struct uevent *uevent, struct reading *reading)
{
	const struct swapadm_event event = {
		.source = "block",
		.kind = uevent->devtype ? uevent->devtype : "disk",
		.object = uevent->devname ? uevent->devname : "?",
		.what = streq(uevent->action, "add")      ? "added"
			: streq(uevent->action, "remove") ? "removed"
							  : "changed",
		.text = "",
	};

	reading->fn(reading->data, &event);
}

/* ---- reading --------------------------------------------------------------------- */

static int read_uevents(struct notices *events, struct reading *reading)
{
	struct uevent uevent;
	char buf[8192];
	int r;

	for (;;) {
		r = uevent_receive(events->uevent_fd, buf, sizeof(buf), &uevent);
		if (r == -EAGAIN)
			return 0;
		if (r == -EBADMSG)
			continue;
		if (r)
			return r;
		if (streq(uevent.subsystem, "block"))
			tell_block(&uevent, reading);
	}
}

int notices_read(struct notices *events, swapadm_event_fn fn, void *data)
{
	struct reading reading = { events->ctx, fn, data };
	int r = read_uevents(events, &reading), rt = 0;

	if (events->client)
		rt = tswap_receive(events->client, tell_tswap, &reading);
	if (!rt)
		rt = subscribe(events); /* the module comes and goes with its devices */
	return r ? r : rt;
}
