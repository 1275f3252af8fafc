/* SPDX-License-Identifier: GPL-2.0-or-later */
/* swapctl status: one screen. */
#include <time.h>
#include <unistd.h>

#include "doctor/checks.h"
#include "commands.h"
#include "jsonout.h"
#include "machine.h"
#include "status.h"
#include "parked.h"
#include "progress.h"
#include "table.h"
#include "text.h"

#define BAR_CELLS     20
#define STATUS_SCHEMA 1

/* colours only where somebody looks and nobody minds */
struct paint {
	const char *warn, *off;
};

static struct paint paint_for_stdout(void)
{
	const char *no = getenv("NO_COLOR"), *term = getenv("TERM");

	if ((no && *no) || !isatty(STDOUT_FILENO) || !term || streq(term, "dumb"))
		return (struct paint){ "", "" };
	return (struct paint){ "\033[33m", "\033[m" };
}

static const char *size_text(const struct cli *cli, struct buf *b, uint64_t bytes)
{
	return cli_has(cli, OPT_BYTES) ? text_count(b, bytes) : text_size(b, bytes);
}

/* ---- the lines on top */

static void print_layer(const struct machine *m)
{
	enum swapadm_layer layer = swapadm_model_layer(m->model);

	printf("%-9s%s%s\n", "layer", swapadm_layer_name(layer),
	       layer == SWAPADM_LAYER_DIRECT
		       ? " (each device is a swap area of its own)"
		       : " (pages move between the devices of one swap area)");
	if (swapadm_model_degraded(m->model))
		printf("%-9sdegraded: the configuration has layer = redirect\n", "");
}

/*
 * The area and what stands behind it are two figures: a page that zswap holds, or that is
 * being written, has a slot of the area and no place on a device.
 */
static void print_redirect(const struct cli *cli, const struct machine *m)
{
	const struct swapadm_redirect *r = swapadm_model_redirect(m->model);
	struct buf a, b, c;

	if (!r)
		return;
	printf("%-9s%s, %s", "area", r->name, size_text(cli, &a, r->size_bytes));
	if (!r->active) {
		puts(", not in use; `swapctl apply` activates it");
		return;
	}
	printf(", %s used, of which the devices hold %s",
	       size_text(cli, &b, r->area_used_bytes), size_text(cli, &c, r->used_bytes));
	if (r->short_bytes)
		printf("; %s more than the devices have room for%s",
		       size_text(cli, &a, r->short_bytes),
		       r->overcommit ? " (overcommit)" : "");
	printf("; %s of memory for its map\n", size_text(cli, &a, r->meta_bytes));
	if (r->lost_writes)
		printf("%-9s%llu writes found no room and stayed in memory\n", "",
		       (unsigned long long)r->lost_writes);
}

static void json_redirect(struct json_object *o, const struct machine *m)
{
	const struct swapadm_redirect *r = swapadm_model_redirect(m->model);
	struct json_object *one = r ? json_object_new_object() : NULL;

	json_object_object_add(o, "redirect", one);
	if (!r)
		return;
	json_text(one, "device", r->name);
	json_flag(one, "active", r->active);
	json_flag(one, "overcommit", r->overcommit);
	json_i64_if(one, "prio", r->active, r->prio);
	json_u64(one, "size", r->size_bytes);
	json_u64(one, "area_used", r->area_used_bytes);
	json_u64(one, "used", r->used_bytes);
	json_u64(one, "room", r->room_bytes);
	json_u64(one, "short", r->short_bytes);
	json_u64(one, "ram", r->meta_bytes);
	json_u64(one, "lost_writes", r->lost_writes);
}

static void print_memory(const struct cli *cli, const struct machine *m)
{
	struct buf a, b;

	if (!m->has_mem || !(m->mem.known & SWAPADM_MEM_TOTAL))
		return;
	printf("%-9s%s", "memory", size_text(cli, &a, m->mem.total_bytes));
	if (m->mem.known & SWAPADM_MEM_AVAILABLE)
		printf(", %s available", size_text(cli, &b, m->mem.available_bytes));
	putchar('\n');
}

