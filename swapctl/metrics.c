/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl metrics: one snapshot, to standard output or into a file for a collector. */
#include "metrics.h"

#include <fcntl.h>
#include <libgen.h>
#include <sys/stat.h>
#include <unistd.h>

#include "commands.h"

static void closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}

static int write_all(int fd, const char *text, size_t len)
{
	while (len) {
		ssize_t n = write(fd, text, len);

		if (n < 0 && errno != EINTR)
			return -errno;
		if (n > 0) {
			text += n;
			len -= (size_t)n;
		}
	}
	return 0;
}

/* a new file next to @path: *temporary, to be freed; it is gone when this fails */
static int write_temporary(const char *path, const char *text, size_t len,
			   char **temporary)
{
	_cleanup_free_ char *folder = strdup(path), *file = strdup(path), *name = NULL;
	_cleanup_(closep) int fd = -1;
	int r;

	/* a collector reads what ends in .prom, and what begins with a dot is hidden */
	if (!folder || !file ||
	    asprintf(&name, "%s/.%s.XXXXXX", dirname(folder), basename(file)) < 0) {
		name = NULL;
		return -ENOMEM;
	}
	fd = mkostemp(name, O_CLOEXEC);
	if (fd < 0)
		return -errno;
	r = write_all(fd, text, len);
	/* mkostemp() makes it 0600, and the collector is another user */
	if (!r && fchmod(fd, 0644))
		r = -errno;
	/*
	 * else a machine that loses its power may find the new name without its content
	 */
	if (!r && fsync(fd))
		r = -errno;
	if (r) {
		unlink(name);
		return r;
	}
	*temporary = name;
	name = NULL;
	return 0;
}

static const char *write_remedy(int r)
{
	switch (r) {
	case -ENOENT:
		return "; make its folder first";
	case -EACCES:
	case -EPERM:
		return "; run as root, or name a file that you may write";
	case -EROFS: /* a unit with ProtectSystem= too */
		return "; name a file elsewhere, or allow the folder in the unit (ReadWritePaths=)";
	default:
		return "";
	}
}

/*
 * a reader sees the old file or the new one, and nothing but a regular file is replaced
 */
static int replace_file(const char *path, const char *text, size_t len)
{
	_cleanup_free_ char *temporary = NULL;
	struct stat st;
	int r;

	if (!lstat(path, &st) && !S_ISREG(st.st_mode)) {
		cli_say("%s: write: it is not a regular file", path);
		return CLI_FAILED;
	}
	r = write_temporary(path, text, len, &temporary);
	if (!r && rename(temporary, path)) {
		r = -errno;
		unlink(temporary);
	}
	if (!r)
		return CLI_DONE;
	cli_say("%s: write: %s%s", path, strerror(-r), write_remedy(r));
	return CLI_FAILED;
}

static unsigned count_of(const struct cli *cli, enum opt id)
{
	return cli_has(cli, id) ? (unsigned)strtoul(cli->values[id], NULL, 10) : 0;
}

static uint64_t bytes_of(const struct cli *cli, enum opt id)
{
	struct swapadm_size size = { 0 };

	if (cli_has(cli, id)) /* the parser has seen that it is one */
		swapadm_parse_size(cli->values[id], &size);
	return size.value;
}

static int collect(struct cli *cli, FILE *out)
{
	_cleanup_(machine_free) struct machine m = { 0 };
	struct metrics w = { .out = out, .openmetrics = cli_has(cli, OPT_OPENMETRICS) };
	const struct metrics_top top = {
		.n_cgroups = count_of(cli, OPT_CGROUPS),
		.n_processes = count_of(cli, OPT_PROCESSES),
		.above_bytes = bytes_of(cli, OPT_ABOVE),
	};
	int r = machine_load(cli, SWAPADM_LOAD_IO, &m);

	if (r)
		return r;
	metrics_machine(&w, &m);
	metrics_devices(&w, &m, cli_has(cli, OPT_ZRAM_IDLE));
	metrics_findings(&w, &m);
	r = metrics_users(&w, &m, &top);
	if (r == -EPROTONOSUPPORT) {
		/* a machine without cgroups has the rest all the same */
		cli_say("%s", swapadm_get_error(cli->ctx));
		r = 0;
	}
	if (w.openmetrics)
		fputs("# EOF\n", out);
	return r ? r : w.no_memory ? -ENOMEM : 0;
}

int cmd_metrics(struct cli *cli)
{
	_cleanup_free_ char *text = NULL;
	size_t len = 0;
	FILE *out = open_memstream(&text, &len);
	int r = out ? collect(cli, out) : -ENOMEM;

	if (out && fclose(out) && !r)
		r = -ENOMEM;
	if (r)
		return cli_fail(cli, r, "metrics");
	if (cli_has(cli, OPT_WRITE))
		return replace_file(cli->values[OPT_WRITE], text, len);
	fwrite(text, 1, len, stdout);
	return CLI_DONE;
}
