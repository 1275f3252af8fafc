/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <fcntl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

#include "record/record.h"
#include "record/source.h"
#include "sample/reader.h"
#include "sample/sampler.h"

struct source {
	struct reader *reader;
	struct sampler *sampler; /* has the reader, once detached */
	struct player *player;
	void *data; /* of the recording */
	size_t size;
	FILE *record_file;
	struct recorder *recorder;
	/* the ui points at @cur and at one of the two rates */
	struct sample *prev, *cur;
	struct rates rates[2];
	unsigned turn;
	bool told_end;
};

static int fail(const char *object, const char *action, int r)
{
	fprintf(stderr, "swaptop: %s: %s: %s\n", object, action, strerror(-r));
	return r;
}

static int open_replay(struct source *src, const char *path)
{
	char problem[200];
	struct stat st;
	int fd = open(path, O_RDONLY | O_CLOEXEC), r;

	if (fd < 0)
		return fail(path, "open the recording", -errno);
	if (fstat(fd, &st) < 0 || st.st_size == 0) {
		close(fd);
		fprintf(stderr, "swaptop: %s: the recording is empty\n", path);
		return -EBADMSG;
	}
	src->size = (size_t)st.st_size;
	src->data = mmap(NULL, src->size, PROT_READ, MAP_PRIVATE, fd, 0);
	r = -errno;
	close(fd);
	if (src->data == MAP_FAILED) {
		src->data = NULL;
		return fail(path, "read the recording", r);
	}
	r = player_new(&src->player, src->data, src->size, problem, sizeof(problem));
	if (r < 0)
		fprintf(stderr, "swaptop: %s: %s\n", path, problem);
	return r;
}

static int open_record(struct source *src, const char *path)
{
	int r;

	src->record_file = fopen(path, "wxe");
	if (!src->record_file && errno == EEXIST) {
		fprintf(stderr,
			"swaptop: %s: record: the file exists; name another or remove "
			"it\n",
			path);
		return -EEXIST;
	}
	if (!src->record_file)
		return fail(path, "record", -errno);
	r = recorder_new(&src->recorder, src->record_file);
	return r < 0 ? fail(path, "record", r) : 0;
}

static int open_parts(struct source *src, const struct source_spec *spec)
{
	char problem[256];
	int r;

	if (spec->replay)
		return open_replay(src, spec->replay);
	r = reader_open(&src->reader, spec->root, spec->config, problem, sizeof(problem));
	if (r < 0) {
		fprintf(stderr, "swaptop: %s\n", problem);
		return r;
	}
	return spec->record ? open_record(src, spec->record) : 0;
}

int source_open(struct source **out, const struct source_spec *spec)
{
	struct source *src = calloc(1, sizeof(*src));
	int r;

	if (!src)
		return fail("swaptop", "start", -ENOMEM);
	r = open_parts(src, spec);
	if (r < 0)
		source_close(src);
	else
		*out = src;
	return r;
}

void source_close(struct source *src)
{
	if (!src)
		return;
	sampler_free(src->sampler);
	reader_close(src->reader);
	player_free(src->player);
	recorder_free(src->recorder);
	if (src->record_file)
		fclose(src->record_file);
	if (src->data)
		munmap(src->data, src->size);
	sample_free(src->prev);
	sample_free(src->cur);
	rates_done(&src->rates[0]);
	rates_done(&src->rates[1]);
	free(src);
}

static void say_position(struct source *src, struct ui *ui)
{
	snprintf(ui->replay_status, sizeof(ui->replay_status), "replay %zu/%zu",
		 player_position(src->player), player_n_frames(src->player));
}

static int play_sample(struct source *src, struct ui *ui, struct sample **out)
{
	int r = player_next(src->player, out);

	if (r < 0 && !src->told_end) {
		src->told_end = true;
		if (r == -EBADMSG)
			ui_say(ui, EVENT_WARN,
			       "the recording is cut off after sample %zu",
			       player_position(src->player));
		else
			ui_say(ui, EVENT_INFO, "the recording is over");
	}
	say_position(src, ui);
	return r;
}

static unsigned wanted(const struct source *src, const struct ui *ui)
{
	unsigned flags = 0;

	if (ui_wants_procs(ui) || src->recorder)
		flags |= READ_PROCS;
	if (ui_wants_cgroups(ui) || src->recorder)
		flags |= READ_CGROUPS;
	return flags;
}

/* takes @s over */
static int put(struct source *src, struct ui *ui, struct sample *s)
{
	struct rates *rates = &src->rates[++src->turn & 1];
	int r = 0;

	if (src->recorder)
		r = recorder_write(src->recorder, s);
	if (r == 0)
		r = rates_compute(src->cur, s, rates);
	if (r < 0) {
		sample_free(s);
		return r;
	}
	ui_update(ui, s, rates);
	sample_free(src->prev);
	src->prev = src->cur;
	src->cur = s;
	return 0;
}

int source_next(struct source *src, struct ui *ui)
{
	struct sample *s;
	int r = src->player ? play_sample(src, ui, &s)
			    : reader_sample(src->reader, wanted(src, ui), &s);

	return r < 0 ? r : put(src, ui, s);
}

int source_detach(struct source *src)
{
	int r = src->reader ? sampler_new(&src->sampler, src->reader) : 0;

	if (src->sampler)
		src->reader = NULL;
	return r;
}

void source_ask(struct source *src, const struct ui *ui)
{
	if (src->sampler)
		sampler_ask(src->sampler, wanted(src, ui));
}

int source_take(struct source *src, struct ui *ui)
{
	struct sample *s;
	int r = src->player ? play_sample(src, ui, &s) : sampler_take(src->sampler, &s);

	return r < 0 ? r : put(src, ui, s);
}

int source_fd(const struct source *src)
{
	return src->sampler ? sampler_fd(src->sampler) : -1;
}

double source_pace_s(const struct source *src)
{
	uint64_t a, b;

	if (!src->prev || !src->cur)
		return 1;
	a = src->prev->mono_ns;
	b = src->cur->mono_ns;
	return b > a ? (double)(b - a) / NSEC_PER_SEC : 1;
}