static void print_swap(const struct cli *cli, const struct machine *m)
{
	const struct swapadm_redirect *redirect = swapadm_model_redirect(m->model);
	const struct swapadm_usage *u = swapadm_model_total(m->model);
	uint64_t used_bytes = u->used_bytes, cached_bytes = m->mem.swap_cached_bytes;
	struct buf a, b;

	if (!usage_has(u, SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED))
		return;
	if (!u->size_bytes) {
		printf("%-9snone\n", "swap");
		return;
	}
	if (redirect && redirect->area_used_bytes > used_bytes)
		used_bytes = redirect->area_used_bytes; /* what is on no device as well */
	if (cached_bytes > used_bytes)                  /* read at another time */
		cached_bytes = used_bytes;
	printf("%-9s%s, %s used (%u%%)", "swap", size_text(cli, &a, u->size_bytes),
	       size_text(cli, &b, used_bytes), text_pct(used_bytes, u->size_bytes));
	if (m->has_mem && cached_bytes)
		printf(", %s of it also in memory", size_text(cli, &a, cached_bytes));
	putchar('\n');
}

static void print_zswap(const struct cli *cli, const struct machine *m)
{
	const struct swapadm_zswap_stats *z = &m->zswap;
	struct buf a, b;

	if (!m->has_zswap || !(z->known & SWAPADM_ZSWAP_ENABLED))
		return;
	printf("%-9s%s", "zswap", z->enabled ? "on" : "off");
	if (z->enabled && (z->known & SWAPADM_ZSWAP_COMPRESSOR))
		printf(", %s", z->compressor);
	if ((z->enabled || z->stored_bytes) && (z->known & SWAPADM_ZSWAP_POOL) &&
	    (z->known & SWAPADM_ZSWAP_STORED))
		printf(": %s of the used swap is held in %s of memory%s",
		       size_text(cli, &a, z->stored_bytes),
		       size_text(cli, &b, z->pool_bytes),
		       swapadm_model_redirect(m->model) ? ", on no device" : "");
	if (z->enabled && (z->known & SWAPADM_ZSWAP_MAX_POOL))
		printf(", limit %u%%", z->max_pool_pct);
	putchar('\n');
}

/* the last ten seconds against the last minute */
static const char *trend(const struct swapadm_psi_line *line)
{
	uint32_t now = line->avg10_centipct, before = line->avg60_centipct;

	if (now > before + before / 4 + 50)
		return "rising";
	if (now + 50 < before - before / 4)
		return "falling";
	return "steady";
}

static void print_psi_line(const char *title, const char *name,
			   const struct swapadm_psi_line *line, const char *legend)
{
	if (!line->known)
		return;
	printf("%-9s%s %2u.%02u%% %2u.%02u%% %2u.%02u%%, %s%s\n", title, name,
	       line->avg10_centipct / 100, line->avg10_centipct % 100,
	       line->avg60_centipct / 100, line->avg60_centipct % 100,
	       line->avg300_centipct / 100, line->avg300_centipct % 100, trend(line),
	       legend);
}

static void print_psi(const struct machine *m)
{
	if (!m->has_psi)
		return;
	print_psi_line("pressure", "some", &m->psi.some, " (last 10 s, 1 min, 5 min)");
	print_psi_line("", "full", &m->psi.full, "");
}

/* ---- tiers */

static const struct swapadm_tier *tier_of(const void *row)
{
	return row;
}

static bool get_tier(const void *row, struct cell *c)
{
	c->text = tier_of(row)->name;
	return true;
}

static bool get_rank(const void *row, struct cell *c)
{
	c->i = tier_of(row)->rank;
	return c->i != SWAPADM_RANK_NONE;
}

static bool get_bar(const void *row, struct cell *c)
{
	const struct swapadm_usage *u = &tier_of(row)->usage;
	unsigned full;

	if (!usage_has(u, SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED))
		return false;
	full = text_pct(u->used_bytes * BAR_CELLS, u->size_bytes) / 100;
	if (!full && u->used_bytes)
		full = 1;
	if (full > BAR_CELLS)
		full = BAR_CELLS;
	snprintf(c->room, sizeof(c->room), "[%.*s%.*s]", (int)full,
		 "####################", (int)(BAR_CELLS - full), "....................");
	c->text = c->room;
	return true;
}

