/* SPDX-License-Identifier: GPL-2.0-or-later */
/*
 * usage: fuzz-NAME [--as-is] FILE|FOLDER...
 * --as-is: without changes, as always the inputs that libFuzzer found (in folders "found")
 */
#include <dirent.h>
#include <errno.h>
#include <stdbool.h>
#include <string.h>
#include <sys/stat.h>

#include "fuzz.h"

#define MUTATE_MAX 2048 /* bytes of an input that are changed one by one */

static size_t n_runs;
static bool as_is;

/* an allocation of the exact size, so that ASan sees a byte too many */
static void run(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1);

	if (size)
		memcpy(copy, data, size);
	LLVMFuzzerTestOneInput(copy, size);
	free(copy);
	n_runs++;
}

static void run_variants(uint8_t *data, size_t size, bool changed)
{
	static const uint8_t bytes[] = { 0, '\n', ' ', '=', '[', ';', '9', 0xff };
	size_t n = size < MUTATE_MAX ? size : MUTATE_MAX;

	run(data, size);
	for (size_t i = 0; i < n && changed; i++) {
		uint8_t old = data[i];

		run(data, i);
		for (size_t j = 0; j < sizeof(bytes); j++) {
			data[i] = bytes[j];
			run(data, size);
		}
		data[i] = old;
	}
}

static int run_file(const char *path)
{
	FILE *f = fopen(path, "re");
	uint8_t *data = NULL;
	size_t size;

	if (!f) {
		fprintf(stderr, "%s: %s\n", path, strerror(errno));
		return 1;
	}
	data = malloc(1 << 20);
	size = fread(data, 1, 1 << 20, f);
	fclose(f);
	run_variants(data, size, !as_is && !strstr(path, "/found/"));
	free(data);
	return 0;
}

static int run_path(const char *path)
{
	DIR *dir = opendir(path);
	struct dirent *entry;
	char name[4096];
	int bad = 0;

	if (!dir)
		return run_file(path);
	while ((entry = readdir(dir))) {
		if (entry->d_name[0] == '.')
			continue;
		snprintf(name, sizeof(name), "%s/%s", path, entry->d_name);
		bad |= run_path(name);
	}
	closedir(dir);
	return bad;
}

int main(int argc, char **argv)
{
	int bad = 0;

	as_is = argc > 1 && strcmp(argv[1], "--as-is") == 0;
	for (int i = 1 + as_is; i < argc; i++)
		bad |= run_path(argv[i]);
	printf("%zu inputs\n", n_runs);
	return bad ||
	       n_runs < (as_is ? 1 : 2); /* an empty corpus does not count as a test */
}
