/* SPDX-License-Identifier: GPL-2.0-or-later */
/* Checks of what happens at boot: swap lines of fstab, hibernation. */
#include "doctor/probe.h"
#include "text.h"

#include <ctype.h>
#include <sys/sysmacros.h>

/* ---- fstab */

struct fstab_line {
	const char *what, *options;
};

static bool has_option(const char *options, const char *name)
{
	size_t n = strlen(name);

	for (const char *s = options; (s = strstr(s, name)); s += n)
		if ((s == options || s[-1] == ',') &&
		    (!s[n] || s[n] == ',' || s[n] == '='))
			return true;
	return false;
}

/* as udev names links: signs other than these become \xHH */
static bool encode(const char *value, char *buf, size_t size)
{
	size_t n = 0;

	for (const char *s = value; *s; s++) {
		bool keep = isalnum((unsigned char)*s) || strchr("#+-.:=@_", *s) ||
			    (unsigned char)*s >= 0x80;
		size_t room = size - n;
		int len = snprintf(buf + n, room, keep ? "%c" : "\\x%02x", *s);

		if (len < 0 || (size_t)len >= room)
			return false;
		n += (size_t)len;
	}
	return n > 0;
}

/* the link that udev makes for a tag, or the path itself; false: does not fit */
static bool path_of(const char *what, char *buf, size_t size, bool *is_tag)
{
	static const struct {
		const char *tag, *folder;
	} tags[] = {
		{ "UUID=", "by-uuid" },
		{ "LABEL=", "by-label" },
		{ "PARTUUID=", "by-partuuid" },
		{ "PARTLABEL=", "by-partlabel" },
	};
	char encoded[256];
	int n;

	*is_tag = false;
	for (size_t i = 0; i < ARRAY_SIZE(tags); i++) {
		const char *value = what + strlen(tags[i].tag);

		if (strncmp(what, tags[i].tag, strlen(tags[i].tag)) != 0)
			continue;
		*is_tag = true;
		if (!encode(value, encoded, sizeof(encoded)))
			return false;
		n = snprintf(buf, size, "/dev/disk/%s/%s", tags[i].folder, encoded);
		return n > 0 && (size_t)n < size;
	}
	n = snprintf(buf, size, "%s", what);
	return n > 0 && (size_t)n < size;
}

/* -1: it can't be known */
static int is_there(const struct machine *m, const char *what)
{
	char path[512], sys[600];
	bool is_tag;

	if (!path_of(what, path, sizeof(path), &is_tag))
		return -1;
	if (swapadm_file_exists(m->ctx, path))
		return 1;
	/* no links without udev; a capture has neither nodes nor swap files */
	if (is_tag)
		return swapadm_file_exists(m->ctx, "/dev/disk/by-uuid") ? 0 : -1;
	if (!m->is_capture)
		return 0;
	if (strncmp(path, "/dev/", 5) != 0)
		return -1;
	snprintf(sys, sizeof(sys), "/sys/class/block/%s", path + 5);
	return swapadm_file_exists(m->ctx, sys);
}

static const struct swapadm_device *device_of(const struct machine *m, const char *what)
{
	const struct swapadm_device *dev = NULL;
	const struct swapadm_tier *tier;

	return swapadm_model_find(m->model, what, &tier, &dev) ? NULL : dev;
}

/* does the configuration name it too? */
static bool is_configured(const struct machine *m, const struct swapadm_device *dev)
{
	for (struct walk w = { 0 }; machine_next(m, &w);)
		if (w.dev == dev)
			return !w.tier->is_auto && m->conf &&
			       swapadm_conf_find_tier(m->conf, w.tier->name) && dev->spec;
	return false;
}

typedef void (*line_fn)(struct probe *p, const struct fstab_line *line);

struct passing {
	struct probe *p;
	line_fn fn;
};

/* TAG="value" means TAG=value */
static void pass_on(void *data, const char *spec, const char *options)
{
	const struct passing *passing = data;
	const char *value = strchr(spec, '=');
	_cleanup_free_ char *plain = NULL;
	size_t n = value ? strlen(++value) : 0;

	if (n > 1 && *spec != '/' && *value == '"' && value[n - 1] == '"' &&
	    asprintf(&plain, "%.*s%.*s", (int)(value - spec), spec, (int)n - 2,
		     value + 1) < 0)
		return;
	passing->fn(passing->p, &(struct fstab_line){ plain ? plain : spec, options });
}

static void each_fstab(struct probe *p, line_fn fn)
{
	struct passing passing = { p, fn };

	swapadm_fstab_each(p->m->ctx, pass_on, &passing);
}

static void one_missing(struct probe *p, const struct fstab_line *line)
{
	const struct swapadm_device *dev = device_of(p->m, line->what);

	if ((dev && is_active(dev)) || has_option(line->options, "noauto") ||
	    has_option(line->options, "nofail") || is_there(p->m, line->what) != 0)
		return;
	probe_remedy(
		probe_report(p, line->what, "/etc/fstab: %s: there is no such device",
			     line->what),
		"correct the line (lsblk -o NAME,FSTYPE,LABEL,UUID shows what is there) or add nofail to it; systemctl daemon-reload");
}

void check_fstab_missing(struct probe *p)
{
	each_fstab(p, one_missing);
}

