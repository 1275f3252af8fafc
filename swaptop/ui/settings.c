/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <ctype.h>
#include <errno.h>
#include <fcntl.h>
#include <ini.h>
#include <stdarg.h>
#include <sys/stat.h>
#include <unistd.h>

#include "ui/list.h"
#include "ui/settings.h"

static const char *const graph_words[N_GRAPH_MODES] = { "auto", "on", "off" };

static int column_index(const struct column *table, const char *id)
{
	for (int i = 0; table[i].id; i++) {
		if (streq(table[i].id, id))
			return i;
	}
	return -1;
}

void settings_init(struct settings *set, const struct list_ops *const ops[N_LISTS])
{
	*set = (struct settings){ .ops = ops, .delay_s = 1, .pane = LIST_DEVICES };
	for (int id = 0; id < N_LISTS; id++) {
		set->tree[id] = ops[id]->tree;
		set->lists[id].sort =
			ops[id]->sort ? column_index(ops[id]->columns, ops[id]->sort)
				      : -1;
	}
}

/* ---- reading -------------------------------------------------------------------- */

static bool set_bool(bool *out, const char *value)
{
	if (!streq(value, "yes") && !streq(value, "no"))
		return false;
	*out = streq(value, "yes");
	return true;
}

static bool set_delay(struct settings *set, const char *value)
{
	char *end;
	double v = strtod(value, &end);

	if (end == value || *end || !(v >= 0.1 && v <= 3600))
		return false;
	set->delay_s = v;
	return true;
}

static bool set_graph(struct settings *set, const char *value)
{
	for (int i = 0; i < N_GRAPH_MODES; i++) {
		if (streq(value, graph_words[i])) {
			set->graph = (enum graph_mode)i;
			return true;
		}
	}
	return false;
}

static bool set_pane(struct settings *set, const char *value)
{
	for (int id = LIST_DEVICES; id < N_LISTS; id++) {
		if (streq(value, set->ops[id]->name)) {
			set->pane = (enum list_id)id;
			return true;
		}
	}
	return false;
}

static bool set_general(struct settings *set, const char *name, const char *value)
{
	if (streq(name, "delay"))
		return set_delay(set, value);
	if (streq(name, "pane"))
		return set_pane(set, value);
	if (streq(name, "graphs"))
		return set_graph(set, value);
	if (streq(name, "all"))
		return set_bool(&set->show_all, value);
	if (streq(name, "fold-tiers"))
		return set_bool(&set->fold_tiers, value);
	return false;
}

/* a list of column ids to a set of bits; columns of other versions are left out */
static bool set_bits(const struct column *table, uint32_t *bits, const char *value)
{
	char text[200], *rest = text, *word;

	copy_text(text, value);
	*bits = 0;
	while ((word = strsep(&rest, " "))) {
		int i = *word ? column_index(table, word) : -1;

		if (i >= 0)
			*bits |= 1u << i;
	}
	return true;
}

static bool set_list(struct settings *all, int id, const char *name, const char *value)
{
	const struct list_ops *ops = all->ops[id];
	struct list_settings *set = &all->lists[id];

	if (streq(name, "hidden"))
		return set_bits(ops->columns, &set->hidden, value);
	if (streq(name, "pinned"))
		return set_bits(ops->columns, &set->pinned, value);
	if (streq(name, "tree") && ops->parent_id)
		return set_bool(&all->tree[id], value);
	if (streq(name, "reverse"))
		return set_bool(&set->reverse, value);
	if (!streq(name, "sort"))
		return false;
	set->sort = column_index(ops->columns, value);
	return set->sort >= 0 || streq(value, "none");
}

struct parse {
	struct settings *set;
	char *problem;
	size_t size;
	int bad;
};

static int on_value(void *data, const char *section, const char *name, const char *value)
{
	struct parse *p = data;
	bool known = false;

	if (streq(section, "swaptop"))
		known = set_general(p->set, name, value);
	for (int id = 0; id < N_LISTS; id++) {
		if (streq(section, p->set->ops[id]->name))
			known = set_list(p->set, id, name, value);
	}
	if (!known && p->bad++ == 0)
		snprintf(p->problem, p->size, "[%s] %s = %s: unknown setting or value",
			 section, name, value);
	return 1;
}