static bool get_pct(const void *row, struct cell *c)
{
	const struct swapadm_usage *u = &tier_of(row)->usage;

	c->u = text_pct(u->used_bytes, u->size_bytes);
	return usage_has(u, SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED) && u->size_bytes;
}

static bool get_used(const void *row, struct cell *c)
{
	c->u = tier_of(row)->usage.used_bytes;
	return usage_has(&tier_of(row)->usage, SWAPADM_USAGE_USED);
}

static bool get_size(const void *row, struct cell *c)
{
	c->u = tier_of(row)->usage.size_bytes;
	return usage_has(&tier_of(row)->usage, SWAPADM_USAGE_SIZE);
}

static bool get_ram(const void *row, struct cell *c)
{
	c->u = tier_of(row)->usage.ram_bytes;
	return usage_has(&tier_of(row)->usage, SWAPADM_USAGE_RAM);
}

static bool get_devices(const void *row, struct cell *c)
{
	const struct swapadm_tier *tier = tier_of(row);
	size_t at = 0;

	c->room[0] = '\0';
	for (size_t i = 0; i < tier->n_devices && at < sizeof(c->room); i++) {
		const struct swapadm_device *dev = tier->devices[i];
		const char *state = dev->state == SWAPADM_STATE_ACTIVE
					    ? NULL
					    : swapadm_state_name(dev->state);
		_cleanup_free_ char *name = text_escape(dev->name);

		at += (size_t)snprintf(c->room + at, sizeof(c->room) - at, "%s%s%s%s%s",
				       i ? " " : "", name ? name : "?", state ? " (" : "",
				       state ? state : "", state ? ")" : "");
	}
	if (at >= sizeof(c->room)) /* cut where it is seen to be cut */
		strcpy(c->room + sizeof(c->room) - 4, "...");
	c->text = c->room;
	c->is_spelled = true;
	return tier->n_devices;
}

static const struct column tier_items[] = {
	{ "TIER", NULL, UNIT_TEXT, 0, "tier", get_tier },
	{ "RANK", NULL, UNIT_NUMBER, 0, "rank", get_rank },
	{ "USE", NULL, UNIT_TEXT, 0, "bar", get_bar },
	{ "USE%", "use_pct", UNIT_PCT, 0, "per cent", get_pct },
	{ "USED", NULL, UNIT_BYTES, 0, "used", get_used },
	{ "SIZE", NULL, UNIT_BYTES, 0, "size", get_size },
	{ "RAM", NULL, UNIT_BYTES, 0, "memory", get_ram },
	{ "DEVICES", NULL, UNIT_TEXT, 0, "devices", get_devices },
};

static const struct columns tier_columns = {
	.table = "tiers",
	.items = tier_items,
	.n = ARRAY_SIZE(tier_items),
	.defaults = "TIER,RANK,USE,USE%,USED,SIZE,RAM,DEVICES",
};

static int print_tiers(const struct cli *cli, const struct machine *m)
{
	size_t n = swapadm_model_n_tiers(m->model);
	_cleanup_free_ const void **rows = calloc(n + 1, sizeof(*rows));
	_cleanup_(selection_free) struct selection sel = { 0 };
	int r = table_select(cli, &tier_columns, &sel);

	if (r || !n)
		return r;
	if (!rows)
		return cli_fail(cli, -ENOMEM, "status");
	for (size_t i = 0; i < n; i++)
		rows[i] = swapadm_model_tier(m->model, i);
	putchar('\n');
	return table_print(cli, &sel, rows, n);
}

/* ---- below the tiers */

static void print_parked(const struct machine *m)
{
	char line[4608];

	for (size_t i = 0; i < swapadm_parked_n(m->parked); i++) {
		parked_line(swapadm_parked_get(m->parked, i), line, sizeof(line));
		printf("%s%s\n", i ? "" : "\nparked\n", line);
	}
}

static void print_jobs(const struct machine *m)
{
	const char *title = "\njobs\n";
	char line[600];

	for (size_t i = 0; i < m->n_jobs; i++) {
		if (!progress_running(&m->jobs[i]))
			continue;
		progress_line(&m->jobs[i], line, sizeof(line));
		printf("%s%-4s %s\n", title, m->jobs[i].id, line);
		title = "";
	}
}

