/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: test-examples FILE...
 *
 * Each example loads as it stands, and also with every commented key and section taken
 * in.
 */
#include "unit.h"
#include "sandbox.h"

#include <ctype.h>

static char **files;

/* "#key = value" and "#[section]", but not a sentence */
static bool is_commented_line(const char *line)
{
	const char *p = line + 1;

	if (*line != '#' || (!islower((unsigned char)*p) && *p != '['))
		return false;
	if (*p == '[')
		return true;
	while (islower((unsigned char)*p) || *p == '-')
		p++;
	return str_after(p, " = ") != NULL;
}

/* the text of a file; all: with "#" taken off the lines that it comments out */
static char *read_example(const char *path, bool all, unsigned *n_uncommented)
{
	FILE *in = fopen(path, "re"), *out;
	char line[512], *text = NULL;
	size_t len;

	assert_non_null(in);
	out = open_memstream(&text, &len);
	*n_uncommented = 0;
	while (fgets(line, sizeof(line), in)) {
		bool commented = all && is_commented_line(line);

		*n_uncommented += commented;
		fputs(line + commented, out);
	}
	fclose(in);
	fclose(out);
	return text;
}

static size_t load(struct sandbox *box, const char *path, const char *text)
{
	struct swapadm_conf *conf;
	size_t n_tiers;

	sandbox_write(box, "/etc/swapadm.conf", text);
	if (swapadm_conf_load(box->ctx, NULL, &conf))
		fail_msg("%s: %s", path, swapadm_get_error(box->ctx));
	n_tiers = swapadm_conf_n_tiers(conf);
	swapadm_conf_unref(conf);
	return n_tiers;
}

static void examples_load(void **state)
{
	struct sandbox box;

	sandbox_open(&box);
	for (char **file = files; *file; file++) {
		unsigned n;
		char *plain = read_example(*file, false, &n);
		char *all = read_example(*file, true, &n);

		assert_true(load(&box, *file, plain) >= 1);
		assert_true(load(&box, *file, all) >= 1);
		if (strstr(*file, "/swapadm.conf")) /* the complete one */
			assert_true(n > 15);
		free(plain);
		free(all);
	}
	sandbox_close(&box);
}

int main(int argc, char **argv)
{
	const struct CMUnitTest tests[] = { cmocka_unit_test(examples_load) };

	if (argc < 2)
		return 1;
	files = argv + 1;
	return cmocka_run_group_tests(tests, NULL, NULL);
}
