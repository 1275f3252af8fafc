/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * The format is lines of "key = value" in [device] and [tier] sections between a first
 * line with the version and a last line "[end]", so that a file cut short is noticed.
 * Bytes of a value that could be mistaken for syntax are written as \ooo.
 */
#include "state/state.h"

#include <fcntl.h>
#include <inttypes.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/file.h>
#include <time.h>

#include "base/atomic.h"
#include "base/privilege.h"

#define RUN_DIR    "/run/swapadm"
#define STATE_PATH RUN_DIR "/state"
#define STATE_HEAD "# swapadm state 1"

#define LOCK_WAIT_NS  5000000000u
#define LOCK_RETRY_NS 20000000

static void free_device(struct state_device *device)
{
	free(device->path);
	free(device->tier);
	free(device->spec);
	free(device->replaces);
}

void state_free(struct state *state)
{
	for (size_t i = 0; i < state->n_devices; i++)
		free_device(&state->devices[i]);
	for (size_t i = 0; i < state->n_tiers; i++)
		free(state->tiers[i].name);
	free(state->devices);
	free(state->tiers);
	*state = (struct state){ 0 };
}

static struct state_device *find_device(const struct state *state, const char *path)
{
	for (size_t i = 0; i < state->n_devices; i++)
		if (streq(state->devices[i].path, path))
			return &state->devices[i];
	return NULL;
}

const struct state_device *state_find_device(const struct state *state, const char *path)
{
	return find_device(state, path);
}

const struct state_device *state_find_node(struct swapadm_ctx *ctx,
					   const struct state *state, const char *path,
					   dev_t dev)
{
	const struct state_device *device = state_find_device(state, path);
	struct stat st;

	for (size_t i = 0; !device && dev && !ctx->foreign_root && i < state->n_devices;
	     i++)
		if (ctx_stat(ctx, state->devices[i].path, &st) == 0 &&
		    S_ISBLK(st.st_mode) && st.st_rdev == dev)
			device = &state->devices[i];
	return device;
}

const struct state_device *state_find_ours(struct swapadm_ctx *ctx,
					   const struct state *state, const char *path)
{
	const struct state_device *device = find_device(state, path);
	struct identity now;

	if (!device)
		return NULL;
	identity_get(ctx, path, IDENTITY_SIGNATURE, &now);
	now.size_bytes = 0; /* a device may grow; its signature is compared */
	return state_is_same(device, &now) ? device : NULL;
}

static struct state_tier *find_tier(const struct state *state, const char *name)
{
	for (size_t i = 0; i < state->n_tiers; i++)
		if (streq(state->tiers[i].name, name))
			return &state->tiers[i];
	return NULL;
}

const struct state_tier *state_find_tier(const struct state *state, const char *name)
{
	return find_tier(state, name);
}

int state_set_device(struct state *state, const char *path, const char *tier,
		     const char *spec, bool created)
{
	struct state_device *device = find_device(state, path);
	struct state_device fresh = {
		.path = strdup(path),
		.tier = strdup(tier),
		.spec = strdup(spec ? spec : path),
		.created = created,
	};

	if (!*path || !tier_name_fits(tier) || (spec && !*spec)) {
		free_device(&fresh);
		return -EINVAL;
	}
	if (!fresh.path || !fresh.tier || !fresh.spec ||
	    (!device && !array_grow(&state->devices, state->n_devices))) {
		free_device(&fresh);
		return -ENOMEM;
	}
	if (device)
		free_device(device);
	else
		device = &state->devices[state->n_devices++];
	*device = fresh;
	return 0;
}

int state_set_spec(struct state *state, const char *path, const char *spec)
{
	struct state_device *device = find_device(state, path);
	char *copy = device ? strdup(spec) : NULL;

	if (!copy)
		return device ? -ENOMEM : -ENODEV;
	free(device->spec);
	device->spec = copy;
	return 0;
}

void state_set_identity(struct state *state, const char *path,
			const struct identity *identity)
{
	struct state_device *device = find_device(state, path);

	if (device)
		device->identity = *identity;
}