static void print_findings(const struct findings *found)
{
	struct paint paint = paint_for_stdout();
	const char *title = "\n";

	for (size_t i = 0; i < found->n; i++) {
		const struct finding *f = &found->items[i];

		if (f->severity == SEVERITY_NOTE)
			continue;
		printf("%s%s%s:%s %s\n", title, paint.warn, severity_name(f->severity),
		       paint.off, f->text);
		title = "";
	}
	if (!*title)
		puts("`swapctl doctor` has the reasons and remedies.");
}

/* what is absent only because of who asks */
static void print_unseen(const struct cli *cli, const struct machine *m)
{
	if (cli_has(cli, OPT_ROOT) || geteuid() == 0)
		return;
	if (machine_zswap_on(m) && !(m->zswap.known & SWAPADM_ZSWAP_WRITTEN_BACK))
		puts("\nnot seen: what zswap wrote back and refused; its counters are in debugfs, which only root reads");
	else if (!m->has_mem || !m->has_vmstat)
		puts("\nnot seen: memory counters; /proc does not show them to you");
}

/* ---- JSON */

static struct json_object *json_of_device(const struct swapadm_device *dev)
{
	struct json_object *o = json_object_new_object();

	json_text(o, "device", dev->name);
	json_text(o, "kind", swapadm_kind_name(dev->kind));
	json_text(o, "state", swapadm_state_name(dev->state));
	json_i64_if(o, "prio", is_active(dev), dev->prio);
	json_usage(o, &dev->usage);
	return o;
}

static void json_tiers(struct json_object *o, const struct machine *m)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < swapadm_model_n_tiers(m->model); i++) {
		const struct swapadm_tier *tier = swapadm_model_tier(m->model, i);
		struct json_object *one = json_object_new_object(),
				   *devices = json_object_new_array();

		json_text(one, "tier", tier->name);
		json_i64_if(one, "rank", tier->rank != SWAPADM_RANK_NONE, tier->rank);
		json_text(one, "kind", swapadm_kind_name(tier->kind));
		json_flag(one, "auto", tier->is_auto);
		json_usage(one, &tier->usage);
		for (size_t j = 0; j < tier->n_devices; j++)
			json_object_array_add(devices, json_of_device(tier->devices[j]));
		json_object_object_add(one, "devices", devices);
		json_object_array_add(array, one);
	}
	json_object_object_add(o, "tiers", array);
}

static void json_memory(struct json_object *o, const struct machine *m)
{
	struct json_object *mem = json_object_new_object();
	unsigned known = m->has_mem ? m->mem.known : 0;

	json_u64_if(mem, "total", known & SWAPADM_MEM_TOTAL, m->mem.total_bytes);
	json_u64_if(mem, "available", known & SWAPADM_MEM_AVAILABLE,
		    m->mem.available_bytes);
	json_u64_if(mem, "swap_cached", known & SWAPADM_MEM_SWAP_CACHED,
		    m->mem.swap_cached_bytes);
	json_object_object_add(o, "memory", mem);
}

static void json_zswap(struct json_object *o, const struct machine *m)
{
	const struct swapadm_zswap_stats *z = &m->zswap;
	struct json_object *one = m->has_zswap ? json_object_new_object() : NULL;

	json_object_object_add(o, "zswap", one);
	if (!one)
		return;
	json_flag(one, "enabled", machine_zswap_on(m));
	json_text(one, "compressor",
		  z->known & SWAPADM_ZSWAP_COMPRESSOR ? z->compressor : NULL);
	json_u64_if(one, "stored", z->known & SWAPADM_ZSWAP_STORED, z->stored_bytes);
	json_u64_if(one, "ram", z->known & SWAPADM_ZSWAP_POOL, z->pool_bytes);
	json_u64_if(one, "max_pool_pct", z->known & SWAPADM_ZSWAP_MAX_POOL,
		    z->max_pool_pct);
	json_u64_if(one, "written_back", z->known & SWAPADM_ZSWAP_WRITTEN_BACK,
		    z->written_back_pages * swapadm_page_bytes(m->ctx));
}

