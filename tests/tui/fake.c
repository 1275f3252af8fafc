/* SPDX-License-Identifier: GPL-2.0-or-later */
#include "fake.h"

#include <errno.h>

#define MIB (1ULL << 20)
#define GIB (1ULL << 30)

static struct sample *begin(unsigned second)
{
	struct sample *s = sample_new();

	if (!s)
		abort();
	s->seq = second;
	s->mono_ns = (1000 + second) * NSEC_PER_SEC;
	s->realtime_ns = (FAKE_EPOCH_S + second) * NSEC_PER_SEC;
	s->page_bytes = 4096;
	copy_text(s->host, "tapir");
	copy_text(s->kernel, "6.12.9");
	s->layer = SWAPADM_LAYER_DIRECT;
	s->mem.known = 0x1ff;
	s->mem.total_bytes = 16 * GIB;
	s->mem.free_bytes = 600 * MIB;
	s->mem.available_bytes = 3 * GIB;
	s->vm.known = 0x7ff;
	s->psi_mem.some =
		(struct swapadm_psi_line){ true, 32, 210, 95, 40000ULL * second };
	s->psi_mem.full = (struct swapadm_psi_line){ true, 0, 8, 2, 3000ULL * second };
	return s;
}

static struct sample_tier *tier(struct sample *s, const char *name,
				enum swapadm_kind kind)
{
	struct sample_tier *t = sample_add_tier(s);

	copy_text(t->name, name);
	t->kind = kind;
	t->rank = (int)s->n_tiers - 1;
	t->prio = 30000 - 500 * t->rank;
	return t;
}

static struct sample_device *device(struct sample *s, const char *name, uint64_t size_mib,
				    uint64_t used_mib)
{
	struct sample_device *d = sample_add_device(s);
	struct sample_tier *t = &s->tiers[s->n_tiers - 1];

	copy_text(d->name, name);
	snprintf(d->path, sizeof(d->path), "/dev/%s", name);
	d->kind = t->kind;
	d->state = SWAPADM_STATE_ACTIVE;
	d->prio = t->prio;
	d->usage.known = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;
	d->usage.size_bytes = size_mib * MIB;
	d->usage.used_bytes = used_mib * MIB;
	t->usage.known = d->usage.known;
	t->usage.size_bytes += d->usage.size_bytes;
	t->usage.used_bytes += d->usage.used_bytes;
	s->total.known = d->usage.known;
	s->total.size_bytes += d->usage.size_bytes;
	s->total.used_bytes += d->usage.used_bytes;
	return d;
}

/* @in and @out in MiB a second, on average, in waves */
static void io(struct sample_device *d, unsigned second, uint64_t in, uint64_t out,
	       uint64_t read_us)
{
	static const uint8_t wave[] = { 0,  2,  5,  9,  14, 20, 27, 33,
					40, 44, 50, 52, 60, 61, 61 };
	uint64_t n = second % 15 ? wave[second % 15] + 61 * (second / 15)
				 : 61 * (second / 15);

	d->io.known = SWAPADM_IO_ALL;
	d->io.read_bytes = in * MIB * n / 4;
	d->io.write_bytes = out * MIB * n / 4;
	d->io.reads = d->io.read_bytes / 16384;
	d->io.writes = d->io.write_bytes / 131072;
	d->io.read_ns = d->io.reads * read_us * 1000;
	d->io.write_ns = d->io.writes * read_us * 4000;
	d->io.busy_ns = d->io.reads * read_us * 300;
	d->io.in_flight = second % 4;
}

static void compressed(struct sample *s, struct sample_device *d, double ratio)
{
	struct swapadm_usage *u[] = { &d->usage, &s->tiers[d->tier].usage };

	for (size_t i = 0; i < 2; i++) {
		u[i]->known |= SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM;
		u[i]->stored_bytes = (uint64_t)((double)d->usage.used_bytes / ratio);
		u[i]->ram_bytes = u[i]->stored_bytes * 104 / 100;
	}
}

static void zswap(struct sample *s, unsigned second)
{
	struct sample_tier *t = sample_add_tier(s);

	copy_text(t->name, "zswap");
	t->is_zswap = true;
	t->usage.known = SWAPADM_USAGE_USED | SWAPADM_USAGE_STORED | SWAPADM_USAGE_RAM;
	t->usage.used_bytes = (400 + 3 * second) * MIB;
	t->usage.stored_bytes = t->usage.ram_bytes = t->usage.used_bytes / 3;
	s->zswap.known = 0x3f | SWAPADM_ZSWAP_POOL | SWAPADM_ZSWAP_STORED;
	s->zswap.enabled = true;
	copy_text(s->zswap.compressor, "zstd");
	s->zswap.max_pool_pct = 20;
	s->zswap.stored_bytes = t->usage.used_bytes;
	s->zswap.pool_bytes = t->usage.ram_bytes;
}

