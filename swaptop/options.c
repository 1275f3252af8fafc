/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <errno.h>
#include <getopt.h>
#include <stdarg.h>
#include <unistd.h>

#include "options.h"
#include "view/view.h"

/* where swaptop-record.service records */
#define RECORD_DIR   "/var/lib/swaptop"
#define RING_DELAY_S 10

const struct option_help option_table[] = {
	{ 'd', "delay", "SECS", "time between two samples, from 0.1 (default 1)" },
	{ '1', "once", NULL, "print one screen and exit" },
	{ 'b', "batch", NULL, "print screens one after the other" },
	{ 'n', "number", "N", "with --batch: exit after N screens" },
	{ 'J', "json", NULL,
	  "print a line of JSON instead of a screen; implies --batch" },
	{ 'p', "pane", "NAME", "lower pane: devices, processes, cgroups or events" },
	{ 's', "sort", "COLUMN", "sort the lower pane by that column" },
	{ 'S', "size", "COLSxROWS", "with --once or --batch: size of the screens" },
	{ 'r', "record", "FILE", "also write every sample to FILE" },
	{ 'G', "ring", "SIZE[,AGE]",
	  "with --record DIR: no screen; keep at most SIZE and AGE there" },
	{ 'R', "replay", "[FILE]",
	  "show a recording instead of this machine (default: " RECORD_DIR ")" },
	{ 'T', "at", "TIME", "with --replay: begin at TIME, such as 03:00" },
	{ 'D', "root", "DIR",
	  "show a capture of a machine; nothing can be changed then" },
	{ 'c', "config", "FILE", "read only this swapadm configuration" },
	{ 'C', "color", "WHEN", "auto, always or never (also: environment NO_COLOR)" },
	{ 'N', "no-color", NULL, "the same as --color never" },
	{ 'A', "ascii", NULL, "draw with ASCII characters only" },
	{ 'M', "no-mouse", NULL, "leave the mouse to the terminal" },
	{ 'h', "help", NULL, "show this help and exit" },
	{ 'V', "version", NULL, "show the version and exit" },
	{ 0 },
};

/* only these have a letter on the command line; the others' letters are internal */
#define LETTERS "d:bn:Jp:s:hV"

static int __attribute__((format(printf, 1, 2))) usage_error(const char *fmt, ...)
{
	va_list ap;

	fputs("swaptop: ", stderr);
	va_start(ap, fmt);
	vfprintf(stderr, fmt, ap);
	va_end(ap);
	fputs("; see swaptop --help\n", stderr);
	return 2;
}

int output_end(void)
{
	errno = 0;
	if (fflush(stdout) == 0 && !ferror(stdout))
		return 0;
	/* the flush that failed may have been another one: one more byte asks again */
	if (!errno && write(STDOUT_FILENO, "\n", 1) == 1)
		errno = EIO;
	if (errno != EPIPE)
		fprintf(stderr,
			"swaptop: standard output: write: %s; the output is incomplete\n",
			strerror(errno));
	return 1;
}

static int print_help(void)
{
	char left[64];

	puts("usage: swaptop [OPTION]...\n\nLive view of swap by tier and device.\n");
	for (const struct option_help *o = option_table; o->name; o++) {
		snprintf(left, sizeof(left), "%c%c%s--%s%s%s",
			 strchr(LETTERS, o->letter) ? '-' : ' ',
			 strchr(LETTERS, o->letter) ? o->letter : ' ',
			 strchr(LETTERS, o->letter) ? ", " : "  ", o->name,
			 o->value ? " " : "", o->value ? o->value : "");
		printf("  %-25s %s\n", left, o->help);
	}
	puts("\nPress h for the keys. See swaptop(8).");
	return output_end();
}

static int parse_delay(struct options *o, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0.1 && v <= 3600))
		return usage_error("--delay %s: not a number of seconds from 0.1 to 3600",
				   text);
	o->delay_s = v;
	return -1;
}

static int parse_number(struct options *o, const char *text)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-' || v == 0)
		return usage_error("--number %s: not a whole number above 0", text);
	o->screens = v;
	return -1;
}

static int parse_size(struct options *o, const char *text)
{
	int n = 0;

	if (sscanf(text, "%dx%d%n", &o->w, &o->h, &n) != 2 || text[n] || o->w < 1 ||
	    o->h < 1 || o->w > CANVAS_MAX || o->h > CANVAS_MAX)
		return usage_error("--size %s: not COLSxROWS, such as 80x24, up to %dx%d",
				   text, CANVAS_MAX, CANVAS_MAX);
	return -1;
}

static int parse_colour(struct options *o, const char *text)
{
	if (!streq(text, "auto") && !streq(text, "always") && !streq(text, "never"))
		return usage_error("--color %s: not auto, always or never", text);
	o->always_colour = streq(text, "always");
	o->no_colour = streq(text, "never");
	return -1;
}

static int parse_pane(struct options *o, const char *text)
{
	for (int id = LIST_DEVICES; id < N_LISTS; id++) {
		if (streq(text, view_lists[id]->name)) {
			o->pane = id;
			return -1;
		}
	}
	return usage_error("--pane %s: not devices, processes, cgroups or events", text);
}

