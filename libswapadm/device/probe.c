/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "device/probe.h"

#include <blkid/blkid.h>
#include <fcntl.h>
#include <stdarg.h>

/* mm/swapfile.c: union swap_header, 1024 bytes of boot block before it */
#define SWAP_VERSION_OFFSET 1024
#define SWAP_MAGIC_BYTES    10

static void free_probep(blkid_probe *pr)
{
	blkid_free_probe(*pr);
}

static void put_cachep(blkid_cache *cache)
{
	if (*cache)
		blkid_put_cache(*cache);
}

static const char *value_of(blkid_probe pr, const char *name)
{
	const char *value = NULL;

	if (blkid_probe_lookup_value(pr, name, &value, NULL) < 0)
		return NULL;
	return value;
}

static void _printf_(2, 3) append(struct probe *out, const char *fmt, ...)
{
	size_t n = strlen(out->foreign);
	va_list ap;

	va_start(ap, fmt);
	vsnprintf(out->foreign + n, sizeof(out->foreign) - n, fmt, ap);
	va_end(ap);
}

/* labels are bytes that anybody may have written: no control characters in a sentence */
static void append_quoted(struct probe *out, const char *what, const char *text)
{
	char clean[65];
	size_t i;

	for (i = 0; text[i] && i < sizeof(clean) - 1; i++)
		clean[i] = (unsigned char)text[i] < ' ' || text[i] == 0x7f ? '?'
									   : text[i];
	clean[i] = '\0';
	append(out, " %s \"%s\"", what, clean);
}

/* a superblock that is no swap area, in words */
static void add_superblock(blkid_probe pr, const char *type, struct probe *out)
{
	const char *usage = value_of(pr, "USAGE"), *label = value_of(pr, "LABEL");
	const char *uuid = value_of(pr, "UUID");

	append(out, "%s", out->n_foreign++ ? " and " : "");
	if (streq(type, "LVM2_member") || streq(type, "LVM1_member"))
		append(out, "an LVM physical volume (%s)", type);
	else if (usage && streq(usage, "raid"))
		append(out, "a member of a RAID (%s)", type);
	else if (usage && streq(usage, "crypto"))
		append(out, "an encrypted volume (%s)", type);
	else if (usage && streq(usage, "filesystem"))
		append(out, "a file system (%s)", type);
	else
		append(out, "a signature of %s", type);
	if (label)
		append_quoted(out, "labelled", label);
	else if (uuid)
		append_quoted(out, "with UUID", uuid);
}

static void add_table(blkid_probe pr, struct probe *out)
{
	const char *type = value_of(pr, "PTTYPE");

	append(out, "%sa partition table (%s)", out->n_foreign++ ? " and " : "",
	       type ? type : "unknown");
}

/* what the header itself says of its span; a header of the other byte order: unknown */
static uint64_t read_area_bytes(int fd, uint64_t page_bytes)
{
	uint32_t words[2]; /* version, last page */

	if (pread(fd, words, sizeof(words), SWAP_VERSION_OFFSET) != sizeof(words))
		return 0;
	return words[0] == 1 ? ((uint64_t)words[1] + 1) * page_bytes : 0;
}

static void add_swap(blkid_probe pr, int fd, bool hibernated, struct probe *out)
{
	const char *offset = value_of(pr, "SBMAGIC_OFFSET"), *label, *uuid, *version;
	uint64_t n;

	version = value_of(pr, "VERSION");
	out->hibernated |= hibernated;
	out->old_swap = version && streq(version, "0");
	out->swap = !out->old_swap && !hibernated;
	if (offset && parse_u64(offset, &n) == 0)
		out->page_bytes = n + SWAP_MAGIC_BYTES;
	label = value_of(pr, "LABEL");
	uuid = value_of(pr, "UUID");
	snprintf(out->label, sizeof(out->label), "%s", label ? label : "");
	snprintf(out->uuid, sizeof(out->uuid), "%s", uuid ? uuid : "");
	out->area_bytes = read_area_bytes(fd, out->page_bytes);
}

