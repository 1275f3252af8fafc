/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/jobrec.h"

#include <assert.h>
#include <ctype.h>

#include "base/keyval.h"

#define HEADER "swapadm-job 1"

bool jobrec_is_finished(const struct jobrec *rec)
{
	return rec->p.state >= SWAPADM_JOB_DONE;
}

int jobrec_add_device(struct jobrec *rec, const char *path)
{
	char *copy;

	if (rec->n_devices >= JOBREC_MAX_DEVICES)
		return -E2BIG;
	copy = strdup(path);
	if (!copy || !array_grow(&rec->devices, rec->n_devices)) {
		free(copy);
		return -ENOMEM;
	}
	rec->devices[rec->n_devices++] = copy;
	return 0;
}

void jobrec_free(struct jobrec *rec)
{
	for (size_t i = 0; i < rec->n_devices; i++)
		free(rec->devices[i]);
	free(rec->devices);
	*rec = (struct jobrec){ 0 };
}

int jobrec_parse_id(const char *id, uint64_t *number)
{
	uint64_t v;

	if (*id != 'd' || !isdigit((unsigned char)id[1]) || (id[1] == '0' && id[2]))
		return -EINVAL;
	if (parse_u64(id + 1, &v) || !v || v > UINT32_MAX)
		return -EINVAL;
	*number = v;
	return 0;
}

/* ---- text --------------------------------------------------------------------- */

static void put_text(FILE *f, const char *key, const char *text)
{
	if (text && *text)
		keyval_put(f, key, text);
}

/* ---- fields ------------------------------------------------------------------- */

struct number_field {
	const char *key;
	size_t offset;
	uint64_t max;
	unsigned char size; /* of the member */
};

#define NUMBER(key, member, max)                                \
	{                                                       \
		key, offsetof(struct jobrec, member), max,      \
			sizeof(((struct jobrec *)NULL)->member) \
	}
#define BYTES_MAX ((uint64_t)INT64_MAX)

static const struct number_field numbers[] = {
	NUMBER("pid-ns", pid_ns, UINT64_MAX),
	NUMBER("worker", worker, INT32_MAX),
	NUMBER("worker-start", worker_start_ticks, UINT64_MAX),
	NUMBER("child", child, INT32_MAX),
	NUMBER("child-start", child_start_ticks, UINT64_MAX),
	NUMBER("caller", caller, INT32_MAX),
	NUMBER("service", service, 1),
	NUMBER("caller-start", caller_start_ticks, UINT64_MAX),
	NUMBER("total-bytes", p.total_bytes, BYTES_MAX),
	NUMBER("moved-bytes", p.moved_bytes, BYTES_MAX),
	NUMBER("left-bytes", p.left_bytes, BYTES_MAX),
	NUMBER("rate-bytes-per-s", p.rate_bytes_per_s, BYTES_MAX),
	NUMBER("elapsed-ns", p.elapsed_ns, UINT64_MAX),
	NUMBER("eta-ns", p.eta_ns, UINT64_MAX),
	NUMBER("needed-bytes", p.needed_bytes, BYTES_MAX),
	NUMBER("lost-race-pages", p.lost_race_pages, BYTES_MAX),
	NUMBER("pid", p.pid, INT32_MAX),
	NUMBER("error", p.error, 4095),
	NUMBER("started", p.started_s, BYTES_MAX),
	NUMBER("ended", p.ended_s, BYTES_MAX),
	NUMBER("uid-plus-one", uid_plus_one, (uint64_t)UINT32_MAX + 1),
};

static uint64_t number_get(const struct jobrec *rec, const struct number_field *f)
{
	const char *at = (const char *)rec + f->offset;

	return f->size == 8 ? *(const uint64_t *)at : (uint64_t) * (const int *)at;
}

static int number_set(struct jobrec *rec, const struct number_field *f, const char *text)
{
	char *at = (char *)rec + f->offset;
	uint64_t v;

	if (parse_u64(text, &v) || v > f->max)
		return -EBADMSG;
	if (f->size == 8)
		*(uint64_t *)at = v;
	else
		*(int *)at = (int)v;
	return 0;
}

static int parse_phase(const char *text, enum swapadm_phase *out)
{
	for (int i = SWAPADM_PHASE_SAMPLE; i <= SWAPADM_PHASE_THAW; i++)
		if (streq(text, swapadm_phase_name((enum swapadm_phase)i))) {
			*out = (enum swapadm_phase)i;
			return 0;
		}
	return -EBADMSG;
}