int state_set_replaces(struct state *state, const char *path, const char *replaces)
{
	struct state_device *device = find_device(state, path);
	char *copy = strdup(replaces);

	if (!device || !copy) {
		free(copy);
		return device ? -ENOMEM : -ENODEV;
	}
	free(device->replaces);
	device->replaces = copy;
	return 0;
}

bool state_end_replaces(struct state *state, const char *path)
{
	bool any = false;

	for (size_t i = 0; i < state->n_devices; i++) {
		struct state_device *device = &state->devices[i];

		if (!streq_null(device->replaces, path))
			continue;
		free(steal_ptr(&device->replaces));
		any = true;
	}
	return any;
}

int state_set_tier(struct state *state, const char *name, int rank)
{
	struct state_tier *tier = find_tier(state, name);
	char *copy;

	if (!tier_name_fits(name) || rank < 0 || rank > SWAPADM_RANK_MAX)
		return -EINVAL;
	if (tier) {
		tier->rank = rank;
		return 0;
	}
	if (!array_grow(&state->tiers, state->n_tiers))
		return -ENOMEM;
	copy = strdup(name);
	if (!copy)
		return -ENOMEM;
	state->tiers[state->n_tiers++] = (struct state_tier){ copy, rank };
	return 0;
}

/* a tier whose last device has gone has no rank to be remembered */
static void drop_empty_tier(struct state *state, const char *name)
{
	for (size_t i = 0; i < state->n_devices; i++)
		if (streq(state->devices[i].tier, name))
			return;
	for (size_t i = 0; i < state->n_tiers; i++) {
		if (!streq(state->tiers[i].name, name))
			continue;
		free(state->tiers[i].name);
		state->tiers[i] = state->tiers[--state->n_tiers];
		return;
	}
}

bool state_drop_device(struct state *state, const char *path)
{
	bool replaced = state_end_replaces(state, path);
	struct state_device *device = find_device(state, path);
	_cleanup_free_ char *tier = NULL;
	size_t i;

	if (!device)
		return replaced;
	tier = steal_ptr(&device->tier);
	i = (size_t)(device - state->devices);
	free_device(device);
	state->n_devices--;
	memmove(device, device + 1, (state->n_devices - i) * sizeof(*device));
	drop_empty_tier(state, tier);
	return true;
}

/* ---- text --------------------------------------------------------------------- */

static bool needs_escape(unsigned char c)
{
	return c <= ' ' || c == '\\' || c == 0x7f;
}

static void write_value(FILE *f, const char *key, const char *value)
{
	fprintf(f, "%s = ", key);
	for (const char *p = value; *p; p++)
		if (needs_escape((unsigned char)*p))
			fprintf(f, "\\%03o", (unsigned char)*p);
		else
			fputc(*p, f);
	fputc('\n', f);
}

static void write_number(FILE *f, const char *key, uint64_t value)
{
	if (value)
		fprintf(f, "%s = %" PRIu64 "\n", key, value);
}

static void write_identity(FILE *f, const struct identity *identity)
{
	if (*identity->boot)
		write_value(f, "boot", identity->boot);
	if (*identity->uuid)
		write_value(f, "uuid", identity->uuid);
	write_number(f, "size", identity->size_bytes);
	write_number(f, "diskseq", identity->diskseq);
	if (identity->ino)
		fprintf(f, "dev = %" PRIu64 "\ninode = %" PRIu64 "\n", identity->dev,
			identity->ino);
}

int state_print(const struct state *state, char **out, size_t *len)
{
	_cleanup_free_ char *text = NULL;
	FILE *f = open_memstream(&text, len);
	bool failed;

	if (!f)
		return -ENOMEM;
	fputs(STATE_HEAD "\n", f);
	for (size_t i = 0; i < state->n_tiers; i++) {
		fputs("[tier]\n", f);
		write_value(f, "name", state->tiers[i].name);
		fprintf(f, "rank = %d\n", state->tiers[i].rank);
	}
	for (size_t i = 0; i < state->n_devices; i++) {
		const struct state_device *device = &state->devices[i];

		fputs("[device]\n", f);
		write_value(f, "path", device->path);
		write_value(f, "tier", device->tier);
		write_value(f, "spec", device->spec);
		fprintf(f, "created = %s\n", device->created ? "yes" : "no");
		if (device->replaces)
			write_value(f, "replaces", device->replaces);
		write_identity(f, &device->identity);
	}
	fputs("[end]\n", f);
	failed = ferror(f);
	if (fclose(f) || failed)
		return -ENOMEM;
	*out = steal_ptr(&text);
	return 0;
}

