/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: test-manual SOURCE_ROOT
 * Holds swaptop(8) and the completions against the tables of options and keys: what is in
 * a table is described, and what is described is in a table.
 */
#include "options.h"
#include "ui/keys.h"

static int failed;

static void complain(const char *file, const char *what, const char *name)
{
	printf("%s: %s %s\n", file, what, name);
	failed++;
}

static char *read_file(const char *root, const char *name)
{
	_cleanup_free_ char *path = NULL;
	_cleanup_fclose_ FILE *f = NULL;
	char *text = NULL;
	size_t cap = 0;

	if (asprintf(&path, "%s/%s", root, name) < 0)
		abort();
	f = fopen(path, "re");
	if (!f || getdelim(&text, &cap, '\0', f) < 0) {
		fprintf(stderr, "%s: cannot be read\n", path);
		exit(1);
	}
	return text;
}

static bool is_word(char c)
{
	return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '-';
}

static bool has_option(const char *text, const char *name)
{
	char word[64];

	snprintf(word, sizeof(word), "--%s", name);
	for (const char *p = strstr(text, word); p; p = strstr(p + 1, word)) {
		if (!is_word(p[strlen(word)]))
			return true;
	}
	return false;
}

static bool known_option(const char *name, size_t n)
{
	for (const struct option_help *o = option_table; o->name; o++) {
		if (strlen(o->name) == n && memcmp(o->name, name, n) == 0)
			return true;
	}
	return false;
}

/* long options at the beginning of a manual's line: "*-d*, *--delay* _SECS_" */
static void check_described(const char *manual, const char *file)
{
	for (const char *p = strstr(manual, "\n*-"); p; p = strstr(p + 1, "\n*-")) {
		const char *name = strstr(p, "--");
		size_t n;

		if (!name || name > strchr(p + 1, '\n'))
			continue;
		for (n = 0; is_word(name[2 + n]); n++)
			;
		if (!known_option(name + 2, n))
			complain(file, "describes an option that is not there:", p + 1);
	}
}

static void check_options(const char *root)
{
	static const char *const files[] = { "man/swaptop.8.scd",
					     "completions/bash/swaptop",
					     "completions/zsh/_swaptop" };

	for (size_t i = 0; i < ARRAY_SIZE(files); i++) {
		_cleanup_free_ char *text = read_file(root, files[i]);

		for (const struct option_help *o = option_table; o->name; o++) {
			if (!has_option(text, o->name))
				complain(files[i], "lacks the option", o->name);
		}
		if (i == 0)
			check_described(text, files[i]);
	}
}

static void check_fish(const char *root)
{
	const char *file = "completions/fish/swaptop.fish";
	_cleanup_free_ char *text = read_file(root, file);
	char words[64];

	for (const struct option_help *o = option_table; o->name; o++) {
		snprintf(words, sizeof(words), " -l %s ", o->name);
		if (!strstr(text, words))
			complain(file, "lacks the option", o->name);
	}
}

/* a heading of its own: "*d*" with \\ for backslashes and \* for stars */
static void check_keys(const char *root)
{
	const char *file = "man/swaptop.8.scd";
	_cleanup_free_ char *text = read_file(root, file);
	size_t in_table = 0, in_manual = 0;
	char line[64], *end, *p;

	for (const struct key *k = keys; k->names; k++, in_table++) {
		p = line;
		p += sprintf(p, "\n*");
		for (const char *c = k->names; *c; c++) {
			if (*c == '\\' || *c == '*')
				*p++ = '\\';
			*p++ = *c;
		}
		strcpy(p, "*\n");
		if (!strstr(text, line))
			complain(file, "lacks the key", k->names);
	}
	p = strstr(text, "\n# KEYS");
	end = p ? strstr(p, "\n# WHAT") : NULL;
	if (!end) {
		complain(file, "lacks the section", "KEYS");
		return;
	}
	*end = '\0';
	for (p = strstr(p, "\n*"); p; p = strstr(p + 1, "\n*"))
		in_manual++;
	if (in_manual != in_table)
		complain(file,
			 "describes keys that are not there:", "compare with keys.c");
}

int main(int argc, char **argv)
{
	if (argc != 2) {
		fprintf(stderr, "usage: test-manual SOURCE_ROOT\n");
		return 2;
	}
	check_options(argv[1]);
	check_fish(argv[1]);
	check_keys(argv[1]);
	return failed != 0;
}
