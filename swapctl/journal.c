/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "journal.h"

#include <endian.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <syslog.h>
#include <unistd.h>

struct journal {
	int fd;
	struct sockaddr_un to;
	unsigned lost;
};

/* ids are random; examples/system/swapadm.catalog explains each */
static const struct message {
	const char *name, *id;
	int priority;
} messages[] = {
	{ "area-new", "b07bad82e9054a1f8a211d18770e318a", LOG_INFO },
	{ "area-changed", "a90e106eb84144f0b0016978ff2ea223", LOG_INFO },
	{ "area-gone", "c462fee7d4b64005a09b9e024e8061b8", LOG_NOTICE },
	{ "leaf-added", "d7a9e4e7286c4edeb488b813345e70c3", LOG_INFO },
	{ "leaf-changed", "71be567971954cb0a3946be062f5df4e", LOG_INFO },
	{ "leaf-removed", "d135a0db8b99439c837980c6a2c4fbcf", LOG_NOTICE },
	{ "leaf-failed", "2c3b2f410e1f4805b51e23ba0733621d", LOG_ERR },
	{ "leaf-lost", "0a4a4202ac404edf9176bc4042175205", LOG_CRIT },
	{ "leaf-full", "d3cc90e6890b4a72bd3d9a0370d70e42", LOG_WARNING },
	{ "leaf-stalled", "152eabc5189d4d16a0ec4652477086a4", LOG_ERR },
	{ "leaf-responds", "e051319edaca402c85e0b308ed6252a0", LOG_NOTICE },
	{ "device-added", "bed1c7e56333448ca63761a0bdfb5705", LOG_INFO },
	{ "device-changed", "9a08f16864b54f2d91970c2ebc35bba6", LOG_INFO },
	{ "device-removed", "843bb30d4c20425b9ddaf8f094d4460b", LOG_NOTICE },
	{ "device-no-space", "1ab921a05f314993ba1b337b1a500d87", LOG_ERR },
	{ "device-uncovered", "3ea489eca4f749bdb010e03eed079834", LOG_WARNING },
	{ "device-covered", "0c08c423f42c4172a53cde014c990a42", LOG_NOTICE },
	{ "tier-added", "728ce5e4940d4b4db77b716d96cf6a7f", LOG_INFO },
	{ "tier-changed", "2adec9d6882d4574b5f3d801c7479413", LOG_INFO },
	{ "tier-removed", "a05b0770fb614c6389c15683223ab164", LOG_INFO },
	{ "job-started", "7b1d9236e961426db8eded0e462d1db1", LOG_INFO },
	{ "job-changed", "309d63ac6d29453c9f43f40dfae8bf24", LOG_INFO },
	{ "job-no-space", "893df288e74448938379ad41d1c57f79", LOG_WARNING },
	{ "job-ended", "68a9c0daeb6d42829de5688e16a5e81a", LOG_INFO },
	{ "job-failed", "999c92e2c2c2449dbfa0cca0eb70d18f", LOG_ERR },
	{ "pressure-rising", "a3a3129d584f43db93c8151c61bd7e7a", LOG_WARNING },
	{ "pressure-falling", "8e9d5d8299e84d4c99015430a0349195", LOG_INFO },
	{ "round-done", "67399c51ad29473db682bf0a2d284ffc", LOG_INFO },
	{ "round-failed", "a466bbaadcd8461a8374dff5e05ebaeb", LOG_WARNING },
	{ "events-lost", "5372643150254beb8dfaf52be35623a5", LOG_NOTICE },
};

bool journal_message(size_t i, const char **name, const char **id)
{
	if (i >= ARRAY_SIZE(messages))
		return false;
	*name = messages[i].name;
	*id = messages[i].id;
	return true;
}

/* a job's end and its wait for space are entries of their own */
static const char *message_name(const struct swapadm_event *e, const char *name)
{
	if (!e->job)
		return name;
	if (e->job->state == SWAPADM_JOB_FAILED || e->job->state == SWAPADM_JOB_LOST)
		return "job-failed";
	return e->job->state == SWAPADM_JOB_NO_SPACE ? "job-no-space" : name;
}

static const struct message *find(const char *name)
{
	for (size_t i = 0; i < ARRAY_SIZE(messages); i++)
		if (streq(messages[i].name, name))
			return &messages[i];
	return NULL;
}