/* undo write_value() in place: false when a byte or an escape is not one of ours */
static bool unescape(char *s)
{
	char *to = s;

	for (; *s; s++) {
		int c = (unsigned char)*s;

		if (c == '\\') {
			c = octal_byte(s + 1);
			if (c <= 0 || c > 255 || !needs_escape((unsigned char)c))
				return false;
			s += 3;
		} else if (needs_escape((unsigned char)c)) {
			return false;
		}
		*to++ = (char)c;
	}
	*to = '\0';
	return true;
}

/* one section while it is read; its strings point into the text */
struct section {
	enum {
		SECTION_NONE,
		SECTION_DEVICE,
		SECTION_TIER
	} kind;
	char *path, *tier, *spec, *name, *rank, *created;
	char *replaces;                                   /* NULL: nothing */
	char *boot, *uuid, *size, *diskseq, *dev, *inode; /* NULL: not known */
};

static bool parse_rank(const char *text, int *rank)
{
	uint64_t v;

	if (parse_u64(text, &v) || v > SWAPADM_RANK_MAX)
		return false;
	*rank = (int)v;
	return true;
}

static bool parse_created(const char *text, bool *created)
{
	*created = streq(text, "yes");
	return *created || streq(text, "no");
}

static bool copy_text(const char *text, char *buf, size_t size)
{
	return !text || (size_t)snprintf(buf, size, "%s", text) < size;
}

static bool copy_number(const char *text, uint64_t *out)
{
	return !text || parse_u64(text, out) == 0;
}

static bool parse_identity(const struct section *section, struct identity *out)
{
	return copy_text(section->boot, out->boot, sizeof(out->boot)) &&
	       copy_text(section->uuid, out->uuid, sizeof(out->uuid)) &&
	       copy_number(section->size, &out->size_bytes) &&
	       copy_number(section->diskseq, &out->diskseq) &&
	       copy_number(section->dev, &out->dev) &&
	       copy_number(section->inode, &out->ino);
}

static int end_device(struct state *state, const struct section *section)
{
	struct identity identity = {};
	bool created;
	int r;

	if (!section->path || !section->tier || !section->spec || !section->created ||
	    !parse_created(section->created, &created) ||
	    !parse_identity(section, &identity) || !tier_name_fits(section->tier) ||
	    state_find_device(state, section->path))
		return -EBADMSG;
	r = state_set_device(state, section->path, section->tier, section->spec, created);
	if (!r)
		state_set_identity(state, section->path, &identity);
	if (!r && section->replaces)
		r = state_set_replaces(state, section->path, section->replaces);
	return r;
}

/* add what a section said; -EBADMSG: incomplete, doubled or a value out of range */
static int end_section(struct state *state, const struct section *section)
{
	int rank;

	switch (section->kind) {
	case SECTION_NONE:
		return 0;
	case SECTION_DEVICE:
		return end_device(state, section);
	case SECTION_TIER:
		if (!section->name || !section->rank ||
		    !parse_rank(section->rank, &rank) || !tier_name_fits(section->name) ||
		    state_find_tier(state, section->name))
			return -EBADMSG;
		return state_set_tier(state, section->name, rank);
	}
	return -EBADMSG;
}