static void job(struct sample *s, unsigned second)
{
	struct swapadm_progress *j = sample_add_job(s);

	copy_text(j->id, "d7");
	j->kind = SWAPADM_JOB_DRAIN;
	j->state = SWAPADM_JOB_RUNNING;
	copy_text(j->source, "/dev/sdb2");
	j->phase = SWAPADM_PHASE_PREREAD;
	j->total_bytes = 3 * GIB;
	j->moved_bytes = MIN(j->total_bytes, (second - 5) * 96 * MIB);
	j->left_bytes = j->total_bytes - j->moved_bytes;
	j->rate_bytes_per_s = 96 * MIB;
	j->elapsed_ns = (second - 5) * NSEC_PER_SEC;
	j->eta_ns = j->left_bytes / (96 * MIB) * NSEC_PER_SEC;
}

static void finished_job(struct sample *s)
{
	struct swapadm_progress *j = sample_add_job(s);

	copy_text(j->id, "d6");
	j->kind = SWAPADM_JOB_REMOVE;
	j->state = SWAPADM_JOB_FAILED;
	copy_text(j->source, "/dev/sdc1");
	j->total_bytes = 900 * MIB;
	j->moved_bytes = 120 * MIB;
	j->error = ENOMEM;
	copy_text(j->message, "/dev/sdc1: swapoff: memory was too short");
}

static void processes(struct sample *s)
{
	static const struct {
		const char *comm, *user, *cgroup;
		unsigned mib[4];
	} who[] = {
		{ "postgres",
		  "postgres",
		  "/system.slice/postgresql.service",
		  { 0, 700, 900, 0 } },
		{ "java", "tomcat", "/system.slice/tomcat.service", { 0, 310, 120, 800 } },
		{ "firefox-esr", "ada", "/user.slice/user-1000.slice", { 0, 420, 10, 0 } },
		{ "clamd", "clamav", "/system.slice/clamav.service", { 0, 0, 0, 640 } },
		{ "sshd", "root", "/system.slice/ssh.service", { 0, 2, 1, 0 } },
	};

	s->proc_scan = (struct sample_scan){ SAMPLE_LIST_READ, 0, 8100000, "" };
	for (size_t i = 0; i < ARRAY_SIZE(who); i++) {
		struct sample_proc *p = sample_add_proc(s);

		p->pid = 400 + 37 * (int)i;
		p->ppid = i == 2 ? 437 : 1;
		copy_text(p->comm, who[i].comm);
		copy_text(p->user, who[i].user);
		copy_text(p->cgroup, who[i].cgroup);
		p->rss_bytes = (50 + 13 * i) * MIB;
		p->use.split_known = true;
		/* the first one began before they were accounted */
		p->delay = (struct sample_delay){ i > 0, i > 1, (i * 137) * 1000000ULL,
						  i == 2 ? 1234 : 0 };
		for (size_t t = 0; t < 4; t++) {
			p->use.tier_bytes[t] = who[i].mib[t] * MIB;
			p->use.swap_bytes += p->use.tier_bytes[t];
		}
	}
}

static void cgroup(struct sample *s, const char *path, unsigned fast, unsigned ssd,
		   unsigned hdd, uint64_t max_mib)
{
	struct sample_cgroup *g = sample_add_cgroup(s);

	copy_text(g->path, path);
	g->swap_max_bytes = max_mib ? max_mib * MIB : UINT64_MAX;
	g->mem_known = true;
	g->mem_bytes = (fast + ssd) * MIB;
	g->use.split_known = true;
	g->use.tier_bytes[1] = fast * MIB;
	g->use.tier_bytes[2] = ssd * MIB;
	g->use.tier_bytes[3] = hdd * MIB;
	g->use.swap_bytes = (fast + ssd + hdd) * MIB;
	g->delay = (struct sample_delay){ .known = true,
					  .share_known = true,
					  .rate_known = true,
					  .total_ns = fast * NSEC_PER_SEC,
					  .share_centipct = ssd,
					  .in_bytes_per_s = fast * 4096 };
}

static void cgroups(struct sample *s)
{
	s->cgroup_scan =
		(struct sample_scan){ SAMPLE_LIST_READ, 12 * NSEC_PER_SEC, 900000, "" };
	cgroup(s, "/", 1432, 1031, 1440, 0);
	cgroup(s, "/system.slice", 1012, 1021, 1440, 0);
	cgroup(s, "/system.slice/postgresql.service", 700, 900, 0, 4096);
	cgroup(s, "/system.slice/tomcat.service", 310, 120, 800, 2048);
	cgroup(s, "/system.slice/clamav.service", 0, 0, 640, 1024);
	cgroup(s, "/system.slice/ssh.service", 2, 1, 0, 0);
	cgroup(s, "/user.slice", 420, 10, 0, 0);
	cgroup(s, "/user.slice/user-1000.slice", 420, 10, 0, 0);
}

