/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "common/fmt.h"
#include "view/view.h"

enum {
	COL_TIME,
	COL_OBJECT,
	COL_EVENT,
};

static const struct column columns[] = {
	[COL_TIME] = { "time", "TIME", "when it was noticed, local time", 8, 8, 1 },
	[COL_OBJECT] = { "object", "OBJECT", "device, tier or what else it is about", 10,
			 24, 2 },
	[COL_EVENT] = { "event", "EVENT", "what happened; the newest is on top", 20, 200,
			0 },
	{ 0 },
};

static void collect(struct ui *ui, struct list *l)
{
	for (size_t i = 0; i < events_count(ui->events); i++)
		list_add(l, ROW_EVENT, i, ui->events->total - i);
}

static const char *text_of(const struct ui *ui, const struct row *row)
{
	return events_get(ui->events, row->index)->text;
}

static void cell(struct surf s, const struct ui *ui, const struct row *row, int column)
{
	static const uint8_t roles[] = { ROLE_TEXT, ROLE_GOOD, ROLE_WARN, ROLE_BAD };
	const struct event *e = events_get(ui->events, row->index);

	if (column == COL_TIME)
		cell_text(s, ST(ROLE_DIM), fmt_clock(e->realtime_ns).s);
	else if (column == COL_OBJECT)
		cell_path(s, ST(ROLE_TEXT), e->object);
	else
		cell_text(s, ST(roles[e->severity]), e->text);
}

static void empty(const struct ui *ui, char *buf, size_t size)
{
	snprintf(
		buf, size,
		"no events yet: changes of devices and jobs, memory pressure, OOM kills");
}

const struct list_ops list_ops_events = {
	.name = "events",
	.title = "Events",
	.columns = columns,
	.collect = collect,
	.text = text_of,
	.cell = cell,
	.empty = empty,
};