int journal_open(const char *path, struct journal **out)
{
	struct journal *j = calloc(1, sizeof(*j));
	int err;

	if (!j)
		return -ENOMEM;
	path = path ? path : JOURNAL_SOCKET;
	j->to.sun_family = AF_UNIX;
	if (strlen(path) >= sizeof(j->to.sun_path)) {
		free(j);
		return -ENAMETOOLONG;
	}
	strcpy(j->to.sun_path, path);
	j->fd = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	/* only to learn whether there is one: the journal may be restarted later */
	if (j->fd < 0 || access(path, W_OK) < 0) {
		err = errno;
		journal_closep(&j);
		return -err;
	}
	*out = j;
	return 0;
}

void journal_closep(struct journal **journal)
{
	if (!*journal)
		return;
	if ((*journal)->fd >= 0)
		close((*journal)->fd);
	free(*journal);
	*journal = NULL;
}

/* KEY=VALUE, or with the value's length where it has a newline; "" and NULL: not at all */
static void field(FILE *out, const char *key, const char *value)
{
	uint64_t len;

	if (!value || !*value)
		return;
	if (!strchr(value, '\n')) {
		fprintf(out, "%s=%s\n", key, value);
		return;
	}
	fprintf(out, "%s\n", key);
	len = htole64(strlen(value));
	fwrite(&len, sizeof(len), 1, out);
	fprintf(out, "%s\n", value);
}

static void number(FILE *out, const char *key, uint64_t value)
{
	fprintf(out, "%s=%llu\n", key, (unsigned long long)value);
}

static void fields_of_job(FILE *out, const struct swapadm_progress *job)
{
	field(out, "SWAPADM_JOB", job->id);
	field(out, "SWAPADM_JOB_KIND", swapadm_job_kind_name(job->kind));
	field(out, "SWAPADM_JOB_STATE", swapadm_job_state_name(job->state));
	field(out, "SWAPADM_DEVICE", job->source);
	field(out, "SWAPADM_DEST", job->dest);
	number(out, "SWAPADM_MOVED_BYTES", job->moved_bytes);
	number(out, "SWAPADM_LEFT_BYTES", job->left_bytes);
}

static void fields_of(FILE *out, const struct swapadm_event *e)
{
	if (e->job) {
		fields_of_job(out, e->job);
	} else if (e->device) {
		field(out, "SWAPADM_DEVICE", e->device->name);
		field(out, "SWAPADM_TIER", e->tier->name);
	} else if (streq(e->kind, "tier")) {
		field(out, "SWAPADM_TIER", e->object);
	} else if (streq(e->source, "tswap")) {
		field(out, "SWAPADM_DEVICE", e->object);
	} else if (e->round) {
		number(out, "SWAPADM_MOVED_BYTES", e->round->moved_bytes);
	}
}

static void send_entry(struct journal *j, const char *entry, size_t n)
{
	/* a journal that does not read must not hold the stream up */
	if (sendto(j->fd, entry, n, MSG_NOSIGNAL | MSG_DONTWAIT,
		   (const struct sockaddr *)&j->to, sizeof(j->to)) < 0)
		j->lost++;
	else
		j->lost = 0;
}

void journal_event(struct journal *j, const struct swapadm_event *e, const char *name,
		   const char *words)
{
	const struct message *message = find(message_name(e, name));
	char *entry = NULL, line[1024];
	size_t n = 0;
	FILE *out;

	if (streq(e->kind, "disk") || streq(e->kind, "partition") ||
	    streq(e->what, "present"))
		return;
	out = open_memstream(&entry, &n);
	if (!out)
		return;
	snprintf(line, sizeof(line), "%s %s%s%s", name, e->object, *words ? ": " : "",
		 words);
	field(out, "MESSAGE", line);
	fprintf(out, "PRIORITY=%d\n", message ? message->priority : LOG_INFO);
	field(out, "MESSAGE_ID", message ? message->id : NULL);
	field(out, "SYSLOG_IDENTIFIER", "swapadm");
	field(out, "SWAPADM_EVENT", name);
	fields_of(out, e);
	if (j->lost)
		number(out, "SWAPADM_LOST_ENTRIES", j->lost);
	if (!fclose(out))
		send_entry(j, entry, n);
	free(entry);
}
