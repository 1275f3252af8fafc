/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <unistd.h>

#include "sample/sampler.h"

#define LAST_WAIT_NS (200 * 1000000ULL)

struct result {
	struct sample *sample;
	int r;
};

struct sampler {
	struct reader *reader;
	pthread_t thread;
	int asks[2], results[2]; /* pipes of flags, of struct result */
};

static void close_pipe(int fds[2])
{
	for (int i = 0; i < 2; i++) {
		if (fds[i] >= 0)
			close(fds[i]);
		fds[i] = -1;
	}
}

static void *sampler_main(void *data)
{
	struct sampler *s = data;
	unsigned flags;

	while (read(s->asks[0], &flags, sizeof(flags)) == (ssize_t)sizeof(flags)) {
		struct result result = { NULL, 0 };

		result.r = reader_sample(s->reader, flags, &result.sample);
		if (write(s->results[1], &result, sizeof(result)) !=
		    (ssize_t)sizeof(result))
			sample_free(result.sample);
	}
	return NULL;
}

int sampler_new(struct sampler **out, struct reader *reader)
{
	struct sampler *s = calloc(1, sizeof(*s));
	int r = 0;

	if (!s)
		return -ENOMEM;
	*s = (struct sampler){ .reader = reader,
			       .asks = { -1, -1 },
			       .results = { -1, -1 } };
	if (pipe2(s->asks, O_CLOEXEC) < 0 || pipe2(s->results, O_CLOEXEC) < 0 ||
	    fcntl(s->results[0], F_SETFL, O_NONBLOCK) < 0)
		r = -errno;
	if (r == 0)
		r = -pthread_create(&s->thread, NULL, sampler_main, s);
	if (r < 0) {
		close_pipe(s->asks);
		close_pipe(s->results);
		free(s);
		return r;
	}
	*out = s;
	return 0;
}

void sampler_free(struct sampler *s)
{
	uint64_t until_ns = clock_ns(CLOCK_REALTIME) + LAST_WAIT_NS;
	struct timespec until = { (time_t)(until_ns / NSEC_PER_SEC),
				  (long)(until_ns % NSEC_PER_SEC) };
	struct sample *left;

	if (!s)
		return;
	close(s->asks[1]); /* the thread ends when it looks for the next one */
	s->asks[1] = -1;
	if (pthread_timedjoin_np(s->thread, NULL, &until) != 0) {
		pthread_detach(s->thread);
		return;
	}
	while (sampler_take(s, &left) == 0)
		sample_free(left);
	close_pipe(s->asks);
	close_pipe(s->results);
	reader_close(s->reader);
	free(s);
}

int sampler_fd(const struct sampler *s)
{
	return s->results[0];
}

void sampler_ask(struct sampler *s, unsigned flags)
{
	/* at most one is under way: the pipe has room */
	if (write(s->asks[1], &flags, sizeof(flags)) < 0)
		abort();
}

int sampler_take(struct sampler *s, struct sample **out)
{
	struct result result;

	if (read(s->results[0], &result, sizeof(result)) != (ssize_t)sizeof(result))
		return -EAGAIN;
	if (result.r == 0)
		*out = result.sample;
	return result.r;
}
