/* SPDX-License-Identifier: LGPL-2.1-or-later */
/*
 * Pressure stall information.
 *
 * A kernel built without it has no /proc/pressure; one that is booted with psi=0 has the
 * files and answers EOPNOTSUPP (kernel/sched/psi.c psi_show()). Both mean the same here.
 */
#include <ctype.h>

#include "base/ctx.h"
#include "kernel/stats.h"

/* " NAME=12.34": percent with two decimals, in hundredths */
static int next_avg(const char **cursor, const char *name, uint32_t *centipct)
{
	const char *s = str_after(*cursor, name);
	uint64_t whole;

	if (!s || !isdigit((unsigned char)*s) || next_u64(&s, &whole) || whole > 100)
		return -EBADMSG;
	if (s[0] != '.' || !isdigit((unsigned char)s[1]) || !isdigit((unsigned char)s[2]))
		return -EBADMSG;
	*centipct = (uint32_t)whole * 100 + (uint32_t)((s[1] - '0') * 10 + s[2] - '0');
	*cursor = s + 3;
	return 0;
}

static int parse_line(const char *s, struct swapadm_psi_line *out)
{
	struct swapadm_psi_line line = { .known = true };

	if (next_avg(&s, " avg10=", &line.avg10_centipct) ||
	    next_avg(&s, " avg60=", &line.avg60_centipct) ||
	    next_avg(&s, " avg300=", &line.avg300_centipct))
		return -EBADMSG;
	s = str_after(s, " total=");
	if (!s || !isdigit((unsigned char)*s) || next_u64(&s, &line.total_us) ||
	    *s != '\n')
		return -EBADMSG;
	*out = line;
	return 0;
}

int psi_parse(const char *text, struct swapadm_psi *out)
{
	struct swapadm_psi psi = {};

	for (const char *line = text, *rest; *line;) {
		if ((rest = str_after(line, "some")))
			parse_line(rest, &psi.some);
		else if ((rest = str_after(line, "full")))
			parse_line(rest, &psi.full);
		line += strcspn(line, "\n");
		line += *line == '\n';
	}
	if (!psi.some.known && !psi.full.known)
		return -EBADMSG;
	*out = psi;
	return 0;
}

SWAPADM_API int swapadm_psi_get_sized(struct swapadm_ctx *ctx, const char *resource,
				      struct swapadm_psi *out, size_t size)
{
	struct swapadm_psi psi;
	_cleanup_free_ char *text = NULL;
	char path[64];
	CTX_CALL(ctx);
	int r;

	if (!ctx || !resource || !out)
		return -EINVAL;
	if (!streq(resource, "memory") && !streq(resource, "io") &&
	    !streq(resource, "cpu"))
		return ctx_fail(ctx, -EINVAL,
				"%s: pressure: no such resource; it is memory, io or cpu",
				resource);
	snprintf(path, sizeof(path), "/proc/pressure/%s", resource);
	r = ctx_read_file(ctx, path, &text, NULL);
	if (r == -ENOENT || r == -EOPNOTSUPP)
		return ctx_fail(
			ctx, -EPROTONOSUPPORT,
			"%s: read: this kernel does not measure pressure; boot a kernel with CONFIG_PSI with psi=1",
			path);
	if (r)
		return ctx_fail(ctx, r, "%s: read: %s", path, strerror(-r));
	if (psi_parse(text, &psi))
		return ctx_fail(
			ctx, -EBADMSG,
			"%s: read: not what kernels print; report it with the file's text",
			path);
	return sized_put(out, size, &psi, sizeof(psi));
}