int settings_parse(struct settings *set, const char *text, char *problem, size_t size)
{
	struct parse p = { set, problem, size, 0 };
	int line;

	*problem = '\0';
	line = ini_parse_string(text, on_value, &p);
	if (line && p.bad++ == 0)
		snprintf(problem, size, "line %d: not a setting", line);
	return p.bad;
}

/* ---- writing -------------------------------------------------------------------- */

static void write_bits(FILE *f, const char *name, const struct column *table,
		       uint32_t bits)
{
	if (!bits)
		return;
	fprintf(f, "%s =", name);
	for (int i = 0; table[i].id; i++) {
		if (bits >> i & 1)
			fprintf(f, " %s", table[i].id);
	}
	fputc('\n', f);
}

static void write_list(FILE *f, const struct settings *all, int id)
{
	const struct list_ops *ops = all->ops[id];
	const struct list_settings *set = &all->lists[id];

	fprintf(f, "\n[%s]\n", ops->name);
	if (ops->value)
		fprintf(f, "sort = %s\nreverse = %s\n",
			set->sort < 0 ? "none" : ops->columns[set->sort].id,
			set->reverse ? "yes" : "no");
	if (ops->parent_id)
		fprintf(f, "tree = %s\n", all->tree[id] ? "yes" : "no");
	write_bits(f, "hidden", ops->columns, set->hidden);
	write_bits(f, "pinned", ops->columns, set->pinned);
}

char *settings_format(const struct settings *set)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fprintf(f,
		"; written by swaptop when it exits\n[swaptop]\ndelay = %g\npane = %s\n"
		"graphs = %s\nall = %s\nfold-tiers = %s\n",
		set->delay_s, set->ops[set->pane]->name, graph_words[set->graph],
		set->show_all ? "yes" : "no", set->fold_tiers ? "yes" : "no");
	for (int id = 0; id < N_LISTS; id++)
		write_list(f, set, id);
	if (fclose(f) != 0) {
		free(text);
		return NULL;
	}
	return text;
}

/* ---- files ---------------------------------------------------------------------- */

char *settings_path(void)
{
	const char *dir = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME");
	char *path = NULL;

	if (dir && *dir == '/') {
		if (asprintf(&path, "%s/swaptop/settings.ini", dir) < 0)
			return NULL;
	} else if (home && *home == '/') {
		if (asprintf(&path, "%s/.config/swaptop/settings.ini", home) < 0)
			return NULL;
	}
	return path;
}

int settings_load(struct settings *set, const char *path, char *problem, size_t size)
{
	_cleanup_fclose_ FILE *f = fopen(path, "re");
	char text[8192];
	size_t n;

	*problem = '\0';
	if (!f)
		return errno == ENOENT ? 0 : -errno;
	n = fread(text, 1, sizeof(text) - 1, f);
	if (ferror(f))
		return -EIO;
	text[n] = '\0';
	return settings_parse(set, text, problem, size) ? -EBADMSG : 0;
}

/* the folders above a file, as mkdir -p makes them */
static int make_folders(const char *path)
{
	_cleanup_free_ char *copy = strdup(path);

	if (!copy)
		return -ENOMEM;
	for (char *slash = strchr(copy + 1, '/'); slash; slash = strchr(slash + 1, '/')) {
		*slash = '\0';
		if (mkdir(copy, 0700) < 0 && errno != EEXIST)
			return -errno;
		*slash = '/';
	}
	return 0;
}

static int write_file(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0600);
	size_t n = strlen(text);
	int r = 0;

	if (fd < 0)
		return -errno;
	if (write(fd, text, n) != (ssize_t)n || fsync(fd) < 0)
		r = errno ? -errno : -EIO;
	if (close(fd) < 0 && r == 0)
		r = -errno;
	return r;
}

int settings_save(const struct settings *set, const char *path)
{
	_cleanup_free_ char *text = settings_format(set), *fresh = NULL;
	int r;

	if (!text || asprintf(&fresh, "%s.new", path) < 0) {
		fresh = NULL;
		return -ENOMEM;
	}
	r = make_folders(path);
	if (r == 0)
		r = write_file(fresh, text);
	if (r == 0 && rename(fresh, path) < 0)
		r = -errno;
	if (r < 0)
		unlink(fresh);
	return r;
}
