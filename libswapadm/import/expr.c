/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "import/expr.h"

#include <ctype.h>
#include <math.h>

#include "base/util.h"

#define DEPTH_MAX 40

/* @at: what comes next; @depth: parentheses around it */
struct expr {
	const char *at, *name;
	double value;
	unsigned depth;
	bool bad;
};

static double sum(struct expr *e);

static char peek(struct expr *e)
{
	while (isspace((unsigned char)*e->at))
		e->at++;
	return *e->at;
}

static bool take(struct expr *e, char c)
{
	if (peek(e) != c)
		return false;
	e->at++;
	return true;
}

static double bad(struct expr *e)
{
	e->bad = true;
	return 0;
}

/* what is between parentheses, after the first one */
static double inside(struct expr *e)
{
	double v;

	if (++e->depth > DEPTH_MAX)
		return bad(e);
	v = sum(e);
	e->depth--;
	return v;
}

static double call(struct expr *e, const char *word, size_t len)
{
	bool is_min = len == 3 && !strncmp(word, "min", len);
	bool is_max = len == 3 && !strncmp(word, "max", len);
	double v = inside(e);

	while (!e->bad && (is_min || is_max) && take(e, ',')) {
		double other = inside(e);

		v = is_min ? fmin(v, other) : fmax(v, other);
	}
	if (!take(e, ')'))
		return bad(e);
	if (is_min || is_max)
		return v;
	if (len == 5 && !strncmp(word, "floor", len))
		return floor(v);
	if (len == 4 && !strncmp(word, "ceil", len))
		return ceil(v);
	if (len == 5 && !strncmp(word, "round", len))
		return round(v);
	if (len == 3 && !strncmp(word, "int", len))
		return trunc(v);
	return bad(e);
}

static double word(struct expr *e)
{
	const char *start = e->at;
	size_t len;

	while (isalnum((unsigned char)*e->at) || *e->at == '_')
		e->at++;
	len = (size_t)(e->at - start);
	if (take(e, '('))
		return call(e, start, len);
	if (len == strlen(e->name) && !strncmp(start, e->name, len))
		return e->value;
	return bad(e);
}

static double atom(struct expr *e)
{
	char c = peek(e), *end;
	double v;

	if (take(e, '(')) {
		v = inside(e);
		return take(e, ')') ? v : bad(e);
	}
	if (take(e, '-'))
		return ++e->depth > DEPTH_MAX ? bad(e) : -atom(e);
	if (isalpha((unsigned char)c) || c == '_')
		return word(e);
	if (!isdigit((unsigned char)c) && c != '.')
		return bad(e);
	v = strtod(e->at, &end);
	if (end == e->at)
		return bad(e);
	e->at = end;
	return v;
}

static double power(struct expr *e)
{
	double v = atom(e);

	while (!e->bad && take(e, '^'))
		v = pow(v, atom(e));
	return v;
}

static double product(struct expr *e)
{
	double v = power(e);

	while (!e->bad) {
		if (take(e, '*'))
			v *= power(e);
		else if (take(e, '/'))
			v /= power(e);
		else if (take(e, '%'))
			v = fmod(v, power(e));
		else
			break;
	}
	return v;
}

static double sum(struct expr *e)
{
	double v = product(e);

	while (!e->bad) {
		if (take(e, '+'))
			v += product(e);
		else if (take(e, '-'))
			v -= product(e);
		else
			break;
	}
	return v;
}

int expr_value(const char *text, const char *name, double value, double *out)
{
	struct expr e = { .at = text, .name = name, .value = value };
	double v = sum(&e);

	if (e.bad || peek(&e) || !isfinite(v))
		return -EINVAL;
	*out = v;
	return 0;
}
