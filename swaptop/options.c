/* SPDX-License-Identifier: GPL-2.0-or-later */
#include <getopt.h>
#include <stdarg.h>
#include <unistd.h>

#include "options.h"
#include "view/view.h"

const struct option_help option_table[] = {
	{ 'd', "delay", "SECS", "time between two samples, from 0.1 (default 1)" },
	{ '1', "once", NULL, "print one screen and end" },
	{ 'b', "batch", NULL, "print one screen after the other" },
	{ 'n', "number", "N", "of a batch: end after N screens" },
	{ 'J', "json", NULL,
	  "print a line of JSON instead of a screen; implies --batch" },
	{ 'p', "pane", "NAME", "lower pane: devices, processes, cgroups, events" },
	{ 's', "sort", "COLUMN", "sort the lower pane by that column" },
	{ 'S', "size", "COLSxROWS", "of a batch: size of the screens" },
	{ 'r', "record", "FILE", "also write every sample to FILE" },
	{ 'R', "replay", "FILE", "show a recording instead of this machine" },
	{ 'D', "root", "DIR",
	  "show a capture of a machine; nothing can be changed then" },
	{ 'c', "config", "FILE", "read only this configuration of swapadm" },
	{ 'C', "color", "WHEN", "auto, always or never (also: environment NO_COLOR)" },
	{ 'N', "no-color", NULL, "the same as --color never" },
	{ 'A', "ascii", NULL, "draw with ASCII characters only" },
	{ 'M', "no-mouse", NULL, "leave the mouse to the terminal" },
	{ 'h', "help", NULL, "show this and end" },
	{ 'V', "version", NULL, "show the version and end" },
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
	fputs("; swaptop --help lists what there is\n", stderr);
	return 2;
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
		printf("  %-24s %s\n", left, o->help);
	}
	puts("\nKeys: h shows them. See swaptop(8).");
	return fflush(stdout) == 0 ? 0 : 1;
}

static int parse_delay(struct options *o, const char *text)
{
	char *end;
	double v = strtod(text, &end);

	if (end == text || *end || !(v >= 0.1 && v <= 3600))
		return usage_error("--delay %s: a number of seconds from 0.1 to 3600",
				   text);
	o->delay_s = v;
	return -1;
}

static int parse_number(struct options *o, const char *text)
{
	char *end;
	unsigned long long v = strtoull(text, &end, 10);

	if (end == text || *end || *text == '-' || v == 0)
		return usage_error("--number %s: a whole number from 1", text);
	o->screens = v;
	return -1;
}

static int parse_size(struct options *o, const char *text)
{
	int n = 0;

	if (sscanf(text, "%dx%d%n", &o->w, &o->h, &n) != 2 || text[n] || o->w < 1 ||
	    o->h < 1 || o->w > CANVAS_MAX || o->h > CANVAS_MAX)
		return usage_error("--size %s: columns x rows, as 80x24, up to %dx%d",
				   text, CANVAS_MAX, CANVAS_MAX);
	return -1;
}

static int parse_colour(struct options *o, const char *text)
{
	if (!streq(text, "auto") && !streq(text, "always") && !streq(text, "never"))
		return usage_error("--color %s: auto, always or never", text);
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
	return usage_error("--pane %s: devices, processes, cgroups or events", text);
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
	case 'R':
		o->source.replay = value;
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
		return usage_error("that is no option");
	}
}

static int check(const struct options *o, int argc)
{
	if (optind < argc)
		return usage_error("there are no arguments");
	if (o->source.replay && (o->source.root || o->source.config))
		return usage_error("--replay takes neither --root nor --config");
	if (o->source.replay && o->source.record)
		return usage_error("--replay and --record exclude each other");
	if (o->screens && o->mode != MODE_BATCH)
		return usage_error("--number is for --batch");
	if (o->w && o->mode != MODE_BATCH)
		return usage_error("--size is for --once and --batch");
	return -1;
}

int options_parse(struct options *o, int argc, char **argv)
{
	struct option longs[ARRAY_SIZE(option_table)] = { 0 };
	int letter, ret;

	*o = (struct options){ .pane = -1, .mouse = true };
	for (size_t i = 0; option_table[i].name; i++)
		longs[i] = (struct option){ option_table[i].name,
					    option_table[i].value ? required_argument
								  : no_argument,
					    NULL, option_table[i].letter };
	while ((letter = getopt_long(argc, argv, LETTERS, longs, NULL)) != -1) {
		if (letter == '?')
			return 2;
		ret = take(o, letter, optarg);
		if (ret >= 0)
			return ret;
	}
	return check(o, argc);
}
