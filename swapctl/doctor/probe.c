/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "doctor/probe.h"

#include <stdarg.h>
#include <stdlib.h>

#include "text.h"

#define USED_AND_SIZE (SWAPADM_USAGE_USED | SWAPADM_USAGE_SIZE)

struct finding *probe_report(struct probe *p, const char *object, const char *fmt, ...)
{
	struct findings *f = p->found;
	struct finding *items = reallocarray(f->items, f->n + 1, sizeof(*items)), *one;
	va_list ap;

	if (!items) {
		f->no_memory = true;
		return NULL;
	}
	f->items = items;
	one = &items[f->n++];
	*one = (struct finding){ .severity = p->check->severity,
				 .check = p->check->name,
				 .why = p->check->why };
	snprintf(one->object, sizeof(one->object), "%s", object);
	va_start(ap, fmt);
	vsnprintf(one->text, sizeof(one->text), fmt, ap);
	va_end(ap);
	text_defuse(one->text);
	return one;
}

void probe_remedy(struct finding *f, const char *fmt, ...)
{
	va_list ap;

	if (!f)
		return;
	va_start(ap, fmt);
	vsnprintf(f->remedy, sizeof(f->remedy), fmt, ap);
	va_end(ap);
	text_defuse(f->remedy);
}

const char *probe_quote(struct probe *p, const char *name)
{
	free(p->quoted);
	p->quoted = swapadm_shell_quote(name);
	return p->quoted ? p->quoted : "NAME";
}

bool probe_is_disk(const struct swapadm_device *dev)
{
	return dev->kind == SWAPADM_KIND_SSD || dev->kind == SWAPADM_KIND_HDD ||
	       dev->kind == SWAPADM_KIND_NETWORK;
}

int probe_use_pct(const struct swapadm_usage *u)
{
	if (!usage_has(u, USED_AND_SIZE) || !u->size_bytes)
		return -1;
	return (int)text_pct(u->used_bytes, u->size_bytes);
}

const struct swapadm_device *probe_fastest_disk(const struct machine *m)
{
	const struct swapadm_device *best = NULL;

	for (struct walk w = { 0 }; machine_next(m, &w);)
		if (is_active(w.dev) && probe_is_disk(w.dev) &&
		    (!best || w.dev->prio > best->prio))
			best = w.dev;
	return best;
}

bool probe_has_active(const struct machine *m, enum swapadm_kind kind, bool *only)
{
	bool found = false;

	*only = true;
	for (struct walk w = { 0 }; machine_next(m, &w);) {
		if (!is_active(w.dev))
			continue;
		found |= w.dev->kind == kind;
		*only &= w.dev->kind == kind;
	}
	return found;
}