/* a number with one of the units' letters; 0: not one */
static uint64_t parse_unit(const char *text, const char **end, const char *units,
			   const uint64_t *factors)
{
	char *after;
	unsigned long long v;
	const char *unit;

	if (*text < '0' || *text > '9')
		return 0;
	v = strtoull(text, &after, 10);
	unit = *after ? strchr(units, *after) : NULL;
	if (!unit || v > (UINT64_MAX >> 1) / factors[unit - units])
		return 0;
	*end = after + 1;
	return v * factors[unit - units];
}

static int parse_ring(struct options *o, const char *text)
{
	static const uint64_t sizes[] = { 1 << 20, 1 << 30 };
	static const uint64_t ages[] = { 60, 3600, 86400 };
	const char *end = text;
	struct source_spec *s = &o->source;

	s->ring_bytes = parse_unit(text, &end, "MG", sizes);
	if (s->ring_bytes && *end == ',')
		s->ring_age_s = parse_unit(end + 1, &end, "mhd", ages);
	if (!s->ring_bytes || *end)
		return usage_error(
			"--ring %s: not a size in M or G and an age in m, h or d, such as 200M,7d",
			text);
	return -1;
}

static int take(struct options *o, int letter, const char *value)
{
	switch (letter) {
	case 'd':
		return parse_delay(o, value);
	case '1':
		o->mode = MODE_BATCH;
		o->screens = 1;
		return -1;
	case 'J':
		o->json = true;
		/* fallthrough */
	case 'b':
		o->mode = MODE_BATCH;
		return -1;
	case 'n':
		return parse_number(o, value);
	case 'p':
		return parse_pane(o, value);
	case 's':
		o->sort = value;
		return -1;
	case 'S':
		return parse_size(o, value);
	case 'r':
		o->source.record = value;
		return -1;
	case 'G':
		return parse_ring(o, value);
	case 'R':
		o->source.replay = value ? value : RECORD_DIR;
		return -1;
	case 'T':
		o->source.at = value;
		return -1;
	case 'D':
		o->source.root = value;
		return -1;
	case 'c':
		o->source.config = value;
		return -1;
	case 'C':
		return parse_colour(o, value);
	case 'N':
		o->no_colour = true;
		o->always_colour = false;
		return -1;
	case 'A':
		o->ascii = true;
		return -1;
	case 'M':
		o->mouse = false;
		return -1;
	case 'h':
		return print_help();
	case 'V':
		printf("swaptop %s\n", SWAPADM_VERSION);
		return 0;
	default:
		return usage_error("not an option");
	}
}

static int check_source(const struct options *o)
{
	const struct source_spec *s = &o->source;

	if (s->replay && (s->root || s->config))
		return usage_error("--replay takes neither --root nor --config");
	if (s->replay && s->record)
		return usage_error("--replay and --record exclude each other");
	if (s->at && !s->replay)
		return usage_error("--at needs --replay");
	if (s->ring_bytes && !s->record)
		return usage_error("--ring needs --record DIR");
	if (s->ring_bytes && o->mode == MODE_BATCH)
		return usage_error(
			"--ring shows nothing: without --once, --batch, --json");
	return -1;
}

static int check(struct options *o, int argc, char **argv)
{
	int r = check_source(o);

	if (r >= 0)
		return r;
	if (optind < argc)
		return usage_error("unexpected argument '%s'", argv[optind]);
	if (o->screens && o->mode != MODE_BATCH)
		return usage_error("--number needs --batch");
	if (o->w && o->mode != MODE_BATCH)
		return usage_error("--size needs --once or --batch");
	if (o->source.ring_bytes) {
		o->mode = MODE_BATCH;
		o->delay_s = o->delay_s > 0 ? o->delay_s : RING_DELAY_S;
	}
	return -1;
}

/* of a value that may be missing: the next word, where it is not an option */
static char *next_word(int argc, char **argv)
{
	return optind < argc && argv[optind][0] != '-' ? argv[optind++] : NULL;
}

static bool value_is_optional(const struct option_help *o)
{
	return o->value && *o->value == '[';
}

static int kind_of(const struct option_help *o)
{
	if (!o->value)
		return no_argument;
	return value_is_optional(o) ? optional_argument : required_argument;
}

int options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(option_table)] = { 0 };
	int letter, ret;

	*o = (struct options){ .pane = -1, .mouse = true };
	for (size_t i = 0; option_table[i].name; i++)
		longs[i] = (struct option){ option_table[i].name,
					    kind_of(&option_table[i]), NULL,
					    option_table[i].letter };
	while ((letter = getopt_long(argc, argv, LETTERS, longs, NULL)) != -1) {
		if (letter == '?')
			return 2;
		if (letter == 'R' && !optarg)
			optarg = next_word(argc, argv);
		ret = take(o, letter, optarg);
		if (ret >= 0)
			return ret;
	}
	return check(o, argc, argv);
}
