/* SPDX-License-Identifier: LGPL-2.1-or-later */
#include "state/parkrec.h"

#include "base/keyval.h"

#define HEADER "swapadm-parked 1"

void parkrec_free(struct parkrec *rec)
{
	free(rec->stopped);
	*rec = (struct parkrec){ 0 };
}

int parkrec_add_stopped(struct parkrec *rec, pid_t pid, uint64_t start_ticks)
{
	if (!array_grow(&rec->stopped, rec->n_stopped))
		return -ENOMEM;
	rec->stopped[rec->n_stopped++] = (struct park_process){ pid, start_ticks };
	return 0;
}

void parkrec_source(const struct parkrec *rec, char *buf, size_t size)
{
	if (rec->pid)
		snprintf(buf, size, "pid %d", (int)rec->pid);
	else
		snprintf(buf, size, "cgroup %s", rec->cgroup);
}

/* ---- fields ---------------------------------------------------------------------- */

struct field {
	const char *key;
	size_t offset, size;
	uint64_t max; /* 0: a text */
};

#define MEMBER(member) \
	offsetof(struct parkrec, member), sizeof(((struct parkrec *)NULL)->member)
#define BYTES_MAX ((uint64_t)INT64_MAX)

static const struct field fields[] = {
	{ "id", MEMBER(id), 0 },
	{ "boot", MEMBER(boot), 0 },
	{ "state", MEMBER(state), SWAPADM_PARK_WAKING },
	{ "pid", MEMBER(pid), INT32_MAX },
	{ "pid-ns", MEMBER(pid_ns), UINT64_MAX },
	{ "start", MEMBER(start_ticks), UINT64_MAX },
	{ "comm", MEMBER(comm), 0 },
	{ "cgroup", MEMBER(cgroup), 0 },
	{ "inode", MEMBER(inode), UINT64_MAX },
	{ "root-inode", MEMBER(root_inode), UINT64_MAX },
	{ "freezer", MEMBER(freezer), SWAPADM_FREEZER_FOREIGN },
	{ "group-kind", MEMBER(group.kind), SWAPADM_FREEZER_STATE },
	{ "group", MEMBER(group.dir), 0 },
	{ "group-inode", MEMBER(group.inode), UINT64_MAX },
	{ "since", MEMBER(since_s), BYTES_MAX },
	{ "pushed-bytes", MEMBER(pushed_bytes), BYTES_MAX },
	{ "stays-bytes", MEMBER(stays_bytes), BYTES_MAX },
	{ "out-bytes", MEMBER(out_bytes), BYTES_MAX },
	{ "job", MEMBER(job), 0 },
	{ "worker", MEMBER(worker), INT32_MAX },
	{ "worker-start", MEMBER(worker_start_ticks), UINT64_MAX },
};

static uint64_t number_get(const char *at, size_t size)
{
	return size == 8 ? *(const uint64_t *)at : (uint64_t) * (const int *)at;
}

static void put_field(FILE *f, const struct parkrec *rec, const struct field *field)
{
	const char *at = (const char *)rec + field->offset;

	if (!field->max && *at)
		keyval_put(f, field->key, at);
	else if (field->max && number_get(at, field->size))
		fprintf(f, "%s %llu\n", field->key,
			(unsigned long long)number_get(at, field->size));
}

char *parkrec_format(const struct parkrec *rec)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return NULL;
	fputs(HEADER "\n", f);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		put_field(f, rec, &fields[i]);
	for (size_t i = 0; i < rec->n_stopped; i++)
		fprintf(f, "stopped %d %llu\n", (int)rec->stopped[i].pid,
			(unsigned long long)rec->stopped[i].start_ticks);
	if (fclose(f)) {
		free(text);
		return NULL;
	}
	return text;
}

static int set_field(struct parkrec *rec, const struct field *field, const char *value)
{
	char *at = (char *)rec + field->offset;
	uint64_t v;

	if (!field->max)
		return keyval_decode(value, at, field->size) ? 0 : -EBADMSG;
	if (parse_u64(value, &v) || v > field->max)
		return -EBADMSG;
	if (field->size == 8)
		*(uint64_t *)at = v;
	else
		*(int *)at = (int)v;
	return 0;
}

static int parse_stopped(struct parkrec *rec, const char *value)
{
	uint64_t pid, ticks;

	if (next_u64(&value, &pid) || next_u64(&value, &ticks) || *value || pid < 2 ||
	    pid > INT32_MAX)
		return -EBADMSG;
	return parkrec_add_stopped(rec, (pid_t)pid, ticks);
}

static int parse_line(struct parkrec *rec, char *line)
{
	char *value = keyval_split(line);

	if (!value)
		return -EBADMSG;
	if (streq(line, "stopped"))
		return parse_stopped(rec, value);
	for (size_t i = 0; i < ARRAY_SIZE(fields); i++)
		if (streq(line, fields[i].key))
			return set_field(rec, &fields[i], value);
	return 0;
}

/* either a process with its start time or a cgroup, and a name that leads nowhere else */
static bool is_whole(const struct parkrec *rec)
{
	char id[sizeof(rec->id)];
	bool groups = rec->freezer == SWAPADM_FREEZER_CGROUP ||
		      rec->freezer == SWAPADM_FREEZER_STATE;

	if (rec->pid)
		snprintf(id, sizeof(id), "p%d", (int)rec->pid);
	else
		snprintf(id, sizeof(id), "c%llu", (unsigned long long)rec->inode);
	if (!streq(id, rec->id) || rec->pid == 1 || !rec->pid != (*rec->cgroup == '/'))
		return false;
	return !groups || (rec->group.kind == rec->freezer && *rec->group.dir == '/' &&
			   rec->group.inode);
}

int parkrec_parse(const char *text, struct parkrec *out)
{
	_cleanup_free_ char *copy = strdup(text);
	_cleanup_(parkrec_free) struct parkrec rec = { 0 };
	char *save = NULL, *line;
	int r = 0;

	if (!copy)
		return -ENOMEM;
	line = strtok_r(copy, "\n", &save);
	if (!line || !streq(line, HEADER))
		return -EBADMSG;
	while (!r && (line = strtok_r(NULL, "\n", &save)))
		r = parse_line(&rec, line);
	if (r || !is_whole(&rec))
		return r ? r : -EBADMSG;
	*out = rec;
	rec = (struct parkrec){ 0 };
	return 0;
}