static void one_inactive(struct probe *p, const struct fstab_line *line)
{
	const struct swapadm_device *dev = device_of(p->m, line->what);

	if ((dev && is_active(dev)) || (dev && dev->state != SWAPADM_STATE_INACTIVE) ||
	    has_option(line->options, "noauto") || is_there(p->m, line->what) != 1)
		return;
	probe_remedy(probe_report(p, line->what, "/etc/fstab: %s: is not active",
				  line->what),
		     "swapon %s; or remove the line", probe_quote(p, line->what));
}

void check_fstab_inactive(struct probe *p)
{
	each_fstab(p, one_inactive);
}

static void one_double(struct probe *p, const struct fstab_line *line)
{
	const struct swapadm_device *dev = device_of(p->m, line->what);

	if (!dev || !is_configured(p->m, dev) || has_option(line->options, "noauto"))
		return;
	probe_remedy(
		probe_report(p, line->what,
			     "/etc/fstab: %s: tier %s of the configuration has it too",
			     line->what, dev->tier),
		"remove the line from /etc/fstab; systemctl daemon-reload; swapctl apply --rerank");
}

void check_fstab_double(struct probe *p)
{
	each_fstab(p, one_double);
}

/* ---- hibernation */

/* the value of KEY= on the kernel's command line, to be freed; NULL: not there */
static char *cmdline_value(const struct machine *m, const char *key)
{
	_cleanup_free_ char *text = NULL;
	char *word, *state = NULL, *value = NULL;
	size_t n = strlen(key);

	if (swapadm_file_read(m->ctx, "/proc/cmdline", &text))
		return NULL;
	for (word = strtok_r(text, " \n", &state); word;
	     word = strtok_r(NULL, " \n", &state))
		if (!strncmp(word, key, n)) {
			free(value);
			value = strdup(word + n);
		}
	return value;
}

/* the kernel aims at this size (power/snapshot.c); by default two fifths of memory */
static uint64_t image_bytes(const struct machine *m)
{
	_cleanup_free_ char *text = NULL;
	uint64_t bytes = m->has_mem ? m->mem.total_bytes / 5 * 2 : 0;

	if (!swapadm_file_read(m->ctx, "/sys/power/image_size", &text) && atoll(text) > 0)
		bytes = (uint64_t)atoll(text);
	return bytes;
}

/*
 * systemd-sleep writes the device that it tries, and nothing takes that back when the
 * kernel refuses. After an attempt on a tswap device, which goes with its last leaf,
 * systemd looks for an area on a device that is gone, until the initramfs of the next
 * boot writes another.
 */
static void check_resume_device(struct probe *p, const struct swapadm_device *area)
{
	_cleanup_free_ char *text = NULL;
	unsigned maj, min;
	struct finding *f;
	char path[64];

	if (swapadm_file_read(p->m->ctx, "/sys/power/resume", &text) ||
	    sscanf(text, "%u:%u", &maj, &min) != 2 || !maj)
		return;
	snprintf(path, sizeof(path), "/sys/dev/block/%u:%u/dev", maj, min);
	if (swapadm_file_exists(p->m->ctx, path))
		return;
	f = probe_report(
		p, "hibernation",
		"/sys/power/resume names %u:%u, which is gone: systemd answers \"Not enough swap space for hibernation\"",
		maj, min);
	if (area->is_file)
		probe_remedy(f, "reboot");
	else
		probe_remedy(f, "reboot, or: echo %u:%u >/sys/power/resume",
			     major(area->dev), minor(area->dev));
}

void check_hibernation(struct probe *p)
{
	_cleanup_free_ char *resume = cmdline_value(p->m, "resume=");
	_cleanup_free_ char *off = cmdline_value(p->m, "noresume");
	const struct swapadm_device *largest = NULL;
	uint64_t need = image_bytes(p->m), best = 0;
	struct finding *f;
	struct buf a, b;

	if (!resume || !*resume || off)
		return;
	for (struct walk w = { 0 }; machine_next(p->m, &w);)
		if (is_active(w.dev) && probe_is_disk(w.dev) &&
		    w.dev->usage.size_bytes > best) {
			best = w.dev->usage.size_bytes;
			largest = w.dev;
		}
	/* whatever other area there is: tswap/pm.c */
	if (swapadm_model_redirect(p->m->model)) {
		f = probe_report(
			p, "hibernation",
			"resume=%s is set, but the kernel refuses to hibernate while a tswap device is in use",
			resume);
		probe_remedy(
			f,
			"set layer = direct in /etc/swapadm.conf, then: swapctl apply; or remove resume= from the kernel's command line");
		return;
	}
	if (best && best >= need) {
		check_resume_device(p, largest);
		return;
	}
	if (best)
		f = probe_report(
			p, "hibernation",
			"resume=%s is set, but the largest area on a disk has %s, and the image may take %s",
			resume, text_amount(&a, best), text_amount(&b, need));
	else
		f = probe_report(p, "hibernation",
				 "resume=%s is set, but no area on a disk is active",
				 resume);
	probe_remedy(
		f,
		"activate a partition that can hold %s, not a zram (swapon --priority 0 DEVICE); or remove resume= from the kernel's command line",
		text_amount(&b, need));
}
