/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/vars.h"

#include <ctype.h>

void vars_free(struct vars *vars)
{
	for (size_t i = 0; i < vars->n; i++) {
		free(vars->items[i].section);
		free(vars->items[i].name);
		free(vars->items[i].value);
	}
	free(vars->items);
}

static char *trim(char *s)
{
	char *end;

	while (isspace((unsigned char)*s))
		s++;
	end = s + strlen(s);
	while (end > s && isspace((unsigned char)end[-1]))
		*--end = '\0';
	return s;
}

/* as a shell would, for the plain values that such files have */
static char *unquote(char *s)
{
	size_t n = strlen(s);
	char *comment;

	if (n > 1 && (*s == '"' || *s == '\'')) {
		char *end = strchr(s + 1, *s);

		if (end) {
			*end = '\0';
			return s + 1;
		}
	}
	comment = strstr(s, " #");
	if (comment)
		*comment = '\0';
	return trim(s);
}

static int add(struct vars *vars, const char *section, const char *name,
	       const char *value)
{
	struct var *var;

	if (!array_grow(&vars->items, vars->n))
		return -ENOMEM;
	var = &vars->items[vars->n++];
	*var = (struct var){ strdup(section), strdup(name), strdup(value) };
	return var->section && var->name && var->value ? 0 : -ENOMEM;
}

int vars_read(struct swapadm_ctx *ctx, const char *path, struct vars *vars)
{
	_cleanup_free_ char *text = NULL;
	char *save = NULL, *line, section[64] = "";
	int r = ctx_read_file(ctx, path, &text, NULL);

	if (r == -ENOENT || r == -ENOTDIR)
		return 0;
	if (r)
		return ctx_fail(ctx, r, "%s: import: %s", path, strerror(-r));
	vars->any = true;
	for (line = strtok_r(text, "\n", &save); line && !r;
	     line = strtok_r(NULL, "\n", &save)) {
		char *s = trim(line), *equals = strchr(s, '=');

		if (*s == '[' && strchr(s, ']')) {
			snprintf(section, sizeof(section), "%.*s",
				 (int)strcspn(s + 1, "]"), s + 1);
			r = add(vars, section, "", "");
		} else if (*s && *s != '#' && *s != ';' && equals) {
			*equals = '\0';
			r = add(vars, section, trim(s), unquote(trim(equals + 1)));
		}
	}
	return r ? ctx_fail(ctx, r, "%s: import: memory is short", path) : 0;
}

const char *vars_get(const struct vars *vars, const char *section, const char *name)
{
	for (size_t i = vars->n; i-- > 0;)
		if (streq(vars->items[i].name, name) &&
		    streq(vars->items[i].section, section))
			return vars->items[i].value;
	return NULL;
}

/* ---- folders of drop-ins --------------------------------------------------------- */

struct drop_in {
	char name[256];
	size_t folder;
};

static int by_name(const void *a, const void *b)
{
	return strcmp(((const struct drop_in *)a)->name,
		      ((const struct drop_in *)b)->name);
}

static int add_drop_in(struct drop_in **items, size_t *n, const char *name, size_t folder)
{
	size_t i = 0;

	while (i < *n && !streq((*items)[i].name, name))
		i++;
	if (i == *n && !array_grow(items, *n))
		return -ENOMEM;
	*n += i == *n;
	snprintf((*items)[i].name, sizeof((*items)[i].name), "%s", name);
	(*items)[i].folder = folder;
	return 0;
}

int vars_read_folders(struct swapadm_ctx *ctx, const char *const *folders,
		      size_t n_folders, struct vars *vars)
{
	_cleanup_free_ struct drop_in *items = NULL;
	size_t n = 0;
	int r = 0;

	for (size_t i = 0; i < n_folders; i++) {
		_cleanup_(closedirp) DIR *dir = ctx_opendir(ctx, folders[i]);
		struct dirent *entry;

		while (!r && dir && (entry = readdir(dir))) {
			size_t len = strlen(entry->d_name);

			if (len > 5 && streq(entry->d_name + len - 5, ".conf"))
				r = add_drop_in(&items, &n, entry->d_name, i);
		}
	}
	if (n)
		qsort(items, n, sizeof(*items), by_name);
	for (size_t i = 0; !r && i < n; i++) {
		char path[400];

		snprintf(path, sizeof(path), "%s/%s", folders[items[i].folder],
			 items[i].name);
		r = vars_read(ctx, path, vars);
	}
	return r == -ENOMEM ? ctx_fail(ctx, r, "import: memory is short") : r;
}
