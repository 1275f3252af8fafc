/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/identity.h"

#include "kernel/pagesize.h"

#include <fcntl.h>
#include <inttypes.h>
#include <sys/sysmacros.h>

#define HEADER_BYTES 1024 /* boot block before the header's numbers */

/* union swap_header: version, last_page, nr_badpages, then the UUID */
struct header {
	uint32_t version, last_page, nr_badpages;
	unsigned char uuid[16];
};

static bool same_text(const char *a, const char *b)
{
	return !*a || !*b || streq(a, b);
}

static bool same_number(uint64_t a, uint64_t b)
{
	return !a || !b || a == b;
}

bool identity_matches(const struct identity *a, const struct identity *b)
{
	return same_text(a->boot, b->boot) && same_text(a->uuid, b->uuid) &&
	       same_number(a->size_bytes, b->size_bytes) &&
	       same_number(a->diskseq, b->diskseq) &&
	       (!a->ino || !b->ino || (a->dev == b->dev && a->ino == b->ino));
}

/* ---- the signature ---------------------------------------------------------------- */

static void print_uuid(const unsigned char *u, char *buf)
{
	static const unsigned char none[16];

	*buf = '\0';
	for (unsigned i = 0; i < 16 && memcmp(u, none, 16) != 0; i++)
		buf += sprintf(buf,
			       i == 4 || i == 6 || i == 8 || i == 10 ? "-%02x" : "%02x",
			       u[i]);
}

bool identity_parse_header(const unsigned char *page, size_t page_bytes,
			   struct identity *out)
{
	struct header h;

	memcpy(&h, page + HEADER_BYTES, sizeof(h));
	if (memcmp(page + page_bytes - 10, "SWAPSPACE2", 10) != 0 || h.version != 1)
		return false;
	print_uuid(h.uuid, out->uuid);
	if (h.last_page > h.nr_badpages)
		out->size_bytes = (uint64_t)(h.last_page - h.nr_badpages) * page_bytes;
	return true;
}

static void read_signature(struct swapadm_ctx *ctx, const char *path,
			   struct identity *out)
{
	size_t page_bytes = ctx_page_bytes(ctx);
	_cleanup_free_ unsigned char *page = malloc(page_bytes);
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY | O_NONBLOCK);

	if (page && fd >= 0 && pread(fd, page, page_bytes, 0) == (ssize_t)page_bytes)
		identity_parse_header(page, page_bytes, out);
}

/* ---- the kernel's numbers --------------------------------------------------------- */

/* @at: a folder of sysfs; a partition has the number of its disk */
static void read_diskseq(struct swapadm_ctx *ctx, const char *at, struct identity *out)
{
	char path[128];

	snprintf(path, sizeof(path), "%s/diskseq", at);
	if (ctx_read_u64(ctx, path, &out->diskseq) == 0)
		return;
	snprintf(path, sizeof(path), "%s/../diskseq", at);
	if (ctx_read_u64(ctx, path, &out->diskseq))
		out->diskseq = 0;
}

static void of_name(struct swapadm_ctx *ctx, const char *path, struct identity *out)
{
	const char *name = str_after(path, "/dev/");
	char at[96];

	if (!name || strchr(name, '/') || strlen(name) > 64)
		return;
	snprintf(at, sizeof(at), "/sys/class/block/%s", name);
	read_diskseq(ctx, at, out);
}

static void of_stat(struct swapadm_ctx *ctx, const struct stat *st, struct identity *out)
{
	char at[64];

	if (!S_ISBLK(st->st_mode)) {
		out->dev = st->st_dev;
		out->ino = st->st_ino;
		return;
	}
	snprintf(at, sizeof(at), "/sys/dev/block/%u:%u", major(st->st_rdev),
		 minor(st->st_rdev));
	read_diskseq(ctx, at, out);
}

void identity_get(struct swapadm_ctx *ctx, const char *path, unsigned flags,
		  struct identity *out)
{
	struct stat st;

	*out = (struct identity){};
	if (ctx_read_line(ctx, "/proc/sys/kernel/random/boot_id", out->boot,
			  sizeof(out->boot)))
		out->boot[0] = '\0';
	if (ctx->foreign_root) {
		of_name(ctx, path, out);
		return;
	}
	if (ctx_stat(ctx, path, &st) || !(S_ISBLK(st.st_mode) || S_ISREG(st.st_mode)))
		return;
	of_stat(ctx, &st, out);
	if (flags & IDENTITY_SIGNATURE)
		read_signature(ctx, path, out);
}
