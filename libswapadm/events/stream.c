/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * One stream of events behind one descriptor. An epoll instance holds what wakes us:
 * notices of the module and of block devices, /proc/swaps, and a clock for what nobody
 * announces.
 * Polling that instance asks swaps_poll() (mm/swapfile.c), which forgets the event it has
 * answered with; so each call of swapadm_events_read() takes a look, whatever woke it.
 */
#include <fcntl.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>

#include "events/look.h"
#include "module/notices.h"

#define LOOK_EVERY_S 1

struct swapadm_events {
	struct swapadm_ctx *ctx;
	struct swapadm_conf *conf;
	struct notices *notices;
	int epoll_fd, areas_fd, clock_fd;
	struct look look;
};

SWAPADM_API struct swapadm_events *swapadm_events_free(struct swapadm_events *events)
{
	if (!events)
		return NULL;
	notices_close(events->notices);
	closep(&events->epoll_fd);
	closep(&events->areas_fd);
	closep(&events->clock_fd);
	look_free(&events->look);
	swapadm_conf_unref(events->conf);
	swapadm_unref(events->ctx);
	free(events);
	return NULL;
}

static void closep_events(struct swapadm_events **events)
{
	swapadm_events_free(*events);
}

static int watch(struct swapadm_events *events, int fd, uint32_t what)
{
	struct epoll_event ev = { .events = what };

	if (fd < 0)
		return fd;
	return epoll_ctl(events->epoll_fd, EPOLL_CTL_ADD, fd, &ev) < 0 ? -errno : 0;
}

static int clock_open(void)
{
	const struct itimerspec every = { { LOOK_EVERY_S, 0 }, { LOOK_EVERY_S, 0 } };
	int fd = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0)
		return -errno;
	if (timerfd_settime(fd, 0, &every, NULL) < 0) {
		int err = errno;

		close(fd);
		return -err;
	}
	return fd;
}

static int watch_all(struct swapadm_events *events)
{
	int r = notices_open(events->ctx, &events->notices);

	if (r)
		return r;
	events->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
	r = events->epoll_fd < 0 ? -errno : 0;
	if (!r) {
		events->areas_fd = ctx_open(events->ctx, "/proc/swaps", O_RDONLY);
		r = watch(events, events->areas_fd, EPOLLPRI);
	}
	if (!r) {
		events->clock_fd = clock_open();
		r = watch(events, events->clock_fd, EPOLLIN);
	}
	if (!r)
		r = watch(events, notices_fd(events->notices), EPOLLIN);
	return r ? ctx_fail(events->ctx, r, "events: watch areas: %s", strerror(-r)) : 0;
}

SWAPADM_API int swapadm_events_open(struct swapadm_ctx *ctx, struct swapadm_conf *conf,
				    struct swapadm_events **out)
{
	CTX_CALL(ctx);
	_cleanup_(closep_events) struct swapadm_events *events = NULL;
	int r;

	if (!ctx || !out)
		return -EINVAL;
	if (ctx->foreign_root)
		return ctx_fail(
			ctx, -EINVAL,
			"%s: wait for events: a capture of a machine does not change; leave out --root",
			ctx->root);
	events = calloc(1, sizeof(*events));
	if (!events)
		return ctx_fail(ctx, -ENOMEM, "events: %s", strerror(ENOMEM));
	events->epoll_fd = events->areas_fd = events->clock_fd = -1;
	events->ctx = swapadm_ref(ctx);
	events->conf = swapadm_conf_ref(conf);
	r = watch_all(events);
	if (r)
		return r;
	*out = steal_ptr(&events);
	return 0;
}

SWAPADM_API int swapadm_events_fd(const struct swapadm_events *events)
{
	return events ? events->epoll_fd : -EINVAL;
}

struct passing {
	swapadm_event_fn fn;
	void *data;
};

/* jobs come from the look that follows, with their figures */
static void pass_on(void *data, const struct swapadm_event *notice)
{
	const struct passing *passing = data;
	struct swapadm_event event = *notice;

	if (streq(event.kind, "job"))
		return;
	event.time_ns = realtime_ns();
	passing->fn(passing->data, &event);
}

static int read_notices(struct swapadm_events *events, struct passing *passing)
{
	struct swapadm_event lost = {
		.source = "block",
		.kind = "events",
		.object = "events",
		.what = "lost",
		.text = "more came than could be read; the state is read again",
	};
	int r = notices_read(events->notices, pass_on, passing);

	if (r != -ENOBUFS)
		return r;
	lost.time_ns = realtime_ns();
	passing->fn(passing->data, &lost);
	return 0;
}

SWAPADM_API int swapadm_events_read(struct swapadm_events *events, swapadm_event_fn fn,
				    void *data)
{
	CTX_CALL(events ? events->ctx : NULL);
	struct passing passing = { fn, data };
	struct epoll_event ready[4];
	struct look now;
	uint64_t ticks;
	int r;

	if (!events || !fn)
		return -EINVAL;
	/* level-triggered: both must be asked, or they stay ready */
	epoll_wait(events->epoll_fd, ready, ARRAY_SIZE(ready), 0);
	if (read(events->clock_fd, &ticks, sizeof(ticks)) < 0 && errno != EAGAIN)
		return -errno;
	r = read_notices(events, &passing);
	if (r)
		return r;
	r = look_take(events->ctx, events->conf, &now);
	if (r)
		return r;
	look_compare(&events->look, &now, fn, data);
	look_free(&events->look);
	events->look = now;
	return 0;
}