static char **section_field(struct section *section, const char *key)
{
	const struct {
		const char *key;
		int kind;
		char **field;
	} fields[] = {
		{ "name", SECTION_TIER, &section->name },
		{ "rank", SECTION_TIER, &section->rank },
		{ "path", SECTION_DEVICE, &section->path },
		{ "tier", SECTION_DEVICE, &section->tier },
		{ "spec", SECTION_DEVICE, &section->spec },
		{ "created", SECTION_DEVICE, &section->created },
		{ "replaces", SECTION_DEVICE, &section->replaces },
		{ "boot", SECTION_DEVICE, &section->boot },
		{ "uuid", SECTION_DEVICE, &section->uuid },
		{ "size", SECTION_DEVICE, &section->size },
		{ "diskseq", SECTION_DEVICE, &section->diskseq },
		{ "dev", SECTION_DEVICE, &section->dev },
		{ "inode", SECTION_DEVICE, &section->inode },
	};

	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (fields[i].kind == (int)section->kind && streq(fields[i].key, key))
			return fields[i].field;
	return NULL;
}

static bool parse_key(struct section *section, char *line)
{
	char *sep = strstr(line, " = ");
	char **field;

	if (!sep)
		return false;
	*sep = '\0';
	field = section_field(section, line);
	if (!field || *field)
		return false;
	*field = sep + 3;
	return unescape(*field) && **field;
}

/* one line between the first and "[end]" */
static int parse_line(struct state *state, struct section *section, char *line)
{
	int r;

	if (*line != '[')
		return parse_key(section, line) ? 0 : -EBADMSG;
	r = end_section(state, section);
	*section = (struct section){ 0 };
	if (r)
		return r;
	if (streq(line, "[device]"))
		section->kind = SECTION_DEVICE;
	else if (streq(line, "[tier]"))
		section->kind = SECTION_TIER;
	else if (!streq(line, "[end]"))
		return -EBADMSG;
	return 0;
}

int state_parse(char *text, size_t len, struct state *out, unsigned *line_no)
{
	struct state state = { 0 };
	struct section section = { 0 };
	char *line = text, *end = text + len, *next;
	bool ended = false;
	int r = 0;

	*line_no = 0;
	for (; !r && line < end; line = next) {
		char *newline = memchr(line, '\n', (size_t)(end - line));

		++*line_no;
		if (!newline || memchr(line, '\0', (size_t)(newline - line)) || ended) {
			r = -EBADMSG;
			break;
		}
		*newline = '\0';
		next = newline + 1;
		if (*line_no == 1)
			r = streq(line, STATE_HEAD) ? 0 : -EBADMSG;
		else
			r = parse_line(&state, &section, line);
		ended = !r && streq(line, "[end]");
	}
	if (!r && !ended)
		r = -EBADMSG;
	if (r) {
		state_free(&state);
		return r;
	}
	*out = state;
	return 0;
}

/* ---- file --------------------------------------------------------------------- */

int state_load(struct swapadm_ctx *ctx, struct state *out)
{
	_cleanup_free_ char *text = NULL;
	unsigned line;
	size_t len;
	int r = ctx_read_file(ctx, STATE_PATH, &text, &len);

	if (r == -ENOENT || r == -ENOTDIR) {
		*out = (struct state){ 0 };
		return 0;
	}
	if (r)
		return ctx_fail(ctx, r, STATE_PATH ": read: %s", strerror(-r));
	r = state_parse(text, len, out, &line);
	if (r == -EBADMSG)
		return ctx_fail(
			ctx, r,
			STATE_PATH
			":%u: read: the file is damaged or of another version; move it away, active areas then count as not attached by swapadm",
			line);
	if (r)
		return ctx_fail(ctx, r, STATE_PATH ": read: %s", strerror(-r));
	return 0;
}

static int run_fail(struct swapadm_ctx *ctx, int err, const char *path, const char *what)
{
	if (err == -EROFS && ctx->foreign_root)
		return err; /* has its sentence */
	if (err == -EACCES || err == -EPERM)
		return ctx_fail(ctx, err, "%s: %s: %s", path, what,
				PRIVILEGE_REMEDY("CAP_DAC_OVERRIDE"));
	if (err == -ELOOP || err == -ENOTDIR)
		return ctx_fail(
			ctx, err,
			"%s: %s: its place is taken by something that is not a folder; remove it",
			path, what);
	return ctx_fail(ctx, err, "%s: %s: %s", path, what, strerror(-err));
}