static int parse_kind(const char *text, enum swapadm_job_kind *out)
{
	for (int k = SWAPADM_JOB_DRAIN; k <= SWAPADM_JOB_WAKE; k++)
		if (streq(text, swapadm_job_kind_name((enum swapadm_job_kind)k))) {
			*out = (enum swapadm_job_kind)k;
			return 0;
		}
	return -EBADMSG;
}

static int parse_state(const char *text, enum swapadm_job_state *out)
{
	for (int s = SWAPADM_JOB_RUNNING; s <= SWAPADM_JOB_LOST; s++)
		if (streq(text, swapadm_job_state_name((enum swapadm_job_state)s))) {
			*out = (enum swapadm_job_state)s;
			return 0;
		}
	return -EBADMSG;
}

char *jobrec_format(const struct jobrec *rec)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(HEADER "\n", f);
	put_text(f, "id", rec->p.id);
	put_text(f, "kind", swapadm_job_kind_name(rec->p.kind));
	put_text(f, "state", swapadm_job_state_name(rec->p.state));
	put_text(f, "source", rec->p.source);
	put_text(f, "dest", rec->p.dest);
	put_text(f, "phase", swapadm_phase_name(rec->p.phase));
	put_text(f, "message", rec->p.message);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++) {
		uint64_t v = number_get(rec, &numbers[i]);

		if (v)
			fprintf(f, "%s %llu\n", numbers[i].key, (unsigned long long)v);
	}
	for (size_t i = 0; i < rec->n_devices; i++)
		put_text(f, "device", rec->devices[i]);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static int parse_device(struct jobrec *rec, const char *value)
{
	char path[4096];
	int r;

	if (!keyval_decode(value, path, sizeof(path)))
		return -EBADMSG;
	r = jobrec_add_device(rec, path);
	return r == -E2BIG ? -EBADMSG : r;
}

static int parse_text_field(struct jobrec *rec, const char *key, const char *value)
{
	uint64_t number;
	bool ok = true;

	if (streq(key, "id"))
		ok = keyval_decode(value, rec->p.id, sizeof(rec->p.id)) &&
		     !jobrec_parse_id(rec->p.id, &number);
	else if (streq(key, "source"))
		ok = keyval_decode(value, rec->p.source, sizeof(rec->p.source));
	else if (streq(key, "dest"))
		ok = keyval_decode(value, rec->p.dest, sizeof(rec->p.dest));
	else if (streq(key, "message"))
		ok = keyval_decode(value, rec->p.message, sizeof(rec->p.message));
	return ok ? 0 : -EBADMSG;
}

static int parse_field(struct jobrec *rec, const char *key, const char *value)
{
	if (streq(key, "kind"))
		return parse_kind(value, &rec->p.kind);
	if (streq(key, "state"))
		return parse_state(value, &rec->p.state);
	if (streq(key, "phase"))
		return parse_phase(value, &rec->p.phase);
	if (streq(key, "device"))
		return parse_device(rec, value);
	for (size_t i = 0; i < ARRAY_SIZE(numbers); i++)
		if (streq(key, numbers[i].key))
			return number_set(rec, &numbers[i], value);
	return parse_text_field(rec, key, value);
}

static int parse_line(struct jobrec *rec, char *line)
{
	char *value = keyval_split(line);

	return value ? parse_field(rec, line, value) : -EBADMSG;
}

int jobrec_parse(const char *text, struct jobrec *out)
{
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_(jobrec_free) struct jobrec rec = {
		.p.kind = (enum swapadm_job_kind) - 1,
		.p.state = (enum swapadm_job_state) - 1
	};
	char *save = NULL, *line;
	int r;

	if (!copy)
		return -ENOMEM;
	line = strtok_r(copy, "\n", &save);
	if (!line || !streq(line, HEADER))
		return -EBADMSG;
	while ((line = strtok_r(NULL, "\n", &save))) {
		r = parse_line(&rec, line);
		if (r)
			return r;
	}
	rec.p.uid = (int64_t)rec.uid_plus_one - 1;
	rec.p.makes_way = rec.service;
	if (!rec.p.id[0] || !rec.p.source[0] || (int)rec.p.kind < 0 ||
	    (int)rec.p.state < 0)
		return -EBADMSG;
	*out = rec;
	rec = (struct jobrec){ 0 };
	return 0;
}
