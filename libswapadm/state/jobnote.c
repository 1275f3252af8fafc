/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/jobnote.h"

#include <fcntl.h>

#include "base/atomic.h"
#include "state/state.h"

#define NOTE_DIR  "/run/swapadm"
#define NOTE_NAME "balance"
#define NOTE_PATH NOTE_DIR "/" NOTE_NAME
#define NOTE_TMP  ".balance.new"

static int write_note(struct swapadm_ctx *ctx, const char *text, size_t len)
{
	_cleanup_close_ int lock = state_lock(ctx, "note of balance");
	_cleanup_close_ int dirfd = -1;
	int r;

	if (lock < 0)
		return lock;
	dirfd = ctx_open(ctx, NOTE_DIR, O_RDONLY | O_DIRECTORY);
	r = dirfd < 0 ? dirfd : atomic_stage(ctx, dirfd, NOTE_TMP, 0644, text, len);
	if (!r)
		r = atomic_commit(dirfd, NOTE_TMP, NOTE_NAME);
	return r ? ctx_fail(ctx, r, NOTE_PATH ": write: %s", strerror(-r)) : 0;
}

int jobnote_write(struct swapadm_ctx *ctx, const struct jobnote *note)
{
	char text[sizeof(*note) + 8];
	int n = snprintf(text, sizeof(text), "%s %s %s %s\n", note->job, note->source,
			 note->dest, note->why);

	return write_note(ctx, text, (size_t)n);
}

int jobnote_read(struct swapadm_ctx *ctx, struct jobnote *out)
{
	char text[sizeof(*out) + 8];
	struct jobnote note;
	int at = 0, r = ctx_read_line(ctx, NOTE_PATH, text, sizeof(text));

	if (r)
		return r;
	if (sscanf(text, "%15s %31s %31s %n", note.job, note.source, note.dest, &at) !=
		    3 ||
	    !at)
		return -EBADMSG;
	snprintf(note.why, sizeof(note.why), "%s", text + at);
	*out = note;
	return 0;
}

bool jobnote_means(const struct jobnote *note, const struct swapadm_progress *job)
{
	return streq(note->job, job->id) && streq(note->source, job->source) &&
	       streq(note->dest, job->dest);
}
