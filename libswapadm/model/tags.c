/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Tags are looked up through the links that udev keeps in /dev/disk: one stat(), no
 * device is opened, none spins up. Only where no udev runs (containers, small guests) are
 * the active areas themselves read.
 *
 * In a capture device nodes are plain files, links or not there at all, and the numbers
 * that stat() gives are this machine's: there, links are followed as text and names
 * compared.
 */
#include "model/tags.h"

#include <blkid/blkid.h>
#include <ctype.h>
#include <fcntl.h>

#define LINKS_MAX 8 /* that a name in a capture may go through */

static const struct {
	const char *folder, *probed; /* name of libblkid's low-level probe */
} tags[] = {
	[TAG_LABEL] = { "by-label", "LABEL" },
	[TAG_UUID] = { "by-uuid", "UUID" },
	[TAG_PARTLABEL] = { "by-partlabel", "PART_ENTRY_NAME" },
	[TAG_PARTUUID] = { "by-partuuid", "PART_ENTRY_UUID" },
};

static int tag_link(enum tag tag, const char *value, char *buf, size_t size)
{
	char encoded[PATH_MAX];
	int n;

	if (blkid_encode_string(value, encoded, sizeof(encoded)))
		return -ENAMETOOLONG;
	n = snprintf(buf, size, "/dev/disk/%s/%s", tags[tag].folder, encoded);
	return n < 0 || (size_t)n >= size ? -ENAMETOOLONG : 0;
}

bool tags_have_links(struct swapadm_ctx *ctx)
{
	_cleanup_close_ int fd = -1;

	if (ctx->foreign_root)
		return true;
	fd = ctx_open(ctx, "/run/udev/control", O_PATH);
	return fd >= 0 || is_shortage(fd);
}

/* ---- from a word to a key --------------------------------------------------------- */

/* "/a/b" and "../c": "/c"; in place in @path, a buffer of PATH_MAX */
static int join(char *path, const char *target)
{
	char buf[PATH_MAX];
	size_t n = 0;

	if (*target != '/')
		n = (size_t)(strrchr(path, '/') - path);
	memcpy(buf, path, n);
	for (const char *s = target, *end; *s; s = end) {
		size_t len;

		s += strspn(s, "/");
		end = s + strcspn(s, "/");
		len = (size_t)(end - s);
		if (len == 0 || (len == 1 && *s == '.'))
			continue;
		if (len == 2 && s[0] == '.' && s[1] == '.') {
			while (n && buf[--n] != '/')
				;
			continue;
		}
		if (n + len + 2 > sizeof(buf))
			return -ENAMETOOLONG;
		buf[n++] = '/';
		memcpy(buf + n, s, len);
		n += len;
	}
	memcpy(path, buf, n);
	path[n] = '\0';
	return 0;
}

/* follow the links of a capture as text; the last name may not exist */
static int follow_links(struct swapadm_ctx *ctx, char *path)
{
	char target[PATH_MAX];
	int r = 0;

	for (unsigned i = 0; !r && i < LINKS_MAX; i++) {
		if (ctx_readlink(ctx, path, target, sizeof(target)))
			return 0;
		r = join(path, target);
	}
	return r ? r : -ENODEV;
}

static int word_to_path(struct swapadm_ctx *ctx, const char *word, char *buf, size_t size)
{
	const char *value;
	enum tag tag = tag_of(word, &value);
	int n;

	if (tag != TAG_NONE)
		return tag_link(tag, value, buf, size);
	if (strchr(word, '/'))
		n = snprintf(buf, size, "%s", word);
	else
		n = snprintf(buf, size, "/dev/%s", word);
	if (n < 0 || (size_t)n >= size)
		return -ENAMETOOLONG;
	for (char *s = buf + 5; !strchr(word, '/') && (s = strchr(s, '!'));)
		*s = '/'; /* a kernel name: cciss!c0d0 */
	return 0;
}

static void key_from_stat(const struct stat *st, struct devkey *key)
{
	key->is_blk = S_ISBLK(st->st_mode);
	key->known = key->is_blk || S_ISREG(st->st_mode);
	key->dev = key->is_blk ? st->st_rdev : st->st_dev;
	key->ino = key->is_blk ? 0 : st->st_ino;
}

/*
 * what a shell's user calls ./swapfile; @path, a buffer of PATH_MAX, stays when it is
 * none
 */
static void make_absolute(struct swapadm_ctx *ctx, char *path)
{
	char real[PATH_MAX];

	if (*path != '/' && !ctx->foreign_root && realpath(path, real))
		strcpy(path, real);
}

int devkey_get(struct swapadm_ctx *ctx, const char *word, struct devkey *out)
{
	const char *value;
	bool is_tag = tag_of(word, &value) != TAG_NONE;
	struct stat st;
	int r = word_to_path(ctx, word, out->path, sizeof(out->path));

	out->known = out->is_blk = false;
	if (r)
		return r;
	make_absolute(ctx, out->path);
	if (out->path[0] != '/')
		return 0;
	if (ctx->foreign_root) {
		char link[PATH_MAX];

		strcpy(link, out->path);
		r = follow_links(ctx, out->path);
		/* a tag without a link */
		return !r && is_tag && streq(link, out->path) ? -ENODEV : r;
	}
	if (!ctx_stat(ctx, out->path, &st))
		key_from_stat(&st, out);
	return is_tag && !out->is_blk ? -ENODEV : 0;
}

bool devkey_is(const struct devkey *key, const struct model_device *dev)
{
	const struct swapadm_device *pub = &dev->pub;

	if (!pub->deleted && pub->path && streq(key->path, pub->path))
		return true;
	if (!key->known || !pub->dev || key->is_blk == pub->is_file)
		return false;
	return key->dev == pub->dev && key->ino == dev->ino;
}