static void json_psi_line(struct json_object *o, const char *name,
			  const struct swapadm_psi_line *line)
{
	struct json_object *one = line->known ? json_object_new_object() : NULL;

	json_object_object_add(o, name, one);
	if (!one)
		return;
	json_ratio_if(one, "avg10_pct", true, line->avg10_centipct / 100.0);
	json_ratio_if(one, "avg60_pct", true, line->avg60_centipct / 100.0);
	json_ratio_if(one, "avg300_pct", true, line->avg300_centipct / 100.0);
	json_u64(one, "total_ns", line->total_us * 1000);
	json_text(one, "trend", trend(line));
}

static void json_findings(struct json_object *o, const struct findings *found)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < found->n; i++) {
		struct json_object *one = json_object_new_object();

		json_text(one, "check", found->items[i].check);
		json_text(one, "severity", severity_name(found->items[i].severity));
		json_text(one, "object", found->items[i].object);
		json_text(one, "text", found->items[i].text);
		json_object_array_add(array, one);
	}
	json_object_object_add(o, "warnings", array);
}

static void json_parked(struct json_object *o, const struct machine *m)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < swapadm_parked_n(m->parked); i++)
		json_object_array_add(array,
				      parked_object(swapadm_parked_get(m->parked, i)));
	json_object_object_add(o, "parked", array);
}

static void json_jobs(struct json_object *o, const struct machine *m)
{
	struct json_object *array = json_object_new_array();

	for (size_t i = 0; i < m->n_jobs; i++)
		if (progress_running(&m->jobs[i]))
			json_object_array_add(array, progress_object(&m->jobs[i]));
	json_object_object_add(o, "jobs", array);
}

/* which machine and when; @schema rises when a name goes or changes its meaning */
static void json_origin(struct json_object *o, const struct machine *m)
{
	_cleanup_free_ char *host = NULL;
	time_t now = time(NULL);
	char text[32];
	struct tm tm;

	if (!swapadm_file_read(m->ctx, "/proc/sys/kernel/hostname", &host))
		host[strcspn(host, "\n")] = '\0';
	json_i64(o, "schema", STATUS_SCHEMA);
	json_text(o, "host", host);
	gmtime_r(&now, &tm);
	strftime(text, sizeof(text), "%FT%TZ", &tm);
	json_text(o, "time", text);
	json_text(o, "version", swapadm_version());
}

static int print_json(const struct machine *m, const struct findings *found)
{
	struct json_object *o = json_object_new_object(),
			   *swap = json_object_new_object(), *psi = NULL;

	json_origin(o, m);
	json_text(o, "layer", swapadm_layer_name(swapadm_model_layer(m->model)));
	json_text(o, "degraded", swapadm_model_degraded(m->model));
	json_redirect(o, m);
	json_memory(o, m);
	json_usage(swap, swapadm_model_total(m->model));
	json_object_object_add(o, "swap", swap);
	json_zswap(o, m);
	if (m->has_psi) {
		psi = json_object_new_object();
		json_psi_line(psi, "some", &m->psi.some);
		json_psi_line(psi, "full", &m->psi.full);
	}
	json_object_object_add(o, "pressure", psi);
	json_tiers(o, m);
	json_jobs(o, m);
	json_parked(o, m);
	json_findings(o, found);
	return json_print(o, true);
}

int cmd_status(struct cli *cli)
{
	_cleanup_(machine_free) struct machine m = { 0 };
	_cleanup_(findings_free) struct findings found = { 0 };
	int r = machine_load(cli, 0, &m);

	if (r)
		return cli_fail(cli, r, "status");
	checks_run(&m, &found);
	if (cli_has(cli, OPT_JSON))
		return print_json(&m, &found);
	print_layer(&m);
	print_redirect(cli, &m);
	print_memory(cli, &m);
	print_swap(cli, &m);
	print_zswap(cli, &m);
	status_print_zrams(cli, &m);
	print_psi(&m);
	r = print_tiers(cli, &m);
	print_jobs(&m);
	print_parked(&m);
	print_findings(&found);
	print_unseen(cli, &m);
	return r;
}
