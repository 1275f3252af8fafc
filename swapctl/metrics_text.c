/* SPDX-License-Identifier: GPL-2.0-or-later */
/* The two formats of metrics: heads, labels, values. */
#include "metrics.h"

#include <inttypes.h>
#include <stdarg.h>

#include "text.h"

#define BUCKET_FIRST 4 /* 2^4 us */

void metric_begin(struct metrics *w, const struct family *family)
{
	w->family = family;
	w->open = false;
}

static const char *suffix_of(const struct family *f)
{
	return f->type == METRIC_COUNTER ? "_total"
	       : f->type == METRIC_INFO  ? "_info"
					 : "";
}

/* OpenMetrics names the family, the classic format what its samples are called */
static void head(struct metrics *w)
{
	static const char *const types[] = { "gauge", "counter", "info", "histogram" };
	const struct family *f = w->family;
	const char *suffix = w->openmetrics ? "" : suffix_of(f);
	const char *type = types[f->type];

	if (w->open)
		return;
	w->open = true;
	if (f->type == METRIC_INFO && !w->openmetrics)
		type = "gauge";
	fprintf(w->out, "# TYPE %s%s %s\n", f->name, suffix, type);
	if (f->unit && w->openmetrics)
		fprintf(w->out, "# UNIT %s %s\n", f->name, f->unit);
	fprintf(w->out, "# HELP %s%s %s\n", f->name, suffix, f->help);
}

static void name(struct metrics *w, const char *labels, const char *suffix)
{
	if (!labels) {
		w->no_memory = true;
		labels = "";
	}
	head(w);
	fprintf(w->out, "%s%s", w->family->name, suffix);
	if (*labels)
		fprintf(w->out, "{%s}", labels);
}

void metric_u64(struct metrics *w, const char *labels, uint64_t value)
{
	name(w, labels, suffix_of(w->family));
	fprintf(w->out, " %" PRIu64 "\n", value);
}

static void fraction(FILE *out, uint64_t value, uint64_t per)
{
	int digits = 0;

	for (uint64_t p = per; p > 1; p /= 10)
		digits++;
	fprintf(out, "%" PRIu64 ".%0*" PRIu64, value / per, digits, value % per);
}

void metric_fraction(struct metrics *w, const char *labels, uint64_t value, uint64_t per)
{
	name(w, labels, suffix_of(w->family));
	fputc(' ', w->out);
	fraction(w->out, value, per);
	fputc('\n', w->out);
}

static void bucket(struct metrics *w, const char *labels, int i, uint64_t value)
{
	name(w, "", "_bucket");
	fprintf(w->out, "{%s,le=\"", labels ? labels : "");
	if (i < SWAPADM_LATENCY_BUCKETS - 1)
		fraction(w->out, UINT64_C(1) << i, 1000000);
	else
		fputs("+Inf", w->out);
	fprintf(w->out, "\"} %" PRIu64 "\n", value);
}

void metric_histogram(struct metrics *w, const char *labels, const uint64_t *counts)
{
	uint64_t sum = 0;

	if (!labels)
		w->no_memory = true;
	for (int i = 0; i < SWAPADM_LATENCY_BUCKETS; i++) {
		sum += counts[i];
		if (i >= BUCKET_FIRST)
			bucket(w, labels, i, sum);
	}
	if (w->openmetrics)
		return;
	name(w, labels, "_count");
	fprintf(w->out, " %" PRIu64 "\n", sum);
}

void metric_one(struct metrics *w, bool known, const struct family *family,
		uint64_t value)
{
	metric_begin(w, family);
	if (known)
		metric_u64(w, "", value);
}

static char *print_labels(const char *before, const char *label, va_list ap)
{
	char *text = NULL;
	size_t len;
	FILE *out = open_memstream(&text, &len);

	if (!out)
		return NULL;
	fputs(before, out);
	for (bool first = !*before; label; label = va_arg(ap, const char *)) {
		const char *value = va_arg(ap, const char *);

		fprintf(out, "%s%s=\"", first ? "" : ",", label);
		text_label(out, value ? value : "");
		fputc('"', out);
		first = false;
	}
	if (fclose(out)) {
		free(text);
		return NULL;
	}
	return text;
}

char *metric_labels(const char *label, ...)
{
	va_list ap;
	char *text;

	va_start(ap, label);
	text = print_labels("", label, ap);
	va_end(ap);
	return text;
}

char *metric_more_labels(const char *labels, const char *label, ...)
{
	va_list ap;
	char *text;

	if (!labels)
		return NULL;
	va_start(ap, label);
	text = print_labels(labels, label, ap);
	va_end(ap);
	return text;
}