struct sample *fake_machine(unsigned second)
{
	struct sample *s = begin(second);
	struct sample_tier *t;
	struct sample_device *d;

	s->privileged = true;
	s->mem.swap_total_bytes = 66 * GIB;
	s->vm.pswpin_pages = 2000ULL * second;
	s->vm.pswpout_pages = 900ULL * second + 9000ULL * (second / 7);
	s->vm.swap_ra_pages = 1000ULL * second;
	s->vm.swap_ra_hit_pages = 870ULL * second;
	s->vm.refault_anon_pages = 310ULL * second;
	zswap(s, second);
	tier(s, "fast", SWAPADM_KIND_ZRAM);
	d = device(s, "zram0", 4096, MIN(4020, 2100 + 20 * second));
	io(d, second, 40, 60, 8);
	compressed(s, d, 3.12);
	copy_text(d->algorithm, "zstd");
	t = tier(s, "ssd", SWAPADM_KIND_SSD);
	t->demote_above_pct = 80;
	t->demote_below_pct = 60;
	t->demote_older_s = 600;
	d = device(s, "nvme0n1p3", 16384, 5200);
	io(d, second, 90, 20, 95);
	copy_text(d->disk, "nvme0n1");
	copy_text(d->model, "Example NVMe 1TB");
	d->discard = SWAPADM_DISCARD_PAGES;
	d = device(s, "sdb2", 8192, 3100);
	io(d, second, 30, 5, 210);
	copy_text(d->disk, "sdb");
	if (second >= 5)
		d->state = SWAPADM_STATE_DRAINING;
	tier(s, "hdd", SWAPADM_KIND_HDD);
	d = device(s, "sda4", 38912, 1440);
	io(d, second, 1, 2, 9800);
	copy_text(d->disk, "sda");
	if (second >= 5)
		job(s, second);
	finished_job(s);
	processes(s);
	cgroups(s);
	return s;
}

struct sample *fake_deep(unsigned second)
{
	struct sample *s = begin(second);
	char path[160] = "";

	s->privileged = true;
	tier(s, "fast", SWAPADM_KIND_ZRAM);
	device(s, "zram0", 4096, 2100);
	cgroup(s, "/", 100, 0, 0, 0);
	for (unsigned i = 0; i < 35; i++) {
		snprintf(path + strlen(path), sizeof(path) - strlen(path), "/%u", i);
		cgroup(s, path, 99 - i, 0, 0, 0);
	}
	return s;
}

struct sample *fake_upkeep(unsigned second)
{
	struct sample *s = begin(second);
	struct sample_device *d;

	s->privileged = true;
	tier(s, "fast", SWAPADM_KIND_ZRAM);
	d = device(s, "zram0", 4096, 2100);
	compressed(s, d, 3.12);
	copy_text(d->algorithm, "lzo-rle");
	copy_text(d->backing, "sdc1");
	d->upkeep = (struct sample_upkeep){
		.known = SAMPLE_UPKEEP_HUGE | SAMPLE_UPKEEP_WRITTEN | SAMPLE_UPKEEP_IDLE |
			 SAMPLE_UPKEEP_BUDGET,
		.huge_bytes = 210 * MIB,
		.written_back_bytes = (700 + second) * MIB,
		.idle_bytes = (900 - second) * MIB,
		.recompressed_bytes = 55 * MIB,
		.budget_left_bytes = 1348 * MIB,
	};
	tier(s, "small", SWAPADM_KIND_ZRAM);
	d = device(s, "zram1", 512, 300);
	compressed(s, d, 2.5);
	d->upkeep = (struct sample_upkeep){ .known = SAMPLE_UPKEEP_HUGE };
	return s;
}

/* reads of 64 to 128 us and a tail of 2 % of 8 to 16 ms, writes of about a ms */
static void latency(struct sample_device *d, unsigned second)
{
	d->latency.known = true;
	d->latency.reads[7] = 980ULL * second;
	d->latency.reads[14] = 20ULL * second;
	d->latency.writes[10] = 100ULL * second;
}

struct sample *fake_redirect(unsigned second)
{
	struct sample *s = fake_machine(second);