/* /run/swapadm, made when absent: descriptor */
static int open_run_dir(struct swapadm_ctx *ctx)
{
	int fd = atomic_mkdir(ctx, RUN_DIR);

	return fd < 0 ? run_fail(ctx, fd, RUN_DIR, "make") : fd;
}

int state_save(struct swapadm_ctx *ctx, const struct state *state)
{
	_cleanup_free_ char *text = NULL;
	_cleanup_close_ int dirfd = -1;
	size_t len;
	int r = state_print(state, &text, &len);

	if (r)
		return ctx_fail(ctx, r, STATE_PATH ": write: %s", strerror(-r));
	dirfd = open_run_dir(ctx);
	if (dirfd < 0)
		return dirfd;
	r = atomic_stage(ctx, dirfd, ".state.new", 0644, text, len);
	if (!r)
		r = atomic_commit(dirfd, ".state.new", "state");
	return r ? run_fail(ctx, r, STATE_PATH, "write") : 0;
}

int state_mkdir(struct swapadm_ctx *ctx, const char *sub)
{
	_cleanup_close_ int dirfd = open_run_dir(ctx);
	_cleanup_close_ int fd = -1;
	char path[256];
	int n;

	if (dirfd < 0 || !sub)
		return dirfd < 0 ? dirfd : 0;
	n = snprintf(path, sizeof(path), RUN_DIR "/%s", sub);
	if (n < 0 || (size_t)n >= sizeof(path))
		return ctx_fail(ctx, -ENAMETOOLONG, RUN_DIR "/%s: make: name too long",
				sub);
	fd = atomic_mkdir(ctx, path);
	return fd < 0 ? run_fail(ctx, fd, path, "make") : 0;
}

/* ---- lock --------------------------------------------------------------------- */

/* the note of who took it last stays when that lets go */
static bool holder_is_gone(const char *note)
{
	const char *pid = strstr(note, "(pid ");

	return !pid || (kill((pid_t)atoi(pid + 5), 0) < 0 && errno == ESRCH);
}

static int lock_busy(struct swapadm_ctx *ctx, int fd)
{
	char text[256];
	ssize_t n = pread(fd, text, sizeof(text) - 1, 0);

	text[n > 0 ? n : 0] = '\0';
	text[strcspn(text, "\n")] = '\0';
	for (char *p = text; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?';
	if (holder_is_gone(text))
		return ctx_fail(
			ctx, -EBUSY,
			RUN_DIR
			"/lock: take: held for more than 5 s by another program; `fuser -v /run/swapadm/lock` shows which");
	return ctx_fail(
		ctx, -EBUSY,
		RUN_DIR
		"/lock: take: held for more than 5 s by %s; wait until it is done, or stop it",
		text);
}

int state_lock(struct swapadm_ctx *ctx, const char *holder)
{
	const struct timespec pause = { .tv_nsec = LOCK_RETRY_NS };
	_cleanup_close_ int dirfd = open_run_dir(ctx), fd = -1;
	uint64_t start_ns = monotonic_ns();

	if (dirfd < 0)
		return dirfd;
	/* 0600: whoever may open a file may also lock it */
	fd = openat(dirfd, "lock", O_RDWR | O_CREAT | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return run_fail(ctx, -errno, RUN_DIR "/lock", "open");
	while (flock(fd, LOCK_EX | LOCK_NB) < 0) {
		if (errno != EWOULDBLOCK && errno != EINTR)
			return run_fail(ctx, -errno, RUN_DIR "/lock", "take");
		if (monotonic_ns() - start_ns > LOCK_WAIT_NS)
			return lock_busy(ctx, fd);
		nanosleep(&pause, NULL);
	}
	/* only a courtesy to those who wait: a failure changes nothing */
	if (ftruncate(fd, 0) == 0 && dprintf(fd, "%s (pid %d)\n", holder, getpid()) < 0)
		log_debug(ctx, RUN_DIR "/lock: note the holder: %s", strerror(errno));
	return steal_fd(&fd);
}

bool state_is_locked(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int fd = ctx_open(ctx, RUN_DIR "/lock", O_RDONLY);

	return fd >= 0 && flock(fd, LOCK_SH | LOCK_NB) < 0 && errno == EWOULDBLOCK;
}