static void add_found(blkid_probe pr, int fd, struct probe *out)
{
	const char *type = value_of(pr, "TYPE");

	if (!type)
		add_table(pr, out);
	else if (streq(type, "swap"))
		add_swap(pr, fd, false, out);
	else if (streq(type, "swsuspend"))
		add_swap(pr, fd, true, out);
	else
		add_superblock(pr, type, out);
}

static blkid_probe probe_new(int fd)
{
	blkid_probe pr = blkid_new_probe();

	if (!pr)
		return NULL;
	if (blkid_probe_set_device(pr, fd, 0, 0) < 0) {
		blkid_free_probe(pr);
		return NULL;
	}
	blkid_probe_enable_superblocks(pr, 1);
	blkid_probe_set_superblocks_flags(
		pr, BLKID_SUBLKS_LABEL | BLKID_SUBLKS_UUID | BLKID_SUBLKS_TYPE |
			    BLKID_SUBLKS_USAGE | BLKID_SUBLKS_VERSION |
			    BLKID_SUBLKS_MAGIC | BLKID_SUBLKS_BADCSUM);
	blkid_probe_enable_partitions(pr, 1);
	blkid_probe_set_partitions_flags(pr, BLKID_PARTS_MAGIC);
	return pr;
}

int probe_fd(int fd, struct probe *out)
{
	_cleanup_(free_probep) blkid_probe pr = probe_new(fd);
	struct probe found = { 0 };
	int r;

	if (!pr)
		return -EIO;
	/* one step finds one signature: there may be several, of which one is stale */
	while ((r = blkid_do_probe(pr)) == 0)
		add_found(pr, fd, &found);
	if (r < 0)
		return -EIO;
	*out = found;
	return 0;
}

int probe_wipe(int fd)
{
	_cleanup_(free_probep) blkid_probe pr = probe_new(fd);
	int r;

	if (!pr)
		return -EIO;
	while ((r = blkid_do_probe(pr)) == 0)
		if (blkid_do_wipe(pr, 0) < 0)
			return -EIO;
	return r < 0 ? -EIO : 0;
}

/* how many devices carry a tag; every device is looked at */
static unsigned count_tag(blkid_cache cache, const char *name, const char *value)
{
	blkid_dev_iterate iter;
	unsigned n = 0;
	blkid_dev dev;

	blkid_probe_all(cache);
	iter = blkid_dev_iterate_begin(cache);
	if (!iter)
		return 0;
	blkid_dev_set_search(iter, name, value);
	while (blkid_dev_next(iter, &dev) == 0)
		if (blkid_verify(cache, dev))
			n++;
	blkid_dev_iterate_end(iter);
	return n;
}

int probe_resolve_tag(const char *tag, char **out)
{
	_cleanup_(put_cachep) blkid_cache cache = NULL;
	_cleanup_free_ char *name = NULL, *value = NULL, *path = NULL;

	/* no cache file: it may be stale, and writing it would be a change */
	if (blkid_parse_tag_string(tag, &name, &value) < 0 ||
	    blkid_get_cache(&cache, "/dev/null") < 0)
		return -ENOMEM;
	path = blkid_evaluate_tag(name, value, &cache);
	if (!path)
		return -ENODEV;
	/* names of partitions and UUIDs clash only in copies, labels in daily life */
	if (count_tag(cache, name, value) > 1)
		return -ENOTUNIQ;
	*out = steal_ptr(&path);
	return 0;
}

SWAPADM_API int swapadm_signature_page_bytes(struct swapadm_ctx *ctx, const char *word,
					     uint64_t *bytes)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_close_ int fd = -1;
	struct probe probe;
	CTX_CALL(ctx);
	int r = 0;

	if (!ctx || !word || !bytes || (*word != '/' && !strchr(word, '=')))
		return -EINVAL;
	if (*word != '/' && ctx->foreign_root)
		return -ENODATA;
	if (*word != '/')
		r = probe_resolve_tag(word, &path);
	if (r)
		return r;
	fd = ctx_open(ctx, path ? path : word, O_RDONLY | O_NONBLOCK);
	if (fd < 0)
		return fd;
	r = probe_fd(fd, &probe);
	if (r)
		return r;
	if (!probe.swap || !probe.page_bytes)
		return -ENODATA;
	*bytes = probe.page_bytes;
	return 0;
}