/* ---- from a device to its tags ---------------------------------------------------- */

static void free_probep(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}

/* only the swap signature is looked for: two reads instead of hundreds */
static blkid_probe probe_swap(struct swapadm_ctx *ctx, const char *path, bool partition)
{
	char type[] = "swap", *only[] = { type, NULL };
	_cleanup_(free_probep) blkid_probe pr = NULL;
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY | O_NONBLOCK);

	if (fd < 0)
		return NULL;
	pr = blkid_new_probe();
	if (!pr || blkid_probe_set_device(pr, fd, 0, 0) ||
	    blkid_probe_enable_superblocks(pr, 1) ||
	    blkid_probe_set_superblocks_flags(pr, BLKID_SUBLKS_TYPE | BLKID_SUBLKS_LABEL |
							  BLKID_SUBLKS_UUID) ||
	    blkid_probe_filter_superblocks_type(pr, BLKID_FLTR_ONLYIN, only))
		return NULL;
	if (partition &&
	    (blkid_probe_enable_partitions(pr, 1) ||
	     blkid_probe_set_partitions_flags(pr, BLKID_PARTS_ENTRY_DETAILS)))
		return NULL;
	if (blkid_do_safeprobe(pr))
		return NULL;
	return steal_ptr(&pr);
}

static const char *probed(blkid_probe pr, enum tag tag)
{
	const char *value = NULL;

	if (!pr || blkid_probe_lookup_value(pr, tags[tag].probed, &value, NULL))
		return NULL;
	return value;
}

bool tag_matches(struct swapadm_ctx *ctx, const struct swapadm_device *dev, enum tag tag,
		 const char *value)
{
	bool partition = tag == TAG_PARTLABEL || tag == TAG_PARTUUID;
	_cleanup_(free_probep) blkid_probe pr = NULL;

	if (ctx->foreign_root || dev->is_file || !dev->path)
		return false;
	pr = probe_swap(ctx, dev->path, partition);
	return streq_null(probed(pr, tag), value);
}

static int short_of(struct swapadm_ctx *ctx, int err, const char *path)
{
	return ctx_fail(ctx, err, "%s: read its UUID: %s", path, strerror(-err));
}

/* what can't be looked at because descriptors are missing is not without a name */
static int can_be_opened(struct swapadm_ctx *ctx, const char *path)
{
	_cleanup_close_ int fd = ctx_open(ctx, path, O_RDONLY | O_NONBLOCK);

	return is_shortage(fd) ? short_of(ctx, fd, path) : 0;
}

static int fill_from_signature(struct swapadm_model *model, struct model_device *dev)
{
	_cleanup_(free_probep) blkid_probe pr = NULL;
	int r;

	if (!dev->pub.path || dev->pub.deleted)
		return 0;
	r = can_be_opened(model->ctx, dev->pub.path);
	if (r)
		return r;
	pr = probe_swap(model->ctx, dev->pub.path, false);
	if (arena_set(&model->arena, &dev->pub.label, probed(pr, TAG_LABEL)) ||
	    arena_set(&model->arena, &dev->pub.uuid, probed(pr, TAG_UUID)))
		return -ENOMEM;
	return 0;
}

static int hex(char c)
{
	return isdigit((unsigned char)c) ? c - '0' : tolower((unsigned char)c) - 'a' + 10;
}

/* undo the \x20 of udev's names, in place */
static void decode(char *s)
{
	char *to = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] == 'x' && isxdigit((unsigned char)s[2]) &&
		    isxdigit((unsigned char)s[3])) {
			*to++ = (char)(hex(s[2]) << 4 | hex(s[3]));
			s += 3;
		} else {
			*to++ = *s;
		}
	}
	*to = '\0';
}

/* give the value of one link to the device it leads to */
static int fill_from_link(struct swapadm_model *model, enum tag tag, const char *name,
			  struct model_device *const *devices, size_t n)
{
	char path[PATH_MAX], value[NAME_MAX + 1];

	snprintf(path, sizeof(path), "/dev/disk/%s/%s", tags[tag].folder, name);
	if (follow_links(model->ctx, path))
		return 0;
	snprintf(value, sizeof(value), "%s", name);
	decode(value);
	for (size_t i = 0; i < n; i++) {
		struct swapadm_device *dev = &devices[i]->pub;

		if (dev->path && streq(dev->path, path))
			return arena_set(&model->arena,
					 tag == TAG_UUID ? &dev->uuid : &dev->label,
					 value);
	}
	return 0;
}

static int fill_from_folder(struct swapadm_model *model, enum tag tag,
			    struct model_device *const *devices, size_t n)
{
	_cleanup_closedir_ DIR *dir = NULL;
	struct dirent *entry;
	char path[PATH_MAX];
	int r = 0;

	snprintf(path, sizeof(path), "/dev/disk/%s", tags[tag].folder);
	dir = ctx_opendir(model->ctx, path);
	if (!dir && is_shortage(-errno))
		return short_of(model->ctx, -errno, path);
	while (!r && dir && (entry = readdir(dir)))
		if (entry->d_name[0] != '.')
			r = fill_from_link(model, tag, entry->d_name, devices, n);
	return r;
}

int tags_fill(struct swapadm_model *model, struct model_device *const *devices, size_t n)
{
	int r = 0;

	if (model->ctx->foreign_root) {
		r = fill_from_folder(model, TAG_UUID, devices, n);
		return r ? r : fill_from_folder(model, TAG_LABEL, devices, n);
	}
	for (size_t i = 0; !r && i < n; i++)
		r = fill_from_signature(model, devices[i]);
	return r;
}