	s->layer = SWAPADM_LAYER_REDIRECT;
	s->has_redirect = true;
	s->redirect = (struct swapadm_redirect){
		.name = "tswap0",
		.active = true,
		.prio = 30000,
		.size_bytes = s->total.size_bytes,
		.used_bytes = s->total.used_bytes,
		.area_used_bytes = s->total.used_bytes,
		.room_bytes = s->total.size_bytes,
	};
	for (size_t i = 0; i < s->n_devices; i++) {
		struct sample_device *d = &s->devices[i];

		latency(d, second);
		d->moves.known = true;
		d->moves.in_bytes = i == 3 ? 24 * MIB * second : 0;
		d->moves.out_bytes = i == 2 ? 24 * MIB * second : 0;
	}
	return s;
}

static void rule(struct sample *s, size_t i, const char *tiers, size_t from, bool prefer)
{
	copy_text(s->cgroups[i].tiers, tiers);
	copy_text(s->cgroups[i].tiers_from, s->cgroups[from].path);
	s->cgroups[i].tiers_prefer = prefer;
}

struct sample *fake_rules(unsigned second)
{
	struct sample *s = fake_redirect(second);

	rule(s, 1, "fast, ssd, hdd:8G", 1, true);
	rule(s, 2, "fast, ssd:4G", 2, false);
	rule(s, 3, "fast, ssd, hdd:8G", 1, true);
	rule(s, 4, "hdd", 4, false);
	rule(s, 5, "fast, ssd, hdd:8G", 1, true);
	s->cgroups[4].parked = true;
	return s;
}

struct sample *fake_cordoned(unsigned second)
{
	struct sample *s = fake_redirect(second);

	s->devices[2].state = SWAPADM_STATE_CORDONED;
	return s;
}

static void done_job(struct sample *s, const char *id, const char *source)
{
	struct swapadm_progress *j = sample_add_job(s);

	copy_text(j->id, id);
	j->kind = SWAPADM_JOB_SWAPIN;
	j->state = SWAPADM_JOB_DONE;
	copy_text(j->source, source);
	j->total_bytes = j->moved_bytes = 64 * MIB;
}

struct sample *fake_files(unsigned second)
{
	struct sample *s = begin(second);
	struct sample_device *d;

	s->privileged = true;
	s->vm.pswpin_pages = second < 5 ? 0 : (second - 5) * 24000ULL;
	s->vm.pswpout_pages = 200ULL * second;
	s->zswap.known = SWAPADM_ZSWAP_ENABLED;
	for (int i = 0; i < 2; i++) {
		tier(s, i ? "slow" : "fast", SWAPADM_KIND_SSD);
		d = device(s, "x", 8192, i ? 3000 : 400);
		snprintf(d->path, sizeof(d->path), "/var/swap/%s",
			 i ? "b.swap" : "a.swap");
		copy_text(d->name, d->path);
		d->is_file = true;
	}
	if (second >= 5) {
		d->state = SWAPADM_STATE_DRAINING;
		job(s, second);
		copy_text(s->jobs[0].source, d->path);
	}
	finished_job(s);
	done_job(s, "d5", "pid 400");
	done_job(s, "d4", "cgroup /batch");
	return s;
}

struct sample *fake_bare(unsigned second)
{
	struct sample *s = begin(second);

	s->total.known = SWAPADM_USAGE_SIZE | SWAPADM_USAGE_USED;
	s->zswap.known = SWAPADM_ZSWAP_ENABLED;
	sample_note(s, "other processes (needs root)");
	return s;
}

struct sample *fake_odd(unsigned second)
{
	struct sample *s = begin(second);
	struct sample_device *d;

	s->mem = (struct swapadm_mem_stats){ 0 };
	s->vm.known = 0;
	s->psi_mem.some.known = s->psi_mem.full.known = false;
	copy_text(s->host, "ein-sehr-langer-rechnername.example.org");
	tier(s, "a-tier-with-thirty-one-letters-", SWAPADM_KIND_MIXED);
	d = device(s, "x", 1, 1);
	copy_text(d->name,
		  "/srv/\xe4\xb8\xad\xe6\x96\x87/\xe4\xba\xa4\xe6\x8d\xa2/swap file");
	copy_text(d->path, d->name);
	d->is_file = true;
	d->usage.size_bytes = UINT64_MAX;
	d->usage.used_bytes = UINT64_MAX / 2;
	d = device(s, "y", 1, 1);
	copy_text(d->name, "/bad\xff\xfe\x1b[31m\n");
	copy_text(d->path, d->name);
	d->is_file = d->deleted = true;
	d->usage.known = 0;
	d->state = SWAPADM_STATE_FAILED;
	tier(s, "empty", SWAPADM_KIND_UNKNOWN);
	for (unsigned i = 0; i < 9; i++) {
		char name[16];

		snprintf(name, sizeof(name), "nbd%u", i);
		tier(s, name, SWAPADM_KIND_NETWORK);
		d = device(s, name, 100, i * 11);
		io(d, second, i, i, 1000000);
	}
	return s;
}
