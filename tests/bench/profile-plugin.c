// SPDX-License-Identifier: GPL-2.0-or-later
/*
 * profile-plugin - a plugin of QEMU's that counts how often each instruction is executed
 *
 *	-plugin FILE,dir=DIR
 *
 * Counts from one execution of the instruction at the address that DIR/mark has (in hex)
 * to the next one, then writes "ADDRESS COUNT" lines to DIR/count.0, from the third to
 * the fourth to DIR/count.1, and so on. DIR/mark may be written when the guest runs:
 * DIR/ready appears when it has been read. For profile.py; one processor. What it uses of
 * qemu-plugin.h is declared here, as Debian has no package with that.
 */
#include <inttypes.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

typedef uint64_t qemu_plugin_id_t;
struct qemu_plugin_tb;
struct qemu_plugin_insn;
typedef void (*on_translation)(qemu_plugin_id_t id, struct qemu_plugin_tb *tb);
typedef void (*on_execution)(unsigned int cpu, void *data);

void qemu_plugin_register_vcpu_tb_trans_cb(qemu_plugin_id_t id, on_translation fn);
size_t qemu_plugin_tb_n_insns(const struct qemu_plugin_tb *tb);
struct qemu_plugin_insn *qemu_plugin_tb_get_insn(const struct qemu_plugin_tb *tb,
						 size_t i);
uint64_t qemu_plugin_insn_vaddr(const struct qemu_plugin_insn *insn);
void qemu_plugin_register_vcpu_insn_exec_cb(struct qemu_plugin_insn *insn,
					    on_execution fn, int flags, void *data);

#define PUBLIC __attribute__((visibility("default")))
extern int qemu_plugin_version;
PUBLIC int qemu_plugin_version = 2;

#define BUCKETS (1 << 16)

struct counter {
	struct counter *next;
	uint64_t address;
	uint64_t n;
};

static struct counter *counters[BUCKETS];
static const char *dir;
static volatile uint64_t mark;
static bool counting;
static unsigned int written;

static struct counter *counter_of(uint64_t address)
{
	struct counter **bucket = &counters[address % BUCKETS], *c;

	for (c = *bucket; c; c = c->next)
		if (c->address == address)
			return c;
	c = calloc(1, sizeof(*c));
	if (!c)
		abort();
	c->address = address;
	c->next = *bucket;
	*bucket = c;
	return c;
}

static FILE *open_in_dir(const char *name, const char *mode)
{
	char path[4096];

	snprintf(path, sizeof(path), "%s/%s", dir, name);
	return fopen(path, mode);
}

static void write_counts(void)
{
	char name[32];
	struct counter *c;
	FILE *out;
	int i;

	snprintf(name, sizeof(name), "count.%u", written++);
	out = open_in_dir(name, "w");
	if (!out)
		abort();
	for (i = 0; i < BUCKETS; i++)
		for (c = counters[i]; c; c = c->next) {
			if (c->n)
				fprintf(out, "%" PRIx64 " %" PRIu64 "\n", c->address,
					c->n);
			c->n = 0;
		}
	fclose(out);
}

static void executed(unsigned int cpu, void *data)
{
	struct counter *c = data;

	(void)cpu;
	if (c->address == mark) {
		counting = !counting;
		if (!counting)
			write_counts();
	}
	c->n += counting;
}

static void translated(qemu_plugin_id_t id, struct qemu_plugin_tb *tb)
{
	size_t i;

	(void)id;
	for (i = 0; i < qemu_plugin_tb_n_insns(tb); i++) {
		struct qemu_plugin_insn *insn = qemu_plugin_tb_get_insn(tb, i);

		qemu_plugin_register_vcpu_insn_exec_cb(
			insn, executed, 0, counter_of(qemu_plugin_insn_vaddr(insn)));
	}
}

static void *await_mark(void *unused)
{
	uint64_t address;
	FILE *file;

	while (!mark) {
		usleep(10000);
		file = open_in_dir("mark", "r");
		if (!file)
			continue;
		if (fscanf(file, "%" SCNx64, &address) == 1)
			mark = address;
		fclose(file);
	}
	file = open_in_dir("ready", "w");
	if (file)
		fclose(file);
	return unused;
}

int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc, char **argv);

PUBLIC int qemu_plugin_install(qemu_plugin_id_t id, const void *info, int argc,
			       char **argv)
{
	pthread_t thread;

	(void)info;
	if (argc != 1 || strncmp(argv[0], "dir=", 4)) {
		fprintf(stderr, "profile-plugin: dir= is missing\n");
		return -1;
	}
	dir = strdup(argv[0] + 4);
	if (!dir || pthread_create(&thread, NULL, await_mark, NULL))
		return -1;
	qemu_plugin_register_vcpu_tb_trans_cb(id, translated);
	return 0;
}
